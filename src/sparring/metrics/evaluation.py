"""The complete evaluation of fakes: fidelity, diversity, their errors, and whether the fakes are copies.

Each number comes with the same number for real samples, which is the best that can be expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from statistics import fmean
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sparring.errors import DataError, Tell, counted
from sparring.metrics import quality
from sparring.metrics.classifiers import gan_train_test, train_classifier
from sparring.metrics.coverage import prdc
from sparring.metrics.distances import (
    Gaussian,
    fit_gaussian,
    frechet,
    kernel_distance,
    mind,
    standardised,
)
from sparring.metrics.extractors import Reals
from sparring.metrics.features import PUBLISHED, Extractor, Samples
from sparring.metrics.memorisation import memorisation
from sparring.metrics.quality import TimesReal
from sparring.metrics.work import Work, silent

NEIGHBOURS = 5  # k of precision, recall, density and coverage, as in the papers
FEW = 10  # samples per feature dimension; with fewer a Fréchet distance is mostly bias
LEAST = 20  # samples; fewer are refused


class Scores(NamedTuple):
    """The scores of a set of features against the reference; ``kernel_error`` is a standard error."""

    size: int
    reference_size: int
    frechet: float
    kernel: float
    kernel_error: float
    mind: float
    precision: float
    recall: float
    density: float
    coverage: float


class Copying(NamedTuple):
    """Whether fakes are copies: ``c_t`` is below -3, or ``authentic`` far below ``authentic_held_out``."""

    c_t: float
    authentic: float
    authentic_held_out: float


class Classes(NamedTuple):
    """GAN-train and GAN-test accuracy, the accuracy on reals, and the share of each class among the fakes."""

    gan_train: float
    gan_test: float
    real: float
    trained_on: int
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Evaluation:
    """The scores of fakes, the features and the numbers of samples they come from, and warnings.

    Attributes:
        held_out: the name of the held-out reals, if the fakes were measured against those.
        real: the scores of real samples: of as many as the fakes, against the same reference. A perfect
            generator scores the same.
        frechet: one distance for each draw of fakes.
    """

    times_real: TimesReal
    features: str
    label: str
    dimension: int
    resizer: str
    note: str
    held_out: str | None
    fake: Scores
    real: Scores
    frechet: tuple[float, ...]
    copying: Copying | None
    classes: Classes | None
    warnings: tuple[str, ...]

    @property
    def frechet_mean(self) -> float:
        return sum(self.frechet) / len(self.frechet)

    @property
    def frechet_deviation(self) -> float | None:
        """The standard deviation over the draws of fakes; None for a single draw."""
        return float(torch.tensor(self.frechet).double().std()) if len(self.frechet) > 1 else None

    def to_dict(self) -> dict[str, Any]:
        """The fields for JSON."""
        parts = {name: value._asdict() for name in PARTS if (value := getattr(self, name)) is not None}
        derived = {"frechet_mean": self.frechet_mean, "frechet_deviation": self.frechet_deviation}
        return self.times_real.to_dict() | {**asdict(self), **self.times_real.to_dict()} | parts | derived


PARTS = ("fake", "real", "copying", "classes")


def evaluate(
    extractor: Extractor,
    real: Reals,
    draw: Callable[[int], Samples],
    *,
    held_out: Reals | None = None,
    count: int = 10_000,
    draws: int = 1,
    seed: int = 0,
    full: bool = True,
    among: int | None = None,
    trained: bool = True,
    tell: Tell = silent,
) -> tuple[Evaluation, Tensor]:
    """Measure fakes against real data; return also the index (N,) of each fake's nearest training sample.

    The reference is at most ``count`` samples of ``held_out`` or, without it, of ``real``. Reals are measured
    in the same way: ``real`` against ``held_out`` or, without it, one part of ``real`` against another.

    Args:
        real: what the generator was trained on.
        draw: gives the fakes of draw number 0, 1 …; only the Fréchet distance uses more than the first draw.
        held_out: reals that the generator was not trained on.
        full: whether to measure copying and, with labels, GAN-train and GAN-test, which take longest.
        among: how many training samples fakes may be copies of; all by default.
        trained: whether it is known that the generator was trained on ``real``.
        tell: called with a text when the next part of the work begins.

    Raises:
        DataError: too few samples, or sets of another shape.
    """
    rng = torch.Generator().manual_seed(seed)
    fakes = draw(0)
    _check(real, held_out, fakes)
    among = 0 if not full else len(real.samples) if among is None else among
    unseen = None if held_out is None else len(held_out.samples)
    reals_to_see = quality.real_count(extractor, len(real.samples), unseen, count, among)
    work = Work(tell, draws * len(fakes.samples) + reals_to_see)
    reals = quality.real_features(extractor, real, held_out, count, seed=seed, among=among, work=work)
    by = quality.standard(extractor, reals, count, held_out=held_out is not None)
    features = work.features(extractor, fakes.samples, "fakes")
    size = min(by.count, len(features))
    distances = [by.distances(features, size)]
    for k in range(1, draws):
        later = work.features(extractor, draw(k).samples, f"fakes, draw {k + 1} of {draws}")
        distances.append(by.distances(later, size))
    tell("distances and neighbours")
    times_real = replace(by.of([distance for found in distances for distance in found], size), trained=trained)
    against = None if held_out is not None else trained
    fake, alike = (
        _scores(reals.reference, by.law, part[:size], extractor, rng) for part in (features, reals.second)
    )
    copying, nearest = None, torch.empty(0, dtype=torch.int64)
    if full and held_out is not None:
        copying, nearest = _copying(features, reals, tell)
    evaluation = Evaluation(
        times_real=times_real,
        features=extractor.name,
        label=extractor.label,
        dimension=features.shape[1],
        resizer=extractor.resizer,
        note=extractor.note,
        held_out=None if held_out is None else held_out.data,
        fake=fake,
        real=alike._replace(frechet=by.floor(size).value),
        frechet=tuple(fmean(found) for found in distances),
        copying=copying,
        classes=_classes(real, held_out, fakes, seed, tell) if full else None,
        warnings=_warnings(extractor, min(size, len(reals.reference)), features.shape[1], against),
    )
    return evaluation, nearest


def _copying(features: Tensor, reals: quality.RealFeatures, tell: Tell) -> tuple[Copying, Tensor]:
    """Whether the fakes are copies, and the index (N,) of each fake's nearest training sample."""
    tell("the nearest training samples")
    found = memorisation(features, reals.training, reals.reference)
    copying = Copying(found.copying, found.authentic, found.authentic_held_out)
    return copying, reals.rows[found.nearest.indices[:, 0]]


def _scores(
    reference: Tensor, law: Gaussian, features: Tensor, extractor: Extractor, rng: torch.Generator
) -> Scores:
    """Score features against a reference with this law.

    For the kernel they are standardised: in other units, its third power would be a matter of few samples.
    The published kernel distance is the exception.
    """
    a, b = reference, features
    if extractor.name != PUBLISHED:
        a, b = (standardised(part, law) for part in (a, b))
    return Scores(
        len(features),
        len(reference),
        frechet(law, fit_gaussian(features)),
        *kernel_distance(a, b, rng),
        mind(reference, features, rng),
        *prdc(reference, features, NEIGHBOURS),
    )


def _classes(real: Reals, held_out: Reals | None, fakes: Samples, seed: int, tell: Tell) -> Classes | None:
    if real.labels is None or fakes.labels is None or real.classes < 2:
        return None
    tell("GAN-train and GAN-test")
    train = Samples(real.samples, real.labels)
    if held_out is not None and held_out.labels is not None:
        test = Samples(held_out.samples, held_out.labels)
    else:
        order = torch.randperm(len(real.samples), generator=torch.Generator().manual_seed(seed))
        # At most as many as the fakes: more reals may not fit into memory.
        halves = [half[: len(fakes.samples)] for half in order.chunk(2)]
        train, test = (Samples(real.samples[half], real.labels[half]) for half in halves)
    trainer = partial(train_classifier, pictures=real.pictures)
    found, classifier = gan_train_test(train, test, fakes, real.classes, seed=seed, train=trainer)
    predicted = classifier.predict(fakes.samples)
    shares = torch.bincount(predicted, minlength=real.classes).double() / len(predicted)
    return Classes(*found, tuple(shares.tolist()))


def check_counts(counts: Mapping[str, int]) -> None:
    """Refuse sets, by name, of fewer samples than LEAST.

    Raises:
        DataError: which set it is, and what to do.
    """
    for name, count in counts.items():
        if count < LEAST:
            raise DataError(
                f"{counted(count, f'{name} sample')}: expected at least {LEAST}, better 10,000. Add some, or "
                "judge by eye: `sparring sample RUN` draws a sheet."
            )


def _check(real: Reals, held_out: Reals | None, fakes: Samples) -> None:
    sets = {"real": real.samples, "fake": fakes.samples}
    sets |= {} if held_out is None else {"held-out": held_out.samples}
    check_counts({name: len(samples) for name, samples in sets.items()})
    for name, samples in sets.items():
        if samples.shape[1:] != real.samples.shape[1:]:
            raise DataError(
                f"{name} samples have shape {tuple(samples.shape[1:])}, real samples have "
                f"{tuple(real.samples.shape[1:])}: give both the same size and number of channels."
            )


def _warnings(extractor: Extractor, fewest: int, dimension: int, trained: bool | None) -> tuple[str, ...]:
    """What a reader of the numbers should know.

    Args:
        trained: whether it is known that the generator was trained on the reals; None: they are held out.
    """
    warnings = []
    if fewest < FEW * dimension:
        warnings.append(
            f"{fewest:,} samples are few for {dimension} features: the Fréchet distance is mostly bias. "
            "Compare it only with distances of as many samples, or use the kernel distance, which has no bias."
        )
    if trained is False:
        warnings.append(
            "no reals are held out: if the fakes come from a generator that was trained on these, copies get "
            "the best scores, and cannot be detected. Give reals that it has not seen as --held-out."
        )
    if trained:
        warnings.append(
            "the fakes were measured against the data that the generator was trained on. Copies would get the "
            "best scores, and cannot be detected. Keep some data out of the training and give it as --held-out."
        )
    if extractor.name.startswith("classifier-"):
        warnings.append(
            f"these features were learned from the labels of this data ({extractor.note}): distances in "
            "them cannot be compared with those in other features."
        )
    return tuple(warnings)
