"""Convolutional networks whose every scale has its say: the generator's picture, the discriminator's logit.

Both are sums over scales (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN",
section 4.1 and figure 7; Isola et al. 2017, "Image-to-Image Translation", section 3.2.2, for logits of
patches). Coarse scales learn first, and no scale waits for the finer ones, so few samples go a long way.

The finest scales cost the most, so they may come in late (Karras et al. 2018, "Progressive Growing of GANs").
Pictures keep their size meanwhile: the generator repeats the pixels of what it has, and both discriminators
shrink pictures, real ones too, to just that. So neither asks for detail that cannot be drawn yet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, relu

from sparring.networks.blocks import (
    ClassHead,
    ClassLatent,
    LatentNoise,
    ModulatedBatchNorm,
    UpsampleConv2d,
    half_size,
)
from sparring.networks.dcgan import D_SMALLEST, G_SMALLEST, channels_by_scale, dcgan_init, scales
from sparring.networks.imagenet import SEEN_FROM, STRIDE, FeatureDiscriminator
from sparring.networks.network import Network

GROWN_FROM = 32  # pixels of the shorter side, at least, with which a training begins
LEAK = 0.01  # of the last layer of a generator


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to pictures (B, C, H, W), white at 1 and black at -1, or a little beyond.

    Each scale adds its picture to that of the coarser scales, enlarged bilinearly, before a leaky tanh. Pixels
    are repeated for scales that wait, so that the mean of four is what was drawn. The latent also scales and
    shifts the features of each scale, and gives them noise, but for single pixels of small pictures. Latents
    are first made ``latent_percent`` as long.

    Args:
        shape: (C, H, W) of one picture.
        latent_dim: numbers in a latent vector.
        width: channels at half the full size, of which the full size has half and each coarser scale double.
        classes: number of classes; 0: without labels.
        grow: share of the training until the finest scale comes in, see ``Growth``.
    """

    latent_percent: Tensor

    def __init__(
        self,
        *,
        shape: Sequence[int],
        latent_dim: int = 64,
        width: int = 24,
        classes: int = 0,
        grow: float = 0.0,
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
        self.norm = nn.BatchNorm2d(channels[0])
        self.norms = nn.ModuleList(ModulatedBatchNorm(count, latent_dim + classes) for count in channels[1:])
        # Features see small pictures enlarged, and ask for ever more noise of single pixels ("pixel-noise" in
        # docs/benchmarks.md). Those of 64 pixels and more they see as they are, and the noise gives them grain.
        noisy = channels[1:] if doublings(min(self.height, self.width)) else channels[1:-1]
        self.noises = nn.ModuleList(
            LatentNoise(count, latent_dim, (low[0] << scale, low[1] << scale), seed=scale)
            for scale, count in enumerate(noisy, start=1)
        )
        self.growing = nn.ModuleList(UpsampleConv2d(a, b, bias=False) for a, b in pairwise(channels))
        self.pictures = nn.ModuleList(nn.Conv2d(count, colours, 1) for count in channels[:-1])
        self.pictures.append(nn.Conv2d(channels[-1], colours, 3, padding=1))
        self.apply(dcgan_init)
        silence(self.pictures[1:])  # a scale that has not learnt adds nothing
        self.growth = Growth(min(self.height, self.width), grow)
        # A whole number, since a weight average copies these: its own lasts until the next step.
        self.register_buffer("latent_percent", torch.tensor(100))

    def grow_to(self, progress: float) -> float:
        """Leave out the scales that wait at this share of the training; return the size relative to full."""
        return self.growth.grow_to(progress)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        latents = latents * (self.latent_percent / 100)
        known = self.condition(latents, labels)
        features = relu(self.norm(self.coarsest(known)))
        picture: Tensor = self.pictures[0](features)
        present = len(self.growing) - self.growth.left_out
        for scale, (grow, norm) in enumerate(zip(self.growing, self.norms, strict=True)):
            picture = interpolate(picture, scale_factor=2, mode="bilinear" if scale < present else "nearest")
            if scale < present:
                features = norm(grow(features), known)
                if scale < len(self.noises):
                    features = self.noises[scale](features, latents)
                features = relu(features)
                picture = picture + self.pictures[scale + 1](features)
        return leaky_tanh(picture)[:, :, : self.height, : self.width]


class Discriminator(nn.Module):
    """Maps pictures (B, C, H, W) to logits (B,).

    The logit of the whole picture, plus the mean logit of the patches that each finer scale sees. A scale at
    which pictures entered before they grew still sees them, beside the features of the finer scale.

    Args:
        shape: (C, H, W) of one picture.
        width: channels at half the full size, of which the full size has half and each coarser scale double.
        classes: number of classes; 0: without labels. Only the logit of the whole picture knows the class.
        grow: share of the training until the finest scale comes in, see ``Growth``.
        features: the frozen features that a second discriminator sees, which is trained beside this one,
            at 64 to 127 pixels of the shorter side, or enlarged to as many pixels as 64 x 64 has;
            "none" or "imagenet".
        feature_classes: number of classes that the second discriminator knows.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        width: int = 16,
        classes: int = 0,
        grow: float = 0.0,
        features: str = "none",
        feature_classes: int = 0,
    ) -> None:
        super().__init__()
        colours, height, broad = shape
        channels = [max(1, width // 2), *channels_by_scale(width, scales(height, broad, D_SMALLEST))]
        self.growth = Growth(min(height, broad), grow)
        entered = channels[: 1 + self.growth.most]
        self.views = nn.ModuleList(nn.Conv2d(colours, count, 3, padding=1) for count in entered)
        self.shrinking = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(channels))
        self.patches = nn.ModuleList(nn.Linear(count, 1) for count in channels[:-1])
        shrunk = len(self.shrinking)
        self.head = ClassHead(channels[-1] * (height >> shrunk) * (broad >> shrunk), classes)
        self.halvings = doublings(min(height, broad), SEEN_FROM)
        self.second_discriminator = (
            FeatureDiscriminator(self.halvings, feature_classes, SEEN_FROM) if features == "imagenet" else None
        )

    def grow_to(self, progress: float) -> float:
        """Leave out the scales that wait at this share of the training; return the size relative to full."""
        size = self.growth.grow_to(progress)
        if self.second_discriminator is not None:
            self.second_discriminator.halvings = max(self.halvings, self.growth.left_out)
        return size

    @property
    def second_stride(self) -> int:
        """Pixels between neighbours of the first features that the second discriminator sees, or more."""
        return STRIDE << (self.second_discriminator.halvings if self.second_discriminator else 0)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        first = self.growth.left_out
        seen = samples
        for _ in range(first):
            seen = half_size(seen)
        features = self.views[first](seen)
        of_patches = []
        for scale in range(first, len(self.shrinking)):
            features = leaky_relu(features, 0.2)
            # The mean of the patches' logits is the logit of their mean.
            of_patches.append(self.patches[scale](features.mean((2, 3))).squeeze(1))
            features = self.shrinking[scale](features)
            if scale + 1 < len(self.views):
                seen = half_size(seen)
                features = features + self.views[scale + 1](seen)
        logits: Tensor = self.head(leaky_relu(features, 0.2).flatten(1), labels) + sum(of_patches)
        return logits


def leaky_tanh(x: Tensor) -> Tensor:
    """tanh(x) + x / 100, whose slope never vanishes: a picture that has become all white can still learn."""
    return x.tanh() + LEAK * x


def silence(layers: nn.Module) -> None:
    """Set all weights to 0."""
    for weight in layers.parameters():
        nn.init.zeros_(weight)


def doublings(side: int, least: int = GROWN_FROM) -> int:
    """How often pictures with this shorter side, in pixels, double from ``least`` pixels or more."""
    return max(0, int(math.log2(side / least)))


class Growth(nn.Module):
    """Which of the finest scales wait at a time of a training. A scale that has come in stays for ever.

    Pictures begin with GROWN_FROM to 2 GROWN_FROM pixels, and double at equal distances until the share
    ``grow`` of the training. Smaller pictures do not grow.
    """

    fewest: Tensor

    def __init__(self, side: int, grow: float) -> None:
        super().__init__()
        self.grow, self.most = grow, doublings(side) if grow else 0
        self.left_out = 0  # nothing waits outside of a training
        self.register_buffer("fewest", torch.tensor(self.most))  # that ever waited: part of a checkpoint

    def grow_to(self, progress: float) -> float:
        """Set ``left_out``, the number of scales that wait at this share of a training; return 2^-left_out."""
        wait = self.most - int(progress / self.grow * self.most) if progress < self.grow else 0
        if wait or self.left_out:
            self.left_out = min(wait, int(self.fewest))
        self.fewest.fill_(self.left_out)
        return 0.5**self.left_out


NETWORK = Network(
    generator=lambda o: Generator(
        shape=o.shape, latent_dim=o.latent_dim, width=o.width, classes=o.classes, grow=o.grow
    ),
    discriminator=lambda o: Discriminator(
        shape=o.shape,
        width=o.width,
        classes=o.classes,
        grow=o.grow,
        features=o.features,
        feature_classes=o.feature_classes,
    ),
    axes="C H W",
    g_norms=("batch",),
    d_norms=("none", "spectral"),
)
