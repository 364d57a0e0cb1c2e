from pathlib import Path

import numpy as np
import pytest
import torch

from conftest import TINY, TINY_LINE, heaps
from sparring import GAN
from sparring.cli.main import main
from sparring.config.recipes import from_recipe
from sparring.data import clusters
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.games import drawing
from sparring.kinds import find
from sparring.kinds.points import vectors as small
from sparring.training import plan


def test_the_same_seed_finds_the_same_clusters() -> None:
    data = find.dataset("grid")
    first, again, other = (clusters.clustered(data, 25, small, seed) for seed in (3, 3, 4))
    assert first.labels is not None
    assert again.labels is not None
    assert other.labels is not None
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.labels, other.labels)


def test_clusters_of_data_are_named_counted_and_marked() -> None:
    vectors, _ = heaps([200, 100])
    data = clusters.clustered(from_array(vectors.numpy()), 2, small)
    assert data.spec.clusters
    assert data.classes == 2
    assert sorted(data.class_counts) == [100, 200]
    assert not from_array(vectors.numpy()).spec.clusters


def test_too_little_data_stays_without_labels() -> None:
    vectors, _ = heaps([49, 50])
    data = clusters.clustered(from_array(vectors.numpy()), 5, small)
    assert (data.classes, data.spec.clusters) == (0, False)
    assert clusters.clustered(from_array(heaps([100, 160])[0].numpy()), 100, small).classes == 5


def test_the_directions_are_those_of_greatest_variance_about_the_mean() -> None:
    rng = torch.Generator().manual_seed(0)
    rows = torch.randn(500, 40, generator=rng) * torch.linspace(0.1, 3, 40) + 5
    data = from_array(rows.numpy())
    encoded = data.spec.encode(data.samples).double()
    found = clusters._projected(data, small)
    centred = encoded - encoded.mean(0)
    singular = torch.linalg.svdvals(centred)[: clusters.DIRECTIONS]
    torch.testing.assert_close(found.norm(dim=0).flip(0), singular, rtol=1e-9, atol=0)
    torch.testing.assert_close(found.mean(0), torch.zeros_like(found[0]), rtol=0, atol=1e-12)


def test_parts_of_any_size_give_the_same_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    data = find.dataset("grid")
    whole = clusters.clustered(data, 25, small)
    monkeypatch.setattr(clusters, "PART", 2 * 777)
    parts = clusters.clustered(data, 25, small)
    assert whole.labels is not None
    assert parts.labels is not None
    assert torch.equal(whole.labels, parts.labels)


def pictures(count: int = 120) -> Dataset:
    """Half dark, half bright."""
    rng = np.random.default_rng(0)
    bright = np.arange(count) % 2 * 200
    return from_array((bright[:, None, None] + rng.integers(0, 50, (count, 8, 8))).astype(np.uint8))


def test_what_a_config_makes_of_the_data() -> None:
    data = pictures()
    labelled = from_array(data.samples.numpy()[:, 0], np.arange(120) % 3)
    assert plan.as_trained(from_recipe("sprint").dataset, labelled).classes == 3
    assert plan.as_trained(from_recipe("sprint", clusters=2).dataset, data).classes == 2
    assert plan.as_trained(from_recipe("sprint", clusters=2, conditional=False).dataset, labelled).spec.clusters
    assert (
        plan.as_trained(from_recipe("sprint", clusters=None, conditional=False).dataset, labelled).classes == 0
    )
    assert plan.as_trained(from_recipe("tutorial").dataset, labelled).classes == 0


def test_a_gan_of_clusters_draws_without_labels() -> None:
    gan = GAN("sprint", **TINY, clusters=2).fit(pictures(), samples_seen=64)
    assert gan.classes_ == 2
    assert gan.spec_.clusters
    assert gan.sample(5).shape == (5, 1, 8, 8)
    assert (gan.sample(6, seed=1) != gan.sample(6, seed=2)).any()


def test_the_command_line_treats_clusters_as_no_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("dark.npy", pictures().samples.numpy()[:, 0])
    line = ["train", "dark.npy", "--clusters", "2", "--samples-seen", "48", "--out", "run", *TINY_LINE]
    assert main(line) == 0
    assert main(["resume", "run", "--samples-seen", "64"]) == 0
    assert main(["sample", "run", "--count", "6", "--out", "six.npz"]) == 0
    assert main(["sample", "run", "--count", "6", "--interpolate", "--out", "walk.gif"]) == 0
    assert main(["info", "run"]) == 0
    assert "none (2 clusters found)" in capsys.readouterr().out
    assert sorted(np.load("six.npz")) == ["samples"]
    assert main(["sample", "run", "--label", "0", "--out", "zero.png"]) == 1
    assert "without labels" in capsys.readouterr().err


def test_drawn_labels_keep_the_shares_and_every_seed_differs() -> None:
    drawn = drawing.drawn_labels(100, [50, 30, 20, 0], 0)
    assert torch.bincount(drawn, minlength=4).tolist() == [50, 30, 20, 0]
    assert drawn[:50].unique().tolist() == [0, 1, 2]
    few = torch.stack([drawing.drawn_labels(3, [1, 1, 1, 1, 1, 1], seed) for seed in range(600)])
    shares = torch.bincount(few.flatten(), minlength=6) / few.numel()
    assert shares.sub(1 / 6).abs().max() < 0.03  # 4 standard deviations of a plain draw are 0.035
    assert all(len(row.unique()) == 3 for row in few)


def test_blend_goes_from_label_to_label() -> None:
    weights = drawing.blend(torch.tensor([0, 2, 1]), 3, 6)
    halfway = [[0.5, 0, 0.5], [0, 0.5, 0.5], [0.5, 0.5, 0]]
    assert weights[::2].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert weights[1::2].tolist() == halfway
