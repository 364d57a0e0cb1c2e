"""Texts as data: their symbols and lengths, what is left out, and the way back."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sparring.data.codec import OneHot
from sparring.data.text import adapted, dataset, from_path, from_strings, reads, vocabulary
from sparring.data.text.dataset import USUAL
from sparring.errors import DataError

WORDS = ["the cat sat", "the dog sat", "a cat"]


def symbols(data: dataset.Dataset) -> tuple[str, ...]:
    return OneHot.of(data.spec.codec).symbols


def back(data: dataset.Dataset) -> list[str]:
    return vocabulary.decoded(data.samples, symbols(data))


def test_symbols_are_the_end_and_then_the_most_frequent() -> None:
    data = from_strings(["aab", "ab", "a"])
    assert symbols(data) == ("", "a", "b")
    assert data.samples.tolist() == [[1, 1, 2], [1, 2, 0], [1, 0, 0]]
    assert data.spec.shape == (3, 3)
    assert OneHot.of(data.spec.codec).counts == (2, 4, 2)


@given(st.lists(st.text("ab \n你", min_size=1), min_size=1))
def test_texts_come_back_in_either_unit(texts: list[str]) -> None:
    tidy = [
        found
        for text in texts
        if (found := "\n".join(map(str.strip, dataset.reading.tidied(text).split("\n"))))
    ]
    if tidy:
        assert back(from_strings(tidy)) == tidy
        assert back(from_strings(tidy, options={"unit": "words"})) == tidy


def test_a_word_is_the_same_symbol_at_the_beginning_and_within() -> None:
    data = from_strings(WORDS, options={"unit": "words"})
    assert set(symbols(data)) == {"", " the", " cat", " sat", " dog", " a"}
    assert vocabulary.tokens("It's 3, no!\nyes", "words") == [" It's", " 3", ",", " no", "!", "\n", " yes"]


def test_a_word_keeps_its_marks_and_an_emoji_is_one_symbol() -> None:
    assert vocabulary.tokens("नमस्ते दुनिया", "words") == [" नमस्ते", " दुनिया"]
    assert vocabulary.tokens("สวัสดี ครับ", "words") == [" สวัสดี", " ครับ"]
    assert vocabulary.tokens("می\u200cروم, don't!", "words") == [" می\u200cروم", ",", " don't", "!"]
    assert vocabulary.tokens("👨\u200d👩\u200d👧 👍🏽 ❤\ufe0f!", "words") == [
        "👨\u200d👩\u200d👧",
        " 👍🏽",
        " ❤\ufe0f",
        "!",
    ]


def test_words_that_are_cut_are_counted() -> None:
    for unit, notes in (
        ("words", ["2 words cut to the first 64 letters; --unit characters keeps all."]),
        ("characters", []),
    ):
        origin = from_strings(["a " + "x" * 70, "y" * 70, "b c"], options={"unit": unit}).origin
        assert origin is not None
        assert [note for note in origin.notes if "cut" in note] == notes


def test_a_text_ends_at_its_first_end() -> None:
    stored = torch.tensor([[1, 0, 2], [0, 1, 1]], dtype=torch.uint8)
    assert vocabulary.ended(stored).tolist() == [[1, 0, 0], [0, 0, 0]]
    assert vocabulary.decoded(stored, ("", "a", "b")) == ["a", ""]


def test_rare_symbols_leave_their_texts_out_and_that_is_said() -> None:
    data = from_strings(["ab"] * 8 + ["az"], options={"vocabulary": 2})
    assert len(data) == 8
    assert data.origin is not None
    assert "1 text left out for one of 1 rare characters ('z' …)" in data.origin.notes[0]
    assert data.origin.facts["left out"] == "1 of 9 texts"
    assert data.origin.facts["dropped"] == "1 rare characters: z"
    assert data.origin.facts["vocabulary"] == "2 characters: a b; 0 of them occur once"
    assert data.origin.facts["lengths"] == "2 characters each"
    assert data.origin.duplicates == 7
    many = from_strings(["abc defghijklmn", "  o "] * 3).origin
    assert many is not None
    assert many.facts["vocabulary"] == "16 characters: ␣ a b c d e f g h i j k …; 0 of them occur once"
    assert many.facts["lengths"] == "1 to 15 characters, half of them up to 8"


def test_long_texts_are_left_out_and_that_is_said() -> None:
    data = from_strings(["ab"] * 40 + ["a" * 2**20, ""])
    assert data.spec.shape == (2, 3)
    assert data.origin is not None
    assert data.origin.notes == (
        "1 empty text left out.",
        "1 text of more than 64 characters left out; --longest changes this.",
    )
    assert data.origin.options["longest"] == "64"
    assert from_strings(["a" * 100] * 3).spec.shape[0] == 100
    assert from_strings(["abc", "ab"], options={"longest": "2"}).spec.shape[0] == 2


@pytest.mark.parametrize(
    ("texts", "options", "said"),
    [
        ([" ", "\n"], {}, "holds no texts"),
        (["abc"] * 3 + ["a"], {"longest": "2"}, "3 of 4 texts in array have more than 2 char.*--longest 3"),
        (["ab" * 200] * 2 + ["a" * 9999], {}, "more than 256 characters.*--longest 400"),
        (["a" * 2**20], {}, "1 of 1 texts in array.*a sentence a line; --longest goes up to 4,096"),
        ([f"{a}{b}" for a in "abcd" for b in "efgh"], {"vocabulary": 2}, "8 different.*16 of 16.*.8 takes all"),
        ([f"w{k}" for k in range(60)], {"unit": "words", "vocabulary": 9}, "--unit characters"),
    ],
)  # fmt: skip
def test_options_that_leave_few_texts_are_refused(texts: list[str], options: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        from_strings(texts, options=options)


def test_texts_are_brought_to_the_symbols_of_others() -> None:
    like, other = from_strings(["abc", "ab"]), from_strings(["ca", "abd", "abd", "bbbb", "c"])
    found = adapted(other, like.spec)
    assert back(found) == ["ca", "c"]
    assert found.spec == like.spec
    assert found.origin is not None
    assert found.origin.duplicates == 0
    assert found.origin.notes == ("3 texts with symbols that are not known, or more than 3, left out.",)
    with pytest.raises(DataError, match="no text of array has only symbols that are known"):
        adapted(from_strings(["xyz"]), like.spec)


def test_a_folder_has_a_class_for_each_folder_or_file(tmp_path: Path) -> None:
    for name, text in (("de/a.txt", "ja\nnein\n"), ("fr/a.txt", "oui\n")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    data = from_path(tmp_path, USUAL | {"labels": "folders"})
    assert (data.spec.class_names, data.class_counts) == (("de", "fr"), [2, 1])
    flat = tmp_path / "de"
    (flat / "b.txt").write_text("nie\n")
    assert from_path(flat, USUAL | {"labels": "folders"}).spec.class_names == ("a", "b")
    assert "add --labels folders" in " ".join((from_path(flat, USUAL).origin or data.origin).notes)  # type: ignore[union-attr]
    with pytest.raises(DataError, match="a.txt is one file"):
        from_path(flat / "a.txt", USUAL | {"labels": "folders"})


def test_in_a_folder_of_plain_texts_a_table_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "labels.csv").write_text("text,label\na.txt,good\nb.txt,bad\n")
    data = from_path(tmp_path, USUAL)
    assert back(data) == ["one", "two"]
    assert data.origin is not None
    assert "1 file beside the .txt not read ('labels.csv')" in data.origin.notes[0]
    (tmp_path / "a.txt").rename(tmp_path / "a.jsonl")
    (tmp_path / "a.jsonl").write_text('"three"\n')
    assert back(from_path(tmp_path, USUAL)) == ["three", "a.txt", "b.txt"]


def test_a_folder_with_a_picture_is_not_one_of_texts(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("a 1\n")
    assert reads(tmp_path)
    (tmp_path / "a.png").write_bytes(b"")
    assert not reads(tmp_path)
    assert not reads(tmp_path / "missing.txt")
