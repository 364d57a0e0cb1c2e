"""What an editor finds wrong before anything runs: mypy reads this file and refuses an ignore too many."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sparring import GAN
from sparring.config.keywords import NetworkName, Options
from sparring.errors import ConfigError

SCRIPT = Path(__file__).parents[1] / "scripts/make_keywords.py"
POINTS = np.zeros((32, 2), np.float32)


def test_misspelt_options_are_wrong_for_an_editor_and_at_run_time() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'g_lr'"):
        GAN(g_learing_rate=1e-3)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="Did you mean 'd_lr' or 'g_lr'"):
        GAN(lr=1e-3)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="Did you mean 'epochs'"):
        GAN().fit(POINTS, epoch=3)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match=r"batch is an option of GAN, not of fit: GAN\(batch_size="):
        GAN().fit(POINTS, batch=3)  # type: ignore[call-arg]


def test_values_that_an_option_does_not_have_are_wrong_too() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'hinge'"):
        GAN(loss="hinje")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="seed"):
        GAN(seed="one")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="Did you mean 'dcgan'"):
        GAN(generator="dcgna")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="minutes"):
        GAN().fit(POINTS, minutes="one")  # type: ignore[arg-type]


def test_what_is_right_is_right_for_an_editor() -> None:
    network: NetworkName = "mlp"
    given: Options = {"g_lr": 1e-3, "clusters": None, "loss": "hinge", "size": 32}
    gan = GAN("mlp", generator=network, **given)
    assert gan.get_params()["size"] == 32


def test_an_editor_knows_the_options_that_there_are() -> None:
    found = importlib.util.spec_from_file_location("make_keywords", SCRIPT)
    assert found
    assert found.loader
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    assert script.PATH.read_text("utf-8") == script.page(), "run scripts/make_keywords.py"
