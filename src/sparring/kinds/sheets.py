"""Samples as pictures: sheets, scatter plots, animations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sparring.config.arguments import whole as whole_number
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.files import whole
from sparring.metrics.features import to_uint8

Array = NDArray[Any]
TITLE = 11  # pixels, the height of letters
MOST_COLUMNS = 10_000


def eight_bit(samples: Tensor, spec: Spec) -> Tensor:
    """Decoded pictures as 8 bits, whatever the data's own type, to be measured; points as they are."""
    return to_uint8(spec.encode(samples)) if spec.kind == "image" and spec.dtype != "uint8" else samples


def grid(samples: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """One picture of many samples (N, *shape) in rows; points become a scatter plot."""
    if spec.kind == "points":
        return scatter(samples, spec)
    if len(samples) == 0:
        raise ConfigError("there is nothing to show: draw at least one sample.")
    columns = columns if columns is None else whole_number("columns", columns, 1, MOST_COLUMNS)
    tiles = to_pixels(samples, spec)
    count, height, width, colours = tiles.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, colours), 40, np.uint8)
    for k, tile in enumerate(tiles):
        top, left = gap + k // columns * (height + gap), gap + k % columns * (width + gap)
        sheet[top : top + height, left : left + width] = tile
    return to_image(sheet)


def titled(sheet: Image.Image, titles: Sequence[str], columns: int) -> Image.Image:
    """A sheet with the titles, over and over, above its columns."""
    font = ImageFont.load_default(TITLE)
    found = Image.new("RGB", (sheet.width, sheet.height + 2 * TITLE), (40, 40, 40))
    found.paste(sheet, (0, 2 * TITLE))
    pen = ImageDraw.Draw(found)
    for k in range(columns):
        centre = (k + 0.5) * sheet.width / columns
        pen.text((centre, TITLE), titles[k % len(titles)], "white", font, anchor="mm")
    return found


def to_pixels(samples: Array, spec: Spec) -> NDArray[np.uint8]:
    """Decoded pictures (N, C, H, W) as 8-bit (N, H, W, C)."""
    if spec.dtype != "uint8":
        samples = eight_bit(torch.tensor(samples), spec).numpy()
    return np.ascontiguousarray(samples.transpose(0, 2, 3, 1))


def to_image(pixels: NDArray[np.uint8]) -> Image.Image:
    """A PIL image of (H, W, C) pixels."""
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def scatter(points: Array, spec: Spec, side: int = 320) -> Image.Image:
    """The first two coordinates of points (N, D) as dots over 1.25 times the data's range."""
    sheet = np.zeros((side, side, 1), np.float32)
    centre, scale = np.resize(spec.centre, 2), np.resize(spec.scale, 2)
    flat = np.stack([points[:, 0], points[:, 1] if points.shape[1] > 1 else 0 * points[:, 0]], 1)
    pixels = np.nan_to_num(((flat - centre) / (1.25 * scale) + 1) / 2 * (side - 1), nan=-1.0)
    column, row = np.clip(pixels, -1, side).round().astype(int).T
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    np.add.at(sheet, (side - 1 - row[inside], column[inside], 0), 1)
    brightness = 255 * (1 - np.exp(-2 * sheet * 1000 / max(len(points), 1000)))
    return to_image(brightness.astype(np.uint8))


def animate(frames: Sequence[Image.Image], path: Path, seconds: float = 6.0) -> None:
    """Write frames as .gif or .webp that plays in about so many seconds and rests on the last."""
    if not frames:
        raise ConfigError("there are no frames to animate: train with pictures above 0.")
    each = max(20, int(1000 * seconds / len(frames)))
    durations = [each] * (len(frames) - 1) + [max(each, 1500)]
    webp = path.suffix.lower() == ".webp"
    options: dict[str, Any] = {"lossless": True} if webp else {"optimize": True}
    options |= {"format": "WEBP" if webp else "GIF", "save_all": True, "append_images": frames[1:]}
    with whole(path) as file:
        frames[0].save(file, duration=durations, loop=0, **options)


def write_picture(picture: Image.Image, path: Path) -> None:
    """Write a PNG, whole or not at all.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    with whole(path) as file:
        picture.save(file, "PNG")
