"""Trainings whose players are told clusters within classes: they go on, are drawn from, and begin others."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from conftest import TINY
from sparring import GAN
from sparring.cli.main import main
from sparring.cli.playground import at
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import RunError
from sparring.page.asked import DrawRequest, LatentPoint
from sparring.runs import checkpoint
from sparring.runs.folder import RunFolder, same_data
from sparring.runs.inference import STOP_FRAMES, Sampler
from sparring.training import plan
from sparring.uses.directions import main_directions, unit
from test_gan_runs import assert_same

OPTIONS = TINY | {"d_features": "none", "calibrate_latents": False}


def plates() -> Dataset:
    """Two classes, each of dark and of bright pictures; one has less dark ones."""
    rng = np.random.default_rng(0)
    bright, classes = np.repeat([0, 150, 0, 150], (70, 130, 100, 100)), np.repeat([0, 1], (200, 200))
    return from_array((bright[:, None, None] + rng.integers(0, 90, (400, 16, 16))).astype(np.uint8), classes)


def gan(**options: Any) -> GAN:
    return GAN("pictures", **(OPTIONS | {"class_clusters": 2} | options))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clusters") / "run"
    gan().fit(plates(), samples_seen=160, out=out)
    return out


def test_it_goes_on_bit_for_bit(run: Path, tmp_path: Path) -> None:
    steady = {"grow": 0.0, "lr_schedule": "constant", "lr_warmup": 0.0, "ema_half_life": 50.0}
    once = gan(**steady).fit(plates(), samples_seen=160)
    gan(**steady).fit(plates(), samples_seen=80, out=tmp_path / "twice")
    assert_same(gan(**steady).fit(plates(), samples_seen=160, out=tmp_path / "twice", resume=True), once)
    counts = checkpoint.read(run / "checkpoints", pytest.fail)[1]["average/condition.cluster_counts"]
    assert [sorted(row) for row in counts.tolist()] == [[70, 130], [100, 100]]


def test_other_clusters_than_at_the_start_are_refused(run: Path) -> None:
    folder, data = RunFolder(run), plates()
    known = plan.as_trained(folder.config, data)
    assert known.class_clusters is not None
    same_data(folder, known)
    with pytest.raises(RunError):
        same_data(folder, replace(known, class_clusters=1 - known.class_clusters))


def test_classes_are_drawn_by_their_names(run: Path) -> None:
    sampler = Sampler.load(run)
    latents, labels = sampler.latents(40), sampler.labels(40)
    assert labels is not None
    told = sampler.told(latents, labels)
    assert told is not None
    assert torch.equal(told % 2, labels)
    assert len((told[labels == 0] // 2).unique()) == 2  # both clusters come up
    assert torch.equal(sampler.decoded(latents, labels), sampler.decoded(latents, told))
    assert not torch.equal(sampler.decoded(latents, labels), sampler.decoded(latents, 2 + told % 4))
    assert sampler.sample(3, labels="1").shape == (3, 1, 16, 16)


def test_a_generator_without_such_clusters_is_told_classes(tmp_path: Path) -> None:
    gan(class_clusters=None).fit(plates(), samples_seen=32, out=tmp_path / "plain")
    sampler = Sampler.load(tmp_path / "plain")
    labels = torch.tensor([0, 1])
    assert sampler.told(sampler.latents(2), labels) is labels
    assert sampler.told(sampler.latents(2), None) is None


def test_a_walk_goes_through_the_samples_of_its_stops_without_leaps(run: Path) -> None:
    sampler = Sampler.load(run)
    frames = 8 * STOP_FRAMES
    walked = torch.from_numpy(sampler.walk(frames, torch.zeros(frames, dtype=torch.int64)))
    stops = sampler.latents(8)
    expected = sampler.decoded(stops, torch.zeros(8, dtype=torch.int64))
    assert (walked[::STOP_FRAMES].int() - expected.int()).abs().max() <= 1
    steps = (walked.roll(-1, 0).float() - walked.float()).abs().mean((1, 2, 3))
    assert steps.max() < 4 * steps.mean()


def test_sliders_move_a_point_within_its_cluster(run: Path) -> None:
    sampler = Sampler.load(run)
    first = main_directions(sampler)[0].vector
    for seed in range(8):
        latent = sampler.latents(1, seed)
        told = sampler.told(latent, torch.tensor([1]))
        moved = sampler.decoded(latent + 3 * unit(4) * first, told).numpy()
        request = DrawRequest(LatentPoint(seed, 1), sliders=(3.0,))
        assert np.array_equal(at(sampler, request), moved)


def test_a_point_goes_to_the_cluster_of_another(run: Path) -> None:
    sampler = Sampler.load(run)
    here, there = (LatentPoint(seed, label) for seed, label in ((1, 0), (2, 1)))
    ends = [at(sampler, DrawRequest(point)) for point in (here, there)]
    for share, end in ((0.0, ends[0]), (1.0, ends[1])):
        drawn = at(sampler, DrawRequest(here, to=there, share=share))
        assert np.abs(drawn.astype(int) - end).max() <= 1
    told = [sampler.told(sampler.latents(1, seed), torch.tensor([label])) for seed, label in ((1, 0), (2, 1))]
    weights = sum(0.5 * one_hot(each - 2, 4).float() for each in told if each is not None)
    assert isinstance(weights, torch.Tensor)
    assert weights.max() == 0.5


def test_it_may_begin_with_a_run_that_knew_classes_alone(run: Path, tmp_path: Path) -> None:
    gan(class_clusters=None).fit(plates(), samples_seen=32, out=tmp_path / "plain")
    new = {"g_width", "d_width", "latent_dim", "d_features"}
    options = {name: value for name, value in OPTIONS.items() if name not in new}
    for source, clusters, name in ((tmp_path / "plain", 2, "more"), (run, None, "fewer")):
        begun = GAN("pictures", from_run=source, class_clusters=clusters, **options)
        begun.fit(plates(), samples_seen=32, out=tmp_path / name)
        given = checkpoint.read(source / "checkpoints", pytest.fail)[1]["discriminator/head.projection.weight"]
        taken = checkpoint.read(tmp_path / name / "start", pytest.fail)[1]
        places = torch.arange(4 if clusters else 2) % len(given)
        assert torch.equal(taken["discriminator/head.projection.weight"], given[places])


def test_info_says_how_many_there_are(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(run)]) == 0
    assert "0, 1, with 2 clusters within each at most" in capsys.readouterr().out
