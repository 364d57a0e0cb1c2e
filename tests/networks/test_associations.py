"""Pairs of places that depend on each other: which they are, and what a discriminator is shown of them."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sparring.networks import tokens
from sparring.networks.associations import (
    RANK,
    Associations,
    agreeing,
    dependent,
    excess,
    factors,
    of_symbols,
)

SYMBOLS = 9


def verse(count: int = 400) -> Tensor:
    """Texts (N, 12) of random symbols 1 to 8 whose places 2 and 9 rhyme: 1 with 2, 3 with 4, and so on.

    Places 3 and 4 have the same symbol.
    """
    texts = torch.randint(1, SYMBOLS, (count, 12), generator=torch.Generator().manual_seed(3))
    texts[:, 9] = (texts[:, 2] - 1) // 2 * 2 + 1 + texts[:, 9] % 2
    texts[:, 4] = texts[:, 3]
    return texts


def test_agreeing_counts_ordered_pairs_of_texts_with_one_symbol() -> None:
    assert agreeing(torch.tensor([4, 7, 4, 4, 7, 1])) == 3 * 2 + 2 * 1


def test_excess_is_what_is_beyond_chance_in_its_roots() -> None:
    """Eight texts of two symbols, alike at both places: 24 pairs agree there, and by chance 72 / 7."""
    same = torch.tensor([1, 1, 1, 1, 2, 2, 2, 2])
    chance = 24 * 24 / (8 * 7)
    assert excess(same, same) == pytest.approx((24 - chance) / math.sqrt(chance), rel=1e-12)
    crossed = torch.tensor([1, 1, 2, 2, 1, 1, 2, 2])  # each of four couples twice: 8 pairs agree at both
    assert excess(same, crossed) == pytest.approx((8 - chance) / math.sqrt(chance), rel=1e-12)


def test_the_places_that_rhyme_are_found_first_and_neighbours_are_left_out() -> None:
    assert dependent(verse(), 1) == [(2, 9)]


def test_places_after_the_end_of_a_text_do_not_count() -> None:
    """Short texts agree at all later places, which says nothing of symbols."""
    texts = verse()
    texts[::2, 3:] = 0
    assert dependent(texts, 1) == [(2, 9)]


def test_places_of_long_texts_are_compared_with_near_ones_alone() -> None:
    """Of 2,500 places each is compared with the nearest that is not a neighbour."""
    texts = torch.randint(1, 3, (20, 1), generator=torch.Generator().manual_seed(0)).expand(20, 2_500)
    assert {second - first for first, second in dependent(texts, 5_000)} == {6}


def test_vectors_give_observed_less_expected_over_the_root_of_expected_and_one() -> None:
    first, second = torch.tensor([1, 1, 1, 2, 2, 2, 2, 2]), torch.tensor([1, 1, 2, 2, 2, 2, 1, 2])
    observed = torch.tensor([[2.0, 1.0], [1.0, 4.0]])
    expected = torch.tensor([[3 * 3 / 8, 3 * 5 / 8], [5 * 3 / 8, 5 * 5 / 8]])
    left, right = of_symbols(first, second, SYMBOLS)
    torch.testing.assert_close(
        (left @ right.T)[1:3, 1:3], (observed - expected) / (expected + 1).sqrt(), rtol=1e-5, atol=1e-6
    )
    assert left.shape == right.shape == (SYMBOLS, RANK)
    assert not left[3:].any()


def test_factors_are_the_nearest_matrix_of_their_rank() -> None:
    rng = torch.Generator().manual_seed(1)
    u, v = (torch.linalg.qr(torch.randn(n, 10, dtype=torch.float64, generator=rng)).Q for n in (40, 30))
    sizes = 2.0 ** -torch.arange(10, dtype=torch.float64)
    left, right = factors((u * sizes) @ v.T, 4)
    torch.testing.assert_close(left @ right.T, (u[:, :4] * sizes[:4]) @ v[:, :4].T, rtol=0, atol=1e-3)


def test_what_is_shown_has_a_spread_of_one_and_tells_rhymes_from_others() -> None:
    texts = verse()
    associations = Associations((12, SYMBOLS), 1)
    associations.look_at(texts)
    shown = associations(one_hot(texts, SYMBOLS).float())
    assert shown.shape == (400, RANK)
    spread = shown.std(0, correction=0)
    torch.testing.assert_close(spread[:3], torch.ones(3))  # four rhymes differ in three ways
    assert float(spread[7]) < 0.01  # eight symbols differ in seven ways; what rounding adds stays small
    crossed = texts.clone()
    crossed[:, 9] = texts[:, 9].roll(1)
    unlike = (crossed[:, 9] - 1) // 2 != (texts[:, 9] - 1) // 2
    worse = associations(one_hot(crossed, SYMBOLS).float())[unlike]
    assert float(shown[:, :3].sum(1).min()) > float(worse[:, :3].sum(1).max())


def test_what_was_found_once_stays() -> None:
    associations = Associations((12, SYMBOLS), 1)
    associations.look_at(verse())
    before = {name: part.clone() for name, part in associations.state_dict().items()}
    associations.look_at(verse().flip(1))
    torch.testing.assert_close(associations.state_dict(), before, rtol=0, atol=0)


def test_few_texts_of_one_symbol_show_nothing() -> None:
    associations = Associations((8, 4), 2)
    associations.look_at(torch.ones(2, 8, dtype=torch.long))
    assert not associations(one_hot(torch.ones(2, 8, dtype=torch.long), 4).float()).any()


def test_a_second_discriminator_sees_what_goes_together_and_trains_nothing_of_it() -> None:
    torch.manual_seed(0)
    texts = verse()
    discriminator = tokens.Discriminator(shape=(12, SYMBOLS), width=8, associations=2)
    second = discriminator.second_discriminator
    assert second is not None
    before = second(one_hot(texts, SYMBOLS).float())
    discriminator.look_at(texts)
    assert not torch.equal(second(one_hot(texts, SYMBOLS).float()), before)
    assert not any("associations" in name for name, _ in discriminator.named_parameters())
    assert tuple(second.associations.places[:, 0]) == (2, 9)
