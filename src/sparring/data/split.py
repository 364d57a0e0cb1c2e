"""Split a data set into a training set and a hold-out that is never trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from torch import Tensor

from sparring.data.repeats import digest, digests
from sparring.data.spec import Dataset
from sparring.data.store import mapped, sweep
from sparring.errors import DataError, reason
from sparring.files import whole

SEED = 0  # of the random split
ROWS = ("labels", "groups", "keys")  # a value for each sample of a data set
BLOCK_BYTES = 2**24  # bytes of samples copied at a time


def hold_out_count(count: int, share: float) -> int:
    """The number of samples in a hold-out of this share of ``count`` samples; at least 1 unless it is 0."""
    return max(1, round(count * share)) if share else 0


def held_places(data: Dataset, share: float) -> Tensor:
    """The places, ascending, of a hold-out of this share of the samples, without what is given.

    Samples of one group are in the same part, and so are equal pictures of files; then the hold-out is at least
    this share, where that leaves any.
    """
    count, rng = hold_out_count(len(data), share), torch.Generator().manual_seed(SEED)
    groups, alone = data.groups, data.given is None or data.spec.unpaired
    if count and groups is None and alone and data.origin and data.origin.path and data.origin.duplicates:
        groups = _of_equal(data.samples)
    if count and groups is not None:
        return _whole_groups(groups, count, rng).nonzero()[:, 0]
    return torch.randperm(len(data), generator=rng)[:count].sort().values


def split_hold_out(data: Dataset, share: float) -> tuple[Dataset, Dataset]:
    """The training set and the hold-out, a random share of the samples; both keep the order of the data.

    The split is that of ``held_places``, which does not depend on the seed of a training, so that trainings can
    be compared. If the samples are on disk, both parts are written beside them, so that they take no memory.

    Raises:
        DataError: the disk is full or read-only.
    """
    held = torch.zeros(len(data), dtype=torch.bool)
    held[held_places(data, share)] = True
    training = _part(data, (~held).nonzero()[:, 0], "training")
    hold_out = _part(data, held.nonzero()[:, 0], "hold-out")
    if data.given is not None and data.spec.unpaired:  # each side is divided on its own
        given, given_out = split_hold_out(data.given, share)
        return replace(training, given=given), replace(hold_out, given=given_out)
    return training, hold_out


def _of_equal(samples: Tensor) -> Tensor | None:
    """A number (N,) for each sample that equal ones share; None if all are equal."""
    numbers: dict[bytes, int] = {}
    groups = torch.tensor([numbers.setdefault(name, len(numbers)) for name in digests(samples)])
    return groups if len(numbers) > 1 else None


def _whole_groups(groups: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """Which samples (N,) a hold-out of at least ``count`` has, in whole groups; one group at least is left.

    Raises:
        DataError: there is only one group.
    """
    names, places = groups.unique(return_inverse=True)
    if len(names) < 2:
        raise DataError(
            "all samples are from one file or piece, of which nothing can be held out: leave out --hold-out, "
            "or add files."
        )
    order = torch.randperm(len(names), generator=rng)
    sizes = torch.bincount(places, minlength=len(names))[order].cumsum(0)
    chosen = min(int((sizes < count).sum()) + 1, len(names) - 1)
    return torch.isin(places, order[:chosen])


def _part(data: Dataset, kept: Tensor, part: str) -> Dataset:
    """The samples at these places, in their order."""
    alone = data.given is None or data.spec.unpaired
    given = data.given if alone or data.given is None else _part(data.given, kept, part)
    rows: dict[str, Any] = {
        name: rows_of[kept] for name in ROWS if (rows_of := getattr(data, name)) is not None
    }
    file = data.origin.path if data.origin else None
    try:
        path = file and file.with_name(f"{file.stem}-{digest(kept.numpy().data).hex()}-{part}{file.suffix}")
        samples = _on_disk(data.samples, kept, path) if path else data.samples[kept]
    except OSError as error:
        assert file
        raise DataError(
            f"cannot keep a part of {data.name} in {file.parent} ({reason(error)}). Make room "
            "there, set XDG_CACHE_HOME to a folder on another disk, or leave out --hold-out."
        ) from error
    return replace(data, samples=samples, origin=None, given=given, **rows)


def _on_disk(samples: Tensor, kept: Tensor, path: Path) -> Tensor:
    """The kept rows of samples that are backed by a file, as another file; a complete file is used again."""
    shape = (len(kept), *samples.shape[1:])
    bytes_each = samples[0].nbytes
    (path.parent / "index").mkdir(exist_ok=True)
    sweep(path.parent)
    with FileLock(path.parent / "index" / f"{path.stem}.lock"):
        if not (path.exists() and path.stat().st_size == len(kept) * bytes_each):
            with whole(path) as file:
                for rows in kept.split(max(1, BLOCK_BYTES // bytes_each)):
                    file.write(samples[rows].numpy().tobytes())
    return mapped(path, shape, samples.numpy().dtype)
