"""The fakes that are evaluated: of a generator or of a set, with labels that the reals have too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sparring import kinds
from sparring.data.spec import Dataset
from sparring.errors import first_of
from sparring.runs.inference import Sampler

DRAW_STRIDE = 1_000_003  # between the seeds of two draws; only 32 bits of a seed count


class Fakes(NamedTuple):
    """A source of fakes: ``draw`` gives the decoded samples of a draw; every draw has the same ``labels``."""

    name: str
    draw: Callable[[int], Tensor]
    draws: int
    labels: Tensor | None
    class_names: tuple[str, ...]
    facts: dict[str, Any]


def of_sampler(name: str, sampler: Sampler, seed: int, draws: int, count: int) -> Fakes:
    """Fakes from a generator: each draw has its own latents, and the class frequencies of the training data."""
    labels = sampler.natural_labels(count)

    def draw(number: int) -> Tensor:
        return sampler.for_features(sampler.latents(count, draw_seed(seed, number)), labels)

    class_labels = None if sampler.spec.clusters else labels
    facts = {"seed": seed, "count": count, "checkpoint_step": sampler.step}
    return Fakes(name, draw, draws, class_labels, sampler.spec.class_names, facts)


def draw_seed(seed: int, number: int) -> int:
    """The seed of a draw."""
    return seed + DRAW_STRIDE * (number + 1)


def of_set(data: Dataset, seed: int, count: int) -> Fakes:
    """Fakes from a set: at most ``count`` random samples, in a single draw."""
    chosen = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))[:count]
    samples = kinds.of(data.spec).for_features(data.samples[chosen], data.spec)
    labels = None if data.labels is None else data.labels[chosen]
    facts = {"seed": seed, "count": count}
    return Fakes(data.name, lambda _: samples, 1, labels, data.spec.class_names, facts)


def by_name(
    whose: str, labels: Tensor | None, names: tuple[str, ...], real: Dataset
) -> tuple[Tensor | None, str]:
    """Labels (N,) as indices of the real classes with the same names, and ""; or None and the reason."""
    known = real.spec.class_names
    if real.labels is None or labels is None:
        neither = real.labels is None and labels is None
        return None, "" if neither else f"{whose if labels is None else 'the reals'} have no labels"
    if unknown := [names[k] for k in labels.unique().tolist() if names[k] not in known]:
        return None, f"{whose} have classes {first_of(unknown)} that the reals ({first_of(known)}) do not have"
    places = torch.tensor([known.index(name) if name in known else -1 for name in names])
    return places[labels], ""
