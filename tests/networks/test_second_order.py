"""Penalties on the networks themselves: their gradients in the weights against finite differences.

A layer whose second derivative is missing or detached would make a penalty do nothing, in silence.
"""

import pytest
import torch
from torch import Tensor, nn

from sparring.games import penalties
from sparring.networks import blocks, dcgan, mlp, modern, resnet

SHAPE = (2, 9, 8)
STEP = 1e-6


def discriminators() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {
        "mlp": mlp.Discriminator(shape=SHAPE, hidden=(8, 8), classes=2),
        "dcgan": dcgan.Discriminator(shape=SHAPE, width=3, hidden=5, classes=2),
        "resnet": resnet.Discriminator(shape=SHAPE, width=3, classes=2),
        "modern": modern.Discriminator(shape=SHAPE, width=3, classes=2),
        "mlp, spectral": blocks.spectral(mlp.Discriminator(shape=SHAPE, hidden=(8, 8), classes=2)),
        "resnet, spectral": blocks.spectral(resnet.Discriminator(shape=SHAPE, width=3, classes=2)),
    }


@torch.no_grad()
def shake(weights: list[nn.Parameter], rng: torch.Generator) -> None:
    """Residuals that begin at nought would hide what lies behind them."""
    for weight in weights:
        weight += 0.3 * torch.randn(weight.shape, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("name", discriminators())
@pytest.mark.parametrize("penalty", ["zero_centred", "one_centred"])
def test_a_penaltys_gradient_in_all_weights(name: str, penalty: str) -> None:
    """Along a random direction v: grad.v = (cost(w + h v) - cost(w - h v)) / 2h, in evaluation mode.

    In training a spectrally normalised network moves its singular vectors at each look.
    """
    network = discriminators()[name].double().eval()
    rng = torch.Generator().manual_seed(1)
    weights = list(network.parameters())
    shake(weights, rng)
    samples = torch.randn(4, *SHAPE, generator=rng, dtype=torch.float64).requires_grad_()
    labels = torch.tensor([0, 1, 1, 0])

    def cost() -> Tensor:
        value: Tensor = getattr(penalties, penalty)(samples, network(samples, labels)).mean()
        return value

    gradients = torch.autograd.grad(cost(), weights, allow_unused=True, materialize_grads=True)
    for _ in range(3):
        direction = [torch.randn(w.shape, generator=rng, dtype=torch.float64) for w in weights]
        found = sum(float((g * v).sum()) for g, v in zip(gradients, direction, strict=True))
        sides = []
        for sign in (STEP, -2 * STEP, STEP):
            torch._foreach_add_([w.data for w in weights], direction, alpha=sign)
            sides.append(float(cost().detach()))
        assert abs(found) > 1e-4
        assert found == pytest.approx((sides[0] - sides[1]) / (2 * STEP), rel=1e-4)


@pytest.mark.parametrize("name", discriminators())
def test_the_slope_itself_against_finite_differences(name: str) -> None:
    network = discriminators()[name].double().eval()
    rng = torch.Generator().manual_seed(2)
    samples = torch.randn(3, *SHAPE, generator=rng, dtype=torch.float64).requires_grad_()
    direction = torch.randn(3, *SHAPE, generator=rng, dtype=torch.float64)
    shake(list(network.parameters()), rng)
    labels = torch.tensor([0, 1, 1])
    (slope,) = torch.autograd.grad(network(samples, labels).sum(), samples)
    with torch.no_grad():
        above, below = (network(samples + h * direction, labels).sum() for h in (STEP, -STEP))
    assert float((slope * direction).sum()) == pytest.approx(float(above - below) / (2 * STEP), rel=1e-5)
