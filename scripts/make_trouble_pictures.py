"""Draws docs/images/troubles/: the samples of each disease, and its signs beside a healthy training's.

python scripts/make_trouble_pictures.py [disease ...]; each is provoked as make_troubles.py says. Those on data
that are not built in need the folder that benchmarks/picture_sets.py made, in the variable SETS.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import torch

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
sys.path.insert(0, str(Path(__file__).parent))
from make_troubles import MADE
from palette import LIGHT

from doctor import pictures
from doctor.judge import record_of
from doctor.run import prepared
from sparring import games, kinds
from sparring.doctor.rule import Rule, Sign
from sparring.doctor.rules import RULES
from sparring.doctor.signals import Signals
from sparring.errors import NonFiniteError
from sparring.games import drawing
from sparring.history.record import Record
from sparring.kinds import find
from sparring.kinds.sheets import mosaic
from sparring.machine.device import Threads
from sparring.training import plan, suited
from sparring.training.budget import Budget
from sparring.training.loop import train

FOLDER = Path(os.environ.get("SETS", "sets"))
OUT = Path(__file__).parents[1] / "docs/images/troubles"
STEPS = 600
EMOJI = "the recipe sprint on emoji"
CURED = "the recipe tutorial, cured"
PICTURED = {  # recipes: their data, options and steps
    "the recipe tutorial": ("mnist", "tutorial", {}, 2400),
    CURED: ("mnist", "tutorial", {"r1_gamma": 10.0}, 2400),
    "the recipe sprint on emoji with transposed convolutions": (
        "emoji",
        "sprint",
        {"upsampling": "transposed"},
        400,
    ),
    EMOJI: ("emoji", "sprint", {}, 500),
}
WELL = {
    "the recipe tutorial": CURED,
    "the recipe sprint on emoji with transposed convolutions": EMOJI,
    "one class without latent on CIFAR-10": "control on CIFAR-10",
    "control on CIFAR-10": "control on emoji",
    "width 2 on CIFAR-10": "control on emoji",
    "width 2 on emoji": "control on emoji",
}


SETS = {"CIFAR-10": "cifar10", "emoji": "emoji"}  # of benchmarks/picture_sets.py


class Course(NamedTuple):
    """A training's signals at each record, and its last samples."""

    steps: list[int]
    signals: list[dict[str, float]]
    samples: np.ndarray  # (H, W) or (H, W, 3)


def course(made: str) -> Course:
    """Train what is so named."""
    torch.set_num_threads(1)
    training, _, on = made.partition(" on ")
    if on in SETS and training in pictures.CASES:
        row, drawn = pictures.measure(pictures.split(FOLDER, SETS[on]), pictures.CASES[training])
        return of_rows([record_of(line) for line in row["records"]], row["options"], drawn)
    held_out = None
    if made in PICTURED:
        name, recipe, options, steps_made = PICTURED[made]
        whole = find.dataset(name)
        batch = suited.configure(whole, recipe).optimizers.batch_size
        config = suited.configure(whole, recipe, seed=0, samples_seen=batch * steps_made, **options)
        data, held_out = plan.parts(config.dataset, whole)
        game, every = games.make(config, data.spec, data.classes), 100
    else:
        config, game, data, held_out = prepared("mnist", made, 0, STEPS)
        every = 50
    signals, steps, found = Signals(config.flat()), [], []
    try:
        for record in train(
            game, data, Budget.of(config.budget), batch_size=config.optimizers.batch_size, seed=config.seed,
            record_every=every, threads=Threads(fixed=1), held_out=held_out, vitals=True,
        ):  # fmt: skip
            steps.append(record.step)
            found.append(signals.of(record))
    except NonFiniteError:
        steps.append(game.clock.step)
        found.append(signals.of(Record(game.clock.step, 0, 0.0, 1.0, {"non_finite": 1.0})))
    latents = drawing.random_latents(48, game.latent_dim, 0)
    labels = torch.arange(48) // 8 % data.classes if data.classes else None
    drawn = data.spec.decode(drawing.draw(game.sampling_generator, latents, labels).nan_to_num())
    return Course(steps, found, np.asarray(kinds.of(data.spec).sheet(drawn.numpy(), data.spec, 8)))


def of_rows(records: list[Record], options: dict[str, Any], drawn: np.ndarray) -> Course:
    """The course of a history whose last samples (N, C, H, W) are these."""
    signals = Signals(options)
    tiles = mosaic(np.ascontiguousarray(drawn[:48].transpose(0, 2, 3, 1)), 8)
    return Course(
        [record.step for record in records], [signals.of(record) for record in records], np.asarray(tiles)
    )


def draw(rule: Rule, ill: Course, well: Course) -> None:
    count = len(rule.signs)
    figure, axes = plt.subplots(1, 1 + count, figsize=(3.2 + 2.6 * count, 2.5), squeeze=False)
    left, *rest = axes[0]
    left.imshow(ill.samples, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    left.axis("off")
    for axis, sign in zip(rest, rule.signs, strict=True):
        curve(axis, sign, ill, well)
    figure.tight_layout()
    figure.savefig(OUT / f"{rule.name}.png", dpi=80)
    plt.close(figure)


def curve(axis: Axes, sign: Sign, ill: Course, well: Course) -> None:
    seen = []
    for which, colour in ((well, "0.6"), (ill, LIGHT["illline"])):
        points = [
            (step, found[sign.name])
            for step, found in zip(which.steps, which.signals, strict=True)
            if sign.name in found
        ]
        if points:
            marker = "o" if len(points) == 1 else ""
            axis.plot(*zip(*points, strict=True), color=colour, linewidth=1.6, marker=marker)
            seen += [value for _, value in points]
    for bound in (sign.low, sign.high):
        if np.isfinite(bound):
            axis.axhline(bound, color="k", linestyle="--", linewidth=0.8)
    if seen and min(seen) > 0 and max(seen) > 100 * min(seen):
        axis.set_yscale("log")
    axis.set_title(sign.name, fontsize=9)
    axis.set_xlabel("step", fontsize=8)
    axis.tick_params(labelsize=7)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    rules = [rule for rule in RULES if not sys.argv[1:] or rule.name in sys.argv[1:]]
    made = sorted({MADE[rule.name] for rule in rules})
    wells = {name: WELL.get(name, "control") for name in made}
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        futures = {name: pool.submit(course, name) for name in {*made, *wells.values()}}
        of = cache(lambda name: futures[name].result())
        for rule in rules:
            name = MADE[rule.name]
            draw(rule, of(name), of(wells[name]))
            print(rule.name, flush=True)


if __name__ == "__main__":
    main()
