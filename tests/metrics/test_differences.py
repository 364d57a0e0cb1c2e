"""Intervals and tests of paired differences against scipy and closed forms."""

import math

import numpy as np
import pytest
from scipy import stats

from sparring.errors import DataError
from sparring.metrics import differences as d


@pytest.mark.parametrize("freedom", [1, 2, 3, 5, 8, 11, 40])
def test_students_t_is_that_of_scipy(freedom):
    for t in (0.0, 0.3, 1.0, 2.57, 7.0):
        assert d.t_two_sided(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), abs=1e-12)
    assert d.t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
    assert d.t_quantile(freedom, 0.8) == pytest.approx(stats.t.ppf(0.9, freedom), rel=1e-9)


def test_the_interval_and_the_p_value_are_those_of_the_paired_t_test():
    values = [0.3, -0.1, 0.5, 0.2, 0.4, 0.0]
    found = d.paired(values)
    reference = stats.ttest_1samp(values, 0)
    low, high = reference.confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((np.mean(values), low, high))
    assert found.p == pytest.approx(reference.pvalue)
    assert found.subsets == 6


def test_equal_differences_are_not_certain():
    surely = d.paired([0.02] * 4)
    assert surely.low == surely.high == pytest.approx(0.02)
    assert surely.p == 0.0
    rounded = d.paired([0.02] * 4, resolution=0.02)
    assert rounded.high - rounded.value == pytest.approx(d.t_quantile(3) * 0.02 / math.sqrt(12) / 2)
    assert d.paired([0.0] * 4).p == 1.0
    with pytest.raises(DataError, match="at least 2"):
        d.paired([0.1])


def test_the_sign_flip_test_is_that_of_scipy_and_exact_for_six():
    assert d.sign_flips([1, 2, 3, 4, 5, 6]) == 2 / 64
    assert d.sign_flips([1, -1]) == 1.0
    values = [0.3, -0.1, 0.5, 0.2, 0.4, -0.05]
    reference = stats.permutation_test(
        (np.array(values),), np.mean, permutation_type="samples", n_resamples=10**6
    )
    assert d.sign_flips(values) == pytest.approx(reference.pvalue)
    assert d.sign_flips([1.0] * 16 + [-1.0] * 30) == 2 / 2**16


def test_holm_multiplies_by_the_number_that_are_left_and_never_falls():
    assert d.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert d.holm([0.9, 0.5]) == [1.0, 1.0]
    assert d.holm([0.02, 0.021]) == pytest.approx([0.04, 0.04])


def test_a_gain_is_read_off_the_learning_curve():
    sizes, scores = [50, 100, 200], [0.8, 0.84, 0.9]
    assert d.worth(0.06, sizes, scores, 100) == pytest.approx(100)
    assert d.worth(0.03, sizes, scores, 100) == pytest.approx(100 * math.sqrt(2) - 100)
    assert d.worth(-0.02, sizes, scores, 100) == pytest.approx(50 * math.sqrt(2) - 100)
    assert d.worth(0.07, sizes, scores, 100) == math.inf
    assert d.worth(-0.2, sizes, scores, 100) == -math.inf
    assert d.worth(0.1, [100, 200], [0.0, 0.25], 100) == pytest.approx(100 * 2**0.4 - 100)
    assert d.worth(-0.25, [100, 200], [0.5, 0.75], 200) == -100
    assert d.worth(0.0, sizes, scores, 100) == 0.0


def test_a_curve_that_falls_gives_no_smaller_number_for_a_larger_gain():
    sizes, scores = [50, 100, 200], [0.8, 0.84, 0.83]
    assert d.worth(0.01, sizes, scores, 100) == math.inf
    assert d.worth(-0.01, sizes, [0.85, 0.84, 0.83], 100) == -math.inf
    found = d.worth(0.03, [50, 100, 200, 400], [0.8, 0.84, 0.83, 0.9], 100)
    assert found == pytest.approx(200 * math.sqrt(2) - 100)


def test_false_findings_among_many_arms_are_as_rare_as_promised():
    """Six subsets, eight arms, nothing is true: with Holm at most 5 of 100 studies find anything."""
    rng = np.random.default_rng(0)
    found, repeats = 0, 400
    for _ in range(repeats):
        shared = rng.normal(0, 0.01, 6)  # all arms are compared with the same real pictures
        ps = [d.paired(list(shared + rng.normal(0, 0.01, 6))).p for _ in range(8)]
        found += min(d.holm(ps)) <= 0.05
    assert found / repeats <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / repeats)
    assert found > 0
