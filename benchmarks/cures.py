"""One change at a time to the beginner's GAN: python benchmarks/cures.py [--seeds 0 1 2] [--epochs 5]

Each row is the recipe `tutorial` with a few options changed, trained on MNIST for as many epochs on one
thread, and measured on 10,000 samples: their Fréchet distance in multiples of what real digits score
(digit classifier's features), the share of the commonest class, and how varied they are. Rows are
appended; two trainings run side by side. Compare distances; times are of two shared cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parent))

from common import RESULTS, append_row, machine, rows_in
from digit_quality import digit_quality
from sparring.games import drawing
from sparring.games.adversarial_rules import make
from sparring.kinds import find
from sparring.machine.device import Threads
from sparring.training import plan, suited
from sparring.training.budget import Budget
from sparring.training.loop import train
from sparring.training.vitals import Vitals

ROWS = RESULTS / "cures.jsonl"
COUNT = 10_000
CONV_G = {"generator": "dcgan", "g_width": 32, "g_norm": "batch"}
CONV_D = {"discriminator": "dcgan", "d_width": 32}
STEADY: dict[str, Any] = {"beta1": 0.0, "r1_gamma": 1.0, "g_lr": 8e-4, "d_lr": 8e-4}
CHANGES: dict[str, dict[str, Any]] = {
    "as tutorials print it": {},
    "no momentum": {"beta1": 0.0},
    "half the momentum": {"beta1": 0.5},
    "R1 penalty, gamma 0.1": {"r1_gamma": 0.1},
    "R1 penalty, gamma 1": {"r1_gamma": 1.0},
    "R1 penalty, gamma 10": {"r1_gamma": 10.0},
    "gradient penalty and Wasserstein": {"loss": "wasserstein", "gp_weight": 10.0, "d_steps": 5},
    "Wasserstein, clipped weights": {
        "loss": "wasserstein", "weight_clip": 0.01, "d_steps": 5, "optimizer": "rmsprop", "g_lr": 5e-5,
        "d_lr": 5e-5,
    },
    "hinge loss": {"loss": "hinge"},
    "spectral norm in D": {"d_norm": "spectral"},
    "BatchNorm in G": {"g_norm": "batch"},
    "convolutions in G": CONV_G,
    "convolutions in both": CONV_G | CONV_D,
    "G four times as fast": {"g_lr": 8e-4},
    "D four times as slow": {"d_lr": 5e-5},
    "averaged weights": {"ema_half_life": 10_000},
    "labels": {"conditional": True},
    "label smoothing": {"label_smoothing": 0.1},
    "instance noise": {"instance_noise": 0.5},
    "no momentum, R1, rates times 4": STEADY,
    "the same, averaged, with labels": STEADY | {"ema_half_life": 10_000, "conditional": True},
    "the same with convolutions in both": STEADY
    | {"ema_half_life": 10_000, "conditional": True}
    | CONV_G
    | CONV_D,
}  # fmt: skip


def measure(task: tuple[str, int, float]) -> dict[str, Any]:
    """Train one change, and say what it draws."""
    name, seed, epochs = task
    torch.set_num_threads(1)
    whole = find.dataset("mnist")
    config = suited.configure(whole, "tutorial", **CHANGES[name], epochs=epochs, seed=seed)
    data, _ = plan.parts(config.dataset, whole)
    game = make(config, data.spec, data.classes)
    for _ in train(
        game, data, Budget.of(config.budget), batch_size=config.optimizers.batch_size, seed=seed,
        record_every=10**9,
        threads=Threads(fixed=1),
    ):  # fmt: skip
        pass
    latents = drawing.random_latents(COUNT, game.latent_dim, 1000 + seed)
    labels = drawing.natural_labels(COUNT, data.class_counts) if data.classes else None
    quality = digit_quality(data.spec.decode(drawing.draw(game.sampling_generator, latents, labels)))
    return {
        "change": name, "options": CHANGES[name], "seed": seed, "epochs": epochs,
        "trained_seconds": round(game.clock.seconds, 1), "distance": quality.times_floor,
        "commonest": max(quality.class_shares), "spread": Vitals(game, data, seed)()["spread"],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=float, default=5)
    parser.add_argument("--changes", nargs="+", default=list(CHANGES), choices=list(CHANGES))
    args = parser.parse_args()
    print(json.dumps(machine()))
    done = {(row["change"], row["seed"], row["epochs"]) for row in rows_in(ROWS)}
    tasks = [(name, seed, args.epochs) for seed in args.seeds for name in args.changes]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for row in pool.map(measure, [task for task in tasks if task not in done]):
            append_row(ROWS, row)
            print(
                row["change"],
                row["seed"],
                row["distance"],
                row["commonest"],
                row["trained_seconds"],
                flush=True,
            )


if __name__ == "__main__":
    main()
