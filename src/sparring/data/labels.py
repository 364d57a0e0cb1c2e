"""Classes of picture files: the folders they lie in, or a table beside them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from sparring.errors import DataError, UnreadableError, printable
from sparring.files import read_text

FILE_COLUMNS = ("file", "filename", "file_name", "path", "filepath", "image", "name", "id")
LABEL_COLUMNS = ("label", "labels", "class", "category", "target")
NAMED = 3  # files in a message
PARTS_OF_A_SET = {"train", "training", "val", "valid", "validation", "dev", "test", "testing"}
MOST_CLASSES = 1000


def by_folder(names: Sequence[str], where: str) -> list[str]:
    """The first folder of each name, below the folder that all share (``train/`` in many archives).

    Raises:
        DataError: pictures in no folder, or all in one.
    """
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    shared = 0
    while all(len(parts) > shared and parts[shared] == folders[0][shared] for parts in folders):
        shared += 1
    if folders and not any(len(parts) > shared for parts in folders) and shared:
        raise DataError(
            f"--labels folders: all pictures in {where} lie in one folder, "
            f"{'/'.join(map(printable, folders[0]))}: that is one class. Leave --labels out."
        )
    loose = [name for name, parts in zip(names, folders, strict=True) if len(parts) == shared]
    if loose:
        raise DataError(
            f"--labels folders: {len(loose):,} of {len(names):,} pictures in {where} lie in no subfolder "
            f"({_some(loose)}). Put each class into a folder of its own, or leave --labels out."
        )
    return [printable(parts[shared]) for parts in folders]


def likely_classes(names: Sequence[str]) -> tuple[str, ...]:
    """The folders that look like classes; none where they are parts, chunks or single pictures."""
    try:
        counts = Counter(by_folder(names, ""))
    except DataError:
        return ()
    parts = {folder.lower() for folder in counts} & PARTS_OF_A_SET
    chunks = all(folder.isdecimal() and len(folder) > 1 for folder in counts)
    if parts or chunks or not 2 <= len(counts) <= MOST_CLASSES or min(counts.values()) < 2:
        return ()
    return tuple(sorted(counts))


def by_table(
    table: Mapping[str, str], path: Path, names: Sequence[str], where: str
) -> NDArray[np.str_] | NDArray[np.int64]:
    """The label of each name as the table read from ``path`` has it: by path below the folder, or bare name.

    Raises:
        DataError: pictures without a label.
    """
    composed = [_composed(name) for name in names]
    times = Counter(PurePosixPath(name).name for name in composed)
    labels = [
        table.get(name) or (table.get(bare) if times[bare := PurePosixPath(name).name] == 1 else None)
        for name in composed
    ]
    missing = [name for name, label in zip(names, labels, strict=True) if not label]
    if missing:
        raise DataError(
            f"{path} has no label for {len(missing):,} of {len(names):,} pictures in {where} "
            f"({_some(missing)}). It must name each by its path below that folder, or by its file name "
            "where that is unique."
        )
    if all(
        label and re.fullmatch("0|-?[1-9][0-9]{0,17}", label) for label in labels
    ):  # numbers, sorted as such
        return np.array(labels, np.int64)
    return np.array(labels, np.str_)


def read_table(path: Path) -> dict[str, str]:
    """File to label, from a CSV file.

    It has a header with a column of files (``file``, ``filename``, ``path``, ``image`` …) and one of
    labels (``label``, ``class``, ``category`` …), or no header and two columns.

    Raises:
        DataError: unreadable, no such columns, or contradictions.
    """
    try:
        text = read_text(path)
        first = text.split("\n", 1)[0]
        rows = [
            row
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
            if row
        ]
    except (UnreadableError, csv.Error) as error:
        why = error if isinstance(error, UnreadableError) else "a line of it is no row of a table"
        raise DataError(
            f"cannot read the labels in {path}: {why}. Expected a CSV file in UTF-8, or 'folders'."
        ) from error
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    file_column = next((header.index(name) for name in FILE_COLUMNS if name in header), None)
    label_column = next((header.index(name) for name in LABEL_COLUMNS if name in header), None)
    if file_column is not None and label_column is not None:
        rows = rows[1:]
    elif len(header) == 2:
        file_column, label_column = 0, 1
    else:
        raise DataError(
            f"{path} has the columns {', '.join(header) or 'of an empty file'}; expected one of files "
            f"({', '.join(FILE_COLUMNS)}) and one of labels ({', '.join(LABEL_COLUMNS)}), or two without a "
            "header."
        )
    table: dict[str, str] = {}
    for row in rows:
        if len(row) <= max(file_column, label_column):
            continue  # a short row names no label: its picture will be missed
        name = _composed(str(PurePosixPath(row[file_column].strip().replace("\\", "/"))))
        label = printable(row[label_column].strip())
        if table.setdefault(name, label) != label:
            raise DataError(f"{path} calls {name} both {table[name]!r} and {label!r}: keep one.")
    return table


def _composed(name: str) -> str:
    """Letters and their accents as one sign: some systems write names so, others apart."""
    return unicodedata.normalize("NFC", name)


def _some(names: Sequence[str]) -> str:
    return ", ".join(map(printable, names[:NAMED])) + (" …" if len(names) > NAMED else "")
