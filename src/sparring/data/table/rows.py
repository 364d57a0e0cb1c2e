"""Give drawn rows back as the user had them: all columns, in their order, with their names and types."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparring.data.table import identifiers, rules
from sparring.data.table.codec import Columns
from sparring.data.table.column import MOMENTS, Column
from sparring.data.table.dialect import MARK
from sparring.data.table.moments import is_of_month

WORDS = ("String", "Object", "Categorical", "Enum")  # types of texts in the user's table
SALT = 10  # rows from which identifiers follow that are made anew
Stored = NDArray[np.float32]


def values(codec: Columns, stored: Stored, texts: bool = False, dated: bool = True) -> dict[str, list[Any]]:
    """Stored rows (N, learnt) as columns of Python's values, or of texts as in a file, without text columns.

    Identifiers are numbered from 1, or made anew in their form. A month without a day has no value of Python.

    Args:
        dated: whether dates and times are Python's values, where ``texts`` does not say otherwise.
    """
    places = {column.name: place for place, column in enumerate(codec.learnt)}
    computed = rules.computed(codec, stored)
    found = {}
    for column in codec.columns:
        if column.type == "text":
            continue
        if column.name in places or column.name in computed:
            numbers = (
                column.numbers(stored[:, places[column.name]])
                if column.name in places
                else computed[column.name]
            )
            as_text = texts or column.dtype.startswith(WORDS)
            if column.type in MOMENTS and not as_text:
                as_text = not dated or is_of_month(column.form)
            found[column.name] = column.text(numbers) if as_text else column.python(numbers)
            if as_text and not texts and column.missing:
                found[column.name] = [
                    None if missing else word
                    for missing, word in zip(np.isnan(numbers), found[column.name], strict=True)
                ]
        else:
            found[column.name] = _aside(column, stored, texts)
    return found


def _aside(column: Column, stored: Stored, texts: bool) -> list[Any]:
    """The values of a column that is not learnt."""
    count = len(stored)
    if column.type == "identifier":
        if column.form in identifiers.FORMS:
            return identifiers.made(column.form, count, column.name.encode() + stored[:SALT].tobytes())
        if texts or column.form or column.decimals or column.dtype.startswith(("String", "Object")):
            return identifiers.numbered(column.form, column.decimals, count)
        return list(range(1, count + 1))
    if not column.levels:
        return [column.blank if texts else None] * count
    level = column.levels[0]
    return [level if texts else column.typed(level)] * count


def as_csv(codec: Columns, stored: Stored, delimiter: str = "") -> bytes:
    """Stored rows as the text of a table, with the names of the columns first.

    Args:
        delimiter: between cells; "": as in the file of the user.
    """
    dialect, file = codec.dialect, io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter or dialect.delimiter, lineterminator=dialect.line_end)
    columns = values(codec, stored, texts=True)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return (MARK * dialect.marked + file.getvalue()).encode()


def as_json_lines(codec: Columns, stored: Stored) -> bytes:
    """Stored rows as JSON, an object a line."""
    columns = values(codec, stored, dated=False)
    lines = (
        json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
        for row in zip(*columns.values(), strict=True)
    )
    return "".join(f"{line}\n" for line in lines).encode()
