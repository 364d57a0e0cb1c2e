"""Spectral normalisation: every weight by its greatest singular value, wherever a network goes."""

import copy

import pytest
import torch
from torch import Tensor, nn

from sparring.games import average as ema
from sparring.networks import blocks, dcgan, mlp, resnet


def players() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {
        "mlp": mlp.Discriminator(shape=(1, 8, 8), hidden=(16, 8), classes=3),
        "dcgan": dcgan.Discriminator(shape=(1, 16, 16), width=4, hidden=6, classes=3),
        "resnet": resnet.Discriminator(shape=(3, 12, 9), width=4, classes=3),
    }


def weights(network: nn.Module) -> list[Tensor]:
    """Every weight a forward pass would use, as matrices (out, the rest)."""
    kinds = (nn.Linear, nn.Conv2d, nn.Embedding)
    return [module.weight.detach().flatten(1) for module in network.modules() if isinstance(module, kinds)]


@pytest.mark.parametrize("name", players())
def test_every_weight_has_a_greatest_singular_value_of_one(name: str) -> None:
    """W / sigma(W) with sigma from the SVD, once the power iteration has settled."""
    plain = players()[name].double()
    network = blocks.spectral(copy.deepcopy(plain))
    for _ in range(400):
        found = weights(network)  # in training mode each look is one power iteration
    network.eval()
    found = weights(network)
    assert len(found) == len(weights(plain)) >= 4
    for normed, weight in zip(found, weights(plain), strict=True):
        torch.testing.assert_close(normed, weight / torch.linalg.svdvals(weight)[0], rtol=1e-4, atol=1e-6)


def test_one_iteration_a_forward_pass_in_training_and_none_in_evaluation() -> None:
    network = blocks.spectral(nn.Linear(8, 6))
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    assert len(before) == 2
    network.eval()(torch.randn(2, 8))
    assert all(torch.equal(buffer, before[name]) for name, buffer in network.named_buffers())
    network.train()(torch.randn(2, 8))
    assert not any(torch.equal(buffer, before[name]) for name, buffer in network.named_buffers())


def test_a_copy_goes_on_as_the_original_and_apart_from_it() -> None:
    network = blocks.spectral(players()["resnet"])
    pictures, labels = torch.randn(4, 3, 12, 9), torch.tensor([0, 1, 2, 0])
    twin = copy.deepcopy(network)
    for _ in range(3):
        assert torch.equal(network(pictures, labels), twin(pictures, labels))
    before = {name: tensor.clone() for name, tensor in twin.state_dict().items()}
    network(pictures, labels)
    assert all(torch.equal(tensor, before[name]) for name, tensor in twin.state_dict().items())


def test_the_state_holds_the_singular_vectors() -> None:
    first, second = (blocks.spectral(players()["dcgan"]) for _ in range(2))
    pictures, labels = torch.randn(2, 1, 16, 16), torch.tensor([0, 2])
    for _ in range(5):
        first(pictures, labels)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(pictures, labels), second(pictures, labels))
    assert torch.equal(first(pictures, labels), second(pictures, labels))


def test_the_weight_average_keeps_unit_singular_vectors() -> None:
    """Means of unit vectors are shorter than 1: the average's weight would grow far beyond 1."""
    torch.manual_seed(0)
    network = blocks.spectral(nn.Linear(6, 6))
    average = ema.WeightAverage(network)
    raw = network.parametrizations.weight.original  # type: ignore[union-attr]
    for _ in range(40):
        with torch.no_grad():
            raw.lerp_(torch.randn(6, 6), 0.05)  # weights that wander, and their vectors with them
        network(torch.ones(1, 6))
        average.update(0.9)
    for buffer in average.network.buffers():
        assert float(buffer.norm()) == pytest.approx(1, abs=1e-5)
    largest = float(torch.linalg.svdvals(average.network.weight.detach())[0])
    assert largest == pytest.approx(1, abs=0.1)


def test_the_slope_of_a_network_is_bounded() -> None:
    """Layers of norm 1 between LeakyReLUs: no two points differ by more than their distance."""
    torch.manual_seed(0)
    layers = [nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1)]
    network = nn.Sequential(*layers)
    with torch.no_grad():
        for weight in network.parameters():
            weight *= 5
    one, other = torch.randn(2, 200, 4).unbind()
    bounded = blocks.spectral(copy.deepcopy(network)).eval()
    with torch.no_grad():
        steepest = [
            float(((net(one) - net(other)).squeeze(1).abs() / (one - other).norm(dim=1)).max())
            for net in (network, bounded)
        ]
    assert steepest[0] > 10
    assert steepest[1] <= 1.01
