"""DICOM: windows, inversion, rescaling and colours as the file says; what cannot be read says what to do."""

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG2MPML,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from sparring.cli.main import main
from sparring.data import pictures
from sparring.data.folders import from_folder
from sparring.data.pictures import Form
from sparring.errors import ConfigError, DataError
from test_pictures import saved

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR UI", "ignore:The value length")
SHAPE = (16, 16)
RAMP = np.arange(256).reshape(SHAPE) * 16  # of 12 bits
COLOURS = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3))


def described(values: np.ndarray, bits: int = 12, **facts: Any) -> Dataset:
    """A file of these values before it is written."""
    made, meta = Dataset(), FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, CTImageStorage
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = "1.2.3"
    made.file_meta, made.SOPClassUID, made.Modality = meta, CTImageStorage, "CT"
    made.Rows, made.Columns = SHAPE
    made.PixelRepresentation = 0
    made.SamplesPerPixel = 3 if values.shape[-1] == 3 else 1
    if made.SamplesPerPixel == 3:
        made.PlanarConfiguration = 0
    made.PhotometricInterpretation = "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit = 8 if bits <= 8 else 16, bits, bits - 1
    for name, value in facts.items():
        setattr(made, name, value)
    kind = f"<{'i' if made.PixelRepresentation else 'u'}{made.BitsAllocated // 8}"
    made.PixelData = values.astype(kind).tobytes()
    return made


def written(made: Dataset, **options: Any) -> bytes:
    file = io.BytesIO()
    made.save_as(file, **options or {"enforce_file_format": True})
    return file.getvalue()


def scan(values: np.ndarray = RAMP, bits: int = 12, **facts: Any) -> bytes:
    return written(described(values, bits, **facts))


def shown(content: bytes, **form: Any) -> np.ndarray:
    return pictures.decode(content, Form(16, 16, channels=1, **form))[..., 0]


def line(low: float, high: float, values: np.ndarray = RAMP) -> np.ndarray:
    return ((values - low) / (high - low)).clip(0, 1) * 255


WINDOWS: dict[str, tuple[dict[str, Any], np.ndarray]] = {  # of DICOM PS3.3 C.11.2
    "linear": ({"WindowCenter": 2048, "WindowWidth": 1001}, line(1547.5, 2547.5)),
    "linear, exact": (
        {"WindowCenter": 2048, "WindowWidth": 1000, "VOILUTFunction": "LINEAR_EXACT"},
        line(1548, 2548),
    ),
    "sigmoid": (
        {"WindowCenter": 2048, "WindowWidth": 1000, "VOILUTFunction": "SIGMOID"},
        255 / (1 + np.exp(-4 * (RAMP - 2048) / 1000)),
    ),
    "a threshold": ({"WindowCenter": 2048, "WindowWidth": 1}, 255.0 * (RAMP > 2047.5)),
    "the first of two": ({"WindowCenter": [2048, 40], "WindowWidth": [1001, 80]}, line(1547.5, 2547.5)),
    "of Hounsfield units": (
        {"RescaleSlope": 2, "RescaleIntercept": -1024, "WindowCenter": 40.5, "WindowWidth": 401},
        line(-160, 240, RAMP * 2 - 1024),
    ),
    "inverted": (
        {"PhotometricInterpretation": "MONOCHROME1", "WindowCenter": 2048, "WindowWidth": 1001},
        255 - line(1547.5, 2547.5),
    ),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_grey_is_shown_through_the_files_window(name: str) -> None:
    facts, expected = WINDOWS[name]
    assert np.abs(shown(scan(**facts)) - expected).max() <= 1


def test_a_table_of_grey_goes_before_a_window() -> None:
    table = Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 12])
    table.add_new("LUTData", "OW", np.arange(4095, -1, -1).astype("<u2").tobytes())
    content = scan(VOILUTSequence=Sequence([table]), WindowCenter=1, WindowWidth=2)
    assert np.abs(shown(content) - (255 - line(0, 4095))).max() <= 1


def test_levels_are_in_the_files_units_and_go_before_its_window() -> None:
    content = scan(RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)
    expected = line(-1000, 2000, RAMP - 1024)
    assert np.abs(shown(content, ends=(-1000.0, 2000.0), as_declared=False) - expected).max() <= 1


def test_full_is_what_the_stored_bits_hold() -> None:
    signed = RAMP - 2048
    assert np.abs(shown(scan(signed, PixelRepresentation=1)) - line(-2048, 2047, signed)).max() <= 1
    assert np.abs(shown(scan(PhotometricInterpretation="MONOCHROME1")) - (255 - line(0, 4095))).max() <= 1


def test_colours_are_kept_and_8_bits_are_as_they_are() -> None:
    colours = scan(COLOURS, 8, PhotometricInterpretation="RGB")
    assert (pictures.decode(colours, Form(16, 16)) == COLOURS).all()
    flat = np.full((*SHAPE, 3), (76, 85, 255))  # red in Y, Cb, Cr
    red = pictures.decode(scan(flat, 8, PhotometricInterpretation="YBR_FULL"), Form(16, 16))
    assert np.abs(red.astype(int) - (255, 0, 0)).max() <= 2
    grey = scan(RAMP // 16, 8)
    assert (shown(grey) == RAMP // 16).all()
    assert pictures.look(grey).extent is None


def test_files_of_many_frames_are_shown_by_the_window_of_their_groups() -> None:
    window, units, frame = Dataset(), Dataset(), Dataset()
    window.WindowCenter, window.WindowWidth = 40.5, 401
    units.RescaleSlope, units.RescaleIntercept = 1, -1024
    frame.FrameVOILUTSequence = Sequence([window])
    frame.PixelValueTransformationSequence = Sequence([units])
    content = scan(
        np.stack([RAMP, RAMP // 2]), NumberOfFrames=2, SharedFunctionalGroupsSequence=Sequence([frame])
    )
    assert pictures.look(content).several
    assert np.abs(shown(content) - line(-160, 240, RAMP - 1024)).max() <= 1


def encapsulated(syntax: str, content: bytes = b"none", bits: int = 12) -> bytes:
    made = described(RAMP, bits)
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = encapsulate([content])
    made["PixelData"].VR = "OB"
    return written(made)


def lacking(name: str) -> bytes:
    made = described(RAMP, Modality="SR")
    del made[name]
    return written(made)


REFUSED = {
    "no pixels": (lambda: lacking("PixelData"), r"^a DICOM file without pixels \('SR'\)$"),
    "no rows": (lambda: lacking("Rows"), "^a damaged DICOM file$"),
    "cut": (lambda: scan()[:-100], "^a damaged DICOM file$"),
    "JPEG-LS": (lambda: encapsulated(JPEGLSLossless), "^compressed as 'JPEG-LS.*Run: pip install pylibjpeg "),
    "video": (lambda: encapsulated(MPEG2MPML), "^compressed as 'MPEG2.*cannot be read: save it uncompressed$"),
    "damaged JPEG 2000": (lambda: encapsulated(JPEG2000Lossless), "^a damaged DICOM file$"),
    "deflated": (
        lambda: encapsulated(DeflatedExplicitVRLittleEndian),
        "^a file compressed as a whole .deflated., which cannot be read: save it uncompressed$",
    ),
    "large": (lambda: scan(Rows=20_000, Columns=20_000), "^20000 x 20000 pixels; at most"),
    "unknown": (
        lambda: scan(PhotometricInterpretation="HSV"),
        "^pixels of the kind 'HSV', which cannot be read$",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_says_why(name: str) -> None:
    make, said = REFUSED[name]
    with pytest.raises(DataError, match=said):
        pictures.decode(make(), Form(16, 16))


def test_run_length_encoding_is_read() -> None:
    made = pydicom.dcmread(io.BytesIO(scan()))
    made.compress(RLELossless)
    assert np.abs(shown(written(made)) - line(0, 4095)).max() <= 1


@pytest.mark.parametrize(("syntax", "kind"), [(JPEG2000Lossless, "JPEG2000"), (JPEGBaseline8Bit, "JPEG")])
def test_pictures_inside_are_read_with_what_is_there_anyway(syntax: str, kind: str) -> None:
    grey = np.tile(np.arange(0, 256, 16, dtype=np.uint8), (16, 1))
    inside = saved(Image.fromarray(grey), kind, **({"quality": 100} if kind == "JPEG" else {}))
    assert np.abs(shown(encapsulated(syntax, inside, bits=8)).astype(int) - grey).max() <= 2


def test_old_files_without_a_head_are_read() -> None:
    made = described(RAMP)
    bare = Dataset()
    bare.update({element.tag: element for element in made})
    assert np.abs(shown(written(bare, implicit_vr=True, little_endian=True)) - line(0, 4095)).max() <= 1


@pytest.mark.filterwarnings("ignore")
def test_a_file_with_any_damaged_byte_is_read_or_refused() -> None:
    content, surprises = scan(RescaleSlope=1, RescaleIntercept=0, WindowCenter=9, WindowWidth=9), set()
    for place in range(128, len(content) - 512, 2):
        damaged = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
        try:
            pictures.decode(damaged, Form(16, 16))
        except DataError:
            pass
        except Exception as error:
            surprises.add(f"{type(error).__name__}: {error}")
    assert not surprises


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scans by all the names that scanners give them, and what lies beside them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study").mkdir()
    for k, name in enumerate(("a.dcm", "b.DICOM", "c.ima", "IM0001", "1.2.840.113619.7")):
        (tmp_path / "study" / name).write_bytes(scan(RAMP // (k + 1)))
    (tmp_path / "study/README").write_text("no scan")
    (tmp_path / "study/DICOMDIR").write_bytes(scan())
    return tmp_path / "study"


def test_scans_are_found_in_folders_and_zips_whatever_their_names(study: Path) -> None:
    with zipfile.ZipFile("study.zip", "w") as file:
        for path in study.iterdir():
            file.write(path, path.name)
    for data in (from_folder(study), from_folder("study.zip")):
        assert data.samples.shape == (5, 1, 16, 16)
        assert int(data.samples.max()) == 254  # of 4095
        assert data.origin is not None
        assert (data.origin.others, data.origin.options["levels"]) == (2, "0:4095")


def test_windows_stay_those_of_the_files(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in study.iterdir():
        if path.name not in ("README", "DICOMDIR"):
            path.write_bytes(scan(WindowCenter=2048, WindowWidth=1001))
    assert main(["data", "study"]) == 0
    said = capsys.readouterr()
    assert "5 of them say which become black and white" in said.out
    assert "--levels" not in said.err
    origin = from_folder(study).origin
    assert origin is not None
    assert origin.options["levels"] == "auto"


def test_without_the_package_its_install_line_is_given(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(
        ConfigError, match=r"DICOM files need a package .* Run: pip install 'sparring\[dicom\]'"
    ):
        from_folder(study)
    for path in study.iterdir():
        path.unlink()
    Image.new("L", (8, 8)).save(study / "1.png")
    assert len(from_folder(study)) == 1
