"""Distances between two sets of feature vectors (N, D): Fréchet, kernel and sliced Wasserstein."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.errors import DataError

CHUNK = 1024  # vectors that are processed at once
STEP = 256  # columns of a triangular matrix that are processed at once


class Gaussian(NamedTuple):
    """Mean (D,) and covariance (D, D) of a set of features."""

    mean: Tensor
    covariance: Tensor


class Estimate(NamedTuple):
    """A number and the standard deviation that it would show over new samples."""

    value: float
    standard_error: float


def fit_gaussian(features: Tensor) -> Gaussian:
    """Mean and unbiased covariance of features (N, D), in float64.

    Raises:
        DataError: fewer than two vectors, or values that are not finite.
    """
    if len(features) < 2 or not features.isfinite().all():
        raise DataError(f"{len(features)} feature vectors: expected at least 2, all finite.")
    mean = features.mean(0, dtype=torch.float64)
    scatter = mean.new_zeros(len(mean), len(mean))
    for part in features.split(CHUNK):
        scatter += _gram(part.double() - mean)
    return Gaussian(mean, scatter / (len(features) - 1))


def standardised(features: Tensor, law: Gaussian) -> Tensor:
    """Features (N, D) minus the law's mean, divided by its standard deviation over all coordinates together.

    The kernel distance of two sets standardised like this does not change if both are shifted, rotated or
    scaled. All coordinates share one unit: otherwise, coordinates that hardly vary would decide the result.
    """
    unit = float(law.covariance.diagonal().mean().sqrt().to(features.dtype))
    return (features - law.mean.to(features)) / (unit or 1.0)


def _gram(x: Tensor) -> Tensor:
    """x' x; on the CPU by numpy, which makes use of the symmetry and halves the arithmetic."""
    if x.device.type != "cpu":
        return x.T @ x
    array = x.detach().numpy()
    return torch.from_numpy(array.T @ array)


def frechet(a: Gaussian, b: Gaussian) -> float:
    """|m_a - m_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2) (Dowson & Landau 1982; Heusel et al. 2017).

    Raises:
        ValueError: the Gaussians hold values that are not finite.
    """
    mean_a, cov_a, mean_b, cov_b = (part.double() for part in (*a, *b))
    shift = (mean_a - mean_b).square().sum()
    if not all(part.isfinite().all() for part in (shift, cov_a, cov_b)):
        raise ValueError("the distance is not finite: the Gaussians hold NaN or infinite values.")
    # With A = L L', A^1/2 B A^1/2 and the symmetric L' B L have the eigenvalues of AB.
    eigenvalues = torch.linalg.eigvalsh(_sandwich(_lower_factor(cov_a), cov_b)).clamp_min(0)
    trace = cov_a.trace() + cov_b.trace() - 2 * eigenvalues.sqrt().sum()
    return max(0.0, float(shift + trace))


def _lower_factor(covariance: Tensor) -> Tensor:
    """A lower triangular L with L L' = covariance, also for a singular covariance."""
    lower: Tensor
    lower, failed = torch.linalg.cholesky_ex(covariance)
    if failed:
        eigenvalues, vectors = torch.linalg.eigh(covariance)
        lower = torch.linalg.qr((vectors * eigenvalues.clamp_min(0).sqrt()).T).R.T
    return lower


def _sandwich(lower: Tensor, middle: Tensor) -> Tensor:
    """The lower triangle of L' M L, in a third of the arithmetic, since L is zero above its diagonal."""
    product = torch.zeros_like(middle)
    for start in range(0, len(middle), STEP):
        columns = slice(start, start + STEP)
        product[start:, columns] = lower[start:, start:].T @ (middle[start:, start:] @ lower[start:, columns])
    return product


def frechet_floor(covariance: Tensor, n1: float, n2: float = math.inf) -> float:
    """The Fréchet distance to expect between n1 and n2 samples of one Gaussian law: a perfect score.

    With the eigenvalues l of the covariance, the errors of the means add (1/n1 + 1/n2) sum l. The errors of
    the covariances add, to second order (the Bures metric and Wishart's variances),
    (1/(n1 - 1) + 1/(n2 - 1)) / 2 sum_ij (1 + d_ij) l_i l_j / (l_i + l_j). In simulations this is right
    within a few percent for n >= D, and too high for n < D. An infinite n means that the law is known.

    Raises:
        ValueError: fewer than two samples.
    """
    if min(n1, n2) < 2:
        raise ValueError(f"{min(n1, n2)} samples: expected at least 2 of each.")
    l = torch.linalg.eigvalsh(covariance.double()).clamp_min(0)  # noqa: E741
    pairs = l * l[:, None] / (l + l[:, None]).clamp_min(torch.finfo(l.dtype).tiny)
    covariance_error = 0.5 * (pairs.sum() + pairs.trace())
    return float((1 / n1 + 1 / n2) * l.sum() + (1 / (n1 - 1) + 1 / (n2 - 1)) * covariance_error)


def kernel_distance(
    a: Tensor, b: Tensor, generator: torch.Generator, subsets: int = 100, subset_size: int = 1000
) -> Estimate:
    """KID: the unbiased squared MMD of a (N, D), b (M, D) in the kernel (x.y / D + 1)^3.

    It is the mean over random subsets (Bińkowski et al. 2018, section 4) and unbiased for all sizes, so that
    two sets of the same distribution may score below 0. The subsets overlap, so their spread alone would be
    too small an error: the standard error includes the variance of the finite sets, which is an upper bound
    for two sets of one law. Products are computed in the features' own precision.

    Args:
        generator: draws the subsets, on the CPU.
        subset_size: vectors of each subset; at most half of the smaller set.

    Raises:
        ValueError: sets of different widths, of fewer than four vectors or not finite; fewer than two subsets.
    """
    check_features(a, b, least=4)
    if subsets < 2 or subset_size < 2:
        raise ValueError(f"{subsets} subsets of {subset_size}: expected at least 2 subsets of at least 2.")
    smaller = min(len(a), len(b))
    size = min(subset_size, smaller // 2)
    draws = []
    for _ in range(subsets):
        x, y = (part[torch.randperm(len(part), generator=generator)[:size]] for part in (a, b))
        draws.append(_squared_mmd(x, y))
    values = torch.tensor(draws, dtype=torch.float64)
    # A subset's variance about the whole set is s^2 (1/size - 1/smaller), the whole set's s^2 / smaller.
    variance = values.var() * (1 / subsets + size / (smaller - size))
    return Estimate(float(values.mean()), float(variance.sqrt()))


def _squared_mmd(x: Tensor, y: Tensor) -> float:
    """The unbiased squared MMD of equally many x and y (N, D), without pairs of a vector with itself."""
    count, width = x.shape
    xx, yy, xy = ((left @ right.T / width + 1).pow(3) for left, right in ((x, x), (y, y), (x, y)))
    within = sum(float(k.sum(dtype=torch.float64) - k.diag().sum(dtype=torch.float64)) for k in (xx, yy))
    return within / (count * (count - 1)) - 2 * float(xy.mean(dtype=torch.float64))


def mind(a: Tensor, b: Tensor, generator: torch.Generator, projections: int = 1000) -> float:
    """MIND: 3 D times the mean over directions of W_2^2 of the projections of a (N, D) and b (M, D).

    It is the sliced squared Wasserstein distance with the factor of Berthet et al. 2026 ("Monge Inception
    Distance"). A shift by a vector m gives 3 |m|^2. Two details differ from the paper and do not change the
    expected value: the directions are drawn in orthogonal groups of up to D, which lowers the variance, and
    sets of unequal sizes are compared completely, by the exact integral over their quantile functions.

    Args:
        generator: draws the directions, on the CPU.

    Raises:
        ValueError: sets of different widths, without vectors or not finite; fewer than one projection.
    """
    check_features(a, b)
    if projections < 1:
        raise ValueError(f"{projections} projections: expected at least 1.")
    width = a.shape[1]
    centre = b.mean(0, dtype=torch.float64)
    shares, of_a, of_b = _common_quantiles(len(a), len(b))
    total = 0.0
    for start in range(0, projections, width):
        group = min(width, projections - start)
        normal = torch.randn(width, group, generator=generator, dtype=torch.float64)
        for directions in torch.linalg.qr(normal).Q.to(a.device).split(64, dim=1):
            in_order = (_project(part, centre, directions).sort(0).values for part in (a, b))
            ordered_a, ordered_b = in_order
            gaps = ordered_a[of_a.to(a.device)] - ordered_b[of_b.to(a.device)]  # (levels, directions)
            total += float((shares.to(a.device) @ gaps.square()).sum())
    return 3 * width * total / projections


def _project(features: Tensor, centre: Tensor, directions: Tensor) -> Tensor:
    return torch.cat([(part.double() - centre) @ directions for part in features.split(CHUNK)])


def _common_quantiles(n: int, m: int) -> tuple[Tensor, Tensor, Tensor]:
    """The intervals on which the quantile functions of n and m values are constant.

    Returns the length of each interval (K,) and the index of the constant value in each set (K,), (K,).
    """
    ends = torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]).unique()  # in units of 1/(n m)
    shares = ends.diff(prepend=ends.new_zeros(1)).double() / (n * m)
    return shares, (ends - 1) // m, (ends - 1) // n


def check_features(a: Tensor, b: Tensor, least: int = 1) -> None:
    """Check that two sets of features (N, D), (M, D) are finite and have at least ``least`` vectors each.

    Raises:
        DataError: they do not fit together, are too few or are not finite.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < least:
        raise DataError(
            f"features {tuple(a.shape)} and {tuple(b.shape)}: expected (N, D) and (M, D), at least {least} "
            "vectors each. Use the same feature network for both, and enough samples."
        )
    if not all(torch.linalg.vector_norm(part.float()).isfinite() for part in (a, b)):
        raise DataError("the features are not finite, or their squares are not: rescale the samples.")
