"""The Fréchet distance against closed forms, and the digits' quality on digits."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.data.images import mnist
from sparring.metrics import distances
from sparring.metrics.distances import Gaussian
from sparring.metrics.quality import digit_quality


def gaussian(mean: list[float], covariance: list[list[float]]) -> Gaussian:
    return Gaussian(torch.tensor(mean).double(), torch.tensor(covariance).double())


def random_covariance(seed: int, size: int = 6) -> Tensor:
    factor = torch.randn(size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return factor @ factor.T


def test_known_distance_of_two_gaussians() -> None:
    a, b = gaussian([0, 0], [[2, 1], [1, 2]]), gaussian([1, 0], [[3, 0], [0, 1]])
    assert distances.frechet(a, b) == pytest.approx(9 - 2 * math.sqrt(14), abs=1e-12)
    assert distances.frechet(b, a) == pytest.approx(9 - 2 * math.sqrt(14), abs=1e-12)


def test_diagonal_covariances() -> None:
    a, b = gaussian([0, 0], [[4, 0], [0, 9]]), gaussian([0, 0], [[1, 0], [0, 25]])
    assert distances.frechet(a, b) == pytest.approx((2 - 1) ** 2 + (3 - 5) ** 2, abs=1e-12)


def test_means_alone() -> None:
    eye = [[1.0, 0.0], [0.0, 1.0]]
    assert distances.frechet(gaussian([0, 0], eye), gaussian([3, 4], eye)) == pytest.approx(25, abs=1e-9)


def test_nothing_to_itself_even_where_the_covariance_is_singular() -> None:
    factor = torch.randn(6, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    same = Gaussian(torch.zeros(6).double(), factor @ factor.T)
    assert distances.frechet(same, same) == pytest.approx(0, abs=1e-6)


def test_rotating_both_changes_nothing() -> None:
    a, b, mean = random_covariance(0), random_covariance(1), torch.arange(6).double()
    turn, _ = torch.linalg.qr(random_covariance(2))
    before = distances.frechet(Gaussian(mean, a), Gaussian(0 * mean, b))
    after = distances.frechet(Gaussian(turn @ mean, turn @ a @ turn.T), Gaussian(0 * mean, turn @ b @ turn.T))
    assert after == pytest.approx(before, rel=1e-9)


def test_mean_and_covariance_are_numpys() -> None:
    features = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    fitted = distances.fit_gaussian(features)
    array = features.double().numpy()
    np.testing.assert_allclose(fitted.mean, array.mean(0), rtol=1e-12)
    np.testing.assert_allclose(fitted.covariance, np.cov(array, rowvar=False), rtol=1e-9)


def test_real_digits_score_near_the_floor_and_noise_far_above() -> None:
    test_digits = digit_quality(mnist("test").samples)
    assert test_digits.distance == pytest.approx(0, abs=0.01)
    training = digit_quality(mnist("train").samples[:10_000])
    assert 0.7 < training.times_floor < 1.6
    assert 0.08 < min(training.class_shares) <= max(training.class_shares) < 0.12
    noise = torch.randint(0, 256, (500, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    assert digit_quality(noise.to(torch.uint8)).times_floor > 100
