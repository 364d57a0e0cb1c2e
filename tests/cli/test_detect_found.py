"""What ``sparring detect score`` writes, whatever the pictures are called and whoever else writes there."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.cli.main import main
from sparring.page import detection
from sparring.uses.detect import found
from test_detect import QUICK, SIDE, write

FAST = ("--method", "pca", "--false-alarms", "0.2", *QUICK)


@pytest.fixture(scope="module")
def normals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("normals")
    write(path, 24, 0)
    return path


@pytest.fixture(scope="module")
def run(normals: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "detector"
    assert main(["detect", "fit", str(normals), *FAST, "--out", str(path)]) == 0
    return path


@pytest.mark.parametrize("name", [b"\xff.png", b"a[red]b.png", b"[/x].png", b"two\nlines.png"])
def test_pictures_of_any_name_are_scored_and_shown(
    name: bytes, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "new", 1, 3)
    place = os.path.join(os.fsencode(tmp_path / "new"), name)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    shutil.move(os.fsencode(tmp_path / "new" / "000.png"), place)
    shutil.rmtree(run / "found", ignore_errors=True)
    assert main(["detect", "score", str(run), str(tmp_path / "new")]) in (0, 3)
    (row,) = detection.rows(run)
    shown = row["name"].replace("\n", "\\x0a")
    assert shown == name.decode("utf-8", "replace").replace("\ufffd", "\\xff").replace("\n", "\\x0a")
    assert shown in capsys.readouterr().out
    assert (run / "found" / f"{row['name']}.heat.png").is_file()
    assert "data:image/png;base64," in detection.page(run, detection.rows(run))


def test_only_what_a_scoring_wrote_is_deleted(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "all"
    for name in ("a", "b"):
        write(tmp_path / name, 2, 3)
        assert main(["detect", "score", str(run), str(tmp_path / name), "--out", str(out / name)]) in (0, 3)
    (tmp_path / "outside.heat.png").write_bytes(b"mine")
    (out / "scores.csv").write_text("picture,score,p_value,verdict\n../outside,1,1,odd\na/nothing,1,1,odd\n")
    write(tmp_path / "c", 1, 4)
    assert main(["detect", "score", str(run), str(tmp_path / "c"), "--out", str(out), "--force"]) in (0, 3)
    assert len(list(out.rglob("*.heat.png"))) == 2 + 2 + 1
    assert (tmp_path / "outside.heat.png").exists()


def test_what_an_unfinished_scoring_wrote_is_deleted_too(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "new", 3, 3)
    words = ["detect", "score", str(run), str(tmp_path / "new"), "--out", str(tmp_path / "found")]

    def stopped(*given: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(found, "_lines", stopped)
        assert main(words) == 130
    assert len(list((tmp_path / "found").glob("*.heat.png"))) == 3
    (tmp_path / "new" / "002.png").unlink()
    assert main(words) in (0, 3)
    names = sorted(path.name for path in (tmp_path / "found").iterdir())
    assert names == ["000.png.heat.png", "001.png.heat.png", "scores.csv"]


def test_pictures_that_the_detector_comes_from_are_told(
    run: Path, normals: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "new", 2, 3)
    shutil.copy(normals / "005.png", tmp_path / "new" / "old.png")
    assert main(["detect", "score", str(run), str(tmp_path / "new"), "--out", str(tmp_path / "found")]) in (
        0,
        3,
    )
    said = "1 of 3 pictures is one of the normals that this detector comes from, so that their p-values"
    assert said in capsys.readouterr().err


def test_several_sizes_and_sizes_of_others_are_told(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "mixed", 20, 1)
    write(tmp_path / "mixed" / "small", 3, 2, side=12)
    assert main(["detect", "fit", str(tmp_path / "mixed"), *FAST, "--out", str(tmp_path / "run")]) == 0
    said = "the pictures have several sizes, 12 x 12 to 20 x 20 pixels, and all are made 20 x 20"
    assert said in capsys.readouterr().err
    for folder, shape in (("small", (12, 12)), ("wide", (SIDE, 2 * SIDE))):
        (tmp_path / folder).mkdir()
        pixels = np.random.default_rng(0).integers(90, 130, shape).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / folder / "1.png")
        out = str(tmp_path / f"of {folder}")
        assert main(["detect", "score", str(run), str(tmp_path / folder), "--out", out]) in (0, 3)
        said = f"these pictures have {shape[1]} x {shape[0]} pixels and the normals 20 x 20: how sharp"
        assert said in capsys.readouterr().err


def test_pictures_are_not_cut_where_they_get_another_shape(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for folder, count in (("normals", 24), ("new", 1)):
        (tmp_path / folder).mkdir()
        for k in range(count):
            pixels = rng.normal(110, 4, (20, 60))
            if folder == "new":
                pixels[8:14, 2:8] = 240
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / folder / f"{k}.png")
    run = str(tmp_path / "run")
    assert main(["detect", "fit", str(tmp_path / "normals"), *FAST, "--size", "20", "--out", run]) == 0
    assert main(["detect", "score", run, str(tmp_path / "new"), "--out", str(tmp_path / "found")]) == 3


def test_a_picture_that_is_normal_and_bad_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "good", 24, 0)
    (tmp_path / "bad").mkdir()
    shutil.copy(tmp_path / "good" / "003.png", tmp_path / "bad")
    assert main(["detect", "fit", str(tmp_path), *FAST, "--out", str(tmp_path / "run")]) == 0
    assert "1 known bad picture is among the normals too" in capsys.readouterr().err


def test_numbers_of_a_test_are_shown_before_they_cannot_be_kept(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "test" / "good", 4, 5)
    write(tmp_path / "test" / "spot", 4, 6, spot=True)
    words = ["detect", "test", str(run), str(tmp_path / "test"), "--out"]
    assert main([*words, str(tmp_path / "nowhere" / "test.json"), "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["method"] == "pca"
    assert "cannot write " in told.err
    assert main([*words, str(tmp_path / "test")]) == 1
    assert "exists already" in capsys.readouterr().err


def test_pictures_may_be_named_behind_options(run: Path, tmp_path: Path) -> None:
    write(tmp_path / "new", 2, 3)
    words = ["detect", "score", str(run), "--out", str(tmp_path / "found"), str(tmp_path / "new")]
    assert main(words) in (0, 3)
    assert (tmp_path / "found" / "scores.csv").exists()
    with pytest.raises(SystemExit):
        main([*words, "more"])
