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


class ThreadUse:
    """Sets the number of CPU threads: one setting for training steps, another for work on a record."""

    def __init__(self, game: Game, threads: Threads | None, probe: Callable[[], object]) -> None:
        self.runtime, self.probe = game.runtime, probe
        self.threads = threads or Threads(fixed=torch.get_num_threads())
        self.threads.use = partial(self.runtime.use_threads, parts=game.parts)
        # Several processes share the cores equally, unless the user fixed the number of threads of each.
        may_set = self.runtime.processes == 1 or self.threads.fixed is not None
        self.active = self.runtime.device.type == "cpu" and may_set
        if self.active:
            self.threads.choose(probe)
        self.for_record()  # as at a record, since the samples of the last record are drawn again

    def for_step(self) -> None:
        """Compute the parts of a training step in parallel."""
        if self.active:
            self.threads.use(self.threads.chosen)

    def for_record(self) -> None:
        """Give all threads to the work on a record."""
        if self.active:
            self.runtime.use_threads(self.threads.chosen)

    def watch(self, record: Record) -> None:
        """Choose the number of threads again if the training has become slower."""
        if self.active:
            self.threads.watch(record.values["samples_per_second"], self.probe)


class Probe:
    """Makes a training step on copies of the players to measure its time; the game does not change."""

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
