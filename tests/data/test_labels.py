"""Classes from folders and from tables."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sparring.data import labels
from sparring.data.globs import chosen
from sparring.data.source import Source
from sparring.errors import ConfigError, DataError


def by_table(folder: Path, names: list[str], where: str) -> Any:
    return labels.by_table(labels.find(str(folder / "labels.csv"), NOTHING), names, where)


NOTHING = Source("photos", (), lambda _: b"")
NAMES = ["a/1.png", "a/2.png", "b/3.png"]


@pytest.mark.parametrize("above", ["", "train/", "archive/of/"])
def test_each_subfolder_is_a_class_below_what_all_share(above: str) -> None:
    assert labels.by_folder([f"{above}{name}" for name in NAMES], "photos") == ["a", "a", "b"]


def test_deeper_folders_belong_to_the_first() -> None:
    assert labels.by_folder(["a/x/1.png", "a/y/2.png", "b/x/1.png"], "photos") == ["a", "a", "b"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["1.png", "a/2.png"], r"1 of 2 files in photos lie in no subfolder \('1.png'\)"),
        (["1.png", "2.png", "3.png", "4.png"], r"4 of 4 .*\('1.png', '2.png', '3.png' …\)"),
        (["a/1.png", "a/2.png"], "all files in photos lie in one folder, a: that is one class"),
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
        ("file,label\na/1.png,cat\n", r"no label for 2 of 3 files in photos \('a/2.png', 'b/3.png'\)"),
        ("file,label\na/1.png,cat\na/2.png,\nb/3.png,cat", r"no label for 1 of 3 .*\('a/2.png'\)"),
        ("a,b,c\n1,2,3\n", "has the columns 'a, b, c'; expected one with files"),
        ("", "is empty; expected one with files"),
        ("a/1.png,cat\na/1.png,dog\n", "labels 'a/1.png' both 'cat' and 'dog'"),
    ],
)
def test_tables_that_do_not_fit(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        by_table(tmp_path, NAMES, "photos")


def test_a_bare_name_that_two_pictures_have_is_no_label(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("1.png,cat\n")
    with pytest.raises(
        DataError, match=r"does not distinguish 2 of 2 files in photos \('a/1.png', 'b/1.png'\)"
    ):
        by_table(tmp_path, ["a/1.png", "b/1.png"], "photos")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\0", b"a,b\0c\n"])
def test_tables_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match="labels.csv"):
        by_table(tmp_path, NAMES, "photos")


def test_one_folder_is_one_class_and_said_to_be() -> None:
    with pytest.raises(DataError, match="all files in photos lie in one folder, cats: that is one class"):
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


IDS = {
    "without suffix": ("id,label\n1,cat\n2,dog\n3,cat\n", NAMES),
    "of another suffix": ("id,breed\n1.jpg,cat\n2.JPG,dog\n3.jpg,cat\n", NAMES),
    "in another folder": ("image_id,label\ntrain/1.png,cat\ntrain/2.png,dog\ntrain/3.png,cat\n", NAMES),
    "with a path": ("Image Path,Class\na/1,cat\na/2,dog\nb/1,cat\n", ["a/1.png", "a/2.png", "b/1.png"]),
    "with dots": ("id,label\nx.1,cat\nx.2,dog\nx.3,cat\n", ["x.1.png", "x.2.png", "x.3.png"]),
    "in capitals": ("id,label\nimg_1,cat\nimg_2,dog\nimg_3,cat\n", ["IMG_1.PNG", "IMG_2.PNG", "IMG_3.PNG"]),
    "of scans": ("id,label\n1.2.40,cat\n1.2.41,dog\nIM3,cat\n", ["1.2.40", "1.2.41", "IM3"]),
}


@pytest.mark.parametrize(("text", "names"), IDS.values(), ids=IDS)
def test_ids_name_pictures_where_they_are_unique(tmp_path: Path, text: str, names: list[str]) -> None:
    (tmp_path / "labels.csv").write_text(text)
    assert by_table(tmp_path, names, "photos").tolist() == ["cat", "dog", "cat"]


@pytest.mark.parametrize(
    ("text", "names"),
    [("1,cat\n2,dog\n", ["a/1.png", "a/1.jpg", "2.png"]), ("x/1,cat\ny/1,dog\n2,dog\n", ["1.png", "2.png"])],
)
def test_ids_that_fit_several_pictures_or_rows_are_told(tmp_path: Path, text: str, names: list[str]) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DataError, match=r"does not distinguish . of . files .*1.png.*Write their paths"):
        by_table(tmp_path, names, "photos")


def of_json(folder: Path, content: Any) -> Any:
    path = folder / "dataset.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return labels.by_table(labels.find(str(path), NOTHING), NAMES, "photos").tolist()


@pytest.mark.parametrize(
    "content",
    [
        {"labels": [["a/1.png", 5], ["a/2.png", 3], ["b/3.png", 5], ["b/9.png", 0]]},
        {"labels": {"a/1.png": 5, "a/2.png": 3, "b/3.png": 5}},
        {"1.png": 5, "2.png": 3, "3.png": 5},
        [["1", "5"], ["2", "3"], ["3", "5"]],
    ],
)
def test_labels_of_json(tmp_path: Path, content: Any) -> None:
    assert of_json(tmp_path, content) == [5, 3, 5]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"labels": None}, 'says that its pictures have no labels ."labels": null.. Leave --labels out'),
        ({"labels": []}, "holds .* for labels. Expected"),
        ({"labels": 3}, "holds 3 for labels. Expected"),
        ({"labels": [["a/1.png", [0.1, 0.2]]]}, "among its labels. Expected"),
        ({"labels": [["a/1.png", True]]}, "among its labels. Expected"),
        ({"labels": [["a/1.png"] * 99_999]}, "among its labels. Expected"),
        ({"images": [{"id": 1}], "annotations": []}, "among its labels. Expected"),
        ({"labels": [["1.png", 0], ["1.png", 1]]}, "labels '1.png' both '0' and '1'"),
        ("{", "cannot be read: it is not JSON, first in line 1"),
        ("[" * 100_000, "cannot be read: it is nested"),
        ('{"labels": [["1.png", ' + "9" * 5000 + "]]}", "among its labels. Expected"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_json_that_holds_no_labels_is_told_in_few_words(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(DataError, match=said) as told:
        of_json(tmp_path, content)
    assert len(str(told.value)) < 400


def test_columns_of_any_length_are_told_in_few_words(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(",".join(f"column {k}" for k in range(50_000)))
    with pytest.raises(DataError, match="has the columns 'column 0") as told:
        by_table(tmp_path, NAMES, "photos")
    assert len(str(told.value)) < 800


TABLE = "1,cat\n2,dog\n3,cat\n"


@pytest.mark.parametrize("given", ["labels.csv", "deep/labels.csv", "/photos.zip/deep/labels.csv"])
def test_a_table_beside_the_pictures_is_found(given: str) -> None:
    names = ("deep/labels.csv", "other.csv")
    source = Source("/photos.zip", tuple(NAMES), lambda _: TABLE.encode(), tables=names)
    table = labels.find(given, source)
    assert table.path == "/photos.zip/deep/labels.csv"
    assert labels.by_table(table, NAMES, "photos").tolist() == ["cat", "dog", "cat"]


def test_a_table_without_a_name_is_not_the_current_folder() -> None:
    with pytest.raises(
        ConfigError, match="labels = '': the name is empty. Give folders, or a CSV or JSON file"
    ):
        labels.find("", NOTHING)


def test_several_tables_of_one_name_are_told() -> None:
    source = Source("/photos.zip", (), lambda _: b"", tables=("a/labels.csv", "b/labels.csv"))
    with pytest.raises(DataError, match=r"holds several 'labels.csv' \('a/labels.csv', 'b/labels.csv'\)"):
        labels.find("labels.csv", source)


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        (["train", "valid"], r"look like parts of a data set.*only one of them \(--include 'train/\*'\)"),
        (["Test", "images"], r"look like parts of a data set.*\(--include 'Test/\*'\)"),
        (["all/train", "all/test", "all/cat"], r"'test', 'train' look like parts .*\(--include 'test/\*'\)"),
        (["0000", "0001", "0017"], "numbered like the parts of a large data set"),
        (["chunk_1", "chunk_2"], "numbered like"),
        (["part-3", "part-10"], "numbered like"),
        (["batch1", "Batch2"], "numbered like"),
        (["cat", "test"], None),
        (["0", "1", "2"], None),
        (["7", "10", "12"], None),
        (["cat", "dog", "001"], None),
        (["part", "partridge"], None),
    ],
)
def test_folders_that_are_no_classes_are_remarked_on(folders: list[str], said: str | None) -> None:
    names = [f"{folder}/{k}.png" for k, folder in enumerate(folders)]
    found = labels.remarks(labels.by_folder(names, "/photos"))
    assert len(found) == (said is not None)
    assert said is None or re.search(said, found[0])


def times(counts: dict[str, int]) -> list[str]:
    return [f"{folder}{k}.png" for folder, count in counts.items() for k in range(count)]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"cats/": 2, "dogs/": 3}, "2 subfolders look like classes ('cats', 'dogs'). To use them as "
            "classes, add --labels folders."),
        ({"set/cats/x/": 2, "set/dogs/": 2}, "2 subfolders look like classes ('cats', 'dogs')"),
        ({"cats/": 2, "dogs/": 2, "owls/": 1}, "3 subfolders look like classes"),
        ({"cats/": 2, "dogs/": 2, "": 1}, "2 subfolders look like classes ('cats', 'dogs'), and 1 picture "
            "lies in none of them. To use them as classes, add --labels folders --include '*/*'."),
        ({"all/cats/": 2, "all/dogs/": 2, "all/": 2}, "2 pictures lie in none of them. To use them as "
            "classes, add --labels folders --include '*/*/*'."),
        ({"Train/cats/": 2, "Train/dogs/": 2, "test/cats/": 2}, "2 folders in Train look like classes "
            "('cats', 'dogs'). To use them as classes, add --labels folders --include 'Train/*'."),
        ({"a/test/cats/": 2, "a/valid/cats/": 2, "a/valid/dogs/": 2}, "2 folders in valid look like"),
    ],
)  # fmt: skip
def test_folders_that_look_like_classes_and_are_not_used(counts: dict[str, int], said: str) -> None:
    assert said in labels.unused(times(counts))


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"": 9},
        {"cats/": 9},
        {"train/": 2, "test/": 2},
        {"train/cats/": 2, "cats/": 2},
        {"cats/": 2, "dogs/": 2, "": 5},  # a few that were put aside
        {"ann/": 1, "bob/": 1, "eve/": 2},
        {"001/": 2, "002/": 2},
        {"16x16/": 2, "32x32/": 2},
    ],
)
def test_other_folders_do_not_look_like_classes(counts: dict[str, int]) -> None:
    assert labels.unused(times(counts)) == ""


def test_what_is_advised_for_class_folders_works() -> None:
    names = times({"all/cats/": 2, "all/dogs/": 2, "all/": 2})
    inside = chosen(Source("photos", tuple(names), lambda _: b""), "*/*/*", "none")[0].files
    assert set(labels.by_folder(inside, "photos")) == {"cats", "dogs"}
    parts = times({"Train/cats/": 2, "Train/dogs/": 2, "test/cats/": 2})
    inside = chosen(Source("photos", tuple(parts), lambda _: b""), "Train/*", "none")[0].files
    assert labels.by_folder(inside, "photos") == ["cats", "cats", "dogs", "dogs"]
