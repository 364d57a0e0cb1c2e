"""Classes for data without labels: k-means clusters, so that no mode of the data is forgotten."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from sparring.data import kmeans
from sparring.data.spec import Dataset

DIRECTIONS = 32  # of greatest variance, in which distances are taken
PART = 2**24  # numbers encoded at a time; all at once may be more than the memory holds
LEAST_MEMBERS = 50  # samples a cluster on average; fewer samples are split into fewer clusters


Small = Callable[[Tensor], Tensor]


def clustered(data: Dataset, count: int, small: Small, seed: int = 0) -> Dataset:
    """The same samples with their cluster for a label (Liu et al. 2020, "Self-conditioned GANs").

    A generator told how often each cluster occurs cannot drop one, and its discriminator compares
    like with like. Too little data for two clusters comes back without labels.

    Args:
        small: encoded samples (B, *shape) to the vectors (B, D) in which they are compared.
    """
    data = data.unlabelled()
    count = count_for(data, count)
    if not count:
        return data
    vectors = _projected(data, small)
    labels = kmeans.assign(vectors, kmeans.centres(vectors, count, torch.Generator().manual_seed(seed)))
    names = tuple(str(k) for k in range(count))
    return replace(data, spec=replace(data.spec, class_names=names, clusters=True), labels=labels)


def count_for(data: Dataset, count: int) -> int:
    """How many clusters the data are split into where ``count`` are asked for; 0: too little data for two."""
    count = min(count, len(data) // LEAST_MEMBERS)
    return count if count >= 2 else 0


def _projected(data: Dataset, small: Small) -> Tensor:
    """Encoded samples along their directions of greatest variance, (N, DIRECTIONS or fewer), float64."""
    parts = data.samples.split(max(1, PART // math.prod(data.spec.shape)))
    total, squares = torch.zeros(1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    for part in parts:
        vectors = small(data.spec.encode(part)).double()
        total, squares = total + vectors.sum(0), squares + vectors.T @ vectors
    mean = total / len(data)
    _, directions = torch.linalg.eigh(squares - len(data) * mean.outer(mean))
    greatest = directions[:, -DIRECTIONS:]
    return torch.cat([(small(data.spec.encode(part)).double() - mean) @ greatest for part in parts])
