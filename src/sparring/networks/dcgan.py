"""Convolutional networks after DCGAN (Radford et al. 2015), with sizes that follow the shape of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor, nn

from sparring.networks.blocks import ClassHead, ClassLatent, MinibatchDeviation, UpsampleConv2d
from sparring.networks.network import Network

# Pixels of the shorter side at the coarsest scale. The last features of a discriminator must see the
# whole picture: with 7 x 7 places that each see a part, shapes that are not digits pass as digits.
G_SMALLEST = 4  # 28 <- 14 <- 7, 32 <- 16 <- 8 <- 4
D_SMALLEST = 3  # 28 -> 14 -> 7 -> 3, 32 -> 16 -> 8 -> 4
MOST_CHANNELS = 8  # times the width, at most


def scales(height: int, width: int, smallest: int) -> int:
    """How often a picture can be halved before its shorter side is below ``smallest``.

    Raises:
        ValueError: the picture is too small to be halved once.
    """
    halvings = int(math.log2(min(height, width) / smallest)) if min(height, width) else 0
    if halvings < 1:
        raise ValueError(
            f"pictures of {height} x {width} pixels are too small for convolutional networks, "
            f"which need {2 * G_SMALLEST} x {2 * G_SMALLEST}. Use the mlp networks."
        )
    return halvings


def channels_by_scale(width: int, halvings: int) -> list[int]:
    """Channels from the finest hidden scale to the coarsest: width, 2 width, 4 width …"""
    return [width * min(2**scale, MOST_CHANNELS) for scale in range(halvings)]


UPSAMPLINGS: dict[str, Callable[..., nn.Module]] = {
    "transposed": partial(nn.ConvTranspose2d, kernel_size=4, stride=2, padding=1),
    "nearest": UpsampleConv2d,
}


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to pictures (B, C, H, W) in [-1, 1].

    Args:
        shape: (C, H, W) of one picture.
        latent_dim: numbers in a latent vector.
        width: channels at the finest hidden scale; each coarser scale has twice as many.
        classes: number of classes; 0: without labels.
        norm: BatchNorm before each ReLU.
        upsampling: how pictures grow: "transposed" convolutions, as Radford et al. have them, or "nearest"
            enlargement and convolutions, which leave no weave of dots.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        latent_dim: int = 100,
        width: int = 64,
        classes: int = 0,
        norm: bool = True,
        upsampling: str = "transposed",
    ) -> None:
        super().__init__()
        colours, self.height, self.width = shape
        halvings = scales(self.height, self.width, G_SMALLEST)
        channels = channels_by_scale(width, halvings)[::-1]
        low = [math.ceil(side / 2**halvings) for side in (self.height, self.width)]
        self.condition = ClassLatent(classes)
        layers: list[nn.Module] = [
            nn.Linear(latent_dim + classes, channels[0] * low[0] * low[1], bias=not norm),
            nn.Unflatten(1, (channels[0], *low)),
        ]
        for depth, (coarse, fine) in enumerate(zip(channels, [*channels[1:], colours], strict=True), 1):
            if norm:
                layers.append(nn.BatchNorm2d(coarse))
            bias = depth == halvings or not norm  # BatchNorm would remove a bias
            layers += [nn.ReLU(), UPSAMPLINGS[upsampling](coarse, fine, bias=bias)]
        self.layers = nn.Sequential(*layers, nn.Tanh())
        if norm:
            self.apply(dcgan_init)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        pictures: Tensor = self.layers(self.condition(latents, labels))
        return pictures[:, :, : self.height, : self.width]


class Discriminator(nn.Module):
    """Maps pictures (B, C, H, W) to logits (B,).

    Args:
        shape: (C, H, W) of one picture.
        width: channels at the finest hidden scale; each coarser scale has twice as many.
        hidden: units of a fully connected layer before the logit, which sees the whole picture; 0: the
            features of the convolutions give the logit directly.
        deviation: add a channel that shows how much the samples of a batch differ.
        classes: number of classes; 0: without labels.
        norm: BatchNorm before each LeakyReLU except the first.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        width: int = 64,
        hidden: int = 0,
        deviation: bool = False,
        classes: int = 0,
        norm: bool = False,
    ) -> None:
        super().__init__()
        colours, height, broad = shape
        channels = channels_by_scale(width, scales(height, broad, D_SMALLEST))
        layers: list[nn.Module] = []
        for fine, coarse in zip([colours, *channels[:-1]], channels, strict=True):
            normed = norm and bool(layers)
            layers.append(nn.Conv2d(fine, coarse, 4, 2, 1, bias=not normed))
            if normed:
                layers.append(nn.BatchNorm2d(coarse))
            layers.append(nn.LeakyReLU(0.2))
        if deviation:
            layers.append(MinibatchDeviation())
        layers.append(nn.Flatten())
        places = (height >> len(channels)) * (broad >> len(channels))
        features = (channels[-1] + deviation) * places
        if hidden:
            layers += [nn.Linear(features, hidden), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)
        self.head = ClassHead(hidden or features, classes)
        if norm:
            self.apply(dcgan_init)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.layers(samples), labels)
        return logits


def dcgan_init(module: nn.Module) -> None:
    """Draw convolutions from N(0, 0.02), BatchNorm's scale from N(1, 0.02) (Radford et al. 2015, sec. 4).

    Only for networks with BatchNorm: without it, such small weights would pass almost no signal.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


NETWORK = Network(
    generator=lambda o: Generator(
        shape=o.shape,
        latent_dim=o.latent_dim,
        width=o.width,
        classes=o.classes,
        norm=o.norm == "batch",
        upsampling=o.upsampling,
    ),
    discriminator=lambda o: Discriminator(
        shape=o.shape,
        width=o.width,
        hidden=o.hidden,
        deviation=o.deviation,
        classes=o.classes,
        norm=o.norm == "batch",
    ),
    axes="C H W",
    g_norms=("none", "batch"),
    d_norms=("none", "batch", "spectral"),
)
