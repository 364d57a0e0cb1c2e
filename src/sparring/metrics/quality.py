"""Times real, the quality number: how far fakes are from reals, compared with other reals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sparring.errors import Tell
from sparring.history.record import times_real_text
from sparring.metrics.digits import TEST_DIGITS, digit_classifier, is_test_set
from sparring.metrics.distances import Estimate, Gaussian, fit_gaussian, frechet, frechet_floor
from sparring.metrics.extractors import Reals
from sparring.metrics.features import Extractor

COUNT = 10_000  # samples of each side
DRAWS = 3  # sets of fakes that are drawn
FLOORS = 3  # sets of other reals that are measured if the features are fast; else one
MOST_PARTS = 10  # a larger set is compared in at most this many parts
QUICK = ("digits", "points", "pca-64", "notes")  # features that take seconds
DIGITS_FLOOR_ERROR = 0.045  # of the shipped floor: its standard error over 20 draws of 10,000
LEAST_A_FEATURE = 2  # samples of each side that are needed per feature
LEAST_FLOOR = 0.1  # the least floor, as a share of the expected one
FEW_REALS = 2048  # real samples that suffice if the package ships their statistics


@dataclass(frozen=True)
class TimesReal:
    """The Fréchet distance of samples to reals, divided by that of equally many other reals.

    1 is as good as real.

    Attributes:
        error: the standard deviation over draws of samples and of reals; None with one draw each.
        label: the name of the distance, with its features.
        count: samples of each side.
        held_out: whether no training has seen the reals that both are measured against.
    """

    value: float
    error: float | None
    label: str
    count: int
    held_out: bool

    def __str__(self) -> str:
        against = "held-out reals" if self.held_out else "the reals it was trained on"
        return (
            f"{times_real_text(self.value, self.error)} "
            f"({self.label} to {against}, {self.count:,} samples; 1 is as good as real)"
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields for JSON, without the label."""
        return {"times_real": self.value, "times_real_error": self.error, "times_real_count": self.count}


class RealFeatures(NamedTuple):
    """Features of the training data, of the reference, and of two sets of reals to compare with each other.

    If the features are fast, ``second`` has enough rows for several comparisons.
    """

    training: Tensor
    reference: Tensor
    first: Tensor
    second: Tensor


def real_features(
    extractor: Extractor,
    real: Reals,
    held_out: Reals | None,
    count: int,
    *,
    seed: int = 0,
    whole: bool = False,
    tell: Tell = lambda _: None,
) -> RealFeatures:
    """Features of ``count`` held-out reals and of a few times as many training samples, or all with ``whole``.

    Without held-out reals, one part of the training data is compared with another. ``whole`` does not change
    which samples are compared.
    """
    floors = FLOORS if extractor.name in QUICK else 1
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(real.samples), generator=rng)
    if held_out is None:
        drawn = features_of(extractor, real.samples[order[: (1 + floors) * count]], "reals", tell)
        size = min(count, len(drawn) // 2)
        return RealFeatures(drawn, drawn[:count], drawn[:size], drawn[size : (1 + floors) * size])
    chosen = order[: floors * count]
    indices = torch.randperm(len(held_out.samples), generator=rng)[:count]
    training = features_of(extractor, real.samples if whole else real.samples[chosen], "reals", tell)
    reference = features_of(extractor, held_out.samples[indices], "held-out reals", tell)
    return RealFeatures(training, reference, reference, training[chosen] if whole else training)


def features_of(extractor: Extractor, samples: Tensor, whose: str, tell: Tell) -> Tensor:
    """Features (N, D) of samples, with progress reports to ``tell``."""
    return extractor(samples, lambda done: tell(f"features of {done:,} of {len(samples):,} {whose}"))


@dataclass(frozen=True)
class Standard:
    """The standard by which samples are measured: the distribution of reals, and the score of other reals.

    Attributes:
        label: the name of the distance, with its features.
        law: the distribution of the reference, as a Gaussian.
        reference: how many reals the law was fitted to.
        second: features of other reals (N, D).
        count: samples of each side for times real; with fewer samples times real is estimated.
        held_out: whether no training has seen the reference.
        shipped_floor: the distance of ``count`` other reals, if the package ships it.
    """

    label: str
    law: Gaussian
    reference: int
    second: Tensor
    count: int
    held_out: bool
    shipped_floor: Estimate | None = None
    floors: dict[int, Estimate] = field(default_factory=dict)  # computed before, by count

    @property
    def enough(self) -> bool:
        """Whether there are enough samples for a useful covariance of their features."""
        return self.count >= LEAST_A_FEATURE * len(self.law.mean)

    @property
    def used(self) -> int:
        """The number of samples of a draw that are compared, in parts of ``count``."""
        return self.count * MOST_PARTS

    def floor(self, count: int) -> Estimate:
        """The score of ``count`` other reals: measured, or computed if there are fewer."""
        if count not in self.floors:
            shipped = self.shipped_floor if count == self.count else None
            self.floors[count] = shipped or self._floor(count)
        return self.floors[count]

    def _floor(self, count: int) -> Estimate:
        if count > len(self.second):  # what another law than the reference's adds does not depend on the count
            size = len(self.second)
            added = self.distances(self.second, size)[0] - self._expected(size) if size > 1 else 0.0
            return Estimate(self._expected(count) + max(0.0, added), 0.0)
        found = self.distances(self.second, count)
        mean, deviation = _mean(found)
        least = LEAST_FLOOR * self._expected(count)  # lower only if these reals are part of the reference
        return Estimate(max(mean, least), deviation / len(found) ** 0.5)

    def _expected(self, count: int) -> float:
        """The expected score of ``count`` samples of the reference's own distribution."""
        return frechet_floor(self.law.covariance, self.reference, count)

    def distances(self, features: Tensor, count: int) -> list[float]:
        """The distances of at most MOST_PARTS parts (count, D) of the features."""
        parts = [part for part in features.split(count) if len(part) == count]
        return [frechet(self.law, fit_gaussian(part)) for part in parts[:MOST_PARTS]]

    def times_real(self, drawn: Iterable[Tensor]) -> TimesReal:
        """Times real of draws of samples, given as features (N, D).

        With fewer than ``count`` samples the excess over the distance of equally few other reals is used.
        """
        distances: list[float] = []
        count = self.count
        for features in drawn:
            count = min(count, len(features))
            distances += self.distances(features, count)
        found = _mean(distances)
        floor = self.floor(self.count)
        unit = max(floor.value, 1e-12)
        if count == self.count:
            value = found.value / unit
            errors = found.standard_error, floor.standard_error * value
        else:
            here = self.floor(count)
            alike = len(self.second) // count
            deviation = here.standard_error * min(max(alike, 1), MOST_PARTS) ** 0.5
            value = max(1.0, 1 + (found.value - here.value) / unit)
            errors = (max(found.standard_error, deviation), floor.standard_error * value)
        error = sum((part / unit) ** 2 for part in errors) ** 0.5
        return TimesReal(value, error or None, self.label, count, self.held_out)


def standard(
    extractor: Extractor, found: RealFeatures, count: int, *, held_out: bool, law: Gaussian | None = None
) -> Standard:
    """The standard that these reals set for at most ``count`` samples of each side."""
    law = law or fit_gaussian(found.first)
    size = min(count, len(found.second))
    return Standard(
        extractor.label,
        law,
        len(found.first),
        found.second,
        size,
        held_out,
        shipped_floor(extractor, law, size),
    )


def standard_of(
    extractor: Extractor, real: Reals, held_out: Reals | None, count: int, tell: Tell = lambda _: None
) -> Standard:
    """The standard for at most ``count`` samples: held-out reals or, without them, a part of the reals."""
    if by := shipped_standard(extractor, real.samples, held_out and held_out.samples):
        return by
    found = real_features(extractor, real, held_out, count, tell=tell)
    return standard(extractor, found, count, held_out=held_out is not None)


def estimating_standard(
    extractor: Extractor, law: Gaussian, reference: int, second: Tensor, real: int, held_out: int | None
) -> Standard:
    """A standard for the usual count with fewer other reals, so that its floor is estimated.

    Args:
        law: the distribution of ``reference`` reals.
        second: features of other reals (N, D).
        real, held_out: the numbers of all reals.
    """
    count = usual_count(real, held_out)
    floor = shipped_floor(extractor, law, count)
    return Standard(extractor.label, law, reference, second, count, held_out is not None, floor)


def shipped_standard(extractor: Extractor, real: Tensor, held_out: Tensor | None) -> Standard | None:
    """The standard of MNIST's test digits, which the package ships; None for other reals."""
    if extractor.name != "digits" or held_out is None or not is_test_set(held_out):
        return None
    law = digit_classifier()[1]
    indices = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))[:FEW_REALS]
    second = extractor(real[indices])
    count = min(TEST_DIGITS, len(real))
    return Standard(
        extractor.label, law, TEST_DIGITS, second, count, True, shipped_floor(extractor, law, count)
    )


def usual_count(real: int, held_out: int | None, most: int = COUNT) -> int:
    """The number of samples of each side for times real, given the numbers of reals."""
    return min(most, real if held_out is not None else real // 2)


def shipped_floor(extractor: Extractor, law: Gaussian, count: int) -> Estimate | None:
    """The floor of MNIST's test digits, which the package ships; None for other data."""
    if extractor.name != "digits" or count != TEST_DIGITS:
        return None
    _, reference, floor = digit_classifier()
    alike = torch.allclose(law.covariance, reference.covariance, atol=1e-4)
    return Estimate(floor, DIGITS_FLOOR_ERROR) if alike else None


def _mean(values: Sequence[float]) -> Estimate:
    """The mean of several draws and the standard deviation of one draw; 0 for a single draw."""
    return Estimate(fmean(values), stdev(values) if len(values) > 1 else 0.0)
