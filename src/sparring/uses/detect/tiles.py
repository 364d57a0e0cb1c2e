"""Large pictures at their own resolution: cut into tiles that overlap, and what is found in these stitched."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from sparring.data.masks import pooled

OVERLAP = 0.25  # least share of a tile's side that its neighbour sees too, so that no defect is only cut
MOST_TILES, MOST_BYTES = 4000, 2**27  # of tiles that are fitted, which limits the memory


def corners(height: int, width: int, tile: int) -> list[tuple[int, int]]:
    """Top and left of square tiles that cover a picture evenly."""
    return [(top, left) for top in _starts(height, tile) for left in _starts(width, tile)]


def _starts(side: int, tile: int) -> list[int]:
    count = 1 + math.ceil((side - tile) / (tile * (1 - OVERLAP)))
    return [round(k * (side - tile) / max(1, count - 1)) for k in range(count)]


def cut(picture: Tensor, tile: int) -> Tensor:
    """The tiles (T, C, tile, tile) of a picture (C, H, W)."""
    places = corners(picture.shape[1], picture.shape[2], tile)
    return torch.stack([picture[:, top : top + tile, left : left + tile] for top, left in places])


def some_tiles(pictures: Tensor, which: Tensor, tile: int, most: int, seed: int) -> Tensor:
    """At most ``most`` tiles (T, C, tile, tile), at random, of those of pictures (N, C, H, W).

    Args:
        which: (M,), the places of the pictures that are cut.
    """
    places = corners(pictures.shape[2], pictures.shape[3], tile)
    most = min(most, max(1, MOST_BYTES // (pictures.shape[1] * tile**2)))
    order = torch.randperm(len(which) * len(places), generator=torch.Generator().manual_seed(seed))
    found = []
    for number in (
        order[:most].sort().values.tolist()
    ):  # one picture after another, since they may lie on a disk
        top, left = places[number % len(places)]
        found.append(pictures[int(which[number // len(places)]), :, top : top + tile, left : left + tile])
    return torch.stack(found)


def stitched(maps: Tensor, height: int, width: int, tile: int) -> Tensor:
    """The heat map of a picture from those (T, h, w) of its tiles; their mean where they overlap.

    Returns:
        (H, W) or, where this is too large, reduced (``pooled``).
    """
    total, count = torch.zeros(height, width), torch.zeros(height, width)
    for (top, left), each in zip(corners(height, width, tile), maps, strict=True):
        fine = interpolate(each[None, None], (tile, tile), mode="bilinear", align_corners=False)[0, 0]
        total[top : top + tile, left : left + tile] += fine
        count[top : top + tile, left : left + tile] += 1
    return pooled(total / count)
