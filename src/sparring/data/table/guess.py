"""Find out what a column holds: numbers, dates, categories, what identifies a row, or text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparring.config.arguments import MOST_FLOAT
from sparring.data.table import codes, identifiers, moments, numerals
from sparring.data.table.column import (
    CHOICES,
    DAY,
    KEPT,
    LONGEST,
    MIXED,
    MOMENTS,
    MOST_LEVELS,
    Column,
    flat,
    quantile_function,
    shares_of,
    shown,
)
from sparring.data.table.dialect import SEMICOLON, USUAL, Dialect
from sparring.data.table.moments import EPOCH
from sparring.errors import DataError, counted, quoted

YES_NO = tuple(tuple(pair.split("/")) for pair in ("no/yes", "false/true", "n/y", "f/t"))
IN_DIGITS = re.compile(r"(19|20)\d{6}")  # 20241231, a day where its column is called a date
STEPS = (3600, 1800, 900, 600, 300, 60)  # seconds of which all times of a column may be multiples
ALMOST_ALL = 0.9  # of different values that are numbers or dates, from which the rest counts as missing
TRIED = 200  # values by which it is told whether a column may be almost all dates
LEAST_DISTINCT = 0.5  # of the values of a column, from which it may be text
LONG_TEXT = 30  # mean characters, from which different values are text
LEAST_FOR_ID = 20  # rows, below which nothing is taken for an identifier


class Raw(NamedTuple):
    """A column as it was read: its distinct values, and the place (N,) of each row's value; -1: none.

    Attributes:
        values: texts of a file; or of a table in memory, numbers, or seconds since 1970, rising.
        known: the type, where the table in memory says it.
        dtype: the name of its type there.
        blank: what a missing value was written as.
        dialect: of its text file.
        infinite: values that are no finite number, which count as missing.
    """

    name: str
    codes: NDArray[np.int32]
    values: list[str] | NDArray[np.float64]
    known: str = ""
    dtype: str = ""
    blank: str = ""
    dialect: Dialect = USUAL
    infinite: int = 0

    @property
    def commas(self) -> bool:
        """Whether semicolons part the cells of its file, as where a comma is a decimal one."""
        return self.dialect.delimiter == SEMICOLON


class Found(NamedTuple):
    """What a column is, and what is stored of it (N,), float32; None: it is not learnt.

    Attributes:
        numbers: of each distinct value as read, NaN for what is none; for a column of numbers.
    """

    column: Column
    stored: NDArray[np.float32] | None
    notes: tuple[str, ...] = ()
    numbers: NDArray[np.float64] | None = None


class _Parsed(NamedTuple):
    """A type, and for numbers the number of each distinct value."""

    type: str
    numbers: NDArray[np.float64] | None = None
    decimals: int | None = None
    form: str = ""
    note: str = ""
    unit: str = ""


def found(raw: Raw, rng: np.random.Generator, asked: str = "") -> Found:
    """What a column is, with ``asked`` as its type if the user says it.

    Raises:
        DataError: the values do not fit the type that the user asks for.
    """
    given = raw
    if isinstance(raw.values, list) and asked in ("", "number", "whole"):
        raw = _finite(raw, raw.values)
    rows = len(raw.codes)
    there = raw.codes >= 0
    counts = np.bincount(raw.codes[there], minlength=len(raw.values))
    missing = 1 - float(there.mean()) if rows else 0.0
    common: dict[str, Any] = {"name": raw.name, "missing": missing, "blank": raw.blank, "dtype": raw.dtype}
    if len(raw.values) == 0:
        note = f"{quoted(raw.name)} has no {'finite ' if raw.infinite else ''}value in any row: it stays empty."
        return Found(Column(**common | {"type": "constant"}), None, (note,))
    parsed = _asked(raw, asked) if asked else _guessed(raw, counts, rows, missing)
    common["type"] = parsed.type
    mixed = "" if asked else _mixed(raw, parsed)
    notes = tuple(note for note in (_infinite(raw), _lasting(raw), mixed or parsed.note) if note)
    if parsed.type == "constant":
        if len(first := words_of(raw)[0]) > LONGEST:
            return Found(Column(**common | {"type": "text"}), None, (_text(raw).note,))
        return Found(Column(**common, levels=(first,)), None, notes)
    if parsed.type == "identifier":
        return Found(Column(**common, **identifiers.numbering(words_of(raw))), None, notes)
    if parsed.type == "text":
        return Found(Column(**common), None, notes)
    if parsed.numbers is not None:
        one = _of_numbers(raw, parsed, common, notes, rng)
        return one if raw is given else one._replace(numbers=_with_infinite(given, parsed.numbers))
    return _of_levels(raw, parsed, common, notes, counts)


def _finite(raw: Raw, words: list[str]) -> Raw:
    """A column of words that are numbers, with those that are infinite as missing ones."""
    endless = np.array([numerals.is_infinite(word) for word in words])
    others = [word for word, is_endless in zip(words, endless, strict=True) if not is_endless]
    if len(others) in (0, len(words)) or numerals.read(others, raw.commas) is None:
        return raw
    places = np.append(np.where(endless, -1, np.cumsum(~endless) - 1), -1).astype(np.int32)
    codes = places[raw.codes]
    return raw._replace(codes=codes, values=others, infinite=int(((codes < 0) & (raw.codes >= 0)).sum()))


def _with_infinite(given: Raw, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers of the distinct values as read, NaN for the infinite ones, which ``numbers`` lack."""
    every = np.full(len(given.values), np.nan)
    every[[not numerals.is_infinite(str(word)) for word in given.values]] = numbers
    return every


def _infinite(raw: Raw) -> str:
    """What to know of a column with infinite values; "" for others."""
    if not raw.infinite:
        return ""
    many = f"{counted(raw.infinite, 'infinite value')}, which {'counts' if raw.infinite == 1 else 'count'}"
    return f"{quoted(raw.name)} has {many} as missing."


def _mixed(raw: Raw, parsed: _Parsed) -> str:
    """What to know of a column with values of several types; "" for others."""
    if raw.dtype not in (MIXED, KEPT) or not isinstance(raw.values, list):
        return ""
    words = sorted(raw.values, key=lambda word: type(numerals.value_of(word)).__name__)  # texts are last
    both = f"{quoted(words[-1], 40)} beside {quoted(words[0], 40)}"
    drawn = "it is left out" if parsed.type == "text" else f"it is read as {parsed.type}"
    if parsed.type not in ("text", "number", "whole"):
        drawn += ", and drawn in the types that they have" if raw.dtype == KEPT else ", and drawn as texts"
    usual = "Give it one type, or say what it is with --columns types.toml."
    said = parsed.note if parsed.note and parsed.numbers is not None else usual
    return f"{quoted(raw.name)} mixes types, such as {both}: {drawn}. {said}"


def _lasting(raw: Raw) -> str:
    """What to know of a column of durations; "" for others."""
    if not raw.dtype.startswith("Duration"):
        return ""
    return f"{quoted(raw.name)} holds durations, which are numbers of seconds in rules and conditions."


def _of_numbers(raw: Raw, parsed: _Parsed, common: dict[str, Any], notes: tuple[str, ...], rng: Any) -> Found:
    assert parsed.numbers is not None
    if not (fits := np.isnan(parsed.numbers) | (np.abs(parsed.numbers) <= MOST_FLOAT)).all():
        raise DataError(
            f"{quoted(raw.name)} holds {parsed.numbers[~fits][0]:.4g}: numbers up to {MOST_FLOAT:.4g} are "
            "accepted. Mend that, or leave the cell empty."
        )
    numbers = np.append(parsed.numbers, np.nan)[raw.codes]  # -1 is the last
    values, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    if parsed.type not in MOMENTS and (code := codes.looks_missing(raw.name, values, counts)):
        notes = (*notes, code)
    ranks, knots = quantile_function(values, counts)
    common["missing"] = float(np.isnan(numbers).mean())  # also what is no number
    step = next((step for step in STEPS if not (values % step).any()), None) if parsed.type == "time" else None
    written: dict[str, Any] = {
        "decimals": parsed.decimals,
        "form": parsed.form,
        "unit": parsed.unit,
        "step": step,
    }
    column = Column(**common, ranks=ranks, values=knots, **written)
    # Of a value of many rows each row has a rank of its own; rows of a rarer one have its knot.
    ends = counts.cumsum()
    own = np.searchsorted(values, np.append(parsed.numbers, np.nan))[raw.codes].clip(0, len(values) - 1)
    jitter = np.where(flat(counts)[own], rng.random(len(numbers)), 0.5)
    stored = (ends[own] - counts[own] + counts[own] * jitter) / counts.sum()
    kept = np.where(np.isnan(numbers), np.nan, stored).astype(np.float32)
    return Found(column, kept, notes, parsed.numbers)


def _of_levels(raw: Raw, parsed: _Parsed, common: dict[str, Any], notes: tuple[str, ...], counts: Any) -> Found:
    words = words_of(raw)
    if long := [word for word in words if len(word) > LONGEST]:
        raise DataError(
            f"{quoted(raw.name)} is read as a {parsed.type}, and one of its values has {len(long[0]):,} "
            f"characters: at most {LONGEST:,} are accepted. Shorten it, or say in --columns types.toml that "
            "the column is text, and it is left out."
        )
    if parsed.type == "boolean":
        order = np.argsort([_is_yes(word) for word in words], kind="stable")
    elif raw.dtype.startswith("Enum"):
        order = np.arange(len(words))  # as the user has them
    else:
        order = np.argsort(np.array(words, dtype=object), kind="stable")
    place = np.empty(len(order) + 1, np.float32)
    place[order], place[-1] = np.arange(len(order)), np.nan
    column = Column(
        **common, levels=tuple(words[k] for k in order), shares=shares_of(counts[order]), form=parsed.form
    )
    return Found(column, place[raw.codes], notes)


def _guessed(raw: Raw, counts: NDArray[np.int64], rows: int, missing: float) -> _Parsed:
    """The type of a column by its values."""
    if len(raw.values) == 1 and not missing:
        return _Parsed("constant", note=f"{quoted(raw.name)} has one value in all rows: it is not learnt.")
    single = len(raw.values) == int(counts.sum()) == rows >= LEAST_FOR_ID
    if raw.known == "category":
        return _Parsed("category") if len(raw.values) <= MOST_LEVELS else _text(raw)
    if isinstance(raw.values, list):
        return _of_words(raw, raw.values, counts, single)
    are_days = raw.dtype.startswith("Datetime") and not (raw.values % DAY).any()  # each at midnight
    known = "date" if are_days else raw.known
    parsed = _Parsed(known, raw.values, *_steps(raw.values, known, raw.dtype))
    whole = parsed.type == "whole" and not raw.dtype.startswith("Duration")
    if whole and single and (_counts_up(raw, raw.values) or identifiers.is_named(raw.name)):
        return _Parsed("identifier", note=identifiers.remark(raw.name, words_of(raw)))
    if whole and (note := codes.remark(raw.name, words_of(raw), _is_wide(len(raw.values), counts))):
        return _Parsed("category", note=note)
    return _Parsed("boolean") if raw.known == "boolean" else parsed


def _of_words(raw: Raw, words: list[str], counts: NDArray[np.int64], single: bool) -> _Parsed:
    lowered = {word.casefold() for word in words}
    if len(words) == 2 and any(lowered == set(pair) for pair in YES_NO):
        return _Parsed("boolean")
    in_digits = all(IN_DIGITS.fullmatch(word) for word in words)
    parsed = _dates(words, raw.name) if in_digits else None
    parsed = parsed or _numbers(words, raw.commas) or _dates(words, raw.name)
    if are_codes := parsed is not None and _are_codes(raw.name, words, parsed):
        parsed = None
    if parsed and single and parsed.type == "whole" and not parsed.unit:
        assert parsed.numbers is not None
        if _counts_up(raw, parsed.numbers) or identifiers.is_named(raw.name):
            return _Parsed("identifier", note=identifiers.remark(raw.name, words))
    is_wide = _is_wide(len(words), counts)
    if (parsed is None or parsed.type == "whole") and (note := codes.remark(raw.name, words, is_wide)):
        return _Parsed("category", note=note)
    if parsed:
        return parsed
    if is_wide and not are_codes and (parsed := _almost_all(raw, words)):
        return parsed
    length = float(np.mean([len(word) for word in words[:10_000]]))
    spaces = float(np.mean([" " in word for word in words[:10_000]]))
    if single and ((length < LONG_TEXT and spaces < LEAST_DISTINCT) or identifiers.universal(words)):
        return _Parsed("identifier", note=identifiers.remark(raw.name, words))
    if is_wide:
        return _text(raw)
    return _Parsed("category", note="" if are_codes else numerals.several_forms(raw.name, words))


def _are_codes(name: str, words: list[str], parsed: _Parsed) -> bool:
    """Whether these are numbers of telephones, or whole ones so large that some of them are the same float."""
    if parsed.numbers is None or parsed.type not in ("whole", "number"):
        return False
    if parsed.type == "whole":
        return codes.are_phones(name, parsed.numbers)
    return parsed.decimals == 0 and len(np.unique(parsed.numbers)) < len(words)


def _is_wide(levels: int, counts: NDArray[np.int64]) -> bool:
    """Whether so many different values, with these counts, are too many for a category by themselves."""
    different = levels / max(int(counts.sum()), 1)
    return levels > MOST_LEVELS or (different > LEAST_DISTINCT and levels >= LEAST_FOR_ID)


def _almost_all(raw: Raw, words: list[str]) -> _Parsed | None:
    """Numbers or dates where a few of the words are none, which count as missing; None: something else."""
    if identifiers.is_named(raw.name):
        return None
    forms: list[tuple[Callable[[str], object], str]] = [
        (partial(numerals.fits, form, unit=numerals.usual_unit(words[:TRIED])), "number")
        for form in numerals.FORMS
    ]
    for fits, kind in (*forms, (moments.of_any, "date")):
        tried = words[:TRIED]
        if sum(bool(fits(word)) for word in tried) < ALMOST_ALL * len(tried):
            continue
        there = np.array([bool(fits(word)) for word in words])
        usual = [word for word, fine in zip(words, there, strict=True) if fine]
        is_date = kind == "date"
        parsed = _dates(usual, raw.name) if is_date else _numbers(usual, raw.commas)
        if parsed and there.mean() >= ALMOST_ALL:
            numbers = np.full(len(words), np.nan)
            numbers[there] = parsed.numbers
            return parsed._replace(numbers=numbers, note=_odd(raw, words, there, kind))
    return None


def _odd(raw: Raw, words: list[str], there: NDArray[np.bool_], kind: str) -> str:
    """How many rows hold words that are no numbers or no dates, and what becomes of them."""
    counts = np.bincount(raw.codes[raw.codes >= 0], minlength=len(words)) * ~there
    most = int(counts.argmax())
    rows = counted(int(counts.sum()), "row")
    such = quoted(words[most], 40)
    if (~there).sum() > 1:
        such = f"no {kind}, such as {such} in {counted(int(counts[most]), 'row')}"
    else:
        such = f"{such}, which is no {kind}"
    holds = "holds" if counts.sum() == 1 else "hold"
    return (
        f"{rows} of {quoted(raw.name)} {holds} {such}: counted as missing, and drawn rows have no value "
        "there as often. Mend that, or say what the column is with --columns types.toml."
    )


ASKED = "date"  # a name of dates, for a column that the user says is one
NAMED_DATE = re.compile(r"date|day|datum|time|born|birth|日期|时间", re.IGNORECASE)


def _numbers(words: Sequence[str], commas: bool) -> _Parsed | None:
    """Numbers in one of the forms of ``numerals``; None: they are something else."""
    found = numerals.read(words, commas)
    return _Parsed(*found) if found else None


def _dates(words: Sequence[str], name: str) -> _Parsed | None:
    """Dates or moments in one of the forms of ``moments``; None: they are something else."""
    found = moments.read(words, NAMED_DATE.search(name) is not None)
    if found is None:
        return None
    decimals = _decimals(found.seconds) if moments.FRACTION in found.form else 0
    are_days = not moments.is_of_day(found.form) and not (found.seconds % DAY).any()  # each at midnight
    return _Parsed("date" if are_days else found.type, found.seconds, decimals, found.form, found.note)


def _asked(raw: Raw, asked: str) -> _Parsed:
    """What the user says that the column is.

    Raises:
        DataError: its values are something else.
    """
    if asked == "constant" and (len(raw.values) > 1 or (raw.codes < 0).any()):
        missing = " and missing ones" if (raw.codes < 0).any() else ""
        raise DataError(
            f"{quoted(raw.name)} is said to be constant, but has {counted(len(raw.values), 'value')}{missing}. "
            "Say category, or text, and it is left out."
        )
    if asked in ("identifier", "text", "constant"):
        return _Parsed(asked)
    if asked in CHOICES:
        if len(raw.values) > MOST_LEVELS:
            raise DataError(
                f"{quoted(raw.name)} is said to be a {asked}, but has {len(raw.values):,} values; at most "
                f"{MOST_LEVELS:,} are accepted. Say text, and it is left out."
            )
        if asked == "boolean" and len(raw.values) == 1:
            return _Parsed("category")
        if asked == "boolean" and len(raw.values) != 2:
            raise DataError(
                f"{quoted(raw.name)} is said to be boolean, but has {counted(len(raw.values), 'value')}, such "
                f"as {shown(words_of(raw), 3)}: expected two. Say category."
            )
        return _Parsed(asked)
    if not isinstance(raw.values, list):
        return _of_memory(raw, raw.values, asked)
    is_number = asked in ("number", "whole")
    parsed = _almost_parsed(raw, raw.values, is_number)
    if parsed is None or (asked == "whole" and parsed.type != "whole"):
        fits = numerals.is_number if is_number else moments.of_any
        wrong = [word for word in raw.values if not fits(word)] or raw.values[:1]
        raise DataError(
            f"{quoted(raw.name)} is said to be {asked}, but {len(wrong):,} of its "
            f"{counted(len(raw.values), 'value')}, such as {quoted(wrong[0])}, are not. "
            f"{(asked in MOMENTS and moments.from_epoch(wrong[0])) or 'Mend them, or say category.'}"
        )
    return parsed._replace(type=asked)


def _almost_parsed(raw: Raw, words: list[str], is_number: bool) -> _Parsed | None:
    """The words of a column as numbers or as dates, where at least almost all are; None: they are not."""
    if parsed := _numbers(words, raw.commas) if is_number else _dates(words, ASKED):
        return parsed
    rest = _almost_all(raw, words)
    return rest if rest and (rest.type in MOMENTS) != is_number else None


def parsed(raw: Raw, words: list[str], kind: str) -> NDArray[np.float64] | None:
    """The number of each distinct word of a column, NaN for what is none; None: almost all are none.

    Args:
        kind: "number" or "date".
    """
    found = _almost_parsed(raw, words, kind == "number")
    return None if found is None else found.numbers


def _of_memory(raw: Raw, values: NDArray[np.float64], asked: str) -> _Parsed:
    """A column in memory as the numbers or dates that the user says it has.

    Raises:
        DataError: it has others.
    """
    if (asked in MOMENTS) != (raw.known in MOMENTS):
        has = "dates" if raw.known in MOMENTS else "numbers"
        fitting = "date, time" if raw.known in MOMENTS else "number, whole"
        raise DataError(
            f"{quoted(raw.name)} is said to be {asked}, but holds {has}: say {fitting} or category, or change "
            "the table."
        )
    odd = values[values != values.round()] if asked == "whole" else values[:0]
    if len(odd):
        raise DataError(
            f"{quoted(raw.name)} is said to be whole, but {len(odd):,} of its {counted(len(values), 'value')}, "
            f"such as {odd[0]:.6g}, are not. Say number."
        )
    return _Parsed(asked, values, *_steps(values, asked, raw.dtype))


def _steps(values: NDArray[np.float64], known: str, dtype: str) -> tuple[int | None, str]:
    """The decimals of numbers in memory, and the form of times of day."""
    if known == "time":
        decimals = _decimals(values)
        of_day = moments.CLOCKS[2 if decimals else 1] if dtype.startswith("Time") else ""
        return decimals, of_day
    return (_decimals(values) if known == "number" else 0), ""


def _decimals(values: NDArray[np.float64]) -> int | None:
    """The digits after the point of numbers in memory; None: as many as a float has."""
    some = values[:: max(1, len(values) // 10_000)]
    many = range(numerals.MOST_DECIMALS + 1)
    return next((k for k in many if np.array_equal(some.round(k), some)), None)


def words_of(raw: Raw) -> list[str]:
    """The distinct values as texts: whole numbers without a point, booleans as False and True, dates as ISO."""
    if isinstance(raw.values, list):
        return raw.values
    if raw.known in MOMENTS:
        found = [EPOCH + timedelta(seconds=x) for x in raw.values.tolist()]
        if raw.dtype.startswith("Time"):
            return [moment.time().isoformat() for moment in found]
        return [(moment.date() if raw.known == "date" else moment).isoformat() for moment in found]
    if raw.dtype.startswith("Boolean"):
        return [str(bool(x)) for x in raw.values]
    return [str(int(x)) if x == int(x) else repr(float(x)) for x in raw.values.tolist()]


def _is_yes(word: str) -> bool:
    return word.casefold() in {pair[1] for pair in YES_NO} | {"1"}


def _counts_up(raw: Raw, numbers: NDArray[np.float64]) -> bool:
    """Whether the rows are numbered one after the other."""
    return bool((np.diff(numbers[raw.codes]) == 1).all())


def _text(raw: Raw) -> _Parsed:
    return _Parsed(
        "text",
        note=f"{quoted(raw.name)} is text ({len(raw.values):,} different values, such as "
        f"{quoted(words_of(raw)[0], 40)}): it is left out, and drawn rows have no such column.",
    )
