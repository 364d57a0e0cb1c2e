"""Points: vectors (D,) of numbers in units of their own, as rows of a table."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sparring.data.codec import Affine
from sparring.data.given import as_picture
from sparring.data.spec import Dataset, Spec
from sparring.kinds import sheets, writers
from sparring.kinds.kind import Array, Kind

LOOKED_AT = 20_000  # rows
REST = 0.01  # share of a column's values at either end that may be far
FAR_OUT = 50.0  # times the range of the others: a normal column has 2, a log-normal one 10


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


def far_out(data: Dataset) -> str | None:
    """What to know of a column a few of whose values are far from all others; None where there is none."""
    rows = torch.arange(min(len(data), LOOKED_AT)) * len(data) // min(len(data), LOOKED_AT)
    some = data.samples[rows].double().numpy()  # (N, D)
    low, high = np.quantile(some, (REST, 1 - REST), axis=0)
    codec = Affine.of(data.spec.codec)
    centre, scale = (np.resize(part, some.shape[1]) for part in (codec.centre, codec.scale))
    spread = high - low
    times = np.divide(2 * scale, spread, out=np.zeros_like(spread), where=spread > 0)
    column = int(times.argmax())
    if times[column] < FAR_OUT:
        return None
    least, most = centre[column] - scale[column], centre[column] + scale[column]
    return (
        f"column {column} goes from {least:.4g} to {most:.4g}, but {1 - 2 * REST:.0%} of its values lie "
        f"between {low[column]:.4g} and {high[column]:.4g}. The players see its whole range as -1 to 1, so "
        "that these are nearly one value to them. Leave the few far ones out, clip them, or give logarithms."
    )


def question(data: Dataset) -> str | None:
    """What to ask or say of points before they are trained on; None where nothing is odd."""
    return flattened(data) or far_out(data)


def describe(spec: Spec) -> str:
    """As in "point of shape (2,)"."""
    return f"point of shape {spec.shape}"


def vectors(points: Tensor) -> Tensor:
    """Points (N, D) as they are."""
    return points.flatten(1).float()


def scatter(points: Array, spec: Spec, side: int = 320) -> Image.Image:
    """The first two coordinates of points (N, D) as dots over 1.25 times the data's range."""
    sheet = np.zeros((side, side, 1), np.float32)
    codec = Affine.of(spec.codec)
    centre, scale = np.resize(codec.centre, 2), np.resize(codec.scale, 2)
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
    codec=partial(Affine.from_dict, bounded=False),
    recipe="mlp",
    count=1000,
    crowd=2000,
    flaw=flaw,
    question=question,
    describe=describe,
    vectors=vectors,
    coarse=lambda points: points.flatten(1),
    features=("points", "pca-64"),
    sheet=sheet,
    plane=lambda spec: spec.shape == (2,),
    writers={".png": writers.of_sheets(sheet), ".npz": writers.arrays},
)
