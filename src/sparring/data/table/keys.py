"""A number for each row, the same for equal rows of any file: ranks differ where values are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data.table.codec import Columns
from sparring.data.table.guess import Found, Raw, words_of

Bits = NDArray[np.uint64]
MISSING = 0x9E3779B97F4A7C15  # in place of the bits of a value


def of_columns(columns: Sequence[Raw], found: Sequence[Found]) -> Tensor:
    """The keys (N,), int64, of rows as they were read; of each column with what was found in it."""
    keys = np.zeros(len(columns[0].codes) if columns else 0, np.uint64)
    for raw, one in zip(columns, found, strict=True):
        bits = _of_words(words_of(raw)) if one.numbers is None else _of_numbers(one.column.type, one.numbers)
        keys += _mixed(np.append(bits, np.uint64(MISSING)), raw.name)[raw.codes]  # -1 is the last
    return torch.from_numpy(keys.view(np.int64))


def of_stored(codec: Columns, stored: NDArray[Any]) -> Tensor:
    """The keys (N,), int64, of stored rows (N, columns), by the values that they are decoded to."""
    keys = np.zeros(len(stored), np.uint64)
    for place, column in enumerate(codec.learnt):
        numbers = column.numbers(stored[:, place])
        if column.numeric:
            bits = _of_numbers(column.type, numbers)
        else:
            levels = np.append(_of_words(column.levels), np.uint64(MISSING))
            bits = levels[np.nan_to_num(numbers, nan=-1).astype(int)]
        keys += _mixed(bits, column.name)
    return torch.from_numpy(keys.view(np.int64))


def _of_numbers(kind: str, numbers: NDArray[np.float64]) -> Bits:
    """The bits (N,) of numbers; of fractions in single precision, as some files hold them."""
    values = (numbers.astype(np.float32) if kind == "number" else numbers).astype(np.float64) + 0.0
    return np.where(np.isnan(numbers), np.uint64(MISSING), values.view(np.uint64))


def _of_words(words: Iterable[str]) -> Bits:
    """The bits (N,) of words, without regard to case."""
    found = [hashlib.blake2b(word.casefold().encode(), digest_size=8).digest() for word in words]
    return np.frombuffer(b"".join(found), np.uint64)


def _mixed(bits: Bits, name: str) -> Bits:
    """Bits (N,) of values of a column, scattered, so that sums over columns tell rows apart (splitmix64)."""
    salt = _of_words([name])[0]
    mixed = bits ^ salt
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
