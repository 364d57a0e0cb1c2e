"""Judge from a history whether the samples are good. A run without a disease may still have poor samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparring.files import read_object
from sparring.history import layout
from sparring.history.record import LOGGED, Record, times_real_text

GOOD = 2.0  # samples count as good up to this many times real
GOOD_DISTANCE = 0.1  # used instead of times real if a history lacks it; samples below this count as good
AVERAGE = 0.95  # samples with at least this distance are no better than the average of the data
FALLS = 0.9  # samples are getting better if the number fell below this share of its value at half the time
MEASURED = (layout.EVALUATION, layout.QUALITY)  # files of a run that measure more samples than a record does
HOLD_OUT_SUFFIX = " (its held-out part)"  # follows the name of the data in an evaluation
# Further numbers that are mentioned outside their healthy range: name, low, high, words for below and above.
RANGES = (
    ("spread", 0.85, 1.05, ("the samples are too much alike", "the samples vary too much")),
    ("detail", 0.5, 2.0, ("the samples are blurred", "the samples are noisy")),
    ("variety", 0.7, 1.3, ("their detail is too much alike", "their detail varies too much")),
)


class Quality(NamedTuple):
    """How good the samples are, and whether they are getting better.

    Attributes:
        times_real: measured or estimated; None if the history has no such number.
        error: the standard deviation of ``times_real``.
        distance: a less exact number; None if the history has no such number.
        seconds: the time that the training took.
        better: whether they are better than at half the time; None if that is unknown.
        out_of_range: other numbers outside their healthy range, by name.
    """

    times_real: float | None
    error: float
    distance: float | None
    seconds: float
    better: bool | None
    out_of_range: Mapping[str, float]

    @property
    def good(self) -> bool:
        """Whether the samples count as good, with a tolerance of two standard deviations."""
        if self.times_real is not None:
            return self.times_real - 2 * self.error <= GOOD
        return self.distance is None or self.distance < GOOD_DISTANCE

    def __str__(self) -> str:
        return self.in_words(times_real_text)

    def in_words(self, times_real: Callable[[float, float], str]) -> str:
        """The quality, the time that it took, and what else is out of range; "" if nothing is known.

        Args:
            times_real: says the number with its standard deviation.
        """
        if self.times_real is not None:
            said = times_real(self.times_real, self.error)
        elif self.distance is not None:
            said = _in_words(self.distance)
        else:
            return ""
        said = f"{said} after {_duration(self.seconds)}" if self.seconds else said.rstrip(",")
        return said + "".join(
            f"; {words[value > high]} ({name} {_outside(value, low, high)}, healthy: {LOGGED[name].healthy})"
            for name, low, high, words in RANGES
            if (value := self.out_of_range.get(name)) is not None
        )

    def facts(self) -> dict[str, object]:
        """The fields as JSON; ``good`` is None if the history says nothing about quality."""
        good = self.good if str(self) else None
        return self._asdict() | {"good": good, "out_of_range": dict(self.out_of_range)}

    @property
    def advice(self) -> str:
        """What to do if the samples are not good yet."""
        if self.better is None:
            return "Train longer."
        if self.better:
            return f"The samples are getting better: train longer ({longer(self.seconds)})."
        return "The samples hardly get better: use the recipe's own options, another recipe or larger networks."


def longer(seconds: float) -> str:
    """The command line that continues a training of so many seconds for as long again."""
    return f"sparring resume RUN --minutes {max(1, math.ceil(2 * seconds / 60))}"


def _outside(value: float, low: float, high: float) -> str:
    """A number that is not between the bounds, with as many digits as show it, 3 at least."""
    rounded = (f"{value:.{digits}g}" for digits in range(3, 17))
    return next((text for text in rounded if not low <= float(text) <= high), str(value))


class QualityTracker:
    """Follows the quality through the records of a run."""

    def __init__(self) -> None:
        self.values: list[tuple[float, float]] = []  # seconds or steps, and times real or distance
        self.latest = Quality(None, 0.0, None, 0.0, None, {})

    def add(self, record: Record) -> None:
        """Take the next record; a record without the numbers changes nothing."""
        values = record.values
        times, distance = values.get("times_real"), values.get("distance")
        if times is None and distance is None:
            return
        time, far = record.seconds or float(record.step), times if times is not None else distance
        assert far is not None
        before = [value for moment, value in self.values if moment <= time / 2]
        self.values.append((time, far))
        out_of_range = {
            name: values[name]
            for name, low, high, _ in RANGES
            if name in values and not low <= values[name] <= high
        }
        better = far < FALLS * before[-1] if before else None
        error = values.get("times_real_error", 0.0)
        self.latest = Quality(times, error, distance, record.seconds, better, out_of_range)


def measured(folder: Path, step: int) -> tuple[float, float] | None:
    """The measured times real of a run at a step, with its standard deviation; None without a measurement.

    The measurement at the end of the training is the run's number. An evaluation replaces it if it has more
    samples, the same features and the run's own data.
    """
    at_end, evaluated = (_facts(folder / name, step) for name in (layout.QUALITY, layout.EVALUATION))
    if evaluated.get("against") not in (evaluated.get("reals"), f"{evaluated.get('reals')}{HOLD_OUT_SUFFIX}"):
        evaluated = {}
    if at_end and (evaluated.get("label") != at_end.get("label") or not _count(evaluated) > _count(at_end)):
        evaluated = {}
    found = evaluated or at_end
    return (float(found["times_real"]), float(found["times_real_error"] or 0)) if found else None


def _facts(path: Path, step: int) -> dict[str, Any]:
    """The content of a file that measured times real at this step, of enough reals to tell, else {}."""
    found = read_object(path)
    if found.get("times_real_too_few"):
        return {}
    numbers = found.get("times_real"), found.setdefault("times_real_error", None) or 0
    return found if found.get("checkpoint_step") == step and all(map(_number, numbers)) else {}


def _count(facts: Mapping[str, Any]) -> float:
    count = facts.get("times_real_count", 0)
    return count if _number(count) else 0


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _in_words(distance: float) -> str:
    if distance >= AVERAGE:
        return "no nearer to the data than the average of the data,"
    good = f"good: below {GOOD_DISTANCE}"
    return f"{distance:.2g} times as far from the data as the average of the data is ({good}),"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
