"""Every recipe on MNIST and Fashion-MNIST for the same minutes, through the command line.

    python benchmarks/recipes.py --speeds [--data emoji --recipes small-data]
    python benchmarks/recipes.py [--minutes 2 10] [--seeds 0 1 2 3 4] [--recipes ...] [--data ...] [--jobs 2]

``--speeds`` measures, on a quiet machine, how many samples a recipe sees in a second. Each training is
then bounded by the samples it would see in its minutes there, so that a busy machine changes nothing and
trainings of one thread can run side by side. ``sparring train`` and ``sparring evaluate`` as a user types
them: Fréchet distance to the test set, its floor, coverage, and the GAN-train accuracy of conditional
recipes. A recipe whose rates stay as they are goes on from its shorter training. Rows are appended as
they come, so that a broken-off benchmark can be gone on with.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

from common import RESULTS, append_row, machine, rows_in, save
from sparring.config.recipes import RECIPES, from_recipe

ROWS = RESULTS / "recipes.jsonl"
SPEEDS = RESULTS / "recipe_speeds.json"
DIGITS_AND_CLOTHES = ["mnist", "fashion-mnist"]  # of one shape, and so of one speed
SPEED_MINUTES, TURNS = 0.1, 3


def sparring(*arguments: str) -> str:
    command = [sys.executable, "-m", "sparring", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def last_record(run: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((run / "history.jsonl").read_text().splitlines()[-1])
    return record


def speed(recipe: str, data: str) -> float:
    """Samples a second over a short training with the threads the runtime chooses."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        options = ["--recipe", recipe, "--minutes", str(SPEED_MINUTES), "--pictures", "0"]
        sparring("train", data, *options, "--no-vitals", "--out", str(run))
        last = last_record(run)
    return round(float(last["samples_seen"]) / float(last["seconds"]), 1)


def measure_speeds(recipes: list[str], data: str) -> None:
    found: dict[str, list[float]] = json.loads(SPEEDS.read_text())["speeds"] if SPEEDS.exists() else {}
    before = machine()
    turns: dict[str, list[float]] = {speed_name(recipe, data): [] for recipe in recipes}
    for _, recipe in product(range(TURNS), recipes):
        turns[speed_name(recipe, data)].append(speed(recipe, data))
        print(recipe, turns[speed_name(recipe, data)][-1], flush=True)
    save(SPEEDS.stem, before | {"speeds": found | turns})


def speed_name(recipe: str, data: str) -> str:
    return recipe if data in DIGITS_AND_CLOTHES else f"{recipe} on {data}"


def samples_in(minutes: float, recipe: str, data: str) -> int:
    """What a recipe sees in so many minutes on a quiet machine, in whole steps."""
    if not SPEEDS.exists():
        raise SystemExit("the recipes' speeds are not measured yet: python benchmarks/recipes.py --speeds")
    config = from_recipe(recipe)
    speeds: dict[str, list[float]] = json.loads(SPEEDS.read_text())["speeds"]
    step = config.optimizers.batch_size * config.game.d_steps
    return round(60 * minutes * statistics.median(speeds[speed_name(recipe, data)]) / step) * step


def measure(data: str, recipe: str, minutes: float, seed: int, runs: Path) -> dict[str, Any]:
    load, samples = os.getloadavg()[0], samples_in(minutes, recipe, data)
    constant = from_recipe(recipe).optimizers.lr_schedule == "constant"
    run = runs / f"{data}-{recipe}-{seed}{'' if constant else f'-{minutes:g}'}"
    budget = ["--samples-seen", str(samples)]
    if (run / "run.json").exists():
        sparring("resume", str(run), *budget)
    else:
        options = ["--recipe", recipe, "--seed", str(seed), "--threads", "1", "--pictures", "0"]
        sparring("train", data, *options, *budget, "--record-every", "500", "--no-vitals", "--out", str(run))
    report = json.loads(sparring("evaluate", str(run), "--json", "--seed", str(1000 + seed)))
    return {
        "data": data, "recipe": recipe, "minutes": minutes, "seed": seed, "bounded_by": "samples",
        "trained_seconds": round(last_record(run)["seconds"], 1), "samples_seen": samples,
        "load_average": round(load, 2), "report": report | {"fakes": run.name},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--speeds", action="store_true")
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 10])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=RECIPES)
    parser.add_argument("--data", nargs="+", default=DIGITS_AND_CLOTHES)
    parser.add_argument("--jobs", type=int, default=2, help="trainings of one thread side by side")
    parser.add_argument("--runs", type=Path, help="where trainings are kept, to be gone on with")
    args = parser.parse_args()
    print(json.dumps(machine()))
    if args.speeds:
        measure_speeds(args.recipes, args.data[0])
        return
    done = {(row["data"], row["recipe"], row["minutes"], row["seed"]) for row in rows_in(ROWS)}

    def series(case: tuple[int, str, str], runs: Path) -> None:
        seed, data, recipe = case
        for minutes in sorted(args.minutes):
            if (data, recipe, minutes, seed) not in done:
                row = measure(data, recipe, minutes, seed, runs)
                append_row(ROWS, row)
                print(json.dumps({k: v for k, v in row.items() if k != "report"}), flush=True)

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(args.jobs) as pool:
        cases = product(args.seeds, args.data, args.recipes)
        list(pool.map(lambda case: series(case, args.runs or Path(folder)), cases))


if __name__ == "__main__":
    main()
