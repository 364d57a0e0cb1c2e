"""Convolutional networks whose every scale has its say: the generator's picture, the discriminator's logit.

Both are sums over scales (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN",
section 4.1 and figure 7; Isola et al. 2017, "Image-to-Image Translation", section 3.2.2, for logits of
patches). Coarse scales learn first, and no scale waits for the finer ones, so few samples go a long way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, relu

from sparring.networks.blocks import ClassHead, ClassLatent, UpsampleConv2d
from sparring.networks.dcgan import D_SMALLEST, G_SMALLEST, channels_by_scale, dcgan_init, scales
from sparring.networks.network import Network


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to pictures (B, C, H, W) in [-1, 1].

    Each scale adds its picture to that of the coarser scales, enlarged bilinearly, before the tanh.

    Args:
        shape: (C, H, W) of one picture.
        latent_dim: numbers in a latent vector.
        width: channels at half the full size, of which the full size has half and each coarser scale double.
        classes: number of classes; 0: without labels.
    """

    def __init__(
        self, *, shape: Sequence[int], latent_dim: int = 64, width: int = 24, classes: int = 0
    ) -> None:
        super().__init__()
        colours, self.height, self.width = shape
        halvings = scales(self.height, self.width, G_SMALLEST)
        channels = [*channels_by_scale(width, halvings)[::-1], max(1, width // 2)]
        low = [math.ceil(side / 2**halvings) for side in (self.height, self.width)]
        self.condition = ClassLatent(classes)
        self.coarsest = nn.Sequential(
            nn.Linear(latent_dim + classes, channels[0] * low[0] * low[1], bias=False),
            nn.Unflatten(1, (channels[0], *low)),
        )
        self.norms = nn.ModuleList(map(nn.BatchNorm2d, channels))
        self.growing = nn.ModuleList(UpsampleConv2d(a, b, bias=False) for a, b in pairwise(channels))
        self.pictures = nn.ModuleList(nn.Conv2d(count, colours, 1) for count in channels[:-1])
        self.pictures.append(nn.Conv2d(channels[-1], colours, 3, padding=1))
        self.apply(dcgan_init)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        features = relu(self.norms[0](self.coarsest(self.condition(latents, labels))))
        picture: Tensor = self.pictures[0](features)
        for grow, norm, to_picture in zip(self.growing, self.norms[1:], self.pictures[1:], strict=True):
            features = relu(norm(grow(features)))
            picture = to_picture(features) + interpolate(picture, scale_factor=2, mode="bilinear")
        return picture.tanh()[:, :, : self.height, : self.width]


class Discriminator(nn.Module):
    """Maps pictures (B, C, H, W) to logits (B,).

    The logit of the whole picture, plus the mean logit of the patches that each finer scale sees.

    Args:
        shape: (C, H, W) of one picture.
        width: channels at half the full size, of which the full size has half and each coarser scale double.
        classes: number of classes; 0: without labels. Only the logit of the whole picture knows the class.
    """

    def __init__(self, *, shape: Sequence[int], width: int = 16, classes: int = 0) -> None:
        super().__init__()
        colours, height, broad = shape
        channels = [max(1, width // 2), *channels_by_scale(width, scales(height, broad, D_SMALLEST))]
        self.finest = nn.Conv2d(colours, channels[0], 3, padding=1)
        self.shrinking = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(channels))
        self.patches = nn.ModuleList(nn.Conv2d(count, 1, 1) for count in channels[:-1])
        halvings = len(self.shrinking)
        self.head = ClassHead(channels[-1] * (height >> halvings) * (broad >> halvings), classes)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        features = leaky_relu(self.finest(samples), 0.2)
        of_patches = []
        for patch, shrink in zip(self.patches, self.shrinking, strict=True):
            of_patches.append(patch(features).mean((1, 2, 3)))
            features = leaky_relu(shrink(features), 0.2)
        logits: Tensor = self.head(features.flatten(1), labels) + sum(of_patches)
        return logits


NETWORK = Network(
    generator=lambda o: Generator(shape=o.shape, latent_dim=o.latent_dim, width=o.width, classes=o.classes),
    discriminator=lambda o: Discriminator(shape=o.shape, width=o.width, classes=o.classes),
    axes="C H W",
    g_norms=("batch",),
    d_norms=("none", "spectral"),
)
