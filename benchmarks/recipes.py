"""Every recipe on MNIST and Fashion-MNIST for the same minutes, through the command line.

    python benchmarks/recipes.py [--minutes 2 10] [--seeds 0 1 2 3 4] [--recipes ...] [--data ...]

``sparring train`` and ``sparring evaluate`` as a user types them: Fréchet distance to the test set,
its floor, coverage, and the GAN-train accuracy of conditional recipes. Rows are appended as they
come, so that a broken-off benchmark can be gone on with.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import RESULTS, append_row, machine, rows_in
from sparring.config import RECIPES

ROWS = RESULTS / "recipes.jsonl"


def sparring(*arguments: str) -> str:
    command = [sys.executable, "-m", "sparring", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def measure(data: str, recipe: str, minutes: float, seed: int) -> dict[str, Any]:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        options = ["--recipe", recipe, "--minutes", str(minutes), "--seed", str(seed)]
        sparring("train", data, *options, "--out", str(run))
        last = json.loads((run / "history.jsonl").read_text().splitlines()[-1])
        report = json.loads(sparring("evaluate", str(run), "--json", "--seed", str(1000 + seed)))
    return {
        "data": data, "recipe": recipe, "minutes": minutes, "seed": seed,
        "trained_seconds": round(last["seconds"], 1), "samples_seen": last["samples_seen"],
        "load_average": round(load, 2), "report": report,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 10])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=RECIPES)
    parser.add_argument("--data", nargs="+", default=["mnist", "fashion-mnist"])
    args = parser.parse_args()
    print(json.dumps(machine()))
    rows = rows_in(ROWS)
    done = {(row["data"], row["recipe"], row["minutes"], row["seed"]) for row in rows}
    for minutes in args.minutes:
        for seed in args.seeds:
            for data in args.data:
                for recipe in args.recipes:
                    if (data, recipe, minutes, seed) not in done:
                        row = measure(data, recipe, minutes, seed)
                        print(json.dumps({k: v for k, v in row.items() if k != "report"}), flush=True)
                        append_row(ROWS, row)


if __name__ == "__main__":
    main()
