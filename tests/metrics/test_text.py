"""What is true of texts: copies, repeats, lengths, lines and rhymes; and the judge of a generator."""

import pytest
import torch

from sparring.data.text import from_strings
from sparring.errors import DataError
from sparring.metrics import language, text
from sparring.metrics.comparison import FLOOR, GENERATOR, Trial

MARK = 9
POEM = (1, 2, MARK, 3, 4, MARK, 1, 5, MARK, 6, 7)


def test_copies_and_repeats_are_shares() -> None:
    assert text.copies([(1,), (2,), (2,), (2,)], {(2,)}) == 0.75
    assert text.repeats([(1,), (2,), (2,), (2,), (2,)]) == pytest.approx(0.6)


def test_a_poem_has_lines_and_its_even_ones_rhyme() -> None:
    assert text.lines(POEM, MARK) == [(1, 2), (3, 4), (1, 5), (6, 7)]
    assert text.rhymes(POEM, MARK) == [(4, 7)]
    longer = (*POEM, MARK, 1, MARK, 8)  # its lines end in 4, 7 and 8
    assert text.rhyming([POEM, (1, 2), longer], {(4, 7)}, MARK) == pytest.approx(1 / 3)
    assert text.repeated_symbols([POEM, (1, MARK, 2, MARK)], MARK) == 0.5


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "SEEN", 4 * language.BATCH)
    monkeypatch.setattr(language, "CHECKED", 20)


@pytest.mark.usefixtures("few")
def test_the_judge_sees_copies_and_nonsense() -> None:
    data = from_strings([a + b + c for a in "abcde" for b in "aeiou" for c in "xyz"])
    training, held_out = data.samples[::2], data.samples[1::2]
    trial = Trial(training, training, held_out, data.spec, 0, lambda _: None)
    copied = text.judge(trial)
    nonsense = text.judge(trial._replace(fakes=torch.flip(training, (1,))))
    assert list(copied.columns) == [FLOOR, GENERATOR, *text.CHAINS.values(), text.NETWORK]
    assert copied.columns[GENERATOR]["copies"] == 1
    assert copied.columns[GENERATOR]["trigrams"] == pytest.approx(copied.columns[FLOOR]["trigrams"], abs=0.05)
    assert copied.columns[GENERATOR]["valid"] == copied.columns[FLOOR]["valid"] == 1
    assert nonsense.columns[GENERATOR]["valid"] == 0
    assert "valid" in nonsense.wins("trigrams")
    assert "Nothing is held out" in " ".join(text.judge(trial._replace(held_out=None)).notes)


@pytest.mark.usefixtures("few")
def test_the_judge_reads_verse() -> None:
    poems = [f"{a}b\n{b}{a}" for a in "acde" for b in "fghi"] * 2
    data = from_strings(poems)
    found = text.judge(Trial(data.samples, data.samples[:20], data.samples[12:], data.spec, 0, lambda _: None))
    assert {"rhymes", "repeated", "copied lines"} <= found.scales.keys()
    assert found.columns[GENERATOR]["copied lines"] > 0.5


def test_without_texts_there_is_nothing_to_judge() -> None:
    with pytest.raises(DataError, match="holds no texts"):
        from_strings([""])
