"""Wafer maps with known defects: which dies of a wafer failed, in the patterns of WM-811K.

A map is a picture of SIDE x SIDE dies: black outside the wafer, grey where a die works and white where it
fails. On a normal wafer few dies fail, anywhere. A defect makes the dies of one region fail far more often;
its mask is that region. The names are those of Wu et al. 2015, "Wafer Map Failure Pattern Recognition and
Similarity Ranking for Large-Scale Data Sets".
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec

SIDE = 32  # dies across a wafer
WORKS, FAILS = 128, 255  # grey values of a die; 0 lies outside the wafer
USUAL = (0.02, 0.12)  # the share of dies that fail anywhere, from the best wafer to the worst
HIT = (0.35, 0.75)  # the share of dies that fail within a defect
PATTERNS = ("centre", "donut", "edge", "ring", "local", "random", "scratch")
SCATTERED = (0.2, 0.4)  # the share of dies that fail on a wafer with the pattern "random"


class Wafers(NamedTuple):
    """Pictures (N, 1, SIDE, SIDE), uint8, and the regions of their defects (N, SIDE, SIDE), bool."""

    pictures: Tensor
    masks: Tensor


def wafers(count: int, pattern: str = "", seed: int = 0, side: int = SIDE) -> Wafers:
    """Draw ``count`` wafers with a pattern of PATTERNS; without one, normal wafers."""
    rng = torch.Generator().manual_seed(seed)
    y, x = _places(side)
    inside = x.square() + y.square() <= 1
    masks = torch.stack([_region(pattern, x, y, rng) & inside for _ in range(count)])
    usual = _between(USUAL, count, rng)[:, None, None]
    hit = _between(SCATTERED if pattern == "random" else HIT, count, rng)[:, None, None]
    fails = torch.rand(count, side, side, generator=rng) < torch.where(masks, hit, usual)
    pictures = torch.where(fails, FAILS, WORKS) * inside
    return Wafers(pictures.to(torch.uint8)[:, None], masks)


def load(split: str = "train", count: int = 1000, seed: int = 0) -> Dataset:
    """Normal wafers as a data set; "test" draws others than "train"."""
    pictures = wafers(count, seed=2 * seed + (split != "train")).pictures
    return Dataset(
        "wafers", Spec("image", tuple(pictures.shape[1:]), Affine("uint8", (127.5,), (127.5,))), pictures
    )


def _places(side: int) -> tuple[Tensor, Tensor]:
    """The rows and columns of the dies, from -1 to 1 at the edge of the wafer."""
    axis = (torch.arange(side) - (side - 1) / 2) / (side / 2)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return y, x


def _region(pattern: str, x: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
    """Where a defect lies (side, side)."""

    def draw(low: float, high: float) -> float:
        return float(_between((low, high), 1, rng))

    radius = (x.square() + y.square()).sqrt()
    if pattern == "centre":
        return _blob(x, y, 0, 0, draw(0.2, 0.4), draw(0.2, 0.4))
    if pattern == "donut":
        return (radius - draw(0.35, 0.6)).abs() < draw(0.08, 0.16)
    if pattern == "ring":
        return radius > draw(0.85, 0.93)
    if pattern == "edge":
        turned = torch.atan2(y, x) - draw(-math.pi, math.pi)
        return (radius > draw(0.7, 0.85)) & (turned.cos() > math.cos(draw(0.25, 0.7)))
    if pattern == "local":
        far, angle = draw(0.3, 0.7), draw(-math.pi, math.pi)
        return _blob(x, y, far * math.cos(angle), far * math.sin(angle), draw(0.12, 0.25), draw(0.12, 0.25))
    if pattern == "scratch":
        return _scratch(x, y, draw(0.8, 1.6), draw(-math.pi, math.pi), draw(-0.5, 0.5), draw(-1.2, 1.2))
    return torch.full(x.shape, pattern == "random")


def _blob(x: Tensor, y: Tensor, left: float, top: float, width: float, height: float) -> Tensor:
    return ((x - left) / width).square() + ((y - top) / height).square() < 1


def _scratch(x: Tensor, y: Tensor, length: float, angle: float, aside: float, bend: float) -> Tensor:
    """A curved line, a die or two wide."""
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    curve = aside + bend * (along.square() - (length / 2) ** 2 / 3)
    return (along.abs() < length / 2) & ((across - curve).abs() < 1.6 / len(x))


def _between(limits: tuple[float, float], count: int, rng: torch.Generator) -> Tensor:
    return limits[0] + (limits[1] - limits[0]) * torch.rand(count, generator=rng)
