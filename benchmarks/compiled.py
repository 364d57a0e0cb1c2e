"""What torch.compile gives on a processor: seconds of a step with and without, and of the compiling.

    python benchmarks/compiled.py [--rounds 3] [--steps 40]

Every measurement is a process of its own with one thread; rounds interleave all cases. Seconds are those of the
processor, which other programs do not lengthen much.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from typing import Any

from common import load, machine, save

CASES: dict[str, dict[str, Any]] = {
    "sprint, the default": {},
    "dcgan, its discriminator too": {"recipe": "dcgan", "r1_gamma": 0.0},
}
FIRST = 4  # steps in which everything is compiled


def measured(changes: dict[str, Any], compiled: bool, steps: int) -> tuple[float, float]:
    """Seconds of the first steps, and of a later one."""
    from sparring import games
    from sparring.kinds import find
    from sparring.machine.device import Threads
    from sparring.training import suited
    from sparring.training.budget import Budget
    from sparring.training.loop import train

    data = find.dataset("mnist")
    options = {"recipe": "sprint", "compile": compiled, **changes}
    config = suited.configure(data, options.pop("recipe"), **options)
    game = games.make(config, data.spec, data.classes)
    size = config.optimizers.batch_size
    times = [time.process_time()]
    for _ in train(
        game, data, Budget(samples_seen=(FIRST + steps) * size * game.batches), batch_size=size,
        record_every=FIRST, threads=Threads(fixed=1),
    ):  # fmt: skip
        times.append(time.process_time())
    return times[1] - times[0], (times[-1] - times[1]) / steps


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--child", nargs=2)
    args = parser.parse_args()
    if args.child:
        case, compiled = args.child
        print(*measured(CASES[case], compiled == "True", args.steps))
        return
    found: dict[str, dict[str, list[list[float]]]] = {case: {"False": [], "True": []} for case in CASES}
    for _ in range(args.rounds):
        for case in CASES:
            for compiled in ("False", "True"):
                command = [sys.executable, __file__, "--steps", str(args.steps), "--child", case, compiled]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                found[case][compiled].append([round(float(each), 4) for each in done.stdout.split()[-2:]])
                print(case, compiled, found[case][compiled][-1], flush=True)
    save("compiled", machine() | {"steps": args.steps, "first_and_step_seconds": found})


def table() -> str:
    """The section of docs/benchmarks.md."""
    cases = load("compiled")["first_and_step_seconds"]
    rounds = len(next(iter(cases.values()))["True"])
    lines = [
        "## torch.compile on a processor\n",
        "`benchmarks/compiled.py`: seconds of one core for a step, with and without `--compile`, on",
        "digits; and what the compiling costs at the start, once. "
        + (f"Medians of {rounds} rounds.\n" if rounds > 1 else "Each was measured once.\n"),
        "| recipe | as it is | compiled | times faster | compiling |",
        "|---|---|---|---|---|",
    ]
    for case, rows in cases.items():
        (first, plain), (first_compiled, compiled) = (
            map(statistics.median, zip(*rows[key], strict=True)) for key in ("False", "True")
        )
        lines.append(
            f"| {case} | {1000 * plain:.0f} ms | {1000 * compiled:.0f} ms | **{plain / compiled:.2f}** "
            f"| {first_compiled - first:.0f} s |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
