"""Points: vectors (D,) of numbers in units of their own, as rows of a table."""

from __future__ import annotations

import numpy as np
from PIL import Image
from torch import Tensor

from sparring.data.given import as_picture
from sparring.data.spec import Dataset, Spec
from sparring.kinds import sheets, writers
from sparring.kinds.kind import Array, Kind


def flaw(spec: Spec) -> str:
    """What no points have."""
    return "" if len(spec.shape) == 1 else f"shape: {list(spec.shape)} is none of {spec.kind}"


def flattened(data: Dataset) -> str | None:
    """A question for points that look like pictures laid out in rows; None where they do not."""
    numbers = data.spec.shape[0]
    shape = as_picture(numbers)
    if shape is None:
        return None
    some = data.samples[:1000]
    whole_bytes = bool((some == some.round()).all()) and 0 <= float(some.min()) <= float(some.max()) <= 255
    if not whole_bytes and float(some.abs().max()) > 1:
        return None
    channels, side, _ = shape
    reshaped = f"x.reshape(-1, {side}, {side})" if channels == 1 else f"x.reshape(-1, 3, {side}, {side})"
    other = f", or x.reshape(-1, {side}, {side}, 3) where colours come last" if channels == 3 else ""
    colour = " in colour" if channels == 3 else ""
    return (
        f"{len(data):,} samples of {numbers:,} numbers are taken for points. Are they pictures of {side} x "
        f"{side} pixels{colour}? Then give {reshaped}{other}, to train as on pictures."
    )


def describe(spec: Spec) -> str:
    """As in "point of shape (2,)"."""
    return f"point of shape {spec.shape}"


def vectors(points: Tensor) -> Tensor:
    """Points (N, D) as they are."""
    return points.flatten(1).float()


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
    return sheets.to_image(brightness.astype(np.uint8))


def sheet(points: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """All of them in one scatter plot."""
    return scatter(points, spec)


POINTS = Kind(
    name="points",
    noun="point",
    axes="D",
    bounded=False,
    recipe="mlp",
    count=1000,
    crowd=2000,
    flaw=flaw,
    question=flattened,
    describe=describe,
    vectors=vectors,
    coarse=lambda points: points.flatten(1),
    features=("points", "pca-64"),
    sheet=sheet,
    plane=lambda spec: spec.shape == (2,),
    writers={".png": writers.of_sheets(sheet), ".npz": writers.arrays},
)
