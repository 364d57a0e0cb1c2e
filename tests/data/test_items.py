"""Texts in files: lines, poems, columns, JSON lines, and what cannot be read."""

import numpy as np
import pandas
import polars
import pytest
import torch

from sparring.data.text import items
from sparring.data.text.items import Items, of_file
from sparring.errors import DataError

VERSES = "roses are red\nviolets are blue\n\n\nsugar is sweet\nand so are you\n"


def read(
    content: str | bytes, name: str = "a.txt", items: str = "auto", column: str = "auto", labels: str = "none"
):
    return of_file(content if isinstance(content, bytes) else content.encode(), name, items, column, labels)


def test_strings_in_memory_may_be_a_list_an_array_or_a_column() -> None:
    frame = {"name": ["ab", None, "c"]}
    wide = np.array(["ab", "", "c"])
    kinds = [wide, wide.astype(object), pandas.DataFrame(frame).name, polars.DataFrame(frame)["name"]]
    kinds.append(pandas.Series(frame["name"], dtype="string"))
    for data in ([*frame["name"]], ("ab", float("nan"), "c"), *kinds):
        assert items.strings(data) == ["ab", "", "c"]
    for data in ("ab", [], [None], [1, "ab"], ["ab", [1]], np.zeros(3), torch.zeros(3), wide[None], 3):
        assert items.strings(data) is None
    with pytest.raises(DataError, match="item 1 of the 2 given is the number 7, where others are strings"):
        items.strings(["ab", 7])


def test_a_plain_file_has_an_item_a_line() -> None:
    assert read("\ufeffone \r\n\n two\n")[:3] == (["one", "two"], None, "lines")


def test_only_line_feeds_and_carriage_returns_end_a_line() -> None:
    for end in ("\n", "\r\n", "\r"):
        assert read(f"a\u2028b{end}c\x85d\f\x1ee{end}").texts == ["a\u2028b", "c\x85d\f\x1ee"]
        assert read(f'"a\u2028b"{end}"c"{end}', "a.jsonl").texts == ["a\u2028b", "c"]


def test_blank_lines_part_poems() -> None:
    found = read(VERSES)
    assert found.texts == ["roses are red\nviolets are blue", "sugar is sweet\nand so are you"]
    assert "2 blocks of lines between blank lines are read as one item each; --items lines" in found.notes[0]
    assert len(read(VERSES, items="lines").texts) == 4
    assert read("a\n\nb\n", items="poems").texts == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "name", "column", "texts"),
    [
        ("id,text,year\n1,hello,1999\n2,\"two\nlines\",2000\n", "a.csv", "auto", ["hello", "two\nlines"]),
        ("id;remark;x\n1;hello;3\n2;you;4\n", "a.csv", "auto", ["hello", "you"]),
        ("id\ttext\ttitle\n1\thello\tA\n", "a.tsv", "title", ["A"]),
        ("one\ntwo\n", "a.csv", "auto", ["one", "two"]),
        ('"id, or number, or so";text\n1;hello\n', "a.csv", "auto", ["hello"]),
        ("good day,1\nhello,2\n", "a.csv", "auto", ["good day", "hello"]),
        ("good day,french\nhello,french\n", "a.csv", "auto", ["good day", "hello"]),
        ("1,good day\n2,hello\n", "a.csv", "2", ["good day", "hello"]),
        ("remark,other\nhello,b\n", "a.csv", "auto", ["hello"]),
        ("2024,other\nhello,b\n", "a.csv", "2024", ["hello"]),
        ('{"text": "one", "n": 1}\n{"text": "two"}\n', "a.jsonl", "auto", ["one", "two"]),
        ('"one"\n"two"\n', "a.jsonl", "auto", ["one", "two"]),
        ('["one", "two"]', "a.json", "auto", ["one", "two"]),
        ('{\n "text": "one",\n "tags": ["a"]\n}', "a.json", "auto", ["one"]),
        ('{"text": ["é"]}\n{"text": true}\n{"text": 2}\n', "a.jsonl", "text", ['["é"]', "true", "2"]),
    ],
)  # fmt: skip
def test_tables_and_json(content: str, name: str, column: str, texts: list[str]) -> None:
    assert read(content, name, column=column).texts == texts


def test_what_the_first_row_of_a_table_is_taken_for_is_said() -> None:
    assert "'remark', 'other'" in read("remark,other\nhello,b\n", "a.csv").notes[-1]
    assert "no row of names; its columns are called 1 to 2" in read("a,1\nb,2\n", "a.csv").notes[-1]
    assert "row" not in " ".join(read("text,other\nhello,b\n", "a.csv").notes)
    for name, content, told in (
        (
            "a.csv",
            "text,other\nhello,b\n",
            "column 'text'; --column takes another, and --columns none reads it as",
        ),
        ("a.json", '[{"text": "hello", "other": 1}]', "column 'text'; --column takes another."),
    ):
        assert any(told in note for note in read(content, name).notes)
    found = read("hi,1\nyou,2\n", "a.csv", labels="2")
    assert (found.texts, found.labels) == (["hi", "you"], ["1", "2"])


def test_quotation_marks_that_join_lines_and_cells_that_are_not_read_are_said() -> None:
    found = read('text,n\n"one,1\n"two,2\nthree,3\n', "a.csv")
    assert "a.csv, line 3: a quotation mark within a text, or one that is not closed" in found.notes[0]
    assert read('text,n\n"one ""1"",\nline",1\n', "a.csv").texts == ['one "1",\nline']
    assert "quotation" not in " ".join(read('text,n\n"one ""1"",\nline",1\n', "a.csv").notes)
    assert "2 rows of a.csv with more cells than names" in " ".join(
        read("text,n\na,b,1\nc,1\nd,e,2\n", "a.csv").notes
    )


def test_a_column_may_hold_the_classes() -> None:
    found = read("text,language\nhallo,german\nbonjour,french\n", "a.csv", labels="language")
    assert (found.texts, found.labels) == (["hallo", "bonjour"], ["german", "french"])
    assert "add --labels class" in read("text,class\na,b\n", "a.csv").notes[1]


@pytest.mark.parametrize(
    ("content", "name", "options", "said"),
    [
        ("caf\xe9 \xfcber".encode("latin-1"), "a.txt", {}, "not text in UTF-8.*may be WINDOWS-1252"),
        ("床前明月光，疑是地上霜".encode("gb18030"), "a.txt", {}, "may be GB18030"),
        ("床前明月光，疑是地上霜。".encode("big5"), "a.txt", {}, "may be BIG5"),
        ("古池や蛙飛びこむ水の音".encode("shift_jis"), "a.txt", {}, "may be SHIFT_JIS"),
        ("古池や蛙飛びこむ水の音".encode("euc-jp"), "a.txt", {}, "may be EUC-JP"),
        ("나 보기가 역겨워 가실 때에는".encode("euc-kr"), "a.txt", {}, "may be EUC-KR"),
        ("жил-был у бабушки козлик".encode("cp1251"), "a.txt", {}, "may be WINDOWS-1251"),
        ("\xe9t\xe9 f\xeal\xe9 l\xe8ve".encode("latin-1"), "a.txt", {}, "may be WINDOWS-1252"),
        ("hello".encode("utf-16"), "a.txt", {}, "may be UTF-16;"),
        ("hello".encode("utf-16-le"), "a.txt", {}, "other byte or so is zero.*may be UTF-16LE"),
        ("h\xe9llo".encode("utf-16-be"), "a.txt", {}, "may be UTF-16BE"),
        ('{"text": "a"}\n\n{"text":\n', "a.jsonl", {}, "first in line 3, column"),
        ("a\nb\n", "a.txt", {"column": "text"}, "plain text and has no columns"),
        ("text,n\na,1\n", "a.csv", {"column": "txt"}, "Did you mean 'text'?.*It has 'text', 'n'"),
        ("text,n\n,1\n,2\n", "a.csv", {"column": "text"}, "column 'text' is empty. Others are 'n'"),
        ("x,n\n3,1\n4,2\n", "a.csv", {}, "only numbers"),
        ("text,n\n", "a.csv", {}, "a header and no rows"),
        ("text\n" + '""\n' * 300, "a.csv", {}, "a header and 300 rows without a text"),
        ("", "a.csv", {}, "is empty"),
        ("text,tag\na,x\nb,\n", "a.csv", {"labels": "tag"}, "1 of 2 rows have no 'tag'"),
        ("text,tag\na,x\n", "a.csv", {"labels": "tga"}, "--labels 'tga': a.csv has no such column"),
        ('{"text": "one"}\n[1]\n', "a.jsonl", {}, "holds '\\[1\\]'; expected only texts, or only objects"),
        ("{nonsense\n", "a.jsonl", {}, "not JSON.*a JSON text or object a line"),
        ('{"a": ["x", "y"], "n": 2}', "a.json", {}, "is one JSON object, with 'a', 'n'; expected a JSON list"),
        ('{\n"a": ["x", "y"]\n}', "a.json", {}, "is one JSON object, with 'a'.*Save the list of texts alone"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(
    content: str | bytes, name: str, options: dict[str, str], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        read(content, name, **options)


def test_texts_are_composed_and_without_signs_that_nobody_sees() -> None:
    assert items.tidied(" cafe\u0301\t \u200bx\x00\u00a0y\n z") == "caf\u00e9 x y\n z"
    assert items.tidied("\u202eso\xadft\u2060 \u2066n\u200co\u2069") == "soft n\u200co"
    assert isinstance(read("a\nb"), Items)
