"""What "auto" does after a training of a kind that another recipe may draw better: it measures both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sparring import kinds
from sparring.config.choices import OF_A_GAME
from sparring.config.groups import GROUP_OF, Config
from sparring.data.spec import Dataset
from sparring.errors import Tell
from sparring.metrics.work import silent
from sparring.networks.own import NONE
from sparring.runs.fitted import Fitted
from sparring.runs.inference import Sampler
from sparring.training import plan, suited

LEAST = 100  # held-out rows, below which no difference means anything
MOST = 3_000  # rows of each side


class Contest(NamedTuple):
    """Two recipes, measured on the same held-out samples.

    Attributes:
        rival: the training by the other recipe, in memory.
        wins: whether it measures better.
        said: which is better, and by what.
    """

    rival: Fitted
    wins: bool
    said: str


def hold(
    config: Config,
    sampler: Sampler,
    data: Dataset,
    chosen: Collection[str],
    tell: Tell = silent,
) -> Contest | None:
    """Train the rival recipe of this kind of data, and measure both on what was held out.

    None if the kind has no rival, nothing is held out, or the user has chosen options of a game.

    Args:
        config: of the training by the usual recipe.
        data: all that was read.
        chosen: the names of the options that the user has chosen.
        tell: receives a text about the progress, if there is a rival to train.
    """
    kind = kinds.of(data.spec)
    if kind.rival is None or config.recipe != kind.recipe or not kind.rival.possible() or sampler.classes:
        return None
    if any(GROUP_OF[name] in (*OF_A_GAME, "start") for name in chosen if name in GROUP_OF):
        return None
    training, held_out = plan.parts(config.dataset, data)
    if not config.dataset.hold_out or held_out is None or len(held_out) < LEAST:
        return None
    tell("another recipe, measured beside this one")
    kept = {"hold_out": config.dataset.hold_out, "seed": config.seed} | suited.named(data)
    rival = Fitted.begin(suited.configure(data, kind.rival.recipe, **kept), data, NONE, None, False)
    for _ in rival.train(lambda: False):
        pass
    count = min(MOST, len(training))
    mine, theirs = (
        kind.rival.measured(one.sample(count, seed=config.seed), training, held_out, config.seed)
        for one in (sampler, rival.sampler)
    )
    wins = kind.rival.loss(theirs) < kind.rival.loss(mine)
    names = (kind.rival.recipe, config.recipe)
    first, second = names if wins else names[::-1]
    numbers = [f"{name} {_pair(theirs, mine, name, wins)}" for name in kind.rival.shown if name in mine]
    said = f"recipe {first} measures better than {second} on {min(MOST, len(held_out)):,} held-out {kind.noun}s"
    return Contest(rival, wins, f"{said}: {', '.join(numbers)}.")


def _pair(theirs: Mapping[str, Any], mine: Mapping[str, Any], name: str, wins: bool) -> str:
    better, other = (theirs, mine) if wins else (mine, theirs)
    return f"{better[name]:.3f} against {other[name]:.3f}"
