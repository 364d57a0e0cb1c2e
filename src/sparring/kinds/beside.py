"""Show sources, what was made of them, and the truth, side by side."""

from __future__ import annotations

import numpy as np
from PIL import Image
from torch import Tensor

from sparring import kinds
from sparring.data.spec import Spec
from sparring.kinds.kind import Pixels
from sparring.kinds.sheets import mosaic, titled

COLUMNS = 12  # of pictures in a row, about
LEAST_SIDE = 64  # pixels of a picture as it is shown, at least, so that a title has room
TITLES = ("source", "output", "target")


def rows(
    given: Tensor, outputs: Tensor, targets: Tensor | None, spec: Spec, columns: int = COLUMNS
) -> Image.Image:
    """Decoded sources (N, C', H, W), outputs and, if known, targets (N, C, H, W), beside one another."""
    assert spec.given is not None
    tiles = [_tiles(given, spec.given), _tiles(outputs, spec)]
    tiles += [] if targets is None else [_tiles(targets, spec)]
    channels = max(part.shape[-1] for part in tiles)
    alike = [_with_channels(part, channels) for part in tiles]
    factor = -(-LEAST_SIDE // outputs.shape[-1])
    joined = np.stack(alike, 1).reshape(-1, *alike[0].shape[1:]).repeat(factor, 1).repeat(factor, 2)
    across = len(tiles) * max(1, columns // len(tiles))
    return titled(mosaic(joined, across), TITLES[: len(tiles)], across)


def _tiles(decoded: Tensor, spec: Spec) -> Pixels:
    tiles = kinds.of(spec).tiles
    assert tiles is not None
    return tiles(decoded.numpy(), spec)


def _with_channels(tiles: Pixels, channels: int) -> Pixels:
    """Pixels (N, H, W, C) with as many channels: grey is repeated, and alpha is full."""
    if tiles.shape[-1] == channels:
        return tiles
    colours = np.broadcast_to(tiles, (*tiles.shape[:-1], 3)) if tiles.shape[-1] == 1 else tiles
    if channels == colours.shape[-1]:
        return np.ascontiguousarray(colours)
    return np.concatenate([colours, np.full_like(colours[..., :1], 255)], -1)
