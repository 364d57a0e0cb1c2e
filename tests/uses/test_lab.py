"""A game that is trained as its user asks: whole steps, one player alone, other options between two steps."""

import math
from typing import Any

import pytest
import torch

from sparring import games
from sparring.data import toy
from sparring.errors import ConfigError
from sparring.training import loop
from sparring.training.budget import Budget
from sparring.uses.lab import FIXED, LIVE, Lab

SMALL: dict[str, Any] = {"batch_size": 16}


def weights(lab: Lab) -> dict[str, torch.Tensor]:
    assert lab.bench is not None
    players = lab.bench.game.players
    return {
        name: torch.cat([p.detach().flatten() for p in player.parameters()]) for name, player in players.items()
    }


def moved(lab: Lab, **asked: Any) -> dict[str, bool]:
    before = weights(lab)
    lab(asked)
    return {name: not torch.equal(before[name], after) for name, after in weights(lab).items()}


@pytest.fixture
def lab() -> Lab:
    found = Lab()
    found({"action": "start", "options": SMALL})
    return found


def test_a_step_moves_both_players_and_a_step_of_one_only_that_one(lab: Lab) -> None:
    assert moved(lab, action="step") == {"generator": True, "discriminator": True}
    assert moved(lab, action="discriminator") == {"generator": False, "discriminator": True}
    assert moved(lab, action="generator") == {"generator": True, "discriminator": False}
    assert moved(lab, action="options", options={"g_lr": 0.0}) == {"generator": False, "discriminator": False}
    assert moved(lab, action="step") == {"generator": False, "discriminator": True}


def test_it_is_the_librarys_own_game(lab: Lab) -> None:
    for _ in range(2):
        lab({"action": "step", "steps": 2})
    assert lab.bench is not None
    data, config = toy.load("ring"), lab.bench.config
    game = games.make(config, data.spec, 0)
    budget = Budget(samples_seen=4 * 16)
    batch = config.optimizers.batch_size
    for _ in loop.train(game, data, budget, batch_size=batch, seed=config.seed, check=False):
        pass
    trained = torch.cat([p.detach().flatten() for p in game.players["generator"].parameters()])
    assert torch.equal(trained, weights(lab)["generator"])


def test_how_a_game_stands_is_told(lab: Lab) -> None:
    told = lab({"action": "step", "steps": 3})
    assert (told["step"], told["half"]) == (3, 0)
    assert told["options"] == {name: {**FIXED, **told["options"], **SMALL}[name] for name in LIVE}
    assert len(told["field"]["logits"]) == told["field"]["side"] ** 2
    assert len(told["real"]["points"]) > 100
    values = told["values"]
    assert values["d_real"] == pytest.approx(1 / (1 + math.exp(-values["real_logit"])))
    told = lab({"action": "discriminator"})
    assert (told["step"], told["half"]) == (3, 1)
    assert "g_loss" not in told["values"]
    told = lab({"action": "step", "options": {"loss": "hinge"}})
    assert (told["step"], told["options"]["loss"], "d_real" in told["values"]) == (4, "hinge", False)


def test_other_options_keep_the_players_and_their_momentum(lab: Lab) -> None:
    lab({"action": "step"})
    assert lab.bench is not None
    game = lab.bench.game
    momentum = game.optimizers["generator"].state_dict()["state"][0]["exp_avg"].clone()
    lab({"action": "options", "options": {"g_lr": 0.003, "r1_gamma": 0.0}})
    changed = lab.bench.game
    assert changed is not game
    assert torch.equal(changed.optimizers["generator"].state_dict()["state"][0]["exp_avg"], momentum)
    assert [group["lr"] for group in changed.optimizers["generator"].param_groups] == [0.003]
    assert changed.clock.step == 1


def test_a_drawing_is_what_is_trained_on(lab: Lab) -> None:
    drawing = [[0.1 * k, 0.5] for k in range(8)]
    told = lab({"action": "start", "data": drawing})
    points = torch.tensor(told["real"]["points"])
    assert torch.cdist(points, torch.tensor(drawing)).amin(1).max() < 0.1
    assert (told["step"], len(points) > 100) == (0, True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"action": "fly"}, "'fly'"),
        ({}, "action is missing: expected start, step, discriminator, generator, options."),
        ({"action": "step", "steps": 0}, "steps: expected 1 to 200, got 0"),
        ({"action": "step", "steps": True}, "steps: expected 1 to 200"),
        ({"action": "step", "steps": 1e9}, "steps: expected 1 to 200"),
        ({"action": "step", "options": {"epochs": 3}}, "'epochs'"),
        ({"action": "step", "options": [1]}, "options: expected names"),
        ({"action": "step", "options": {"g_lr": "fast"}}, "g_lr"),
        ({"action": "step", "options": {"loss": "none"}}, "loss"),
        ({"action": "start", "data": "circle"}, "'circle'"),
        ({"action": "start", "data": [[0, 0]] * 7}, "8 to 5,000 points"),
        ({"action": "start", "data": [[0, 0]] * 5001}, "8 to 5,000 points"),
        ({"action": "start", "data": [[0, float("nan")]] * 9}, "8 to 5,000 points"),
        ({"action": "start", "data": [["0", "1"]] * 9}, "8 to 5,000 points"),
    ],
)
def test_what_it_refuses(lab: Lab, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        lab(asked)
    assert said in str(error.value)
    assert lab({"action": "step"})["step"] == 1  # the game goes on


def test_nothing_is_stepped_before_a_game_begins() -> None:
    with pytest.raises(ConfigError, match="start one"):
        Lab()({"action": "step"})


def test_numbers_that_are_no_longer_finite_are_said(lab: Lab) -> None:
    with pytest.raises(ConfigError, match="no longer finite"):
        lab({"action": "step", "steps": 50, "options": {"g_lr": 1e30, "d_lr": 1e30}})
