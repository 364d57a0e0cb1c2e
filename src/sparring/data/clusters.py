"""Find clusters by k-means, so that the generator covers every mode: as classes, or within classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

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
    vectors = Directions.of(data, embed)(data)
    labels = kmeans.assign(vectors, kmeans.centres(vectors, count, torch.Generator().manual_seed(seed)))
    names = tuple(str(k) for k in range(count))
    return replace(data, spec=replace(data.spec, class_names=names, clusters=True), labels=labels)


def count_for(data: Dataset, count: int) -> int:
    """The number of clusters, ``count`` or fewer if the data is small; 0: too small for two clusters."""
    count = min(count, len(data) // LEAST_MEMBERS)
    return count if count >= 2 else 0


def within_classes(
    data: Dataset, count: int, embed: Embed, others: Dataset | None = None, seed: int = 0
) -> tuple[Dataset, Dataset | None]:
    """The same samples with their clusters within their classes, and others with those of the same centres.

    A class has ``count`` clusters, or fewer if it is small. If all classes are, there are none.

    Args:
        data: with labels.
        others: further samples of the same classes.
    """
    assert data.labels is not None
    counts = [max(1, min(count, members // LEAST_MEMBERS)) for members in data.class_counts]
    if max(counts) < 2:
        return data, others
    directions, rng = Directions.of(data, embed), torch.Generator().manual_seed(seed)
    sides = [data] if others is None or others.labels is None else [data, others]
    vectors = [directions(side) for side in sides]
    found = [torch.zeros(len(side), dtype=torch.int64) for side in sides]
    for label, clusters in enumerate(counts):
        if clusters > 1:
            centres = kmeans.centres(vectors[0][data.labels == label], clusters, rng)
            for side, of_side, assigned in zip(sides, vectors, found, strict=True):
                members = side.labels == label
                assigned[members] = kmeans.assign(of_side[members], centres)
    spec = replace(data.spec, class_clusters=max(counts))
    told = [
        replace(side, spec=spec, class_clusters=assigned) for side, assigned in zip(sides, found, strict=True)
    ]
    return told[0], told[1] if len(told) > 1 else others


class Directions(NamedTuple):
    """The directions of greatest variance of a data set's vectors, in which distances are measured."""

    embed: Embed
    mean: Tensor  # (D,)
    greatest: Tensor  # (D, DIRECTIONS or fewer)

    @staticmethod
    def of(data: Dataset, embed: Embed) -> Directions:
        """Those of a data set."""
        total, squares = torch.zeros(1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
        for part in _in_parts(data):
            vectors = embed(part).double()
            total, squares = total + vectors.sum(0), squares + vectors.T @ vectors
        mean = total / len(data)
        _, directions = torch.linalg.eigh(squares - len(data) * mean.outer(mean))
        return Directions(embed, mean, directions[:, -DIRECTIONS:])

    def __call__(self, data: Dataset) -> Tensor:
        """The vectors of samples along the directions, (N, DIRECTIONS or fewer), float64."""
        parts = [(self.embed(part).double() - self.mean) @ self.greatest for part in _in_parts(data)]
        return torch.cat(parts)


def _in_parts(data: Dataset) -> Iterator[Tensor]:
    """Encoded samples, PART numbers at a time."""
    for part in data.samples.split(max(1, PART // math.prod(data.spec.shape))):
        yield data.spec.encode(part)
