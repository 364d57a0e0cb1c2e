"""Rows that are equal have one key, whatever file, order and ranks they have; others have others."""

import polars
import torch

from sparring.data.spec import Dataset
from sparring.data.split import split_hold_out
from sparring.data.table import keys
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_columns, from_frame
from sparring.data.table.reading import from_text
from sparring.kinds import table

LINES = [
    f"{k % 7},{'ab'[k % 2]},{'' if k % 5 == 0 else f'{k * 0.37:.2f}'},2024-01-{k % 28 + 1:02}"
    for k in range(3000)
]


def read(lines: list[str], names: str = "n,w,x,day", like: Dataset | None = None) -> Dataset:
    options = table.comparable({}, like.spec) if like else {}
    return from_columns(from_text("\n".join([names, *lines]), "t.csv"), "t", options)


def keys_of(data: Dataset) -> torch.Tensor:
    assert data.keys is not None
    return data.keys


def test_equal_rows_of_other_files_have_one_key_and_others_have_others() -> None:
    whole = read(LINES)
    assert len(keys_of(whole).unique()) == len(set(LINES))
    turned = ["no," + ",".join(line.split(",")[::-1]) for line in LINES[500:]]
    other = read(turned, "other,day,x,w,n", whole)
    assert keys_of(other).tolist() == keys_of(whole)[500:].tolist()
    swapped = read([f"{line.split(',')[0]},b,1,2024-01-01" for line in LINES], like=whole)
    assert not torch.isin(keys_of(swapped), keys_of(whole)).any()
    frame = polars.read_csv("\n".join(["n,w,x,day", *LINES]).encode(), try_parse_dates=True)
    assert keys_of(from_frame(frame, None, {})).tolist() == keys_of(whole).tolist()


def test_rows_that_are_decoded_have_the_keys_of_what_was_read() -> None:
    some = read(LINES[:1000])  # few enough that each value is a knot
    found = keys.of_stored(Columns.of(some.spec.codec), some.samples.numpy())
    assert found.tolist() == keys_of(some).tolist()
    encoded = some.spec.encode(some.samples)
    assert table.TABLE.keys is not None
    assert (table.TABLE.keys(encoded, some.spec) == keys_of(some)).double().mean() > 0.95


def test_keys_follow_their_rows_and_rules_do_not_count() -> None:
    data = read(LINES)
    training, held_out = split_hold_out(data, 0.25)
    both = torch.cat([keys_of(training), keys_of(held_out)])
    assert both.sort().values.tolist() == keys_of(data).sort().values.tolist()
    rows = [f"{3 * k},{k * k % 11},{3 * k + k * k % 11}" for k in range(60)]
    ruled = from_columns(from_text("a,b,c\n" + "\n".join(rows), "t"), "t", {"constraint": "c = a + b"})
    other = from_columns(
        from_text("a,b\n" + "\n".join(row[: row.rindex(",")] for row in rows), "t"),
        "t",
        table.comparable({}, ruled.spec),
    )
    assert keys_of(ruled).tolist() == keys_of(other).tolist()
    assert (
        keys_of(read(["1,1,nan"] * 9 + ["2,3,5"], "a,b,c", ruled)).tolist()[-1] not in keys_of(ruled).tolist()
    )
    assert len(keys_of(ruled).unique()) == 60


def test_numbers_in_single_precision_are_the_same_as_in_double() -> None:
    given = polars.DataFrame({"x": [k / 10 for k in range(30)], "y": [k % 3 + 5 for k in range(30)]})
    single = given.with_columns(polars.col("x").cast(polars.Float32))
    assert keys_of(from_frame(single, None, {})).tolist() == keys_of(from_frame(given, None, {})).tolist()
    turned = given.select(x=polars.col("y") * 1.0, y=polars.col("x"))
    assert not torch.isin(keys_of(from_frame(turned, None, {})), keys_of(from_frame(given, None, {}))).any()


def test_infinite_values_count_as_missing_in_keys_and_rules() -> None:
    text = "x,n\n" + "1.5,1\ninf,2\n2.5,3\n,2\n" * 5
    data = from_columns(from_text(text, "t.csv"), "t", {"constraint": "x < n"})
    assert data.origin is not None
    assert "5 of 20 rows break the rule 'x < n'." in data.origin.notes
    assert keys_of(data)[1] == keys_of(data)[3]
    assert len(keys_of(data).unique()) == 3
