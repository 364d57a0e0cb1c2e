"""Optimistic Adam against its definition, and where descent by turns circles."""

import pytest
import torch
from torch import nn
from torch.optim import Adam

from sparring.games import optimizers

GRADIENTS = (1.0, -0.5, 2.0, 0.3)


def test_the_definition_step_by_step() -> None:
    """Against Adam's own steps s_t, taken apart by a copy of its moments: w - 2 s_t + s_(t-1)."""
    weight, plain = (nn.Parameter(torch.tensor([0.7, -1.0])) for _ in range(2))
    optimistic_adam = optimizers.OptimisticAdam([weight], 0.1, (0.5, 0.9))
    adam = Adam([plain], 0.1, (0.5, 0.9))  # whose steps depend on the gradients alone
    expected, last = weight.detach().clone(), None
    for gradient in GRADIENTS:
        weight.grad, plain.grad = torch.full((2,), gradient), torch.full((2,), gradient)
        before = plain.detach().clone()
        optimistic_adam.step()
        adam.step()
        own = plain.detach() - before
        expected = expected + 2 * own - (own if last is None else last)
        last = own
        torch.testing.assert_close(weight.detach(), expected, rtol=0, atol=1e-6)


def distance(optimizer: type[Adam]) -> float:
    """From the equilibrium of the bilinear game min_x max_y x y, after 500 steps of both at once."""
    x, y = (nn.Parameter(torch.tensor(1.0, dtype=torch.float64)) for _ in range(2))
    players = [optimizer([p], 0.1, (0.0, 0.999)) for p in (x, y)]
    for _ in range(500):
        x.grad, y.grad = y.detach().clone(), -x.detach().clone()
        for player in players:
            player.step()
    return float(torch.stack([x, y]).detach().norm())


def test_it_comes_to_rest_where_adam_circles() -> None:
    assert distance(Adam) > 2
    assert distance(optimizers.OptimisticAdam) < 0.01


@pytest.mark.parametrize("frozen", [True, False])
def test_weights_without_a_gradient_stay(frozen: bool) -> None:
    weight, other = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = optimizers.OptimisticAdam([weight, other], 0.1)
    weight.grad = torch.ones(2)
    other.grad = None if frozen else torch.ones(2)
    optimizer.step()
    assert torch.equal(other.detach(), torch.ones(2)) is frozen
    assert not torch.equal(weight.detach(), torch.ones(2))
