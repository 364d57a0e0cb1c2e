"""The command line: what it does, and what it says when something is wrong."""

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

from cli_runs import OPTIONS, contents, refused
from conftest import TINY, TINY_LINE
from sparring.cli.main import main
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.gan import GAN
from sparring.history.record import read_history
from sparring.machine.threads import available_cores


def test_a_run_folder_holds_everything(run: Path) -> None:
    assert sorted(p.name for p in run.iterdir()) == [
        *["checkpoints", "config.toml", "history.jsonl", "lock", "past", "run.json"],
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


def test_more_threads_than_cores_are_advised_against(
    pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for threads, expected in ((2 * available_cores(), True), (1, False)):
        assert main(["train", str(pictures_file), "--dry-run", *TINY_LINE, "--threads", str(threads)]) == 0
        assert ("is more than the" in capsys.readouterr().err) == expected


def test_a_config_file_and_the_line_that_wins(
    pictures_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my.toml"
    path.write_text('recipe = "mlp"\nseed = 5\nepochs = 3\nlatent_dim = 9\n')
    words = ["train", str(pictures_file), "--config", str(path), "--seed", "6", "--minutes", "1", "--dry-run"]
    assert main(words) == 0
    said = capsys.readouterr().out
    for line in ('recipe = "mlp"', "seed = 6", "minutes = 1.0", 'epochs = "none"', "latent_dim = 9"):
        assert line in said
    path.write_text("sed = 5\n")
    assert "Did you mean 'seed'" in refused(capsys, "train", pictures_file, "--config", path)


def test_a_config_file_may_name_the_data_and_the_line_wins(
    pictures_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my.toml"
    path.write_text('[dataset]\ndata = "ring"\n')
    line = ["--config", str(path), "--dry-run"]
    assert main(["train", *line]) == 0
    assert 'data = "ring"' in capsys.readouterr().out
    assert main(["train", "ring", *line]) == 0
    assert "not used" not in capsys.readouterr().err
    assert main(["train", "grid", *line]) == 0
    said = capsys.readouterr()
    assert 'data = "grid"' in said.out
    assert "training on grid; " in said.err
    assert "has data = 'ring', which is not used" in said.err
    path.write_text('[dataset]\ndata = "array"\n')  # as in a run from an array in Python
    assert "what to train on is missing: give DATA" in refused(capsys, "train", *line)
    path.write_text("[dataset]\ndata = 3\n")
    assert "data = 3: expected text." in refused(capsys, "train", *line)


def test_names_that_are_not_known_offer_the_nearest(
    pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Did you mean 'dcgan'" in refused(capsys, "train", pictures_file, "--recipe", "dcgna")
    assert "Did you mean 'mnist'" in refused(capsys, "train", "mnits")
    assert "Did you mean 'hinge'" in refused(capsys, "train", pictures_file, "--loss", "hing")
    assert "this machine has no device 'gpu'" in refused(
        capsys, "train", pictures_file, *TINY_LINE, "--device", "gpu"
    )


def test_data_that_cannot_be_used(
    tmp_path: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "letter.doc").write_text("hello")
    np.save(tmp_path / "few.npy", np.zeros((5, 8, 8), np.uint8))
    assert "there is no file" in refused(capsys, "train", tmp_path / "missing.npz")
    assert "holds no pictures" in refused(capsys, "train", tmp_path / "folder")
    assert "letter.doc cannot be read as data. Accepted are .npy, .npz" in refused(
        capsys, "train", tmp_path / "letter.doc"
    )
    assert "has 5 samples; a training needs at least 10" in refused(capsys, "train", tmp_path / "few.npy")
    few = [tmp_path / "few.npy", "--batch-size", "64"]
    assert "5 samples, fewer than one batch of 64. Add samples or train with --batch-size 5 or less" in refused(
        capsys, "train", *few
    )
    assert "nothing says when to stop" in refused(capsys, "train", pictures_file, "--epochs", "none")
    assert "expected a whole number of at least 1" in refused(
        capsys, "train", pictures_file, "--batch-size", "0"
    )


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
    assert "minutes = 0: expected a number above 0" in refused(capsys, "resume", run, "--minutes", "0")
    assert "nothing says when to stop" in refused(capsys, "resume", run, "--epochs", "none")
    assert (run / "config.toml").read_text() == before


def test_a_resumed_run_may_have_more_cures(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--rescue needs 0 or more" in refused(capsys, "resume", run, "--rescue", "-1")
    assert main(["resume", str(run), "--samples-seen", "192", "--rescue", "2"]) == 0
    assert main(["resume", str(run), "--samples-seen", "288"]) == 0
    lines = [json.loads(text) for text in (run / "rescue.jsonl").read_text().splitlines()]
    assert [(line["what"], line["most"]) for line in lines] == [("allowed", 2)]


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
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["tiny-small-data-1", "tiny-small-data-2"]


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
    assert "expected a whole number from 1 to" in refused(capsys, "sample", run, "--count", "0")
    assert "accepted are" in refused(capsys, "sample", run, "--out", tmp_path / "a.bmp")


def test_info(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    assert "CPU cores" in capsys.readouterr().out
    assert main(["info", str(run)]) == 0
    said = capsys.readouterr().out
    assert "100%, step 6, 96 samples" in said
    assert "64 pictures of shape (1, 8, 8)" in said


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path, pictures_file: Path) -> None:
    run = tmp_path / "run"
    words = [sys.executable, "-m", "sparring", "train", str(pictures_file), "--out", str(run), *TINY_LINE]
    process = subprocess.Popen(
        [*words, "--samples-seen", str(10**9)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while not any(run.glob("checkpoints/*.json")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == 130, said
    assert f"Continue with: sparring resume {run}" in said
    last = list(read_history(run / "history.jsonl"))[-1]
    assert f"Stopped and saved at step {last.step:,}" in said
    assert (run / f"checkpoints/{last.step:08d}.json").exists()


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
    assert "no complete checkpoint" in refused(capsys, "resume", run, "--samples-seen", 320)
    assert contents(run) == before


def test_options_that_are_refused_leave_the_run_that_force_would_replace(
    run: Path, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(run)
    for words in (["--device", "gpu"], ["--loss", "hing"], ["--batch-size", "128"], ["--minutes", "nan"]):
        refused(capsys, "train", pictures_file, "--out", run, "--force", *OPTIONS, *words)
    assert contents(run) == before


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
    assert "trained without labels, although" in refused(capsys, "sample", run, "--label", "1")
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
    monkeypatch.setitem(builtin.BUILT_IN, "mnist", lambda: pictures)
    out = tmp_path / "demo"
    for minutes in ("0", "-1", "nan"):
        assert "minutes" in refused(capsys, "demo", "--minutes", minutes, "--out", out)
    assert not out.exists()


@pytest.mark.parametrize("word", ["a\0b", "\ud800", "--seed=\0"])
def test_words_that_no_system_gives_are_refused(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", word]) == 2
    assert "holds a character that no file name" in capsys.readouterr().err


@pytest.mark.parametrize("digits", [400, 5000, 100_000])
def test_a_number_of_any_length_is_refused_in_a_few_lines(
    digits: int, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: object = main(["train", "ring", "--dry-run", "--g-width", "9" * digits])
    except SystemExit as end:
        status = end.code
    assert status in (1, 2)
    said = capsys.readouterr().err
    assert "g-width" in said or "g_width" in said
    assert len(said) < 2_000


def test_escape_codes_in_names_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = np.array(["red\x1b[31m", "a\0b"])
    np.savez(
        tmp_path / "a.npz", samples=np.zeros((4, 8, 8), np.uint8), labels=np.arange(4) % 2, class_names=names
    )
    folder = tmp_path / "b\x1b[2J"
    folder.mkdir()
    assert main(["data", str(tmp_path / "a.npz"), "--out", str(folder / "sheet.png")]) == 0
    assert main(["info", str(folder / "none\x1b[2J")]) == 1
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert r"red\x1b[31m 2, a\x00b 2" in captured.out
