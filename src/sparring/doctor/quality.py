"""Whether samples are good yet: no disease is not yet health."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparring.files import read_object
from sparring.history import layout
from sparring.history.record import LOGGED, Record, times_real_text

GOOD = 2.0  # times real, up to which samples count as good
FAR = 0.1  # of the distance, where a history has no times real
FALLS = 0.9  # of what it was after half the time: less counts as getting better
MEASURED = (layout.EVALUATION, layout.QUALITY)  # of a run folder, which have more samples than a record
ASIDE = " (its held-out part)"  # after the name of data, in what an evaluation measured against
# Signs that are told where they are out of their healthy range: its ends, and what is said below and above.
BESIDE = (("spread", 0.85, 1.05, ("they are too much alike", "they vary too much")),)
AVERAGE = 0.95  # of the distance, from which samples are no better than the data's average


class Quality(NamedTuple):
    """How good the samples are, after so long, and whether they were getting better.

    Attributes:
        times_real: as measured or estimated; None where the history has none.
        distance: which says it more roughly.
        better: against half the time; None where that is not known.
        beside: other signs outside their healthy range, by name.
    """

    times_real: float | None
    error: float
    distance: float | None
    seconds: float
    better: bool | None
    beside: Mapping[str, float]

    @property
    def good(self) -> bool:
        """Whether nothing says otherwise; a doubt of two standard deviations is left."""
        if self.times_real is not None:
            return self.times_real - 2 * self.error <= GOOD
        return self.distance is None or self.distance < FAR

    def __str__(self) -> str:
        if self.times_real is not None:
            said = times_real_text(self.times_real, self.error)
        elif self.distance is not None:
            said = _in_words(self.distance)
        else:
            return ""
        said = f"{said} after {_duration(self.seconds)}" if self.seconds else said.rstrip(",")
        return said + "".join(
            f"; {told[value > most]} ({name} {value:.3g}, healthy: {LOGGED[name].healthy})"
            for name, _, most, told in BESIDE
            if (value := self.beside.get(name)) is not None
        )

    def facts(self) -> dict[str, object]:
        """As JSON has it; ``good`` is None where nothing says how good they are."""
        return self._asdict() | {"good": self.good if str(self) else None, "beside": dict(self.beside)}

    @property
    def advice(self) -> str:
        """What may help where they are not good yet."""
        if self.better is None:
            return "Train longer."
        if self.better:
            return "They are getting better: train longer (sparring resume RUN --minutes MORE)."
        return (
            "They hardly get better any more: take the recipe's own options, another recipe or larger players."
        )


class Course:
    """Follows the quality through the records of a run."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float]] = []  # seconds or steps, and how far from the data
        self.now = Quality(None, 0.0, None, 0.0, None, {})

    def look(self, record: Record) -> None:
        """Take in one record; one that lacks the numbers changes nothing."""
        values = record.values
        times, distance = values.get("times_real"), values.get("distance")
        if times is None and distance is None:
            return
        time, far = record.seconds or float(record.step), times if times is not None else distance
        assert far is not None
        before = [value for moment, value in self.seen if moment <= time / 2]
        self.seen.append((time, far))
        beside = {
            name: values[name]
            for name, low, high, _ in BESIDE
            if name in values and not low <= values[name] <= high
        }
        better = far < FALLS * before[-1] if before else None
        error = values.get("times_real_error", 0.0)
        self.now = Quality(times, error, distance, record.seconds, better, beside)


def measured(folder: Path, step: int) -> tuple[float, float] | None:
    """Times real of a run at this step as it was measured, with its deviation; None where it was not.

    What the training ended with is the run's number. An evaluation takes its place where it says the same of
    more samples, not one in other features, or beside data that are not the run's.
    """
    at_end, evaluated = (_facts(folder / name, step) for name in (layout.QUALITY, layout.EVALUATION))
    if evaluated.get("against") not in (evaluated.get("reals"), f"{evaluated.get('reals')}{ASIDE}"):
        evaluated = {}
    if at_end and (evaluated.get("label") != at_end.get("label") or not _count(evaluated) > _count(at_end)):
        evaluated = {}
    found = evaluated or at_end
    return (float(found["times_real"]), float(found["times_real_error"] or 0)) if found else None


def _facts(path: Path, step: int) -> dict[str, Any]:
    """What a file says of times real at this step; empty where it says nothing that can be used."""
    found = read_object(path)
    numbers = found.get("times_real"), found.setdefault("times_real_error", None) or 0
    return found if found.get("checkpoint_step") == step and all(map(_number, numbers)) else {}


def _count(facts: Mapping[str, Any]) -> float:
    count = facts.get("times_real_count", 0)
    return count if _number(count) else 0


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _in_words(distance: float) -> str:
    if distance >= AVERAGE:
        return "no nearer to the data than its plain average,"
    return f"{distance:.2g} times as far from the data as its plain average is (good: below {FAR}),"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
