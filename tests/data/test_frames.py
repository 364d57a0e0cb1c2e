"""Tables in memory: pandas, polars and pyarrow, which come back with their names and types."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import narwhals as nw
import numpy as np
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest

from people import SMALL, columns
from sparring import GAN
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_frame
from sparring.errors import ConfigError, DataError
from sparring.kinds import table
from sparring.uses.fitting import conditions_of

pytestmark = pytest.mark.filterwarnings("ignore:.*an identifier, which is not learnt")
FRAMES = {"pandas": pandas.DataFrame, "polars": polars.DataFrame, "pyarrow": pyarrow.table}


@pytest.mark.parametrize("library", FRAMES)
def test_a_table_in_memory_comes_back_with_its_library_names_and_types(library: str, tmp_path: Path) -> None:
    given = FRAMES[library](columns())
    gan = GAN(**SMALL).fit(given, samples_seen=512)
    drawn = gan.sample(30)
    assert type(drawn) is type(given)
    if library == "pandas":
        assert (drawn.dtypes == given.dtypes.replace({np.dtype("O"): drawn.dtypes["since"]})).all()
    elif library == "polars":
        assert drawn.schema == given.schema
    else:
        assert [str(kind).replace("large_", "") for kind in drawn.schema.types] == [
            *map(str, given.schema.types)
        ]
    gan.save(tmp_path / "run")
    again = GAN.load(tmp_path / "run").sample(30)
    assert again.equals(drawn)
    assert len(gan.sample(5, where="town=Rom")) == 5
    assert len(gan.sample(5, where="member=True")) == 5


def test_types_of_pandas_that_may_lack_and_names_that_are_numbers_come_back() -> None:
    count = 60
    given = pandas.DataFrame(
        {
            "of words": pandas.Categorical([("a", "b")[k % 2] for k in range(count)]),
            "ordered": pandas.Categorical(
                [("high", "low")[k % 2] for k in range(count)], ["low", "high"], ordered=True
            ),
            "maybe": pandas.array([(True, False, None)[k % 3] for k in range(count)], "boolean"),
            "few": pandas.array([None if k % 5 == 0 else k % 7 for k in range(count)], "Int64"),
            "at": pandas.date_range("2024-01-01", periods=count, tz="Europe/Berlin"),
            "text": pandas.array([("x", "y", None)[k % 3] for k in range(count)], "string"),
            "code": pandas.Categorical([(2, 10, 9)[k % 3] for k in range(count)]),
            "level": pandas.Categorical([(3, 1)[k % 2] for k in range(count)], [3, 1], ordered=True),
            "day": [None if k % 9 == 0 else date(2024, 1, k % 28 + 1) for k in range(count)],
            7: np.arange(count) * 0.5,
        }
    )
    drawn = GAN(**SMALL).fit(given, samples_seen=256).sample(30)
    assert list(drawn) == [*map(str, given)]
    for same in drawn:
        assert drawn[same].dtype == given[int(same) if same == "7" else same].dtype, same
    assert set(drawn["maybe"].dropna()) <= {True, False}
    assert {type(day) for day in drawn["day"].dropna()} == {date}
    assert set(drawn["code"]) <= {2, 9, 10}
    assert drawn["few"].dropna().isin(range(7)).all()
    assert set(drawn["text"].dropna()) <= {"x", "y"}


@pytest.mark.parametrize("library", FRAMES)
def test_numbers_and_dates_that_the_user_calls_categories_come_back(library: str, tmp_path: Path) -> None:
    count = 12
    given = FRAMES[library](
        {
            "day": [date(2024, 1, k % 3 + 1) for k in range(count)],
            "at": [datetime(2024, 1, 1, k % 3, 30) for k in range(count)],
            "code": [k % 4 for k in range(count)],
            "share": [k % 4 / 2 for k in range(count)],
            "yes": [k % 2 == 0 for k in range(count)],
            "word": ["no" if k % 2 else "yes" for k in range(count)],
        }
    )
    path = tmp_path / "types.toml"
    path.write_text(
        '[columns]\nday = "category"\nat = "category"\ncode = "category"\nshare = "category"\nyes = "whole"\n'
    )
    data = from_frame(given, None, {"columns": str(path)})
    again = table.handed(data.samples.numpy(), data.spec)
    rows = nw.from_native(given), nw.from_native(again)
    assert rows[0].rows() == rows[1].rows()
    assert [str(one).replace("ns", "us") for one in rows[0].schema.values()] == [
        str(one).replace("ns", "us") for one in rows[1].schema.values()
    ]


def handed_back(given: Any) -> Any:
    """The rows of a table, read and given back."""
    data = from_frame(given, None, {})
    return table.handed(data.samples.numpy(), data.spec)


def test_types_of_polars_come_back() -> None:
    given = polars.DataFrame(
        {
            "x": [0.5, 1.5, 2.5],
            "cents": [Decimal("0.125"), Decimal("7.250"), None],
            "at": polars.Series(
                [datetime(2024, 1, k, 3, 4, 5, 6000) for k in (1, 2, 3)], dtype=polars.Datetime("ms")
            ),
            "nothing": [None, None, None],
            "key": [2**60, 2**60 + 1, 2**60],
        }
    )
    given = polars.concat([given] * 3)  # what three rows have is drawn exactly
    again = handed_back(given)
    assert again.schema == given.schema
    assert again.rows() == given.rows()


@pytest.mark.parametrize("library", FRAMES)
def test_times_of_day_and_durations_come_back(library: str) -> None:
    values = {
        "clock": [time(17, 45), time(9, 5, 30), None],
        "exact": [time(17, 45, 0, 250000), time(9, 5), time(0, 0)],
        "wait": [timedelta(minutes=5), timedelta(seconds=-90), None],
        "split": [timedelta(milliseconds=250), timedelta(days=3), timedelta(0)],
    }
    given = FRAMES[library]({name: found * 4 for name, found in values.items()})
    data = from_frame(given, None, {})
    assert Columns.of(data.spec.codec).types == {
        "clock": "time",
        "exact": "time",
        "wait": "whole",
        "split": "number",
    }
    assert data.origin is not None
    assert any("'wait' holds durations, which are numbers of seconds" in note for note in data.origin.notes)
    again = handed_back(given)
    if library == "pandas":
        pandas.testing.assert_frame_equal(again, given, check_dtype=False)
    else:
        assert nw.from_native(again).rows() == nw.from_native(given).rows()
        assert nw.from_native(again).schema == nw.from_native(given).schema


@pytest.mark.parametrize("library", FRAMES)
def test_moments_at_midnight_are_dates_and_come_back_as_moments(library: str) -> None:
    days = [datetime(2024, 1, 1) + timedelta(days=7 * k) for k in range(40)]
    given = FRAMES[library]({"day": days, "n": [k % 3 for k in range(40)]})
    data = from_frame(given, None, {})
    codec = Columns.of(data.spec.codec)
    assert codec.types["day"] == "date"
    stored = np.stack([np.linspace(0, 1, 97), np.zeros(97)], 1).astype(np.float32)
    drawn = nw.from_native(table.handed(stored, data.spec))
    assert drawn.schema["day"] == nw.from_native(given).schema["day"]
    assert {moment.time() for moment in drawn["day"].to_list()} == {time(0)}


def test_types_of_pyarrow_in_pandas_come_back() -> None:
    given = pyarrow.table(
        {
            "x": [0.5, 1.5, None],
            "whole": pyarrow.array([1, None, 3], pyarrow.int8()),
            "flag": [True, None, False],
            "text": ["a", "b", None],
            "cents": [Decimal("0.12"), Decimal("7.25"), None],
            "day": [date(2024, 1, 31), None, date(2024, 2, 1)],
            "at": [datetime(2024, 1, k, 3) for k in (1, 2, 3)],
            "zoned": pyarrow.array([datetime(2024, 1, k) for k in (1, 2, 3)], pyarrow.timestamp("ms", "UTC")),
            "clock": [time(3, 4), time(5, 6), None],
            "wait": [timedelta(seconds=5), None, timedelta(seconds=7)],
            "nothing": [None, None, None],
        }
    ).to_pandas(types_mapper=pandas.ArrowDtype)
    given = pandas.concat([given] * 3, ignore_index=True)
    again = handed_back(given)
    pandas.testing.assert_frame_equal(again, given)


def test_names_that_are_all_whole_numbers_come_back() -> None:
    given = pandas.DataFrame(np.arange(40.0).reshape(20, 2) ** 2)
    data = from_frame(given, None, {})
    codec = Columns.of(data.spec.codec)
    assert Columns.from_dict(codec.to_dict()).numbered
    assert table.handed(data.samples.numpy(), data.spec).columns.tolist() == [0, 1]
    named = from_frame(given.set_axis(["0", "1"], axis=1), None, {})
    assert not Columns.of(named.spec.codec).numbered
    # rows to compare with have the names that they were trained with
    assert len(from_frame(given, None, table.comparable({}, named.spec))) == 20


def test_whole_numbers_of_128_bits_come_back() -> None:
    given = polars.DataFrame({"x": [*[7, 8, None] * 5], "y": [2**70, 2**70 + 1, 2**70] * 5})
    given = given.with_columns(polars.all().cast(polars.Int128))
    again = handed_back(given)
    assert again.schema == given.schema
    assert again.rows() == given.rows()


def test_a_query_of_polars_is_told_how_to_become_a_table() -> None:
    with pytest.raises(DataError, match=r"give the table that its collect\(\) makes"):
        GAN(**SMALL).fit(polars.LazyFrame(columns()), samples_seen=32)


def test_durations_that_count_up_are_no_identifier() -> None:
    data = from_frame(polars.DataFrame({"wait": [timedelta(seconds=k) for k in range(40)]}), None, {})
    assert Columns.of(data.spec.codec).types == {"wait": "whole"}


def test_python_values_of_pandas_come_back() -> None:
    given = pandas.DataFrame(
        {
            "whole": pandas.Series([1, None, 3], dtype=object),
            "flag": pandas.Series([True, None, False], dtype=object),
            "mixed": pandas.Series([1, 2.5, 3], dtype=object),
            "key": pandas.Series([2**60, 2**60 + 1, 2**60], dtype=object),
        }
    )
    again = handed_back(given)
    assert again.dtypes.tolist() == given.dtypes.tolist()
    assert again.to_dict("list") == given.to_dict("list")
    assert [type(value) for value in again.iloc[0]] == [int, bool, float, int]
    for several in ([1, 2], {"a": 1}, b"ab"):
        with pytest.raises(
            DataError, match=f"'s' holds {type(several).__name__} values, and a cell of a table"
        ):
            from_frame(given.assign(s=[several] * 3), None, {})


ROME, NOON = UUID("12345678-1234-4234-9234-123456789abc"), datetime(2024, 3, 1, 12)


@pytest.mark.parametrize(
    ("values", "kind", "known"),
    [
        ([NOON, None, NOON + timedelta(hours=30)], datetime, "time"),
        ([NOON, pandas.NaT, NOON + timedelta(seconds=0.25)], datetime, "time"),
        ([NOON.replace(tzinfo=UTC), (NOON + timedelta(hours=1)).replace(tzinfo=UTC)], datetime, "time"),
        ([pandas.Timestamp(NOON), pandas.NaT, pandas.Timestamp(NOON + timedelta(1))], pandas.Timestamp, "time"),
        ([datetime(2024, 3, 1), None, datetime(2024, 3, 5)], datetime, "date"),
        ([timedelta(hours=30), None, timedelta(seconds=5)], timedelta, "whole"),
        ([pandas.Timedelta(seconds=5), pandas.Timedelta(hours=3)], pandas.Timedelta, "whole"),
        ([ROME, None, UUID(int=ROME.int + 1)], UUID, "category"),
    ],
)
def test_objects_of_pandas_that_are_moments_durations_or_uuids_come_back(
    values: list[Any], kind: type, known: str
) -> None:
    given = pandas.DataFrame({"x": pandas.Series(values * 4, dtype=object)})
    assert Columns.of(from_frame(given, None, {}).spec.codec).types == {"x": known}
    again = handed_back(given)["x"]
    assert again.dtype == object
    there = [value for value in again if not pandas.isna(value)]
    assert {*map(type, there)} == {kind}
    assert [None if pandas.isna(value) else value for value in again] == [
        None if pandas.isna(value) else value for value in values * 4
    ]


@pytest.mark.parametrize(
    "levels", [[0.5, 1.5], [False, True], [pandas.Timestamp(NOON), pandas.Timestamp("2025")]]
)
@pytest.mark.parametrize("ordered", [False, True])
def test_levels_of_pandas_that_are_no_words_come_back(levels: list[Any], ordered: bool) -> None:
    values = [levels[0], levels[1], None, levels[0]] * 4
    given = pandas.DataFrame({"x": pandas.Categorical(values, levels, ordered=ordered)})
    pandas.testing.assert_frame_equal(handed_back(given), given)


def test_a_table_without_rows_or_columns_is_refused() -> None:
    with pytest.raises(DataError, match="the table has no rows: expected at least ten"):
        from_frame(pandas.DataFrame(columns()).iloc[:0], None, {})
    with pytest.raises(DataError, match="the table has no columns"):
        from_frame(polars.DataFrame(), None, {})


def test_conditions_that_are_no_texts_are_refused() -> None:
    for where in ({"town": "Rom"}, len, 5, ["town=Rom", 5]):
        with pytest.raises(ConfigError, match=r"expected a condition such as 'town=Rom', or several in a list"):
            conditions_of(where)
    assert conditions_of("town=Rom") == conditions_of(["town=Rom"]) == ("town=Rom",)


def test_days_among_moments_of_objects_are_their_beginnings() -> None:
    given = pandas.DataFrame({"x": pandas.Series([NOON, NOON.date()] * 4, dtype=object)})
    assert handed_back(given)["x"].tolist() == [NOON, datetime(2024, 3, 1)] * 4
    mixed = pandas.DataFrame({"x": pandas.Series([NOON, NOON.replace(tzinfo=UTC)] * 4, dtype=object)})
    assert Columns.of(from_frame(mixed, None, {}).spec.codec).types == {"x": "category"}


def test_objects_of_polars_come_back_as_what_they_are() -> None:
    for value, dtype in ((timedelta(hours=30), polars.Duration("us")), (NOON, polars.Datetime("us"))):
        values = [value, None, value + timedelta(seconds=5)] * 4
        again = handed_back(polars.DataFrame({"x": polars.Series(values, dtype=polars.Object)}))["x"]
        assert again.dtype == dtype
        assert again.to_list() == values


def test_decimal_numbers_of_python_come_back_in_pandas(tmp_path: Path) -> None:
    given = pandas.DataFrame(
        {
            "price": pandas.Series([Decimal("19.99"), Decimal("5.5"), None, Decimal("0.07")], dtype=object),
            "count": pandas.Series([Decimal(3), Decimal("1E+1"), Decimal(4), Decimal("NaN")], dtype=object),
            "far": pandas.Series([Decimal("1E-40"), Decimal(1), Decimal(2), Decimal(3)], dtype=object),
        }
    )
    again = handed_back(given)
    assert [str(value) for value in again["price"].dropna()] == ["19.99", "5.50", "0.07"]
    assert [str(value) for value in again["count"].dropna()] == ["3", "10", "4"]
    assert again["far"].map(type).tolist() == [float] * 4  # no type of a table holds all of their digits
    data = from_frame(given, None, {})
    table.write_parquet(data.samples.numpy(), None, data.spec, tmp_path / "rows.parquet", None)
    written = pyarrow.parquet.read_schema(tmp_path / "rows.parquet")
    assert written.field("price").type == pyarrow.decimal128(38, 2)


@pytest.mark.parametrize(("library", "whole"), [("polars", "12004"), ("pyarrow", "123456789012")])
def test_decimal_numbers_have_no_digits_that_were_never_there(library: str, whole: str) -> None:
    numbers = [Decimal(f"{whole}.33"), Decimal(f"{whole}.57"), Decimal(f"{whole}.89")]
    kind = pyarrow.decimal128(38, 20)
    given = pyarrow.table({"coin": pyarrow.array(numbers, kind), "n": [1.5, 2.5, 9.5]})
    again = handed_back(polars.from_arrow(given) if library == "polars" else given)["coin"]
    assert (again.to_list() if library == "polars" else again.to_pylist()) == numbers


def test_types_that_a_table_does_not_hold_are_named() -> None:
    given = pandas.DataFrame({"month": pandas.period_range("2024-01", periods=4, freq="M"), "n": range(4)})
    with pytest.raises(DataError, match=r"'month' holds 'period\[M\]' values: expected .* Change its type"):
        from_frame(given, None, {})
    wide = pyarrow.table({"coin": pyarrow.array([Decimal("1.5")], pyarrow.decimal256(50, 2))})
    with pytest.raises(DataError, match=r"'coin' holds 'decimal256\(50, 2\)' values"):
        from_frame(wide, None, {})


@pytest.mark.parametrize(
    ("values", "again"),
    [
        ([1, "a", 2.5, None], [1, "a", 2.5, None]),
        ([True, "maybe", False, 0], [True, "maybe", False, 0]),
        ([1, "2", "a", None], ["1", "2", "a", None]),  # a text that is written as a number is
        ([True, "True", "a", 1], ["True", "True", "a", "1"]),
    ],
)
def test_a_column_of_several_types_comes_back_where_texts_tell_them(
    values: list[Any], again: list[Any]
) -> None:
    given = pandas.DataFrame({"x": pandas.Series(values * 4, dtype=object), "n": range(len(values) * 4)})
    found = handed_back(given)["x"].tolist()
    expected = again * 4
    assert [None if pandas.isna(value) else value for value in found] == expected
    assert [type(value) for value in found if not pandas.isna(value)] == [
        type(value) for value in expected if value is not None
    ]


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("since", "number", "'since' is said to be number, but holds dates: say date, time or category"),
        ("age", "date", "'age' is said to be date, but holds numbers: say number, whole or category"),
        ("pay", "whole", "'pay' is said to be whole, but .* are not. Say number"),
        ("town", "constant", "'town' is said to be constant, but has 3 values. Say category"),
    ],
)
def test_types_of_the_user_that_a_table_in_memory_has_not_are_refused(
    name: str, said: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "types.toml"
    path.write_text(f'[columns]\n{name} = "{said}"\n')
    with pytest.raises(DataError, match=message):
        from_frame(polars.DataFrame(columns()), None, {"columns": str(path)})


def test_two_columns_of_one_name_are_refused() -> None:
    given = pandas.DataFrame(np.zeros((30, 2)), columns=["a", "a"])
    with pytest.raises(DataError, match="two columns are called 'a'"):
        GAN(**SMALL).fit(given, samples_seen=256)
