"""k-means clustering, for classes of unlabelled data and for regions of feature space."""

from __future__ import annotations

import torch
from torch import Tensor

FITTED = 20_000  # vectors to which the centres are fitted, at most
ITERATIONS = 20


def centres(vectors: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """Centres (count, D) of vectors (N, D), by Lloyd's iterations (1982) from a k-means++ start.

    Computed in float64, so that rounding, which differs with the number of threads, does not change a
    cluster. Duplicate vectors can make empty clusters, which keep their centre.

    Raises:
        ValueError: ``count`` is not between 1 and the number of vectors.
    """
    if not 1 <= count <= len(vectors):
        raise ValueError(f"{count} centres of {len(vectors)} vectors: expected 1 to {len(vectors)}.")
    fitted = vectors[torch.randperm(len(vectors), generator=rng)[:FITTED]].double()
    found = fitted[:1]
    squared = torch.full((len(fitted),), torch.inf, dtype=torch.float64)
    for _ in range(count - 1):  # a vector is the likelier to be next the further it is from all centres
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
