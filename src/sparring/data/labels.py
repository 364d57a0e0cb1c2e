"""Read the classes of picture files from their folders, or from a table of labels."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparring.data.arrays import LABEL_NAMES
from sparring.data.pictures import SUFFIXES, UNREADABLE, reason_of
from sparring.data.source import Source
from sparring.errors import (
    ConfigError,
    DataError,
    UnreadableError,
    counted,
    did_you_mean,
    first_of,
    printable,
    quoted,
)
from sparring.files import as_text, delimiter, parse_json, read_bytes

FILE_COLUMNS = (
    "file", "filename", "file_name", "path", "filepath", "file_path", "image", "image_path", "image_name",
    "image_id", "id_code", "img", "name", "id",
)  # fmt: skip
LABEL_COLUMNS = (*LABEL_NAMES, "breed", "species", "diagnosis")
JSON_FORMAT = '{"labels": [["a.png", 0], …]} with integers or names'
PARTS = (  # names of folders for parts of a data set, not for classes
    "train", "training", "trainset", "train_set", "val", "valid", "validation", "dev", "eval", "holdout",
    "test", "testing", "testset", "test_set", "unlabeled", "unlabelled", "extra",
    "data", "dataset", "image", "images", "img", "imgs", "pictures", "photos", "mask", "masks", "annotations",
)  # fmt: skip
CHUNK = re.compile(
    r"(chunk|part|batch|shard|split|fold|folder|dir|group|section|volume|vol|set)[ _.-]*[0-9]+|[0-9]+x[0-9]+",
    re.I,
)  # a part of a large set, or a size in pixels
LABELS = ("none", "folders")  # besides the path of a table
MOST_CLASSES = 1000


class Table(NamedTuple):
    """Labels by file name, and the path of the file they were read from."""

    path: str
    labels: Mapping[str, str]


def _folders(names: Sequence[str]) -> tuple[list[tuple[str, ...]], int]:
    """The folders above each file, and how many of them all files share."""
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    shared = 0
    while all(len(parts) > shared and parts[shared] == folders[0][shared] for parts in folders):
        shared += 1
    return folders, shared


def by_folder(names: Sequence[str], where: str) -> list[str]:
    """The class of each name: its first folder below those that all names share (often ``train/``).

    Raises:
        DataError: some files are in no folder, or all are in one.
    """
    folders, shared = _folders(names)
    if folders and not any(len(parts) > shared for parts in folders) and shared:
        raise DataError(
            f"--labels folders: all files in {where} lie in one folder, "
            f"{'/'.join(map(printable, folders[0]))}: that is one class. Leave --labels out."
        )
    loose = [name for name, parts in zip(names, folders, strict=True) if len(parts) == shared]
    if loose:
        raise DataError(
            f"--labels folders: {len(loose):,} of {len(names):,} files in {where} lie in no subfolder "
            f"({first_of(loose)}). Put each class into a folder of its own, or leave --labels out."
        )
    return [printable(parts[shared]) for parts in folders]


def unused(names: Sequence[str]) -> str:
    """A sentence that says which folders look like classes, and how they are used; "" if none do."""
    folders, shared = _folders(names) if names else ([], 0)
    counts = Counter(parts[shared] for parts in folders if len(parts) > shared)
    if counts and all(folder.lower() in PARTS for folder in counts):  # train/cats, test/cats: classes lie below
        part = min(counts, key=lambda folder: PARTS.index(folder.lower()))
        inside = Counter(
            parts[shared + 1] for parts in folders if len(parts) > shared + 1 and parts[shared] == part
        )
        if classes := _class_like(inside):
            return (
                f"{len(classes):,} folders in {part} look like classes ({first_of(classes)}). To use them as "
                f"classes, add --labels folders --include '{part}/*'."
            )
    classes, loose = _class_like(counts), len(names) - counts.total()
    if not classes or 2 * loose > len(names):
        return ""
    said = f"{len(classes):,} subfolders look like classes ({first_of(classes)})"
    if not loose:
        return f"{said}. To use them as classes, add --labels folders."
    lost = f"{counted(loose, 'picture')} {'lies' if loose == 1 else 'lie'} in none of them"
    inside_only = "/".join("*" * (shared + 2))
    return f"{said}, and {lost}. To use them as classes, add --labels folders --include '{inside_only}'."


def _class_like(counts: Counter[str]) -> tuple[str, ...]:
    """The folders if they look like classes; none if they are parts of a set or most hold one picture."""
    parts = any(folder.lower() in PARTS for folder in counts)
    chunks = _numbered(counts) or all(folder.isdecimal() and len(folder) > 1 for folder in counts)
    if parts or chunks or not 2 <= len(counts) <= MOST_CLASSES:
        return ()
    return tuple(sorted(counts)) if sorted(counts.values())[len(counts) // 2] > 1 else ()


def remarks(labels: Sequence[str]) -> tuple[str, ...]:
    """Notes for the user on classes that look like parts of a data set."""
    found = sorted(set(labels))
    parts = [name for name in found if name.lower() in PARTS]
    shown = first_of(parts or found)
    if len(parts) > 1 or parts == found:
        return (
            f"the classes {shown} look like parts of a data set, not like kinds of data. Read only one of "
            f"them (--include '{parts[0]}/*'), whose own folders are then the classes, or leave --labels out.",
        )
    if len(found) > 1 and _numbered(found):
        return (
            f"the classes {shown} are numbered like the parts of a large data set: if they are not kinds of "
            "data, leave --labels out.",
        )
    return ()


def _numbered(names: Collection[str]) -> bool:
    """Whether the names are like chunk_1, chunk_2 …, or like 000, 001 … with three digits or more."""
    widths = {len(name) for name in names}
    padded = len(widths) == 1 and min(widths) >= 3
    return all(map(CHUNK.fullmatch, names)) or (padded and all(re.fullmatch("[0-9]+", name) for name in names))


def by_table(table: Table, names: Sequence[str], where: str) -> NDArray[np.str_] | NDArray[np.int64]:
    """The label of each picture, found in the table by its path or its file name, with or without suffix.

    Raises:
        DataError: a picture has no label, or several.
    """
    keys = {name: _composed(name) for name in names}
    labels: dict[str, str] = {}
    ambiguous: dict[str, int] = {}
    for shorten in SHORTENERS:
        rows: dict[str, set[str]] = {}
        for key, label in table.labels.items():
            rows.setdefault(shorten(key), set()).add(label)
        open_names = [name for name in names if name not in labels]
        times = Counter(shorten(keys[name]) for name in names) if open_names else Counter()
        for name in open_names:
            short = shorten(keys[name])
            found = rows.get(short, set()) - {""}
            if len(found) == 1 and times[short] == 1:
                labels[name] = next(iter(found))
            elif found:
                ambiguous[name] = max(len(found), times[short])
    missing = [name for name in names if name not in labels]
    several = [name for name in missing if name in ambiguous]
    if several:
        raise DataError(
            f"{table.path} does not distinguish {len(several):,} of {len(names):,} files in {where} "
            f"({first_of(several)}): several files or several rows have the same name. Write their paths "
            "below that folder."
        )
    if missing:
        raise DataError(
            f"{table.path} has no label for {len(missing):,} of {len(names):,} files in {where} "
            f"({first_of(missing)}). It must name each by its path below that folder, or by its file name, "
            "with or without the suffix, where that is unique."
        )
    texts = [labels[name] for name in names]
    if all(re.fullmatch("0|-?[1-9][0-9]{0,17}", text) for text in texts):  # to be sorted as numbers
        return np.array(texts, np.int64)
    return np.array(texts, np.str_)


def find(given: str, source: Source) -> Table:
    """Read the table with this path, or the one with this name beside the pictures or in their zip.

    Raises:
        DataError: it is not there, cannot be read, or has no labels.
        ConfigError: the name is empty, or "none" or "folders" is meant.
    """
    if not given.strip():
        raise ConfigError(
            "labels = '': the name is empty. Give folders, or a CSV or JSON file, or leave it out."
        )
    path, inside = Path(given), None
    if not path.is_file():
        below = given.removeprefix(f"{source.name}/")
        matches = [name for name in source.tables if name == below] or [
            name for name in source.tables if name.endswith(f"/{below}")
        ]
        if len(matches) > 1:
            raise DataError(
                f"{source.name} holds several {quoted(below)} ({first_of(matches)}): name one of these."
            )
        inside = next(iter(matches), None)
        if not inside and (near := did_you_mean(given, LABELS)):
            raise ConfigError(f"there is no file of labels {quoted(given)}.{near}")
    called = f"{source.name}/{inside}" if inside else str(path.absolute())
    try:
        text = as_text(source.read(inside) if inside else read_bytes(path))
    except UNREADABLE as error:
        why = error if isinstance(error, UnreadableError) else reason_of(error)
        raise DataError(
            f"cannot read the labels in {given}: {why}. Expected 'folders', or a CSV or JSON file in UTF-8, "
            "beside the data or elsewhere."
        ) from error
    try:
        rows = _from_json(text) if called.lower().endswith(".json") else _from_csv(text)
    except DataError as error:
        raise DataError(f"{called} {error}") from error
    labels: dict[str, str] = {}
    for file, label in rows:
        name, label = _composed(str(PurePosixPath(file.strip().replace("\\", "/")))), printable(label.strip())
        if labels.setdefault(name, label) != label:
            raise DataError(
                f"{called} labels {quoted(name)} both {quoted(labels[name])} and {quoted(label)}: keep one."
            )
    return Table(called, labels)


def _from_json(text: str) -> list[tuple[str, str]]:
    """Pairs of file and label, from {file: label} or {"labels": [[file, label], …]}, as NVIDIA's tools write.

    Raises:
        DataError: the content is different. The message does not name the file.
    """
    try:
        content = parse_json(text)
    except UnreadableError as error:
        raise DataError(f"cannot be read: {error}. Expected {JSON_FORMAT}.") from error
    pairs = content.get("labels", content) if isinstance(content, dict) else content
    if pairs is None:
        raise DataError('says that its pictures have no labels ("labels": null). Leave --labels out.')
    pairs = list(pairs.items()) if isinstance(pairs, dict) else pairs
    if not isinstance(pairs, list) or not pairs:
        raise DataError(f"holds {quoted(pairs)} for labels. Expected {JSON_FORMAT}.")
    for pair in pairs:
        fits = isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str)
        if not fits or type(pair[1]) not in (int, str):
            raise DataError(f"holds {quoted(pair)} among its labels. Expected {JSON_FORMAT}.")
    return [(file, str(label)) for file, label in pairs]


def _from_csv(text: str) -> list[tuple[str, str]]:
    """Pairs of file and label, from a CSV that has a header with known names, or two columns.

    Raises:
        DataError: there are no such columns. The message does not name the file.
    """
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text))
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise DataError(
            "cannot be read: one of its lines is not a row of a table. Expected a file and its label per line."
        ) from error
    header = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in rows[0]] if rows else []
    file_column = next((header.index(name) for name in FILE_COLUMNS if name in header), None)
    label_column = next((header.index(name) for name in LABEL_COLUMNS if name in header), None)
    if file_column is not None and label_column is not None:
        rows = rows[1:]
    elif len(header) == 2:
        file_column, label_column = 0, 1
    else:
        named = f"has the columns {quoted(', '.join(rows[0]))}" if header else "is empty"
        raise DataError(
            f"{named}; expected one with files ({', '.join(FILE_COLUMNS)}) and one with labels "
            f"({', '.join(LABEL_COLUMNS)}), or two columns without a header."
        )
    # A row that is too short has no label: its picture is reported later.
    wide = max(file_column, label_column)
    return [(row[file_column], row[label_column]) for row in rows if len(row) > wide]


def _bare(name: str) -> str:
    return PurePosixPath(name).name


def _stem(name: str) -> str:
    """The name in lower case, without the suffix of a picture; other dots belong to the name."""
    path = PurePosixPath(name)
    return str(path.with_suffix("") if path.suffix.lower() in SUFFIXES else path).casefold()


# Ways to compare a row with a picture; each is tried for the pictures that have no label yet.
SHORTENERS: tuple[Callable[[str], str], ...] = (
    str, _bare, _stem, lambda name: _stem(_bare(name)),
)  # fmt: skip


def _composed(name: str) -> str:
    """The name with each letter and its accent as one character; some systems write them as two."""
    return unicodedata.normalize("NFC", name)
