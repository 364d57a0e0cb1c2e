"""A U-Net that turns pictures into pictures, and a discriminator of patches.

Ronneberger et al. 2015, "U-Net"; Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial
Networks", section 3.2. Neither has a normalisation or dropout, so that both do the same in training and in use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pad

from sparring.networks.imagenet import SEEN_FROM, STRIDE, FeatureDiscriminator
from sparring.networks.network import Network
from sparring.networks.skips import doublings

SLOPE = 0.2  # of LeakyReLU below 0
MOST_HALVINGS = 3
SMALLEST = 4  # pixels a side, at the coarsest scale
MOST_WIDER = 8  # times the width at the finest scale
NEAR_ONE = 0.98  # of the range of the source that atanh sees, so that it stays finite


class UNet(nn.Module):
    """Maps pictures (B, given, H, W) to pictures (B, C, H, W), of any size.

    Args:
        shape: (C, H, W) of an output; the size sets only how often it is halved.
        given: channels of an input.
        width: channels at the finest scale; each coarser scale has double.
        head: makes the last layer; tanh for pictures.
        residual: add what the network finds to the input, so that it begins as a copy: before the tanh.

    Raises:
        ValueError: ``residual`` for outputs with other channels than the inputs.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        given: int,
        width: int = 24,
        head: Callable[[], nn.Module] = nn.Tanh,
        residual: bool = False,
    ) -> None:
        super().__init__()
        colours, *sides = shape
        if residual and given != colours:
            raise ValueError(f"a residual needs inputs with {colours} channels like the outputs, not {given}.")
        self.residual = residual
        self.halvings = max(1, min(MOST_HALVINGS, int(math.log2(max(2, min(sides) / SMALLEST)))))
        channels = [width * min(MOST_WIDER, 2**scale) for scale in range(self.halvings + 1)]
        self.first = nn.Conv2d(given, channels[0], 3, padding=1)
        self.shrinking = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(channels))
        self.bottom = nn.Conv2d(channels[-1], channels[-1], 3, padding=1)
        self.growing = nn.ModuleList(
            nn.Conv2d(coarse + fine, fine, 3, padding=1) for fine, coarse in reversed(list(pairwise(channels)))
        )
        self.last = nn.Conv2d(channels[0], colours, 3, padding=1)
        self.head = head()
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, SLOPE)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)
        nn.init.normal_(self.last.weight, std=0.02)

    def encode(self, given: Tensor) -> list[Tensor]:
        """Features (B, channels, H / 2^k, W / 2^k) of pictures, from the finest scale to the coarsest."""
        features = [leaky_relu(self.first(self._whole(given)), SLOPE)]
        for shrink in self.shrinking:
            features.append(leaky_relu(shrink(features[-1]), SLOPE))
        return features

    def forward(self, given: Tensor) -> Tensor:
        *finer, coarsest = self.encode(given)
        features = leaky_relu(self.bottom(coarsest), SLOPE)
        for grow, beside in zip(self.growing, reversed(finer), strict=True):
            larger = interpolate(features, scale_factor=2, mode="nearest")
            features = leaky_relu(grow(torch.cat([larger, beside], 1)), SLOPE)
        found: Tensor = self.last(features)[:, :, : given.shape[2], : given.shape[3]]
        if self.residual:
            found = found + torch.atanh(NEAR_ONE * given.clamp(-1, 1))
        output: Tensor = self.head(found)
        return output

    def _whole(self, given: Tensor) -> Tensor:
        """The pictures, enlarged by their edge at the right and below to a size that can be halved."""
        multiple = 2**self.halvings
        below, right = (-side % multiple for side in given.shape[2:])
        return pad(given, (0, right, 0, below), mode="replicate") if below or right else given


class Patches(nn.Module):
    """Maps pictures (B, C, H, W) to a logit for each of their patches, (B, H / 4, W / 4).

    Args:
        channels: of a picture, together with those of the source beside which it is judged, if any.
        width: channels at half the full size; a quarter of the size has double.
        features: the frozen features that a second discriminator sees, which is trained beside this one, of
            the picture without its source; "none" or "imagenet".
        halvings: how often pictures are halved before their features are seen.
    """

    def __init__(self, *, channels: int, width: int = 32, features: str = "none", halvings: int = 0) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 4, 2, 1),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(4 * width, 1, 3, padding=1),
        )
        self.second_discriminator = FeatureDiscriminator(halvings) if features == "imagenet" else None
        self.second_stride = STRIDE << halvings

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.layers(pictures).squeeze(1)
        return logits


NETWORK = Network(
    generator=lambda o: UNet(
        shape=o.shape, given=o.given, width=o.width, head=o.head, residual=o.given == o.shape[0]
    ),
    discriminator=lambda o: Patches(
        channels=o.shape[0] + o.given,
        width=o.width,
        features=o.features,
        halvings=doublings(min(o.shape[1:]), SEEN_FROM),
    ),
    axes="C H W",
    g_norms=("none",),
    d_norms=("none", "spectral"),
    given=True,
)
