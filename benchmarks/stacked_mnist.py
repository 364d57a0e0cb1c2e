"""Stacked MNIST: three random digits as the channels of one picture, 1,000 modes to find.

    python benchmarks/stacked_mnist.py [--recipe modern] [--minutes 60] [--seeds 0]

The protocol of Metz et al. (2017) and PacGAN: 25,600 samples, each channel named by a classifier of
digits (the shipped one), modes counted, and the reverse KL divergence of the found distribution to
that of the training triples, in nats. Measured every few minutes on the way, with the clock stopped.
To compare two losses on two cores, run them side by side with ``--threads 1``.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import torch
from torch import Tensor

from common import RESULTS, append_row, machine
from sparring.data.builtin import mnist
from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.games import drawing
from sparring.games.adversarial_rules import make
from sparring.machine.device import Threads
from sparring.metrics.digits import digit_classifier
from sparring.training import suited
from sparring.training.budget import Budget
from sparring.training.loop import train

TRIPLES, SAMPLES, MODES = 128_000, 25_600, 1000
ROWS = RESULTS / "stacked_mnist.jsonl"


def stacked(seed: int = 0) -> Dataset:
    """Random triples of training digits, (N, 3, 28, 28); the mode is the three-figure number."""
    digits = mnist("train")
    assert digits.labels is not None
    chosen = torch.randint(len(digits), (TRIPLES, 3), generator=torch.Generator().manual_seed(seed))
    samples = digits.samples[:, 0][chosen]
    return Dataset("stacked-mnist", Spec("image", (3, 28, 28), Affine("uint8", (127.5,), (127.5,))), samples)


def modes(pictures: Tensor) -> Tensor:
    """The mode 0 … 999 of pictures (N, 3, 28, 28), as the classifier reads them: (N,)."""
    network = digit_classifier()[0]
    digits = torch.stack(
        [network.head(network.features(channel[:, None])).argmax(1) for channel in pictures.unbind(1)], 1
    )
    return digits @ torch.tensor([100, 10, 1])


def coverage(found: Tensor, real: Tensor) -> dict[str, float]:
    """How many modes the samples hit, and KL(samples || training) over the modes, in nats."""
    p = torch.bincount(found, minlength=MODES).double() / len(found)
    q = torch.bincount(real, minlength=MODES).double() / len(real)
    return {
        "modes": int((p > 0).sum()),
        "reverse_kl": round(float(torch.xlogy(p, p / q.clamp_min(1e-12)).sum()), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipe", default="modern")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--measure-minutes", type=float, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int, default=0, help="0 measures which number is fastest")
    parser.add_argument("--options", default="{}", help="more options of the recipe, as JSON")
    args = parser.parse_args()
    print(json.dumps(machine()))
    data = stacked()
    real = modes(data.samples)
    floor = coverage(modes(stacked(1).samples[:SAMPLES]), real)["reverse_kl"]
    for seed in args.seeds:
        changes: dict[str, Any] = json.loads(args.options) | {"clusters": None, "minutes": args.minutes}
        config = suited.configure(data, args.recipe, **changes, seed=seed)
        game = make(config, data.spec, 0)
        measured = 0.0
        for record in train(
            game, data, Budget(minutes=args.minutes), batch_size=config.optimizers.batch_size, seed=seed,
            record_seconds=15, record_every=10**9, threads=Threads(args.threads, adaptive=True),
        ):  # fmt: skip
            if record.progress < 1 and record.seconds - measured < 60 * args.measure_minutes:
                continue
            measured, started = record.seconds, time.perf_counter()
            latents = drawing.random_latents(SAMPLES, game.latent_dim, 1000 + seed)
            found = modes(data.spec.decode(drawing.draw(game.sampling_generator, latents)))
            row = {
                "recipe": args.recipe, "options": args.options, "seed": seed, "minutes": args.minutes,
                "threads": args.threads,
                "trained_minutes": round(record.seconds / 60, 2),
                "samples_seen": record.samples_seen,
                "weights": sum(p.numel() for p in game.generator.parameters()),
                "measuring_seconds": round(time.perf_counter() - started, 1), **coverage(found, real),
                "real_reverse_kl": floor,
            }  # fmt: skip
            print(json.dumps(row), flush=True)
            append_row(ROWS, row)


if __name__ == "__main__":
    main()
