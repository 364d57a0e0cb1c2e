"""What trials are judged by: times real against one half of the held-out samples; the other half reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.data.spec import Dataset
from sparring.data.split import split_hold_out
from sparring.errors import DataError, counted
from sparring.games import drawing
from sparring.games.game import Game
from sparring.metrics.distances import fit_gaussian
from sparring.metrics.extractors import AUTO, choose, quick, suited
from sparring.metrics.features import COMPONENTS, Extractor
from sparring.metrics.pretrained import OF_LITE0
from sparring.metrics.quality import LEAST_A_FEATURE, TimesReal, estimating_standard
from sparring.metrics.work import seconds_each
from sparring.runs.best import to_measure

MOST = 2000  # samples that are drawn and measured
LEAST = 256  # the same, at least, however short a trial is
LEAST_HELD = 20  # held-out samples in each half
LEAST_TRAINED = 200  # training samples, from which enough can be held out besides
SHARE = 0.15  # of the seconds of a trial that its measurement may take
SEED = 1_000_003  # of the inputs that are drawn to measure


class Halves(NamedTuple):
    """The held-out samples: those by which options are chosen, and those that only report."""

    choosing: Dataset
    reporting: Dataset

    @staticmethod
    def of(held_out: Dataset, trained: int = 0) -> Halves:
        """Two halves, at random; samples of one group stay together.

        Args:
            trained: the number of training samples, if more of them may be held out.

        Raises:
            DataError: there are too few.
        """
        if len(held_out) < 2 * LEAST_HELD:
            larger = ", or give a larger --hold-out, such as 0.25" if trained >= LEAST_TRAINED else ""
            raise DataError(
                f"{held_out.name} has {counted(len(held_out), 'held-out sample')}; tuning needs at least "
                f"{2 * LEAST_HELD}, half to choose by and half to report. Add samples{larger}."
            )
        return Halves(*split_hold_out(held_out, 0.5))


class Reference:
    """The real samples that are trained on, and their features, which both halves are judged with.

    Args:
        features: the name of an extractor, or "auto", which ``sparring evaluate`` uses.
    """

    def __init__(self, training: Dataset, features: str, device: torch.device) -> None:
        self.reals, self.device = to_measure(training, device), device
        self.name, self._chosen = training.name, features

    @cached_property
    def extractor(self) -> Extractor:
        """The network or transform, which is not built where only the samples are looked at."""
        return choose(self.reals, self._chosen)

    @cached_property
    def features(self) -> Tensor:
        """Features (N, D) of at most MOST samples."""
        order = torch.randperm(len(self.reals.samples), generator=torch.Generator().manual_seed(0))
        return self.extractor(self.reals.samples[order[:MOST]])


class Judge:
    """Measures times real of a game against one half of the held-out samples.

    Args:
        held_out: the half that is measured against.
        count: samples that are drawn.
    """

    def __init__(self, reference: Reference, held_out: Dataset, count: int) -> None:
        others, real = to_measure(held_out, reference.device), len(reference.reals.samples)
        self.data, self.count, self.extractor = held_out, count, reference.extractor
        law = fit_gaussian(self.extractor(others.samples[: self.extractor.count]))
        size = len(others.samples)
        self.by = estimating_standard(self.extractor, law, size, reference.features, real, size)

    def __call__(self, game: Game, training: Dataset) -> TimesReal:
        """Times real of a game that was trained on this data.

        Raises:
            DataError: its samples are not finite.
        """
        natural = drawing.natural_labels(self.count, training.class_counts)
        given, labels = game.inputs(self.data, self.count, SEED, natural)
        samples = drawing.for_features(game.sampling_generator, given, labels, training.spec)
        try:
            return self.by.times_real([self.extractor(samples)])
        except ValueError as error:
            raise DataError("the samples of a trial are not finite.") from error


def check(reference: Callable[[str], Reference], halves: Halves) -> None:
    """Refuse a training set that is too small for the features by which a search is judged.

    Args:
        reference: gives the reference in features of a name.

    Raises:
        DataError: it is, and how many samples would suffice.
    """
    for name in dict.fromkeys((impartial(reference), quick(reference(AUTO).reals))):
        of, held_out = reference(name), len(halves.choosing) + len(halves.reporting)
        found, wide = len(of.reals.samples), of.features.shape[1]
        # So few samples have fewer principal components than there will be of more.
        needed = LEAST_A_FEATURE * (max(wide, COMPONENTS) if wide == found - 1 else wide)
        if found < needed:
            spare = found + held_out - 2 * LEAST_HELD >= needed
            raise DataError(
                f"{of.name}: {counted(found, 'training sample')} are too few to measure by "
                f"{of.extractor.label}, which needs {needed}, beside {2 * LEAST_HELD} that are held out. Add "
                f"samples{', or give a smaller --hold-out' * spare}."
            )


def impartial(reference: Callable[[str], Reference]) -> str:
    """The features of ``sparring evaluate``, or fast ones if a trial may train with the network of those.

    Args:
        reference: gives the reference in features of a name.
    """
    reals = reference(AUTO).reals
    return quick(reals) if suited(reals) in OF_LITE0 else AUTO


def affordable(reference: Callable[[str], Reference], seconds: float) -> tuple[str, int]:
    """The features by which a trial of so many seconds is measured, and on how many samples.

    The impartial ones if LEAST samples take no more than SHARE of the trial, else fast ones.

    Args:
        reference: gives the reference in features of a name.
    """
    fast = quick(reference(AUTO).reals)
    for name in (impartial(reference), fast):
        each = _seconds_each(reference(name))
        count = min(MOST, int(SHARE * seconds / max(each, 1e-9)))
        if count >= LEAST:
            return name, count
    return fast, LEAST


def _seconds_each(reference: Reference) -> float:
    """How long the features of a sample take."""
    return seconds_each(lambda count: reference.extractor(reference.reals.samples[:count]))


def cpu_clock(threads: int) -> Callable[[], float]:
    """Seconds of this process on ``threads`` cores, which do not pass while other programs use them."""
    return lambda: time.process_time() / threads
