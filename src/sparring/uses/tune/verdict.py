"""Whether the tuned options are better than the default, by final trainings that no choice has seen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from sparring.errors import counted
from sparring.history.record import times_text
from sparring.uses.tune.trial import DIVERGED, DONE, REFUSED, Outcome

TUNED, DEFAULT, EQUAL, SAME, OPEN, ALONE = "tuned", "default", "equal", "same", "open", "alone"
IN_VAIN = (DEFAULT, EQUAL)  # the best trial has other options than the default, which is to be kept


def verdict(default: Sequence[float], tuned: Sequence[float] | None, seeds: int, others: int = 1) -> str:
    """Which of two groups of values is lower, if every value of it is lower than every one of the other.

    With three of each this happens by chance in 1 of 20 cases on each side (the rank sum test of Wilcoxon 1945:
    1 / C(6, 3)). A training that diverged is infinite.

    Args:
        tuned: None if the best options are those of the default.
        seeds: the trainings of each that are needed; OPEN with fewer.
        others: trials that were no default as it is; ALONE without any.
    """
    if tuned is None:
        return SAME if others else ALONE
    if min(len(default), len(tuned)) < seeds:
        return OPEN
    if max(tuned) < min(default):
        return TUNED
    return DEFAULT if max(default) < min(tuned) else EQUAL


def sentence(found: str, default: Sequence[float], tuned: Sequence[float] | None) -> str:
    """The verdict in words."""
    if found == SAME:
        return "The default is as good: no trial was better than the default itself. Keep it."
    if found == ALONE:
        return "Nothing can be said yet: nothing but the default itself was tried. Give more trials or minutes."
    if found == OPEN or tuned is None:
        return "Not compared yet: the final trainings of the default and of the best trial are not complete."
    both = f"{shown(tuned)} against {shown(default)} times real"
    if found == EQUAL:
        return (
            f"The default is as good: {both}, and the two overlap, so the difference may be chance. Keep it, "
            "or search longer."
        )
    if found == DEFAULT:
        return (
            f"The default is better: {both}. What chose the best trial does not hold for other samples and "
            "seeds. Keep the default."
        )
    share = 1 - median(tuned) / median(default) if math.isfinite(median(default)) else 1.0
    return f"The tuned options are better: {both}, {share:.0%} lower, in every one of {len(tuned)} trainings."


def shown(values: Sequence[float]) -> str:
    """The median, and least to greatest, as in "2.1 (1.9 to 2.4)"; infinity is a training that diverged."""
    if not values:
        return "not measured"
    middle, low, high = (_number(value) for value in (median(values), min(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({low} to {high})"


def _number(value: float) -> str:
    return times_text(value).removesuffix(" times") if math.isfinite(value) else "diverged"


def failure(outcomes: Iterable[Outcome]) -> str:
    """Why no trial could be measured, with the doctor's commonest finding; "" if one could."""
    outcomes = list(outcomes)
    states = Counter(outcome.state for outcome in outcomes)
    if states[DONE] or not outcomes:
        return ""
    parts = [counted(len(outcomes), "trial") + " ended, and none could be measured:"]
    if states[DIVERGED]:
        titles = Counter(name for outcome in outcomes for name in outcome.findings)
        parts.append(f"{states[DIVERGED]} diverged.")
        if titles:
            name, count = titles.most_common(1)[0]
            ill = next(outcome for outcome in outcomes if name in outcome.findings)
            cure = f" Cure: {ill.cures[name]}." if name in ill.cures else ""
            parts.append(f"The doctor's commonest finding, in {count}: {ill.findings[name]}.{cure}")
        parts.append(f"`sparring doctor {name}` explains it." if titles else "")
    if states[REFUSED]:
        reasons = Counter(outcome.why for outcome in outcomes if outcome.why)
        why, count = reasons.most_common(1)[0]
        parts.append(f"{states[REFUSED]} could not be trained, most often ({count}) because: {why}")
    first = "Set lower rates (--g-lr, --d-lr)" if states[DIVERGED] else "Set narrower networks (--g-width)"
    parts.append(f"{first}, another --recipe, or search fewer options with --only.")
    return " ".join(filter(None, parts))
