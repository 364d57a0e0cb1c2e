"""A trained generator is used on pictures of any size, from the command line and in Python."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cli_runs import OPTIONS, refused
from conftest import TINY
from sparring.cli.main import main
from sparring.cli.playground import Playground
from sparring.data.arrays import from_array
from sparring.data.pairs import joined
from sparring.errors import ConfigError, DataError, RunError
from sparring.gan import GAN
from sparring.kinds import find
from sparring.networks.unet import UNet
from sparring.page.asked import DrawRequest
from sparring.runs import translator as module
from sparring.runs.folder import RunFolder
from sparring.runs.translator import Translator
from sparring.uses.translate import scaled, translated


def untrained(into: int = 3) -> Translator:
    sides = from_array(np.zeros((9, 32, 32), np.uint8)), from_array(np.zeros((9, 32, 32, into), np.uint8))
    torch.manual_seed(0)
    return Translator(UNet(shape=(into, 32, 32), given=1, width=4), joined(*sides, "none").spec, 0)


def test_a_picture_in_tiles_is_the_picture_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    one = untrained()
    torch.nn.init.normal_(one.generator.last.weight, std=0.5)  # type: ignore[arg-type,union-attr]
    picture = torch.randint(
        0, 256, (1, 1, 140, 203), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    whole = one(picture)
    monkeypatch.setattr(module, "WHOLE", 1000)
    monkeypatch.setattr(module, "TILE", 64)
    tiles = one(picture)
    assert tiles.shape == whole.shape == (1, 3, 140, 203)
    assert int((tiles.int() - whole.int()).abs().max()) <= 1


def test_other_channels_are_refused() -> None:
    with pytest.raises(DataError, match=r"given \(N, 1, H, W\)"):
        untrained()(torch.zeros(1, 3, 8, 8, dtype=torch.uint8))
    assert untrained()(torch.zeros(0, 1, 8, 8, dtype=torch.uint8)).shape == (0, 3, 8, 8)


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 50), (64, 32)), ((10, 40), (32, 128)), ((32, 32), (32, 32))]
)
def test_the_shorter_side_is_as_in_the_training(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert scaled(size, 32) == expected  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a paired translation, grey to colour, beside its folders."""
    place = tmp_path_factory.mktemp("translation")
    for folder in ("ink", "red"):
        (place / folder).mkdir()
    for k in range(24):
        ink = Image.new("L", (16, 16))
        ink.paste(255, (k % 8, 3, k % 8 + 5, 12))
        ink.save(place / "ink" / f"{k}.png")
        Image.merge("RGB", [ink, ink.point(lambda v: v // 4), Image.new("L", ink.size)]).save(
            place / f"red/{k}.png"
        )
    words = ["--from", str(place / "ink"), "--to", str(place / "red"), "--paired", *OPTIONS]
    assert main(["train", *words, "--out", str(place / "run")]) == 0
    return place / "run"


def test_a_folder_is_translated(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = tmp_path / "photos"
    (photos / "sub").mkdir(parents=True)
    Image.new("RGB", (40, 20), "white").save(photos / "wide.jpg")
    Image.new("RGBA", (16, 16), (255, 255, 255, 80)).save(photos / "sub" / "clear.png")
    (photos / "broken.png").write_bytes(b"no picture")
    assert main(["translate", str(run), str(photos), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "2 pictures from step" in said.out
    assert "'broken' (" in said.err
    with Image.open(tmp_path / "out/wide.png") as wide, Image.open(tmp_path / "out/sub/clear.png") as clear:
        assert (wide.size, wide.mode) == ((32, 16), "RGB")
        assert clear.mode == "RGBA"
        assert clear.getpixel((0, 0))[3] == 80  # type: ignore[index]
    assert main(["translate", str(run), str(photos), "--out", str(tmp_path / "own"), "--own-size"]) == 0
    with Image.open(tmp_path / "own/wide.png") as wide:
        assert wide.size == (40, 20)
    assert "exists already" in refused(capsys, "translate", run, photos, "--out", tmp_path / "out")


def test_one_picture_is_translated_into_a_file(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = run.parent / "ink/3.png"
    assert main(["translate", str(run), str(picture), "--out", str(tmp_path / "one.png")]) == 0
    gan = GAN.load(run)
    with Image.open(tmp_path / "one.png") as file, Image.open(picture) as given:
        made = np.asarray(file)
        assert np.array_equal(made, np.asarray(gan.translate(given)))
        again = gan.translate(np.asarray(given)[None])[0]
    assert np.array_equal(made, again.transpose(1, 2, 0))
    assert np.array_equal(made, np.asarray(gan.translate(picture, out=tmp_path / "python")[0]))
    assert (tmp_path / "python/3.png").exists()
    for out, why in ((tmp_path / "one.jpg", "written as .png"), (picture, "would replace")):
        assert why in refused(capsys, "translate", run, picture, "--out", out)
    assert "several pictures" in refused(
        capsys, "translate", run, run.parent / "ink", "--out", tmp_path / "x.png"
    )
    assert "no picture, folder or zip" in refused(capsys, "translate", run, tmp_path / "nothing")


def test_a_run_is_resumed_and_told_of(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resume", str(run), "--samples-seen", "128"]) == 0
    assert "translate" in refused(capsys, "sample", run)
    assert main(["report", str(run)]) == 0
    assert (run / "report.html").exists()


def test_the_page_translates_sources_that_the_seed_chooses(run: Path, tmp_path: Path) -> None:
    page = Playground()
    first, second, again = (page(run, DrawRequest.of({"seed": seed, "count": "2"})) for seed in "121")
    assert first.media == "image/png"
    assert first.content == again.content != second.content
    with Image.open(io.BytesIO(first.content)) as sheet:
        assert sheet.width > 3 * 64
    gan = GAN("paired", **TINY, paired=True)
    samples = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    gan.fit(samples, 255 - samples, samples_seen=32, out=tmp_path / "array")
    with pytest.raises(ConfigError, match="cannot be read again"):
        page(tmp_path / "array", DrawRequest.of({}))


def test_what_draws_from_latents_does_not_translate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "translates nothing" in refused(capsys, "translate", "mnist", tmp_path)
    gan = GAN.pretrained("mnist")
    with pytest.raises(RunError, match="draws from random latents"):
        gan.translate(np.zeros((2, 28, 28), np.uint8))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--recipe", "unpaired", "mnist"], "only targets are given"),
        (["--from", "INK", "--to", "RED", "--paired", "--recipe", "sprint"], "this data has sources"),
        (["--from", "INK", "--to", "RED", "--recipe", "pix2pix"], "pairs, --paired"),
        (["--from", "INK", "--to", "RED", "--augment", "ada"], "has no place for it"),
        (["--from", "INK", "--to", "RED", "--generator", "dcgan"], "does not take pictures to translate"),
        (["mnist", "--generator", "unet", "--discriminator", "unet"], "unet networks are given pictures"),
        (["--from", "INK", "--to", "RED", "RED"], "both targets"),
        (["--to", "RED"], "what they are made from is missing: give --from SOURCES"),
        (["--from", "INK"], "is missing: give --to TARGETS, or --paired halves"),
    ],
)
def test_what_does_not_go_together(
    words: list[str], why: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = {"INK": str(run.parent / "ink"), "RED": str(run.parent / "red")}
    assert why in refused(capsys, "train", *(named.get(word, word) for word in words), "--dry-run")


def test_pictures_of_more_than_8_bits_are_read_with_the_levels_of_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, step in (("scans", 16), ("maps", 257)):  # 12 bits, and 16 that fill their type
        (tmp_path / folder).mkdir()
        for k in range(20):
            values = np.random.default_rng(k).integers(0, 256, (8, 8)).astype(np.uint16)
            values[0, :2] = 0, 255
            Image.fromarray(values * step).save(tmp_path / folder / f"{k}.png")
    scans, out = tmp_path / "scans", tmp_path / "run"
    words = ["--from", str(scans), "--to", str(tmp_path / "maps"), "--paired", *OPTIONS, "--out", str(out)]
    assert main(["train", *words]) == 0
    assert main(["translate", str(out), str(scans / "3.png"), "--out", str(tmp_path / "one.png")]) == 0
    trained_on = find.chosen(RunFolder(out).config.dataset, RunFolder(out).config.files).given
    assert trained_on is not None
    place = trained_on.origin.names.index("3.png")  # type: ignore[union-attr]
    expected = Translator.load(out)(trained_on.samples[place : place + 1])
    with Image.open(tmp_path / "one.png") as made:
        assert np.array_equal(np.asarray(made), expected[0, 0].numpy())
    assert main(["resume", str(out), "--samples-seen", "128"]) == 0  # each side is read with its own levels


def test_transparent_pictures_are_read_with_the_background_of_the_training(tmp_path: Path) -> None:
    for folder in ("signs", "red"):
        (tmp_path / folder).mkdir()
    for k in range(20):
        Image.new("RGB", (8, 8), "red").save(tmp_path / "red" / f"{k}.png")
        sign = Image.fromarray(np.random.default_rng(k).integers(0, 256, (8, 8), np.uint8))
        picture = Image.new("RGBA", (8, 8), "black")
        picture.putalpha(sign)
        picture.save(tmp_path / "signs" / f"{k}.png")
    signs, out = str(tmp_path / "signs"), tmp_path / "run"
    words = ["--from", signs, "--to", str(tmp_path / "red"), "--paired", *OPTIONS, "--out", str(out)]
    assert main(["train", *words, "--background", "white"]) == 0
    translator = Translator.load(out)
    trained_on = find.chosen(RunFolder(out).config.dataset, RunFolder(out).config.files).given
    assert trained_on is not None
    assert len(trained_on.samples.unique()) > 1  # before black all of it is black
    place = trained_on.origin.names.index("3.png")  # type: ignore[union-attr]
    expected = translator(trained_on.samples[place : place + 1])
    made = translated(translator, (tmp_path / "signs" / "3.png").read_bytes())
    assert np.array_equal(np.asarray(made)[..., :3], expected[0].permute(1, 2, 0).numpy())


def test_pictures_of_one_name_and_several_suffixes_are_all_kept(run: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.png", "a.jpg", "b.v2.png"):
        Image.new("L", (16, 16), 200).save(photos / name)
    assert main(["translate", str(run), str(photos), "--out", str(tmp_path / "out")]) == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.jpg.png", "a.png.png", "b.v2.png"]


@pytest.mark.parametrize("place", ["{}/photos/../photos", "{}/link"])
def test_what_is_translated_is_never_replaced(
    place: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "photos", place.format(tmp_path)
    photos.mkdir()
    (tmp_path / "link").symlink_to(photos)
    Image.new("L", (16, 16), 200).save(photos / "a.png")
    before = (photos / "a.png").read_bytes()
    for pictures in (photos, photos / "a.png"):
        why = refused(capsys, "translate", run, pictures, "--out", out, "--force")
        assert "would replace what is translated" in why
        with pytest.raises(DataError, match="would replace what is translated"):
            GAN.load(run).translate(pictures, out=out)
    assert (photos / "a.png").read_bytes() == before
