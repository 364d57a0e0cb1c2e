"""A path that should be a run folder, but is something else."""

import os
from pathlib import Path

import pytest

from cli_runs import refused
from conftest import TINY
from page_runs import make_run
from sparring.cli.main import main
from sparring.data.spec import Dataset
from sparring.errors import RunError
from sparring.gan import GAN
from sparring.history.find import NAMED, no_run, runs_in
from sparring.runs.folder import RunFolder

TAKING = (
    ["resume", "P"], ["sample", "P"], ["evaluate", "P"], ["report", "P"], ["doctor", "P"], ["watch", "P"],
)  # fmt: skip


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for age, name in enumerate(("runs/first", "runs/second", "deep/er/third")):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        make_run(Path(name))
        os.utime(Path(name) / "run.json", (age, age))


def filled(words: list[str], path: str) -> list[str]:
    return [path if word == "P" else word for word in words]


@pytest.mark.parametrize("words", TAKING, ids=lambda words: words[0])
def test_a_folder_of_runs_names_them(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path, inside = ("deep", "deep/er/third") if words[0] == "watch" else ("runs", "runs/second, runs/first")
    said = refused(capsys, *filled(words, path))
    assert f"{path} is not a run folder, but contains" in said
    assert f"Give one of them: {inside}." in said


@pytest.mark.parametrize("words", TAKING, ids=lambda words: words[0])
def test_a_folder_without_runs_says_so(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    said = refused(capsys, *filled(words, "empty"))
    assert "empty is not a run folder" in said


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("study.json", "is a study, not a run: `sparring study --resume empty` goes on with it"),
        ("tune.json", "is a search, not a run: `sparring tune --resume empty` goes on with it"),
        ("detector.json", "is a detector, not a run: `sparring detect score empty NEW` uses it"),
        (
            "unfinished/fitting.json",
            "is a detector that is being fitted, not a run: `sparring watch empty` shows",
        ),
    ],
)
def test_what_another_verb_wrote_is_named(mark: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty", mark).parent.mkdir(parents=True)
    Path("empty", mark).write_text("{}")
    assert f"empty {said}" in refused(capsys, "sample", "empty")
    shown = "watch" if "unfinished" in mark else "report"
    assert f"`sparring {shown} empty` shows" in no_run(Path("empty"))


@pytest.mark.parametrize("words", TAKING, ids=lambda words: words[0])
def test_a_misspelt_run_meets_the_nearest(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no run folder runs/secnd. Did you mean runs/second?" in refused(
        capsys, *filled(words, "runs/secnd")
    )
    assert "Did you mean runs/first?" in refused(capsys, *filled(words, "first"))


def test_a_misspelt_name_of_trained_players_meets_theirs() -> None:
    assert no_run(Path("emojis")).startswith("there is no run folder emojis. Did you mean emoji?")
    assert "emoji" not in no_run(Path("here/emojis")).removeprefix("there is no run folder here/emojis.")


def test_what_lies_in_a_run_names_the_run() -> None:
    for path in ("runs/first/samples", "runs/first/history.jsonl"):
        assert (
            no_run(Path(path))
            == f"{path} is inside the run folder {Path('runs/first').absolute()}: give that one."
        )


def test_info_lists_the_runs_of_a_folder(pictures: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    GAN("sprint", **TINY).fit(pictures, samples_seen=32).save("runs/whole")
    assert main(["info", "runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["runs/whole", "runs/second", "runs/first"]
    assert lines[0] == "runs/whole  sprint on tiny, 100%, step 2"
    assert "format" in lines[1]  # why it cannot be read


def test_many_runs_are_not_all_named() -> None:
    for k in range(NAMED):
        make_run(Path(f"runs/more{k}"))
    assert len(runs_in(Path("runs"))) == NAMED + 2
    assert "contains 10 runs. " in no_run(Path("runs"))
    assert no_run(Path("runs")).endswith(" and 2 more.")


def test_a_gan_is_loaded_by_the_same_words() -> None:
    with pytest.raises(RunError, match="contains 2 runs"):
        GAN.load("runs")


def test_a_name_that_no_system_can_have_is_no_run() -> None:
    with pytest.raises(RunError, match="the name is too long"):
        RunFolder(Path("9" * 5000))
