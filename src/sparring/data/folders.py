"""Read the user's own pictures, in a folder tree or a zip, as a data set backed by a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from sparring.config.choices import BACKGROUNDS
from sparring.config.groups import FilesConfig
from sparring.config.pictures import ALL, SIDES, crop_scales, levels_text, picture_levels, picture_size
from sparring.data import globs, store
from sparring.data import labels as classes
from sparring.data import source as sources
from sparring.data.arrays import class_indices
from sparring.data.codec import Affine
from sparring.data.crops import Crops
from sparring.data.levels import FILLED, RARE, Depth
from sparring.data.pictures import SUFFIXES, Size
from sparring.data.source import Source
from sparring.data.spec import Dataset, Origin, Spec
from sparring.data.store import Decoded, Wanted, Watch
from sparring.errors import DataError, counted

DEFAULT_SIDE = 64  # pixels, for pictures of different sizes
ORIGINALS = "originals"  # the fact about the sizes of the files
CLEAR = "transparent"  # the fact about transparent pictures
VALUES = "values"  # the fact about pictures of more than 8 bits
LARGEST_OWN = 128  # pixels per side, up to which pictures keep the size that most of them have
FEW, LARGE = 300, 4  # pictures, and times their new size, from which patches of them are worth a thought
CUT = 0.05  # the share of pictures of which a crop keeps less than half, above which that is told
OTHERS = 0.03  # the share of pictures of other sizes, up to which the commonest size is that of all
HANDFUL, QUARTER = 10, 0.25  # so many others of a small set do not matter, while they are at most a quarter


def from_folder(
    path: str | Path,
    *,
    size: int | str | None = None,
    resize: str = "crop",
    channels: str = "auto",
    background: str = "black",
    labels: str = "none",
    levels: str = "auto",
    crops: int = 0,
    crop_scale: str = "0.2:1",
    crop_seed: int = 0,
    include: str = ALL,
    exclude: str = "none",
    max_broken: float = 0.0,
    watch: Watch | None = None,
) -> Dataset:
    """Read the pictures below a folder or in a zip, in the order of their names.

    They are decoded once into the cache: the first frame of animations, turned as EXIF says, in 8 bits.

    Args:
        size: side in pixels, "WIDTHxHEIGHT", or "auto": that of almost all pictures (97%, and of few all but
            ten), if it is at most 128, else 64. None: their own, which must be the same for all.
        resize: how they get this size: "crop" the centre, "fit" with borders, or "stretch".
        channels: "1", "3" (transparency over the background), "4", or "auto": 1 if all are grey, else 3.
        background: "black" or "white", behind transparent pictures and around those that are fitted.
        labels: "none", "folders" (each subfolder is a class), or a CSV or JSON file, beside the pictures or
            elsewhere.
        levels: which values of pictures of more than 8 bits become black and white: "LOW:HIGH"; "auto": as
            the file says (DICOM), or by all values of the set; "full": the limits of the type.
        crops: how many patches are taken from each picture, at random places and scales; 0: the whole picture.
        crop_scale: "LOW:HIGH", limits of the side of a patch, as a share of the largest that fits.
        crop_seed: chooses the places and scales.
        include, exclude: patterns of paths with commas between them, such as "*.jpg,*.jpeg" or "cats/*": files
            are read that fit one of the first and none of the second; see ``globs.matches``.
        max_broken: the largest share of broken files that may be left out.
        watch: called with the name of the task, the number of files done and the number of all.

    Raises:
        DataError: there are no pictures, too many broken files, several sizes, or labels that do not fit.
        ConfigError: an option has an unknown value.
    """
    path = Path(path)
    files = FilesConfig(
        size="auto" if size is None else str(size), resize=resize, channels=channels, background=background,
        labels=labels, levels=levels, crops=crops, crop_scale=crop_scale, crop_seed=crop_seed, include=include,
        exclude=exclude, max_broken=max_broken,
    )  # fmt: skip
    source = sources.folder(path) if path.is_dir() else sources.archive(path)
    return from_source(source, files, same_size=size is None, watch=watch)


def from_source(
    source: Source,
    files: FilesConfig,
    *,
    same_size: bool = False,
    labels: Sequence[str] | None = None,
    watch: Watch | None = None,
) -> Dataset:
    """Read pictures from any source.

    Args:
        same_size: all pictures must have the same size, which they keep.
        labels: one for each file, in place of those that ``files`` names.

    Raises:
        DataError: as ``from_folder``.
    """
    if not source.files and not source.refused:
        none = f"{source.name} holds no pictures; accepted are {', '.join(SUFFIXES)}."
        if source.name.lower().endswith(".zip"):
            none += " A table or texts in it: unpack it, and give that file."
        raise DataError(f"{none} {source.unconverted}".strip())
    everything = len(source.files) + len(source.refused)
    source, notes = globs.chosen(source, files.include, files.exclude)
    by_table = labels is None and files.labels not in classes.LABELS
    table = classes.find(files.labels, source) if by_table else None  # before the decoding, which is slow
    if table and table.path.removeprefix(f"{source.name}/") in source.tables:
        source = replace(source, others=source.others - 1)  # the table is used, not ignored
    wanted = _wanted(files, same_size)
    found = store.load(source, wanted, lambda sizes: _own_size(source, sizes, same_size), watch)
    kept = [name for k, name in enumerate(source.files) if k not in found.broken]
    given: Any = None
    notes += _notes(source, found, wanted)
    if labels is not None:
        given = [label for k, label in enumerate(labels) if k not in found.broken]
    elif files.labels == "folders":
        given = classes.by_folder(kept, source.name)
        notes += classes.remarks(given)
    elif table:
        given, files = classes.by_table(table, kept, source.name), replace(files, labels=table.path)
    indices, class_names = class_indices(given, len(kept), source.name)
    if indices is not None and files.crops:
        indices = indices.repeat_interleave(files.crops)
    shape = tuple(found.samples.shape[1:])
    origin = Origin(
        options=asdict(files)
        | {"size": f"{shape[2]}x{shape[1]}", "levels": levels_text(found.named_levels(wanted.levels))},
        notes=notes,
        left_out=tuple(store.named(source, found.broken)),
        duplicates=found.duplicates,
        others=source.others,
        facts=_facts(found, wanted) | _chosen(source, everything),
        unused_classes=classes.unused(kept) if given is None else "",
        path=found.path,
        names=() if files.crops else tuple(kept),
    )  # fmt: skip
    spec = Spec("image", shape, Affine("uint8", (127.5,), (127.5,)), class_names)
    groups = torch.arange(len(kept)).repeat_interleave(files.crops) if files.crops else None
    return Dataset(source.name, spec, found.samples, indices, origin, groups=groups)


def _wanted(files: FilesConfig, same_size: bool) -> Wanted:
    """How the pictures are to be read; patches have DEFAULT_SIDE pixels per side unless a size is given."""
    fixed = picture_size(files.size) or ((DEFAULT_SIDE, DEFAULT_SIDE) if files.crops else None)
    return Wanted(
        Size(*fixed) if fixed else None if same_size else "auto",
        files.resize,
        int(files.channels.replace("auto", "0")),
        files.background,
        files.max_broken,
        picture_levels(files.levels),
        Crops(files.crops, *crop_scales(files.crop_scale), files.crop_seed),
    )


def _own_size(source: Source, sizes: Counter[Size], required: bool) -> Size:
    """The size of almost all pictures, or the default; if it is required, that of all, or an error."""
    ((own, count),) = sizes.most_common(1)
    if required and len(sizes) == 1:
        return own
    if required:
        some = ", ".join(f"{width} x {height}" for width, height in sorted(sizes)[:3])
        raise DataError(
            f"the pictures in {source.name} have {len(sizes)} sizes ({some}): bring them to one size first, "
            f"or give --size {DEFAULT_SIDE} (in Python size={DEFAULT_SIDE})."
        )
    fits = SIDES[0] <= min(own) <= max(own) <= LARGEST_OWN
    accepted = max(OTHERS * sizes.total(), min(HANDFUL, QUARTER * sizes.total()))
    return own if fits and sizes.total() - count <= accepted else Size(DEFAULT_SIDE, DEFAULT_SIDE)


def _facts(found: Decoded, wanted: Wanted) -> dict[str, str]:
    """The sizes of the originals, and of pictures of more than 8 bits the values."""
    facts = {ORIGINALS: f"{_sizes(found)} pixels"}
    count, crops = _count(found, wanted), wanted.crops
    if crops.count:
        facts["patches"] = (
            f"{crops.count:,} of each of {count:,}, at {crops.low:g} to {crops.high:g} of its size"
        )
    if found.clear:
        dropped = "kept" if wanted.channels == 4 else f"{wanted.background} there"
        facts[CLEAR] = f"{found.clear:,} of {count:,} in places, {dropped}"
    return facts | {VALUES: _values(found.depth, wanted)} if found.depth else facts


def _count(found: Decoded, wanted: Wanted) -> int:
    """The number of pictures, of which there may be several patches."""
    return len(found.samples) // max(1, wanted.crops.count)


def _sizes(found: Decoded) -> str:
    """The sizes of the originals, from the smallest to the largest, or the one that all have."""
    return " to ".join(
        dict.fromkeys(f"{size.width} x {size.height}" for size in (found.smallest, found.largest))
    )


def _chosen(source: Source, everything: int) -> dict[str, str]:
    """How many files the patterns of paths have chosen, if they left any out."""
    count = len(source.files) + len(source.refused)
    return {"chosen": f"{count:,} of {everything:,} by --include and --exclude"} if count < everything else {}


def _notes(source: Source, found: Decoded, wanted: Wanted) -> tuple[str, ...]:
    """What a user should know before training on these pictures."""
    notes = []
    *_, height, width = found.samples.shape
    count = _count(found, wanted)
    if wanted.size == "auto" and found.alike < count:
        some = f", {found.alike:,} of {count:,} of {width} x {height}," if found.alike else ""
        notes.append(
            f"pictures of {_sizes(found)} pixels{some} become {width} x {height} ({wanted.resize}); "
            f"--size changes this. {_enlarged(found, wanted)}".rstrip()
        )
    if found.clear and not wanted.channels:
        some = f"{found.clear:,} of " if found.clear < count else "all " if count > 1 else ""
        other = f", --background {_other(wanted)} makes it {_other(wanted)}" * (not found.hidden)
        notes.append(
            f"{some}{counted(count, 'picture')} {'is' if found.clear == 1 else 'are'} transparent in places, "
            f"which becomes {wanted.background}; --channels 4 keeps the transparency{other}."
        )
    if found.hidden:
        notes.append(
            f"{found.hidden:,} of {counted(count, 'picture')} {'is' if found.hidden == 1 else 'are'} as "
            f"{wanted.background} as what is put behind: nothing is seen. --background {_other(wanted)} shows "
            f"{'it' if found.hidden == 1 else 'them'}."
        )
    if not wanted.crops.count and count < FEW and min(found.smallest) >= LARGE * max(height, width):
        notes.append(
            f"{counted(count, 'picture')} of at least {found.smallest.width} x {found.smallest.height} pixels "
            f"{'is' if count == 1 else 'are'} few and large: --crops 100 takes 100 patches of each, at random "
            "places and scales."
        )
    notes += _lost_or_enlarged(found, wanted)
    notes += globs.masks(source.files)
    if source.others:
        notes.append(
            f"{counted(source.others, 'file')} of other kinds ignored; accepted are {', '.join(SUFFIXES)}."
        )
    if source.unconverted:
        notes.append(source.unconverted)
    if found.several:
        notes.append(
            f"{counted(found.several, 'file')} with several frames or pages: only the first of each is read. "
            "Save the others as separate files."
        )
    if found.depth:
        notes += _level_notes(found.depth, wanted)
    lost = store.named(source, found.broken)
    if lost:
        more = f", and {len(lost) - 3:,} more, which `sparring data` lists" if len(lost) > 3 else ""
        total = len(source.files) + len(source.refused)
        notes.append(f"{len(lost):,} of {total:,} files left out as unreadable: {'; '.join(lost[:3])}{more}.")
    return tuple(notes)


def _other(wanted: Wanted) -> str:
    """The other colour that the background can have."""
    return next(colour for colour in BACKGROUNDS if colour != wanted.background)


def _lost_or_enlarged(found: Decoded, wanted: Wanted) -> list[str]:
    """Notes on pictures of which most is cut off, or that are enlarged."""
    notes = []
    count = _count(found, wanted)
    if found.cut > CUT * count:
        if found.smallest == found.largest:
            *_, height, width = found.samples.shape
            size = found.largest
            low, high = sorted((size.width / width, size.height / height))
            kept = (
                f"of pictures of {size.width} x {size.height} pixels only the centre is kept, {low / high:.0%}"
            )
        else:
            kept = f"of {found.cut:,} of {counted(count, 'picture')} only the centre is kept, less than half"
        notes.append(f"{kept}: --resize fit keeps all, --crops 20 takes 20 patches of each.")
    if wanted.size != "auto" and (enlarged := _enlarged(found, wanted)):  # else it is told with the size
        notes.append(enlarged)
    return notes


def _enlarged(found: Decoded, wanted: Wanted) -> str:
    """A note on pictures that are enlarged, most of them or their smallest patches; "" if they are not."""
    *_, height, width = found.samples.shape
    count, least = _count(found, wanted), found.smallest
    if wanted.crops.count:
        told, alike = min(least.width / width, least.height / height) < 1, True
    else:
        told, alike = 2 * found.enlarged > count, found.smallest == found.largest
    whose = f"pictures of {least.width} x {least.height} pixels"
    whose = whose if alike else f"{found.enlarged:,} of {counted(count, 'picture')}"
    return told * (
        f"{whose} are enlarged to {width} x {height}, which adds no detail: a smaller --size trains faster."
    )


def _values(depth: Depth, wanted: Wanted) -> str:
    """The values of pictures of more than 8 bits, and which of them become black and white."""
    pictures = f"{counted(depth.pictures, 'picture')} of more than 8 bits"
    values = f"{_number(depth.low)} to {_number(depth.high)} in {pictures}"
    if wanted.levels == "full":
        return f"{values}; the least and greatest value of the type become black and white"
    if wanted.levels == "auto" and depth.declared:
        values += f"; {depth.declared:,} of them say which become black and white"
    ends = depth.own if isinstance(wanted.levels, str) else wanted.levels
    rest = " of the others" if wanted.levels == "auto" and depth.declared else ""
    return f"{values}; {_number(ends[0])}{rest} becomes black, {_number(ends[1])} white" if ends else values


def _level_notes(depth: Depth, wanted: Wanted) -> list[str]:
    """A note on values that need an explanation; none if they fill their type or files declare their levels."""
    values, own, full = _values(depth, wanted), depth.own, depth.full
    if own is None or (wanted.levels == "auto" and own == full):
        return []
    if wanted.levels == "auto":
        rare = f" Values beyond these, less than {2 * RARE:.1%} of all, are cut off." if depth.clipped else ""
        full_range = ", --levels full those of the type" if full else ""
        return [f"values {values}.{rare} --levels LOW:HIGH sets other limits{full_range}."]
    low, high = wanted.levels if not isinstance(wanted.levels, str) else full or own
    if FILLED * (high - low) > min(own[1], depth.high) - max(own[0], depth.low):
        return [f"values {values}: there is almost no contrast. --levels {levels_text(own)} fits these values."]
    return []


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"
