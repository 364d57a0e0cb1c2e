"""A part of the data set aside, which no training sees."""

from __future__ import annotations

from pathlib import Path

import torch
from filelock import FileLock
from torch import Tensor

from sparring.data.spec import Dataset
from sparring.data.store import mapped, sweep
from sparring.errors import DataError, reason
from sparring.files import whole

SEED = 0  # of what is set aside
BLOCK_BYTES = 2**24  # of pixels, copied at a time


def aside_count(count: int, share: float) -> int:
    """How many of ``count`` samples a share of them is: one at least, where it is not 0."""
    return max(1, round(count * share)) if share else 0


def set_aside(data: Dataset, share: float) -> tuple[Dataset, Dataset]:
    """The rest, and a random share of the samples; both in their old order, the same at every call.

    Whatever a training's seed, so that trainings can be compared. Of samples on disk both are on disk
    too, beside them, so that they take no memory.

    Raises:
        DataError: no room there.
    """
    count = aside_count(len(data), share)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(SEED))
    return _only(data, order[count:], "rest"), _only(data, order[:count], "aside")


def _only(data: Dataset, indices: Tensor, part: str) -> Dataset:
    kept = indices.sort().values
    labels = None if data.labels is None else data.labels[kept]
    if data.origin is None:
        return Dataset(data.name, data.spec, data.samples[kept], labels)
    path = data.origin.path.with_name(f"{data.origin.path.stem}-{len(kept)}-{part}.u8")
    try:
        samples = _on_disk(data.samples, kept, path)
    except OSError as error:
        raise DataError(
            f"cannot keep a part of {data.name} in {path.parent} ({reason(error)}). Make room "
            "there, set XDG_CACHE_HOME to a folder on another disk, or leave out --hold-out."
        ) from error
    return Dataset(data.name, data.spec, samples, labels)


def _on_disk(samples: Tensor, kept: Tensor, path: Path) -> Tensor:
    """These rows of samples backed by a file, as a file of their own; one that is whole is taken as it is."""
    shape = (len(kept), *samples.shape[1:])
    bytes_each = samples[0].nbytes
    (path.parent / "index").mkdir(exist_ok=True)
    sweep(path.parent)
    with FileLock(path.parent / "index" / f"{path.stem}.lock"):
        if not (path.exists() and path.stat().st_size == len(kept) * bytes_each):
            with whole(path) as file:
                for rows in kept.split(max(1, BLOCK_BYTES // bytes_each)):
                    file.write(samples[rows].numpy().tobytes())
    return mapped(path, shape)
