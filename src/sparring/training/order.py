"""Which samples and which random numbers a step gets: functions of the seed and the step alone."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sparring import kinds
from sparring.data.spec import Batch, Dataset
from sparring.games.game import Game


class Order:
    """Which sample comes when: an endless row of shuffled epochs, each a function of (seed, epoch)."""

    def __init__(self, samples: int, seed: int) -> None:
        self.samples, self.seed = samples, seed
        self._epoch, self._permutation = -1, torch.empty(0)

    def __call__(self, start: int, count: int) -> Tensor:
        """Indices (count,) of the samples at these places in the row."""
        parts = []
        while count:
            epoch, place = divmod(start, self.samples)
            part = self._shuffled(epoch)[place : place + count]
            parts.append(part)
            start, count = start + len(part), count - len(part)
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def _shuffled(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            rng = torch.Generator().manual_seed(stream(self.seed, 0, epoch))
            self._epoch, self._permutation = epoch, torch.randperm(self.samples, generator=rng)
        return self._permutation


def batches_of_step(dataset: Dataset, order: Order, batch_size: int, game: Game) -> list[Batch]:
    """The batches of one step: the next ones in the row."""
    starts = (game.clock.samples_seen + k * batch_size for k in range(game.batches))
    return [batch_at(dataset, order, start, batch_size, game) for start in starts]


def batch_at(dataset: Dataset, order: Order, start: int, count: int, game: Game) -> Batch:
    """This process's part of the joint batch, part by part, as the networks want it in memory."""
    runtime = game.runtime
    parts = order(start, count).chunk(game.parts)
    indices = torch.cat([runtime.share(part) for part in parts]).to(runtime.device, non_blocking=True)
    batch = dataset.batch(indices)
    return batch._replace(real=kinds.of(dataset.spec).to_memory_format(batch.real))


def rng_of_step(game: Game, seed: int) -> torch.Generator:
    """The random stream of this step, a function of (seed, step) alone."""
    return torch.Generator(game.runtime.device).manual_seed(stream(seed, 1, game.clock.step))


def stream(*numbers: int) -> int:
    """A 64-bit seed from several numbers; near numbers give unrelated seeds."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
