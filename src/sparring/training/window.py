"""Combine what the steps between two records logged into one record."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from sparring.errors import NonFiniteError
from sparring.games.game import Game, gradient_norm, short
from sparring.games.logits import FAKE, REAL, histograms, judged
from sparring.history.record import Record


class Window:
    """Collects what the steps between two records log, and averages it over many steps at a time.

    It never waits for the device. To average at each step would cost more than some layers.
    """

    MOST_STEPS = 64  # that are kept before they are averaged, which limits the memory

    def __init__(self, game: Game, every: int, seconds: float) -> None:
        self.game, self.every, self.seconds = game, every, seconds
        self._open()

    def _open(self) -> None:
        self.kept: list[dict[str, Tensor]] = []
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}  # of the steps that logged each name; what a game logs may change
        self.logits: list[Tensor] = []  # logits of real and fake samples in the last steps, each (steps, B)
        self.since_seconds, self.since_samples = self.game.clock.seconds, self.game.clock.samples_seen

    @property
    def due(self) -> bool:
        """Whether it is time for a record, by the number of steps or of seconds."""
        clock = self.game.clock
        return clock.step % self.every == 0 or clock.seconds - self.since_seconds > self.seconds

    def add(self, logged: dict[str, Tensor]) -> None:
        if self.kept and logged.keys() != self.kept[0].keys():
            self._average()
        self.kept.append(logged)
        if len(self.kept) == self.MOST_STEPS:
            self._average()

    def _average(self) -> None:
        columns = {name: torch.stack([logged[name] for logged in self.kept]) for name in self.kept[0]}
        self.logits = [columns[name] for name in (REAL, FAKE) if name in columns]
        for name, column in (columns | judged(columns)).items():
            self.sums[name] = self.sums.get(name, 0) + column.float().mean() * len(self.kept)
            self.counts[name] = self.counts.get(name, 0) + len(self.kept)
        self.kept = []

    def close(self, measured: Mapping[str, float]) -> Record:
        """The record: means since the last record, gradient norms of the last step, and ``measured``."""
        game, clock = self.game, self.game.clock
        if self.kept:
            self._average()
        means = game.runtime.mean(
            torch.stack([total / self.counts[name] for name, total in self.sums.items()])
        ).tolist()
        norms = {f"{short(name)}_gradient_norm": gradient_norm(one) for name, one in game.players.items()}
        seconds = max(clock.seconds - self.since_seconds, 1e-9)
        rate = {"samples_per_second": (clock.samples_seen - self.since_samples) / seconds}
        values = dict(zip(self.sums, means, strict=True)) | norms | dict(measured) | rate
        broken = [name for name, value in values.items() if not np.isfinite(value)]
        scores = histograms(*self.logits) if self.logits and not broken else None
        self._open()
        if broken:
            raise NonFiniteError(
                f"{', '.join(broken)} became infinite or NaN by step {clock.step} "
                f"({clock.samples_seen:,} samples). Try lower learning rates, {game.stability_advice}, "
                "or precision fp32."
            )
        return Record(clock.step, clock.samples_seen, clock.seconds, clock.progress, values, scores)
