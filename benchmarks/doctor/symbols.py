"""What can go wrong with texts and music, healthy variants of their trainings, and the sets they are made on.

Players are as small as a few seconds allow. Thresholds are fixed on names and on chorales; verse and the outer
voices of the chorales are run unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from doctor.faults import COLLAPSE, FAST, FAULTS, WON, Case, first, one_class
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.games.adversarial import AdversarialGame
from sparring.kinds import find

OUTER = "outer voices"
SETS = ("names", "tang", "chorales", OUTER)
STEPS = 450
SMALL = {"batch_size": 32, "g_width": 32, "d_width": 32, "latent_dim": 32, "depth": 1, "ema_half_life": 2_000}
CHEAP = {"penalty_every": 8, "g_lr": 1.5e-3, "d_lr": 1.5e-3}  # beside SMALL, for texts
MUTED = -1e4  # a logit that is never the greatest
SAME = ("one-text", "dead-symbols", *COLLAPSE)


class Blocked(nn.Module):
    """A last layer whose argmax passes no gradient."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, logits: Tensor) -> Tensor:
        chosen: Tensor = self.head(logits)
        return chosen.detach() + 0 * logits.sum()


class Muted(nn.Module):
    """A last layer that never chooses every other symbol."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, logits: Tensor) -> Tensor:
        every_other = torch.arange(logits.shape[-1]) % 2 == 1
        chosen: Tensor = self.head(logits.masked_fill(every_other, MUTED))
        return chosen


def last_layer(kind: Callable[[nn.Module], nn.Module]) -> Callable[[AdversarialGame], object]:
    """Put something around the last layer of the generator."""

    def change(game: AdversarialGame) -> None:
        for network in [game.generator, *([game.average.network] if game.average else [])]:
            network.head = kind(network.head)  # type: ignore[arg-type]

    return change


SYMBOL_FAULTS: dict[str, Case] = {
    **{
        name: FAULTS[name]
        for name in (
            "generator's optimizer has the wrong weights",
            "discriminator is never stepped",
            "real and forged swapped in D's loss",
            "wrong sign of the generator's loss",
            "discriminator's rate next to nothing",
            "R1 a thousand times too strong",
            "both rates far too low",
        )
    },
    "rates a hundred times too high": Case(
        {"g_lr": 0.1, "d_lr": 0.1}, (*FAST, *WON, *SAME, "spectral-collapse")
    ),
    "latent ignored": replace(FAULTS["latent ignored"], names=SAME),
    "argmax without a gradient": Case(names=("gradient-blocked", "generator-frozen"), game=last_layer(Blocked)),
    "every other symbol muted": Case(names=("dead-symbols",), game=last_layer(Muted)),
    "a hundred samples": Case(names=("overfitting", "memorised", "copies-climb"), data=first(100)),
    "ten samples, two hundred times": Case(
        names=("duplicates", "overfitting", "memorised", "copies-climb", *SAME), data=one_class
    ),
}
SYMBOL_HEALTHY: dict[str, Case] = {
    "control": Case(),
    "fast": Case({"g_lr": 2e-3, "d_lr": 2e-3}),
    "slow": Case({"g_lr": 5e-4, "d_lr": 5e-4}),
    "batches of 64": Case({"batch_size": 64}),
    "stronger penalty": Case({"r1_gamma": 1.0, "r2_gamma": 1.0}),
    "non-saturating": Case({"loss": "non-saturating"}),
}


def dataset(name: str, split: str) -> Dataset:
    """The training or the test part of a set."""
    if name in ("names", "tang"):
        return builtin.texts(name, split)
    data = builtin.chorales(split)
    return data if name == "chorales" else find.samples(data.samples[:, :, [0, 3]].numpy())[0]
