"""Where the time of a step goes: python benchmarks/picture_profile.py

For each of CASES, STEPS steps of a recipe after a few to warm up, on one thread, without vital signs, and as
many more with torch's profiler, which gives the time of each operation by itself: run it on a quiet machine.
Operations are summed into GROUPS, and what is left of the first steps' CPU time is Python and the calls of
torch. The share of the frozen features is by difference: the same training without them, in turn with the
training with them. The floor is the time of convolutions, matrix products and their gradients: no program
that trains these networks with this library of convolutions takes less. Raw results:
``results/picture_profile.jsonl``.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from common import RESULTS, append_row, machine, rows_in
from picture_sizes import smooth
from sparring import games
from sparring.data.arrays import from_array
from sparring.data.builtin import mnist
from sparring.data.spec import Dataset
from sparring.machine.device import Runtime
from sparring.training import plan, suited

CASES = [("sprint", 28), ("modern", 28), ("pictures", 32), ("pictures", 64), ("pictures", 128)]
WARM_UP, STEPS, TURNS = 8, 16, 3  # steps; a penalty comes every eighth
GROUPS = {
    "convolutions": ("conv", "mkldnn", "onednn"),
    "matrix products": ("addmm", "mm", "bmm", "linear"),
    "norms": ("batch_norm", "native_batch_norm"),
    "optimizer and averages": ("_foreach", "_fused", "lerp"),
}
ROWS = RESULTS / "picture_profile.jsonl"


def group_of(operation: str) -> str:
    """The group of an operation such as aten::convolution_backward; "element by element" for all others."""
    name = operation.removeprefix("aten::")
    found = (group for group, words in GROUPS.items() if any(word in name for word in words))
    return next(found, "element by element")


def of_side(side: int) -> Dataset:
    """MNIST for 28 pixels, otherwise smooth pictures in colour."""
    return mnist("train") if side == 28 else from_array(smooth(side), name="smooth noise")


def profiled(recipe: str, data: Dataset, **changes: Any) -> dict[str, float]:
    """Milliseconds of CPU time of a step, by group, in all, and of Python."""
    options = {"threads": 1, "device": "cpu", "record_every": 1, "vitals": False} | changes
    config = suited.configure(data, recipe, **options)
    config = config.replace(samples_seen=(WARM_UP + 2 * STEPS) * config.optimizers.batch_size, grow=0.0)
    trained = plan.as_trained(config.dataset, data)
    game = games.make(config, trained.spec, trained.classes, Runtime("cpu", config.machine.precision, 1))
    records = plan.train(config, game, trained)
    for _ in range(WARM_UP):
        next(records)
    started = time.process_time()
    for _ in range(STEPS):
        next(records)
    whole = 1000 * (time.process_time() - started) / STEPS
    with profile(activities=[ProfilerActivity.CPU]) as watched:
        for _ in range(STEPS):
            next(records)
    groups: Counter[str] = Counter()
    for event in watched.key_averages():
        if event.key.startswith(("aten::", "mkldnn")):
            groups[group_of(event.key)] += event.self_cpu_time_total / 1000 / STEPS
    return {**groups, "Python": whole - sum(groups.values()), "whole": whole}


def measure(recipe: str, side: int) -> dict[str, Any]:
    """The medians of TURNS turns, with features and without them in each."""
    torch.set_num_threads(1)
    data = of_side(side)
    has_features = suited.configure(data, recipe).networks.d_features != "none"
    turns, without = [], []
    for _ in range(TURNS):
        turns.append(profiled(recipe, data))
        without.append(
            profiled(recipe, data, d_features="none")["whole"] if has_features else turns[-1]["whole"]
        )
    row = {name: statistics.median(turn.get(name, 0.0) for turn in turns) for name in turns[0]}
    apart = statistics.median(turn["whole"] - other for turn, other in zip(turns, without, strict=True))
    floor = row["convolutions"] + row["matrix products"]
    return {"recipe": recipe, "side": side, "milliseconds": row, "features": apart, "floor": floor}


def main() -> None:
    done = {(row["recipe"], row["side"]) for row in rows_in(ROWS)}
    for recipe, side in CASES:
        if (recipe, side) not in done:
            row = measure(recipe, side) | machine()
            print(row, flush=True)
            append_row(ROWS, row)


if __name__ == "__main__":
    main()
