"""Networks for sequences of symbols, (B, T, V): convolutions over time, for text.

A generator makes all symbols at once, so its layers must agree on each symbol with its neighbours: residual
convolutions whose channels the latent switches. No normalisation; the initial weights replace it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from sparring.data.codec import OneHot
from sparring.networks.associations import AssociationDiscriminator
from sparring.networks.blocks import ClassHead, ClassLatent, MinibatchDeviation, Near
from sparring.networks.network import Network

LONGEST_START = 32  # steps from which a longer sequence is enlarged, by two at each block
SLOPE = 0.2  # of LeakyReLU

ROOT = math.sqrt(2 / (1 + SLOPE**2))  # keeps the variance of a signal through LeakyReLU (He et al. 2015)
Layer = TypeVar("Layer", bound=nn.Linear)


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to sequences of symbols (B, T, V), as ``head`` makes them of logits.

    Args:
        shape: (T, V), the steps and the symbols.
        latent_dim: numbers in a latent vector.
        width: channels.
        depth: residual blocks at full length.
        classes: number of classes; 0: without labels.
        head: makes the last layer, which takes logits (B, T, V).
        counts: how often each symbol occurs, so that the first samples have symbols as often; (): unknown.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        head: Callable[[], nn.Module],
        latent_dim: int = 64,
        width: int = 64,
        depth: int = 2,
        classes: int = 0,
        counts: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.steps, symbols = shape
        doublings = max(0, math.ceil(math.log2(self.steps / LONGEST_START)))
        self.start, self.width = math.ceil(self.steps / 2**doublings), width
        style = 4 * width
        self.condition = ClassLatent(classes)
        self.mapping = nn.Sequential(
            linear(latent_dim + classes, style), nn.LeakyReLU(SLOPE),
            linear(style, style), nn.LeakyReLU(SLOPE),
        )  # fmt: skip
        self.places = linear(style, self.start * width, 1.0)
        self.blocks = nn.ModuleList(Block(width, style) for _ in range(doublings + depth))
        self.doubled = doublings
        self.logits = linear(width, symbols, 1.0)
        if counts:
            shares = torch.tensor(counts).clamp_min(1).log()
            nn.init.zeros_(self.logits.bias).data += shares - shares.mean()
        self.head = head()

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        style = self.mapping(self.condition(latents, labels))  # (B, 4 C)
        features = self.places(style).unflatten(1, (self.start, self.width))
        for place, block in enumerate(self.blocks):
            if place < self.doubled:
                features = features.repeat_interleave(2, 1)
            features = block(features, style)
        symbols: Tensor = self.head(self.logits(leaky_relu(features[:, : self.steps], SLOPE)))
        return symbols


class Discriminator(nn.Module):
    """Maps sequences of symbols (B, T, V) to logits (B,).

    One logit for the whole, from all places at once and from how much the samples of a batch differ, plus the
    mean of a logit at each place, which sees a few neighbours alone.

    Args:
        shape: (T, V), the steps and the symbols.
        width: channels.
        depth: residual blocks.
        classes: number of classes; 0: without labels.
        associations: pairs of places of which a second discriminator, trained beside this one, is shown how
            well their symbols go together; ``look_at`` finds them in the training texts. 0: no second one.
    """

    second_stride = 1  # texts are not moved

    def __init__(
        self,
        *,
        shape: Sequence[int],
        width: int = 64,
        depth: int = 2,
        classes: int = 0,
        associations: int = 0,
    ) -> None:
        super().__init__()
        steps, symbols = shape
        self.embedding = linear(symbols, width, math.sqrt(symbols), bias=False)  # of one-hot inputs
        self.places = nn.Parameter(torch.zeros(steps, width))
        self.mixed = near(width, width, 1.0)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        halvings = max(0, math.ceil(math.log2(steps / LONGEST_START)))
        self.pool = nn.AvgPool1d(2**halvings, ceil_mode=True) if halvings else nn.Identity()
        self.whole = linear(width * math.ceil(steps / 2**halvings), 4 * width)
        self.deviation = MinibatchDeviation()
        self.head = ClassHead(4 * width + 1, classes)
        self.local = linear(width, 1, 1.0, bias=False)
        self.second_discriminator = (
            AssociationDiscriminator(shape, associations, classes) if associations else None
        )

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        features = self.mixed(self.embedding(samples) + self.places)
        for block in self.blocks:
            features = block(features)
        features = leaky_relu(features, SLOPE)  # (B, T, C)
        pooled = self.pool(features.transpose(1, 2)).flatten(1)
        whole = leaky_relu(self.whole(pooled), SLOPE)  # (B, 4 C)
        whole = self.deviation(whole[:, :, None, None]).flatten(1)
        logits: Tensor = self.head(whole, labels) + self.local(features).mean((1, 2))
        return logits

    def look_at(self, stored: Tensor) -> None:
        """Find associations in texts as they are stored, (N, T)."""
        if self.second_discriminator is not None:
            self.second_discriminator.associations.look_at(stored)


class Block(nn.Module):
    """x + f(x) over time, (B, T, C); f starts as zero, and its channels have gains of the style (B, S), if any.

    The gains are 1 + a linear function of the style (Karras et al. 2020, StyleGAN2, section 2.2, without the
    demodulation).
    """

    def __init__(self, channels: int, style: int = 0) -> None:
        super().__init__()
        self.first = near(channels, channels)
        self.last = near(channels, channels, 0.0 if style else 0.2)
        self.gains = linear(style, channels, 1.0) if style else None

    def forward(self, features: Tensor, style: Tensor | None = None) -> Tensor:
        inside = self.first(leaky_relu(features, SLOPE))
        if self.gains is not None:
            inside = inside * (1 + self.gains(style))[:, None]
        residual: Tensor = self.last(leaky_relu(inside, SLOPE))
        return features + residual


def linear(inputs: int, outputs: int, gain: float = ROOT, bias: bool = True) -> nn.Linear:
    """A linear layer with weights from N(0, gain^2 / inputs) and without bias at the start."""
    return started(nn.Linear(inputs, outputs, bias=bias), gain)


def near(inputs: int, outputs: int, gain: float = ROOT) -> Near:
    """A convolution over three neighbours, with weights from N(0, gain^2 / (3 inputs))."""
    return started(Near(inputs, outputs), gain)


def started(layer: Layer, gain: float) -> Layer:
    """The layer with weights from N(0, gain^2 / inputs) and a bias of 0."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.in_features))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


NETWORK = Network(
    generator=lambda o: Generator(
        shape=o.shape,
        head=o.head,
        latent_dim=o.latent_dim,
        width=o.width,
        depth=o.depth,
        classes=o.classes,
        counts=o.codec.counts if isinstance(o.codec, OneHot) else (),
    ),
    discriminator=lambda o: Discriminator(
        shape=o.shape, width=o.width, depth=o.depth, classes=o.classes, associations=o.associations
    ),
    axes="T V",
    g_norms=("none",),
    d_norms=("none",),
)
