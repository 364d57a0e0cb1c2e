"""The best checkpoint through kills and damage."""

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from conftest import TINY
from sparring import games
from sparring.data.arrays import from_array
from sparring.data.pairs import joined
from sparring.data.spec import Dataset
from sparring.history.record import Record
from sparring.kinds import find
from sparring.metrics.quality import TimesReal
from sparring.runs import best as selection
from sparring.runs import checkpoint
from sparring.runs import folder as run
from sparring.runs.create import create
from sparring.runs.writer import train_in
from sparring.training import plan, suited

OPTIONS: dict[str, Any] = TINY | {"samples_seen": 160, "evaluate_every": 32, "checkpoint_seconds": 1000.0}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(selection, "COUNT", 60)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def begun(few: None, tmp_path: Path, pictures_file: Path) -> tuple[run.RunFolder, Dataset]:
    data = find.dataset(str(pictures_file))
    config = suited.configure(data, "dcgan", data=data.name, **OPTIONS)
    data = plan.as_trained(config.dataset, data)
    return create(tmp_path / "run", config, data), data


def test_the_choice_is_written_before_the_run_counts_as_ended(begun: tuple[run.RunFolder, Dataset]) -> None:
    folder, data = begun
    game = games.make(folder.config, data.spec, data.classes)
    for record in train_in(folder, game, data):
        if record.progress == 1:
            assert folder.choice.exists()
            break
    else:
        pytest.fail("no last record")


def test_resuming_never_loses_the_best(begun: tuple[run.RunFolder, Dataset]) -> None:
    """Wherever it is killed, an ordinary checkpoint is as far as the best one."""
    folder, data = begun
    game = games.make(folder.config, data.spec, data.classes)
    kept, distances = [], {}
    for record in train_in(folder, game, data):
        if "frechet" in record.values:
            distances[record.step] = record.values["frechet"]
        if best := sorted(path.stem for path in folder.best.glob("*.json")):
            ordinary = sorted(path.stem for path in folder.checkpoints.glob("*.json"))
            assert ordinary[-1] >= best[-1]
            kept.append(best[-1])
    assert len(kept) > 1
    assert list(distances) == [2, 4, 6, 8, 10]  # every 32 samples
    least = min(distances, key=distances.__getitem__)
    report = json.loads(folder.choice.read_text())
    assert (report["step"], report["last_step"], report["chosen_at"]) == (least, 10, distances[least])
    found = selection.judge(folder.config, game, data)
    again = selection.Selection(found, folder.best, game, print)
    assert (again.best, again.best_step) == (distances[least], least)


def first_weight(network: nn.Module) -> torch.Tensor:
    return next(network.parameters()).detach().view(-1)[0]


def test_the_checkpoint_of_the_least_distance_is_kept_and_reported_beside_the_last(
    begun: tuple[run.RunFolder, Dataset],
) -> None:
    folder, data = begun
    game = games.make(folder.config, data.spec, data.classes)
    course = iter([3.0, 1.0, 2.0])

    def distance(of: nn.Module, offset: int) -> float:
        return next(course) if offset == selection.CHOOSING else 100.0 + first_weight(of).item()

    def measured(of: nn.Module) -> tuple[float, TimesReal]:
        times = TimesReal(first_weight(of).item(), 0.5, "FD-x", 60, held_out=False)
        return distance(of, selection.REPORTING), times

    features = SimpleNamespace(name="x", label="FD-x")
    found: Any = SimpleNamespace(
        config=folder.config, spec=data.spec, count=60, distance=distance, measured=measured, extractor=features
    )
    chooser = selection.Selection(found, folder.best, game, print)
    for game.clock.step in (1, 2, 3):
        seen = 1000 * game.clock.step
        first_weight(game.sampling_generator).fill_(game.clock.step)  # to tell the generators apart by
        record = chooser.measure(Record(game.clock.step, seen, 0.0, 0.0, {"auc": 0.5}), last=False)
        assert set(record.values) == {"auc", "frechet"}
        assert chooser.keep(record) == (game.clock.step < 3)
    assert (chooser.best, chooser.best_step) == (1.0, 2)
    report = chooser.report()
    assert (report["step"], report["chosen_at"], report["frechet"]) == (2, 1.0, 102)
    assert (report["last_step"], report["last_frechet"]) == (3, 103)
    assert (report["times_real"], report["times_real_error"], report["last_times_real"]) == (2, 0.5, 3)


def test_one_set_of_latents_chooses_and_another_reports(begun: tuple[run.RunFolder, Dataset]) -> None:
    folder, data = begun
    game = games.make(folder.config, data.spec, data.classes)
    found = selection.judge(folder.config, game, data)
    chosen, again, reported = (
        found.distance(game.sampling_generator, at)
        for at in (selection.CHOOSING, selection.CHOOSING, selection.REPORTING)
    )
    assert chosen == again != reported


def test_labels_of_clusters_are_none_to_measure_by(pictures: Dataset) -> None:
    by_cluster = replace(pictures, spec=replace(pictures.spec, clusters=True))
    for data, expected in ((pictures, pictures.labels), (by_cluster, None)):
        found = selection.to_measure(data, torch.device("cpu"), seed=3)
        assert found.labels is expected
        assert torch.equal(found.samples, pictures.samples)
        assert (found.data, found.seed) == ("tiny", 3)


def test_quality_is_measured_when_it_is_due_and_at_the_end(begun: tuple[run.RunFolder, Dataset]) -> None:
    folder, data = begun
    game = games.make(folder.config, data.spec, data.classes)
    game.clock.samples_seen = 40  # as after a resume: measured last at 32
    found = selection.judge(folder.config, game, data)
    chooser = selection.Selection(found, folder.best, game, print)
    measured = [
        "frechet" in chooser.measure(Record(seen, seen, 0.0, 0.0, {}), last=False).values
        for seen in (48, 64, 80, 96)
    ]
    assert measured == [False, True, False, True]
    assert "frechet" in chooser.measure(Record(97, 97, 0.0, 1.0, {}), last=True).values


@pytest.mark.parametrize("damage", ["cut", "no distance"])
def test_a_damaged_best_checkpoint_does_not_count(begun: tuple[run.RunFolder, Dataset], damage: str) -> None:
    folder, data = begun
    game = games.make(folder.config, data.spec, data.classes)
    records = train_in(folder, game, data)
    for _ in records:
        if list(folder.best.glob("*.json")):
            break
    records.close()
    (newest,) = folder.best.glob("*.json")
    if damage == "cut":
        newest.with_suffix(".safetensors").write_bytes(b"short")
    else:
        checkpoint.write(game, folder.best, {"frechet": None})
    warnings: list[str] = []
    found = selection.judge(folder.config, game, data)
    chooser = selection.Selection(found, folder.best, game, warnings.append)
    assert chooser.best == math.inf
    assert bool(warnings) == (damage == "cut")
    list(train_in(folder, game, data, warn=warnings.append))
    assert math.isfinite(json.loads(folder.choice.read_text())["frechet"])


def test_force_takes_what_was_measured_of_the_old_run_too(begun: tuple[run.RunFolder, Dataset]) -> None:
    folder, data = begun
    for name in ("evaluation.json", "nearest.png", "notes.txt"):
        (folder.path / name).write_text("{}")
    create(folder.path, folder.config, data, force=True)
    assert {path.name for path in folder.path.iterdir()} >= {"run.json", "notes.txt"}
    assert not (folder.path / "evaluation.json").exists()
    assert not (folder.path / "nearest.png").exists()


def test_the_judge_measures_against_what_was_set_aside(
    pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = suited.configure(pictures, "dcgan", data="pictures", hold_out=0.5, **OPTIONS)
    trained, held_out = plan.parts(config.dataset, pictures)
    assert held_out is not None
    seen: list[torch.Tensor] = []

    def statistics(_: object, samples: torch.Tensor) -> None:
        seen.append(samples)

    monkeypatch.setattr(selection.cache, "statistics", statistics)
    game = games.make(config, trained.spec, trained.classes)
    selection.judge(config, game, trained, held_out)
    selection.judge(config, game, trained)
    for samples, reals, count in zip(
        seen, (held_out, trained), (len(held_out), len(trained) // 2), strict=True
    ):
        drawn = {row.numpy().tobytes() for row in samples}
        assert len(drawn) == count  # without a hold-out, one half is compared with the other
        assert drawn <= {row.numpy().tobytes() for row in reals.samples}


def test_a_report_is_told_in_a_line_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "best.json"
    facts = {
        "label": "FD-x", "count": 2000, "step": 1200, "times_real": 1.5, "last_step": 2400,
        "last_times_real": 2,
    }  # fmt: skip
    path.write_text(json.dumps(facts))
    said = (
        "step 1,200: 1.5 times real (FD-x, estimated from 2,000 new samples; the last, "
        "step 2,400: 2 times real)"
    )
    assert selection.summary(path) == said
    for name in facts:
        path.write_text(json.dumps(facts | {name: None}))
        assert selection.summary(path) == ""
    assert selection.summary(tmp_path / "none.json") == ""


@pytest.mark.parametrize(("count", "each"), [(21, 10), (400, 60), (3, 3)])
def test_a_translation_is_chosen_by_some_held_out_sources_and_reported_on_others(
    few: None, count: int, each: int
) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (40 + count, 8, 8), dtype=np.uint8)
    data, held_out = (
        joined(from_array(part), from_array(255 - part), "names") for part in (pictures[:40], pictures[40:])
    )
    config = suited.configure(data, "paired", **TINY)
    found = selection.judge(config, games.make(config, data.spec, 0), data, held_out)
    choosing, reporting = (found.inputs(of)[0] for of in (selection.CHOOSING, selection.REPORTING))
    assert len(choosing) == len(reporting) == found.count == each
    assert count == 3 or not torch.cdist(choosing.flatten(1), reporting.flatten(1)).eq(0).any()
