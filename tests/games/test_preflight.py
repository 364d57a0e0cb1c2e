"""What is found before the first step, each beside a neighbour that is sound."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Adam

from conftest import TINY, takes_pictures
from sparring import games
from sparring.config.recipes import RECIPES
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.games.adversarial import AdversarialGame
from sparring.games.endings import span
from sparring.games.losses import Loss, non_saturating, wasserstein
from sparring.games.penalties import Penalty, r1_features, zero_centred
from sparring.games.preflight import preflight
from sparring.runs import checkpoint
from sparring.training import plan, suited

POINTS = torch.randn(400, 3, generator=torch.Generator().manual_seed(0))


class Player(nn.Sequential):
    """Layers that pass over labels."""

    def forward(self, inputs: Tensor, *labels: Tensor) -> Tensor:
        outputs: Tensor = super().forward(inputs)
        return outputs


def sound(latent_dim: int = 3, last: nn.Module | None = None, **options: Any) -> AdversarialGame:
    torch.manual_seed(0)
    generator = Player(nn.Linear(latent_dim, 16), nn.ReLU(), nn.Linear(16, 3), last or nn.Identity())
    discriminator = Player(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))
    return AdversarialGame(generator, discriminator, latent_dim, **options)


def names(game: AdversarialGame, samples: Tensor = POINTS, labels: Tensor | None = None) -> list[str]:
    return [caution.name for caution in preflight(game, from_array(samples, labels))]


def test_a_tensor_is_data() -> None:
    assert preflight(sound(), POINTS) == preflight(sound(), from_array(POINTS)) == []


@pytest.mark.parametrize("swap", [False, True])
def test_large_pictures_are_looked_at_in_a_small_batch(swap: bool) -> None:
    data = from_array(torch.randint(0, 256, (80, 3, 160, 160), dtype=torch.uint8))
    config = suited.configure(data, "dcgan", **(TINY | {"g_width": 8, "d_width": 8}))
    game = games.make(config, data.spec, data.classes)
    seen: list[int] = []
    game.discriminator.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    if swap:
        game.loss = exchanged(game.loss)
    found = {caution.name for caution in preflight(game, data)}
    assert found == ({"labels-swapped"} if swap else set())
    assert set(seen) == {8}


@pytest.mark.parametrize("recipe", [name for name in RECIPES if takes_pictures(name)])
def test_every_recipe_is_sound(recipe: str, pictures: Dataset) -> None:
    config = suited.configure(pictures, recipe, **(TINY | {"depth": 1, "latent_dim": 16, "clusters": None}))
    data = plan.as_trained(config.dataset, pictures)
    game = games.make(config, data.spec, data.classes)
    before = {name: tensor.clone() for name, tensor in checkpoint._tensors(game).items()}
    assert [str(caution) for caution in preflight(game, data)] == []
    after = checkpoint._tensors(game)
    assert all(torch.equal(before[name], after[name]) for name in before)


def change(game: AdversarialGame, **attributes: Any) -> AdversarialGame:
    for name, value in attributes.items():
        setattr(game, name, value)
    return game


def with_others_weights() -> AdversarialGame:
    game = sound()
    return change(game, g_optimizer=Adam(game.discriminator.parameters()))


def frozen() -> AdversarialGame:
    game = sound()
    game.discriminator.requires_grad_(False)
    return game


class Detached(nn.Module):
    def forward(self, samples: Tensor) -> Tensor:
        return samples.detach()


class SumOf(nn.Module):
    """A critic whose slope does not depend on its weights: a penalty on slopes does nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.tensor(0.3))

    def forward(self, samples: Tensor) -> Tensor:
        return samples.flatten(1).sum(1) + self.offset


def linear_critic() -> AdversarialGame:
    generator = sound().generator
    return AdversarialGame(generator, SumOf(), 3, penalties=[Penalty(zero_centred, "real", 1.0, 1)])


def normed(**options: Any) -> AdversarialGame:
    critic = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1), nn.Flatten(0))
    return AdversarialGame(sound().generator, critic, 3, **options)


def flipped(game: Loss) -> Loss:
    return Loss(game.discriminator, lambda real, fake: -game.generator(real, fake), game.pairs)


def exchanged(game: Loss) -> Loss:
    return Loss(lambda real, fake: game.discriminator(fake, real), game.generator, game.pairs)


CASES: dict[str, tuple[Callable[[], list[str]], Callable[[], list[str]]]] = {
    "constant-data": (lambda: names(sound(), torch.ones(50, 3)), lambda: names(sound())),
    "duplicates": (
        lambda: names(sound(), POINTS[:40].repeat(10, 1)),
        lambda: names(sound(), torch.cat([POINTS, POINTS[:100]])),
    ),
    "class-balance": (
        lambda: names(sound(), POINTS, torch.arange(400) // 390),
        lambda: names(sound(), POINTS, torch.arange(400) // 300),
    ),
    "few-latents": (lambda: names(sound(1)), lambda: names(sound(2))),
    "generator-frozen": (lambda: names(with_others_weights()), lambda: names(sound())),
    "discriminator-frozen": (lambda: names(frozen()), lambda: names(sound())),
    "wrong-sign": (
        lambda: names(change(sound(), loss=flipped(non_saturating))),
        lambda: names(change(sound(), loss=wasserstein)),
    ),
    "labels-swapped": (
        lambda: names(change(sound(), loss=exchanged(wasserstein))),
        lambda: names(change(sound(), loss=wasserstein)),
    ),
    "idle-penalty": (
        lambda: names(linear_critic()),
        lambda: names(sound(penalties=[Penalty(zero_centred, "real", 1.0, 1)])),
    ),
    "range-mismatch": (
        lambda: names(sound(last=nn.Sigmoid()), 3 * POINTS),
        lambda: names(sound(last=nn.Hardtanh(-5, 5))),
    ),
    "initial-scale": (
        lambda: names(change(sound(), generator=nn.Sequential(sound().generator, Times(1e4)))),
        lambda: names(change(sound(), generator=nn.Sequential(sound().generator, Times(10)))),
    ),
    "batch-norm-penalised": (
        lambda: names(normed(penalties=[Penalty(zero_centred, "real", 1.0, 1)])),
        lambda: names(normed()),
    ),
    "shape-mismatch": (lambda: names(sound(last=nn.Unflatten(1, (3, 1)))), lambda: names(sound())),
}


class Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, samples: Tensor) -> Tensor:
        return self.factor * samples


@pytest.mark.parametrize("name", CASES)
def test_each_caution_and_its_neighbour(name: str) -> None:
    ill, well = CASES[name]
    assert name in ill()
    assert name not in well()


def test_a_penalty_on_features_that_nothing_judges_by() -> None:
    """Its neighbour is the recipe ``pictures`` above."""
    assert "idle-penalty" in names(sound(penalties=[r1_features(1.0)]))


def test_gradients_that_are_cut() -> None:
    assert "generator-frozen" in names(sound(last=Detached()))


def test_layers_that_leave_traces() -> None:
    pictures = torch.randint(0, 256, (64, 1, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    uneven = nn.Sequential(
        nn.Unflatten(1, (4, 1, 1)), nn.ConvTranspose2d(4, 1, 4), nn.ConvTranspose2d(1, 1, 3, 2, 1, 1)
    )
    even = nn.Sequential(
        nn.Unflatten(1, (4, 1, 1)), nn.ConvTranspose2d(4, 1, 4), nn.ConvTranspose2d(1, 1, 4, 2, 1)
    )
    judge = nn.Sequential(nn.Conv2d(1, 4, 8), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 1), nn.Flatten(0))
    assert names(AdversarialGame(uneven, judge, 4), pictures) == ["checkerboard"]
    game = AdversarialGame(even, judge, 4)
    assert names(game, pictures) == []
    game.judges_jointly = True
    assert names(game, pictures) == ["batch-norm-leak"]


def test_minibatch_deviation_is_no_batch_norm(pictures: Dataset) -> None:
    config = suited.configure(pictures, "sprint", **(TINY | {"d_deviation": True, "clusters": None}))
    game = games.make(config, pictures.spec, pictures.classes)
    assert game.penalties
    assert preflight(game, pictures) == []


def test_a_single_sample_says_nothing() -> None:
    data = from_array(POINTS[:2])
    assert preflight(sound(), replace(data, samples=data.samples[:1])) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("swap", [False, True])
def test_swapped_labels_show_in_what_the_discriminator_learns(seed: int, swap: bool) -> None:
    torch.manual_seed(seed)
    generator = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
    discriminator = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1), nn.Flatten(0))
    loss = non_saturating
    if swap:
        loss = Loss(
            lambda real, fake: non_saturating.discriminator(fake, real), non_saturating.generator, False
        )
    game = AdversarialGame(generator, discriminator, latent_dim=8, loss=loss)
    points = from_array(torch.randn(500, 2, generator=torch.Generator().manual_seed(seed)))
    assert ("labels-swapped" in {caution.name for caution in preflight(game, points)}) is swap


def test_a_last_layer_whose_weights_are_made_elsewhere_bounds_nothing() -> None:
    torch.manual_seed(0)
    last = nn.utils.parametrizations.weight_norm(nn.Linear(32, 2))
    game = AdversarialGame(
        nn.Sequential(nn.Linear(8, 32), nn.ReLU(), last),
        nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1), nn.Flatten(0)),
        latent_dim=8,
    )
    points = from_array(torch.randn(500, 2, generator=torch.Generator().manual_seed(0)))
    assert "range-mismatch" not in {caution.name for caution in preflight(game, points)}


def test_the_range_of_rare_symbols_is_that_of_all_their_values() -> None:
    """One-hot symbols, one in 500: the 1 % and the 99 % quantile are both 0, but the values reach 1."""
    assert span(torch.eye(500)) == (0.0, 1.0)
    assert span(torch.linspace(0, 1, 1001)) == pytest.approx((0.01, 0.99))
    assert span(torch.zeros(8)) == (0.0, 1e-12)
