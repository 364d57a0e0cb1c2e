"""Options that would do nothing are refused, and taken where they do something."""

from typing import Any

import pytest

from sparring import build
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.idle import NEEDS

CASES: dict[str, tuple[str, Any, dict[str, Any]]] = {  # a recipe, a value that is idle in it, what mends it
    "clusters": ("sprint", 50, {"conditional": False}),
    "depth": ("sprint", 3, {"generator": "mlp", "g_norm": "none"}),
    "d_hidden": ("tutorial", 30, {"discriminator": "dcgan"}),
    "d_deviation": ("modern", True, {"discriminator": "dcgan"}),
    "augment_p": ("sprint", 0.7, {"augment": "ada"}),
    "augment_target": ("sprint", 0.5, {"augment_flip": True}),
    "augment_samples": ("dcgan", 1000, {"augment_turn": True}),
    "gamma_samples": ("sprint", 1000, {"gamma_target": 0.6}),
    "r1_near_sigma": ("sprint", 0.1, {"r1_near_gamma": 1.0}),
    "penalty_every": ("dcgan", 2, {"r2_gamma": 1.0}),
    "penalty_end": ("dcgan", 0.5, {"gp_weight": 1.0, "lr_schedule": "linear"}),
    "lr_decay_from": ("tutorial", 0.25, {"lr_schedule": "linear"}),
    "lr_end": ("tutorial", 0.5, {"lr_schedule": "cosine"}),
    "beta1": ("wgan", 0.25, {"optimizer": "adam"}),
    "beta2_end": ("sprint", 0.5, {}),
}
IDLE: dict[str, dict[str, Any]] = {  # what of a recipe must be changed first for it to be idle
    "beta2_end": {"lr_schedule": "constant"},
}


def test_there_is_a_case_for_each() -> None:
    assert CASES.keys() == NEEDS.keys()


@pytest.mark.parametrize("name", CASES)
def test_idle_options_are_refused_with_what_they_need(name: str, pictures: Dataset) -> None:
    recipe, value, mend = CASES[name]
    option = f"--{name.replace('_', '-')}"
    with pytest.raises(ConfigError, match=rf"{option} \({name}\) {value} would do nothing: it needs "):
        build.configure(pictures, recipe, **{name: value}, **IDLE.get(name, {}))
    assert getattr(build.configure(pictures, recipe, **{name: value}, **mend), name) == value


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
    with pytest.raises(ConfigError, match="--clusters .* 50 would do nothing: .* has labels"):
        build.configure(pictures, "sprint", clusters=50)
    assert build.configure(pictures, "sprint", clusters=0).clusters == 0
    assert build.configure(pictures, "sprint", clusters=50, conditional=False).clusters == 50


def test_what_the_recipe_sets_or_turns_off_is_no_mistake(pictures: Dataset) -> None:
    config = build.configure(pictures, "small-data", augment="none", augment_target=0.4, augment_p=0.0)
    assert config.augment == "none"
    again = build.configure(pictures, "small-data", **config.changes())
    assert again == config
