"""Read numpy's .npy and .npz files; their headers are checked before memory is allocated."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from sparring.errors import DataError, quoted, reason

SUFFIX = ".npy"  # of the members of a zip
EXPECTED = "Expected numpy.save's .npy or numpy.savez's .npz, of numbers, not of Python objects."
MOST_PACKED = 200  # the largest ratio of unpacked to packed size, for large members of a zip
LARGE = 2**28  # bytes; members below this size may have any ratio
AXES = 32  # of an array, at most
BROKEN = (  # errors that numpy and zipfile raise for damaged files
    ValueError, TypeError, EOFError, RuntimeError, KeyError, IndexError, SyntaxError, OverflowError,
    AttributeError, NotImplementedError, TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Stored(NamedTuple):
    """An array in a file: its shape and type from the header, and a function that reads it."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], NDArray[Any]]


def opened(path: Path) -> Mapping[str, Stored | None]:
    """The arrays of a file by name, not yet read; that of a .npy is called "samples", non-arrays are None.

    Raises:
        DataError: the file is missing, unreadable, of Python objects, or shorter than its header says.
    """
    if not path.exists():
        raise DataError(f"there is no file {path}.")
    with _explained(path), path.open("rb") as file:
        if _is_array(file):
            return {"samples": _stored(file, path.stat().st_size, lambda: _read(path, None))}
        with zipfile.ZipFile(file) as zipped:
            return {
                member.filename.removesuffix(SUFFIX): _member(path, zipped, member)
                for member in zipped.infolist()
            }


def _member(path: Path, zipped: zipfile.ZipFile, member: zipfile.ZipInfo) -> Stored | None:
    with zipped.open(member) as file:
        if not _is_array(file):
            return None
        called, packed = f"its {quoted(member.filename)}", min(member.compress_size, path.stat().st_size)
        if member.file_size > max(LARGE, MOST_PACKED * packed):
            raise DataError(
                f"{called} claims to unpack {packed:,} bytes to {member.file_size:,}, more than "
                f"{MOST_PACKED} times as many. If this is right, save it uncompressed, with numpy.savez"
            )
        try:
            return _stored(file, member.file_size, lambda: _read(path, member))
        except DataError as error:
            raise DataError(f"{called} {error}") from error


def _read(path: Path, member: zipfile.ZipInfo | None) -> NDArray[Any]:
    with _explained(path):
        if member is None:
            array: NDArray[Any] = np.load(path, allow_pickle=False)
            return array
        with zipfile.ZipFile(path) as zipped, zipped.open(member) as file:
            return npy.read_array(file, allow_pickle=False)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn errors of the file, of numpy and of the system into plain messages."""
    try:
        yield
    except DataError as error:
        raise DataError(f"cannot read {path}: {error}. {EXPECTED}") from error
    except MemoryError as error:
        raise DataError(f"cannot read {path}: there is not enough free memory for it.") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {reason(error)}. {EXPECTED}") from error
    except BROKEN as error:
        raise DataError(f"cannot read {path}: it is damaged, or not an array. {EXPECTED}") from error


def _is_array(file: IO[bytes]) -> bool:
    return file.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX


def _stored(file: IO[bytes], size: int, read: Callable[[], NDArray[Any]]) -> Stored:
    """The header of an array in a file of ``size`` bytes, from which the first bytes were read already."""
    version = file.read(2)
    header = npy.read_array_header_1_0 if version == b"\1\0" else npy.read_array_header_2_0
    shape, _, dtype = header(file)
    if dtype.hasobject:
        raise DataError("holds Python objects; save numbers, and names as numpy.array(names, dtype=str)")
    if len(shape) > AXES or any(type(side) is not int or side < 0 for side in shape):
        raise DataError(f"has the shape {quoted(shape)} in its header")
    claimed, left = math.prod(shape) * dtype.itemsize, size - file.tell()
    if claimed > left:
        raise DataError(
            f"claims the shape {quoted(shape)}, which takes {quoted(claimed)} bytes; only {left:,} are there"
        )
    return Stored(shape, dtype, read)
