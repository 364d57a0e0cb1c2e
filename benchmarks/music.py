"""Chorales by the default recipe, beside the baselines and the floor, as it learns.

    nice -n 10 python benchmarks/music.py [--seeds 0 1 2] [--marks 60 120 240 480] [--save FOLDER]

One thread; the budget and the marks are seconds of CPU time, measuring not counted, so that other work on the
machine does not change them. Two quiet cores need a little more than half of these seconds. Each row has the
numbers that ``sparring evaluate`` prints, for 889 samples against the held-out melodies: at each mark of the
generator, and once a seed of other reals and of each baseline. Rows are appended as they come.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from common import RESULTS, append_row, machine, rows_in
from sparring import games, kinds
from sparring.data.builtin import chorales
from sparring.games import drawing
from sparring.metrics import chains
from sparring.metrics.judged_music import Standard, evenly, measured, standard
from sparring.training import suited
from sparring.training.budget import Budget
from sparring.training.loop import train

ROWS = RESULTS / "music.jsonl"
BEAT, BAR = 4, 16
EVERY = 10  # steps between looks at the clock
WARM_UP = 20  # steps by which the speed is measured


def baselines(by: Standard, training: Any, count: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    made = {
        "other reals": evenly(training, count),
        "independent voices": chains.independent_voices(training, count, rng),
        "beat chain": chains.beat_chain(training, count, BEAT, rng),
        "bar shuffle": chains.shuffled_bars(training, count, BAR, rng),
    }
    return {name: measured(rolls, by, seed) for name, rolls in made.items()}


def steps_in(seconds: float, data: Any, seed: int) -> int:
    """How many steps the recipe makes in these seconds of CPU time here, found by trying."""
    config = suited.configure(data, "auto", seed=seed)
    game = games.make(config, data.spec, 0)
    started = 0.0
    budget, size = Budget(samples_seen=10**9), config.optimizers.batch_size
    for record in train(game, data, budget, batch_size=size, seed=seed, record_every=EVERY):
        if record.step == EVERY:
            started = time.process_time()
        if record.step >= EVERY + WARM_UP:
            break
    return int(seconds / (time.process_time() - started) * WARM_UP)


def learn(seed: int, marks: list[float], changes: dict[str, Any], save: Path | None) -> None:
    data, unseen = chorales("train"), chorales("test").samples.numpy()
    training, count = data.samples.numpy(), len(unseen)
    by = standard(unseen, training, training, BEAT, BAR)
    facts = {"seed": seed, "changes": changes}
    if not any(row["who"] == "other reals" and row["seed"] == seed for row in rows_in(ROWS)):
        for name, numbers in baselines(by, training, count, seed).items():
            append_row(ROWS, {"who": name, "seed": seed, "changes": {}, **numbers})
    config = suited.configure(data, "auto", seed=seed, **changes)
    game = games.make(config, data.spec, 0)
    size = config.optimizers.batch_size
    budget = Budget(samples_seen=size * steps_in(max(marks), data, seed))
    spent, waiting = 0.0, sorted(marks)
    started = time.process_time()
    for record in train(game, data, budget, batch_size=size, seed=seed, record_every=EVERY):
        now = spent + time.process_time() - started
        if now < waiting[0] and record.progress < 1:
            continue
        latents = drawing.random_latents(count, config.networks.latent_dim, 1000 + seed)
        rolls = drawing.decoded(game.sampling_generator, data.spec, latents).numpy()
        row = {
            "who": "generator", **facts, "cpu_seconds": round(now, 1), "step": record.step,
            "progress": round(record.progress, 3), "load_average": round(os.getloadavg()[0], 1),
            **measured(rolls, by, seed),
        }  # fmt: skip
        append_row(ROWS, row)
        print(json.dumps(row), flush=True)
        if save:
            kinds.of(data.spec).save(rolls[:16], None, data.spec, save / f"{seed}-{record.step:05}.npz")
        waiting = [mark for mark in waiting if mark > now] or [float("inf")]
        spent, started = now, time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--marks", type=float, nargs="+", default=[60, 120, 240, 480])
    parser.add_argument("--set", type=json.loads, default={}, help='options as JSON, {"d_lr": 1e-3}')
    parser.add_argument("--save", type=Path, help="a folder for samples")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps(machine()))
    done = {(row["seed"], json.dumps(row["changes"])) for row in rows_in(ROWS) if row.get("progress") == 1}
    for seed in args.seeds:
        if (seed, json.dumps(args.set)) not in done:
            learn(seed, args.marks, args.set, args.save)


if __name__ == "__main__":
    main()
