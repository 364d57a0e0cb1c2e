"""Losses against closed forms and against torch's own binary cross-entropy."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from sparring.games import losses

LN2 = math.log(2)
FUNCTIONS = [name for name in vars(losses) if name.endswith(("_d", "_g"))]
logit = st.floats(-30, 30)
logits = st.lists(logit, min_size=1, max_size=8)
few = settings(max_examples=50)


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


# What each game's discriminator and generator lose at the logits 2 and -1/4, and whether it pairs them.
GAMES = {
    "non_saturating": (softplus(-2) + softplus(-0.25), softplus(0.25), False),
    "minimax": (softplus(-2) + softplus(-0.25), -softplus(-0.25), False),
    "least_squares": (0.5 * 1**2 + 0.5 * 0.25**2, 0.5 * 1.25**2, False),
    "hinge": (0.75, 0.25, False),
    "wasserstein": (-2.25, 0.25, False),
    "relativistic": (softplus(-2.25), softplus(2.25), True),
}
# d loss / d real and d loss / d fake. (torch's softplus is the line x from x = 20 on: 2e-9 away.)
GRADIENTS: dict[str, Callable[[float, float], tuple[float, float]]] = {
    "logistic_d": lambda r, f: (-sigmoid(-r), sigmoid(f)),
    "smoothed_logistic_d": lambda r, f: (0.1 - sigmoid(-r), sigmoid(f)),
    "minimax_g": lambda r, f: (0, -sigmoid(f)),
    "non_saturating_g": lambda r, f: (0, -sigmoid(-f)),
    "least_squares_d": lambda r, f: (r - 1, f),
    "least_squares_g": lambda r, f: (0, f - 1),
    "hinge_d": lambda r, f: (-float(r < 1), float(f > -1)),
    "wasserstein_d": lambda r, f: (-1, 1),
    "critic_g": lambda r, f: (0, -1),
    "relativistic_d": lambda r, f: (-sigmoid(f - r), sigmoid(f - r)),
    "relativistic_g": lambda r, f: (sigmoid(r - f), -sigmoid(r - f)),
}


def vector(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def close(found: Tensor, *expected: float) -> None:
    torch.testing.assert_close(found, vector(*expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_loss_a_sample(name: str) -> None:
    assert getattr(losses, name)(torch.randn(5), torch.randn(5)).shape == (5,)


# Each function asks the same guard.
@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        *((name, ((4, 1), (4,))) for name in FUNCTIONS),
        *(("hinge_d", shapes) for shapes in [((4,), (4, 1)), ((4, 1), (4, 1)), ((4,), (3,)), ((), ())]),
    ],
)
def test_shapes_that_would_broadcast_are_refused(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    real, fake = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"expected \(B,\) and \(B,\)"):
        getattr(losses, name)(real, fake)


@pytest.mark.parametrize("name", GAMES)
def test_each_game_has_its_two_players(name: str) -> None:
    game: losses.Loss = getattr(losses, name)
    d_loss, g_loss, pairs = GAMES[name]
    close(game.discriminator(vector(2), vector(-0.25)), d_loss)
    close(game.generator(vector(2), vector(-0.25)), g_loss)
    assert game.pairs is pairs


@pytest.mark.parametrize("name", GAMES)
def test_a_generator_that_does_not_pair_has_no_gradient_in_the_real_logits(name: str) -> None:
    game: losses.Loss = getattr(losses, name)
    real, fake = vector(2).requires_grad_(), vector(-0.25).requires_grad_()
    (gradient,) = torch.autograd.grad(game.generator(real, fake).sum(), real, allow_unused=True)
    assert (gradient is not None) is game.pairs


@pytest.mark.parametrize("name", FUNCTIONS)
@few
@given(logit, logit)
def test_gradients(name: str, r: float, f: float) -> None:
    real, fake = vector(r).requires_grad_(), vector(f).requires_grad_()
    loss = getattr(losses, name)(real, fake).sum()
    found = torch.autograd.grad(loss, [real, fake], allow_unused=True, materialize_grads=True)
    torch.testing.assert_close(torch.cat(found), vector(*GRADIENTS[name](r, f)), rtol=0, atol=1e-8)


def test_logistic_discriminator_is_binary_cross_entropy() -> None:
    real, fake = torch.randn(2, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).unbind()
    bce = F.binary_cross_entropy_with_logits
    expected = bce(real, torch.ones(50).double(), reduction="none")
    expected = expected + bce(fake, torch.zeros(50).double(), reduction="none")
    torch.testing.assert_close(losses.logistic_d(real, fake), expected, rtol=0, atol=1e-12)
    close(losses.logistic_d(vector(0), vector(0)), 2 * LN2)


def test_non_saturating_generator() -> None:
    close(losses.non_saturating_g(vector(5, 5), vector(0, 2)), LN2, math.log1p(math.exp(-2)))


def test_minimax_generator_is_the_discriminators_loss_turned_round() -> None:
    close(losses.minimax_g(vector(0, 0), vector(0, 2)), -LN2, -math.log1p(math.exp(2)))


def test_the_generators_gradients_where_the_discriminator_wins() -> None:
    """At D(G(z)) -> 0 the saturating gradient vanishes, the other tends to -1: -sigmoid(f), sigmoid(f) - 1."""
    for loss, expected in ((losses.minimax_g, -math.exp(-20)), (losses.non_saturating_g, -1.0)):
        fake = vector(-20).requires_grad_()
        (gradient,) = torch.autograd.grad(loss(vector(0), fake).sum(), fake)
        torch.testing.assert_close(gradient, vector(expected), rtol=1e-6, atol=0)


def test_hinge_is_zero_past_the_margin() -> None:
    close(losses.hinge_d(vector(1.5, 0, 1), vector(-1.5, 0, 2)), 0, 2, 3)
    close(losses.critic_g(vector(7), vector(2)), -2)


@few
@given(logits)
def test_relativistic_losses_see_differences_only(values: list[float]) -> None:
    real, fake = vector(*values), vector(*reversed(values))
    moved = losses.relativistic_d(real + 3, fake + 3)
    torch.testing.assert_close(moved, losses.relativistic_d(real, fake), rtol=1e-9, atol=1e-9)
    swapped = losses.relativistic_g(fake, real)
    torch.testing.assert_close(losses.relativistic_d(real, fake), swapped, rtol=0, atol=0)


@few
@given(logits)
def test_relativistic_players_differ_by_the_difference(values: list[float]) -> None:
    """softplus(x) - softplus(-x) = x: what one player gains is read off the logits."""
    real, fake = vector(*values), vector(*reversed(values))
    gap = losses.relativistic_d(real, fake) - losses.relativistic_g(real, fake)
    torch.testing.assert_close(gap, fake - real, rtol=1e-9, atol=1e-9)


@few
@given(logits)
def test_minimax_is_a_zero_sum_game_in_the_fakes(values: list[float]) -> None:
    real, fake = vector(*values), vector(*reversed(values))
    total = losses.minimax_g(real, fake) + losses.logistic_d(real, fake)
    torch.testing.assert_close(total, losses.logistic_d(real, fake - 1e6), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_extreme_logits_stay_finite_in_value_and_gradient(name: str) -> None:
    real = torch.tensor([1e4, -1e4], requires_grad=True)
    fake = torch.tensor([-1e4, 1e4], requires_grad=True)
    value = getattr(losses, name)(real, fake)
    gradients = torch.autograd.grad(value.sum(), [real, fake], allow_unused=True)
    assert value.isfinite().all()
    assert all(g.isfinite().all() for g in gradients if g is not None)
    assert float(value.detach().abs().max()) >= 1e4


def test_the_logarithm_of_a_sigmoid_overflows_there() -> None:
    naive, ours = torch.tensor([1e4], requires_grad=True), torch.tensor([1e4], requires_grad=True)
    assert not (1 - naive.sigmoid()).log().isfinite()
    (lost,) = torch.autograd.grad((1 - naive.sigmoid()).log().sum(), naive)
    (kept,) = torch.autograd.grad(losses.minimax_g(torch.zeros(1), ours).sum(), ours)
    assert not lost.isfinite()
    assert float(kept) == -1


def test_the_tutorials_sigmoid_and_bce_lose_the_slope_there() -> None:
    """BCELoss after a sigmoid: the gradient is exactly 0 where the true one is -1."""
    naive, ours = torch.tensor([-200.0], requires_grad=True), torch.tensor([-200.0], requires_grad=True)
    F.binary_cross_entropy(naive.sigmoid(), torch.ones(1)).backward()
    losses.non_saturating_g(torch.zeros(1), ours).mean().backward()
    assert naive.grad is not None
    assert ours.grad is not None
    assert float(naive.grad) == 0
    assert float(ours.grad) == -1


def test_a_smoothed_label() -> None:
    """BCE with the reals' target 1 - s and the fakes' target 0; on reals least at ln((1 - s) / s)."""
    real, fake = torch.randn(2, 6, dtype=torch.float64).unbind()
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    for smoothing in (0.0, 0.1, 0.3):
        found = losses.smoothed_logistic_d(real, fake, smoothing)
        expected = bce(real, torch.full_like(real, 1 - smoothing), reduction="none")
        expected = expected + bce(fake, torch.zeros_like(fake), reduction="none")
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    best = torch.tensor([math.log(0.9 / 0.1)], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(losses.smoothed_logistic_d(best, torch.zeros(1).double()).sum(), best)
    assert abs(float(slope)) < 1e-12
