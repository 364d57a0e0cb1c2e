"""Blocks of labelled data: disjoint, as large as asked for, each class on its own."""

import pytest
import torch

from sparring.errors import DataError
from sparring.uses.study import subsets

LABELS = torch.arange(900) % 3
NAMES = ("a", "b", "c")


def test_blocks_are_disjoint_and_hold_every_class_equally():
    found = subsets.blocks(LABELS, NAMES, subsets=6, per_class=20)
    used = torch.cat([part for block in found for part in block])
    assert len(used.unique()) == len(used)
    for block in found:
        assert torch.bincount(LABELS[block.train]).tolist() == [20, 20, 20]
        assert torch.bincount(LABELS[block.choose]).tolist() == [10, 10, 10]
        assert torch.bincount(LABELS[block.test]).tolist() == [15, 15, 15]  # 30 % of 300, in six


def test_a_test_set_is_divided_too_and_nothing_else_is_tested_on():
    tested = torch.arange(120) % 3
    found = subsets.blocks(LABELS, NAMES, tested, subsets=6, per_class=1000)
    places = torch.cat([block.test for block in found])
    assert len(places.unique()) == len(places) == 6 * 3 * (40 // 6)
    assert torch.bincount(LABELS[found[0].train]).tolist() == [42] * 3  # 85 % of 300, in six


def test_the_most_that_is_tested_bounds_the_parts(monkeypatch):
    monkeypatch.setattr(subsets, "MOST_TESTED", 36)
    assert {len(block.test) for block in subsets.blocks(LABELS, NAMES, LABELS, subsets=6)} == {6}


def test_single_classes_can_be_made_rare():
    block = subsets.blocks(LABELS, NAMES, LABELS, per_class=30, rare={1: 3})[0]
    assert torch.bincount(LABELS[block.train]).tolist() == [30, 3, 30]


def test_a_seed_gives_the_same_blocks_and_another_seed_others():
    one, again, other = (subsets.blocks(LABELS, NAMES, per_class=20, seed=seed)[0].train for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(("size", "said"), [(3, False), (20, False), (40, True)])
def test_fewer_subsets_are_offered_where_they_suffice(size, said):
    labels = torch.cat([torch.zeros(200), torch.ones(size)]).long()
    with pytest.raises(DataError) as found:
        subsets.blocks(labels, ("usual", "rare"))
    assert ("give --subsets 3, or leave this class out" in str(found.value)) == said


@pytest.mark.parametrize("tested", [None, torch.arange(100) % 2])
def test_a_class_with_too_few_samples_is_named(tested):
    labels = torch.cat([torch.zeros(200), torch.ones(20)]).long()
    with pytest.raises(DataError, match="the class 'rare' has 20 samples.*too few for 6 disjoint subsets"):
        subsets.blocks(labels, ("frequent", "rare"), tested)


def test_what_an_error_asks_for_is_enough():
    """The number of samples of each class that the message names."""
    few = torch.zeros(20).long()
    with pytest.raises(DataError) as error:
        subsets.blocks(few, ("only",))
    needed = int(str(error.value).split("need about ")[1].split()[0])
    found = subsets.blocks(torch.zeros(needed).long(), ("only",))
    assert len(found[0].train) >= subsets.LEAST_TRAINED


def test_half_of_a_block_keeps_the_classes():
    block = subsets.blocks(LABELS, NAMES, per_class=20, rare={2: 5})[0]
    places = subsets.half(block, LABELS, seed=3)
    assert torch.bincount(LABELS[places]).tolist() == [10, 10, 2]
    assert torch.isin(places, block.train).all()
