"""Normal and defective pictures of a folder or a zip: the parts of a data set, and a test with its masks."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.config.groups import FilesConfig
from sparring.config.pictures import SIDES, picture_size
from sparring.data import folders, globs, normals, wafers
from sparring.data import source as sources
from sparring.data.masks import Masks
from sparring.data.normals import GOOD
from sparring.data.pictures import UNREADABLE, Form, Size, decode, look
from sparring.data.source import Source
from sparring.data.store import Watch
from sparring.errors import DataError, counted
from sparring.history.layout import SHEET_SUFFIX

WAFERS = "wafers"  # the name of the packaged toy set
WAFER_TESTS = 200  # normal test wafers, and half as many of each pattern
LONGEST = 128  # pixels of the longer side, to which larger pictures are reduced unless a size is given
LOOKED_AT = 32  # pictures whose size is looked at
COLOURS, COLOUR_SIDE = 4, 64  # pictures whose colours are looked at, and the pixels of their sides then
CHOOSE = (
    "If some of these folders hold defective ones, give the folder of the normals alone, or choose it by "
    "--include 'FOLDER/*', or call the folders good/ and bad/."
)


@dataclass(frozen=True)
class Pictures:
    """Pictures of one kind.

    Attributes:
        names: one for each picture, such as its path in the folder.
        pixels: (N, C, H, W), uint8.
        masks: (N, H, W), bool, of what is odd; None without masks.
        native: width and height of most of their files, in pixels; None if they are of no files.
        left_out: the names of files that cannot be read, each with the reason.
        deep: whether most files have more than 8 bits a channel.
        colour: whether some of the files are in colour, however they were read; None if they are of no files.
        sizes: the smallest and the largest size of the files; "" if all have one size.
    """

    names: tuple[str, ...]
    pixels: Tensor
    masks: Tensor | None = None
    native: Size | None = None
    left_out: tuple[str, ...] = ()
    deep: bool = False
    colour: bool | None = None
    sizes: str = ""

    def __len__(self) -> int:
        return len(self.names)


class Parts(NamedTuple):
    """The normal pictures of a data set, and the known defective ones.

    Attributes:
        said: which folders were taken as what; "" where there are none.
    """

    normal: Source
    bad: Source | None
    said: str


def wafer_tests(seed: int = 1) -> dict[str, Pictures]:
    """Test wafers of each pattern with their masks, and normal ones, none of which is in the training set."""
    found = {}
    for k, kind in enumerate(("", *wafers.PATTERNS)):
        drawn = wafers.wafers(WAFER_TESTS // (2 if kind else 1), kind, seed=1000 * seed + k)
        names = tuple(f"{kind or GOOD}/{k:03}" for k in range(len(drawn.pictures)))
        found[kind or GOOD] = Pictures(names, drawn.pictures, drawn.masks if kind else None)
    return found


def joined(several: Mapping[str, Pictures]) -> Pictures:
    """Pictures of several kinds together, without masks."""
    names = tuple(name for each in several.values() for name in each.names)
    return Pictures(names, torch.cat([each.pixels for each in several.values()]))


def parts(path: Path, files: FilesConfig) -> Parts:
    """Find the parts of a data set in a folder or a zip, by the names of folders.

    Raises:
        DataError: there are no pictures, or it looks like a test.
    """
    whole = source_of(path, files)
    names = (*whole.files, *whole.refused)
    found = normals.sides(names, str(path))
    if found is None:
        if not any("/" in name for name in names):
            return Parts(whole, None, "")
        all_of = f"all {counted(len(names), 'picture')} of {path}"
        return Parts(whole, None, f"{all_of} are taken as normal: {normals.folders(names)}. {CHOOSE}")
    said = f"taken as normal: {normals.folders(found.normal)}"
    if found.bad:
        said += f"; as known bad ones: {normals.folders(found.bad)}"
    if rest := len(names) - len(found.normal) - len(found.bad):
        said += f"; {counted(rest, 'other picture')} {'is' if rest == 1 else 'are'} not used"
    return Parts(whole.only(found.normal), whole.only(found.bad) if found.bad else None, f"{said}.")


def kinds(path: Path, files: FilesConfig, watch: Watch) -> dict[str, Pictures]:
    """The pictures of a test in a folder or a zip by their kind, with masks; GOOD are the normal ones.

    Raises:
        DataError: there is no test, or it lacks normal or odd pictures, or some of the masks.
    """
    if not path.exists():
        raise DataError(
            f"there is no folder or .zip {path}. Give a test with {GOOD}/ and a folder for each kind of "
            f"defect, or {WAFERS!r}."
        )
    listed = listing(path)
    source = globs.chosen(listed, files.include, files.exclude)[0]
    masks = Masks(path, listed)
    found = {}
    for kind, names in normals.kinds((*source.files, *source.refused), str(path)).items():
        pictures, _ = read(source.only(names), files, watch)
        marks = None if kind == GOOD else masks.of(kind, source, pictures.names, files)
        found[kind] = replace(pictures, masks=marks)
    return found


def read(
    source: Source, files: FilesConfig, watch: Watch | None = None, *, longest: int = LONGEST
) -> tuple[Pictures, FilesConfig]:
    """Read pictures, and the options that read others alike.

    Pictures of more than ``longest`` pixels a side are reduced to it, in the proportions of most of them,
    unless the options have a size.

    Raises:
        DataError: one cannot be read, or there are masks among them.
    """
    if masks := globs.masks(source.files):
        raise DataError(f"{source.name}: {masks[0]} A detector must not take masks for pictures.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow and pydicom, about files that they can read nevertheless
        (native, deep), colour = _usual(source), _colour(source)
    if picture_size(files.size) is None:
        files = replace(files, size=_reduced(native, longest))
    chosen = replace(
        files, include=FilesConfig().include, exclude=FilesConfig().exclude
    )  # they are chosen already
    data = folders.from_source(source, chosen, watch=watch)
    assert data.origin
    alike = replace(files, channels=str(data.spec.shape[0]), levels=str(data.origin.options["levels"]))
    sizes = data.origin.facts["originals"]
    found = Pictures(
        data.origin.names, data.samples, None, native, data.origin.left_out, deep, colour,
        sizes if " to " in sizes else "",
    )  # fmt: skip
    return found, alike


def unlike(
    pictures: Pictures, channels: str, deep: bool, native: Sequence[int] | None = None
) -> tuple[str, ...]:
    """In words, what parts the files of pictures from those of normals, beside what they show.

    Args:
        channels: as which the normals were read.
        deep: whether the normals have more than 8 bits a channel.
        native: width and height of most normals, in pixels.
    """
    if pictures.colour is None:
        return ()
    found = []
    if pictures.colour and channels == "1":
        found.append("these pictures are in colour and the normals were grey: their colours are not seen.")
    if not pictures.colour and channels != "1":
        found.append("these pictures are grey and the normals were in colour, which alone makes them odd.")
    if pictures.deep != deep:
        said = (
            "have more than 8 bits a channel, and the normals 8",
            "have 8 bits a channel, and the normals more",
        )
        found.append(
            f"these pictures {said[deep]}, so that grey levels mean something else: give both in one form."
        )
    if native and pictures.native and not _is_larger(pictures.native, native):
        theirs, ours = (f"{width} x {height}" for width, height in (pictures.native, native))
        found.append(
            f"these pictures have {theirs} pixels and the normals {ours}: how sharp they are and their "
            "proportions may make them odd."
        )
    return tuple(found)


def _is_larger(size: Sequence[int], than: Sequence[int]) -> bool:
    """Whether a size is the same or larger, in the same proportions."""
    return size[0] >= than[0] and abs(size[0] * than[1] - size[1] * than[0]) <= max(size) + max(than)


def source_of(path: Path, files: FilesConfig) -> Source:
    """The files that are read below a folder or in a zip, or a single picture.

    Raises:
        DataError: there are none.
    """
    if not path.exists():
        raise DataError(f"there is no file or folder {path}. Give a folder or .zip of pictures.")
    if not path.is_dir() and path.suffix.lower() != ".zip":
        beside = sources.folder(path.parent)
        if path.name not in beside.files:
            raise DataError(f"{path} is no picture. Give a picture, or a folder or .zip of pictures.")
        return replace(beside, files=(path.name,), stamp=None, refused={})
    return globs.chosen(listing(path), files.include, files.exclude)[0]


def listing(path: Path) -> Source:
    """The pictures below a folder or in a zip, without heat maps.

    Raises:
        DataError: there are none.
    """
    whole = sources.folder(path) if path.is_dir() else sources.archive(path)
    if not whole.files:
        raise DataError(
            f"{path} holds no pictures. Give a folder or .zip of pictures. {whole.unconverted}".strip()
        )
    return replace(whole, files=tuple(name for name in whole.files if not name.endswith(SHEET_SUFFIX)))


def _usual(source: Source) -> tuple[Size | None, bool]:
    """The size of most pictures, None if none can be read, and whether most have more than 8 bits a channel."""
    step = max(1, len(source.files) // LOOKED_AT)
    sizes: Counter[Size] = Counter()
    depths: Counter[bool] = Counter()
    for name in source.files[::step]:
        with suppress(*UNREADABLE):  # a broken file is told of when all are read
            seen = look(source.read(name))
            sizes[seen.size] += 1
            depths[seen.extent is not None] += 1
    return (sizes.most_common(1)[0][0], depths.most_common(1)[0][0]) if sizes else (None, False)


def _colour(source: Source) -> bool:
    """Whether some of a few pictures are in colour."""
    form = Form(COLOUR_SIDE, COLOUR_SIDE, "stretch", 3)
    for name in source.files[:: max(1, len(source.files) // COLOURS)]:
        with suppress(*UNREADABLE):
            pixels = decode(source.read(name), form)
            if (pixels != pixels[..., :1]).any():
                return True
    return False


def _reduced(size: Size | None, longest: int) -> str:
    """A size reduced to ``longest``, as WIDTHxHEIGHT."""
    width, height = size or (longest, longest)
    scale = min(1.0, longest / max(width, height))
    return f"{max(SIDES[0], round(width * scale))}x{max(SIDES[0], round(height * scale))}"
