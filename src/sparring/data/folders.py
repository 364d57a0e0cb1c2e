"""The user's own pictures, in a folder tree or a zip, as a data set backed by a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparring.config.groups import CHANNELS, RESIZES
from sparring.config.pictures import SIDES, levels_text, picture_levels, picture_size
from sparring.data import labels as classes
from sparring.data import source as sources
from sparring.data import store
from sparring.data.arrays import class_indices
from sparring.data.codec import Affine
from sparring.data.levels import FILLED, RARE, Depth
from sparring.data.pictures import SUFFIXES, Size
from sparring.data.source import Source
from sparring.data.spec import Dataset, Origin, Spec
from sparring.data.store import Decoded, Wanted, Watch
from sparring.errors import ConfigError, DataError, counted, unknown

DEFAULT_SIDE = 64  # pixels, of pictures that are not all of one size
LARGEST_OWN = 128  # pixels a side, up to which pictures of one size keep it


def from_folder(
    path: str | Path,
    *,
    size: int | str | None = None,
    resize: str = "crop",
    channels: str = "auto",
    labels: str = "none",
    levels: str = "auto",
    max_broken: float = 0.0,
    watch: Watch | None = None,
) -> Dataset:
    """The pictures below a folder or in a zip, in the order of their names, decoded once into the cache.

    The first frame of animations, upright as EXIF says, in 8 bits.

    Args:
        size: side in pixels, "WIDTHxHEIGHT", or "auto": their own if all have one of at most 128, else 64.
            None: their own, which must be one.
        resize: how they come to the size: "crop" the centre, "fit" within black, or "stretch".
        channels: "1", "3" (transparency over black), "4", or "auto": 1 if all are grey, else 3.
        labels: "none", "folders" (each subfolder a class), or a CSV or JSON file, beside the pictures or not.
        levels: which values of pictures of more than 8 bits become black and white: "LOW:HIGH"; "auto": as
            the file says (DICOM), or as all values of the set need; "full": all that the type can hold.
        max_broken: the share of broken files that is left out rather than refused.
        watch: told what is being done, how many files are done, and of how many.

    Raises:
        DataError: no pictures, too many broken ones, several sizes, or labels that do not fit.
        ConfigError: an option that is none.
    """
    path = Path(path)
    source = sources.folder(path) if path.is_dir() else sources.archive(path)
    options: dict[str, Any] = {"size": size, "resize": resize, "channels": channels, "labels": labels}
    return from_source(source, **options, levels=levels, max_broken=max_broken, watch=watch)


def from_source(
    source: Source,
    *,
    size: int | str | None = "auto",
    resize: str = "crop",
    channels: str = "auto",
    labels: str | Sequence[str] = "none",
    levels: str = "auto",
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
    form = Size(*fixed) if fixed else None if size is None else "auto"
    wanted = Wanted(form, resize, int(channels.replace("auto", "0")), max_broken, picture_levels(levels))
    by_file = isinstance(labels, str) and labels not in classes.LABELS
    table = classes.find(str(labels), source) if by_file else None  # before the decoding, which takes long
    if table and table.path.removeprefix(f"{source.name}/") in source.tables:
        source = replace(source, others=source.others - 1)  # it is not passed over
    found = store.load(source, wanted, lambda sizes: _own(source, sizes, size is None), watch)
    kept = [name for k, name in enumerate(source.files) if k not in found.broken]
    given: Any = None
    notes = _notes(source, found, wanted)
    if not isinstance(labels, str):
        given = [label for k, label in enumerate(labels) if k not in found.broken]
    elif labels == "folders":
        given = classes.by_folder(kept, source.name)
        notes += classes.remarks(given, kept, source.name)
    elif table:
        given, labels = classes.by_table(table, kept, source.name), table.path
    indices, class_names = class_indices(given, len(kept), source.name)
    shape = tuple(found.samples.shape[1:])
    origin = Origin(
        options={
            "size": f"{shape[2]}x{shape[1]}", "resize": resize, "channels": channels,
            "labels": labels if isinstance(labels, str) else "none",
            "levels": levels_text(found.named_levels(wanted.levels)), "max_broken": max_broken,
        },
        notes=notes,
        left_out=tuple(store.named(source, found.broken)),
        duplicates=found.duplicates,
        others=source.others,
        smallest=found.smallest,
        largest=found.largest,
        path=found.path,
        class_like=classes.likely_classes(kept) if labels == "none" else (),
        values=_values(found.depth, wanted) if found.depth else "",
    )  # fmt: skip
    spec = Spec("image", shape, Affine("uint8", (127.5,), (127.5,)), class_names)
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
    if found.several:
        said.append(
            f"{counted(found.several, 'file')} of several frames or pages: only the first of each is read. "
            "Save the others as files of their own."
        )
    if found.depth:
        said += _of_levels(found.depth, wanted)
    lost = store.named(source, found.broken)
    if lost:
        more = f", and {len(lost) - 3:,} more, which `sparring data` lists" if len(lost) > 3 else ""
        total = len(source.files) + len(source.refused)
        said.append(f"{len(lost):,} of {total:,} files left out as unreadable: {'; '.join(lost[:3])}{more}.")
    return tuple(said)


def _values(depth: Depth, wanted: Wanted) -> str:
    """The values of pictures of more than 8 bits, and what becomes of them."""
    said = f"{_number(depth.low)} to {_number(depth.high)} in {depth.pictures:,} pictures of more than 8 bits"
    if wanted.levels == "full":
        return f"{said}; the least and greatest that the type can hold become black and white"
    if wanted.levels == "auto" and depth.told:
        said += f"; {depth.told:,} of them say which become black and white"
    ends = depth.own if isinstance(wanted.levels, str) else wanted.levels
    rest = " of the others" if wanted.levels == "auto" and depth.told else ""
    return f"{said}; {_number(ends[0])}{rest} becomes black, {_number(ends[1])} white" if ends else said


def _of_levels(depth: Depth, wanted: Wanted) -> list[str]:
    """What to say of them before a training: nothing where they fill their type, or say it themselves."""
    said, own, full = _values(depth, wanted), depth.own, depth.full
    if own is None or (wanted.levels == "auto" and own == full):
        return []
    if wanted.levels == "auto":
        rare = f" Values beyond, less than {2 * RARE:.1%} of all, are cut off." if depth.clipped else ""
        whole = ", --levels full all that the type can hold" if full else ""
        return [f"values {said}.{rare} --levels LOW:HIGH takes others{whole}."]
    low, high = wanted.levels if not isinstance(wanted.levels, str) else full or own
    if FILLED * (high - low) > min(own[1], depth.high) - max(own[0], depth.low):
        return [f"values {said}: hardly told apart. --levels {levels_text(own)} takes what is there."]
    return []


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"
