"""Read torch data sets, loaders and lists of single samples, one by one, into one array."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import (
    DataLoader,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    TensorDataset,
    default_collate,
)

from sparring.data.arrays import LABEL_KEYS, SAMPLE_KEYS, values_of
from sparring.errors import DataError, quoted
from sparring.machine.threads import memory

ACCEPTED = (
    "accepted are an array or a tensor of samples, (samples, labels), a torch Dataset or DataLoader, a table "
    "of numbers, a list of pictures or of strings"
)
SHARE = 0.25  # of the memory of the machine that samples read one by one may fill
MOST_STREAMED = 2**20  # samples that are read from a stream of unknown length
MODES = {
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "LA": "RGBA",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "LAB": "RGB",
    "HSV": "RGB",
}
ITEM_KEYS = (*SAMPLE_KEYS, "image", "img", "pixel_values", "input", "inputs", "features")


def from_torch(data: Any) -> tuple[Any, Any]:
    """The samples and labels of a loader or a torch Dataset, without the batches of the loader."""
    collate, order = None, None
    if isinstance(data, DataLoader):
        collate = None if data.collate_fn is default_collate else data.collate_fn
        order = _order(data)
        data = data.dataset
    if isinstance(data, TensorDataset) and order is None and collate is None:
        if len(data.tensors) > 2:
            raise DataError(
                f"the TensorDataset has {len(data.tensors)} tensors; expected samples, or samples and labels."
            )
        return data.tensors[0], data.tensors[1] if len(data.tensors) == 2 else None
    if isinstance(data, IterableDataset):
        return stacked(_bounded(data), None)
    places = range(_count(data)) if order is None else order
    if collate is None:
        return stacked((_read(data, place) for place in places), len(places))
    return stacked((_alone(collate, _read(data, place)) for place in places), len(places))


def _count(data: Any) -> int:
    """The number of samples of a torch Dataset.

    Raises:
        DataError: it does not say.
    """
    try:
        return len(data)
    except TypeError as error:
        raise DataError(
            f"{type(data).__name__} does not say how many samples it has: give it a method __len__, or give "
            "a list of its samples."
        ) from error


def _bounded(stream: Iterable[Any]) -> Iterator[Any]:
    """The samples of a stream.

    Raises:
        DataError: there are more than MOST_STREAMED; it may have no end.
    """
    for place, item in enumerate(stream):
        if place == MOST_STREAMED:
            raise DataError(
                f"the stream holds over {MOST_STREAMED:,} samples, or has no end: give a list of as many as "
                "you need, list(itertools.islice(data, 10_000))."
            )
        yield item


def _order(loader: DataLoader[Any]) -> list[int] | None:
    """The indices of the samples that a loader draws in an epoch; None if it draws each once."""
    if isinstance(loader.dataset, IterableDataset):
        return None
    sampler = loader.sampler
    if loader.batch_size is None and loader.batch_sampler is not None:
        return [place for batch in loader.batch_sampler for place in batch]
    usual = isinstance(sampler, SequentialSampler) or (
        isinstance(sampler, RandomSampler) and not sampler.replacement
    )
    return None if usual else list(sampler)


def _read(data: Any, place: int) -> Any:
    try:
        return data[place]
    except Exception as error:  # a user's data set may raise anything
        raise DataError(
            f"sample {place} cannot be read: {type(error).__name__} {quoted(str(error))}. Repair or remove it."
        ) from error


def _alone(collate: Callable[[list[Any]], Any], item: Any) -> Any:
    """One sample as the loader's own collate_fn returns it."""
    try:
        batch = collate([item])
    except Exception as error:  # a user's function may raise anything
        raise DataError(
            "the loader's collate_fn fails on one sample: give its dataset, loader.dataset."
        ) from error
    if isinstance(batch, Mapping):
        return {key: part[0] for key, part in batch.items()}
    return tuple(part[0] for part in batch) if isinstance(batch, tuple | list) else batch[0]


def stacked(items: Iterator[Any], count: int | None) -> tuple[NDArray[Any], list[Any] | None]:
    """Samples (N, *shape) and labels, read one by one into one array.

    Raises:
        DataError: shapes differ, labels are missing, or the array does not fit in memory.
    """
    rows: list[NDArray[Any]] = []
    labels: list[Any] = []
    room = SHARE * memory()
    for place, item in enumerate(items):
        sample, label = _parts(item, place)
        if rows and sample.shape != rows[0].shape:
            raise DataError(
                f"samples have different shapes, {rows[0].shape} and {sample.shape} (sample {place}): bring "
                "them to one size, or save the pictures in a folder and give GAN().fit(FOLDER) with size=64."
            )
        rows.append(sample)
        labels += [] if label is None else [label]
        if len(labels) not in (0, len(rows)):
            raise DataError(f"only some samples have a label (sample {place}): label all samples or none.")
        if (needed := sample.nbytes * max(count or 0, len(rows))) > room:
            raise DataError(
                f"the data fills {needed / 2**30:,.0f} GiB or more, over a quarter of the memory here. Save it "
                "with 8 bits per value, or save pictures in a folder, which are read from disk."
            )
    if not rows:
        raise DataError("the data holds no samples.")
    return np.stack(rows), labels or None


def _parts(item: Any, place: int) -> tuple[NDArray[Any], Any]:
    """One sample as an array, and its label or None."""
    if isinstance(item, Mapping):
        key = next((key for key in ITEM_KEYS if key in item), None)
        if key is None:
            raise DataError(f"sample {place} has the keys {quoted(list(item))}; name it {SAMPLE_KEYS[0]!r}.")
        item = (item[key], *(item[name] for name in LABEL_KEYS if name in item))
    if not isinstance(item, tuple | list):
        return _sample(item, place), None
    if not item or len(item) > 2:
        raise DataError(f"sample {place} has {len(item)} parts; expected a sample, or a sample and its label.")
    label: Any = item[1] if len(item) == 2 else None
    if hasattr(label, "item") and math.prod(getattr(label, "shape", ())) == 1:
        label = label.item()
    if not isinstance(label, int | float | str | bytes | None):
        raise DataError(
            f"sample {place} comes with a {type(label).__name__}, which is not a label: give a Dataset of "
            "samples or of pairs (sample, label)."
        )
    return _sample(item[0], place), label


def _sample(value: Any, place: int) -> NDArray[Any]:
    if isinstance(value, Image.Image):
        return np.asarray(value.convert(MODES.get(value.mode, value.mode)))
    if isinstance(value, torch.Tensor):
        return values_of(value, f"sample {place}")
    if value is None or isinstance(value, str | bytes):
        kind = "None" if value is None else f"of type {type(value).__name__}"
        raise DataError(f"sample {place} is {kind}; {ACCEPTED}.")
    return np.asarray(value)
