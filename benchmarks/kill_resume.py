"""kill -9 a training at random moments, resume it, and compare the end and the whole history with those of
an unbroken run: weights and optimizers bit for bit, every field of every record but the clocks.

    python benchmarks/kill_resume.py [--kills 120] [--seed 0] [--runs sprint tutorial "wgan-gp points"]

Each trial trains one of some small runs (convolutions with BatchNorm, bf16 where the CPU has it,
lazy R1, Adam and a weight average; the tutorial's perceptrons; a Wasserstein game with gradient
penalty on points; texts; music), is killed up to five times at moments drawn from the whole length of
the run, and is then left to finish. A checkpoint is written every few steps, so that many kills fall into the
writing of one. Every process runs the command line's own ``train`` and ``resume``; they are forked
from one that has torch loaded, to make starting cheap.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from common import RESULTS
from sparring import __version__
from sparring.cli.main import main as sparring
from sparring.data import builtin
from sparring.files import left_over
from sparring.history import layout
from sparring.kinds import find, text

FACTS = RESULTS / "kill_resume.json"  # a list, of which each element says what its runs are
CLOCKS = ("seconds", "samples_per_second")  # of a record
OFTEN = ["--checkpoint-seconds", "0", "--record-every", "3", "--pictures", "5", "--threads", "1"]
EACH = ["--record-every", "1"]  # or a busy machine, where a step takes a second, makes more records
SMALL = ["--g-width", "16", "--d-width", "16", "--batch-size", "32"]
RUNS = {
    "sprint": ["--samples-seen", "4800", "--g-width", "16", "--d-width", "16", *OFTEN],
    "tutorial": ["--samples-seen", "9600", "--recipe", "tutorial", *OFTEN],
    "wgan-gp points": [
        *["--samples-seen", "9600", "--recipe", "mlp", "--loss", "wasserstein", "--gp-weight", "1"],
        *["--r1-gamma", "0", "--d-steps", "3", *OFTEN],
    ],
    "texts": ["--samples-seen", "640", *SMALL, *OFTEN, *EACH],
    "music": ["--samples-seen", "480", *SMALL, *OFTEN, *EACH],
}  # fmt: skip


def make_data(folder: Path) -> dict[str, str]:
    """Small files, so that loading costs little."""
    full = find.dataset("mnist")
    assert full.labels is not None
    np.savez(folder / "digits.npz", samples=full.samples[:2000].numpy(), labels=full.labels[:2000].numpy())
    np.save(folder / "points.npy", find.dataset("ring").samples[:2000].numpy())
    np.save(folder / "rolls.npy", builtin.chorales().samples[:500].numpy())
    names = builtin.texts("names")
    (folder / "names.txt").write_text("\n".join(text.texts(names.samples[:2000], names.spec)))
    digits, points = str(folder / "digits.npz"), str(folder / "points.npy")
    return {
        "sprint": digits, "tutorial": digits, "wgan-gp points": points,
        "texts": str(folder / "names.txt"), "music": str(folder / "rolls.npy"),
    }  # fmt: skip


def start(arguments: list[str]) -> int:
    """Fork a process that runs one verb; returns its id."""
    child = os.fork()
    if child:
        return child
    with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
        os._exit(sparring(arguments))


def finish(child: int) -> None:
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"a process that nobody killed ended with status {status}")


class Ending(NamedTuple):
    """What a run leaves: SHA-256 of its last checkpoint's tensors, and its history without the clocks."""

    state: str
    history: list[dict[str, Any]]


def newest(run: Path) -> Path:
    """The tensors of the last checkpoint."""
    return max((run / layout.CHECKPOINTS).glob(f"*{layout.TENSORS}"))


def ending(run: Path) -> Ending:
    """Of a run that has ended."""
    lines = (run / layout.HISTORY).read_text().splitlines()
    history = [{k: v for k, v in json.loads(line).items() if k not in CLOCKS} for line in lines]
    return Ending(hashlib.sha256(newest(run).read_bytes()).hexdigest(), history)


def fields_that_differ(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> list[str]:
    """The names under which two histories differ anywhere."""
    if [record["step"] for record in one] != [record["step"] for record in other]:
        return ["step"]
    pairs = list(zip(one, other, strict=True))
    return sorted({name for a, b in pairs for name in a | b if a.get(name) != b.get(name)})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", nargs="+", default=list(RUNS), choices=RUNS)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    torch.set_num_threads(1)
    kills = trials = while_writing = before_first = differing = records = 0
    fields: set[str] = set()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = make_data(folder)
        expected, length_seconds = {}, {}
        for name in args.runs:
            began = time.time()
            finish(start(["train", data[name], "--out", str(folder / name), *RUNS[name]]))
            length_seconds[name] = newest(folder / name).stat().st_mtime - began  # what follows trains no more
            expected[name] = ending(folder / name)
        while kills < args.kills:
            name = draw.choice(args.runs)
            run = folder / "trial"
            shutil.rmtree(run, ignore_errors=True)
            trials += 1
            verb = ["train", data[name], "--out", str(run), *RUNS[name]]
            for _ in range(draw.randint(1, 5)):
                child = start(verb)
                time.sleep(draw.uniform(0.05, 0.9 * length_seconds[name]))
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                kills += 1
                while_writing += bool(left_over(run / layout.CHECKPOINTS))
                begun = bool(layout.steps(run / layout.CHECKPOINTS, layout.STATE))
                before_first += not begun
                if (run / layout.CONFIG).exists():
                    verb = ["resume", str(run), *([] if begun else ["--force"])]
                else:
                    shutil.rmtree(run, ignore_errors=True)
            finish(start(verb))
            found = ending(run)
            differing += found.state != expected[name].state
            fields.update(fields_that_differ(found.history, expected[name].history))
            records += len(found.history)
            print(f"{name}: {kills} kills, {trials} trials, {differing} differ; {sorted(fields)}", flush=True)
    facts = {
        "runs": args.runs, "kills": kills, "trials": trials, "trials_that_differ": differing,
        "records_compared": records, "fields_of_the_history_that_differ": sorted(fields),
        "kills_while_a_checkpoint_was_written": while_writing,
        "kills_before_the_first_checkpoint": before_first,
        "seed": args.seed, "sparring": __version__, "torch": torch.__version__,
    }  # fmt: skip
    others = [one for one in json.loads(FACTS.read_text()) if one["runs"] != args.runs]
    FACTS.write_text(json.dumps([*others, facts], indent=1) + "\n")
    print(json.dumps(facts, indent=1))
    if differing or fields:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
