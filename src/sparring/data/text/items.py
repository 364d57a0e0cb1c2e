"""Read texts from files: one item a line, poems between blank lines, a column of a table, or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from sparring.data.arrays import LABEL_NAMES
from sparring.errors import DataError, UnreadableError, counted, did_you_mean, first_of, printable, quoted
from sparring.files import MOST_BYTES, as_text, parse_json, read_bytes

PLAIN, TABLES, OBJECTS = (".txt",), (".csv", ".tsv"), (".jsonl", ".ndjson", ".json")
SUFFIXES = (*PLAIN, *TABLES, *OBJECTS)
COLUMNS = (  # names of columns that hold the texts; the first one found is used
    "text", "item", "sentence", "line", "poem", "verse", "content", "body", "title", "name", "word",
)  # fmt: skip
NO_LABELS, BY_FOLDER, AUTO = "none", "folders", "auto"
LEAST_LINES = 2  # mean lines of a block between blank lines, from which blocks are poems
LEAST_RUN = 1.5  # mean signs in a row, from which a text may be Chinese or Japanese
TIDY = re.compile(r"[^\S\n]+")  # spaces of all sorts, but no line breaks
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\ufeff\ufffe\uffff\ud800-\udfff]")


class Items(NamedTuple):
    """Texts, a label for each or None, how they were found, and what the user should know."""

    texts: list[str]
    labels: list[str] | None
    found_as: str
    notes: tuple[str, ...] = ()


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
        return _of_rows(_table(text, name), name, column, labels)
    if suffix in OBJECTS:
        return _of_objects(_objects(text, name), name, column, labels)
    if column != AUTO or labels not in (NO_LABELS, BY_FOLDER):
        given = f"--column {quoted(column)}" if column != AUTO else f"--labels {quoted(labels)}"
        raise DataError(f"{given}: {name} is plain text and has no columns. Leave it out, or give a CSV file.")
    return of_text(text, items)


def of_text(text: str, items: str) -> Items:
    """The items of plain text: its lines, or the blocks of lines between blank lines."""
    lines = [line.strip() for line in text.splitlines()]
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
        DataError: it is in another encoding; the message names the likely one and how to convert it.
    """
    try:
        return as_text(content)
    except UnreadableError as error:
        likely = _likely_encoding(content)
        how = f"iconv -f {likely} -t UTF-8 FILE > FILE-utf8.txt"
        raise DataError(f"{name} cannot be read: {error}. It may be {likely}; convert it: {how}") from error


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


def _likely_encoding(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    for encoding in ("GB18030", "SHIFT_JIS", "BIG5"):
        try:
            text = content[:20_000].decode(encoding, "strict" if len(content) <= 20_000 else "ignore")
        except UnicodeDecodeError:
            continue
        other = [character for character in text if ord(character) > 127]
        runs = re.findall(r"[^\x00-\x7f]+", text)
        if len(other) < LEAST_RUN * len(runs):
            continue  # accented letters between plain ones, which also decode as single signs
        if other and sum("\u3040" <= c <= "\u9fff" or c in "，。、「」？！" for c in other) > 0.9 * len(other):
            return encoding
    return "WINDOWS-1252"


def _table(text: str, name: str) -> list[list[str]]:
    first = text.split("\n", 1)[0]
    csv.field_size_limit(MOST_BYTES)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
        return [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DataError(f"{name} cannot be read: one of its lines is not a row of a table.") from error


def _of_rows(rows: Sequence[Sequence[str]], name: str, column: str, labels: str) -> Items:
    if not rows:
        raise DataError(f"{name} is empty: expected a table with a column of texts.")
    header = [cell.strip() for cell in rows[0]]
    if len(header) == 1 and column == AUTO and header[0].lower() not in COLUMNS:
        return Items([row[0] for row in rows], None, "the only column")  # a list without a header
    records = [dict(zip(header, row, strict=False)) for row in rows[1:]]
    return _of_objects(records, name, column, labels)


def _objects(text: str, name: str) -> list[Any]:
    """The values of a JSON list, or of JSON lines."""
    try:
        if text.lstrip().startswith("["):
            found = parse_json(text)
            assert isinstance(found, list)
            return found
        return [_json_line(line, above) for above, line in enumerate(text.split("\n")) if line.strip()]
    except UnreadableError as error:
        raise DataError(
            f"{name} cannot be read: {error}. Expected a JSON list of texts, or a JSON text or object a line."
        ) from error


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
    note = f"the texts of {name} are those of its column {quoted(chosen)}; --column takes another."
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
        raise DataError(f"{name} holds only numbers or nothing: expected a column of texts.")
    return chosen


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


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
