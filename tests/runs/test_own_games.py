"""``sparring.train`` of a game of one's own, in a run folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from sparring import AdversarialGame, Budget, losses, penalties, train
from sparring.cli.main import main
from sparring.errors import ConfigError, PlayerError, RunError
from sparring.games.losses import Loss
from sparring.gan import GAN
from sparring.machine.device import Runtime
from sparring.runs.folder import RunFolder

POINTS = np.random.default_rng(0).normal(3, 2, (64, 2)).astype(np.float32)
SETTINGS: dict[str, Any] = {"batch_size": 16, "record_every": 2, "record_seconds": 0.0, "pictures": 2}


def generator() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 2))


def game(seed: int = 0, **options: Any) -> AdversarialGame:
    torch.manual_seed(seed)
    judge = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(8, 1), nn.Flatten(0))
    given = {"loss": losses.hinge, "penalties": [penalties.r1(0.1, every=2)], "ema_half_life": 50.0} | options
    drawing = given.pop("generator", None) or generator()
    return AdversarialGame(drawing, judge, 4, runtime=Runtime("cpu", "fp32"), **given)


def assert_same(one: AdversarialGame, other: AdversarialGame) -> None:
    for mine, theirs in zip(one.players.values(), other.players.values(), strict=True):
        for a, b in zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True):
            assert torch.equal(a, b)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Four steps of eight, and a checkpoint after them."""
    out = tmp_path / "run"
    for record in train(game(), POINTS, Budget(samples_seen=128), out=out, **SETTINGS):
        if record.step == 4:
            break
    return out


def test_a_run_goes_on_bit_for_bit(run: Path) -> None:
    """Dropout included, wherever torch's own stream stands."""
    unbroken = game()
    list(train(unbroken, POINTS, Budget(samples_seen=128), batch_size=16))
    torch.manual_seed(99)
    again = game(seed=5)
    found = list(train(again, POINTS, Budget(samples_seen=128), out=run, resume=True, **SETTINGS))
    assert [record.step for record in found] == [6, 8]
    assert [record.step for record in RunFolder(run).records()] == [2, 4, 6, 8]
    assert_same(again, unbroken)


def test_the_folder_says_what_is_known_of_the_game(run: Path) -> None:
    folder = RunFolder(run)
    said = folder.config.flat()
    expected = {
        "generator": "own", "loss": "hinge", "r1_gamma": 0.1, "penalty_every": 2, "latent_dim": 4, "g_lr": 2e-4,
        "beta1": 0.5, "beta2": 0.999, "optimizer": "adam", "batch_size": 16, "samples_seen": 128,
        "ema_half_life": 50.0,
    }  # fmt: skip
    assert {name: said[name] for name in expected} == expected
    names = {"generator": "Sequential", "discriminator": "Sequential", "game": "AdversarialGame"}
    assert folder.facts["own"] == names | {"drawn_with": "average"}
    assert "spread" in list(folder.records())[-1].values
    assert folder.pictures()


def test_what_has_no_name_is_said_in_words() -> None:
    player = generator()
    mine = Loss(losses.hinge.discriminator, lambda real, fake: -fake)
    own = game(loss=mine, d_optimizer=None, lr_schedule=lambda share: 1 - share)
    own.g_optimizer = torch.optim.AdamW(player.parameters())
    known, words = own.described()
    assert not {"loss", "optimizer", "lr_schedule"} & known.keys()
    assert (words["loss"], words["optimizer"], words["lr_schedule"]) == (
        "a loss",
        "AdamW and Adam",
        "a schedule",
    )


def test_the_doctor_does_not_take_a_loss_of_ones_own_for_the_usual_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = Loss(losses.hinge.discriminator, lambda real, fake: -fake)
    list(train(game(loss=mine), POINTS, Budget(samples_seen=64), out=tmp_path / "run", **SETTINGS))
    main(["doctor", str(tmp_path / "run")])
    assert "name the loss with --loss" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (game, {"seed": 3}, "began with seed 0, not 3"),
        (lambda: game(loss=losses.wasserstein), {}, "began with loss hinge, not wasserstein"),
        (lambda: game(generator=nn.Linear(4, 2)), {}, "Make the game as it was"),
    ],
)  # fmt: skip
def test_another_game_does_not_go_on(
    run: Path, make: Callable[[], AdversarialGame], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(RunError, match=words):
        list(train(make(), POINTS, Budget(samples_seen=256), out=run, resume=True, **(SETTINGS | options)))


def test_a_folder_in_the_way_and_players_that_cannot_play(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="exists already"):
        train(game(), POINTS, Budget(samples_seen=64), out=run)
    with pytest.raises(ConfigError, match="budget = 5"):
        train(game(), POINTS, 5, out=tmp_path / "new")  # type: ignore[arg-type]
    wrong = AdversarialGame(nn.Linear(4, 3), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)), 4)
    with pytest.raises(PlayerError, match="The generator draws"):
        list(train(wrong, POINTS, Budget(samples_seen=64), out=tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_game_whose_budget_is_spent_is_not_trained_without_a_word(run: Path, tmp_path: Path) -> None:
    trained, budget = game(), Budget(samples_seen=64)
    list(train(trained, POINTS, budget, batch_size=16))
    for out in (None, tmp_path / "new"):
        with pytest.raises(ConfigError, match="has been trained for 64 samples, so its budget is spent"):
            list(train(trained, POINTS, budget, batch_size=16, out=out))
    assert not (tmp_path / "new").exists()
    assert list(train(trained, POINTS, Budget(samples_seen=80), batch_size=16))
    with pytest.warns(UserWarning, match="has spent its budget, so the game is as the run left it"):
        assert list(train(game(), POINTS, budget, out=run, resume=True, **SETTINGS)) == []


@pytest.mark.parametrize("option", [{"evaluate_every": 32}, {"resume": True}])
def test_what_needs_a_run_folder_is_refused_without_one(option: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(option))} needs a run folder: name one"):
        train(game(), POINTS, Budget(samples_seen=64), **option)


def test_a_run_of_gan_fit_says_how_it_goes_on(tmp_path: Path) -> None:
    GAN("mlp", device="cpu", g_width=4, d_width=4, batch_size=16).fit(POINTS, samples_seen=64, out=tmp_path)
    with pytest.raises(RunError, match=r"go on with sparring.GAN.load\(.*\).fit\(data, resume=True\)"):
        list(train(game(), POINTS, Budget(samples_seen=128), out=tmp_path, resume=True, **SETTINGS))


def test_the_best_checkpoint_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "run"
    list(train(game(), POINTS, Budget(samples_seen=128), out=out, evaluate_every=32, **SETTINGS))
    assert GAN.load(out, best=True, device="cpu", generator=generator).sample(3).shape == (3, 2)
    assert (out / "best.json").exists()


def test_it_is_looked_at_like_any_other(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(run)]) in (0, 4, 5)
    assert main(["info", str(run)]) == 0
    assert main(["report", str(run)]) == 0
    capsys.readouterr()
    for words in (["sample", str(run)], ["resume", str(run)]):
        assert main(words) == 1
        assert "sparring" in capsys.readouterr().err
    assert main(["resume", str(run)]) == 1
    assert "go on with sparring.train(game, data, budget" in capsys.readouterr().err
    assert main(["evaluate", str(run)]) == 1
    assert ", generator=YOURS).evaluate(data)" in capsys.readouterr().err
    with pytest.raises(RunError, match=r"go on with sparring.train\(game, data, budget, out=.*resume=True\)"):
        GAN.load(run, device="cpu", generator=generator).fit(POINTS, resume=True)
    assert GAN.load(run, device="cpu", generator=generator).evaluate(POINTS, count=30, draws=1, quick=True)
