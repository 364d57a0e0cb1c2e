"""The game of translation: its step, its terms together, and what it refuses."""

import copy
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from conftest import TINY
from sparring.config.recipes import from_recipe
from sparring.data.arrays import from_array
from sparring.data.pairs import joined
from sparring.data.spec import Batch, Dataset
from sparring.errors import ConfigError, PlayerError
from sparring.games.terms import l1, l2
from sparring.games.translation import TranslationGame
from sparring.games.translation_rules import check_players, preflight, reverse
from sparring.games.translation_step import Weights, as_given, generator_loss, judge
from sparring.gan import GAN
from sparring.networks.projector import Projector
from sparring.networks.unet import Patches, UNet


def batch(count: int = 4, side: int = 16, of: int = 1, into: int = 1) -> Batch:
    rng = torch.Generator().manual_seed(0)
    given, real = (torch.rand(count, c, side, side, generator=rng) * 2 - 1 for c in (of, into))
    return Batch(real, None, given)


def game(paired: bool = True, cycle: bool = False, **weights: Any) -> TranslationGame:
    torch.manual_seed(0)
    makes = lambda: UNet(shape=(1, 16, 16), given=1, width=4)  # noqa: E731
    judges = lambda: Patches(channels=2 if paired else 1, width=4)  # noqa: E731
    generator = makes()
    channels = [features.shape[1] for features in generator.encode(torch.zeros(1, 1, 16, 16))]
    return TranslationGame(
        generator,
        judges(),
        weights=Weights(**weights),
        paired=paired,
        projector=Projector(channels, 8) if weights.get("contrast") else None,
        back=makes() if cycle else None,
        back_discriminator=judges() if cycle else None,
    )


def state(of: TranslationGame) -> dict[str, Tensor]:
    return {
        f"{name}.{key}": value.clone()
        for name, player in of.players.items()
        for key, value in player.state_dict().items()
    }


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {key.split(".")[0] for key in before if not torch.equal(before[key], after[key])}


def test_each_player_learns_in_a_step() -> None:
    one = game(False, True, contrast=1.0)
    one.weights = Weights(contrast=1.0, cycle=10.0, identity=1.0)
    before = state(one)
    logged = one.step([batch()], torch.Generator().manual_seed(0))
    assert moved(before, state(one)) == set(one.players)
    assert set(logged) >= {"g_loss", "d_loss", "contrast", "cycle", "identity", "real_logit", "fake_logit"}
    assert logged["real_logit"].shape == (4,)
    assert all(bool(value.isfinite().all()) for value in logged.values())


def test_without_an_adversary_it_is_plain_regression() -> None:
    one, data = game(adversarial=0.0, reconstruct=1.0, reconstruction=l2), batch()
    assert data.given is not None
    twin = copy.deepcopy(one.generator)
    before = state(one)
    logged = one.step([data], torch.Generator().manual_seed(0))
    assert moved(before, state(one)) == {"generator"}
    optimizer = torch.optim.Adam(twin.parameters(), 2e-4, (0.5, 0.999))
    loss = (twin(data.given) - data.real).square().mean()
    loss.backward()
    optimizer.step()
    assert torch.allclose(logged["reconstruction"], loss, rtol=1e-5)
    assert torch.equal(logged["g_loss"], logged["reconstruction"])
    for mine, theirs in zip(one.generator.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-6)


def test_the_adversary_begins_when_it_is_told_to() -> None:
    one, data = game(adversarial=1.0, reconstruction=l2, begins=0.5), batch()
    for progress, learns in (
        (0.0, {"generator"}),
        (0.49, {"generator"}),
        (0.5, {"generator", "discriminator"}),
    ):
        before = state(one)
        one.at(progress)
        logged = one.step([data], torch.Generator().manual_seed(0))
        assert moved(before, state(one)) == learns
        assert ("d_loss" in logged) == (len(learns) == 2)


def test_a_discriminator_that_begins_late_is_tried_out_at_once() -> None:
    one = TranslationGame(
        UNet(shape=(1, 16, 16), given=1, width=2),
        nn.Conv2d(5, 1, 3),
        weights=Weights(reconstruction=l1, begins=0.5),
    )
    one.at(0.0)
    with pytest.raises(PlayerError, match="discriminator, which sees 2 channels, fails"):
        one.try_out(batch())


def test_the_loss_is_the_weighted_sum_of_its_terms() -> None:
    one = game(False, True, contrast=2.0)
    one.weights = Weights(adversarial=0.5, contrast=2.0, cycle=3.0, identity=5.0)
    data = batch()
    assert one.back is not None
    assert data.given is not None
    output, returned = one.generator(data.given), one.back(data.real)
    total, terms = generator_loss(one, data, output, returned, torch.Generator().manual_seed(0))
    other = judge(one, one.back_discriminator, data.real, returned)  # type: ignore[arg-type]
    of_back = nn.functional.softplus(-other).mean()
    expected = (
        0.5 * (terms["g_loss"] + of_back) + 2 * terms["contrast"] + 3 * terms["cycle"] + 5 * terms["identity"]
    )
    assert torch.allclose(total, expected)
    there, here = one.back(output), one.generator(returned)
    assert torch.allclose(terms["cycle"], l1(there, data.given).mean() + l1(here, data.real).mean())
    kept = l1(one.generator(data.real), data.real).mean() + l1(one.back(data.given), data.given).mean()
    assert torch.allclose(terms["identity"], kept)


def test_targets_are_contrasted_with_themselves_too() -> None:
    data = batch()
    assert data.given is not None
    found = []
    for given, real in ((data.given, data.real), (data.real, data.real)):
        one = game(False, contrast=1.0)
        _, terms = generator_loss(one, Batch(real, None, given), one.generator(given), None, rng())
        found.append(terms["contrast"])
    both = game(False, contrast=1.0, contrast_targets=True)
    source = rng()
    _, terms = generator_loss(both, data, both.generator(data.given), None, source)
    assert float(terms["contrast"].detach()) != pytest.approx(float(found[0].detach()), rel=1e-4)
    assert float(terms["contrast"].detach()) == pytest.approx(float(sum(found).detach()) / 2, rel=0.2)


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_a_pair_is_judged_with_its_source_and_a_lone_picture_without() -> None:
    data = batch()
    assert data.given is not None
    paired, alone = game(True), game(False)
    other = data.given.flip(0)
    logits = judge(paired, paired.discriminator, data.given, data.real)
    assert logits.shape == (4, 16)
    assert not torch.equal(logits, judge(paired, paired.discriminator, other, data.real))
    same = judge(alone, alone.discriminator, data.given, data.real)
    assert torch.equal(same, judge(alone, alone.discriminator, other, data.real))


@pytest.mark.parametrize(("of", "into"), [(1, 3), (3, 1), (3, 3)])
def test_channels_of_the_other_side(of: int, into: int) -> None:
    pictures, like = torch.rand(2, of, 4, 4), torch.rand(2, into, 4, 4)
    found = as_given(pictures, like)
    assert found.shape == like.shape
    assert torch.allclose(found.mean(1), pictures.mean(1))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"paired": False, "weights": Weights(reconstruction=l1)}, "a reconstruction needs pairs"),
        ({"paired": False, "weights": Weights(perceptual=1.0)}, "a perceptual distance needs pairs"),
        ({"weights": Weights(contrast=1.0)}, "needs a projector"),
        ({"weights": Weights(cycle=1.0)}, "back and back_discriminator"),
        ({"weights": Weights(adversarial=0.0)}, "nothing is asked"),
    ],
)
def test_terms_need_their_players(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        TranslationGame(UNet(shape=(1, 16, 16), given=1, width=2), Patches(channels=2, width=2), **change)


class Grows(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, 1, 1)

    def forward(self, given: Tensor) -> Tensor:
        return nn.functional.interpolate(self.layer(given), scale_factor=2)


@pytest.mark.parametrize(
    ("generator", "discriminator", "why"),
    [
        (Grows(), Patches(channels=2, width=2), "makes .*32, 32.* the targets"),
        (nn.Conv2d(2, 1, 1), Patches(channels=2, width=2), "generator, called with .* fails"),
        (nn.Conv2d(1, 1, 1), Patches(channels=1, width=2), "discriminator, which sees 2 channels, fails"),
    ],
)
def test_networks_that_do_not_fit_are_told_before_the_first_step(
    generator: nn.Module, discriminator: nn.Module, why: str
) -> None:
    with pytest.raises(PlayerError, match=why):
        TranslationGame(generator, discriminator).try_out(batch())


def test_trying_out_changes_nothing() -> None:
    one = game(False, True, contrast=1.0)
    one.weights = Weights(contrast=1.0, cycle=1.0)
    before = state(one)
    one.try_out(batch())
    assert moved(before, state(one)) == set()
    assert not one.g_optimizer.state


def squares(unpaired: bool, count: int = 40) -> Dataset:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (count, 1, 16, 16), dtype=np.uint8)
    return joined(from_array(pictures), from_array(255 - pictures), "none" if unpaired else "names")


@pytest.mark.parametrize("unpaired", [True, False])
def test_two_sides_that_are_one_are_told(unpaired: bool) -> None:
    same = squares(unpaired)
    assert same.given is not None
    assert list(preflight(game(not unpaired), same)) == []
    twice = joined(same.given, same.given, "none" if unpaired else "names")
    (caution,) = preflight(game(not unpaired), twice)
    assert "40 of 40 targets are" in str(caution)


def test_the_other_direction_has_the_other_shapes() -> None:
    grey, colour = from_array(np.zeros((40, 8, 8), np.uint8)), from_array(np.zeros((40, 8, 8, 3), np.uint8))
    spec = joined(grey, colour, "none").spec
    turned = reverse(spec)
    assert (spec.shape, turned.shape) == ((3, 8, 8), (1, 8, 8))
    assert turned.given is not None
    assert turned.given.shape == spec.shape
    gan = GAN("cyclegan", **TINY).fit(grey.samples.numpy(), colour.samples.numpy(), samples_seen=32)
    assert gan.translate(grey.samples.numpy()).shape == (40, 3, 8, 8)


class Own(nn.Module):
    """A user's own generator, of either direction."""

    def __init__(self, shape: tuple[int, ...], given: tuple[int, ...]) -> None:
        super().__init__()
        self.layer = nn.Conv2d(given[0], shape[0], 3, padding=1)

    def forward(self, given: Tensor) -> Tensor:
        return torch.tanh(self.layer(given))


def test_own_networks_are_made_for_both_directions(tmp_path: Path) -> None:
    grey, colour = np.zeros((40, 8, 8), np.uint8), np.zeros((40, 8, 8, 3), np.uint8)
    options = {name: value for name, value in TINY.items() if "width" not in name} | {"samples_seen": 32}
    judges = lambda shape: nn.Conv2d(shape[0], 1, 3)  # noqa: E731
    gan = GAN("cyclegan", **options, generator=Own, discriminator=judges).fit(
        grey, colour, out=tmp_path / "own"
    )
    back = gan.game_.players["back"].layer.weight
    assert back.shape[:2] == (1, 3)
    assert GAN.load(tmp_path / "own", generator=Own).translate(grey[:2]).shape == (2, 3, 8, 8)
    with pytest.raises(ConfigError, match="generator: a cycle .* generator=MyNetwork, not one that is made"):
        GAN("cyclegan", **options, generator=Own((3, 8, 8), (1, 8, 8))).fit(grey, colour)


def test_it_learns_what_changes() -> None:
    """Negatives: the source is as far as can be, and a few seconds suffice."""
    data = squares(False)
    assert data.given is not None
    options = TINY | {"g_width": 8, "latent_dim": 1}
    gan = GAN("paired", **options, paired=True, reconstruction_weight=100.0, g_lr=2e-3)
    gan.fit(data.given.samples.numpy(), data.samples.numpy(), samples_seen=3200)
    made = gan.translate(data.given.samples.numpy())
    error = np.abs(made.astype(float) - data.samples.numpy()).mean()
    untouched = np.abs(data.given.samples.numpy().astype(float) - data.samples.numpy()).mean()
    assert error < untouched / 2


def test_points_are_told_that_they_are_no_pictures() -> None:
    points = np.random.default_rng(0).normal(size=(40, 2))
    with pytest.raises(ConfigError, match="makes pictures of pictures, and these are points"):
        GAN(game="translation", paired=True, samples_seen=16).fit(points, points + 1)


@pytest.mark.parametrize(
    ("recipe", "options", "why"),
    [
        ("paired", {"adversarial_weight": 0.0, "reconstruction": "none"}, None),
        (
            "paired",
            {"adversarial_weight": 0.0, "reconstruction": "none", "perceptual_weight": 0.0},
            "--adversarial-weight 0 leaves nothing to learn from: give a --reconstruction, l2, or a --perc",
        ),
        ("unpaired", {"adversarial_from": 0.5}, None),
        (
            "unpaired",
            {"adversarial_from": 0.5, "contrast_weight": 0.0},
            "--adversarial-from 0.5 leaves nothing to learn from before: .* or leave it out",
        ),
    ],
)
def test_something_is_asked_of_the_generator_at_any_time(
    recipe: str, options: dict[str, Any], why: str | None
) -> None:
    sides = (from_array(np.zeros((4, 16, 16, 3), np.uint8)) for _ in range(2))
    paired = "names" if recipe == "paired" else "none"
    data, config = joined(*sides, paired), from_recipe(recipe, paired=paired, **options)
    with pytest.raises(ConfigError, match=why) if why else nullcontext():
        check_players(config, data.spec, 0)
