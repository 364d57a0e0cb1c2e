"""Whole objectives of translation as published, written out by hand in float64, against what a step computes.

Networks are the library's, tiny; losses, their weights and what learns from what are those of the papers and of
their authors' code. A discriminator's gradient is compared up to the factor that its paper's loss has and that
Adam does not see.
"""

import copy
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import cross_entropy, l1_loss, mse_loss, normalize, pad

from sparring import games
from sparring.config.recipes import from_recipe
from sparring.data.arrays import from_array
from sparring.data.pairs import joined
from sparring.data.spec import Batch, Dataset
from sparring.games.translation import TranslationGame
from sparring.machine.device import Runtime
from sparring.training.order import Order, batches_of_step, rng_of_step

SIDE, OF, INTO = 16, 1, 3  # pixels, and the channels of sources and targets
SEED = 5  # of what a step draws
Players = Mapping[str, nn.Module]


def played(
    recipe: str, of: int = OF, **options: Any
) -> tuple[TranslationGame, Players, Players, Tensor, Tensor]:
    """A game after one step in float64, its players before and after it, and the sources and targets."""
    empty = (from_array(np.zeros((1, SIDE, SIDE, channels), np.uint8)) for channels in (of, INTO))
    data = joined(*empty, "names" if recipe == "pix2pix" else "none")
    config = from_recipe(recipe, g_width=3, d_width=3, device="cpu", precision="fp32", seed=1, **options)
    game = games.make(config.replace(paired="names" if recipe == "pix2pix" else "none"), data.spec, 0)
    assert isinstance(game, TranslationGame)
    if game.features is not None:
        game.features.double()
    for player in game.players.values():
        player.double()
        for weight in player.parameters():  # larger than at the start, so that no term is lost beside another
            weight.data *= 1.5
    rng = torch.Generator().manual_seed(3)
    given, real = (
        torch.rand(2, channels, SIDE, SIDE, generator=rng, dtype=torch.float64) * 2 - 1
        for channels in (of, INTO)
    )
    before = copy.deepcopy(game.players)
    game.step([Batch(real, None, given)], torch.Generator().manual_seed(SEED))
    return game, before, copy.deepcopy(game.players), given, real


def compare(game: TranslationGame, player: str, loss: Tensor, of: nn.Module, factor: float = 1.0) -> None:
    """The gradient that a player descended along is that of a published loss, times a factor."""
    gradients = torch.autograd.grad(loss, list(of.parameters()), retain_graph=True, allow_unused=True)
    found = [weight.grad for weight in game.players[player].parameters()]
    assert any(gradient is not None and float(gradient.abs().max()) > 1e-4 for gradient in gradients)
    for mine, published in zip(found, gradients, strict=True):
        expected = torch.zeros_like(mine) if published is None else factor * published  # type: ignore[arg-type]
        mine = torch.zeros(()) if mine is None else mine
        assert torch.allclose(mine, expected, rtol=1e-9, atol=1e-12)


def mixed(before: Players, after: Players) -> dict[str, nn.Module]:
    """What the generators learn from: discriminators that have learnt already."""
    return {name: (after if "discriminator" in name else before)[name] for name in before}


def ones(like: Tensor) -> Tensor:
    return torch.ones_like(like)


def zeros(like: Tensor) -> Tensor:
    return torch.zeros_like(like)


def test_pix2pix() -> None:
    """Isola et al. 2017, eq. 4: cross-entropy of D(x, y) and D(x, G(x)), halved for D, and 100 times L1."""
    game, before, after, x, y = played("pix2pix")
    fake = before["generator"](x)
    d = before["discriminator"]
    of_real, of_fake = d(torch.cat([x, y], 1)), d(torch.cat([x, fake.detach()], 1))
    compare(game, "discriminator", (bce(of_real, ones(of_real)) + bce(of_fake, zeros(of_fake))) / 2, d, 2)
    fooled = mixed(before, after)["discriminator"](torch.cat([x, fake], 1))
    compare(game, "generator", bce(fooled, ones(fooled)) + 100 * l1_loss(fake, y), before["generator"])


def moved(pictures: Tensor) -> Tensor:
    """Pictures as features see them at step 0: one pixel down and right, with their edges repeated."""
    return pad(pictures, (1, 2, 1, 2), "replicate")[:, :, :SIDE, :SIDE]


def test_features_beside_patches() -> None:
    """A second discriminator has a loss of its own, of what is made alone; distances are of unit features."""
    weights = {"d_features_weight": 0.7, "perceptual_weight": 2.0, "reconstruction_weight": 3.0}
    game, before, after, x, y = played("pix2pix", d_features="imagenet", **weights)
    fake = before["generator"](x)

    def judged(d: Any, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return d(torch.cat([x, pictures], 1)), d.second_discriminator(moved(pictures))

    def wanted(d: Any, pictures: Tensor, target: Any) -> Tensor:
        patches, features = judged(d, pictures)
        return bce(patches, target(patches)) + 0.7 * bce(features, target(features))

    d: Any = before["discriminator"]
    compare(game, "discriminator", wanted(d, y, ones) + wanted(d, fake.detach(), zeros), d)
    distances = []
    for of_fake, of_real in zip(*(d.second_discriminator.features(moved(p)) for p in (fake, y)), strict=True):
        distances.append((normalize(of_fake, dim=1) - normalize(of_real, dim=1)).square().sum(1).mean())
    fooled = wanted(mixed(before, after)["discriminator"], fake, ones)
    total = fooled + 3 * l1_loss(fake, y) + 2 * torch.stack(distances).sum()
    compare(game, "generator", total, before["generator"])


def least_squares(d: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    of_real, of_fake = d(real), d(fake.detach())
    return (mse_loss(of_real, ones(of_real)) + mse_loss(of_fake, zeros(of_fake))) / 2


def grey(colours: Tensor) -> Tensor:
    return colours.mean(1, keepdim=True)


def test_cyclegan() -> None:
    """Zhu et al. 2017, eq. 3, least squares, 10 times the cycle and 5 times the identity (section 5.2).

    The identity asks G to keep targets, which here have other channels than sources: see ``as_given``.
    """
    game, before, after, x, y = played("cyclegan")
    g, f = before["generator"], before["back"]
    made, returned = g(x), f(y)
    for player, real, fake in (("discriminator", y, made), ("back_discriminator", x, returned)):
        compare(game, player, least_squares(before[player], real, fake), before[player])
    d_y, d_x = (mixed(before, after)[name] for name in ("discriminator", "back_discriminator"))
    adversarial = mse_loss(d_y(made), ones(d_y(made))) + mse_loss(d_x(returned), ones(d_x(returned)))
    cycle = l1_loss(f(made), x) + l1_loss(g(returned), y)
    identity = l1_loss(g(grey(y)), y) + l1_loss(f(x.expand(-1, INTO, -1, -1)), x)
    total = adversarial + 10 * cycle + 5 * identity
    compare(game, "generator", total, g)
    compare(game, "back", total, f)


def test_a_cycle_has_features_in_both_directions() -> None:
    """Least squares of features, of each direction by its own second discriminator, beside those of patches."""
    game, before, after, x, y = played("cyclegan", of=INTO, d_features="imagenet", d_features_weight=0.7)
    g, f = before["generator"], before["back"]
    made, returned = g(x), f(y)

    def both(of: Any, real: Tensor, fake: Tensor) -> Tensor:
        features = least_squares(of.second_discriminator, moved(real), moved(fake))
        return least_squares(of, real, fake) + 0.7 * features

    def fooled(of: Any, fake: Tensor) -> Tensor:
        patches, features = of(fake), of.second_discriminator(moved(fake))
        return mse_loss(patches, ones(patches)) + 0.7 * mse_loss(features, ones(features))

    for player, real, fake in (("discriminator", y, made), ("back_discriminator", x, returned)):
        compare(game, player, both(before[player], real, fake), before[player])
    d_y, d_x = (mixed(before, after)[name] for name in ("discriminator", "back_discriminator"))
    cycle = l1_loss(f(made), x) + l1_loss(g(returned), y)
    identity = l1_loss(g(y), y) + l1_loss(f(x), x)
    total = fooled(d_y, made) + fooled(d_x, returned) + 10 * cycle + 5 * identity
    compare(game, "generator", total, g)
    compare(game, "back", total, f)


def patch_nce(players: Players, source: Tensor, output: Tensor, rng: torch.Generator) -> Tensor:
    """Park et al. 2020, eq. 3 and 4: over all scales of the encoder, keys that do not learn, tau 0.07."""
    encode: Any = players["generator"].encode
    losses = []
    for scale, (query, key) in enumerate(zip(encode(output), encode(source), strict=True)):
        places = torch.randperm(query.shape[2] * query.shape[3], generator=rng)[:64]
        for q, k in zip(query, key, strict=True):  # negatives are of the same picture
            q, k = (players["projector"](side.flatten(1)[:, places].T, scale) for side in (q, k))
            similar = normalize(q, dim=1) @ normalize(k.detach(), dim=1).T / 0.07
            losses.append(cross_entropy(similar, torch.arange(len(places))))
    return torch.stack(losses).mean()


def test_cut() -> None:
    """Park et al. 2020, eq. 5: least squares, and half the contrast of sources and half that of targets."""
    game, before, after, x, y = played("cut", INTO)
    g = before["generator"]
    made = g(x)
    assert len(g.encode(x)) == 3  # type: ignore[operator]
    compare(game, "discriminator", least_squares(before["discriminator"], y, made), before["discriminator"])
    fooled = mixed(before, after)["discriminator"](made)
    rng = torch.Generator().manual_seed(SEED)
    of_sources = patch_nce(before, x, made, rng)
    of_targets = patch_nce(before, y, g(y), rng)
    total = mse_loss(fooled, ones(fooled)) + (of_sources + of_targets) / 2
    compare(game, "generator", total, g)
    compare(game, "projector", total, before["projector"])


class Rank(Runtime):
    """One of several processes of a training, which are threads here and exchange gradients by a list."""

    device, rank, processes = torch.device("cpu"), 0, 1  # type: ignore[assignment]
    precision, parallel_parts, autocast = "fp32", 1, nullcontext  # type: ignore[assignment]

    def __init__(self, rank: int, processes: int) -> None:
        self.rank, self.processes = rank, processes
        self.sent: list[Any] = [None] * processes
        self.barrier = Barrier(processes, timeout=20)

    def place(self, network: nn.Module) -> nn.Module:
        return network

    def average_gradients(self, weights: list[nn.Parameter]) -> None:
        mine = [weight for weight in weights if weight.grad is not None]
        self.sent[self.rank] = [weight.grad.clone() for weight in mine]  # type: ignore[union-attr]
        self.barrier.wait()
        means = [torch.stack(gradients).mean(0) for gradients in zip(*self.sent, strict=True)]
        self.barrier.wait()
        for weight, mean in zip(mine, means, strict=True):
            weight.grad = mean


def made(recipe: str, runtime: Runtime) -> tuple[TranslationGame, Dataset]:
    """A small game in one process, and its data."""
    rng = np.random.default_rng(0)
    sides = (from_array(rng.integers(0, 256, (24, SIDE, SIDE, c), dtype=np.uint8)) for c in (OF, INTO))
    paired = "names" if recipe == "paired" else "none"
    data = joined(*sides, paired)
    small = {"g_width": 3, "d_width": 3, "batch_size": 8, "paired": paired, "contrast_weight": 1.0}
    config = from_recipe(recipe, **small, contrast_targets=recipe != "paired", identity_weight=2.0)
    game = games.make(config, data.spec, 0, runtime)
    assert isinstance(game, TranslationGame)
    return game, data


def trained(game: TranslationGame, data: Dataset) -> dict[str, Tensor]:
    """The weights in this process after two steps in float64 with the same joint batches."""
    for player in [*game.players.values(), *game.memories.values(), game.features]:
        if player is not None:
            player.double()
    for _ in range(2):
        batches = batches_of_step(data, Order(len(data), 0), 8, game)
        wide = [Batch(batch.real.double(), None, batch.given.double()) for batch in batches]  # type: ignore[union-attr]
        game.step(wide, rng_of_step(game, 0))
        game.clock.step, game.clock.samples_seen = game.clock.step + 1, game.clock.samples_seen + 8
    networks = {**game.players, **game.memories}
    return {f"{at} {name}": t for at, one in networks.items() for name, t in one.state_dict().items()}


def stepped(recipe: str, processes: int) -> list[dict[str, Tensor]]:
    """The weights in each process, which is a thread here."""
    ranks = [Rank(rank, processes) for rank in range(processes)]
    for rank in ranks:
        rank.sent, rank.barrier = ranks[0].sent, ranks[0].barrier
    games_made = [made(recipe, rank) for rank in ranks]
    with ThreadPoolExecutor(processes) as threads:
        return list(threads.map(trained, *zip(*games_made, strict=True)))


@pytest.mark.parametrize("recipe", ["paired", "unpaired", "cyclegan"])
def test_two_processes_play_as_one(recipe: str) -> None:
    """The adversary, R1, the reconstruction or the cycle, the identity and the contrast; the order of sides."""
    (one,), (first, second) = stepped(recipe, 1), stepped(recipe, 2)
    assert {name.split()[0] for name in one} >= {"generator", "discriminator", "projector"}
    for name, expected in one.items():
        assert torch.equal(first[name], second[name]), name
        assert torch.allclose(first[name], expected, rtol=1e-9, atol=1e-12), name
