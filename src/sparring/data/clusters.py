"""Make classes for data without labels: k-means clusters, so that the generator covers every mode."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from sparring.data import kmeans
from sparring.data.spec import Dataset

DIRECTIONS = 32  # of greatest variance, in which distances are measured
PART = 2**24  # numbers encoded at a time, since all of them may not fit in memory
LEAST_MEMBERS = 50  # samples per cluster, on average, at least; fewer samples make fewer clusters


Embed = Callable[[Tensor], Tensor]


def clustered(data: Dataset, count: int, embed: Embed, seed: int = 0) -> Dataset:
    """The same samples, labelled with their clusters (Liu et al. 2020, "Self-conditioned GANs").

    A generator that is given every cluster as often as the data has it cannot drop one, and the
    discriminator compares samples of the same cluster. Data too small for two clusters gets no labels.

    Args:
        embed: turns encoded samples (B, *shape) into the vectors (B, D) that are clustered.
    """
    data = data.unlabelled()
    count = count_for(data, count)
    if not count:
        return data
    vectors = _projected(data, embed)
    labels = kmeans.assign(vectors, kmeans.centres(vectors, count, torch.Generator().manual_seed(seed)))
    names = tuple(str(k) for k in range(count))
    return replace(data, spec=replace(data.spec, class_names=names, clusters=True), labels=labels)


def count_for(data: Dataset, count: int) -> int:
    """The number of clusters, ``count`` or fewer if the data is small; 0: too small for two clusters."""
    count = min(count, len(data) // LEAST_MEMBERS)
    return count if count >= 2 else 0


def _projected(data: Dataset, embed: Embed) -> Tensor:
    """The vectors along their directions of greatest variance, (N, DIRECTIONS or fewer), float64."""
    parts = data.samples.split(max(1, PART // math.prod(data.spec.shape)))
    total, squares = torch.zeros(1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    for part in parts:
        vectors = embed(data.spec.encode(part)).double()
        total, squares = total + vectors.sum(0), squares + vectors.T @ vectors
    mean = total / len(data)
    _, directions = torch.linalg.eigh(squares - len(data) * mean.outer(mean))
    greatest = directions[:, -DIRECTIONS:]
    return torch.cat([(embed(data.spec.encode(part)).double() - mean) @ greatest for part in parts])
