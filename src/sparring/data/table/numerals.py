"""How numbers are written in text files: with a point or a decimal comma, and with marks between thousands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparring.errors import quoted

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
COMMA = re.compile(r"[+-]?\d*,\d+|[+-]?\d+")  # 1577,50
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?|[+-]?\d{1,3}(\.\d+)?")  # 1,577.50
POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?|[+-]?\d+(,\d+)?")  # 1.577,50
FORMS = (NUMBER, COMMA, THOUSANDS, POINTS)
PADDED = re.compile(r"0\d+")  # a code, as 007, and no number
INFINITE = re.compile(r"[+-]?(inf|infinity|∞)|[+-]?[\d.]+e\+?\d{3,}", re.IGNORECASE)
SIGN = "[$€£¥₹₽₩%‰]|USD|EUR|GBP|CHF|CNY|JPY"
IN_UNITS = re.compile(rf"([+-]?)((?:{SIGN})?\s?)([+-]?[\d.,]+)(\s?(?:{SIGN})?)")  # -$5, 5 %
PLACE = "#"  # of the number in a unit
MOST_DECIMALS = 6  # beyond which numbers have as many as a float
MOST_WHOLE = 2.0**53  # beyond which a float leaves whole numbers out


class Numerals(NamedTuple):
    """Numbers as they were written.

    Attributes:
        type: "whole" or "number".
        numbers: of each word.
        decimals: after the point; None: as many as a float has.
        form: "," for a decimal comma.
        note: what to know of how they were read.
        unit: what stands around every number, which is PLACE, as in "$#"; "": nothing.
    """

    type: str
    numbers: NDArray[np.float64]
    decimals: int | None
    form: str = ""
    note: str = ""
    unit: str = ""


def is_number(word: str) -> bool:
    """Whether a word is a number in one of the forms, alone or in a unit."""
    return any(form.fullmatch(without_unit(word)[0]) for form in FORMS)


def without_unit(word: str) -> tuple[str, str]:
    """A word without what stands around its number, and that as a unit, with PLACE where the number was."""
    found = IN_UNITS.fullmatch(word)
    if found is None or not (found[2] or found[4]):
        return word, ""
    return found[1] + found[3], f"{found[2]}{PLACE}{found[4]}"


def in_unit(number: str, unit: str) -> str:
    """A number as it is written in a unit, with a minus before both: -$5."""
    if not unit:
        return number
    sign = "-" if number.startswith("-") and not unit.startswith(PLACE) else ""
    return sign + unit.replace(PLACE, number.removeprefix(sign))


def is_infinite(word: str) -> bool:
    """Whether a word is an infinite number, such as inf, or one too large for a float, such as 1e999."""
    if INFINITE.fullmatch(word) is None:
        return False
    return NUMBER.fullmatch(word) is None or float(word) in (np.inf, -np.inf)


def read(words: Sequence[str], commas: bool = False) -> Numerals | None:
    """The numbers that words are, in the first form and the unit that all have; None: they are something else.

    Args:
        commas: semicolons part the cells of the file, as where a comma is a decimal one: 1,250 is then a little
            more than one.
    """
    unit = without_unit(words[0])[1]
    if not unit:
        return _plain(words, commas)
    parts = [without_unit(word) for word in words]
    found = _plain([word for word, _ in parts], commas) if all(own == unit for _, own in parts) else None
    return found and found._replace(unit=unit)


def _plain(words: Sequence[str], commas: bool) -> Numerals | None:
    """The numbers that words are without a unit."""
    if any(PADDED.fullmatch(word) for word in words):
        return None
    if all(NUMBER.fullmatch(word) for word in words):
        numbers = np.array(words, dtype=object).astype(np.float64)
        return _of_points(words, numbers) if np.isfinite(numbers).all() else None
    is_parted = all(THOUSANDS.fullmatch(word) for word in words)
    if all(COMMA.fullmatch(word) for word in words) and (commas or not is_parted):
        note = f"{_with(words, ',')} has a decimal comma, since semicolons part the cells." if is_parted else ""
        return _of_commas(words, note)
    if is_parted:
        numbers = np.array([word.replace(",", "") for word in words]).astype(np.float64)
        note = f"commas in numbers such as {_with(words, ',')} part thousands."
        return _of_points(words, numbers)._replace(note=note)
    if all(POINTS.fullmatch(word) for word in words):
        note = f"points in numbers such as {_with(words, '.')} part thousands."
        return _of_commas([word.replace(".", "") for word in words], note)
    return None


def _of_points(words: Sequence[str], numbers: NDArray[np.float64]) -> Numerals:
    if all("." not in word and "e" not in word.lower() for word in words) and abs(numbers).max() < MOST_WHOLE:
        return Numerals("whole", numbers, 0)
    return Numerals("number", numbers, _decimals(words, "."))


def _of_commas(words: Sequence[str], note: str) -> Numerals:
    numbers = np.array([word.replace(",", ".") for word in words]).astype(np.float64)
    if all("," not in word for word in words) and abs(numbers).max() < MOST_WHOLE:
        return Numerals("whole", numbers, 0, "", note)
    return Numerals("number", numbers, _decimals(words, ","), ",", note)


def _with(words: Sequence[str], mark: str) -> str:
    return quoted(next(word for word in words if mark in word))


def _decimals(words: Sequence[str], point: str) -> int | None:
    """The digits after the point, of 5.64e-01 three; None if a number has more than MOST_DECIMALS of them."""
    parts = (word.lower().partition("e") for word in words)
    most = max(len(mantissa.partition(point)[2]) - int(power or 0) for mantissa, _, power in parts)
    most = max(most, 0)
    return most if most <= MOST_DECIMALS else None
