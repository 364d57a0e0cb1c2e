"""Ghost batches: parts of a batch, each with its own batch statistics, computed in parallel.

Hoffer et al. 2017, "Train longer, generalize better".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, nn

from sparring.data.spec import Batch
from sparring.games.average import duplicate

if TYPE_CHECKING:
    from sparring.games.adversarial import AdversarialGame

T = TypeVar("T")


class GhostBatches:
    """One step of a game, part by part.

    Args:
        games: the game once for each part; the first is the game itself.
        rng: of the step; the first part draws from it, and each other part from a generator seeded by it.
    """

    def __init__(self, games: Sequence[AdversarialGame], rng: torch.Generator) -> None:
        self.games, self.rngs = games, [rng, *(_child(rng) for _ in games[1:])]

    def split(self, batch: Batch) -> list[Batch]:
        """Divide a batch into its parts, in order."""
        count = len(self.games)
        columns = [[None] * count if column is None else column.chunk(count) for column in batch]
        return [Batch(*row) for row in zip(*columns, strict=True)]

    def each(self, function: Callable[..., T], *of_parts: Sequence[Any]) -> list[T]:
        """``function(game, *of_part, rng)`` of every part, in parallel if the CPU has threads for it."""
        return self.games[0].runtime.together(function, self.games, *of_parts, self.rngs)


def replica(network: nn.Module) -> nn.Module:
    """A copy with the same weights but buffers (batch statistics) of its own."""
    return duplicate(network, {id(weight): weight for weight in network.parameters()})


def follow(copied: nn.Module, network: nn.Module) -> None:
    """Copy the buffers and the mode of the network to a replica."""
    if copied.training != network.training:
        copied.train(network.training)
    for mine, theirs in zip(copied.buffers(), network.buffers(), strict=True):
        mine.copy_(theirs)


def joined(values: Sequence[Tensor]) -> Tensor:
    """Join what the parts logged: means () are averaged, and values of samples (B,) are concatenated."""
    return torch.cat(list(values)) if values[0].ndim else torch.stack(list(values)).mean()


def _child(rng: torch.Generator) -> torch.Generator:
    """Another random generator, seeded from this one."""
    seed = torch.randint(2**31, (), generator=rng, device=rng.device)
    return torch.Generator(rng.device).manual_seed(int(seed))
