"""Read the pictures of a Hugging Face data set. Only this file uses the package ``datasets``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparring.config.groups import FilesConfig
from sparring.config.pictures import ALL
from sparring.data.folders import from_source
from sparring.data.source import Source
from sparring.data.spec import Dataset
from sparring.data.store import Watch
from sparring.errors import ConfigError, DataError, quoted, unknown

INSTALL = "pip install 'sparring[hf]'"
TRAIN = "train"


def from_hub(name: str, *, size: str | None = "auto", watch: Watch | None = None, **options: Any) -> Dataset:
    """Read the first column of pictures of a set, and its first column of classes if it has one.

    Args:
        name: NAME or NAME:SPLIT on the hub, or of a folder that ``save_to_disk`` wrote.
        size: as text; None: all have the same size, which they keep.
        options: the other fields of ``FilesConfig``, without labels and patterns of paths.

    Raises:
        ConfigError: the package is missing, or labels or patterns are given.
        DataError: there is no such set or split, or it has no pictures.
    """
    files = FilesConfig(size=size or "auto", **options)
    if files.labels != "none":
        raise ConfigError(f"labels = {quoted(files.labels)}: hf: sets have their own labels. Leave it out.")
    for option, value, usual in (("include", files.include, ALL), ("exclude", files.exclude, "none")):
        if value != usual:
            raise ConfigError(f"{option} = {quoted(value)}: rows of hf: sets have no paths. Leave it out.")
    table, full_name = _opened(name)
    picture_column, class_column = _columns(table, full_name)
    import datasets

    raw = table.select_columns([picture_column]).cast_column(picture_column, datasets.Image(decode=False))

    def read(row: str) -> bytes:
        cell = raw[int(row)][picture_column]
        if not cell or (cell["bytes"] is None and not cell["path"]):
            raise ValueError("no picture in this row")
        content: bytes | None = cell["bytes"]
        return Path(cell["path"]).read_bytes() if content is None else content

    stamp = hashlib.sha256(f"hf {full_name} {table._fingerprint} {picture_column}".encode()).hexdigest()
    source = Source(f"hf:{full_name}", tuple(f"{row:09d}" for row in range(len(table))), read, stamp)
    if class_column is None:
        return from_source(source, files, same_size=size is None, watch=watch)
    names: Sequence[str] = table.features[class_column].names
    classes = table[class_column]
    if missing := sum(k is None or k < 0 for k in classes):
        raise DataError(
            f"hf:{full_name} has no label for {missing:,} of {len(classes):,} rows in {class_column}. Leave "
            "that column or these rows out, or use another split."
        )
    return from_source(source, files, same_size=size is None, labels=[names[k] for k in classes], watch=watch)


def _opened(name: str) -> tuple[Any, str]:
    """The table of rows, and a name that opens it from any folder."""
    try:
        import datasets
    except ImportError as error:
        raise ConfigError(f"hf: sets need a package that is not installed. Run: {INSTALL}") from error
    path, split = (name, "") if Path(name).is_dir() or ":" not in name else name.rsplit(":", 1)
    local = Path(path).is_dir()
    try:
        found = datasets.load_from_disk(path) if local else datasets.load_dataset(path, split=split or None)
    except Exception as error:  # the hub, the network or a damaged set may raise anything
        raise DataError(
            f"cannot open the Hugging Face set {quoted(path)}: there is no set or split of that name, the hub "
            "cannot be reached, or the set is damaged. Expected a name on the hub, or a folder written by "
            "save_to_disk; hf:NAME:SPLIT chooses a split."
        ) from error
    if isinstance(found, dict):  # from names to splits
        split = split or (TRAIN if TRAIN in found or len(found) > 1 else next(iter(found)))
        if split not in found:
            raise DataError(unknown("split", split, map(str, found)) + f" Write hf:{path}:SPLIT.")
        found = found[split]
    elif split and local:
        raise DataError(f"{path} holds one table without splits: leave out {quoted(split)}.")
    place = str(Path(path).absolute()) if local else path
    return found, f"{place}:{split}" if split else place


def _columns(table: Any, name: str) -> tuple[str, str | None]:
    """The first column of pictures, and the first of classes, by their types."""
    kinds = {column: type(feature).__name__ for column, feature in table.features.items()}
    pictures = [column for column, kind in kinds.items() if kind == "Image"]
    if not pictures:
        listed = ", ".join(f"{column} ({kind})" for column, kind in kinds.items())
        raise DataError(
            f"hf:{name} has no column of pictures, and of hf: sets only pictures are read; its columns are: "
            f"{listed or 'none'}. Save the texts or numbers to a file: dataset.to_csv('data.csv')."
        )
    return pictures[0], next((column for column, kind in kinds.items() if kind == "ClassLabel"), None)
