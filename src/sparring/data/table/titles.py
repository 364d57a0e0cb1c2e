"""Lines above the names of a table in a text file, such as a title or when it was made: they are none of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from sparring.data.table.dialect import DELIMITERS
from sparring.data.table.numerals import is_number
from sparring.data.text.items import COLUMNS
from sparring.errors import quoted
from sparring.files import HEAD_CHARACTERS

TO_EXCEL = re.compile(rf'\A"?sep=[{DELIMITERS}]"?(?=[\r\n])', re.IGNORECASE)  # a line before the names
MOST = 10  # lines of titles
ROWS = 50  # by which they are told
LEAST_ROWS = 2  # below the names
MOST_ODD, ODD = 2, 0.1  # rows, and the share of them, that have not a cell for each name


class Body(NamedTuple):
    """The text of a table from its names on, the lines above them, and the first cell of each."""

    text: str
    lines: int = 0
    titles: tuple[str, ...] = ()


class _Row(NamedTuple):
    cells: list[str]
    above: int  # lines of the text before it

    @property
    def filled(self) -> list[str]:
        return [cell for cell in self.cells if cell]


def body(text: str) -> Body:
    """The table in a text without what stands above it."""
    text = TO_EXCEL.sub("", text)
    head = text[:HEAD_CHARACTERS]
    read = [_rows(head, mark) for mark in DELIMITERS]
    found = [rows[:1] for rows in read if _begins_with_names(rows)] + [*filter(None, map(_titled, read))]
    *above, names = max(found, key=lambda rows: len(rows[-1].cells), default=[_Row([], 0)])
    if not above:
        return Body(text)
    start = sum(map(len, islice(io.StringIO(head, newline=""), names.above)))
    return Body(text[start:], names.above, tuple(row.filled[0] for row in above))


def _begins_with_names(rows: Sequence[_Row]) -> bool:
    """Whether the first row is that of the names: most are there, and most rows have as many cells."""
    width = len(rows[0].cells) if rows else 0
    if len(rows) > 1 and rows[0].cells[0].startswith("#") and _are_names(rows[1].cells):
        return False
    fitting = sum(len(row.cells) == width for row in rows)
    return 1 < width < 2 * len(rows[0].filled) and fitting >= len(rows) - max(MOST_ODD, ODD * len(rows))


def _titled(rows: list[_Row]) -> list[_Row]:
    """The rows of titles and that of the names; none if nothing stands above these.

    A title has at most half as many cells with something in them as the table has columns. The names are all
    there, different and no numbers; and almost all rows below have as many cells.
    """
    for place, row in enumerate(rows[: MOST + 1]):
        above, below, width = rows[:place], rows[place + 1 :], len(row.cells)
        if not above or not _are_names(row.cells) or not all(_is_title(one, width) for one in above):
            continue
        fitting = [one.cells for one in below if len(one.cells) == width]
        is_ragged = any(len(one.cells) != width for one in above)
        is_named = above[0].cells[0].lower() in COLUMNS  # as a column of texts, whose commas part nothing
        if len(below) - len(fitting) > max(MOST_ODD, ODD * len(below)) or len(fitting) < LEAST_ROWS:
            continue
        return rows[: place + 1] if (is_ragged and not is_named) or _have_numbers(fitting) else []
    return []


def _is_title(row: _Row, width: int) -> bool:
    """Whether a row can be one above a table of so many columns."""
    return row.cells[0].startswith("#") or len(row.filled) <= width / 2


def _rows(head: str, mark: str) -> list[_Row]:
    """The first rows of a text with something in them."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=mark)
    found: list[_Row] = []
    above = 0
    with suppress(csv.Error):
        for cells in islice(reader, MOST + ROWS):
            bare = [cell.strip() for cell in cells]
            found += [_Row(bare, above)] if any(bare) else []
            above = reader.line_num
    return found[:-1] if len(head) == HEAD_CHARACTERS else found  # the last may be half a row


def _are_names(cells: Sequence[str]) -> bool:
    return 1 < len(cells) == len({*cells} - {""}) and not any(map(is_number, cells))


def _have_numbers(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column has numbers alone."""
    return any(all(map(is_number, filter(None, column))) and any(column) for column in zip(*rows, strict=True))


def remark(found: Body, name: str) -> str:
    """What to know of the lines above a table; "" if there are none."""
    if not found.lines:
        return ""
    many = "line" if found.lines == 1 else f"{found.lines:,} lines"
    is_are = "is none" if found.lines == 1 else "are none"
    return (
        f"the first {many} of {name} (such as {quoted(found.titles[0], 40)}) {is_are} of the table: skipped, "
        "and not in drawn rows."
    )
