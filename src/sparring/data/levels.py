"""Convert pictures of more than 8 bits per channel: find the values of a set that become black and white."""

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
SIXTEEN: Ends = (0.0, 65535.0)
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
OTHER_BYTES = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}
LOOKED_AT = 2**16  # values that are counted in one picture
CODES = 2**16  # number of codes; a code is the upper half of the bits of a float32, in order of the numbers
RARE = 1e-3  # share of the values beyond an end that may be cut off if they are far away
FAR = 8.0  # times the span of the common values, from which rare values count as far away
UNITS = [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]  # the usual ranges of fractions
FILLED = 0.25  # a full range is used if the values span at least this share of it


class Deep(NamedTuple):
    """A picture of more than 8 bits per channel.

    Attributes:
        values: (H, W), or (H, W, C) with alpha as the last of 2 or 4 channels.
        full: the least and the greatest value of its type; None if it is not known.
        shown: the picture in 8 bits, as the file says to show it; None if it does not say.
        inverted: whether the least value is white.
    """

    values: NDArray[Any]
    full: Ends | None
    shown: NDArray[np.uint8] | None = None
    inverted: bool = False


class Extent(NamedTuple):
    """The values of a picture: the least and greatest, and how often each code occurs (see CODES).

    Attributes:
        low, high: the least and greatest value.
        integral: whether all values are integers.
        full: the least and greatest value of the type; None if it is not known.
        codes, times: the codes that occur, and how often.
    """

    low: float
    high: float
    integral: bool
    full: Ends | None
    codes: NDArray[Any]
    times: NDArray[Any]


class Depth(NamedTuple):
    """What was found in the pictures of a set that have more than 8 bits.

    Attributes:
        pictures: how many there are.
        declared: how many of them say in the file how to show them.
        low, high: the least and greatest value of all.
        own: the ends that fit all other pictures; None if there are none.
        clipped: whether rare values lie far beyond ``own``.
        full: the least and greatest value of the type of the first picture; None if it is not known.
    """

    pictures: int
    declared: int
    low: float
    high: float
    own: Ends | None
    clipped: bool
    full: Ends | None


def deep(picture: Image.Image, reopen: Callable[[], Image.Image]) -> Deep | None:
    """The values of a picture that was opened but not loaded; None if it has 8 bits.

    Args:
        reopen: opens the picture again, since Pillow reads only one of the two bytes of a colour at a time.
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
    if raw.startswith("LA"):  # Pillow cannot read the other bytes
        return Deep(high * 257, SIXTEEN)
    with reopen() as opened:
        other: Any = opened
        other.tile = [
            tile._replace(args=_replaced(tile.args, order, OTHER_BYTES[order])) for tile in other.tile
        ]
        return Deep(high * 256 + np.asarray(other), SIXTEEN)


def eight_bit(picture: Deep, ends: Ends | None, as_declared: bool = True) -> NDArray[np.uint8]:
    """Convert a deep picture to 8 bits.

    Args:
        ends: the values that become black and white; None: the limits of its type.
        as_declared: whether to follow the file if it says how to show it.

    Raises:
        DataError: the limits of its type are not known. The message is only the reason.
    """
    if as_declared and picture.shown is not None:
        return picture.shown
    ends = ends or picture.full
    if ends is None:
        raise DataError(
            "floating-point or 32-bit pixels have no full range: leave --levels out, or give LOW:HIGH"
        )
    found = _quick_ramp(picture.values, ends)
    if picture.inverted:
        found = 255 - found
    if picture.values.ndim == 3 and picture.values.shape[2] in (2, 4):
        found[..., -1] = _quick_ramp(picture.values[..., -1], picture.full or SIXTEEN)
    return found


def ramp(values: NDArray[Any], ends: Ends) -> NDArray[np.uint8]:
    """Values in 8 bits, with the ends as 0 and 255; if the ends are equal, greater values are white."""
    low, high = ends
    if low >= high:
        return np.where(values > low, np.uint8(255), np.uint8(0))
    wide = values.astype(np.float64)
    wide -= low
    wide *= 255 / (high - low)
    return np.rint(wide, out=wide).clip(0, 255).astype(np.uint8)


def extent(picture: Deep) -> Extent:
    """The values of a picture without alpha; they are not counted if the file says how to show it."""
    values = picture.values
    if values.ndim == 3 and values.shape[2] in (2, 4):
        values = values[..., :-1]
    some = values.reshape(-1)[:: max(1, values.size // LOOKED_AT)]
    counted = some[:0] if picture.shown is not None else some
    codes, times = np.unique(_codes(counted.astype(np.float32)), return_counts=True)
    integral = values.dtype.kind in "ui" or bool((some == np.rint(some)).all())
    return Extent(float(values.min()), float(values.max()), integral, picture.full, codes, times)


class Tally:
    """Collects the values of all deep pictures of a set, one picture at a time."""

    def __init__(self) -> None:
        self._pictures, self._declared = 0, 0
        self._all: Ends | None = None
        self._undeclared: Ends | None = None  # of the pictures whose files do not say how to show them
        self._full: Ends | None = None
        self._integral = True
        self._times = np.zeros(CODES, np.int64)

    def add(self, extent: Extent) -> None:
        """Add the values of one picture."""
        ends = (extent.low, extent.high)
        self._pictures += 1
        self._all = _joined(self._all, ends)
        self._full = self._full or extent.full
        if not len(extent.codes):
            self._declared += 1
            return
        self._undeclared = _joined(self._undeclared, ends)
        self._integral = self._integral and extent.integral
        self._times[extent.codes] += extent.times

    def depth(self) -> Depth | None:
        """What was collected; None if there was no deep picture."""
        if self._all is None:
            return None
        ends = self._undeclared
        own, clipped = _own_ends(ends, self._integral, self._times) if ends else (None, False)
        return Depth(self._pictures, self._declared, *self._all, own, clipped, self._full)


def _joined(first: Ends | None, second: Ends) -> Ends:
    return (min(first[0], second[0]), max(first[1], second[1])) if first else second


def depth_of(values: Sequence[Any] | None) -> Depth | None:
    """Read a depth that JSON has stored as a list."""
    if values is None:
        return None
    found = Depth(*values)
    return found._replace(own=found.own and (*found.own,), full=found.full and (*found.full,))


def _own_ends(ends: Ends, integral: bool, times: NDArray[np.int64]) -> tuple[Ends, bool]:
    """The ends that show the values, and whether rare values lie far beyond them."""
    low, high = ends
    share = times.cumsum() / times.sum()
    first, last = int(np.searchsorted(share, RARE, "right")), int(np.searchsorted(share, 1 - RARE))
    least, beyond = _number(first), _number(last + 1)  # the least common value, and the least above them
    if integral:
        least, beyond = math.ceil(least), math.ceil(beyond) - 1
    common = max(low, least), min(high, beyond)
    clipped = first < last and high - low > FAR * (common[1] - common[0])
    return _round(*(common if clipped else ends), integral), clipped


def _round(low: float, high: float, integral: bool) -> Ends:
    """A usual range for fractions, or for a number of bits, if the values fill it; else their own range."""
    if low == high:
        return (0.0, high) if high > 0 else (low, 0.0) if low < 0 else (0.0, 1.0)
    likely = [(0.0, 2.0 ** int(high).bit_length() - 1)] if integral and high >= 1 else UNITS
    for least, most in likely:
        if least <= low < high <= most and high - low >= FILLED * (most - least):
            return least, most
    return (low, high) if integral else (float(f"{low:.6g}"), float(f"{high:.6g}"))


def _quick_ramp(values: NDArray[Any], ends: Ends) -> NDArray[np.uint8]:
    if values.dtype == np.uint16 and values.size > CODES:  # a table takes less memory
        table = ramp(np.arange(CODES), ends)
        return np.take(table, values)
    return ramp(values, ends)


def _codes(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The code of each number: the upper half of its bits, changed so that codes are in order."""
    bits = values.view(np.uint32)
    ordered = np.where(bits >> 31, ~bits, bits | np.uint32(2**31))
    return (ordered >> 16).astype(np.uint16)


def _number(code: int) -> float:
    """The least number with this code."""
    ordered = np.uint32(min(code, CODES - 1) << 16)
    bits = ordered ^ np.uint32(2**31) if ordered >> np.uint32(31) else ~ordered
    number = float(np.array(bits, np.uint32).view(np.float32))
    return number if np.isfinite(number) else float(np.sign(number)) * float(np.finfo(np.float32).max)


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    if not np.isfinite(values).all():
        raise DataError("pixels that are NaN or infinite: fill them first")
    return values


def _raw_mode(picture: Image.Image) -> str:
    """How the file stores its pixels, in Pillow's terms, such as RGB;16B."""
    for tile in getattr(picture, "tile", ()):
        args = tile.args[0] if isinstance(tile.args, tuple) else tile.args
        return args if isinstance(args, str) else ""
    return ""


def _replaced(args: Any, old: str, new: str) -> Any:
    if isinstance(args, tuple):
        return (args[0].replace(old, new), *args[1:])
    return args.replace(old, new)
