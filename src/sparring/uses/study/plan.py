"""What fits into the minutes of a study: how many steps, how long a GAN is trained, how many subsets."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

from sparring.config.values import field, listed, text, whole
from sparring.errors import ConfigError, counted
from sparring.uses.study.subsets import BLOCKS, MOST_SUBSETS

STARTS = 2  # initialisations of each classifier, which are averaged
BUSY = 0.5  # of a core, below which other programs are said to slow a study down
KEPT = 0.8  # of the time that is planned with, since measured times are only estimates
OF_GAN = 0.5  # of the planned time
SHORT = 3  # times fewer steps in the smaller budget
LEAST_STEPS, MOST_STEPS = 60, 3_000  # of the larger budget
LEAST_SEEN, MOST_SEEN = 1_000, 2_000_000  # samples that a GAN is trained with


class Costs(NamedTuple):
    """Measured seconds.

    Attributes:
        step: of a classifier.
        scoring: of a classifier, once.
        seen: of a sample that a GAN is trained with.
        forging: to begin the training of a GAN, and to draw from it.
        had: share of a processor core that this process had while a classifier was timed.
    """

    step: float
    scoring: float
    seen: float
    forging: float = 0.0
    had: float = 1.0


@dataclass(frozen=True)
class Plan:
    """What is done in each subset.

    Attributes:
        subsets: how many there are, disjoint.
        steps: the smaller and the larger number of steps of a classifier.
        seen: samples that a GAN is trained with.
        arms: names of the arms, in the order of the work.
        counts: samples of each class in a subset.
        starts: initialisations of each classifier.
    """

    subsets: int
    steps: tuple[int, int]
    seen: int
    arms: tuple[str, ...]
    counts: tuple[int, ...]
    seed: int = 0
    starts: int = STARTS

    @property
    def size(self) -> int:
        """The number of samples of a subset."""
        return sum(self.counts)

    def seconds(self, costs: Costs) -> float:
        """How long it takes."""
        each = costs.step * self.steps[1] + 2 * costs.scoring
        gan = costs.forging + costs.seen * self.seen
        return self.subsets * (gan + len(self.arms) * self.starts * each)

    def described(self, noun: str, measured: str = "steps") -> str:
        """The plan in words."""
        gan = f"a GAN of {self.seen:,} {noun}s on each, " if self.seen else ""
        return (
            f"{self.subsets} disjoint subsets of {counted(self.size, noun)}, {gan}{len(self.arms)} ways to "
            f"train a classifier for {self.steps[0]:,} and {self.steps[1]:,} {measured}, from "
            f"{counted(self.starts, 'initialisation')} each"
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields as stored in JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Any) -> Plan:
        """The inverse of ``to_dict``.

        Raises:
            UnreadableError: a field is missing, or its value is not accepted.
        """
        one = partial(whole, low=1)
        steps = field(values, "steps", lambda found: listed(found, one, most=2))
        return Plan(
            subsets=field(values, "subsets", partial(whole, low=2, high=MOST_SUBSETS)),
            steps=(steps[0], steps[-1]),
            seen=field(values, "seen", whole),
            arms=field(values, "arms", lambda found: listed(found, text, most=100)),
            counts=field(values, "counts", lambda found: listed(found, whole)),
            seed=field(values, "seed", whole),
            starts=field(values, "starts", one),
        )


def planned(
    minutes: float,
    costs: Costs,
    arms: tuple[str, ...],
    counts: tuple[int, ...],
    subsets: int,
    seed: int = 0,
    starts: int = STARTS,
    most_steps: int = MOST_STEPS,
    spent: float = 0.0,
) -> Plan:
    """The plan that fits into these minutes: half of the time for the GANs, half for the classifiers.

    Args:
        subsets: how many the data is divided into; each has as much time.
        starts: initialisations of each classifier.
        most_steps: of a classifier.
        spent: seconds of the minutes that are gone already.

    Raises:
        ConfigError: not even the smallest plan fits; the message says how many minutes it takes.
    """
    least = Plan(subsets, _budgets(LEAST_STEPS), LEAST_SEEN, arms, counts, seed, starts)
    available = KEPT * (60 * minutes - spent)
    if least.seconds(costs) > available:
        needed = math.ceil((least.seconds(costs) / KEPT + spent) / 6) / 10
        busy = (
            f" Other programs keep this machine busy: a classifier had {costs.had:.0%} of a core. Without them "
            "fewer minutes suffice."
        )
        fewer = f", or fewer subsets: --subsets {BLOCKS}" * (subsets > BLOCKS)
        raise ConfigError(
            f"--minutes {minutes:g} (minutes): here the smallest study takes about {needed:g} minutes. Give "
            f"that many{fewer}." + busy * (costs.had < BUSY)
        )
    each, trainings = available / subsets, len(arms) * starts
    of_steps = (1 - OF_GAN) * (each - costs.forging) / trainings - 2 * costs.scoring
    steps = _budgets(min(most_steps, max(LEAST_STEPS, int(of_steps / costs.step))))
    rest = each - costs.forging - trainings * (steps[1] * costs.step + 2 * costs.scoring)
    seen = min(MOST_SEEN, max(LEAST_SEEN, int(rest / costs.seen)))
    return Plan(subsets, steps, round_down(seen), arms, counts, seed, starts)


def _budgets(steps: int) -> tuple[int, int]:
    small = max(1, round_down(steps // SHORT))
    return small, SHORT * small


def round_down(count: int) -> int:
    """A number with at most two digits that are not 0."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return count // unit * unit
