"""kill -9 a training at random moments, resume it, and compare the end with an unbroken run, bit for bit.

    python benchmarks/kill_resume.py [--kills 120] [--seed 0]

Each trial trains one of three small runs (convolutions with BatchNorm, bf16 where the CPU has it,
lazy R1, Adam and a weight average; the tutorial's perceptrons; a Wasserstein game with gradient
penalty on points), is killed up to five times at moments drawn from the whole length of the run, and
is then left to finish. A checkpoint is written every few steps, so that many kills fall into the
writing of one. Every process runs the command line's own ``train`` and ``resume``; they are forked
from one that has torch loaded, to make starting cheap.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from sparring import __version__, build
from sparring.cli import main as sparring

RESULTS = Path(__file__).parent / "results/kill_resume.json"
OFTEN = ["--checkpoint-seconds", "0", "--record-every", "3", "--pictures", "5", "--threads", "1"]
RUNS = {
    "sprint": ["--samples-seen", "4800", "--g-width", "16", "--d-width", "16", *OFTEN],
    "tutorial": ["--samples-seen", "9600", "--recipe", "tutorial", *OFTEN],
    "wgan-gp points": [
        *["--samples-seen", "9600", "--recipe", "mlp", "--loss", "wasserstein", "--gp-weight", "1"],
        *["--r1-gamma", "0", "--d-steps", "3", *OFTEN],
    ],
}  # fmt: skip


def make_data(folder: Path) -> dict[str, str]:
    """Small files of digits and points, so that loading costs little."""
    full = build.dataset("mnist")
    assert full.labels is not None
    np.savez(folder / "digits.npz", samples=full.samples[:2000].numpy(), labels=full.labels[:2000].numpy())
    np.save(folder / "points.npy", build.dataset("ring").samples[:2000].numpy())
    digits, points = str(folder / "digits.npz"), str(folder / "points.npy")
    return {"sprint": digits, "tutorial": digits, "wgan-gp points": points}


def start(arguments: list[str]) -> int:
    """Fork a process that runs one verb; returns its id."""
    child = os.fork()
    if child:
        return child
    with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
        os._exit(sparring(arguments))


def finish(child: int) -> None:
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"a process that nobody killed ended with status {status}")


def fingerprint(run: Path) -> str:
    """SHA-256 of the last checkpoint's tensors and of the history without its timings."""
    newest = max((run / "checkpoints").glob("*.safetensors"))
    total = hashlib.sha256(newest.read_bytes())
    for line in (run / "history.jsonl").read_text().splitlines():
        record = json.loads(line)
        del record["seconds"], record["samples_per_second"]
        total.update(json.dumps(record, sort_keys=True).encode())
    return total.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    torch.set_num_threads(1)
    kills = trials = while_writing = before_first = differing = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = make_data(folder)
        expected, length_seconds = {}, {}
        for name, options in RUNS.items():
            began = time.perf_counter()
            finish(start(["train", data[name], "--out", str(folder / name), *options]))
            length_seconds[name] = time.perf_counter() - began
            expected[name] = fingerprint(folder / name)
        while kills < args.kills:
            name = draw.choice(list(RUNS))
            run = folder / "trial"
            shutil.rmtree(run, ignore_errors=True)
            trials += 1
            verb = ["train", data[name], "--out", str(run), *RUNS[name]]
            for _ in range(draw.randint(1, 5)):
                child = start(verb)
                time.sleep(draw.uniform(0.05, 0.9 * length_seconds[name]))
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                kills += 1
                while_writing += any((run / "checkpoints").glob("*.tmp"))
                before_first += not any((run / "checkpoints").glob("*.json"))
                if (run / "config.toml").exists():
                    verb = ["resume", str(run)]
                else:
                    shutil.rmtree(run, ignore_errors=True)
            finish(start(verb))
            differing += fingerprint(run) != expected[name]
            print(f"{kills} kills, {trials} trials, {differing} differ", flush=True)
    facts = {
        "kills": kills, "trials": trials, "trials_that_differ": differing,
        "kills_while_a_checkpoint_was_written": while_writing,
        "kills_before_the_first_checkpoint": before_first,
        "seed": args.seed, "sparring": __version__, "torch": torch.__version__,
    }  # fmt: skip
    RESULTS.write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))
    if differing:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
