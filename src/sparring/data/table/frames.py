"""Tables in memory (pandas, polars, pyarrow) through narwhals, and Parquet files through pyarrow: one door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from sparring.data.table import moments
from sparring.data.table.codec import Columns
from sparring.data.table.codes import BLANKS
from sparring.data.table.column import DAY, KEPT, MIXED, Column
from sparring.data.table.guess import Raw
from sparring.data.table.moments import EPOCH
from sparring.data.table.numerals import MOST_WHOLE, value_of
from sparring.data.table.reading import check_names
from sparring.errors import DataError, quoted
from sparring.files import whole

INSTALL = 'pip install "sparring[tables]"'
FRAMES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}
WORDS = ("String", "Categorical", "Enum", "Object")
# After a type of narwhals, what pandas has besides: its types that may lack, dates as Python's, whole levels.
NULLABLE, OBJECTS, WHOLE = " nullable", " objects", " of whole numbers"
NUMBERS, TRUTHS, MOMENTS = " of numbers", " of truths", " of moments"  # other levels than words
OF_LEVELS = {"i": WHOLE, "u": WHOLE, "f": NUMBERS, "b": TRUTHS, "M": MOMENTS}  # by the kind of NumPy's type
STAMPS = " of pandas" + OBJECTS  # moments and durations that are pandas's own objects, not Python's
ARROW = " of arrow"  # a column of pandas whose values are those of pyarrow, as "int64[pyarrow]"
# Types of Python's values in columns of objects of pandas, and what they come back as.
ALIKE = (
    ({date}, "Date"), ({bool, np.bool_}, "Boolean"), ({int, np.int64}, "Int64"),
    ({int, float, Decimal, np.int64, np.float64}, "Float64"), ({time}, "Time"), ({UUID}, "Uuid"),
)  # fmt: skip
WRITTEN = {bool, np.bool_, int, np.int64, float, np.float64, str}  # types that their text tells
SEVERAL = (list, tuple, dict, set, bytes, np.ndarray)
UNIT = re.compile(r"time_unit='(\w+)'")
PRECISION = 38  # the digits of a decimal number in Parquet, pyarrow and polars
SPACIOUS = Context(prec=2 * PRECISION)  # Python's own has 28 digits, and fails where a number needs more
SCALE = re.compile(r"^Decimal\(precision=(\d+), scale=(\d+)\)")
ZONE = re.compile(r"time_zone='([^']+)'")


def package(name: str, what: str) -> Any:
    """A package of the extra ``tables``.

    Raises:
        DataError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise DataError(f"{what} needs {name.split('.')[0]}: {INSTALL}") from error


def backend_of(data: Any) -> str:
    """The library whose table this is, "" for anything else; nothing is imported to tell.

    Raises:
        DataError: it is a query of polars, whose rows are not there yet.
    """
    library = type(data).__module__.partition(".")[0]
    if (library, type(data).__name__) == ("polars", "LazyFrame"):
        raise DataError("a LazyFrame of polars has no rows yet: give the table that its collect() makes.")
    return library if FRAMES.get(library) == type(data).__name__ else ""


def is_numbered(frame: Any) -> bool:
    """Whether the names of the columns are whole numbers, as in a table of pandas made of an array."""
    return all(isinstance(name, int | np.integer) for name in getattr(frame, "columns", [""]))


def from_frame(frame: Any, name: str) -> list[Raw]:
    """The columns of a table in memory.

    Raises:
        DataError: narwhals is not installed, or two columns have one name.
    """
    nw = package("narwhals", "a table in memory")
    names = [str(one) for one in (frame.column_names if hasattr(frame, "column_names") else frame.columns)]
    check_names(names, name)
    if not names or not len(frame):
        raise DataError(f"{name} has no {'rows' if names else 'columns'}: expected at least ten rows.")
    table = nw.from_native(frame, eager_only=True)
    return [_raw(nw, series, column) for column, series in zip(names, table.iter_columns(), strict=True)]


def from_parquet(path: Path) -> list[Raw]:
    """The columns of a Parquet file.

    Raises:
        DataError: pyarrow is not installed, or it is no such file.
    """
    reader = package("pyarrow.parquet", f"{path.name}: a Parquet file")
    arrow = package("pyarrow", "a Parquet file")
    try:
        table = reader.read_table(path)
    except (OSError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read as Parquet. Is it complete? Write it once more.") from error
    return from_frame(table, path.name)


def _raw(nw: Any, series: Any, name: str) -> Raw:
    """One column, with its distinct values in order."""
    dtype = _of_objects(nw, series) or str(series.dtype) + _besides(nw, series)
    if series.is_null().all():
        return Raw(name, np.full(len(series), -1, np.int32), [], dtype=dtype.removeprefix("Unknown"))
    if dtype in (MIXED, KEPT) or dtype.startswith("Uuid"):
        return _of_words(series, name, dtype)
    if dtype.startswith("Datetime") and series.dtype == nw.Object:
        return _of_numbers(name, _of_values(series, _seconds), "time", dtype)
    if dtype.startswith("Date") and dtype.endswith(OBJECTS):
        days = [(x - EPOCH.date()).days if type(x) is date else np.nan for x in series.to_list()]
        return _of_numbers(name, DAY * np.array(days, np.float64), "date", dtype)
    if dtype.startswith("Time"):
        return _of_numbers(name, _of_values(series, moments.seconds_of_day), "time", dtype)
    if dtype.startswith("Duration"):
        seconds = _of_values(series, timedelta.total_seconds)
        return _of_numbers(name, seconds, _whole_or_not(seconds), dtype)
    if series.dtype.is_numeric() or dtype.startswith("Boolean") or dtype.endswith(OBJECTS):
        if dtype.startswith(("Int128", "UInt128")):  # of which NumPy has none
            return _of_words(series, name, dtype)
        numbers = _numbers(series)
        if dtype.startswith(("Int", "UInt")) and np.nanmax(np.abs(numbers)) >= MOST_WHOLE:
            return _of_words(series, name, dtype)
        known = (
            "boolean" if dtype.startswith("Boolean") else "whole" if dtype.startswith(("Int", "UInt")) else ""
        )
        return _of_numbers(name, numbers, known or _whole_or_not(numbers), dtype)
    if dtype.startswith(("Datetime", "Date")):
        naive = series.dt.replace_time_zone(None) if ZONE.search(dtype) else series
        are_days = series.dtype == nw.Date
        if are_days:
            naive = naive.cast(nw.Datetime("us"))
        seconds = _numbers(naive.dt.timestamp("us")) / 1e6
        return _of_numbers(name, seconds, "date" if are_days else "time", dtype)
    if not dtype.startswith(WORDS):
        native = series.to_native()
        kind = quoted(str(getattr(native, "dtype", None) or native.type))
        raise DataError(
            f"the column {quoted(name)} holds {kind} values: expected numbers, texts, dates, times, "
            "durations, or true and false. Change its type, or leave it out."
        )
    return _of_words(series, name, dtype)


def _of_words(series: Any, name: str, dtype: str) -> Raw:
    """A column of texts, or of what is read as texts.

    Raises:
        DataError: a cell holds several values.
    """
    known_values: dict[str, int] = {}
    codes = np.empty(len(series), np.int32)
    for place, (value, is_missing) in enumerate(zip(series.to_list(), series.is_null().to_list(), strict=True)):
        if isinstance(value, SEVERAL):
            raise DataError(
                f"the column {quoted(name)} holds {type(value).__name__} values, and a cell of a table has one "
                "number, text or date. Leave it out."
            )
        word = "" if is_missing else str(value).strip()
        codes[place] = -1 if word in BLANKS else known_values.setdefault(word, len(known_values))
    known = "category" if dtype.startswith(("Categorical", "Enum")) else ""
    if dtype.startswith("Enum"):  # levels in the user's order
        given = {str(level).strip(): place for place, level in enumerate(series.dtype.categories)}
        words = sorted(known_values, key=lambda word: given.get(word, 0))
        places = {word: place for place, word in enumerate(words)}
        moved = np.array([*(places[word] for word in known_values), -1], np.int32)
        levels = next((levels for levels in OF_LEVELS.values() if dtype.endswith(levels)), "")
        return Raw(name, moved[codes], words, known, f"Enum{levels}")
    return Raw(name, codes, list(known_values), known, dtype)


def _besides(nw: Any, series: Any) -> str:
    """What a column of pandas has besides the type that narwhals tells; "" for others."""
    if series.implementation != nw.Implementation.PANDAS:
        return ""
    native, dtype = series.to_native(), str(series.dtype)
    if hasattr(native.dtype, "pyarrow_dtype"):
        return ARROW
    if dtype.startswith(("Categorical", "Enum")):
        return OF_LEVELS.get(native.cat.categories.dtype.kind, "")
    if hasattr(native.dtype, "numpy_dtype") or str(native.dtype) == "string":
        return NULLABLE
    return ""


def _of_objects(nw: Any, series: Any) -> str:
    """The type of the Python values of a column of objects; "" for others, and for texts."""
    if series.dtype != nw.Object:
        return ""
    pairs = zip(series.to_list(), series.is_null().to_list(), strict=True)
    there = [value for value, is_missing in pairs if not is_missing]
    dtype = _of_moments(there)
    if series.implementation != nw.Implementation.PANDAS:
        return dtype
    if dtype:
        return dtype + (STAMPS if all(hasattr(value, "to_numpy") for value in there) else OBJECTS)
    found = {type(value) for value in there}
    if found == {Decimal} and (dtype := _of_decimals(there)):
        return f"{dtype}{OBJECTS}"
    for types, dtype in ALIKE:
        if found and found <= types:
            return f"{dtype}{OBJECTS}"
    if len(found) < 2 or not found <= WRITTEN:
        return ""
    texts = (value.strip() for value in series.to_native() if isinstance(value, str))
    return MIXED if any(value_of(text) != text for text in texts) else KEPT


def _of_moments(values: list[Any]) -> str:
    """The type that holds all of these moments, or durations, of Python; "" if they are something else.

    Days are moments where some values have a time of day. Of moments with zones the type is that of UTC.
    """
    if not values or {*map(type, values)} == {date}:
        return ""
    if all(isinstance(value, timedelta) for value in values):
        return "Duration(time_unit='us')"
    if not all(isinstance(value, date) for value in values):  # of which datetime is one
        return ""
    zones = {getattr(value, "tzinfo", None) is not None for value in values}
    zone = ", time_zone='UTC'" if zones == {True} else ""
    return f"Datetime(time_unit='us'{zone})" if len(zones) == 1 else ""


def _seconds(moment: date) -> float:
    """A moment, or the beginning of a day, in seconds since 1970, in UTC if it has a zone."""
    if not isinstance(moment, datetime):
        return float((moment - EPOCH.date()).days * DAY)
    naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return (naive - EPOCH).total_seconds()


def _of_decimals(values: Iterable[Decimal]) -> str:
    """The type that holds all of these numbers of Python; "" if none does."""
    finite = [value for value in values if value.is_finite()]
    scale = max((-int(value.as_tuple().exponent) for value in finite), default=0)
    digits = max((value.adjusted() + 1 for value in finite), default=0)
    scale, digits = max(scale, 0), max(digits, 0)
    return f"Decimal(precision={PRECISION}, scale={scale})" if scale + digits <= PRECISION else ""


def _numbers(series: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    found = series.to_numpy()
    if found.dtype.kind == "O":
        pairs = zip(found.tolist(), series.is_null().to_list(), strict=True)
        found = np.array([np.nan if is_missing else value for value, is_missing in pairs], np.float64)
    return np.asarray(found, np.float64)


def _of_values(series: Any, number: Callable[[Any], float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The number of each of Python's values, NaN where there is none."""
    pairs = zip(series.to_list(), series.is_null().to_list(), strict=True)
    return np.array([np.nan if is_missing else number(value) for value, is_missing in pairs], np.float64)


def _whole_or_not(numbers: Any) -> str:
    there = numbers[np.isfinite(numbers)]
    return "whole" if len(there) and bool((there == there.round()).all()) else "number"


def _of_numbers(name: str, numbers: Any, known: str, dtype: str) -> Raw:
    infinite = int(np.isinf(numbers).sum())
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    values, codes = np.unique(numbers, return_inverse=True)
    if len(values) and np.isnan(values[-1]):
        codes = np.where(codes == len(values) - 1, -1, codes)
        values = values[:-1]
    return Raw(name, codes.astype(np.int32), values, known, dtype, infinite=infinite)


def to_frame(codec: Columns, columns: dict[str, list[Any]]) -> Any:
    """Columns of Python values as a table of the user's library, with the types that it had.

    Raises:
        DataError: the library is not installed here.
    """
    nw = package("narwhals", "a table in memory")
    package(codec.backend, f"a table of {codec.backend}")
    series = [
        _series(nw, codec.backend, column, columns[column.name])
        for column in codec.columns
        if column.name in columns
    ]
    frame = nw.concat([one.to_frame() for one in series], how="horizontal").to_native()
    if codec.numbered and codec.backend == "pandas":
        frame.columns = [int(name) for name in frame.columns]
    return frame


def _series(nw: Any, backend: str, column: Column, values: list[Any]) -> Any:
    """A column with its own type; whole numbers that may lack are floats in pandas."""
    dtype, missing = column.dtype, None in values
    if backend == "pandas" and dtype.endswith(ARROW):
        pandas = package("pandas", "a table of pandas")
        arrow = _series(nw, "pyarrow", replace(column, dtype=dtype.removesuffix(ARROW)), values).to_native()
        found = pandas.Series(pandas.arrays.ArrowExtensionArray(arrow), name=column.name)
        return nw.from_native(found, series_only=True)
    if scale := SCALE.search(dtype):
        step = Decimal(1).scaleb(-int(scale[2]))
        values = [None if x is None else Decimal(str(x)).quantize(step, context=SPACIOUS) for x in values]
    if backend == "pandas" and (dtype == KEPT or dtype.endswith((NULLABLE, OBJECTS, *OF_LEVELS.values()))):
        return nw.from_native(_of_pandas(column, values), series_only=True)
    base = dtype.partition("(")[0]
    if scale:
        return nw.new_series(column.name, values, nw.Decimal(int(scale[1]), int(scale[2])), backend=backend)
    if base == "Boolean":  # that the user has called whole numbers
        values = [None if value is None else bool(value) for value in values]
    if base == "Time":
        known = any(value is not None for value in values)  # pyarrow then counts in microseconds, as it does
        return nw.new_series(column.name, values, None if known else nw.Time(), backend=backend)
    if base == "Duration":
        unit = UNIT.search(dtype)
        lasting = [None if value is None else timedelta(seconds=value) for value in values]
        return nw.new_series(column.name, lasting, nw.Duration(unit[1] if unit else "us"), backend=backend)
    if base in ("Date", "Datetime"):
        values = [datetime.combine(x, time()) if type(x) is date else x for x in values]
        unit = UNIT.search(dtype)
        made = nw.new_series(column.name, values, nw.Datetime("us"), backend=backend)
        made = made.cast(nw.Datetime(unit[1])) if unit else made
        if zone := ZONE.search(dtype):
            made = made.dt.replace_time_zone(zone[1])
        return made.cast(nw.Date()) if base == "Date" and backend != "pandas" else made
    if base == "Enum":
        return nw.new_series(column.name, values, nw.String(), backend=backend).cast(nw.Enum(column.levels))
    number = base.startswith(("Int", "UInt"))
    if number and missing and backend == "pandas":
        base = "Float64"
    if base == "Boolean" and missing and backend == "pandas":
        base = "Object"
    target = getattr(nw, base, None) if base not in ("Object", "") else None
    return nw.new_series(column.name, values, None if target is None else target(), backend=backend)


def _of_pandas(column: Column, values: list[Any]) -> Any:
    """A column of pandas with a type that narwhals does not tell."""
    pandas = package("pandas", "a table of pandas")
    base = column.dtype.partition(" ")[0]
    if column.dtype == KEPT or column.dtype.endswith(OBJECTS):
        values = [None if value is None else _object(pandas, column, value) for value in values]
        return pandas.Series(values, dtype=object, name=column.name)
    typed = {WHOLE: int, NUMBERS: float, TRUTHS: "True".__eq__, MOMENTS: pandas.Timestamp}
    if kind := next((kind for kind in typed if column.dtype.endswith(kind)), ""):
        levels = [typed[kind](level) for level in column.levels]
        own = [None if value is None else typed[kind](value) for value in values]
        ordered = base == "Enum"
        found = pandas.Categorical(own, levels if ordered else sorted(levels), ordered=ordered)
        return pandas.Series(found, name=column.name)
    named = base.lower() if base in ("Boolean", "String") else base
    return pandas.Series(values, dtype=named, name=column.name)


def _object(pandas: Any, column: Column, value: Any) -> Any:
    """A value as the object that it was in a column of objects."""
    base = column.dtype.partition("(")[0].partition(" ")[0]
    if base == "Uuid":
        return UUID(value)
    if base == "Duration" and not isinstance(value, str):
        value = timedelta(seconds=value)
        return pandas.Timedelta(value) if column.dtype.endswith(STAMPS) else value
    if base != "Datetime":
        return value
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    moment = moment.replace(tzinfo=UTC) if ZONE.search(column.dtype) else moment
    return pandas.Timestamp(moment) if column.dtype.endswith(STAMPS) else moment


def write_parquet(codec: Columns, columns: dict[str, list[Any]], path: Path) -> None:
    """Write columns of Python values as a Parquet file.

    Raises:
        DataError: pyarrow is not installed.
    """
    writer: Callable[..., Any] = package("pyarrow.parquet", f"{path.name}: a Parquet file").write_table
    with whole(path) as file:
        writer(to_frame(replace(codec, backend="pyarrow"), columns), file)
