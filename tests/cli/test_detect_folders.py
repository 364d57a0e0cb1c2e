"""``sparring detect`` takes the right pictures for normal, from folders and zips as people have them."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.cli.main import main
from test_detect import QUICK, SIDE, masks, write

FAST = ("--method", "pca", "--false-alarms", "0.2", *QUICK)


def zipped(folder: Path) -> Path:
    """A zip beside a folder with what is in it."""
    place = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(place, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return place


@pytest.mark.parametrize("as_zip", [False, True])
def test_known_bad_pictures_are_never_learnt_as_normal(
    as_zip: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "parts" / "lot" / "OK", 24, 0)
    write(tmp_path / "parts" / "lot" / "NOK", 3, 1, spot=True)
    parts = zipped(tmp_path / "parts") if as_zip else tmp_path / "parts"
    assert main(["detect", "fit", str(parts), *FAST, "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr()
    assert "taken as normal: 24 in 'lot/OK'; as known bad ones: 3 in 'lot/NOK'." in told.err
    assert "against 3 known bad pictures" in told.out
    assert sum(json.loads((tmp_path / "run" / "detector.json").read_text())["counts"].values()) == 24


def test_folders_that_say_nothing_are_told_with_how_to_choose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "parts" / "front", 21, 0)
    write(tmp_path / "parts" / "back", 4, 1)
    words = ["detect", "fit", str(tmp_path / "parts"), *FAST]
    assert main([*words, "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr().err
    assert "all 25 pictures of " in told
    assert "are taken as normal: 21 in 'front', 4 in 'back'. If some" in told
    write(tmp_path / "new", 2, 3)
    assert main([*words, "--include", "front/*", "--out", str(tmp_path / "chosen")]) == 0
    counts = json.loads((tmp_path / "chosen" / "detector.json").read_text())["counts"]
    assert sum(counts.values()) == 21
    scored = [
        "detect",
        "score",
        str(tmp_path / "chosen"),
        str(tmp_path / "new"),
        "--out",
        str(tmp_path / "found"),
    ]
    assert main(scored) in (0, 3)  # the folder that was chosen is one of the normals'


def test_the_layout_of_mvtec_is_tested_in_a_zip_with_masks_of_zero_and_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = tmp_path / "parts"
    write(parts / "train" / "good", 24, 0)
    write(parts / "test" / "good", 10, 1)
    write(parts / "test" / "spot", 6, 2, spot=True)
    masks(parts / "ground_truth" / "spot", 6)
    for path in (parts / "ground_truth" / "spot").iterdir():
        Image.fromarray(np.asarray(Image.open(path)) // 255).save(path)
    run = tmp_path / "run"
    assert main(["detect", "fit", str(zipped(parts)), *FAST, "--out", str(run)]) == 0
    assert "taken as normal: 24 in 'train/good'; 22 other pictures are not used." in capsys.readouterr().err
    for place in (parts, zipped(parts)):
        assert main(["detect", "test", str(run), str(place)]) == 0
        (spot,) = json.loads((run / "test.json").read_text())["kinds"]
        assert spot["pixel_auroc"] > 0.9
        assert spot["pro"] > 0.6


def test_masks_that_mark_nothing_or_most_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = tmp_path / "parts"
    write(parts / "train" / "good", 24, 0)
    for kind in ("good", "spot", "dent", "hole"):
        write(parts / "test" / kind, 4, 1, spot=kind != "good")
    for kind in ("spot", "dent"):
        masks(parts / "ground_truth" / kind, 4)
    for k, path in enumerate(sorted((parts / "ground_truth").rglob("*.png"))):
        if path.parent.name == "dent":
            Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
        elif k % 2:
            Image.fromarray(np.zeros((SIDE, SIDE), np.uint8)).save(path)
    run = str(tmp_path / "run")
    assert main(["detect", "fit", str(parts), *FAST, "--out", run]) == 0
    capsys.readouterr()
    assert main(["detect", "test", run, str(parts)]) == 0
    told = capsys.readouterr().err
    assert "spot: 2 of 4 masks mark nothing" in told
    assert "dent: its masks mark 94% of the pixels: what is odd is white in a mask, the rest black" in told
    assert "hole: it has no masks, unlike other kinds" in told


def test_patterns_of_scored_pictures_can_be_given_anew(run: Path, parts: Path, tmp_path: Path) -> None:
    write(tmp_path / "new", 2, 3)
    shutil.copy(tmp_path / "new" / "000.png", tmp_path / "new" / "000_mask.png")
    words = ["detect", "score", str(run), str(tmp_path / "new"), "--out", str(tmp_path / "found")]
    assert main(words) == 1
    assert main([*words, "--exclude", "*_mask.*"]) in (0, 3)
    assert len((tmp_path / "found" / "scores.csv").read_text().splitlines()) == 3


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("normals")
    write(path, 24, 0)
    return path


@pytest.fixture(scope="module")
def run(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "detector"
    assert main(["detect", "fit", str(parts), *FAST, "--out", str(path)]) == 0
    return path


@pytest.mark.parametrize(("words", "status"), [(["fit", "wafer"], 1), (["score", "RUN", "nowhere"], 1)])
def test_a_name_that_is_nothing_is_told_with_the_built_in_set(
    words: list[str], status: int, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(run) if word == "RUN" else word for word in words]
    assert main(["detect", *words]) == status
    assert "wafers" in capsys.readouterr().err


def test_the_built_in_set_can_be_scored(tmp_path: Path) -> None:
    run, out = str(tmp_path / "run"), tmp_path / "found"
    assert main(["detect", "fit", "wafers", "--method", "pca", *QUICK, "--out", run]) == 0
    assert main(["detect", "score", run, "wafers", "--out", str(out)]) == 3
    lines = (out / "scores.csv").read_text().splitlines()
    assert len(lines) == 1 + 200 + 7 * 100
    assert not lines[1].startswith("good")
