"""Points: vectors (D,) of numbers in units of their own, as rows of a table."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sparring.data.arrays import as_points
from sparring.data.codec import Affine
from sparring.data.given import as_picture
from sparring.data.spec import Dataset, Spec
from sparring.kinds import sheets, writers
from sparring.kinds.kind import Array, Kind
from sparring.metrics.extractors import NUMBERS

MOST_ROWS = 20_000  # that are checked for outliers
TAIL = 0.01  # the share of a column's values at each end that may be outliers
OUTLIERS = 50.0  # a range this many times that of the other values has outliers; a log-normal column has 10


def problem(spec: Spec) -> str:
    """What is wrong with a Spec of points; "" if nothing is wrong."""
    return "" if len(spec.shape) == 1 else f"shape: {list(spec.shape)} does not fit points; accepted: [numbers]"


def flattened(data: Dataset) -> str | None:
    """A question if points look like flattened pictures, else None."""
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
        f"{len(data):,} samples of {numbers:,} numbers are read as points. Are they pictures of {side} x "
        f"{side} pixels{colour}? Then give {reshaped}{other}, so that they are trained on as pictures."
    )


def outliers(data: Dataset) -> str | None:
    """A warning if a column has a few values that are far from all others, else None."""
    count = min(len(data), MOST_ROWS)
    rows = data.samples[torch.arange(count) * len(data) // count].double().numpy()  # (count, D)
    low, high = np.quantile(rows, (TAIL, 1 - TAIL), axis=0)
    codec = Affine.of(data.spec.codec)
    centre, scale = (np.resize(part, rows.shape[1]) for part in (codec.centre, codec.scale))
    usual = high - low
    ratio = np.divide(2 * scale, usual, out=np.zeros_like(usual), where=usual > 0)
    column = int(ratio.argmax())
    if ratio[column] < OUTLIERS:
        return None
    least, most = centre[column] - scale[column], centre[column] + scale[column]
    return (
        f"column {column} goes from {least:.4g} to {most:.4g}, but {1 - 2 * TAIL:.0%} of its values lie "
        f"between {low[column]:.4g} and {high[column]:.4g}. The networks see the whole "
        "range scaled to -1 to 1, where those values are nearly equal. Remove the outliers, clip them, or give "
        "logarithms."
    )


def warning(data: Dataset) -> str | None:
    """A question or warning about points before they are trained on; None if nothing is unusual."""
    return flattened(data) or outliers(data)


def describe(spec: Spec) -> str:
    """Describe one point, as in "point of shape (2,)"."""
    return f"point of shape {spec.shape}"


def vectors(points: Tensor) -> Tensor:
    """Points (N, D) as vectors: unchanged, as floats."""
    return points.flatten(1).float()


def scatter(points: Array, spec: Spec, side: int = 320) -> Image.Image:
    """The first two coordinates of points (N, D) as dots over 1.25 times the data's range."""
    sheet = np.zeros((side, side, 1), np.float32)
    codec = Affine.of(spec.codec)
    centre, scale = np.resize(codec.centre, 2), np.resize(codec.scale, 2)
    plane = np.stack([points[:, 0], points[:, 1] if points.shape[1] > 1 else 0 * points[:, 0]], 1)
    pixels = np.nan_to_num(((plane - centre) / (1.25 * scale) + 1) / 2 * (side - 1), nan=-1.0)
    column, row = np.clip(pixels, -1, side).round().astype(int).T
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    np.add.at(sheet, (side - 1 - row[inside], column[inside], 0), 1)
    brightness = 255 * (1 - np.exp(-2 * sheet * 1000 / max(len(points), 1000)))
    return sheets.to_image(brightness.astype(np.uint8))


def sheet(points: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """All points (N, D) in one scatter plot."""
    return scatter(points, spec)


POINTS = Kind(
    name="points",
    noun="point",
    axes="D",
    codec=partial(Affine.from_dict, bounded=False),
    recipe="mlp",
    count=1000,
    sheet_count=2000,
    problem=problem,
    warning=warning,
    describe=describe,
    vectors=vectors,
    coarse=lambda points: points.flatten(1),
    features=NUMBERS,
    sheet=sheet,
    form=as_points,
    plane=lambda spec: spec.shape == (2,),
    writers={".png": writers.of_sheets(sheet), ".npz": writers.arrays},
)
