"""The step on the screen: who learns from what."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from conftest import TINY
from sparring import games
from sparring.data.spec import Batch, Dataset
from sparring.errors import ConfigError
from sparring.games import losses, penalties
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_step import (
    adversarial_step,
    discriminator_update,
    forge,
    generator_update,
    judge,
    moved,
)
from sparring.games.players import may_draw
from sparring.games.updates import Update, descend
from sparring.networks import dcgan
from sparring.training import suited
from sparring.training.budget import Budget
from sparring.training.loop import train

BATCH, LATENT, SIZE = 16, 4, 6


def players() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(LATENT, 8), nn.ReLU(), nn.Linear(8, SIZE))
    discriminator = nn.Sequential(nn.Linear(SIZE, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0))
    return generator, discriminator


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten().clone() for p in network.parameters()])


def step(game: AdversarialGame, seed: int = 0) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    real = torch.randn(BATCH, SIZE, generator=rng)
    return adversarial_step(game, [Batch(real)], rng)


def test_one_step_equals_the_textbook_written_out() -> None:
    """Both updates against a plain loop with autograd, Adam and BCE, to float rounding."""
    game = AdversarialGame(*players(), LATENT)
    G, D = players()
    d_adam = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999))
    g_adam = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999))
    bce = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(BATCH), torch.zeros(BATCH)
    for seed in range(3):
        step(game, seed)
        rng = torch.Generator().manual_seed(seed)
        real = torch.randn(BATCH, SIZE, generator=rng)
        fake = G(torch.randn(BATCH, LATENT, generator=rng))
        d_adam.zero_grad()
        (bce(D(real), ones) + bce(D(fake.detach()), zeros)).backward()
        d_adam.step()
        g_adam.zero_grad()
        bce(D(fake), ones).backward()
        g_adam.step()
    torch.testing.assert_close(weights(game.generator), weights(G), rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(weights(game.discriminator), weights(D), rtol=1e-5, atol=1e-7)


def test_each_update_moves_its_own_player_alone() -> None:
    game = AdversarialGame(*players(), LATENT)
    rng = torch.Generator().manual_seed(0)
    real = torch.randn(BATCH, SIZE, generator=rng)
    batch = Batch(real)
    fake = forge(game, batch, rng)
    G, D = weights(game.generator), weights(game.discriminator)
    update = discriminator_update(game, batch, fake.detach(), rng)
    descend(game, "discriminator", [update])
    assert torch.equal(weights(game.generator), G)
    assert not torch.equal(weights(game.discriminator), D)
    D = weights(game.discriminator)
    gradients = [p.grad.clone() for p in game.discriminator.parameters() if p.grad is not None]
    descend(game, "generator", [generator_update(game, batch, fake, rng)])
    assert not torch.equal(weights(game.generator), G)
    assert torch.equal(weights(game.discriminator), D)
    after = [p.grad for p in game.discriminator.parameters() if p.grad is not None]
    assert all(torch.equal(a, b) for a, b in zip(gradients, after, strict=True))


def test_real_and_fake_go_apart_where_batch_statistics_would_mix_them() -> None:
    generator, _ = players()
    normed = nn.Sequential(nn.Linear(SIZE, 8), nn.BatchNorm1d(8), nn.Linear(8, 1), nn.Flatten(0))
    game = AdversarialGame(generator, normed, LATENT)
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, BATCH, SIZE, generator=rng).unbind()
    real_logits, fake_logits = judge(game, real, 100 * fake, None)
    assert torch.equal(real_logits, normed(real))
    assert torch.equal(fake_logits, normed(100 * fake))


def test_one_joint_pass_equals_two() -> None:
    game = AdversarialGame(*players(), LATENT)
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, BATCH, SIZE, generator=rng).unbind()
    real_logits, fake_logits = judge(game, real, fake, None)
    torch.testing.assert_close(real_logits, game.discriminator(real), rtol=0, atol=1e-6)
    torch.testing.assert_close(fake_logits, game.discriminator(fake), rtol=0, atol=1e-6)


def test_lazy_penalty_comes_every_kth_step_and_k_times_as_strong() -> None:
    always = AdversarialGame(*players(), LATENT, penalties=[penalties.r1(0.7)])
    lazy = AdversarialGame(*players(), LATENT, penalties=[penalties.r1(0.7, every=4)])
    first = step(always)["penalty"]
    assert float(first) > 0
    torch.testing.assert_close(step(lazy)["penalty"], 4 * first)
    lazy.clock.step = 1
    assert float(step(lazy)["penalty"]) == 0


def test_relativistic_generator_sees_the_real_logits() -> None:
    game = AdversarialGame(*players(), LATENT, loss=losses.relativistic)
    logged = step(game)
    assert abs(float(logged["g_loss"]) - 0.693) < 0.2
    assert game.loss.pairs


class Pair(nn.Module):
    """A discriminator beside a second one, which is frozen features and a head in real life."""

    second_stride = 4

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second_discriminator = players()[1], players()[1]

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.first(samples)
        return logits


@pytest.mark.parametrize("loss", [losses.non_saturating, losses.relativistic], ids=["alone", "pairs"])
def test_a_second_discriminator_has_a_loss_of_its_own_and_the_generator_has_both(loss: losses.Loss) -> None:
    """Against both players' losses written out; R1 concerns the first discriminator alone."""
    rng = torch.Generator().manual_seed(0)
    real = torch.randn(BATCH, SIZE, generator=rng)
    fight = {"loss": loss, "penalties": [penalties.r1(0.7)], "second_weight": 0.4}
    game = AdversarialGame(players()[0], Pair(), LATENT, **fight)
    fake = forge(game, Batch(real), rng)
    D, judges = game.discriminator, (game.discriminator.first, game.discriminator.second_discriminator)
    update = discriminator_update(game, Batch(real), fake.detach(), rng)
    costs = [loss.discriminator(judge(real), judge(fake.detach())).mean() for judge in judges]
    at = real.clone().requires_grad_()
    penalty = 0.7 * penalties.r1(1.0).function(at, judges[0](at)).mean()
    expected = torch.autograd.grad(costs[0] + 0.4 * costs[1] + penalty, list(D.parameters()))
    torch.testing.assert_close(update.gradients, list(expected), rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(update.logged["d_loss"], costs[0].detach())
    torch.testing.assert_close(update.logged["second_d_loss"], costs[1].detach())
    torch.testing.assert_close(update.logged["penalty"], penalty.detach())

    costs = [loss.generator(judge(real), judge(fake)).mean() for judge in judges]
    expected = torch.autograd.grad(
        costs[0] + 0.4 * costs[1], list(game.generator.parameters()), retain_graph=True
    )
    update = generator_update(game, Batch(real), fake, rng)
    torch.testing.assert_close(update.gradients, list(expected), rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(update.logged["g_loss"], costs[0].detach())


class Stages(nn.Module):
    """Judges samples by two stages of features: the samples, and their squares."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleList(players()[1] for _ in range(2))

    def see(self, samples: torch.Tensor) -> list[torch.Tensor]:
        return [samples, samples.square()]

    def judge(self, seen: list[torch.Tensor], labels: torch.Tensor | None = None) -> torch.Tensor:
        return torch.stack([head(one) for head, one in zip(self.heads, seen, strict=True)]).sum(0)

    def forward(self, samples: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return self.judge(self.see(samples), labels)


@pytest.mark.parametrize(("step", "due"), [(0, True), (1, False), (2, True)])
def test_a_penalty_on_features_is_one_of_the_second_discriminator_alone(step: int, due: bool) -> None:
    rng = torch.Generator().manual_seed(0)
    real, discriminator = torch.randn(BATCH, SIZE, generator=rng), Pair()
    discriminator.second_discriminator = second = Stages()
    fight = {"penalties": [penalties.r1_features(0.7, every=2)], "second_weight": 0.4}
    game = AdversarialGame(players()[0], discriminator, LATENT, **fight)
    game.penalty_scale, game.clock.step = 0.5, step
    fake = forge(game, Batch(real), rng).detach()
    update = discriminator_update(game, Batch(real), fake, rng)
    first, also = (
        game.loss.discriminator(judge(real), judge(fake)).mean() for judge in (discriminator.first, second)
    )
    of_stages = [one.clone().requires_grad_() for one in second.see(real)]
    slopes = torch.autograd.grad(second.judge(of_stages).sum(), of_stages, create_graph=True)
    penalty = 2 * 0.7 / 2 * sum(slope.square().sum(1).mean() for slope in slopes)
    cost = first + 0.4 * (also + 0.5 * due * penalty)
    expected = torch.autograd.grad(cost, list(discriminator.parameters()))
    torch.testing.assert_close(update.gradients, list(expected), rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(update.logged["second_d_loss"], also.detach())
    assert not update.logged["penalty"]


def pictured() -> AdversarialGame:
    """Players of pictures (1, 8, 8), whose second discriminator weighs each pixel by its place."""
    linear = [nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0)) for _ in range(2)]
    discriminator = Pair()
    discriminator.first, discriminator.second_discriminator = linear
    generator = nn.Sequential(nn.Linear(LATENT, 64), nn.Unflatten(1, (1, 8, 8)))
    return AdversarialGame(generator, discriminator, LATENT)


def test_pictures_are_moved_to_sixteen_places_for_the_second_discriminator() -> None:
    """A dot goes through the places from a pixel below and right of its own to two above and left."""
    game, dot = pictured(), torch.zeros(1, 1, 8, 8)
    dot[0, 0, 4, 5] = 1
    places = []
    for game.clock.step in range(32):
        seen = moved(game, dot)
        assert seen.shape == dot.shape
        assert seen.sum() == 1
        places.append(tuple(seen[0, 0].nonzero()[0].tolist()))
    assert places[:16] == [(row, column) for row in (5, 4, 3, 2) for column in (6, 5, 4, 3)]
    assert places[16:] == places[:16]
    assert torch.equal(moved(game, torch.ones(2, 3, 8, 6)), torch.ones(2, 3, 8, 6))
    assert torch.equal(moved(game, torch.eye(3)), torch.eye(3))


@pytest.mark.parametrize("stride", [1, 2, 8])
def test_pictures_are_moved_to_as_many_places_as_features_have_between_neighbours(stride: int) -> None:
    game, dot = pictured(), torch.zeros(1, 1, 8, 8)
    game.discriminator.second_stride = stride
    dot[0, 0, 4, 4] = 1
    places = set()
    for game.clock.step in range(stride**2):
        places.add(tuple(moved(game, dot)[0, 0].nonzero()[0].tolist()))
    reached = range(4 - stride // 2, 4 - stride // 2 + stride)
    assert places == set(product(reached, reached))


@pytest.mark.parametrize("step", [0, 6])
def test_both_players_learn_from_pictures_where_they_were_moved(step: int) -> None:
    rng = torch.Generator().manual_seed(0)
    game, real = pictured(), torch.randn(BATCH, 1, 8, 8, generator=rng)
    game.clock.step = step
    second = game.discriminator.second_discriminator
    fake = forge(game, Batch(real), rng)
    seen = [second(moved(game, samples)) for samples in (real, fake.detach())]
    logged = discriminator_update(game, Batch(real), fake.detach(), rng).logged
    torch.testing.assert_close(logged["second_d_loss"], game.loss.discriminator(*seen).mean().detach())
    logits = [game.discriminator(fake), second(moved(game, fake))]
    cost = sum(game.loss.generator(one, one).mean() for one in logits)
    expected = torch.autograd.grad(cost, list(game.generator.parameters()), retain_graph=True)
    torch.testing.assert_close(generator_update(game, Batch(real), fake, rng).gradients, list(expected))


def test_several_discriminator_steps_use_every_batch() -> None:
    game = AdversarialGame(*players(), LATENT, d_steps=3)
    rng = torch.Generator().manual_seed(0)
    batches = [(torch.randn(BATCH, SIZE, generator=rng), None) for _ in range(3)]
    adversarial_step(game, batches, rng)
    state = game.d_optimizer.state_dict()["state"][0]
    assert int(state["step"]) == 3
    assert int(game.g_optimizer.state_dict()["state"][0]["step"]) == 1


def normed_game(**options: object) -> AdversarialGame:
    """Small convolutional players with batch statistics."""
    torch.manual_seed(0)
    generator = dcgan.Generator(shape=(1, 8, 8), latent_dim=LATENT, width=4)
    discriminator = dcgan.Discriminator(shape=(1, 8, 8), width=4, norm=True)
    return AdversarialGame(generator, discriminator, LATENT, **options)  # type: ignore[arg-type]


def ghost_step(game: AdversarialGame, seed: int = 0) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return adversarial_step(game, [Batch(torch.randn(BATCH, 1, 8, 8, generator=rng))], rng)


def test_ghost_batches_average_the_gradients_of_their_parts() -> None:
    """Against one part after the other, written out, with batch statistics of its own for each."""
    game, plain = normed_game(ghost_batches=2), normed_game()
    rng = torch.Generator().manual_seed(0)
    real = torch.randn(BATCH, 1, 8, 8, generator=rng)
    updates = []
    for ghost, part, seed in zip(game.replicas(), real.chunk(2), (1, 2), strict=True):
        fake = forge(ghost, Batch(part), torch.Generator().manual_seed(seed)).detach()
        updates.append(discriminator_update(ghost, Batch(part), fake, rng))
    descend(game, "discriminator", updates)
    losses_of_parts = []
    for part, seed in zip(real.chunk(2), (1, 2), strict=True):
        fake = forge(plain, Batch(part), torch.Generator().manual_seed(seed)).detach()
        real_logits, fake_logits = plain.discriminator(part), plain.discriminator(fake)
        losses_of_parts.append(plain.loss.discriminator(real_logits, fake_logits).mean())
    plain.d_optimizer.zero_grad()
    (sum(losses_of_parts) / 2).backward()  # type: ignore[union-attr]
    for mine, theirs in zip(game.discriminator.parameters(), plain.discriminator.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-5, atol=1e-7)


class Growing(nn.Sequential):
    progress = -1.0

    def grow_to(self, progress: float) -> float:
        self.progress = progress
        return min(1.0, 2 * progress)


def test_growing_networks_hear_how_far_the_training_is() -> None:
    """Also those that compute the other parts of a batch."""
    generator, discriminator = (Growing(*player) for player in players())
    game = AdversarialGame(generator, discriminator, LATENT, ghost_batches=2)
    assert game.at(0.25)["grown"] == 0.5
    assert "grown" not in game.at(0.5)
    game.at(0.25)
    heard = [player.progress for replica in game.replicas() for player in replica.players.values()]
    assert heard == [0.25] * 4


def test_without_batch_statistics_ghost_batches_change_nothing_but_rounding() -> None:
    real = torch.randn(BATCH, SIZE, generator=torch.Generator().manual_seed(3))
    whole, halves = AdversarialGame(*players(), LATENT), AdversarialGame(*players(), LATENT, ghost_batches=2)
    fake = torch.randn(BATCH, SIZE, generator=torch.Generator().manual_seed(4))
    rng = torch.Generator()
    update = discriminator_update(whole, Batch(real), fake, rng)
    parts = zip(halves.replicas(), real.chunk(2), fake.chunk(2), strict=True)
    updates = [discriminator_update(ghost, Batch(x), y, rng) for ghost, x, y in parts]
    descend(whole, "discriminator", [update])
    logged = descend(halves, "discriminator", updates)
    for mine, theirs in zip(halves.discriminator.parameters(), whole.discriminator.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(logged["d_loss"], update.logged["d_loss"])
    torch.testing.assert_close(logged["fake_logit"], update.logged["fake_logit"])


def test_ghost_batches_side_by_side_equal_one_after_the_other_bit_for_bit() -> None:
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 2, 4):
            game = normed_game(ghost_batches=4, penalties=[penalties.r1(0.1)])
            game.runtime.use_threads(count, parts=4)
            for seed in range(3):
                logged = ghost_step(game, seed)
            results.append(
                torch.cat([weights(game.generator), weights(game.discriminator), logged["fake_logit"]])
            )
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


def test_gradients_lie_in_memory_as_the_weights_do() -> None:
    """Where they do not, fused Adam moves other weights than those the gradients are of."""
    torch.manual_seed(0)
    fused, plain = (nn.Conv2d(2, 4, 3) for _ in range(2))
    plain.load_state_dict(fused.state_dict())
    fused = fused.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    gradients = [torch.randn_like(p).contiguous() for p in plain.parameters()]
    scales = (1.0, *torch.randn(3).tolist())
    adam = torch.optim.Adam(fused.parameters(), 1e-2, fused=True)
    game = AdversarialGame(nn.Linear(1, 1), fused, LATENT, d_optimizer=adam)
    reference = torch.optim.Adam(plain.parameters(), 1e-2, foreach=False)
    for scale in scales:
        descend(game, "discriminator", [Update([scale * g for g in gradients], {})])
        for weight, gradient in zip(plain.parameters(), gradients, strict=True):
            weight.grad = scale * gradient
        reference.step()
    for mine, theirs in zip(fused.parameters(), plain.parameters(), strict=True):
        assert mine.grad is not None
        assert mine.grad.stride() == mine.stride()
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)


def test_ghosts_share_the_weights_and_start_from_the_same_statistics() -> None:
    game = normed_game(ghost_batches=2)
    ghost_step(game)
    replica = game._replicas[0][0]
    mean = next(b for n, b in game.generator.named_buffers() if n.endswith("running_mean"))
    assert not torch.equal(mean, next(b for n, b in replica.named_buffers() if n.endswith("running_mean")))
    ghost = game.replicas()[1]
    assert torch.equal(mean, next(b for n, b in ghost.generator.named_buffers() if n.endswith("running_mean")))
    pairs = zip(game.generator.parameters(), ghost.generator.parameters(), strict=True)
    assert all(mine is theirs for mine, theirs in pairs)
    game.generator.eval()
    assert not game.replicas()[1].generator.training


def test_samples_come_in_the_datas_own_units() -> None:
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    discriminator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), nn.Flatten(0))
    game = AdversarialGame(generator, discriminator, 3)
    points = torch.randn(64, 2) + torch.tensor([50.0, 3.0])
    with pytest.raises(ConfigError, match=r"whose units .* game.sample\(count, data\)"):
        game.sample(2)
    before = game.sample(500, points)
    assert abs(before.mean(0) - [50, 3]).max() < 3
    next(train(game, points, Budget(samples_seen=64)))
    drawn = game.sample(500, seed=4)
    assert (drawn.shape, drawn.dtype) == ((500, 2), np.float32)
    assert abs(drawn.mean(0) - [50, 3]).max() < 3
    assert (drawn == game.sample(500, points, seed=4)).all()


def test_samples_of_a_class_by_its_name(pictures: Dataset) -> None:
    config = suited.configure(pictures, "mlp", **TINY)
    game = games.make(config, pictures.spec, pictures.classes)
    next(train(game, pictures, Budget(samples_seen=16), batch_size=16))
    drawn = game.sample(4, labels="1")
    assert drawn.dtype == np.uint8
    assert (drawn == game.sample(4, labels=[1, 1, 1, 1])).all()
    assert (game.sample(4) == game.sample(4, labels=["0", "1", "0", "1"])).all()
    with pytest.raises(ConfigError, match="unknown label '2'"):
        game.sample(4, labels=2)


class Noisy(nn.Module):
    """A network of which nobody knows whether it draws."""


@pytest.mark.parametrize(
    ("network", "draws"),
    [
        (dcgan.Generator(shape=(1, 8, 8), latent_dim=2, width=4, classes=2), False),
        (nn.Sequential(nn.Linear(2, 2), nn.ReLU()), False),
        (nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1)), True),
        (nn.Sequential(nn.Linear(2, 2), Noisy()), True),
    ],
)
def test_players_that_may_draw_by_themselves_are_known(network: nn.Module, draws: bool) -> None:
    assert may_draw(network) == draws


def test_dropout_follows_from_the_steps_own_stream_and_leaves_torchs_as_it_was() -> None:
    def made() -> AdversarialGame:
        torch.manual_seed(0)
        generator = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 2))
        return AdversarialGame(generator, nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)), 2)

    real, weights = torch.randn(8, 2, generator=torch.Generator().manual_seed(1)), []
    for elsewhere in (3, 4):
        game = made()
        torch.manual_seed(elsewhere)
        before = torch.get_rng_state()
        game.step([Batch(real)], torch.Generator().manual_seed(5))
        assert torch.equal(torch.get_rng_state(), before)
        weights.append(game.generator[0].weight.detach().clone())  # type: ignore[index, union-attr]
    assert torch.equal(*weights)
