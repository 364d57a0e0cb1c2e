"""Options that would do nothing are refused, and taken where they do something."""

import dataclasses
import re
from typing import Any

import pytest

from sparring.config.groups import Config
from sparring.config.needs import NEEDS, Needs, refuse_idle
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.runs import build

EVERYTHING = Config(  # all that any option needs
    augment="ada", augment_target=0.3, r1_gamma=1.0, r1_near_gamma=1.0, gamma_target=0.4, optimizer="adam",
    lr_schedule="cosine", generator="mlp", discriminator="dcgan", conditional=False,
)  # fmt: skip
WITHOUT: tuple[dict[str, Any], ...] = (  # each takes one thing away
    {"augment": "none"}, {"augment_target": 0.0}, {"r1_near_gamma": 0.0},
    {"r1_gamma": 0.0, "r1_near_gamma": 0.0}, {"gamma_target": 0.0}, {"optimizer": "rmsprop"},
    {"lr_schedule": "constant"}, {"generator": "dcgan"}, {"discriminator": "mlp"}, {"conditional": True},
)  # fmt: skip


def unusual(name: str) -> Any:
    """A value that the option has neither by default nor in EVERYTHING."""
    (field,) = [field for field in dataclasses.fields(Config) if field.name == name]
    if field.type == "float":
        return (field.metadata["low"] + (field.metadata["high"] or 1)) / 2
    return True if field.type == "bool" else 2 * field.default + 3


@pytest.mark.parametrize(
    ("name", "need"),
    [pytest.param(name, need, id=f"{name} {need[1]}") for name, needs in NEEDS.items() for need in needs],
)
def test_idle_options_are_refused_with_what_they_need(name: str, need: Needs) -> None:
    asked = {name: unusual(name)}
    config = EVERYTHING.replace(**asked)
    refuse_idle(Config(), config, asked)
    there, what = need
    lacking = next(found for found in (config.replace(**change) for change in WITHOUT) if not there(found))
    words = f"--{name.replace('_', '-')} ({name}) {asked[name]} would do nothing: it needs {what}. Leave"
    with pytest.raises(ConfigError, match=re.escape(words)):
        refuse_idle(Config(), lacking, asked)
    refuse_idle(lacking, lacking, asked)  # the recipe's own value
    refuse_idle(Config(), lacking, {})  # nobody asked for it


@pytest.mark.parametrize(
    ("recipe", "options", "lacking"),
    [
        ("dcgan", {"penalty_end": 0.5, "r1_gamma": 1.0}, "--lr-schedule linear or cosine"),
        ("wgan", {"beta2_end": 0.5}, "--optimizer adam and --lr-schedule linear or cosine"),
        (
            "dcgan",
            {"augment": "ada", "augment_samples": 1000, "augment_target": 0.0},
            "--augment-target above 0",
        ),
    ],
)
def test_where_several_things_are_needed_all_must_be_there(
    recipe: str, options: dict[str, Any], lacking: str, pictures: Dataset
) -> None:
    with pytest.raises(ConfigError, match=f"would do nothing: it needs {lacking}\\. Leave"):
        build.configure(pictures, recipe, **options)


def test_clusters_of_data_with_labels_are_refused(pictures: Dataset) -> None:
    with pytest.raises(ConfigError, match="--clusters .* 50 would do nothing: .* told no labels"):
        build.configure(pictures, "sprint", clusters=50)
    assert build.configure(pictures, "sprint", clusters=0).clusters == 0
    assert build.configure(pictures, "sprint", clusters=50, conditional=False).clusters == 50


def test_what_the_recipe_sets_or_turns_off_is_no_mistake(pictures: Dataset) -> None:
    config = build.configure(pictures, "small-data", augment="none", augment_target=0.4, augment_p=0.0)
    assert config.augment == "none"
    again = build.configure(pictures, "small-data", **config.changes())
    assert again == config
