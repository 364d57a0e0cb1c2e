"""Pictures of more than 8 bits: one scale for a set, by the values that it has, said, chosen and kept."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import TINY_LINE
from sparring.cli.main import main
from sparring.config.groups import Config
from sparring.data import levels, pictures
from sparring.data.folders import from_folder
from sparring.data.levels import Deep, Depth, Tally
from sparring.data.pictures import Form
from sparring.errors import ConfigError, DataError
from sparring.kinds import find
from sparring.runs.folder import RunFolder
from test_pictures import png, saved

SIDE = 16
SHAPE = (SIDE, SIDE)
RNG = np.random.default_rng(0)
TWELVE = RNG.integers(0, 4096, (20, *SHAPE)).astype(np.uint16)
TWELVE[0, 0, 0], TWELVE[-1, -1, -1] = 0, 4095

NARROW = RNG.integers(1000, 1301, (4, 64, 64))
TAIL = np.tile([-4.0, -2.0, 1.0, 4.0], (4, 64, 16))  # one value a thousand lies far below
TAIL[0, 0, 0] = -9000.0


def folder_of(path: Path, files: list[bytes], suffix: str = "png") -> Path:
    path.mkdir()
    for k, content in enumerate(files):
        (path / f"{k:03}.{suffix}").write_bytes(content)
    return path


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty pictures of 12 bits in files of 16, in the working folder."""
    monkeypatch.chdir(tmp_path)
    return folder_of(tmp_path / "scans", [saved(Image.fromarray(values)) for values in TWELVE])


def found(values: np.ndarray, full: levels.Ends | None = levels.SIXTEEN) -> Depth:
    tally = Tally()
    for picture in values:
        tally.add(levels.extent(Deep(picture, full)))
    depth = tally.depth()
    assert depth is not None
    return depth


def test_twelve_bits_in_sixteen_are_no_black_sheet_and_it_is_said(scans: Path) -> None:
    data = from_folder(scans)
    expected = np.round(TWELVE / 4095 * 255)
    assert np.abs(data.samples[:, 0].numpy() - expected).max() <= 1
    assert data.origin is not None
    assert data.origin.options["levels"] == "0:4095"
    (note,) = data.origin.notes
    assert note.startswith("values 0 to 4,095 in 20 pictures of more than 8 bits; 0 becomes black, 4,095 white")
    assert "--levels full" in note


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (RNG.integers(0, 65536, (4, 64, 64)), (0, 65535)),
        (RNG.integers(0, 2, (4, 64, 64)), (0, 1)),
        (NARROW, (1000, 1300)),
        (RNG.integers(-1000, 3001, (4, 64, 64)), (-1000, 3000)),
        (np.full((2, 4, 4), 77), (0, 77)),
        (np.full((2, 4, 4), -77), (-77, 0)),
        (np.zeros((2, 4, 4)), (0, 1)),
        (RNG.random((4, 64, 64)), (0, 1)),
        (RNG.random((4, 64, 64)) * 2 - 1, (-1, 1)),
        (RNG.random((4, 64, 64)) * 250, (0, 255)),
        (TAIL, (-4.0, 4.0)),
        (np.array([[[-700.123456789, 0.5], [3, 900.5]]]), (-700.123, 900.5)),
    ],
    ids=lambda values: f"{np.min(values):.4g} to {np.max(values):.4g}",
)
def test_the_ends_hold_all_values_and_are_not_far_from_them(values: Any, expected: levels.Ends) -> None:
    assert found(values).own == expected


def test_a_hot_pixel_does_not_make_all_others_black() -> None:
    hot = TWELVE.copy()
    hot[7, 3, 3] = 65535
    depth = found(hot)
    assert (depth.high, depth.own, depth.clipped) == (65535, (0, 4095), True)
    assert not found(TWELVE).clipped


def test_a_dark_field_with_few_stars_keeps_them() -> None:
    stars = np.zeros((20, *SHAPE), np.uint16)
    stars[3, 4, 5] = 60_000
    assert found(stars).own == (0, 65535)


@pytest.mark.parametrize(
    ("option", "darkest", "brightest"), [("full", 0, 16), ("0:2000", 0, 255), ("2000:10000", 0, 67)]
)
def test_levels_are_chosen(scans: Path, option: str, darkest: int, brightest: int) -> None:
    data = from_folder(scans, levels=option)
    assert (int(data.samples.min()), int(data.samples.max())) == (darkest, brightest)
    assert data.origin is not None
    assert data.origin.options["levels"] == option


def test_levels_that_show_nothing_are_told_with_those_that_do(scans: Path) -> None:
    origin = from_folder(scans, levels="full").origin
    assert origin is not None
    assert "there is almost no contrast. --levels 0:4095 fits these values" in origin.notes[0]


@pytest.mark.parametrize("option", ["0", "5:5", "9:1", "a:b", "0:inf", "nan:1", "1:2:3", "", "x" * 500])
def test_levels_that_are_none(option: str) -> None:
    with pytest.raises(ConfigError, match="expected auto, full, or LOW:HIGH") as told:
        Config().replace(levels=option)
    assert len(str(told.value)) < 200


COLOURS = RNG.integers(0, 4096, (5, 7, 3)).astype(np.uint16)
OPAQUE = np.full((5, 7, 1), 65535, np.uint16)


def colour_tiff() -> bytes:
    """16-bit colours as an uncompressed TIFF, which Pillow reads and does not write."""
    data, start = COLOURS.astype("<u2").tobytes(), 8 + 2 + 12 * 9 + 4
    tags = {256: 7, 257: 5, 258: start, 259: 1, 262: 2, 273: start + 6, 277: 3, 278: 5, 279: len(data)}
    rows = (
        struct.pack("<HHII", tag, 3 if tag == 258 else 4, 3 if tag == 258 else 1, tags[tag]) for tag in tags
    )
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(rows) + bytes(4)
    return head + struct.pack("<3H", 16, 16, 16) + data


DEEP: dict[str, tuple[Callable[[], bytes], np.ndarray]] = {
    "colour": (lambda: png(COLOURS, 2), COLOURS),
    "colour and alpha": (lambda: png(np.concatenate([COLOURS, OPAQUE], 2), 6), COLOURS),
    "colour TIFF": (colour_tiff, COLOURS),
    "big-endian TIFF": (
        lambda: saved(Image.frombytes("I;16B", (7, 5), COLOURS[..., 0].astype(">u2").tobytes()), "TIFF"),
        COLOURS[..., :1],
    ),
    "packed TIFF": (
        lambda: saved(Image.fromarray(COLOURS[..., 0]), "TIFF", compression="tiff_deflate"),
        COLOURS[..., :1],
    ),
    "float TIFF": (
        lambda: saved(Image.fromarray(COLOURS[..., 0].astype(np.float32)), "TIFF"),
        COLOURS[..., :1],
    ),
    "32-bit TIFF": (lambda: saved(Image.fromarray(COLOURS[..., 0].astype(np.int32)), "TIFF"), COLOURS[..., :1]),
}


@pytest.mark.parametrize("name", DEEP)
def test_all_bits_of_every_kind_of_file_are_used(name: str) -> None:
    make, values = DEEP[name]
    content = make()
    extent = pictures.look(content).extent
    assert extent is not None
    assert (extent.low, extent.high) == (values.min(), values.max())
    decoded = pictures.decode(content, Form(7, 5, ends=(0.0, 4095.0)))
    assert np.abs(decoded - np.round(values / 4095 * 255)).max() <= 1


def test_grey_that_is_white_at_0_is_turned() -> None:
    content = saved(Image.fromarray(COLOURS[..., 0]), "TIFF", tiffinfo={262: 0})
    decoded = pictures.decode(content, Form(7, 5, ends=(0.0, 4095.0)))
    assert np.abs(decoded[..., 0] - (255 - np.round(COLOURS[..., 0] / 4095 * 255))).max() <= 1


def test_a_run_keeps_its_levels_for_all_that_is_read_beside_it(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = [*TINY_LINE, "--samples-seen", "32", "--out", "run"]
    assert main(["train", "scans", *line]) == 0
    assert RunFolder(tmp_path / "run").config.files.levels == "0:4095"
    darker = folder_of(tmp_path / "darker", [saved(Image.fromarray(values // 4)) for values in TWELVE])
    asked: list[str] = []
    inner = find.dataset

    def noted(*args: Any, **options: Any) -> Any:
        asked.extend([options["levels"]] if "levels" in options else [])
        return inner(*args, **options)

    monkeypatch.setattr(find, "dataset", noted)
    measure = ["--quick", "--count", "20", "--draws", "1", "--features", "pixels"]
    assert main(["evaluate", "run", "--held-out", str(darker), *measure]) == 0
    assert main(["evaluate", "--real", "scans", "--fake", "darker", "--out", "told.json", *measure]) == 0
    assert asked == ["0:4095", "auto", "0:4095"]


def test_a_second_start_with_the_levels_that_were_found_decodes_nothing(
    scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = from_folder(scans)
    monkeypatch.setattr("sparring.data.store.decode", lambda *_: pytest.fail("decoded"))
    second = from_folder(scans, levels="0:4095")
    assert first.origin is not None
    assert second.origin is not None
    assert first.origin.path == second.origin.path


def test_levels_below_0_can_be_typed(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "scans", "--levels", "-1000:4095"]) == 0
    assert "-1,000 becomes black, 4,095 white" in capsys.readouterr().out


def test_levels_for_pictures_of_8_bits_are_told_to_do_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder_of(tmp_path / "plain", [saved(Image.new("L", SHAPE, k)) for k in range(3)])
    assert main(["data", "plain", "--levels", "0:4095"]) == 0
    assert "plain has more than 8 bits, so --levels has no effect" in capsys.readouterr().err


def test_fractions_have_no_full_range(tmp_path: Path) -> None:
    content = saved(Image.fromarray(RNG.random(SHAPE).astype(np.float32)), "TIFF")
    with pytest.raises(DataError, match="no full range: leave --levels out, or give LOW:HIGH"):
        from_folder(folder_of(tmp_path / "fractions", [content], "tif"), levels="full")


def test_a_broken_file_beside_fractions_is_no_broken_set(tmp_path: Path) -> None:
    files = [saved(Image.fromarray(RNG.random(SHAPE).astype(np.float32)), "TIFF") for _ in range(9)]
    odd = saved(Image.fromarray(RNG.random((8, 8)).astype(np.float32)), "TIFF")
    data = from_folder(folder_of(tmp_path / "fractions", [*files, odd], "tif"), size="auto", max_broken=0.2)
    assert data.spec.shape == (1, 16, 16)
    assert len(data) == 10  # the odd one is sound


def test_several_pages_are_told(tmp_path: Path) -> None:
    pages = [Image.fromarray(values) for values in TWELVE[:3]]
    content = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    origin = from_folder(folder_of(tmp_path / "stacks", [content], "tif")).origin
    assert origin is not None
    assert origin.notes[0].startswith("1 file with several frames or pages: only the first of each is read.")
