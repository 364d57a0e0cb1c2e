"""Decode one picture file to 8-bit pixels of a given size, in any mode that Pillow reads."""

from __future__ import annotations

import io
import lzma
import math
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import IMAGELENGTH, IMAGEWIDTH, TiffImageFile

from sparring.config.pictures import picture_levels
from sparring.data import dicom, levels
from sparring.data.crops import WHOLE, Box, Crops, scales
from sparring.data.levels import Deep, Ends, Extent
from sparring.errors import ConfigError, DataError, SparringError, reason

PNG, JPEGS = ".png", (".jpg", ".jpeg", ".jpe", ".jfif")
SUFFIXES = (PNG, *JPEGS, ".webp", ".gif", ".bmp", ".tif", ".tiff", *dicom.SUFFIXES)
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "DIB", "TIFF")  # the only decoders that are used
MOST_PIXELS = 89_478_485  # of one picture; Pillow's limit, above which it may be a decompression bomb
MOST_BYTES = 4 * MOST_PIXELS  # of one file
UNREADABLE = (  # errors that Pillow, zipfile and the system raise for broken files
    OSError, ValueError, TypeError, IndexError, KeyError, EOFError, SyntaxError, RuntimeError, OverflowError,
    AttributeError, struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile, Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)  # fmt: skip
FAINT = 16  # levels of 255; what differs less from its background is hardly seen
HALF = 0.5  # of a picture; less of it is little
LARGE = 4  # times the side of the form; a picture of twice this size or more is first averaged in blocks
ENLARGED = 1.25  # times, above which a picture counts as enlarged
GAP = 3.0  # times the form, to which a large patch is averaged before it is resized, which is faster
AVERAGED = ("L", "LA", "RGB", "RGBA", "CMYK")  # modes that can be averaged
ORIENTATION = 0x0112  # the EXIF tag
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Form:
    """The form to which every picture is brought.

    Attributes:
        width, height: in pixels.
        resize: "crop" keeps the centre, "fit" the whole picture with borders, "stretch" changes its
            proportions.
        channels: 1 grey, 3 colour (over the background), 4 with alpha; 0: 3, and 1 if all are grey.
        ends: values of pictures of more than 8 bits that become black and white; None: the limits of the type.
        as_declared: whether to follow files that say how to show them.
        crops: how patches are taken from each picture.
        background: the colour behind transparent pictures and of the borders; with alpha these are clear.
    """

    width: int
    height: int
    resize: str = "crop"
    channels: int = 0
    ends: Ends | None = None
    as_declared: bool = True
    crops: Crops = WHOLE
    background: str = "black"

    @property
    def decoded(self) -> int:
        """The number of channels of a decoded picture."""
        return self.channels or 3


def form_as_read(shape: Sequence[int], levels: str, background: str, resize: str) -> Form:
    """The form (C, H, W) of a picture that is read with the same options of files as others were."""
    channels, height, width = shape
    limits = picture_levels(levels)
    ends = None if isinstance(limits, str) else limits
    return Form(width, height, resize, channels, ends, limits == "auto", background=background)


class Size(NamedTuple):
    """The size of a picture as it is shown, in pixels."""

    width: int
    height: int


class Look(NamedTuple):
    """What is known of a picture before it is brought to a form.

    Attributes:
        size: as it is shown.
        several: whether the file has more than one frame or page; only the first is read.
        extent: the values of a picture of more than 8 bits; None for other pictures.
    """

    size: Size
    several: bool = False
    extent: Extent | None = None


def look(content: bytes) -> Look:
    """Look at a picture; it is decoded only if it has more than 8 bits.

    Raises:
        DataError: it is not a picture, or it is too large. The message is only the reason.
        ConfigError: it is a DICOM file and the package that reads it is missing.
    """
    try:
        if dicom.is_dicom(content):
            scan = dicom.read(content, _check_size)
            return Look(Size(scan.width, scan.height), scan.frames > 1, _extent(scan.pixels))
        with _opened(content) as picture:
            width, height = picture.size
            if isinstance(picture, TiffImageFile):  # some versions of Pillow give the size after turning
                width, height = picture.tag_v2[IMAGEWIDTH], picture.tag_v2[IMAGELENGTH]
            late = picture.format == "PNG" and "exif" not in picture.info  # to search for EXIF would decode it
            turned = not late and 5 <= _orientation(picture) <= 8
            several = _several(picture)
            deep = levels.deep(picture, lambda: _opened(content))
    except ConfigError:
        raise
    except UNREADABLE as error:
        raise DataError(reason_of(error)) from error
    return Look(Size(height, width) if turned else Size(width, height), several, _extent(deep))


def _extent(found: Deep | NDArray[np.uint8] | None) -> Extent | None:
    return levels.extent(found) if isinstance(found, Deep) else None


class Patches(NamedTuple):
    """Some patches of a picture of this size."""

    size: Size
    boxes: Sequence[Box]


class Picture(NamedTuple):
    """A picture in its form, or patches of it.

    Attributes:
        pixels: (N, height, width, channels); N is 1, or the number of patches.
        clear: whether the file is transparent somewhere.
    """

    pixels: NDArray[np.uint8]
    clear: bool


def decode(content: bytes, form: Form) -> NDArray[np.uint8]:
    """The pixels (height, width, form.decoded) of a file; see ``decoded``."""
    pixels: NDArray[np.uint8] = decoded(content, form).pixels[0]
    return pixels


def decoded(content: bytes, form: Form, patches: Patches | None = None) -> Picture:
    """Decode the first frame of a file, turned as EXIF says, and bring it, or patches of it, to its form.

    Raises:
        DataError: the file is broken, or the range of its values is not known. The message is only the reason.
        ConfigError: it is a DICOM file and the package that reads it is missing.
    """
    try:
        least = _least(form, patches)
        upright = _scan(content, form) if dicom.is_dicom(content) else _upright(content, form, least)
        flat, clear = _channels(_reduced(upright, least), form.decoded, form.background)
        parts = _cut(flat, patches, form) if patches else [_placed(flat, form)]
        shape = (len(parts), form.height, form.width, form.decoded)
        return Picture(np.stack([np.asarray(part, np.uint8) for part in parts]).reshape(shape), clear)
    except ConfigError:
        raise
    except UNREADABLE as error:
        raise DataError(reason_of(error)) from error


def _least(form: Form, patches: Patches | None) -> tuple[float, float]:
    """The (width, height) of a picture that has the form, or of one whose smallest patch may have it."""
    if patches is None:
        return form.width, form.height
    smallest, _ = scales(form.crops, patches.size, (form.width, form.height))
    return patches.size.width / smallest, patches.size.height / smallest


def _cut(picture: Image.Image, patches: Patches, form: Form) -> list[Image.Image]:
    """The patches of a picture, which may have been decoded at a smaller size."""
    across, down = picture.width / patches.size.width, picture.height / patches.size.height
    parts = []
    for box in patches.boxes:
        width, height = max(1, round(box.width * across)), max(1, round(box.height * down))
        left = min(round(box.left * across), picture.width - width)
        top = min(round(box.top * down), picture.height - height)
        part = picture.crop((left, top, left + width, top + height))
        size, method = (form.width, form.height), Image.Resampling.LANCZOS
        parts.append(part.resize(size, method, reducing_gap=GAP))
    return parts


def _upright(content: bytes, form: Form, least: tuple[float, float]) -> Image.Image:
    """The picture in 8 bits, turned as EXIF says."""
    with _opened(content) as picture:
        if picture.format == "JPEG":  # large pictures are decoded at an eighth, a quarter or half their size
            side = math.ceil(2 * max(least))
            picture.draft(None, (side, side))
        deep = levels.deep(picture, lambda: _opened(content))
        picture.load()
        turn = UPRIGHT.get(_orientation(picture))
        shallow = Image.fromarray(levels.eight_bit(deep, form.ends)) if deep else picture
        return shallow if turn is None else shallow.transpose(turn)


def _scan(content: bytes, form: Form) -> Image.Image:
    pixels = dicom.read(content, _check_size).pixels
    if isinstance(pixels, Deep):
        pixels = levels.eight_bit(pixels, form.ends, form.as_declared)
    return Image.fromarray(pixels)


def is_grey(pixels: NDArray[np.uint8]) -> bool:
    """Whether the three channels of (H, W, 3) are equal everywhere."""
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())


def _opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=FORMATS)
    _check_size(picture.width, picture.height)
    return picture


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise DataError(f"{width} x {height} pixels; at most {MOST_PIXELS:,} are read")
    if width * height == 0:
        raise DataError("no pixels")


def _several(picture: Image.Image) -> bool:
    try:
        return picture.format != "JPEG" and bool(getattr(picture, "is_animated", False))
    except UNREADABLE:  # a later frame is damaged, which is not read
        return False


def _orientation(picture: Image.Image) -> int:
    """The orientation that EXIF gives; 1, upright, if there is none or it is damaged."""
    try:
        found = picture.getexif().get(ORIENTATION, 1)
    except UNREADABLE:
        return 1
    return found if isinstance(found, int) else 1


def _channels(picture: Image.Image, channels: int, background: str) -> tuple[Image.Image, bool]:
    """The picture as L, RGB (over the background) or RGBA, and whether it is transparent somewhere."""
    clear = False
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        clear = picture.getchannel("A").getextrema() != (255, 255)
    if channels == 4:
        return picture.convert("RGBA"), clear
    if clear:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, background), picture)
    if picture.mode == "L" and channels == 1:
        return picture, clear
    return picture.convert("RGB").convert("L" if channels == 1 else "RGB"), clear


def _reduced(picture: Image.Image, least: tuple[float, float]) -> Image.Image:
    """A picture far larger than ``least``, averaged over blocks, so that later copies take little memory."""
    factor = int(min(picture.width / (LARGE * least[0]), picture.height / (LARGE * least[1])))
    return picture.reduce(factor) if factor > 1 and picture.mode in AVERAGED else picture


def _placed(picture: Image.Image, form: Form) -> Image.Image:
    """The picture in the size of the form; a picture that has this size is not changed."""
    size, method = (form.width, form.height), Image.Resampling.LANCZOS
    if picture.size == size:
        return picture
    if form.resize == "crop":
        return ImageOps.fit(picture, size, method)
    if form.resize == "stretch":
        return picture.resize(size, method)
    scale = min(form.width / picture.width, form.height / picture.height)
    width, height = (max(1, round(scale * side)) for side in picture.size)
    inside = picture.resize((width, height), method)
    sheet = Image.new(picture.mode, size, 0 if picture.mode == "RGBA" else form.background)  # 0 is clear
    sheet.paste(inside, ((form.width - inside.width) // 2, (form.height - inside.height) // 2))
    return sheet


def enlarges(size: Size, form: Form) -> bool:
    """Whether a picture of this size is enlarged so much, across or down, that it is worth a word."""
    across, down = form.width / size.width, form.height / size.height
    return (min(across, down) if form.resize == "fit" else max(across, down)) > ENLARGED


def cuts(size: Size, form: Form) -> bool:
    """Whether a crop keeps less than half of a picture of this size."""
    across, down = size.width / form.width, size.height / form.height
    return form.resize == "crop" and not form.crops.count and min(across, down) < HALF * max(across, down)


def hides(content: bytes, pixels: NDArray[np.uint8], form: Form, patches: Patches | None = None) -> bool:
    """Whether a transparent picture is not seen before its background, and would be before another.

    Args:
        pixels: (N, height, width, channels) of the picture in its form.
    """
    if form.channels == 4 or int((pixels.max((0, 1, 2)) - pixels.min((0, 1, 2))).max()) >= FAINT:
        return False
    alpha = decoded(content, replace(form, channels=4), patches).pixels[..., 3]
    return int(alpha.max() - alpha.min()) >= FAINT


def reason_of(error: BaseException) -> str:
    """Why a file is broken, in a few words of our own, without its name."""
    if isinstance(error, SparringError):
        return str(error)
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"it claims more than the {MOST_PIXELS:,} pixels that are read"
    if isinstance(error, OSError) and error.errno:
        return reason(error)
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, or a damaged one"
    return "damaged or cut short"


def as_png(picture: Image.Image) -> bytes:
    """The bytes of a PNG file of a picture."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
