"""Draws docs/images/evaluation.png: what each number sees, on points whose law is known.

python scripts/make_evaluation_figure.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import torch
from torch import Tensor

mpl.use("Agg")
from matplotlib import pyplot as plt
from palette import LIGHT

from sparring.data.toy import Mixture, ring
from sparring.metrics.evaluation import Evaluation, evaluate
from sparring.metrics.extractors import Reals
from sparring.metrics.features import Samples, raw

COUNT = 2000
LAW = ring(sigma=0.08)
OUT = Path(__file__).parents[1] / "docs/images/evaluation.png"


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def cases() -> dict[str, Tensor]:
    """Fakes (COUNT, 2) with one fault each."""
    narrow, wide = Mixture(LAW.means, 0.02), Mixture(LAW.means, 0.24)
    return {
        "fresh samples of the law": LAW.sample(COUNT, seeded(2)),
        "half of the modes forgotten": Mixture(LAW.means[:4], LAW.sigma).sample(COUNT, seeded(3)),
        "too wide": wide.sample(COUNT, seeded(4)),
        "too typical": narrow.sample(COUNT, seeded(5)),
        "one blob of the same mean and covariance": 0.5**0.5 * torch.randn(COUNT, 2, generator=seeded(6)),
        "copies of the training set": LAW.sample(COUNT, seeded(0))
        + 0.001 * torch.randn(COUNT, 2, generator=seeded(7)),
    }


def caption(found: Evaluation) -> str:
    fake, copying = found.fake, found.copying
    assert copying is not None
    return (
        f"Fréchet {found.frechet_mean:.4f} (floor {found.floor:.4f})\n"
        f"kernel {fake.kernel:.4f} ± {fake.kernel_error:.4f}   MIND {fake.mind:.3f}\n"
        f"precision {fake.precision:.0%}   recall {fake.recall:.0%}\n"
        f"density {fake.density:.2f}   coverage {fake.coverage:.0%}\n"
        f"$C_T$ {copying.c_t:.1f}   authentic {copying.authentic:.0%} "
        f"(reals {copying.authentic_held_out:.0%})"
    )


def main() -> None:
    real = LAW.sample(COUNT, seeded(0))
    held_out = Reals(LAW.sample(COUNT, seeded(1)), data="ring")
    figure, axes = plt.subplots(2, 3, figsize=(11, 10))
    for axis, (name, points) in zip(axes.flat, cases().items(), strict=True):
        found, _ = evaluate(
            raw("points", (2,)), Reals(real, data="ring"), lambda _, p=points: Samples(p), held_out=held_out
        )
        axis.scatter(*real.T, s=3, color=LIGHT["real"], label="real")
        axis.scatter(*points.T, s=3, color=LIGHT["fake"], alpha=0.5, label="fake")
        axis.set(title=name, xlim=(-1.9, 1.9), ylim=(-1.9, 1.9), aspect="equal", xticks=[], yticks=[])
        axis.set_xlabel(caption(found), fontsize=9, family="monospace")
    axes[0, 0].legend(loc="center", frameon=False, markerscale=3)
    OUT.parent.mkdir(exist_ok=True)
    figure.tight_layout(h_pad=2)
    figure.savefig(OUT, dpi=90, bbox_inches="tight")
    print(OUT)


if __name__ == "__main__":
    main()
