"""Lines above the names of a table are none of it."""

import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from sparring.data.table import rows
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_path
from sparring.data.table.reading import is_table, read_text
from sparring.data.table.titles import body
from sparring.errors import DataError
from sparring.kinds import find

TABLE = "name,age\nanna,5\nbert,6\nanna,7\n"


@pytest.mark.parametrize(
    ("above", "table", "lines"),
    [
        ("Report 2024\n", TABLE, 1),
        ("Report 2024\r\nmade by ACME\r\n\r\n", TABLE.replace("\n", "\r\n"), 3),
        ("Title\n", TABLE.replace(",", ";"), 1),
        ("# made by us, on Monday\n", TABLE, 1),
        ('"Report\nof two lines"\n', TABLE, 2),
        ("Report,,\n,,\n", "a,b,c\n1,2,3\n4,5,6\n", 2),
        ("Report; by us, 2024\n", "a;b;c;d\n1;2;3;x\n4;5;6;y\n", 1),
        ("Report\n", TABLE + "\nTotal: 18\nSource: us\n", 1),
        ("", TABLE, 0),
        ("", ",a,b\n0,1,2\n1,3,4\n", 0),
        ("", "id,,\nx,y,z\nu,v,w\nu,v,w\n", 0),  # names that are not there
        ("", "age\nanna,5\nbert,6\n", 0),  # of R, without a name for those of the rows
        ("", "text\nhello, you\nwell, then\noh, no\n", 0),
        ("", "n;x\na;1,25\nb;2,5\nc;3,5\n", 0),  # decimal commas
        ("", "Report\n", 0),
    ],
)
def test_what_stands_above_the_names(above: str, table: str, lines: int) -> None:
    found = body(above + table)
    assert (found.text, found.lines) == (table, lines)


def test_a_file_with_a_title_is_a_table_and_its_title_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = "age;pay;town\r\n" + "".join(f"{k % 9};{k % 7},5;{'xyz'[k % 3]}\r\n" for k in range(30))
    path.write_bytes(("Pay, by age\r\nof 2024\r\n" + text).encode())
    assert is_table(path)
    data = from_path(path, {})
    assert data.origin is not None
    said = "the first 2 lines of t.csv (such as 'Pay, by age') are none of the table: skipped"
    assert data.origin.notes[0].startswith(said)
    assert rows.as_csv(Columns.of(data.spec.codec), data.samples.numpy()).decode() == text


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("0.5,a,7", True),
        ("x,y,z", False),
        ("2019,town,2020", False),  # years may be names
        ("0.5,3,x", False),  # as no row is
    ],
)
def test_names_that_look_like_a_row_are_told(tmp_path: Path, head: str, said: bool) -> None:
    path = tmp_path / "t.csv"
    path.write_text(head + "\n" + "".join(f"{k * k % 17}.5,{'ab'[k % 2]},{k % 5}\n" for k in range(30)))
    data = from_path(path, {})
    assert data.origin is not None
    note = "the names of the columns are '0.5', 'a', '7': if that is a row, write a line with names above it."
    assert (note in data.origin.notes) == said
    assert sum("write a line with names" in one for one in data.origin.notes) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("t.csv.gz", "it is packed. Unpack it"),
        ("t.zip", "A table or texts in it: unpack it, and give that file"),
        ("t.feather", "save it as .parquet or .csv"),
        ("t.psv", "if it is a table in text, give it the ending .csv or .tsv"),
        ("t.json", "For a table, write JSON lines (.jsonl) or CSV"),
    ],
)
def test_a_table_in_another_file_is_told_the_next_step(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / name
    if path.suffix == ".zip":
        ZipFile(path, "w").writestr("t.csv", TABLE)
    else:
        path.write_text('[{"a": 1}, {"a": 2}]')
    with pytest.raises(DataError, match=re.escape(said)):
        find.dataset(str(path))


def test_a_faulty_line_below_a_title_is_named_by_its_place_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Title\n\n" + TABLE + "cleo,1,2\n")
    with pytest.raises(DataError, match="t.csv, line 7: 3 cells, but the header has 2 names"):
        read_text(path)
