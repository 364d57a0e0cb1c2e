"""Distances of distributions that are known in closed form, and symbols that are missing."""

import math

import numpy as np
import pytest
import torch

from sparring.metrics import shares


def test_divergences_of_known_shares() -> None:
    one, other = np.array([1, 1, 2, 2]), np.array([1, 1, 3, 3])
    assert shares.shannon(one, one) == pytest.approx(0, abs=1e-12)
    assert shares.shannon(one, other) == pytest.approx(0.5)
    assert shares.shannon(one[:2], other[2:]) == pytest.approx(1.0)
    quarters, half = np.array([1, 2, 2, 2]), np.array([1, 2])
    expected = _entropy(3 / 8) - (_entropy(1 / 4) + 1) / 2
    assert shares.shannon(quarters, half) == pytest.approx(expected)
    assert shares.total_variation(one, other) == 0.5
    assert shares.total_variation(quarters, half) == 0.25
    assert shares.total_variation(one, []) == 0.5
    assert shares.total_variation([1, 1, 2, 2], [1, 1, 1, 3]) == 0.5


def _entropy(share: float) -> float:
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def test_symbols_that_no_fake_has_are_dead() -> None:
    reals = torch.eye(3)[torch.tensor([[0, 1, 1, 2], [1, 1, 0, 2]])]
    assert shares.dead_symbols(reals, reals) == 0
    assert shares.dead_symbols(torch.eye(3)[torch.tensor([[0, 0, 2, 2]])], reals) == pytest.approx(4 / 8)


def test_rare_symbols_that_other_reals_lack_too_are_not_dead() -> None:
    shares_of = 1 / torch.arange(10.0, 1510.0)  # of 1,500 characters, as in verse
    drawn = torch.multinomial(
        shares_of, 3 * 5_000, replacement=True, generator=torch.Generator().manual_seed(0)
    )
    reals, others, fakes = torch.eye(1_500)[drawn].view(3, 250, 20, 1_500)
    assert shares.dead_symbols(others, reals) < 0.02
    fakes[..., 1::2] = 0  # every other symbol is muted
    muted = float(reals[..., 1::2].sum() / reals.sum())
    assert shares.dead_symbols(fakes, reals) == pytest.approx(muted, abs=0.03)
    assert shares.dead_symbols(torch.zeros_like(reals), reals) == 1
