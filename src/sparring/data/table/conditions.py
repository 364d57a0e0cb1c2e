"""Conditions that a user sets for drawn rows: a value of a column, another column, or a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparring.data.table import moments, reach, rules
from sparring.data.table.codec import Columns
from sparring.data.table.codes import BLANKS
from sparring.data.table.column import CHOICES, MOMENTS, Column
from sparring.data.table.moments import EPOCH
from sparring.data.table.numerals import NUMBER
from sparring.errors import ConfigError, did_you_mean, first_of, quoted

JOINED = re.compile(r"[\s\"'](and|or|in|AND|OR|IN)[\s\"'(\[]|&|\|")
EQUALITY = re.compile(r"""\s*("[^"]*"|'[^']*'|.*?)\s*(==|!=|(?<![<>])=)\s*(.*?)\s*""", re.DOTALL)
SIDE = re.compile(r"""((?:"[^"]*"|'[^']*'|[^<>=!"'])+)|([<>=!]+)""")
VALUE = re.compile(r"[^\w\s\"']*\d")  # how a value begins that is no name
Mask = NDArray[np.bool_]


def fitting(codec: Columns, stored: NDArray[Any], condition: str) -> Mask:
    """Whether each stored row (N, columns) fits a condition.

    It is "column=value" or "column!=value", as the value is written in a file, with nothing for a missing one;
    the same with another column in place of the value; or a rule, which no row with a missing value fits.

    Raises:
        ConfigError: it names no column, or a value that no row can have.
    """
    try:
        return _fitting(codec, stored, condition)
    except ConfigError as error:
        if JOINED.search(condition):
            raise ConfigError(
                f"{error} Conditions know no and, or, in; of several --where all hold."
            ) from error
        raise


def _fitting(codec: Columns, stored: NDArray[Any], condition: str) -> Mask:
    """As ``fitting``, without what to know of conditions in one."""
    match = EQUALITY.fullmatch(condition)
    by_name = {column.name: (column, stored[:, place]) for place, column in enumerate(codec.learnt)}
    if match is None or bare(match[1]) not in by_name:
        return _by_rule(codec, stored, condition)
    column, mine = by_name[bare(match[1])]
    value, is_other = match[3], match[2] == "!="
    if not value:
        if not column.missing:
            raise ConfigError(f"{quoted(condition)}: {quoted(column.name)} is missing in no row.")
        return np.asarray(np.isnan(mine) ^ is_other)
    if column.type in CHOICES:
        other = by_name.get(bare(value))
        if value not in column.levels and other and other[0].type in CHOICES:
            return _same(column, mine, *other) ^ is_other
        level = value if value in column.levels else bare(value)
        if level not in column.levels:
            raise ConfigError(
                f"{quoted(condition)}: {_no_level(column, level)}{_of_none(column, match[2], level)}"
            )
        return np.asarray((mine == column.levels.index(level)) ^ is_other)
    number = column.number(bare(value))
    if number is None:
        if rules.problem(rules.with_names(condition, codec.types), codec.types):
            raise ConfigError(
                f"{quoted(condition)}: {quoted(column.name)} is {column.type}: {_wanted(column, value)}."
                f"{_of_none(column, match[2], bare(value))}"
            )
        return _by_rule(codec, stored, condition)
    if why := _impossible(column, number):
        raise ConfigError(f"{quoted(condition)}: {why}.")
    found = column.numbers(mine)
    if column.type not in MOMENTS:
        return np.asarray(found == number) ^ is_other
    written = column.text(np.array([number]))[0]  # a moment of the same minute, where no more is written
    return np.array([text == written for text in column.text(found)], bool) ^ is_other


def typed(condition: str, columns: Mapping[str, Column]) -> str:
    """A rule in which values have the plain form of rules, where they are written as a compared column is.

    So "1,200 <= pay" becomes "1200 <= pay" where pay has commas between thousands, and "day > 31.12.2024" is
    "day > 2024-12-31 00:00:00". What rules know stays as it is, unless the column means another number by it.

    Args:
        columns: by name.

    Raises:
        ConfigError: a value is none of the compared column.
    """
    found = SIDE.findall(condition)
    if "".join(side + sign for side, sign in found) != condition:  # a quotation mark alone
        return condition
    parts = [(side.strip(), sign) for side, sign in found]
    compared = next((columns[bare(side)] for side, _ in parts if bare(side) in columns), None)
    if compared is None or not compared.numeric:
        return condition
    return " ".join(sign or _plain(side, compared, condition, columns) for side, sign in parts)


def _plain(side: str, compared: Column, condition: str, columns: Mapping[str, Column]) -> str:
    """A side of a rule, as rules know it."""
    if bare(side) in columns:
        return side
    number = compared.number(bare(side))
    if number is None:
        types = {name: column.type for name, column in columns.items()}
        if VALUE.match(bare(side)) and rules.problem(f"'{compared.name}' <= {side}", types):
            raise ConfigError(
                f"{quoted(condition)}: {quoted(compared.name)} is {compared.type}: {_wanted(compared, side)}."
            )
        return side
    if compared.type not in MOMENTS:
        written = np.format_float_positional(number, trim="-")
        return side if NUMBER.fullmatch(side) and float(side) == number else written
    if re.fullmatch(rules.DATE, side):
        return side
    moment = EPOCH + timedelta(seconds=number)
    if moment.microsecond:
        return side
    return f"{moment:%H:%M:%S}" if compared.of_day else f"{moment:%Y-%m-%d %H:%M:%S}"


def bare(word: str) -> str:
    """A name or a value without the quotation marks around it."""
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word


def _same(column: Column, mine: NDArray[Any], other: Column, theirs: NDArray[Any]) -> Mask:
    """Whether two categories have the same level; missing values have none."""
    places = [other.levels.index(level) if level in other.levels else -1 for level in column.levels]
    return np.asarray(np.array([*places, -1])[np.nan_to_num(mine, nan=-1).astype(int)] == theirs)


def _no_level(column: Column, level: str) -> str:
    near, listed = did_you_mean(level, column.levels), first_of(column.levels, 8)
    return f"{quoted(column.name)} is never {quoted(level)}.{near} It has {listed}."


def _of_none(column: Column, sign: str, value: str) -> str:
    """What to write where a value is one of the words for a missing one; "" for other values."""
    if value not in BLANKS:
        return ""
    asked = f"{column.name}{sign}"
    return f" Write {quoted(asked)} for a missing value." if column.missing else " It is missing in no row."


def _wanted(column: Column, value: str) -> str:
    """What is expected where something else is compared with a column."""
    if column.type in MOMENTS:
        return f"expected a {column.type} such as {reach.said(column, column.values[0])}, or another column"
    moment = moments.of_any(bare(value))
    if moment and column.type == "whole" and (unit := moments.unit_of_epoch(f"{column.values[0]:.0f}")):
        return f"expected {unit.name} since 1970, such as {unit.since(moment)} for {bare(value)}"
    return "expected a number, or another column"


def _impossible(column: Column, number: float) -> str:
    """Why no row has this number in a column; "" if some may have it."""
    if column.type not in MOMENTS and column.rounded(np.array([number]))[0] != number:
        most = f"has {column.decimals} decimals at most" if column.decimals else f"is whole: never {number:g}"
        return f"{quoted(column.name)} {most}"
    low, high = reach.ends(column)
    return "" if low <= number <= high else f"{reach.between(column)} in all rows"


def _by_rule(codec: Columns, stored: NDArray[Any], condition: str) -> Mask:
    condition = rules.with_names(condition, codec.types)
    condition = typed(condition, {column.name: column for column in codec.columns})
    rules.check([condition], codec.types)
    rule, table = rules.parse(condition), rules.complete(codec, stored)
    if why := reach.out_of_reach(codec, rule):
        raise ConfigError(f"{quoted(condition)}: {why}, so no row can fit.")
    fits = rule.kept(table)
    for name in rule.names:
        fits &= ~np.isnan(table[name])
    return fits
