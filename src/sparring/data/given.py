"""Turn what a Python user has into a Dataset: arrays, loaders, pairs, tables, lists of pictures."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from sparring.data.arrays import LABEL_KEYS, SAMPLE_KEYS, Form, from_array
from sparring.data.loaders import ACCEPTED, ITEM_KEYS, from_torch, stacked
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, DataError, quoted

LEAST_FLAT = 64  # numbers in a flattened picture: 8 x 8


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
        samples, own = from_torch(data)
        notes = [_taken(data, samples, own)]
    else:
        parts, own = _pair(data) or (data, None)
        samples, inside = (
            stacked(iter(_in_one_mode(parts)), len(parts)) if _are_items(parts) else (_array_like(parts), None)
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


def _taken(data: Any, samples: Any, labels: Any) -> str:
    """A note on what was taken from a loader or a torch Dataset."""
    what = f"{len(samples):,} samples{' and their labels' if labels is not None else ''}"
    if isinstance(data, DataLoader):
        return (
            f"took {what} from the DataLoader's dataset, each once as it is now; the training makes its own "
            "batches (batch_size, seed)."
        )
    return f"took {what} from the {type(data).__name__}, each once as it is now."
