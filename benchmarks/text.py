"""Names and Tang verse through the command line, beside their baselines and floor.

    python benchmarks/text.py [--seeds 0 1 2] [--sets names tang] [--samples 500000]

Trainings are bounded by samples, so that a busy machine changes nothing but the time. Options of the recipe
are chosen on a tenth of the training texts (``--tune``: it is held out, and the held-out part of the set is not
looked at); without it the rows are those of the held-out part. Each row has the whole comparison that
``sparring evaluate`` prints. Rows are appended as they come, so that a broken-off
benchmark can be gone on with.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from common import RESULTS, append_row, machine, rows_in
from recipes import sparring

ROWS = RESULTS / "text.jsonl"
SAMPLES = {"names": 500_000, "tang": 250_000}  # what two and six minutes should see on two quiet cores
TUNING = "0.1"  # of the training texts


def measure(name: str, seed: int, samples: int, tune: bool, options: list[str]) -> dict[str, Any]:
    """Train and evaluate once."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        held_out = ["--hold-out", TUNING] if tune else []
        budget = ["--samples-seen", str(samples), "--threads", "1", "--seed", str(seed)]
        sparring("train", name, *held_out, *budget, *options, "--out", str(run))
        history = [json.loads(text) for text in (run / "history.jsonl").read_text().splitlines()]
        report = json.loads(sparring("evaluate", str(run), "--json", "--seed", str(1000 + seed)))
        drawn = sparring("sample", str(run), "--count", "20")
    return {
        "set": name, "seed": seed, "samples_seen": history[-1]["samples_seen"], "tune": tune,
        "options": options, "seconds": history[-1]["seconds"], "load_average": round(os.getloadavg()[0], 2),
        "times_real": report["times_real"], "comparison": report["comparison"],
        "drawn": drawn.splitlines()[:-1],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sets", nargs="+", default=list(SAMPLES), choices=SAMPLES)
    parser.add_argument("--samples", type=int, help="instead of those of two and six minutes")
    parser.add_argument("--tune", action="store_true", help="do not look at the held-out part of the set")
    args, options = parser.parse_known_args()
    known = {
        (row["set"], row["seed"], row["samples_seen"] // 1000, row["tune"], *row["options"])
        for row in rows_in(ROWS)
    }
    for name, seed in product(args.sets, args.seeds):
        samples = args.samples or SAMPLES[name]
        if (name, seed, samples // 1000, args.tune, *options) in known:
            continue
        row = measure(name, seed, samples, args.tune, options)
        append_row(ROWS, row | {"machine": machine()})
        print(name, seed, json.dumps(row["comparison"]["columns"], indent=1), *row["drawn"], sep="\n")


if __name__ == "__main__":
    main()
