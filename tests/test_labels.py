"""Classes from folders and from tables."""

from pathlib import Path
from typing import Any

import pytest

from sparring.data import labels
from sparring.errors import DataError


def by_table(folder: Path, names: list[str], where: str) -> Any:
    path = folder / "labels.csv"
    return labels.by_table(labels.read_table(path), path, names, where)


NAMES = ["a/1.png", "a/2.png", "b/3.png"]


@pytest.mark.parametrize("above", ["", "train/", "archive/of/"])
def test_each_subfolder_is_a_class_below_what_all_share(above: str) -> None:
    assert labels.by_folder([f"{above}{name}" for name in NAMES], "photos") == ["a", "a", "b"]


def test_deeper_folders_belong_to_the_first() -> None:
    assert labels.by_folder(["a/x/1.png", "a/y/2.png", "b/x/1.png"], "photos") == ["a", "a", "b"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["1.png", "a/2.png"], r"1 of 2 pictures in photos lie in no subfolder \(1.png\)"),
        (["1.png", "2.png", "3.png", "4.png"], r"4 of 4 .*\(1.png, 2.png, 3.png …\)"),
        (["a/1.png", "a/2.png"], "all pictures in photos lie in one folder, a: that is one class"),
    ],
)
def test_pictures_without_a_class(names: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        labels.by_folder(names, "photos")


TABLES = {
    "header": "file,label\na/1.png,cat\na/2.png,dog\nb/3.png,cat\n",
    "other columns and order": "id,class,width,filename\n7,cat,3,a/1.png\n8,dog,3,a/2.png\n9,cat,3,b/3.png\n",
    "no header": "a/1.png,cat\na/2.png,dog\nb/3.png,cat",
    "header of other words": "picture file,animal\na/1.png,cat\na/2.png,dog\nb/3.png,cat",
    "semicolons": "image;category\na/1.png;cat\na/2.png;dog\nb/3.png;cat\n",
    "tabs": "path\ttarget\na/1.png\tcat\na/2.png\tdog\nb/3.png\tcat\n",
    "bare names": "file,label\n1.png,cat\n2.png,dog\n3.png,cat\n",
    "Windows": "\ufefffile,label\r\n.\\a\\1.png,cat\r\na\\2.png,dog\r\nb/3.png , cat\r\n",
    "quotes": 'file,label\n"a/1.png","cat"\n"a/2.png","dog"\n"b/3.png",cat\n\n',
    "more rows": "file,label\na/1.png,cat\na/1.png,cat\na/2.png,dog\nb/3.png,cat\nz/9.png,cow\nshort\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_tables(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    assert by_table(tmp_path, NAMES, "photos").tolist() == ["cat", "dog", "cat"]


def test_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("a/1.png,10\na/2.png,9\nb/3.png,10\n")
    assert by_table(tmp_path, NAMES, "photos").tolist() == [10, 9, 10]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\na/1.png,cat\n", r"no label for 2 of 3 pictures in photos \(a/2.png, b/3.png\)"),
        ("file,label\na/1.png,cat\na/2.png,\nb/3.png,cat", r"no label for 1 of 3 .*\(a/2.png\)"),
        ("a,b,c\n1,2,3\n", "has the columns a, b, c; expected one of files"),
        ("", "columns of an empty file"),
        ("a/1.png,cat\na/1.png,dog\n", "calls a/1.png both 'cat' and 'dog'"),
    ],
)
def test_tables_that_do_not_fit(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        by_table(tmp_path, NAMES, "photos")


def test_a_bare_name_that_two_pictures_have_is_no_label(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("1.png,cat\n")
    with pytest.raises(DataError, match="no label for 2 of 2"):
        by_table(tmp_path, ["a/1.png", "b/1.png"], "photos")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\0", b"a,b\0c\n"])
def test_tables_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match="labels.csv"):
        by_table(tmp_path, NAMES, "photos")


def test_one_folder_is_one_class_and_said_to_be() -> None:
    with pytest.raises(DataError, match="all pictures in photos lie in one folder, cats: that is one class"):
        labels.by_folder(["cats/1.png", "cats/2.png"], "photos")


@pytest.mark.parametrize(
    "texts", [("01", "1", "2"), ("1_0", "10", "3"), ("10000000000000000000", "2", "3"), ("1.0", "1", "2")]
)
def test_labels_of_different_texts_stay_apart(tmp_path: Path, texts: tuple[str, ...]) -> None:
    rows = "\n".join(f"{name},{text}" for name, text in zip(NAMES, texts, strict=True))
    (tmp_path / "labels.csv").write_text(f"file,label\n{rows}\n")
    assert by_table(tmp_path, NAMES, "photos").tolist() == list(texts)


def test_quoted_names_may_have_line_ends(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text('file,label\n"a\nb.png",cat\nc\u2028d.png,dog\n', newline="")
    found = by_table(tmp_path, ["a\nb.png", "c\u2028d.png"], "photos")
    assert found.tolist() == ["cat", "dog"]


def test_an_accent_is_the_same_letter_however_it_is_written(tmp_path: Path) -> None:
    for written, named in (("\u00e9", "e\u0301"), ("e\u0301", "\u00e9")):
        (tmp_path / "labels.csv").write_text(f"{written}1.png,cat\n", "utf-8")
        assert by_table(tmp_path, [f"{named}1.png"], "photos").tolist() == ["cat"]
        assert by_table(tmp_path, [f"a/{named}1.png"], "photos").tolist() == ["cat"]
