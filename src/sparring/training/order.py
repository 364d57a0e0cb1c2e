"""Choose the samples and random numbers of a step, as functions of only the seed and the step."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sparring import kinds
from sparring.data.spec import Batch, Dataset
from sparring.games.game import Game

GIVEN = 2  # the order of what is given unpaired; 0 is that of samples, and 1 stands for the numbers of steps


class Order:
    """The order of samples: an endless sequence of shuffled epochs, each a function of (seed, epoch).

    Args:
        which: another number is another order.
    """

    def __init__(self, samples: int, seed: int, which: int = 0) -> None:
        self.samples, self.seed, self.which = samples, seed, which
        self._epoch, self._permutation = -1, torch.empty(0)
        self._other: Order | None = None

    def __call__(self, start: int, count: int) -> Tensor:
        """Indices (count,) of the samples at ``count`` places of the sequence, from ``start``."""
        parts = []
        while count:
            epoch, place = divmod(start, self.samples)
            part = self._shuffled(epoch)[place : place + count]
            parts.append(part)
            start, count = start + len(part), count - len(part)
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def other(self, samples: int) -> Order:
        """The order of what is given with the samples and belongs to none of them."""
        if self._other is None or self._other.samples != samples:
            self._other = Order(samples, self.seed, GIVEN)
        return self._other

    def _shuffled(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            rng = torch.Generator().manual_seed(stream(self.seed, self.which, epoch))
            self._epoch, self._permutation = epoch, torch.randperm(self.samples, generator=rng)
        return self._permutation


def batches_of_step(dataset: Dataset, order: Order, batch_size: int, game: Game) -> list[Batch]:
    """The batches of one step, which are the next in the sequence."""
    starts = (game.clock.samples_seen + k * batch_size for k in range(game.batches))
    return [batch_at(dataset, order, start, batch_size, game) for start in starts]


def batch_at(dataset: Dataset, order: Order, start: int, count: int, game: Game) -> Batch:
    """The share of this process in the joint batch, part by part, in the memory format of the networks."""

    def shared(of: Order) -> Tensor:
        parts = of(start, count).chunk(game.parts)
        own = torch.cat([game.runtime.share(part) for part in parts])
        return own.to(game.runtime.device, non_blocking=True)

    of_given = None
    if dataset.given is not None and dataset.spec.unpaired:
        of_given = shared(order.other(len(dataset.given)))
    batch = dataset.batch(shared(order), of_given)
    if dataset.given is not None and batch.given is not None:
        batch = batch._replace(given=kinds.of(dataset.given.spec).to_memory_format(batch.given))
    return batch._replace(real=kinds.of(dataset.spec).to_memory_format(batch.real))


def rng_of_step(game: Game, seed: int) -> torch.Generator:
    """The random generator of this step, a function of only (seed, step)."""
    return torch.Generator(game.runtime.device).manual_seed(stream(seed, 1, game.clock.step))


def stream(*numbers: int) -> int:
    """A 63-bit seed from several numbers; similar numbers give unrelated seeds."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
