"""Runs that are broken, half written or out of disk: what the command line does and says then."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from cli_runs import OPTIONS, contents, edit, refused
from conftest import TINY_LINE
from sparring.cli.main import main
from sparring.history.record import read_history


def test_folders_that_are_not_whole(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no run folder" in refused(capsys, "resume", tmp_path / "nothing")
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(facts | {"format": 99}))
    assert "run format 99" in refused(capsys, "resume", run)
    (run / "run.json").write_text("{")
    assert "cannot read" in refused(capsys, "info", run)
    (run / "run.json").write_text(json.dumps(facts))
    (run / "config.toml").unlink()
    assert "only half written: config.toml is missing" in refused(capsys, "sample", run)


def test_broken_checkpoints(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest = max((run / "checkpoints").glob("*.safetensors"))
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(content)
    assert main(["sample", str(run), "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert "checkpoint 00000006 is broken (its checksum does not match)" in captured.err
    assert "from step 4" in captured.out
    assert main(["resume", str(run)]) == 0
    assert [record.step for record in read_history(run / "history.jsonl")] == [2, 4, 6]
    for path in (run / "checkpoints").glob("*.safetensors"):
        path.write_bytes(b"")
    assert "no complete checkpoint" in refused(capsys, "sample", run)


def test_other_data_than_before(run: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(pictures_file, samples=np.full((64, 8, 8), 9, np.uint8), labels=np.arange(64) % 2)
    assert "but their values, labels or order differ" in refused(capsys, "resume", run, "--samples-seen", "500")


def test_losses_that_explode_keep_the_last_good_checkpoint(
    tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    options = [
        *TINY_LINE,
        "--samples-seen",
        "3200",
        "--loss",
        "wasserstein",
        "--d-lr",
        "1e18",
        "--g-lr",
        "1e18",
    ]
    said = refused(capsys, "train", pictures_file, "--out", run, *options)
    assert "became infinite or NaN" in said
    assert "lower learning rates" in said


def test_a_full_disk(
    tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    run = tmp_path / "run"
    assert "the disk is full" in refused(capsys, "train", pictures_file, "--out", run, *OPTIONS)


def test_a_run_that_explodes_keeps_its_checkpoints(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = (run / "config.toml").read_text().replace("non-saturating", "wasserstein")
    lines = [line.split("=")[0] + "= 1e30" if "_lr =" in line else line for line in config.splitlines()]
    (run / "config.toml").write_text("\n".join(lines))
    before = contents(run / "checkpoints")
    said = refused(capsys, "resume", run, "--samples-seen", 640)
    assert f"The last good checkpoint is kept in {run / 'checkpoints'}" in said
    assert contents(run / "checkpoints") == before
    assert main(["sample", str(run), "--device", "cpu"]) == 0


@pytest.mark.parametrize("suffix", ["safetensors", "json"])
@pytest.mark.parametrize("damage", ["cut", "empty", "null", "missing"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    run: Path, suffix: str, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = max((run / "checkpoints").glob(f"*.{suffix}"))
    content = newest.read_bytes()
    newest.write_bytes({"cut": content[: len(content) // 2], "null": b"null"}.get(damage, b""))
    if damage == "missing":
        newest.unlink()
    capsys.readouterr()
    assert main(["sample", str(run), "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert "from step 4" in captured.out
    assert "checkpoint 00000006 is broken" in captured.err or (suffix, damage) == ("json", "missing")


def test_all_checkpoints_broken(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    for verb in ("sample", "resume"):
        said = refused(capsys, verb, run)
        assert "checkpoint 00000004 is broken" in said
        assert "no complete checkpoint" in said
        assert "sparring train" in said


@pytest.mark.parametrize("key", ["data", "data_count", "created", "class_counts", "spec", "classes"])
def test_facts_that_are_missing_are_named(run: Path, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    edit(run / "run.json", {key: None})
    for words in (["info", run], ["sample", run, "--count", 4]):
        said = refused(capsys, *words)
        assert "run.json is damaged" in said
        assert key in said


@pytest.mark.parametrize("spec", [[], "x", {"kind": "image"}, {"kind": "banana"}])
def test_a_spec_that_is_damaged(run: Path, spec: object, capsys: pytest.CaptureFixture[str]) -> None:
    edit(run / "run.json", {"spec": spec})
    assert "run.json is damaged" in refused(capsys, "info", run)


def test_a_config_that_is_damaged_is_the_one_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in (b"\xff\xfe", b"=", b"sed = 3", b"seed = -1"):
        (run / "config.toml").write_bytes(content)
        said = refused(capsys, "info", run)
        assert "config.toml" in said
        assert "run.json" not in said


def test_advice_for_a_half_written_run_works(
    run: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "config.toml").unlink()
    assert "--force" in refused(capsys, "resume", run)
    assert main(["train", str(pictures_file), "--out", str(run), "--force", *OPTIONS]) == 0
    (run / "run.json").unlink()
    advises_force = "--force" in refused(capsys, "resume", run)
    works = main(["train", str(pictures_file), "--out", str(run), "--force", *OPTIONS]) == 0
    assert advises_force == works


def test_a_history_with_rubbish_is_passed_over(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = '"samples_seen": 96, "seconds": 1, "progress": 1'
    with (run / "history.jsonl").open("a") as file:
        file.write(f'{{"step": Infinity, {head}}}\n{{"step": 7, {head}, "d_loss": "x"}}\n{{"step": 8, ')
    assert main(["info", str(run)]) == 0
    assert "100%, step 6, 96 samples" in capsys.readouterr().out


def test_a_disk_that_fills_up_during_training_leaves_a_run_to_resume(
    tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, replace = tmp_path / "run", os.replace

    def filling_up(source: Path, target: Path) -> None:
        if Path(target).name == "00000004.safetensors":
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", filling_up)
        said = refused(capsys, "train", pictures_file, "--out", run, *OPTIONS)
    assert "the disk is full" in said
    assert "sparring resume" in said
    assert not list(run.rglob("*tmp*"))
    assert main(["resume", str(run)]) == 0
    assert "Continuing from step 2" in capsys.readouterr().out
    assert [record.step for record in read_history(run / "history.jsonl")] == [2, 4, 6]


def test_a_full_disk_while_drawing(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    out = tmp_path / "a.npz"
    assert f"cannot write {out}: the disk is full" in refused(capsys, "sample", run, "--out", out)
