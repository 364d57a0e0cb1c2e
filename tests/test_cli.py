"""The command line: what it does, and what it says when something is wrong."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from conftest import TINY_LINE
from sparring.cli import main
from sparring.records import read_history

OPTIONS = [*TINY_LINE, "--samples-seen", "96"]


@pytest.fixture
def run(tmp_path: Path, pictures_file: Path) -> Path:
    """A finished tiny run."""
    path = tmp_path / "run"
    assert main(["train", str(pictures_file), "--out", str(path), *OPTIONS]) == 0
    return path


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run a command that must end with an explained error; the error."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 1
    said = capsys.readouterr().err
    assert said.startswith("sparring: ")
    assert "Traceback" not in said
    return said


def test_a_run_folder_holds_everything(run: Path) -> None:
    assert sorted(p.name for p in run.iterdir()) == [
        *["checkpoints", "config.toml", "history.jsonl", "lock", "run.json"],
        *["samples", "samples.png", "training.gif"],
    ]
    assert [record.step for record in read_history(run / "history.jsonl")] == [2, 4, 6]
    assert len(list((run / "samples").iterdir())) == 4
    with Image.open(run / "training.gif") as animation:
        assert animation.n_frames == 4


def test_dry_run_prints_the_config_and_leaves_nothing(
    pictures_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "never"
    assert main(["train", str(pictures_file), "--out", str(out), "--dry-run", "--seed", "5"]) == 0
    assert "seed = 5\n" in capsys.readouterr().out
    assert not out.exists()


def test_a_config_file_and_the_line_that_wins(
    pictures_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my.toml"
    path.write_text('recipe = "mlp"\nseed = 5\nepochs = 3\nlatent_dim = 9\n')
    words = ["train", str(pictures_file), "--config", str(path), "--seed", "6", "--minutes", "1", "--dry-run"]
    assert main(words) == 0
    said = capsys.readouterr().out
    for line in ('recipe = "mlp"', "seed = 6", "minutes = 1.0", "epochs = 0.0", "latent_dim = 9"):
        assert line in said
    path.write_text("sed = 5\n")
    assert "Did you mean 'seed'" in refused(capsys, "train", pictures_file, "--config", path)


def test_names_that_are_not_known_offer_the_nearest(
    pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Did you mean 'dcgan'" in refused(capsys, "train", pictures_file, "--recipe", "dcgna")
    assert "Did you mean 'mnist'" in refused(capsys, "train", "mnits")
    assert "Did you mean 'hinge'" in refused(capsys, "train", pictures_file, "--loss", "hing")
    assert "'gpu' is not on this machine" in refused(capsys, "train", pictures_file, "--device", "gpu")


def test_data_that_cannot_be_used(
    tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("hello")
    np.save(tmp_path / "few.npy", np.zeros((5, 8, 8), np.uint8))
    assert "there is no file" in refused(capsys, "train", tmp_path / "missing.npz")
    assert "is a folder; accepted: mnist" in refused(capsys, "train", tmp_path / "folder")
    assert "is a .txt file; accepted" in refused(capsys, "train", tmp_path / "text.txt")
    assert "5 samples, fewer than one batch of 64" in refused(capsys, "train", tmp_path / "few.npy")
    assert "nothing says when to stop" in refused(capsys, "train", pictures_file, "--epochs", "0")
    assert "expected at least 1" in refused(capsys, "train", pictures_file, "--batch-size", "0")


def test_a_run_is_never_overwritten_unasked(
    run: Path, tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (run / "history.jsonl").read_bytes()
    said = refused(capsys, "train", pictures_file, "--out", run, *OPTIONS)
    assert "sparring resume" in said
    assert "--force" in said
    assert (run / "history.jsonl").read_bytes() == before
    assert main(["train", str(pictures_file), "--out", str(run), "--force", *OPTIONS, "--seed", "1"]) == 0
    assert (run / "history.jsonl").read_bytes() != before
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years of work")
    assert "not a run folder" in refused(capsys, "train", pictures_file, "--out", mine, "--force", *OPTIONS)
    (mine / "config.toml").write_text("title = 'my site'")
    assert "not a run folder" in refused(capsys, "train", pictures_file, "--out", mine, "--force", *OPTIONS)
    assert (mine / "thesis.tex").read_text() == "years of work"
    (run / "kept.png").write_text("my favourite")
    assert main(["train", str(pictures_file), "--out", str(run), "--force", *OPTIONS]) == 0
    assert (run / "kept.png").read_text() == "my favourite"


def test_resume_extends_a_budget_to_the_state_of_one_run(
    run: Path, tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["resume", str(run)]) == 0
    assert "spent its budget" in capsys.readouterr().out
    constant = [*OPTIONS, "--lr-schedule", "constant"]
    short, whole = tmp_path / "short", tmp_path / "whole"
    assert main(["train", str(pictures_file), "--out", str(short), *constant]) == 0
    assert main(["resume", str(short), "--samples-seen", "160"]) == 0
    assert main(["train", str(pictures_file), "--out", str(whole), *constant, "--samples-seen", "160"]) == 0
    newest = [max((p / "checkpoints").glob("*.safetensors")).read_bytes() for p in (short, whole)]
    assert newest[0] == newest[1]


def test_a_budget_of_nothing_leaves_the_run_as_it_was(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (run / "config.toml").read_text()
    assert "nothing says when to stop" in refused(capsys, "resume", run, "--minutes", "0")
    assert (run / "config.toml").read_text() == before


def test_one_training_at_a_time(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FileLock(run / "lock"):
        said = refused(capsys, "resume", run, "--samples-seen", "320")
    assert "is being trained by another process" in said


def test_pictures_that_a_stop_prevented_are_made_on_resume(run: Path) -> None:
    (run / "training.gif").unlink()
    assert main(["resume", str(run)]) == 0
    assert (run / "training.gif").exists()


def test_automatic_names_do_not_collide(
    pictures_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["train", str(pictures_file), *OPTIONS]) == 0
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["tiny-sprint-1", "tiny-sprint-2"]


def test_samples(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, words in {
        "a.png": ["--count", "6"],
        "b.gif": ["--interpolate", "--count", "7"],
        "c.webp": ["--label", "1", "--count", "3"],
        "d.npz": ["--truncation", "0.5"],
        "e": ["--count", "4"],
    }.items():
        assert main(["sample", str(run), *words, "--device", "cpu", "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).exists()
    with np.load(tmp_path / "d.npz") as content:
        assert content["labels"].tolist() == [0] * 32 + [1] * 32
    assert main(["sample", str(run), "--count", "7", "--out", str(tmp_path / "f.npz")]) == 0
    with np.load(tmp_path / "f.npz") as content:
        assert len(content["samples"]) == 7
    with Image.open(tmp_path / "b.gif") as animation:
        assert animation.n_frames == 7
    assert len(list((tmp_path / "e").iterdir())) == 4
    assert "unknown label 'x'" in refused(capsys, "sample", run, "--label", "x")
    assert "exists already" in refused(capsys, "sample", run, "--out", tmp_path / "a.png")
    assert "expected 1 to" in refused(capsys, "sample", run, "--count", "0")
    assert "accepted are" in refused(capsys, "sample", run, "--out", tmp_path / "a.bmp")


def test_info(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    assert "CPU cores" in capsys.readouterr().out
    assert main(["info", str(run)]) == 0
    said = capsys.readouterr().out
    assert "100%, step 6, 96 samples" in said
    assert "64 image of shape (1, 8, 8)" in said


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
    assert "no whole checkpoint" in refused(capsys, "sample", run)


def test_other_data_than_before(run: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(pictures_file, samples=np.full((64, 8, 8), 9, np.uint8), labels=np.arange(64) % 2)
    assert "has changed since" in refused(capsys, "resume", run, "--samples-seen", "500")


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
    assert "No space left on device" in refused(capsys, "train", pictures_file, "--out", run, *OPTIONS)


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path, pictures_file: Path) -> None:
    run = tmp_path / "run"
    words = [sys.executable, "-m", "sparring", "train", str(pictures_file), "--out", str(run), *TINY_LINE]
    process = subprocess.Popen(
        [*words, "--minutes", "5"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 60
    while not any(run.glob("checkpoints/*.json")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert f"Go on with: sparring resume {run}" in said
    last = list(read_history(run / "history.jsonl"))[-1]
    assert f"Stopped and saved at step {last.step:,}" in said
    assert (run / f"checkpoints/{last.step:08d}.json").exists()


def test_a_kill_before_the_first_checkpoint_starts_over(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    final = max((run / "checkpoints").glob("*.safetensors")).read_bytes()
    shutil.rmtree(run / "checkpoints")
    (run / "checkpoints").mkdir()
    assert main(["resume", str(run)]) == 0
    assert "starting from the first step" in capsys.readouterr().out
    assert max((run / "checkpoints").glob("*.safetensors")).read_bytes() == final


def test_no_verb_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "sparring demo" in capsys.readouterr().out
