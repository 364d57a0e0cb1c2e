"""Fidelity and diversity of samples, by nearest neighbours: precision, recall, density and coverage."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sparring.metrics.distances import check_features
from sparring.metrics.neighbours import (
    Screen,
    blocks,
    nearest,
    rounding,
    screen,
    search_dtype,
    squared_distances,
)

TIE = 1e-12  # squared distances nearer than this, relatively, are equal


class Coverage(NamedTuple):
    """Precision, recall and coverage in [0, 1]; density, about 1 for samples of the real distribution."""

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: Tensor, fake: Tensor, k: int = 5) -> Coverage:
    """Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020).

    The ball around a vector reaches to its k-th nearest neighbour in its own set, not counting itself, and
    contains what is strictly nearer. Precision is the share of fakes in a ball around a real, recall the share
    of reals in a ball around a fake. Density is the mean number of balls around reals that contain a fake,
    divided by k. Coverage is the share of balls around reals that contain a fake. For equal sets the density
    is exactly 1. For two equally large sets of one distribution the coverage is about 1 - 2^-k. Memory grows
    with the number of vectors, not of pairs.

    Args:
        real: features (N, D).
        fake: features (M, D).
        k: neighbours; 5 in the papers.

    Raises:
        ValueError: features that do not fit together or are not finite, or a set of k or fewer vectors.
    """
    if k < 1:
        raise ValueError(f"k = {k}: expected at least 1 neighbour.")
    check_features(real, fake, least=k + 1)
    real_reach, fake_reach = _squared_reach(real, k), _squared_reach(fake, k)
    dtype, centre = search_dtype(), real.mean(0, dtype=torch.float64)
    reals, fakes = screen(real, centre, dtype), screen(fake, centre, dtype)
    held, holding, recalled = (
        torch.zeros(len(x), dtype=torch.bool, device=x.device) for x in (fake, real, real)
    )
    pairs = 0
    for rows, columns, block in blocks(reals, fakes):
        i, j = _inside(block, rows, columns, reals, real_reach, real, fake)
        pairs += len(i)
        holding[i], held[j] = True, True
        j, i = _inside(block.T, columns, rows, fakes, fake_reach, fake, real)
        recalled[i] = True
    shares = (float(hits.double().mean()) for hits in (held, recalled, holding))
    precision, recall, coverage = shares
    return Coverage(precision, recall, pairs / (k * len(fake)), coverage)


def _squared_reach(features: Tensor, k: int) -> Tensor:
    """Squared radii (N,) of the balls, reduced by the tolerance TIE."""
    reach = nearest(features, features, k + 1).distances[:, -1].square()
    return reach * (1 - TIE)


def _inside(
    block: Tensor, rows: slice, columns: slice, about: Screen, reach: Tensor, a: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """Pairs (i, j) where b_j lies in the ball around a_i; uncertain pairs are measured exactly."""
    limit, slack = reach[rows], rounding(about, reach, a.shape[1])[rows]
    outermost = torch.where(limit > 0, limit + slack, -torch.inf)  # a ball of radius 0 contains nothing
    i, j = (block < outermost[:, None].to(block.dtype)).nonzero(as_tuple=True)
    doubtful = block[i, j] > (limit - slack)[i]
    at, to = i + rows.start, j + columns.start
    inside = ~doubtful
    exact = squared_distances(a, b, at[doubtful], to[doubtful])
    inside[doubtful] = exact < reach[at[doubtful]]
    return at[inside], to[inside]
