"""Wafer maps of known truth."""

import pytest
import torch

from sparring.data import wafers
from sparring.data.wafers import FAILS, PATTERNS, SIDE, WORKS


@pytest.mark.parametrize("pattern", PATTERNS)
def test_dies_fail_where_the_mask_is_and_hardly_elsewhere(pattern: str) -> None:
    pictures, masks = wafers.wafers(60, pattern, seed=3)
    fails, inside = pictures[:, 0] == FAILS, pictures[:, 0] > 0
    assert bool((masks <= inside).all())
    assert bool(masks.flatten(1).any(1).all())
    low, high = wafers.SCATTERED if pattern == "random" else wafers.HIT
    assert low < float(fails[masks].double().mean()) < high
    if pattern != "random":
        low, high = wafers.USUAL
        assert low < float(fails[inside & ~masks].double().mean()) < high


def test_normal_wafers_are_round_and_follow_from_the_seed() -> None:
    pictures, masks = wafers.wafers(20, seed=1)
    assert pictures.shape == (20, 1, SIDE, SIDE)
    assert not masks.any()
    assert pictures.unique().tolist() == [0, WORKS, FAILS]
    assert float((pictures[0] > 0).double().mean()) == pytest.approx(3.14159 / 4, abs=0.02)
    assert torch.equal(pictures, wafers.wafers(20, seed=1).pictures)
    assert not torch.equal(wafers.load("train", 20).samples, wafers.load("test", 20).samples)
