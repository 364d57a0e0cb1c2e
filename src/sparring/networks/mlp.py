"""Multi-layer perceptrons, the simplest networks, for points and for pictures as flat vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn

from sparring.networks.blocks import ClassHead, ClassLatent
from sparring.networks.network import Network


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to samples (B, *shape) through ReLU layers.

    Args:
        shape: shape of one sample.
        latent_dim: numbers in a latent vector.
        hidden: units of each hidden layer.
        classes: number of classes; 0: without labels.
        head: makes its last layer: ``nn.Tanh`` for data in [-1, 1], ``nn.Identity`` for any data.
        norm: BatchNorm before each ReLU.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        latent_dim: int = 100,
        hidden: Sequence[int] = (256,),
        classes: int = 0,
        head: Callable[[], nn.Module] = nn.Tanh,
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.condition = ClassLatent(classes)
        layers: list[nn.Module] = []
        widths = [latent_dim + classes, *hidden]
        for wide_in, wide_out in pairwise(widths):
            layers.append(nn.Linear(wide_in, wide_out))
            if norm:
                layers.append(nn.BatchNorm1d(wide_out))
            layers.append(nn.ReLU())
        layers.append(nn.Linear(widths[-1], math.prod(shape)))
        self.layers = nn.Sequential(*layers, nn.Unflatten(1, tuple(shape)), head())

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        samples: Tensor = self.layers(self.condition(latents, labels))
        return samples


class Discriminator(nn.Module):
    """Maps samples (B, *shape) to logits (B,) through LeakyReLU(0.2) layers.

    Args:
        shape: shape of one sample.
        hidden: units of each hidden layer.
        classes: number of classes; 0: without labels.
        norm: BatchNorm before each LeakyReLU except the first.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        hidden: Sequence[int] = (256,),
        classes: int = 0,
        norm: bool = False,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        widths = [math.prod(shape), *hidden]
        for depth, (wide_in, wide_out) in enumerate(pairwise(widths)):
            layers.append(nn.Linear(wide_in, wide_out))
            if norm and depth:
                layers.append(nn.BatchNorm1d(wide_out))
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers)
        self.head = ClassHead(widths[-1], classes)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.layers(samples), labels)
        return logits


NETWORK = Network(
    generator=lambda o: Generator(
        shape=o.shape,
        latent_dim=o.latent_dim,
        hidden=(o.width,) * o.depth,
        classes=o.classes,
        head=o.head,
        norm=o.norm == "batch",
    ),
    discriminator=lambda o: Discriminator(
        shape=o.shape, hidden=(o.width,) * o.depth, classes=o.classes, norm=o.norm == "batch"
    ),
    axes="",
    g_norms=("none", "batch"),
    d_norms=("none", "batch", "spectral"),
)
