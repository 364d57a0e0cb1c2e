"""Draws docs/images/dirac.png: how two players of the simplest GAN move under each loss and cure.

python scripts/make_dirac_figure.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from dirac import GAMES, RATE, trajectory

OUT = Path(__file__).parents[1] / "docs/images/dirac.png"
STEPS = 300
BY_NAME = {game.name: game for game in GAMES}
PANELS: dict[str, tuple[str, ...]] = {
    "no cure, logistic": ("minimax", "non-saturating"),
    "1-Lipschitz by force": ("Wasserstein, clipped", "WGAN-GP"),
    "a zero-centred slope, or noise": (
        "R1, gamma 0.3",
        "R1, gamma 1: critical",
        "R1, gamma 3",
        "instance noise",
    ),
}
COLOURS = {name: f"C{k}" for k, name in enumerate(name for names in PANELS.values() for name in names)}


def draw(axis: Axes, title: str, names: tuple[str, ...]) -> None:
    for name in names:
        path = trajectory(BY_NAME[name], steps=STEPS)
        axis.plot(path[:, 0], path[:, 1], color=COLOURS[name], label=name, linewidth=1)
    axis.plot(0, 0, "k*", markersize=8)
    axis.set(title=title, xlim=(-1.7, 1.7), ylim=(-1.7, 1.7), aspect="equal", xlabel="θ, the forged point")
    axis.legend(fontsize=7, loc="lower left", frameon=False)


def main() -> None:
    figure, axes = plt.subplots(1, 4, figsize=(15, 3.9))
    for axis, (title, names) in zip(axes, PANELS.items(), strict=False):
        draw(axis, title, names)
    axes[0].set_ylabel("ψ, the discriminator's slope")
    for name, colour in COLOURS.items():
        distance = trajectory(BY_NAME[name], steps=STEPS).norm(dim=1)
        axes[3].semilogy(distance, color=colour, label=name, linewidth=1)
    axes[3].set(title="distance from the equilibrium", xlabel=f"steps of rate {RATE}", ylim=(1e-4, 4))
    axes[3].legend(fontsize=7, frameon=False)
    figure.tight_layout()
    OUT.parent.mkdir(exist_ok=True)
    figure.savefig(OUT, dpi=75)
    print(OUT)


if __name__ == "__main__":
    main()
