"""Exact nearest neighbours among feature vectors, block by block: searched in float32, decided in float64.

|a - b|^2 = |a|^2 + |b|^2 - 2 a.b needs one fast matrix product, but is inaccurate if a and b are near. So it
only proposes candidates. Candidates whose rounding error could change the result are measured again, as the
sum of squared differences in float64. The result is exact: copies are at distance 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.metrics.distances import check_features

BLOCK = 1024  # vectors on each side of a block: 4 MB of float32 distances
SPARE = 4  # additional neighbours that are proposed
MEASURED = 2**18  # numbers that are measured exactly at once; they fit into the cache of a core


class Neighbours(NamedTuple):
    """Euclidean distances (N, k), float64, nearest first, and indices (N, k) of k nearest points."""

    distances: Tensor
    indices: Tensor


class Screen(NamedTuple):
    """Vectors (N, D), centred for the search, and their squared norms (N,)."""

    vectors: Tensor
    squares: Tensor


def nearest(queries: Tensor, points: Tensor, k: int = 1) -> Neighbours:
    """The k nearest points (M, D) of each query (N, D).

    In ``nearest(x, x, k + 1)`` the first neighbour of each vector is the vector itself or a copy of it, at
    distance 0. Memory grows with N k + M D, not with N M.

    Raises:
        ValueError: features that do not fit together, are not finite, or fewer than k points.
    """
    check_features(queries, points)
    if not 1 <= k <= len(points):
        raise ValueError(f"k = {k} neighbours among {len(points)} points: expected 1 to {len(points)}.")
    distances, indices, doubtful = _search(queries, points, k, search_dtype())
    rows = doubtful.nonzero().squeeze(1)
    if len(rows):
        distances[rows], indices[rows], _ = _search(queries[rows], points, k, torch.float64)
    return Neighbours(distances.sqrt(), indices)


def _search(queries: Tensor, points: Tensor, k: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Squared distances (N, k), indices (N, k), and where a nearer point may have been missed (N,)."""
    centre = points.mean(0, dtype=torch.float64)
    right = screen(points, centre, dtype)
    left = right if queries is points else screen(queries, centre, dtype)
    proposed = min(k + SPARE, len(points))
    values = left.squares.new_full((len(queries), proposed), torch.inf)
    indices = torch.zeros_like(values, dtype=torch.int64)

    def offer(rows: slice, block: Tensor, start: int) -> None:
        found = block.topk(min(proposed, block.shape[1]), largest=False)
        both = torch.cat([values[rows], found.values], 1)
        values[rows], kept = both.topk(proposed, largest=False)
        indices[rows] = torch.cat([indices[rows], found.indices + start], 1).gather(1, kept)

    for rows, columns, block in blocks(left, right):
        offer(rows, block, columns.start)
        if left is right and columns.start > rows.start:  # a set with itself: each block is used twice
            offer(columns, block.T, rows.start)
    own = torch.arange(len(queries), device=points.device).repeat_interleave(proposed)
    exact = squared_distances(queries, points, own, indices.reshape(-1)).view_as(indices)
    exact, order = exact.sort(dim=1, stable=True)
    furthest = exact[:, k - 1]
    limit = values[:, -1] if proposed < len(points) else torch.inf  # every other point is further than this
    doubtful = furthest + rounding(left, furthest, points.shape[1]) > limit
    return exact[:, :k], indices.gather(1, order[:, :k]), doubtful


def search_dtype() -> torch.dtype:
    """Float32; float64 if the user allows matrix products of lower precision (TF32, bfloat16)."""
    return torch.float32 if torch.get_float32_matmul_precision() == "highest" else torch.float64


def screen(features: Tensor, centre: Tensor, dtype: torch.dtype) -> Screen:
    """Features (N, D) minus a centre (D,), subtracted in float64, for ``blocks``."""
    vectors = torch.empty(features.shape, dtype=dtype, device=features.device)
    squares = vectors.new_empty(len(vectors))
    for start in range(0, len(vectors), BLOCK):
        rows = slice(start, start + BLOCK)
        vectors[rows] = features[rows].double() - centre
        squares[rows] = vectors[rows].square().sum(1)
    return Screen(vectors, squares)


def blocks(left: Screen, right: Screen) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield the rows, the columns and the approximate squared distances of one block after the other.

    For a set with itself, only the blocks on and above the diagonal.
    """
    for top in range(0, len(left.vectors), BLOCK):
        rows = slice(top, top + BLOCK)
        for start in range(top if left is right else 0, len(right.vectors), BLOCK):
            columns = slice(start, start + BLOCK)
            product = torch.addmm(
                right.squares[columns], left.vectors[rows], right.vectors[columns].T, alpha=-2
            )
            yield rows, columns, product.add_(left.squares[rows, None])


def rounding(about: Screen, squared: Tensor, width: int) -> Tensor:
    """A safe bound on the error of squared distances (N,) in a block, for each of N vectors.

    The error of a product of D terms is about sqrt(D) roundings of |a| |b| (Higham & Mary 2019), and a point b
    at distance d from a has |b|^2 <= 2 |a|^2 + 2 d^2.
    """
    unit = 4 * (1 + width**0.5) * torch.finfo(about.vectors.dtype).eps
    error: Tensor = unit * (3 * about.squares.double() + 2 * squared)
    return error


def squared_distances(a: Tensor, b: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """|a_i - b_j|^2 in float64 for pairs of rows (P,) of a (N, D) and columns (P,) of b (M, D)."""
    count = max(1, MEASURED // a.shape[1])
    parts = zip(rows.split(count), columns.split(count), strict=True)
    return torch.cat([(a[i].double() - b[j].double()).square().sum(1) for i, j in parts])
