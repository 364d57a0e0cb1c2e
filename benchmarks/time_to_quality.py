"""Quality after 30, 60 and 120 seconds of training on MNIST, for the tutorial, DCGAN and the default.

    python benchmarks/time_to_quality.py [--seeds 0 1 2 3 4] [--cases ...]

Fréchet distance of 10,000 samples to the 10,000 test digits in the features of the shipped
classifier, beside its floor (10,000 training digits against the test digits). Recipes whose rates
end with the budget are trained anew for each budget; the others are measured on their way, with the
clock stopped. Rows are appended as they come, so that a broken-off benchmark can be gone on with.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from typing import Any

from common import RESULTS, machine
from digit_quality import digit_quality
from sparring.data.spec import Dataset
from sparring.games import drawing
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_rules import make
from sparring.kinds import find
from sparring.machine.device import Threads
from sparring.training import plan, suited
from sparring.training.budget import Budget
from sparring.training.loop import train

COUNT = 10_000
SCORES = ("d_real", "d_fake", "real_logit", "fake_logit", "g_gradient_norm")
CASES: dict[str, tuple[tuple[int, ...], str, dict[str, Any]]] = {  # seconds to measure at, recipe, changes
    "default": ((30, 60, 120), "auto", {}),
    "default, unconditional": ((60,), "auto", {"conditional": False}),
    "dcgan": ((30, 60, 120), "dcgan", {}),
    "mlp": ((60,), "mlp", {"conditional": False}),
    "tutorial": ((30, 60, 120), "tutorial", {}),
}
ROWS = RESULTS / "time_to_quality.jsonl"


def quality(game: AdversarialGame, data: Dataset, seed: int) -> dict[str, Any]:
    latents = drawing.random_latents(COUNT, game.latent_dim, 1000 + seed)
    digits = data.spec.decode(
        drawing.draw(game.sampling_generator, latents, drawing.natural_labels(COUNT, data.class_counts))
    )
    measured = digit_quality(digits)
    return {
        "distance": round(measured.distance, 4),
        "floor": round(measured.floor, 4),
        "times_floor": round(measured.times_floor, 3),
        "class_shares": [round(share, 4) for share in measured.class_shares],
    }


def measure(case: str, seed: int, data: Dataset, at_seconds: list[int]) -> Iterator[dict[str, Any]]:
    _, recipe, changes = CASES[case]
    config = suited.configure(data, recipe, **changes, seed=seed, minutes=at_seconds[-1] / 60)
    data = plan.as_trained(config.dataset, data)
    game = None
    for seconds in at_seconds:
        if game is None or config.optimizers.lr_schedule != "constant":
            game = make(config, data.spec, data.classes)
        load = os.getloadavg()[0]
        records = train(
            game,
            data,
            Budget(minutes=seconds / 60),
            batch_size=config.optimizers.batch_size,
            seed=seed,
            record_every=config.records.record_every,
            threads=Threads(adaptive=True),
        )
        for record in records:
            last = record
        facts = {
            "case": case, "recipe": config.recipe, "seed": seed, "seconds": seconds,
            "trained_seconds": round(last.seconds, 2), "samples_seen": last.samples_seen,
            "images_per_second": round(last.samples_seen / last.seconds), "load_average": round(load, 2),
            **{name: round(last.values[name], 4) for name in SCORES},
        }  # fmt: skip
        yield facts | quality(game, data, seed)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--seconds", type=int, nargs="+", default=[30, 60, 120])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    args = parser.parse_args()
    print(json.dumps(machine()))
    done = set()
    if ROWS.exists():
        rows = [json.loads(line) for line in ROWS.read_text().splitlines()]
        done = {(row["case"], row["seed"], row["seconds"]) for row in rows}
    data = find.dataset("mnist")
    for seed in args.seeds:
        for case in args.cases:
            at_seconds = [s for s in CASES[case][0] if s in args.seconds and (case, seed, s) not in done]
            if not at_seconds:
                continue
            rows = []
            for row in measure(case, seed, data, at_seconds):
                rows.append(row)
                print(json.dumps(row), flush=True)
            with ROWS.open("a") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
