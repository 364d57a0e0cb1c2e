"""What a table costs: seconds and memory to read it, and steps a second to train on it.

    python benchmarks/table_costs.py 10000 20        rows, columns
    python benchmarks/table_costs.py --table

Half of the columns are numbers, half categories of ten levels. Each measurement is its own process, so that the
greatest memory is its own, and a line of results/table-costs.jsonl.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars

from sparring import GAN
from sparring.data.table.dataset import from_frame

RESULTS = Path(__file__).with_name("results") / "table-costs.jsonl"
SAMPLES = 12_800  # that are trained on: 50 steps


def frame(rows: int, columns: int) -> polars.DataFrame:
    """A table whose columns depend on one number a row."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=rows)
    made: dict[str, Any] = {}
    for k in range(columns):
        values = shared + rng.normal(size=rows)
        made[f"c{k}"] = (
            values if k % 2 else polars.Series((values * 2).round().clip(-5, 4).astype(int)).cast(str)
        )
    return polars.DataFrame(made)


def memory() -> float:
    """The greatest memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measure(rows: int, columns: int) -> dict[str, Any]:
    given = frame(rows, columns)
    before, began = memory(), time.process_time()
    data = from_frame(given, None, {})
    reading, began = time.process_time() - began, time.process_time()
    gan = GAN("rows", threads=1, vitals=False, hold_out=0.0).fit(data, samples_seen=SAMPLES, verbose=False)
    training, began = time.process_time() - began, time.process_time()
    gan.sample(1000)
    return {
        "rows": rows, "columns": columns, "reading_seconds": round(reading, 2),
        "milliseconds_a_step": round(1000 * training / (SAMPLES / 256), 1),
        "sampling_1000_seconds": round(time.process_time() - began, 2),
        "gb_before": round(before, 2), "gb_most": round(memory(), 2),
    }  # fmt: skip


def as_table() -> str:
    """All measurements as Markdown."""
    lines = [json.loads(text) for text in RESULTS.read_text("utf-8").splitlines()]
    head = list(lines[0])
    rows = [f"| {' | '.join(f'{line[key]:,}' for key in head)} |" for line in lines]
    return "\n".join(
        [f"| {' | '.join(key.replace('_', ' ') for key in head)} |", f"|{'---|' * len(head)}", *rows]
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("rows", type=int, nargs="?")
    arguments.add_argument("columns", type=int, nargs="?", default=20)
    arguments.add_argument("--table", action="store_true", help="print the table of all results")
    args = arguments.parse_args()
    if args.table or args.rows is None:
        print(as_table())
        return
    warnings.simplefilter("ignore")
    line = measure(args.rows, args.columns)
    print(json.dumps(line))
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(line)}\n")


if __name__ == "__main__":
    main()
