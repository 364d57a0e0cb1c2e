"""When tuned options are called better, and what is said where no trial could be measured."""

import math
from itertools import combinations

import pytest

from sparring.uses.tune.trial import DIVERGED, DONE, PRUNED, REFUSED, Outcome
from sparring.uses.tune.verdict import failure, sentence, shown, verdict


@pytest.mark.parametrize(
    ("default", "tuned", "found"),
    [
        ([3.0, 3.1, 3.2], [2.0, 2.1, 2.9], "tuned"),
        ([3.0, 3.1, 3.2], [2.0, 2.1, 3.0], "equal"),
        ([2.0, 2.1, 2.2], [2.3, 9.0, 2.4], "default"),
        ([3.0, 3.1, math.inf], [2.0, 2.1, 2.9], "tuned"),
        ([3.0, 3.1, 3.2], [2.0, 2.1, math.inf], "equal"),
        ([3.0, 3.1, 3.2], None, "same"),
        ([3.0, 3.1], [2.0, 2.1, 2.2], "open"),
        ([], [], "open"),
    ],
)
def test_tuned_is_better_only_if_each_training_beats_each(
    default: list[float], tuned: list[float] | None, found: str
) -> None:
    assert verdict(default, tuned, 3) == found


def test_a_default_beside_which_nothing_was_tried_is_not_called_as_good() -> None:
    assert verdict([3.0, 3.1, 3.2], None, 3, others=0) == "alone"
    assert verdict([3.0, 3.1, 3.2], None, 3, others=1) == "same"
    assert "nothing but the default itself was tried" in sentence("alone", [3.0], None)


def test_chance_alone_gives_each_verdict_in_one_of_twenty() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    found = [
        verdict([v for v in values if v not in tuned], list(tuned), 3) for tuned in combinations(values, 3)
    ]
    assert (found.count("tuned"), found.count("default"), len(found)) == (1, 1, 20)


def test_the_sentence_says_by_how_much() -> None:
    said = sentence("tuned", [4.0, 4.0, 4.2], [2.0, 3.0, 3.1])
    assert said == (
        "The tuned options are better: 3 (2 to 3.1) against 4 (4 to 4.2) times real, 25% lower, in every one "
        "of 3 trainings."
    )
    assert "The default is as good" in sentence("equal", [4.0], [3.0])
    assert "Keep it" in sentence("same", [4.0], None)
    assert "The default is better" in sentence("default", [2.0], [3.0])
    assert "Not compared yet" in sentence("open", [], [])
    assert "100% lower" in sentence("tuned", [math.inf] * 3, [3.0] * 3)


def test_values_are_shown_as_a_median_and_its_range() -> None:
    assert shown([3.0, 1.0, 2.0]) == "2 (1 to 3)"
    assert shown([2.0]) == "2"
    assert shown([1.0, 2.0, math.inf]) == "2 (1 to diverged)"
    assert shown([]) == "not measured"


def test_a_failure_names_the_commonest_finding_and_its_cure() -> None:
    ill = Outcome(DIVERGED, findings={"non-finite": "numbers broke"}, cures={"non-finite": "lower rates"})
    other = Outcome(DIVERGED, findings={"non-finite": "numbers broke", "collapse": "all alike"})
    said = failure([other, ill, Outcome(REFUSED, why="too wide"), Outcome(PRUNED)])
    assert said.startswith("4 trials ended, and none could be measured: 2 diverged.")
    assert "commonest finding, in 2: numbers broke." in said
    assert "`sparring doctor non-finite`" in said
    assert "1 could not be trained, most often (1) because: too wide" in said
    assert "Set lower rates (--g-lr, --d-lr), another --recipe" in said
    assert "lower rates" not in failure([Outcome(REFUSED, why="the memory is full.")])
    assert failure([ill, Outcome(DONE, 2.0)]) == ""
    assert failure([]) == ""
