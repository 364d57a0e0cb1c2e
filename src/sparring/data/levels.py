"""Pictures of more than 8 bits a channel: which values a set has, and which of them become black and white."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, SAMPLEFORMAT, TiffImageFile

from sparring.errors import DataError

Ends = tuple[float, float]  # the values that become black and white
Array = NDArray[Any]
SIXTEEN: Ends = (0.0, 65535.0)
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
OTHER_BYTES = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}
LOOKED_AT = 2**16  # values of one picture that are counted
CODES = 2**16  # of float32 numbers in their order, the upper half of their bits
RARE = 1e-3  # share of the values that may lie beyond an end, where those are far away
FAR = 8.0  # times the span of the others
UNITS = [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]  # that fractions are usually in
FILLED = 0.25  # least share of a range that its values span, for the range to be taken whole


class Deep(NamedTuple):
    """A picture of more than 8 bits a channel.

    Attributes:
        values: (H, W), or (H, W, C) with alpha as the last of 2 or 4 channels.
        full: the least and the greatest value its type can have; None where that is not known.
        shown: as the file itself says to show it, in 8 bits; None where it does not say.
        inverted: whether the least value is white.
    """

    values: Array
    full: Ends | None
    shown: NDArray[np.uint8] | None = None
    inverted: bool = False


class Extent(NamedTuple):
    """Which values a picture has: the least and greatest, and how often each code of a number occurs."""

    low: float
    high: float
    whole: bool
    full: Ends | None
    codes: Array
    times: Array


class Depth(NamedTuple):
    """What was found of a set's deep pictures.

    Attributes:
        pictures: how many there are.
        told: how many of them say themselves how they are shown.
        low, high: the least and greatest value of all.
        own: the ends that fit all pictures that do not say so themselves; None where all do.
        clipped: whether rare values lie far beyond these.
        full: what the type of the first could hold, where that is known.
    """

    pictures: int
    told: int
    low: float
    high: float
    own: Ends | None
    clipped: bool
    full: Ends | None


def deep(picture: Image.Image, reopen: Callable[[], Image.Image]) -> Deep | None:
    """The values of a picture that was opened and not loaded; None of one of 8 bits.

    Args:
        reopen: opens the same once more: Pillow gives one of two bytes of colours at a time.
    """
    inverted = isinstance(picture, TiffImageFile) and picture.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0
    if picture.mode in SIXTEEN_BITS or (picture.mode == "I" and picture.format == "PNG"):
        return Deep(np.asarray(picture).astype(np.uint16), SIXTEEN, inverted=inverted)
    if picture.mode == "F":
        return Deep(_finite(np.asarray(picture)), None, inverted=inverted)
    if picture.mode == "I":
        unsigned = isinstance(picture, TiffImageFile) and picture.tag_v2.get(SAMPLEFORMAT, (1,))[0] == 1
        return Deep(np.asarray(picture, np.int32).view(np.uint32 if unsigned else np.int32), None)
    raw = _raw_mode(picture)
    order = next((order for order in OTHER_BYTES if raw.endswith(order)), None)
    if order is None or picture.mode not in ("RGB", "RGBA"):
        return None
    high = np.asarray(picture).astype(np.uint16)
    if raw.startswith("LA"):  # whose other bytes Pillow cannot be asked for
        return Deep(high * 257, SIXTEEN)
    with reopen() as opened:
        other: Any = opened
        other.tile = [
            tile._replace(args=_replaced(tile.args, order, OTHER_BYTES[order])) for tile in other.tile
        ]
        return Deep(high * 256 + np.asarray(other), SIXTEEN)


def eight_bit(picture: Deep, ends: Ends | None, as_told: bool = True) -> NDArray[np.uint8]:
    """A deep picture in 8 bits.

    Args:
        ends: the values that become black and white; None: those its type can have.
        as_told: whether what the file itself says goes first.

    Raises:
        DataError: a type without such values; the message is the reason alone.
    """
    if as_told and picture.shown is not None:
        return picture.shown
    ends = ends or picture.full
    if ends is None:
        raise DataError(
            "floating-point or 32-bit pixels have no full range: leave --levels out, or give LOW:HIGH"
        )
    found = _ramp(picture.values, ends)
    if picture.inverted:
        found = 255 - found
    if picture.values.ndim == 3 and picture.values.shape[2] in (2, 4):
        found[..., -1] = _ramp(picture.values[..., -1], picture.full or SIXTEEN)
    return found


def ramp(values: Array, ends: Ends) -> NDArray[np.uint8]:
    """Values as 8 bits, the ends as 0 and 255; where both are one, what is above it is white."""
    low, high = ends
    if low >= high:
        return np.where(values > low, np.uint8(255), np.uint8(0))
    wide = values.astype(np.float64)
    wide -= low
    wide *= 255 / (high - low)
    return np.rint(wide, out=wide).clip(0, 255).astype(np.uint8)


def extent(picture: Deep) -> Extent:
    """Which values a picture has, alpha left out; none are counted where the file says how it is shown."""
    values = picture.values
    if values.ndim == 3 and values.shape[2] in (2, 4):
        values = values[..., :-1]
    some = values.reshape(-1)[:: max(1, values.size // LOOKED_AT)]
    counted = some[:0] if picture.shown is not None else some
    codes, times = np.unique(_codes(counted.astype(np.float32)), return_counts=True)
    whole = values.dtype.kind in "ui" or bool((some == np.rint(some)).all())
    return Extent(float(values.min()), float(values.max()), whole, picture.full, codes, times)


class Tally:
    """What a set's deep pictures have together, gathered from one after another."""

    def __init__(self) -> None:
        self._pictures, self._told = 0, 0
        self._all: Ends | None = None
        self._asked: Ends | None = None  # of those that do not say themselves how they are shown
        self._full: Ends | None = None
        self._whole = True
        self._times = np.zeros(CODES, np.int64)

    def add(self, seen: Extent) -> None:
        ends = (seen.low, seen.high)
        self._pictures += 1
        self._all = _joined(self._all, ends)
        self._full = self._full or seen.full
        if not len(seen.codes):
            self._told += 1
            return
        self._asked = _joined(self._asked, ends)
        self._whole = self._whole and seen.whole
        self._times[seen.codes] += seen.times

    def depth(self) -> Depth | None:
        """All of it; None where there was no such picture."""
        if self._all is None:
            return None
        own, clipped = _own(self._asked, self._whole, self._times) if self._asked else (None, False)
        return Depth(self._pictures, self._told, *self._all, own, clipped, self._full)


def _joined(first: Ends | None, second: Ends) -> Ends:
    return (min(first[0], second[0]), max(first[1], second[1])) if first else second


def depth_of(values: Sequence[Any] | None) -> Depth | None:
    """The inverse of what JSON makes of a depth, a list."""
    if values is None:
        return None
    found = Depth(*values)
    return found._replace(own=found.own and (*found.own,), full=found.full and (*found.full,))


def _own(ends: Ends, whole: bool, times: NDArray[np.int64]) -> tuple[Ends, bool]:
    """The ends that show the values, and whether rare ones lie beyond."""
    low, high = ends
    share = times.cumsum() / times.sum()
    first, last = int(np.searchsorted(share, RARE, "right")), int(np.searchsorted(share, 1 - RARE))
    least, beyond = _number(first), _number(last + 1)  # of what is common, and above it
    if whole:
        least, beyond = math.ceil(least), math.ceil(beyond) - 1
    common = max(low, least), min(high, beyond)
    clipped = first < last and high - low > FAR * (common[1] - common[0])
    return _round(*(common if clipped else ends), whole), clipped


def _round(low: float, high: float, whole: bool) -> Ends:
    """The range of so many bits, or a usual one of fractions, where the values fill it; else their own."""
    if low == high:
        return (0.0, high) if high > 0 else (low, 0.0) if low < 0 else (0.0, 1.0)
    likely = [(0.0, 2.0 ** int(high).bit_length() - 1)] if whole and high >= 1 else UNITS
    for least, most in likely:
        if least <= low < high <= most and high - low >= FILLED * (most - least):
            return least, most
    return (low, high) if whole else (float(f"{low:.6g}"), float(f"{high:.6g}"))


def _ramp(values: Array, ends: Ends) -> NDArray[np.uint8]:
    if values.dtype == np.uint16 and values.size > CODES:  # a table takes less memory
        return ramp(np.arange(CODES), ends)[values]
    return ramp(values, ends)


def _codes(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The upper half of each number's bits, so that codes have the order of the numbers."""
    bits = values.view(np.uint32)
    ordered = np.where(bits >> 31, ~bits, bits | np.uint32(2**31))
    return (ordered >> 16).astype(np.uint16)


def _number(code: int) -> float:
    """The least number of a code."""
    ordered = np.uint32(min(code, CODES - 1) << 16)
    bits = ordered ^ np.uint32(2**31) if ordered >> np.uint32(31) else ~ordered
    number = float(np.array(bits, np.uint32).view(np.float32))
    return number if np.isfinite(number) else float(np.sign(number)) * float(np.finfo(np.float32).max)


def _finite(values: Array) -> Array:
    if not np.isfinite(values).all():
        raise DataError("pixels that are NaN or infinite: fill them first")
    return values


def _raw_mode(picture: Image.Image) -> str:
    """How Pillow says that the file stores its pixels, as RGB;16B."""
    for tile in getattr(picture, "tile", ()):
        args = tile.args[0] if isinstance(tile.args, tuple) else tile.args
        return args if isinstance(args, str) else ""
    return ""


def _replaced(args: Any, old: str, new: str) -> Any:
    if isinstance(args, tuple):
        return (args[0].replace(old, new), *args[1:])
    return args.replace(old, new)
