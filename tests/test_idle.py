"""Options that would do nothing are refused, and taken where they do something."""

from typing import Any

import pytest

from sparring import build
from sparring.data.spec import Dataset
from sparring.errors import ConfigError
from sparring.idle import NEEDS

CASES: dict[str, tuple[str, Any, dict[str, Any]]] = {  # a recipe, a value that is idle in it, what mends it
    "depth": ("sprint", 3, {"generator": "mlp", "g_norm": "none"}),
    "d_hidden": ("tutorial", 30, {"discriminator": "dcgan"}),
    "d_deviation": ("modern", True, {"discriminator": "dcgan"}),
    "augment_p": ("sprint", 0.7, {"augment": "ada"}),
    "augment_target": ("sprint", 0.5, {"augment_flip": True}),
    "augment_samples": ("dcgan", 1000, {"augment_turn": True}),
    "gamma_samples": ("sprint", 1000, {"gamma_target": 0.6}),
    "r1_near_sigma": ("sprint", 0.1, {"r1_near_gamma": 1.0}),
    "penalty_every": ("dcgan", 2, {"r2_gamma": 1.0}),
    "penalty_end": ("dcgan", 0.5, {"gp_weight": 1.0}),
    "lr_decay_from": ("tutorial", 0.25, {"lr_schedule": "linear"}),
    "lr_end": ("tutorial", 0.5, {"lr_schedule": "cosine"}),
    "beta1": ("wgan", 0.25, {"optimizer": "adam"}),
}


def test_there_is_a_case_for_each() -> None:
    assert CASES.keys() == NEEDS.keys()


@pytest.mark.parametrize("name", CASES)
def test_idle_options_are_refused_with_what_they_need(name: str, pictures: Dataset) -> None:
    recipe, value, mend = CASES[name]
    option = f"--{name.replace('_', '-')}"
    with pytest.raises(ConfigError, match=rf"{option} \({name}\) {value} would do nothing: it needs "):
        build.configure(pictures, recipe, **{name: value})
    assert getattr(build.configure(pictures, recipe, **{name: value}, **mend), name) == value


def test_what_the_recipe_sets_or_turns_off_is_no_mistake(pictures: Dataset) -> None:
    config = build.configure(pictures, "small-data", augment="none", augment_target=0.4, augment_p=0.0)
    assert config.augment == "none"
    again = build.configure(pictures, "small-data", **config.changes())
    assert again == config
