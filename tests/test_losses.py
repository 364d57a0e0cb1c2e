"""Losses against closed forms and against torch's own binary cross-entropy."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from sparring import losses

LN2 = math.log(2)
FUNCTIONS = [
    *["logistic_d", "minimax_g", "non_saturating_g", "least_squares_d", "least_squares_g", "hinge_d"],
    *["wasserstein_d", "critic_g", "relativistic_d", "relativistic_g"],
]
logits = st.lists(st.floats(-30, 30), min_size=1, max_size=8)


def vector(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def close(found: Tensor, *expected: float) -> None:
    torch.testing.assert_close(found, vector(*expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_loss_a_sample(name: str) -> None:
    assert getattr(losses, name)(torch.randn(5), torch.randn(5)).shape == (5,)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4, 1), (4, 1)), ((4,), (3,)), ((), ())])
def test_shapes_that_would_broadcast_are_refused(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    real, fake = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"expected \(B,\) and \(B,\)"):
        getattr(losses, name)(real, fake)


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


def test_least_squares() -> None:
    close(losses.least_squares_d(vector(1, 0), vector(0, 3)), 0, 0.5 + 4.5)
    close(losses.least_squares_g(vector(9, 9), vector(1, -1)), 0, 2)


def test_hinge_is_zero_past_the_margin() -> None:
    close(losses.hinge_d(vector(1.5, 0, 1), vector(-1.5, 0, 2)), 0, 2, 3)
    close(losses.critic_g(vector(7), vector(2)), -2)


def test_wasserstein() -> None:
    close(losses.wasserstein_d(vector(3), vector(1)), -2)


def test_relativistic() -> None:
    close(losses.relativistic_d(vector(0, 3), vector(0, 1)), LN2, math.log1p(math.exp(-2)))
    close(losses.relativistic_g(vector(0, 3), vector(0, 1)), LN2, math.log1p(math.exp(2)))


@given(logits)
def test_relativistic_losses_see_differences_only(values: list[float]) -> None:
    real, fake = vector(*values), vector(*reversed(values))
    moved = losses.relativistic_d(real + 3, fake + 3)
    torch.testing.assert_close(moved, losses.relativistic_d(real, fake), rtol=1e-9, atol=1e-9)
    swapped = losses.relativistic_g(fake, real)
    torch.testing.assert_close(losses.relativistic_d(real, fake), swapped, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["logistic_d", "non_saturating_g", "relativistic_d", "relativistic_g"])
def test_extreme_logits_stay_finite_in_value_and_gradient(name: str) -> None:
    real = torch.tensor([1e4, -1e4], requires_grad=True)
    fake = torch.tensor([-1e4, 1e4], requires_grad=True)
    value = getattr(losses, name)(real, fake)
    gradients = torch.autograd.grad(value.sum(), [real, fake], allow_unused=True)
    assert value.isfinite().all()
    assert all(g.isfinite().all() for g in gradients if g is not None)
    assert float(value.detach().max()) >= 1e4


def test_the_tutorials_sigmoid_and_bce_lose_the_slope_there() -> None:
    """BCELoss after a sigmoid: the gradient is exactly 0 where the true one is -1."""
    naive, ours = torch.tensor([-200.0], requires_grad=True), torch.tensor([-200.0], requires_grad=True)
    F.binary_cross_entropy(naive.sigmoid(), torch.ones(1)).backward()
    losses.non_saturating_g(torch.zeros(1), ours).mean().backward()
    assert naive.grad is not None
    assert ours.grad is not None
    assert float(naive.grad) == 0
    assert float(ours.grad) == -1
