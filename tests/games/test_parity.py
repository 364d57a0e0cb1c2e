"""Whole training steps against the papers' equations, written out in NumPy in float64 on tiny players.

The reference knows no autograd: D and its slope are closed forms, gradients in the weights are
central differences, and Adam and RMSprop are their papers' lines.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from sparring.data.spec import Batch
from sparring.games import adversarial_step as steps
from sparring.games import losses, penalties, schedules
from sparring.games.adversarial import AdversarialGame, Ends
from sparring.games.penalties import Penalty

Array = NDArray[np.float64]
BATCH, LATENT, SIZE, HIDDEN = 8, 3, 2, 5
G_SIZES = [(SIZE, LATENT), (SIZE,)]  # G(z) = A z + c
D_SIZES = [(HIDDEN, SIZE), (HIDDEN,), (1, HIDDEN), (1,)]  # D(x) = w.tanh(W x + b) + e


def players() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    discriminator = nn.Sequential(nn.Linear(SIZE, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1), nn.Flatten(0))
    return nn.Linear(LATENT, SIZE), discriminator


def flat(network: nn.Module) -> Array:
    return torch.cat([p.detach().flatten() for p in network.parameters()]).double().numpy().copy()


def parts(weights: Array, sizes: list[tuple[int, ...]]) -> list[Array]:
    ends = np.cumsum([math.prod(size) for size in sizes])
    return [part.reshape(size) for part, size in zip(np.split(weights, ends[:-1]), sizes, strict=True)]


def forge(weights: Array, z: Array) -> Array:
    matrix, shift = parts(weights, G_SIZES)
    return z @ matrix.T + shift


def judge(weights: Array, x: Array) -> tuple[Array, Array]:
    """D(x) (B,) and its slope in x (B, SIZE): W^T (w (1 - tanh^2))."""
    inner, bias, outer, shift = parts(weights, D_SIZES)
    t = np.tanh(x @ inner.T + bias)
    return t @ outer[0] + shift, ((1 - t**2) * outer[0]) @ inner


def softplus(x: Array) -> Array:
    return np.logaddexp(0, x)


def numeric_gradient(cost: Callable[[Array], float], weights: Array, step: float = 1e-5) -> Array:
    axes = step * np.eye(len(weights))
    return np.array([(cost(weights + axis) - cost(weights - axis)) / (2 * step) for axis in axes])


class NumpyAdam:
    """Kingma & Ba 2015, algorithm 1, with rates and betas given at each step."""

    def __init__(self) -> None:
        self.t, self.m, self.v = 0, 0.0, 0.0

    def __call__(self, weights: Array, gradient: Array, rate: float, beta1: float, beta2: float) -> Array:
        self.t += 1
        self.m = beta1 * self.m + (1 - beta1) * gradient  # type: ignore[assignment]
        self.v = beta2 * self.v + (1 - beta2) * gradient**2  # type: ignore[assignment]
        m, v = self.m / (1 - beta1**self.t), self.v / (1 - beta2**self.t)
        return weights - rate * m / (np.sqrt(v) + 1e-8)


def batch(step: int) -> tuple[torch.Tensor, Array, Array, Array]:
    """Real samples, and what the step will draw: latents, then the shares of points between."""
    rng = torch.Generator().manual_seed(100 + step)
    z = torch.randn(BATCH, LATENT, generator=rng)
    share = torch.rand(BATCH, generator=rng)
    real = torch.randn(BATCH, SIZE, generator=torch.Generator().manual_seed(step)) * 2 + 1
    return real, real.double().numpy(), z.double().numpy(), share.double().numpy()


def adam_game(chosen: list[Penalty], betas: tuple[float, float], **options: Any) -> AdversarialGame:
    generator, discriminator = players()
    adam = partial(torch.optim.Adam, lr=0.02, betas=betas, fused=True)
    return AdversarialGame(
        generator,
        discriminator,
        LATENT,
        g_optimizer=adam(generator.parameters()),
        d_optimizer=adam(discriminator.parameters()),
        penalties=chosen,
        **options,
    )


def both_equal(game: AdversarialGame, g: Array, d: Array) -> None:
    """All weights but D's last bias: these games see differences of logits, its gradient is rounding alone."""
    np.testing.assert_allclose(flat(game.generator), g, rtol=0, atol=3e-6)
    np.testing.assert_allclose(flat(game.discriminator)[:-1], d[:-1], rtol=0, atol=3e-6)


def annealed(first: float, last: float, progress: float) -> float:
    """R3GAN's schedule of everything: half a cosine from the first value to the last."""
    return last + (first - last) * (1 + math.cos(math.pi * progress)) / 2


def test_steps_of_r3gan() -> None:
    """Huang et al. 2024: relativistic, R1 + R2, Adam(0, beta2); rate, gamma and beta2 on half a cosine."""
    gamma = 0.7
    game = adam_game(
        [penalties.r1(gamma), penalties.r2(gamma)],
        (0.0, 0.9),
        loss=losses.relativistic,
        lr_schedule=schedules.cosine,
        ends=Ends(rates=0.25, penalties=0.1, beta2=0.99),
    )
    G, D = flat(game.generator), flat(game.discriminator)
    d_adam, g_adam = NumpyAdam(), NumpyAdam()
    for step, progress in enumerate((0.0, 0.3, 0.6, 0.9)):
        tensor, real, z, _ = batch(step)
        scheduled = game.at(progress)
        steps.adversarial_step(game, [Batch(tensor)], torch.Generator().manual_seed(100 + step))
        rate, weight = annealed(0.02, 0.005, progress), annealed(gamma, 0.1 * gamma, progress)
        beta2 = annealed(0.9, 0.99, progress)
        assert scheduled["r1_gamma"] == pytest.approx(weight)
        fake = forge(G, z)

        def d_cost(d: Array, fake: Array = fake, real: Array = real, weight: float = weight) -> float:
            (on_real, r1), (on_fake, r2) = judge(d, real), judge(d, fake)
            slopes = (r1**2).sum(1) + (r2**2).sum(1)
            return float((softplus(-(on_real - on_fake)) + weight / 2 * slopes).mean())

        D = d_adam(D, numeric_gradient(d_cost, D), rate, 0.0, beta2)

        def g_cost(g: Array, d: Array = D, real: Array = real, z: Array = z) -> float:
            return float(softplus(-(judge(d, forge(g, z))[0] - judge(d, real)[0])).mean())

        G = g_adam(G, numeric_gradient(g_cost, G), rate, 0.0, beta2)
        both_equal(game, G, D)


def test_steps_of_wgan_gp() -> None:
    """Gulrajani et al. 2017, algorithm 1 with lambda = 10 and Adam(0, 0.9), a step of the critic a round."""
    game = adam_game([penalties.gradient_penalty(10.0)], (0.0, 0.9), loss=losses.wasserstein)
    G, D = flat(game.generator), flat(game.discriminator)
    d_adam, g_adam = NumpyAdam(), NumpyAdam()
    for step in range(3):
        tensor, real, z, share = batch(step)
        steps.adversarial_step(game, [Batch(tensor)], torch.Generator().manual_seed(100 + step))
        fake = forge(G, z)
        middle = share[:, None] * fake + (1 - share[:, None]) * real

        def d_cost(d: Array, fake: Array = fake, real: Array = real, middle: Array = middle) -> float:
            slope = np.sqrt((judge(d, middle)[1] ** 2).sum(1))
            return float((judge(d, fake)[0] - judge(d, real)[0] + 10 * (slope - 1) ** 2).mean())

        D = d_adam(D, numeric_gradient(d_cost, D), 0.02, 0.0, 0.9)

        def g_cost(g: Array, d: Array = D, z: Array = z) -> float:
            return float(-judge(d, forge(g, z))[0].mean())

        G = g_adam(G, numeric_gradient(g_cost, G), 0.02, 0.0, 0.9)
        both_equal(game, G, D)


def test_steps_of_wgan() -> None:
    """Arjovsky et al. 2017, algorithm 1: RMSprop, two critic steps a round, weights clipped after each."""
    bound, rate, alpha = 0.05, 0.02, 0.9
    generator, discriminator = players()
    rmsprop = partial(torch.optim.RMSprop, lr=rate, alpha=alpha)
    game = AdversarialGame(
        generator,
        discriminator,
        LATENT,
        g_optimizer=rmsprop(generator.parameters()),
        d_optimizer=rmsprop(discriminator.parameters()),
        loss=losses.wasserstein,
        d_steps=2,
        weight_clip=bound,
    )
    G, D = flat(generator), flat(discriminator)
    squares = {"D": np.zeros_like(D), "G": np.zeros_like(G)}

    def descend(player: str, weights: Array, gradient: Array) -> Array:
        squares[player] = alpha * squares[player] + (1 - alpha) * gradient**2
        return weights - rate * gradient / (np.sqrt(squares[player]) + 1e-8)

    for step in range(3):
        pair = [batch(2 * step), batch(2 * step + 1)]
        steps.adversarial_step(game, [Batch(b[0]) for b in pair], torch.Generator().manual_seed(100 + step))
        rng = torch.Generator().manual_seed(100 + step)
        for _, real, _, _ in pair:
            z = torch.randn(BATCH, LATENT, generator=rng).double().numpy()
            fake = forge(G, z)

            def d_cost(d: Array, fake: Array = fake, real: Array = real) -> float:
                return float((judge(d, fake)[0] - judge(d, real)[0]).mean())

            D = np.clip(descend("D", D, numeric_gradient(d_cost, D)), -bound, bound)

        def g_cost(g: Array, d: Array = D, z: Array = z) -> float:
            return float(-judge(d, forge(g, z))[0].mean())

        G = descend("G", G, numeric_gradient(g_cost, G))
        both_equal(game, G, D)
    assert float(np.abs(D).max()) <= bound
    assert float(np.abs(G).max()) > bound  # the generator's weights are free


def test_clipping_is_off_unless_asked_for() -> None:
    game = adam_game([], (0.5, 0.9))
    with torch.no_grad():
        for weight in game.discriminator.parameters():
            weight.fill_(3.0)
    tensor, *_ = batch(0)
    steps.adversarial_step(game, [Batch(tensor)], torch.Generator().manual_seed(0))
    assert min(float(w.detach().abs().min()) for w in game.discriminator.parameters()) > 2
