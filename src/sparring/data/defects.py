"""Folders of normal and defective pictures: MVTec AD's layout, good/ and bad/, or normal pictures alone.

MVTec AD (Bergmann et al. 2019) has train/good with normal pictures, test/good and test/KIND with other ones,
and ground_truth/KIND with a mask for each defective picture, white where the defect is.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from sparring.config.groups import FilesConfig
from sparring.config.pictures import SIDES, picture_size
from sparring.data import folders, globs, wafers
from sparring.data import source as sources
from sparring.data.levels import SIXTEEN
from sparring.data.pictures import PNG, UNREADABLE, Form, Size, decode, look
from sparring.data.source import Source
from sparring.data.store import Watch
from sparring.errors import DataError, first_of, printable
from sparring.history.layout import SHEET_SUFFIX

GOOD, BAD, TRAIN, TEST, MASKS = "good", "bad", "train", "test", "ground_truth"
WAFERS = "wafers"  # the name of the packaged toy set
WAFER_TESTS = 200  # normal test wafers, and half as many of each pattern
LONGEST = 128  # pixels of the longer side, to which larger pictures are reduced unless a size is given
LOOKED_AT = 32  # pictures whose size is looked at
COLOURS, COLOUR_SIDE = 4, 64  # pictures whose colours are looked at, and the pixels of their sides then
LONGEST_MAP = 1024  # pixels of the longer side of maps and masks; of more the greatest of a square is kept
MARKED = 127  # grey value of a mask above which a pixel is marked


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
    """

    names: tuple[str, ...]
    pixels: Tensor
    masks: Tensor | None = None
    native: Size | None = None
    left_out: tuple[str, ...] = ()
    deep: bool = False
    colour: bool | None = None

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Places:
    """Where the normal pictures of a data set lie, the known defective ones, and the test; None if not
    there.
    """

    normals: Path
    bad: Path | None = None
    test: Path | None = None


def wafer_tests(seed: int = 1) -> dict[str, Pictures]:
    """Test wafers of each pattern with their masks, and normal ones, none of which is in the training set."""
    found = {}
    for k, kind in enumerate(("", *wafers.PATTERNS)):
        drawn = wafers.wafers(WAFER_TESTS // (2 if kind else 1), kind, seed=1000 * seed + k)
        names = tuple(f"{kind or GOOD}/{k:03}" for k in range(len(drawn.pictures)))
        found[kind or GOOD] = Pictures(names, drawn.pictures, drawn.masks if kind else None)
    return found


def places(path: Path) -> Places:
    """Find the parts of a data set.

    Raises:
        DataError: there is no such folder, or it looks like a test.
    """
    if not path.exists():
        raise DataError(f"there is no folder {path}. Give one of normal pictures, or {WAFERS!r}.")
    if (path / TRAIN / GOOD).is_dir():
        return Places(path / TRAIN / GOOD, test=_folder(path / TEST))
    if (path / GOOD).is_dir():
        bad = _folder(path / BAD)
        others = sorted(each.name for each in path.iterdir() if each.is_dir() and each.name not in (GOOD, BAD))
        if others and bad is None:
            raise DataError(
                f"{path} has {GOOD}/ beside {first_of(others)}, as a test has. Give the folder of normals, "
                f"such as {path / GOOD}; known defective pictures go into {BAD}/ beside {GOOD}/."
            )
        return Places(path / GOOD, bad)
    return Places(path, test=None)


def kinds_of(path: Path) -> dict[str, Path]:
    """The folders of a test by their kind; GOOD are the normal ones.

    Raises:
        DataError: there is no test, or it lacks normal or odd pictures.
    """
    here = path / TEST if (path / TEST).is_dir() else path
    if not here.is_dir():
        raise DataError(
            f"there is no folder {path}. Give a test with {GOOD}/ and a folder for each kind of defect."
        )
    found = {
        each.name: each for each in sorted(here.iterdir()) if each.is_dir() and not each.name.startswith(".")
    }
    found.pop(MASKS, None)
    if GOOD not in found or len(found) < 2:
        raise DataError(
            f"{here} holds {first_of(sorted(found)) or 'no folders'}; a test needs {GOOD}/ with normal "
            "pictures and at least one folder with odd ones."
        )
    return found


def read(
    path: Path, files: FilesConfig, watch: Watch | None = None, *, longest: int = LONGEST
) -> tuple[Pictures, FilesConfig]:
    """Read the pictures below a folder or in a zip, and the options that read others alike.

    Pictures of more than ``longest`` pixels a side are reduced to it, in the proportions of most of them,
    unless the options have a size.

    Raises:
        DataError: there are none, one cannot be read, or there are masks among them.
    """
    source = source_of(path, files)
    if masks := globs.masks(source.files):
        raise DataError(f"{path}: {masks[0]} A detector must not take masks for pictures.")
    native, deep = _usual(source)
    if picture_size(files.size) is None:
        files = replace(files, size=_reduced(native, longest), resize="stretch")
    data = folders.from_source(source, files, watch=watch)
    assert data.origin
    alike = replace(files, channels=str(data.spec.shape[0]), levels=str(data.origin.options["levels"]))
    found = Pictures(data.origin.names, data.samples, None, native, data.origin.left_out, deep, _colour(source))
    return found, alike


def unlike(pictures: Pictures, channels: str, deep: bool) -> tuple[str, ...]:
    """In words, what parts the files of pictures from those of normals, beside what they show.

    Args:
        channels: as which the normals were read.
        deep: whether the normals have more than 8 bits a channel.
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
    return tuple(found)


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
    whole = sources.folder(path) if path.is_dir() else sources.archive(path)
    if not whole.files:
        raise DataError(f"{path} holds no pictures. Give a folder or .zip of pictures.")
    pictures = tuple(name for name in whole.files if not name.endswith(SHEET_SUFFIX))
    return globs.chosen(replace(whole, files=pictures), files.include, files.exclude)[0]


def read_masks(path: Path, pictures: Pictures, files: FilesConfig) -> Tensor | None:
    """The masks (N, H, W), bool, of the pictures of a test folder TEST/KIND, ``pooled``, or None without any.

    They lie in ground_truth/KIND beside TEST, or in it, named as the picture or NAME_mask.

    Raises:
        DataError: a picture has no mask, or a mask of another size.
    """
    folder = next((found for up in path.parents[:2] if (found := up / MASKS / path.name).is_dir()), None)
    if folder is None:
        return None
    width, height = picture_size(files.size) or (0, 0)
    form = Form(width, height, files.resize, 1, SIXTEEN, as_declared=False)
    return torch.stack([_mask(folder, path / name, form) for name in pictures.names])


def pooled(maps: Tensor, longest: int = LONGEST_MAP) -> Tensor:
    """Maps (..., H, W) of at most ``longest`` pixels a side: the greatest of each square."""
    times = -(-max(maps.shape[-2:]) // longest)
    if times == 1:
        return maps
    flat = maps.reshape(-1, 1, *maps.shape[-2:])
    small = max_pool2d(flat.float(), times, ceil_mode=True).to(maps.dtype)
    return small.view(*maps.shape[:-2], *small.shape[2:])


def _mask(folder: Path, picture: Path, form: Form) -> Tensor:
    names = [f"{picture.stem}{ending}{suffix}" for ending in ("_mask", "") for suffix in (PNG, picture.suffix)]
    mask = next((folder / name for name in names if (folder / name).is_file()), None)
    if mask is None:
        raise DataError(f"there is no mask {names[0]} for {printable(str(picture))} in {folder}: add it.")
    content = mask.read_bytes()
    sizes = look(content).size, look(picture.read_bytes()).size
    if sizes[0] != sizes[1]:
        said = [f"{size.width} x {size.height}" for size in sizes]
        raise DataError(
            f"{mask} has {said[0]} pixels, and its picture {said[1]}: a mask has the picture's size."
        )
    return pooled(torch.from_numpy(decode(content, form)[..., 0] > MARKED))


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


def _folder(path: Path) -> Path | None:
    return path if path.is_dir() else None
