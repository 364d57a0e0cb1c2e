"""Pictures: (C, H, W), grey, in colour, or in colour with alpha."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d

from sparring.config.choices import BACKGROUNDS
from sparring.data.arrays import as_pictures
from sparring.data.codec import Affine
from sparring.data.folders import CLEAR, VALUES, from_folder
from sparring.data.look import look
from sparring.data.spec import Dataset, Spec
from sparring.history.record import LOGGED
from sparring.kinds import sheets, spectrum, writers
from sparring.kinds.kind import COLUMNS, Array, Kind, Measure, Pixels
from sparring.kinds.traits import of_pictures
from sparring.metrics.extractors import Features
from sparring.metrics.features import to_uint8

SMALL = 32  # pixels per side, up to which the usual recipe was measured, on grey pictures
SIDE = 32  # pixels per side, to which pictures are averaged before they are compared
COARSE = 16  # pixels per side, to which pictures are averaged before they are clustered
ZIP = ".zip"
LEAST_TILE = 72  # pixels per side, so that the title of a column has room
PAIR_COLUMNS = 12  # columns of single pictures, half as many of pairs
MOST_NUMBERS = 128 * 3 * 64 * 64  # in a batch: 128 pictures in colour of 64 x 64 pixels, 32 of 128 x 128
SHEET_SIDE, LEAST_COLUMNS = 1024, 4  # pixels of a sheet, about, and columns where these are too few
OPTIONS = (
    "size", "resize", "channels", "background", "labels", "levels", "crops", "crop_scale", "crop_seed",
    "include", "exclude", "max_broken",
)  # fmt: skip
COLOURS = {1: "grey", 3: "colour", 4: "colour with alpha"}


def problem(spec: Spec) -> str:
    """What is wrong with a Spec of pictures; "" if nothing is wrong."""
    if len(spec.shape) != 3 or spec.shape[0] not in COLOURS:
        return f"shape: {list(spec.shape)} does not fit pictures; accepted: [1, 3 or 4 channels, height, width]"
    numbers = len(Affine.of(spec.codec).scale)
    return "" if numbers == 1 else f"centre and scale: {numbers} and {numbers} numbers, expected one"


def describe(spec: Spec) -> str:
    """Describe one picture, as in "28 x 28 pixels, grey"."""
    channels, height, width = spec.shape
    return f"{width} x {height} pixels, {COLOURS[channels]}"


def vectors(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) as vectors (N, D), averaged to at most SIDE pixels per side."""
    if (factor := -(-max(pictures.shape[2:]) // SIDE)) > 1:
        pictures = avg_pool2d(pictures, factor, ceil_mode=True)
    return pictures.flatten(1).float()


def coarse(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) as vectors (N, D), averaged to at most COARSE pixels per side."""
    height, width = pictures.shape[2:]
    return adaptive_avg_pool2d(pictures, (min(height, COARSE), min(width, COARSE))).flatten(1)


def channels_last(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) with channels last in memory, on which convolutions are fastest."""
    return pictures.contiguous(memory_format=torch.channels_last)


def eight_bit(pictures: Tensor, spec: Spec) -> Tensor:
    """Decoded pictures in 8 bits, also where the data has another type."""
    return pictures if Affine.of(spec.codec).dtype == "uint8" else to_uint8(spec.encode(pictures))


def tiles(pictures: Array, spec: Spec) -> Pixels:
    """Decoded pictures (N, C, H, W) as pixels (N, H, W, C)."""
    if Affine.of(spec.codec).dtype != "uint8":
        pictures = eight_bit(torch.tensor(pictures), spec).numpy()
    return np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))


def sheet(pictures: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """Decoded pictures (N, C, H, W) in rows, as one picture."""
    return sheets.mosaic(tiles(pictures, spec), columns, gap)


def columns(spec: Spec) -> int:
    """The columns of a sheet, so that large pictures make no sheet of tens of megabytes."""
    return max(LEAST_COLUMNS, min(COLUMNS, SHEET_SIDE // spec.shape[2]))


def pair_sheet(fakes: Tensor, reals: Tensor, spec: Spec) -> Image.Image:
    """8-bit fakes (N, C, H, W), each beside a real, in rows of pairs; each column has a title."""
    pairs = torch.stack([fakes, reals], 1).flatten(0, 1)
    factor = -(-LEAST_TILE // pairs.shape[3])
    enlarged = pairs.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    rows = sheets.mosaic(enlarged.permute(0, 2, 3, 1).contiguous().numpy(), PAIR_COLUMNS)
    return sheets.titled(rows, ("forged", "nearest real"), PAIR_COLUMNS)


def reads(path: Path) -> bool:
    """Whether a path is a folder, with any content, or a zip."""
    return path.is_dir() or (path.is_file() and path.suffix.lower() == ZIP)


def warning(data: Dataset) -> str | None:
    """A warning if an option is of pictures with more than 8 bits or transparent ones, and there are none."""
    origin = data.origin
    if origin is None:
        return None
    if origin.options["levels"] != "auto" and VALUES not in origin.facts:
        return f"no picture in {data.name} has more than 8 bits, so --levels has no effect."
    usual = BACKGROUNDS[0]
    seen = CLEAR in origin.facts or origin.options.get("resize") == "fit"
    if seen or origin.options.get("background", usual) == usual:
        return None
    return f"no picture in {data.name} is transparent, so --background has no effect."


def comparable(options: Mapping[str, Any], like: Spec | None) -> dict[str, Any]:
    """Options by which pictures keep their size, if none is chosen, and get the channels of a Spec."""
    changed = dict(options)
    if changed["size"] == "auto":
        changed |= {"size": None, "resize": "crop"}
    if changed["channels"] == "auto" and like is not None and like.kind == IMAGE.name:
        changed["channels"] = str(like.shape[0])
    return changed


def read_like(spec: Spec) -> dict[str, str]:
    """The options with which files give pictures of the size and the channels of a Spec."""
    channels, height, width = spec.shape
    return {"size": str(width) if width == height else f"{width}x{height}", "channels": str(channels)}


def rich(spec: Spec) -> bool:
    """Whether pictures are in colour, or have more than SMALL pixels per side."""
    return spec.shape[0] > 1 or max(spec.shape[1:]) > SMALL


IMAGE = Kind(
    name="image",
    noun="picture",
    axes="C H W",
    codec=partial(Affine.from_dict, bounded=True),
    recipe="sprint",
    few_recipe="small-data",
    rich_recipe="pictures",
    rich=rich,
    count=64,
    problem=problem,
    warning=warning,
    describe=describe,
    vectors=vectors,
    coarse=coarse,
    for_measures=spectrum.Spectrum,
    measures={
        "corners": Measure(spectrum.dots, LOGGED["corners"]),
        "detail": Measure(spectrum.detail, LOGGED["detail"]),
        "variety": Measure(spectrum.variety, LOGGED["variety"]),
    },
    to_memory_format=channels_last,
    for_features=eight_bit,
    features=Features(("digits", "imagenet-64", "scattering-64"), pictures=True),
    sheet=sheet,
    columns=columns,
    most_numbers=MOST_NUMBERS,
    look=look,
    tiles=tiles,
    traits=of_pictures,
    pair_sheet=pair_sheet,
    writers={
        ".png": writers.of_sheets(sheet),
        ".gif": writers.of_frames(tiles),
        ".webp": writers.of_frames(tiles),
        ".npz": writers.arrays,
        "": writers.of_folders(tiles),
    },
    suffixes=(ZIP,),
    files="folders and zips of pictures",
    reads=reads,
    form=as_pictures,
    read=lambda path, options, watch: from_folder(path, **options, watch=watch),
    options=OPTIONS,
    read_like=read_like,
    comparable=comparable,
)
