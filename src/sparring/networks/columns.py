"""Networks for rows of a table, (B, F): numbers as normal quantiles, then one-hot categories.

The generator draws each category from its logits with Gumbel noise of its own, so that also a level that
nothing else tells can come up as often as it should. The discriminator sees each number in steps too, so that
a border between two values, such as 0 and more, is a thing of one layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from sparring.data.table.codec import Columns
from sparring.networks.blocks import ClassHead, ClassLatent
from sparring.networks.network import Network, Options

SLOPE = 0.2  # of LeakyReLU
STEPS = 10  # equally likely parts of a number's range, at whose borders the discriminator sees a step
SOFT = 0.15  # the width of a step, in deviations


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to rows (B, F), as ``head`` makes them of numbers and logits.

    Args:
        shape: (F,).
        numbers: the numbers of a row that come first; logits follow.
        head: makes the last layer.
        latent_dim: numbers in a latent vector. If it is at least as long as a row, its last ones are also the
            noise of the logits, turned from N(0, 1) into Gumbel's distribution; else the logits have no noise.
        width: units of a layer.
        depth: residual blocks.
        classes: number of classes; 0: without labels.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        numbers: int,
        head: Callable[[], nn.Module],
        latent_dim: int,
        width: int = 128,
        depth: int = 2,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.numbers, self.symbols = numbers, shape[0] - numbers
        self.condition = ClassLatent(classes)
        self.noisy = latent_dim >= shape[0]
        self.first = nn.Linear(latent_dim + classes, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.logits = nn.Linear(width, shape[0])
        self.head = head()

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        features = self.first(self.condition(latents, labels))
        for block in self.blocks:
            features = block(features)
        logits = self.logits(leaky_relu(features, SLOPE))
        if self.noisy and self.symbols:
            noise = gumbel(latents[:, -self.symbols :])
            logits = torch.cat([logits[:, : self.numbers], logits[:, self.numbers :] + noise], 1)
        rows: Tensor = self.head(logits)
        return rows


class Discriminator(nn.Module):
    """Maps rows (B, F) to logits (B,).

    Args:
        shape: (F,).
        numbers: the numbers of a row, which come first.
        width: units of a layer.
        depth: hidden layers.
        classes: number of classes; 0: without labels.
    """

    def __init__(
        self, *, shape: Sequence[int], numbers: int, width: int = 128, depth: int = 2, classes: int = 0
    ) -> None:
        super().__init__()
        self.numbers = numbers
        borders = [NormalDist().inv_cdf(k / STEPS) for k in range(1, STEPS)]
        self.borders: Tensor
        self.register_buffer("borders", torch.tensor(borders), persistent=False)
        layers: list[nn.Module] = [nn.Linear(shape[0] + numbers * (STEPS - 1), width), nn.LeakyReLU(SLOPE)]
        for _ in range(depth - 1):
            layers += [nn.Linear(width, width), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers)
        self.head = ClassHead(width, classes)

    def forward(self, rows: Tensor, labels: Tensor | None = None) -> Tensor:
        steps = ((rows[:, : self.numbers, None] - self.borders) / SOFT).sigmoid() - 0.5
        logits: Tensor = self.head(self.layers(torch.cat([rows, steps.flatten(1)], 1)), labels)
        return logits


class Block(nn.Module):
    """x + f(x), (B, width), with two layers in f."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, features: Tensor) -> Tensor:
        inside = self.first(leaky_relu(features, SLOPE))
        residual: Tensor = self.last(leaky_relu(inside, SLOPE))
        return features + residual


def gumbel(latents: Tensor) -> Tensor:
    """Numbers from N(0, 1) as numbers from Gumbel's distribution: -log(-log Phi(z)).

    The level with the greatest sum of logit and noise is a draw from the softmax of the logits (Gumbel 1954;
    Jang et al. 2017, section 2.1).
    """
    return -torch.log(-torch.special.log_ndtr(latents))


def columns_of(options: Options) -> Columns:
    """The columns of the rows that a player sees."""
    assert options.codec is not None
    return Columns.of(options.codec)


NETWORK = Network(
    generator=lambda o: Generator(
        shape=o.shape,
        numbers=len(columns_of(o).numeric),
        head=o.head,
        latent_dim=o.latent_dim,
        width=o.width,
        depth=o.depth,
        classes=o.classes,
    ),
    discriminator=lambda o: Discriminator(
        shape=o.shape, numbers=len(columns_of(o).numeric), width=o.width, depth=o.depth, classes=o.classes
    ),
    axes="F",
    g_norms=("none",),
    d_norms=("none",),
)
