"""``sparring detect`` on folders, from fit to exit status."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sparring.cli.main import main
from sparring.data.wafers import PATTERNS
from sparring.uses.detect import found
from test_dicom import scan

SIDE = 20
QUICK = ("--features", "edges", "--minutes", "0")  # nothing is trained


def write(
    folder: Path, count: int, seed: int, spot: bool = False, side: int = SIDE, deep: bool = False
) -> None:
    """Grey plates with noise; with ``spot`` a bright square at the same place of all."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for k in range(count):
        pixels = np.clip(rng.normal(110 + 8 * rng.normal(), 4, (side, side)), 0, 255)
        if spot:
            pixels[4:9, 11:16] = 240
        whole = (pixels * 256).astype(np.uint16) if deep else pixels.astype(np.uint8)
        Image.fromarray(whole).save(folder / f"{k:03}.png")


def masks(folder: Path, count: int, side: int = SIDE) -> None:
    folder.mkdir(parents=True)
    mask = np.zeros((side, side), np.uint8)
    mask[4:9, 11:16] = 255
    for k in range(count):
        Image.fromarray(mask).save(folder / f"{k:03}_mask.png")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in MVTec AD's layout."""
    path = tmp_path_factory.mktemp("parts")
    write(path / "train" / "good", 70, 0)
    write(path / "test" / "good", 30, 1)
    write(path / "test" / "spot", 12, 2, spot=True)
    masks(path / "ground_truth" / "spot", 12)
    return path


@pytest.fixture(scope="module")
def run(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "detector"
    assert main(["detect", "fit", str(parts), *QUICK, "--out", str(path)]) == 0
    return path


def test_new_pictures_are_scored_beside_their_heat_maps(run: Path, parts: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    write(new, 6, 3)
    write(new / "more", 2, 4, spot=True)
    out = tmp_path / "found"
    assert main(["detect", "score", str(run), str(new), "--out", str(out)]) == 3
    rows = list(csv.DictReader((out / "scores.csv").read_text().splitlines()))
    assert {row["picture"] for row in rows[:2]} == {"more/000.png", "more/001.png"}
    assert [row["verdict"] for row in rows[:2]] == ["odd", "odd"]
    assert float(rows[0]["score"]) >= float(rows[1]["score"]) > float(rows[-1]["score"])
    assert 0 < float(rows[0]["p_value"]) <= 0.05
    with Image.open(out / "more" / "000.png.heat.png") as sheet:
        pixels = np.asarray(sheet).astype(int)
    half = pixels[:, pixels.shape[1] // 2 :]
    rows, columns = np.nonzero(half[..., 0] - half[..., 2] > 50)  # what is hot is red to yellow
    assert rows.mean() / half.shape[0] == pytest.approx(6.5 / SIDE, abs=0.1)
    assert columns.mean() / half.shape[1] == pytest.approx(13.5 / SIDE, abs=0.1)
    assert main(["detect", "score", str(run), str(new), "--out", str(out)]) == 1  # scores are there


def test_nothing_odd_gives_the_status_zero(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "new", 1, 30)
    assert main(["detect", "score", str(run), str(tmp_path / "new"), "--out", str(tmp_path / "found")]) == 0
    assert "0 of 1 picture odd" in capsys.readouterr().out


def test_a_test_says_how_well_each_kind_is_found_and_where(
    run: Path, parts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", "test", str(run), str(parts)]) == 0
    shown = capsys.readouterr().out
    found = json.loads((run / "test.json").read_text())
    (spot,) = found["kinds"]
    assert spot["kind"] == "spot"
    assert spot["interval"][0] > 0.99
    assert spot["shares"]["0.01"] is None
    assert spot["shares"]["0.05"] > 0.9
    assert spot["pixel_auroc"] > 0.9
    assert spot["pro"] > 0.6
    assert 0.0 <= found["alarms"] < 0.25
    assert all(
        words in shown for words in ("too few", "AUROC of every method", "pca", "normals may be called odd")
    )
    assert main(["detect", "test", str(run), str(parts / "test"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found


def test_the_packaged_wafers_need_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "wafers")
    assert main(["detect", "fit", "wafers", "--out", out, *QUICK, "--seed", "1"]) == 0
    shown = capsys.readouterr().out
    assert "no medical device" in shown
    assert "a baseline" in shown
    assert main(["detect", "test", out]) == 0
    found = json.loads((tmp_path / "wafers" / "test.json").read_text())
    assert {each["kind"] for each in found["kinds"]} == set(PATTERNS)
    assert found["means"][found["method"]] > 0.9


def test_known_bad_pictures_choose_the_method(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "good", 60, 5)
    write(tmp_path / "bad", 5, 6, spot=True)
    out = str(tmp_path / "run")
    assert main(["detect", "fit", str(tmp_path), "--out", out, *QUICK]) == 0
    assert "against 5 known bad pictures" in capsys.readouterr().out


def test_pictures_of_16_bits_and_of_other_sizes_are_read_as_the_normals(tmp_path: Path) -> None:
    write(tmp_path / "normals", 60, 7, deep=True)
    run = str(tmp_path / "run")
    assert main(["detect", "fit", str(tmp_path / "normals"), "--out", run, "--method", "pca", *QUICK]) == 0
    write(tmp_path / "new", 3, 8, spot=True, side=2 * SIDE, deep=True)
    write(tmp_path / "same", 3, 9, deep=True)
    assert main(
        ["detect", "score", str(tmp_path / "run"), str(tmp_path / "same"), "--out", str(tmp_path / "a")]
    ) in (0, 3)
    assert (
        main(["detect", "score", str(tmp_path / "run"), str(tmp_path / "new"), "--out", str(tmp_path / "b")])
        == 3
    )
    options = json.loads((tmp_path / "run" / "detector.json").read_text())["files"]
    assert (options["size"], options["channels"]) == (f"{SIDE}x{SIDE}", "1")
    assert options["levels"] not in ("auto", "full")


def test_scans_of_a_hospital_are_read_and_scored_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found, "AT_ONCE", 3)
    rng = np.random.default_rng(10)
    for name, count in (("normals", 60), ("new", 7)):
        (tmp_path / name).mkdir()
        for k in range(count):
            values = rng.normal(1800, 60, (16, 16))
            if name == "new" and k == 4:
                values[3:8, 9:13] = 4000
            (tmp_path / name / f"{k:02}.dcm").write_bytes(scan(values.clip(0, 4095).round()))
    run, out = str(tmp_path / "run"), tmp_path / "found"
    assert main(["detect", "fit", str(tmp_path / "normals"), "--out", run, "--method", "pca", *QUICK]) == 0
    assert main(["detect", "score", run, str(tmp_path / "new"), "--out", str(out)]) == 3
    rows = list(csv.DictReader((out / "scores.csv").read_text().splitlines()))
    assert (len(rows), rows[0]["picture"], rows[0]["verdict"]) == (7, "04.dcm", "odd")
    assert len(list(out.glob("*.dcm.heat.png"))) == 7


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "nowhere"], "nowhere"),
        (["fit", "PARTS", "more"], "takes no second path"),
        (["score", "RUN"], "give the pictures too"),
        (["score", "RUN", "PARTS/test", "--minutes", "3"], "score takes no --minutes"),
        (["score", "PARTS", "PARTS/test"], "holds no detector"),
        (["score", "RUN", "nowhere"], "nowhere"),
        (["test", "RUN", "PARTS/train"], "needs good/ with normal pictures and at least one folder"),
        (["test", "RUN", "SAME"], "every normal picture of the test is one that the detector was fitted to"),
        (["fit", "PARTS", "--false-alarms", "0.01", "--minutes", "0"], "needs at least 100 normals"),
        (["fit", "MIXED"], "A detector must not take masks for pictures"),
        (["fit", "PARTS/test"], "beside 'spot', as a test has"),
        (["test", "RUN", "UNMASKED"], "there is no mask"),
        (["test", "RUN", "MISMASKED"], "a mask has the picture's size"),
        (["fit", "names"], "a detector looks at pictures"),
    ],
)
def test_mistakes_are_told(
    words: list[str], message: str, run: Path, parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = tmp_path / "same"
    shutil.copytree(parts / "train" / "good", same / "good")
    shutil.copytree(parts / "test" / "spot", same / "spot")
    for name in ("unmasked", "mismasked"):
        shutil.copytree(parts / "test", tmp_path / name / "test")
    (tmp_path / "unmasked" / "ground_truth" / "spot").mkdir(parents=True)
    masks(tmp_path / "mismasked" / "ground_truth" / "spot", 12, side=SIDE + 1 + 14)
    write(tmp_path / "mixed", 30, 9)
    masks(tmp_path / "mixed" / "masks", 30)
    places = {
        "MIXED": tmp_path / "mixed",
        "RUN": run,
        "PARTS": parts,
        "SAME": same,
        "UNMASKED": tmp_path / "unmasked",
        "MISMASKED": tmp_path / "mismasked",
    }
    put = [str(tmp_path / "out")] if words[0] != "test" else []
    for name, place in places.items():
        words = [word.replace(name, str(place)) for word in words]
    assert main(["detect", *words, *(["--out", *put] if put else [])]) == 1
    assert message in capsys.readouterr().err


def test_an_unknown_action_is_told_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["detect", "learn", "parts"])
    assert "fit" in capsys.readouterr().err


def test_a_single_picture_is_scored(run: Path, parts: Path, tmp_path: Path) -> None:
    out = tmp_path / "found"
    assert main(["detect", "score", str(run), str(parts / "test" / "spot" / "003.png"), "--out", str(out)]) == 3
    rows = list(csv.DictReader((out / "scores.csv").read_text().splitlines()))
    assert [(row["picture"], row["verdict"]) for row in rows] == [("003.png", "odd")]


def test_a_new_scoring_replaces_the_old_one(run: Path, parts: Path, tmp_path: Path) -> None:
    """In the pictures' own folder, whose heat maps are no new pictures."""
    new = tmp_path / "new"
    write(new, 2, 11)
    write(new / "more", 1, 12)
    words = ["detect", "score", str(run), str(new), "--out", str(new)]
    assert main(words) in (0, 3)
    sheets = {f"{name}.png.heat.png" for name in ("000", "001", "more/000")}
    assert {str(path.relative_to(new)) for path in new.rglob("*.heat.png")} == sheets
    shutil.rmtree(new / "more")
    (new / "000.png").unlink()
    (new / "gone").mkdir()
    shutil.copy(new / "001.png.heat.png", new / "gone")  # which no scoring wrote there
    assert main([*words, "--force"]) in (0, 3)
    left = ["001.png", "001.png.heat.png", "gone", "scores.csv"]
    assert sorted(path.name for path in new.iterdir()) == left
    assert [path.name for path in (new / "gone").iterdir()] == ["001.png.heat.png"]


def test_broken_pictures_are_left_out_and_told_if_they_are_few(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "new", 9, 13)
    write(tmp_path / "new", 1, 14, spot=True)
    (tmp_path / "new" / "0000.png").write_bytes(b"rubbish")  # before the odd one
    words = ["detect", "score", str(run), str(tmp_path / "new"), "--out", str(tmp_path / "found")]
    assert main(words) == 1
    assert "--max-broken" in capsys.readouterr().err
    assert main([*words, "--max-broken", "0.2"]) == 3
    assert "1 picture cannot be read and is left out: '0000.png: not a picture" in capsys.readouterr().err
    rows = list(csv.DictReader((tmp_path / "found" / "scores.csv").read_text().splitlines()))
    assert [row["picture"] for row in rows if row["verdict"] == "odd"] == ["000.png"]
    assert len(rows) == 9


def test_shrinking_is_told_by_fit_and_by_score(
    run: Path, parts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "large", 20, 5, side=2 * SIDE)
    assert main(["detect", "score", str(run), str(tmp_path / "large"), "--out", str(tmp_path / "found")]) in (
        0,
        3,
    )
    assert capsys.readouterr().err.count("pictures of 40 x 40 pixels are made 20 x 20") == 1
    small = ("--false-alarms", "0.2", "--size", "16", "--out", str(tmp_path / "my run"))
    assert main(["detect", "fit", str(tmp_path / "large"), *QUICK, *small]) == 0
    told = capsys.readouterr()
    assert told.err.count("pictures of 40 x 40 pixels are made 16 x 16") == 1
    assert f"sparring detect score '{tmp_path / 'my run'}' NEW" in told.out.replace("\n", "")


def test_tables_are_whole_on_a_narrow_terminal(
    run: Path, parts: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["detect", "test", str(run), str(parts)]) == 0
    told = capsys.readouterr().out
    assert "…" not in told
    assert all(name in told for name in ("neighbours", "brightness", "found at 5%", "spot"))


def test_large_pictures_are_seen_at_their_own_resolution_in_tiles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparring.data.defects.LONGEST", 32)  # pictures of 80 pixels are large
    parts = tmp_path / "parts"
    write(parts / "train" / "good", 40, 20, side=80)
    write(parts / "test" / "good", 10, 21, side=80)
    write(parts / "test" / "spot", 10, 22, spot=True, side=80)
    masks(parts / "ground_truth" / "spot", 10, side=80)
    run, out = str(tmp_path / "run"), tmp_path / "found"
    words = ["--tile", "24", "--method", "edges", "--false-alarms", "0.1", *QUICK, "--out", run]
    assert main(["detect", "fit", str(parts), *words]) == 0
    told = capsys.readouterr()
    assert "are made" not in told.err
    assert "looking at 450 tiles" in told.err
    assert "AUROC of tiles of 6 normals that were not fitted" in told.out
    assert main(["detect", "test", run, str(parts)]) == 0
    assert "found at 10%" in capsys.readouterr().out
    (spot,) = json.loads((tmp_path / "run" / "test.json").read_text())["kinds"]
    assert spot["shares"] == {"0.01": None, "0.05": None, "0.1": 1.0}
    assert spot["area"]["edges"] > 0.99
    assert set(spot["area"]) == {"edges", "pca"}
    assert spot["pixel_auroc"] > 0.9
    assert main(["detect", "score", run, str(parts / "test" / "spot"), "--out", str(out)]) == 3
    with Image.open(out / "000.png.heat.png") as sheet:
        assert sheet.size == (2 * 3 * 80 + 4, 3 * 80)


def coloured(folder: Path, count: int, seed: int) -> None:
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for k in range(count):
        pixels = rng.normal([150, 110, 70], 4, (SIDE, SIDE, 3))
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{k}.png")


@pytest.mark.parametrize(
    ("normals", "new", "said"),
    [
        ("grey", "colour", "in colour and the normals were grey: their colours are not seen"),
        (
            "colour",
            "grey",
            "these pictures are grey and the normals were in colour, which alone makes them odd",
        ),
        ("grey", "deep", "these pictures have more than 8 bits a channel, and the normals 8"),
        ("deep", "grey", "these pictures have 8 bits a channel, and the normals more"),
        ("grey", "grey", ""),
        ("deep", "deep", ""),
        ("colour", "colour", ""),
    ],
)
def test_what_parts_pictures_from_normals_beside_what_they_show_is_told(
    normals: str, new: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed, (folder, sort, count) in enumerate((("normals", normals, 20), ("new", new, 2))):
        if sort == "colour":
            coloured(tmp_path / folder, count, seed)
        else:
            write(tmp_path / folder, count, seed, deep=sort == "deep")
    run = str(tmp_path / "run")
    words = ["--false-alarms", "0.2", "--method", "pca", *QUICK, "--out", run]
    assert main(["detect", "fit", str(tmp_path / "normals"), *words]) == 0
    capsys.readouterr()
    assert main(["detect", "score", run, str(tmp_path / "new"), "--out", str(tmp_path / "found")]) in (0, 3)
    told = [line for line in capsys.readouterr().err.splitlines() if "these pictures" in line]
    assert len(told) == bool(said)
    assert said in "".join(told)
    shutil.copytree(tmp_path / "new", tmp_path / "test" / "good")
    shutil.copytree(tmp_path / "new", tmp_path / "test" / "odd")
    assert main(["detect", "test", run, str(tmp_path / "test")]) == 0
    assert capsys.readouterr().err.count("these pictures") == bool(said)


@pytest.mark.parametrize(
    ("count", "value", "message"),
    [(5, None, "5 normal pictures are too few"), (30, 60, "are alike, so that nothing can be learned")],
)
def test_normals_that_teach_nothing_are_refused_before_anything_is_announced(
    count: int, value: int | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "normals", count, 42)
    for path in (tmp_path / "normals").iterdir() if value else ():
        Image.fromarray(np.full((SIDE, SIDE), value, np.uint8)).save(path)
    run = tmp_path / "run"
    assert main(["detect", "fit", str(tmp_path / "normals"), *QUICK, "--out", str(run)]) == 1
    told = capsys.readouterr().err
    assert message in told
    assert "sparring watch" not in told
    assert not run.exists()


def test_a_defective_picture_among_the_normals_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "normals", 70, 43)
    write(tmp_path / "other", 1, 44, spot=True)
    shutil.move(tmp_path / "other" / "000.png", tmp_path / "normals" / "stray.png")
    words = ["detect", "fit", str(tmp_path / "normals"), *QUICK, "--out", str(tmp_path / "run")]
    assert main(words) == 0
    assert "1 normal of 71 (1.4%) looks defective: 'stray.png'. Look at them" in capsys.readouterr().out
