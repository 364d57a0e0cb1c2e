"""The budget of a training, which decides when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.config.arguments import number, whole
from sparring.config.groups import BudgetConfig
from sparring.errors import ConfigError
from sparring.games.game import Clock


@dataclass(frozen=True)
class Budget:
    """The limits of a training; it stops at the first one it reaches, and 0 means no limit.

    Raises:
        ConfigError: there is no limit.
    """

    minutes: float = 0.0
    epochs: float = 0.0
    samples_seen: int = 0

    def __post_init__(self) -> None:
        for name in ("minutes", "epochs"):
            object.__setattr__(self, name, number(name, getattr(self, name), 0))
        object.__setattr__(self, "samples_seen", whole("samples_seen", self.samples_seen, 0))
        if not (self.minutes > 0 or self.epochs > 0 or self.samples_seen > 0):
            raise ConfigError("nothing says when to stop: give minutes, epochs or samples_seen.")

    @staticmethod
    def of(chosen: BudgetConfig) -> Budget:
        """The budget of a config.

        Raises:
            ConfigError: no budget is set.
        """
        return Budget(chosen.minutes or 0.0, chosen.epochs or 0.0, chosen.samples_seen or 0)

    def progress(self, clock: Clock, samples: int) -> float:
        """The share of the budget that is spent, 0 to 1, for a data set of ``samples`` samples."""
        shares = [0.0]
        if self.minutes:
            shares.append(clock.seconds / (60 * self.minutes))
        if self.epochs:
            shares.append(clock.samples_seen / (self.epochs * samples))
        if self.samples_seen:
            shares.append(clock.samples_seen / self.samples_seen)
        return min(1.0, max(shares))
