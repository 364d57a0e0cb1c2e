"""Emoji, all of them and 500 only, with and without augmentation, through the command line.

    python benchmarks/recipes.py --speeds --data emoji --recipes sprint small-data
    python benchmarks/few_samples.py [--minutes 10] [--seeds 0 1 2 3 4] [--jobs 2]

The 500 are what ``--hold-out 0.7`` leaves of the set; both are measured as ``sparring evaluate`` does,
against emoji that no training has seen. ``held_out_gap`` (r_v of Karras et al. 2020) is the mean of the
last tenth of the run: 0 where the discriminator knows what an emoji is, 1 where it knows its training
samples only. Trainings of one thread see what their recipe would in these minutes on a quiet machine.
Rows are appended as they come, so that a broken-off benchmark can be gone on with.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

from common import RESULTS, append_row, machine, rows_in
from recipes import samples_in, sparring

ROWS = RESULTS / "few_samples.jsonl"
SETS = {"all": [], "500": ["--hold-out", "0.7"]}
WIDE = ["--recipe", "small-data", "--d-width", "32"]
CASES = {
    "sprint": ["--recipe", "sprint"],
    "small-data without augmentation": ["--recipe", "small-data", "--augment", "none"],
    "small-data": ["--recipe", "small-data"],
    "small-data, D twice as wide": WIDE,
    "small-data, D twice as wide, without augmentation": [*WIDE, "--augment", "none"],
}


def measure(which: str, case: str, minutes: float, seed: int) -> dict[str, Any]:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        line = ["train", "emoji", *SETS[which], *CASES[case], "--seed", str(seed), "--threads", "1"]
        budget = ["--samples-seen", str(samples_in(minutes, CASES[case][1], "emoji"))]
        sparring(*line, *budget, "--out", str(run))
        history = [json.loads(text) for text in (run / "history.jsonl").read_text().splitlines()]
        report = json.loads(sparring("evaluate", str(run), "--json", "--seed", str(1000 + seed)))
    last = [row for row in history if row["progress"] > 0.9]
    means = {
        name: round(statistics.fmean(row[name] for row in last), 4)
        for name in ("held_out_gap", "augment_p", "real_logit", "fake_logit") if name in last[-1]
    }  # fmt: skip
    return {
        "set": which, "case": case, "minutes": minutes, "seed": seed, "load_average": round(load, 2),
        "bounded_by": "samples",
        "samples_seen": history[-1]["samples_seen"], **means, "report": report,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    parser.add_argument("--jobs", type=int, default=2, help="trainings of one thread side by side")
    args = parser.parse_args()
    print(json.dumps(machine()))
    rows = rows_in(ROWS)
    done = {(row["set"], row["case"], row["minutes"], row["seed"]) for row in rows}

    def add(case: tuple[int, str, str]) -> None:
        seed, which, name = case
        row = measure(which, name, args.minutes, seed)
        print(json.dumps({k: v for k, v in row.items() if k != "report"}), flush=True)
        append_row(ROWS, row)

    cases = product(args.seeds, args.sets, args.cases)
    missing = [case for case in cases if (case[1], case[2], args.minutes, case[0]) not in done]
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(add, missing))


if __name__ == "__main__":
    main()
