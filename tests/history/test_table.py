"""A history as a table."""

import math
import sys
from types import SimpleNamespace

import pytest

from sparring.errors import ConfigError
from sparring.history.record import Record
from sparring.history.table import ROWS, History


def record(step: int, **values: float) -> Record:
    return Record(step, 16 * step, 0.5, step / 100, values)


TABLE = History([record(1, d_loss=1.25), record(1500, d_loss=0.5, times_real=2345.0)])


def test_it_is_a_sequence_of_records() -> None:
    assert TABLE[-1] == record(1500, d_loss=0.5, times_real=2345.0)
    assert [one.step for one in TABLE] == [1, 1500]
    assert [one.step for one in TABLE[1:]] == [1500]
    assert len(TABLE) == 2
    assert len(History()) == 0


def test_columns_are_the_place_and_all_that_was_logged() -> None:
    assert TABLE.columns == ("step", "samples_seen", "seconds", "progress", "d_loss", "times_real")
    assert TABLE["d_loss"] == [1.25, 0.5]
    assert TABLE["step"] == [1, 1500]
    assert TABLE.rows[1] == (1500, 24_000, 0.5, 15.0, 0.5, 2345.0)
    assert math.isnan(TABLE["times_real"][0])
    with pytest.raises(ConfigError, match="Did you mean 'd_loss'"):
        TABLE["d_los"]


def test_pandas_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = SimpleNamespace(from_records=lambda rows, columns: (rows, columns))
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=frame))
    rows, columns = TABLE[:1].to_pandas()
    assert rows == [(1, 16, 0.5, 0.01, 1.25)]
    assert columns == ["step", "samples_seen", "seconds", "progress", "d_loss"]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ConfigError, match="pip install pandas"):
        TABLE.to_pandas()


def test_polars_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = TABLE.to_polars()
    assert frame.columns == list(TABLE.columns)
    assert frame["step"].to_list() == [1, 1500]
    assert frame["times_real"].to_list() == [None, 2345.0]
    assert History().to_polars().shape == (0, 4)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ConfigError, match="pip install polars"):
        TABLE.to_polars()


def test_it_can_be_read_in_a_terminal_and_in_a_notebook() -> None:
    lines = repr(TABLE).splitlines()
    assert lines[0].split() == ["step", "seconds", "progress", "times_real", "d_loss"]
    assert lines[1].split() == ["1", "0.5", "1%", "1.25"]
    assert lines[2].split() == ["1,500", "0.5", "1500%", "2,345", "0.5"]
    assert lines[3] == "[2 records with 6 columns: .columns, ['d_loss'], .to_pandas(), .to_polars()]"
    assert "<td>2,345</td>" in TABLE._repr_html_()
    long = History(record(k, d_loss=0.0) for k in range(100))
    assert len(repr(long).splitlines()) == ROWS + 2
    assert repr(History()).splitlines()[-1].startswith("[0 records")
