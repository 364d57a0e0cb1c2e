"""Values that are codes: words and numbers for what is missing, as NA and -999, and digits as 00501."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sparring.data.table.column import MOST_LEVELS
from sparring.errors import counted, quoted

DUMPED = (r"\N", "(null)", "(NULL)", "NaT")  # for a missing value, by databases
OF_EXCEL = ("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!")
BLANKS = frozenset(
    {"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "<NA>", *DUMPED, *OF_EXCEL}
)
CODE = re.compile(r"-?9{2,}")
POSTAL = re.compile(
    r"(^|[_\W])((zip|post|postal)[_ ]?code|zip|plz)s?$|[a-z](Zip|Plz|Postcode)$|邮编|邮政编码", re.IGNORECASE
)
NAMED = re.compile(r"(^|[_\W])(code|id)$|代码|编号|编码", re.IGNORECASE)
JOINED = re.compile(r"[a-z](Code|Id|ID)$")
PHONE = re.compile(r"phone|mobile|telefon|^(tel|fax)|电话|手机", re.IGNORECASE)
LEAST_PHONE = 1e5  # as a number
LEAST_OTHERS = 5  # different values beside it, from which one is far from the others


def looks_missing(name: str, values: NDArray[np.float64], counts: NDArray[np.int64]) -> str:
    """What to know of a column of distinct, rising numbers with these counts; "" if none looks like a code.

    A code has nines alone, and lies further from all other numbers than these lie from each other.
    """
    nines = np.array([CODE.fullmatch(f"{value:.15g}") is not None for value in values[[0, -1]]])
    first, last = (int(nine) for nine in nines)
    others = values[first : len(values) - last]
    if len(others) < LEAST_OTHERS:
        return ""
    low, high = others[0], others[-1]
    for place in np.array([0, -1])[nines]:
        if max(low - values[place], values[place] - high) > high - low:
            return (
                f"{quoted(name)} has {values[place]:g} in {counted(int(counts[place]), 'row')}, far from all "
                f"else ({low:g} to {high:g}): it looks like a code for missing values, and is learnt as a "
                "number. If it is such a code, leave these cells empty in your table."
            )
    return ""


def remark(name: str, words: Sequence[str], is_wide: bool) -> str:
    """What to know of a column of whole numbers that are codes, such as postcodes; "" for other columns.

    They have equally many digits and zeros before them, or a name that says so.

    Args:
        is_wide: whether most rows have a word of their own, so that only postcodes may be a category.
    """
    is_postal = POSTAL.search(name) is not None
    if len(words) > MOST_LEVELS or (is_wide and not is_postal):
        return ""
    if not all(word.isascii() and word.isdigit() for word in words):
        return ""
    is_fixed = len({*map(len, words)}) == 1
    padded = next((word for word in words if word[0] == "0" and len(word) > 1), "")
    if padded and (is_fixed or is_postal):
        return (
            f"{quoted(name)} has zeros before its digits, as in {quoted(padded)}: these are codes, read as a "
            "category. Say text with --columns types.toml to leave them out."
        )
    if is_postal or (is_fixed and (NAMED.search(name) or JOINED.search(name))):
        return (
            f"{quoted(name)} has whole numbers such as {quoted(words[0])}, which are codes by its name: it is "
            "read as a category. If they are numbers, say whole with --columns types.toml."
        )
    return ""


def are_phones(name: str, numbers: NDArray[np.float64]) -> bool:
    """Whether whole numbers are those of telephones."""
    return PHONE.search(name) is not None and bool(np.nanmin(numbers) >= LEAST_PHONE)
