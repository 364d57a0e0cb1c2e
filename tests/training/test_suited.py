"""What a training takes from its data: labels, the recipe by size, the batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cli_runs import OPTIONS, refused
from conftest import TINY, TINY_LINE
from sparring.cli import data as overview
from sparring.cli.main import main
from sparring.config.recipes import RECIPES
from sparring.config.toml import load_toml
from sparring.data.arrays import from_array
from sparring.data.folders import from_folder
from sparring.data.pairs import joined
from sparring.data.spec import Dataset
from sparring.data.text import from_strings
from sparring.errors import ConfigError, DataError
from sparring.gan import GAN
from sparring.kinds import find
from sparring.training import suited

WITHOUT = [
    name for name, options in RECIPES.items() if options.get("conditional") is False and "rules" not in options
]


def array(count: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side), dtype=np.uint8)


def data(count: int, labels: Any = None) -> Dataset:
    return from_array(array(count), labels, name="mine")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve pictures each of cats and dogs, in folders."""
    for kind in ("cat", "dog"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        for k, pixels in enumerate(array(12)):
            Image.fromarray(pixels).save(tmp_path / "photos" / kind / f"{k}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


@pytest.mark.parametrize("recipe", WITHOUT)
def test_labels_that_are_given_are_used_whatever_the_recipe(recipe: str, pictures: Dataset) -> None:
    gan = GAN(recipe, **TINY).fit(pictures.samples.numpy(), pictures.labels, samples_seen=32)
    assert (gan.classes_, gan.config_.dataset.conditional) == (2, True)
    assert len(gan.sample(2, labels=1)) == 2


def test_labels_that_are_asked_for_are_used(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = photos.parent / "labels.csv"
    table.write_text("".join(f"{kind}/{k}.png,{kind}\n" for kind in ("cat", "dog") for k in range(12)))
    for number, labels in enumerate(("folders", str(table))):
        words = ["--recipe", "dcgan", "--labels", labels, "--out", f"run{number}"]
        assert main(["train", "photos", *words, *OPTIONS]) == 0
        assert "the 2 classes are used, although recipe dcgan" in capsys.readouterr().err
        assert main(["sample", f"run{number}", "--label", "dog", "--out", f"dogs{number}.png"]) == 0


def test_a_misspelt_way_to_labels_is_no_table(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for labels in ("folder", "foldres", "Folders"):
        assert "Did you mean 'folders'?" in refused(capsys, "train", "photos", "--labels", labels)


def test_labels_asked_for_and_refused_at_once_are_a_contradiction(photos: Path, pictures: Dataset) -> None:
    labelled = from_folder(photos, size=8, labels="folders")
    with pytest.raises(ConfigError, match="leave one of the two out"):
        suited.configure(labelled, "sprint", conditional=False)
    with pytest.raises(ConfigError, match="leave one of the two out"):
        GAN("sprint", **TINY, conditional=False).fit(pictures.samples.numpy(), pictures.labels)


def test_labels_that_are_not_there_are_missed() -> None:
    for recipe in ("dcgan", "sprint"):
        with pytest.raises(ConfigError, match="needs labels, and mine has none.*--labels folders"):
            suited.configure(data(64), recipe, conditional=True)
    assert suited.configure(data(64), "sprint").dataset.conditional


def test_labels_that_came_with_the_data_and_are_not_used_are_told_of(pictures: Dataset) -> None:
    said: list[str] = []
    config = suited.configure(pictures, "dcgan", False, said.append, batch_size=16)
    assert (config.dataset.conditional, len(said)) == (False, 1)
    assert "the labels of tiny are not used, because recipe dcgan" in said[0]
    assert "--conditional" in said[0]
    for options in ({"conditional": True}, {"conditional": False}):
        said.clear()
        suited.configure(pictures, "dcgan", False, said.append, batch_size=16, **options)
        assert said == []


def test_one_label_for_all_is_none() -> None:
    alike, said = data(64, ["cat"] * 64), []
    assert not suited.configure(alike, "sprint", False, said.append, batch_size=16).dataset.conditional
    assert len(said) == 1
    assert "all 64 samples of mine have the label 'cat'" in said[0]
    for asked in ((True, {}), (False, {"conditional": True})):
        with pytest.raises(ConfigError, match="have the label 'cat', from which the networks learn"):
            suited.configure(alike, "sprint", asked[0], **asked[1])


def test_a_run_without_labels_says_why(
    run: Path, pictures_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(pictures_file), "--recipe", "dcgan", *OPTIONS, "--out", str(tmp_path / "r")]) == 0
    assert "the labels of" in capsys.readouterr().err
    said = refused(capsys, "sample", tmp_path / "r", "--label", "1")
    assert "has some ('0', '1'): train again with --conditional" in said
    np.save(tmp_path / "bare.npy", array(64))
    words = ["train", str(tmp_path / "bare.npy"), "--recipe", "dcgan", *OPTIONS, "--out", str(tmp_path / "b")]
    assert main(words) == 0
    assert "trained without labels: train again with labels" in refused(
        capsys, "sample", tmp_path / "b", "--label", "1"
    )


def test_what_a_whole_config_repeats_of_its_recipe_is_not_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "many.npy", array(200))
    np.save(tmp_path / "few.npy", array(40))
    assert main(["train", str(tmp_path / "many.npy"), "--recipe", "sprint", "--dry-run"]) == 0
    (tmp_path / "whole.toml").write_text(capsys.readouterr().out)
    whole = load_toml(tmp_path / "whole.toml")
    assert (whole["conditional"], whole["batch_size"]) == (True, 128)
    words = ["train", str(tmp_path / "few.npy"), "--config", str(tmp_path / "whole.toml"), "--dry-run"]
    assert main(words) == 0
    assert "batch_size = 40\n" in capsys.readouterr().out


@pytest.mark.parametrize(("count", "recipe"), [(suited.FEW - 1, "small-data"), (suited.FEW, "sprint")])
def test_few_pictures_choose_their_recipe(count: int, recipe: str) -> None:
    assert suited.configure(data(count)).recipe == suited.recipe_for(data(count))[0] == recipe


@pytest.mark.parametrize(
    ("shape", "recipe"),
    [
        ((1, 32, 32), "sprint"),
        ((1, 33, 32), "pictures"),
        ((1, 32, 33), "pictures"),
        ((3, 8, 8), "pictures"),
        ((4, 8, 8), "pictures"),
    ],
)
def test_pictures_in_colour_or_of_more_pixels_choose_their_recipe(shape: tuple[int, ...], recipe: str) -> None:
    blank = np.zeros((suited.FEW, *shape), np.uint8)
    assert suited.recipe_for(from_array(blank)) == (recipe, "")
    few = suited.recipe_for(from_array(blank[:40]))[0]
    assert few == ("small-data" if recipe == "sprint" else recipe)


def test_the_built_in_sets_and_points_have_their_recipes() -> None:
    assert suited.recipe_for(find.dataset("ring")) == ("mlp", "")
    assert suited.recipe_for(find.dataset("mnist")) == ("sprint", "")
    assert suited.recipe_for(find.dataset("emoji")) == ("pictures", "")
    assert suited.recipe_for(from_array(np.random.default_rng(0).normal(size=(40, 2))))[0] == "mlp"


@pytest.mark.parametrize(
    ("channels", "side", "batch"), [(3, 64, 128), (3, 128, 32), (1, 128, 64), (3, 256, 16), (1, 28, 128)]
)
def test_large_pictures_get_smaller_batches(channels: int, side: int, batch: int) -> None:
    pictures = from_array(np.zeros((200, channels, side, side), np.uint8), name="mine")
    said: list[str] = []
    found = suited.configure(pictures, "sprint", False, said.append)
    assert found.optimizers.batch_size == batch
    assert [line for line in said if "batches" in line] == (
        []
        if batch == 128
        else [
            f"batches of {batch}, not 128, of {side} x {side} pixels, {'grey' if channels == 1 else 'colour'}: "
            "a step takes less memory and time."
        ]
    )
    without_norm = suited.configure(pictures, "modern").optimizers.batch_size
    assert without_norm == (8 if side == 256 else 32)
    assert suited.configure(pictures, "sprint", batch_size=128).optimizers.batch_size == 128
    assert suited.configure(pictures, "sprint", ghost_batches=128).optimizers.batch_size == 128


def test_what_was_chosen_is_said_with_what_the_data_is() -> None:
    few = data(40, np.arange(40) % 2)
    assert suited.reasons(suited.configure(few), few) == (
        "40 photographs of 8 x 8 pixels, grey, of fine detail, in 2 classes: recipe small-data, widths 24 and "
        "16, batches of 40, augmentation.",
        "On two CPU cores expect clear shapes after about a minute. From 40 pictures expect variations of what "
        "is there: more pictures are better than more minutes.",
    )
    assert suited.minutes_expected(suited.configure(few), few) == 1
    (unmeasured,) = suited.reasons(suited.configure(few, "dcgan"), few)
    assert unmeasured.endswith("batches of 40.")
    assert suited.minutes_expected(suited.configure(few, "dcgan"), few) == 0
    growing = from_array(np.zeros((40, 3, 96, 100), np.uint8))
    chosen, expected = suited.reasons(suited.configure(growing), growing)
    assert chosen.endswith("augmentation, features of ImageNet, pictures that grow from 48 pixels.")
    assert "shapes after about 3 minutes, things that can be guessed after about 15 minutes" in expected
    assert suited.minutes_expected(suited.configure(growing), growing) == pytest.approx(15.3, abs=0.1)
    ring = find.dataset("ring")
    assert suited.reasons(suited.configure(ring), ring) == ()
    assert suited.minutes_expected(suited.configure(ring), ring) == 0


def test_the_choice_is_told(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "photos", "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert "recipe small-data, chosen because 24 pictures are few." in said
    assert "24 photographs of 8 x 8 pixels, grey, of fine detail: recipe small-data" in said
    assert "2 subfolders look like classes ('cat', 'dog'). To use them as classes, add --labels folders" in said
    assert main(["train", "photos", "--dry-run", "--recipe", "sprint", "--labels", "folders"]) == 0
    said = capsys.readouterr().err
    assert "24 pictures are few: --recipe small-data" in said
    assert "look like classes" not in said
    assert main(["data", "photos"]) == 0
    said = capsys.readouterr()
    assert "recipe  small-data, chosen because 24 pictures are few" in said.out
    assert "look like classes" in said.err
    assert overview.facts(data(suited.LEAST - 1))["recipe"] == "none: a training needs at least 10 samples"


@pytest.mark.parametrize(
    ("count", "options", "batch"),
    [
        (40, {}, 40),
        (40, {"hold_out": 0.1}, 36),
        (41, {"processes": 4}, 40),
        (43, {"ghost_batches": 4, "processes": 2}, 40),
        (64, {}, 64),
        (70, {}, 64),
        (suited.LEAST, {}, suited.LEAST),
    ],
)
def test_the_batch_is_one_that_the_data_fill(count: int, options: dict[str, Any], batch: int) -> None:
    said: list[str] = []
    assert (
        suited.configure(data(count), "small-data", False, said.append, **options).optimizers.batch_size
        == batch
    )
    assert len(said) == (batch != 64)
    assert all(f"batches of {batch}, not 64: mine has" in sentence for sentence in said)


def test_fit_trains_on_few_samples() -> None:
    gan = GAN(**{name: value for name, value in TINY.items() if name != "batch_size"})
    with pytest.warns(UserWarning, match="batches of 40, not 64") as told:
        gan.fit(array(40), samples_seen=80)
    assert [Path(warning.filename) for warning in told] == [Path(__file__)]  # it points at the user's line
    assert (gan.config_.optimizers.batch_size, gan.game_.clock.step) == (40, 2)


def test_a_batch_that_is_asked_for_stays(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", array(40))
    said = refused(capsys, "train", tmp_path / "few.npy", *TINY_LINE, "--batch-size", "64")
    assert "40 samples, fewer than one batch of 64. Add samples or train with --batch-size 40 or less" in said


@pytest.mark.parametrize("count", [1, suited.LEAST - 1])
def test_too_few_samples_are_refused_with_the_least_number(count: int) -> None:
    with pytest.raises(DataError, match=f"mine has {count} samples?; a training needs at least {suited.LEAST}"):
        suited.configure(data(count))


def test_a_hold_out_that_leaves_too_few_is_told_what_to_do_instead() -> None:
    with pytest.raises(DataError, match="9 samples after --hold-out 0.1.*or hold out none: --hold-out 0"):
        suited.configure(data(suited.LEAST), hold_out=0.1)


@pytest.mark.parametrize(("count", "share", "told"), [(30, 0.1, "0.14"), (40, 0.1, ""), (30, 0.0, "")])
def test_a_translation_that_cannot_be_judged_is_told_before_it_is_trained(
    count: int, share: float, told: str
) -> None:
    said: list[str] = []
    suited.configure(joined(data(count), data(count), "names"), "auto", False, said.append, hold_out=share)
    about = [line for line in said if "is judged by 4 or more" in line]
    assert [line.split()[-1] for line in about] == ([f"{told}."] if told else [])


@pytest.mark.parametrize(
    ("given", "features"),
    [
        ({}, "imagenet"),
        ({"adversarial_weight": 0.0}, "none"),
        ({"discriminator": "own"}, "none"),
        ({"adversarial_weight": 0.0, "d_features": "imagenet"}, "imagenet"),
    ],
)
def test_features_are_there_where_a_discriminator_is_asked_beside_them(
    given: dict[str, Any], features: str
) -> None:
    pairs = joined(data(40), data(40), "names")
    assert suited.configure(pairs, "auto", **given).networks.d_features == features


@pytest.mark.parametrize(("given", "gamma"), [({}, 5.0), ({"d_features": "none"}, 0.0)])
def test_where_there_are_no_features_they_have_no_penalty(given: dict[str, str], gamma: float) -> None:
    data = from_array(np.zeros((200, 3, 32, 32), np.uint8))
    assert suited.configure(data, "pictures", **given).penalties.r1_features_gamma == gamma


@pytest.mark.parametrize("discriminator", ["dcgan", "own"])
def test_a_penalty_on_features_is_refused_where_there_can_be_none(discriminator: str) -> None:
    data = from_array(np.zeros((200, 3, 32, 32), np.uint8))
    given = {"discriminator": discriminator, "r1_features_gamma": 3.0}
    with pytest.raises(ConfigError, match=r"discriminator (skips|or|unet| )+"):
        suited.configure(data, "pictures", **given)


@pytest.mark.parametrize(
    ("side", "given", "weight"), [(60, {}, 1.0), (64, {}, 0.4), (64, {"d_features_weight": 0.7}, 0.7)]
)
def test_features_of_large_pictures_count_less(side: int, given: dict[str, float], weight: float) -> None:
    data = from_array(np.zeros((200, 3, side, side + 8), np.uint8))
    assert suited.configure(data, "pictures", **given).networks.d_features_weight == weight


@pytest.mark.parametrize(
    ("shape", "given", "count"),
    [((7, 200), {}, 0), ((7, 201), {}, 8), ((6, 201), {}, 0), ((7, 200), {"d_associations": 3}, 3)],
)
def test_associations_are_shown_where_symbols_are_many_and_far_apart(
    shape: tuple[int, int], given: dict[str, int], count: int
) -> None:
    texts = from_strings([chr(0x4E00 + place) * shape[0] for place in range(shape[1] - 1)] * 3)
    assert texts.spec.shape == shape
    assert suited.configure(texts, "auto", **given).networks.d_associations == count


def test_pictures_given_to_the_recipe_of_texts_are_refused_in_words() -> None:
    with pytest.raises(ConfigError, match="tokens networks take samples with the axes T V"):
        GAN(recipe="letters", batch_size=8).fit(data(40), verbose=False)


@pytest.mark.parametrize(
    ("side", "recipe", "given", "widths"),
    [
        (127, "pictures", {}, (40, 24)),
        (128, "pictures", {}, (24, 16)),
        (128, "pictures", {"g_width": 8}, (8, 16)),
        (128, "small-data", {"g_width": 30}, (30, 16)),
        (128, "pictures", {"grow": 0.0}, (40, 24)),
    ],
)
def test_networks_for_large_pictures_are_narrower(
    side: int, recipe: str, given: dict[str, float], widths: tuple[int, int]
) -> None:
    data = from_array(np.zeros((200, 3, side, side + 8), np.uint8))
    networks = suited.configure(data, recipe, **given).networks
    assert (networks.g_width, networks.d_width) == widths


def test_points_are_refused_by_networks_for_pictures_in_words() -> None:
    with pytest.raises(ConfigError, match="skips networks take samples with the axes C H W"):
        GAN("pictures").fit("ring", samples_seen=64)
