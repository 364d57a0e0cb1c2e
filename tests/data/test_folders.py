"""The user's pictures from the folder to the run: options, sizes, classes, and the same again later."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import TINY, TINY_LINE
from sparring import GAN
from sparring.cli.closing import goes_on
from sparring.cli.main import main
from sparring.config.groups import FilesConfig
from sparring.data import split
from sparring.data.folders import from_folder
from sparring.errors import ConfigError, DataError
from sparring.kinds import find
from sparring.runs.folder import RunFolder
from sparring.training import suited

LINE = [*TINY_LINE, "--samples-seen", "32", "--out", "run"]


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty pictures of several sizes, dark cats and bright dogs, in the working folder."""
    rng = np.random.default_rng(0)
    for k in range(20):
        kind, base = (("cats", 0), ("dogs", 150))[k % 2]
        (tmp_path / "photos" / kind).mkdir(parents=True, exist_ok=True)
        pixels = base + rng.integers(0, 100, (20 + k, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "photos" / kind / f"{k:02}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


def packed(photos: Path) -> Path:
    path = photos.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as file:
        for picture in sorted(photos.rglob("*.png")):
            file.write(picture, picture.relative_to(photos))
    return path


def test_a_folder_and_a_zip_of_it_are_the_same(photos: Path) -> None:
    first = from_folder(photos, size=16, labels="folders")
    second = from_folder(str(packed(photos)), size="16", labels="folders")
    assert first.samples.shape == (20, 3, 16, 16)
    assert first.spec.class_names == ("cats", "dogs")
    assert first.class_counts == [10, 10]
    assert first.labels is not None
    assert second.labels is not None
    assert torch.equal(first.samples, second.samples)
    assert torch.equal(first.labels, second.labels)
    bright = first.samples.flatten(1).float().mean(1) > 125
    assert torch.equal(bright.long(), first.labels)


def test_a_width_and_a_height(photos: Path) -> None:
    assert from_folder(photos, size="24x16").spec.shape == (3, 16, 24)


def test_without_a_size_pictures_must_have_one(photos: Path) -> None:
    with pytest.raises(DataError, match=r"20 sizes \(30 x 20, 30 x 21, 30 x 22\): bring them to one size"):
        from_folder(photos)
    for path in list(photos.rglob("*.png"))[1:]:
        path.unlink()
    (path,) = photos.rglob("*.png")
    with Image.open(path) as picture:
        assert from_folder(photos).spec.shape[1:] == (picture.height, picture.width)


@pytest.mark.parametrize(("side", "becomes"), [(16, 16), (128, 128), (129, 64)])
def test_auto_keeps_one_small_size(side: int, becomes: int, tmp_path: Path) -> None:
    for k in range(3):
        Image.new("L", (side, side), k).save(tmp_path / f"{k}.png")
    found = from_folder(tmp_path, size="auto")
    assert found.spec.shape == (1, becomes, becomes)
    assert found.origin is not None
    assert found.origin.options["size"] == f"{becomes}x{becomes}"
    assert bool(found.origin.notes) == (side != becomes)


@pytest.mark.parametrize(
    ("others", "count", "side"),
    [(2, 8, 16), (3, 8, 64), (10, 100, 16), (11, 100, 64), (12, 400, 16), (13, 400, 64)],
)
def test_auto_takes_the_size_of_almost_all_pictures_and_of_few_a_handful_decides_nothing(
    others: int, count: int, side: int, tmp_path: Path
) -> None:
    for k in range(count):
        width = 20 + k if k < others else 16
        Image.new("L", (width, 16), k % 256).save(tmp_path / f"{k:03}.png")
    found = from_folder(tmp_path, size="auto")
    assert found.spec.shape == (1, side, side)
    assert found.origin is not None
    some = f", {count - others:,} of {count:,} of 16 x 16," if side == 16 else ""
    assert found.origin.notes[0].startswith(
        f"pictures of 16 x 16 to {19 + others} x 16 pixels{some} become {side} x {side} (crop); --size"
    )
    assert ("adds no detail" in found.origin.notes[0]) == (side == 64)
    with pytest.raises(DataError, match="bring them to one size first"):  # no size was asked for
        from_folder(tmp_path)


@pytest.mark.parametrize("channels", ["auto", "3", "4"])
def test_what_becomes_of_transparency_is_said(channels: str, tmp_path: Path) -> None:
    for k in range(3):
        Image.new("RGBA", (8, 8), (200, 9, 9, 255 - k)).save(tmp_path / f"{k}.png")
    found = from_folder(tmp_path, channels=channels)
    assert found.origin is not None
    kept = channels == "4"
    assert found.origin.facts["transparent"] == f"2 of 3 in places, {'kept' if kept else 'black there'}"
    said = (
        "2 of 3 pictures are transparent in places, which becomes black; --channels 4 keeps the transparency, "
        "--background white makes it white.",
    )
    assert found.origin.notes == (said if channels == "auto" else ())


@pytest.mark.parametrize("background", ["black", "white"])
def test_pictures_that_vanish_before_their_background_are_told(background: str, tmp_path: Path) -> None:
    sign = Image.new("L", (8, 8))
    sign.paste(255, (2, 2, 6, 6))
    for k, ink in enumerate((background, background, "red")):
        picture = Image.new("RGBA", (8, 8), ink)
        picture.putalpha(sign)
        picture.save(tmp_path / f"{k}.png")
    Image.new("RGBA", (8, 8), background).save(tmp_path / "flat.png")  # not transparent
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(tmp_path / "nothing.png")  # not seen before any
    other = "white" if background == "black" else "black"
    found = from_folder(tmp_path, background=background)
    assert found.origin is not None
    said = (
        f"2 of 5 pictures are as {background} as what is put behind: nothing is seen. --background {other} "
        "shows them."
    )
    assert found.origin.notes[1:] == (said,)
    shown = from_folder(tmp_path, background=other)
    assert shown.origin is not None
    assert not any("nothing is seen" in note for note in shown.origin.notes)
    assert shown.origin.facts["transparent"] == f"4 of 5 in places, {other} there"
    assert shown.samples[0, :, 0, 0].tolist() == [255 * (other == "white")] * 3
    assert shown.samples[0, :, 3, 3].tolist() == [255 * (background == "white")] * 3


def test_what_is_fitted_has_borders_of_the_background(tmp_path: Path) -> None:
    Image.new("RGB", (8, 4), "red").save(tmp_path / "wide.png")
    wide = from_folder(tmp_path, size=8, resize="fit", background="white").samples[0]
    assert wide[:, 0].unique().tolist() == [255]
    assert wide[:, 4].T.unique(dim=0).tolist() == [[255, 0, 0]]
    clear = from_folder(tmp_path, size=8, resize="fit", background="white", channels="4").samples[0]
    assert clear[:, 0].unique().tolist() == [0]


def test_one_transparent_picture_is_told_of_in_the_singular(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (200, 9, 9, 100)).save(tmp_path / "clear.png")
    origin = from_folder(tmp_path).origin
    assert origin is not None
    assert origin.notes[0].startswith("1 picture is transparent in places, which becomes black;")
    Image.new("RGB", (8, 8), (200, 9, 9)).save(tmp_path / "solid.png")
    origin = from_folder(tmp_path).origin
    assert origin is not None
    assert origin.notes[0].startswith("1 of 2 pictures is transparent in places,")


def test_auto_says_what_several_sizes_become(photos: Path) -> None:
    found = from_folder(photos, size="auto")
    assert found.origin is not None
    (note,) = found.origin.notes
    assert note == (
        "pictures of 30 x 20 to 30 x 39 pixels become 64 x 64 (crop); --size changes this. 20 of 20 pictures "
        "are enlarged to 64 x 64, which adds no detail: a smaller --size trains faster."
    )


def test_upright_pictures_have_one_size_though_they_are_stored_with_two(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("L", (8, 12)).save(tmp_path / "a.jpg")
    Image.new("L", (12, 8)).save(tmp_path / "b.jpg", exif=turned)
    assert from_folder(tmp_path).spec.shape == (1, 12, 8)


def test_broken_files_are_named_and_duplicates_counted(photos: Path) -> None:
    (photos / "cats/broken.png").write_bytes(b"rubbish")
    shutil.copy(photos / "cats/00.png", photos / "dogs/copy.png")
    found = from_folder(photos, size=16, labels="folders", max_broken=0.05)
    assert found.origin is not None
    assert found.origin.left_out == ("cats/broken.png: not a picture, or a damaged one",)
    assert found.origin.notes == (
        "1 of 22 files left out as unreadable: cats/broken.png: not a picture, or a damaged one.",
    )
    assert found.origin.duplicates == 1
    assert found.class_counts == [10, 11]


def test_labels_of_a_table(photos: Path, tmp_path: Path) -> None:
    rows = [f"{path.name},{'even' if int(path.stem) % 4 < 2 else 'odd'}" for path in photos.rglob("*.png")]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *rows]))
    found = from_folder(photos, size=8, labels="labels.csv")
    assert found.spec.class_names == ("even", "odd")
    assert found.origin is not None
    assert found.origin.options["labels"] == str(tmp_path / "labels.csv")
    assert found.labels is not None
    assert found.labels.tolist() == [int(stem) % 4 // 2 for stem in [*range(0, 20, 2), *range(1, 20, 2)]]


@pytest.mark.parametrize("zipped", [False, True])
def test_labels_beside_the_pictures_are_found_again_from_anywhere(
    photos: Path,
    tmp_path: Path,
    zipped: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (photos / "dogs/01.png").rename(photos / "dogs/twelve.png")
    rows = [
        [str(path.relative_to(photos)), len(path.parent.name + path.stem)] for path in photos.rglob("*.png")
    ]
    (photos / "dataset.json").write_text(json.dumps({"labels": rows}))
    name = "photos"
    if zipped:
        with zipfile.ZipFile(packed(photos), "a") as file:
            file.write(photos / "dataset.json", "dataset.json")
        shutil.rmtree(photos)
        name = "photos.zip"
    assert main(["train", name, "--labels", "dataset.json", "--size", "8", *LINE]) == 0
    assert "of other kinds" not in capsys.readouterr().err  # the table was used
    folder = RunFolder(tmp_path / "run")
    assert folder.config.files.labels == str(tmp_path / name / "dataset.json")
    assert folder.spec.class_names == ("6", "10")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    Path("dataset.json").write_text('{"labels": null}')
    assert main(["resume", "../run", "--samples-seen", "64"]) == 0


def test_the_name_of_data_has_no_steps_back(photos: Path) -> None:
    assert find.dataset("photos/../photos", size="8").name == str(photos)
    np.save("points.npy", np.zeros((20, 2), np.float32))
    assert find.dataset("photos/../points.npy").name == str(photos.parent / "points.npy")
    photos.rename("moved")
    Path("photos").symlink_to("moved")
    assert find.dataset("photos", size="8").name == str(photos)  # where moved data is found again


def test_parts_of_a_set_taken_for_classes_are_remarked_on(photos: Path) -> None:
    (photos / "cats").rename(photos / "train")
    (photos / "dogs").rename(photos / "valid")
    found = from_folder(photos, size=16, labels="folders")
    assert found.origin is not None
    assert "'train', 'valid' look like parts of a data set" in found.origin.notes[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"resize": "crops"}, "unknown resize 'crops'. Did you mean 'crop'"),
        ({"channels": "2"}, "unknown channels '2'"),
        ({"size": "2"}, "expected sides from 4 to 4096 pixels"),
        ({"size": 8, "labels": "missing.csv"}, "missing.csv"),
    ],
)
def test_options_that_are_none(photos: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises((ConfigError, DataError), match=said):
        from_folder(photos, **options)  # type: ignore[arg-type]


def test_folders_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no pictures; accepted are \.png"):
        from_folder(tmp_path)


def test_a_run_on_pictures_is_trained_resumed_measured_and_looked_at(
    photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = [f"{path.relative_to(photos)},{path.parent.name}" for path in photos.rglob("*.png")]
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    words = ["train", "photos", "--labels", "labels.csv", "--resize", "stretch", "--size", "16x8"]
    assert main([*words, *LINE]) == 0
    folder = RunFolder(tmp_path / "run")
    assert folder.config.dataset.data == str(photos)
    assert (folder.config.files.size, folder.config.files.resize) == ("16x8", "stretch")
    assert folder.config.files.labels == str(tmp_path / "labels.csv")
    assert folder.spec.class_names == ("cats", "dogs")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["resume", "../run", "--samples-seen", "64"]) == 0
    assert main(["evaluate", "../run", "--features", "pixels", "--count", "20", "--draws", "1"]) == 0
    assert "cats" in (tmp_path / "run/run.json").read_text()
    Image.new("L", (16, 8)).save(photos / "cats/new.png")
    capsys.readouterr()
    assert main(["resume", "../run", "--samples-seen", "96"]) == 1
    assert "no label for 1 of 21" in capsys.readouterr().err


def test_a_size_that_was_found_stays_the_runs_size(photos: Path, tmp_path: Path) -> None:
    assert main(["train", "photos", *LINE]) == 0
    assert RunFolder(tmp_path / "run").config.files.size == "64x64"


def test_a_sampled_folder_of_four_channels_is_measured_against_its_run(tmp_path: Path, photos: Path) -> None:
    assert main(["train", "photos", "--channels", "4", "--size", "8", *LINE]) == 0
    assert RunFolder(tmp_path / "run").spec.shape == (4, 8, 8)
    assert main(["sample", "run", "--count", "20", "--out", "forged"]) == 0
    measure = ["evaluate", "--features", "pixels", "--count", "20", "--quick", "--force"]
    assert main([*measure, "--real", "forged", "--fake", "run"]) == 0
    from_folder(photos, size=8, channels="4")
    np.savez(tmp_path / "real.npz", samples=from_folder(photos, size=8, channels="4").samples.numpy())
    assert main([*measure, "--real", "real.npz", "--fake", "forged"]) == 0


def test_in_python(photos: Path) -> None:
    gan = GAN("sprint", **TINY, size=8, labels="folders").fit(photos, samples_seen=32)
    assert gan.sample(3, labels="dogs").shape == (3, 3, 8, 8)
    with pytest.raises(ConfigError, match="labels='folders'"):
        GAN("sprint", **TINY).fit(photos, [0] * 20)
    with (
        pytest.warns(UserWarning, match="look like classes"),
        pytest.warns(UserWarning, match="become 64 x 64"),
    ):
        GAN("sprint", **TINY).fit("photos", samples_seen=16)


@pytest.mark.parametrize(
    "options", [{"size": "64"}, {"labels": "folders"}, {"resize": "fit"}, {"channels": "3"}]
)
def test_options_of_pictures_are_refused_for_other_data(options: dict[str, str], pictures_file: Path) -> None:
    for name in ("mnist", str(pictures_file), "ring"):
        with pytest.raises(
            ConfigError,
            match=f"{next(iter(options))}: accepted only for .*folders and zips of pictures and hf: sets",
        ):
            find.dataset(name, FilesConfig(**options))


def test_a_run_folder_is_no_folder_of_pictures(photos: Path) -> None:
    assert main(["train", "photos", "--size", "8", *LINE]) == 0
    with pytest.raises(
        DataError, match="run is a run folder, not data: continue it with `sparring resume run`"
    ):
        find.dataset("run")


def test_a_built_in_name_wins_over_a_folder_of_that_name(photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "ring")
    assert find.dataset("ring").spec.kind == "points"
    assert find.dataset("./ring", FilesConfig(size="8")).spec.kind == "image"


def test_runs_among_the_pictures_are_not_trained_on(photos: Path) -> None:
    assert main(["train", "photos", *LINE[:-1], "photos/runs/one", "--size", "16", "--batch-size", "8"]) == 0
    assert len(from_folder(photos, size=16)) == 20
    assert main(["resume", "photos/runs/one", "--samples-seen", "48"]) == 0
    assert main(["evaluate", "photos/runs/one", "--quick", "--count", "20", "--draws", "1"]) == 0


def test_other_folders_are_read_as_the_run_reads_its_own(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "photos", *LINE, "--size", "16", "--batch-size", "8"]) == 0
    line = ["--quick", "--count", "20", "--draws", "1"]
    shutil.copytree(photos, "others")
    assert main(["evaluate", "run", "--held-out", "others", *line]) == 0
    assert main(["evaluate", "--real", "others", "--fake", "run", "--out", "told.json", *line]) == 0


def test_refusals_that_cost_nothing_come_before_the_decoding(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def decoded(*_: object, **__: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("sparring.cli.data.read", decoded)
    assert main(["train", "photos", "--recipe", "sprnt"]) == 1
    assert main(["train", "photos", "--out", "photos"]) == 1
    assert "Did you mean 'sprint'" in capsys.readouterr().err


def test_a_table_that_cannot_be_read_is_told_before_the_decoding(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparring.data.store.load", lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(DataError, match="cannot read the labels in"):
        from_folder(photos, size=16, labels="tabel.csv")


def test_files_of_other_kinds_are_said(photos: Path) -> None:
    (photos / "cats/01.heic").write_bytes(b"a telephone's")
    found = from_folder(photos, size=16)
    assert found.origin is not None
    assert found.origin.notes[0].startswith("1 file of other kinds ignored; accepted are .png, ")


def test_broken_files_beside_a_run_are_left_out_as_in_training(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "photos", *LINE, "--size", "16", "--batch-size", "8", "--max-broken", "0.2"]) == 0
    shutil.copytree(photos, "others")
    Path("others/broken.png").write_bytes(b"rubbish")
    line = ["--quick", "--count", "20", "--draws", "1"]
    assert main(["evaluate", "run", "--held-out", "others", *line]) == 0
    assert "others: 1 of 21 files left out as unreadable: broken.png" in capsys.readouterr().err


def test_too_small_pictures_become_larger(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    for k in range(3):
        Image.new("L", (3, 3), k).save(tmp_path / "tiny" / f"{k}.png")
    assert from_folder(tmp_path / "tiny", size="auto").spec.shape == (1, 64, 64)


def test_few_pictures_are_told_what_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "one" / "1.png")
    words = ["train", str(tmp_path / "one"), "--out", str(tmp_path / "run"), "--recipe", "sprint"]
    assert main([*words, "--batch-size", "128"]) == 1
    assert "--batch-size 1 --ghost-batches 1 in one process" in capsys.readouterr().err


def test_a_batch_of_one_has_no_statistics(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--recipe", "mlp", "--g-norm", "batch", "--batch-size", "1", "--samples-seen", "4"]
    assert main(["train", "photos", "--size", "8", *line]) == 1
    assert "--g-norm none" in capsys.readouterr().err


def test_of_very_few_pictures_no_quality_is_said(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "photos", *LINE, "--size", "16"]) == 0
    assert (
        "not measured: 20 pictures are too few to compare with, so judge by the contact sheet"
    ) in capsys.readouterr().out


def test_a_training_shorter_than_what_was_promised_says_how_it_goes_on(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "photos", *LINE, "--size", "64"]) == 0
    told = capsys.readouterr()
    assert "shapes after about 2 minutes, things that can be guessed after about 10 minutes" in told.err
    assert "next  sparring resume run --minutes 10  trains on: what was promised takes about 10" in told.out
    assert "doctor" not in told.out  # nothing can be said yet
    folder, data = RunFolder(Path("run")), find.dataset("photos", size="64")
    assert goes_on(folder, 540, data).endswith("takes about 10 minutes, and this was 9 minutes")
    assert goes_on(folder, 600, data) == ""
    wide = find.dataset("photos", size="96x64")  # 12.2 minutes
    assert suited.reasons(folder.config, wide)[1].count("about 12 minutes") == 1
    assert goes_on(folder, 540, wide).startswith("sparring resume run --minutes 12  trains on")


@pytest.mark.parametrize("zipped", [False, True])
def test_pictures_of_formats_that_are_not_read_are_named(tmp_path: Path, zipped: bool) -> None:
    (tmp_path / "some").mkdir()
    for name in ("IMG_1.HEIC", "IMG_2.heic", "c.dng", "notes.txt", "more.ZIP"):
        (tmp_path / "some" / name).write_bytes(b"x")
    said = (
        "2 .heic, 1 .dng cannot be read: save such pictures as JPEG or PNG first. What is in 1 .zip is not "
        "seen: unpack it there, or give a .zip as the data itself."
    )

    def path() -> Path:
        folder = tmp_path / "some"
        return Path(shutil.make_archive(str(folder), "zip", folder)) if zipped else folder

    with pytest.raises(DataError, match=f"holds no pictures; accepted are .*{re.escape(said)}$"):
        from_folder(path())
    Image.new("L", (8, 8)).save(tmp_path / "some" / "a.png")
    origin = from_folder(path()).origin
    assert origin is not None
    assert origin.notes[-1] == said
    assert origin.others == 5


@pytest.mark.parametrize("different", [40, 12])
def test_copies_are_held_out_together_and_no_more_than_asked_for(tmp_path: Path, different: int) -> None:
    for k in range(60):
        Image.new("L", (8, 8), k % different).save(tmp_path / f"{k:02}.png")
    data = from_folder(tmp_path)
    training, held_out = split.split_hold_out(data, 0.25)
    known, unseen = ({int(picture.max()) for picture in part.samples} for part in (training, held_out))
    assert known.isdisjoint(unseen)
    assert known | unseen == set(range(different))
    most_alike = -(-60 // different)
    assert 15 <= len(held_out) < 15 + most_alike
    assert len(training) + len(held_out) == 60
    assert torch.equal(data.samples[split.held_places(data, 0.25)], held_out.samples)


def test_another_split_of_the_same_size_has_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for k in range(40):
        Image.new("L", (8, 8), k).save(tmp_path / f"{k:02}.png")
    data = from_folder(tmp_path)
    for seed in (0, 1):
        monkeypatch.setattr(split, "SEED", seed)
        training, held_out = split.split_hold_out(data, 0.25)
        places = split.held_places(data, 0.25)
        assert torch.equal(held_out.samples, data.samples[places])
        assert not torch.isin(training.samples[:, 0, 0, 0], places).any()


def test_a_folder_of_one_picture_many_times_keeps_a_training_set(tmp_path: Path) -> None:
    for k in range(20):
        Image.new("L", (8, 8)).save(tmp_path / f"{k:02}.png")
    training, held_out = split.split_hold_out(from_folder(tmp_path), 0.25)
    assert (len(training), len(held_out)) == (15, 5)
