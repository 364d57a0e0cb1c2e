"""k-means, for clusters of data and cells of feature space."""

from __future__ import annotations

import torch
from torch import Tensor

FITTED = 20_000  # vectors at most that the centres are fitted to
ITERATIONS = 20


def centres(vectors: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """Centres (count, D) of vectors (N, D): Lloyd's iterations (1982) from k-means++ beginnings.

    In float64, so that rounding, which differs with the number of threads, moves no vector. Beginnings
    that coincide (duplicates) leave clusters empty, which keep their centre.

    Raises:
        ValueError: more centres than vectors, or none.
    """
    if not 1 <= count <= len(vectors):
        raise ValueError(f"{count} centres of {len(vectors)} vectors: expected 1 to {len(vectors)}.")
    fitted = vectors[torch.randperm(len(vectors), generator=rng)[:FITTED]].double()
    found = fitted[:1]
    squared = torch.full((len(fitted),), torch.inf, dtype=torch.float64)
    for _ in range(count - 1):  # the next one: a vector, likelier the further from all so far
        squared = torch.minimum(squared, (fitted - found[-1]).square().sum(1))
        weights = squared if squared.sum() > 0 else torch.ones_like(squared)
        found = torch.cat([found, fitted[torch.multinomial(weights, 1, generator=rng)]])
    for _ in range(ITERATIONS):
        nearest = assign(fitted, found)
        sums = torch.zeros_like(found).index_add_(0, nearest, fitted)
        members = torch.bincount(nearest, minlength=count).unsqueeze(1)
        found = torch.where(members > 0, sums / members.clamp_min(1), found)
    return found


def assign(vectors: Tensor, centres: Tensor) -> Tensor:
    """The index (N,) of the centre (K, D) nearest to each vector (N, D)."""
    squares = centres.square().sum(1)
    parts = [(squares - 2 * part.double() @ centres.T).argmin(1) for part in vectors.split(FITTED)]
    return torch.cat(parts)
