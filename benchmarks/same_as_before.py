"""Does another version of sparring train to the very same weights, and as fast?

    python benchmarks/same_as_before.py --before OLD/src [--speed]

Every case is trained by the command line of both versions (OLD/src is the ``src`` folder of a checkout
of the earlier one), with one thread and bounded by samples. Compared are the contents of all tensors in
the last checkpoint, whatever their names (weights, averages, optimizers' states, memories), what
``sample`` draws, and the history's numbers: those that only one version logs, and those that differ, are
named. ``--speed`` times instead, turn by turn, the samples a second of two trainings, ``import sparring``
and ``sparring --help``. Raw results: ``results/same_as_before.json`` and ``results/same_speed.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from common import RESULTS, machine, save
from sparring.config.recipes import RECIPES

NEW = Path(__file__).parents[1] / "src"
CLOCKS = ("seconds", "samples_per_second")
EXACT = ["--threads", "1", "--precision", "fp32", "--record-every", "50", "--pictures", "3"]
EXACT += ["--checkpoint-seconds", "1e6"]  # no record by the clock
MNIST = ["mnist", "--samples-seen"]
# To look at a weight under spectral normalisation moved its singular vectors in the earlier version.
UNSEEN = {recipe: ["--no-vitals"] for recipe, options in RECIPES.items() if options.get("d_norm") == "spectral"}
CASES: dict[str, list[str]] = {
    f"mnist {recipe}": [
        *[*MNIST, "6400" if recipe in ("modern", "small-data") else "12800", "--recipe", recipe],
        *UNSEEN.get(recipe, []),
    ]
    for recipe in RECIPES
} | {
    "ring modern": ["ring", "--recipe", "modern", "--samples-seen", "25600"],
    "ring mlp, held out, evaluated": [
        *["ring", "--recipe", "mlp", "--samples-seen", "25600", "--hold-out", "0.2"],
        *["--evaluate-every", "12800"],
    ],
    "emoji small-data": ["emoji", "--recipe", "small-data", "--samples-seen", "6400", "--augment-flip"],
    "emoji, ada with adaptive p": [
        *["emoji", "--recipe", "dcgan", "--samples-seen", "6400", "--augment", "ada"],
        *["--augment-samples", "5000"],
    ],
    "mnist, four ghost batches": [*MNIST, "12800", "--recipe", "dcgan", "--ghost-batches", "4"],
    "mnist, lecam": [*MNIST, "6400", "--recipe", "dcgan", "--lecam-weight", "0.3"],
    "mnist, adaptive gamma": [*MNIST, "12800", "--recipe", "mlp", "--gamma-target", "0.6"],
    "mnist, r1 near, noise, clipped, smoothed": [
        *[*MNIST, "6400", "--recipe", "dcgan", "--r1-near-gamma", "1", "--instance-noise", "0.1"],
        *["--clip-gradients", "1", "--label-smoothing", "0.1"],
    ],
    "mnist, clusters": [*MNIST, "6400", "--recipe", "mlp", "--no-conditional", "--clusters", "20"],
    "mnist, schedules": [
        *[*MNIST, "12800", "--recipe", "mlp", "--lr-schedule", "cosine", "--lr-warmup", "0.1"],
        *["--penalty-end", "0.1", "--beta2-end", "0.999"],
    ],
}  # fmt: skip
# What the new version must be told to do as the earlier one does by itself.
SPRINTS = ("mnist sprint", "mnist small-data", "emoji small-data")
TOLD_NOW = {name: ["--upsampling", "transposed"] for name in SPRINTS}
SPEED = {
    "sprint": [*MNIST, "60000", "--recipe", "sprint"],
    "tutorial": [*MNIST, "120000", "--recipe", "tutorial"],
}


def sparring(source: Path, *arguments: str) -> None:
    """Run one verb of the version whose source this is."""
    environment = os.environ | {"PYTHONPATH": str(source)}
    command = [sys.executable, "-m", "sparring", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"sparring {' '.join(arguments)} of {source}:\n{done.stdout}{done.stderr}")


def fingerprint(run: Path) -> dict[str, str]:
    """SHA-256 of the last checkpoint's tensors in any order, and of the samples drawn."""
    newest = max((run / "checkpoints").glob("[0-9]*.safetensors"))
    tensors = sorted(_digest(array.tobytes()) for array in load_file(newest).values() if array.size)
    with np.load(run / "drawn.npz") as drawn:
        samples = next(drawn[name] for name in drawn.files if drawn[name].ndim > 1)
    return {"tensors": _digest("".join(tensors).encode()), "samples": _digest(samples.tobytes())}


def logged(run: Path) -> dict[str, list[object]]:
    """Each number of a run's history, through all records."""
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    names = sorted(set().union(*lines).difference(CLOCKS))
    return {name: [line.get(name) for line in lines] for name in names}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def compare(before: Path, only: str) -> dict[str, dict[str, object]]:
    """Each case by both versions: whether the fingerprints are the same, the new ones, and the history."""
    rows: dict[str, dict[str, object]] = {}
    for name, options in CASES.items():
        if only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            runs = [Path(folder) / version for version in ("before", "new")]
            for source, run in zip((before, NEW), runs, strict=True):
                more = TOLD_NOW.get(name, []) if source == NEW else []
                sparring(source, "train", *options, *more, *EXACT, "--out", str(run))
                sparring(source, "sample", str(run), "--count", "64", "--out", str(run / "drawn.npz"))
            found, histories = [fingerprint(run) for run in runs], [logged(run) for run in runs]
        shared = histories[0].keys() & histories[1].keys()
        same: dict[str, object] = {f"same_{part}": found[0][part] == found[1][part] for part in found[0]}
        same["logged_otherwise"] = sorted(n for n in shared if histories[0][n] != histories[1][n])
        same["logged_by_one"] = sorted(histories[0].keys() ^ histories[1].keys())
        rows[name] = same | found[1]
        print(name, rows[name], flush=True)
    return rows


def _seconds(source: Path, *command: str) -> float:
    began = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(source)}
    subprocess.run([sys.executable, *command], env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def _rate(source: Path, options: list[str]) -> float:
    """Samples a second of a training, from its history."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        sparring(source, "train", *options, "--pictures", "0", "--threads", "1", "--out", str(run))
        last = json.loads((run / "history.jsonl").read_text().splitlines()[-1])
        return float(last["samples_seen"] / last["seconds"])


def speed(before: Path, rounds: int) -> dict[str, dict[str, object]]:
    """New over before, medians of turns taken one after the other; above 1 the new version is faster."""
    rows: dict[str, dict[str, object]] = {}
    for name, options in SPEED.items():
        rates = [(_rate(before, options), _rate(NEW, options)) for _ in range(rounds)]
        rows[name] = {
            "ratio": round(statistics.median(new / old for old, new in rates), 3),
            "samples_per_second": [[round(rate) for rate in pair] for pair in rates],
        }
    for name, command in {
        "import sparring": ("-c", "import sparring"),
        "--help": ("-m", "sparring", "--help"),
        "recipes": ("-m", "sparring", "recipes"),
    }.items():
        times = [(_seconds(before, *command), _seconds(NEW, *command)) for _ in range(2 * rounds)]
        rows[name] = {
            "ratio": round(statistics.median(old / new for old, new in times), 3),
            "seconds": [[round(value, 3) for value in pair] for pair in times],
        }
    for name, row in rows.items():
        print(name, row, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path, required=True, help="the src folder of the earlier version")
    parser.add_argument("--only", default="", help="cases whose name holds this, beside those in the result")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if args.speed:
        save("same_speed", {"machine": machine(), "speed": speed(args.before, args.rounds)})
        return
    rows = compare(args.before, args.only)
    path = RESULTS / "same_as_before.json"
    earlier = json.loads(path.read_text())["cases"] if args.only and path.exists() else {}
    save("same_as_before", {"machine": machine(), "cases": earlier | rows})
    differing = [
        name
        for name, row in rows.items()
        if not row["same_tensors"] or not row["same_samples"] or row["logged_otherwise"]
    ]
    print(f"{len(rows)} cases, {len(differing)} differ: {', '.join(differing) or 'none'}")
    raise SystemExit(bool(differing))


if __name__ == "__main__":
    main()
