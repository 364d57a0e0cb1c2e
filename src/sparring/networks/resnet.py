"""Residual networks after SNGAN and the projection discriminator; sizes follow the shape of the data.

Miyato et al. 2018 (spectral normalisation, appendix B.4) and Miyato & Koyama 2018 (projection).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from sparring.networks.blocks import ClassHead, ClassLatent, ConditionalBatchNorm
from sparring.networks.dcgan import channels_by_scale, scales
from sparring.networks.network import Network

SMALLEST = 4  # pixels of the shorter side at the coarsest scale: 28 -> 14 -> 7, 32 -> 16 -> 8 -> 4


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to pictures (B, C, H, W) in [-1, 1].

    Args:
        shape: (C, H, W) of one picture.
        latent_dim: numbers in a latent vector.
        width: channels at full size; each coarser scale has twice as many, up to eight times.
        classes: number of classes; 0: without labels.
        norm: BatchNorm before each ReLU.
        conditional_norm: the class sets BatchNorm's scale and shift; it is not appended to the latent.

    Raises:
        ValueError: ``conditional_norm`` without classes, or the pictures are smaller than 8 x 8.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        latent_dim: int = 128,
        width: int = 32,
        classes: int = 0,
        norm: bool = True,
        conditional_norm: bool = False,
    ) -> None:
        super().__init__()
        if conditional_norm and not classes:
            raise ValueError("conditional BatchNorm needs classes. Use plain BatchNorm: norm=True.")
        colours, self.height, self.width = shape
        halvings = scales(self.height, self.width, SMALLEST)
        channels = channels_by_scale(width, halvings + 1)[::-1]
        low = [math.ceil(side / 2**halvings) for side in (self.height, self.width)]
        self.condition = ClassLatent(0 if conditional_norm else classes)
        inputs = latent_dim + self.condition.classes
        self.first = nn.Sequential(
            _glorot(nn.Linear(inputs, channels[0] * math.prod(low))), nn.Unflatten(1, (channels[0], *low))
        )
        normalise = partial(_Norm, norm=norm, classes=classes if conditional_norm else 0)
        self.blocks = nn.ModuleList(_UpBlock(coarse, fine, normalise) for coarse, fine in pairwise(channels))
        self.norm = normalise(channels[-1])
        self.last = nn.Sequential(nn.ReLU(), _glorot(nn.Conv2d(channels[-1], colours, 3, 1, 1)), nn.Tanh())

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        features = self.first(self.condition(latents, labels))
        for block in self.blocks:
            features = block(features, labels)
        pictures: Tensor = self.last(self.norm(features, labels))
        return pictures[:, :, : self.height, : self.width]


class Discriminator(nn.Module):
    """Maps pictures (B, C, H, W) to logits (B,): residual blocks, ReLU, sum over places, ClassHead.

    Args:
        shape: (C, H, W) of one picture.
        width: channels at half size; each coarser scale has twice as many, up to eight times.
        classes: number of classes; 0: without labels.

    Raises:
        ValueError: the pictures are smaller than 8 x 8.
    """

    def __init__(self, *, shape: Sequence[int], width: int = 32, classes: int = 0) -> None:
        super().__init__()
        colours, height, broad = shape
        channels = channels_by_scale(width, scales(height, broad, SMALLEST))
        blocks: list[nn.Module] = [_DownBlock(colours, channels[0], first=True)]
        blocks += [_DownBlock(a, b) for a, b in pairwise(channels)]
        blocks.append(_DownBlock(channels[-1], channels[-1], halve=False))
        self.blocks = nn.Sequential(*blocks, nn.ReLU())
        self.head = ClassHead(channels[-1], classes)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        features = self.blocks(samples).sum((2, 3))
        logits: Tensor = self.head(features, labels)
        return logits


class _Norm(nn.Module):
    """BatchNorm, conditional BatchNorm or no normalisation: (B, C, H, W), (B,) -> (B, C, H, W)."""

    def __init__(self, channels: int, *, norm: bool, classes: int) -> None:
        super().__init__()
        self.by_class = ConditionalBatchNorm(channels, classes) if classes else None
        self.plain: nn.Module = nn.BatchNorm2d(channels) if norm and not classes else nn.Identity()

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        normed: Tensor = self.by_class(features, labels) if self.by_class else self.plain(features)
        return normed


class _UpBlock(nn.Module):
    """norm, ReLU, double, 3 x 3, norm, ReLU, 3 x 3; the shortcut is double, 1 x 1."""

    def __init__(self, coarse: int, fine: int, normalise: partial[_Norm]) -> None:
        super().__init__()
        self.norm1, self.norm2 = normalise(coarse), normalise(fine)
        self.conv1 = _glorot(nn.Conv2d(coarse, fine, 3, 1, 1), math.sqrt(2))
        self.conv2 = _glorot(nn.Conv2d(fine, fine, 3, 1, 1), math.sqrt(2))
        self.shortcut = _glorot(nn.Conv2d(coarse, fine, 1))

    def forward(self, features: Tensor, labels: Tensor | None) -> Tensor:
        hidden = self.conv1(_double(self.norm1(features, labels).relu()))
        residual: Tensor = self.conv2(self.norm2(hidden, labels).relu())
        # A 1 x 1 convolution and the doubling can be exchanged; in this order it is four times cheaper.
        return residual + _double(self.shortcut(features))


class _DownBlock(nn.Module):
    """ReLU, 3 x 3, ReLU, 3 x 3, halve; the shortcut is 1 x 1, halve. The first block starts without ReLU."""

    def __init__(self, fine: int, coarse: int, *, first: bool = False, halve: bool = True) -> None:
        super().__init__()
        self.first, self.halve = first, halve
        hidden = coarse if first else fine
        self.conv1 = _glorot(nn.Conv2d(fine, hidden, 3, 1, 1), math.sqrt(2))
        self.conv2 = _glorot(nn.Conv2d(hidden, coarse, 3, 1, 1), math.sqrt(2))
        self.shortcut = _glorot(nn.Conv2d(fine, coarse, 1)) if halve or fine != coarse else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        hidden = self.conv1(features if self.first else features.relu()).relu()
        residual: Tensor = self.conv2(hidden)
        if self.halve:
            # The 1 x 1 convolution and the mean of 2 x 2 places can be exchanged, too.
            residual, features = avg_pool2d(residual, 2), avg_pool2d(features, 2)
        shortcut: Tensor = self.shortcut(features)
        return residual + shortcut


def _double(features: Tensor) -> Tensor:
    """Repeat each place 2 x 2 times: (B, C, H, W) -> (B, C, 2 H, 2 W)."""
    doubled: Tensor = interpolate(features, scale_factor=2.0, mode="nearest")
    return doubled


def _glorot(layer: nn.Linear | nn.Conv2d, gain: float = 1.0) -> nn.Module:
    """Draw the weights of a layer by Glorot & Bengio's uniform method and set its bias to 0."""
    nn.init.xavier_uniform_(layer.weight, gain)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


NETWORK = Network(
    generator=lambda o: Generator(
        shape=o.shape,
        latent_dim=o.latent_dim,
        width=o.width,
        classes=o.classes,
        norm=o.norm != "none",
        conditional_norm=o.norm == "conditional-batch",
    ),
    discriminator=lambda o: Discriminator(shape=o.shape, width=o.width, classes=o.classes),
    axes="C H W",
    g_norms=("none", "batch", "conditional-batch"),
    d_norms=("none", "spectral"),
)
