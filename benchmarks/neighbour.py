"""Images a second alone and beside a busy neighbour: the plain loop, its threads as torch sets them, and ours.

    python benchmarks/neighbour.py [--seconds 12] [--rounds 3]

Each measurement is a process of its own; "busy" runs one more process beside it that computes
without pause. Rounds interleave all cases. The plain loop here is fed from memory, without its slow
per-item transform, so that threads decide its speed and not the reading.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import torch
from torch import nn

from common import BATCH, LATENT, machine, save, tutorial_players

PLAIN, SPINNING = "plain", "plain, threads that spin without end"
BUSY = "x = 1\nwhile True:\n    x = (x * 1103515245 + 12345) % 2147483648"


def plain_in_memory() -> Iterator[int]:
    """The tutorials' loop on tensors that are already in memory."""
    from sparring.data.builtin import mnist

    data = mnist("train")
    pictures = data.spec.encode(data.samples).flatten(1)
    generator, discriminator = tutorial_players()
    criterion = nn.BCELoss()
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4)
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    while True:
        for indices in torch.randperm(len(pictures)).split(BATCH)[:-1]:
            fake = generator(torch.randn(BATCH, LATENT))
            real_loss = criterion(discriminator(pictures[indices]), ones)
            d_loss = real_loss + criterion(discriminator(fake.detach()), zeros)
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
            g_loss = criterion(discriminator(fake), ones)
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            yield BATCH


def ours(recipe: str, seconds: float) -> float:
    from sparring import games
    from sparring.kinds import find
    from sparring.machine.device import Threads
    from sparring.training import plan, suited
    from sparring.training.budget import Budget
    from sparring.training.loop import train

    data = find.dataset("mnist")
    config = suited.configure(data, recipe, minutes=seconds / 60, record_every=20)
    data = plan.as_trained(config.dataset, data)
    game = games.make(config, data.spec, data.classes)
    threads = Threads(adaptive=True)
    records = list(
        train(
            game,
            data,
            Budget.of(config.budget),
            batch_size=config.optimizers.batch_size,
            record_every=20,
            threads=threads,
        )
    )
    return records[-1].samples_seen / records[-1].seconds


def child(case: str, seconds: float) -> float:
    if case not in (PLAIN, SPINNING):
        return ours(case, seconds)
    loop, samples = plain_in_memory(), 0
    next(loop)
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        samples += next(loop)
    return samples / seconds


def measure(case: str, busy: bool, seconds: float) -> float:
    environment = dict(os.environ)
    if case in (PLAIN, SPINNING):  # importing sparring has set both
        for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
            environment.pop(name, None)
    if case == SPINNING:
        environment["OMP_WAIT_POLICY"] = "ACTIVE"
    neighbour = subprocess.Popen([sys.executable, "-c", BUSY]) if busy else None
    try:
        command = [sys.executable, __file__, "--child", case, "--seconds", str(seconds)]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    finally:
        if neighbour:
            neighbour.kill()
            neighbour.wait()
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child")
    args = parser.parse_args()
    if args.child:
        print(child(args.child, args.seconds))
        return
    facts = machine()
    speeds: dict[str, dict[str, list[float]]] = {}
    for _ in range(args.rounds):
        for case in (PLAIN, SPINNING, "tutorial", "sprint"):
            for name, busy in (("alone", False), ("busy", True)):
                speed = measure(case, busy, args.seconds)
                speeds.setdefault(case, {}).setdefault(name, []).append(round(speed))
                print(case, name, round(speed), flush=True)
    medians = {c: {n: statistics.median(v) for n, v in by.items()} for c, by in speeds.items()}
    kept = {c: round(m["busy"] / m["alone"], 3) for c, m in medians.items()}
    save("neighbour", facts | {"images_per_second": speeds, "median": medians, "kept_beside_neighbour": kept})
    print(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
