"""What each choice of ``runtime`` gives: the default recipe's images a second with one choice undone.

    python benchmarks/runtime_choices.py [--rounds 5] [--seconds 8]

Every measurement is a process of its own; rounds interleave all cases, and each case is compared with
the untouched one of its own round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from typing import Any

from common import machine, save

CASES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {  # what is undone: environment, config changes
    "as chosen": ({}, {}),
    "waiting threads spin": ({"OMP_WAIT_POLICY": "ACTIVE"}, {}),
    "freed memory goes back to the kernel": ({"KEEP_MEMORY": "0"}, {}),
    "always float32": ({}, {"precision": "fp32"}),
    "always bf16": ({}, {"precision": "bf16"}),
    "one thread": ({}, {"threads": 1}),
    "the batch whole, not in ghost batches": ({}, {"ghost_batches": 1}),
}


def images_per_second(seconds: float, changes: dict[str, Any]) -> float:
    from sparring import games
    from sparring.kinds import find
    from sparring.machine import device as runtime
    from sparring.machine.device import Threads
    from sparring.training import suited
    from sparring.training.budget import Budget
    from sparring.training.loop import train

    if os.environ.get("KEEP_MEMORY") == "0":
        setattr(runtime, "_keep_freed_memory", lambda: None)  # noqa: B010
    data = find.dataset("mnist")
    config = suited.configure(data, **changes, minutes=seconds / 60)
    game = games.make(config, data.spec, data.classes)
    (*_, last) = train(
        game,
        data,
        Budget.of(config.budget),
        batch_size=config.optimizers.batch_size,
        threads=Threads(config.machine.threads or 0),
    )
    return last.samples_seen / last.seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--child")
    args = parser.parse_args()
    if args.child:
        print(images_per_second(args.seconds, CASES[args.child][1]))
        return
    facts = machine()
    speeds: dict[str, list[int]] = {case: [] for case in CASES}
    for _ in range(args.rounds):
        for case, (environment, _changes) in CASES.items():
            command = [sys.executable, __file__, "--child", case, "--seconds", str(args.seconds)]
            done = subprocess.run(
                command, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True
            )
            speeds[case].append(round(float(done.stdout)))
            print(case, speeds[case][-1], flush=True)
    base = speeds["as chosen"]
    ratios = {
        case: [round(v / b, 3) for v, b in zip(values, base, strict=True)] for case, values in speeds.items()
    }
    medians = {case: statistics.median(values) for case, values in ratios.items()}
    save("runtime_choices", facts | {"images_per_second": speeds, "ratio": ratios, "median_ratio": medians})
    print(json.dumps(medians, indent=1))


if __name__ == "__main__":
    main()
