"""How long a measurement takes, and what is told of it."""

import pytest
import torch

from sparring.errors import clock
from sparring.metrics.features import raw
from sparring.metrics.work import LEAST_COUNT, Work, affordable, seconds_each


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def test_the_bar_is_the_share_of_all_features_and_the_rest_takes_as_long_a_sample() -> None:
    now, told = Clock(), list[str]()
    work = Work(told.append, 400, now)
    work("drawing")
    now.time = 30
    work.features(raw("points", (2,)), torch.zeros(100, 2), "reals")
    now.time = 60
    work.features(raw("points", (2,)), torch.zeros(300, 2), "fakes")
    work("distances")
    assert told == [
        "drawing",
        "█████░░░░░░░░░░░░░░░  25%  1:30 left  features of 100 of 100 reals",
        "████████████████████ 100%  0:00 left  features of 300 of 300 fakes",
        "████████████████████ 100%  0:00 left  distances",
    ]


def test_without_a_total_there_is_no_bar() -> None:
    told: list[str] = []
    Work(told.append).features(raw("points", (2,)), torch.zeros(3, 2), "reals")
    assert told == ["features of 3 of 3 reals"]


@pytest.mark.parametrize(("each", "counts"), [(0.001, [8, 16, 128]), (0.01, [8, 16]), (1.0, [8])])
def test_the_faster_a_function_is_the_more_samples_are_timed(each: float, counts: list[int]) -> None:
    now, seen = Clock(), list[int]()

    def function(count: int) -> None:
        seen.append(count)
        now.time += each * count

    assert seconds_each(function, now) == pytest.approx(each)
    assert seen == counts


def test_as_many_samples_as_there_is_time_for() -> None:
    assert affordable(10_000, 299, 300) == 10_000
    assert affordable(10_000, 3000, 300) == 1000
    assert affordable(10_000, 1801, 300) == 1600  # whole hundreds
    assert affordable(10_000, 1e9, 300) == LEAST_COUNT
    assert affordable(100, 1e9, 300) == 100


@pytest.mark.parametrize(("seconds", "said"), [(5.4, "0:05"), (65, "1:05"), (7230, "2:00:30")])
def test_durations(seconds: float, said: str) -> None:
    assert clock(seconds) == said
