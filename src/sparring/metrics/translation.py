"""Measures of translated pictures: is it still the same thing, does it look like a target, is it as sharp.

None of them tells the truth alone: the mean of all targets is near each of them, a Fréchet distance does not
see that it is the wrong thing, and sharp pictures may show anything.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, normalize

from sparring.metrics.features import CPU, resize, rgb
from sparring.metrics.pretrained import has_imagenet, imagenet_stages
from sparring.metrics.scattering import BRIGHTNESS, DIRECTIONS, edges, wavelets

COARSE = 16  # pixels per side, to which pictures are averaged before shapes are compared
BATCH = 100
PYRAMID = 3  # scales of the maps of edges
STAGES = 4  # of the ImageNet network, the finest, from half to a 16th of the size
SIDES = 64, 224  # the least and the most pixels a side at which it sees pictures

Maps = Callable[[Tensor], list[Tensor]]


def shapes(pictures: Tensor) -> Tensor:
    """Where 8-bit pictures (N, C, H, W) are bright, (N, D): averaged, without their mean, of length 1."""
    grey = torch.einsum("c,nchw->nhw", torch.tensor(BRIGHTNESS[0]), rgb(pictures))[:, None]
    small = adaptive_avg_pool2d(grey, (min(COARSE, grey.shape[2]), min(COARSE, grey.shape[3]))).flatten(1)
    return normalize(small - small.mean(1, keepdim=True), dim=1)


def found_again(outputs: Tensor, of: Tensor) -> Tensor:
    """Whether the shape of each output (N, C, H, W) is nearest to that of its own in ``of``, (N,) in order."""
    cosines = shapes(outputs) @ shapes(of).T
    return cosines.argmax(1) == torch.arange(len(outputs))


def sharpness(pictures: Tensor) -> float:
    """The mean absolute difference of neighbouring pixels of pictures (N, C, H, W), in grey levels."""
    values = rgb(pictures)
    return float(values.diff(dim=2).abs().mean() + values.diff(dim=3).abs().mean())


def perceptual_maps(device: torch.device = CPU) -> tuple[str, Maps]:
    """The name of the features in which ``perceptual`` compares, and the function that gives them.

    Those of an ImageNet network if it is installed, else the strength of edges by their direction.
    """
    if not has_imagenet():
        return "edges", edge_maps
    stages = imagenet_stages(device)

    def maps(pictures: Tensor) -> list[Tensor]:
        side = min(SIDES[1], max(SIDES[0], *pictures.shape[2:]))
        return stages(resize(rgb(pictures.to(device)), side, side))[:STAGES]

    return "imagenet", maps


def edge_maps(pictures: Tensor) -> list[Tensor]:
    """Strengths of edges (B, DIRECTIONS + 1, h, w) of 8-bit pictures, from the full size to a quarter."""
    grey = torch.einsum("c,nchw->nhw", torch.tensor(BRIGHTNESS[0]), rgb(pictures.cpu()))[:, None]
    found = []
    for scale in range(PYRAMID):
        if min(grey.shape[2:]) >= 2 and scale:
            grey = torch.nn.functional.avg_pool2d(grey, 2)
        strength = edges(grey, wavelets())
        none = torch.full_like(
            strength[:, :1], float(DIRECTIONS)
        )  # where there is no edge, this direction leads
        found.append(torch.cat([strength, none], 1))
    return found


@torch.no_grad()
def perceptual(outputs: Tensor, targets: Tensor, maps: Maps) -> Tensor:
    """The distance of each output from its target, (N,) (Zhang et al. 2018, without learnt weights).

    At each place of each map the features have length 1; squared differences are averaged over places and
    summed over maps, from 0 to 4 a map.
    """
    parts = []
    for a, b in zip(outputs.split(BATCH), targets.split(BATCH), strict=True):
        of_maps = [
            (normalize(x, dim=1) - normalize(y, dim=1)).square().sum(1).mean((1, 2))
            for x, y in zip(maps(a), maps(b), strict=True)
        ]
        parts.append(torch.stack(of_maps).sum(0).cpu())
    return torch.cat(parts)
