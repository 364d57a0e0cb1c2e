"""Draws docs/images/picture-curves.png: how far pictures are from real ones after how much training.

    python scripts/make_picture_curves.py

A panel for each set of which ``benchmarks/results/pictures.jsonl`` has several budgets, and a line for each
method: the excess distance by MobileNetV2, mean of the seeds, from the least to the greatest of them.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
from rows import lines_of  # noqa: E402

OUT = ROOT / "docs/images/picture-curves.png"
COLOURS = {
    "default": "C0",
    "steep-features": "C5",
    "usual-lengths": "C1",
    "modern": "C2",
    "small-data": "C4",
    "dcgan": "C3",
}
DEFAULTS = ("default", "steep-features", "usual-lengths")
TICKS = (60, 150, 600, 1800)  # CPU seconds
LEAST = 1.0  # excess that is drawn; a smaller one is not told from noise

Curve = dict[float, list[float]]  # the excess of each seed, by CPU seconds


def curves() -> dict[str, dict[str, Curve]]:
    """By set and method; only sets of which a default was measured after several times."""
    found: dict[str, dict[str, Curve]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in lines_of("pictures"):
        if row["method"] in COLOURS:
            found[row["set"]][row["method"]][row["seconds"]].append(max(LEAST, row["mobilenet_excess"]))
    return {name: methods for name, methods in found.items() if max(len(methods[m]) for m in DEFAULTS) > 1}


def draw(axis: Axes, title: str, methods: dict[str, Curve]) -> None:
    for method, colour in COLOURS.items():
        curve = sorted(methods.get(method, {}).items())
        if curve:
            seconds = [second for second, _ in curve]
            axis.plot(
                seconds, [sum(seeds) / len(seeds) for _, seeds in curve], "o-", color=colour, label=method
            )
            axis.fill_between(
                seconds, [min(seeds) for _, seeds in curve], [max(seeds) for _, seeds in curve],
                color=colour, alpha=0.2, linewidth=0,
            )  # fmt: skip
    axis.set(title=title, xscale="log", yscale="log", xlabel="CPU seconds of one core")
    axis.set_xticks(TICKS, [f"{tick:,}" for tick in TICKS])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.grid(alpha=0.3, which="both")


def main() -> None:
    panels = curves()
    figure, axes = plt.subplots(1, len(panels), figsize=(4 * len(panels), 3.6), sharey=True, squeeze=False)
    for axis, (title, methods) in zip(axes[0], panels.items(), strict=True):
        draw(axis, title, methods)
    axes[0][0].set_ylabel("distance above that of real pictures")
    shown = {
        label: line for axis in axes[0] for line, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.tight_layout(rect=(0, 0.08, 1, 1))  # above the legend, which would hide lines within a panel
    figure.legend([*shown.values()], [*shown], loc="lower center", ncols=len(shown), frameon=False)
    figure.savefig(OUT, dpi=75)
    print(OUT)


if __name__ == "__main__":
    main()
