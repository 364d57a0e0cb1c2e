"""Schedules: pure functions from the share of the budget that is spent (0 to 1) to a factor."""

from __future__ import annotations

import math
from typing import Protocol

from sparring.config.groups import OptimizersConfig

RAMP = OptimizersConfig.ema_ramp  # the usual longest half-life of an average, as a share of the samples seen


class Schedule(Protocol):
    """A factor for a learning rate, given the share of the budget spent and where its fall starts."""

    def __call__(self, progress: float, start: float = 0.0) -> float: ...


def constant(progress: float, start: float = 0.0) -> float:
    """Always 1."""
    return 1.0


def linear(progress: float, start: float = 0.0) -> float:
    """1 until ``start``, then a straight line to 0 at the end."""
    if progress < start:
        return 1.0
    return max(0.0, (1 - progress) / (1 - start)) if start < 1 else 0.0


def cosine(progress: float, start: float = 0.0) -> float:
    """1 until ``start``, then half a cosine down to 0 at the end."""
    return 0.5 - 0.5 * math.cos(math.pi * linear(progress, start))


def warm_up(progress: float, share: float) -> float:
    """A straight line from 0 to 1 over the first ``share`` of the budget; 1 from there on."""
    return min(1.0, progress / share) if share else 1.0


def towards(end: float, share: float) -> float:
    """A factor that goes from 1 to ``end`` as ``share`` falls from 1 to 0."""
    return end + (1 - end) * share


def ema_decay(half_life: float, batch_size: int, samples_seen: int, ramp: float = RAMP) -> float:
    """The weight-average factor of one step, for a half-life in samples.

    Early on the half-life is at most ``ramp`` times the samples seen, so that the average forgets
    the noise it started from (Karras et al. 2020, StyleGAN2-ADA's ramp-up).
    """
    half_life = min(half_life, ramp * samples_seen)
    return 0.5 ** (batch_size / half_life) if half_life > 0 else 0.0


SCHEDULES: dict[str, Schedule] = {  # by the name that --lr-schedule takes
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
}
