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
from sparring import games
from sparring.data import builtin
from sparring.kinds import find
from sparring.machine.device import Threads
from sparring.training import plan, suited
from sparring.training.budget import Budget
from sparring.training.loop import train

STEPS = {"sprint": 1000, "tutorial": 5000}


def seconds(recipe: str, vitals: bool) -> float:
    """Wall time of a training, from its first step to its last record."""
    whole = find.dataset("mnist")
    config = suited.configure(whole, recipe, seed=0)
    config = config.replace(
        samples_seen=STEPS[recipe] * config.optimizers.batch_size, epochs=None, minutes=None
    )
    data, _ = plan.parts(config.dataset, whole)
    game = games.make(config, data.spec, data.classes)
    records = train(
        game, data, Budget.of(config.budget), batch_size=config.optimizers.batch_size,
        record_every=config.records.record_every,
        threads=Threads(), held_out=builtin.held_out("mnist") if vitals else None, vitals=vitals,
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
