"""Conditions of drawn rows."""

import numpy as np
import pandas
import pytest

from sparring.data.spec import Dataset
from sparring.data.table import conditions
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_columns, from_frame
from sparring.data.table.reading import from_text
from sparring.errors import ConfigError

AGES, PAID = [20, 30, 40, 30], [20.25, None, 40.5, 30.25]
TOWNS, BORN = ["Rom", "Ulm", "Rom", None], ["Rom", "Rom", "Ulm", "Ulm"]
DAYS = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-01"]


def frame() -> pandas.DataFrame:
    days = pandas.to_datetime(DAYS)
    return pandas.DataFrame(
        {"age": AGES, "paid": PAID, "town": TOWNS, "born in": BORN, "day": days, "b=c": AGES}
    )


def of_memory() -> Dataset:
    return from_frame(frame(), None, {})


def of_file() -> Dataset:
    return from_columns(from_text(frame().to_csv(index=False), "t.csv"), "t", {})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("age=30", "0101"),
        ("age == 30.0", "0101"),
        ("age != 30", "1010"),
        ("paid=30.25", "0001"),
        ("paid=", "0100"),
        ("paid!=", "1011"),
        ("town=Rom", "1010"),
        ("town == 'Rom'", "1010"),
        ("town!=Rom", "0101"),
        ("town = born in", "1000"),
        ('town != "born in"', "0111"),
        ("day=2024-01-01", "1001"),
        ("day >= 2024-01-02", "0110"),
        ("age = paid", "0000"),
        ("age < paid", "1011"),
        ("age = paid - 0.5", "0010"),
        ("'b=c' == 40", "0010"),
        ("b=c > 30", "0010"),
        ("paid > 0", "1011"),
    ],
)
def test_rows_that_fit(condition: str, expected: str) -> None:
    for data in (of_memory(), of_file()):
        fits = conditions.fitting(Columns.of(data.spec.codec), data.samples.numpy(), condition)
        assert "".join(str(int(one)) for one in fits) == expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("age=nan", "'age' is whole: expected a number, or another column"),
        ("age=30.5", "'age' is whole: never 30.5"),
        ("age=old", "'age' is whole: expected a number, or another column"),
        ("age=200", "'age' lies between 20 and 40 in all rows"),
        ("paid=20.125", "'paid' has 2 decimals at most"),
        ("age=", "'age' is missing in no row"),
        ("town=Room", "'town' is never 'Room'. Did you mean 'Rom'"),
        ("day=2022-13-45", "'day' is .*: expected a .* such as 2024-01-01"),
        ("day=2021-01-01", "'day' lies between 2024-01-01"),
        ("age < nan", "'nan' is no finite number"),
        ("salary = 3", "there is no column 'salary'"),
        ("town < 3", "'town' is category, which cannot be compared"),
        ("age > 40", "'age > 40': 'age' lies between 20 and 40 in all rows, so no row can fit"),
        ("20 > age", "'age' lies between 20 and 40"),
        ("day > 2024-01-03", "'day' lies between 2024-01-01.* and 2024-01-03"),
        ("age + paid > 80.75", "'age' lies between 20 and 40 and 'paid' lies between 20.25 and 40.5"),
        ("age > age", "'age' lies between 20 and 40"),
        ("30 <= age < 25", "its numbers contradict each other"),
        (r"paid=\N", "Write 'paid=' for a missing value"),
        ("paid != NA", "Write 'paid!=' for a missing value"),
        ("town=NULL", "Write 'town=' for a missing value"),
        ("age=NA", "It is missing in no row"),
        ("town == 'Rom' and age > 25", "Conditions know no and, or, in; of several --where all hold"),
        ("age > 25 & age < 40", "Conditions know no and, or, in"),
        ("town in ['Rom']", "Conditions know no and, or, in"),
    ],
)
def test_what_no_row_can_be_is_refused(condition: str, message: str) -> None:
    for data in (of_memory(), of_file()):
        with pytest.raises(ConfigError, match=message):
            conditions.fitting(Columns.of(data.spec.codec), data.samples.numpy(), condition)


@pytest.mark.parametrize(
    "condition",
    [
        "age >= 40",
        "age <= 20",
        "age < 20.5",
        "day >= 2024-01-03",
        "age - 20 >= b=c",
        "paid != age",
        "60 > age >= 40",
    ],
)
def test_what_a_row_can_be_is_not_refused(condition: str) -> None:
    data = of_memory()
    codec = Columns.of(data.spec.codec)
    assert conditions.fitting(
        codec, np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 0.0]], np.float32), condition
    ).shape == (1,)


def test_what_a_rule_computes_has_the_range_of_what_it_is_computed_from() -> None:
    data = from_columns(
        from_text(
            "a,b,c\n" + "".join(f"{k * 7 % 40},{k % 7},{k * 7 % 40 + k % 7}\n" for k in range(200)), "t.csv"
        ),
        "t",
        {"constraint": "c = a + b"},
    )
    codec, stored = Columns.of(data.spec.codec), data.samples.numpy()
    numbers = np.array([k * 7 % 40 + k % 7 for k in range(200)])
    assert (conditions.fitting(codec, stored, "c > 44") == (numbers > 44)).all()
    with pytest.raises(ConfigError, match="'a' lies between 0 and 39 and 'b' lies between 0 and 6 in all rows"):
        conditions.fitting(codec, stored, "c > 45")


def test_a_date_compared_with_seconds_since_1970_is_told_in_seconds() -> None:
    text = "time,x\n" + "\n".join(f"{1_600_000_000 + 7919 * k * k},{k % 7}" for k in range(60))
    data = from_columns(from_text(text, "t.csv"), "t", {})
    for condition in ("time > 2020-10-01", "time=2020-10-01"):
        with pytest.raises(ConfigError, match="seconds since 1970, such as 1601510400 for 2020-10-01"):
            conditions.fitting(Columns.of(data.spec.codec), data.samples.numpy(), condition)


def test_a_moment_is_the_same_as_far_as_it_is_written() -> None:
    text = "at,x\n" + "\n".join(f"2024-01-0{k} 10:3{k},{k}" for k in range(1, 6))
    data = from_columns(from_text(text, "t.csv"), "t", {})
    stored = data.samples.numpy() + 5e-5  # some seconds later
    fits = conditions.fitting(Columns.of(data.spec.codec), stored, "at=2024-01-03 10:33")
    assert fits.tolist() == [False, False, True, False, False]


def as_written() -> Dataset:
    """Sixty rows of prices, deductions, days and shares as people write them, and of German thousands."""
    rows = [
        f'"$1,{k % 9}00.50";{k % 5 + 1}00{"-" * (k % 2)};{1 + k % 28:02}.03.2024;{k % 40} %;1.{k % 7}00;'
        f"1.{k % 9}00,5"
        for k in range(60)
    ]
    return from_columns(from_text("\n".join(["pay;less;day;share;b=c;eu", *rows]), "t.csv"), "t", {})


@pytest.mark.parametrize(
    ("condition", "plain"),
    [
        ("pay > $1,200.50", "pay > 1200.5"),
        ("1,200 <= pay < $1,500", "1200 <= pay < 1500"),
        ("less < 200-", "less < -200"),
        ("day > 05.03.2024", "day > 2024-03-05 00:00:00"),
        ("day > 2024-03-05", "day > 2024-03-05"),
        ("5 % < share", "5 < share"),
        ("share < 12", "share < 12"),
        ("eu > 1.200", "eu > 1200"),
        ("'b=c' < 1.2", "'b=c' < 1.2"),
        ("pay < less + 1200", "pay < less + 1200"),
    ],
)
def test_values_of_a_rule_may_be_written_as_in_the_table(condition: str, plain: str) -> None:
    data = as_written()
    codec, stored = Columns.of(data.spec.codec), data.samples.numpy()
    assert conditions.typed(condition, {column.name: column for column in codec.columns}) == plain
    fits = conditions.fitting(codec, stored, condition)
    assert 0 < fits.sum() < 60
    assert fits.tolist() == conditions.fitting(codec, stored, plain).tolist()


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("day > 31.02.2024", "'day' is date: expected a date such as 01.03.2024, or another column"),
        ("pay < 1,2000", "'pay' is number: expected a number, or another column"),
        ('pay < "1200', "cannot be read as a rule from"),
        ("pay <", "is not a rule"),
        ("pay <> 1,200", "is not a rule"),
        ("pay < 1,200 < ", "is not a rule"),
        ("pay < les + 1", "there is no column 'les'. Did you mean 'less'"),
    ],
)
def test_values_of_a_rule_that_are_none_of_the_column_are_refused(condition: str, message: str) -> None:
    data = as_written()
    with pytest.raises(ConfigError, match=message):
        conditions.fitting(Columns.of(data.spec.codec), data.samples.numpy(), condition)


def test_times_of_a_rule_may_be_written_as_in_the_table() -> None:
    for words, condition, plain in (
        (["9:05 am", "5:45 pm", "6:00 pm"], "at >= 5:45 pm", "at >= 17:45:00"),
        (
            ["3/5/2024 9:05", "3/6/2024 17:45", "3/31/2024 18:00"],
            "at >= 3/6/2024 17:45",
            "at >= 2024-03-06 17:45:00",
        ),
    ):
        text = "at,x\n" + "\n".join(f"{word},{k}" for k, word in enumerate(words * 4))
        codec = Columns.of((data := from_columns(from_text(text, "t.csv"), "t", {})).spec.codec)
        assert conditions.typed(condition, {column.name: column for column in codec.columns}) == plain
        assert conditions.fitting(codec, data.samples.numpy(), condition).sum() == 8


def test_rules_of_the_table_take_values_as_they_are_written_there() -> None:
    text = "pay,x\n" + "\n".join(f'"1,{k}00",{k}' for k in range(1, 9))
    data = from_columns(from_text(text, "t.csv"), "t", {"constraint": "pay <= 1,500"})
    assert Columns.of(data.spec.codec).rules == ("pay <= 1500",)
    assert data.origin is not None
    assert "3 of 8 rows break the rule 'pay <= 1500'." in data.origin.notes
