"""Pictures: (C, H, W), grey, in colour, or in colour with alpha."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d

from sparring.data.codec import Affine
from sparring.data.folders import from_folder
from sparring.data.spec import Spec
from sparring.kinds import sheets, writers
from sparring.kinds.kind import Array, Kind, Pixels
from sparring.metrics.features import to_uint8

SIDE, COARSE = 32, 16  # pixels a side, to which pictures are averaged to be compared, and to be clustered
CORNER = 7 / 8  # of the highest frequency, above which the corners of a spectrum lie
FAINT = 1e-3  # of the mean power, which no eye sees
ZIP = ".zip"
LEAST_TILE = 72  # pixels, which have room for the title of a column
PAIR_COLUMNS = 12
COLOURS = {1: "grey", 3: "colour", 4: "colour with alpha"}


def flaw(spec: Spec) -> str:
    """What no pictures have."""
    if len(spec.shape) != 3 or spec.shape[0] not in COLOURS:
        return f"shape: {list(spec.shape)} is none of {spec.kind}"
    numbers = len(Affine.of(spec.codec).scale)
    return "" if numbers == 1 else f"centre and scale: {numbers} and {numbers} numbers, expected one"


def describe(spec: Spec) -> str:
    """As in "28 x 28 pixels, grey"."""
    channels, height, width = spec.shape
    return f"{width} x {height} pixels, {COLOURS[channels]}"


def vectors(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) as vectors (N, D), averaged to at most SIDE pixels a side."""
    if (factor := -(-max(pictures.shape[2:]) // SIDE)) > 1:
        pictures = avg_pool2d(pictures, factor, ceil_mode=True)
    return pictures.flatten(1).float()


def coarse(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) as vectors (N, D), averaged to at most COARSE pixels a side."""
    height, width = pictures.shape[2:]
    return adaptive_avg_pool2d(pictures, (min(height, COARSE), min(width, COARSE))).flatten(1)


def arranged(pictures: Tensor) -> Tensor:
    """Channels last, which convolutions are fastest on."""
    return pictures.contiguous(memory_format=torch.channels_last)


def signs(fakes: Tensor, reals: Tensor) -> dict[str, float]:
    """Patterns of upsampling, which pictures (N, C, H, W) of the data have less of."""
    if min(fakes.shape[2:]) <= 1:
        return {}
    faint = FAINT * max(float(reals.var()), 1e-6)
    return {
        "high_frequency": checkers(fakes) / max(checkers(reals), 1e-6),
        "corners": corners(fakes) / max(corners(reals), faint),
    }


def checkers(pictures: Tensor) -> float:
    """Mean square of the finest checkerboard in pictures (N, C, H, W): of a - b - c + d over 2 x 2 pixels."""
    height, width = (side // 2 * 2 for side in pictures.shape[2:])
    a, b = pictures[..., 0:height:2, 0:width:2], pictures[..., 0:height:2, 1:width:2]
    c, d = pictures[..., 1:height:2, 0:width:2], pictures[..., 1:height:2, 1:width:2]
    return float((a - b - c + d).square().mean() / 4)


def corners(pictures: Tensor) -> float:
    """Mean power of pictures (N, C, H, W) where both frequencies are near their highest: a weave of dots."""
    height, width = pictures.shape[2:]
    fine = [finest(torch.fft.fftfreq(height)), finest(torch.fft.rfftfreq(width))]
    power = torch.fft.rfft2(pictures.float(), norm="ortho").abs().square()  # (N, C, H, W // 2 + 1)
    return float(power[:, :, fine[0]][..., fine[1]].mean())


def finest(frequencies: Tensor) -> Tensor:
    """The places of those near the highest."""
    return (frequencies.abs() >= CORNER * frequencies.abs().max()).nonzero()[:, 0]


def eight_bit(pictures: Tensor, spec: Spec) -> Tensor:
    """Decoded pictures in 8 bits, whatever the data's own type."""
    return pictures if Affine.of(spec.codec).dtype == "uint8" else to_uint8(spec.encode(pictures))


def tiles(pictures: Array, spec: Spec) -> Pixels:
    """Decoded pictures (N, C, H, W) as pixels (N, H, W, C)."""
    if Affine.of(spec.codec).dtype != "uint8":
        pictures = eight_bit(torch.tensor(pictures), spec).numpy()
    return np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))


def sheet(pictures: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """Decoded pictures (N, C, H, W) in rows."""
    return sheets.mosaic(tiles(pictures, spec), columns, gap)


def beside(fakes: Tensor, reals: Tensor) -> Image.Image:
    """8-bit fakes (N, C, H, W), each beside a real, in rows of pairs under their names."""
    pairs = torch.stack([fakes, reals], 1).flatten(0, 1)
    factor = -(-LEAST_TILE // pairs.shape[3])
    larger = pairs.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    rows = sheets.mosaic(larger.permute(0, 2, 3, 1).contiguous().numpy(), PAIR_COLUMNS)
    return sheets.titled(rows, ("forged", "nearest real"), PAIR_COLUMNS)


def reads(path: Path) -> bool:
    """A folder, whatever is in it, or a zip."""
    return path.is_dir() or (path.is_file() and path.suffix.lower() == ZIP)


IMAGE = Kind(
    name="image",
    noun="picture",
    axes="C H W",
    codec=partial(Affine.from_dict, bounded=True),
    recipe="sprint",
    few_recipe="small-data",
    count=64,
    flaw=flaw,
    describe=describe,
    vectors=vectors,
    coarse=coarse,
    signs=signs,
    arranged=arranged,
    measured=eight_bit,
    features=("digits", "classifier", "efficientnet-lite0", "pca-64"),
    sheet=sheet,
    tiles=tiles,
    beside=beside,
    writers={
        ".png": writers.of_sheets(sheet),
        ".gif": writers.of_frames(tiles),
        ".webp": writers.of_frames(tiles),
        ".npz": writers.arrays,
        "": writers.of_folders(tiles),
    },
    suffixes=(ZIP,),
    reads=reads,
    read=lambda path, options, watch: from_folder(path, **options, watch=watch),
    takes_options=True,
)
