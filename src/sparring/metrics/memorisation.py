"""Measure whether samples are copies of the training set, by comparison with held-out real samples."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sparring.data import kmeans
from sparring.metrics.neighbours import Neighbours, nearest

COPIES = -3.0  # C_T below which samples are nearer to the training data than held-out reals are
FEWEST = 20  # samples, and held-out vectors, that a cell needs to count


class Memorisation(NamedTuple):
    """Signs of copying. Compare ``authentic`` with ``authentic_held_out``.

    Attributes:
        copying: C_T. Below -3 the samples are copies. At about 0 they are as far from the training set as
            held-out vectors, and above 3 further (underfitted).
        nearest: the nearest training vector of each sample, (N, 1).
    """

    copying: float
    authentic: float
    authentic_held_out: float
    nearest: Neighbours


def memorisation(
    samples: Tensor,
    training: Tensor,
    held_out: Tensor,
    cells: int = 1,
    generator: torch.Generator | None = None,
) -> Memorisation:
    """Measure how much samples (N, D) copy ``training`` (M, D), compared with held-out reals (L, D).

    Args:
        cells: regions, by k-means of the training set. C_T is computed in each and averaged, so that another
            mixture of dense and sparse regions does not look like copying or underfitting.
        generator: draws the first centres of the cells, on the CPU; needed for two cells or more.

    Raises:
        ValueError: features that do not fit together, are not finite or are too few; cells without a
            generator.
    """
    near, near_held_out = nearest(samples, training), nearest(held_out, training)
    labels: tuple[Tensor, ...] = ()
    if cells > 1:
        if generator is None:
            raise ValueError(f"{cells} cells: expected a torch.Generator that draws their first centres.")
        centres = kmeans.centres(training, cells, generator)
        labels = tuple(nearest(features, centres).indices[:, 0] for features in (samples, held_out))
    return Memorisation(
        copying_score(near.distances[:, 0], near_held_out.distances[:, 0], *labels),
        authenticity(near, training),
        authenticity(near_held_out, training),
        near,
    )


def copying_score(
    distances: Tensor, held_out: Tensor, cells: Tensor | None = None, held_out_cells: Tensor | None = None
) -> float:
    """C_T of Meehan et al. 2020 ("A non-parametric test to detect data-copying").

    It is the Mann-Whitney score in standard deviations, negative if samples are nearer to the training set
    than held-out vectors. With cells it is the mean over the cells, weighted by their numbers of held-out
    vectors; cells with fewer than FEWEST samples or held-out vectors are ignored.

    Args:
        distances: of samples to their nearest training vectors, (N,).
        held_out: of held-out vectors, (M,).
        cells: the cell of each sample, (N,).
        held_out_cells: the cell of each held-out vector, (M,).

    Raises:
        ValueError: no distances, cells of one side only, or no cell with enough of both.
    """
    if (cells is None) != (held_out_cells is None):
        raise ValueError(
            "got the cells of one side only: expected those of the samples and of the held-out vectors."
        )
    if cells is None or held_out_cells is None:
        return mann_whitney(distances, held_out)
    total = weight = 0.0
    for cell in held_out_cells.unique():
        here, theirs = distances[cells == cell], held_out[held_out_cells == cell]
        if min(len(here), len(theirs)) >= FEWEST:
            total += len(theirs) * mann_whitney(here, theirs)
            weight += len(theirs)
    if not weight:
        raise ValueError(
            f"no cell has {FEWEST} of the {len(distances)} samples and {FEWEST} of the {len(held_out)} "
            "held-out vectors. Use fewer cells or more vectors."
        )
    return total / weight


def mann_whitney(a: Tensor, b: Tensor) -> float:
    """The Mann-Whitney U of a (N,) and b (M,), minus its mean, in standard deviations.

    U is the number of pairs with a > b, where equal values count half. The variance is corrected for ties
    (Lehmann 1975). The result is 0 if all values are equal.

    Raises:
        ValueError: a or b has no values.
    """
    n, m = len(a), len(b)
    if not (n and m):
        raise ValueError(f"{n} against {m} values: expected at least 1 of each.")
    ordered = b.sort().values
    below, up_to = (torch.searchsorted(ordered, a, right=right).double().sum() for right in (False, True))
    surplus = float(below + up_to) / 2 - n * m / 2
    ties = torch.cat([a, b]).unique(return_counts=True)[1].double()
    total = n + m
    variance = n * m / 12 * (total + 1 - float((ties.pow(3) - ties).sum()) / (total * (total - 1)))
    return surplus / variance**0.5 if variance > 0 else 0.0


def authenticity(near: Neighbours, training: Tensor) -> float:
    """The share of authentic samples, AuthPct in Alaa et al. 2022 ("How faithful is your synthetic data?").

    A sample is authentic if it is further from its nearest training vector than that vector is from its own
    nearest neighbour (section 3.3). Even samples of the training distribution do not reach 1: compare with
    held-out vectors.

    Args:
        near: the nearest training vectors of the samples, from ``nearest``.
        training: the training vectors (M, D), at least two.

    Raises:
        ValueError: fewer than two training vectors.
    """
    reached, which = near.indices[:, 0].unique(return_inverse=True)
    own = nearest(training[reached], training, 2).distances[:, 1]  # the first is the vector itself
    return float((near.distances[:, 0] > own[which]).double().mean())
