"""Distances between two sets of feature vectors, in float64."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Gaussian(NamedTuple):
    """Mean (D,) and covariance (D, D) of a set of features."""

    mean: Tensor
    covariance: Tensor


def fit_gaussian(features: Tensor) -> Gaussian:
    """Mean and unbiased covariance of features (N, D).

    Raises:
        ValueError: fewer than two vectors, or values that are not finite.
    """
    if len(features) < 2 or not features.isfinite().all():
        raise ValueError(f"{len(features)} feature vectors: expected at least 2, all finite.")
    features = features.double()
    return Gaussian(features.mean(0), features.T.cov())


def frechet(a: Gaussian, b: Gaussian) -> float:
    """|m_a - m_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2) (Dowson & Landau 1982; Heusel et al. 2017).

    Raises:
        ValueError: the Gaussians hold values that are not finite.
    """
    root = _square_root(a.covariance.double())
    # tr (AB)^1/2 = the sum of the roots of the eigenvalues of the symmetric A^1/2 B A^1/2.
    eigenvalues = torch.linalg.eigvalsh(root @ b.covariance.double() @ root).clamp_min(0)
    shift = (a.mean.double() - b.mean.double()).square().sum()
    trace = a.covariance.double().trace() + b.covariance.double().trace() - 2 * eigenvalues.sqrt().sum()
    distance = float(shift + trace)
    if not math.isfinite(distance):
        raise ValueError("the distance is not finite: the Gaussians hold NaN or infinite values.")
    return max(0.0, distance)


def _square_root(symmetric: Tensor) -> Tensor:
    """The positive semi-definite square root of a covariance."""
    eigenvalues, vectors = torch.linalg.eigh(symmetric)
    root: Tensor = (vectors * eigenvalues.clamp_min(0).sqrt()) @ vectors.T
    return root
