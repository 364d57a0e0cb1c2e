"""How numbers, dates and identifiers are written: read where a whole column has a form, and given back."""

import random
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from uuid import UUID

import numpy as np
import pytest
import torch

from sparring.data.table import moments, rows
from sparring.data.table.codec import Columns
from sparring.data.table.column import Column
from sparring.data.table.dataset import from_columns
from sparring.data.table.guess import Raw, found
from sparring.data.table.numerals import Style
from sparring.data.table.reading import from_text
from sparring.data.table.values import Values

TIED = 4  # rows of each value, so that it is drawn exactly


def column_of(words: list[str], name: str = "x") -> tuple[Column, list[float], list[str], str]:
    """A column of these words, its numbers, the words that are given back for them, and what is said of it."""
    (raw,) = from_text(f"{name};y\n" + "\n".join(f'"{word}";1' for word in words * TIED), "t.csv")[:1]
    read = found(raw, np.random.default_rng(0))
    assert read.numbers is not None, words
    return read.column, read.numbers.tolist(), read.column.text(read.numbers), " ".join(read.notes)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["1 524", "12", "-3 001 200"], [1524, 12, -3001200]),
        (["1\u202f524,50", "12,25"], [1524.5, 12.25]),
        (["1\u00a0524.5", "0.5"], [1524.5, 0.5]),
        (["1'524.50", "12.25"], [1524.5, 12.25]),
        (["1,577.50", "-3.00"], [1577.5, -3]),
        (["1.577.000", "12"], [1577000, 12]),
        (["(512)", "7"], [-512, 7]),
        (["(1,512.50)", "7.00"], [-1512.5, 7]),
        (["($5.25)", "$7.00"], [-5.25, 7]),
        (["$(5.25)", "$7.00"], [-5.25, 7]),
        (["(1,512.50) €", "7.00 €"], [-1512.5, 7]),
        (["($5)", "($7)"], [-5, -7]),
        (["(1.50)", "(2.25)"], [-1.5, -2.25]),
        (["512-", "7"], [-512, 7]),
        (["1.512,50-", "7,00"], [-1512.5, 7]),
        (["$5.25-", "$7.00"], [-5.25, 7]),
        (["\u2212512", "7"], [-512, 7]),
        (["\u22120.5", "1.5"], [-0.5, 1.5]),
        (["1 524 €", "-12 €"], [1524, -12]),
        (["85.5 kg", "-12.0 kg"], [85.5, -12]),
        (["1.512,50 kr.", "7,00 kr."], [1512.5, 7]),
        (["12km/h", "130km/h"], [12, 130]),
        (["21 °C", "-4 °C"], [21, -4]),
        (["36 months", "60 months"], [36, 60]),
        (["30岁", "41岁"], [30, 41]),
    ],
)
def test_numbers_come_back_as_they_were_written(words: list[str], numbers: list[float]) -> None:
    column, read, again, _ = column_of(words)
    assert read == numbers
    assert again == words
    assert [column.number(word) for word in words] == numbers
    assert column.number("-7") == -7
    assert (
        column.number(words[0].replace("\u202f", " ").replace("\u00a0", " ")) == numbers[0]
    )  # as one types it
    assert Column.from_dict(column.to_dict()) == column


@pytest.mark.parametrize(
    "words",
    [
        ["(1)", "(2)"],
        ["1 24", "7"],
        ["12 000", "12345"],
        ["1 524'000", "7"],
        ["1 524,5", "2.5"],
        ["(a1)", "7"],
        ["1-", "2-"],
        ["5-7", "3"],
        ["a(5)", "7"],
        ["-5-", "7"],
        ["5 kg", "11 lb"],
        ["12A", "13B"],
        ["5 kg", "7"],
        ["1st", "2nd"],
    ],
)
def test_what_is_no_form_of_numbers_stays_words(words: list[str]) -> None:
    (raw,) = from_text("x;y\n" + "\n".join(f'"{word}";1' for word in words * TIED), "t.csv")[:1]
    assert found(raw, np.random.default_rng(0)).column.type == "category"


def test_spaces_between_thousands_are_said_and_numbers_of_telephones_are_none() -> None:
    assert "spaces in numbers such as '1 524' part thousands" in column_of(["1 524", "12"])[3]
    for words, expected in (
        ([f"{k} {k + 7}" for k in range(555, 600)], "text"),
        ([f"138{k * k:08d}" for k in range(555, 600)], "identifier"),
        ([str(k * k % 97) for k in range(50)], "whole"),  # calls
    ):
        (raw,) = from_text("phone,y\n" + "\n".join(f"{word},1" for word in words), "t.csv")[:1]
        assert found(raw, np.random.default_rng(0)).column.type == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["$5", "5 €", "$6"],
            "has numbers in several forms, such as '.5' and '5 €': .*Write them in one form",
        ),
        (["1,5", "2.5", "3"], "has numbers in several forms, such as '1,5' and '2.5'"),
        (["5", "6", "7+"], "mixes numbers with texts such as '7.'.* Mend those values"),
        (
            ["007", "042"],
            "'x' has zeros before its digits, as in '007': these are codes, read as a category. Say text with",
        ),
        (["007", "42"], ""),
        (["a", "b"], ""),
    ],
)
def test_numbers_in_several_forms_are_named(words: list[str], said: str) -> None:
    (raw,) = from_text("x;y\n" + "\n".join(f'"{word}";1' for word in words * TIED), "t.csv")[:1]
    read = found(raw, np.random.default_rng(0))
    assert read.column.type == "category"
    assert re.search(said, " ".join(read.notes))
    assert bool(read.notes) == bool(said)


def test_spaces_before_a_unit_are_as_most_have_them() -> None:
    column, numbers, again, _ = column_of(["78%", "5%", "100 %"])
    assert numbers == [78, 5, 100]
    assert again == ["78%", "5%", "100%"]
    assert column.number("41 %") == 41
    assert column_of(["7 kg", "8kg", "9 kg"])[2] == ["7 kg", "8 kg", "9 kg"]


def test_a_number_in_another_unit_is_none_of_its_column() -> None:
    column = column_of(["85.5 kg", "70.0 kg"])[0]
    assert [column.number(word) for word in ("70", "70kg", "70 lb")] == [70, 70, None]
    plain = column_of(["85.5", "70.0"])[0]
    assert plain.number("70 kg") is None


def test_a_few_words_among_numbers_in_a_unit_are_missing() -> None:
    words = [f"{k * 0.5:.1f} kg" for k in range(60)]
    (raw,) = from_text("x;y\n" + "".join(f"{word};1\n" for word in [*words, "unknown"]), "t.csv")[:1]
    read = found(raw, np.random.default_rng(0))
    assert (read.column.type, read.column.unit) == ("number", "# kg")
    assert read.numbers is not None
    assert np.isnan(read.numbers).tolist() == 60 * [False] + [True]
    assert "1 row of 'x' holds 'unknown', which is no number: counted as missing" in read.notes[0]


@pytest.mark.parametrize(
    ("name", "words", "said", "least"),
    [
        ("zip", ["80331", "10115", "99999"], "which are codes by its name", 4),
        ("zip", ["80331", "501"], "which are codes by its name", 4),
        ("homeZip", ["80331", "10115"], "which are codes by its name", 1),
        ("zip_code", ["00501", "80331"], "has zeros before its digits, as in '00501'", 1),
        ("dept_code", ["101", "205"], "which are codes by its name", 4),
        ("shopId", ["101", "205"], "which are codes by its name", 4),
        ("邮编", ["100871", "200030"], "which are codes by its name", 4),
        ("kunde", ["00501", "02134"], "has zeros before its digits", 4),
        ("kunde", ["00501", "02134"], "", 40),  # most rows have a code of their own
        ("dept_code", ["101", "2050"], "", 4),
        ("paid", ["101", "205"], "", 4),
        ("encoded", ["101", "205"], "", 4),
        ("year", ["1999", "2024"], "", 4),
    ],
)
def test_digits_that_are_codes_are_a_category(name: str, words: list[str], said: str, least: int) -> None:
    width = len(words[0])
    others = [str(10 ** (width - 1) + 7 * k) for k in range(least)] if least > 4 else []
    (raw,) = from_text(f"{name},y\n" + "\n".join(f"{word},1" for word in [*others, *words * TIED]), "t.csv")[:1]
    read = found(raw, np.random.default_rng(0))
    assert (read.column.type == "category") == bool(said)
    assert said in " ".join(read.notes)
    if said and words[0][0] != "0":  # a table in memory has no zeros before a number
        numbers = Raw(name, raw.codes, np.array(raw.values, np.float64), "whole", "Int64")
        assert found(numbers, np.random.default_rng(0)).column.type == "category"
        assert found(raw, np.random.default_rng(0), "whole").column.type == "whole"


@pytest.mark.parametrize("name", ["paid", "ideal", "bid", "idle_time"])
def test_a_name_that_only_looks_like_one_of_identifiers_is_none(name: str) -> None:
    (raw,) = from_text(f"{name},y\n" + "\n".join(f"{k * k + 7},1" for k in range(40)), "t.csv")[:1]
    assert found(raw, np.random.default_rng(0)).column.type == "whole"


@pytest.mark.parametrize("name", ["id", "user_id", "customerId", "userid", "id_kunde", "ID", "idCustomer"])
def test_a_name_of_identifiers_makes_different_numbers_identifiers(name: str) -> None:
    (raw,) = from_text(f"{name},y\n" + "\n".join(f"{k * k + 7},1" for k in range(40)), "t.csv")[:1]
    assert found(raw, np.random.default_rng(0)).column.type == "identifier"


def test_universal_identifiers_are_made_anew() -> None:
    given = [str(UUID(int=random.Random(k).getrandbits(128), version=4)) for k in range(40)]
    for style in (str, str.upper, lambda word: word.replace("-", "")):
        words = list(map(style, given))
        text = "key,other,n\n" + "\n".join(
            f"{a},{b},{k % 3}" for k, (a, b) in enumerate(zip(words, words[::-1], strict=True))
        )
        data = from_columns(from_text(text, "t.csv"), "t", {})
        codec, stored = Columns.of(data.spec.codec), data.samples.numpy()
        assert [column.type for column in codec.columns] == ["identifier", "identifier", "whole"]
        assert Columns.from_dict(codec.to_dict()) == codec
        drawn = rows.values(codec, stored)
        made = {*drawn["key"], *drawn["other"]}
        assert len(made) == 80
        assert not made & {*words}
        assert all(style(str(UUID(word))) == word for word in made)
        assert "-" not in words[0] or {UUID(word).version for word in made} == {4}
        assert rows.values(codec, stored[:20])["key"] == drawn["key"][:20]
        assert not {*rows.values(codec, stored[::-1].copy())["key"]} & made


def test_a_minus_after_a_number_is_said() -> None:
    assert "'512-' is read as -512: its minus stands after it" in column_of(["7", "512-"])[3]


def test_numbers_of_four_digits_need_no_mark_between_thousands() -> None:
    assert column_of(["12 000", "1524", "7"])[1] == [12000, 1524, 7]


def test_a_style_is_read_back_from_its_form() -> None:
    for form in (
        "",
        ",",
        ",.",
        ".,",
        " .",
        "\u202f,",
        "(",
        ",.(",
        "$(",
        ",.$(",
        "n-",
        ".,n-",
        "\u2212",
        ",\u2212",
    ):
        assert Style.of(form).form == form


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["2024年3月5日", "1999年12月31日"], datetime(2024, 3, 5)),
        (["2024年03月05日", "1999年12月31日"], datetime(2024, 3, 5)),
        (["2024年3月5日 08:30", "1999年12月31日 17:45"], datetime(2024, 3, 5, 8, 30)),
        (["2024年3月5日8时30分", "1999年12月31日17时05分"], datetime(2024, 3, 5, 8, 30)),
        (["2024年3月", "1999年12月"], datetime(2024, 3, 1)),
        (["3/5/2024", "12/31/1999"], datetime(2024, 3, 5)),
        (["1 Mar 2024", "31 Dec 1999"], datetime(2024, 3, 1)),
        (["9:05", "17:45"], datetime(1900, 1, 1, 9, 5)),
        (["0:05", "17:45"], datetime(1900, 1, 1, 0, 5)),
        (["9:05 am", "12:45 pm"], datetime(1900, 1, 1, 9, 5)),
        (["3/5/2024 09:05 pm", "12/31/1999 12:45 am"], datetime(2024, 3, 5, 21, 5)),
        (["2024-03-05T08:30:00+02:00", "1999-12-31T17:45:01+02:00"], datetime(2024, 3, 5, 8, 30)),
        (
            ["2024-03-05 08:30:00.25+0530", "1999-12-31 17:45:01.75+0530"],
            datetime(2024, 3, 5, 8, 30, 0, 250000),
        ),
        (["2024-03-05 08:30 -05", "1999-12-31 17:45 -05"], datetime(2024, 3, 5, 8, 30)),
        (["2024-03-05T08:30Z", "1999-12-31T17:45Z"], datetime(2024, 3, 5, 8, 30)),
    ],
)
def test_dates_and_times_come_back_as_they_were_written(words: list[str], first: datetime) -> None:
    column, read, again, _ = column_of(words)
    assert read[0] == (first - moments.EPOCH).total_seconds()
    assert again == words
    assert [column.number(word) for word in words] == read
    assert Column.from_dict(column.to_dict()) == column


def test_times_of_several_zones_are_counted_in_utc() -> None:
    column, read, again, said = column_of(["2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00"])
    assert read == [(datetime(2024, 3, 31, hour, 30) - moments.EPOCH).total_seconds() for hour in (0, 1)]
    assert again == ["2024-03-31T00:30:00+00:00", "2024-03-31T01:30:00+00:00"]
    assert "of several zones: they are counted, and drawn, in UTC" in said
    assert column_of(["2024-03-31T01:30:00+01:00", "2024-03-30T20:30:00-04:00"])[1] == read[:1] * 2
    assert column.number("2024-03-31T05:30:00+05:00") == read[0]
    assert column.python(np.array(read[:1])) == [datetime(2024, 3, 31, 0, 30, tzinfo=UTC)]
    away = column_of(["2024-03-05T08:30:00+02:00", "1999-12-31T17:45:01+02:00"])[0]
    assert away.python(np.array([0.0])) == [datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=2)))]


def test_ranges_of_hours_are_no_times_with_zones() -> None:
    (raw,) = from_text("x,y\n" + "10:30-11:00,1\n12:30-13:00,2\n" * TIED, "t.csv")[:1]
    assert found(raw, np.random.default_rng(0)).column.type == "category"


def test_times_of_day_and_months_in_python_are_no_dates() -> None:
    text = "at,month,day\n" + "17:45,2024-03,5/1/2024\n09:05,2023-12,12/31/2023\n" * TIED
    data = from_columns(from_text(text, "t.csv"), "t", {})
    codec = Columns.of(data.spec.codec)
    first = [values[0] for values in rows.values(codec, data.samples.numpy()).values()]
    assert first == [time(17, 45), "2024-03", date(2024, 5, 1)]
    lines = rows.as_json_lines(codec, data.samples.numpy()).decode().splitlines()
    assert lines[0] == '{"at": "17:45", "month": "2024-03", "day": "5/1/2024"}'
    assert rows.as_csv(codec, data.samples.numpy()).decode() == text


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{:06d}", ["000001", "000002"]),
        ("ID-{:04d}", ["ID-0001", "ID-0002"]),
        ("K{}", ["K1", "K2"]),
        ("{:03d}-A", ["1", "2"]),
        ("N{:010d}", ["N0000000001", "N0000000002"]),
    ],
)
def test_identifiers_keep_what_stands_before_their_number_and_its_zeros(form: str, expected: list[str]) -> None:
    text = "key,n\n" + "\n".join(f"{form.format(k)},{k % 3}" for k in range(8, 48))
    data = from_columns(from_text(text, "t.csv"), "t", {"columns": {"key": "identifier", "n": "whole"}})
    codec = Columns.of(data.spec.codec)
    assert Columns.from_dict(codec.to_dict()) == codec
    for drawn in (rows.values(codec, data.samples[:2].numpy(), texts) for texts in (False, True)):
        assert list(map(str, drawn["key"])) == expected


@pytest.mark.parametrize(
    ("form", "seconds", "expected"),
    [
        ("%Y-%m-%d %H:%M:%S", 86_400, 86_400),
        ("%Y-%m-%dT%H:%M+02:00", 86_400, 86_400),
        ("%Y-%m-%d %H:%M:%S", 3600, 3600),
        ("%H:%M", 900, 900),
        ("%Y-%m-%d %H:%M:%S", 7, None),
    ],
)
def test_times_stay_multiples_of_what_all_are(form: str, seconds: int, expected: int | None) -> None:
    first = datetime(2024, 1, 1)
    words = [(first + timedelta(seconds=seconds * k)).strftime(form) for k in range(50)]
    (raw,) = from_text("at,y\n" + "\n".join(f"{word},1" for word in words), "t.csv")[:1]
    column = found(raw, np.random.default_rng(0)).column
    assert column.whole_seconds == expected
    assert Column.from_dict(column.to_dict()) == column
    drawn = column.numbers(np.linspace(0, 1, 97))
    assert (drawn % (expected or 1) == 0).all()
    assert set(column.text(column.numbers(np.linspace(0.01, 0.99, 50)))) <= set(words) or expected is None
    layer = Values(Columns((column,), 50))
    encoded = torch.special.ndtri(torch.linspace(0.01, 0.99, 97, dtype=torch.float64))[:, None]
    exported = layer(encoded)[:, 0].numpy()
    assert np.array_equal(exported, column.numbers(np.linspace(0.01, 0.99, 97)))


@pytest.mark.parametrize("blank", [r"\N", "(null)", "NaT", "#DIV/0!"])
def test_what_databases_and_spreadsheets_write_for_nothing_is_missing(blank: str) -> None:
    data = from_columns(
        from_text("x,y\n" + "".join(f"{blank if k % 4 else k},{k / 7:.2f}\n" for k in range(80)), "t.csv"),
        "t",
        {},
    )
    column = Columns.of(data.spec.codec).columns[0]
    assert (column.type, column.missing, column.blank) == ("whole", 0.75, blank)


def test_days_in_digits_alone_are_dates_where_their_column_is_called_one() -> None:
    days = [f"2024{k % 12 + 1:02d}{k % 28 + 1:02d}" for k in range(90)]
    data = from_columns(
        from_text("order_date,size\n" + "".join(f"{day},{day}\n" for day in days), "t.csv"), "t", {}
    )
    codec = Columns.of(data.spec.codec)
    assert codec.types == {"order_date": "date", "size": "whole"}
    assert rows.values(codec, data.samples.numpy(), texts=True)["order_date"] == days
    no_day = from_columns(
        from_text("date,n\n" + "".join(f"{day},{k}.5\n" for k, day in enumerate([*days, "20240231"])), "t.csv"),
        "t",
        {},
    )
    assert Columns.of(no_day.spec.codec).types["date"] == "whole"
