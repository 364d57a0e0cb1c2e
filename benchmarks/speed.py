"""The tutorial's training as tutorials write it against ``--recipe tutorial``: seconds an epoch.

    python benchmarks/speed.py [--pairs 5] [--epochs 1]

One process, pair by pair (plain, ours, plain, ours …), with the same networks, loss, optimizer and
batch. Beside them the arithmetic floor: the epoch's matrix products and nothing else. The whole is
run under both OpenMP wait policies, since torch's own default spins.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch

from common import BATCH, LATENT, machine, plain_loop, save
from sparring import games
from sparring.kinds import find
from sparring.machine.device import Threads
from sparring.machine.threads import available_cores
from sparring.training import suited
from sparring.training.budget import Budget
from sparring.training.loop import train

EPOCH = 60_000
CHOSEN: list[int] = []  # numbers of threads that ours took


def plain_seconds(epochs: float) -> float:
    torch.set_num_threads(available_cores())  # as torch itself does
    loop, samples = plain_loop(), 0
    next(loop)
    start = time.perf_counter()
    while samples < epochs * EPOCH:
        samples += next(loop)
    return time.perf_counter() - start


def our_seconds(epochs: float) -> float:
    data = find.dataset("mnist").unlabelled()
    config = suited.configure(data, "tutorial", epochs=epochs)
    game = games.make(config, data.spec, 0)
    chosen = Threads(fixed=CHOSEN[-1] if CHOSEN else 0)  # a run chooses once, in its first half second
    start = time.perf_counter()
    for _ in train(
        game, data, Budget.of(config.budget), record_every=config.records.record_every, threads=chosen
    ):
        pass
    seconds = time.perf_counter() - start
    CHOSEN.append(torch.get_num_threads())
    return seconds


def floor_seconds(epochs: float) -> float:
    """The matrix products of the forward and backward passes of both players, results thrown away."""
    b, both = BATCH, 2 * BATCH
    shapes = [
        *[(b, LATENT, 256), (b, 256, 784)],  # G(z)
        *[(both, 784, 256), (both, 256, 1)],  # D on real and fake
        *[(1, both, 256), (both, 1, 256), (256, both, 784)],  # D's gradients: two weights, one input
        *[(b, 784, 256), (b, 256, 1)],  # D(G(z))
        *[(b, 1, 256), (b, 256, 784)],  # back through D
        *[(784, b, 256), (b, 784, 256), (256, b, LATENT)],  # G's gradients
    ]
    torch.set_num_threads(available_cores())
    products = [(torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)) for m, k, n in shapes]
    start = time.perf_counter()
    for _ in range(int(epochs * EPOCH / BATCH)):
        for a, b_, out in products:
            torch.mm(a, b_, out=out)
    return time.perf_counter() - start


def measure(pairs: int, epochs: float) -> dict[str, object]:
    for warm_up in (plain_seconds, our_seconds, floor_seconds):
        warm_up(0.05)
    CHOSEN.clear()
    our_seconds(0.05)
    rows = []
    for _ in range(pairs):
        seconds = [f(epochs) / epochs for f in (plain_seconds, our_seconds, floor_seconds)]
        rows.append(dict(zip(("plain", "ours", "floor"), seconds, strict=True)))
        print(os.environ.get("OMP_WAIT_POLICY"), rows[-1], file=sys.stderr, flush=True)
    ratios = [row["plain"] / row["ours"] for row in rows]
    above = [row["ours"] / row["floor"] for row in rows]
    return {
        "seconds_per_epoch": rows,
        "plain_over_ours": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
        "ours_over_floor": {"median": statistics.median(above), "min": min(above), "max": max(above)},
        "threads_chosen": CHOSEN[-1],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--child", action="store_true", help="measure under this process's wait policy")
    args = parser.parse_args()
    if args.child:
        print(json.dumps(measure(args.pairs, args.epochs)))
        return
    facts = machine() | {"epochs": args.epochs, "policies": {}}
    for policy in ("PASSIVE", "ACTIVE"):
        command = [
            sys.executable,
            __file__,
            "--child",
            "--pairs",
            str(args.pairs),
            "--epochs",
            str(args.epochs),
        ]
        environment = os.environ | {"OMP_WAIT_POLICY": policy}
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        facts["policies"][policy] = json.loads(done.stdout)
    save("speed", facts)
    print(json.dumps({k: v["plain_over_ours"] for k, v in facts["policies"].items()}, indent=1))


if __name__ == "__main__":
    main()
