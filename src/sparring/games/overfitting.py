"""Measure whether the discriminator has learnt what is real, or only its training set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from sparring.data.spec import Batch, Dataset
from sparring.games.adversarial_step import forge
from sparring.networks.network import at_rest, play

if TYPE_CHECKING:
    from sparring.games.adversarial import AdversarialGame

MOST = 256  # the most training, held-out and fake samples in a measurement


def gap(train: Tensor, held_out: Tensor, fake: Tensor) -> float | None:
    """r_v = (E D(train) - E D(held out)) / (E D(train) - E D(fake)) (Karras et al. 2020, eq. 1).

    0 if held-out samples look as real as training samples, 1 if they look like fakes; None if the
    discriminator gives training samples and fakes the same score.
    """
    lead = float((train.mean() - fake.mean()).double())
    ahead = float((train.mean() - held_out.mean()).double())
    return ahead / lead if abs(lead) > 1e-6 * (1 + abs(float(train.mean()))) else None


class HeldOutGap:
    """Measures ``gap`` of a game on fixed samples without augmentation; the game does not change."""

    def __init__(self, game: AdversarialGame, data: Dataset, held_out: Dataset, seed: int) -> None:
        self.game, self.seed = game, seed
        self.train, self.held_out = (_some(part, game, seed) for part in (data, held_out))

    @torch.no_grad()
    def __call__(self) -> dict[str, float]:
        """``held_out_gap`` for a record; empty if it is not defined."""
        game = self.game
        rng = torch.Generator(game.runtime.device).manual_seed(self.seed)
        with at_rest(*game.players.values()):
            fakes = self.train._replace(real=forge(game, self.train, rng))
            logits = [self._logits(batch) for batch in (self.train, self.held_out, fakes)]
        found = gap(*logits)
        return {} if found is None else {"held_out_gap": found}

    def _logits(self, batch: Batch) -> Tensor:
        return play(self.game.discriminator, batch.real, batch.labels).float()


def _some(data: Dataset, game: AdversarialGame, seed: int) -> Batch:
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    return data.batch(order[:MOST].to(data.samples.device)).to(game.runtime.device)
