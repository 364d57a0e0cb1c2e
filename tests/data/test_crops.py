"""Patches of large pictures: inside, of all scales, the same every time, and held out picture by picture."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import TINY_LINE
from sparring.cli.main import main
from sparring.config.groups import Config
from sparring.data import split, store
from sparring.data.crops import Crops, boxes
from sparring.data.folders import from_folder
from sparring.data.pictures import Form, Patches, Size, decoded
from sparring.errors import ConfigError, DataError
from sparring.runs.folder import RunFolder

DIGEST = 64 * "7"


def test_patches_lie_inside_with_the_proportions_of_the_form_and_all_scales() -> None:
    found = boxes(Crops(2000, 0.25, 1.0), DIGEST, (400, 300), (20, 10))
    sides = np.array([box.width for box in found]) / 400  # the largest patch is 400 x 200
    for box in found:
        assert box.width == pytest.approx(2 * box.height)
        assert 0 <= box.left <= box.left + box.width <= 400 + 1e-9
        assert 0 <= box.top <= box.top + box.height <= 300 + 1e-9
    assert 0.25 <= sides.min() < 0.26
    assert 0.98 < sides.max() <= 1.0
    assert np.mean(sides < 0.5) == pytest.approx(0.5, abs=0.04)  # as many in each doubling
    middles = np.array([box.left / (400 - box.width) for box in found])
    assert np.mean(middles < 0.5) == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize(
    ("size", "low", "high"),
    [((400, 400), 40, 100), ((80, 80), 40, 40), ((30, 60), 30, 30)],  # nothing is enlarged if it need not be
)
def test_patches_have_as_many_pixels_as_the_form_if_the_picture_has(
    size: tuple[int, int], low: float, high: float
) -> None:
    widths = [box.width for box in boxes(Crops(200, 0.01, 0.25), DIGEST, size, (40, 40))]
    assert low == pytest.approx(min(widths), rel=0.05)
    assert high == pytest.approx(max(widths), rel=0.05)


def test_patches_follow_from_the_seed_and_the_picture() -> None:
    def of(digest: str = DIGEST, **crops: float) -> object:
        return boxes(Crops(3, **crops), digest, (90, 90), (8, 8))  # type: ignore[arg-type]

    assert of() == of()
    assert of() != of(seed=1)
    assert of() != of("8" + DIGEST[1:])
    assert boxes(Crops(2), DIGEST, (90, 90), (8, 8)) == of()[:2]  # type: ignore[index]


def coordinates(side: int) -> Image.Image:
    """A picture whose red grows to the right and whose green grows downwards."""
    line = np.linspace(0, 255, side).astype(np.uint8)
    red, green = np.meshgrid(line, line)
    return Image.fromarray(np.stack([red, green, np.full_like(red, 9)], 2))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_patches_show_their_places_also_where_the_picture_is_decoded_smaller(kind: str) -> None:
    file = io.BytesIO()
    coordinates(1024).save(file, kind, **({"quality": 95} if kind == "JPEG" else {}))
    crops = Crops(20, 0.3, 1.0)
    found = boxes(crops, DIGEST, (1024, 1024), (16, 16))
    pixels = decoded(file.getvalue(), Form(16, 16, crops=crops), Patches(Size(1024, 1024), found)).pixels
    assert pixels.shape == (20, 16, 16, 3)
    for box, patch in zip(found, pixels.astype(float), strict=True):
        centre = np.array([box.left + box.width / 2, box.top + box.height / 2]) / 1024 * 255
        assert np.abs(patch.mean((0, 1))[:2] - centre).max() < 4
        assert patch[:, -1, 0].mean() - patch[:, 0, 0].mean() == pytest.approx(
            box.width / 1024 * 255 * 15 / 16, abs=6
        )


def test_a_turned_picture_is_cut_as_it_is_seen() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned to the right
    file = io.BytesIO()
    coordinates(64).crop((0, 0, 64, 32)).save(file, "PNG", exif=turned)
    patches = Patches(Size(32, 64), boxes(Crops(9), DIGEST, (32, 64), (8, 8)))
    pixels = decoded(file.getvalue(), Form(8, 8, crops=Crops(9)), patches).pixels
    for box, patch in zip(patches.boxes, pixels, strict=True):  # red grows downwards now
        assert patch[..., 0].mean() == pytest.approx((box.top + box.height / 2) / 64 * 255, abs=6)


@pytest.fixture
def paintings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten pictures of 40 x 60 pixels, each of one colour, in two folders."""
    monkeypatch.chdir(tmp_path)
    for k in range(10):
        path = tmp_path / "paintings" / ("old", "new")[k % 2] / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 60), (20 * k, 9, 9)).save(path)
    return tmp_path / "paintings"


def test_patches_of_a_folder_stand_together_with_the_label_of_their_picture(paintings: Path) -> None:
    found = from_folder(paintings, size=8, crops=3, labels="folders")
    assert found.samples.shape == (30, 3, 8, 8)
    assert found.class_counts == [15, 15]
    assert found.samples[:, 0, 4, 4].tolist() == [
        20 * k for k in (1, 3, 5, 7, 9, 0, 2, 4, 6, 8) for _ in range(3)
    ]
    assert found.origin is not None
    assert found.origin.facts["patches"] == "3 of each of 10, at 0.2 to 1 of its size"
    assert found.origin.options["crops"] == 3
    assert from_folder(paintings, crops=1, size=None).samples.shape == (10, 3, 64, 64)


def test_patches_are_the_same_again_and_whatever_other_pictures_there_are(paintings: Path) -> None:
    coordinates(90).save(paintings / "new/z.png")
    first = from_folder(paintings, size=8, crops=4).samples
    Image.new("RGB", (40, 60), (1, 2, 3)).save(paintings / "new/a.png")
    again = from_folder(paintings, size=8, crops=4).samples
    place = 4 * 5  # of the patches of z.png, after five others
    assert torch.equal(first[place : place + 4], again[place + 4 : place + 8])
    other = from_folder(paintings, size=8, crops=4, crop_seed=1).samples
    assert not torch.equal(again[place + 4 : place + 8], other[place + 4 : place + 8])


@pytest.mark.parametrize(("share", "apart"), [(0.2, 2), (0.01, 1), (0.33, 4)])
def test_whole_pictures_are_held_out(paintings: Path, share: float, apart: int) -> None:
    data = from_folder(paintings, size=8, crops=5)
    rest, kept = split.split_hold_out(data, share)
    colours = [set(part.samples[:, 0, 0, 0].tolist()) for part in (rest, kept)]
    assert (len(kept), len(rest)) == (5 * apart, 50 - 5 * apart)
    assert (len(colours[0]), len(colours[1])) == (10 - apart, apart)
    assert not colours[0] & colours[1]


def test_the_only_picture_cannot_be_held_out(paintings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["train", "paintings", "--include", "9.png", "--crops", "50", "--size", "8", "--hold-out", "0.1"]
    assert main(line) == 1
    assert "from one file or piece, of which nothing can be held out" in capsys.readouterr().err


def test_what_is_made_at_a_time_and_ahead_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for crops, each in ((0, 10**4), (100, 10**4), (10**5, 10**6), (3, 2**28)):
        parts, ahead = store._parts(3, crops, each)
        patches = max(1, crops)
        sizes = [len(range(patches)[part.patches]) for part in parts]
        assert sum(sizes) == 3 * patches
        assert max(sizes) * each <= max(store.PART_BYTES, each)
        assert ahead == 2 or ahead * max(sizes) * each <= store.AHEAD_BYTES
        assert [part.k for part in parts] == sorted(part.k for part in parts)


def test_patches_made_in_parts_are_the_same(paintings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coordinates(90).save(paintings / "new/z.png")
    (paintings / "broken.png").write_bytes((paintings / "new/z.png").read_bytes()[:-200])
    options = {"size": 8, "crops": 7, "max_broken": 0.1}
    whole = from_folder(paintings, **options)  # type: ignore[arg-type]
    assert len(whole) == 7 * 11
    monkeypatch.setattr(store, "PART_BYTES", 2 * 3 * 64)
    monkeypatch.setenv("XDG_CACHE_HOME", str(paintings.parent / "other"))
    in_parts = from_folder(paintings, **options)  # type: ignore[arg-type]
    assert torch.equal(whole.samples, in_parts.samples)
    assert in_parts.origin is not None
    assert in_parts.origin.left_out == ("broken.png: damaged or cut short",)


def test_few_large_pictures_are_told_of_patches(tmp_path: Path) -> None:
    for k in range(3):
        Image.new("L", (256, 300), k).save(tmp_path / f"{k}.png")
    said = "3 pictures of at least 256 x 300 pixels are few and large: --crops 100 takes 100 patches of each"
    notes = [
        from_folder(tmp_path, size=size, crops=crops).origin for size, crops in ((64, 0), (65, 0), (64, 2))
    ]
    assert [any(note.startswith(said) for note in origin.notes) for origin in notes if origin] == [
        True, False, False,
    ]  # fmt: skip


def test_a_run_on_patches_keeps_their_options_and_goes_on(paintings: Path) -> None:
    line = ["--crops", "8", "--crop-scale", "0.5:0.75", "--crop-seed", "3", "--size", "8", "--hold-out", "0.2"]
    assert main(["train", "paintings", *line, *TINY_LINE, "--samples-seen", "32", "--out", "run"]) == 0
    files = RunFolder(Path("run")).config.files
    assert (files.crops, files.crop_scale, files.crop_seed) == (8, "0.5:0.75", 3)
    assert main(["resume", "run", "--samples-seen", "64"]) == 0


@pytest.mark.parametrize("text", ["", "1", "0:1", "0.5:0.2", "0.2:1.1", "a:b", "0.1:0.2:0.3", "nan:1"])
def test_scales_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="expected LOW:HIGH, the least and the greatest side of a patch"):
        Config().replace(crop_scale=text)


def test_options_of_patches_need_patches(paintings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "paintings", "--size", "8", "--crop-seed", "3"]) == 1
    assert "sparring: --crop-seed 3 would do nothing: it needs --crops" in capsys.readouterr().err
    with pytest.raises(DataError, match="bytes are needed"):
        from_folder(paintings, size=4096, crops=100_000)


@pytest.mark.parametrize(
    ("size", "options", "said"),
    [
        ((64, 8), {}, "of pictures of 64 x 8 pixels only the centre is kept, 12%: --resize fit keeps all"),
        ((64, 8), {"resize": "fit"}, ""),
        ((64, 8), {"crops": 2}, ""),
        ((16, 8), {}, ""),  # a half
        ((8, 8), {"size": 10}, ""),  # hardly
        ((8, 8), {"size": 16}, "pictures of 8 x 8 pixels are enlarged to 16 x 16, which adds no detail"),
        ((9, 16), {"size": 16}, "pictures of 9 x 16 pixels are enlarged to 16 x 16, which adds no detail"),
        ((9, 16), {"size": 16, "resize": "fit"}, ""),
        ((7, 8), {"size": 16}, "pictures of 7 x 8 pixels are enlarged to 16 x 16, which adds no detail"),
        (
            (8, 8),
            {"size": 9, "crops": 2},
            "pictures of 8 x 8 pixels are enlarged to 9 x 9, which adds no detail",
        ),
    ],
)
def test_what_is_cut_off_or_enlarged_is_told(
    tmp_path: Path, size: tuple[int, int], options: dict[str, Any], said: str
) -> None:
    for k in range(2):
        Image.new("L", size, k).save(tmp_path / f"{k}.png")
    origin = from_folder(tmp_path, **{"size": 8} | options).origin
    assert origin is not None
    told = [note for note in origin.notes if "the centre" in note or "enlarged" in note]
    assert [note.startswith(said) for note in told] == [True] * bool(said)


@pytest.mark.parametrize(("long", "told"), [(2, True), (1, False)])
def test_a_crop_of_some_pictures_alone_is_told(tmp_path: Path, long: int, told: bool) -> None:
    """The smallest and the largest of them lose nothing."""
    for k in range(20):
        Image.new("L", (40, 16) if 0 < k <= long else (8 + k, 8 + k), k).save(tmp_path / f"{k}.png")
    origin = from_folder(tmp_path, size=8).origin
    assert origin is not None
    said = (
        "of 2 of 20 pictures only the centre is kept, less than half: --resize fit keeps all, --crops 20 takes "
        "20 patches of each."
    )
    assert (said in origin.notes) is told
    assert any("the centre" in note for note in origin.notes) is told
