"""Samples to the eye and to the disk: sheets, scatter plots, animations and files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from sparring import kinds
from sparring.data.arrays import from_array
from sparring.data.codec import Affine
from sparring.data.spec import Origin, Spec
from sparring.errors import ConfigError
from sparring.kinds import image, sheets, writers
from sparring.kinds import points as points_kind

GREY = Spec("image", (1, 4, 6), Affine("uint8", (127.5,), (127.5,)), ("a", "b/c"))
UNIT = Spec("image", (3, 4, 4), Affine("float32", (0.5,), (0.5,)))
PLANE = Spec("points", (2,), Affine("float32", (0.0,), (2.0,), bounded=False))


@pytest.mark.parametrize(
    ("shape", "size", "channels"),
    [((3, 64, 64), "64", "3"), ((1, 24, 32), "32x24", "1"), ((4, 9, 8), "8x9", "4")],
)
def test_pictures_are_read_like_those_of_a_spec(shape: tuple[int, ...], size: str, channels: str) -> None:
    spec = Spec("image", shape, Affine("uint8", (127.5,), (127.5,)))
    assert kinds.of(spec).read_like(spec) == {"size": size, "channels": channels}


def test_a_grid_places_its_tiles() -> None:
    tiles = np.zeros((5, 1, 4, 6), np.uint8)
    tiles[3] = 200
    picture = image.sheet(tiles, GREY, columns=3, gap=2)
    assert picture.size == (3 * 8 + 2, 2 * 6 + 2)
    pixels = np.asarray(picture)
    assert (pixels[8:12, 2:8] == 200).all()
    assert (pixels == 200).sum() == 24


def test_float_pictures_become_bytes() -> None:
    values = np.array([0.0, 0.5, 1.0, 2.0], np.float32)
    tiles = np.broadcast_to(values[:, None, None, None], (4, 3, 4, 4))
    assert image.tiles(tiles, UNIT)[:, 0, 0, 0].tolist() == [0, 128, 255, 255]


def test_points_are_scattered_where_they_are() -> None:
    picture = np.asarray(
        points_kind.scatter(np.array([[2.0, 0.0]] * 500 + [[np.nan, 1.0], [99.0, 0.0]]), PLANE, side=101)
    )
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert (row, column) == (50, 90)
    assert (picture > 0).sum() == 1


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.webp", "a.npz", "deeper/a.png", "folder"])
def test_files(tmp_path: Path, name: str) -> None:
    tiles = np.random.default_rng(0).integers(0, 256, (3, 1, 4, 6), dtype=np.uint8)
    labels, path = np.array([0, 1, 0]), tmp_path / name
    kinds.of(GREY).save(tiles, labels, GREY, path, None)
    if path.suffix == ".npz":
        with np.load(path) as content:
            assert (content["samples"] == tiles).all()
            assert content["labels"].tolist() == [0, 1, 0]
            assert content["class_names"].tolist() == ["a", "b/c"]
    elif path.suffix:
        with Image.open(path) as picture:
            assert getattr(picture, "n_frames", 1) == (1 if path.suffix == ".png" else 3)
    else:
        names = ["00000-a.png", "00001-b_c.png", "00002-a.png"]
        assert sorted(p.name for p in path.iterdir()) == names
        assert (np.asarray(Image.open(path / names[1])) == tiles[1, 0]).all()


def test_files_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"a.jpeg: accepted are .png, .gif, .webp, .npz, a folder for pictures"
    ):
        kinds.of(GREY).save(np.zeros((1, 1, 4, 6), np.uint8), None, GREY, tmp_path / "a.jpeg")
    with pytest.raises(ConfigError, match=r"a.gif: accepted are .png, .npz for points"):
        kinds.of(PLANE).save(np.zeros((1, 2), np.float32), None, PLANE, tmp_path / "a.gif")
    with pytest.raises(ConfigError, match="no frames"):
        sheets.animate([], tmp_path / "a.gif")


@pytest.mark.parametrize(("count", "size"), [(1, (10, 8)), (2, (18, 8)), (4, (18, 14)), (5, (26, 14))])
def test_a_grid_is_about_square(count: int, size: tuple[int, int]) -> None:
    assert image.sheet(np.zeros((count, 1, 4, 6), np.uint8), GREY).size == size


def test_a_grid_of_points_is_a_scatter_plot() -> None:
    points = np.array([[0.0, 0.0], [1.0, 1.0]], np.float32)
    sheet = kinds.of(PLANE).sheet(points, PLANE)
    assert np.array_equal(np.asarray(sheet), np.asarray(points_kind.scatter(points, PLANE)))


def test_points_on_a_line_are_scattered_along_the_middle() -> None:
    line = Spec("points", (1,), Affine("float32", (0.0,), (1.0,), bounded=False))
    rows, columns = np.nonzero(np.asarray(points_kind.scatter(np.array([[-1.0], [1.0]]), line, side=101)))
    assert rows.tolist() == [50, 50]
    assert columns.tolist() == [10, 90]


def test_an_animation_rests_on_its_last_frame(tmp_path: Path) -> None:
    frames = [Image.new("L", (4, 4), level) for level in (0, 100, 200)]
    sheets.animate(frames, tmp_path / "a.gif", seconds=0.3)
    with Image.open(tmp_path / "a.gif") as picture:
        durations = []
        for k in range(picture.n_frames):
            picture.seek(k)
            durations.append(picture.info["duration"])
        assert durations == [100, 100, 1500]
        assert picture.info["loop"] == 0


def test_arrays_without_labels_have_none(tmp_path: Path) -> None:
    kinds.of(PLANE).save(np.zeros((2, 2), np.float32), None, PLANE, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as content:
        assert content.files == ["samples"]


def test_colours_survive_a_png(tmp_path: Path) -> None:
    spec = Spec("image", (3, 4, 4), Affine("uint8", (127.5,), (127.5,)))
    tiles = np.random.default_rng(0).integers(0, 256, (1, 3, 4, 4), dtype=np.uint8)
    kinds.of(spec).save(tiles, None, spec, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert np.array_equal(np.asarray(picture)[2:6, 2:6], tiles[0].transpose(1, 2, 0))


def test_samples_are_described_in_words() -> None:
    assert kinds.of(GREY).describe(GREY) == "6 x 4 pixels, grey"
    assert kinds.of(PLANE).describe(PLANE) == "point of shape (2,)"


def test_small_vectors_of_pictures_are_at_most_16_pixels_a_side() -> None:
    wide = torch.arange(2.0).repeat_interleave(16).expand(1, 1, 3, 32)
    assert torch.equal(image.coarse(wide), torch.arange(2.0).repeat_interleave(8).expand(3, 16).flatten()[None])


def test_lines_of_pixels_have_no_pattern_of_upsampling() -> None:
    line = torch.rand(2, 1, 1, 8, generator=torch.Generator().manual_seed(0))
    assert image.IMAGE.measured(line, line, GREY) == {}
    assert kinds.of(PLANE).measured(torch.ones(2, 2), torch.ones(2, 2), PLANE) == {}


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown kind of data 'imgae'. Did you mean 'image'"):
        kinds.of("imgae")


def test_a_spec_that_does_not_fit_its_kind_is_told() -> None:
    assert kinds.of(GREY).problem(GREY) == kinds.of(PLANE).problem(PLANE) == ""
    assert (
        image.problem(replace(GREY, shape=(2, 4, 6)))
        == "shape: [2, 4, 6] does not fit pictures; accepted: [1, 3 or 4 channels, height, width]"
    )
    assert "[1, 24] does not fit pictures" in image.problem(replace(GREY, shape=(1, 24)))
    assert "6 and 6 numbers" in image.problem(replace(GREY, codec=Affine("float32", (0.0,) * 6, (1.0,) * 6)))
    assert (
        points_kind.problem(replace(PLANE, shape=(1, 2)))
        == "shape: [1, 2] does not fit points; accepted: [numbers]"
    )


@pytest.mark.parametrize("data", [np.zeros((3, 4, 4)), np.eye(3)])
def test_specs_of_arrays_are_what_their_kind_says(data: NDArray[np.float64]) -> None:
    spec = from_array(data).spec
    kind = kinds.of(spec)
    assert spec.codec == kind.codec(spec.to_dict())
    assert (len(spec.shape), kind.problem(spec)) == (len(kind.axes.split()), "")


@pytest.mark.parametrize("column", [0, 2])
def test_a_column_with_a_value_far_from_all_others_is_told_of(column: int) -> None:
    rows = np.random.default_rng(0).normal(size=(501, 3)).astype(np.float32)
    rows[-1, column] = 1e6
    said = kinds.of("points").warning(from_array(rows))
    assert said is not None
    assert f"column {column} goes from" in said
    assert "to 1e+06, but 98% of its values lie between -2." in said
    assert "0.002 of them are very far off" in said


@pytest.mark.parametrize("law", ["normal", "lognormal", "mostly zero", "one row"])
def test_columns_with_long_ends_are_not(law: str) -> None:
    rng = np.random.default_rng(0)
    rows = {
        "normal": rng.normal(size=(30_000, 2)),
        "lognormal": rng.lognormal(size=(30_000, 2)),
        "mostly zero": (rng.random((30_000, 2)) > 0.999) * 5.0,
        "one row": np.ones((2, 2)) * [[0.0], [1.0]],
    }[law].astype(np.float32)
    assert kinds.of("points").warning(from_array(rows)) is None


@pytest.mark.parametrize(
    ("levels", "facts", "warned"),
    [("full", {}, True), ("auto", {}, False), ("full", {image.VALUES: "16 bits"}, False)],
)
def test_levels_that_have_no_effect_are_warned_of(levels: str, facts: dict[str, str], warned: bool) -> None:
    data = from_array(np.zeros((4, 8, 8), np.uint8), name="scans")
    found = image.warning(replace(data, origin=Origin({"levels": levels}, facts=facts)))
    assert found == ("no picture in scans has more than 8 bits, so --levels has no effect." if warned else None)


@pytest.mark.parametrize(
    ("background", "resize", "facts", "warned"),
    [
        ("white", "crop", {}, True),
        ("white", "crop", {image.CLEAR: "all"}, False),
        ("white", "fit", {}, False),
        ("black", "crop", {}, False),
    ],
)
def test_a_background_that_has_no_effect_is_warned_of(
    background: str, resize: str, facts: dict[str, str], warned: bool
) -> None:
    data = from_array(np.zeros((4, 8, 8), np.uint8), name="scans")
    options = {"levels": "auto", "background": background, "resize": resize}
    found = image.warning(replace(data, origin=Origin(options, facts=facts)))
    assert found == ("no picture in scans is transparent, so --background has no effect." if warned else None)
    assert image.warning(data) is None


def test_pictures_are_read_to_be_compared_in_their_own_size_and_the_channels_of_the_others() -> None:
    free = {"size": "auto", "resize": "fit", "channels": "auto"}
    assert image.comparable(free, None) == {"size": None, "resize": "crop", "channels": "auto"}
    assert image.comparable(free, UNIT)["channels"] == "3"
    assert image.comparable(free, PLANE)["channels"] == "auto"
    chosen = {"size": "32", "resize": "fit", "channels": "1"}
    assert image.comparable(chosen, UNIT) == chosen


def test_a_long_name_of_a_class_fits_in_the_name_of_a_file() -> None:
    name = writers.drawn_name(7, "语" * 200 + "/..")
    assert len(name.encode()) < 255
    assert writers.drawn_number(name) == "00007"


@pytest.mark.parametrize(("side", "columns"), [(28, 8), (128, 8), (160, 6), (256, 4), (512, 4)])
def test_sheets_of_large_pictures_have_fewer_columns(side: int, columns: int) -> None:
    assert image.columns(Spec("image", (3, side, side), Affine("uint8", (127.5,), (127.5,)))) == columns
