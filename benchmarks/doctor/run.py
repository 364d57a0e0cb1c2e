"""Train every fault and every healthy variant, and keep their histories: what the doctor is judged by.

    python benchmarks/doctor/run.py [--data mnist] [--seeds 0 1 2] [--steps 600] [--cases ...]

Thresholds were fixed on MNIST's histories; the other sets are run unchanged. Each row has the records,
the number of steps and the final quality: MIND of 2,000 samples to held-out reals over its value for
their mean, and on MNIST the Fréchet distance of digits. Rows are appended as they come; two cases
train side by side with a thread each.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import RESULTS, append_row, machine, rows_in
from digit_quality import digit_quality
from doctor import symbols
from doctor.faults import FAULTS, HEALTHY, Case
from sparring import kinds
from sparring.config.groups import Config
from sparring.config.recipes import beyond_recipe
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.errors import NonFiniteError
from sparring.games import drawing
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_rules import make
from sparring.games.preflight import preflight
from sparring.history.record import Record
from sparring.kinds import find
from sparring.machine.device import Threads
from sparring.metrics.distances import mind
from sparring.training import plan, suited
from sparring.training.budget import Budget
from sparring.training.loop import train

ROWS = RESULTS / "doctor"
CONTROL = {"batch_size": 64, "ghost_batches": 1, "g_lr": 1e-2, "d_lr": 1.4e-3}
COUNT = 2000


def quality(game: AdversarialGame, data: Any, held_out: Any, seed: int) -> dict[str, float]:
    latents = drawing.random_latents(COUNT, game.latent_dim, 1000 + seed)
    labels = drawing.natural_labels(COUNT, data.class_counts) if data.classes else None
    drawn = drawing.draw(game.sampling_generator, latents, labels)
    reals = held_out.batch(torch.arange(min(COUNT, len(held_out)))).real
    if data.name in symbols.SETS:  # of symbols the kind says which numbers can be compared
        drawn, reals = (kinds.of(data.spec).vectors(samples) for samples in (drawn, reals))
    variance = float(reals.flatten(1).double().var(0, unbiased=False).sum())
    if not bool(drawn.isfinite().all()) or float(drawn.abs().max()) > 1e15:
        return {"mind": 1e9, "digits": 1e9}
    found = {
        "mind": mind(reals.flatten(1), drawn.flatten(1), torch.Generator().manual_seed(0), 256) / (3 * variance)
    }
    if data.name == "mnist":
        found["digits"] = digit_quality(data.spec.decode(drawn)).distance
    return found


def prepared(
    name: str, case_name: str, seed: int, steps: int
) -> tuple[Config, AdversarialGame, Dataset, Dataset]:
    """A case before its first step: config, game, data and held-out data."""
    if name in symbols.SETS:
        return prepared_symbols(name, case_name, seed, steps)
    case: Case = FAULTS.get(case_name) or HEALTHY[case_name]
    whole = find.dataset(name)
    points = whole.spec.kind == "points"
    changes = case.points if points and case.points is not None else case.options
    options = ({"recipe": "mlp"} if points else {"recipe": "sprint"} | CONTROL) | changes
    recipe = options.pop("recipe")
    config = suited.configure(whole, recipe, **options, seed=100 + seed, samples_seen=10**9)
    batch = config.optimizers.batch_size
    config = config.replace(samples_seen=steps * config.game.d_steps * batch, threads=1)
    data, _ = plan.parts(config.dataset, whole)
    other = builtin.held_out(name)
    assert other is not None
    held_out = plan.parts(config.dataset, other)[0]
    data = case.data(data)
    held_out = type(held_out)(held_out.name, data.spec, held_out.samples, held_out.labels)
    game = make(config, data.spec, data.classes)
    case.game(game)
    return config, game, data, held_out


def prepared_symbols(
    name: str, case_name: str, seed: int, steps: int
) -> tuple[Config, AdversarialGame, Dataset, Dataset]:
    """The same of texts or music."""
    case = (symbols.SYMBOL_FAULTS | symbols.SYMBOL_HEALTHY)[case_name]
    whole, held_out = (replace(symbols.dataset(name, split), name=name) for split in ("train", "test"))
    small = symbols.SMALL | (symbols.CHEAP if whole.spec.kind == "text" else {})
    config = suited.configure(whole, "auto", **small | case.options, seed=100 + seed)
    config = config.replace(samples_seen=steps * config.optimizers.batch_size, threads=1)
    data = case.data(whole)
    game = make(config, data.spec, data.classes)
    case.game(game)
    return config, game, data, replace(held_out, spec=data.spec)


def measure(task: tuple[str, str, int, int]) -> dict[str, Any]:
    """Train one case and give its history, with a last record that says so where it broke down."""
    name, case_name, seed, steps = task
    torch.set_num_threads(1)
    config, game, data, held_out = prepared(*task)
    cautions = [caution.name for caution in preflight(game, data, config.seed)]
    records: list[Record] = []
    started = time.perf_counter()
    try:
        for record in train(
            game, data, Budget.of(config.budget), batch_size=config.optimizers.batch_size, seed=config.seed,
            record_every=50,
            threads=Threads(fixed=1), held_out=held_out, vitals=True, check=False,
        ):  # fmt: skip
            records.append(record)
    except NonFiniteError:
        records.append(game.clock.broken())
    return {
        "data": name, "case": case_name, "seed": seed, "steps": steps,
        "options": beyond_recipe(config) | {"kind": data.spec.kind, "loss": config.game.loss,
                                            "batch_size": config.optimizers.batch_size,
                                            "ema_half_life": config.optimizers.ema_half_life},
        "seconds": round(time.perf_counter() - started, 1), "trained_seconds": round(game.clock.seconds, 1),
        "cautions": cautions, "quality": quality(game, data, held_out, seed),
        "records": [json.loads(record.to_json()) for record in records],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--data", default="mnist", choices=["mnist", "fashion-mnist", "emoji", "ring", "grid", *symbols.SETS]
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, help=f"default: 600, or {symbols.STEPS} of texts and music")
    parser.add_argument("--cases", nargs="+", help="default: all that fit the set")
    args = parser.parse_args()
    of_symbols = args.data in symbols.SETS
    args.steps = args.steps or (symbols.STEPS if of_symbols else 600)
    args.cases = args.cases or (
        [*symbols.SYMBOL_HEALTHY, *symbols.SYMBOL_FAULTS] if of_symbols else [*HEALTHY, *FAULTS]
    )
    print(json.dumps(machine()))
    path = ROWS / f"{args.data}.jsonl"
    rows = rows_in(path)
    done = {(row["case"], row["seed"], row["steps"]) for row in rows}
    points = args.data in ("ring", "grid")
    tasks = [
        (args.data, case, seed, args.steps)
        for seed in args.seeds
        for case in args.cases
        if (case, seed, args.steps) not in done and not (points and {**HEALTHY, **FAULTS}[case].pictures_only)
    ]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for row in pool.map(measure, tasks):
            append_row(path, row)
            print(row["case"], row["seed"], row["seconds"], row["quality"], flush=True)


if __name__ == "__main__":
    main()
