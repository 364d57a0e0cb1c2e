"""Read the user's own arrays: check them and bring them to one layout, or say why not and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from sparring.config.pictures import SIDES
from sparring.data import npy, ranked
from sparring.data.codec import Affine
from sparring.data.npy import Stored
from sparring.data.spec import Dataset, Spec
from sparring.errors import DataError, counted, printable, quoted

ARRAY = "array"  # the name of a data set without a name
CHANNELS = (1, 3, 4)
ROUNDING = 1e-3  # float pictures may exceed their range by this, as after resampling; it is cut off
LEAST_STEPS = 256  # steps of float32 there must be between the least and greatest value of a column
SAMPLE_KEYS = ("samples", "images", "x", "data", "x_train", "arr_0")
LABEL_NAMES = (  # names of labels in files, tables and loaders; the first one found is used
    "labels", "label", "class", "classes", "class_name", "class_id", "category", "target", "targets",
)  # fmt: skip
LABEL_KEYS = (*LABEL_NAMES, "y", "y_train")
LONGEST_NAME = 200  # characters of a class's name
NAMES_KEY = "class_names"  # array with the names of the integer labels 0, 1 …
Arrays = Mapping[str, Stored | None]
# Makes finite numbers (N, …) samples with a Spec without classes; None: they are of another kind.
Form = Callable[[NDArray[Any], str], tuple[Spec, torch.Tensor] | None]


def from_file(path: Path, forms: Sequence[Form] | None = None) -> Dataset:
    """Read a ``.npy`` array, or an ``.npz`` with one array of samples and, optionally, labels.

    An ``.npz`` may also hold ``class_names``, the names of the integer labels 0, 1 …, as ``sparring
    sample`` writes them.

    Raises:
        DataError: the file is missing, unreadable or pickled, or its array cannot be trained on.
    """
    arrays = npy.opened(path)
    samples_key = _find(arrays, SAMPLE_KEYS) or _only_samples(arrays)
    if samples_key is None:
        held = quoted(", ".join(sorted(arrays))) if arrays else "nothing"
        raise DataError(
            f"{path} holds {held}; name the samples one of {', '.join(SAMPLE_KEYS)} and the labels one of "
            f"{', '.join(LABEL_KEYS)}."
        )
    labels_key, names_key = _find(arrays, LABEL_KEYS), _find(arrays, (NAMES_KEY,))
    labels = _read(arrays, labels_key, path) if labels_key else None
    data = from_array(_read(arrays, samples_key, path), labels, name=str(path), forms=forms)
    if labels is None and (other := _like_labels(arrays, samples_key, len(data))):
        raise DataError(
            f"{path} holds {quoted(other)}, with one number or name for each sample, as labels have. Save it "
            f"as {LABEL_KEYS[0]}=…, or leave it out."
        )
    if labels is None or names_key is None or labels.dtype.kind not in "ui":
        return data
    return _renamed(data, _read(arrays, names_key, path))


def _read(arrays: Arrays, key: str, path: Path) -> NDArray[Any]:
    stored = arrays[key]
    if stored is None:
        raise DataError(
            f"{path} holds {quoted(key)}, which is not an array: save it with numpy.savez, or leave it out."
        )
    return stored.read()


def from_array(
    samples: Any, labels: Any = None, *, name: str = ARRAY, forms: Sequence[Form] | None = None
) -> Dataset:
    """A data set of pictures (N, H, W), (N, C, H, W) or (N, H, W, C), or points (N, D), and labels (N,).

    Pictures are integers from 0 to 255, or floats in [0, 1] or [-1, 1]; points are any finite floats.

    Args:
        forms: asked in turn what samples an array holds; without them those of points and of pictures.

    Raises:
        DataError: the rank, type or range is wrong, values are NaN, or the labels do not match.
    """
    array = _to_numpy(samples, f"{name}'s samples")
    unfit = DataError(
        f"{name} has shape {array.shape}; expected points (N, D) or pictures (N, H, W), (N, C, H, W) or "
        "(N, H, W, C)."
    )
    if array.ndim < 2 or 0 in array.shape[1:]:
        raise unfit
    if len(array) == 0:
        raise DataError(f"{name} holds no samples.")
    _check_finite(array, name)
    indices, class_names = class_indices(labels, len(array), name)
    for form in forms or FORMS:
        if found := form(array, name):
            spec, stored = found
            return Dataset(name, replace(spec, class_names=class_names), stored, indices)
    raise unfit


def as_points(array: NDArray[Any], name: str) -> tuple[Spec, torch.Tensor] | None:
    """Points, if the array is (N, D)."""
    if array.ndim != 2:
        return None
    with np.errstate(over="ignore"):
        values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise DataError(f"{name} holds values beyond float32's 3.4e38. Rescale them first.")
    _check_steps(array, name)
    low, high = values.min(0).astype(np.float64), values.max(0).astype(np.float64)
    half = (high - low) / 2
    half = np.where(half >= np.finfo(np.float32).tiny, half, 1.0)
    codec = ranked.of_points(values, (low + high) / 2, half)
    return Spec("points", values.shape[1:], codec), torch.from_numpy(values)


def as_pictures(array: NDArray[Any], name: str) -> tuple[Spec, torch.Tensor] | None:
    """Pictures (N, C, H, W), if the array has their number of axes."""
    if array.ndim not in (3, 4):
        return None
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    array, centre, scale = _picture_range(_channels_first(array, name), name)
    dtype: Literal["uint8", "float32"] = "uint8" if array.dtype == np.uint8 else "float32"
    return Spec("image", array.shape[1:], Affine(dtype, (centre,), (scale,))), torch.from_numpy(array)


FORMS: tuple[Form, ...] = (as_points, as_pictures)


def _renamed(data: Dataset, names: NDArray[Any]) -> Dataset:
    """The same data, with each integer label replaced by its entry in ``names``."""
    places = [int(number) for number in data.spec.class_names]
    if names.ndim != 1 or names.dtype.kind not in "US" or not 0 <= min(places) <= max(places) < len(names):
        raise DataError(
            f"{data.name} has labels from {min(places)} to {max(places)} and {NAMES_KEY} of shape "
            f"{names.shape} and type {names.dtype}; expected names of the labels 0, 1 … Correct or drop them."
        )
    renamed = tuple(_text(names, place, data.name) for place in places)
    if len(set(renamed)) < len(renamed):
        raise DataError(f"{data.name} has {NAMES_KEY} that occur twice: give each class its own name.")
    return replace(data, spec=replace(data.spec, class_names=renamed))


def _text(values: NDArray[Any], place: int, name: str) -> str:
    """The name of a class on one line, with characters that are not printable escaped.

    Raises:
        DataError: the value is not text.
    """
    try:
        value = values[place]
        text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
        text = "".join(chr(ord(character)) for character in text)  # chr refuses some that numpy accepts
    except (ValueError, SystemError) as error:  # raised by numpy for characters that do not exist
        raise DataError(f"{name} has names of classes that are not text. Write them again.") from error
    return printable(text)


def _to_numpy(values: Any, name: str) -> NDArray[Any]:
    array = _array(values_of(values, name) if isinstance(values, torch.Tensor) else values, name)
    if array.dtype.kind not in "uifb":
        if array.dtype.kind == "S":
            raise DataError(f"{name} are bytes: decode texts first, [text.decode() for text in data].")
        if array.dtype.kind == "U":
            raise DataError(
                f"{name} hold strings: save texts as .txt, a line each, or as .csv or .jsonl; in Python give a "
                'list of strings, a text each, such as [" ".join(words) for words in data].'
            )
        raise DataError(f"{name} hold {array.dtype} values; expected integers or floats.")
    return array


def values_of(tensor: torch.Tensor, name: str) -> NDArray[Any]:
    """The values of a tensor as an array, whatever its device, memory layout and gradient.

    Raises:
        DataError: the tensor has no values, or they cannot be put in an array.
    """
    mends = {
        "is on torch's meta device, where it has no values: make it on the CPU": tensor.is_meta,
        "is quantised: give x.dequantize()": tensor.is_quantized,
        "is a nested tensor, with samples of different shapes: bring them to one shape": tensor.is_nested,
        f"has the layout {tensor.layout}: give x.to_dense()": tensor.layout is not torch.strided,
        "has 8-bit floats: give x.float()": tensor.is_floating_point() and tensor.itemsize == 1,
    }
    for words, true in mends.items():
        if true:
            raise DataError(f"{name}: the tensor {words}.")
    plain = tensor.detach().cpu().resolve_conj().resolve_neg()
    values: NDArray[Any] = (plain.float() if plain.dtype == torch.bfloat16 else plain).numpy()
    return values


def _array(values: Any, name: str) -> NDArray[Any]:
    parts = values if isinstance(values, (list, tuple)) else [values]  # numpy drops masks without a warning
    masked = sum(int(np.sum(part.mask)) for part in parts if isinstance(part, np.ma.MaskedArray))
    if masked:
        raise DataError(
            f"{name} hold {counted(masked, 'masked value')}: fill them first, as with .filled(0), or drop them."
        )
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise DataError(
            f"{name} cannot be made one array: the rows have different lengths, or values are not numbers."
        ) from error


def _check_finite(array: NDArray[Any], name: str) -> None:
    if array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
        broken = np.flatnonzero(~finite.reshape(len(array), -1).all(1))
        raise DataError(
            f"{name} holds NaN or infinite values in {len(broken)} of {len(array)} samples, "
            f"first in sample {broken[0]}. Drop or fill them first."
        )


def _check_steps(array: NDArray[Any], name: str) -> None:
    """Refuse columns whose values become equal in float32, such as dates in seconds."""
    if array.dtype.kind == "f" and array.dtype.itemsize <= 4:
        return  # already float32 or coarser
    low, high = array.min(0).astype(np.float64), array.max(0).astype(np.float64)
    step = np.finfo(np.float32).eps * np.maximum(np.abs(low), np.abs(high))
    coarse = np.flatnonzero((high > low) & (high - low < LEAST_STEPS * step))
    if len(coarse):
        column = int(coarse[0])
        raise DataError(
            f"{name} holds values from {low[column]:.9g} to {high[column]:.9g} in column {column}, which "
            "float32 can hardly distinguish. Subtract a number near them first."
        )


def _channels_first(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.ndim == 3:
        array = array[:, None]
    elif array.shape[3] in CHANNELS and (
        array.shape[1] not in CHANNELS or array.shape[3] < SIDES[0] <= array.shape[1]
    ):
        # Channels are last also in (N, 4, W, 3): no picture is narrower than SIDES[0] = 4 pixels.
        array = array.transpose(0, 3, 1, 2)
    if array.shape[1] not in CHANNELS:
        raise DataError(
            f"{name} has shape {array.shape}: neither axis 1 nor axis 3 is a number of channels "
            f"({', '.join(map(str, CHANNELS))}). Keep 1, 3 or 4 of them, such as array[:, :3], or "
            "array[..., :3] if they come last."
        )
    return np.array(array, order="C", copy=True)


def _picture_range(array: NDArray[Any], name: str) -> tuple[NDArray[Any], float, float]:
    """The array as uint8 or float32, and the centre and scale that bring it to [-1, 1]."""
    low, high = float(array.min()), float(array.max())
    found = f"{name} holds {array.dtype} values from {low:g} to {high:g}"
    if array.dtype.kind in "ui":
        if low < 0 or high > 255:
            raise DataError(f"{found}; expected 0 to 255. Rescale and convert to uint8 first.")
        if high <= 1 and array.size > 1 and high > 0:
            raise DataError(
                f"{found}: as 8-bit grey, this is almost black. Convert to bool, or multiply by 255."
            )
        return array.astype(np.uint8), 127.5, 127.5
    if low < -1 - ROUNDING or high > 1 + ROUNDING:
        cure = "convert to uint8" if low >= 0 and high <= 255 else "rescale"
        raise DataError(f"{found}; floats must lie in [0, 1] or [-1, 1]: {cure} first.")
    array = array.astype(np.float32)
    return (array.clip(0, 1), 0.5, 0.5) if low >= -ROUNDING else (array.clip(-1, 1), 0.0, 1.0)


def class_indices(labels: Any, count: int, name: str) -> tuple[torch.Tensor | None, tuple[str, ...]]:
    """Labels (N,) as class indices (N,), and the sorted names of the classes.

    Raises:
        DataError: the number of labels is not that of the samples, or almost every sample has its own label.
    """
    if labels is None:
        return None, ()
    called = f"{name}'s labels"
    array = _array(values_of(labels, called) if isinstance(labels, torch.Tensor) else labels, called)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 0:
        raise DataError(f"{called} are {quoted(labels)}; expected an array of {count:,}, one for each sample.")
    if array.ndim != 1 or len(array) != count:
        numbers = array.ndim == 2 and len(array) == count and array.dtype.kind in "uifb"
        one_hot = numbers and bool((array.astype(bool).sum(1) == 1).all())
        cure = " They look one-hot: give labels.argmax(1)." if one_hot else ""
        samples = counted(count, "sample")
        raise DataError(f"{name} has {samples} but labels of shape {array.shape}; expected ({count},).{cure}")
    if array.dtype.kind == "O":
        array = _of_one_type(array, name)
    if array.dtype.kind not in "uibUS":
        integral = array.dtype.kind == "f" and bool((array == array.round()).all())
        cure = " Convert them to integers first." if integral else ""
        raise DataError(f"{name} has labels of type {array.dtype}; expected integers or names.{cure}")
    values, indices = np.unique(array, return_inverse=True)
    if len(values) > 1000 or len(values) > max(2, count // 2):
        raise DataError(
            f"{name} has {len(values)} different labels for {counted(count, 'sample')}: are these labels?"
        )
    names = tuple(_text(values, place, name) for place in range(len(values)))
    if len(set(names)) < len(names) or max(map(len, names)) > LONGEST_NAME:
        raise DataError(
            f"{name} has labels that look the same, or have more than {LONGEST_NAME} characters: give each "
            "class a short name of its own."
        )
    return torch.from_numpy(indices.astype(np.int64)), names


def _of_one_type(labels: NDArray[Any], name: str) -> NDArray[Any]:
    """Labels that are Python objects, as in the columns of a table, as names or as integers."""
    missing = [place for place, label in enumerate(labels) if label is None or label != label]
    if missing:
        raise DataError(
            f"{name} has no label for {len(missing)} of {len(labels)} samples, first for sample {missing[0]}: "
            "fill them, or leave those samples out."
        )
    if all(isinstance(label, str) for label in labels):
        return labels.astype(str)
    if all(isinstance(label, int | np.integer) for label in labels):
        return labels.astype(np.int64)
    kinds = sorted({type(label).__name__ for label in labels})
    raise DataError(f"{name} has labels of types {quoted(kinds)}; expected only integers or only names.")


def _find(arrays: Arrays, keys: tuple[str, ...]) -> str | None:
    by_lower = {name.lower(): name for name in arrays}
    return next((by_lower[key] for key in keys if key in by_lower), None)


def _like_labels(arrays: Arrays, samples_key: str, count: int) -> str | None:
    """The name of another array with one value for each of ``count`` samples; None without one."""
    others = (name for name in arrays if name != samples_key and name.lower() != NAMES_KEY)
    shapes = {name: stored.shape for name in others if (stored := arrays[name])}
    return next((name for name, shape in shapes.items() if shape in ((count,), (count, 1))), None)


def _only_samples(arrays: Arrays) -> str | None:
    others = [name for name in arrays if arrays[name] and name.lower() not in (*LABEL_KEYS, NAMES_KEY)]
    return others[0] if len(others) == 1 else None
