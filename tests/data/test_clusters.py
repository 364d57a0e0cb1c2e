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
from sparring.data.split import split_hold_out
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
    found = clusters.Directions.of(data, small)(data)
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


def heaps_of_classes(sizes: list[list[int]]) -> Dataset:
    """Samples in heaps far apart; the classes have heaps of these sizes."""
    vectors, heap = heaps([size for of_class in sizes for size in of_class])
    labels = torch.tensor([label for label, of_class in enumerate(sizes) for _ in of_class])[heap]
    return from_array(vectors.numpy(), labels.numpy())


def test_clusters_are_found_within_each_class() -> None:
    data = heaps_of_classes([[200, 100], [120, 80], [90]])
    known, _ = clusters.within_classes(data, 2, small)
    assert known.class_clusters is not None
    assert known.spec.class_clusters == 2
    assert known.labels is data.labels
    told = known.batch(torch.arange(len(known))).labels
    assert told is not None
    assert torch.equal(told, known.labels + 3 * (1 + known.class_clusters))
    counts = known.cluster_counts
    assert counts is not None
    assert [sorted(row) for row in counts.tolist()] == [[100, 200], [80, 120], [0, 90]]
    assert torch.bincount(told, minlength=9).view(3, 3).T.tolist() == [[0, *row] for row in counts.tolist()]


def test_small_classes_have_fewer_clusters_and_some_data_has_none() -> None:
    known, _ = clusters.within_classes(heaps_of_classes([[250], [149]]), 4, small)
    assert known.cluster_counts is not None
    assert [int((row > 0).sum()) for row in known.cluster_counts] == [4, 2]
    none, other = clusters.within_classes(heaps_of_classes([[99], [60]]), 4, small, known)
    assert (none.class_clusters, none.spec.class_clusters, none.cluster_counts) == (None, 1, None)
    assert other is known


def test_other_samples_have_the_clusters_of_the_same_centres() -> None:
    data = heaps_of_classes([[200, 100], [120, 80]])
    known, again = clusters.within_classes(data, 2, small, data)
    assert again is not None
    assert known.class_clusters is not None
    assert again.class_clusters is not None
    assert torch.equal(known.class_clusters, again.class_clusters)
    _, plain = clusters.within_classes(data, 2, small, data.unlabelled())
    assert plain is not None
    assert plain.class_clusters is None


def test_clusters_within_classes_go_with_their_samples() -> None:
    known, _ = clusters.within_classes(heaps_of_classes([[200, 100], [120, 80]]), 2, small)
    parts = split_hold_out(known, 0.25)
    assert known.class_clusters is not None
    place = {
        row.tobytes(): int(cluster)
        for row, cluster in zip(known.samples.numpy(), known.class_clusters, strict=True)
    }
    for part in parts:
        assert part.class_clusters is not None
        assert [place[row.tobytes()] for row in part.samples.numpy()] == part.class_clusters.tolist()
    plain = known.unlabelled()
    assert (plain.class_clusters, plain.spec.class_clusters) == (None, 1)


def test_networks_that_know_no_clusters_within_classes_are_told_classes_alone() -> None:
    data = from_array(pictures(200).samples.numpy()[:, 0], np.arange(200) // 100)
    options = from_recipe("pictures", class_clusters=2)
    trained, held_out = plan.parts(options.replace(hold_out=0.2), data)
    assert held_out is not None
    assert trained.spec.class_clusters == held_out.spec.class_clusters == 1  # classes of fewer than 100
    assert plan.as_trained(options, data).spec.class_clusters == 2
    assert plan.as_trained(options.replace(class_clusters=None), data).spec.class_clusters == 1
    for name in ("generator", "discriminator"):
        assert plan.as_trained(options.replace(**{name: "dcgan"}), data).class_clusters is None
    unlabelled = plan.as_trained(options.replace(conditional=False, clusters=2), data)
    assert (unlabelled.spec.clusters, unlabelled.spec.class_clusters) == (True, 1)


def pictures(count: int = 120) -> Dataset:
    """Half dark, half bright."""
    rng = np.random.default_rng(0)
    bright = np.arange(count) % 2 * 200
    return from_array((bright[:, None, None] + rng.integers(0, 50, (count, 8, 8))).astype(np.uint8))


def test_what_a_config_makes_of_the_data() -> None:
    data = pictures()
    labelled = from_array(data.samples.numpy()[:, 0], np.arange(120) % 3)
    assert plan.as_trained(from_recipe("sprint"), labelled).classes == 3
    assert plan.as_trained(from_recipe("sprint", clusters=2), data).classes == 2
    assert plan.as_trained(from_recipe("sprint", clusters=2, conditional=False), labelled).spec.clusters
    assert plan.as_trained(from_recipe("sprint", clusters=None, conditional=False), labelled).classes == 0
    assert plan.as_trained(from_recipe("tutorial"), labelled).classes == 0


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
    weights = drawing.blend(torch.eye(3)[[0, 2, 1]], 6)
    halfway = [[0.5, 0, 0.5], [0, 0.5, 0.5], [0.5, 0.5, 0]]
    assert weights[::2].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert weights[1::2].tolist() == halfway
