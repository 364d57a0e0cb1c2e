"""Networks after R3GAN (Huang et al. 2024, "The GAN is dead; long live the GAN!").

Sizes follow the shape of the data. Grouped residual bottlenecks, no normalisation, antialiased
resampling. The initial weights replace normalisation at the start (Zhang et al. 2019, Fixup).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from sparring.networks.blocks import ClassHead, ClassLatent
from sparring.networks.dcgan import channels_by_scale, scales
from sparring.networks.network import Network

SMALLEST = 4  # pixels of the shorter side at the coarsest scale: 28 -> 14 -> 7, 32 -> 16 -> 8 -> 4
EXPANSION = 2  # ratio of the channels inside a bottleneck to those outside
GROUP = 16  # channels per group inside a bottleneck, approximately
SLOPE = 0.2  # of LeakyReLU
FILTER = (1.0, 2.0, 1.0)  # smooths at every change of size


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to pictures (B, C, H, W) without bounds; the data lie in [-1, 1].

    Args:
        shape: (C, H, W) of one picture.
        latent_dim: numbers in a latent vector.
        width: channels at full size; each coarser scale has twice as many, up to eight times.
        depth: residual blocks per scale.
        classes: number of classes; 0: without labels.

    Raises:
        ValueError: the pictures are smaller than 8 x 8.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        latent_dim: int = 64,
        width: int = 16,
        depth: int = 1,
        classes: int = 0,
    ) -> None:
        super().__init__()
        colours, self.height, self.width = shape
        halvings = scales(self.height, self.width, SMALLEST)
        channels = channels_by_scale(width, halvings + 1)[::-1]
        low = [math.ceil(side / 2**halvings) for side in (self.height, self.width)]
        self.condition = ClassLatent(classes)
        self.strengths = _scaled(nn.Linear(latent_dim + classes, channels[0], bias=False))
        self.basis = nn.Parameter(torch.randn(channels[0], *low))
        layers: list[nn.Module] = [Bottleneck(channels[0], depth * len(channels)) for _ in range(depth)]
        for coarse, fine in pairwise(channels):
            layers += [_change(coarse, fine), Double()]
            layers += [Bottleneck(fine, depth * len(channels)) for _ in range(depth)]
        self.layers = nn.Sequential(*layers, _scaled(nn.Conv2d(channels[-1], colours, 1, bias=False)))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        strengths = self.strengths(self.condition(latents, labels))  # (B, C)
        pictures: Tensor = self.layers(strengths[:, :, None, None] * self.basis)
        return pictures[:, :, : self.height, : self.width]


class Discriminator(nn.Module):
    """Maps pictures (B, C, H, W) to logits (B,), with the layers of the generator in reverse order.

    Args:
        shape: (C, H, W) of one picture.
        width: channels at full size; each coarser scale has twice as many, up to eight times.
        depth: residual blocks per scale.
        classes: number of classes; 0: without labels.

    Raises:
        ValueError: the pictures are smaller than 8 x 8.
    """

    def __init__(self, *, shape: Sequence[int], width: int = 16, depth: int = 1, classes: int = 0) -> None:
        super().__init__()
        colours, height, broad = shape
        halvings = scales(height, broad, SMALLEST)
        channels = channels_by_scale(width, halvings + 1)
        layers: list[nn.Module] = [_scaled(nn.Conv2d(colours, channels[0], 1, bias=False))]
        for fine, coarse in pairwise(channels):
            layers += [Bottleneck(fine, depth * len(channels)) for _ in range(depth)]
            layers += [Halve(), _change(fine, coarse)]
        layers += [Bottleneck(channels[-1], depth * len(channels)) for _ in range(depth)]
        self.layers = nn.Sequential(*layers)
        places = (height >> halvings, broad >> halvings)
        self.basis = nn.Parameter(torch.randn(channels[-1], *places) / math.sqrt(math.prod(places)))
        self.head = ClassHead(channels[-1], classes)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        features = (self.layers(samples) * self.basis).sum((2, 3))  # (B, C)
        logits: Tensor = self.head(features, labels)
        return logits


class Bottleneck(nn.Module):
    """x + f(x) with f: 1 x 1, LeakyReLU, 3 x 3 in groups, LeakyReLU, 1 x 1; f starts as zero.

    A sequence of ``blocks`` keeps the size of the signal: the last of m = 3 layers starts as zero, and
    the other m - 1 = 2 are scaled by blocks^(-1 / (2m - 2)) (Zhang et al. 2019, section 3.2).
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        middle = EXPANSION * channels
        groups = middle // next((g for g in range(GROUP, middle) if middle % g == 0), middle)
        gain = math.sqrt(2 / (1 + SLOPE**2)) * blocks ** (-1 / 4)
        self.layers = nn.Sequential(
            _scaled(nn.Conv2d(channels, middle, 1), gain),
            nn.LeakyReLU(SLOPE),
            _scaled(nn.Conv2d(middle, middle, 3, 1, 1, groups=groups), gain),
            nn.LeakyReLU(SLOPE),
            _scaled(nn.Conv2d(middle, channels, 1, bias=False), 0.0),
        )

    def forward(self, features: Tensor) -> Tensor:
        residual: Tensor = self.layers(features)
        return features + residual


class Double(nn.Module):
    """(B, C, H, W) -> (B, C, 2 H, 2 W): repeats each place 2 x 2 times, then smooths by FILTER."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", 4 * resampling_kernel(), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        channels = features.shape[1]
        kernel = self.kernel.to(features.dtype).expand(channels, 1, -1, -1)
        return conv_transpose2d(features, kernel, stride=2, padding=1, groups=channels)


class Halve(nn.Module):
    """(B, C, H, W) -> (B, C, H // 2, W // 2): smooths by FILTER, then takes means of 2 x 2 places."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", resampling_kernel(), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        channels = features.shape[1]
        kernel = self.kernel.to(features.dtype).expand(channels, 1, -1, -1)
        return conv2d(features, kernel, stride=2, padding=1, groups=channels)


def resampling_kernel() -> Tensor:
    """FILTER after a box of two places, on both axes: (4, 4) with sum 1; (1, 3, 3, 1) / 8 on each axis."""
    line = torch.tensor([a + b for a, b in zip((*FILTER, 0.0), (0.0, *FILTER), strict=True)])
    line = line / line.sum()
    return line[:, None] * line


def _change(inputs: int, outputs: int) -> nn.Module:
    """A 1 x 1 convolution if the number of channels changes, else the identity."""
    return _scaled(nn.Conv2d(inputs, outputs, 1, bias=False)) if inputs != outputs else nn.Identity()


def _scaled(layer: nn.Linear | nn.Conv2d, gain: float = 1.0) -> nn.Module:
    """Draw the weights of a layer from N(0, gain^2 / inputs) and set its bias to 0 (He et al. 2015)."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


NETWORK = Network(
    generator=lambda o: Generator(
        shape=o.shape, latent_dim=o.latent_dim, width=o.width, depth=o.depth, classes=o.classes
    ),
    discriminator=lambda o: Discriminator(shape=o.shape, width=o.width, depth=o.depth, classes=o.classes),
    axes="C H W",
    g_norms=("none",),
    d_norms=("none",),
)
