"""What numbers the columns of a table can have, and which conditions no row can meet: interval arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sparring.data.table import rules
from sparring.data.table.codec import Columns
from sparring.data.table.column import Column
from sparring.data.table.rules import ROUNDING, Rule, Sum
from sparring.errors import quoted

ORDERED = {"<": ("<", "<=", "=", "=="), ">": (">", ">=", "=", "==")}  # signs that keep one direction in a chain


class Range(NamedTuple):
    """The least and the greatest of numbers; dates in days."""

    low: float
    high: float


def ends(column: Column) -> tuple[float, float]:
    """The least and the greatest number that is drawn of a column that is learnt; dates in seconds."""
    low, high = column.rounded(np.array([column.values[0], column.values[-1]])).tolist()
    return low, high


def said(column: Column, number: float) -> str:
    """A number as the column writes it."""
    return column.text(column.rounded(np.array([number])))[0]


def between(column: Column) -> str:
    """The range of a column in words."""
    low, high = ends(column)
    return f"{quoted(column.name)} lies between {said(column, low)} and {said(column, high)}"


def ranges(codec: Columns) -> dict[str, Range]:
    """The range of each column of numbers, also of those that rules compute."""
    found = {}
    for column in codec.learnt:
        if column.numeric:
            low, high = rules.days(column, np.array(ends(column))).tolist()
            found[column.name] = Range(low, high)
    for rule in map(rules.parse, codec.rules):
        if rule.derives:
            found[rule.derives] = _of_sum(rule.sums[1], found)
    return found


def out_of_reach(codec: Columns, rule: Rule) -> str:
    """Why no row can keep to a rule with all of its values there; "" if one may."""
    every = ranges(codec)
    for first in range(len(rule.sums)):
        for last in range(first + 1, len(rule.sums)):
            signs = rule.signs[first:last]
            if len(signs) > 1 and not any(set(signs) <= {*kept} for kept in ORDERED.values()):
                continue
            sign = next((one for one in signs if one in ("<", ">")), signs[0])
            left, right = rule.sums[first], rule.sums[last]
            if _never(sign, left, right, every):
                return _why(codec, dict.fromkeys(name for _, name in (*left.columns, *right.columns)))
    return ""


def _weights(part: Sum) -> dict[str, float]:
    """How often each column of a sum counts, without those that cancel."""
    found: dict[str, float] = {}
    for sign, name in part.columns:
        found[name] = found.get(name, 0.0) + sign
    return {name: weight for name, weight in found.items() if weight}


def _of_sum(part: Sum, every: Mapping[str, Range]) -> Range:
    """The range of a sum whose columns have these."""
    low = high = part.constant
    for name, weight in _weights(part).items():
        products = [weight * end for end in every[name]]
        low, high = low + min(products), high + max(products)
    return Range(low, high)


def _never(sign: str, left: Sum, right: Sum, every: Mapping[str, Range]) -> bool:
    """Whether two sums of columns with these ranges never stand so to each other.

    What a column adds to both sides is taken away first; sums of several columns are rounded.
    """
    difference = Sum(
        (*left.columns, *((-sign, name) for sign, name in right.columns)), left.constant - right.constant
    )
    low, high = _of_sum(difference, every)
    sizes = [max(map(abs, every[name])) for name in _weights(difference)]
    if sign in rules.EQUAL or len(sizes) > 1:
        slack = ROUNDING * (1 + abs(left.constant) + abs(right.constant) + sum(sizes))
        low, high = low - slack, high + slack
    return {
        "<": low >= 0,
        "<=": low > 0,
        ">": high <= 0,
        ">=": high < 0,
        "!=": low == high == 0,
    }.get(sign, not low <= 0 <= high)


def _why(codec: Columns, names: Mapping[str, None]) -> str:
    """The ranges of these columns in words, of computed ones those of what they are computed from."""
    by_name = {column.name: column for column in codec.learnt}
    derived = [rule for rule in map(rules.parse, codec.rules) if rule.derives in names]
    shown = dict.fromkeys([*names, *(name for rule in derived for name in rule.names)])
    parts = [between(by_name[name]) for name in shown if name in by_name]
    return f"{' and '.join(parts)} in all rows" if parts else "its numbers contradict each other"
