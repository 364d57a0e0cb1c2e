"""numpy's .npy and .npz files, whose headers are checked before any memory is taken for what they claim."""

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

SUFFIX = ".npy"  # of a zip's members
EXPECTED = "Expected numpy.save's .npy or numpy.savez's .npz, of numbers, not of Python objects."
MOST_PACKED = 200  # times a member's size in the zip that it may unpack to, where that is
LARGE = 2**28  # bytes or more; no set of pictures is that empty
AXES = 32  # of an array at most
BROKEN = (  # what numpy and zipfile raise over damaged files
    ValueError, TypeError, EOFError, RuntimeError, KeyError, IndexError, SyntaxError, OverflowError,
    AttributeError, NotImplementedError, TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Stored(NamedTuple):
    """An array in a file: what its header says, and how to read it."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], NDArray[Any]]


def opened(path: Path) -> Mapping[str, Stored | None]:
    """The arrays of a file by name, not yet read; the one of a .npy is called "samples". None: no array.

    Raises:
        DataError: missing, unreadable, of Python objects, or claiming more than is there.
    """
    if not path.exists():
        raise DataError(f"there is no file {path}.")
    with _told(path), path.open("rb") as file:
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
                f"{called} claims {member.file_size:,} bytes out of {packed:,}, more than "
                f"{MOST_PACKED} times as many. If that is meant, save it uncompressed, with numpy.savez"
            )
        try:
            return _stored(file, member.file_size, lambda: _read(path, member))
        except DataError as error:
            raise DataError(f"{called} {error}") from error


def _read(path: Path, member: zipfile.ZipInfo | None) -> NDArray[Any]:
    with _told(path):
        if member is None:
            array: NDArray[Any] = np.load(path, allow_pickle=False)
            return array
        with zipfile.ZipFile(path) as zipped, zipped.open(member) as file:
            return npy.read_array(file, allow_pickle=False)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Faults of the file, of numpy and of the system in our words."""
    try:
        yield
    except DataError as error:
        raise DataError(f"cannot read {path}: {error}. {EXPECTED}") from error
    except MemoryError as error:
        raise DataError(f"cannot read {path}: the memory that is free is too small for it.") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {reason(error)}. {EXPECTED}") from error
    except BROKEN as error:
        raise DataError(f"cannot read {path}: it is damaged, or no array. {EXPECTED}") from error


def _is_array(file: IO[bytes]) -> bool:
    return file.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX


def _stored(file: IO[bytes], size: int, read: Callable[[], NDArray[Any]]) -> Stored:
    """An array of which so many bytes are there, its header among them; the mark before it is read already."""
    version = file.read(2)
    header = npy.read_array_header_1_0 if version == b"\1\0" else npy.read_array_header_2_0
    shape, _, dtype = header(file)
    if dtype.hasobject:
        raise DataError("holds Python objects; save numbers, and names as numpy.array(names, dtype=str)")
    if len(shape) > AXES or any(type(side) is not int or side < 0 for side in shape):
        raise DataError(f"has the shape {quoted(shape)} in its header")
    claimed, there = math.prod(shape) * dtype.itemsize, size - file.tell()
    if claimed > there:
        raise DataError(
            f"claims the shape {quoted(shape)}, which takes {quoted(claimed)} bytes, and {there:,} are there"
        )
    return Stored(shape, dtype, read)
