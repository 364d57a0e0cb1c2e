"""Recipes: what they set, what is refused before training, the verb that shows them."""

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch

from conftest import TINY
from sparring import games
from sparring.cli.main import main
from sparring.config.recipes import ABOUT, ON_POINTS, RECIPES, beyond_recipe, from_recipe
from sparring.data import toy
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, SparringError
from sparring.games.adversarial import AdversarialGame
from sparring.runs import checkpoint
from sparring.training import plan, suited
from sparring.training.budget import Budget
from sparring.training.loop import train

SMALL = {name: TINY[name] for name in ("batch_size", "g_width", "d_width", "latent_dim", "device", "precision")}


def new_game(recipe: str, pictures: Dataset) -> AdversarialGame:
    config = suited.configure(pictures, recipe, **SMALL, ema_half_life=50)
    data = plan.as_trained(config.dataset, pictures)
    return games.make(config, data.spec, data.classes)


def advance(game: AdversarialGame, data: Dataset, steps: int) -> None:
    """Train to this step of a budget of eight, on which rates, gamma and beta2 depend."""
    budget = Budget(samples_seen=8 * 16 * game.d_steps)
    data = data if game.generator.state_dict() and has_classes(game) else data.unlabelled()
    list(train(game, data, budget, batch_size=16, stop=lambda: game.clock.step >= steps))


def has_classes(game: AdversarialGame) -> bool:
    return game.discriminator.head.projection is not None  # type: ignore[union-attr]


def state(game: AdversarialGame) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in checkpoint._tensors(game).items()}


@pytest.mark.parametrize("recipe", ["wgan", "projection", "modern"])
def test_a_copied_game_trains_apart_and_alike(recipe: str, pictures: Dataset) -> None:
    """The loop times steps on such a copy: it must neither fail nor touch the run."""
    game = new_game(recipe, pictures)
    advance(game, pictures, 2)
    twin = copy.deepcopy(game, {id(game.runtime): game.runtime})
    before = state(game)
    advance(twin, pictures, 4)
    assert [name for name, tensor in state(game).items() if not torch.equal(tensor, before[name])] == []
    advance(game, pictures, 4)
    after, found = state(game), state(twin)
    assert [name for name in after if not torch.equal(after[name], found[name])] == []


def test_gamma_follows_the_datas_variance() -> None:
    """Encoded values of -1 and 1 at random in 12 pixels: total variance 12; points on a circle: 1."""
    rng = np.random.default_rng(0)
    picture = from_array(255 * rng.integers(0, 2, (4000, 3, 4), dtype=np.uint8))
    assert suited.total_variance(picture) == pytest.approx(12, rel=0.01)
    config = suited.configure(picture, "mlp", gamma_per_variance=0.5)
    assert config.penalties.r1_gamma == config.penalties.r2_gamma == pytest.approx(6, rel=0.01)
    ring = toy.load("ring", 5000)
    assert suited.total_variance(ring) == pytest.approx((1 + 2e-4) / ring.spec.codec.scale[0] ** 2, rel=1e-3)


def test_variance_is_taken_over_the_whole_of_a_large_set(monkeypatch: pytest.MonkeyPatch) -> None:
    sorted_set = from_array(np.repeat(np.array([0, 255], np.uint8), 500)[:, None, None].repeat(2, 2))
    monkeypatch.setattr(suited, "VARIANCE_SAMPLES", 100)
    assert suited.total_variance(sorted_set) == pytest.approx(2)


def test_gamma_that_is_given_stands() -> None:
    ring = toy.load("ring", 1000)
    config = suited.configure(ring, "modern", r2_gamma=0.25)
    assert config.penalties.r2_gamma == 0.25
    assert config.penalties.r1_gamma == pytest.approx(
        config.penalties.gamma_per_variance * suited.total_variance(ring), rel=0.01
    )
    again = suited.configure(ring, "modern", **beyond_recipe(config))
    assert (again.penalties.r1_gamma, again.penalties.r2_gamma, again.networks.generator) == (
        config.penalties.r1_gamma,
        0.25,
        "mlp",
    )


def test_latents_of_the_datas_own_dimension() -> None:
    points = from_array(np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32))
    assert suited.configure(points, "modern").networks.latent_dim == 5
    assert suited.configure(points, "modern", latent_dim=3).networks.latent_dim == 3
    assert suited.configure(points, "mlp").networks.latent_dim == 64
    ring = toy.load("ring", 1000)
    again = suited.configure(ring, "modern", **beyond_recipe(suited.configure(ring, "modern")))
    assert again == suited.configure(ring, "modern")


def test_the_record_says_where_gamma_stands(pictures: Dataset) -> None:
    game = new_game("modern", pictures)
    config = suited.configure(pictures, "modern")
    records = list(train(game, pictures, Budget(samples_seen=64), batch_size=16, record_every=1))
    expected = [
        config.penalties.r1_gamma * (0.1 + 0.9 * (1 + math.cos(math.pi * progress)) / 2)
        for progress in (0, 0.25, 0.5, 0.75)
    ]
    assert [record.values["r1_gamma"] for record in records] == pytest.approx(expected)
    (plain,) = train(new_game("dcgan", pictures), pictures.unlabelled(), Budget(samples_seen=16), batch_size=16)
    assert "r1_gamma" not in plain.values


@pytest.mark.parametrize(
    ("recipe", "changes", "message"),
    [
        ("wgan", {"d_norm": "spectral"}, "weight_clip.* needs --d-norm none or batch.*Use --weight-clip none"),
        ("modern", {"optimizer": "rmsprop"}, "beta2_end.* needs --optimizer adam. Use --beta2-end none"),
        (
            "projection",
            {"conditional": False},
            "has no labels.*--clusters 100 in at least 100 samples, or use --g-norm batch",
        ),
        ("sprint", {"g_norm": "conditional-batch"}, "dcgan networks have no place for it. Use --g-norm none"),
        ("modern", {"g_norm": "batch"}, "modern networks have no place for it. Use --g-norm none"),
        ("modern", {"d_norm": "spectral"}, "--d-norm spectral: modern networks have no place"),
        ("sngan", {"d_norm": "batch"}, "--d-norm batch: resnet networks.*--d-norm none or --d-norm spectral"),
    ],
)
def test_what_does_not_go_together_is_refused_before_training(
    recipe: str, changes: dict[str, Any], message: str, pictures: Dataset
) -> None:
    config = suited.configure(pictures, recipe, **SMALL).replace(**changes)
    with pytest.raises(ConfigError, match=message):
        plan.check(config, pictures)
    data = plan.as_trained(config.dataset, pictures)
    with pytest.raises(ConfigError, match=message):
        games.make(config, data.spec, data.classes)


def test_a_recipe_by_class_takes_clusters_for_labels() -> None:
    rng = np.random.default_rng(0)
    unlabelled = from_array(rng.integers(0, 256, (160, 8, 8), dtype=np.uint8))
    config = suited.configure(unlabelled, "projection", **SMALL, clusters=3)
    plan.check(config, unlabelled)
    data = plan.as_trained(config.dataset, unlabelled)
    generator = games.make(config, data.spec, data.classes).generator
    assert generator.norm.by_class.scale.shape == (3, 4)  # type: ignore[union-attr]


@pytest.mark.parametrize("network", ["resnet", "modern", "dcgan"])
def test_networks_of_pictures_refuse_points(network: str) -> None:
    config = suited.configure(toy.load("ring", 100), "mlp", generator=network, g_norm="none")
    with pytest.raises(
        ConfigError, match=f"{network} networks take samples with the axes C H W.*--generator mlp"
    ):
        plan.check(config, toy.load("ring", 100))


@pytest.mark.parametrize("recipe", ["sngan", "modern"])
def test_pictures_that_are_too_small(recipe: str) -> None:
    small = from_array(np.zeros((70, 6, 30), np.uint8))
    config = suited.configure(small, recipe)
    with pytest.raises(SparringError, match="6 x 30 pixels are too small.*Use the mlp networks"):
        games.make(config, small.spec, 0)


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, str]:
    """What the verb prints beside each name at the edge, on one line."""
    assert main(["recipes", *words]) == 0
    blocks: dict[str, str] = {}
    for line in capsys.readouterr().out.splitlines():
        if line and not line.startswith(" "):
            name, _, first = line.partition(" ")
            blocks[name] = first.strip()
        elif line:
            blocks[name] += " " + line.strip()
    return blocks


def test_the_verb_lists_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = shown(capsys)
    for name, (what, paper) in ABOUT.items():
        config = from_recipe(name)
        assert blocks[name] == f"{what} ({config.networks.generator}, {config.game.loss}; {paper})"


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_verb_shows_every_option_of_a_recipe(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = shown(capsys, recipe)
    for name, value in RECIPES[recipe].items():
        assert blocks[name].startswith(f"{value} ")
    for name, value in ON_POINTS.get(recipe, {}).items():
        assert blocks[name].startswith(f"{value} ") or f"(on points {value})" in blocks[name]


def test_the_verb_offers_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "sngann"]) == 1
    assert "Did you mean 'sngan'" in capsys.readouterr().err


def test_the_variance_is_taken_in_parts(pictures: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = suited.total_variance(pictures)
    encoded = pictures.batch(torch.arange(64)).real.flatten(1).double()
    assert whole == pytest.approx(float(encoded.var(0, unbiased=False).sum()), rel=1e-9)
    monkeypatch.setattr(suited, "VARIANCE_NUMBERS", 64 * 5)
    assert suited.total_variance(pictures) == pytest.approx(whole, rel=1e-12)
