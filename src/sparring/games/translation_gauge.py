"""Measure at each record what a translation does to its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from sparring import kinds
from sparring.data.spec import Dataset
from sparring.games.translation_step import as_given

if TYPE_CHECKING:
    from sparring.games.translation import TranslationGame

MOST = 64  # sources in a measurement


def changed(outputs: Tensor, sources: Tensor, targets: Tensor) -> float | None:
    """mean |output - source| over mean |target - source|; None if nothing has to change."""
    needed = float((targets - sources).abs().mean())
    return float((outputs - sources).abs().mean()) / needed if needed else None


def agreement(outputs: Tensor, others: Tensor) -> float:
    """The mean cosine of vectors (N, D), each without its mean; -1: bright where the other is dark."""
    a, b = (side - side.mean(1, keepdim=True) for side in (outputs, others))
    return float(cosine_similarity(a, b, dim=1).mean())


class TranslationGauge:
    """Measures ``changed`` and ``agreement`` on fixed pictures, held out if there are any.

    Without pairs, an output is compared in shape with its source, and what has to change is what parts sources
    from targets at random.
    """

    def __init__(self, game: TranslationGame, data: Dataset, held_out: Dataset | None) -> None:
        some = held_out or data
        assert some.given is not None
        count = min(MOST, len(some), len(some.given))
        places = torch.arange(count)
        batch = some.batch(places.to(some.samples.device)).to(game.runtime.device)
        assert batch.given is not None
        self.game, self.given, self.targets = game, batch.given, batch.real
        self.sources, self.coarse = as_given(batch.given, batch.real), kinds.of(some.spec).coarse

    @torch.no_grad()
    def __call__(self) -> dict[str, float]:
        """The values for a record; those that are not defined are left out."""
        outputs = self.game.draw(self.given)
        others = self.targets if self.game.paired else self.sources
        found = {"agreement": agreement(self.coarse(outputs), self.coarse(others))}
        share = changed(outputs, self.sources, self.targets)
        return found | ({} if share is None else {"changed": share})
