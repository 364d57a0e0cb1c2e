"""Features of each place of a picture, from a network that is never trained here.

They are those of the ImageNet network inside the package, or edges and colours, which need no network. A place
is a square of some pixels; its features say what is there and around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, interpolate

from sparring.errors import ConfigError, unknown
from sparring.metrics import scattering
from sparring.metrics.features import resize, rgb
from sparring.networks.imagenet import ImageNetFeatures

FEATURES = IMAGENET, EDGES = "imagenet", "edges"
STAGES = (1, 3)  # of those given on: 40 features with an eighth of the pixels a side, and 112 with a sixteenth
SIDES = (64, 224)  # pixels of the longer side that the network sees, at least and at most
AROUND = 3  # places a side over which features are averaged
FINEST = 4  # pixels a place, of edges
SCALES = 3


@dataclass(frozen=True)
class Frozen:
    """Turns pictures (B, C, H, W), uint8, into features of each place (B, D, h, w).

    Attributes:
        name: IMAGENET or EDGES.
    """

    name: str
    maps: Callable[[Tensor], Tensor]

    @torch.no_grad()
    def __call__(self, pictures: Tensor) -> Tensor:
        return self.maps(pictures.float())


def frozen(name: str = IMAGENET) -> Frozen:
    """The features of this name.

    Raises:
        ConfigError: an unknown name.
    """
    if name == EDGES:
        return Frozen(EDGES, edges)
    if name != IMAGENET:
        raise ConfigError(unknown("features", name, FEATURES))
    network = ImageNetFeatures().eval()

    def maps(pictures: Tensor) -> Tensor:
        found = network((resize(rgb(pictures), *seen(*pictures.shape[2:])) - 127) / 128)
        chosen = [avg_pool2d(found[k], AROUND, 1, AROUND // 2, count_include_pad=False) for k in STAGES]
        size = chosen[0].shape[2:]
        return torch.cat([interpolate(part, size, mode="bilinear", align_corners=False) for part in chosen], 1)

    return Frozen(IMAGENET, maps)


def seen(height: int, width: int) -> tuple[int, int]:
    """The size in which the network sees pictures: their own, unless the longer side is beyond SIDES."""
    longer = max(height, width)
    scale = min(max(longer, SIDES[0]), SIDES[1]) / longer
    return max(16, round(height * scale)), max(16, round(width * scale))


def edges(pictures: Tensor) -> Tensor:
    """Colours, and in logarithms how strong edges of each direction and size are, (B, D, h, w)."""
    filters = scattering.wavelets()
    picture = scattering.brightness_and_colour(pictures)
    size = (max(1, picture.shape[2] // FINEST), max(1, picture.shape[3] // FINEST))
    found = [adaptive_avg_pool2d(picture, size)]
    for scale in range(SCALES):
        if min(picture.shape[2:]) < 2:
            break
        picture = avg_pool2d(picture, 2) if scale else picture
        strength = (scattering.edges(picture, filters) + scattering.FAINT).log()
        found.append(adaptive_avg_pool2d(strength, size))
    return torch.cat(found, 1)
