"""A search that is killed again and again, and goes on: no trial is lost, and none counts twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

KILLED = """
import json, os, signal, sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from sparring.config.groups import Config
from sparring.uses.tune import door, search
from sparring.uses.tune.shared import Settings, Shared
from sparring.uses.tune.space import Space
from sparring.uses.tune.trial import DONE, Outcome

search.impartial = lambda reference: "auto"
broken = sys.argv[1]
locks = door.optuna().storages.journal
locks.JournalFileSymlinkLock = partial(locks.JournalFileSymlinkLock, grace_period=1)
space = Space({"mlp": Config()}, ("g_lr", "d_lr"), {})
settings = Settings("ring", 9, "ab", space.described(), 0.01)

class Bench:
    "Trains in no time, and is killed in some trainings; what is measured follows from the options."
    halves, judge, reference = SimpleNamespace(choosing=0, reporting=0), lambda *_: None, None
    begun = Path(broken + ".begun")

    def train(self, config, judge, report, stop):
        with self.begun.open("a") as file:
            print(config.optimizers.g_lr, config.seed, file=file)
        if len(self.begun.read_text().splitlines()) in (1, 4, 8):  # in the first, in a later, in a last one
            os.kill(os.getpid(), signal.SIGKILL)
        return Outcome(DONE, config.optimizers.g_lr * 1000 + config.seed), None

def tune(place, calls):
    "Search; be killed at the last of so many calls of functions."
    made = 0

    def count(frame, event, of):
        nonlocal made
        made += event.endswith("call")
        if made == calls:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    shared = Shared(place)
    shared.agree(settings, lambda seconds: ("auto", 9), False)
    for event in search.Search(Bench(), space, shared, settings, search.Limits(4, None)):
        pass

def apart(place, calls=0):
    "The same in a process of its own; how it ended."
    child = os.fork()
    if not child:
        tune(place, calls)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

ended = [apart(broken) for _ in range(3)] + [apart(broken, 3000), apart(broken)]
shared = Shared(broken)
trials = [[trial.params, trial.value, trial.user_attrs.get("start", "")] for trial in shared.trials()]
finals = [[trial.params, trial.value] for trial in shared.final_trials()]
begun = {(float(g_lr), int(seed)) for g_lr, seed in map(str.split, Bench.begun.read_text().splitlines())}
done = {(space.config(params).optimizers.g_lr, 0) for params, *_ in trials}
print(json.dumps([ended, trials, finals, sorted(g_lr for g_lr, seed in begun - done if not seed)]))
"""


@pytest.mark.parametrize("place", ["journal.log", "tune.db"])
def test_a_search_that_is_killed_makes_every_trial_once(tmp_path: Path, place: str) -> None:
    words = [sys.executable, "-c", KILLED, str(tmp_path / place)]
    said = subprocess.run(words, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True)
    ended, trials, finals, lost = json.loads(said.stdout)
    assert ended == [-9, -9, -9, -9, 0]
    assert lost == []
    assert len(trials) == len({json.dumps(params) for params, *_ in trials}) == 4
    assert [start for *_, start in trials].count("mlp") == 1
    assert len({(params["candidate"], params["seed"]) for params, _ in finals}) == len(finals)
    assert {params["seed"] for params, _ in finals} == {0, 1, 2}
