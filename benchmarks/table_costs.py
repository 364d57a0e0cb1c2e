"""What a table costs: seconds and memory to read it, and steps a second to train on it.

    python benchmarks/table_costs.py                 all of SIZES, each in a process of its own
    python benchmarks/table_costs.py 10000 20        rows, columns
    python benchmarks/table_costs.py --table

Half of the columns are numbers, half categories of ten levels. Each measurement is its own process, so that the
greatest memory is its own, and a line of results/table-costs.jsonl, in place of an older one of the same size.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from typing import Any

import numpy as np
import polars

from common import RESULTS, keep_row, rows_in
from sparring import GAN
from sparring.data.table.dataset import from_frame

ROWS = RESULTS / "table-costs.jsonl"
SAMPLES = 12_800  # that are trained on: 50 steps
SIZES = (
    (10_000, 20),
    (100_000, 20),
    (1_000_000, 20),
    (10_000, 10),
    (10_000, 100),
    (10_000, 500),
    (100_000, 10),
    (100_000, 100),
    (100_000, 500),
    (1_000_000, 10),
    (1_000_000, 100),
)  # rows, columns
COSTS = {"reading_seconds": "seconds of reading", "milliseconds_a_step": "a step", "gb_most": "GB at most"}


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


def slope(lines: list[dict[str, Any]], by: str, cost: str) -> float:
    """The power of ``by``, rows or columns, with which a cost grows, by least squares of logarithms.

    1: twice as many cost twice as much; 0: they cost the same.
    """
    sizes, costs = (np.log([max(line[key], 1e-3) for line in lines]) for key in (by, cost))
    return float(np.polyfit(sizes, costs, 1)[0])


def slopes(lines: list[dict[str, Any]]) -> str:
    """How costs grow with rows at 20 columns, and with columns at 10,000 rows, in words."""
    by_rows = [line for line in lines if line["columns"] == 20]
    by_columns = [line for line in lines if line["rows"] == 10_000]
    return "; ".join(
        f"{words}: {slope(by_rows, 'rows', cost):.2f} with rows, "
        f"{slope(by_columns, 'columns', cost):.2f} with columns"
        for cost, words in COSTS.items()
    )


def as_table() -> str:
    """All measurements as Markdown, and how they grow."""
    lines = rows_in(ROWS)
    head = list(lines[0])
    rows = [f"| {' | '.join(f'{line[key]:,}' for key in head)} |" for line in lines]
    return "\n".join(
        [
            f"| {' | '.join(key.replace('_', ' ') for key in head)} |",
            f"|{'---|' * len(head)}",
            *rows,
            "",
            slopes(lines),
        ]
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("rows", type=int, nargs="?")
    arguments.add_argument("columns", type=int, nargs="?", default=20)
    arguments.add_argument("--table", action="store_true", help="print the table of all results")
    args = arguments.parse_args()
    if args.table:
        print(as_table())
        return
    if args.rows is None:
        for rows, columns in SIZES:
            subprocess.run([sys.executable, __file__, str(rows), str(columns)], check=True)
        return
    warnings.simplefilter("ignore")
    line = measure(args.rows, args.columns)
    print(json.dumps(line))
    keep_row(ROWS, line, ("rows", "columns"))


if __name__ == "__main__":
    main()
