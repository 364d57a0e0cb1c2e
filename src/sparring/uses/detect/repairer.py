"""The repairer: pictures are damaged on purpose, and networks learn to repair them and to mark the damage.

What is odd is what the repairer changes and the segmenter marks: the idea of DRAEM (Zavrtanik et al. 2021) and
GRD-Net (Ferrari et al. 2023), as a game: a judge tells whole pictures from repaired ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from sparring.networks.repair import Judge, Repairer, Segmenter
from sparring.uses.detect.adversary import Turn, encoded, play, reduced, seeded, settle, take_weights, weights
from sparring.uses.detect.baselines import smoothed
from sparring.uses.detect.damage import damage
from sparring.uses.detect.scorer import Fitting, Scored

WHOLE = 0.3  # share of the pictures that are left whole
FOCUS = 2  # the power of the focal loss (Lin et al. 2017), which turns to what is not yet right
MARKING = 5.0  # weight of the segmenter's loss
SHARPNESS = 1.0  # of the soft maximum over places


class Repair:
    """A repairer, a segmenter and a judge; the score is the soft maximum of the segmenter's logits."""

    sees = "pixels"
    about = "what a network that learned to repair damage would change, and another would mark"
    trained = True

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        self._make(normals.shape[1], fitting.seed)
        players = torch.nn.ModuleDict({name: self.networks[name] for name in ("repairer", "segmenter")})
        judge = self.networks["judge"]
        assert isinstance(judge, Judge)
        small = reduced(normals.float()).round().to(torch.uint8)
        play(players, judge, self._turn, encoded(small), fitting, "repairer")
        settle(self.networks)

    def _make(self, channels: int, seed: int) -> None:
        makers = (("repairer", Repairer), ("segmenter", Segmenter), ("judge", Judge))
        self.networks = {name: seeded(make, seed + k, channels) for k, (name, make) in enumerate(makers)}

    def _turn(self, real: Tensor, rng: torch.Generator) -> Turn:
        pictures = ((real + 1) * 127.5).round().to(torch.uint8)
        broken = damage(pictures, rng)
        whole = torch.rand(len(real), generator=rng) < WHOLE
        given = torch.where(whole[:, None, None, None], real, encoded(broken.pictures))
        masks = (broken.masks & ~whole[:, None, None]).float()
        made = self.networks["repairer"](given)
        logits = self.networks["segmenter"](given, made)
        return Turn(made, real, distance(made, real) + MARKING * focal(logits, masks))

    def score(self, view: Tensor) -> Scored:
        pictures = encoded(view)
        logits = self.networks["segmenter"](pictures, self.networks["repairer"](pictures))
        return Scored((logits / SHARPNESS).flatten(1).logsumexp(1), smoothed(logits))

    def state(self) -> dict[str, Tensor]:
        return weights(self.networks)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._make(state["judge.layers.0.parametrizations.weight.original"].shape[1], 0)
        take_weights(self.networks, state)


def distance(made: Tensor, real: Tensor) -> Tensor:
    """The mean absolute plus the mean squared difference, ()."""
    difference = made - real
    return difference.abs().mean() + difference.square().mean()


def focal(logits: Tensor, masks: Tensor) -> Tensor:
    """The focal loss () of logits (B, H, W) against masks (B, H, W) of 0 and 1."""
    loss = binary_cross_entropy_with_logits(logits, masks, reduction="none")
    return (loss * (1 - torch.exp(-loss)) ** FOCUS).mean()
