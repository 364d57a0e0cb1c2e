"""`sparring tune` on sets that no recipe was made for, TPE beside random search, through the command line.

    python benchmarks/tune.py SETS [--sets emoji hanzi wafers] [--samplers tpe random] [--trials 14]

SETS holds emoji.npz and hanzi-32.npz as benchmarks/picture_sets.py makes them; the wafers are drawn here,
normal ones and each kind of defect. Pictures have 32 x 32 pixels. Seconds are those of one
processor: waiting for other programs does not count, but beside busy ones a second buys fewer steps. Rows are
appended as they come.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import RESULTS, append_row, machine, rows_in
from recipes import sparring
from sparring.data.wafers import PATTERNS, wafers

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


def measure(name: str, sampler: str, trials: int, seconds: float, seed: int, sets: Path) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / f"{name}.npy"
        np.save(data, pictures(name, sets))
        budget = ["--trials", str(trials), "--seconds", str(seconds), "--sampler", sampler, "--seed", str(seed)]
        found = json.loads(sparring("tune", str(data), *budget, "--json", "--out", str(Path(folder) / "tune")))
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
        "set": name, "sampler": sampler, "trials": trials, "seconds": seconds, "seed": seed,
        **{key: found[key] for key in kept},
        "best": found["trials"].index(best), "start": best["start"], "chosen": best["chosen"],
        "values": [None if value is None else round(value, 3) for value in values],
        "states": [trial["state"] for trial in found["trials"]],
        "recipes": [trial["chosen"].get("recipe", "") for trial in found["trials"]],
        "cpu_seconds": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--samplers", nargs="+", default=list(SAMPLERS), choices=SAMPLERS)
    parser.add_argument("--trials", type=int, default=14)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    args = parser.parse_args()
    print(json.dumps(machine()))
    names = ("set", "sampler", "trials", "seconds", "seed")
    done = {tuple(row[key] for key in names) for row in rows_in(ROWS)}
    for seed, name, sampler in product(args.seeds, args.sets, args.samplers):
        if (name, sampler, args.trials, args.seconds, seed) not in done:
            row = measure(name, sampler, args.trials, args.seconds, seed, args.folder)
            print(row["set"], row["sampler"], row["sentence"], row["cpu_seconds"], flush=True)
            append_row(ROWS, row)


if __name__ == "__main__":
    main()
