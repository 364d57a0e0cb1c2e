"""The history of a training as a table: one row per record, one column per logged name."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from math import nan
from typing import Any, overload

from sparring.errors import ConfigError, counted, unknown
from sparring.history.record import Record

HEAD = ("step", "samples_seen", "seconds", "progress")
# The columns that are shown, if they were logged.
SHOWN = (
    "step",
    "seconds",
    "progress",
    "times_real",
    "distance",
    "spread",
    "g_loss",
    "d_loss",
    "d_real",
    "d_fake",
)
ROWS = 12  # the last rows, which are shown


class History(Sequence[Record]):
    """The records of a training, as a sequence and as a table with one column per logged name.

    ``history[-1]`` is the last record, ``history["d_loss"]`` is a column.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records = list(records)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns: the state of the training first, then the logged names."""
        return tuple(dict.fromkeys([*HEAD, *(name for record in self for name in record.values)]))

    @property
    def rows(self) -> list[tuple[float, ...]]:
        """One row per record, in the order of ``columns``; NaN where a record lacks the name."""
        columns = self.columns
        return [tuple(_cell(record, name) for name in columns) for record in self]

    def to_pandas(self) -> Any:
        """The table as a ``pandas.DataFrame``.

        Raises:
            ConfigError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise _missing("pandas") from error
        return pandas.DataFrame.from_records(self.rows, columns=list(self.columns))

    def to_polars(self) -> Any:
        """The table as a ``polars.DataFrame``; what a record lacks is null.

        Raises:
            ConfigError: polars is not installed.
        """
        try:
            import polars
        except ImportError as error:
            raise _missing("polars") from error
        return polars.DataFrame({name: self[name] for name in self.columns}, strict=False).fill_nan(None)

    def append(self, record: Record) -> None:
        """Add a record as the last row."""
        self._records.append(record)

    @overload
    def __getitem__(self, place: int) -> Record: ...

    @overload
    def __getitem__(self, place: slice) -> History: ...

    @overload
    def __getitem__(self, place: str) -> list[float]: ...

    def __getitem__(self, place: int | slice | str) -> Record | History | list[float]:
        if isinstance(place, str):
            if place not in self.columns:
                raise ConfigError(unknown("column", place, self.columns))
            return [_cell(record, place) for record in self]
        found = self._records[place]
        return History(found) if isinstance(found, list) else found

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        names, rows = self._shown()
        widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in (names, *rows)
        ]
        return "\n".join([*lines, self._size()])

    def _repr_html_(self) -> str:
        """The table as HTML, for notebooks."""
        names, rows = self._shown()
        lines = [f"<tr>{''.join(f'<th>{html.escape(name)}</th>' for name in names)}</tr>"]
        lines += [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows]
        return f"<table>{''.join(lines)}</table><p>{self._size()}</p>"

    def _shown(self) -> tuple[list[str], list[list[str]]]:
        """The names of the shown columns, and the last ROWS rows as text."""
        names = [name for name in SHOWN if name in self.columns]
        return names, [[_text(name, _cell(record, name)) for name in names] for record in self[-ROWS:]]

    def _size(self) -> str:
        counts = f"{counted(len(self), 'record')} with {len(self.columns)} columns"
        return f"[{counts}: .columns, ['d_loss'], .to_pandas(), .to_polars()]"


def _missing(package: str) -> ConfigError:
    return ConfigError(
        f"{package} is not installed: pip install {package}. Without {package}, history['d_loss'] is a column "
        "as a list, and history.rows has all rows."
    )


def _cell(record: Record, name: str) -> float:
    found: float = getattr(record, name) if name in HEAD else record.values.get(name, nan)
    return found


def _text(name: str, value: float) -> str:
    if value != value:
        return ""
    if name == "progress":
        return f"{value:.0%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
