"""What is measured of one kind of data alone, of a generator beside real samples and simple baselines.

Each kind says in its ``judge`` what it measures and which baselines it trains; this file says what such a
table is, and who wins in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from torch import Tensor

from sparring.data.spec import Spec
from sparring.errors import Tell
from sparring.metrics.memorisation import COPIES

Numbers = Mapping[str, float]
FLOOR, GENERATOR = "other reals", "the generator"  # the first two columns of a table
CLEARLY = 0.05  # a baseline wins at what it does better by this share of the generator's number


class Scale(NamedTuple):
    """How a measure is read.

    Attributes:
        better: whether the lower or the higher number is better; "floor": the nearer to that of other reals;
            "half": the nearer to 0.5.
        share: whether it is a share, shown in percent.
    """

    better: Literal["lower", "higher", "floor", "half"]
    meaning: str
    share: bool = False


class Near(NamedTuple):
    """The share of samples nearer to a training sample than to as many unseen ones, and its 95 % interval."""

    share: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.share:.1%} of them (95 % interval {self.low:.1%} to {self.high:.1%})"


class Trial(NamedTuple):
    """What a kind judges.

    Attributes:
        fakes: decoded samples of the generator (N, …).
        training: the samples that it was trained on.
        held_out: samples that it was not trained on; None: there are none.
        seed: of what the baselines draw.
        tell: receives a text about the progress.
    """

    fakes: Tensor
    training: Tensor
    held_out: Tensor | None
    spec: Spec
    seed: int
    tell: Tell


@dataclass(frozen=True)
class Comparison:
    """The measures of a generator, of other reals and of baselines, all with as many samples.

    Attributes:
        scales: how each measure is read, by its name. The first ones matter most.
        count: samples of each column.
        columns: the numbers of each column by the name of the measure; other reals, the generator, then the
            baselines. A column may lack a number.
        notes: remarks, such as how long the baselines took.
        instead: what a generator gives that the baselines do not, for the summary where one wins.
        near: how many samples of the generator are nearer to training samples; None: not measured.
    """

    scales: Mapping[str, Scale]
    count: int
    columns: Mapping[str, Numbers]
    notes: tuple[str, ...] = ()
    instead: str = ""
    near: Near | None = None

    @property
    def baselines(self) -> tuple[str, ...]:
        """The names of the columns of baselines."""
        return tuple(name for name in self.columns if name not in (FLOOR, GENERATOR))

    def wins(self, baseline: str) -> tuple[str, ...]:
        """The measures in which a baseline is clearly better than the generator."""
        mine, theirs = self.columns[GENERATOR], self.columns[baseline]
        return tuple(
            name for name in self.scales if name in mine.keys() & theirs.keys() and self._won(name, baseline)
        )

    def _won(self, name: str, baseline: str) -> bool:
        mine, theirs = (self._loss(name, column) for column in (GENERATOR, baseline))
        return theirs < mine - CLEARLY * max(abs(self.columns[GENERATOR][name]), 1e-12)

    def _loss(self, name: str, column: str) -> float:
        """The number of a column, turned so that lower is better."""
        value = self.columns[column][name]
        better = self.scales[name].better
        if better in ("floor", "half"):
            return abs(value - (0.5 if better == "half" else self.columns[FLOOR][name]))
        return value if better == "lower" else -value

    def summary(self) -> tuple[str, ...]:
        """In words: which baselines win at what, and what the generator gives instead."""
        winners: dict[tuple[str, ...], list[str]] = {}
        for name in self.baselines:
            winners.setdefault(self.wins(name), []).append(name)
        found = [
            f"Better than the generator at {listed(won)}: {listed(names)}."
            for won, names in winners.items()
            if won
        ]
        if not found:
            return (f"No baseline is better at anything measured here ({listed(self.baselines)}).",)
        return (*found, self.instead) if self.instead else tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The fields for JSON, with the summary."""
        scales = {name: scale._asdict() for name, scale in self.scales.items()}
        return asdict(self) | {"scales": scales, "summary": self.summary()}


def copies(c_t: float, near: Near | None) -> str:
    """What C_T and the share of near samples say of copies, in words; "" if neither speaks of any.

    See ``memorisation.copying_score`` for C_T.
    """
    low = c_t < COPIES
    if near is None or near.low <= 0.5:
        if not low:
            return ""
        if near is None:
            return f"the fakes look like copies of the training data: C_T {c_t:.1f} is below {COPIES:g}."
        return (
            f"C_T {c_t:.1f} is below {COPIES:g}, as of copies, but {near} are nearer to a training sample than "
            "to an unseen one, which is no more than by chance. Fakes that keep to the middle of the data lie "
            "near to all of it, and lower C_T without being copies."
        )
    share = f"{near} are nearer to a training sample than to an unseen one"
    if low:
        return (
            f"the fakes look like copies of the training data: C_T {c_t:.1f} is below {COPIES:g}, and {share}. "
            "Compare them with the training data before you hand them on."
        )
    return (
        f"some fakes may be copies of the training data: {share}, which is more than by chance, though C_T "
        f"{c_t:.1f} is not below {COPIES:g} for all of them together."
    )


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: a, b and c."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
