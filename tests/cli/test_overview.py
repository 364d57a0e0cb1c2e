"""``sparring data``: what it says of every kind of data, and its sheet."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.cli import data as overview
from sparring.cli.main import main
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.data.store import too_many


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, value in (("cats", 10), ("dogs", 200)):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        for k in range(6):
            Image.new("L", (10 + k, 10), value + k // 2).save(tmp_path / "photos" / kind / f"{k}.png")
    (tmp_path / "photos/dogs/x.jpg").write_bytes(b"rubbish")
    (tmp_path / "photos/notes.txt").write_text("none")
    assert main(["data", "photos", "--labels", "folders", "--size", "8", "--max-broken", "0.1"]) == 0
    said = capsys.readouterr()
    for line in (
        f"data  {tmp_path / 'photos'}", "samples  12", "each  8 x 8 pixels, grey",
        "originals  10 x 10 to 15 x 10 pixels", "classes  2: cats 6, dogs 6", "duplicates  6",
        "left out  1 broken, 1 of other kinds", "dogs/x.jpg: not a picture", "sheet  photos.png",
    ):  # fmt: skip
        assert line in said.out
    assert "1 of 13 files left out" in said.err
    with Image.open("photos.png") as sheet:
        assert sheet.size == (2 + 12 * 10, 2 + 2 * 10)  # a row of each class


def test_all_broken_files_are_listed_with_the_share_that_training_would_have_to_accept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    for k in range(7):
        Image.new("L", (8, 8), k).save(tmp_path / f"photos/{k}.png")
    for k in range(3):
        (tmp_path / f"photos/broken{k}.png").write_bytes((tmp_path / "photos/0.png").read_bytes()[: 20 * k])
    assert main(["data", "photos", "--max-broken", "0.1"]) == 0
    said = capsys.readouterr().out
    assert "left out  3 broken" in said
    assert all(f"broken{k}.png: " in said for k in range(3))
    assert "give --max-broken 0.3." in said
    assert main(["data", "photos", "--max-broken", "0.3"]) == 0
    said = capsys.readouterr().out
    assert ("Training refuses" in said, "samples  7" in said) == (False, True)
    assert "sheet  photos-2.png" in said  # another look has a sheet of its own
    assert main(["data", "photos", "--max-broken", "0.3", "--force"]) == 0
    assert "sheet  photos.png" in capsys.readouterr().out
    assert main(["data", "photos", "--crops", "4"]) == 0
    assert "give --max-broken 0.3." in capsys.readouterr().out  # of the files, not of their samples


def test_a_share_that_rounding_makes_a_little_less_is_accepted_everywhere() -> None:
    assert 0.29 * 100 < 29
    assert [too_many(lost, 100, 0.29) for lost in (29, 30)] == [False, True]


def test_other_files_are_not_replaced_unasked(pictures_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(pictures_file), "--out", "sheet.png"]) == 0
    assert main(["data", str(pictures_file), "--out", "sheet.png"]) == 1
    assert "sheet.png exists already" in capsys.readouterr().err
    assert main(["data", str(pictures_file), "--out", "sheet.png", "--force"]) == 0
    assert main(["data", str(pictures_file), "--out", "sheet.nothing"]) == 1
    assert "cannot write sheet.nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "kind"), [("ring", "point of shape (2,)"), ("tiny.npz", "8 x 8 pixels, grey")]
)
def test_every_other_kind(
    name: str, kind: str, pictures_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", name]) == 0
    said = capsys.readouterr().out
    assert f"each  {kind}" in said
    assert "duplicates  0" in said
    assert Path(f"{Path(name).stem}.png").exists()


def test_facts_of_many_classes() -> None:
    told = overview.facts(from_array(np.zeros((60, 8, 8, 3), np.uint8), [f"class {k // 2}" for k in range(60)]))
    assert told["classes"].startswith("30: class 0 2, class 1 2, class 10 2")
    assert told["classes"].endswith(", and 18 more")
    assert told["each"] == "8 x 8 pixels, colour"
    assert told["duplicates"] == "59"


def test_rows_of_the_sheet_are_classes_and_short_ones_are_filled(pictures: Dataset) -> None:
    samples = torch.cat([torch.full((3, 1, 8, 8), 100), torch.full((20, 1, 8, 8), 200)]).to(torch.uint8)
    data = from_array(samples, np.arange(23) >= 3)
    pixels = np.asarray(overview.sheet(data))
    assert (pixels[2:10, 2:10] == 100).all()
    assert (pixels[2:10, 32:40] == 0).all()
    assert (pixels[12:20, 2:122].reshape(8, 12, 10)[:, :, :8] == 200).all()
    assert np.asarray(overview.sheet(pictures, 1)).shape == np.asarray(overview.sheet(pictures, 2)).shape


def test_the_sheet_does_not_go_among_the_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "1.png")
    assert main(["data", str(tmp_path)]) == 1
    assert "would lie among the files" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", "9" * 30])
def test_a_seed_that_is_none_is_refused_before_anything_is_read(
    seed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "nothing-of-the-kind", f"--seed={seed}"]) == 1
    assert f"--seed = {seed}: expected a whole number" in capsys.readouterr().err
