"""How long one worker of `sparring tune` takes, and each of two that share its trials through a journal.

    python benchmarks/tune_workers.py [--trials 16] [--seconds 1.5]

Points of the ring, recipe mlp. Processor seconds of a worker, with its start, are what it would take on a core
of its own; the clock depends on what else runs. A row is appended to results/tune_workers.jsonl.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import RESULTS, append_row, machine

WORDS = ("--recipe", "mlp", "--only", "g_lr,d_lr,r1_gamma")


def measure(workers: int, trials: int, seconds: float) -> dict[str, list[float]]:
    """Seconds of the clock and of the processor that each worker took, and the trainings that it made."""
    with tempfile.TemporaryDirectory() as folder:
        shared = ("--storage", f"{folder}/journal.log", "--trials", str(trials), "--seconds", str(seconds))
        began, running = time.monotonic(), []
        for k in range(workers):
            words = ["tune", "ring", *WORDS, *shared, "--out", f"{folder}/{k}"]
            running.append(
                subprocess.Popen([sys.executable, "-m", "sparring", *words], stdout=subprocess.DEVNULL).pid
            )
        found: dict[str, list[float]] = {"clock": [], "processor": []}
        for _ in running:
            _, status, used = os.wait3(0)
            if status:
                raise SystemExit("a worker failed")
            found["clock"].append(round(time.monotonic() - began, 1))
            found["processor"].append(round(used.ru_utime + used.ru_stime, 1))
        made = json.loads((Path(folder) / "0" / "tune.json").read_text())["trials"]
    return found | {"trials": [sum(t["worker"] == name for t in made) for name in {t["worker"] for t in made}]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=1.5)
    args = parser.parse_args()
    one, two = (measure(workers, args.trials, args.seconds) for workers in (1, 2))
    share = {name: round(max(two[name]) / one[name][0], 3) for name in ("clock", "processor")}
    row = {**vars(args), "one": one, "two": two, "share": share, "machine": machine()}
    append_row(RESULTS / "tune_workers.jsonl", row)
    print(json.dumps(row))


if __name__ == "__main__":
    main()
