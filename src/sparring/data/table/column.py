"""One column of a table: its type, its values, and how a number becomes a rank and a rank a number again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparring.config.values import field, finite, listed, one_of, whole
from sparring.data.table import moments
from sparring.data.table.moments import EPOCH
from sparring.data.table.numerals import Style, signed, tight, value_of, without_unit
from sparring.errors import UnreadableError, printable, quoted

NUMBERS = ("number", "whole", "date", "time")  # types whose values have an order and distances
MOMENTS = ("date", "time")
CHOICES = ("category", "boolean")  # types whose values are one of a few
LEARNT = (*NUMBERS, *CHOICES)
ASIDE = ("identifier", "constant", "text")  # types that the players never see
TYPES = (*LEARNT, *ASIDE)
MOST_LEVELS = 5_000  # of a category
MOST_KNOTS = 2_000  # points of the quantile function of a column
NEAR = 2e-7  # between a rank in single precision and that of a knot, which it then is
TIED = 3  # rows with one value, from which this value is drawn exactly
LONGEST = 2_000  # characters of a name or a level
DIGITS = 7  # of a number without a count of decimals: what its rank, a single-precision float, can tell apart
DAY = 86_400  # seconds
MIXED, KEPT = "Mixed", "Mixed kept"  # types of columns whose values have several; KEPT: which come back
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: as given.
        type: one of TYPES.
        missing: the share of rows without a value.
        levels: the values of a category as text; of a boolean the words for no and yes; of a constant its only
            value.
        shares: how often each level, or each value between two knots, occurs; of categories alone.
        ranks, values: the knots of the quantile function of a number: the share of rows below, and the value.
        decimals: after the point; None: as many as a float has. Of an identifier, the digits of its number,
            with zeros before it; None: as many as it needs.
        form: how a value is written: the format of a date, the style of a number, the text before the number
            of an identifier, or one of ``identifiers.FORMS``.
        blank: what a missing value is written as.
        dtype: the type of the column in the user's table in memory; "" for one from a text file.
        unit: what is written around every number, as in "$#"; "": nothing.
        step: seconds of which every time is a multiple, such as whole hours; None: any.
    """

    name: str
    type: str
    missing: float = 0.0
    levels: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    ranks: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    decimals: int | None = None
    form: str = ""
    blank: str = ""
    dtype: str = ""
    unit: str = ""
    step: int | None = None

    @property
    def learnt(self) -> bool:
        return self.type in LEARNT

    @property
    def numeric(self) -> bool:
        return self.type in NUMBERS

    @property
    def whole_seconds(self) -> int | None:
        """Seconds of which every moment is a multiple; None: any, or these are no moments."""
        return DAY if self.type == "date" else self.step

    @property
    def of_day(self) -> bool:
        """Whether its values are times of day, of no day."""
        return self.type == "time" and moments.is_of_day(self.form)

    @property
    def size(self) -> int:
        """Symbols of a category, one more where values are missing; 2 of a number with missing ones; else 0."""
        if self.numeric:
            return 2 if self.missing else 0
        return len(self.levels) + (self.missing > 0)

    @cached_property
    def knots(self) -> tuple[Numbers, Numbers]:
        """The ranks and the values of the knots."""
        return np.array(self.ranks), np.array(self.values)

    def numbers(self, stored: NDArray[Any]) -> Numbers:
        """What is stored (N,), a rank or the place of a level, as numbers; NaN: missing; dates in seconds."""
        if not self.numeric:
            return stored.astype(np.float64)
        ranks, values = self.knots
        found = np.interp(stored.astype(np.float64), ranks, values)
        above = np.searchsorted(ranks, stored).clip(1, len(ranks) - 1)
        nearest = np.where(ranks[above] - stored < stored - ranks[above - 1], above, above - 1)
        found = np.where(np.abs(ranks[nearest] - stored) <= NEAR, values[nearest], found)
        return np.where(np.isnan(stored), np.nan, self.rounded(found))

    def rounded(self, numbers: Numbers) -> Numbers:
        """Numbers (N,) with as many decimals as the column has, dates to the day."""
        if self.whole_seconds:
            return np.asarray(np.round(numbers / self.whole_seconds) * self.whole_seconds)
        return numbers if self.decimals is None else np.round(numbers, self.decimals) + 0.0  # no negative zero

    def python(self, numbers: Numbers) -> list[Any]:
        """Numbers (N,), as ``numbers`` gives them, as Python's values; None: missing."""
        if self.type == "number" and self.decimals is None:
            return [None if math.isnan(x) else float(f"{x:.{DIGITS}g}") for x in numbers.tolist()]
        if self.type == "number":
            return [None if math.isnan(x) else x for x in numbers.tolist()]
        if self.type == "whole":
            return [None if math.isnan(x) else int(x) for x in numbers.tolist()]
        if self.numeric:
            found = (None if math.isnan(x) else EPOCH + timedelta(seconds=x) for x in numbers.tolist())
            return [None if moment is None else self._typed_moment(moment) for moment in found]
        named = [self.typed(level) for level in self.levels]
        return [None if math.isnan(x) or x >= len(named) else named[int(x)] for x in numbers.tolist()]

    def text(self, numbers: Numbers) -> list[str]:
        """Numbers (N,), as ``numbers`` gives them, as they are written in a text file."""
        if not self.numeric:
            named = [*self.levels, self.blank]
            return [
                named[-1] if math.isnan(x) else named[min(int(x), len(self.levels))] for x in numbers.tolist()
            ]
        if self.type in MOMENTS:
            return [self.blank if math.isnan(x) else self._moment(x) for x in numbers.tolist()]
        found, style = self.python(numbers), Style.of(self.form)
        digits = f"%.{DIGITS}g" if self.decimals is None else f"%.{self.decimals}f"
        return [
            self.blank
            if x is None
            else style.written(str(x) if self.type == "whole" else digits % x, self.unit)
            for x in found
        ]

    def _typed_moment(self, moment: datetime) -> Any:
        """A moment as Python's value: a date, a time of day, or both, with the zone that its form says."""
        if self.type == "date":
            return moment.date()
        return moment.time() if self.of_day else moment.replace(tzinfo=moments.zone_of(self.form))

    def _moment(self, seconds: float) -> str:
        moment = EPOCH + timedelta(seconds=seconds)
        if not self.form:
            return str(self._typed_moment(moment).isoformat())
        return moments.written(moment, self.form, self.decimals)

    def typed(self, level: str) -> Any:
        """A level as a value of the type that the column has in the user's table."""
        base = self.dtype.partition("(")[0].partition(" ")[0]
        if base.startswith(("Int", "UInt")):
            return int(level)
        if base.startswith("Float"):
            return float(level)
        if self.dtype == KEPT:
            return value_of(level)
        if base == "Boolean":
            return level.casefold() in ("1", "true")
        if base == "Date":
            return date.fromisoformat(level)
        return datetime.fromisoformat(level) if base == "Datetime" else level

    def number(self, word: str) -> float | None:
        """The number that a word of a text file is, of a date in seconds; None: it is none."""
        try:
            if self.type in MOMENTS:
                return (moments.local(word, self.form) - EPOCH).total_seconds()
            bare, unit = without_unit(signed(word), self.unit)
            if unit and self.unit and tight(unit) != tight(self.unit):
                return None
            found = float(Style.of(self.form).plain(bare))
        except ValueError:
            return None
        return found if math.isfinite(found) else None

    def ranked(self, numbers: Numbers, jitter: Numbers) -> Numbers:
        """The ranks (N,) of numbers, by the quantile function; where many rows have one value, at ``jitter``
        between its ends."""
        ranks, values = self.knots
        low = np.interp(numbers, *_ends(values, ranks, last=False))
        high = np.interp(numbers, *_ends(values, ranks, last=True))
        return np.where(np.isnan(numbers), np.nan, low + (high - low) * jitter)

    def to_dict(self) -> dict[str, Any]:
        """The fields for JSON, without those that are empty."""
        kept = {name: value for name, value in asdict(self).items() if value not in ((), "", None)}
        return {name: value for name, value in kept.items() if name != "missing" or value}

    @staticmethod
    def from_dict(values: Any) -> Column:
        """The inverse of ``to_dict``.

        Raises:
            UnreadableError: a field is missing, or its value is not accepted.
        """
        if not isinstance(values, Mapping):
            raise UnreadableError(f"{quoted(values)} where a column is expected")
        given = {"missing": 0.0, "levels": [], "shares": [], "ranks": [], "values": [], "form": ""}
        given |= {"blank": "", "dtype": "", "unit": "", **values}
        column = Column(
            name=field(given, "name", text_of),
            type=field(given, "type", partial(one_of, TYPES)),
            missing=field(given, "missing", partial(finite, low=0, high=1)),
            levels=field(given, "levels", lambda names: listed(names, text_of, MOST_LEVELS)),
            shares=field(given, "shares", lambda shares: listed(shares, partial(finite, low=0), MOST_LEVELS)),
            ranks=field(given, "ranks", lambda ranks: listed(ranks, partial(finite, low=0, high=1), 2**20)),
            values=field(given, "values", lambda numbers: listed(numbers, finite, 2**20)),
            decimals=field(given, "decimals", partial(whole, low=0, high=30)) if "decimals" in given else None,
            form=field(given, "form", text_of),
            blank=field(given, "blank", text_of),
            dtype=field(given, "dtype", text_of),
            unit=field(given, "unit", text_of),
            step=field(given, "step", partial(whole, low=1, high=DAY)) if "step" in given else None,
        )
        if problem := column.problem():
            raise UnreadableError(f"the column {quoted(column.name)} {problem}")
        return column

    def problem(self) -> str:
        """What is wrong with the fields; "" if nothing is."""
        if self.numeric:
            fits = len(self.ranks) == len(self.values) >= 2
            rises = all(np.diff(knots).min(initial=0) >= 0 for knots in self.knots) if fits else False
            return "" if rises else "has no rising quantile function"
        if self.type in CHOICES and (not self.levels or len(self.shares) != len(self.levels)):
            return f"has {len(self.levels):,} levels and {len(self.shares):,} shares"
        try:
            self.python(np.arange(len(self.levels), dtype=np.float64))
        except ValueError:
            return f"has levels that are no {quoted(self.dtype)}"
        return "has not one yes and one no" if self.type == "boolean" and len(self.levels) != 2 else ""


def quantile_function(
    values: Numbers, counts: NDArray[np.int64]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The knots (ranks, values) of the quantile function of distinct, rising values with these counts.

    A value of at least TIED rows has a flat part, so that it is drawn exactly and as often as it occurs. Rarer
    values are knots in the middle of their rows, between which numbers are drawn evenly: a number of one person
    is hardly ever repeated. Of many such values, MOST_KNOTS evenly spaced ones are kept.
    """
    total = counts.sum()
    high = counts.cumsum() / total
    low = high - counts / total
    often = flat(counts)
    rare = np.flatnonzero(~often)
    if len(rare) > MOST_KNOTS:
        rare = rare[np.linspace(0, len(rare) - 1, MOST_KNOTS).astype(int)]
    middle = (low + high) / 2
    ranks = np.concatenate([low[often], high[often], middle[rare], [0.0, 1.0]])
    knots = np.concatenate([values[often], values[often], values[rare], values[[0, -1]]])
    order = np.lexsort((ranks, knots))
    return tuple(ranks[order].round(9).tolist()), tuple(knots[order].tolist())


def flat(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether values with these counts are frequent enough to have a flat part of the quantile function."""
    found: NDArray[np.bool_] = counts >= max(TIED, 2 * int(counts.sum()) / MOST_KNOTS)
    return found


def _ends(values: Numbers, ranks: Numbers, last: bool) -> tuple[Numbers, Numbers]:
    """Each distinct value once, with the first or the last rank that has it."""
    edges = np.diff(values) > 0
    kept = np.append(edges, True) if last else np.insert(edges, 0, True)
    return values[kept], ranks[kept]


def shares_of(counts: NDArray[np.int64]) -> tuple[float, ...]:
    """Counts as shares of their sum."""
    return tuple((counts / max(int(counts.sum()), 1)).round(9).tolist())


def shown(names: Sequence[str], most: int = 6) -> str:
    """The first names, printable, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(printable(name[:40]) for name in names[:most]) + more


def text_of(value: Any) -> str:
    """Check that a value in a file is a text that is not too long.

    Raises:
        UnreadableError: it is not.
    """
    if not isinstance(value, str) or len(value) > LONGEST:
        raise UnreadableError(f"{quoted(value)} where a text of at most {LONGEST:,} characters is expected")
    return value
