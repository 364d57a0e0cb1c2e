"""Patches of large pictures, at random places and scales that are the same every time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Crops:
    """How patches are taken from each picture.

    Attributes:
        count: patches of a picture; 0: none, but the whole picture.
        low, high: least and greatest side of a patch, as a share of the largest patch that fits in the picture.
        seed: chooses the places and scales.
    """

    count: int = 0
    low: float = 0.2
    high: float = 1.0
    seed: int = 0


WHOLE = Crops()  # pictures, not patches


class Box(NamedTuple):
    """A patch of a picture, in its pixels."""

    left: float
    top: float
    width: float
    height: float


def scales(crops: Crops, size: tuple[int, int], patch: tuple[int, int]) -> tuple[float, float]:
    """The least and the greatest scale of a patch of this picture, in multiples of ``patch``; see ``boxes``."""
    largest = min(size[0] / patch[0], size[1] / patch[1])
    low, high = (max(share * largest, min(largest, 1.0)) for share in (crops.low, crops.high))
    return low, high


def boxes(crops: Crops, digest: str, size: tuple[int, int], patch: tuple[int, int]) -> list[Box]:
    """The patches of a picture; they follow from the seed and the picture alone, not from other pictures.

    A patch has the proportions of ``patch``. Its scale is log-uniform, so that each doubling is as frequent;
    it has at least as many pixels as ``patch`` where the picture has, so that nothing is enlarged.

    Args:
        digest: hexadecimal, of the file.
        size: (width, height) of the picture in pixels.
        patch: (width, height) to which each patch will be brought.
    """
    rng = np.random.default_rng([crops.seed, int(digest[:16], 16)])
    low, high = scales(crops, size, patch)
    found = []
    for _ in range(crops.count):
        scale = math.exp(rng.uniform(math.log(low), math.log(high)))
        width, height = scale * patch[0], scale * patch[1]
        left, top = rng.uniform(0, max(size[0] - width, 0)), rng.uniform(0, max(size[1] - height, 0))
        found.append(Box(left, top, width, height))
    return found
