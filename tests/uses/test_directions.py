"""The main directions of generators whose directions are known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sparring.config.recipes import from_recipe
from sparring.data.arrays import from_array
from sparring.networks import skips
from sparring.runs.inference import Sampler
from sparring.uses.directions import factorised, main_directions, unit

DIM = 3
SPEC = from_array(np.random.default_rng(0).integers(0, 256, (16, 1, 8, 8), dtype=np.uint8), name="noise").spec
CONFIG = from_recipe("mlp", latent_dim=DIM)


class Factored(nn.Module):
    """Draws pictures, after a first layer with these weights, whose features are brightness and place."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.first = nn.Linear(DIM, DIM)
        self.first.weight.data, self.first.bias.data = weights.clone(), torch.zeros(DIM)
        self.last = nn.Linear(DIM, 2)  # does not take the latent itself

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        bright, place, _ = self.first(latents).unbind(1)
        at = torch.arange(8) - 3.5 - place[:, None]
        bump = torch.exp(-(at**2) / 2)[:, None, None, :].expand(-1, 1, 4, 8)
        whole = nn.functional.pad(bump, (0, 0, 2, 2)) * (1 + torch.tanh(bright / 4))[:, None, None, None]
        return whole - 1 + 0 * self.last(latents.flip(1)).sum()


class Direct(nn.Module):
    """A linear map without a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        matrix = torch.randn(DIM, 64, generator=torch.Generator().manual_seed(1)) / 8
        self.matrix = nn.Parameter(torch.tensor([[1.0], [3.0], [0.3]]) * matrix)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        return (latents @ self.matrix).reshape(-1, 1, 8, 8)


def sampler(generator: nn.Module) -> Sampler:
    return Sampler(generator, SPEC, CONFIG, (), 1)


def test_directions_are_the_eigenvectors_of_the_first_weights() -> None:
    found = factorised(sampler(Factored(torch.diag(torch.tensor([1.0, 3.0, 2.0])))))
    assert torch.allclose(found.abs(), torch.eye(DIM)[[1, 2, 0]], atol=1e-6)
    turned = torch.tensor([[3.0, 4.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    first = factorised(sampler(Factored(turned)))[0]
    assert torch.allclose(first.abs(), torch.tensor([0.6, 0.8, 0.0]), atol=1e-6)


def test_latents_that_are_made_longer_keep_their_directions() -> None:
    torch.manual_seed(0)
    generator = skips.Generator(shape=(1, 8, 8), latent_dim=DIM, width=4).eval()
    usual = factorised(sampler(generator))
    generator.latent_percent.fill_(130)
    assert torch.equal(factorised(sampler(generator)), usual)


def test_without_a_layer_that_takes_the_latent_the_mean_jacobian_is_factorised() -> None:
    generator = Direct()
    first = factorised(sampler(generator))[0]
    true = torch.linalg.eigh((generator.matrix @ generator.matrix.T).detach()).eigenvectors[:, -1]
    assert float((first @ true).abs()) > 0.9


def test_directions_are_named_by_what_they_change_and_point_to_more_of_it() -> None:
    for sign in (1.0, -1.0):
        place, bright = main_directions(sampler(Factored(sign * torch.diag(torch.tensor([1.0, 1.5, 0.0])))), 2)
        assert next(iter(place.effects)) == "rightness"
        assert next(iter(place.effects.values())) > 0.5
        assert place.vector == pytest.approx(sign * np.eye(DIM)[1], abs=1e-6)
        assert bright.vector == pytest.approx(sign * np.eye(DIM)[0], abs=1e-6)
        assert next(iter(bright.effects)) in ("brightness", "ink", "contrast")


def test_a_generator_that_ignores_its_latent_has_directions_without_names() -> None:
    found = main_directions(sampler(Factored(torch.zeros(DIM, DIM))))
    assert [direction.effects for direction in found] == [{}] * DIM


def test_a_slider_moves_by_the_length_of_a_latent() -> None:
    assert 4 * unit(100) == 10  # the length of a normal latent of 100 numbers
