"""Who wins in a table of a generator beside other reals and baselines."""

import json

import pytest

from sparring.metrics.comparison import FLOOR, GENERATOR, Comparison, Scale

SCALES = {
    "errors": Scale("lower", "mistakes"),
    "valid": Scale("higher", "without a mistake", share=True),
    "length": Scale("floor", "letters"),
}
TABLE = Comparison(
    SCALES,
    100,
    {
        FLOOR: {"errors": 0.1, "valid": 1.0, "length": 6.0},
        GENERATOR: {"errors": 0.4, "valid": 0.8, "length": 7.0},
        "a chain": {"errors": 0.2, "valid": 0.83, "length": 4.0},
        "a parrot": {"errors": 0.39, "length": 6.5},
        "a clerk": {"valid": 0.9},
        "a coin": {"errors": 0.9},
    },
    instead="The generator is fast.",
)


@pytest.mark.parametrize(
    ("baseline", "won"),
    [("a chain", ("errors",)), ("a parrot", ("length",)), ("a clerk", ("valid",)), ("a coin", ())],
)
def test_a_baseline_wins_where_it_is_clearly_better(baseline: str, won: tuple[str, ...]) -> None:
    assert TABLE.wins(baseline) == won


def test_the_summary_says_who_wins_at_what_and_what_there_is_instead() -> None:
    assert TABLE.summary() == (
        "Better than the generator at errors: a chain.",
        "Better than the generator at length: a parrot.",
        "Better than the generator at valid: a clerk.",
        "The generator is fast.",
    )


def test_the_summary_says_that_nobody_wins() -> None:
    columns = {name: TABLE.columns[name] for name in (FLOOR, GENERATOR, "a coin")}
    assert Comparison(SCALES, 100, columns, instead="It is fast.").summary() == (
        "No baseline is better at anything measured here (a coin).",
    )


def test_a_table_goes_into_json_with_its_summary() -> None:
    found = json.loads(json.dumps(TABLE.to_dict()))
    assert found["columns"]["a chain"]["errors"] == 0.2
    assert found["scales"]["valid"] == {"better": "higher", "meaning": "without a mistake", "share": True}
    assert found["summary"] == list(TABLE.summary())
