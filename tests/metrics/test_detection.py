"""AUROC, thresholds and heat maps against closed forms, brute force and simulation."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from sparring.errors import ConfigError, DataError
from sparring.metrics import detection


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_auroc_is_the_share_of_pairs_in_order_and_ties_count_half() -> None:
    normal = torch.randint(0, 9, (40,), generator=rng())
    odd = torch.randint(2, 12, (30,), generator=rng(1))
    pairs = (odd[:, None] > normal).double() + 0.5 * (odd[:, None] == normal).double()
    assert detection.auroc(normal, odd) == pytest.approx(float(pairs.mean()))
    with pytest.raises(DataError, match="one side has none"):
        detection.auroc(normal, odd[:0])


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_the_interval_of_an_auroc_holds_the_truth_in_95_of_100_cases(shift: float) -> None:
    truth, inside, times = stats.norm.cdf(shift / math.sqrt(2)), 0, 600
    generator = rng(0)
    for _ in range(times):
        found = detection.auroc_interval(
            torch.randn(25, generator=generator), shift + torch.randn(35, generator=generator)
        )
        assert found.low <= found.value <= found.high
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / times <= 0.99


def test_a_perfect_auroc_of_few_pictures_is_not_certain() -> None:
    few, many = (detection.auroc_interval(torch.zeros(n), torch.ones(n)) for n in (5, 500))
    assert (few.value, few.high) == (1.0, 1.0)
    assert few.low < 0.8 < 0.99 < many.low


def test_p_values_count_the_normals_that_are_as_odd() -> None:
    held_out = torch.tensor([1.0, 2.0, 3.0, 4.0])
    found = detection.p_values(held_out, torch.tensor([0.0, 3.0, 3.5, 9.0]))
    assert found.tolist() == [1.0, 0.6, 0.4, 0.2]


def test_a_threshold_gives_the_false_alarms_that_are_expected() -> None:
    generator, rates = rng(2), []
    for _ in range(400):
        limit = detection.threshold(torch.randn(60, generator=generator), 0.1)
        rates.append(1 - stats.norm.cdf(limit.value))
    law = stats.beta(6, 55)  # the sixth of 60 from the top
    assert np.mean(rates) == pytest.approx(limit.expected.value, abs=0.006)
    assert limit.expected.value == pytest.approx(law.mean())
    assert (limit.expected.low, limit.expected.high) == pytest.approx((law.ppf(0.025), law.ppf(0.975)))


def test_what_is_above_the_threshold_has_a_p_value_up_to_the_rate() -> None:
    held_out, scores = torch.randn(99, generator=rng(3)), torch.randn(500, generator=rng(4))
    limit = detection.threshold(held_out, 0.05)
    assert torch.equal(scores > limit.value, detection.p_values(held_out, scores) <= 0.05)


def test_a_rate_that_the_normals_cannot_support_is_refused_with_one_that_they_can() -> None:
    assert detection.least_count(0.01) == 100
    with pytest.raises(
        ConfigError, match="at least 100 normals that were held out; there are 99. Ask for 0.011"
    ):
        detection.threshold(torch.zeros(99), 0.01)
    assert detection.threshold(torch.arange(100), 0.01).value == 99


def test_regions_touch_also_by_corners_and_never_across_pictures() -> None:
    masks = torch.rand(3, 20, 30, generator=rng(6)) < 0.3
    ours = detection.regions_of(masks)
    assert bool((ours[~masks] == 0).all())
    for one, mask in zip(ours, masks, strict=True):
        labels, count = ndimage.label(mask.numpy(), np.ones((3, 3)))
        assert len(one[mask].unique()) == count
        assert len(torch.stack([one[mask], torch.from_numpy(labels)[mask]], 1).unique(dim=0)) == count
    assert len(ours[masks].unique()) == sum(ndimage.label(m.numpy(), np.ones((3, 3)))[1] for m in masks)


def test_pixels_are_compared_over_all_pictures() -> None:
    maps, masks = torch.rand(2, 6, 6, generator=rng(7)), torch.rand(2, 6, 6, generator=rng(8)) < 0.2
    assert detection.pixel_auroc(maps, masks) == pytest.approx(detection.auroc(maps[~masks], maps[masks]))
    assert detection.pixel_auroc(masks.double(), masks) == 1
    with pytest.raises(DataError, match="mark no pixel"):
        detection.pixel_auroc(maps, torch.zeros_like(masks))
    with pytest.raises(DataError, match="need masks of that shape"):
        detection.pixel_auroc(maps, masks[:1])


def test_pro_is_one_for_the_truth_half_the_limit_for_chance_and_counts_each_region_once() -> None:
    masks = torch.zeros(1, 40, 40, dtype=torch.bool)
    masks[0, :20, :20] = masks[0, 30:32, 30:32] = True
    assert detection.pro(masks.double(), masks) == pytest.approx(1)
    only_large = masks.double()
    only_large[0, 30:32, 30:32] = -1
    assert detection.pro(only_large, masks) == pytest.approx(0.5)
    many = torch.rand(20, 50, 50, generator=rng(9)) < 0.1
    chance = torch.rand(many.shape, generator=rng(10))
    assert detection.pro(chance, many) == pytest.approx(detection.PRO_LIMIT / 2, abs=0.01)


def test_a_rate_between_counts() -> None:
    assert [detection.least_count(rate) for rate in (0.5, 0.05, 0.03)] == [2, 20, 34]
