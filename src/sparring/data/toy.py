"""Two-dimensional toy data sets of known density: equal mixtures of round Gaussians."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec


@dataclass(frozen=True)
class Mixture:
    """An equal mixture of Gaussians N(means_k, sigma^2 I); ``means`` has shape (K, 2)."""

    means: Tensor
    sigma: float

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Draw points (count, 2)."""
        modes = torch.randint(len(self.means), (count,), generator=rng)
        return self.means[modes] + self.sigma * torch.randn(count, 2, generator=rng)

    def log_density(self, points: Tensor) -> Tensor:
        """The log density (B,) of points (B, 2), in nats."""
        squared = torch.cdist(points.double(), self.means.double()).square()
        log_normal = -squared / (2 * self.sigma**2) - math.log(2 * math.pi * self.sigma**2)
        return log_normal.logsumexp(1) - math.log(len(self.means))


def ring(modes: int = 8, radius: float = 1.0, sigma: float = 0.01) -> Mixture:
    """Gaussians on a circle (VEEGAN's and PacGAN's 2D-ring)."""
    angles = torch.arange(modes) * (2 * math.pi / modes)
    return Mixture(radius * torch.stack([angles.cos(), angles.sin()], 1), sigma)


def grid(side: int = 5, spacing: float = 2.0, sigma: float = 0.05) -> Mixture:
    """Gaussians on a square grid (VEEGAN's and PacGAN's 2D-grid)."""
    axis = spacing * (torch.arange(side) - (side - 1) / 2)
    return Mixture(torch.cartesian_prod(axis, axis), sigma)


def spirals(turns: float = 1.5, beads: int = 200, sigma: float = 0.05) -> Mixture:
    """Two spiral arms, each a string of Gaussian beads closer together than their width."""
    # Equal steps of arc length: the arc grows with the square of the angle.
    angles = (2 * math.pi * turns) * torch.linspace(0.02, 1, beads).sqrt()
    arm = torch.stack([angles * angles.cos(), angles * angles.sin()], 1) / (2 * math.pi * turns) * 2
    return Mixture(torch.cat([arm, -arm]), sigma)


MIXTURES = {"ring": ring, "grid": grid, "spirals": spirals}


def load(name: str, count: int = 100_000, seed: int = 0) -> Dataset:
    """A fixed draw of ``count`` points from a toy set named in MIXTURES."""
    points = MIXTURES[name]().sample(count, torch.Generator().manual_seed(seed))
    scale = float(points.abs().max())
    spec = Spec("points", (2,), Affine("float32", (0.0,), (scale,), bounded=False))
    return Dataset(name, spec, points)
