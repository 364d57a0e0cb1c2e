"""Simple models of text: chains and a recurrent network learn what can be known of a language."""

from collections import Counter

import pytest
import torch

from sparring.metrics import language, ngrams

TEXTS = [(1, 2, 3), (1, 2, 3), (1, 3)]  # after 1 comes 2 twice and 3 once


def test_a_chain_follows_what_it_has_seen() -> None:
    drawn = language.chain(TEXTS, 2, 3000, 9, seed=0)
    assert set(drawn) == {(1, 2, 3), (1, 3)}
    assert Counter(drawn)[(1, 3)] / 3000 == pytest.approx(1 / 3, abs=0.03)


def test_a_chain_of_single_symbols_draws_each_as_often_as_it_occurs() -> None:
    drawn = [symbol for text in language.chain(TEXTS, 1, 3000, 99, seed=0) for symbol in text]
    counts = Counter(drawn)
    assert counts[3] / counts.total() == pytest.approx(3 / 8, abs=0.02)


def test_a_chain_ends_at_the_longest_text() -> None:
    assert max(map(len, language.chain([(1,) * 50], 2, 20, 5, seed=0))) == 5


def test_a_recurrent_network_learns_and_cold_texts_are_the_most_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "SEEN", 60 * language.BATCH)
    stored = torch.tensor([[1, 2, 3, 0], [1, 2, 3, 0], [1, 3, 0, 0]]).repeat(50, 1)
    model = language.recurrent(stored, 4, seed=0)
    cold, warm = (Counter(ngrams.rows(model.write(300, 4, t, seed=0))) for t in (0.1, 1.0))
    assert cold[(1, 2, 3)] > 290
    assert warm[(1, 3)] / 300 == pytest.approx(1 / 3, abs=0.12)


def test_what_comes_after_an_end_is_not_learnt() -> None:
    inputs, targets, weights = language._shifted(torch.tensor([[1, 0, 2]]), start=5)
    assert inputs.tolist() == [[5, 1, 0, 2]]
    assert targets.tolist() == [[1, 0, 2, 0]]
    assert weights.tolist() == [[1, 1, 0, 0]]


@pytest.mark.parametrize(
    ("longest", "symbols", "expected"),
    [
        (12, 27, (128, 781)),  # names: 100,000 texts
        (23, 1_502, (128, 679)),  # verse: 2,000,000 symbols
        (64, 60_001, (17, 76)),  # 5,000,000,000 logits, 67,000,000 of them at a time
        (4_096, 60_001, (1, 20)),
    ],
)
def test_long_texts_and_many_symbols_take_a_network_no_longer(
    longest: int, symbols: int, expected: tuple[int, int]
) -> None:
    assert language.course(longest, symbols) == expected
