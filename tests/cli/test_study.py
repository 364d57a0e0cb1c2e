"""``sparring study`` from the first call to going on, with a plan that is over at once."""

import json
import shutil
import signal
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import planted
from sparring.cli import study
from sparring.cli.main import main
from sparring.errors import ConfigError
from sparring.runs.folder import only_trainer
from sparring.uses.study import forger, session, trial
from sparring.uses.study.arms import REAL, Labelled
from sparring.uses.study.cells import CELLS
from sparring.uses.study.plan import Costs, Plan

FORGE, PLANNED = forger.forge, session.planned
ARMS = (REAL, "half", "double", "shift, turn", "shift, turn, flip", "GAN 20 %", "GAN 50 %", "classic + GAN")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A plan of a few steps; nothing is measured, and copies take the place of what a GAN draws."""

    def plan(minutes, costs, arms, counts, most, seed=0, starts=2, most_steps=0, spent=0.0):
        return Plan(most, (1, 2), 64, tuple(name for name in ARMS if name in arms), counts, seed, starts)

    monkeypatch.setattr(session, "planned", plan)
    monkeypatch.setattr(trial, "costs_of", lambda *_: Costs(0.0, 0.0, 0.0))
    monkeypatch.setattr(forger, "DRAWN", 30)
    monkeypatch.setattr(forger, "LEAST_EACH", 10)
    monkeypatch.setattr(forger, "forge", lambda data, *_: Labelled(data.samples, data.labels))


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures with a subfolder for each class."""
    data = planted.pictures(180, 0)
    path = tmp_path_factory.mktemp("pictures") / "bars"
    for k, (pixels, label) in enumerate(zip(data.samples, data.labels.tolist(), strict=True)):
        file = path / planted.NAMES[label] / f"{k}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[0].numpy()).save(file)
    return path


@pytest.fixture(scope="module")
def array(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = planted.pictures(180, 0)
    path = tmp_path_factory.mktemp("array") / "bars.npz"
    np.savez(path, x=data.samples.numpy(), y=data.labels.numpy())
    return path


def words(array: Path, out: Path, *more: str) -> list[str]:
    return ["study", str(array), "--subsets", "3", "--per-class", "5", "--out", str(out), *more]


def test_a_folder_is_studied_and_the_report_says_what_the_terminal_says(bars, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(forger, "forge", FORGE)
    out = tmp_path / "study"
    assert main(words(bars, out, "--labels", "folders")) == 0
    printed = capsys.readouterr()
    found = json.loads((out / "verdict.json").read_text("utf-8"))
    assert found["subsets"] == found["planned"] == 3
    assert found["sentences"][0] in printed.out
    assert "3 disjoint subsets of 15 pictures" in printed.err
    page = (out / "report.html").read_text("utf-8")
    assert "shift, turn, flip" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert main(["report", str(out), "--out", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_text("utf-8") == page


def test_a_study_goes_on_by_its_folder_and_is_repeated_at_no_cost(array, tmp_path, capsys):
    out = tmp_path / "study"
    assert main(words(array, out, "--json")) == 0
    first = json.loads(capsys.readouterr().out)
    lines = (out / CELLS).read_text("utf-8").split("\n\n")
    (out / CELLS).write_text("\n\n".join(lines[:-1]), "utf-8")
    assert main(["study", str(out), "--json", "--minutes", "20"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["values"] == first["values"]
    size = (out / CELLS).stat().st_size
    assert main(words(array, out)) == 0
    assert (out / CELLS).stat().st_size == size


def test_resume_keeps_what_is_finished_and_the_minutes_that_were_given_last(
    array, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "study"
    assert main(words(array, out, "--json")) == 0
    whole = json.loads(capsys.readouterr().out)
    lines = (out / CELLS).read_text("utf-8").split("\n\n")
    (out / CELLS).write_text("\n\n".join(lines[:20]), "utf-8")
    with monkeypatch.context() as stopped:
        stopped.setattr(study, "after_the_step", lambda: nullcontext(lambda: True))
        assert main(["study", "--resume", str(out), "--minutes", "25"]) == study.INTERRUPTED
    assert session.read(out)[0].minutes == 25
    capsys.readouterr()
    assert main(["study", "--resume", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["values"] == whole["values"]
    kept = [line for line in (out / CELLS).read_text("utf-8").splitlines() if line]
    assert kept[:20] == [line.strip() for line in lines[:20]]
    assert len(kept) == len(lines)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "what to study is missing: give DATA, or --resume OUT"),
        (["bars.npz", "--resume", "OUT"], "goes on with its own data: leave out DATA"),
        (["--resume", "OUT", "--seed", "2"], "goes on as it began, without --seed"),
        (["--resume", "OUT", "--out", "x"], "leave out --out and --force"),
        (["--resume", "nowhere"], "nowhere is not the folder of a study: study.json: it is not there"),
    ],
)
def test_resume_takes_new_minutes_and_nothing_else(array, tmp_path, capsys, given, said):
    out = tmp_path / "study"
    assert main(words(array, out)) == 0
    assert main(["study", *(str(out) if word == "OUT" else word for word in given)]) == 1
    assert said in capsys.readouterr().err


def test_a_budget_that_ends_too_early_says_how_to_go_on(array, tmp_path, capsys):
    out = tmp_path / "study"
    assert main(words(array, out, "--minutes", "0.0001")) == 1
    said = capsys.readouterr().err
    assert "0 of 3 subsets are complete, too few for a verdict" in said
    assert f"sparring study --resume {out} --minutes 0." in said


def test_going_on_takes_the_minutes_that_are_needed_by_the_speed_so_far(array, tmp_path, capsys, monkeypatch):
    out = tmp_path / "study"
    assert main(words(array, out)) == 0
    lines = [json.loads(line) for line in (out / CELLS).read_text("utf-8").splitlines() if line]
    slow = [json.dumps(line | {"seconds": 30}) for line in lines if line["block"] == 0]
    (out / CELLS).write_text("\n".join(slow))
    assert main(["study", str(out), "--minutes", "1"]) == 1
    minutes = 1.1 * 3 * len(slow) / 2
    assert f"sparring study --resume {out} --minutes {minutes:.0f}." in capsys.readouterr().err


def test_a_machine_that_became_slow_is_said_once(array, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(session.Study, "needed", 7.5)
    assert main(words(array, tmp_path / "study", "--minutes", "5")) == 0
    assert capsys.readouterr().err.count("all 3 subsets would take 7.5 minutes") == 1


def test_two_processes_do_not_work_on_one_study(array, tmp_path, capsys):
    out = tmp_path / "study"
    assert main(words(array, out)) == 0
    with only_trainer(out):
        assert main(["study", str(out)]) == 1
    assert "is being worked on by another process" in capsys.readouterr().err


def test_one_class_can_be_rare(array, tmp_path, capsys):
    assert main(words(array, tmp_path / "study", "--rare", "2=2", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["size"] == 12


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--rare", "lying"], "expected CLASS=N"),
        (["--rare", "7=2"], "unknown class '7'"),
        (["--subsets", "2"], "--subsets = 2: expected a whole number from 3 to 40"),
        (["--minutes", "0"], "expected a number above 0"),
        (["--minutes", "nan"], "--minutes = nan"),
        (["--per-class", "0"], "--per-class"),
        (["--per-class", "3"], "of 3 subsets of"),
        (["--per-class", "3"], "has 9 pictures; a GAN needs at least 10. Give a larger --per-class, or add"),
        (["--subsets", "40"], "too few for 40 disjoint subsets"),
        (["--size", "16"], "accepted only for"),
    ],
)
def test_what_cannot_be_is_refused_and_no_folder_is_left(array, tmp_path, capsys, more, said):
    out = tmp_path / "study"
    assert main(words(array, out, *more)) == 1
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(
    array, tmp_path, capsys, monkeypatch
):
    (tmp_path / "file").touch()
    monkeypatch.setattr(trial, "costs_of", lambda *_: pytest.fail("measured"))
    assert main(words(array, tmp_path / "file" / "study")) == 1
    assert "a part of its path is a file, not a folder" in capsys.readouterr().err


def test_too_few_minutes_offer_fewer_subsets_only_where_there_are_more_than_three():
    for subsets, offered in ((3, False), (6, True)):
        with pytest.raises(ConfigError, match="Give that many") as found:
            PLANNED(0.1, Costs(1.0, 0.0, 0.0), (REAL,), (50, 50), subsets)
        assert ("or fewer subsets: --subsets 3." in str(found.value)) is offered


def test_data_without_labels_is_refused(bars, tmp_path, capsys):
    assert main(words(bars, tmp_path / "study")) == 1
    assert "a study needs labels of 2 classes at least" in capsys.readouterr().err


def test_another_study_is_not_written_over_unasked(array, tmp_path, capsys):
    out = tmp_path / "study"
    assert main(words(array, out)) == 0
    assert main(words(array, out, "--seed", "1")) == 1
    assert "a study that was asked otherwise" in capsys.readouterr().err
    assert main([*words(array, out), "--seed", "1", "--force"]) == 0
    assert session.read(out)[0].seed == 1
    assert main(["study", str(out), "--seed", "2"]) == 1
    assert "goes on as it began, without --seed" in capsys.readouterr().err
    assert main(["study", str(out), "--force"]) == 1
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / ".study.json.0123abcd.sparring-tmp").touch()  # of a process that was killed
    assert main(words(array, tmp_path / "begun")) == 0
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert main(words(array, tmp_path / "full", "--force")) == 1
    assert (tmp_path / "full" / "mine.txt").exists()


def test_changed_data_and_damaged_files_are_noticed(array, tmp_path, capsys):
    mine, out = tmp_path / "mine.npz", tmp_path / "study"
    shutil.copy(array, mine)
    assert main(words(mine, out)) == 0
    data = planted.pictures(180, 3)
    np.savez(mine, x=data.samples.numpy(), y=data.labels.numpy())
    assert main(["study", str(out)]) == 1
    assert "the data has changed" in capsys.readouterr().err
    (out / "verdict.json").write_text('{"noun": 3}')
    assert main(["report", str(out)]) == 1
    assert "no verdict that can be read" in capsys.readouterr().err
    (out / "study.json").write_text('{"format": 1, "asked": {"data": []}}')
    assert main(["study", str(out)]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_large_pictures_are_studied_small_unless_a_size_is_given(tmp_path, capsys):
    data = planted.pictures(180, 0)
    path = tmp_path / "large"
    for k, (pixels, label) in enumerate(zip(data.samples, data.labels.tolist(), strict=True)):
        file = path / planted.NAMES[label] / f"{k}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[0].numpy()).resize((60, 60)).save(file)
    assert main(words(path, tmp_path / "study", "--labels", "folders")) == 0
    assert "studied at 32 x 32 pixels" in capsys.readouterr().err


def test_a_table_is_studied_by_its_target(tmp_path, capsys):
    table = tmp_path / "people.csv"
    rows = [f"{18 + 7 * k % 60},{('Rom', 'Ulm')[k % 2]},{('no', 'yes')[k % 5 > 1]}" for k in range(180)]
    table.write_text("age,town,member\n" + "\n".join(rows))
    assert main(words(table, tmp_path / "study", "--target", "member")) == 0
    said = capsys.readouterr()
    assert "ROC area of member" in said.out
    assert "GAN rows" in said.out
    assert main(words(table, tmp_path / "without")) == 1
    assert "--target COLUMN. There are 'age', 'town', 'member'." in capsys.readouterr().err


def test_ctrl_c_ends_the_measuring_at_once_and_leaves_no_folder(array, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(trial, "costs_of", lambda *_: signal.raise_signal(signal.SIGINT))
    assert main(words(array, tmp_path / "study")) == study.INTERRUPTED
    assert capsys.readouterr().err.endswith("sparring: interrupted.\n")
    assert not (tmp_path / "study").exists()


def test_ctrl_c_says_how_to_go_on(array, tmp_path, capsys, monkeypatch):
    out = tmp_path / "study"
    monkeypatch.setattr(study, "after_the_step", lambda: nullcontext(lambda: True))
    assert main(words(array, out)) == study.INTERRUPTED
    assert f"Go on: sparring study --resume {out}\n" in capsys.readouterr().err
