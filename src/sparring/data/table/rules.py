"""Rules that every row must keep to: comparisons of columns, sums and numbers, such as ``start <= end``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparring.config.option import NONE
from sparring.data.table import moments, numerals
from sparring.data.table.column import DAY, MOMENTS, NUMBERS
from sparring.data.table.moments import EPOCH
from sparring.errors import ConfigError, UnreadableError, first_of, quoted
from sparring.errors.names import nearest

if TYPE_CHECKING:
    from sparring.data.table.codec import Columns
    from sparring.data.table.column import Column

ROUNDING = 1e-9  # relative, between sums that are equal but for the rounding of their numbers


def equal(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether numbers (N,) are equal but for rounding."""
    return np.isclose(left, right, rtol=ROUNDING, atol=ROUNDING)


SIGNS: dict[str, Callable[..., NDArray[np.bool_]]] = {
    "<=": np.less_equal, "<": np.less, ">=": np.greater_equal, ">": np.greater,
    "==": equal, "=": equal, "!=": np.not_equal,
}  # fmt: skip
DATE = r"(?:\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?|\d\d:\d\d(?::\d\d)?)(?![\w:.-])"
NO_DAY = "1900-01-01 "  # the day of a time of day, as strptime has it
TOKEN = re.compile(rf'\s*({DATE}|<=|>=|==|!=|<|>|=|\+|-|"[^"]*"|\'[^\']*\'|[^\s<>=!+\-"\']+)')
PLAIN = re.compile(r"[^\s<>=!+\-\"']+")  # a name that needs no quotation marks
OPERATORS = re.compile(r"[*/^()]")  # that rules do not know
ARITHMETIC = "rules know + and - alone: write a column with what you compute into the table"
EQUAL = ("=", "==")
TOLD = 0.9  # of the rows, that must keep to a rule which computes a column
Table = Mapping[str, NDArray[np.float64]]


class Sum(NamedTuple):
    """A sum of columns and numbers, each with its sign; dates count in days since 1970.

    Attributes:
        dates: how many dates are added in it, less those that are taken away, without those of columns.
    """

    columns: tuple[tuple[float, str], ...]
    constant: float
    dates: float = 0.0

    def of(self, table: Table) -> NDArray[np.float64]:
        """Its value in each row (N,)."""
        length = len(next(iter(table.values()))) if table else 0
        total = np.full(length, self.constant)
        for sign, name in self.columns:
            total = total + sign * table[name]
        return total


class Rule(NamedTuple):
    """Sums with signs between them: 0 <= a <= b has three and two."""

    text: str
    sums: tuple[Sum, ...]
    signs: tuple[str, ...]

    def kept(self, table: Table) -> NDArray[np.bool_]:
        """Whether each row (N,) keeps to it; a row where a value is missing does."""
        values = [part.of(table) for part in self.sums]
        kept = np.ones(len(values[0]), bool)
        for sign, left, right in zip(self.signs, values, values[1:], strict=False):
            kept &= SIGNS[sign](left, right) | np.isnan(left) | np.isnan(right)
        return kept

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for part in self.sums for _, name in part.columns)

    @property
    def derives(self) -> str:
        """The column alone on the left of one "=", which the right side computes; "" if there is none."""
        if len(self.signs) != 1 or self.signs[0] not in EQUAL:
            return ""
        left, right = self.sums
        alone = len(left.columns) == 1 and left.columns[0][0] == 1 and not left.constant
        return left.columns[0][1] if alone and right.columns else ""


def listed(text: str) -> tuple[str, ...]:
    """The rules of an option, with ";" between them; none of "none"."""
    return () if text == NONE else tuple(rule.strip() for rule in text.split(";") if rule.strip())


def with_names(text: str, names: Iterable[str]) -> str:
    """A rule in which names with spaces or signs stand in quotation marks, where they do not yet."""
    odd = sorted((name for name in names if not PLAIN.fullmatch(name)), key=len, reverse=True)
    if not odd:
        return text
    listed = "|".join(map(re.escape, odd))
    marked = re.compile(rf"(\"[^\"]*\"|'[^']*')|(?<!\w)({listed})(?!\w)")

    def quoted_name(found: re.Match[str]) -> str:
        mark = "'" if '"' in found[0] else '"'
        return found[0] if found[1] else f"{mark}{found[0]}{mark}"

    return marked.sub(quoted_name, text)


def parse(text: str) -> Rule:
    """Read a rule; names with spaces or signs in them stand in quotation marks, dates as 2024-12-31 10:30.

    Raises:
        UnreadableError: it is not one.
    """
    tokens, place = [], 0
    while place < len(text.rstrip()):
        match = TOKEN.match(text, place)
        if match is None:
            raise UnreadableError(f"{quoted(text)} cannot be read as a rule from {quoted(text[place:])} on")
        tokens.append(match[1])
        place = match.end()
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token in SIGNS:
            parts.append([])
        else:
            parts[-1].append(token)
    if len(parts) < 2 or not all(part and part[-1] not in "+-" for part in parts):
        raise UnreadableError(
            f"{quoted(text)} is not a rule: expected a comparison such as 'start <= end', '0 <= age <= 120' or "
            "'total = a + b'"
        )
    if side_by_side := _side_by_side(parts):
        raise UnreadableError(f"{quoted(text)}: {side_by_side}")
    signs = tuple(token for token in tokens if token in SIGNS)
    return Rule(text, tuple(_sum(part) for part in parts), signs)


def _side_by_side(parts: Sequence[Sequence[str]]) -> str:
    """What is wrong with two terms without a sign between them; "" if there are none."""
    for part in parts:
        for left, right in pairwise(part):
            if left in ("+", "-") or right in ("+", "-"):
                continue
            if odd := [word for word in (left, right) if OPERATORS.search(word) and word[0] not in "\"'"]:
                return f"{quoted(odd[0])} is not known; {ARITHMETIC}"
            return (
                f"no sign stands between {quoted(left)} and {quoted(right)}: write + or -, and a name with "
                "spaces in quotation marks"
            )
    return ""


def _sum(words: Sequence[str]) -> Sum:
    columns, constant, dates, sign = [], 0.0, 0.0, 1.0
    for word in words:
        if word in ("+", "-"):
            sign *= 1.0 if word == "+" else -1.0
            continue
        if re.fullmatch(DATE, word):
            constant += sign * _days(word)
            dates += sign
        elif word[0] in "\"'":
            columns.append((sign, word[1:-1]))
        else:
            try:
                number = float(word)
            except ValueError:
                columns.append((sign, word))
            else:
                constant += sign * _finite(number, word)
        sign = 1.0
    return Sum(tuple(columns), constant, dates)


def _finite(number: float, word: str) -> float:
    if not np.isfinite(number):
        raise UnreadableError(
            f"{quoted(word)} is no finite number; a column of this name stands in quotation marks"
        )
    return number


def _days(word: str) -> float:
    """A date, or a time of day, as days since 1970."""
    try:
        return (
            datetime.fromisoformat(NO_DAY + word if ":" in word[:3] else word) - EPOCH
        ).total_seconds() / DAY
    except ValueError as error:
        raise UnreadableError(f"{quoted(word)} is no date: expected one such as 2024-12-31") from error


def problem(text: str, types: Mapping[str, str]) -> str:
    """What is wrong with a rule for columns of these types, by name; "" if nothing is."""
    try:
        rule = parse(text)
    except UnreadableError as error:
        return str(error)
    for name in rule.names:
        if name not in types:
            return f"the rule {quoted(text)}: {_unknown(name, types)}"
        if types[name] not in NUMBERS:
            return f"the rule {quoted(text)}: {quoted(name)} is {types[name]}, which cannot be compared"
    dates = [
        part.dates + sum(sign for sign, name in part.columns if types[name] in MOMENTS) for part in rule.sums
    ]
    if min(dates) != max(dates) or dates[0] not in (0, 1):
        return (
            f"the rule {quoted(text)} compares dates with what is no date: expected a date such as 2024-12-31 "
            "on each side, or on none; a difference of two dates is a number of days"
        )
    return ""


def _unknown(name: str, types: Mapping[str, str]) -> str:
    """What to know of a word that is no column."""
    if moments.of_any(name):
        return f"{quoted(name)} is no date in a rule: write 2024-12-31 or 17:45"
    if numerals.is_number(name):
        return f"{quoted(name)} is no number in a rule: write 1577.5, without marks"
    if OPERATORS.search(name):
        return f"there is no column {quoted(name)}; {ARITHMETIC}"
    near = nearest(name, types)
    hint = f"Did you mean {quoted(near[0])}?" if near else f"There are {first_of(list(types), 8)}."
    return f"there is no column {quoted(name)}. {hint}"


def derived(rules: Sequence[str]) -> tuple[str, ...]:
    """The columns that rules compute from others, in order."""
    return tuple(name for rule in rules if (name := parse(rule).derives))


def circular(rules: Sequence[str]) -> str:
    """Which rule computes a column from one that is not yet computed then; "" if none does."""
    parsed = [rule for rule in map(parse, rules) if rule.derives]
    for place, rule in enumerate(parsed):
        later = {other.derives for other in parsed[place:]}
        if wrong := [name for _, name in rule.sums[1].columns if name in later]:
            return (
                f"the rule {quoted(rule.text)} computes {quoted(rule.derives)} from {quoted(wrong[0])}, which "
                "is computed by it or by a later rule"
            )
        if rule.derives in {other.derives for other in parsed[:place]}:
            return f"the rule {quoted(rule.text)}: another rule computes {quoted(rule.derives)} already"
    return ""


def check(rules: Sequence[str], types: Mapping[str, str]) -> None:
    """Refuse rules that do not fit the columns.

    Raises:
        ConfigError: which rule, and why.
    """
    for text in rules:
        if wrong := problem(text, types):
            raise ConfigError(f"{wrong}." if not wrong.endswith(("?", ".", "…")) else wrong)
    if wrong := circular(rules):
        raise ConfigError(f"{wrong}. Leave one of them out.")


def days(column: Column, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers (N,) of a column as rules count them: dates in days."""
    return numbers / DAY if column.type in MOMENTS else numbers


def complete(codec: Columns, stored: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """All numbers of stored rows (N, columns) by name, also those that rules compute; dates in days."""
    table = {
        column.name: days(column, column.numbers(stored[:, place]))
        for place, column in enumerate(codec.learnt)
        if column.numeric
    }
    for rule in map(parse, codec.rules):
        if rule.derives:
            table[rule.derives] = rule.sums[1].of(table)
    return table


def computed(codec: Columns, stored: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """The numbers of stored rows (N, columns) that rules compute, rounded; dates in seconds."""
    if not codec.derived:
        return {}
    table, columns = complete(codec, stored), {column.name: column for column in codec.columns}
    found = {}
    for name in codec.derived:
        column = columns[name]
        found[name] = column.rounded(table[name] * DAY if column.type in MOMENTS else table[name])
    return found


def broken(rules: Sequence[str], table: Table, rounding: Mapping[str, float]) -> dict[str, int]:
    """How many rows of a table of numbers break each rule; dates in days.

    Args:
        rounding: of each column, how far a computed value may be from that of the data.
    """
    found = {}
    for rule in map(parse, rules):
        kept = rule.kept(table)
        if rule.derives:
            left, right = (part.of(table) for part in rule.sums)
            kept |= np.abs(left - right) <= rounding.get(rule.derives, 0.0)
        found[rule.text] = int((~kept).sum())
    return found


def kept(codec: Columns, stored: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each stored row keeps to all rules and has only combinations that there are."""
    table = complete(codec, stored) if codec.rules else {}
    fine = np.ones(len(stored), bool)
    for rule in map(parse, codec.rules):
        if not rule.derives:
            fine &= rule.kept(table)
    places = {column.name: place for place, column in enumerate(codec.learnt)}
    for names, there in codec.combinations:
        words = [_words(codec.learnt[places[name]], stored[:, places[name]]) for name in names]
        known = set(there)
        fine &= np.array([row in known for row in zip(*words, strict=True)], bool)
    return fine


def _words(column: Column, stored: NDArray[np.float32]) -> list[str]:
    """The levels of a stored category; "" where there is none."""
    return [(*column.levels, "")[-1 if x != x else int(x)] for x in stored.tolist()]
