"""``sparring tune`` from the command line: alone, with a second worker, killed, stopped, on bad input."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparring.cli import tune
from sparring.cli.main import main
from sparring.config.groups import Config
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.uses.progress import console
from sparring.uses.tune import result, search
from sparring.uses.tune.judge import Judge
from sparring.uses.tune.search import Event
from sparring.uses.tune.shared import FINAL, STUDY, Settings, Shared
from sparring.uses.tune.tables import Progress
from sparring.uses.tune.trial import DONE, Bench, Outcome

SMALL = ["--g-width", "16", "--d-width", "16", "--depth", "1", "--recipe", "mlp"]
SHORT = ["--seconds", "0.05", "--only", "g_lr,d_lr", *SMALL]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    angles = rng.integers(0, 8, 2000) * np.pi / 4
    points = np.stack([np.cos(angles), np.sin(angles)], 1) + 0.03 * rng.normal(size=(2000, 2))
    np.save(tmp_path / "ring.npy", points.astype(np.float32))
    return tmp_path


def found(out: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(Path(out, "tune.json").read_text())
    return result


def test_a_search_gives_options_that_train_takes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "ring.npy", "--trials", "5", "--out", "t", *SHORT]) == 0
    said = capsys.readouterr().out
    assert "1 recipe (mlp), 2 options (g_lr, d_lr)" in said
    assert "250 held-out samples choose, 250 others report" in said
    assert re.search(r"\ntrial 1 of 5 .*\n(trial [2-4] .*\n)*trial 5 of 5 ", said)
    result = found("t")
    assert [trial["number"] for trial in result["trials"]] == [1, 2, 3, 4, 5]
    assert result["trials"][0]["start"] == "mlp"
    assert result["sentence"] in said
    assert len(result["default"]) == 3
    assert result["tuned"] is None or len(result["tuned"]) == 3
    best = min(
        (trial for trial in result["trials"] if trial["value"] is not None), key=lambda each: each["value"]
    )
    assert best["number"] == result["best"]
    assert f"(trial {result['best']})" in said
    assert result["tuned"] is None or f"final   trial {result['best']}, seed 1 of 3" in said
    toml = tomllib.loads(Path("t/best.toml").read_text())
    assert toml["dataset"] == {"data": str(here / "ring.npy")}  # no hold-out: nobody asked for one
    assert toml["budget"] == {"samples_seen": result["samples_seen"]}
    capsys.readouterr()
    assert main(["train", "--config", "t/best.toml", "--dry-run"]) == 0
    trained = tomllib.loads(capsys.readouterr().out)
    for name, (_, value) in result["changed"].items():
        assert trained["optimizers"][name] == value
    assert trained["networks"]["g_width"] == 16
    assert main(["report", "t"]) == 0
    assert Path("t/default.png").read_bytes().startswith(b"\x89PNG")


def test_pictures_are_chosen_and_reported_by_a_judge_that_took_no_part(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparring.metrics.extractors.has_imagenet", lambda: True)
    judges: list[str] = []
    made = Bench.judge

    def noted(bench: Bench, half: Dataset, features: str, count: int) -> Judge:
        judge = made(bench, half, features, count)
        judges.append(judge.extractor.name)
        return judge

    monkeypatch.setattr(Bench, "judge", noted)
    np.save("pictures.npy", np.random.default_rng(0).integers(0, 256, (600, 1, 16, 16), dtype=np.uint8))
    assert main(["tune", "pictures.npy", "--trials", "2", "--out", "p", *SHORT]) == 0
    assert judges == ["scattering-64"] * 2  # of trials, of the last trainings


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("tuned", "next: sparring train --config t/best.toml --minutes 10\n"),
        ("equal", "t/best.toml   those of trial 2, which are not needed\n"),
        ("default", "t/best.toml   those of trial 2, which are not needed\n"),
    ],
)
def test_options_that_the_verdict_advises_against_are_not_the_next_step(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verdict: str, said: str
) -> None:
    monkeypatch.setattr(result.Result, "verdict", verdict)
    settings = Settings("ring", 2000, "ab", {}, 0.05)
    values = [1.0, 2.0, 3.0], [1.0, 2.0, 4.0]
    config = Config().replace(data="ring.npy")
    found = result.Result(settings, [], 2, config, {}, {}, *values, samples_seen=10)
    command = tune.Command("ring.npy", {}, {}, None)
    assert tune._finish(command, Path("t"), found, console(), False, False) == 0
    assert said in capsys.readouterr().out


def test_more_trials_go_on_where_a_search_ended(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "ring.npy", "--trials", "2", "--out", "t", *SHORT]) == 0
    assert main(["tune", "--resume", "t", "--trials", "3", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))
    assert [trial["number"] for trial in printed["trials"]] == [1, 2, 3]
    assert main(["tune", "--resume", "t", "--minutes", "5"]) == 0
    assert "3 trials already, so no more are made; --trials 6 makes more" in capsys.readouterr().out
    assert main(["tune", "t", "--trials", "3"]) == 1
    assert "t is the folder of a search: go on with it by --resume" in capsys.readouterr().err
    assert main(["tune", "--resume", "t", "--trials", "3", "--g-lr", "1"]) == 1
    assert "leave out --g-lr" in capsys.readouterr().err
    Path("t/tune.json").write_text("{")
    assert main(["tune", "--resume", "t"]) == 1
    assert "is not the folder of a search" in capsys.readouterr().err


def test_a_search_that_was_killed_as_it_began_does_not_block_its_folder(here: Path) -> None:
    Shared(str(Path("t") / "journal.log"))
    Path("t", ".tune.json.0123abcd.sparring-tmp").touch()
    assert main(["tune", "ring.npy", "--trials", "1", "--out", "t", *SHORT]) == 0
    Path("t", "tune.json").rename("t/mine.json")
    assert main(["tune", "ring.npy", "--trials", "1", "--out", "t", *SHORT]) == 1


def test_ctrl_c_before_the_first_trial_leaves_no_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tune.judge, "affordable", lambda *_: signal.raise_signal(signal.SIGINT))
    assert main(["tune", "ring.npy", "--trials", "2", *SHORT]) == 130
    assert capsys.readouterr().err.endswith("sparring: interrupted.\n")
    assert not Path("runs").exists()


def test_ctrl_c_reports_what_is_known_and_loses_no_trial(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train, calls = Bench.train, []

    def interrupted(self: Bench, *args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        outcome, game = train(self, *args, **kwargs)
        # The second trial is better than the default, however little a busy machine trains in 0.05 seconds.
        return (replace(outcome, value=3.0 - len(calls)) if len(calls) < 3 else outcome), game

    monkeypatch.setattr(Bench, "train", interrupted)
    assert main(["tune", "ring.npy", "--trials", "4", "--out", "t", *SHORT]) == 130
    said = capsys.readouterr().out
    assert "Stopped after 2 trials. Continue with: sparring tune --resume t" in said
    assert "Not compared yet" in said
    assert found("t")["verdict"] == "open"
    assert Path("t/best.toml").exists()
    assert main(["tune", "--resume", "t"]) == 0
    said = capsys.readouterr().out
    assert "\ntrial 4 of 4 " in said
    assert "\ntrial 5  " in said  # the third was stopped, and made again
    assert len(found("t")["trials"]) == 4
    assert found("t")["verdict"] != "open"


def test_trials_that_all_diverge_are_told_with_a_finding(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = ["--only", "ema_half_life", "--g-lr", "1e30", "--d-lr", "1e30", *SMALL]
    assert main(["tune", "ring.npy", "--trials", "2", "--seconds", "0.05", "--out", "t", *broken]) == 1
    said = capsys.readouterr().err
    assert "2 trials ended, and none could be measured: 2 diverged." in said
    assert "The doctor's commonest finding" in said
    assert len(found("t")["trials"]) == 2
    assert main(["report", "t"]) == 0


def test_a_hopeless_search_ends_before_its_minutes(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(search, "HOPELESS", 3)
    broken = ["--only", "ema_half_life", "--g-lr", "1e30", "--d-lr", "1e30", *SMALL]
    assert main(["tune", "ring.npy", "--minutes", "60", "--seconds", "0.05", "--out", "t", *broken]) == 1
    assert "3 trials ended, and none could be measured" in capsys.readouterr().err


def test_recipes_take_half_of_the_trials_at_most(here: Path) -> None:
    few = ["--only", "recipe,g_lr", *SMALL[:-2]]
    assert main(["tune", "ring.npy", "--trials", "3", "--seconds", "0.05", "--out", "t", *few]) == 0
    assert [trial["start"] for trial in found("t")["trials"]] == ["mlp", "", ""]


def test_time_that_is_spent_ends_the_trials(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "ring.npy", "--minutes", "0.001", "--out", "t", *SHORT]) == 0
    assert len(found("t")["trials"]) == 1  # one is made, however little time there is
    assert found("t")["verdict"] == "alone"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ring.npy"], "nothing says when to stop: give --minutes 30, --trials 40, or both"),
        (["ring.npy", "--trials", "0"], "--trials 0: expected a number above 0"),
        (["ring.npy", "--trials", "1e23"], "--trials 1e+23: expected a number above 0 and below 1e9"),
        (["ring.npy", "--trials", "2", "--seconds", "1e-4"], "--seconds 0.0001: a trial has at least 0.001"),
        (["ring.npy", "--trials", "2", "--storage", "foo://x"], "'foo://x': this kind is not known. Accepted"),
        (["ring.npy", "--trials", "2", "--storage", "://x"], "'://x': this kind is not known. Accepted"),
        (["ring.npy", "--minutes", "nan"], "--minutes nan: expected a number above 0"),
        (["ring.npy", "--minutes", "0.1"], "leaves 0.1 seconds for each of 46 trainings"),
        (["ring.npy", "--minutes", "0.1"], "at least 1 is needed. Give --minutes 1, or --seconds."),
        (["ring.npy", "--minutes", "0.5"], "Give --minutes 1, --trials 18, or --seconds."),
        ([], "what to tune on is missing"),
        (["ring.npy", "--trials", "2", "--only", ", "], "name options, such as g_lr,d_lr"),
        (["ring.npy", "--trials", "2", "--only", "glr"], "Did you mean 'g_lr'"),
        (["ring.npy", "--trials", "2", "--hold-out", "0"], "--hold-out 0 leaves nothing to judge by"),
        (["ring.npy", "--trials", "2", "--hold-out", "0.01"], "20 held-out samples; tuning needs at least 40"),
        (["ring.npy", "--trials", "2", "--hold-out", "0.01"], "or give a larger --hold-out, such as 0.25."),
        (["ring.npy", "--trials", "2", "--processes", "2"], "start the same command again: workers share"),
        (["ring.npy", "--trials", "2", "--out", "ring.npy"], "is not the folder of a search"),
        (["--resume", "nowhere"], "is not the folder of a search: tune.json: it is not there"),
        (["nowhere.npy", "--trials", "2"], "there is no file or folder nowhere.npy"),
    ],
)
def test_bad_input_is_answered_in_words(
    here: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", *words]) == 1
    assert said in capsys.readouterr().err
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("count", "more", "said"),
    [
        (30, (), "tuning needs at least 40, half to choose by and half to report. Add samples.\n"),
        (100, ("--hold-out", "0.4"), "60 training samples are too few to measure by FD-scattering-64, which "
         "needs 128, beside 40 that are held out. Add samples.\n"),
        (170, ("--hold-out", "0.5"), "Add samples, or give a smaller --hold-out.\n"),
    ],
)  # fmt: skip
def test_few_pictures_are_told_what_suffices_and_leave_no_folder(
    here: Path, count: int, more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("few.npy", np.random.default_rng(0).integers(0, 256, (count, 1, 16, 16), dtype=np.uint8))
    assert main(["tune", "few.npy", "--trials", "2", *more, *SHORT]) == 1
    assert capsys.readouterr().err.endswith(said)
    assert not Path("runs").exists()


@pytest.mark.parametrize("wrong", [{"trials": "x"}, {"only": "g_lr"}, {"sampler": "none"}, {"seconds": []}])
def test_a_damaged_command_is_not_gone_on_with(
    here: Path, wrong: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("t").mkdir()
    command = {"data": "ring.npy", "own": {"trials": 2, **wrong}, "given": {}}
    Path("t/tune.json").write_text(json.dumps({"command": command}))
    assert main(["tune", "--resume", "t"]) == 1
    assert f"t is not the folder of a search: tune.json: {next(iter(wrong))}" in capsys.readouterr().err


def test_translations_are_refused() -> None:
    ring = builtin.BUILT_IN["ring"]()
    with pytest.raises(ConfigError, match="has sources and targets"):
        tune._fixed(replace(ring, given=ring), {}, "auto")


def test_a_storage_of_other_data_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shared = ["--storage", "journal.log", "--trials", "1", *SHORT]
    assert main(["tune", "ring.npy", *shared]) == 0
    np.save("other.npy", np.random.default_rng(1).normal(size=(2000, 2)).astype(np.float32))
    assert main(["tune", "other.npy", *shared]) == 1
    assert "is about other data: 2,000 samples of" in capsys.readouterr().err
    assert main(["tune", "ring.npy", *shared, "--beta1", "0.1"]) == 1
    assert "was begun with other options" in capsys.readouterr().err


def start(*words: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "sparring", "tune", "ring.npy", *words]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_workers_share_a_journal(here: Path) -> None:
    words = ["--storage", "j.log", "--trials", "10", "--seconds", "0.3", "--only", "g_lr,d_lr", *SMALL]
    workers = [start(*words, "--out", name) for name in ("a", "b")]
    said = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    a, b = found("a"), found("b")
    assert 10 <= len(a["trials"]) <= 11  # both may begin the last one at the same time
    assert a["trials"] == b["trials"]
    assert (a["default"], a["tuned"]) == (b["default"], b["tuned"])
    assert len({trial["worker"] for trial in a["trials"]}) == 2
    chosen = [json.dumps(trial["chosen"]) for trial in a["trials"] if not trial["start"]]
    assert len(set(chosen)) == len(chosen)  # two workers do not draw the same


def test_a_killed_worker_loses_nothing_in_a_database(here: Path) -> None:
    words = ["--storage", "sqlite:///s.db", "--trials", "3", "--only", "g_lr,d_lr", *SMALL]
    killed = start(*words, "--seconds", "100", "--out", "a")
    shared = None
    while killed.poll() is None:
        time.sleep(0.1)
        if Path("a/tune.json").exists():
            shared = shared or Shared("sqlite:///s.db")
            if shared.running(shared.study):
                break
    assert shared is not None
    killed.kill()
    killed.communicate()
    settings = shared.study.user_attrs["settings"]
    shared.study.set_user_attr("settings", settings | {"seconds": 0.05})  # not to wait so long
    second = start(*words, "--out", "b")
    said = second.communicate()[0]
    assert second.returncode == 0, said
    trials = shared.study.get_trials()
    assert [trial.state.name for trial in trials].count("FAIL") == 1
    again = [trial for trial in trials if trial.system_attrs.get("retry_history") == [0]]
    assert [trial.state.name for trial in again] == ["COMPLETE"]
    assert len(found("b")["trials"]) == 3
    assert {STUDY, FINAL} == {one.study_name for one in shared.optuna.get_all_study_summaries(shared.storage)}


def test_waiting_for_other_workers_is_said_once() -> None:
    line = Progress(2, {})
    said = [line(Event(stage)) for stage in ("waiting", "waiting")]
    assert said == [
        "waiting for trials of other workers, or until they have given no sign of life for long",
        "",
    ]
    assert "1.5 times real" in line(Event("trial", 1, Outcome(DONE, 1.5), {}))
    assert line(Event("waiting")) == said[0]


def test_a_search_says_how_long_it_takes() -> None:
    assert search.Limits(14, None).described(60.0, True) == (
        "14 trials, 60 seconds of this processor each; with the 6 final trainings at least 20:00 for one worker"
    )
    assert "as many as fit, 2 seconds each; with the 6" in search.Limits(None, 3.0).described(2.0, False)
    assert "about 3:00 " in search.Limits(None, 3.0).described(2.0, False)
    assert "about 1:00 " in search.Limits(100, 1.0).described(2.0, False)


def test_minutes_are_divided_among_trials() -> None:
    assert search.Limits(None, 30.0).each() == pytest.approx(30 * 60 / 46 / 1.25, rel=0.01)
    assert search.Limits(14, 30.0).each() == pytest.approx(30 * 60 / 20 / 1.25, rel=0.01)
    assert search.Limits(14, 30.0, 5.0).each() == 5
    assert search.Limits(14, None).each() == search.SECONDS
