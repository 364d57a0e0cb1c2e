"""Damage normal pictures on purpose, with masks: by it a method is chosen, and the repairer is trained.

The damage is of five sorts: a piece of another place or picture is pasted (CutPaste, Li et al. 2021), a stroke
is drawn, noise replaces a blob, a blob becomes brighter or darker, or a blob is blurred. In pictures of few
values, such as maps of what works and what fails, the damage has those values too, since others would be found
at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d

SORTS = ("paste", "stroke", "noise", "light", "blur")
AREA = (0.01, 0.12)  # of a blob, as a share of the picture
STROKE = (0.01, 0.03)  # half the width of a stroke, as a share of the longer side
STRENGTH = (0.25, 1.0)  # of a change, as a share of the whole range of grey values
RAGGED = 0.5  # how much the outline of a blob is bent
FEW = 8  # values of pictures, up to which damage is brought to these values
VISIBLE = 6.0  # grey levels by which a pixel must change to count as damaged
NEAR = 3  # side of the square in which a pixel of the region must change for its centre to count


class Damaged(NamedTuple):
    """Damaged pictures (N, C, H, W), uint8, and masks (N, H, W), bool, of where they changed."""

    pictures: Tensor
    masks: Tensor


def damage(pictures: Tensor, rng: torch.Generator) -> Damaged:
    """Damage each of the pictures (N, C, H, W), uint8, in one of SORTS drawn at random."""
    before = pictures.float()
    sorts = torch.randint(len(SORTS), (len(before),), generator=rng)
    regions = torch.where((sorts == SORTS.index("stroke"))[:, None, None], *_shapes(before, rng))
    changed = before.clone()
    for k, sort in enumerate(SORTS):
        if len(chosen := (sorts == k).nonzero()[:, 0]):
            changed[chosen] = CHANGES[sort](before[chosen], before, rng)
    soft = regions[:, None].float()
    after = (before + soft * (changed - before)).round().clamp(0, 255)
    values = pictures.unique()
    if 1 < len(values) <= FEW:
        after = torch.where(regions[:, None], _dithered(after, values.float(), rng), before)
    visible = ((after - before).abs().amax(1, keepdim=True) > VISIBLE).float()
    masks = regions & (max_pool2d(visible, NEAR, 1, NEAR // 2)[:, 0] > 0)
    return Damaged(after.to(torch.uint8), masks)


def _shapes(pictures: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Strokes and blobs (N, H, W), bool, at random places."""
    n, _, height, width = pictures.shape
    side = max(height, width)
    y, x = torch.meshgrid(torch.arange(height) / side, torch.arange(width) / side, indexing="ij")
    top, left = (_draw(n, 0, end / side, rng) for end in (height, width))
    angle = _draw(n, -math.pi, math.pi, rng)
    along = (x - left) * angle.cos() + (y - top) * angle.sin()
    across = (y - top) * angle.cos() - (x - left) * angle.sin()
    bend, length = _draw(n, -1.5, 1.5, rng), _draw(n, 0.15, 0.7, rng)
    stroke = (along.abs() < length / 2) & ((across - bend * along.square()).abs() < _draw(n, *STROKE, rng))
    area, ratio = _draw(n, *AREA, rng) * (height * width / side**2), _draw(n, 0.4, 1.0, rng)
    radius = (along / (area / math.pi / ratio).sqrt()).square() + (
        across / (area * ratio / math.pi).sqrt()
    ).square()
    field = interpolate(torch.randn(n, 1, 9, 9, generator=rng), (height, width), mode="bicubic")[:, 0]
    return stroke, radius < (RAGGED * field).exp()


def _paste(pictures: Tensor, others: Tensor, rng: torch.Generator) -> Tensor:
    """Another picture, or this one, shifted."""
    n, _, height, width = pictures.shape
    which = torch.randint(len(others), (n,), generator=rng)
    down = torch.randint(height // 4, max(height * 3 // 4, height // 4 + 1), (n,), generator=rng).tolist()
    right = torch.randint(width // 4, max(width * 3 // 4, width // 4 + 1), (n,), generator=rng).tolist()
    moved = zip(others[which], down, right, strict=True)
    return torch.stack([picture.roll((d, r), (1, 2)) for picture, d, r in moved])


def _stroke(pictures: Tensor, others: Tensor, rng: torch.Generator) -> Tensor:
    return (pictures + _sign(len(pictures), rng) * 255 * _strength(len(pictures), rng)).clamp(0, 255)


def _noise(pictures: Tensor, others: Tensor, rng: torch.Generator) -> Tensor:
    """Values of other pixels of the same picture, in disorder, over some of the blob."""
    n, channels, height, width = pictures.shape
    places = torch.randint(height * width, (n, 1, height * width), generator=rng).expand(-1, channels, -1)
    noise = pictures.flatten(2).gather(2, places).view_as(pictures)
    white = 255 * torch.rand(pictures.shape, generator=rng)
    share = _strength(n, rng)
    mixed = torch.where(torch.rand(n, 1, 1, 1, generator=rng) < 0.5, white, noise)
    return torch.where(torch.rand(n, 1, height, width, generator=rng) < share, mixed, pictures)


def _light(pictures: Tensor, others: Tensor, rng: torch.Generator) -> Tensor:
    n, channels = pictures.shape[:2]
    tint = _draw(n * channels, 0.5, 1.0, rng).view(n, channels, 1, 1)
    return (pictures + _sign(n, rng) * 127 * _strength(n, rng) * tint).clamp(0, 255)


def _blur(pictures: Tensor, others: Tensor, rng: torch.Generator) -> Tensor:
    side = max(3, min(pictures.shape[2:]) // 8 * 2 + 1)
    return avg_pool2d(pictures, side, 1, side // 2, count_include_pad=False)


def _dithered(pictures: Tensor, values: Tensor, rng: torch.Generator) -> Tensor:
    """Each pixel as the value above or below it, by chance, so that the mean stays."""
    bounded = pictures.clamp(float(values[0]), float(values[-1]))
    above = torch.searchsorted(values, bounded).clamp(1, len(values) - 1)
    low, high = values[above - 1], values[above]
    return torch.where(torch.rand(pictures.shape, generator=rng) < (bounded - low) / (high - low), high, low)


CHANGES: dict[str, Callable[[Tensor, Tensor, torch.Generator], Tensor]] = {
    "paste": _paste, "stroke": _stroke, "noise": _noise, "light": _light, "blur": _blur,
}  # fmt: skip


def _draw(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    return (low + (high - low) * torch.rand(count, generator=rng))[:, None, None]


def _strength(count: int, rng: torch.Generator) -> Tensor:
    return _draw(count, *STRENGTH, rng)[..., None]


def _sign(count: int, rng: torch.Generator) -> Tensor:
    return (2.0 * torch.randint(2, (count,), generator=rng) - 1)[:, None, None, None]
