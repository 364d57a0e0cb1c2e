"""The verdict of a study: whether each arm helps, how sure that is, what it costs and what it is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from sparring.metrics.differences import Difference, holm, paired, worth
from sparring.uses.study.arms import REAL
from sparring.uses.study.cells import GAN, Cells
from sparring.uses.study.choices import chosen, mean
from sparring.uses.study.plan import Plan
from sparring.uses.study.subject import Row

LEVEL = 0.05  # of Holm's adjusted p-values
HELPS, HARMS, NONE = "helps", "harms", "no difference"
CURVE = {"half": 0.5, REAL: 1.0, "double": 2.0}  # arms of the learning curve, and their sizes in subsets


@dataclass(frozen=True)
class Judged:
    """A line of the verdict.

    Attributes:
        value: the mean score over the subsets.
        difference: to the row that it is compared with, with a 95 % interval and tests; None for that row
            itself.
        p: of the t-test, adjusted by Holm for all rows.
        verdict: helps, no difference or harms; "" for the row that others are compared with.
        by_steps: the mean score and the difference after each number of steps.
        minutes: that it took, with the training of the GANs where it needs them.
        more: how many more labelled samples would do the same, with the interval's ends; see
            ``worth``; None where the learning curve does not rise.
        kept: which variants and budgets validation chose, and how often.
    """

    name: str
    against: str
    value: float
    difference: Difference | None
    p: float
    verdict: str
    by_steps: tuple[tuple[float, float], ...]
    minutes: float
    more: tuple[float, float, float] | None
    kept: Mapping[str, int]


@dataclass(frozen=True)
class Result:
    """All that a study has found.

    Attributes:
        subsets: how many were complete, of ``planned``.
        size: samples of a subset.
        curve: the mean score of the real samples alone, by the number of samples.
        values: of each row, the score in each subset.
        best_share: the GAN arm that validation prefers.
        minutes: of all trainings.
        sentences, caveats: the verdict in words, and what must be known to read the rows; with ``_zh`` in
            Chinese.
    """

    noun: str
    measure: str
    subsets: int
    planned: int
    size: int
    steps: tuple[int, int]
    seen: int
    rows: tuple[Judged, ...]
    curve: Mapping[int, float]
    values: Mapping[str, list[float]]
    best_share: str
    minutes: float
    sentences: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    measure_zh: str = ""
    sentences_zh: tuple[str, ...] = ()
    caveats_zh: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    @property
    def by_name(self) -> Mapping[str, Judged]:
        return {row.name: row for row in self.rows}

    def to_dict(self) -> dict[str, Any]:
        """The fields of ``verdict.json``; see ``on_curve``."""
        found = asdict(self)
        for row in found["rows"]:
            row["more"] = row["more"] and [on_curve(each) for each in row["more"]]
        for row, mine in zip(found["rows"], self.rows, strict=True):
            row["difference"] = mine.difference and mine.difference._asdict()
        return found


def judged(
    rows: Sequence[Row], plan: Plan, cells: Cells, blocks: Sequence[int], tested: int, noun: str, measure: str
) -> Result:
    """Judge every row by the subsets that are complete.

    Args:
        blocks: the complete subsets.
        tested: samples that each subset is tested on.
        noun, measure: of one sample, and of a score, in words.
    """
    rows = [row for row in rows if all(name in plan.arms for name in row.variants) and _known(row, rows, plan)]
    values = {row.name: [_value(row, k, plan, cells) for k in blocks] for row in rows}
    sizes, scores = _curve(plan, cells, blocks)
    resolution = 1 / (tested * plan.starts)
    compared = [row for row in rows if row.name != REAL]
    found = {row.name: paired(_minus(values[row.name], values[row.against]), resolution) for row in compared}
    adjusted = dict(zip(found, holm([each.p for each in found.values()]), strict=True))
    lines, rises = [], bool(scores) and scores[-1] > scores[0]
    for row in rows:
        difference = found.get(row.name)
        p = adjusted.get(row.name, 1.0)
        ends = difference and (difference.value, difference.low, difference.high)
        more = (
            rises
            and ends
            and row.against == REAL
            and tuple(worth(end, sizes, scores, plan.size) for end in ends)
        )
        lines.append(
            Judged(
                name=row.name,
                against="" if difference is None else row.against,
                value=fmean(values[row.name]),
                difference=difference,
                p=p,
                verdict="" if difference is None else verdict(difference, p),
                by_steps=tuple(_at(row, rows, place, plan, cells, blocks) for place in range(len(plan.steps))),
                minutes=_minutes(row, plan, cells),
                more=more or None,  # type: ignore[arg-type]
                kept=_kept(row, plan, cells, blocks),
            )
        )
    return Result(
        subsets=len(blocks),
        planned=plan.subsets,
        size=plan.size,
        steps=plan.steps,
        seen=plan.seen,
        rows=tuple(lines),
        curve=dict(zip(sizes, scores, strict=True)),
        values=values,
        best_share=_best_share(rows, plan, cells, blocks),
        minutes=cells.spent / 60,
        noun=noun,
        measure=measure,
    )


def on_curve(more: float) -> int | str:
    """A number of labelled samples, or on which side of the learning curve it lies."""
    if math.isinf(more):
        return "> curve" if more > 0 else "< curve"
    return round(more)


def verdict(difference: Difference, p: float) -> str:
    """What a difference means whose adjusted p-value is ``p``."""
    if p > LEVEL:
        return NONE
    return HELPS if difference.value > 0 else HARMS


def _known(row: Row, rows: Sequence[Row], plan: Plan) -> bool:
    against = next(each for each in rows if each.name == row.against)
    return all(name in plan.arms for name in against.variants)


def _minus(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    return [one - other for one, other in zip(ones, others, strict=True)]


def _value(row: Row, block: int, plan: Plan, cells: Cells, budget: int | None = None) -> float:
    """The test score of what validation chose in a subset."""
    return mean(block, *chosen(row.variants, block, plan, cells.scores, budget), plan, cells.scores)


def _at(
    row: Row, rows: Sequence[Row], place: int, plan: Plan, cells: Cells, blocks: Sequence[int]
) -> tuple[float, float]:
    """The mean score and the mean difference at one number of steps, which is the same for both."""
    against = next(each for each in rows if each.name == row.against)
    mine, theirs = ([_value(each, k, plan, cells, place) for k in blocks] for each in (row, against))
    return fmean(mine), fmean(_minus(mine, theirs))


def _curve(plan: Plan, cells: Cells, blocks: Sequence[int]) -> tuple[list[int], list[float]]:
    sizes, scores = [], []
    for name, share in CURVE.items():
        if name in plan.arms:
            sizes.append(round(share * plan.size))
            scores.append(fmean(_value(Row(name, (name,)), k, plan, cells) for k in blocks))
    order = sorted(range(len(sizes)), key=lambda k: sizes[k])
    return [sizes[k] for k in order], [scores[k] for k in order]


def _minutes(row: Row, plan: Plan, cells: Cells) -> float:
    """Of both budgets of all variants, from all initialisations."""
    own = {*row.variants} | ({GAN} if row.synthetic else set())
    return sum(seconds for key, seconds in cells.seconds.items() if key.arm in own) / 60


def _kept(row: Row, plan: Plan, cells: Cells, blocks: Sequence[int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for k in blocks:
        name, place = chosen(row.variants, k, plan, cells.scores)
        label = f"{name}, {plan.steps[place]:,} steps"
        counts[label] = counts.get(label, 0) + 1
    return counts


def _best_share(rows: Sequence[Row], plan: Plan, cells: Cells, blocks: Sequence[int]) -> str:
    """The arm with a share of forged samples that validation prefers over all subsets; "" without any."""
    shares = [row for row in rows if row.synthetic and row.name.startswith("GAN ") and row.name.endswith("%")]

    def on_validation(row: Row) -> float:
        pairs = {k: chosen(row.variants, k, plan, cells.scores) for k in blocks}
        return fmean(mean(k, *pair, plan, cells.scores, "choose") for k, pair in pairs.items())

    return max(shares, key=on_validation).name if shares else ""
