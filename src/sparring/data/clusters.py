"""Classes for data without labels: k-means clusters, so that no mode of the data is forgotten."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from sparring import kmeans
from sparring.data.spec import Dataset

SIDE = 16  # pixels a side at most of the pictures that are clustered
DIRECTIONS = 32  # of greatest variance, in which distances are taken
LEAST_MEMBERS = 50  # samples a cluster on average; fewer samples are split into fewer clusters


def clustered(data: Dataset, count: int, seed: int = 0) -> Dataset:
    """The same samples with their cluster for a label (Liu et al. 2020, "Self-conditioned GANs").

    A generator told how often each cluster occurs cannot drop one, and its discriminator compares
    like with like. Too little data for two clusters comes back without labels.
    """
    data = data.unlabelled()
    count = min(count, len(data) // LEAST_MEMBERS)
    if count < 2:
        return data
    vectors = _projected(data)
    labels = kmeans.assign(vectors, kmeans.centres(vectors, count, torch.Generator().manual_seed(seed)))
    names = tuple(str(k) for k in range(count))
    return Dataset(data.name, replace(data.spec, class_names=names, clusters=True), data.samples, labels)


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
