"""Who wins in a table of a generator beside other reals and baselines."""

import json

import pytest

from sparring.metrics.comparison import FLOOR, GENERATOR, Comparison, Near, Scale, copies

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


def test_an_area_below_a_half_is_no_better_than_one_as_far_above() -> None:
    columns = {FLOOR: {"area": 0.48}, GENERATOR: {"area": 0.6}, "low": {"area": 0.2}, "half": {"area": 0.5}}
    table = Comparison({"area": Scale("half", "an area")}, 100, columns)
    assert (table.wins("low"), table.wins("half")) == ((), ("area",))


def test_baselines_that_win_at_the_same_stand_in_one_line() -> None:
    columns = TABLE.columns | {"a lark": {"valid": 0.9}}
    assert (
        "Better than the generator at valid: a clerk and a lark." in Comparison(SCALES, 100, columns).summary()
    )


@pytest.mark.parametrize(
    ("c_t", "near", "said"),
    [
        (
            -3.1,
            Near(0.6, 0.57, 0.63),
            "the fakes look like copies of the training data: C_T -3.1 is below -3, and 60",
        ),
        (-3.1, None, "the fakes look like copies of the training data: C_T -3.1 is below -3."),
        (-3.1, Near(0.52, 0.49, 0.55), "C_T -3.1 is below -3, as of copies, but 52.0% of them"),
        (-2.9, Near(0.6, 0.57, 0.63), "some fakes may be copies of the training data: 60.0% of them"),
        (-2.9, Near(0.52, 0.5, 0.54), ""),
        (-2.9, None, ""),
    ],
)
def test_copies_are_told_in_words(c_t: float, near: Near | None, said: str) -> None:
    found = copies(c_t, near)
    assert found.startswith(said)
    assert bool(found) == bool(said)
