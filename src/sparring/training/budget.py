"""The budget of a training, which decides when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.config.arguments import number, whole
from sparring.config.groups import BudgetConfig
from sparring.errors import ConfigError
from sparring.games.game import Clock


@dataclass(frozen=True)
class Budget:
    """The limits of a training; it stops at the first one it reaches, and None means no limit.

    Raises:
        ConfigError: there is no limit, or one is not above 0.
    """

    minutes: float | None = None
    epochs: float | None = None
    samples_seen: int | None = None

    def __post_init__(self) -> None:
        given = {name: limit for name, limit in vars(self).items() if limit is not None}
        if not given:
            raise ConfigError("nothing says when to stop: give minutes, epochs or samples_seen.")
        for name, limit in given.items():
            checked = whole(name, limit, 0) if name == "samples_seen" else number(name, limit, 0)
            if checked == 0:
                raise ConfigError(f"{name} = 0: expected a number above 0, or None for no limit.")
            object.__setattr__(self, name, checked)

    @staticmethod
    def of(chosen: BudgetConfig) -> Budget:
        """The budget of a config.

        Raises:
            ConfigError: no budget is set.
        """
        return Budget(chosen.minutes, chosen.epochs, chosen.samples_seen)

    def progress(self, clock: Clock, samples: int) -> float:
        """The share of the budget that is spent, 0 to 1, for a data set of ``samples`` samples."""
        shares = [0.0]
        if self.minutes is not None:
            shares.append(clock.seconds / (60 * self.minutes))
        if self.epochs is not None:
            shares.append(clock.samples_seen / (self.epochs * samples))
        if self.samples_seen is not None:
            shares.append(clock.samples_seen / self.samples_seen)
        return min(1.0, max(shares))
