"""Copies, fresh samples and underfitted ones, told apart against held-out vectors."""

import math

import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sparring.metrics import memorisation
from sparring.metrics.neighbours import Neighbours


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(count: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(count, width, generator=seeded(seed))


def test_copies_are_found() -> None:
    training, held_out = normal(400, 8), normal(200, 8, 1)
    found = memorisation.memorisation(training[:200].clone(), training, held_out)
    assert found.copying < -10
    assert found.authentic == 0
    assert 0.4 < found.authentic_held_out < 0.8
    assert found.nearest.distances.abs().max() == 0
    assert found.nearest.indices[:, 0].tolist() == list(range(200))


def test_fresh_samples_are_like_held_out_ones() -> None:
    """C_T of fresh samples is standard normal over draws of them; 40 draws."""
    training = normal(400, 8)
    found = [
        memorisation.memorisation(normal(200, 8, 2 * i + 1), training, normal(200, 8, 2 * i + 2))
        for i in range(40)
    ]
    scores = torch.tensor([f.copying for f in found])
    assert float(scores.mean()) == pytest.approx(0, abs=4 / math.sqrt(40))
    assert 0.6 < float(scores.std()) < 1.4
    surplus = torch.tensor([f.authentic - f.authentic_held_out for f in found])
    assert float(surplus.mean()) == pytest.approx(0, abs=4 * float(surplus.std()) / math.sqrt(40))
    assert float(surplus.std()) < 0.1


def test_copies_with_a_little_noise_and_underfitted_samples() -> None:
    training, held_out = normal(400, 8), normal(200, 8, 1)
    noisy = memorisation.memorisation(training[:200] + 0.05 * normal(200, 8, 2), training, held_out)
    assert noisy.copying < -10
    assert noisy.authentic < 0.05
    wide = memorisation.memorisation(2 * normal(200, 8, 2), training, held_out)
    assert wide.copying > 10
    assert wide.authentic > wide.authentic_held_out + 0.1


def test_authentic_by_hand() -> None:
    """Training 0, 1, 10: their own nearest are 1, 1 and 9 away."""
    training = torch.tensor([[0.0], [1.0], [10.0]])
    near = Neighbours(
        torch.tensor([[0.5], [2.0], [1.5], [8.0], [9.5]]), torch.tensor([[0], [0], [1], [2], [2]])
    )
    assert memorisation.authenticity(near, training) == 3 / 5


def test_mann_whitney_by_hand() -> None:
    """U of (3, 4) over (1, 2) is 4, of mean 2 and variance 2 * 2 * 5 / 12."""
    low, high = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    assert memorisation.mann_whitney(high, low) == pytest.approx(2 / math.sqrt(5 / 3), rel=1e-12)
    assert memorisation.mann_whitney(low, high) == pytest.approx(-2 / math.sqrt(5 / 3), rel=1e-12)
    assert memorisation.mann_whitney(low, low * 0 + 1.5) == 0
    assert memorisation.mann_whitney(low * 0, high * 0) == 0


@settings(max_examples=20, report_multiple_bugs=False)
@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(2, 30), st.integers(2, 20))
def test_mann_whitney_is_scipys(seed: int, n: int, m: int, levels: int) -> None:
    """Its two-sided p-value, ties and all, without the continuity correction."""
    a, b = (torch.randint(0, levels, (count,), generator=seeded(seed + count)).double() for count in (n, m))
    b[0], a[0] = 0, 1  # not all equal
    z = memorisation.mann_whitney(a, b)
    expected = scipy.stats.mannwhitneyu(a, b, use_continuity=False, method="asymptotic")
    assert math.erfc(abs(z) / math.sqrt(2)) == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-12)
    if abs(z) > 1e-9:
        assert (z > 0) == (expected.statistic > n * m / 2)


def dense_and_sparse(dense: int, sparse: int, seed: int) -> Tensor:
    return torch.cat([0.01 * normal(dense, 2, seed), normal(sparse, 2, seed + 1) + 100])


def test_cells_do_not_take_another_mix_for_copying() -> None:
    """More of the dense mode is nearer to the training set, and yet no copy of it."""
    training, held_out = dense_and_sparse(300, 300, 0), dense_and_sparse(150, 150, 2)
    samples = dense_and_sparse(270, 30, 4)
    assert memorisation.memorisation(samples, training, held_out).copying < -6
    assert abs(memorisation.memorisation(samples, training, held_out, 2, seeded(0)).copying) < 3
    copied = memorisation.memorisation(training[15:315], training, held_out, 2, seeded(0))
    assert copied.copying < -8


def test_cells_are_weighted_by_their_held_out_vectors() -> None:
    """Two cells of scores z and -z with 40 and 20 held-out vectors; a third is too small to be heard."""
    up, down = torch.arange(40.0), torch.arange(40.0) - 100
    few, held = torch.arange(5.0), torch.cat([down, torch.arange(20.0) + 100, torch.arange(30.0)])
    samples = torch.cat([up, up, few])
    cells = torch.tensor([0] * 40 + [1] * 40 + [2] * 5)
    held_cells = torch.tensor([0] * 40 + [1] * 20 + [2] * 30)
    first, second = memorisation.mann_whitney(up, held[:40]), memorisation.mann_whitney(up, held[40:60])
    assert first > 5 > -5 > second
    found = memorisation.copying_score(samples, held, cells, held_cells)
    assert found == pytest.approx((40 * first + 20 * second) / 60, rel=1e-12)


def test_cells_too_small_or_of_one_side_are_refused() -> None:
    values, cells = torch.arange(30.0), torch.zeros(30, dtype=torch.int64)
    with pytest.raises(ValueError, match="one side only"):
        memorisation.copying_score(values, values, cells)
    with pytest.raises(ValueError, match="fewer cells or more vectors"):
        memorisation.copying_score(values, values, cells, cells + 1)
    with pytest.raises(ValueError, match="torch.Generator"):
        memorisation.memorisation(normal(30, 2), normal(30, 2), normal(30, 2), cells=2)
    with pytest.raises(ValueError, match="at least 1 of each"):
        memorisation.mann_whitney(values, values[:0])
    with pytest.raises(ValueError, match="k = 2 neighbours among 1 points"):
        memorisation.memorisation(normal(3, 2), normal(1, 2), normal(3, 2))
