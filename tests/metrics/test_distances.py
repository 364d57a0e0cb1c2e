"""Distances against closed forms and simulation, and the shipped law of digits."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sparring.data.builtin import mnist
from sparring.metrics import distances
from sparring.metrics.digits import digit_classifier
from sparring.metrics.distances import Gaussian


def gaussian(mean: list[float], covariance: list[list[float]]) -> Gaussian:
    return Gaussian(torch.tensor(mean).double(), torch.tensor(covariance).double())


def random_covariance(seed: int, size: int = 6) -> Tensor:
    factor = torch.randn(size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return factor @ factor.T


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(count: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(count, width, generator=seeded(seed), dtype=torch.float64)


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


def test_mean_and_covariance_are_numpys() -> None:
    features = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    fitted = distances.fit_gaussian(features)
    array = features.double().numpy()
    np.testing.assert_allclose(fitted.mean, array.mean(0), rtol=1e-12)
    assert fitted.mean.dtype == fitted.covariance.dtype == torch.float64
    np.testing.assert_allclose(fitted.covariance, np.cov(array, rowvar=False), rtol=1e-9)


def test_real_digits_score_near_the_shipped_floor_and_noise_far_above() -> None:
    network, reference, floor = digit_classifier()
    noise = torch.randint(0, 256, (500, 1, 28, 28), generator=seeded(0)).to(torch.uint8)
    test, training, far = (
        distances.frechet(distances.fit_gaussian(network.features(samples)), reference)
        for samples in (mnist("test").samples, mnist("train").samples[:10_000], noise)
    )
    assert test == pytest.approx(0, abs=0.01)
    assert 0.7 < training / floor < 1.6
    assert 100 < far / floor < 1e6


def test_features_that_are_not_finite_are_refused_and_not_called_perfect() -> None:
    features = torch.zeros(4, 3)
    features[1, 2] = float("nan")
    with pytest.raises(ValueError, match="all finite"):
        distances.fit_gaussian(features)
    with pytest.raises(ValueError, match="at least 2"):
        distances.fit_gaussian(torch.zeros(1, 3))


def test_wide_covariances_give_what_the_matrix_root_gives() -> None:
    """600 wide, several blocks; tr (AB)^1/2 by scipy's square root of the product, as pytorch-fid does."""
    a = distances.fit_gaussian(normal(900, 600) * torch.linspace(0.1, 2, 600))
    b = distances.fit_gaussian(normal(900, 600, seed=1) @ normal(600, 600, seed=2) / 25 + 0.1)
    root = scipy.linalg.sqrtm((a.covariance @ b.covariance).numpy()).real
    shift = float((a.mean - b.mean).square().sum())
    expected = shift + float(a.covariance.trace() + b.covariance.trace()) - 2 * np.trace(root)
    assert distances.frechet(a, b) == pytest.approx(expected, rel=1e-9)


def test_fewer_vectors_than_dimensions() -> None:
    """Both singular: tr (AB)^1/2 is the nuclear norm of the centred products of the vectors."""
    x, y = normal(10, 40), 2 * normal(12, 40, seed=1) + 1
    found = distances.frechet(distances.fit_gaussian(x), distances.fit_gaussian(y))
    centred_x, centred_y = x - x.mean(0), y - y.mean(0)
    nuclear = torch.linalg.svdvals(centred_x @ centred_y.T).sum() / math.sqrt(9 * 11)
    expected = (x.mean(0) - y.mean(0)).square().sum() - 2 * nuclear
    expected += centred_x.square().sum() / 9 + centred_y.square().sum() / 11
    assert found == pytest.approx(float(expected), abs=1e-4)


@pytest.mark.parametrize(("count", "width"), [(2500, 3), (1100, 300)])
def test_moments_of_several_blocks_far_from_the_origin(count: int, width: int) -> None:
    features = normal(count, width) + 1e3
    fitted = distances.fit_gaussian(features)
    np.testing.assert_allclose(fitted.covariance, np.cov(features.numpy(), rowvar=False), atol=1e-12)


def test_gaussians_that_are_not_finite_are_refused() -> None:
    fine = gaussian([0, 0], [[1, 0], [0, 1]])
    for broken in (fine._replace(mean=fine.mean * math.nan), fine._replace(covariance=fine.covariance / 0)):
        with pytest.raises(ValueError, match="not finite"):
            distances.frechet(fine, broken)


def test_the_floor_by_hand() -> None:
    """diag(4, 1): traces 5; pairs 16/8 and 1/2 twice, 4/5 twice, halved."""
    covariance = torch.tensor([[4.0, 0.0], [0.0, 1.0]])
    covariances_off = (2 * 16 / 8 + 2 * 1 / 2 + 2 * 4 / 5) / 2
    found = distances.frechet_floor(covariance, 11, 21)
    assert found == pytest.approx(5 * (1 / 11 + 1 / 21) + covariances_off * (1 / 10 + 1 / 20), rel=1e-12)
    assert distances.frechet_floor(covariance, 11) == pytest.approx(5 / 11 + covariances_off / 10, rel=1e-12)
    assert distances.frechet_floor(torch.zeros(2, 2), 11) == 0
    with pytest.raises(ValueError, match="at least 2"):
        distances.frechet_floor(covariance, 1)


def test_the_floor_on_the_line_is_the_chi_distributions() -> None:
    """E (s1 - s2)^2 = 2 (1 - c4^2) with c4 the mean of a standard deviation, here from its gamma functions."""
    n = 200
    c4 = math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))
    expected = 2 / n + 2 * (1 - c4**2)
    assert distances.frechet_floor(torch.eye(1), n, n) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(
    "spread", [[1.0] * 6, [1.0, 0.5, 0.25, 0.1, 0.05, 0.01], [9.0, 1.0, 1.0, 1.0, 0.0, 0.0]]
)
def test_the_floor_is_what_samples_of_one_law_score(spread: list[float]) -> None:
    scale = torch.tensor(spread, dtype=torch.float64).sqrt()
    samples = scale * torch.randn(300, 2, 200, 6, generator=seeded(0), dtype=torch.float64)
    fits = [[distances.fit_gaussian(half) for half in (pair[0], pair[1, :100])] for pair in samples]
    scores = torch.tensor([distances.frechet(a, b) for a, b in fits])
    floor = distances.frechet_floor(torch.diag(scale.square()), 200, 100)
    assert float(scores.mean()) == pytest.approx(floor, abs=4 * float(scores.std()) / math.sqrt(300))
    assert float(scores.std()) / math.sqrt(300) < 0.05 * floor


def test_kernel_distance_of_two_points_by_hand() -> None:
    """Sets of one repeated vector each: k(p, p) + k(q, q) - 2 k(p, q), with (x.y / 2 + 1)^3."""
    p, q = torch.tensor([2.0, 0.0]).expand(9, 2), torch.tensor([1.0, 3.0]).expand(7, 2)
    found = distances.kernel_distance(p, q, seeded(0), subsets=3)
    assert found.value == pytest.approx(3**3 + 6**3 - 2 * 2**3, rel=1e-6)
    assert found.standard_error == pytest.approx(0, abs=1e-3)


def test_kernel_distance_of_two_scales() -> None:
    """N(0, s^2 I) and N(0, t^2 I): exactly 3 (s^2 - t^2)^2 / D, for odd powers of x.y average to nought."""
    width, s, t = 8, 1.0, 1.5
    found = distances.kernel_distance(
        s * normal(4000, width), t * normal(3000, width, seed=1), seeded(0), 50, 500
    )
    expected = 3 * (s**2 - t**2) ** 2 / width
    assert found.value == pytest.approx(expected, abs=4 * found.standard_error)
    assert found.standard_error < 0.15 * expected


def test_kernel_distance_is_unbiased_and_its_error_is_the_one_it_states() -> None:
    """Over fresh samples: the mean is the law's own value, the spread the error stated.

    For N(m, I), N(n, I) and s = x.y / D: the mean of s is a = m.n / D, its variance
    v = (D + |m|^2 + |n|^2) / D^2, its third central moment 6 m.n / D^3, and so
    E (s + 1)^3 = (a + 1)^3 + 3 (a + 1) v + 6 m.n / D^3; here D = 8, m = (1 ... 1), n = 0.
    """
    expected = (2**3 + 3 * 2 * 24 / 64 + 48 / 512) + (1 + 3 * 8 / 64) - 2 * (1 + 3 * 16 / 64)
    found = [
        distances.kernel_distance(normal(300, 8, i) + 1, normal(300, 8, 1000 + i), seeded(i), 20, 30)
        for i in range(150)
    ]
    values, stated = torch.tensor(found).T
    assert float(values.mean()) == pytest.approx(expected, abs=4 * float(values.std()) / math.sqrt(150))
    assert float(values.std()) < 0.15 * expected
    assert 0.8 < float(stated.square().mean().sqrt() / values.std()) < 1.25


def test_kernel_distance_of_one_law_may_fall_below_nought_and_its_error_does_not_promise_too_much() -> None:
    found = [
        distances.kernel_distance(normal(60, 8, i), normal(60, 8, 1000 + i), seeded(i), 10, 15)
        for i in range(60)
    ]
    values, stated = torch.tensor(found).T
    assert float(values.min()) < 0 < float(values.max())
    assert float(values.mean()) == pytest.approx(0, abs=4 * float(values.std()) / math.sqrt(60))
    assert float(stated.square().mean().sqrt()) > float(values.std())


def test_standardised_features_have_the_laws_mean_and_deviation_for_origin_and_unit() -> None:
    """Variances 4 and 16, 10 on average: the unit is 10^1/2 for both coordinates."""
    law = distances.Gaussian(torch.tensor([1.0, -2.0]), torch.diag(torch.tensor([4.0, 16.0])))
    placed = distances.standardised(torch.tensor([[1.0, -2.0], [4.0, 2.0]]), law)
    torch.testing.assert_close(placed, torch.tensor([[0.0, 0.0], [3.0, 4.0]]) / 10**0.5)


def test_standardised_features_of_one_repeated_vector_keep_their_unit() -> None:
    law = distances.fit_gaussian(torch.ones(9, 2))
    assert distances.standardised(torch.tensor([[1.0, 4.0]]), law).tolist() == [[0.0, 3.0]]


def test_the_kernel_distance_of_standardised_features_is_that_of_shifted_scaled_and_turned_ones() -> None:
    a, b = normal(60, 3), 1.5 * normal(60, 3, 1) + 0.5
    turn = 7 * torch.linalg.qr(normal(3, 3, 2)).Q

    def kernel(first: Tensor, second: Tensor) -> float:
        law = distances.fit_gaussian(first)
        return by_kernel(distances.standardised(first, law), distances.standardised(second, law))

    assert kernel(a @ turn + 1000, b @ turn + 1000) == pytest.approx(kernel(a, b), rel=1e-6)
    assert by_kernel(a @ turn + 1000, b @ turn + 1000) > 1e6 * kernel(a, b)


def test_mind_of_a_shift() -> None:
    """3 |m|^2, exactly where the directions are whole orthogonal groups: 12 for a length of 2."""
    features = normal(50, 6)
    shift = torch.tensor([0.0, 0.0, 2.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    assert distances.mind(features, features + shift, seeded(0), 12) == pytest.approx(12, rel=1e-9)
    assert distances.mind(features, features + shift, seeded(0), 1000) == pytest.approx(12, rel=0.02)


def test_mind_on_the_line_by_hand() -> None:
    """Quantiles 0 0 0 1 1 1 and 0 0 1 1 2 2 in sixths: two gaps of 1, W_2^2 = 1/2 with D = 1."""
    a, b = torch.tensor([[1.0], [0.0]]), torch.tensor([[1.0], [2.0], [0.0]])
    assert distances.mind(a, b, seeded(0), 3) == pytest.approx(3 * (1 / 6 + 2 / 6), rel=1e-6)
    assert distances.mind(b, a, seeded(0), 3) == pytest.approx(3 * (1 / 6 + 2 / 6), rel=1e-6)


def test_mind_of_two_scales() -> None:
    """N(0, s^2 I) and N(0, t^2 I): every projection is |s - t| off, so 3 D (s - t)^2."""
    found = distances.mind(2 * normal(20_000, 5), 3 * normal(10_000, 5, seed=1), seeded(0), 30)
    assert found == pytest.approx(15, rel=0.05)


def test_mind_knows_a_law_and_not_its_count() -> None:
    features = normal(30, 4)
    assert distances.mind(features, features.repeat(3, 1), seeded(0), 20) == pytest.approx(0, abs=1e-20)


def by_kernel(a: Tensor, b: Tensor) -> float:
    return distances.kernel_distance(a, b, seeded(0), 5, 10).value


def by_mind(a: Tensor, b: Tensor) -> float:
    return distances.mind(a, b, seeded(0), 3 * a.shape[1])


def by_frechet(a: Tensor, b: Tensor) -> float:
    return distances.frechet(distances.fit_gaussian(a), distances.fit_gaussian(b))


@settings(max_examples=25, report_multiple_bugs=False)
@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(0.1, 10))
def test_properties_of_all_distances(seed: int, width: int, size: float) -> None:
    a, b = size * normal(20, width, seed), size * (normal(30, width, seed + 1) + 0.5)
    turn = torch.linalg.qr(normal(width, width, seed + 2)).Q
    for distance in (by_frechet, by_mind):
        forth = distance(a, b)
        assert forth > 0
        assert distance(b, a) == pytest.approx(forth, rel=1e-6)
        assert distance(a, a) == pytest.approx(0, abs=1e-6 * size**2)
        assert distance(a + 3, b + 3) == pytest.approx(forth, rel=1e-6)
    assert by_frechet(a @ turn, b @ turn) == pytest.approx(by_frechet(a, b), rel=1e-6)
    assert by_kernel(a @ turn, b @ turn) == pytest.approx(by_kernel(a, b), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("distance", [by_kernel, by_mind])
def test_features_that_do_not_fit_together_are_refused(distance: Callable[[Tensor, Tensor], float]) -> None:
    with pytest.raises(ValueError, match="same feature network"):
        distance(normal(9, 3), normal(9, 4))
    with pytest.raises(ValueError, match="vectors each"):
        distance(normal(0, 3), normal(9, 3))
    with pytest.raises(ValueError, match="not finite"):
        distance(normal(9, 3) * math.inf, normal(9, 3))


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        distances.mind(normal(9, 3), normal(9, 3), seeded(0), 0)
    with pytest.raises(ValueError, match="at least 2 subsets"):
        distances.kernel_distance(normal(9, 3), normal(9, 3), seeded(0), 1)
