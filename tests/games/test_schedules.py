"""Schedules as functions of the share of the budget spent."""

import math
from itertools import pairwise

import pytest

from sparring.games import schedules


def test_constant() -> None:
    assert [schedules.constant(p, 0.5) for p in (0, 0.5, 1)] == [1, 1, 1]


def test_linear() -> None:
    values = [schedules.linear(p, 0.6) for p in (0, 0.59, 0.7, 0.8, 1)]
    assert values == pytest.approx([1, 1, 0.75, 0.5, 0], abs=1e-12)


def test_cosine() -> None:
    values = [schedules.cosine(p, 0.5) for p in (0, 0.5, 0.625, 0.75, 1)]
    assert values == pytest.approx([1, 1, 0.5 + 0.5 * math.cos(math.pi / 4), 0.5, 0], abs=1e-12)


@pytest.mark.parametrize("schedule", [schedules.linear, schedules.cosine])
def test_a_fall_that_starts_at_the_end_never_starts(schedule: schedules.Schedule) -> None:
    assert schedule(0.999, 1.0) == 1


@pytest.mark.parametrize("schedule", [schedules.linear, schedules.cosine])
def test_rates_fall_without_a_jump_from_one_to_nothing(schedule: schedules.Schedule) -> None:
    values = [schedule(step / 100, 0.4) for step in range(101)]
    drops = [before - after for before, after in pairwise(values)]
    assert values[0] == 1
    assert values[-1] == pytest.approx(0, abs=1e-12)
    assert min(drops) >= 0
    assert max(drops) < 0.03  # a straight line drops 1/60 a step, half a cosine at most pi/2 times that


def test_half_the_weight_is_left_after_a_half_life() -> None:
    steps = 100
    decay = schedules.ema_decay(6400, batch_size=64, samples_seen=10**9)
    assert decay**steps == pytest.approx(0.5, rel=1e-9)


def test_the_batch_size_does_not_change_the_average() -> None:
    small = schedules.ema_decay(1000, 32, 10**9) ** 2
    assert small == pytest.approx(schedules.ema_decay(1000, 64, 10**9), rel=1e-12)


def test_the_half_life_grows_with_the_samples_until_it_is_the_one_asked_for() -> None:
    decays = [schedules.ema_decay(800, 80, seen) for seen in (1_000, 5_000, 10_000, 10**6)]
    assert decays == pytest.approx([0.5, 0.5**0.2, 0.5**0.1, 0.5**0.1], rel=1e-12)


def test_the_average_forgets_its_beginning() -> None:
    """At 1,000 samples the half-life is 8 % of them, not the 10,000 asked for."""
    assert schedules.ema_decay(10_000, 80, 1000) == pytest.approx(0.5, rel=1e-9)
    assert schedules.ema_decay(10_000, 80, 1000, ramp=0.16) == pytest.approx(0.5**0.5, rel=1e-9)
    assert schedules.ema_decay(10_000, 80, 0) == 0


def test_warm_up_is_a_straight_line_to_one() -> None:
    assert [schedules.warm_up(p, 0.2) for p in (0.0, 0.05, 0.1, 0.2, 0.6, 1.0)] == [0, 0.25, 0.5, 1, 1, 1]
    assert schedules.warm_up(0.0, 0.0) == 1


def test_towards() -> None:
    """1 at the start, the end at the end, a straight line in the share between."""
    assert [schedules.towards(0.2, share) for share in (1.0, 0.5, 0.0)] == pytest.approx([1.0, 0.6, 0.2])
    assert schedules.towards(0.0, 0.3) == 0.3  # to the bit: rates that fall to nothing are the schedule itself
    assert schedules.towards(1.0, 0.3) == 1.0
