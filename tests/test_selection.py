"""The best checkpoint through kills and damage."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from conftest import TINY
from sparring import build, checkpoint, run, selection
from sparring.data.spec import Dataset

OPTIONS: dict[str, Any] = TINY | {"samples_seen": 160, "evaluate_every": 32, "checkpoint_seconds": 1000.0}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(selection, "COUNT", 60)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def begun(tmp_path: Path, pictures_file: Path) -> tuple[run.RunFolder, Dataset]:
    data = build.dataset(str(pictures_file))
    config = build.configure(data, "dcgan", data=data.name, **OPTIONS)
    data = build.as_trained(config, data)
    return run.create(tmp_path / "run", config, data), data


def test_the_choice_is_written_before_the_run_counts_as_ended(begun: tuple[run.RunFolder, Dataset]) -> None:
    folder, data = begun
    bout = build.bout(folder.config, data.spec, data.classes)
    for record in run.train_in(folder, bout, data):
        if record.progress == 1:
            assert folder.choice.exists()
            break
    else:
        pytest.fail("no last record")


def test_resuming_never_loses_the_best(begun: tuple[run.RunFolder, Dataset]) -> None:
    """Wherever it is killed, an ordinary checkpoint is as far as the best one."""
    folder, data = begun
    bout = build.bout(folder.config, data.spec, data.classes)
    kept = []
    for _ in run.train_in(folder, bout, data):
        if best := sorted(path.stem for path in folder.best.glob("*.json")):
            ordinary = sorted(path.stem for path in folder.checkpoints.glob("*.json"))
            assert ordinary[-1] >= best[-1]
            kept.append(best[-1])
    assert len(kept) > 1


@pytest.mark.parametrize("damage", ["cut", "no distance"])
def test_a_damaged_best_checkpoint_does_not_count(begun: tuple[run.RunFolder, Dataset], damage: str) -> None:
    folder, data = begun
    bout = build.bout(folder.config, data.spec, data.classes)
    records = run.train_in(folder, bout, data)
    for _ in records:
        if list(folder.best.glob("*.json")):
            break
    records.close()
    (newest,) = folder.best.glob("*.json")
    if damage == "cut":
        newest.with_suffix(".safetensors").write_bytes(b"short")
    else:
        checkpoint.write(bout, folder.best, {"frechet": None})
    warnings: list[str] = []
    found = selection.judge(folder.config, data, bout.runtime.device)
    chooser = selection.Selection(found, folder.best, bout, warnings.append)
    assert chooser.best == math.inf
    assert bool(warnings) == (damage == "cut")
    list(run.train_in(folder, bout, data, warn=warnings.append))
    assert math.isfinite(json.loads(folder.choice.read_text())["frechet"])


def test_force_takes_what_was_measured_of_the_old_run_too(begun: tuple[run.RunFolder, Dataset]) -> None:
    folder, data = begun
    for name in ("evaluation.json", "nearest.png", "notes.txt"):
        (folder.path / name).write_text("{}")
    run.create(folder.path, folder.config, data, force=True)
    assert {path.name for path in folder.path.iterdir()} >= {"run.json", "notes.txt"}
    assert not (folder.path / "evaluation.json").exists()
    assert not (folder.path / "nearest.png").exists()


def test_the_judge_measures_against_what_was_set_aside(
    pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = build.configure(pictures, "dcgan", data="pictures", hold_out=0.5, **OPTIONS)
    trained, aside = build.parts(config, pictures)
    assert aside is not None
    seen: list[torch.Tensor] = []

    def statistics(_: object, samples: torch.Tensor) -> None:
        seen.append(samples)

    monkeypatch.setattr(selection.cache, "statistics", statistics)
    selection.judge(config, trained, torch.device("cpu"), aside)
    selection.judge(config, trained, torch.device("cpu"))
    for samples, reals in zip(seen, (aside, trained), strict=True):
        assert {row.numpy().tobytes() for row in samples} == {row.numpy().tobytes() for row in reals.samples}
