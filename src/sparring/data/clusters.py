"""Classes for data without labels: k-means clusters, so that no mode of the data is forgotten."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from sparring.data.spec import Dataset

SIDE = 16  # pixels a side at most of the pictures that are clustered
DIRECTIONS = 32  # of greatest variance, in which distances are taken
LEAST_MEMBERS = 50  # samples a cluster on average; fewer samples are split into fewer clusters
FITTED = 20_000  # samples at most that the centres are fitted to
ITERATIONS = 20


def clustered(data: Dataset, count: int, seed: int = 0) -> Dataset:
    """The same samples with their cluster for a label (Liu et al. 2020, "Self-conditioned GANs").

    A generator told how often each cluster occurs cannot drop one, and its discriminator compares
    like with like. Too little data for two clusters comes back without labels.
    """
    data = data.unlabelled()
    count = min(count, len(data) // LEAST_MEMBERS)
    if count < 2:
        return data
    labels = k_means(_projected(data), count, torch.Generator().manual_seed(seed))
    names = tuple(str(k) for k in range(count))
    return Dataset(data.name, replace(data.spec, class_names=names, clusters=True), data.samples, labels)


def k_means(vectors: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """The cluster (N,) of each vector (N, D): Lloyd's iterations (1982) from k-means++ centres.

    In float64, so that rounding, which differs with the number of threads, moves no vector. Drawn
    centres that coincide (duplicates) leave clusters empty.
    """
    vectors = vectors.double()
    fitted = vectors[torch.randperm(len(vectors), generator=rng)[:FITTED]]
    centres = fitted[:1]
    squared = torch.full((len(fitted),), torch.inf, dtype=torch.float64)
    for _ in range(count - 1):  # the next centre: a vector, likelier the further from all so far
        squared = torch.minimum(squared, (fitted - centres[-1]).square().sum(1))
        weights = squared if squared.sum() > 0 else torch.ones_like(squared)
        centres = torch.cat([centres, fitted[torch.multinomial(weights, 1, generator=rng)]])
    for _ in range(ITERATIONS):
        nearest = _nearest(fitted, centres)
        sums = torch.zeros_like(centres).index_add_(0, nearest, fitted)
        members = torch.bincount(nearest, minlength=count).unsqueeze(1)
        centres = torch.where(members > 0, sums / members.clamp_min(1), centres)
    return torch.cat([_nearest(part, centres) for part in vectors.split(FITTED)])


def _nearest(vectors: Tensor, centres: Tensor) -> Tensor:
    """The index (N,) of the centre nearest to each vector."""
    nearest: Tensor = (centres.square().sum(1) - 2 * vectors @ centres.T).argmin(1)
    return nearest


def _projected(data: Dataset) -> Tensor:
    """Encoded samples along their directions of greatest variance, (N, DIRECTIONS or fewer), float64."""
    flat = torch.cat([_small(data.spec.encode(part)) for part in data.samples.split(1000)]).double()
    flat -= flat.mean(0)
    _, directions = torch.linalg.eigh(flat.T @ flat)
    projected: Tensor = flat @ directions[:, -DIRECTIONS:]
    return projected


def _small(encoded: Tensor) -> Tensor:
    if encoded.ndim == 4:
        height, width = encoded.shape[2:]
        encoded = adaptive_avg_pool2d(encoded, (min(height, SIDE), min(width, SIDE)))
    return encoded.flatten(1)
