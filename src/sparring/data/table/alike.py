"""Rows that are compared with those of a training: read as its columns are, whatever they would be alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from sparring.data.arrays import ARRAY
from sparring.data.spec import Dataset, Origin, Spec
from sparring.data.table import guess, keys, moments
from sparring.data.table.codec import KIND, Columns
from sparring.data.table.column import MOMENTS, Column
from sparring.data.table.guess import Found, Raw, words_of
from sparring.errors import DataError, counted, did_you_mean, first_of, printable, quoted

SEED = 0  # of the ranks of equal values
MOST_ODD = 0.5  # of the different values of a column that may be something else than in the training
NOUNS = {"whole": "whole number", "number": "number", "date": "date", "time": "time"}
LAST_OF_DAY = moments.seconds_of_day(time.max)
Numbers = NDArray[np.float64]


class _Read(NamedTuple):
    """A column of these rows: what is stored of it (N,), the rows (N,) that cannot be compared, and why."""

    stored: Numbers
    unknown: NDArray[np.bool_]
    why: str
    numbers: Numbers | None = None
    note: str = ""


def compared(columns: Sequence[Raw], name: str, like: Columns) -> Dataset:
    """A data set of rows with the ranks and levels of a training, without rows that have others.

    Raises:
        DataError: a column is missing or holds something else, or no row is left.
    """
    by_name = {raw.name: raw for raw in columns}
    rng = np.random.default_rng(SEED)
    rows = len(columns[0].codes)
    read, raws = [], []
    for column in like.learnt:
        if (raw := by_name.get(column.name)) is None:
            raise DataError(
                f"{_named(name)} has no column {quoted(column.name)}.{did_you_mean(column.name, by_name)}"
            )
        raws.append(raw)
        read.append(_numbers(raw, column, rng) if column.numeric else _levels(raw, column))
    unknown = np.any([one.unknown for one in read], 0)
    notes = [one.note for one in read if one.note]
    if unknown.any():
        why = max(read, key=lambda one: int(one.unknown.sum())).why
        if unknown.all():
            raise DataError(f"no row of {_named(name)} can be compared with those of the training: {why}.")
        notes.append(f"{int(unknown.sum()):,} of {rows:,} rows are left out: {why}.")
    found = [Found(column, None, (), one.numbers) for column, one in zip(like.learnt, read, strict=True)]
    kept = torch.from_numpy(~unknown)
    return Dataset(
        name,
        Spec(KIND, (like.width,), like),
        torch.from_numpy(np.stack([one.stored for one in read], 1).astype(np.float32))[kept],
        origin=Origin(options={}, notes=tuple(notes)),
        keys=keys.of_columns(raws, found)[kept],
    )


def _named(name: str) -> str:
    return "the table" if name == ARRAY else name


def _numbers(raw: Raw, column: Column, rng: np.random.Generator) -> _Read:
    """Numbers or dates, in the form that the column has in the training, or in another one.

    Raises:
        DataError: most of them are something else.
    """
    numbers, note = _parsed(raw, column), ""
    if (odd := np.isnan(numbers)).any():
        words, many = words_of(raw), int(odd.sum())
        first = quoted(words[int(odd.argmax())], 40)
        if many > MOST_ODD * len(words):
            raise DataError(
                f"{quoted(raw.name)} has {_usual(column)} in the training, and here {many:,} of its "
                f"{counted(len(words), 'value')}, such as {first}, {'is' if many == 1 else 'are'} none. Mend "
                "them, or leave those rows out."
            )
        one = (
            f"is no {NOUNS[column.type]}: it counts"
            if many == 1
            else f"are no {NOUNS[column.type]}s: they count"
        )
        note = f"{many:,} of the values of {quoted(raw.name)}, such as {first}, {one} as missing."
    own = np.append(numbers, np.nan)[raw.codes]  # -1 is the last
    stored = column.ranked(own, rng.random(len(own)))
    unknown = np.isnan(own) & (not column.missing)
    return _Read(stored, unknown, f"in the training {quoted(raw.name)} is never missing", numbers, note)


def _parsed(raw: Raw, column: Column) -> Numbers:
    """The number of each distinct value, NaN where it is none."""
    if not isinstance(raw.values, list):
        alike = (raw.known in MOMENTS) == (column.type in MOMENTS)
        return raw.values if alike else np.full(len(raw.values), np.nan)
    own = np.array([np.nan if x is None else x for x in map(column.number, raw.values)], np.float64)
    if not np.isnan(own).any():
        return own
    other = guess.parsed(raw, raw.values, "date" if column.type in MOMENTS else "number")
    if other is None:
        return own
    if column.type in MOMENTS:  # times of day are no dates
        other = np.where((other <= LAST_OF_DAY) == column.of_day, other, np.nan)
    return other if np.isnan(other).sum() < np.isnan(own).sum() else own


def _levels(raw: Raw, column: Column) -> _Read:
    """The places of levels."""
    index = {level: place for place, level in enumerate(column.levels)}
    words = words_of(raw)
    if column.type == "boolean":  # True is true
        index |= {level.casefold(): place for level, place in index.items()}
        words = [word if word in index else word.casefold() for word in words]
    places = np.array([*(index.get(word, -1) for word in words), -1], np.float64)[raw.codes]
    missing = raw.codes < 0
    unknown = (places < 0) & ~(missing & bool(column.missing))
    strange = next((word for word in words if word not in index), "")
    why = f"in the training {quoted(raw.name)} is never missing"
    if strange:
        known = first_of(column.levels, 8)
        why = f"in the training {quoted(raw.name)} is never {quoted(strange, 40)}; it has {known}"
    return _Read(np.where(places < 0, np.nan, places), unknown, why)


def _usual(column: Column) -> str:
    """What a column of numbers has, in words."""
    middle = column.rounded(np.interp([0.5], *column.knots))
    return f"{NOUNS[column.type]}s such as {printable(column.text(middle)[0])}"
