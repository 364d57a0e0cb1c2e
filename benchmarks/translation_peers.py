"""pix2pix with the networks of its paper, halved as often as small pictures allow: a peer of our recipes.

Our own writing of Isola et al. 2017, appendix 6.1, not the authors' code: a U-Net of 4 x 4 convolutions with
stride 2 down to one pixel, 64 to 512 channels, dropout in decoders next to the innermost, also in use, and a
discriminator whose patches are 70 pixels wide. A normalisation is over each picture, which is what batch
normalisation is at the paper's batch of 1. The objective and the optimizers are those of recipe ``pix2pix``,
which a test compares with the paper's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, leaky_relu, relu

WIDTHS = (64, 128, 256, 512, 512, 512, 512, 512)  # channels after each halving
DROPPED, DROPOUT = 3, 0.5
SLOPE, SPREAD = 0.2, 0.02  # of LeakyReLU below 0; the standard deviation of weights at the start


def initialised(network: nn.Module) -> nn.Module:
    """Weights from N(0, SPREAD), biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=SPREAD)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


def normalised(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


class Published(nn.Module):
    """The U-Net of pix2pix for pictures of a power of two a side; (B, given, H, W) to (B, C, H, W)."""

    def __init__(self, shape: Sequence[int], given: Sequence[int]) -> None:
        super().__init__()
        widths = WIDTHS[: int(math.log2(min(shape[1:])))]
        last = len(widths) - 1
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise((given[0], *widths)))
        self.down_norms = nn.ModuleList(
            nn.Identity() if place in (0, last) else normalised(width) for place, width in enumerate(widths)
        )
        into = [shape[0], *widths[:-1]]  # of each decoder, by the scale that it comes from
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(width if place == last else 2 * width, out, 4, 2, 1)
            for place, (width, out) in enumerate(zip(widths, into, strict=True))
        )
        self.up_norms = nn.ModuleList(
            nn.Identity() if not place else normalised(into[place]) for place in range(last + 1)
        )
        initialised(self)

    def forward(self, given: Tensor) -> Tensor:
        features, kept = given, []
        for place, (layer, norm) in enumerate(zip(self.down, self.down_norms, strict=True)):
            features = norm(layer(leaky_relu(features, SLOPE) if place else features))
            kept.append(features)
        last = len(kept) - 1
        for place in range(last, -1, -1):
            beside = features if place == last else torch.cat([features, kept[place]], 1)
            features = self.up_norms[place](self.up[place](relu(beside)))
            if last - DROPPED < place < last:
                features = dropout(features, DROPOUT)
        return torch.tanh(features)


def patches(shape: Sequence[int], given: Sequence[int]) -> nn.Module:
    """C64-C128-C256-C512 and one logit a patch (B, 1, h, w) of a source beside a picture."""
    layers: list[nn.Module] = []
    widths = (shape[0] + given[0], *WIDTHS[:4])
    for place, (a, b) in enumerate(pairwise(widths)):
        layers.append(nn.Conv2d(a, b, 4, 2 if place < 3 else 1, 1))
        layers += ([normalised(b)] if place else []) + [nn.LeakyReLU(SLOPE)]
    return initialised(nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, 1, 1)))
