"""Options: checked at the edge, named when wrong, written and read back."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparring.config import RECIPES, Config, from_recipe, from_toml, load_toml
from sparring.errors import ConfigError


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"g_lrr": 1}, "unknown option 'g_lrr'. Did you mean 'g_lr'"),
        ({"loss": "hing"}, "unknown loss 'hing'. Did you mean 'hinge'"),
        ({"batch_size": 0}, "batch_size = 0: expected at least 1"),
        ({"batch_size": "64"}, "expected int, got str"),
        ({"conditional": 1}, "expected bool, got int"),
        ({"g_lr": -1.0}, "g_lr = -1.0: expected at least 0"),
        ({"g_lr": float("nan")}, "g_lr = nan: expected at least 0"),
        ({"g_lr": float("inf")}, "expected a finite number"),
        ({"beta1": 1.0}, "beta1 = 1.0: expected from 0 to 0.9999"),
        ({"batch_size": 10, "processes": 4}, "cannot be shared by 4 processes"),
        ({"seed": -1}, "seed = -1: expected from 0 to"),
    ],
)
def test_what_does_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config().replace(**changes)


def test_an_unknown_recipe_offers_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown recipe 'dcgna'. Did you mean 'dcgan'"):
        from_recipe("dcgna")


def test_naming_a_budget_drops_the_recipes() -> None:
    config = from_recipe("tutorial", minutes=3)
    assert (config.minutes, config.epochs, config.samples_seen) == (3.0, 0.0, 0)
    both = from_recipe("tutorial", minutes=3, samples_seen=100)
    assert (both.minutes, both.epochs, both.samples_seen) == (3.0, 0.0, 100)


def test_whole_numbers_serve_as_floats_and_back() -> None:
    config = Config().replace(g_lr=1, latent_dim=32.0)
    assert (config.g_lr, config.latent_dim) == (1.0, 32)
    assert type(config.latent_dim) is int


@given(st.sampled_from(sorted(RECIPES)), st.integers(0, 2**40), st.floats(1e-9, 1e3))
def test_toml_gives_back_the_same(recipe: str, seed: int, g_lr: float) -> None:
    config = from_recipe(recipe, seed=seed, g_lr=g_lr, data='odd "name" \\ é')
    assert from_toml(config.to_toml()) == config


def test_toml_that_is_broken(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a TOML file"):
        from_toml("= 3")
    with pytest.raises(ConfigError, match="unknown option 'sed'. Did you mean 'seed'"):
        from_toml("sed = 3")
    with pytest.raises(ConfigError, match="cannot read the config file"):
        load_toml(tmp_path / "missing.toml")


def test_the_tutorial_is_the_tutorial() -> None:
    config = from_recipe("tutorial")
    assert (config.latent_dim, config.g_width, config.d_width, config.depth) == (100, 256, 256, 1)
    assert (config.g_lr, config.d_lr, config.beta1, config.beta2) == (2e-4, 2e-4, 0.9, 0.999)
    assert (config.batch_size, config.epochs, config.record_every) == (64, 10, 200)
    assert (config.r1_gamma, config.ema_half_life, config.loss) == (0, 0, "non-saturating")
    assert (config.g_norm, config.d_norm, config.conditional) == ("none", "none", False)


def test_configs_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().seed = 1  # type: ignore[misc]
