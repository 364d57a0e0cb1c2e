"""What drawing takes of time and memory, before and after: python benchmarks/inference.py --before OLD/src

OLD/src is the ``src`` folder of a checkout of the earlier version. Two runs on MNIST are trained, the
default one to 20,000 samples and one with layers sixteen times as wide to 256; each is drawn from by
``sparring sample --count 64`` of both versions, turn by turn, each time in a new process with one thread.
"refused" is the same command with a count that it refuses once everything is imported, before anything is
loaded: what remains is the loading and the drawing. The pictures must be the same to the byte. Linux only;
raw results in benchmarks/results/inference.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import machine, save
from sparring import games
from sparring.kinds import find
from sparring.runs.create import create
from sparring.runs.writer import train_in
from sparring.training import plan, suited

NEW = Path(__file__).parents[1] / "src"
WIDE = 16  # times the usual width
RUNS: dict[str, dict[str, Any]] = {
    "default": {"samples_seen": 20_000},
    "wide": {"samples_seen": 256, "g_width": 24 * WIDE, "d_width": 16 * WIDE},
}
EXACT: dict[str, Any] = {"seed": 0, "threads": 1, "vitals": False, "pictures": 2, "device": "cpu"}
# The command, then the most memory it has had in kB: getrusage gives the parent's where that is more.
CALL = """
import runpy, sys
peak = sys.argv.pop(1)
try:
    runpy.run_module("sparring", run_name="__main__")
finally:
    lines = open("/proc/self/status").read().splitlines()
    open(peak, "w").write(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


def make(path: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Train a run; how large its networks and its checkpoint are."""
    data = find.dataset("mnist")
    config = suited.configure(data, **EXACT | options)
    data = plan.as_trained(config.dataset, data)
    folder = create(path, config, data)
    game = games.make(config, data.spec, data.classes)
    for _ in train_in(folder, game, data):
        pass
    size = max(folder.checkpoints.glob("*.safetensors")).stat().st_size
    weights = {
        name: sum(weight.numel() for weight in network.parameters()) for name, network in game.players.items()
    }
    return {"recipe": config.recipe, **options, "weights": weights, "checkpoint MB": round(size / 1e6, 1)}


def draw(source: Path, folder: Path, count: int, out: Path) -> dict[str, float]:
    """One call of the command: seconds, seconds of the CPU, and the most memory it has had."""
    words = ["sample", str(folder), "--device", "cpu", "--force", "--count", str(count), "--out", str(out)]
    own = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    peak = out.with_suffix(".peak")
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", CALL, str(peak), *words], env=own, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode != (0 if count else 1):
        raise SystemExit(f"{source}: sparring sample ended with {process.returncode}.")
    return {
        "seconds": round(seconds, 3),
        "CPU seconds": round(used.ru_utime + used.ru_stime, 3),
        "peak MB": round(int(peak.read_text()) * 1024 / 1e6, 1),
    }


def compare(folder: Path, before: Path, repeats: int) -> dict[str, Any]:
    """Both versions in turn: every measurement, and the medians."""
    rows: dict[str, list[dict[str, float]]] = {}
    pictures = {side: folder / f"{side}.png" for side in ("before", "after")}
    for _ in range(repeats):
        for side, source in (("before", before), ("after", NEW)):
            for what, count in (("drawn", 64), ("refused", 0)):
                found = draw(source, folder, count, pictures[side])
                rows.setdefault(f"{side}, {what}", []).append(found)
    if pictures["before"].read_bytes() != pictures["after"].read_bytes():
        raise SystemExit("the two versions draw other pictures")
    medians = {
        name: {key: round(statistics.median(row[key] for row in found), 3) for key in found[0]}
        for name, found in rows.items()
    }
    return {"medians": medians, "measurements": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    report: dict[str, Any] = {**machine(), "threads": 1, "repeats": args.repeats, "runs": {}}
    with tempfile.TemporaryDirectory() as place:
        for name, options in RUNS.items():
            facts = make(Path(place) / name, options)
            report["runs"][name] = facts | compare(Path(place) / name, args.before, args.repeats)
            print(name, json.dumps(facts), json.dumps(report["runs"][name]["medians"], indent=1))
    save("inference", report)


if __name__ == "__main__":
    main()
