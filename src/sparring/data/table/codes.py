"""How missing values are written: words such as NA, and numbers that look like codes, such as -999."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from sparring.errors import counted, quoted

DUMPED = (r"\N", "(null)", "(NULL)", "NaT")  # for a missing value, by databases
OF_EXCEL = ("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!")
BLANKS = frozenset(
    {"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "<NA>", *DUMPED, *OF_EXCEL}
)
CODE = re.compile(r"-?9{2,}")
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
