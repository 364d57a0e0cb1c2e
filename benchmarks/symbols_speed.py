"""How many texts and pieces of music a generator of the default recipe draws in a second of CPU time.

    python benchmarks/symbols_speed.py

One thread, 1,000 samples a call, decoded, the median of five calls; what a generator has learnt does not change
its speed, so it is not trained. Raw results in benchmarks/results/symbols_speed.json.
"""

from __future__ import annotations

import json
import statistics
import time

import torch

from common import machine, save
from sparring import games
from sparring.games import drawing
from sparring.kinds import find
from sparring.training import suited

SETS = ("names", "tang", "chorales")
COUNT, CALLS = 1_000, 5


def per_second(name: str) -> float:
    """Samples of a set that are drawn in a second of CPU time."""
    data = find.dataset(name)
    config = suited.configure(data, "auto", seed=0)
    game = games.make(config, data.spec, 0)
    latents = drawing.random_latents(COUNT, config.networks.latent_dim, 0)
    seconds = []
    for _ in range(1 + CALLS):  # the first one warms up
        started = time.process_time()
        drawing.decoded(game.sampling_generator, data.spec, latents)
        seconds.append(time.process_time() - started)
    return COUNT / statistics.median(seconds[1:])


def main() -> None:
    torch.set_num_threads(1)
    found = {"machine": machine(), "per_second": {name: round(per_second(name)) for name in SETS}}
    save("symbols_speed", found)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
