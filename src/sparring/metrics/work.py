"""How long a measurement takes: for how many samples there is time, and how much of it is left."""

from __future__ import annotations

import time
from collections.abc import Callable

from torch import Tensor

from sparring.errors import Tell, clock
from sparring.metrics.features import Extractor

PROBED = (8, 16, 128)  # samples that are timed, more only if it does not take long
PROBE_SECONDS = 0.1
LEAST_COUNT = 500  # samples of each side, to which no lack of time reduces a measurement
ROUND = 100  # a reduced number of samples is a multiple of this
BAR = 20  # characters


def silent(_: str) -> None:
    """Tell nothing."""


class Work:
    """Tells how much of a measurement is done and how long the rest takes.

    Args:
        tell: receives a line of text, many times.
        total: how many samples are turned into features; 0 if that is not known, then no share is told.
        now: the time in seconds.
    """

    def __init__(self, tell: Tell = silent, total: int = 0, now: Callable[[], float] = time.monotonic) -> None:
        self.tell, self.total, self.now = tell, total, now
        self.done, self.began = 0, now()

    def __call__(self, text: str) -> None:
        """Tell what is being done, behind a bar."""
        self.tell(f"{self._bar()}{text}")

    def features(self, extractor: Extractor, samples: Tensor, whose: str) -> Tensor:
        """Features (N, D) of samples, a part of the work."""
        before = self.done

        def report(count: int) -> None:
            self.done = before + count
            self(f"features of {count:,} of {len(samples):,} {whose}")

        return extractor(samples, report)

    def _bar(self) -> str:
        share = min(1.0, self.done / self.total) if self.total else 0.0
        if share == 0.0:
            return ""
        full = round(BAR * share)
        left = (self.now() - self.began) * (1 - share) / share
        return f"{'█' * full}{'░' * (BAR - full)} {share:4.0%}  {clock(left)} left  "


def seconds_each(function: Callable[[int], object], now: Callable[[], float] = time.perf_counter) -> float:
    """How long a function that is given a number of samples takes for each of them."""
    taken = 0.0
    for count in PROBED:  # the first time, memory is reserved and weights are read
        began = now()
        function(count)
        taken = now() - began
        if taken > PROBE_SECONDS:
            break
    return taken / count


def affordable(count: int, seconds: float, limit: float) -> int:
    """For how many of ``count`` samples there is time, if all take so many seconds."""
    if seconds <= limit:
        return count
    return min(count, max(LEAST_COUNT, int(count * limit / seconds) // ROUND * ROUND))
