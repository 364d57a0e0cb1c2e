"""Columns of which one tells others, such as a postcode its town: combinations that may have to be kept."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparring.data.table import types
from sparring.data.table.codec import Columns
from sparring.data.table.column import CHOICES, MOST_LEVELS, Column
from sparring.data.table.pairs import MOST_PAIRED
from sparring.errors import quoted

FEW = 2_000  # rows that are asked first, as most pairs of columns fail there
BY_CHANCE = 1e-6  # that independent columns look so
NAMED_CODE = re.compile(r"zip|post|plz|code|邮编|(^|[_\W])(id|nr|no|key)$", re.IGNORECASE)
Codes = NDArray[np.int64]


def proposed(codec: Columns, stored: NDArray[Any]) -> tuple[tuple[str, ...], ...]:
    """Sets of columns of stored rows (N, columns) that could go together: the first tells the others.

    They are categories, or whole numbers whose name says that they are codes. It holds in every row, and hardly
    by chance. Sets that the user has named are left out.
    """
    places = [place for place, column in enumerate(codec.learnt) if _may_tell(column)][:MOST_PAIRED]
    codes = {place: _codes(codec.learnt[place], stored[:, place]) for place in places}
    wide = {place: int(own.max()) + 1 for place, own in codes.items()}
    told = {
        a: [
            b
            for b in places
            if 1 < wide[b] <= wide[a] <= MOST_LEVELS
            and (wide[b] < wide[a] or a < b)
            and codec.learnt[b].type in CHOICES
            and tells(codes[a][:FEW], codes[b][:FEW], 1.0)
            and tells(codes[a], codes[b])
        ]
        for a in places
    }
    sets: list[tuple[int, ...]] = []
    for a in sorted(places, key=lambda place: -wide[place]):
        found = (a, *told[a])
        if told[a] and not any(set(found) <= set(other) for other in sets):
            sets.append(found)
    named = [set(names) for names, _ in codec.combinations]
    written = [tuple(codec.learnt[place].name for place in found) for found in sets]
    return tuple(names for names in written if not any(set(names) <= other for other in named))


def tells(one: Codes, other: Codes, by_chance: float = BY_CHANCE) -> bool:
    """Whether rows (N,) of one level of a column have one level of the other, and hardly by chance.

    The chance is that of independent columns: each row after the first of a level has the same other level with
    the probability that two rows have it.
    """
    levels = np.unique(one)
    if len(np.unique(one * (int(other.max()) + 1) + other)) > len(levels):
        return False
    shares = np.bincount(other) / len(other)
    return (len(one) - len(levels)) * math.log(max(float(np.square(shares).sum()), 1e-300)) <= math.log(
        by_chance
    )


def facts(codec: Columns, stored: NDArray[Any]) -> dict[str, str]:
    """What ``sparring data`` says of columns that could go together."""
    sets = proposed(codec, stored)
    if not sets:
        return {}
    told = "; ".join(f"each {quoted(one)} has one {types.listed(others)}" for one, *others in sets)
    written = ", ".join(types.as_text(names) for names in sets)
    numbers = types.no_choices(codec, sets)
    also = f", and {types.listed(numbers)} as a category," if numbers else ""
    return {"go together": f"{told}. With together = [{written}]{also} in types.toml no others are drawn."}


def _may_tell(column: Column) -> bool:
    return column.type in CHOICES or (column.type == "whole" and NAMED_CODE.search(column.name) is not None)


def _codes(column: Column, stored: NDArray[Any]) -> Codes:
    """The place of each value (N,) among those of its column, with one more for a missing one."""
    _, codes = np.unique(np.nan_to_num(column.numbers(stored), nan=np.inf), return_inverse=True)
    return np.asarray(codes, np.int64)
