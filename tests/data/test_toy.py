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


def test_density_between_two_modes() -> None:
    """At 0, between modes at -1 and 1 on the first axis, both give N(1; 0, sigma^2) N(0; 0, sigma^2)."""
    pair = toy.Mixture(torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), 0.5)
    expected = -1 / (2 * 0.25) - math.log(2 * math.pi * 0.25)
    assert float(pair.log_density(torch.zeros(1, 2))) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "variance"), [("ring", 1 / 2 + 0.01**2), ("grid", 2.0**2 * 24 / 12 + 0.05**2)]
)
def test_moments_of_samples(name: str, variance: float) -> None:
    """Mean 0; each axis has radius^2 / 2 or spacing^2 (side^2 - 1) / 12, plus sigma^2; no correlation."""
    count = 50_000
    mixture: toy.Mixture = getattr(toy, name)()
    points = mixture.sample(count, torch.Generator().manual_seed(3)).double()
    tolerance = 5 * variance / math.sqrt(count)  # five standard errors: x^2 spreads less than its mean
    assert points.mean(0).abs().max() < 5 * math.sqrt(variance / count)
    torch.testing.assert_close(points.T.cov(), variance * torch.eye(2).double(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_every_mode_gets_its_share_and_its_width(name: str) -> None:
    count, mixture = 50_000, toy.MIXTURES[name]()
    points = mixture.sample(count, torch.Generator().manual_seed(4))
    offsets, modes = torch.cdist(points.double(), mixture.means.double()).min(1)
    share = 1 / len(mixture.means)
    shares = torch.bincount(modes, minlength=len(mixture.means)) / count
    assert (shares - share).abs().max() < 5 * math.sqrt(share / count)
    width = math.sqrt(float(offsets.square().mean()) / 2)
    assert width == pytest.approx(mixture.sigma, rel=5 / math.sqrt(4 * count))


def test_neighbours_on_the_ring_and_the_grid() -> None:
    for mixture, gap in ((toy.ring(), 2 * math.sin(math.pi / 8)), (toy.grid(), 2.0)):
        distances = torch.cdist(mixture.means, mixture.means) + 9 * torch.eye(len(mixture.means))
        torch.testing.assert_close(
            distances.min(1).values, torch.full((len(distances),), gap), rtol=0, atol=1e-5
        )


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
    many = mixture.log_density(mixture.sample(10_000, torch.Generator().manual_seed(2)))
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
