"""Measure the quality at intervals during a training, and keep the best checkpoint.

The best of many measurements is too optimistic, so a checkpoint is chosen on one set of samples and
measured for the report on another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sparring import kinds
from sparring.config.groups import Config
from sparring.config.values import field, finite, text, whole
from sparring.data import builtin
from sparring.data.spec import Dataset, Spec
from sparring.errors import RunError, UnreadableError
from sparring.files import read_json
from sparring.games import drawing
from sparring.games.average import duplicate
from sparring.games.game import Game, Inputs, drawing_player
from sparring.history.record import Record, times_real_text
from sparring.metrics import cache, quality
from sparring.metrics.distances import fit_gaussian, frechet
from sparring.metrics.extractors import Reals, choose
from sparring.metrics.features import Extractor
from sparring.runs import checkpoint

CHOOSING, REPORTING = 2_000_003, 3_000_017  # added to the run's seed: two sets of latents
COUNT = 2000  # samples in a measurement, at most


@dataclass(frozen=True)
class Judge:
    """Measures a generator against real samples, from a hold-out if there is one."""

    config: Config
    spec: Spec
    inputs: Callable[[int], Inputs]  # the inputs for a measurement, from CHOOSING or REPORTING
    count: int  # of them
    extractor: Extractor
    standard: quality.Standard

    def distance(self, generator: nn.Module, offset: int) -> float:
        """The Fréchet distance of ``count`` samples; the same offset gives the same inputs."""
        return frechet(fit_gaussian(self.features(generator, offset)), self.standard.law)

    def measured(self, generator: nn.Module) -> tuple[float, quality.TimesReal]:
        """The distance and times real of samples that are not used to choose a checkpoint."""
        features = self.features(generator, REPORTING)
        return frechet(fit_gaussian(features), self.standard.law), self.standard.times_real([features])

    def features(self, generator: nn.Module, offset: int) -> Tensor:
        """Features (count, D) of ``count`` samples."""
        given, labels = self.inputs(offset)
        return self.extractor(drawing.for_features(generator, given, labels, self.spec))


def judge(config: Config, game: Game, data: Dataset, held_out: Dataset | None = None) -> Judge:
    """The judge of a run on its training data.

    The real samples are ``held_out``, or else the held-out part of a built-in set, or else the training data;
    their statistics come from the cache. For data with sources, what is measured is made from those of
    ``held_out``, or else of the training data: from one half to choose, from the other to report.
    """
    device = game.runtime.device
    reals = to_measure(data, device)
    extractor = choose(reals)
    unseen = held_out or builtin.held_out(config.dataset.data)
    reference = reals.samples if unseen is None else to_measure(unseen, device).samples
    unseen_count = None if unseen is None else len(unseen)
    rng = torch.Generator().manual_seed(0)  # shuffled, since files may be sorted
    order = torch.randperm(len(reference), generator=rng)
    size = min(extractor.count, len(reference) if unseen is not None else len(reference) // 2)
    law = cache.statistics(extractor, reference[order[:size]])
    others = reference[order[size:][:COUNT]]
    if unseen is not None:
        others = reals.samples[torch.randperm(len(reals.samples), generator=rng)[:COUNT]]
    second = extractor(others) if len(others) else torch.empty(0, 1)
    by = quality.estimating_standard(extractor, law, size, second, len(data), unseen_count)
    some = held_out or data
    if some.given is not None:
        count = min(COUNT, len(some.given) // 2 if len(some.given) >= 4 else len(some.given))
        return Judge(config, data.spec, partial(_half, some, count), count, extractor, by)
    labels = drawing.natural_labels(COUNT, data.class_counts)

    def inputs(offset: int) -> Inputs:
        return game.inputs(some, COUNT, config.seed + offset, labels)

    return Judge(config, data.spec, inputs, COUNT, extractor, by)


def _half(data: Dataset, count: int, offset: int) -> Inputs:
    """``count`` sources, none of which another offset takes; all of them if they are fewer than four."""
    assert data.given is not None
    places = drawing.places_of_given(data, len(data.given), 0)
    places = (places[-count:] if offset == REPORTING else places)[:count]
    return drawing.given_at(data, places)


def to_measure(data: Dataset, device: torch.device, seed: int = 0) -> Reals:
    """Real data in the form from which features are computed, with its labels."""
    labels = None if data.spec.clusters else data.labels
    kind = kinds.of(data.spec)
    samples = kind.for_features(data.samples, data.spec)
    return Reals(samples, labels, data.name, seed, device, kind.features, data.spec)


class Selection:
    """Measures a game every ``evaluate_every`` samples and keeps the best checkpoint in a folder."""

    def __init__(self, judge: Judge, folder: Path, game: Game, warn: Callable[[str], object]) -> None:
        self.judge, self.folder, self.game = judge, folder, game
        self.every = judge.config.records.evaluate_every or math.inf
        self.measured_at = game.clock.samples_seen // self.every * self.every
        self.best, self.best_step = math.inf, -1
        with suppress(RunError, KeyError, TypeError, ValueError):  # there is none yet, or it is damaged
            chosen, _ = checkpoint.read(folder, warn)
            if math.isfinite(distance := float(chosen["frechet"])):
                self.best, self.best_step = distance, int(chosen["step"])

    def measure(self, record: Record, last: bool) -> Record:
        """The record, with the distance if a measurement is due."""
        if not last and record.samples_seen - self.measured_at < self.every:
            return record
        self.measured_at = record.samples_seen // self.every * self.every
        distance = self.judge.distance(self.game.sampling_generator, CHOOSING)
        return replace(record, values={**record.values, "frechet": distance})

    def keep(self, record: Record) -> bool:
        """Write a checkpoint if the distance of a record is the least so far; return whether it is."""
        distance = record.values.get("frechet", math.inf)
        if not distance < self.best:
            return False
        self.best, self.best_step = distance, record.step
        chosen = {"frechet": distance, "features": self.judge.extractor.name, "count": self.judge.count}
        checkpoint.write(self.game, self.folder, chosen)
        return True

    def report(self) -> dict[str, Any]:
        """The quality of the best checkpoint and of the current state, on samples not used for the choice."""
        player = drawing_player(self.game)
        facts, tensors = checkpoint.read(self.folder, lambda _: None, of=(f"{player}/",))
        last = self.game.sampling_generator
        best = duplicate(last)
        checkpoint.restore_network(best, player, facts, tensors, checkpoint.MEND)
        distance, times = self.judge.measured(best)
        last_distance, last_times = self.judge.measured(last)
        return {
            "times_real": times.value,
            "times_real_error": times.error,
            "label": self.judge.extractor.label,
            "count": self.judge.count,
            "step": facts["step"],
            "chosen_at": facts.get("frechet"),
            "frechet": distance,
            "last_step": self.game.clock.step,
            "last_frechet": last_distance,
            "last_times_real": last_times.value,
        }


def summary(path: Path) -> str:
    """A written report in one line; "" if there is none that can be read."""
    try:
        found = read_json(path)
        best, last = (field(found, name, whole) for name in ("step", "last_step"))
        scores = [field(found, name, finite) for name in ("times_real", "last_times_real")]
        label, count = field(found, "label", text), field(found, "count", whole)
    except UnreadableError:
        return ""
    return (
        f"step {best:,}: {times_real_text(scores[0])} ({label}, estimated from {count:,} new samples; "
        f"the last, step {last:,}: {times_real_text(scores[1])})"
    )
