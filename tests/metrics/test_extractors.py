"""Which features suit which data, and what is said where they do not."""

import pytest
import torch

from sparring.errors import ConfigError
from sparring.metrics import extractors
from sparring.metrics.extractors import Reals, choose, suited
from sparring.metrics.features import MOST_VALUES

DIGITS = torch.zeros(10, 1, 28, 28, dtype=torch.uint8)
PICTURES = torch.randint(0, 256, (60, 3, 9, 9), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
LABELS = torch.arange(60) % 2
POINTS = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
DOWNLOADED = {"inception-2015", "dinov2-vits14"}


@pytest.mark.parametrize(
    ("reals", "installed", "name"),
    [
        (Reals(DIGITS, data="mnist"), True, "digits"),
        (Reals(DIGITS, data="fashion-mnist"), True, "efficientnet-lite0"),
        (Reals(DIGITS.expand(-1, 3, -1, -1), data="mnist"), False, "pca-64"),
        (Reals(PICTURES, LABELS), True, "classifier"),
        (Reals(PICTURES, LABELS[:60] * 0), True, "efficientnet-lite0"),
        (Reals(PICTURES, torch.arange(60) % 4), False, "pca-64"),
        (Reals(PICTURES), False, "pca-64"),
        (Reals(POINTS), True, "points"),
        (Reals(POINTS, LABELS), True, "points"),
    ],
)
def test_what_auto_stands_for(
    reals: Reals, installed: bool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractors, "has_imagenet", lambda: installed)
    assert suited(reals) == name


@pytest.mark.parametrize(
    ("name", "reals"),
    [
        ("digits", Reals(DIGITS)),
        ("classifier", Reals(POINTS, LABELS, data="folder/my.set.npz")),
        ("pca-64", Reals(PICTURES)),
        ("pca-64", Reals(POINTS)),
        ("pixels", Reals(PICTURES)),
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
    for name, samples in (("points", wide), ("pixels", large)):
        with pytest.raises(ConfigError, match=r"8,19\d dimensions; at most 8,192 are accepted. Use 'pca-64'"):
            choose(Reals(samples, data="wide"), name)
    assert choose(Reals(large[..., 1:]), "pixels").dimension == MOST_VALUES


def test_unknown_features_are_answered_with_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r"unknown features 'digit'. Did you mean 'digits'\? Known: auto, classifier"
    ):
        choose(Reals(DIGITS), "digit")


@pytest.mark.parametrize(
    ("name", "reals", "message"),
    [
        ("digits", Reals(PICTURES, data="mine"), r"need uint8 pictures of shape \(1, 28, 28\); mine has"),
        ("classifier", Reals(PICTURES), "need samples with labels"),
        ("classifier", Reals(PICTURES, LABELS * 0), "labels of at least 2 classes; .* in 1 classes"),
        ("pixels", Reals(POINTS), "need pictures; data has torch.float32"),
        ("points", Reals(PICTURES), "need points"),
        *[(name, Reals(POINTS), "need pictures") for name in sorted(DOWNLOADED | {"efficientnet-lite0"})],
    ],
)  # fmt: skip
def test_features_that_do_not_suit_the_data_are_refused(name: str, reals: Reals, message: str) -> None:
    with pytest.raises(ConfigError, match=message + r".*Use 'auto', or 'pca-64'"):
        choose(reals, name)
