"""Small networks that repair pictures, rebuild them from a code, judge them, and mark where they were damaged.

All take pictures (B, C, H, W) in [-1, 1] of any size from 8 pixels a side.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu
from torch.nn.utils.parametrizations import spectral_norm

SLOPE = 0.2  # of leaky ReLUs
GRID = 4  # places a side of the map before and after the code


def _block(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    """A convolution (B, inside, H, W) -> (B, outside, H / stride, W / stride) with its norm."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1),
        nn.GroupNorm(max(1, outside // 8), outside),
        nn.LeakyReLU(SLOPE),
    )


class Repairer(nn.Module):
    """A U-Net (Ronneberger et al. 2015) from a damaged picture to a whole one, (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int, width: int = 16) -> None:
        super().__init__()
        widths = (width, 2 * width, 4 * width, 4 * width)
        self.first = _block(channels, width)
        self.down = nn.ModuleList(_block(a, b, 2) for a, b in pairwise(widths))
        self.middle = _block(widths[-1], widths[-1])
        pairs = zip(widths[::-1], widths[-2::-1], strict=False)
        self.up = nn.ModuleList(_block(deep + skip, skip) for deep, skip in pairs)
        self.last = nn.Conv2d(width, channels, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        levels = [self.first(pictures)]
        for down in self.down:
            levels.append(down(levels[-1]))
        x = self.middle(levels[-1])
        for up, level in zip(self.up, levels[-2::-1], strict=True):
            x = up(torch.cat([interpolate(x, level.shape[2:], mode="nearest"), level], 1))
        return torch.tanh(self.last(x))


class Rebuilder(nn.Module):
    """An encoder to a code and a generator from it, (B, C, H, W) -> (B, C, H, W): what is usual survives."""

    def __init__(self, channels: int, height: int, width: int, code: int = 32, base: int = 32) -> None:
        super().__init__()
        self.size, self.base = (height, width), base
        self.encoder = nn.Sequential(
            _block(channels, base, 2), _block(base, 2 * base, 2), _block(2 * base, 2 * base, 2),
            nn.AdaptiveAvgPool2d(GRID), nn.Flatten(), nn.Linear(2 * base * GRID**2, code),
        )  # fmt: skip
        self.grown = nn.Linear(code, 2 * base * GRID**2)
        self.blocks = nn.ModuleList([_block(2 * base, 2 * base), _block(2 * base, base), _block(base, base)])
        self.last = nn.Conv2d(base, channels, 3, 1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decoded(self.encoder(pictures))

    def decoded(self, codes: Tensor) -> Tensor:
        """Pictures (B, C, H, W) from codes (B, code)."""
        x = self.grown(codes).view(-1, 2 * self.base, GRID, GRID)
        for left, block in zip((2, 1, 0), self.blocks, strict=True):
            size = [max(1, -(-side // 2**left)) for side in self.size]
            x = block(interpolate(x, size, mode="nearest"))
        return torch.tanh(self.last(x))


class Judge(nn.Module):
    """A discriminator of patches (Isola et al. 2017), (B, C, H, W) -> logits (B, h, w), with its layers."""

    def __init__(self, channels: int, width: int = 16) -> None:
        super().__init__()
        widths = (channels, width, 2 * width, 4 * width)
        self.layers = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, 2, 1)) for a, b in pairwise(widths))
        self.last = spectral_norm(nn.Conv2d(widths[-1], 1, 1))

    def features(self, pictures: Tensor) -> list[Tensor]:
        """The output (B, F, h, w) of every layer."""
        found = []
        x = pictures
        for layer in self.layers:
            x = leaky_relu(layer(x), SLOPE)
            found.append(x)
        return found

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.last(self.features(pictures)[-1])
        return logits[:, 0]


class Segmenter(nn.Module):
    """Where a picture was damaged, from it and its repair: 2 x (B, C, H, W) -> logits (B, H, W)."""

    def __init__(self, channels: int, width: int = 16) -> None:
        super().__init__()
        self.first = _block(3 * channels, width)
        self.deep = nn.Sequential(_block(width, 2 * width, 2), _block(2 * width, 2 * width))
        self.joined = _block(3 * width, width)
        self.last = nn.Conv2d(width, 1, 1)

    def forward(self, pictures: Tensor, repaired: Tensor) -> Tensor:
        x = self.first(torch.cat([pictures, repaired, (pictures - repaired).abs()], 1))
        deep = interpolate(self.deep(x), x.shape[2:], mode="bilinear", align_corners=False)
        logits: Tensor = self.last(self.joined(torch.cat([x, deep], 1)))
        return logits[:, 0]
