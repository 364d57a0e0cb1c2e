"""A study that is killed again and again, at random, and goes on."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

KILLED = """
import os, random, signal, sys
from pathlib import Path

import planted
from sparring.uses.study import forger, session, trial
from sparring.uses.study.plan import Costs, Plan
from sparring.uses.study.session import STUDY, Asked
from sparring.uses.study.subject import Pictures

ARMS = ("real only", "shift, turn", "shift, turn, flip", "GAN 20 %", "GAN 50 %")
forger.DRAWN, forger.LEAST_EACH = 30, 10
ARMS += ("classic + GAN",)
session.planned = lambda m, c, arms, counts, most, seed, **_: Plan(most, (1, 2), 64, ARMS, counts, seed, 1)
trial.costs_of = lambda *_: Costs(0.0, 0.0, 0.0)
subject, asked = Pictures(planted.pictures(180, 0), None), Asked("bars", subsets=3, per_class=5)

def study(folder, calls):
    "Begin or go on; be killed at the last of so many calls of functions. How many there were."
    made = 0

    def count(frame, event, of):
        nonlocal made
        made += event.endswith("call")
        if made == calls:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    begun = (folder / STUDY).is_file()
    found = session.go_on(subject, asked, folder) if begun else session.begin(subject, asked, folder)
    for _ in found.run():
        pass
    found.result
    sys.setprofile(None)
    return made

def apart(folder, calls=0):
    "The same in a process of its own, as what has computed cannot be forked; how it ended."
    child = os.fork()
    if not child:
        Path(folder, "made").write_text(str(study(folder, calls)))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

whole, broken = map(Path, sys.argv[1:])
print(apart(whole))
made, chance, kills = int((whole / "made").read_text()), random.Random(0), 4
for _ in range(kills):
    print(apart(broken, chance.randint(1, made // (kills + 1))))
print(apart(broken))
"""


def verdict(folder: Path) -> dict[str, Any]:
    """What a study has found, without how long it took."""
    found: dict[str, Any] = json.loads((folder / "verdict.json").read_text("utf-8"))
    for each in (found, *found["rows"]):
        del each["minutes"]
    return found


def test_a_study_that_is_killed_at_random_finds_the_same(tmp_path: Path) -> None:
    words = [sys.executable, "-c", KILLED, tmp_path / "whole", tmp_path / "broken"]
    child = subprocess.run(words, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True)
    assert child.stdout.split() == ["0"] + ["-9"] * 4 + ["0"]
    assert verdict(tmp_path / "broken") == verdict(tmp_path / "whole")
    assert {path.name for path in (tmp_path / "broken" / "forged").iterdir()} == {
        f"{k}.safetensors" for k in range(3)
    }
