"""What parts the cells of a text file, ends its lines and begins it comes back in drawn rows."""

from pathlib import Path

import pytest

from sparring.data.table import rows
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_columns, from_path
from sparring.data.table.dialect import USUAL
from sparring.data.table.reading import from_text, is_table, read_text
from sparring.errors import DataError, UnreadableError
from sparring.kinds import table as table_kind


@pytest.mark.parametrize(
    "text",
    [
        '\ufeffa,b\r\n1,"x, y"\r\n2,"z\nw"\r\n',
        "a;b\r\n1,5;x\r\n2,0;y\r\n",
        "a|b\n1|x\n2|y\n",
        "a\tb\r1\tx\r2\ty\r",
        '"a\nc",b\r\n1,x\r\n2,y\r\n',
    ],
)
def test_a_file_comes_back_as_it_parts_cells_and_ends_lines(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode())
    data = from_path(tmp_path / "t.csv", {})
    codec = Columns.from_dict(Columns.of(data.spec.codec).to_dict())
    assert rows.as_csv(codec, data.samples.numpy()).decode() == text


def test_tabs_of_a_tsv_are_those_of_its_name(tmp_path: Path) -> None:
    text = "a\tb\n1\tx\n2\ty\n"
    (tmp_path / "t.tsv").write_text(text, "utf-8")
    data = from_path(tmp_path / "t.tsv", {})
    assert rows.as_csv(Columns.of(data.spec.codec), data.samples.numpy()).decode() == text.replace("\t", ",")
    table_kind.write_csv(data.samples.numpy(), None, data.spec, tmp_path / "again.tsv", None)
    assert (tmp_path / "again.tsv").read_text("utf-8") == text


def test_a_run_of_a_table_without_line_ends_is_read() -> None:
    saved = Columns.of(from_columns(from_text("a,b\n1,x\n2,y\n", "t.csv"), "t", {}).spec.codec).to_dict()
    del saved["line_end"], saved["marked"]
    assert Columns.from_dict(saved).dialect == USUAL
    with pytest.raises(UnreadableError, match="line_end"):
        Columns.from_dict({**saved, "line_end": "x"})


def test_the_line_that_tells_excel_the_delimiter_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\r\nx;y\r\n" + "1,5;2\r\n2,5;3\r\n" * 10 + "1;2;3\r\n")
    assert is_table(path)
    with pytest.raises(DataError, match="line 23: 3 cells"):  # as an editor counts
        read_text(path)
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    assert [raw.name for raw in read_text(path)] == ["x", "y"]


def test_two_columns_of_one_name_are_a_table_that_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,a\n" + "1,2\n3,4\n" * 10)
    assert is_table(path)
    with pytest.raises(DataError, match="'a'"):
        read_text(path)
