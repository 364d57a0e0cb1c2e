"""The CPU threads of a training."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cached_property, partial

import torch

from sparring.data.spec import Batch, Dataset
from sparring.games.game import Game
from sparring.history.record import Record
from sparring.machine.device import Threads
from sparring.training.order import Order, batch_at


class Crew:
    """The CPU threads of a training: at work on its steps, or free for what is done with a record."""

    def __init__(self, game: Game, threads: Threads | None, probe: Callable[[], object]) -> None:
        self.runtime, self.probe = game.runtime, probe
        self.threads = threads or Threads(fixed=torch.get_num_threads())
        self.threads.use = partial(self.runtime.use_threads, parts=game.parts)
        # Several processes share the cores evenly, unless the user gave each a number of threads.
        alone_or_told = self.runtime.processes == 1 or self.threads.fixed > 0
        self.here = self.runtime.device.type == "cpu" and alone_or_told
        if self.here:
            self.threads.choose(probe)
        self.rest()  # as at a record: the last one's samples are drawn again

    def work(self) -> None:
        """The parts of a step side by side."""
        if self.here:
            self.threads.use(self.threads.chosen)

    def rest(self) -> None:
        """All threads for whatever is done with a record."""
        if self.here:
            self.runtime.use_threads(self.threads.chosen)

    def watch(self, record: Record) -> None:
        """Choose their number again where the speed has dropped."""
        if self.here:
            self.threads.watch(record.values["samples_per_second"], self.probe)


class Probe:
    """One training step on copies of the players, to time: the game itself is left as it is."""

    def __init__(self, game: Game, dataset: Dataset, batch_size: int) -> None:
        self.game, self.dataset, self.batch_size = game, dataset, batch_size

    def __call__(self) -> None:
        self.twin.step(self.batches, torch.Generator().manual_seed(0))

    @cached_property
    def twin(self) -> Game:
        """A copy of the game on the same runtime."""
        return copy.deepcopy(self.game, {id(self.game.runtime): self.game.runtime})

    @cached_property
    def batches(self) -> list[Batch]:
        """The first batch of the data."""
        order = Order(len(self.dataset), 0)
        return [batch_at(self.dataset, order, 0, self.batch_size, self.game)]
