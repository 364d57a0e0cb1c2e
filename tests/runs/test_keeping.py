"""Nothing of the user's, and nothing that was trained, is lost: what resume, train, sample and others leave."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from PIL import Image

from cli_runs import OPTIONS, contents, refused
from conftest import TINY
from sparring import games
from sparring.cli.main import main
from sparring.data.spec import Dataset
from sparring.files import write_whole
from sparring.history.record import read_history
from sparring.runs.create import create
from sparring.runs.writer import train_in
from sparring.training import plan, suited

OWN = [
    *["notes.tmp", "a.tmp", ".hidden.tmp", "mine.png"],
    *["samples/mine.png", "samples/99999999.png", "samples/7.png", "fields/00000099.json", "fields/mine.json"],
    *["checkpoints/backup.safetensors", "checkpoints/a.json", "checkpoints/b.json"],
    *["checkpoints/00000099.json", "checkpoints/00000098.safetensors", "checkpoints/Copy of 00000006.json"],
    *["checkpoints/old/00000001.json", "healthy/00000099.json", "best/x.safetensors", "drawn/a.png"],
]


def add_own(path: Path) -> dict[str, bytes]:
    """Put files of the user's beside a run's own."""
    for name in OWN:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(f"the user's {name}".encode())
    return {name: (path / name).read_bytes() for name in OWN}


@pytest.mark.parametrize("verb", ["resume", "train"])
def test_files_of_the_user_stay(run: Path, pictures_file: Path, verb: str) -> None:
    own = add_own(run)
    words = ["resume", run, "--samples-seen", 160]
    if verb == "train":
        words = ["train", pictures_file, "--out", run, "--force", *OPTIONS[:-1], 160]
    assert main([str(word) for word in words]) == 0
    found = contents(run)
    assert {name: found.get(name) for name in own} == own
    states = {name for name in found if name.startswith("checkpoints/")} - own.keys()
    assert states == {
        f"checkpoints/000000{step}.{end}" for step in ("08", "10") for end in ("json", "safetensors")
    }
    with Image.open(run / "training.gif") as animation:
        assert animation.n_frames == len({k for k in found if k.startswith("samples/")} - own.keys())


def test_force_takes_the_files_of_the_old_run(run: Path, pictures_file: Path) -> None:
    (run / "report.html").write_text("of the old run")
    (run / "training.gif").write_text("of the old run")
    words = [*OPTIONS[:-1], "32", "--pictures", "0"]
    assert main(["train", str(pictures_file), "--out", str(run), "--force", *words]) == 0
    names = {"run.json", "config.toml", "history.jsonl", "samples.png"}
    assert set(contents(run)) == names | {"checkpoints/00000002.json", "checkpoints/00000002.safetensors"}


def test_what_a_kill_left_half_written_goes(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # as if killed
        patch.setattr("os.replace", lambda *_: 1 / 0)
        for name in ("config.toml", "checkpoints/00000008.safetensors"):
            with pytest.raises(ZeroDivisionError):
                write_whole(run / name, b"half")
    (run / "checkpoints/00000002.safetensors").write_bytes(b"left by a kill between its two files")
    before = len(contents(run))
    assert main(["resume", str(run), "--samples-seen", "128"]) == 0
    left = [name for name in contents(run) if "sparring-tmp" in name or "checkpoints/00000002.s" in name]
    assert before > 8
    assert left == []


@pytest.mark.parametrize("loss", ["no folder", "no files", "broken"])
def test_a_history_without_a_whole_checkpoint_is_not_replaced(
    run: Path, loss: str, capsys: pytest.CaptureFixture[str]
) -> None:
    final = max((run / "checkpoints").glob("*.safetensors")).read_bytes()
    if loss == "broken":
        for path in (run / "checkpoints").glob("*.json"):
            path.write_text("{}")
    else:
        shutil.rmtree(run / "checkpoints")
        if loss == "no files":
            (run / "checkpoints").mkdir()
    before = contents(run)
    for words in ([], ["--samples-seen", "192"]):
        said = refused(capsys, "resume", run, *words)
        assert f"sparring resume {run} --force" in said
        assert contents(run) == before
    with FileLock(run / "lock"):
        refused(capsys, "resume", run, "--force")
    assert contents(run) == before
    assert main(["resume", str(run), "--force"]) == 0
    assert "starting from the first step" in capsys.readouterr().out
    assert max((run / "checkpoints").glob("*.safetensors")).read_bytes() == final


def test_force_throws_no_whole_checkpoint_away(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resume", str(run), "--force", "--samples-seen", "128"]) == 0
    assert "Continuing from step 6 (96 samples)." in capsys.readouterr().out
    assert [record.step for record in read_history(run / "history.jsonl")] == [2, 4, 6, 8]


def test_the_first_record_is_saved(tmp_path: Path, pictures: Dataset) -> None:
    options = TINY | {"samples_seen": 96, "checkpoint_seconds": 1000.0}
    config = suited.configure(pictures, "sprint", data=pictures.name, **options)
    data = plan.as_trained(config.dataset, pictures)
    folder = create(tmp_path / "run", config, data)
    records = train_in(folder, games.make(config, data.spec, data.classes), data)
    next(records)
    records.close()  # no kill comes before the first checkpoint and leaves a history alone
    assert folder.saved() == [2]


def test_a_lost_history_does_not_lose_the_training(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "history.jsonl").unlink()
    assert main(["resume", str(run), "--samples-seen", "128"]) == 0
    assert "Continuing from step 6" in capsys.readouterr().out
    assert [record.step for record in read_history(run / "history.jsonl")] == [8]


def test_a_run_that_is_finished_does_not_say_that_it_goes_on(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(run)
    capsys.readouterr()
    assert main(["resume", str(run)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("This run has spent its budget. It has seen 96 samples in ")
    assert "budgets count from the first step: give a larger one" in said
    assert "Going on" not in said
    assert contents(run) == before


def test_a_stop_amid_the_last_pictures_of_a_longer_budget_is_made_up_for(run: Path) -> None:
    old = (run / "training.gif").read_bytes()
    assert main(["resume", str(run), "--samples-seen", "192"]) == 0
    new = (run / "training.gif").read_bytes()
    (run / "training.gif").write_bytes(old)
    later = (run / "history.jsonl").stat().st_mtime_ns + 10**9
    os.utime(run / "history.jsonl", ns=(later, later))
    assert main(["resume", str(run)]) == 0
    assert (run / "training.gif").read_bytes() == new != old


@pytest.mark.parametrize("verb", ["sample", "evaluate", "report", "info", "doctor"])
def test_a_verb_that_looks_changes_nothing_that_training_made(
    run: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(run)
    options = {
        "sample": ["--device", "cpu"],
        "evaluate": ["--features", "pixels", "--quick", "--count", "40", "--draws", "1", "--device", "cpu"],
    }.get(verb, [])
    for _ in range(2):
        assert main([verb, str(run), *options]) in (0, 3, 4, 5)
    after = contents(run)
    assert {name: after.get(name) for name in before} == before
    added = {
        "sample": {"drawn/step-6.png", "drawn/step-6-2.png"}, "evaluate": {"evaluation.json"},
        "report": {"report.html"},
    }  # fmt: skip
    assert after.keys() - before.keys() == added.get(verb, set())
    if verb == "sample":
        assert f"64 samples from step 6: {run / 'drawn/step-6-2.png'}" in capsys.readouterr().out


@pytest.mark.parametrize("part", ["samples.png", "history.jsonl", "samples", "checkpoints/a.npz", "."])
@pytest.mark.parametrize("verb", ["sample", "report", "evaluate"])
def test_nothing_is_drawn_over_what_training_made(
    run: Path, verb: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(run)
    said = refused(capsys, verb, run, "--out", run / part, "--force")
    assert "choose another --out" in said or "is a folder: give --out a file" in said
    assert contents(run) == before


def test_photographs_with_numbers_for_names_stay(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "photos"
    out.mkdir()
    for name in ("20240101.png", "00012.png", "00013-cat.png", "IMG_00001.png", "00000014.jpg"):
        Image.new("RGB", (4, 4)).save(out / name, "PNG")
    Image.new("L", (4, 4)).save(run / "samples" / "00000002.png")
    shutil.copy(run / "samples/00000006.png", out)
    own = contents(out)
    draw = ["sample", str(run), "--count", "6", "--device", "cpu", "--out", str(out), "--force"]
    for count in ("6", "4"):
        assert main([*draw[:3], count, *draw[4:]]) == 0
        after = contents(out)
        assert {name: after.get(name) for name in own} == own
        assert len(after) == len(own) + int(count)
    (out / "00003-1.png").write_bytes(own["20240101.png"])
    before = contents(out)
    assert "00003-1.png exists, and sparring did not draw it" in refused(capsys, *draw)
    assert contents(out) == before


def test_a_draw_that_fails_leaves_the_file_before(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for name in ("a.png", "a.gif", "a.npz"):
        (tmp_path / name).write_bytes(b"before")
        refused(capsys, "sample", run, "--out", tmp_path / name, "--force")
        assert (tmp_path / name).read_bytes() == b"before"
    before = contents(run)
    refused(capsys, "sample", run)
    assert contents(run) == before


def test_a_longer_budget_has_pictures_to_its_end(run: Path) -> None:
    for samples in (192, 200, 400):
        assert main(["resume", str(run), "--samples-seen", str(samples)]) == 0
        pictures = sorted(int(path.stem) for path in (run / "samples").iterdir())
        last = [record.step for record in read_history(run / "history.jsonl")][-1]
        assert pictures[-1] == last
        with Image.open(run / "training.gif") as animation:
            assert animation.n_frames == len(pictures)
    assert len(pictures) == 4 + 2 + 1 + 2  # at 96 samples; then what is due of three in all


def test_a_checkpoint_of_another_run_is_neither_used_nor_deleted(
    run: Path, pictures_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it is newer, of the same networks, the run's own are gone on from."""
    other = tmp_path / "other"
    assert main(["train", str(pictures_file), "--out", str(other), *OPTIONS[:-1], "192"]) == 0
    names = ("00000012.json", "00000012.safetensors")
    for name in names:
        shutil.copy(other / "checkpoints" / name, run / "checkpoints")
    assert main(["resume", str(run), "--samples-seen", "160"]) == 0
    assert (
        "checkpoint 00000012 is broken (it is of another run); trying the one before" in capsys.readouterr().err
    )
    assert [record.step for record in read_history(run / "history.jsonl")][-1] == 10
    assert all(
        (run / "checkpoints" / name).read_bytes() == (other / "checkpoints" / name).read_bytes()
        for name in names
    )
    for path in (run / "checkpoints").iterdir():
        path.unlink()
    shutil.copytree(other / "checkpoints", run / "checkpoints", dirs_exist_ok=True)
    assert "no complete checkpoint" in refused(capsys, "resume", run, "--samples-seen", 192)


def test_records_that_were_lost_are_told_of(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = run / "history.jsonl"
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:2]))
    assert main(["resume", str(run), "--samples-seen", "128"]) == 0
    assert "ends at step 4, but its checkpoint is from step 6: the records between them are lost" in (
        capsys.readouterr().err
    )
    assert main(["resume", str(run), "--samples-seen", "160"]) == 0
    assert "lost" not in capsys.readouterr().err
