"""A Gaussian whose covariance is shrunk, so that it can be inverted with fewer samples than dimensions."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

TINY = 1e-12  # added to the variances, in units of their mean


class Gaussian(NamedTuple):
    """A mean (D,) and a precision, the inverse of the covariance, (D, D)."""

    mean: Tensor
    precision: Tensor

    @staticmethod
    def fit(vectors: Tensor) -> Gaussian:
        """Fit to vectors (N, D) with the shrinkage of Ledoit & Wolf 2004."""
        covariance, _ = ledoit_wolf(vectors)
        mean = vectors.double().mean(0)
        floor = TINY * max(float(covariance.diagonal().mean()), TINY)
        precision = torch.linalg.inv(covariance + floor * torch.eye(len(mean), dtype=torch.float64))
        return Gaussian(mean.float(), precision.float())

    def toward(self, vectors: Tensor) -> Tensor:
        """The gradient (N, D) of half the squared distance of vectors (N, D)."""
        return (vectors - self.mean) @ self.precision

    def squared(self, vectors: Tensor) -> Tensor:
        """The squared Mahalanobis distance (N,) of vectors (N, D)."""
        return ((vectors - self.mean) * self.toward(vectors)).sum(1)


def ledoit_wolf(vectors: Tensor) -> tuple[Tensor, float]:
    """The covariance (D, D) of vectors (N, D), shrunk toward a multiple of the identity, and by how much.

    The share minimises the expected squared error (Ledoit & Wolf 2004, "A well-conditioned estimator for
    large-dimensional covariance matrices").
    """
    centred = vectors.double() - vectors.double().mean(0)
    n, d = centred.shape
    sample = centred.T @ centred / n
    scale = sample.diagonal().mean()
    spread = (sample.square().sum() - d * scale.square()).clamp(min=0)
    noise = (centred.square().sum(1).square().mean() - sample.square().sum()) / n
    share = float((noise / spread).clamp(0, 1)) if spread > 0 else 1.0
    return (1 - share) * sample + share * scale * torch.eye(d, dtype=torch.float64), share
