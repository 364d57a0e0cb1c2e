"""Rules of rows that the command line gives."""

from pathlib import Path

import numpy as np
import pandas
import pytest

from sparring import GAN
from sparring.cli.main import main
from sparring.data.spec import Dataset
from sparring.data.table import rows, rules
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_columns, from_frame
from sparring.data.table.reading import from_text
from sparring.errors import ConfigError, DataError


def spans(count: int = 200) -> pandas.DataFrame:
    rng = np.random.default_rng(0)
    start = rng.integers(0, 50, count)
    parts = rng.integers(1, 9, (count, 2))
    length = rng.integers(0, 30, count)
    return pandas.DataFrame(
        {"start": start, "end": start + length, "a": parts[:, 0], "b": parts[:, 1], "total": parts.sum(1)}
    )


def test_rules_of_an_option_are_parted() -> None:
    assert rules.listed("a <= b; 0 <= c <= 9 ;") == ("a <= b", "0 <= c <= 9")
    assert rules.listed("none") == ()


def test_every_drawn_row_keeps_to_what_the_command_line_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spans().to_csv("spans.csv", index=False)
    asked = "start <= end; 5 <= start <= 40; total = a + b"
    assert main(["train", "spans.csv", "--constraint", asked, "--recipe", "forest", "--out", "run"]) == 0
    assert "of 200 rows break the rule '5 <= start <= 40'" in capsys.readouterr().err
    assert main(["sample", "run", "--count", "300", "--out", "fake.csv"]) == 0
    assert "did not fit and were drawn anew" in capsys.readouterr().out
    drawn = pandas.read_csv("fake.csv")
    assert list(drawn) == list(spans())
    assert (drawn["start"] <= drawn["end"]).all()
    assert drawn["start"].between(5, 40).all()
    assert (drawn["total"] == drawn["a"] + drawn["b"]).all()
    assert main(["resume", "run"]) == 0
    assert main(["evaluate", "run", "--quick", "--count", "60"]) == 0


def test_a_rule_of_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no column 'ends'. Did you mean 'end'"):
        GAN(constraint="start <= ends").fit(spans())


def notes_of(data: Dataset) -> tuple[str, ...]:
    assert data.origin is not None
    return tuple(data.origin.notes)


def test_a_column_is_not_computed_by_a_rule_that_the_data_break() -> None:
    data = from_frame(spans(), None, {"constraint": "total = a - b"})
    assert "200 of 200 rows break the rule 'total = a - b': it is left out, and 'total' is learnt." in notes_of(
        data
    )
    codec = Columns.of(data.spec.codec)
    assert (codec.derived, codec.rules) == ((), ())
    assert rows.values(codec, data.samples.numpy())["total"] == spans()["total"].tolist()
    few = spans()
    few.loc[:4, "total"] += 1
    data = from_frame(few, None, {"constraint": "total = a + b"})
    assert "5 of 200 rows break the rule 'total = a + b'." in notes_of(data)
    assert Columns.of(data.spec.codec).derived == ("total",)
    rounded = spans().assign(part=lambda frame: frame["a"] / 7, total=lambda frame: (frame["a"] / 7).round())
    assert Columns.of(from_frame(rounded, None, {"constraint": "total = part"}).spec.codec).derived == (
        "total",
    )


def test_a_rule_that_all_rows_break_is_refused() -> None:
    with pytest.raises(
        ConfigError, match="'start > 90': all 200 rows of .* break it, so no row could be drawn"
    ):
        from_frame(spans(), None, {"constraint": "start <= end; start > 90"})


def test_equal_is_equal_but_for_rounding() -> None:
    table = {"a": np.array([1_000_000.0, 0.1 + 0.2]), "b": np.array([1_000_009.0, 0.3])}
    assert rules.parse("a = b").kept(table).tolist() == [False, True]


def dated(count: int = 60) -> str:
    lines = [f"2024-01-{k % 20 + 1:02d},2024-02-{k % 20 + 1 + k % 3:02d},{31 + k % 3}" for k in range(count)]
    return "start,end,days\n" + "\n".join(lines)


def test_differences_of_dates_are_days() -> None:
    for rule, name in (("days = end - start", "days"), ("end = start + days", "end")):
        data = from_columns(from_text(dated(), "t.csv"), "t", {"constraint": f"{rule}; end - start > 30"})
        codec = Columns.of(data.spec.codec)
        assert codec.derived == (name,)
        assert not any("break" in note for note in notes_of(data))
        given = rows.values(codec, data.samples.numpy())
        assert given["days"] == [31 + k % 3 for k in range(60)]
        assert [(b - a).days for a, b in zip(given["start"], given["end"], strict=True)] == given["days"]


def test_a_condition_counts_days() -> None:
    data = from_columns(from_text(dated(), "t.csv"), "t", {"constraint": "end - start < 40"})
    assert not any("break" in note for note in notes_of(data))
    with pytest.raises(ConfigError, match="all 60 rows of t break it"):
        from_columns(from_text(dated(), "t.csv"), "t", {"constraint": "end - start > 40"})


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("start <= 2024-1-41", "'start' is date: expected a date such as 20"),
        ("0 <= start", "'start' is date: expected a date such as 20"),
        ("days <= end", "compares dates with what is no date: expected a date such as"),
        ("start + end < 2024-01-31", "compares dates with what is no date: expected a date such as"),
        ("start + 1 < 2024-1-1", "compares dates with what is no date: expected a date such as"),
    ],
)
def test_dates_are_not_compared_with_what_is_no_date(rule: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_columns(from_text(dated(), "t.csv"), "t", {"constraint": rule})


@pytest.mark.filterwarnings("error")
def test_what_a_run_could_not_hold_is_refused_before_the_training() -> None:
    numbered = "\n".join(str(k % 7) for k in range(60))
    for text, message in (
        (f"x\n{numbered}\n1e308\n-1e308\n", "'x' holds -?1e.308: numbers up to 3.403e.38 are accepted"),
        (f"x,y\n{'a' * 2500},1\n" + "b,2\n" * 9, "one of its values has 2,500 characters: at most 2,000"),
    ):
        with pytest.raises(DataError, match=message):
            from_columns(from_text(text, "t.csv"), "t", {})
    many = ";".join(f"a < {k + 100}" for k in range(101))
    with pytest.raises(ConfigError, match="101 rules: at most 100"):
        from_frame(spans(), None, {"constraint": many})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("Total TTC < 0", '"Total TTC" < 0'),
        ("0 <= Total TTC <= max-age", '0 <= "Total TTC" <= "max-age"'),
        ('"Total TTC" > age', '"Total TTC" > age'),
        ("Total TTC 2 = Total", '"Total TTC 2" = Total'),
        ("age > 3", "age > 3"),
    ],
)
def test_names_with_spaces_or_signs_need_no_quotation_marks(rule: str, expected: str) -> None:
    names = ["Total TTC", "Total TTC 2", "Total", "max-age", "age", 'a "b"']
    assert rules.with_names(rule, names) == expected
    assert rules.parse(rules.with_names('a "b" < 3', names)).names == ('a "b"',)


@pytest.mark.parametrize("date", ["2024年3月5日", "05/03/2024", "05.03.2024"])
def test_dates_in_other_forms_are_refused_with_the_form_that_rules_take(date: str) -> None:
    said = rules.problem(f"day > {date}", {"day": "date"})
    assert said.endswith(f"'{date}' is no date in a rule: write 2024-12-31 or 17:45")


@pytest.mark.parametrize("number", ["1,000", "50%", "$5"])
def test_numbers_in_other_forms_are_refused_with_the_form_that_rules_take(number: str) -> None:
    said = rules.problem(f"pay > {number}", {"pay": "number"})
    assert said.endswith(f"'{number}' is no number in a rule: write 1577.5, without marks")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("total <= 2 a", "no sign stands between '2' and 'a': write \\+ or -"),
        ("total <= a b", "no sign stands between 'a' and 'b': write \\+ or -"),
        ("2020-01-01 5 <= a", "no sign stands between '2020-01-01' and '5'"),
        ("total = a * b", "'\\*' is not known; rules know \\+ and - alone: write a column"),
        ("total <= 2*a", "no column '2\\*a'; rules know \\+ and - alone"),
        ("total <= (a + b)", "no column '\\(a'; rules know"),
    ],
)
def test_terms_need_a_plus_or_a_minus_between_them(rule: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rules.check([rule], dict.fromkeys(("total", "a", "b"), "whole"))


def test_the_minus_of_a_number_and_the_minus_before_it_are_a_plus() -> None:
    table = {"a": np.array([1.0]), "b": np.array([2.0])}
    assert rules.parse("a - -5 <= b").sums[0].of(table).tolist() == [6.0]
    assert rules.parse("km/h - 1 <= b").names == ("km/h", "b")
