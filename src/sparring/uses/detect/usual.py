"""What is usual at each place of pictures that are cut into tiles, so that tiles of all places can be compared.

A tile with the rim of a wafer scores many times what an empty one does. Were a picture as odd as the tile
with the greatest score, its rim alone would decide, and a scratch elsewhere would be missed. So scores are
divided by what is usual at their place, as far as places differ: if pictures show each time something else
at a place, all places have the same level.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

FAINT = 1e-3  # share of the mean score that is added to each before its logarithm
LEAST = 1e-9  # the least variance of a logarithm, and mean score
NAMES = "usual_faint", "usual_level", "usual_power", "usual_peak"  # of the tensors, beside those of a scorer


class Usual(NamedTuple):
    """The law of what normal pictures score at each of T places.

    Attributes:
        faint: (), added to scores.
        level: (T,), the usual logarithm of a score.
        power: (T,), from 0 to 1, less where scores vary more than elsewhere.
        peak: (T,), the usual greatest value of a heat map.
    """

    faint: Tensor
    level: Tensor
    power: Tensor
    peak: Tensor

    @staticmethod
    def fit(scores: Tensor, peaks: Tensor) -> Usual:
        """Fit to scores and greatest values of heat maps (N, T) of normal pictures, at least two."""
        faint = FAINT * scores.mean().clamp(min=LEAST)
        logs = (scores + faint).log()
        own = logs.var(0)
        shared = own.mean()
        own = drawn(own, 2 * shared.square() / (len(logs) - 1))  # the variance of a variance, of a Gaussian
        power = (shared.clamp(min=LEAST) / own.clamp(min=LEAST)).sqrt().clamp(max=1)
        heat = (peaks.clamp(min=0) + FAINT * peaks.clamp(min=0).mean().clamp(min=LEAST)).log()
        return Usual(faint, levels(logs), power, levels(heat).exp())

    def scores(self, scores: Tensor) -> Tensor:
        """How many times the usual of their place scores (…, T) are."""
        return (self.power * ((scores + self.faint).log() - self.level)).exp()

    def maps(self, maps: Tensor) -> Tensor:
        """Heat maps (T, h, w) in units of the usual greatest value of their place."""
        return maps / self.peak[:, None, None]

    def state(self) -> dict[str, Tensor]:
        """The tensors, by NAMES."""
        return dict(zip(NAMES, self, strict=True))

    @staticmethod
    def of(state: Mapping[str, Tensor]) -> Usual:
        """Take what ``state`` gave.

        Raises:
            KeyError: a part is missing.
        """
        return Usual(*(state[name] for name in NAMES))


def levels(values: Tensor) -> Tensor:
    """The level (T,) of each place of values (N, T): its mean, drawn to that of all as far as chance goes."""
    return drawn(values.mean(0), values.var(0).mean() / len(values))


def drawn(values: Tensor, chance: Tensor) -> Tensor:
    """Values (T,) drawn to their mean, as far as their variance is no more than that of chance ().

    This is the best linear guess of what lies behind them (one-way random effects; Searle, Casella & McCulloch
    1992, section 3.4).
    """
    between = (values.var() - chance).clamp(min=0) if len(values) > 1 else torch.zeros_like(chance)
    share = between / (between + chance).clamp(min=torch.finfo(values.dtype).tiny)
    return values.mean() + share * (values - values.mean())


def apart(scores: Tensor, peaks: Tensor) -> Tensor:
    """The score (N,) of the oddest tile of each picture, beside what is usual in the others; (N, T) each."""
    rest = ~torch.eye(len(scores), dtype=torch.bool)
    return torch.stack(
        [Usual.fit(scores[others], peaks[others]).scores(scores[k]).amax() for k, others in enumerate(rest)]
    )
