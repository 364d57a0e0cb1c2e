"""Times real, the quality number: how far fakes are from reals, compared with other reals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sparring.history.record import times_real_text
from sparring.metrics.digits import TEST_DIGITS, digit_classifier, is_test_set
from sparring.metrics.distances import Estimate, Gaussian, fit_gaussian, frechet, frechet_floor
from sparring.metrics.extractors import Reals
from sparring.metrics.features import Extractor
from sparring.metrics.work import Work

DRAWS = 3  # sets of fakes that are drawn
FLOORS = 3  # sets of other reals that are measured if the features are fast; else one
MOST_PARTS = 10  # a larger set is compared in at most this many parts
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
        too_few: the number of these reals, if they are fewer than a covariance of their features needs.
        trained: whether reals that are not held out are those that the generator was trained on.
    """

    value: float
    error: float | None
    label: str
    count: int
    held_out: bool
    too_few: int = 0
    trained: bool = True

    def __str__(self) -> str:
        seen = "the reals it was trained on" if self.trained else "these reals"
        against = "held-out reals" if self.held_out else seen
        doubt = f"not known, as {self.too_few:,} reals are too few to tell; they give " if self.too_few else ""
        return (
            f"{doubt}{times_real_text(self.value, self.error)} "
            f"({self.label} to {against}, {self.count:,} samples; 1 is as good as real)"
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields for JSON, without the label."""
        return {
            "times_real": self.value, "times_real_error": self.error, "times_real_count": self.count,
            "times_real_too_few": self.too_few,
        }  # fmt: skip


class RealFeatures(NamedTuple):
    """Features of the training data, of the reference, and of other reals that are measured as fakes are.

    ``rows`` are the indices of the training samples. If the features are fast, ``second`` has enough rows for
    several comparisons.
    """

    rows: Tensor
    training: Tensor
    reference: Tensor
    second: Tensor


def real_features(
    extractor: Extractor,
    real: Reals,
    held_out: Reals | None,
    count: int,
    *,
    seed: int = 0,
    among: int = 0,
    work: Work | None = None,
) -> RealFeatures:
    """Features of ``count`` held-out reals and of a few times as many training samples.

    Without held-out reals, one part of the training data is compared with another.

    Args:
        among: of how many training samples features are computed at least; this does not change which samples
            are compared.
    """
    work = work or Work()
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(real.samples), generator=rng)
    size = usual_count(len(order), None if held_out is None else len(held_out.samples), count)
    rows = order[: real_count(extractor, len(order), None if held_out is None else 0, count, among)]
    whole = len(rows) == len(order)  # then no copy of all samples is made
    drawn = work.features(extractor, real.samples if whole else real.samples[rows], "reals")
    in_order = drawn[order[: (1 + _floors(extractor)) * size]] if whole else drawn
    rows = torch.arange(len(order)) if whole else rows
    others = _floors(extractor) * size
    if held_out is None:
        return RealFeatures(rows, drawn, in_order[:size], in_order[size : size + others])
    indices = torch.randperm(len(held_out.samples), generator=rng)[:count]
    reference = work.features(extractor, held_out.samples[indices], "held-out reals")
    return RealFeatures(rows, drawn, reference, in_order[:others])


def real_count(extractor: Extractor, real: int, held_out: int | None, count: int, among: int = 0) -> int:
    """Of how many reals ``real_features`` computes features, given the numbers of reals."""
    size = usual_count(real, held_out, count)
    if held_out is None:
        return min(real, (1 + _floors(extractor)) * size)
    return min(real, max(_floors(extractor) * size, among)) + min(held_out, count)


def _floors(extractor: Extractor) -> int:
    return FLOORS if extractor.quick else 1


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
        whole_reference: how many reals the law of a complete measurement is fitted to, if this one has fewer.
    """

    label: str
    law: Gaussian
    reference: int
    second: Tensor
    count: int
    held_out: bool
    shipped_floor: Estimate | None = None
    whole_reference: int = 0
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
            whole = self._expected(count, max(self.whole_reference, self.reference))
            return Estimate(whole + max(0.0, added), 0.0)
        found = self.distances(self.second, count)
        mean, deviation = _mean(found)
        least = LEAST_FLOOR * self._expected(count)  # lower only if these reals are part of the reference
        return Estimate(max(mean, least), deviation / len(found) ** 0.5)

    def _expected(self, count: int, reference: int = 0) -> float:
        """The expected score of ``count`` samples of the reference's own distribution."""
        return frechet_floor(self.law.covariance, reference or self.reference, count)

    def distances(self, features: Tensor, count: int) -> list[float]:
        """The distances of at most MOST_PARTS parts (count, D) of the features."""
        parts = [part for part in features.split(count) if len(part) == count]
        return [frechet(self.law, fit_gaussian(part)) for part in parts[:MOST_PARTS]]

    def times_real(self, drawn: Iterable[Tensor]) -> TimesReal:
        """Times real of draws of samples, given as features (N, D).

        With fewer than ``count`` samples the excess over the distance of equally few other reals is used.
        """
        measured = [(count := min(self.count, len(part)), self.distances(part, count)) for part in drawn]
        return self.of([distance for _, found in measured for distance in found], measured[-1][0])

    def of(self, distances: Sequence[float], count: int) -> TimesReal:
        """Times real of the distances of sets of ``count`` samples."""
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
        few = self.reference < LEAST_A_FEATURE * len(self.law.mean)
        return TimesReal(value, error or None, self.label, count, self.held_out, self.reference * few)


def standard(
    extractor: Extractor, found: RealFeatures, count: int, *, held_out: bool, law: Gaussian | None = None
) -> Standard:
    """The standard that these reals set for at most ``count`` samples of each side."""
    law, size = law or fit_gaussian(found.reference), min(count, len(found.second))
    shipped = shipped_floor(extractor, law, size)
    return Standard(extractor.label, law, len(found.reference), found.second, size, held_out, shipped)


def standard_of(
    extractor: Extractor, real: Reals, held_out: Reals | None, count: int, work: Work | None = None
) -> Standard:
    """The standard for at most ``count`` samples: held-out reals or, without them, a part of the reals.

    ``shipped_standard`` has that of MNIST.
    """
    found = real_features(extractor, real, held_out, count, work=work)
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
    count = usual_count(real, held_out, extractor.count)
    floor = shipped_floor(extractor, law, count)
    whole = count if held_out is None else min(held_out, extractor.count)
    return Standard(extractor.label, law, reference, second, count, held_out is not None, floor, whole)


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


def usual_count(real: int, held_out: int | None, most: int) -> int:
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
