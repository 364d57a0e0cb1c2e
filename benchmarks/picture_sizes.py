"""How fast pictures of each size are trained on, and with how much memory: python benchmarks/picture_sizes.py

For the default recipes of pictures in colour and of small grey ones, and ``modern``: pictures of 32 to 256
pixels in colour, on one thread: the samples of STEPS steps after the first by their CPU seconds, without the
vital signs of each record, and the greatest memory of the process, Python and torch included. Each case has
a process of its own. The pictures are smooth noise: what they show does not change the arithmetic. Raw
results: ``results/picture_sizes.jsonl``.

    python benchmarks/picture_sizes.py [RECIPE SIDE [BATCH]]     one case, with a batch of another size
"""

from __future__ import annotations

import os
import resource
import sys
import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from common import RESULTS, append_row, machine, rows_in
from sparring import games
from sparring.data.arrays import from_array
from sparring.machine.device import Runtime
from sparring.training import plan, suited

SIDES, RECIPES, COUNT, STEPS = (32, 64, 128, 256), ("pictures", "sprint", "modern"), 512, 4
ROWS = RESULTS / "picture_sizes.jsonl"


def smooth(side: int) -> NDArray[np.uint8]:
    """Smooth random pictures (COUNT, 3, side, side)."""
    coarse = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 8, 3), dtype=np.uint8)
    enlarged = [Image.fromarray(each).resize((side, side), Image.Resampling.BICUBIC) for each in coarse]
    return np.stack([np.asarray(each).transpose(2, 0, 1) for each in enlarged])


def measure(recipe: str, side: int, batch: int) -> dict[str, Any]:
    """Speed and memory of one recipe at one size, in this process; ``batch`` 0: as the size asks for."""
    torch.set_num_threads(1)
    data = from_array(smooth(side), name="smooth noise")
    given = {"batch_size": batch} if batch else {}
    options = {"threads": 1, "device": "cpu", "record_every": 1, "vitals": False}
    config = suited.configure(data, recipe, **options, **given)
    size = config.optimizers.batch_size
    config = config.replace(samples_seen=(1 + STEPS) * size)
    trained = plan.as_trained(config.dataset, data)
    game = games.make(config, trained.spec, trained.classes, Runtime("cpu", config.machine.precision, 1))
    times = [time.process_time() for _ in plan.train(config, game, trained)]
    return {
        "recipe": recipe,
        "side": side,
        "batch_size": size,
        "given": bool(batch),
        "widths": [config.networks.g_width, config.networks.d_width],
        "samples_per_second": round(STEPS * size / (times[-1] - times[0]), 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    words = sys.argv[1:]
    cases = [(recipe, side, 0) for recipe in RECIPES for side in SIDES]
    cases += [("sprint", side, 128) for side in (128, 256)]  # as the recipe says, whatever the size
    if words:
        cases = [(words[0], int(words[1]), int(words[2]) if len(words) > 2 else 0)]
    done = {(row["recipe"], row["side"], row["given"]) for row in rows_in(ROWS)}
    for recipe, side, batch in cases:
        if (recipe, side, bool(batch)) not in done and not os.fork():  # a process of its own, which has torch
            row = measure(recipe, side, batch) | machine()
            append_row(ROWS, row)
            print(row, flush=True)
            os._exit(0)
        if (recipe, side, bool(batch)) not in done:
            os.wait()


if __name__ == "__main__":
    main()
