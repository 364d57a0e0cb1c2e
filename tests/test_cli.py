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

from conftest import TINY, TINY_LINE
from sparring import build
from sparring.cli import main
from sparring.data.spec import Dataset
from sparring.estimator import GAN
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


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the lock."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def edit(path: Path, changes: dict[str, object]) -> None:
    """Give top-level keys of a JSON file other values; None removes them."""
    values = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))


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
    assert main(["train", str(pictures_file), "--out", str(out), "--dry-run", "--seed", "5", *TINY_LINE]) == 0
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
    assert "'gpu' is not on this machine" in refused(
        capsys, "train", pictures_file, *TINY_LINE, "--device", "gpu"
    )


def test_data_that_cannot_be_used(
    tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("hello")
    np.save(tmp_path / "few.npy", np.zeros((5, 8, 8), np.uint8))
    assert "there is no file" in refused(capsys, "train", tmp_path / "missing.npz")
    assert "holds no pictures" in refused(capsys, "train", tmp_path / "folder")
    assert "is a .txt file; accepted" in refused(capsys, "train", tmp_path / "text.txt")
    assert "5 samples, fewer than one batch of 128" in refused(capsys, "train", tmp_path / "few.npy")
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


def test_force_leaves_a_run_alone_while_another_process_trains_in_it(
    run: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(run)
    with FileLock(run / "lock"):
        said = refused(capsys, "train", pictures_file, "--out", run, "--force", *OPTIONS)
    assert "is being trained by another process" in said
    assert contents(run) == before


def test_a_refused_resume_changes_nothing(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(run)
    with FileLock(run / "lock"):
        refused(capsys, "resume", run, "--samples-seen", 320)
    assert contents(run) == before
    for path in (run / "checkpoints").glob("*.safetensors"):
        path.write_bytes(b"")
    before = contents(run)
    assert "no whole checkpoint" in refused(capsys, "resume", run, "--samples-seen", 320)
    assert contents(run) == before


def test_options_that_are_refused_leave_the_run_that_force_would_replace(
    run: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(run)
    for words in (["--device", "gpu"], ["--loss", "hing"], ["--batch-size", "128"], ["--minutes", "nan"]):
        refused(capsys, "train", pictures_file, "--out", run, "--force", *OPTIONS, *words)
    assert contents(run) == before


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
        assert "no whole checkpoint" in said
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
    assert "No space left on device" in said
    assert "sparring resume" in said
    assert not list(run.rglob("*.tmp"))
    assert main(["resume", str(run)]) == 0
    assert "Going on from step 2" in capsys.readouterr().out
    assert [record.step for record in read_history(run / "history.jsonl")] == [2, 4, 6]


def test_a_full_disk_while_drawing(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    out = tmp_path / "a.npz"
    assert f"cannot write {out}: No space left" in refused(capsys, "sample", run, "--out", out)


def test_drawing_repeats_with_the_seed_and_follows_the_label(run: Path, tmp_path: Path) -> None:
    drawn = {}
    for name, words in {
        "first": ["--seed", "1"], "again": ["--seed", "1"], "other": ["--seed", "2"],
        "zeros": ["--truncation", "0", "--label", "0"], "typical": ["--seed", "1", "--truncation", "0.5"],
    }.items():  # fmt: skip
        out = tmp_path / f"{name}.npz"
        assert main(["sample", str(run), "--count", "4", "--device", "cpu", "--out", str(out), *words]) == 0
        with np.load(out) as content:
            drawn[name], labels = content["samples"], content["labels"].tolist()
            assert labels == ([0] * 4 if name == "zeros" else [0, 0, 1, 1])
    assert (drawn["first"] == drawn["again"]).all()
    assert (drawn["first"] != drawn["other"]).any()
    assert (drawn["first"] != drawn["typical"]).any()
    assert (drawn["zeros"] == drawn["zeros"][:1]).all()


def test_a_folder_that_is_replaced_holds_the_new_samples_alone(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "folder"
    for count in (6, 3):
        assert main(["sample", str(run), "--count", str(count), "--out", str(out), "--force"]) == 0
    assert len(list(out.iterdir())) == 3


@pytest.mark.parametrize(
    "words", [["--seed", str(10**30)], ["--truncation", "nan"], ["--truncation", "-1"], ["--device", "gpu"]]
)
def test_drawing_that_is_refused(run: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "sample", run, *words)
    assert words[0].lstrip("-") in said


def test_runs_without_labels_have_no_label(
    tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert main(["train", str(pictures_file), "--out", str(run), "--no-conditional", *OPTIONS]) == 0
    assert "trained without labels; drop --label" in refused(capsys, "sample", run, "--label", "1")
    assert main(["info", str(run)]) == 0
    assert "classes  none" in capsys.readouterr().out


def test_a_run_from_an_array_is_resumed_in_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    array = np.random.default_rng(0).integers(0, 256, (32, 8, 8), dtype=np.uint8)
    run = GAN("sprint", **TINY).fit(array, samples_seen=32).save(tmp_path / "run")
    assert "trained on an array in Python" in refused(capsys, "resume", run, "--samples-seen", "64")
    assert main(["sample", str(run), "--device", "cpu"]) == 0


@pytest.mark.parametrize("text", ["recipe = 3", "recipe = []", "minutes = 1" + "0" * 400, "seed = 'x'"])
def test_config_files_with_values_that_do_not_fit(
    tmp_path: Path, pictures_file: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my.toml").write_text(text)
    said = refused(capsys, "train", pictures_file, "--config", tmp_path / "my.toml", "--dry-run")
    assert text.split()[0] in said


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_a_file_name_that_is_not_text_is_refused(
    tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / os.fsdecode(b"\xff.npz")
    shutil.copy(pictures_file, odd)
    refused(capsys, "train", odd, "--out", tmp_path / "run", *OPTIONS)
    assert not (tmp_path / "run/run.json").exists()


def test_a_demo_that_is_refused_leaves_nothing(
    tmp_path: Path,
    pictures: Dataset,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(build.DATA, "mnist", lambda: pictures)
    out = tmp_path / "demo"
    for minutes in ("0", "-1", "nan"):
        assert "minutes" in refused(capsys, "demo", "--minutes", minutes, "--out", out)
    assert not out.exists()
