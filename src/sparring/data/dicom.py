"""Read DICOM files, the pictures of medicine. Only this file uses the package ``pydicom``."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparring.data.levels import Deep, Ends, ramp
from sparring.errors import ConfigError, DataError, quoted

INSTALL = "pip install 'sparring[dicom]'"
INSTALL_DECODERS = "pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
SUFFIXES = (".dcm", ".dicom", ".ima")
HEAD = 132  # bytes by which a DICOM file is recognised: 128 of any value, then DICM
INDEX = "DICOMDIR"  # a list of the files beside it, without pixels
BARE = (2, 8)  # the groups with which old files without that head begin
DEFLATED = b"1.2.840.10008.1.2.1.99"  # marks files compressed as a whole, whose size cannot be checked
GREY = ("MONOCHROME1", "MONOCHROME2")
OF_FRAMES = ("FrameVOILUTSequence", "PixelValueTransformationSequence")  # in files with many frames


class Scan(NamedTuple):
    """The first frame of a file: grey values of a scanner, or 8-bit colours (H, W, 3) or grey (H, W)."""

    pixels: Deep | NDArray[np.uint8]
    frames: int

    @property
    def height(self) -> int:
        return self._shape[0]

    @property
    def width(self) -> int:
        return self._shape[1]

    @property
    def _shape(self) -> tuple[int, ...]:
        return (self.pixels.values if isinstance(self.pixels, Deep) else self.pixels).shape


def is_dicom(content: bytes) -> bool:
    """Whether a file that begins with this content is DICOM."""
    bare = len(content) > 8 and content[0] in BARE and content[1] == content[3] == 0
    return content[128:HEAD] == b"DICM" or bare


def may_be(name: str) -> bool:
    """Whether a file without a DICOM suffix may be DICOM by its name: scanners number their files."""
    bare, dot, suffix = name.rpartition(".")
    return name != INDEX and (not dot or not bare or suffix.isdigit())


def read(content: bytes, check_size: Callable[[int, int], None]) -> Scan:
    """Read the first frame of a file, with the grey levels that the file asks for.

    Args:
        check_size: raises DataError for a width and height that are too large; called before decoding.

    Raises:
        ConfigError: the package is missing.
        DataError: the file has no pixels, is damaged, or is compressed in a way that cannot be read. The
            message is only the reason.
    """
    try:
        import pydicom
    except ImportError as error:
        raise ConfigError(f"DICOM files need a package that is not installed. Run: {INSTALL}") from error
    if DEFLATED in content[:1024]:
        raise DataError("a file compressed as a whole (deflated), which cannot be read: save it uncompressed")
    try:
        header: Any = pydicom.dcmread(io.BytesIO(content), force=True)
        if not any(key in header for key in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
            raise DataError(f"a DICOM file without pixels{_modality(header)}")
        check_size(int(header.Columns), int(header.Rows))
        _check_compression(header)
        frames = int(header.get("NumberOfFrames") or 1)
        _flatten(header)
        return Scan(_first(header), frames)
    except (DataError, MemoryError):
        raise
    except Exception as error:  # pydicom raises many types for damaged files
        raise DataError("a damaged DICOM file") from error


def _modality(header: Any) -> str:
    """The type of file in brackets, such as " (SR)" for a report; "" if it is not known."""
    return f" ({quoted(str(header.Modality), 16)})" if "Modality" in header else ""


def _check_compression(header: Any) -> None:
    from pydicom.pixels.decoders.base import get_decoder

    if "TransferSyntaxUID" not in header.file_meta:  # in files without a head
        from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

        implicit, _ = header.original_encoding
        header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    syntax = header.file_meta.TransferSyntaxUID
    called = quoted(str(syntax.name), 120)
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise DataError(f"compressed as {called}, which cannot be read: save it uncompressed") from error
    if not decoder.is_available:
        raise DataError(f"compressed as {called}. Run: {INSTALL_DECODERS}")


def _flatten(header: Any) -> None:
    """Copy what a file with many frames says about its first frame to where files with one frame say it."""
    for place in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        groups = (header.get(place) or [None])[0]
        for key in OF_FRAMES:
            for element in (groups.get(key) or [()])[0] if groups is not None else ():
                header[element.tag] = element


def _first(header: Any) -> Deep | NDArray[np.uint8]:
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
    from pydicom.pixels.utils import pixel_array

    stored: NDArray[Any] = pixel_array(header, index=0)
    kind = str(header.PhotometricInterpretation)
    if kind == "PALETTE COLOR":
        stored = apply_color_lut(stored, header)
    if stored.ndim == 3:
        return stored if stored.dtype == np.uint8 else Deep(stored, _full(header, stored))
    if kind not in (*GREY, "PALETTE COLOR"):
        raise DataError(f"pixels of the kind {quoted(kind)}, which cannot be read")
    values = apply_modality_lut(stored, header)
    inverted = kind == "MONOCHROME1"
    if values.dtype.kind == "f":
        values = values.astype(np.float32)
        if not np.isfinite(values).all():
            raise DataError("pixels that are NaN or infinite: fill them first")
    ends = _full(header, values)
    shown = _as_declared(header, values)
    if shown is None and values.dtype == np.uint8 and ends == (0.0, 255.0):
        return 255 - values if inverted else values
    if shown is not None and inverted:
        shown = 255 - shown
    return Deep(values, ends, shown, inverted)


def _full(header: Any, values: NDArray[Any]) -> Ends | None:
    """The least and greatest value of the stored bits, rescaled as the pixels are; None for floats."""
    if "BitsStored" not in header:
        return None
    bits = int(header.BitsStored)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if header.PixelRepresentation else (0, 2**bits - 1)
    if header.get("ModalityLUTSequence"):
        return 0.0, 2.0 ** int(header.ModalityLUTSequence[0].LUTDescriptor[2]) - 1
    slope, intercept = float(header.get("RescaleSlope") or 1), float(header.get("RescaleIntercept") or 0)
    ends = sorted((low * slope + intercept, high * slope + intercept))
    return ends[0], ends[1]


def _as_declared(header: Any, values: NDArray[Any]) -> NDArray[np.uint8] | None:
    """The pixels in 8 bits by the file's table or window (DICOM PS3.3 C.11.2); None if it has neither."""
    from pydicom.pixels.processing import apply_voi

    table = (header.get("VOILUTSequence") or [{}])[0]
    if "LUTDescriptor" in table and "LUTData" in table:
        integers = np.rint(values).astype(np.int64)
        return ramp(apply_voi(integers, header), (0.0, 2.0 ** int(table.LUTDescriptor[2]) - 1))
    centre, width = _number(header.get("WindowCenter")), _number(header.get("WindowWidth"))
    if centre is None or width is None or width <= 0:
        return None
    kind = str(header.get("VOILUTFunction") or "LINEAR").upper()
    if kind == "SIGMOID":
        curve = np.clip(-4 * (values.astype(np.float32) - centre) / width, -80, 80)
        return ramp(1 / (1 + np.exp(curve)), (0.0, 1.0))
    if kind == "LINEAR":
        centre, width = centre - 0.5, max(width - 1, 0.0)
    return ramp(values, (centre - width / 2, centre + width / 2))


def _number(value: Any) -> float | None:
    """A finite number, the first one of a list; None if there is none."""
    if value is None or value == "":
        return None
    number = float(value if isinstance(value, (int, float, str)) else value[0])
    return number if np.isfinite(number) else None
