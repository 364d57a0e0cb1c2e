"""Patterns of paths choose files, and masks among pictures are noticed."""

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from sparring.cli.main import main
from sparring.data.folders import from_folder
from sparring.data.globs import chosen, masks, matches
from sparring.data.source import Source
from sparring.errors import ConfigError, DataError

NAMES = ("a.jpg", "cats/b.JPG", "cats/b_mask.png", "dogs/deep/c.png")


def source(names: tuple[str, ...] = NAMES, **more: object) -> Source:
    return Source("photos", names, lambda _: b"", "stamp", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*", NAMES),
        ("*.jpg", ("a.jpg", "cats/b.JPG")),
        ("b*", ("cats/b.JPG", "cats/b_mask.png")),
        ("cats", ()),
        ("cats/*", ("cats/b.JPG", "cats/b_mask.png")),
        ("deep/*", ("dogs/deep/c.png",)),
        ("/deep/*", ()),
        ("/dogs/*", ("dogs/deep/c.png",)),
        ("*/*", NAMES[1:]),
        ("?.jpg", ("a.jpg", "cats/b.JPG")),
        ("[ab].jpg", ("a.jpg", "cats/b.JPG")),
    ],
)
def test_what_a_pattern_fits(pattern: str, fits: tuple[str, ...]) -> None:
    assert tuple(name for name in NAMES if matches(name, pattern)) == fits


def test_files_are_included_and_of_those_some_excluded() -> None:
    given = source(refused={"cats/x_mask.png": "not a file", "y.jpg": "encrypted"})
    found, notes = chosen(given, "*.jpg, *.png", "*_mask.*")
    assert found.files == ("a.jpg", "cats/b.JPG", "dogs/deep/c.png")
    assert found.refused == {"y.jpg": "encrypted"}
    assert notes == ()
    assert chosen(given, "*", "none") == (given, ())


def test_other_patterns_are_other_pictures_for_the_cache() -> None:
    stamps = [chosen(source(), *patterns)[0].stamp for patterns in (("*.jpg", "b*"), ("*.jpg", "none"))]
    assert len({*stamps, "stamp"}) == 3
    assert chosen(Source("hf", NAMES, lambda _: b""), "*.jpg", "none")[0].stamp is None


def test_a_pattern_that_fits_nothing_is_said() -> None:
    notes = chosen(source(), "*.jpg,*.jpeg", "c.*")[1]
    assert notes == (
        "--include '*.jpeg' fits no picture in photos.",
        "--exclude 'c.*' fits no picture in photos.",
    )


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        (
            ("*.webp", "none"),
            r"--include '\*.webp': no picture in photos fits. There are 2 with .jpg, 2 with .png, such",
        ),
        (("*.jpg", "*"), r"--exclude '\*' leaves out every picture in photos"),
    ],
)
def test_nothing_left_is_refused(patterns: tuple[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        chosen(source(), *patterns)


@pytest.mark.parametrize("text", ["", "*.jpg,", " , *.png"])
def test_empty_patterns_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"expected patterns of paths with commas between them"):
        chosen(source(), text, "none")


def pairs(ending: str, count: int = 4) -> list[str]:
    return [name for k in range(count) for name in (f"{k}.png", ending.format(k))]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (pairs("{}_mask.png"), "4 of 8 pictures look like masks of others ('0_mask.png', '1_mask.png', "
            "'2_mask.png' …): --exclude '*_mask.*' leaves them out."),
        (pairs("{}_seg.tif"), "--exclude '*_seg.*' leaves"),
        (pairs("{}-GT.png"), "--exclude '*-gt.*' leaves"),
        (pairs("{}_mask_1.png"), "--exclude '*_mask*.*' leaves"),
        ([*pairs("{}_mask.png", 2), "1_seg.png"], "3 of 5 pictures look like masks of others ('0_mask.png', "
            "'1_mask.png', '1_seg.png'): --exclude '*_mask.*,*_seg.*' leaves"),
        ([*pairs("{}_mask.png"), "1_mask_1.png"], "--exclude '*_mask*.*' leaves them out."),
        (pairs("masks/{}.png"), "--exclude 'masks/*' leaves"),
        ([f"x/{name}" for name in pairs("cat masks/{}_mask.png")], "--exclude 'cat masks/*' leaves"),
        ([f"train/images/{k}.jpg" for k in range(3)] + [f"train/SegMaps/{k}.png" for k in range(3)],
            "--exclude 'SegMaps/*' leaves"),
        (["a.jpg", "a.PNG", "b.jpg", "c.png"], "1 PNG ('a.PNG') lies beside a JPEG of the same "
            "name, as masks or copies do: --exclude '*.png' leaves them out, and 1 other."),
        (["a.jpg", "a.png", "b.png", "c.png"], "1 PNG ('a.png') lies beside a JPEG of the same name, as masks "
            "or copies do: --exclude with their names leaves them out; '*.png' would leave out 2 others too."),
        (["x/a.jpeg", "x/a.png", "b.jpg", "b.png"], "2 PNGs ('x/a.png', 'b.png') lie beside a JPEG"),
        (["a_mask1.png", "a_masked.png", "a.png"], "--exclude '*_mask*.*' leaves them out, and 1 other."),
    ],
)  # fmt: skip
def test_masks_are_noticed_with_the_option_that_leaves_them_out(names: list[str], said: str) -> None:
    (note,) = masks(names)
    assert said in note


@pytest.mark.parametrize(
    "names",
    [
        ["a.png", "b.jpg"],
        ["cats/1.jpg", "dogs/1.png"],
        ["red_mask.png", "blue_mask.png", "hat.png"],  # what is drawn, not what it lies on
        ["0_mask.png", "1_mask.png"],
        ["masks/red.png", "hats/blue.png"],
        ["unmasked.png", "un.png", "a_masked.png", "a.png"],
        [],
    ],
)
def test_other_names_are_no_masks(names: list[str]) -> None:
    assert masks(names) == ()


def test_patterns_go_from_the_line_into_the_run_and_are_the_same_in_a_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos/cats").mkdir(parents=True)
    for k in range(20):
        Image.new("L", (8, 8), 10 * k).save(f"photos/cats/{k:02}.jpg")
        Image.new("L", (8, 8), 255).save(f"photos/cats/{k:02}_mask.png")
    with zipfile.ZipFile("photos.zip", "w") as file:
        for path in sorted(Path("photos").rglob("*.*")):
            file.write(path, path.relative_to("photos"))
    for name in ("photos", "photos.zip"):
        assert len(from_folder(name).samples) == 40
        assert len(from_folder(name, include="*.jpg").samples) == 20
        assert from_folder(name, exclude="cats/*_mask.*").samples.max() < 200
    assert main(["data", "photos"]) == 0
    assert "look like masks" in capsys.readouterr().err
    assert main(["data", "photos", "--exclude", "*_mask.*", "--out", "b.png"]) == 0
    said = capsys.readouterr()
    assert "chosen  20 of 40 by --include and --exclude" in said.out
    assert "masks" not in said.err
    assert main(["train", "photos", "--include", "*.jpg", "--dry-run"]) == 0
    assert 'include = "*.jpg"\nexclude = "none"\n' in capsys.readouterr().out
    assert main(["train", "photos", "--include", "*.gif"]) == 1
    assert "There are 20 with .jpg, 20 with .png, such as 'cats/00.jpg'." in capsys.readouterr().err
