"""A part of the data set aside, which no training sees."""

from __future__ import annotations

import torch

from sparring.data.spec import Dataset


def aside_count(count: int, share: float) -> int:
    """How many of ``count`` samples a share of them is: one at least, where it is not 0."""
    return max(1, round(count * share)) if share else 0


def set_aside(data: Dataset, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """The rest, and a random share of the samples; both in their old order, the same for a seed."""
    count = aside_count(len(data), share)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    return _only(data, order[count:]), _only(data, order[:count])


def _only(data: Dataset, indices: torch.Tensor) -> Dataset:
    kept = indices.sort().values
    labels = None if data.labels is None else data.labels[kept]
    return Dataset(data.name, data.spec, data.samples[kept], labels)
