"""The Fréchet distance against closed forms, and the digits' quality on digits."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.data.images import mnist
from sparring.metrics import distances, quality
from sparring.metrics.distances import Gaussian


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


def test_covariances_of_rank_one() -> None:
    """A = a a', B = b b': |a|^2 + |b|^2 - 2 |a.b|."""
    a, b = torch.randn(2, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64).unbind()
    none = torch.zeros(6).double()
    found = distances.frechet(Gaussian(none, a.outer(a)), Gaussian(none, b.outer(b)))
    assert found == pytest.approx(float(a @ a + b @ b - 2 * (a @ b).abs()), abs=1e-6)


def test_the_distance_is_symmetric_and_grows_with_the_square_of_the_scale() -> None:
    a, b = (
        Gaussian(torch.arange(6).double(), random_covariance(0)),
        Gaussian(torch.ones(6), random_covariance(1)),
    )
    distance = distances.frechet(a, b)
    assert distance > 1
    assert distances.frechet(b, a) == pytest.approx(distance, rel=1e-9)
    tripled = [Gaussian(3 * g.mean, 9 * g.covariance) for g in (a, b)]
    assert distances.frechet(*tripled) == pytest.approx(9 * distance, rel=1e-9)


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
    assert fitted.mean.dtype == fitted.covariance.dtype == torch.float64
    np.testing.assert_allclose(fitted.covariance, np.cov(array, rowvar=False), rtol=1e-9)


def test_class_shares_are_those_of_the_labels() -> None:
    digits = mnist("test")
    assert digits.labels is not None
    found = quality.digit_quality(digits.samples[:1000])
    expected = torch.bincount(digits.labels[:1000], minlength=10) / 1000
    assert sum(found.class_shares) == pytest.approx(1, abs=1e-9)
    assert found.class_shares == pytest.approx(expected.tolist(), abs=0.01)
    assert 2 < found.times_floor < 15  # ten times fewer samples: the bias shows
    assert found.count == 1000


def test_real_digits_score_near_the_floor_and_noise_far_above() -> None:
    test_digits = quality.digit_quality(mnist("test").samples)
    assert test_digits.distance == pytest.approx(0, abs=0.01)
    training = quality.digit_quality(mnist("train").samples[:10_000])
    assert 0.7 < training.times_floor < 1.6
    assert 0.08 < min(training.class_shares) <= max(training.class_shares) < 0.12
    noise = torch.randint(0, 256, (500, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    assert 100 < quality.digit_quality(noise.to(torch.uint8)).times_floor < 1e6


def test_features_that_are_not_finite_are_refused_and_not_called_perfect() -> None:
    features = torch.zeros(4, 3)
    features[1, 2] = float("nan")
    with pytest.raises(ValueError, match="all finite"):
        distances.fit_gaussian(features)
    with pytest.raises(ValueError, match="at least 2"):
        distances.fit_gaussian(torch.zeros(1, 3))
