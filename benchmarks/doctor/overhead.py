"""What the doctor's measurements cost: python benchmarks/doctor/overhead.py [--rounds 5]

The default recipe and the tutorial's with `vitals` and without, in turn, a record as often as the recipe
says; wall time of the whole: the records, and the look at the data before the first step.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import RESULTS, machine
from sparring.machine.device import Threads
from sparring.runs import build
from sparring.training.loop import train

STEPS = {"sprint": 1000, "tutorial": 5000}


def seconds(recipe: str, vitals: bool) -> float:
    """Wall time of a training, from its first step to its last record."""
    whole = build.dataset("mnist")
    config = build.configure(whole, recipe, seed=0)
    config = config.replace(samples_seen=STEPS[recipe] * config.batch_size, epochs=0.0, minutes=0.0)
    data, _ = build.parts(config, whole)
    game = build.game(config, data.spec, data.classes)
    records = train(
        game, data, build.budget(config), batch_size=config.batch_size, record_every=config.record_every,
        threads=Threads(), held_out=build.held_out("mnist") if vitals else None, vitals=vitals,
    )  # fmt: skip
    started = time.perf_counter()
    for _ in records:
        pass
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    found: dict[str, object] = {"machine": machine(), "steps": STEPS}
    for recipe in STEPS:
        pairs = [(seconds(recipe, True), seconds(recipe, False)) for _ in range(args.rounds)]
        ratios = [with_ / without for with_, without in pairs]
        found[recipe] = {"seconds": pairs, "median_ratio": statistics.median(ratios), "ratios": ratios}
        print(recipe, found[recipe], flush=True)
    (RESULTS / "doctor_overhead.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
