"""N-grams: closed forms of their distances, and heaps that keep their counts."""

from collections import Counter

import pytest
import torch

from sparring.metrics import ngrams


def test_a_text_has_a_beginning_and_an_end() -> None:
    assert ngrams.grams((7, 8), 3) == [(-1, 7, 8), (7, 8, 0)]
    assert ngrams.grams((7,), 1) == [(-1,), (7,), (0,)]
    assert ngrams.rows(torch.tensor([[7, 0, 8], [1, 2, 3]])) == [(7,), (1, 2, 3)]


def test_the_divergence_of_known_distributions() -> None:
    one, other = Counter({(1,): 1, (2,): 1}), Counter({(1,): 2})
    assert ngrams.divergence(one, one) == pytest.approx(0)
    assert ngrams.divergence(one, Counter({(3,): 5})) == pytest.approx(1)
    # p = (1/2, 1/2), q = (1, 0): H(3/4, 1/4) - H(p) / 2 = 0.811278 - 0.5
    assert ngrams.divergence(one, other) == pytest.approx(0.3112781)


def test_a_text_is_valid_if_all_its_grams_are_known() -> None:
    known = set(ngrams.counted([(1, 2), (2, 1)], 2))
    assert ngrams.valid([(1, 2), (1, 2, 1), (1, 1)], known, 2) == pytest.approx(2 / 3)


def test_heaps_hold_every_gram_of_a_text_and_nothing_after_its_end() -> None:
    stored = torch.tensor([[1, 2, 0, 0], [1, 2, 0, 3]])
    found = ngrams.hashed(stored, 64)
    assert torch.equal(found[0], found[1])
    # Two symbols and an end for each of 3 orders, over the root of 3 orders times 5 places.
    assert float(found[0].sum()) == pytest.approx(9 / 15**0.5)
    assert not torch.equal(found[0], ngrams.hashed(torch.tensor([[2, 1, 0, 0]]), 64)[0])


def test_single_symbols_do_not_say_in_which_order_they_stand() -> None:
    one, other = (ngrams.hashed(torch.tensor([row]), 64, (1,)) for row in ([1, 2, 3], [3, 1, 2]))
    assert torch.equal(one, other)
