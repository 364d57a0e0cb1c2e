"""What trials are judged by: times real against one half of the held-out samples; the other half reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import torch

from sparring.data.spec import Dataset
from sparring.data.split import split_hold_out
from sparring.errors import DataError, counted
from sparring.games import drawing
from sparring.games.game import Game
from sparring.metrics.distances import fit_gaussian
from sparring.metrics.extractors import AUTO, choose, quick, suited
from sparring.metrics.quality import TimesReal, estimating_standard
from sparring.metrics.work import seconds_each
from sparring.runs.best import to_measure

MOST = 2000  # samples that are drawn and measured
LEAST = 256  # the same, at least, however short a trial is
LEAST_HELD = 20  # held-out samples in each half
SHARE = 0.15  # of the seconds of a trial that its measurement may take
SEED = 1_000_003  # of the inputs that are drawn to measure


class Halves(NamedTuple):
    """The held-out samples: those by which options are chosen, and those that only report."""

    choosing: Dataset
    reporting: Dataset

    @staticmethod
    def of(held_out: Dataset) -> Halves:
        """Two halves, at random; samples of one group stay together.

        Raises:
            DataError: there are too few.
        """
        if len(held_out) < 2 * LEAST_HELD:
            raise DataError(
                f"{held_out.name} has {counted(len(held_out), 'held-out sample')}; tuning needs at least "
                f"{2 * LEAST_HELD}, half to choose by and half to report. Add samples, or give a larger "
                "--hold-out, such as 0.4."
            )
        return Halves(*split_hold_out(held_out, 0.5))


class Judge:
    """Measures times real of a game against one half of the held-out samples.

    Args:
        training: real samples that are trained on, with which the features are chosen.
        held_out: the half that is measured against.
        features: the name of an extractor, or "auto", which ``sparring evaluate`` uses.
        count: samples that are drawn.
    """

    def __init__(
        self, training: Dataset, held_out: Dataset, features: str, count: int, device: torch.device
    ) -> None:
        reals, others = to_measure(training, device), to_measure(held_out, device)
        self.data, self.count = held_out, count
        self.extractor = choose(reals, features)
        order = torch.randperm(len(reals.samples), generator=torch.Generator().manual_seed(0))
        second = self.extractor(reals.samples[order[:MOST]])
        law = fit_gaussian(self.extractor(others.samples[: self.extractor.count]))
        size = len(others.samples)
        self.by = estimating_standard(self.extractor, law, size, second, len(training), size)
        if not self.by.enough:
            few = counted(self.by.count, "training sample")
            raise DataError(
                f"{training.name}: {few} are too few to measure by {self.by.label}. Add samples, or give a "
                "smaller --hold-out."
            )

    def __call__(self, game: Game, training: Dataset) -> TimesReal:
        """Times real of a game that was trained on this data.

        Raises:
            DataError: its samples are not finite.
        """
        natural = drawing.natural_labels(self.count, training.class_counts)
        given, labels = game.inputs(self.data, self.count, SEED, natural)
        samples = drawing.to_measure(game.sampling_generator, given, labels, training.spec)
        try:
            return self.by.times_real([self.extractor(samples)])
        except ValueError as error:
            raise DataError("the samples of a trial are not finite.") from error


def affordable(training: Dataset, seconds: float, device: torch.device) -> tuple[str, int]:
    """The features by which a trial of so many seconds is measured, and on how many samples.

    Those of ``sparring evaluate`` if LEAST samples take no more than SHARE of the trial, else fast ones.
    """
    reals = to_measure(training, device)
    names = list(dict.fromkeys((suited(reals), quick(reals))))
    for name in names:
        extractor = choose(reals, name)
        each = seconds_each(lambda count, extractor=extractor: extractor(reals.samples[:count]))  # type: ignore[misc]
        count = min(MOST, int(SHARE * seconds / max(each, 1e-9)))
        if count >= LEAST:
            return (AUTO if name == names[0] else name), count
    return names[-1], LEAST


def cpu_clock(threads: int) -> Callable[[], float]:
    """Seconds of this process on ``threads`` cores, which do not pass while other programs use them."""
    return lambda: time.process_time() / threads
