"""Toy sets: their density is a density, and their samples have it."""

import math

import pytest
import torch

from sparring.data import toy


def test_density_integrates_to_one() -> None:
    mixture = toy.ring(sigma=0.1)
    axis = torch.linspace(-2, 2, 401, dtype=torch.float64)
    density = mixture.log_density(torch.cartesian_prod(axis, axis)).exp()
    assert float(density.sum() * 0.01**2) == pytest.approx(1, abs=1e-6)


def test_density_at_a_lone_mode() -> None:
    mixture = toy.grid()
    at_mode = float(mixture.log_density(mixture.means[:1]))
    assert at_mode == pytest.approx(-math.log(25 * 2 * math.pi * 0.05**2), abs=1e-9)


@pytest.mark.parametrize(("name", "modes", "extent"), [("ring", 8, 1), ("grid", 25, 4), ("spirals", 400, 2)])
def test_modes_lie_where_they_should(name: str, modes: int, extent: float) -> None:
    mixture = toy.MIXTURES[name]()
    assert mixture.means.shape == (modes, 2)
    assert float(mixture.means.abs().max()) == pytest.approx(extent, rel=0.15)


@pytest.mark.parametrize("name", toy.MIXTURES)
def test_samples_have_the_density(name: str) -> None:
    """E[log p] over samples is the same as over an independent, larger draw (a two-sided z-test)."""
    mixture = toy.MIXTURES[name]()
    few = mixture.log_density(mixture.sample(2_000, torch.Generator().manual_seed(1)))
    many = mixture.log_density(mixture.sample(50_000, torch.Generator().manual_seed(2)))
    error = float(many.std()) / math.sqrt(2_000)
    assert abs(float(few.mean() - many.mean())) < 4 * error
    shifted = mixture.log_density(mixture.sample(2_000, torch.Generator().manual_seed(1)) + mixture.sigma)
    assert float(many.mean() - shifted.mean()) > 4 * error


def test_loaded_points_lie_in_the_encoded_range() -> None:
    data = toy.load("ring", count=1000)
    encoded = data.spec.encode(data.samples)
    assert float(encoded.abs().max()) == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(data.spec.decode(encoded), data.samples)
    assert torch.equal(data.samples, toy.load("ring", count=1000).samples)
