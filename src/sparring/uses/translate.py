"""Translate files: one picture, a folder, or a zip."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sparring import kinds
from sparring.data import source as sources
from sparring.data.pictures import SUFFIXES, UNREADABLE, Size, decoded, form_as_read, look, reason_of
from sparring.data.source import Source
from sparring.data.spec import Spec
from sparring.errors import DataError, Tell, counted
from sparring.files import whole
from sparring.history import layout
from sparring.kinds import find
from sparring.kinds.sheets import to_image
from sparring.runs.translator import Translator

CLEAR = 4  # channels of a picture with alpha
WHITE = 255


class Translated(NamedTuple):
    """The name of a picture that is made, without suffix, and the picture; without it, why there is none."""

    name: str
    picture: Image.Image | None
    reason: str = ""


def files(translator: Translator, path: Path, own_size: bool = False) -> Iterator[Translated]:
    """Translate a picture, or all below a folder or in a zip, in the order of their names.

    Args:
        own_size: at their own size, and not with the shorter side as in the training.

    Raises:
        DataError: there are no pictures at the path.
    """
    source = opened(path)
    if not source.files:
        raise DataError(f"{path} holds no pictures; accepted are {', '.join(SUFFIXES)}.")
    for name, stem in made_of(source).items():
        try:
            content = source.read(name)
            yield Translated(stem, translated(translator, content, own_size))
        except DataError as error:
            yield Translated(stem, None, str(error))
        except UNREADABLE as error:
            yield Translated(stem, None, reason_of(error))


def made_of(source: Source) -> dict[str, str]:
    """The name of what is made of each file, without suffix; a.png and a.jpg in one folder keep theirs."""
    stems = {name: name.rpartition(".")[0] or name for name in source.files}
    times = Counter(stems.values())
    return {name: stem if times[stem] == 1 else name for name, stem in stems.items()}


def check_out(path: Path, out: Path, alone: bool = False) -> None:
    """Refuse to write over the pictures at a path.

    Args:
        alone: ``out`` is the one file that is written, not a folder.

    Raises:
        DataError: what is made would replace one of them.
    """
    source, root = opened(path), path if path.is_dir() else path.parent
    read = {path} if path.is_file() else {root / name for name in source.files}
    made = {out} if alone else {out / f"{stem}{layout.PICTURE}" for stem in made_of(source).values()}
    if {*map(os.path.realpath, read)} & {*map(os.path.realpath, made)}:
        raise DataError(f"pictures in {out} would replace what is translated: choose another folder.")


def opened(path: Path) -> Source:
    """The pictures at a path, unread.

    Raises:
        DataError: nothing is there.
    """
    if path.is_dir():
        return sources.folder(path)
    if path.is_file() and path.suffix.lower() == ".zip":
        return sources.archive(path)
    if path.is_file():
        return Source(str(path), (path.name,), lambda name: path.read_bytes())
    raise DataError(f"there is no picture, folder or zip at {path}.")


def translated(translator: Translator, content: bytes, own_size: bool = False) -> Image.Image:
    """What is made of one file; where it is transparent and the outputs have no alpha, its own alpha is kept.

    Raises:
        DataError: the file is broken; the message is only the reason.
    """
    size = look(content).size
    sides = translator.given.shape[1:]
    width, height = size if own_size else scaled(size, min(sides))
    given = translator.given
    shape = given.shape[0], height, width
    form = form_as_read(shape, given.levels or "auto", given.background, "stretch")
    found = decoded(content, form)
    pixels = torch.from_numpy(found.pixels.transpose(0, 3, 1, 2).copy())
    made = kinds.of(translator.spec).tiles
    assert made is not None
    tile = made(translator(stored(pixels, translator.given)).numpy(), translator.spec)[0]
    if found.clear and tile.shape[-1] != CLEAR:
        alpha = decoded(content, replace(form, channels=CLEAR)).pixels[0, ..., 3:]
        tile = np.concatenate([np.broadcast_to(tile, (*tile.shape[:2], 3)), alpha], 2)
    return to_image(tile)


def scaled(size: Size, shorter: int) -> Size:
    """The size of a picture whose shorter side has this many pixels, and the same proportions."""
    factor = shorter / min(size)
    return Size(*(max(1, round(side * factor)) for side in size))


def stored(pixels: Tensor, spec: Spec) -> Tensor:
    """8-bit pixels (N, C, H, W) as the data of a Spec stores them."""
    return spec.decode((pixels.float() - WHITE / 2) / (WHITE / 2))


def of_any(translator: Translator, pictures: Any, out: Path | None, own_size: bool, tell: Tell) -> Any:
    """Arrays or pictures in memory translated, or the pictures of a path; see ``GAN.translate``.

    Args:
        tell: called with a sentence for each picture that cannot be read.
    """
    if not isinstance(pictures, str | Path):
        return of_arrays(translator, pictures)
    made = []
    if out is not None:
        check_out(Path(pictures), out)
    for one in files(translator, Path(pictures), own_size):
        if one.picture is None:
            tell(f"{one.name} could not be read: {one.reason}.")
            continue
        made.append(one.picture)
        if out is not None:
            path = out / f"{one.name}{layout.PICTURE}"
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole(path) as file:
                one.picture.save(file, "PNG")
    return made


def of_arrays(translator: Translator, pictures: Any) -> Any:
    """What a Python user has, translated: an array gives an array, PIL pictures give PIL pictures.

    Raises:
        DataError: these are no pictures.
    """
    if isinstance(pictures, Image.Image):
        return _of_pil(translator, pictures)
    if isinstance(pictures, list | tuple) and pictures and isinstance(pictures[0], Image.Image):
        return [_of_pil(translator, picture) for picture in pictures]
    data, _ = find.samples(pictures)
    channels = translator.given.shape[0]
    if len(data.spec.shape) != len(translator.given.shape) or data.spec.shape[0] != channels:
        raise DataError(
            f"samples of the shape {data.spec.shape}: this generator is given pictures with "
            f"{counted(channels, 'channel')}."
        )
    samples = data.samples
    if data.spec.codec != translator.given.codec:
        samples = translator.given.decode(data.spec.encode(samples))
    return translator(samples).numpy()


def _of_pil(translator: Translator, picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return translated(translator, file.getvalue(), own_size=True)
