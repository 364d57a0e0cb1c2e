"""The study that workers share: agreement, the dead, and storages that are something else."""

import json
import os
import sqlite3
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from sparring.errors import ConfigError, RunError, SparringError
from sparring.uses.tune import door, shared
from sparring.uses.tune.shared import ALIVE, SETTINGS, WORKER, Settings, Shared, outcome, worker
from sparring.uses.tune.trial import DIVERGED, DONE, STOPPED, Outcome

MINE = Settings("photos", 100, "ab" * 32, {"options": {"g_lr": ["Times", 5]}}, 3.0)


def measure(seconds: float) -> tuple[str, int]:
    return "auto", int(100 * seconds)


def opened(path: Path) -> Shared:
    return Shared(str(path / "journal.log"))


def asked(study: Shared, x: float | None = None) -> Any:
    if x is not None:
        study.enqueue({"x": x}, "")
    trial = study.ask()
    trial.suggest_float("x", 0, 10)
    return trial


def test_the_first_worker_decides_and_others_agree(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    assert first.agree(MINE, measure, True) == replace(MINE, features="auto", measured=300)
    assert second.agree(replace(MINE, seconds=9.0), measure, False).seconds == 3.0
    assert (first.begun, second.begun) == (False, True)


def test_workers_that_begin_together_draw_differently(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    drawn = [asked(study).params["x"] for study in (first, second)]
    assert drawn[0] != drawn[1]
    alone = Shared(str(tmp_path / "other.log"))
    assert asked(alone).params["x"] == drawn[0]  # by the seed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"digest": "cd" * 32, "count": 90, "data": "others"},
            "other data: 100 samples of photos; now 90 of oth",
        ),
        ({"sparring": "9.9"}, "was begun with sparring .*, and this is 9.9"),
        ({"space": {"options": {}}}, "was begun with other options"),
    ],
)
def test_another_study_is_refused_by_its_checksum(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    opened(tmp_path).agree(MINE, measure, True)
    with pytest.raises(RunError, match=said):
        opened(tmp_path).agree(replace(MINE, **changes), measure, False)


def test_other_seconds_are_refused_if_they_were_asked_for(tmp_path: Path) -> None:
    opened(tmp_path).agree(MINE, measure, True)
    with pytest.raises(ConfigError, match="have 3 seconds each"):
        opened(tmp_path).agree(replace(MINE, seconds=9.0), measure, True)


def test_damaged_settings_are_refused(tmp_path: Path) -> None:
    study = opened(tmp_path)
    study.study.set_user_attr(SETTINGS, {"data": 3})
    with pytest.raises(RunError, match="is damaged"):
        study.agree(MINE, measure, True)


def test_a_trial_of_a_dead_worker_is_tried_once_more(tmp_path: Path) -> None:
    study = opened(tmp_path)
    for again in (True, False):
        trial = asked(study, 3.0) if again else asked(study)
        assert trial.params == {"x": 3.0}
        trial.set_user_attr(WORKER, f"{worker().rpartition(':')[0]}:{dead_process()}")
        assert study.revive(study.study) == 1
        assert len(study.trials()) == again


def dead_process() -> int:
    """The number of a process that has ended."""
    process = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", ""])
    os.waitpid(process, 0)
    return process


@pytest.mark.parametrize(("silent", "revived"), [(50.0, 0), (80.0, 1)])
def test_a_worker_elsewhere_is_dead_after_a_long_silence(tmp_path: Path, silent: float, revived: int) -> None:
    study = opened(tmp_path)
    study.seconds = 3.0
    trial = asked(study)
    trial.set_user_attr(WORKER, "elsewhere:1")
    trial.set_user_attr(ALIVE, shared.time.time() - silent)
    assert study.revive(study.study) == revived


def test_a_worker_that_is_alive_keeps_its_trial(tmp_path: Path) -> None:
    study = opened(tmp_path)
    asked(study).set_user_attr(WORKER, f"{worker().rpartition(':')[0]}:{os.getppid()}")
    assert study.revive(study.study) == 0
    assert study.running(study.study)


def test_a_lock_that_a_killed_worker_had_is_broken_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = Shared("t/journal.log")
    study.storage._backend._lock.acquire()  # and never released
    seconds = count(step=40)
    monkeypatch.setattr(shared.time, "monotonic", lambda: float(next(seconds)))
    study.study.set_user_attr("after", "the kill")
    assert Shared("t/journal.log").study.user_attrs == {"after": "the kill"}


def test_a_line_that_a_killed_worker_did_not_finish_is_cut_off(tmp_path: Path) -> None:
    study = opened(tmp_path)
    study.tell(study.study, asked(study, 1.0), Outcome(DONE, 7.0))
    path = tmp_path / "journal.log"
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:20])
    again = opened(tmp_path)
    assert path.read_bytes().startswith(whole)
    again.tell(again.study, asked(again, 2.0), Outcome(DONE, 6.0))
    assert [trial.value for trial in opened(tmp_path).trials()] == [7.0, 6.0]


def test_what_the_user_stopped_waits_again_and_what_diverged_counts_as_bad(tmp_path: Path) -> None:
    study = opened(tmp_path)
    study.tell(study.study, asked(study, 1.0), Outcome(STOPPED))
    trial = asked(study)
    assert trial.params == {"x": 1.0}
    study.tell(study.study, trial, Outcome(DIVERGED, findings={"a": "b"}))
    study.tell(study.study, asked(study, 2.0), Outcome(DONE, 7.0))
    study.tell(study.study, asked(study, 4.0), Outcome(DONE, 5.0))
    assert [one.state.name for one in study.trials()] == ["PRUNED", "COMPLETE", "COMPLETE"]
    assert study.best().params == {"x": 4.0}
    assert [outcome(one).state for one in study.trials()] == [DIVERGED, DONE, DONE]
    assert outcome(study.trials()[0]).findings == {"a": "b"}


def test_a_damaged_outcome_is_read_as_its_state(tmp_path: Path) -> None:
    study = opened(tmp_path)
    trial = asked(study)
    study.tell(study.study, trial, Outcome(DONE, 2.0))
    found = study.trials()[0]
    found.user_attrs[shared.OUTCOME] = {"state": 3}
    assert outcome(found) == Outcome("complete")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.log", b"dear diary\n"),
        ("notes.json", json.dumps({"a": 1}).encode()),
        ("list.json", b"[3]\n"),
        ("half.log", b'{"op_code":0,"worker_id":"a"}\n'),
        ("text.db", b"this is no database, but long enough to be read as one" * 40),
    ],
)
def test_files_that_are_no_storage_are_refused_and_left(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"is no journal|cannot be read"):
        Shared(str(path))
    assert path.read_bytes() == content


def test_a_database_of_something_else_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE studies (wrong INTEGER)")
    base.close()
    with pytest.raises(RunError, match="cannot be read"):
        Shared(str(path))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("oracle+nothing://me:secret@x", "this kind is not known"),
        ("sqlite:///no\0name.db", "cannot"),
        ("postgresql://me:secret@nowhere/x", "needs a driver: pip install .?psycopg"),
    ],
)
def test_urls_that_lead_nowhere_are_refused_without_their_password(place: str, said: str) -> None:
    with pytest.raises(SparringError, match=said) as found:
        Shared(place)
    assert "secret" not in str(found.value)


def test_what_is_no_url_is_refused_without_what_may_be_its_password() -> None:
    with pytest.raises(RunError, match="the storage 'postgresql://…' (cannot be read|needs)"):
        Shared("postgresql://me:secret@[bad")


def test_a_database_that_does_not_answer_is_not_called_damaged() -> None:
    refused = OperationalError("SELECT 1", {}, Exception("connection refused"))
    with pytest.raises(RunError, match="cannot be reached: is it running"), door.opened("mysql://h/x", True):
        raise refused
    with pytest.raises(RunError, match="cannot be read"), door.opened("sqlite:///tune.db", True):
        raise refused


@pytest.mark.parametrize("place", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(place: str) -> None:
    with pytest.raises(ConfigError, match="is kept in memory.*give a file"):
        Shared(place)


@pytest.mark.parametrize("directions", [["minimize"], ["maximize"], ["minimize", "minimize"]])
def test_a_study_of_somebody_else_with_our_name_is_left_as_it_is(tmp_path: Path, directions: list[str]) -> None:
    place = f"sqlite:///{tmp_path / 'mine.db'}"
    with door.quiet():
        theirs = door.optuna().create_study(storage=place, study_name=shared.STUDY, directions=directions)
        theirs.enqueue_trial({"x": 1.0})
    with pytest.raises(RunError, match="that sparring tune did not begin.*give another --storage"):
        Shared(place).agree(MINE, measure, True)
    assert theirs.user_attrs == {}
    assert len(theirs.get_trials()) == 1


def test_a_folder_is_no_storage(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is a folder: give a file in it"):
        Shared(str(tmp_path))


def test_without_optuna_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"pip install 'sparring\[tune\]'"):
        door.optuna()


def test_a_sampler_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="--sampler gp needs scipy: pip install scipy"):
        door.sampler("gp", 0)


def test_an_unknown_sampler_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown sampler 'best'"):
        door.sampler("best", 0)
