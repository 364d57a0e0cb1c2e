"""Read texts from files: one item a line, poems between blank lines, a column of a table, or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from sparring.data import binary
from sparring.data.arrays import LABEL_NAMES
from sparring.data.text import encodings
from sparring.errors import DataError, UnreadableError, counted, did_you_mean, first_of, printable, quoted
from sparring.files import LINE_END, MOST_BYTES, as_text, delimiter, parse_json, read_bytes

PLAIN, TABLES, OBJECTS = (".txt",), (".csv", ".tsv"), (".jsonl", ".ndjson", ".json")
SUFFIXES = (*PLAIN, *TABLES, *OBJECTS)
AS_TABLE = (*TABLES, ".jsonl", ".ndjson")  # files that may be read as tables
COLUMNS = (  # names of columns that hold the texts; the first one found is used
    "text", "item", "sentence", "line", "poem", "verse", "content", "body", "title", "name", "word",
)  # fmt: skip
NO_LABELS, BY_FOLDER, AUTO = "none", "folders", "auto"
MOST_ZEROS = 0.1  # of the bytes of a file in UTF-8, from which it is in UTF-16
LEAST_LINES = 2  # mean lines of a block between blank lines, from which blocks are poems
TIDY = re.compile(r"[^\S\n]+")  # spaces of all sorts, but no line breaks
CONTROLS = re.compile(  # but not the joiners U+200C and U+200D, which Persian and emoji need
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufffe\uffff"
    r"\ud800-\udfff]"
)


class Items(NamedTuple):
    """Texts, a label for each or None, how they were found, and what the user should know."""

    texts: list[str]
    labels: list[str] | None
    found_as: str
    notes: tuple[str, ...] = ()


def strings(data: Any) -> list[str] | None:
    """The strings of a list, an array or a column of a table, "" where one lacks; None for anything else.

    Raises:
        DataError: the first is a string, and another is a number.
    """
    if len(getattr(data, "shape", ())) == 1 and not isinstance(data, Tensor):
        array = np.asarray(data.to_numpy() if hasattr(data, "to_numpy") else data)
        data = array.tolist() if array.dtype.kind in "OUT" else ()
    if not isinstance(data, Sequence) or isinstance(data, str | bytes):
        return None
    if not isinstance(next((item for item in data if not _lacks(item)), None), str):
        return None
    found = ["" if _lacks(item) else item for item in data]
    other = next((place for place, item in enumerate(found) if not isinstance(item, str)), None)
    if other is None:
        return found
    if not isinstance(found[other], int | float):
        return None
    raise DataError(
        f"item {other:,} of the {len(found):,} given is the number {quoted(found[other])}, where others are "
        "strings. Make strings of all, as by str(item), or leave it out."
    )


def _lacks(item: Any) -> bool:
    """Whether it stands where a string lacks: None, NaN, or the NA of pandas."""
    return item is None or type(item).__name__ == "NAType" or (isinstance(item, float) and math.isnan(item))


def of_file(content: bytes, name: str, items: str, column: str, labels: str) -> Items:
    """The items in a file, which may be empty.

    Args:
        name: of the file; its suffix says how it is read.
        items: of plain text: "lines", "poems" between blank lines, or "auto".
        column: of a table or of JSON objects: the name of the one with the texts, or "auto".
        labels: the name of the column with the classes, or "none".

    Raises:
        DataError: it is not text in UTF-8, not a table, or has no such column.
    """
    text = decoded(content, name)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in TABLES:
        rows, notes = _table(text, name)
        found = _of_rows(rows, name, column, labels)
        return found._replace(notes=(*notes, *found.notes))
    if suffix in OBJECTS:
        return _of_objects(_objects(text, name), name, column, labels)
    if column != AUTO or labels not in (NO_LABELS, BY_FOLDER):
        given = f"--column {quoted(column)}" if column != AUTO else f"--labels {quoted(labels)}"
        raise DataError(f"{given}: {name} is plain text and has no columns. Leave it out, or give a CSV file.")
    return of_text(text, items)


def of_text(text: str, items: str) -> Items:
    """The items of plain text: its lines, or the blocks of lines between blank lines."""
    lines = [line.strip() for line in LINE_END.split(text)]
    blocks = [block for block in "\n".join(lines).strip("\n").split("\n\n") if block.strip()]
    filled = sum(map(bool, lines))
    several = len(blocks) > 1 and filled >= LEAST_LINES * len(blocks)
    if items == "poems" or (items == AUTO and several):
        note = f"{counted(len(blocks), 'block')} of lines between blank lines are read as one item each; "
        notes = (note + "--items lines reads each line as one.",) if items == AUTO else ()
        return Items([block.strip("\n") for block in blocks], None, "poems", notes)
    return Items([line for line in lines if line], None, "lines")


def decoded(content: bytes, name: str) -> str:
    """The text of a file in UTF-8.

    Raises:
        DataError: it is binary, or in another encoding; the message says which and how to convert it.
    """
    try:
        text = as_text(content)
        if content.startswith(binary.ZIP):
            raise UnreadableError("it is no text")
        if content.count(0) > MOST_ZEROS * len(content):  # English in UTF-16 is UTF-8 with many zeros, too
            raise UnreadableError("every other byte or so is zero, as it never is in UTF-8")
    except UnreadableError as error:
        if what := binary.told(content):
            raise DataError(f"{name} is no text, but {what}.") from error
        likely = encodings.likely(content)
        suffix = PurePosixPath(name).suffix or ".txt"
        how = f"iconv -f {likely} -t UTF-8 FILE > FILE-utf8{suffix}"
        excel = ' save it as "CSV UTF-8" in Excel, or' if suffix == ".csv" else ""
        raise DataError(
            f"{name} cannot be read: {error}. It may be {likely};{excel} choose UTF-8 where an editor saves "
            f"it, or convert it, where there is iconv: {how}"
        ) from error
    return text


def tidied(text: str) -> str:
    """A text in the composed form of Unicode (NFC), with plain spaces and without control characters."""
    return CONTROLS.sub("", TIDY.sub(" ", unicodedata.normalize("NFC", text.replace("\r\n", "\n")))).strip()


def read(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        DataError: it is missing, too large or cannot be read.
    """
    try:
        return read_bytes(path)
    except UnreadableError as error:
        raise DataError(f"cannot read {path}: {error}. At most {MOST_BYTES:,} bytes are read.") from error


def _table(text: str, name: str) -> tuple[list[list[str]], tuple[str, ...]]:
    """The rows of a table, and a note where a quotation mark may have joined lines."""
    csv.field_size_limit(MOST_BYTES)
    mark, lines = delimiter(text), io.StringIO(text, newline="")
    strictly = csv.reader(lines, delimiter=mark, strict=True)
    with suppress(csv.Error):
        return list(strictly), ()
    note = (
        f"{name}, line {strictly.line_num:,}: a quotation mark within a text, or one that is not closed, may "
        'join lines. Marks within a text are written twice: "a ""word"" of it".'
    )
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=mark)), (note,)
    except csv.Error as error:
        raise DataError(f"{name} cannot be read: one of its lines is not a row of a table.") from error


def _of_rows(rows: Sequence[Sequence[str]], name: str, column: str, labels: str) -> Items:
    """The items of a table, whose first row may hold the names of its columns."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        raise DataError(f"{name} is empty: expected a table with a column of texts.")
    if len(rows) > len(filled) == 1:
        blank = counted(len(rows) - 1, "row")
        raise DataError(f"{name} has a header and {blank} without a text: expected a column of texts.")
    header = [cell.strip() for cell in filled[0]]
    if len(header) == 1 and column == AUTO and header[0].lower() not in COLUMNS:
        return Items([row[0] for row in filled], None, "the only column")  # a list without a header
    named = _names_columns(header, filled[1:], {column, labels})
    names = header if named else [str(place + 1) for place in range(max(map(len, filled)))]
    records = [dict(zip(names, row, strict=False)) for row in filled[named:]]
    found = _of_objects(records, name, column, labels)
    notes = found.notes
    if longer := sum(len(row) > len(names) for row in filled[named:]):
        notes += (
            f"{counted(longer, 'row')} of {name} with more cells than names: what is beyond is not read. Texts "
            "with commas are written in quotation marks.",
        )
    if not named:
        notes += (f"{name} has no row of names; its columns are called 1 to {len(names)}.",)
    elif not _usual(header):
        notes += (f"the first row of {name} is read as the names of its columns: {first_of(header, 8)}.",)
    return found._replace(notes=notes)


def _names_columns(first: Sequence[str], below: Sequence[Sequence[str]], asked: Collection[str]) -> bool:
    """Whether the first row of a table holds names, and not a text and what belongs to it as every row does.

    It does if it has a name that is asked for or usual, or neither a number nor a cell that comes again below.
    """
    if _usual(first) or not below or not set(first).isdisjoint(asked):
        return True
    if any(cell and _is_number(cell) for cell in first):
        return False
    columns = (
        (cell, {row[place].strip() for row in below if place < len(row)}) for place, cell in enumerate(first)
    )
    return not any(cell and cell in others for cell, others in columns)


def _usual(names: Sequence[str]) -> bool:
    """Whether one of the names is usual for a column of texts or classes."""
    return any(name.lower() in (*COLUMNS, *LABEL_NAMES) for name in names)


def _objects(text: str, name: str) -> list[Any]:
    """The values of a JSON list, or of JSON lines."""
    try:
        if text.lstrip().startswith("["):
            found = parse_json(text)
            assert isinstance(found, list)
            return found
        found = [_json_line(line, above) for above, line in enumerate(LINE_END.split(text)) if line.strip()]
    except UnreadableError as error:
        found = [_whole(text)]
        if found == [None]:
            raise DataError(
                f"{name} cannot be read: {error}. Expected a JSON list of texts, or a JSON text or object a "
                "line."
            ) from error
    alone = found[0] if len(found) == 1 else None
    if isinstance(alone, Mapping) and not any(isinstance(value, str) for value in alone.values()):
        raise DataError(
            f"{name} is one JSON object, with {first_of(list(alone), 8) or 'nothing in it'}; expected a JSON "
            "list of texts, or a JSON text or object a line. Save the list of texts alone as a file."
        )
    return found


def _whole(text: str) -> Any:
    """The object of a JSON file that goes over several lines; None if it is none."""
    with suppress(UnreadableError):
        found = parse_json(text)
        return found if isinstance(found, Mapping) else None
    return None


def _json_line(line: str, above: int) -> Any:
    """The value of a line, whose faults are told with its number in the file."""
    try:
        return parse_json(line)
    except UnreadableError:
        return parse_json("\n" * above + line)


def _of_objects(records: Sequence[Any], name: str, column: str, labels: str) -> Items:
    if records and all(isinstance(record, str) for record in records):
        return Items(list(records), None, "texts")
    if not all(isinstance(record, Mapping) for record in records):
        wrong = next(record for record in records if not isinstance(record, Mapping))
        raise DataError(f"{name} holds {quoted(json.dumps(wrong))}; expected only texts, or only objects.")
    names = list(dict.fromkeys(key for record in records for key in record))
    chosen = _column(records, names, name, column)
    as_table = ", and --columns none reads it as a table" if name.lower().endswith(AS_TABLE) else ""
    note = f"the texts of {name} are those of its column {quoted(chosen)}; --column takes another{as_table}."
    notes: tuple[str, ...] = (note,) if column == AUTO and len(names) > 1 else ()
    texts = [_cell(record.get(chosen)) for record in records]
    given = None
    if labels not in (NO_LABELS, BY_FOLDER):
        if labels not in names:
            raise DataError(_no_column("labels", labels, name, names))
        given = [printable(_cell(record.get(labels)).strip()) for record in records]
        if empty := sum(not label for label in given):
            raise DataError(
                f"{name}: {empty:,} of {len(given):,} rows have no {quoted(labels)}. Label all rows or none."
            )
    elif likely := next((key for key in names if key.lower() in LABEL_NAMES and key != chosen), None):
        notes += (f"column {quoted(likely)} looks like classes. To use them, add --labels {likely}.",)
    return Items(texts, given, f"column {printable(chosen)}", notes)


def _column(records: Sequence[Mapping[str, Any]], names: list[str], name: str, column: str) -> str:
    """The column with the texts: as asked for, or one with a usual name, or that with the longest texts."""
    if not names:
        raise DataError(f"{name} has a header and no rows: expected a column of texts.")
    if column != AUTO:
        if column not in names:
            raise DataError(_no_column("column", column, name, names))
        if not any(_cell(record.get(column)).strip() for record in records):
            raise DataError(f"{name}: the column {quoted(column)} is empty. {_others(names, column)}")
        return column
    usual = [key for wanted in COLUMNS for key in names if key.lower() == wanted]
    letters: Callable[[str], int] = lambda key: sum(  # noqa: E731
        len(text) for record in records if not _is_number(text := _cell(record.get(key)))
    )
    chosen = next((key for key in usual if letters(key)), max(names, key=letters))
    if not letters(chosen):
        table = " For a table, write JSON lines (.jsonl) or CSV." if name.lower().endswith(".json") else ""
        raise DataError(f"{name} holds only numbers or nothing: expected a column of texts.{table}")
    return chosen


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _is_number(text: str) -> bool:
    try:
        float(text.strip() or "0")
    except ValueError:
        return False
    return True


def _no_column(option: str, given: str, name: str, names: list[str]) -> str:
    near = did_you_mean(given, names)
    return f"--{option} {quoted(given)}: {name} has no such column.{near} It has {first_of(names, 8)}."


def _others(names: list[str], column: str) -> str:
    rest = [name for name in names if name != column]
    return f"Others are {first_of(rest, 8)}." if rest else "It is the only one."
