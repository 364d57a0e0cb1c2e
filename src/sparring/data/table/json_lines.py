"""Read a table of JSON lines: an object a line, whose keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sparring.data.table.column import KEPT, MIXED
from sparring.data.table.numerals import value_of
from sparring.errors import DataError, UnreadableError, quoted
from sparring.files import LINE_END, parse_json

SUFFIXES = (".jsonl", ".ndjson")
NOTHING = "null"
# As narwhals calls the types of a table in memory, in which rows come back.
DTYPES = {bool: "Boolean", int: "Int64", float: "Float64", str: "String", type(None): NOTHING}


def dtypes_of(text: str, name: str) -> dict[str, str]:
    """The type of the values of each key, in the order in which keys first occur.

    It is KEPT for values of several types that their text tells, MIXED where a text is written as a number is.

    Raises:
        DataError: a line is not an object.
    """
    found: dict[str, set[str]] = {}
    for _, row in _objects(text, name):
        for key, value in row.items():
            known = found.setdefault(key.strip(), set())
            known.add(DTYPES.get(type(value), ""))
            if isinstance(value, str) and value_of(value.strip()) != value.strip():
                known.add(MIXED)
    return {key: _one(types - {NOTHING}) for key, types in found.items()}


def _one(types: set[str]) -> str:
    if types == {"Int64", "Float64"}:
        return "Float64"
    if len(types - {MIXED}) < 2:
        return next(iter(types - {MIXED}), "")
    return MIXED if MIXED in types else KEPT


def cells_of(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The number of each line, and its cells as a text table would have them: "" for null.

    Raises:
        DataError: a line is not an object, or a value is a list or an object.
    """
    for line, row in _objects(text, name):
        yield line, {key.strip(): _cell(value, key, line, name) for key, value in row.items()}


def _objects(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(LINE_END.split(text), 1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except UnreadableError:
            row = None
        if not isinstance(row, dict):
            raise DataError(
                f"{name}, line {number:,} is no JSON object: expected a row in each line, such as "
                '{"age": 31, "town": "Rom"}. Mend this line.'
            )
        yield number, row


def _cell(value: Any, key: str, line: int, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        raise DataError(
            f"{name}, line {line:,}: {quoted(key)} holds a {'list' if isinstance(value, list) else 'object'}, "
            "and a cell of a table one value. Give each part a column of its own, or leave it out."
        )
    return value if isinstance(value, str) else json.dumps(value)
