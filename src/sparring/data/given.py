"""Turn what a Python user has into a Dataset: arrays, loaders, pairs, tables, lists of pictures."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Number
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
from torch.utils.data import Dataset as TorchDataset

from sparring.data.arrays import LABEL_KEYS, SAMPLE_KEYS, Form, from_array, values_of
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, DataError, quoted
from sparring.machine.threads import memory

ACCEPTED = (
    "accepted are an array or a tensor of samples, (samples, labels), a torch Dataset or DataLoader, a table "
    "of numbers, a list of pictures"
)
SHARE = 0.25  # of the memory of the machine that samples read one by one may fill
LEAST_FLAT = 64  # numbers in a flattened picture: 8 x 8
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


def take(data: Any, labels: Any = None, forms: Sequence[Form] | None = None) -> tuple[Dataset, list[str]]:
    """The samples and labels in what a user has, and notes on how they were taken.

    Args:
        forms: asked in turn what samples an array holds, as in ``from_array``.

    Raises:
        DataError: no samples can be found in it.
        ConfigError: labels are given beside a Dataset, which has its own.
    """
    if isinstance(data, Dataset):
        if labels is not None:
            raise ConfigError("labels are for arrays; a Dataset has its own. Leave them out.")
        return data, []
    if isinstance(data, str | os.PathLike):
        named = quoted(os.fspath(data))
        raise DataError(
            f"{named} is a name or a path, and samples are expected here: {ACCEPTED}. GAN().fit takes names; "
            f"elsewhere write sparring.dataset({named})."
        )
    if isinstance(data, DataLoader | TorchDataset) or _is_dataset(data):
        samples, own = _from_torch(data)
        notes = [_taken(data, samples, own)]
    else:
        parts, own = _pair(data) or (data, None)
        samples, inside = (
            _rows(iter(_in_one_mode(parts)), len(parts)) if _are_items(parts) else (_array_like(parts), None)
        )
        own, notes = inside if own is None else own, []
    if own is not None and labels is not None:
        raise DataError("labels were given twice, beside the data and in it: leave one of them out.")
    return from_array(samples, own if labels is None else labels, forms=forms), notes


def _is_dataset(data: Any) -> bool:
    """Whether it gives samples by index, as a torch Dataset does, without being one."""
    container = isinstance(data, list | tuple | range | bytes | bytearray | Mapping | torch.Tensor)
    array = hasattr(data, "__array__") or hasattr(data, "to_numpy")
    return not container and not array and hasattr(data, "__getitem__") and hasattr(data, "__len__")


def as_picture(numbers: int, like: tuple[int, ...] = ()) -> tuple[int, ...] | None:
    """The shape (C, H, W) of a picture of this many numbers: ``like`` if it fits, or square; else None."""
    if like and math.prod(like) == numbers:
        return like
    shapes = [(c, side, side) for c in (1, 3) if c * (side := math.isqrt(numbers // c)) ** 2 == numbers]
    return shapes[0] if shapes and numbers >= LEAST_FLAT else None


def _pair(data: Any) -> tuple[Any, Any] | None:
    """(samples, labels) from such a pair or from a mapping; None for anything else."""
    if isinstance(data, Mapping):
        samples = next((data[key] for key in ITEM_KEYS if key in data), None)
        if samples is None:
            raise DataError(f"the data has the keys {quoted(list(data))}; name the samples {SAMPLE_KEYS[0]!r}.")
        return samples, next((data[key] for key in LABEL_KEYS if key in data), None)
    if not isinstance(data, tuple | list) or len(data) != 2:
        return None
    if data[1] is None and _axes(data[0]) > 1:
        return data[0], None
    if any(isinstance(part, tuple | list) and len(part) == 2 and _axes(part[0]) > 1 for part in data):
        raise DataError(
            "the data is a pair of pairs, such as a training and a test set: give the first, (samples, labels)."
        )
    if _axes(data[0]) >= 2 and _axes(data[1]) in (1, 2) and _axes(data[0]) > _axes(data[1]):
        return data[0], data[1]
    if _axes(data[0]) == 2 and _axes(data[1]) == 2 and np.shape(data[1])[1] == 1 < np.shape(data[0])[1]:
        return data[0], data[1]
    return None


def _axes(part: Any) -> int:
    """The number of axes of an array, a table or a list of numbers; 0 for anything else."""
    if hasattr(part, "shape"):
        return len(part.shape)
    if (
        isinstance(part, list | tuple)
        and part
        and not isinstance(part[0], list | tuple)
        and hasattr(part[0], "shape")
    ):
        return 1 + len(part[0].shape)
    if isinstance(part, list | tuple) and part and isinstance(part[0], Image.Image):
        return 3
    try:
        return np.ndim(part) if isinstance(part, list | tuple) else 0
    except ValueError:  # rows of different lengths
        return 0


def _are_items(data: Any) -> bool:
    """Whether this is a list of single samples: pictures, arrays, or pairs with a label."""
    if hasattr(data, "to_numpy") and getattr(data, "ndim", 0) == 1:  # the column of a table
        data = data.to_numpy()
    array = isinstance(data, np.ndarray) and data.dtype.kind == "O" and data.ndim == 1
    if not (array or isinstance(data, list | tuple)) or len(data) == 0:
        return False
    first = data[0]
    if isinstance(first, tuple) and len(first) == 2:
        return _is_sample(first[0])
    return isinstance(first, Mapping) or _is_sample(first)


def _is_sample(value: Any) -> bool:
    return isinstance(value, Image.Image) or (hasattr(value, "__array__") and getattr(value, "shape", ()) != ())


def _array_like(data: Any) -> Any:
    """Data that numpy can make one array of.

    Raises:
        DataError: it is something else.
    """
    if hasattr(data, "to_numpy"):
        return _table(data)
    if isinstance(data, torch.Tensor | list | tuple) or hasattr(data, "__array__"):
        return data
    kind = "None" if data is None else f"of type {type(data).__name__}"
    raise DataError(f"the data is {kind}; {ACCEPTED}.")


def _in_one_mode(pictures: Any) -> Any:
    """Convert a mixture of grey and coloured pictures to colour; leave other samples as they are."""
    if not all(isinstance(picture, Image.Image) for picture in pictures):
        return pictures
    several = len({picture.mode for picture in pictures}) > 1
    return [picture.convert("RGB") for picture in pictures] if several else pictures


def _table(data: Any) -> NDArray[Any]:
    """The numbers of a table (pandas, polars); columns of text are refused by name."""
    columns = getattr(data, "columns", None)
    if columns is not None:
        words = [str(name) for name in columns if not _has_numbers(np.asarray(data[name]))]
        if words:
            name = words[0]
            raise DataError(
                f"the table's columns {quoted(words)} hold no numbers. Leave them out, or give one as labels: "
                f"fit(table.drop(columns=[{quoted(name)}]), table[{quoted(name)}])."
            )
    array = np.asarray(data.to_numpy())
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                "the table holds values that are not numbers, or are missing: drop or fill them first."
            ) from error
    return array


def _has_numbers(column: NDArray[Any]) -> bool:
    """Whether the column of a table holds numbers, or objects that are numbers or None."""
    if column.dtype.kind != "O":
        return column.dtype.kind in "uifb"
    return all(value is None or isinstance(value, Number) for value in column.flat)


def _from_torch(data: Any) -> tuple[Any, Any]:
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
        return _rows(_bounded(data), None)
    places = range(_count(data)) if order is None else order
    if collate is None:
        return _rows((_read(data, place) for place in places), len(places))
    return _rows((_alone(collate, _read(data, place)) for place in places), len(places))


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


def _rows(items: Iterator[Any], count: int | None) -> tuple[NDArray[Any], list[Any] | None]:
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


def _taken(data: Any, samples: Any, labels: Any) -> str:
    """A note on what was taken from a loader or a torch Dataset."""
    what = f"{len(samples):,} samples{' and their labels' if labels is not None else ''}"
    if isinstance(data, DataLoader):
        return (
            f"took {what} from the DataLoader's dataset, each once as it is now; the training makes its own "
            "batches (batch_size, seed)."
        )
    return f"took {what} from the {type(data).__name__}, each once as it is now."
