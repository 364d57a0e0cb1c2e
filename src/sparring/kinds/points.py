"""Points: vectors (D,) of numbers in units of their own, as rows of a table."""

from __future__ import annotations

import numpy as np
from PIL import Image
from torch import Tensor

from sparring.data.arrays import as_points
from sparring.data.codec import Affine
from sparring.data.given import as_picture
from sparring.data.ranked import OUTLIERS, TAIL, Ranked, from_dict
from sparring.data.spec import Dataset, Spec
from sparring.errors import counted
from sparring.kinds import sheets, writers
from sparring.kinds.kind import Array, Kind
from sparring.metrics.extractors import NUMBERS


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
    """A warning if columns are encoded by rank, for a few values that are far from all others; else None."""
    codec = data.spec.codec
    if not isinstance(codec, Ranked):
        return None
    column, knots = codec.columns[0], codec.quantiles[0]
    values = data.samples[:, column].double()
    low, high = (codec.centre[column] + sign * codec.scale[column] for sign in (-1, 1))
    off = (values < low - OUTLIERS * (high - low)) | (values > high + OUTLIERS * (high - low))
    more = f" (and {counted(len(codec.columns) - 1, 'more column')})" if len(codec.columns) > 1 else ""
    return (
        f"column {column}{more} goes from {knots[0]:.4g} to {knots[-1]:.4g}, but {1 - 2 * TAIL:.0%} of its "
        f"values lie between {low:.4g} and {high:.4g}; {float(off.double().mean()):.2g} of them are very far "
        "off. The networks see its ranks, so that the others keep their spread; a few are drawn far off too. "
        "If these values are mistakes, remove them."
    )


def features(points: Tensor, spec: Spec) -> Tensor:
    """Points as an evaluation compares them: by rank where a few values would outweigh all others."""
    return spec.encode(points) if isinstance(spec.codec, Ranked) else points


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
    codec=from_dict,
    recipe="mlp",
    count=1000,
    sheet_count=2000,
    problem=problem,
    warning=warning,
    describe=describe,
    vectors=vectors,
    coarse=lambda points: points.flatten(1),
    for_features=features,
    features=NUMBERS,
    sheet=sheet,
    form=as_points,
    plane=lambda spec: spec.shape == (2,),
    writers={".png": writers.of_sheets(sheet), ".npz": writers.arrays},
)
