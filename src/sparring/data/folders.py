"""The user's own pictures, in a folder tree or a zip, as a data set backed by a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparring.config import CHANNELS, RESIZES, SIDES, picture_size
from sparring.data import sources, store
from sparring.data.arrays import class_indices
from sparring.data.labels import by_folder, by_table, likely_classes, read_table
from sparring.data.pictures import SUFFIXES, Size
from sparring.data.sources import Source
from sparring.data.spec import Dataset, Origin, Spec
from sparring.data.store import Decoded, Wanted, Watch
from sparring.errors import ConfigError, DataError, counted, meant, quoted, unknown

DEFAULT_SIDE = 64  # pixels, of pictures that are not all of one size
LABELS = ("none", "folders")  # and the path of a table
LARGEST_OWN = 128  # pixels a side, up to which pictures of one size keep it


def from_folder(
    path: str | Path,
    *,
    size: int | str | None = None,
    resize: str = "crop",
    channels: str = "auto",
    labels: str = "none",
    max_broken: float = 0.0,
    watch: Watch | None = None,
) -> Dataset:
    """The pictures below a folder or in a zip, in the order of their names, decoded once into the cache.

    The first frame of animations, upright as EXIF says, 16 bits scaled to 8.

    Args:
        size: side in pixels, "WIDTHxHEIGHT", or "auto": their own if all have one of at most 128, else 64.
            None: their own, which must be one.
        resize: how they come to the size: "crop" the centre, "fit" within black, or "stretch".
        channels: "1", "3" (transparency over black), "4", or "auto": 1 if all are grey, else 3.
        labels: "none", "folders" (each subfolder a class), or the path of a CSV file.
        max_broken: the share of broken files that is left out rather than refused.
        watch: told what is being done, how many files are done, and of how many.

    Raises:
        DataError: no pictures, too many broken ones, several sizes, or labels that do not fit.
        ConfigError: an option that is none.
    """
    path = Path(path)
    source = sources.folder(path) if path.is_dir() else sources.archive(path)
    return from_source(
        source, size=size, resize=resize, channels=channels, labels=labels, max_broken=max_broken, watch=watch
    )


def from_source(
    source: Source,
    *,
    size: int | str | None = "auto",
    resize: str = "crop",
    channels: str = "auto",
    labels: str | Sequence[str] = "none",
    max_broken: float = 0.0,
    watch: Watch | None = None,
) -> Dataset:
    """The same from any source; ``labels`` may also be one for each of its files.

    Raises:
        DataError: as ``from_folder``.
    """
    for name, value, known in (("resize", resize, RESIZES), ("channels", channels, CHANNELS)):
        if value not in known:
            raise ConfigError(unknown(name, value, known))
    if not source.files and not source.refused:
        raise DataError(f"{source.name} holds no pictures; accepted are {', '.join(SUFFIXES)}.")
    fixed = picture_size(str(size)) if size is not None else None
    wanted = Wanted(
        Size(*fixed) if fixed else None if size is None else "auto",
        resize,
        0 if channels == "auto" else int(channels),
        max_broken,
    )
    by_file = isinstance(labels, str) and labels not in LABELS
    if by_file and not Path(str(labels)).exists() and (near := meant(str(labels), LABELS)):
        raise ConfigError(f"there is no file of labels {quoted(labels)}.{near}")
    table = read_table(Path(str(labels))) if by_file else {}  # before the decoding, which takes long
    found = store.load(source, wanted, lambda sizes: _own(source, sizes, size is None), watch)
    shape = tuple(found.samples.shape[1:])
    kept = [name for k, name in enumerate(source.files) if k not in found.broken]
    given: Any = None
    if not isinstance(labels, str):
        given = [label for k, label in enumerate(labels) if k not in found.broken]
    elif labels == "folders":
        given = by_folder(kept, source.name)
    elif by_file:
        given = by_table(table, Path(labels), kept, source.name)
        labels = str(Path(labels).absolute())
    indices, class_names = class_indices(given, len(kept), source.name)
    origin = Origin(
        options={
            "size": f"{shape[2]}x{shape[1]}", "resize": resize, "channels": channels,
            "labels": labels if isinstance(labels, str) else "none", "max_broken": max_broken,
        },
        notes=_notes(source, found, wanted),
        left_out=tuple(store.named(source, found.broken)),
        duplicates=found.duplicates,
        others=source.others,
        smallest=found.smallest,
        largest=found.largest,
        path=found.path,
        class_like=likely_classes(kept) if labels == "none" else (),
    )  # fmt: skip
    spec = Spec("image", shape, "uint8", (127.5,), (127.5,), class_names)
    return Dataset(source.name, spec, found.samples, indices, origin)


def _own(source: Source, sizes: set[Size], only: bool) -> Size:
    """The size of all pictures, where they have one; else the default, or a refusal."""
    if len(sizes) == 1 and (only or SIDES[0] <= min(own := next(iter(sizes))) <= max(own) <= LARGEST_OWN):
        return next(iter(sizes))
    if only:
        some = ", ".join(f"{width} x {height}" for width, height in sorted(sizes)[:3])
        raise DataError(
            f"the pictures in {source.name} have {len(sizes)} sizes ({some}): bring them to one first, "
            f"or give --size {DEFAULT_SIDE} (in Python size={DEFAULT_SIDE})."
        )
    return Size(DEFAULT_SIDE, DEFAULT_SIDE)


def _notes(source: Source, found: Decoded, wanted: Wanted) -> tuple[str, ...]:
    """What a user should hear before training on this."""
    said = []
    *_, height, width = found.samples.shape
    if wanted.size == "auto" and {found.smallest, found.largest} != {Size(width, height)}:
        said.append(
            f"pictures of {found.smallest.width} x {found.smallest.height} to {found.largest.width} x "
            f"{found.largest.height} pixels become {width} x {height} ({wanted.resize}); --size says otherwise."
        )
    if source.others:
        said.append(
            f"{counted(source.others, 'file')} of other kinds passed over; accepted are {', '.join(SUFFIXES)}."
        )
    lost = store.named(source, found.broken)
    if lost:
        more = f", and {len(lost) - 3:,} more, which `sparring data` lists" if len(lost) > 3 else ""
        total = len(source.files) + len(source.refused)
        said.append(f"{len(lost):,} of {total:,} files left out as unreadable: {'; '.join(lost[:3])}{more}.")
    return tuple(said)
