"""Which features suit which data, and what is said where they do not."""

from functools import partial

import pytest
import torch

from sparring.errors import ConfigError
from sparring.kinds.image import IMAGE
from sparring.metrics import extractors
from sparring.metrics.extractors import NUMBERS, Features, Reals, choose, lacking, quick, suited
from sparring.metrics.features import MOST_VALUES, raw

DIGITS = torch.zeros(10, 1, 28, 28, dtype=torch.uint8)
PICTURES = torch.randint(0, 256, (60, 3, 9, 9), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
LABELS = torch.arange(60) % 2
POINTS = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
pictures = partial(Reals, features=IMAGE.features)
NETWORKS = {"efficientnet-lite0", "imagenet-64", "scattering-64"}
DOWNLOADED = {"inception-2015", "dinov2-vits14"}


@pytest.mark.parametrize(
    ("reals", "installed", "name"),
    [
        (pictures(DIGITS, data="mnist"), True, "digits"),
        (pictures(DIGITS, data="fashion-mnist"), True, "imagenet-64"),
        (pictures(DIGITS.expand(-1, 3, -1, -1), data="mnist"), False, "scattering-64"),
        (pictures(PICTURES, LABELS), True, "imagenet-64"),
        (pictures(PICTURES, LABELS), False, "scattering-64"),
        (pictures(PICTURES), False, "scattering-64"),
        (Reals(POINTS), True, "points"),
        (Reals(POINTS, LABELS), True, "points"),
    ],
)
def test_what_auto_stands_for(
    reals: Reals, installed: bool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractors, "has_imagenet", lambda: installed)
    assert suited(reals) == name
    assert ("pip install 'sparring[imagenet]'" in lacking(reals)) == (name == "scattering-64")


def test_a_record_takes_fast_features_where_the_best_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractors, "has_imagenet", lambda: True)
    assert quick(pictures(PICTURES)) == "scattering-64"
    assert quick(pictures(DIGITS, data="mnist")) == "digits"
    assert quick(Reals(POINTS)) == "points"
    assert quick(Reals(POINTS, features=Features(("classifier",)))) == "pca-64"


@pytest.mark.parametrize(
    ("name", "reals"),
    [
        ("digits", pictures(DIGITS)),
        ("classifier", Reals(POINTS, LABELS, data="folder/my.set.npz")),
        ("pca-64", pictures(PICTURES)),
        ("scattering-64", pictures(PICTURES)),
        ("pca-64", Reals(POINTS)),
        ("pixels", pictures(PICTURES)),
        ("points", Reals(POINTS)),
        ("auto", Reals(POINTS)),
    ],
)
def test_chosen_features_are_what_they_say(name: str, reals: Reals) -> None:
    extractor = choose(reals, name)
    features = extractor(reals.samples[:7])
    assert features.shape == (7, extractor.dimension)
    assert extractor.version is not None
    if name not in ("auto", "classifier"):
        assert extractor.name == name
    if name == "classifier":
        assert extractor.name == "classifier-my.set"


def test_raw_values_of_very_many_dimensions_give_way_to_principal_components() -> None:
    wide = torch.randn(30, MOST_VALUES + 1, generator=torch.Generator().manual_seed(0))
    assert suited(Reals(wide)) == "pca-64"
    assert suited(Reals(wide[:, 1:])) == "points"
    large = torch.zeros(30, 1, 2, (MOST_VALUES + 2) // 2, dtype=torch.uint8)
    for name, samples, features in (("points", wide, NUMBERS), ("pixels", large, IMAGE.features)):
        with pytest.raises(ConfigError, match=r"8,19\d dimensions; at most 8,192 are accepted. Use 'pca-64'"):
            choose(Reals(samples, data="wide", features=features), name)
    assert choose(pictures(large[..., 1:]), "pixels").dimension == MOST_VALUES


def test_unknown_features_are_answered_with_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r"unknown features 'digit'. Did you mean 'digits'\? Known: auto, classifier"
    ):
        choose(pictures(DIGITS), "digit")


@pytest.mark.parametrize(
    ("name", "reals", "message"),
    [
        ("digits", pictures(PICTURES, data="mine"), r"need uint8 pictures of shape \(1, 28, 28\); mine has"),
        ("classifier", pictures(PICTURES), "need samples with labels"),
        ("classifier", pictures(PICTURES, LABELS * 0), "labels of at least 2 classes; .* in 1 classes"),
        ("pixels", Reals(POINTS), "need pictures; data has torch.float32"),
        ("points", pictures(PICTURES), "need samples that are no pictures"),
        *[(name, Reals(POINTS), "need pictures") for name in sorted(DOWNLOADED | NETWORKS)],
    ],
)  # fmt: skip
def test_features_that_do_not_suit_the_data_are_refused(name: str, reals: Reals, message: str) -> None:
    with pytest.raises(ConfigError, match=message + r".*Use 'auto', or 'pca-64'"):
        choose(reals, name)


def test_a_kind_may_have_features_of_its_own() -> None:
    rolls = torch.randn(60, 4, 3, generator=torch.Generator().manual_seed(0))
    own = Features(("chords", "pca-64"), own={"chords": lambda reals: raw("chords", (4, 3))})
    reals = Reals(rolls, LABELS, features=own)
    assert choose(reals).name == "chords"
    for name in ("pca-64", "points", "classifier"):
        assert len(choose(reals, name)(rolls)) == 60
    with pytest.raises(ConfigError, match="Did you mean 'chords'"):
        choose(reals, "chord")
    assert suited(Reals(rolls, features=Features(("classifier",)))) == "pca-64"
