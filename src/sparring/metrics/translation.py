"""Measures of translated pictures: is it still the same thing, does it look like a target, is it as sharp.

None of them tells the truth alone: the source has all of the content, the mean of all targets is near each of
them, a Fréchet distance does not see that it is the wrong thing, and sharp pictures may show anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
LOOKED_AT, FEWEST = 200, 40  # pictures of each side in which pairs are looked for, at most and at least
SMALL = 32  # pixels a side, at most, at which they are
IMAGENET = "imagenet"  # the name of its features
CLEAR = 0.5  # deviations of all likenesses by which that of a pair is above the next

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


@torch.no_grad()
def leaked(sources: Tensor, targets: Tensor) -> float | None:
    """The share of sources that have their own target among the targets; None of fewer than FEWEST on a side.

    Two pictures belong together if each is the nearest of the other in the contents of edges, with a distance
    to the next. Of as many sources as targets, also if the nearest is at the same place, as in two folders in
    the order of their names.

    Args:
        sources, targets: 8-bit pictures (N, C, H, W) and (M, C', H, W); LOOKED_AT of each are compared.
    """
    if min(len(sources), len(targets)) < FEWEST:
        return None
    a, b = (contents(_small(side), edge_maps) for side in (sources, targets))
    alike = a @ b.T
    alike = (alike - alike.mean()) / alike.std().clamp(min=1e-9)
    of_a, of_b = alike.topk(2, 1), alike.topk(2, 0)
    nearest = of_a.indices[:, 0]
    mutual = of_b.indices[0, nearest] == torch.arange(len(a))
    clear = torch.minimum(of_a.values[:, 0] - of_a.values[:, 1], (of_b.values[0] - of_b.values[1])[nearest])
    shares = [float((mutual & (clear > CLEAR)).float().mean())]
    if len(sources) == len(targets):
        shares.append(float(found_again(a, b).float().mean()))
    return max(shares)


def _small(pictures: Tensor) -> Tensor:
    """LOOKED_AT of the pictures at most, evenly chosen, in colour, with SMALL pixels a side at most."""
    some = rgb(pictures[torch.linspace(0, len(pictures) - 1, min(LOOKED_AT, len(pictures))).long()].cpu())
    return resize(some, *(min(side, SMALL) for side in some.shape[2:]))


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
    stages = imagenet_stages(device, STAGES)

    def maps(pictures: Tensor) -> list[Tensor]:
        side = min(SIDES[1], max(SIDES[0], *pictures.shape[2:]))
        return stages(resize(rgb(pictures.to(device)), side, side))

    return IMAGENET, maps


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
    """The distance of each output from its target, (N,) (Zhang et al. 2018, without learnt weights)."""
    parts = []
    for a, b in zip(outputs.split(BATCH), targets.split(BATCH), strict=True):
        parts.append(apart(maps(a), maps(b)).cpu())
    return torch.cat(parts)


def apart(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """The distance of pictures from others in maps of features of both, (B, channels, h, w) each: (B,).

    At each place of each map the features have length 1; squared differences are averaged over places and
    summed over maps, from 0 to 4 a map.
    """
    of_maps = [
        (normalize(x, dim=1) - normalize(y, dim=1)).square().sum(1).mean((1, 2))
        for x, y in zip(a, b, strict=True)
    ]
    return torch.stack(of_maps).sum(0)
