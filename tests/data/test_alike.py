"""Rows that are compared with those of a training are read as its columns, and what does not fit is said."""

import polars
import pytest

from sparring.data.spec import Dataset
from sparring.data.table import rows
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import adapted, from_columns, from_frame
from sparring.data.table.reading import from_text
from sparring.errors import DataError
from sparring.kinds import table


def read(text: str, like: Dataset | None = None) -> Dataset:
    return from_columns(from_text(text, "t.csv"), "t", table.comparable({}, like.spec) if like else {})


def values_of(data: Dataset) -> dict[str, list[object]]:
    return rows.values(Columns.of(data.spec.codec), data.samples.numpy())


@pytest.fixture
def training() -> Dataset:
    """Sixty rows of whole numbers, words, decimal commas, dates with months first, and some that lack."""
    lines = [
        f"{k % 10};{'abc'[k % 3]};{k % 4},25;{k % 12 + 1:02}/{k % 28 + 1:02}/2024;{k % 3 or ''};{k % 2 > 0}"
        for k in range(60)
    ]
    return read("n;w;x;day;few;yes\n" + "\n".join(lines))


def test_other_rows_are_brought_to_the_ranks_and_levels_of_the_training(training: Dataset) -> None:
    lines = [f"true;{'abd'[k % 3]};{k};1,25;;02/03/2024;z" for k in range(30)]
    other = read("yes;w;n;x;few;day;more\n" + "\n".join(lines), training)
    assert len(other) == 20
    assert other.spec == training.spec
    values = values_of(other)
    assert set(values["w"]) == {"a", "b"}
    assert values["n"][:4] == [0, 1, 3, 4]
    assert max(map(int, map(str, values["n"]))) == 9
    assert {str(day) for day in values["day"]} == {"2024-02-03"}  # months first, as in the training
    assert set(values["x"]) == {1.25}
    assert set(values["few"]) == {None}
    assert other.origin is not None
    assert other.origin.notes == (
        "10 of 30 rows are left out: in the training 'w' is never 'd'; it has 'a', 'b', 'c'.",
    )


def test_numbers_and_dates_in_other_forms_are_read_too(training: Dataset) -> None:
    lines = [f"{k % 4}.25,{k % 9},a,2024-02-{k % 28 + 1:02},1,no" for k in range(30)]
    with pytest.raises(DataError, match="in the training 'yes' is never 'no'; it has 'False', 'True'"):
        read("x,n,w,day,few,yes\n" + "\n".join(lines), training)
    other = read("x,n,w,day,few,yes\n" + "\n".join(line.replace("no", "False") for line in lines), training)
    assert values_of(other)["x"][:5] == [0.25, 1.25, 2.25, 3.25, 0.25]
    assert str(values_of(other)["day"][1]) == "2024-02-02"
    frame = polars.DataFrame(values_of(other))
    again = from_frame(frame, None, table.comparable({}, training.spec))
    assert values_of(again) == values_of(other)


@pytest.mark.parametrize(
    ("column", "word", "message"),
    [
        (
            "n",
            "abc",
            "'n' has whole numbers such as [45] in the training, and here 1 of its 1 value, such as 'abc', is",
        ),
        ("day", "17:45", "'day' has dates such as 0[67]/[0-9]{2}/2024 in the training, and here"),
        (
            "w",
            "d",
            "of t can be compared with those of the training: in the training 'w' is never 'd'",
        ),
        (
            "x",
            "",
            "of t can be compared with those of the training: in the training 'x' is never missing",
        ),
        ("w", None, "t has no column 'w'"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words_of_the_data(
    training: Dataset, column: str, word: str | None, message: str
) -> None:
    usual = {"n": "3", "w": "a", "x": "0,25", "day": "02/03/2024", "few": "1", "yes": "True"}
    line = {name: cell for name, cell in (usual | {column: word}).items() if cell is not None}
    with pytest.raises(DataError, match=message):
        read("\n".join([";".join(line), *[";".join(line.values())] * 5]), training)


def test_a_few_values_that_are_none_count_as_missing(training: Dataset) -> None:
    lines = [f"1;a;0,25;02/03/2024;{'many' if k == 7 else k % 3 + 1};True" for k in range(30)]
    other = read("n;w;x;day;few;yes\n" + "\n".join(lines), training)
    assert other.samples[:, 4].isnan().nonzero()[:, 0].tolist() == [7]
    assert other.origin is not None
    assert other.origin.notes == (
        "1 of the values of 'few', such as 'many', is no whole number: it counts as missing.",
    )


def test_rows_that_were_read_on_their_own_are_not_compared(training: Dataset) -> None:
    with pytest.raises(
        DataError, match="the columns of t are not those of the table with which it is compared"
    ):
        adapted(read("n,w\n" + "1,a\n2,b\n" * 9), training.spec)
