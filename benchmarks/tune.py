"""`sparring tune` on sets that no recipe was made for, TPE beside random search, through the command line.

    python benchmarks/tune.py SETS [--sets emoji] [--samplers tpe random] [--trials 40] [--cpu-seconds 600]

Every search of a set has as many trials of as many seconds, whichever sampler it has. With --cpu-seconds the
script ends after so many seconds of a processor, also in the middle of a search; the same command goes on
there, from what is in --keep. SETS holds emoji.npz (picture_sets.py) and hanzi-32.npz (translation_sets.py);
the wafers are drawn here, normal ones and each kind of defect. Pictures have 32 x 32 pixels. Seconds are
those of one processor: waiting for other programs does not count, but beside busy ones a second buys fewer
steps. Rows are appended as they come.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import signal
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common import RESULTS, append_row, machine, rows_in
from sparring.data.wafers import PATTERNS, wafers
from sparring.history.layout import TUNED

ROWS = RESULTS / "tune.jsonl"
SETS = ("emoji", "hanzi", "wafers")
SAMPLERS = ("tpe", "random")
OF_EACH = 400  # wafers without and with each defect


def pictures(name: str, sets: Path) -> NDArray[np.uint8]:
    """The pictures (N, C, 32, 32) of a set."""
    if name == "wafers":
        drawn = [wafers(OF_EACH, pattern, seed=k).pictures for k, pattern in enumerate(("", *PATTERNS))]
        return np.concatenate([part.numpy() for part in drawn])
    if name == "hanzi":
        with np.load(sets / "hanzi-32.npz") as found:
            return np.concatenate([found["train_a"], found["test_a"]]).astype(np.uint8)
    with np.load(sets / "emoji.npz") as found:
        whole = np.concatenate([found["train"], found["test"]])
    count, channels, height, width = whole.shape
    halves = whole.reshape(count, channels, height // 2, 2, width // 2, 2).mean((3, 5))
    made: NDArray[np.uint8] = halves.round().astype(np.uint8)
    return made


class Search(NamedTuple):
    """One search: what is compared at equal trials and seconds."""

    set: str
    sampler: str
    trials: int
    seconds: float
    seed: int


def used() -> float:
    """Processor seconds of all processes that this one has started, and that have ended."""
    of = resource.getrusage(resource.RUSAGE_CHILDREN)
    return of.ru_utime + of.ru_stime


def run(search: Search, sets: Path, kept: Path, most: float) -> dict[str, Any] | None:
    """Begin a search or go on with it; its row, or None where ``most`` processor seconds were over before.

    The system kills the search then, which loses the trial that was under way and nothing else.
    """
    folder, data = kept / "-".join(map(str, search)), kept / f"{search.set}.npy"
    tally, out = folder / "cpu_seconds", folder / "tune"
    folder.mkdir(parents=True, exist_ok=True)
    if not data.exists():
        np.save(data, pictures(search.set, sets))
    budget = ["--trials", str(search.trials), "--seconds", str(search.seconds)]
    words = [str(data), *budget, "--sampler", search.sampler, "--seed", str(search.seed), "--out", str(out)]
    if (out / TUNED).exists():
        words = ["--resume", str(out)]

    def limited() -> None:
        if math.isfinite(most):
            resource.setrlimit(resource.RLIMIT_CPU, (max(1, round(most)),) * 2)

    before = used()
    command = [sys.executable, "-m", "sparring", "tune", *words]
    status = subprocess.run(command, stdout=sys.stderr, preexec_fn=limited).returncode
    spent = used() - before + (float(tally.read_text()) if tally.exists() else 0.0)
    tally.write_text(str(spent))
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return None
    if status:
        raise SystemExit(f"the search of {search.set} failed")
    return row(search, json.loads((out / TUNED).read_text()), round(spent))


def row(search: Search, found: dict[str, Any], cpu_seconds: int) -> dict[str, Any]:
    """What is kept of a search."""
    values = [trial["value"] for trial in found["trials"]]
    best = next(trial for trial in found["trials"] if trial["number"] == found["best"])
    kept = (
        "default",
        "tuned",
        "verdict",
        "sentence",
        "changed",
        "importance",
        "features",
        "data_count",
        "samples_seen",
    )
    return {
        **search._asdict(),
        **{key: found[key] for key in kept},
        "best": found["trials"].index(best), "start": best["start"], "chosen": best["chosen"],
        "values": [None if value is None else round(value, 3) for value in values],
        "states": [trial["state"] for trial in found["trials"]],
        "recipes": [trial["chosen"].get("recipe", "") for trial in found["trials"]],
        "cpu_seconds": cpu_seconds,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--samplers", nargs="+", default=list(SAMPLERS), choices=SAMPLERS)
    parser.add_argument("--trials", type=int, default=14)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--cpu-seconds", type=float, default=math.inf)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "sparring-benchmark-tune")
    args = parser.parse_args()
    print(json.dumps(machine()))
    done = {tuple(each[key] for key in Search._fields) for each in rows_in(ROWS)}
    for seed, name, sampler in product(args.seeds, args.sets, args.samplers):
        search = Search(name, sampler, args.trials, args.seconds, seed)
        if search in done:
            continue
        left = args.cpu_seconds - used()
        found = run(search, args.folder, args.keep, left) if left > 1 else None
        if found is None:
            print(
                f"the processor seconds are over; the same command goes on with {name}, {sampler}", flush=True
            )
            return
        print(name, sampler, found["sentence"], found["cpu_seconds"], flush=True)
        append_row(ROWS, found)


if __name__ == "__main__":
    main()
