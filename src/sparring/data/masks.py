"""Masks of defective pictures: which pixels are marked, in the size in which the pictures are seen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import torch
from torch import Tensor
from torch.nn.functional import adaptive_max_pool2d, max_pool2d, pad

from sparring.config.groups import FilesConfig
from sparring.config.pictures import picture_size
from sparring.data import source as sources
from sparring.data.globs import base
from sparring.data.normals import Role, role
from sparring.data.pictures import PNG, Form, Size, decode, look
from sparring.data.source import Source
from sparring.errors import DataError, printable

LABELS = 32  # different values up to which all but 0 are marked; with more, those above half of the greatest
LONGEST_MAP = 1024  # pixels of the longer side of maps and masks; of more the greatest of a square is kept


class Masks:
    """The masks of a test: in ground_truth/KIND in its tree or beside it, named as the picture or NAME_mask."""

    def __init__(self, path: Path, source: Source) -> None:
        self.source, self.names = source, _by_picture(source.files)
        folders = [each for place in (path, path.absolute().parent) for each in _mask_folders(place)]
        if not self.names and folders:
            self.source = sources.folder(folders[0])
            self.names = _by_picture(self.source.files, f"{folders[0].name}/")
        self.kinds = {kind for kind, _ in self.names}
        self.kinds |= {
            each.name.casefold() for folder in folders[:1] for each in folder.iterdir() if each.is_dir()
        }

    def of(self, kind: str, pictures: Source, names: Iterable[str], files: FilesConfig) -> Tensor | None:
        """The masks (N, H, W), bool, ``pooled``, of pictures of a kind; None if there are none of this kind.

        Args:
            names: of the pictures.

        Raises:
            DataError: a picture has no mask, or a mask of another size.
        """
        if kind.casefold() not in self.kinds:
            return None
        size = Size(*(picture_size(files.size) or (0, 0)))
        found = []
        for name in names:
            mask = self._beside(kind, name)
            content = self.source.read(mask)
            sides = look(content).size, look(pictures.read(name)).size
            if sides[0] != sides[1]:
                said = [f"{side.width} x {side.height}" for side in sides]
                raise DataError(
                    f"{printable(mask)} has {said[0]} pixels, and its picture {said[1]}: a mask has the "
                    "picture's size."
                )
            found.append(pooled(brought(marked(content), size, files.resize)))
        return torch.stack(found)

    def _beside(self, kind: str, name: str) -> str:
        """The name of a picture's mask."""
        path = PurePosixPath(name)
        folders = path.parts[:-1]
        inner = folders[folders.index(kind) + 1 :] if kind in folders else ()
        stems = ["/".join((*inner, path.stem)), path.stem]
        for stem in stems:
            if found := self.names.get((kind.casefold(), stem.casefold())):
                return found
        raise DataError(
            f"there is no mask {printable(stems[1])}_mask{PNG} for {printable(name)} beside the masks of "
            f"{printable(kind)}: add it."
        )


def _mask_folders(path: Path) -> list[Path]:
    """The folders of masks directly in a folder."""
    return (
        sorted(each for each in path.iterdir() if each.is_dir() and role(each.name) is Role.MASKS)
        if path.is_dir()
        else []
    )


def _by_picture(names: Iterable[str], prefix: str = "") -> dict[tuple[str, str], str]:
    """Masks by their kind and the name of their picture in it, without its suffix."""
    found = {}
    for name in names:
        parts = PurePosixPath(prefix + name).parts
        place = next((k for k, part in enumerate(parts[:-1]) if role(part) is Role.MASKS), None)
        if place is not None and len(parts) > place + 2:
            inner = "/".join((*parts[place + 2 : -1], base(name)))
            found[parts[place + 1].casefold(), inner.casefold()] = name
    return found


def marked(content: bytes) -> Tensor:
    """The pixels (H, W), bool, that a mask marks, whatever number stands for marked.

    Raises:
        DataError: the file is broken. The message is only the reason.
    """
    seen = look(content)
    ends = (0.0, max(seen.extent.high, 1.0)) if seen.extent else None
    form = Form(*seen.size, "stretch", 3, ends, as_declared=False)
    values = torch.from_numpy(decode(content, form)).amax(2)
    return values > (0 if len(values.unique()) <= LABELS else int(values.max()) // 2)


def brought(mask: Tensor, size: Size, resize: str) -> Tensor:
    """A mask (H, W) in another size, as ``Form`` brings its picture there.

    A pixel is marked if any that becomes a part of it is, so that thin defects do not vanish.
    """
    height, width = mask.shape
    if resize == "fit":
        scale = min(size.width / width, size.height / height)
        inside = Size(*(max(1, round(scale * side)) for side in (width, height)))
        small = _shrunk(mask, inside)
        left, top = (size.width - inside.width) // 2, (size.height - inside.height) // 2
        return pad(small, (left, size.width - inside.width - left, top, size.height - inside.height - top))
    if resize == "crop":
        scale = min(width / size.width, height / size.height)
        (top, bottom), (left, right) = (
            (math.floor((side - scale * new) / 2), math.ceil((side + scale * new) / 2))
            for side, new in ((height, size.height), (width, size.width))
        )
        mask = mask[top:bottom, left:right]
    return _shrunk(mask, size)


def _shrunk(mask: Tensor, size: Size) -> Tensor:
    return adaptive_max_pool2d(mask[None].float(), (size.height, size.width))[0] > 0


def pooled(maps: Tensor, longest: int = LONGEST_MAP) -> Tensor:
    """Maps (..., H, W) of at most ``longest`` pixels a side: the greatest of each square."""
    times = -(-max(maps.shape[-2:]) // longest)
    if times == 1:
        return maps
    flat = maps.reshape(-1, 1, *maps.shape[-2:])
    small = max_pool2d(flat.float(), times, ceil_mode=True).to(maps.dtype)
    return small.view(*maps.shape[:-2], *small.shape[2:])
