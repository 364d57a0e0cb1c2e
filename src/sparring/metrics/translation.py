"""Measures of translated pictures: is it still the same thing, does it look like a target, is it as sharp.

None of them tells the truth alone: the source has all of the content, the mean of all targets is near each of
them, a Fréchet distance does not see that it is the wrong thing, and sharp pictures may show anything.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, normalize

from sparring.metrics.features import CPU, resize, rgb
from sparring.metrics.pretrained import has_imagenet, imagenet_stages
from sparring.metrics.scattering import BRIGHTNESS, DIRECTIONS, edges, wavelets

PLACES = 7  # a side, to which maps are averaged before contents are compared
BATCH = 100
PYRAMID = 3  # scales of the maps of edges
STAGES = 4  # of the ImageNet network, the finest, from half to a 16th of the size
SIDES = 64, 224  # the least and the most pixels a side at which it sees pictures

Maps = Callable[[Tensor], list[Tensor]]


def contents(pictures: Tensor, maps: Maps) -> Tensor:
    """What 8-bit pictures (N, C, H, W) show and where, (N, D) of length 1, whatever all of them have in common.

    Each map is averaged to at most PLACES a side, without the mean over the pictures, so that what is left of a
    set in one style can be compared with what is left of a set in another.
    """
    parts = [[coarse(found) for found in maps(some)] for some in pictures.split(BATCH)]
    whole = (torch.cat(of_map) for of_map in zip(*parts, strict=True))
    return normalize(torch.cat([normalize(one - one.mean(0), dim=1) for one in whole], 1), dim=1)


def coarse(found: Tensor) -> Tensor:
    """A map (N, channels, h, w), averaged to at most PLACES a side, as rows."""
    high, wide = (min(PLACES, side) for side in found.shape[2:])
    return adaptive_avg_pool2d(found, (high, wide)).flatten(1).cpu()


def found_again(outputs: Tensor, of: Tensor) -> Tensor:
    """Whether the contents of each output, (N, D), are nearest to those of its own in ``of``, (N,) in order."""
    return (outputs @ of.T).argmax(1) == torch.arange(len(outputs))


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
