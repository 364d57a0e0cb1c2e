"""Gradient penalties against closed forms, their second-order gradients included."""

import pytest
import torch
from torch import Tensor, nn

from sparring.games import penalties


def samples(*shape: int) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return torch.randn(*shape, generator=rng, dtype=torch.float64).requires_grad_()


@pytest.mark.parametrize("shape", [(5, 7), (5, 3, 4), (5, 2, 3, 4)])
def test_a_linear_critic(shape: tuple[int, ...]) -> None:
    """D(x) = w.x: the gradient is w at every sample, so R1 is |w|^2 / 2 and GP (|w| - 1)^2."""
    x, w = samples(*shape), samples(*shape[1:]).detach()
    squared = float(w.square().sum())
    for function, expected in (
        (penalties.squared_gradient_norm, squared),
        (penalties.zero_centred, squared / 2),
        (penalties.one_centred, (squared**0.5 - 1) ** 2),
    ):
        value = function(x, (x * w).flatten(1).sum(1))
        torch.testing.assert_close(value, torch.full((5,), expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_quadratic_critic() -> None:
    """D(x) = a |x|^2 / 2: the gradient is a x."""
    x = samples(6, 3)
    value = penalties.zero_centred(x, 1.5 * x.square().sum(1) / 2)
    expected = 0.5 * 1.5**2 * x.detach().square().sum(1)
    torch.testing.assert_close(value.detach(), expected, rtol=1e-12, atol=0)


def test_places_whose_logits_are_averaged() -> None:
    """D(x) is the mean over places of a |x_p|^2 / 2: on its own, a place has the gradient a x_p."""
    x = samples(6, 3, 2, 5)
    value = penalties.zero_centred_at_places(x, 1.5 * x.square().sum(1).mean((1, 2)) / 2)
    expected = 0.5 * 1.5**2 * x.detach().square().sum(1).mean((1, 2))
    torch.testing.assert_close(value.detach(), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("function", [penalties.zero_centred, penalties.one_centred])
def test_the_penaltys_own_gradient_in_the_weights(function: penalties.PenaltyFunction) -> None:
    """For D(x) = w.x: d/dw |w|^2 / 2 = w and d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|."""
    w = samples(4)
    x = samples(3, 4)
    name = "zero_centred" if function is penalties.zero_centred else "one_centred"
    value = getattr(penalties, name)(x, x @ w).mean()
    assert value.requires_grad, "the penalty must be differentiable in the weights"
    (gradient,) = torch.autograd.grad(value, w)
    norm = w.detach().norm()
    expected = w.detach() if name == "zero_centred" else 2 * (norm - 1) * w.detach() / norm
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-12)


def test_a_slope_of_one_is_free() -> None:
    x, w = samples(3, 4), samples(4).detach()
    value = penalties.one_centred(x, x @ (w / w.norm()))
    torch.testing.assert_close(value, torch.zeros(3).double(), rtol=0, atol=1e-20)


def test_each_sample_is_punished_for_its_own_slope() -> None:
    """D(x) = |x|^4 / 4 has the gradient |x|^2 x: a batch is judged as its samples one by one."""
    x = samples(4, 3)
    together = penalties.zero_centred(x, x.square().sum(1).square() / 4)
    torch.testing.assert_close(together.detach(), 0.5 * x.detach().norm(dim=1) ** 6, rtol=1e-12, atol=0)


def test_a_flat_critic_costs_nothing_zero_centred() -> None:
    x, w = samples(3, 4), torch.zeros(4, dtype=torch.float64, requires_grad=True)
    value = penalties.zero_centred(x, x @ w)
    (gradient,) = torch.autograd.grad(value.mean(), w)
    assert value.tolist() == [0.0] * 3
    assert gradient.tolist() == [0.0] * 4


def test_a_flat_critic_gives_finite_gradients() -> None:
    x, w = samples(3, 4), torch.zeros(4, dtype=torch.float64, requires_grad=True)
    value = penalties.one_centred(x, x @ w)
    (gradient,) = torch.autograd.grad(value.mean(), w)
    torch.testing.assert_close(value.detach(), torch.ones(3).double(), rtol=0, atol=1e-5)
    assert gradient.isfinite().all()


def test_a_networks_penalty_against_finite_differences() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    x, step = samples(4, 3), 1e-6
    found = penalties.squared_gradient_norm(x, network(x)).detach()
    expected = torch.zeros(4, dtype=torch.float64)
    with torch.no_grad():
        for axis in torch.eye(3, dtype=torch.float64):
            slope = (network(x + step * axis) - network(x - step * axis)) / (2 * step)
            expected += slope.square()
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ["zero_centred", "one_centred"])
def test_a_networks_second_order_gradient_against_finite_differences(name: str) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    x, step, weight = samples(4, 3), 1e-5, network[0].weight

    def cost() -> Tensor:
        value: Tensor = getattr(penalties, name)(x, network(x)).mean()
        return value

    (found,) = torch.autograd.grad(cost(), weight)
    expected = torch.zeros_like(found)
    for place in range(weight.numel()):
        flat = weight.data.view(-1)
        start = float(flat[place])
        flat[place] = start + step
        above = float(cost().detach())
        flat[place] = start - step
        expected.view(-1)[place] = (above - float(cost().detach())) / (2 * step)
        flat[place] = start
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("shape", [(3, 5), (3, 2, 5), (3, 1, 2, 2)])
def test_points_between_lie_on_the_line_of_their_pair(shape: tuple[int, ...]) -> None:
    real, fake = torch.randn(2, *shape, generator=torch.Generator().manual_seed(1)).unbind()
    share = torch.tensor([0.0, 0.3, 1.0])
    points = penalties.between(real, fake, share)
    assert points.shape == shape
    assert torch.equal(points[0], real[0])
    torch.testing.assert_close(points[1], 0.7 * real[1] + 0.3 * fake[1], rtol=0, atol=1e-6)
    assert torch.equal(points[2], fake[2])


def test_points_between() -> None:
    real, fake = torch.zeros(3, 1, 2, 2), torch.ones(3, 1, 2, 2)
    points = penalties.between(real, fake, torch.tensor([0.0, 0.25, 1.0]))
    assert points.flatten(1).tolist() == [[0.0] * 4, [0.25] * 4, [1.0] * 4]


def test_the_makers_name_place_and_weight() -> None:
    assert penalties.r1(0.5, every=4) == penalties.Penalty(penalties.zero_centred, "real", 0.5, 4)
    assert penalties.r2(0.5) == penalties.Penalty(penalties.zero_centred, "fake", 0.5, 1)
    assert penalties.gradient_penalty() == penalties.Penalty(penalties.one_centred, "between", 10.0, 1)


def test_points_between_shapes_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one shape"):
        penalties.between(torch.zeros(3, 2), torch.zeros(1, 2), torch.zeros(3))
    with pytest.raises(ValueError, match="expected one shape"):
        penalties.between(torch.zeros(3, 2), torch.zeros(3, 2), torch.zeros(1))


def test_finite_differences_of_a_linear_critic_are_r1_on_average() -> None:
    """D(x) = w.x: E 1/2 (w.u)^2 = |w|^2 / 2, with standard error |w|^2 / sqrt(2 N)."""
    rng = torch.Generator().manual_seed(0)
    count, sigma, w = 100_000, 0.3, samples(4).detach()
    x = torch.randn(count, 4, generator=rng, dtype=torch.float64)
    u = torch.randn(count, 4, generator=rng, dtype=torch.float64)
    both = torch.cat([x, x + sigma * u])
    value = penalties.finite_difference(both, both @ w, sigma)
    assert value.shape == (count,)
    torch.testing.assert_close(value, 0.5 * (u @ w).square(), rtol=1e-9, atol=1e-12)
    squared = float(w.square().sum())
    assert abs(float(value.mean()) - squared / 2) < 5 * squared / (2 * count) ** 0.5


def test_finite_differences_of_a_network_near_r1() -> None:
    """A small sigma gives R1's value within its sampling error, and gradients in the weights."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    x = samples(1, 3)
    exact = float(penalties.zero_centred(x, network(x)).detach())
    near = penalties.near_r1(1.0, sigma=1e-4)
    u = torch.randn(50_000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    here = x.detach().expand(50_000, 3)
    both = torch.cat([here, here + near.sigma * u])
    value = near.function(both, network(both)).mean()
    assert float(value.detach()) == pytest.approx(exact, rel=5 * (2 / 50_000) ** 0.5)
    assert float(torch.autograd.grad(value, network[0].weight)[0].abs().max()) > 0
    assert (near.on, near.weight, near.every) == ("near", 1.0, 1)


def test_scores_at_the_other_kinds_anchor_cost_nothing() -> None:
    real, fake = torch.tensor([1.0, 2.0]), torch.tensor([-1.0, 0.0])
    value = penalties.anchored(real, fake, torch.tensor(0.5), torch.tensor(-1.0))
    assert value.tolist() == [4 + 2.25, 9 + 0.25]
    assert penalties.anchored(real, real + 1, torch.tensor(2.0), torch.tensor(1.0)).tolist() == [0.0, 2.0]


def test_anchors_are_averages_over_updates() -> None:
    """From 0 with constant means m: m (1 - decay^n) after n updates."""
    lecam = penalties.LeCam(0.3, decay=0.9)
    assert lecam(torch.tensor([2.0]), torch.tensor([-3.0])).tolist() == [13.0]
    for _ in range(10):
        lecam.update(torch.tensor([2.0, -1.0]))
    assert float(lecam.real) == pytest.approx(2 * (1 - 0.9**10))
    assert float(lecam.fake) == pytest.approx(-(1 - 0.9**10))
    assert sorted(lecam.state_dict()) == ["fake", "real"]
