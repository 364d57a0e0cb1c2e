"""Read a table from a text file: a header and a row a line, with commas, semicolons or tabs, or JSON lines."""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from sparring.data.table import json_lines, moments, titles
from sparring.data.table.codes import BLANKS
from sparring.data.table.dialect import COMMA, DELIMITERS, MARK, USUAL, Dialect
from sparring.data.table.guess import Raw
from sparring.data.table.numerals import ANY, NUMBER, is_number
from sparring.data.text.items import COLUMNS, decoded
from sparring.errors import DataError, UnreadableError, counted, first_of, quoted
from sparring.files import LINE_END, MOST_BYTES, delimiter, read_bytes

TABBED = ".tsv"
TEXT_FILES = (".csv", TABBED, *json_lines.SUFFIXES)
PARQUET = ".parquet"
SPREADSHEETS = (".xlsx", ".xls", ".ods")
SUFFIXES = (*TEXT_FILES, PARQUET)
HEAD_BYTES = 2**17  # of a file, from which it is told whether it is a table or texts
HEAD_ROWS = 200
LEAST_COLUMNS = 2  # that can be learnt, below which a file of texts with a label is no table
YEAR = re.compile(r"\s*(19|20)\d\d\s*")  # which may be the name of a column of numbers
LONG = 40  # mean characters of a column of texts, of a file that has such a one
MOST_COLUMNS = 10_000


def is_table(path: Path) -> bool:
    """Whether a file holds a table, not texts.

    It does if it has no column of texts, or two others with something to learn; or one of numbers or dates
    beside short texts whose column is not called as texts are.
    """
    suffix = path.suffix.lower()
    if not path.is_file() or suffix not in (*SUFFIXES, *SPREADSHEETS):
        return False
    if suffix not in TEXT_FILES:
        return True
    try:
        columns = _head(path)
    except (OSError, csv.Error):
        return False
    return _is_plain(columns) or bool(_doubtful(columns))


def doubtful(path: Path) -> str:
    """The column of a text file that could be read as texts instead, "" if there is none."""
    columns = _head(path)
    return "" if _is_plain(columns) else _doubtful(columns)


def _is_plain(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether columns are plainly those of a table: without texts, or with two others that can be learnt."""
    if len(columns) < LEAST_COLUMNS:
        return False
    texts = _texts(columns)
    if any(name.lower() in COLUMNS and length > LONG for name, length in texts.items()):
        return False
    return not texts or sum(_usable(cells) for cells in columns.values()) >= LEAST_COLUMNS


def _doubtful(columns: Mapping[str, Sequence[str]]) -> str:
    """The column of short texts, not called as texts are, beside numbers or dates; "" for other columns."""
    texts = _texts(columns)
    has_order = any(_usable(cells) and all(map(_has_order, cells)) for cells in columns.values())
    if not has_order or any(name.lower() in COLUMNS or length > LONG for name, length in texts.items()):
        return ""
    return next(iter(texts), "")


def _texts(columns: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """The columns of texts, with their mean characters."""
    return {name: sum(map(len, cells)) / len(cells) for name, cells in columns.items() if _is_text(cells)}


def titled(path: Path) -> str:
    """What to know of the lines above the table in a text file; "" if there are none."""
    return (
        ""
        if path.suffix.lower() in json_lines.SUFFIXES
        else titles.remark(titles.body(_begin(path)), path.name)
    )


def nameless(path: Path) -> str:
    """What to know of a text table whose names look like one more row; "" for others."""
    names, *rows = [row for row in _rows(_begin(path)) if row] or [[]]
    numbers = [is_number(name.strip()) for name in names]
    like = [[is_number(cell.strip()) for cell in row] for row in rows]
    if not any(numbers) or all(YEAR.fullmatch(name) for name, one in zip(names, numbers, strict=True) if one):
        return ""
    if not rows or any(numbers != one for one in like):
        return ""
    return (
        f"the names of the columns are {first_of([name.strip() for name in names])}: if that is a row, write a "
        "line with names above it."
    )


def _begin(path: Path) -> str:
    """The first rows of a text file."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    lines = LINE_END.split(head.decode("utf-8-sig", "replace"))[: HEAD_ROWS + 1]
    return "\n".join(lines[:-1] if len(head) == HEAD_BYTES else lines)  # the last may be half a line


def _head(path: Path) -> dict[str, tuple[str, ...]]:
    """The columns of the first rows of a text file."""
    text = _begin(path)
    is_json = path.suffix.lower() in json_lines.SUFFIXES
    rows = _of_json(text) if is_json else [row for row in _rows(text) if row]
    if not rows:
        return {}
    named = [cell.strip() for cell in rows[0]]
    if len(set(named)) < len(named):  # which are refused where the table is read
        named = [f"{name} {place}" for place, name in enumerate(named)]
    columns = list(zip(*(row for row in rows[1:] if len(row) == len(named)), strict=True))
    return dict(zip(named, columns or [()] * len(named), strict=True))


def _is_text(cells: Sequence[str]) -> bool:
    """Whether most cells are words, and most of them different."""
    words = [cell for cell in cells if not _has_order(cell)]
    return len(words) > 0.5 * len(cells) and len(set(words)) > 0.5 * len(words)


def _usable(cells: Sequence[str]) -> bool:
    """Whether a column has something to learn: numbers, or values that come again."""
    different = set(cells)
    return len(different) > 1 and (all(map(_has_order, cells)) or len(different) <= 0.5 * len(cells))


def _has_order(cell: str) -> bool:
    """Whether a cell is a number or a date, or empty."""
    word = cell.strip() or "0"
    return is_number(word, ANY) or (word[0].isdigit() and moments.of_any(word) is not None)


def read_text(path: Path, tell: Callable[[int, int], object] = lambda done, total: None) -> list[Raw]:
    """The columns of a text file; the first line has their names.

    Raises:
        DataError: it is not text in UTF-8, has no rows, a row has too many or too few cells, or two columns
            have one name. The message names the line.
    """
    try:
        content = read_bytes(path)
    except UnreadableError as error:
        raise DataError(
            f"cannot read {path}: {error}. At most {MOST_BYTES:,} bytes of text are read; save a larger table "
            "as .parquet."
        ) from error
    text = decoded(content, path.name)
    if path.suffix.lower() in json_lines.SUFFIXES:
        return from_json(text, path.name, tell)
    return from_text(text, path.name, tell, content.startswith(MARK.encode()))


def from_text(
    text: str, name: str, tell: Callable[[int, int], object] = lambda done, total: None, marked: bool = False
) -> list[Raw]:
    """The columns of the text of a table, before which stood a mark if ``marked``; see ``read_text``."""
    csv.field_size_limit(MOST_BYTES)
    text, above, _ = titles.body(text)
    reader = _Lines(text, above)
    header = next((row for row in reader if any(cell.strip() for cell in row)), None)
    if header is None:
        raise DataError(f"{name} is empty: expected a line with the names of the columns, then rows.")
    names = [
        cell.strip() or f"column {place}" for place, cell in enumerate(header, 1)
    ]  # "": an index of pandas
    check_names(names, name)
    if all(NUMBER.fullmatch(column) for column in names):
        raise DataError(
            f"{name} begins with numbers ({', '.join(names[:4])}), not with the names of its columns. Write a "
            "first line with their names."
        )
    cells, width = _Cells(names), len(names)
    for row in reader:
        if len(row) != width:
            if not any(cell.strip() for cell in row):
                continue
            raise DataError(
                f"{name}, line {reader.line:,}: {counted(len(row), 'cell')}, but the header has {width:,} "
                f"names. Mend this line{_quote_hint(row, width)}."
            )
        cells.add(row)
    dialect = Dialect.of(text, marked)
    if name.lower().endswith(TABBED):  # its name tells of the tabs, which a .csv of drawn rows has not
        dialect = dialect._replace(delimiter=COMMA)
    return cells.columns(name, tell, dialect)


def from_json(text: str, name: str, tell: Callable[[int, int], object] = lambda done, total: None) -> list[Raw]:
    """The columns of JSON lines; a key that a line lacks is a missing value.

    Raises:
        DataError: a line is not an object of single values.
    """
    dtypes = json_lines.dtypes_of(text, name)
    names = list(dtypes)
    if not names:
        raise DataError(f"{name} is empty: expected a JSON object in each line.")
    check_names(names, name)
    cells = _Cells(names)
    for _, row in json_lines.cells_of(text, name):
        cells.add([row.get(column, "") for column in names])
    return cells.columns(name, tell, dtypes=dtypes)


class _Cells:
    """The cells of a table, column by column: each distinct word once, and 4 bytes a cell."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.known: list[dict[str, int]] = [{} for _ in names]
        self.codes = [array("i") for _ in names]
        self.blanks: list[dict[str, int]] = [{} for _ in names]

    def add(self, row: Sequence[str]) -> None:
        """Add a row with a cell for each name."""
        for place, cell in enumerate(row):
            word = cell.strip()
            if word in BLANKS:
                self.blanks[place][word] = self.blanks[place].get(word, 0) + 1
                self.codes[place].append(-1)
            else:
                of_column = self.known[place]
                self.codes[place].append(of_column.setdefault(word, len(of_column)))

    def columns(
        self,
        name: str,
        tell: Callable[[int, int], object],
        dialect: Dialect = USUAL,
        dtypes: Mapping[str, str] | None = None,
    ) -> list[Raw]:
        """The columns; their cells are given up.

        Args:
            dialect: of the file.
            dtypes: the type of a column by its name, where the file tells it.

        Raises:
            DataError: there is no row.
        """
        if not self.codes[0]:
            raise DataError(f"{name} has a header and no rows: expected at least ten.")
        columns = []
        for place, column in enumerate(self.names):
            blanks = self.blanks[place]
            blank = max(blanks, key=lambda word: blanks[word], default="")
            codes = np.array(self.codes[place], np.int32)
            dtype = (dtypes or {}).get(column, "")
            columns.append(Raw(column, codes, list(self.known[place]), "", dtype, blank, dialect))
            self.codes[place], self.known[place] = array("i"), {}
            tell(place + 1, len(self.names))
        return columns


def check_names(names: Sequence[str], name: str) -> None:
    """Refuse names of columns that are the same, or too many of them.

    Raises:
        DataError: which.
    """
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"{name} has {len(names):,} columns; at most {MOST_COLUMNS:,} are read. Leave some out."
        )
    twice = [column for column, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"{name}: two columns are called {quoted(twice[0])}. Give each a name of its own.")


class _Lines:
    """The rows of a table in text, with the number of the last line of the one that was read."""

    def __init__(self, text: str, above: int = 0) -> None:
        self.above = above
        self.delimiter = delimiter(text, DELIMITERS)
        self.reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=False)

    @property
    def line(self) -> int:
        return self.above + self.reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        try:
            return next(self.reader)
        except csv.Error as error:
            raise DataError(f"line {self.line:,} is not a row of a table. Mend this line.") from error


def _rows(text: str) -> list[list[str]]:
    text = titles.body(text).text
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text, DELIMITERS)))


def _of_json(text: str) -> list[list[str]]:
    """JSON lines as the rows of a text table, with a header; without those that are no rows."""
    rows: list[dict[str, str]] = []
    for line in LINE_END.split(text):
        with suppress(DataError):
            rows += (row for _, row in json_lines.cells_of(line, ""))
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [names, *([row.get(name, "") for name in names] for row in rows)]


def _quote_hint(row: Sequence[str], width: int) -> str:
    return "; a cell with a comma in it stands in quotation marks" if len(row) > width else ""
