"""What a Python caller gives: numbers of numpy and torch count, what looks like numbers does not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sparring.config.arguments import flag, number, path, whole
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, SparringError
from sparring.games.adversarial import AdversarialGame
from sparring.games.preflight import preflight
from sparring.gan import GAN
from sparring.kinds import image
from sparring.machine.device import Runtime
from sparring.training.budget import Budget
from sparring.training.loop import train
from test_preflight import POINTS, sound

ODD: list[Any] = [
    "3", 2.5, None, float("nan"), float("inf"), -7, True, [1], {}, b"x", object(), 10**400, np.bool_(True),
    torch.empty((), device="meta"), np.array([1, 2]),
]  # fmt: skip


@pytest.mark.parametrize("three", [3, 3.0, np.int64(3), np.float32(3), np.array(3), torch.tensor(3)], ids=repr)
def test_a_whole_number_may_come_from_numpy_or_torch(three: Any) -> None:
    assert type(whole("count", three, 0, 5)) is int
    assert whole("count", three, 3, 3) == number("count", three, 3, 3) == 3
    with pytest.raises(ConfigError, match=r"count = .*3.*: expected a whole number of at least 4\."):
        whole("count", three, 4)


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_what_is_no_whole_number(odd: Any) -> None:
    with pytest.raises(ConfigError, match="expected a whole number from 0 to 9") as refusal:
        whole("count", odd, 0, 9)
    assert len(str(refusal.value)) < 200


def test_numbers_switches_and_paths() -> None:
    assert number("share", np.float64(0.5), 0, 1) == 0.5
    assert number("seconds", float("inf"), infinite=True) == float("inf")
    assert flag("force", np.bool_(True)) is True
    assert path("out", "a/b") == path("out", Path("a/b")) == Path("a/b")
    for odd in (float("nan"), "0.5", True, None):
        with pytest.raises(ConfigError, match="share = .*: expected a finite number"):
            number("share", odd)
    for odd in (1, "yes", None):
        with pytest.raises(ConfigError, match="force = .*: expected True or False"):
            flag("force", odd)
    for odd in (3, None, b"a", "a\0b"):
        with pytest.raises(ConfigError, match="out = .*: expected a path"):
            path("out", odd)


def first(**arguments: Any) -> Any:
    game = arguments.pop("game", None) or sound()
    usual = {"data": POINTS, "budget": Budget(samples_seen=16), "batch_size": 16}
    return next(train(game, **(usual | arguments)))


@pytest.fixture(scope="module")
def gan() -> GAN:
    return GAN(batch_size=16, g_width=4, d_width=4, threads=1, device="cpu").fit(POINTS, samples_seen=16)


@pytest.fixture(scope="module")
def game() -> AdversarialGame:
    trained = sound()
    first(game=trained)
    return trained


TAKEN = {  # by an argument: those of ODD that fit, by their place
    "count": (), "seed": (-7,), "truncation": (2.5,), "labels": (None,), "columns": (None,),
    "record_seconds": (2.5, float("inf")), "minutes": (2.5,), "epochs": (2.5,), "threads": (None,),
    "held_out": (None,), "vitals": (True, np.bool_(True)), "check": (True, np.bool_(True)),
}  # fmt: skip
OF_TRAIN = (
    "data", "budget", "batch_size", "record_every", "record_seconds", "threads", "held_out", "vitals", "stop",
    "check",
)  # fmt: skip


def fits(name: str, odd: Any) -> bool:
    return any(odd is one or (type(odd) is type(one) and odd == one) for one in TAKEN.get(name, ()))


def refused(call: Any, name: str) -> None:
    """Each odd value that does not fit is refused, on one line and in our words."""
    for odd in ODD:
        if fits(name, odd):
            continue
        with pytest.raises(SparringError) as refusal:
            call(**{name: odd})
        assert len(str(refusal.value)) < 500, odd
        assert "\n" not in str(refusal.value), odd


@pytest.mark.parametrize("name", ["count", "seed", "truncation", "labels"])
def test_wishes_for_samples(gan: GAN, game: AdversarialGame, name: str) -> None:
    refused(gan.sample, name)
    refused(game.sample, name)


def test_wishes_for_pictures_of_samples(gan: GAN) -> None:
    for name in ("count", "seed", "labels"):
        refused(gan.show, name)
    with pytest.raises(ConfigError, match=r"count = 0: expected a whole number of at least 1"):
        gan.show(0)


@pytest.mark.parametrize("name", ["minutes", "epochs", "samples_seen"])
def test_budgets(name: str) -> None:
    refused(Budget, name)
    assert getattr(Budget(**{name: np.int64(3)}), name) == 3


@pytest.mark.parametrize("name", OF_TRAIN)
def test_arguments_of_train(name: str) -> None:
    refused(first, name)


def test_arguments_of_preflight(game: AdversarialGame) -> None:
    refused(lambda seed: preflight(game, POINTS, seed), "seed")


def test_a_game_is_asked_for_by_its_name() -> None:
    with pytest.raises(ConfigError, match=r"game = 3: expected a sparring.AdversarialGame"):
        preflight(3, POINTS)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"game = None: expected a sparring.AdversarialGame"):
        next(train(None, POINTS, Budget(epochs=1)))  # type: ignore[arg-type]


def test_arguments_of_the_estimator(gan: GAN, tmp_path: Path) -> None:
    refused(lambda recipe: GAN(recipe), "recipe")
    with pytest.raises(ConfigError, match="path = None"):
        gan.save(None)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="force = 'no'"):
        gan.save(tmp_path / "gan", force="no")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="best = 1: expected True or False"):
        GAN.load(tmp_path, best=1)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="verbose = 2"):
        gan.fit(POINTS, verbose=2)  # type: ignore[arg-type]
    assert GAN(seed=np.int64(3), g_lr=np.float32(0.5)).get_params()["seed"] == 3


def test_grids(pictures: Dataset) -> None:
    tiles = pictures.samples[:4].numpy()
    refused(lambda columns: image.sheet(tiles, pictures.spec, columns), "columns")
    with pytest.raises(ConfigError, match="nothing to show"):
        image.sheet(tiles[:0], pictures.spec)


def test_machines() -> None:
    refused(lambda device: Runtime(device), "device")
    refused(lambda precision: Runtime("cpu", precision), "precision")
