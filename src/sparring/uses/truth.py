"""The own targets of held-out sources: names tell what a training without pairs was not told."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.data.pairs import same_names
from sparring.data.spec import Dataset
from sparring.data.split import held_places
from sparring.errors import counted
from sparring.metrics.comparison import GENERATOR, Comparison

NEEDED = 10  # pairs whose both sides are held out, below which targets of the training are taken too
TRUTH, PAIR = "own target", "pair"  # the measures of it


class Truth(NamedTuple):
    """Held-out sources whose target is known.

    Attributes:
        places: (P,), of these sources among those that are held out.
        targets: stored samples (P, …), in the same order.
        trained_on: how many of these targets the training has seen, without knowing that they belong together.
        training: the pairs of the training set; None without any.
    """

    places: Tensor
    targets: Tensor
    trained_on: int
    training: Dataset | None

    def first(self, count: int) -> Truth | None:
        """Those among the first ``count`` held-out sources; None if they are too few to tell."""
        chosen = self.places < count
        if int(chosen.sum()) < NEEDED:
            return None
        return self._replace(places=self.places[chosen], targets=self.targets[chosen])


def known(data: Dataset, share: float) -> Truth | None:
    """What names tell of an unpaired set, of which a share is held out on each side; None if they tell nothing.

    Args:
        data: the whole set, with the names of its files.
        share: that is held out; with 0, all sources are judged, and all were trained on.
    """
    if data.given is None or not data.spec.unpaired:
        return None
    of_source, of_target = same_names(data.given, data)
    if not len(of_source):
        return None
    held_sources = held_places(data.given, share) if share else torch.arange(len(data.given))
    held_targets = held_places(data, share)
    judged, unseen = torch.isin(of_source, held_sources), torch.isin(of_target, held_targets)
    both = judged & unseen
    chosen = both if int(both.sum()) >= NEEDED else judged
    places = torch.searchsorted(held_sources, of_source[chosen])
    trained_on = int((chosen & ~unseen).sum())
    pairs = _pairs(data, of_source[~judged & ~unseen], of_target[~judged & ~unseen])
    return Truth(places, data.samples[of_target[chosen]], trained_on, pairs)


def _pairs(data: Dataset, of_source: Tensor, of_target: Tensor) -> Dataset | None:
    """These sources and targets as a set of pairs; None without any."""
    if not len(of_source):
        return None
    assert data.given is not None
    given = replace(data.given, samples=data.given.samples[of_source], labels=None, origin=None)
    spec = replace(data.spec, unpaired=False)
    return replace(data, spec=spec, samples=data.samples[of_target], labels=None, given=given, origin=None)


def gap(comparison: Comparison, truth: Truth) -> str:
    """How far outputs and baselines are from the own target, in words."""
    columns = {name: column for name, column in comparison.columns.items() if PAIR in column}
    mine = columns.pop(GENERATOR)
    others = [f"{name} {column[PAIR]:.3g} and {column[TRUTH]:.0%}" for name, column in columns.items()]
    sources = counted(len(truth.places), "held-out source")
    seen = f" ({truth.trained_on:,} of these targets were trained on)" if truth.trained_on else ""
    return (
        f"{sources} have a target of the same name, of which this training was not told{seen}. The gap to it: "
        f"pair {mine[PAIR]:.3g}, where 0 is no gap, and {mine[TRUTH]:.0%} of the outputs are nearest to their "
        f"own target. Of the baselines: {', '.join(others)}."
    )
