"""What validation chooses in a subset: a variant of an arm, and one of the two budgets of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sparring.uses.study.cells import Key
from sparring.uses.study.classifier import Score
from sparring.uses.study.plan import Plan


def chosen(
    variants: Sequence[str],
    block: int,
    plan: Plan,
    scores: Mapping[Key, Sequence[Score]],
    budget: int | None = None,
) -> tuple[str, int]:
    """The variant and the place of the budget with the best mean score on the samples to choose by.

    Args:
        budget: the place of the budget that is taken; None: the better one.
    """
    places = range(len(plan.steps)) if budget is None else (budget,)
    pairs = [(name, place) for name in variants if name in plan.arms for place in places]
    return max(pairs, key=lambda pair: mean(block, pair[0], pair[1], plan, scores, "choose"))


def mean(
    block: int, arm: str, budget: int, plan: Plan, scores: Mapping[Key, Sequence[Score]], part: str = "test"
) -> float:
    """The mean score over the initialisations, on one part of a block."""
    found = [getattr(scores[Key(block, arm, start)][budget], part) for start in range(plan.starts)]
    return float(sum(found) / len(found))
