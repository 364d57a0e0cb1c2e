"""Folders of pictures as one array of 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sparring.data.spec import Dataset, Spec
from sparring.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def from_folder(path: Path) -> Dataset:
    """The pictures below a folder, in the order of their names: grey if all are grey, else colour.

    The first frame of animations; transparency over black.

    Raises:
        DataError: no pictures, an unreadable one, or pictures of several sizes.
    """
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise DataError(f"{path} holds no pictures; accepted are {', '.join(SUFFIXES)}.")
    arrays = [_read(file) for file in files]
    sizes = {array.shape[:2] for array in arrays}
    if len(sizes) > 1:
        some = ", ".join(f"{width} x {height}" for height, width in sorted(sizes)[:3])
        raise DataError(f"the pictures in {path} have {len(sizes)} sizes ({some}): bring them to one first.")
    if any(array.shape[2] == 3 for array in arrays):
        arrays = [np.broadcast_to(array, (*array.shape[:2], 3)) for array in arrays]
    samples = torch.from_numpy(np.stack(arrays).transpose(0, 3, 1, 2).copy())
    return Dataset(str(path), Spec("image", tuple(samples.shape[1:]), "uint8", (127.5,), (127.5,)), samples)


def _read(file: Path) -> NDArray[np.uint8]:
    """One picture (H, W, 1 or 3)."""
    try:
        with Image.open(file) as picture:
            if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
                over = Image.new("RGBA", picture.size, "black")
                converted = Image.alpha_composite(over, picture.convert("RGBA")).convert("RGB")
            else:
                converted = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
            array = np.asarray(converted)
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"cannot read {file} ({error}). Repair it or take it out.") from error
    return array[:, :, None] if array.ndim == 2 else array
