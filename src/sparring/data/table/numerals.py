"""How numbers are written in text files: with a point or a decimal comma, and with marks between thousands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparring.errors import quoted

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
COMMA = re.compile(r"[+-]?\d*,\d+|[+-]?\d+")  # 1577,50
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?|[+-]?\d{1,3}(\.\d+)?")  # 1,577.50
POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?|[+-]?\d+(,\d+)?")  # 1.577,50
MARKS = " \u00a0\u202f\u2009'\u2019"  # between thousands, besides points and commas: 1 577,50 or 1'577.50
SPACED = re.compile(rf"[+-]?[1-9]\d{{0,2}}(([{MARKS}])\d{{3}}(\2\d{{3}})*([.,]\d+)?)|[+-]?\d{{1,4}}([.,]\d+)?")
FORMS = (NUMBER, COMMA, THOUSANDS, POINTS, SPACED)
# How a negative number may be written too: \u2212512, (512), $(512) and 512-.
MINUS, IN_BRACKETS, IN_UNIT, AFTER = "\u2212", "(", "$(", "n-"
BRACKETS = re.compile(r"([^()+\-\d]*)\(([^()+\-]*\d[^()]*)\)([^()+\-\d]*)")
BEFORE_MINUS = re.compile(r"([^()+\-]*\d[^()+\-]*)-")
COUNTED = re.compile(r"\(\d+\)|\d+-")  # of which all are no negative numbers, but (1), (2) or 1-, 2-
GROUPS = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")  # where marks stand between thousands
PADDED = re.compile(r"0\d+")  # a code, as 007, and no number
INFINITE = re.compile(r"[+-]?(inf|infinity|∞)|[+-]?[\d.]+e\+?\d{3,}", re.IGNORECASE)
SIGN = "[$€£¥₹₽₩%‰]|USD|EUR|GBP|CHF|CNY|JPY"
IN_UNITS = re.compile(
    rf"([+-]?)((?:{SIGN})?\s?)([+-]?[\d.,]+(?:[{MARKS}]\d{{3}})*(?:[.,]\d+)?)(\s?(?:{SIGN})?)"
)  # -$5, 5 %
IN_WORDS = re.compile(  # 85.5 kg, 12 km/h, 21°C
    rf"([+-]?)()([+-]?[\d.,]+(?:[{MARKS}]\d{{3}})*(?:[.,]\d+)?)(\s?(?:°?[^\W\d_]{{1,12}}(?:/[^\W\d_]{{1,6}})?\.?|°))"
)
MOSTLY = 0.5  # of the levels of a category, from which texts are more than numbers
TRUTHS = {"True": True, "true": True, "False": False, "false": False}
DIGITS = re.compile(r"[+-]?\d{1,4000}")  # what Python turns into a whole number
PLACE = "#"  # of the number in a unit
ANY = "*"  # any unit
MOST_DECIMALS = 6  # beyond which numbers have as many as a float
MOST_WHOLE = 2.0**53  # beyond which a float leaves whole numbers out


class Numerals(NamedTuple):
    """Numbers as they were written.

    Attributes:
        type: "whole" or "number".
        numbers: of each word.
        decimals: after the point; None: as many as a float has.
        form: of ``Style``.
        note: what to know of how they were read.
        unit: what stands around every number, which is PLACE, as in "$#"; "": nothing.
    """

    type: str
    numbers: NDArray[np.float64]
    decimals: int | None
    form: str = ""
    note: str = ""
    unit: str = ""


class Style(NamedTuple):
    """The mark between thousands, the decimal one, and what makes a number negative: "-" or another way.

    As one text, the form of a column, it is the marks in this order, without what is usual: "," for 1577,50,
    ",." for 1,577.50.
    """

    thousands: str = ""
    decimal: str = "."
    minus: str = "-"

    @staticmethod
    def of(form: str) -> Style:
        minus = next((way for way in (MINUS, IN_UNIT, IN_BRACKETS, AFTER) if form.endswith(way)), "-")
        marks = form.removesuffix(minus)
        return Style(marks[:-1], marks[-1:] or ".", minus)

    @property
    def form(self) -> str:
        marks = "" if (self.thousands, self.decimal) == ("", ".") else self.thousands + self.decimal
        return marks + ("" if self.minus == "-" else self.minus)

    def plain(self, word: str) -> str:
        """A number of this style, or a plain one, as ``float`` reads it."""
        if self.thousands:
            mark = f"[{MARKS}]" if self.thousands in MARKS else re.escape(self.thousands)  # as one types it
            word = re.sub(rf"(?<=\d){mark}(?=\d{{3}}(?!\d))", "", word)
        return word.replace(self.decimal, ".")

    def written(self, number: str, unit: str) -> str:
        """A plain number, such as -1577.50, in this style and its unit."""
        whole, point, rest = number.partition(".")
        if "e" not in number:
            whole = GROUPS.sub(self.thousands, whole)
        number = whole + point.replace(".", self.decimal) + rest
        if not number.startswith("-") or self.minus == "-":
            return in_unit(number, unit)
        if self.minus == IN_UNIT:
            return in_unit(f"({number[1:]})", unit)
        bare = in_unit(number[1:], unit)
        return {IN_BRACKETS: f"({bare})", AFTER: f"{bare}-"}.get(self.minus, f"{MINUS}{bare}")


def signed(word: str) -> str:
    """A number with "-" before it where it is negative, however that was written."""
    found = BRACKETS.fullmatch(word) or BEFORE_MINUS.fullmatch(word)
    return f"-{''.join(found.groups())}" if found else word.replace(MINUS, "-")


def minus_of(word: str) -> str:
    """How a number is written as a negative one; "" if it is none, or has "-" before it."""
    if found := BRACKETS.fullmatch(word):
        return IN_UNIT if found[1] or found[3] else IN_BRACKETS
    return AFTER if BEFORE_MINUS.fullmatch(word) else MINUS if word.startswith(MINUS) else ""


def value_of(word: str) -> str | bool | int | float:
    """The number, or true or false, that a word is as Python and JSON write it; else the word."""
    if word in TRUTHS:
        return TRUTHS[word]
    if not NUMBER.fullmatch(word):
        return word
    return int(word) if DIGITS.fullmatch(word) else float(word)


def is_number(word: str, unit: str = "") -> bool:
    """Whether a word is a number in one of the forms, alone, with a sign such as $, or in this unit."""
    return any(fits(form, word, unit) for form in FORMS)


def fits(form: re.Pattern[str], word: str, unit: str = "") -> bool:
    """Whether a word is a number in a form, alone, with a sign such as $, or in this unit."""
    return form.fullmatch(without_unit(signed(word), unit)[0]) is not None


def without_unit(word: str, unit: str = "") -> tuple[str, str]:
    """A word without what stands around its number, and that as a unit, with PLACE where the number was.

    Args:
        unit: the one that a word may have beside signs such as $, with or without spaces; ANY for all.
    """
    for form in (IN_UNITS, IN_WORDS):
        found = form.fullmatch(word)
        if found is None or not (found[2] or found[4]):
            continue
        own = f"{found[2]}{PLACE}{found[4]}"
        if form is IN_UNITS or unit == ANY or tight(own) == tight(unit):
            return found[1] + found[3], own
    return word, ""


def tight(unit: str) -> str:
    """A unit without spaces."""
    return "".join(unit.split())


def usual_unit(words: Sequence[str]) -> str:
    """The most frequent unit of words that are numbers with one; "" without any."""
    units = Counter(unit for word in words if (unit := without_unit(signed(word), ANY)[1]))
    return units.most_common(1)[0][0] if units else ""


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
    unit = usual_unit(words[:1])
    if (usual := _plain(words, commas)) or not is_number(words[0], unit):
        return usual
    if all(COUNTED.fullmatch(word) for word in words):
        return None
    parts = [without_unit(signed(word), unit) for word in words]
    if any(tight(own) != tight(unit) for _, own in parts):
        return None
    unit = Counter(own for _, own in parts).most_common(1)[0][0]
    found = _plain([word for word, _ in parts], commas)
    if found is None:
        return None
    minus, example = next(((way, word) for word in words if (way := minus_of(word))), ("-", ""))
    said = f"{quoted(example)} is read as {signed(example)}: its minus stands after it."
    note = " ".join(filter(None, (found.note, said if minus == AFTER else "")))
    return found._replace(unit=unit, form=Style.of(found.form)._replace(minus=minus).form, note=note)


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
        return _parted(words, Style(",", "."))
    if all(POINTS.fullmatch(word) for word in words):
        return _parted(words, Style(".", ","))
    for mark in MARKS:
        if any(mark in word for word in words) and all(SPACED.fullmatch(word) for word in words):
            others = "".join(words).replace(mark, "")
            decimal = "," if "," in others else "."
            if not any(other in others for other in MARKS) and not ("," in others and "." in others):
                return _parted(words, Style(mark, decimal))
    return None


def _of_points(words: Sequence[str], numbers: NDArray[np.float64]) -> Numerals:
    if all("." not in word and "e" not in word.lower() for word in words) and abs(numbers).max() < MOST_WHOLE:
        return Numerals("whole", numbers, 0)
    return Numerals("number", numbers, _decimals(words))


def _of_commas(words: Sequence[str], note: str) -> Numerals:
    plain = [word.replace(",", ".") for word in words]
    found = _of_points(plain, np.array(plain).astype(np.float64))
    form = "," if any("," in word for word in words) else ""
    return found._replace(form=form, note=note)


def _parted(words: Sequence[str], style: Style) -> Numerals:
    """Numbers with a mark between thousands."""
    plain = [word.replace(style.thousands, "").replace(style.decimal, ".") for word in words]
    found = _of_points(plain, np.array(plain).astype(np.float64))
    known = {",": "commas in", ".": "points in", "'": "apostrophes in", "\u2019": "apostrophes in"}
    said = known.get(style.thousands, "spaces in")
    note = f"{said} numbers such as {_with(words, style.thousands)} part thousands."
    return found._replace(form=style.form, note=note)


def _with(words: Sequence[str], mark: str) -> str:
    return quoted(next(word for word in words if mark in word))


def _decimals(words: Sequence[str]) -> int | None:
    """The digits after the point, of 5.64e-01 three; None if a number has more than MOST_DECIMALS of them."""
    parts = (word.lower().partition("e") for word in words)
    most = max(len(mantissa.partition(".")[2]) - int(power or 0) for mantissa, _, power in parts)
    most = max(most, 0)
    return most if most <= MOST_DECIMALS else None


def several_forms(name: str, words: list[str]) -> str:
    """What to know of a category most of whose levels are numbers; "" for others."""
    odd = [word for word in words if not is_number(word)]
    if len(odd) >= MOSTLY * len(words) or any(PADDED.fullmatch(word) for word in words):
        return ""
    mixed = f"mixes numbers with texts such as {quoted(odd[0])}" if odd else _two_forms(words)
    how = "Mend those values" if odd else "Write them in one form"
    said = f"{quoted(name)} {mixed}: it is read as a category."
    return f"{said} {how}, or say what it is with --columns types.toml." if mixed else ""


def _two_forms(words: list[str]) -> str:
    """Which two of these numbers are not in one form; "" if they are, but for their size."""
    other = next((word for word in words if read([words[0], word]) is None), "")
    return f"has numbers in several forms, such as {quoted(words[0])} and {quoted(other)}" if other else ""
