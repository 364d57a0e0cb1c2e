"""Measure at each record what a translation does to its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sparring import kinds
from sparring.data.spec import Dataset
from sparring.games.translation_step import as_given
from sparring.metrics.translation import leaked

if TYPE_CHECKING:
    from sparring.games.translation import TranslationGame

MOST = 64  # sources in a measurement
FEW = 32  # held-out pictures, below which those of the training tell more
SKEWED = 0.3  # skewness of values, from which on a side is bright on dark, or dark on bright
LEAST = 1e-6  # variance, below which there is none


def changed(outputs: Tensor, sources: Tensor, targets: Tensor) -> float | None:
    """mean |output - source| over mean |target - source|; None if nothing has to change."""
    needed = float((targets - sources).abs().mean())
    return float((outputs - sources).abs().mean()) / needed if needed else None


def agreement(outputs: Tensor, own: Tensor) -> float | None:
    """How much more each output is like its own vector than like the others of ``own``, (N, D) each.

    Cosines of vectors without their means. 1: as much as that vector itself; 0: no more than like any other, as
    if the source did not matter; below 0: bright where its own is dark. None if ``own`` are all the same.
    """
    a, b = (normalize(side - side.mean(1, keepdim=True), dim=1) for side in (outputs, own))
    best = 1 - _of_others(b, b)
    return float(((a * b).sum(1).mean() - _of_others(a, b)) / best) if best > LEAST else None


def _of_others(a: Tensor, b: Tensor) -> Tensor:
    """The mean cosine of rows of a and rows of b at other places, for rows of length 1."""
    cosines = a @ b.T
    return (cosines.sum() - cosines.trace()) / max(1, cosines.numel() - len(cosines))


def polarity(sources: Tensor, targets: Tensor) -> int:
    """-1 if one side is bright on dark and the other dark on bright, as lines on black and on paper; else 1.

    By the skewness of all values: of few bright values among many dark ones it is above 0.
    """
    of = [float(_skewness(side.flatten())) for side in (sources, targets)]
    return -1 if of[0] * of[1] < 0 and min(map(abs, of)) > SKEWED else 1


def _skewness(values: Tensor) -> Tensor:
    values = values - values.mean()
    return values.pow(3).mean() / values.square().mean().clamp_min(LEAST).pow(1.5)


class TranslationGauge:
    """Measures ``changed`` and ``agreement`` on fixed pictures, held out if there are enough, and ``leaked``.

    Without pairs, an output is compared in shape with its source (with the opposite sign, where ``polarity``
    says so), and what has to change is what parts sources from targets at random.
    """

    def __init__(self, game: TranslationGame, data: Dataset, held_out: Dataset | None) -> None:
        some = held_out if held_out is not None and len(held_out) >= FEW else data
        assert some.given is not None
        count = min(MOST, len(some), len(some.given))
        places = torch.arange(count)
        batch = some.batch(places.to(some.samples.device)).to(game.runtime.device)
        assert batch.given is not None
        self.game, self.given, self.targets = game, batch.given, batch.real
        self.sources, self.coarse = as_given(batch.given, batch.real), kinds.of(some.spec).coarse
        self.own = self.coarse(self.targets if game.paired else self.sources)
        self.sign = 1 if game.paired else polarity(batch.given, batch.real)
        self.leaked = None if game.paired else _leaked(data)

    @torch.no_grad()
    def __call__(self) -> dict[str, float]:
        """The values for a record; those that are not defined are left out."""
        outputs = self.game.draw(self.given)
        found = {
            "changed": changed(outputs, self.sources, self.targets),
            "agreement": agreement(self.coarse(outputs), self.own),
            "leaked": self.leaked,
        }
        signs = {"agreement": self.sign}
        return {name: signs.get(name, 1) * value for name, value in found.items() if value is not None}


def _leaked(data: Dataset) -> float | None:
    """The share of sources that have their own target among the targets."""
    assert data.given is not None
    return leaked(*(kinds.of(side.spec).for_features(side.samples, side.spec) for side in (data.given, data)))
