"""Put many pictures together: in rows as one picture, or as an animation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sparring.config.arguments import whole as whole_number
from sparring.errors import ConfigError
from sparring.files import whole
from sparring.kinds.kind import Pixels

TITLE = 11  # font size in pixels
MOST_COLUMNS = 10_000
NO_CHARACTER = "\uffff"  # what no font has


def mosaic(tiles: Pixels, columns: int | None = None, gap: int = 2) -> Image.Image:
    """Put pictures (N, H, W, C) in rows as one picture; without ``columns`` it is about square."""
    if len(tiles) == 0:
        raise ConfigError("there is nothing to show: draw at least one sample.")
    columns = columns if columns is None else whole_number("columns", columns, 1, MOST_COLUMNS)
    count, height, width, colours = tiles.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, colours), 40, np.uint8)
    for k, tile in enumerate(tiles):
        top, left = gap + k // columns * (height + gap), gap + k % columns * (width + gap)
        sheet[top : top + height, left : left + width] = tile
    return to_image(sheet)


def titled(sheet: Image.Image, titles: Sequence[str], columns: int) -> Image.Image:
    """Add titles above the columns of a sheet; they repeat if there are more columns than titles."""
    font = ImageFont.load_default(TITLE)
    result = Image.new("RGB", (sheet.width, sheet.height + 2 * TITLE), (40, 40, 40))
    result.paste(sheet, (0, 2 * TITLE))
    pen = ImageDraw.Draw(result)
    for k in range(columns):
        centre = (k + 0.5) * sheet.width / columns
        pen.text((centre, TITLE), titles[k % len(titles)], "white", font, anchor="mm")
    return result


@cache
def drawable(character: str) -> bool:
    """Whether Pillow's own font has a character, so that it does not draw the box of those that it lacks."""
    font = ImageFont.load_default(TITLE)
    one, none = (bytes(font.getmask(text)) for text in (character, NO_CHARACTER))
    return one != none


def to_image(pixels: Pixels) -> Image.Image:
    """A PIL image of (H, W, C) pixels."""
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def animate(frames: Sequence[Image.Image], path: Path, seconds: float = 6.0) -> None:
    """Write frames as a .gif or .webp that plays for about ``seconds`` and pauses on the last frame."""
    if not frames:
        raise ConfigError("there are no frames to animate: train with pictures above 0.")
    duration = max(20, int(1000 * seconds / len(frames)))  # milliseconds
    durations = [duration] * (len(frames) - 1) + [max(duration, 1500)]
    webp = path.suffix.lower() == ".webp"
    options: dict[str, Any] = {"lossless": True} if webp else {"optimize": True}
    options |= {"format": "WEBP" if webp else "GIF", "save_all": True, "append_images": frames[1:]}
    with whole(path) as file:
        frames[0].save(file, duration=durations, loop=0, **options)


def write_picture(picture: Image.Image, path: Path) -> None:
    """Write a PNG completely, or not at all.

    Raises:
        OSError: it cannot be written; an earlier file of this name is unchanged.
    """
    with whole(path) as file:
        picture.save(file, "PNG")
