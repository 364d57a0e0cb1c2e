"""Draw heat maps over pictures, on one scale for all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from sparring.data.masks import pooled

RAMP = (
    (0.0, (190, 30, 45)),
    (0.5, (190, 30, 45)),
    (0.8, (250, 160, 30)),
    (1.0, (255, 250, 200)),
)  # share: colour
COVER = 0.85  # how much of the picture the greatest heat hides
LONGEST = 512  # pixels of the longer side of a picture on a sheet; of heat the greatest of a square is kept
LEAST_SIDE = 192  # pixels; smaller pictures are shown enlarged by whole numbers
GAP = 4  # pixels between the picture and its heat map


def beside(picture: Tensor, heat: Tensor, scale: tuple[float, float]) -> Image.Image:
    """A picture (C, H, W), uint8, beside the same with its heat map (H, W) over it; large ones are reduced.

    Args:
        scale: the values that are shown as nothing and as the most; the same for every picture.
    """
    plain, heat = as_rgb(picture), pooled(heat, LONGEST)
    if plain.shape[:2] != heat.shape:  # of a large picture
        plain = np.asarray(Image.fromarray(plain).resize((heat.shape[1], heat.shape[0]), Image.Resampling.BOX))
    times = max(1, -(-LEAST_SIDE // max(plain.shape[:2])))
    height, width = (side * times for side in plain.shape[:2])
    sheet = Image.new("RGB", (2 * width + GAP, height), "white")
    for place, pixels in enumerate((plain, over(plain, heat.numpy(), scale))):
        shown = Image.fromarray(pixels).resize((width, height), Image.Resampling.NEAREST)
        sheet.paste(shown, (place * (width + GAP), 0))
    return sheet


def as_rgb(picture: Tensor) -> NDArray[np.uint8]:
    """A picture (C, H, W) as (H, W, 3)."""
    pixels: NDArray[np.uint8] = picture[:3].permute(1, 2, 0).numpy()
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def over(pixels: NDArray[np.uint8], heat: NDArray[np.float32], scale: tuple[float, float]) -> NDArray[np.uint8]:
    """Heat (H, W) over a picture (H, W, 3) in grey."""
    share = np.clip((heat - scale[0]) / (scale[1] - scale[0]), 0, 1)
    stops = [stop for stop, _ in RAMP]
    colour = np.stack([np.interp(share, stops, [c[k] for _, c in RAMP]) for k in range(3)], axis=2)
    grey = pixels.mean(2, keepdims=True)
    cover = COVER * share[..., None]  # without heat, a pixel is as bright as beside little
    mixed: NDArray[np.uint8] = ((1 - cover) * grey + cover * colour).round().astype(np.uint8)
    return mixed
