"""Tables as text: what each column is, how rows are encoded and come back, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparring.data.spec import Dataset
from sparring.data.table import rows, rules, types
from sparring.data.table.codec import Columns
from sparring.data.table.column import Column, quantile_function
from sparring.data.table.dataset import from_columns, from_frame, from_path
from sparring.data.table.guess import Raw, found
from sparring.data.table.reading import from_text, is_table, read_text
from sparring.errors import ConfigError, DataError, UnreadableError

MANY = 40


def guessed(words: list[str], name: str = "x", asked: str = "") -> Column:
    """What a column of these words, each in several rows, is taken for."""
    (raw,) = from_text(f"{name},y\n" + "\n".join(f'"{word}",1' for word in words), "t.csv")[:1]
    return found(raw, np.random.default_rng(0), asked).column


def table(text: str, **options: str) -> Dataset:
    return from_columns(from_text(text, "t.csv"), "t", options)


def columns_of(data: Dataset) -> Columns:
    return Columns.of(data.spec.codec)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["1", "2", "30"], "whole"),
        (["1.5", "2", "-3e2"], "number"),
        (["1,5", "2,25", "3"], "number"),
        (["1,500", "2,250,000", "300"], "whole"),
        (["007", "042"], "category"),
        (["red", "green", "red"], "category"),
        (["Yes", "no"], "boolean"),
        (["2024-01-31", "1999-12-01"], "date"),
        (["31.12.2024", "01.02.2023"], "date"),
        (["12/31/2024", "01/02/2023"], "date"),
        (["2024-01-31 10:30", "1999-12-01 00:00"], "time"),
        (["2024-01-31T10:30:00Z", "1999-12-01T00:00:01Z"], "time"),
        (["2024-01-31 10:30:00.250000", "1999-12-01 00:00:01.500000"], "time"),
        (["31 Jan 2024", "1 May 2023"], "date"),
        (["2024-01", "1999-12"], "date"),
        (["12/31/2024 5:45 PM", "01/02/2023 11:05 AM"], "time"),
        (["17:45", "09:05"], "time"),
        (["5:45 PM", "11:05 AM"], "time"),
        (["$5", "-$1,250"], "whole"),
        (["5 %", "12.5 %"], "number"),
        (["$5", "5 €"], "category"),
        (["same", "same"], "constant"),
        (["", "NA"], "constant"),
        (["3", "4", "many"], "category"),
    ],
)
def test_what_a_column_is(words: list[str], expected: str) -> None:
    assert guessed(words * 5).type == expected


def test_what_is_different_in_every_row_is_an_identifier_or_text() -> None:
    assert guessed([str(k) for k in range(MANY)]).type == "identifier"
    assert guessed([str(k * k) for k in range(MANY)], "user_id").type == "identifier"
    assert guessed([str(k * k) for k in range(MANY)]).type == "whole"
    assert guessed([f"row-{k}" for k in range(MANY)]).form == "row-"
    assert guessed([f"a long remark about number {k} of them" for k in range(MANY)]).type == "text"


def test_whole_numbers_too_large_for_floats_are_codes() -> None:
    keys = [str(2**60 + k * k) for k in range(MANY)]
    assert guessed(keys).type == "identifier"
    assert guessed(keys[:3] * 5).levels == tuple(keys[:3])
    assert guessed([f"{k}e17" for k in range(MANY)]).type == "number"


def test_a_few_words_among_many_numbers_or_dates_count_as_missing() -> None:
    for words, expected, odd in (
        ([f"{k * 0.37:.2f}" for k in range(MANY)], "number", "much"),
        ([f"{k},5{k % 7}" for k in range(MANY)], "number", "n. a."),
        ([f"20{k + 10}-01-0{k % 9 + 1}" for k in range(MANY)], "date", "2024-02-30"),
    ):
        (raw,) = from_text("x;y\n" + "\n".join(f"{word};1" for word in [*words, odd]), "t.csv")[:1]
        read = found(raw, np.random.default_rng(0))
        assert read.column.type == expected
        assert read.column.missing == pytest.approx(1 / (MANY + 1))
        assert read.notes[0].startswith(
            f"1 row of 'x' holds '{odd}', which is no {expected}: counted as missing"
        )
        assert read.stored is not None
        assert np.isnan(read.stored).tolist() == [False] * MANY + [True]
        asked = found(raw, np.random.default_rng(0), expected)  # as a file of types written by sparring says
        assert (asked.column.type, asked.column.missing) == (expected, read.column.missing)
    assert guessed([f"{k * k}" for k in range(MANY)] + ["12B"], "order_id").type == "identifier"
    assert guessed([f"{k * k}" for k in range(MANY)] + [f"{k}B" for k in range(9)]).type == "identifier"


def parsed(words: list[str], delimiter: str = ",") -> list[float]:
    """The numbers that a column of these words holds."""
    (raw,) = from_text(f"x{delimiter}y\n" + "\n".join(f'"{word}"{delimiter}1' for word in words), "t.csv")[:1]
    read = found(raw, np.random.default_rng(0))
    assert read.column.numeric
    assert read.numbers is not None
    return read.numbers.tolist()


@pytest.mark.parametrize(
    ("words", "delimiter", "expected"),
    [
        (["0,100", "0,999"], ",", [0.1, 0.999]),
        (["0,100", "1,250"], ";", [0.1, 1.25]),
        (["1,250", "2,500"], ";", [1.25, 2.5]),
        (["1,250", "2,500"], ",", [1250, 2500]),
        (["1.577,50", "-12.345.678,25"], ";", [1577.5, -12345678.25]),
        (["1.577", "12,5"], ";", [1577, 12.5]),
        (["1.577.000", "12"], ",", [1577000, 12]),
        (["1.577", "0.25"], ",", [1.577, 0.25]),
        (["1,577.50", "300"], ",", [1577.5, 300]),
    ],
)
def test_commas_and_points_in_numbers(words: list[str], delimiter: str, expected: list[float]) -> None:
    assert parsed(words, delimiter) == expected


def test_units_and_times_of_day_come_back() -> None:
    text = "price;share;rate;at\n-$5.50;1,5 €;3%;09:05\n$12.00;-2,0 €;-4%;17:45\n"
    data = table(text)
    assert rows.as_csv(columns_of(data), data.samples.numpy()).decode() == text
    assert columns_of(data).matrix(data.samples.numpy())[:, :3].tolist() == [[-5.5, 1.5, 3], [12, -2, -4]]
    assert Columns.from_dict(json.loads(json.dumps(data.spec.codec.to_dict()))) == data.spec.codec
    assert data.origin is not None
    assert data.origin.facts["· at"] == "time, 09:05 to 17:45, half of them up to 13:25"
    for rule, expected in (("at >= 12:30", [False, True]), ("price < 0", [True, False])):
        fits = rules.parse(rule).kept(rules.complete(columns_of(data), data.samples.numpy()))
        assert fits.tolist() == expected


def test_dates_are_doubtful_only_where_days_and_months_are() -> None:
    for words, is_doubtful in (
        (("01/02/2023", "03/04/2024"), True),
        (("01/01/2023", "31/05/2024"), False),
        (("1 May 2023", "2 May 2024"), False),
    ):
        data = table("on,y\n" + "\n".join(f"{word},{k}" for k, word in enumerate(words)))
        assert data.origin is not None
        assert any("are read as day/month" in note for note in data.origin.notes) is is_doubtful


def test_how_doubtful_commas_are_read_is_said() -> None:
    for text, note in (
        ("x;y\n1,250;1\n2,500;2\n", "'1,250' has a decimal comma, since semicolons part the cells."),
        ("x;y\n1,5;1\n1.250,5;2\n", "points in numbers such as '1.250,5' part thousands."),
    ):
        data = table(text)
        assert data.origin is not None
        assert note in data.origin.notes
        again = rows.as_csv(columns_of(data), data.samples.numpy()).decode()
        assert again == text


def test_infinite_values_count_as_missing_and_are_named() -> None:
    words = ["1.5", "inf", "2.5", "-Infinity", "", "1e999"]
    text = "x,y\n" + "\n".join(f"{word},{k % 3}" for k, word in enumerate(words))
    frame = pandas.DataFrame({"x": [1.5, np.inf, 2.5, -np.inf, np.nan, np.inf], "y": [0, 1, 2, 0, 1, 2]})
    for data in (table(text), from_frame(frame, None, {})):
        assert data.origin is not None
        assert "'x' has 3 infinite values, which count as missing." in data.origin.notes
        assert columns_of(data).matrix(data.samples.numpy())[:, 0].tolist()[::2][:2] == [1.5, 2.5]
        assert columns_of(data).columns[0].missing == pytest.approx(4 / 6)
    assert guessed(["inf", "few", "1"]).type == "category"
    assert guessed(["inf", "1"], asked="category").levels == ("1", "inf")
    with pytest.raises(DataError, match="none of its 2 columns can be learnt"):
        from_frame(frame.assign(x=np.inf, y=1), None, {})


def test_fractions_of_a_second_come_back() -> None:
    moments = ["2024-01-31 10:30:00.25", "1999-12-01 00:00:01.75"]
    data = table("at,y\n" + "\n".join(f"{moment},{k}" for k, moment in enumerate(moments)))
    assert rows.values(columns_of(data), data.samples.numpy(), texts=True)["at"] == moments
    memory = from_frame(pandas.DataFrame({"at": pandas.to_datetime(moments), "y": [1, 2]}), None, {})
    given = rows.values(columns_of(memory), memory.samples.numpy())["at"]
    assert [moment.microsecond for moment in given] == [250_000, 750_000]


def test_columns_without_a_name_are_numbered_and_empty_lines_before_the_names_do_not_count() -> None:
    columns = from_text("\n\n,b,\n0,1,\n1,2,\n", "t.csv")
    assert [raw.name for raw in columns] == ["column 1", "b", "column 3"]
    with pytest.raises(DataError, match="line 5: 2 cells"):
        from_text("\n\n,b,\n0,1,\n1,2\n", "t.csv")


def test_numbers_come_back_with_their_decimals_and_blanks() -> None:
    for text in ("a,b\n1.50,x\n2.25,y\n,x\n", "a;b\n1,50;x\n2,25;y\n;x\n"):
        data = table(text * 1)
        again = rows.as_csv(columns_of(data), data.samples.numpy()).decode()
        assert again == text
    missing = table("a,b\n1,x\nNA,y\nNA,x\n")
    assert rows.values(columns_of(missing), missing.samples.numpy())["a"] == [1, None, None]


@pytest.mark.parametrize(("power", "decimals"), [("-01", 3), ("+01", 1), ("-09", None)])
def test_numbers_with_powers_come_back_without_the_noise_of_floats(power: str, decimals: int | None) -> None:
    words = [f"{k % 10}.{k % 7}{k % 3 + 1}e{power}" for k in range(MANY)]
    data = table("x,y\n" + "\n".join(f"{word},{k % 3}" for k, word in enumerate(words)))
    assert columns_of(data).columns[0].decimals == decimals
    assert rows.values(columns_of(data), data.samples.numpy())["x"] == [float(word) for word in words]
    again = rows.as_csv(columns_of(data), data.samples.numpy()).decode().splitlines()[1:]
    assert [float(line.partition(",")[0]) for line in again] == [float(word) for word in words]


def test_commas_between_quotation_marks_and_line_ends_of_unicode_part_nothing(tmp_path: Path) -> None:
    data = table('"last, first, mid";"x, y";n\n' + "\n".join(f"{k % 3};{k};{k % 5}" for k in range(MANY)))
    assert [column.name for column in columns_of(data).columns] == ["last, first, mid", "x, y", "n"]
    path = tmp_path / "t.jsonl"
    lines = [json.dumps({"a": k % 4, "b": "xy"[k % 2] + "\u2028z"}, ensure_ascii=False) for k in range(MANY)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert is_table(path)
    codec = columns_of(from_path(path, {}))
    assert set(codec.columns[1].levels) == {"x\u2028z", "y\u2028z"}


def test_a_row_is_encoded_as_normal_quantiles_and_one_hot_groups_and_comes_back() -> None:
    lines = [f"{k % 7},{'abc'[k % 3] if k % 5 else ''},{'' if k % 4 == 0 else k * 0.5}" for k in range(MANY)]
    data = table("n,w,lacking\n" + "\n".join(lines))
    encoded = data.spec.encode(data.samples)
    assert encoded.shape == (MANY, *data.spec.shape) == (MANY, 2 + 2 + 4)
    assert encoded[:, 2:].sum(1).tolist() == [2.0] * MANY
    assert encoded[:, 1][data.samples[:, 2].isnan()].tolist() == [0.0] * 10
    assert float(encoded[:, 0].mean()) == pytest.approx(0, abs=0.1)
    assert float(encoded[:, 0].std()) == pytest.approx(1, abs=0.1)
    codec, back = columns_of(data), data.spec.decode(encoded)
    np.testing.assert_array_equal(codec.matrix(back.numpy()), codec.matrix(data.samples.numpy()))


def test_the_codec_is_read_back_from_json() -> None:
    data = table("n,w\n" + "\n".join(f"{k % 7},{'abc'[k % 3]}" for k in range(MANY)), target="w")
    stored = json.loads(json.dumps(data.spec.codec.to_dict()))
    assert Columns.from_dict(stored) == data.spec.codec
    stored["columns"][0]["ranks"] = stored["columns"][0]["ranks"][:1]
    with pytest.raises(UnreadableError, match="'n' has no rising quantile function"):
        Columns.from_dict(stored)


def test_the_last_layer_makes_a_missing_number_zero_and_one_symbol_of_each_group() -> None:
    lines = [f"{'' if k % 2 else k},{'ab'[k % 2]}" for k in range(MANY)]
    data = table("n,w\n" + "\n".join(lines))
    made = data.spec.codec.head()(torch.tensor([[5.0, 1.0, 0.0, 3.0, -1.0], [5.0, 0.0, 1.0, -3.0, 2.0]]))
    group = columns_of(data).lacking[0][1]
    assert made[:, 1:].sum(1).tolist() == [2.0, 2.0]
    assert made[:, 0].tolist() == [5.0 * float(made[0, group]), 5.0 * float(made[1, group])]
    assert sorted(made[:, 0].tolist()) == [0.0, 5.0]


def test_a_value_of_many_rows_is_flat_and_a_rare_one_is_a_knot() -> None:
    ranks, values = quantile_function(np.array([0.0, 1.0, 2.0]), np.array([6, 1, 1]))
    assert values == (0.0, 0.0, 0.0, 1.0, 2.0, 2.0)
    assert ranks == pytest.approx((0.0, 0.0, 0.75, 0.8125, 0.9375, 1.0))
    column = Column("x", "number", ranks=ranks, values=values)
    assert column.numbers(np.array([0.5, 0.8125, 0.875])).tolist() == pytest.approx([0.0, 1.0, 1.5])
    assert column.ranked(np.array([0.0, 1.0]), np.array([0.5, 0.5])).tolist() == pytest.approx([0.375, 0.8125])


def test_a_rank_of_a_knot_is_its_value_exactly() -> None:
    values, counts = np.array([0.1, 0.2, 1e9 + 0.1]), np.array([5, 1, 1])
    ranks, knots = quantile_function(values, counts)
    column = Column("x", "number", ranks=ranks, values=knots)
    stored = np.array([0.0, 0.3, 5 / 7, 5.5 / 7, 6.5 / 7], np.float32)
    assert column.numbers(stored).tolist() == [0.1, 0.1, 0.1, 0.2, 1e9 + 0.1]
    assert np.isnan(column.numbers(np.array([np.nan], np.float32))[0])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=60))
@example([0] * 12 + [687517])
def test_whole_numbers_come_back(numbers: list[int]) -> None:
    values = np.unique(np.array(numbers, np.float64))
    if len(values) < 2:
        return
    codes = np.searchsorted(values, numbers).astype(np.int32)
    made = found(Raw("x", codes, values, "whole", "Int64"), np.random.default_rng(0), "whole")
    assert made.stored is not None
    assert made.column.python(made.column.numbers(made.stored)) == numbers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 cells, but the header has 2 names"),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ("a,b\n", "a header and no rows"),
        ("", "is empty"),
        ("1,2\n3,4\n", "begins with numbers"),
        ("a,b\n,1\n,1\n", "none of its 2 columns can be learnt"),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        table(text)


def test_files_that_are_no_text_are_refused_with_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for content, message in (
        (b"PK\x03\x04 a spreadsheet", "t.csv is no text, but a spreadsheet or a zip: save its sheet as CSV"),
        (b"\x1f\x8b\x08\x00\xff\xff", "is no text, but a gzip archive: unpack it"),
        (bytes(range(256)), "is no text, but binary data: export it as text in UTF-8"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            read_text(path)
    path.write_bytes(b"PK,b\n1,2\n")
    assert [raw.name for raw in read_text(path)] == ["PK", "b"]
    path.write_bytes("stra\u00dfe,b\n1,2\n".encode("latin-1"))
    with pytest.raises(DataError, match='save it as "CSV UTF-8" in Excel, .* iconv -f WINDOWS-1252'):
        read_text(path)
    path.write_bytes('\ufeffa,b\r\n"one,\nline",2\r\n"two",3\r\n'.encode())
    assert [raw.name for raw in read_text(path)] == ["a", "b"]
    assert read_text(path)[0].values == ["one,\nline", "two"]


def test_a_spreadsheet_is_refused_with_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"PK")
    assert is_table(path)
    with pytest.raises(DataError, match="save the sheet as CSV"):
        from_path(path, {})


def test_a_file_of_texts_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for text, expected in (
        ("text,label\n" + "\n".join(f"poem {k},{k % 2}" for k in range(30)), False),
        ("only\n1\n2\n", False),
        ("a,b\n1,2\n3,4\n", True),
        ("a,b\n1,2,3\n", True),
        ("a,b\n", True),
        ("day,price\n" + "\n".join(f"2024-01-{k + 1:02d},{k * 0.5}" for k in range(30)), True),
        ("name,age,town\n" + "\n".join(f"person {k},{k},{'xyz'[k % 3]}" for k in range(30)), True),
        ("x;y;z\n" + "\n".join(f"0,{k + 100};{k};1.{k + 100},5" for k in range(30)), True),
        ("price,share,at\n" + "\n".join(f"${k}.5,{k}%,{k % 9 + 3}:45 PM" for k in range(30)), True),
        ("product,price\n" + "\n".join(f"brand {k} small,{k}.5" for k in range(30)), True),
        ("name,price\n" + "\n".join(f"brand {k} small,{k}.5" for k in range(30)), False),
        ("product,price\n" + "\n".join(f"{'very ' * 12} {k},{k}.5" for k in range(30)), False),
        ("product,kind\n" + "\n".join(f"brand {k} small,{'ab'[k % 2]}" for k in range(30)), False),
        ("body,a,b\n" + "\n".join(f"{'long ' * 12}{k},{k},{k % 3}" for k in range(30)), False),
    ):
        path.write_text(text)
        assert is_table(path) is expected


def test_a_file_that_may_be_texts_too_says_so(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("product,price\n" + "\n".join(f"brand {k} of shoes,{k % 9}.5" for k in range(30)))
    data = from_path(path, {})
    assert data.origin is not None
    note = "t.csv is read as a table; --column 'product' reads the texts of this column alone."
    assert data.origin.notes[-1] == note
    path.write_text("product,price\n" + "\n".join(f"{'ab'[k % 2]},{k % 9}.5" for k in range(30)))
    data = from_path(path, {})
    assert data.origin is not None
    assert data.origin.notes == ()


def test_rules_compare_sums_and_compute_columns() -> None:
    assert rules.parse("0 <= a + b < 3").names == ("a", "b")
    given = {"the a": np.array([3.0, 3.0, np.nan]), "b": np.array([1.0, 2.0, 0.0])}
    kept = rules.parse('2 <= "the a" - b').kept(given)
    assert kept.tolist() == [True, False, True]
    assert rules.parse("total = a + b").derives == "total"
    assert rules.parse("total <= a + b").derives == ""
    for wrong in ("a", "a <", "<= b", "a + <= b"):
        with pytest.raises(UnreadableError, match="is not a rule"):
            rules.parse(wrong)
    with pytest.raises(ConfigError, match="there is no column 'aage'. Did you mean 'age'"):
        rules.check(["aage > 3"], {"age": "whole"})
    with pytest.raises(ConfigError, match="'town' is category, which cannot be compared"):
        rules.check(["town > 3"], {"town": "category"})


def test_rules_compare_dates() -> None:
    data = table(
        "day,at\n" + "\n".join(f"2024-01-{k % 28 + 1:02d},2024-01-05 {k % 24:02d}:30" for k in range(MANY))
    )
    stored = data.samples.numpy()
    days = np.array(rows.values(columns_of(data), stored, texts=True)["day"])
    hours = np.arange(MANY) % 24
    for rule, expected in (
        ("day > 2024-01-10", days > "2024-01-10"),
        ("2024-01-03 <= day < 2024-01-20", (days >= "2024-01-03") & (days < "2024-01-20")),
        ("at >= 2024-01-05 12:00", hours >= 12),
        ("at >= 2024-01-05T12:31:00", hours >= 13),
    ):
        table_of = rules.complete(columns_of(data), stored)
        assert rules.parse(rule).kept(table_of).tolist() == expected.tolist()


def test_the_file_of_types_changes_what_columns_are(tmp_path: Path) -> None:
    path = tmp_path / "types.toml"
    text = "a,b,c,total\n" + "\n".join(f"{k % 5},{'xyz'[k % 3]},{'pq'[k % 2]},{k % 5 + 1}" for k in range(MANY))
    path.write_text('rules = ["total = a + 1"]\ntogether = [["b", "c"]]\n[columns]\na = "number"\n')
    data = table(text, columns=str(path))
    codec = columns_of(data)
    assert [column.type for column in codec.columns] == ["number", "category", "category", "whole"]
    assert [column.name for column in codec.learnt] == ["a", "b", "c"]
    given = rows.values(codec, data.samples.numpy())
    assert given["total"] == [k % 5 + 1 for k in range(MANY)]
    assert rules.kept(codec, data.samples.numpy()).all()
    assert len(codec.combinations[0][1]) == 6
    for wrong, message in (
        ('[columns]\nd = "number"', "has no column 'd'"),
        ('[columns]\na = "word"', "accepted are number, whole"),
        ('[columns]\nb = "number"', "'b' is said to be number, but 3 of its 3 values"),
        ('rules = ["a = a"]', "computes 'a' from 'a'"),
        (
            'rules = ["a = total", "total = a"]',
            "computes 'a' from 'total', which is computed by it or by a later",
        ),
        ('rules = ["total = a", "total = a + 1"]', "another rule computes 'total' already"),
        ('rules = ["a < total + 2024-13-01"]', "'2024-13-01' is no date"),
        ('rules = ["a < 2024-13-01"]', "'a' is whole: expected a number, or another column"),
        ('rules = ["a < q"]', "there is no column 'q'"),
        ("other = 1", "'other' is unknown"),
        ("a = [", "TOML ends early"),
    ):
        path.write_text(wrong)
        with pytest.raises((ConfigError, DataError), match=message):
            table(text, columns=str(path))
    path.write_text(types.written(codec))
    assert [column.type for column in columns_of(table(text, columns=str(path))).columns] == [
        column.type for column in codec.columns
    ]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (1_600_000_000, "seconds since 1970, 2020-09-13 12:26:40: say whole"),
        (1_600_000_000_000, "milliseconds since 1970, 2020-09-13 12:26:40: say whole"),
        (250, "Mend them, or say category"),
    ],
)
def test_seconds_since_1970_that_are_said_to_be_times_are_told_the_next_step(
    tmp_path: Path, first: int, said: str
) -> None:
    path = tmp_path / "types.toml"
    path.write_text('[columns]\ntime = "time"\n')
    text = "time,a\n" + "\n".join(f"{first + 61 * k * k},{k % 5}" for k in range(MANY))
    with pytest.raises(DataError, match=f"'{first}', are not. .*{said}"):
        table(text, columns=str(path))


def test_what_data_says_of_a_table() -> None:
    text = "n,w\n" + "\n".join(f"{k % 10},{'abc'[k % 3]}" for k in range(300)) + "\n1000000,a\n1000000,a\n"
    data = table(text)
    assert data.origin is not None
    assert data.origin.facts["· n"] == "whole, 0 to 1,000,000, half of them up to 5 (odd: 1,000,000)"
    assert data.origin.facts["· w"] == "category, 3 levels: a, b, c"
    assert data.origin.duplicates == 271
    with pytest.raises(ConfigError, match="--target 'q': there is no such column"):
        table(text, target="q")


def test_rows_with_words_among_numbers_are_counted_as_rows() -> None:
    words = [f"{k * 0.37:.2f}" for k in range(MANY)] + ["<0.1"] * 7 + ["low"]
    raw = from_text("x;y\n" + "\n".join(f"{word};1" for word in words), "t.csv")[0]
    (note,) = found(raw, np.random.default_rng(0)).notes
    assert note.startswith(
        "8 rows of 'x' hold no number, such as '<0.1' in 7 rows: counted as missing, and drawn"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (["-999"] * 3, "-999 in 3 rows, far from all else (0 to 39)"),
        (["99"], "99 in 1 row"),
        (["60", "99"], ""),
        (["78"], ""),
    ],
)
def test_a_number_that_looks_like_a_code_for_missing_is_named(code: list[str], said: str) -> None:
    rows = [*map(str, range(40)), *code, "3"]
    raw = from_text("x;y\n" + "\n".join(f"{word};1" for word in rows), "t.csv")[0]
    notes = found(raw, np.random.default_rng(0)).notes
    assert [said in note for note in notes] == [True] * bool(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            [f"0{150 + k}/{5037655 + k}" for k in range(MANY)],
            "'1', '2' and so on, without the form of '0150/5037655'.",
        ),
        ([f"row-{k:03}" for k in range(MANY)], "'row-001', 'row-002' and so on."),
        ([str(k) for k in range(1, MANY)], "'1', '2' and so on."),
        ([str(10000 + k) for k in range(MANY)], "'1', '2' and so on, without the form of '10000'."),
    ],
)
def test_what_identifiers_become_is_said(words: list[str], said: str) -> None:
    raw = from_text("key;y\n" + "\n".join(f"{word};1" for word in words), "t.csv")[0]
    (note,) = found(raw, np.random.default_rng(0)).notes
    assert note.endswith(f"not learnt but made anew: {said}")
