"""The verb: ``sparring doctor`` on runs, names of diseases and logs."""

import json
import re
from pathlib import Path

import pytest

from courses import OPTIONS, always, growing, history, run_folder
from sparring.cli.main import main
from sparring.cli.options import parser
from sparring.doctor.diagnosis import diagnose
from sparring.doctor.quality import longer
from sparring.doctor.report import facts, line, text, with_path
from sparring.doctor.rule import Rule
from sparring.doctor.rules import RULES
from sparring.doctor.stories import STORIES


def test_the_verb_on_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    well, ill = run_folder(tmp_path / "well", always()), run_folder(tmp_path / "ill", always(spread=0.1))
    assert main(["doctor", str(well)]) == 0
    assert "Healthy" in capsys.readouterr().out
    assert main(["doctor", str(ill)]) == 3
    said = capsys.readouterr().out
    assert "mode-collapse: the generator draws nearly the same sample" in said
    assert "spread = 0.1 (healthy: 0.85 to 1.05)" in said
    assert "More about it: sparring doctor mode-collapse" in said
    assert main(["doctor", str(ill), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["findings"][0]["name"] == "mode-collapse"
    assert told["findings"][0]["cures"][0]["change"] == {"r1_gamma": 10.0}
    expected = facts(diagnose(history(always(spread=0.1)), OPTIONS), str(ill))
    assert told == expected | {"unreadable_lines": 0}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_a_finding_means(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", rule.name]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for told in (rule.title, rule.why, rule.cures[0].words, STORIES[rule.name].appearance):
        assert told.replace("`", "") in said
    for option in re.findall(r"\d\. (--[a-z0-9-]+(?: [^ :]+)?)", said):
        parser().parse_args(["train", "mnist", *option.split()])
    for whole in re.findall(r"\d\. sparring (train DATA[^:]*|resume RUN[^:]*):", said):
        parser().parse_args(whole.replace("MORE", "9").split())
    typed = [cure for cure in rule.cures if cure.option or cure.own or cure.command]
    assert typed
    assert said.count("--") >= len(typed)
    assert "options to add to sparring train DATA or a whole command" in said
    assert all(sign.name in said for sign in rule.signs)
    assert main(["doctor", rule.name[:-1]]) == 1
    assert f"Did you mean '{rule.name}'?" in capsys.readouterr().err
    run_folder(tmp_path / rule.name, always())  # a run of that name comes first
    assert main(["doctor", rule.name]) == 0
    assert "Healthy" in capsys.readouterr().out


@pytest.mark.parametrize("made", ["nothing", "empty", "text.txt", "no-config"])
def test_what_the_verb_refuses(tmp_path: Path, made: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / made
    if made == "text.txt":
        path.write_text("hello")
    elif made != "nothing":
        path.mkdir()
        if made == "no-config":
            (path / "history.jsonl").write_text("")
    assert main(["doctor", str(path)]) == 1
    assert capsys.readouterr().err.startswith("sparring: ")


def test_lines_that_cannot_be_read_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_folder(tmp_path / "run", always())
    with (run / "history.jsonl").open("a") as file:
        file.write("rubbish\n{half")
    assert main(["doctor", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unreadable_lines"] == 2
    assert main(["doctor", str(run)]) == 0
    assert "2 lines of the history could not be read." in capsys.readouterr().out
    (run / "history.jsonl").write_text("rubbish\n")
    assert main(["doctor", str(run), "--json"]) == 1
    assert "1 unreadable line." in capsys.readouterr().err


def test_few_numbers_are_no_health(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "losses.csv"
    path.write_text("step,Loss_D\n1,0.5\n2,0.4\n")
    assert main(["doctor", str(path)]) == 4
    assert "Too few records to find diseases" in capsys.readouterr().out
    path.write_text("step,Loss_D\n1,0.5\n2,0.4\n3,0.4\n")
    assert main(["doctor", str(path)]) == 4
    said = capsys.readouterr().out
    assert "Healthy" not in said
    assert "Too few numbers to find diseases: nothing was found, but only 1 of" in said
    assert main(["doctor", str(path), "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert (told["healthy"], told["conclusion"]) == (False, "partly")


def test_no_disease_is_not_yet_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    poor = always(times_real=482.0, times_real_error=9.0, spread=0.71)
    run = run_folder(tmp_path / "run", poor)
    assert main(["doctor", str(run)]) == 5
    said = capsys.readouterr().out
    assert (
        "Healthy, but far: 482 ± 9 times what real samples score after 20 s; the samples are too much alike "
        "(spread 0.71," in said
    )
    assert "no rule holds" not in said
    assert "hardly get better" in said
    told = facts(diagnose(history(poor), OPTIONS), "run")
    assert (told["conclusion"], told["healthy"], told["times_real"]) == ("poor", False, 482.0)
    found = diagnose(history(poor), OPTIONS)
    assert "hardly get better" not in line(found)  # while it trains
    assert "hardly get better" in line(found, advice=True)
    falling = diagnose(history(growing("times_real", 0.9, times_real=900.0)), OPTIONS)
    better = "The samples are getting better: train longer (sparring resume RUN --minutes 1)."
    assert text(falling, "run").split("\n\n")[1].endswith(better)
    assert with_path(better, Path("my runs/a")).endswith("(sparring resume 'my runs/a' --minutes 1).")
    assert [longer(seconds) for seconds in (0, 30, 31, 240)] == [
        f"sparring resume RUN --minutes {minutes}" for minutes in (1, 1, 2, 8)
    ]


def test_doubt_about_an_estimate_is_no_fault_and_a_measurement_goes_before_it(tmp_path: Path) -> None:
    assert diagnose(history(always(times_real=3.4, times_real_error=2.6)), OPTIONS).healthy
    assert not diagnose(history(always(times_real=3.4, times_real_error=0.5)), OPTIONS).healthy
    run = run_folder(tmp_path / "run", always(times_real=3.4, times_real_error=0.5))
    measured = {"times_real": 1.3, "times_real_error": 0.1, "checkpoint_step": 1000}
    (run / "quality.json").write_text(json.dumps(measured | {"checkpoint_step": 900}))
    assert main(["doctor", str(run)]) == 5  # of another moment
    (run / "quality.json").write_text(json.dumps(measured))
    assert main(["doctor", str(run)]) == 0
