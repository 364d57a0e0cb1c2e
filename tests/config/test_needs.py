"""Options that would do nothing, or cannot go with another, are refused, and taken where they can be used."""

import dataclasses
import re
from typing import Any

import pytest

from sparring.config.groups import OPTIONS, Config
from sparring.config.idle import check_needs
from sparring.config.option import Need, kind
from sparring.config.recipes import beyond_recipe
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.training import suited

EVERYTHING = Config().replace(  # all that any option needs
    augment="ada", augment_target=0.3, r1_gamma=1.0, r1_near_gamma=1.0, gamma_target=0.4, optimizer="adam",
    lr_schedule="cosine", from_run="mnist", generator="mlp", discriminator="dcgan", conditional=False,
    crops=2, rules="translation", paired="names", reconstruction="l2", contrast_weight=1.0,
)  # fmt: skip
OTHERWISE: dict[str, dict[str, Any]] = {  # depth needs one of the others
    "upsampling": {"generator": "dcgan"},
    "grow": {"generator": "skips"},
    "d_features": {"discriminator": "skips"},
    "d_features_weight": {"discriminator": "skips", "d_features": "imagenet"},
    "r1_features_gamma": {"discriminator": "skips", "d_features": "imagenet"},
    "ema_ramp": {"ema_half_life": 1_000},
    "calibrate_latents": {"generator": "skips", "ema_half_life": 1_000},
    "d_associations": {"discriminator": "tokens"},
}
WITHOUT: tuple[dict[str, Any], ...] = (  # each takes one thing away
    {"augment": "none"}, {"augment_target": None, "augment_p": 0.5}, {"augment_target": None},
    {"r1_near_gamma": 0.0}, {"r1_gamma": 0.0, "r1_near_gamma": 0.0, "gamma_target": None},
    {"gamma_target": None}, {"optimizer": "rmsprop"}, {"lr_schedule": "constant"},
    {"generator": "dcgan"}, {"discriminator": "mlp"}, {"conditional": True},
    {"loss": "hinge"}, {"d_norm": "spectral"}, {"batch_size": 1},
    {"batch_size": 1, "discriminator": "mlp", "g_norm": "none"},
    {"from_run": "none"}, {"generator": "own", "g_norm": "none"}, {"discriminator": "own", "d_norm": "none"},
    {"ema_half_life": None},
    {"d_features": "none"}, {"crops": 0}, {"rules": "adversarial", "contrast_weight": 0.0},
    {"rules": "forest", "contrast_weight": 0.0},
    {"reconstruction": "none"}, {"paired": "none", "reconstruction": "none"}, {"contrast_weight": 0.0},
)  # fmt: skip
FIELDS = OPTIONS.values()


def unusual(field: dataclasses.Field[Any]) -> Any:
    """A value that the option has neither by default nor in EVERYTHING."""
    if field.metadata["choices"]:
        return {
            "augment": "diffaugment",
            "upsampling": "nearest",
            "reconstruction": "l1",
            "d_features": "imagenet",
        }.get(field.name, "batch")
    if kind(field) == "float":
        return ((field.metadata["low"] or 0) + (field.metadata["high"] or 1)) / 2
    if kind(field) == "str":
        return "0.3:0.4"  # of crop_scale
    return True if kind(field) == "bool" else 2 * (field.default or 0) + 3


def without(config: Config, need: Need) -> Config:
    """The config, less the one thing."""
    return next(found for found in (config.replace(**change) for change in WITHOUT) if not need.there(found))


def cases(sort: str) -> list[Any]:
    """Each option with each thing that it needs."""
    return [
        pytest.param(field, need, id=f"{field.name} {need.what}")
        for field in FIELDS
        for need in field.metadata[sort]
    ]


@pytest.mark.parametrize(("field", "need"), cases("needs"))
def test_idle_options_are_refused_with_what_they_need(field: dataclasses.Field[Any], need: Need) -> None:
    asked = {field.name: unusual(field)}
    config = EVERYTHING.replace(**asked, **OTHERWISE.get(field.name, {}))
    check_needs(config, asked, Config())
    lacking = without(config, need)
    value = asked[field.name]
    given = f"({field.name}=True) " if value is True else f"({field.name}) {value} "
    words = f"--{field.name.replace('_', '-')} {given}"
    with pytest.raises(ConfigError, match=re.escape(words) + f".* it needs .*{re.escape(need.what)}.* Leave"):
        check_needs(lacking, asked, Config())
    if not field.metadata["demands"]:
        check_needs(lacking, asked, lacking)  # the recipe's own value
        check_needs(lacking)  # nobody asked for it


@pytest.mark.parametrize(("field", "need"), cases("demands"))
def test_options_that_cannot_go_together_are_refused_wherever_they_come_from(
    field: dataclasses.Field[Any], need: Need
) -> None:
    option = {field.name: unusual(field)}
    check_needs(EVERYTHING.replace(**option))
    with pytest.raises(ConfigError, match=f"cannot be used: it needs .*{re.escape(need.what)}.*, or give what"):
        check_needs(without(EVERYTHING.replace(**option), need).replace(**option))


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"augment_flip": True}, "--no-augment-flip"),
        ({"augment": "ada"}, "--augment none"),
        ({"label_smoothing": 0.1, "loss": "hinge"}, "--label-smoothing 0.0"),
    ],
)
def test_what_nobody_asked_for_is_turned_off_by_a_word(options: dict[str, Any], advice: str) -> None:
    with pytest.raises(ConfigError, match=f"Use {advice}, or give what it needs"):
        check_needs(Config().replace(augment_target=None).replace(**options))


@pytest.mark.parametrize(
    ("recipe", "options", "lacking"),
    [
        ("dcgan", {"penalty_end": 0.5, "r1_gamma": 1.0}, "--lr-schedule linear or cosine"),
        ("wgan", {"beta2_end": 0.5}, "--optimizer adam and --lr-schedule linear or cosine"),
        (
            "dcgan",
            {"augment": "ada", "augment_samples": 1000, "augment_target": None, "augment_p": 0.5},
            "--augment-target above 0",
        ),
    ],
)
def test_where_several_things_are_needed_all_must_be_there(
    recipe: str, options: dict[str, Any], lacking: str, pictures: Dataset
) -> None:
    with pytest.raises(ConfigError, match=f": it needs {lacking}\\. Leave"):
        suited.configure(pictures, recipe, **options)


def test_clusters_of_data_with_labels_are_refused(pictures: Dataset) -> None:
    with pytest.raises(ConfigError, match="--clusters .* 50 would do nothing: .* without labels"):
        suited.configure(pictures, "sprint", clusters=50)
    assert suited.configure(pictures, "sprint", clusters=None).dataset.clusters is None
    assert suited.configure(pictures, "sprint", clusters=50, conditional=False).dataset.clusters == 50


def test_what_the_recipe_sets_or_turns_off_is_no_mistake(pictures: Dataset) -> None:
    config = suited.configure(pictures, "small-data", augment="none", augment_target=0.4, augment_p=0.0)
    assert config.augmentation.augment == "none"
    again = suited.configure(pictures, "small-data", **beyond_recipe(config))
    assert again == config
