"""Modes found and samples of high quality on the ring and the grid, whose densities are known.

    python benchmarks/modes.py [--recipes modern mlp ...] [--data ring grid] [--seeds 0 1 2 ...]

Of 10,000 samples, one is of high quality within three standard deviations of its nearest mode (98.9%
of real samples are), and a mode is found where at least 20 of those are nearest to it, a twentieth of
its share on the grid. Rows are kept as they come: what the results file has is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

import torch

from common import RESULTS, machine, save
from sparring import kinds
from sparring.config.recipes import ON_POINTS
from sparring.data import toy
from sparring.games import drawing
from sparring.games.adversarial_rules import make
from sparring.kinds import find
from sparring.machine.device import Threads
from sparring.training import suited
from sparring.training.budget import Budget
from sparring.training.loop import train

COUNT = 10_000
DEVIATIONS = 3.0  # within which a sample is of high quality
LEAST = 20  # such samples make a mode found
NAME = "modes"


def score(points: torch.Tensor, mixture: toy.Mixture) -> dict[str, Any]:
    """Modes found, the share of high quality, and the least and most samples of a mode."""
    distance, nearest = torch.cdist(points.double(), mixture.means.double()).min(1)
    good = distance <= DEVIATIONS * mixture.sigma
    counts = torch.bincount(nearest[good], minlength=len(mixture.means))
    return {
        "modes": int((counts >= LEAST).sum()),
        "of": len(mixture.means),
        "high_quality": round(float(good.double().mean()), 4),
        "rarest": int(counts.min()),
        "commonest": int(counts.max()),
    }


def measure(recipe: str, name: str, seed: int, samples_seen: int) -> dict[str, Any]:
    data = find.dataset(name)
    budget = {"samples_seen": samples_seen} if samples_seen else {}
    config = suited.configure(data, recipe, seed=seed, threads=1, precision="fp32", **budget)
    game = make(config, data.spec, data.classes)
    records = train(
        game,
        data,
        Budget.of(config.budget),
        batch_size=config.optimizers.batch_size,
        seed=seed,
        record_every=1000,
        threads=Threads(fixed=config.machine.threads or 0),
    )
    begun = time.process_time()
    for record in records:
        last = record
    cpu_seconds = time.process_time() - begun  # on one thread what a quiet core would take
    latents = drawing.random_latents(COUNT, game.latent_dim, 1000 + seed)
    points = data.spec.decode(drawing.draw(game.sampling_generator, latents))
    facts = {"recipe": recipe, "data": name, "seed": seed, "samples_seen": last.samples_seen}
    times = {"seconds": round(last.seconds, 1), "cpu_seconds": round(cpu_seconds, 1)}
    return facts | score(points, toy.MIXTURES[name]()) | times


def main() -> None:
    parser = argparse.ArgumentParser()
    choices = sorted({*ON_POINTS, "tutorial", kinds.of("points").recipe})
    parser.add_argument("--recipes", nargs="+", default=["modern", "mlp", "tutorial"], choices=choices)
    parser.add_argument("--data", nargs="+", default=["ring", "grid"], choices=["ring", "grid"])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--samples-seen", type=int, default=0, help="another budget than the recipes' own")
    args = parser.parse_args()
    path = RESULTS / f"{NAME}.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text())["rows"] if path.exists() else []
    done = {(row["recipe"], row["data"], row["seed"], row["budget"]) for row in rows}
    for recipe in args.recipes:
        for name in args.data:
            for seed in args.seeds:
                if (recipe, name, seed, args.samples_seen) in done:
                    continue
                load = round(os.getloadavg()[0], 2)
                row = measure(recipe, name, seed, args.samples_seen)
                rows.append(row | {"budget": args.samples_seen, "load_average": load})
                save(NAME, machine() | {"rows": rows})
                print(json.dumps(rows[-1]), flush=True)


if __name__ == "__main__":
    main()
