"""The table of feature extractors, and the choice of one that suits the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.data.spec import Spec
from sparring.errors import ConfigError, unknown
from sparring.metrics.classifiers import classifier_extractor, train_classifier
from sparring.metrics.digits import SHAPE, digits
from sparring.metrics.features import COMPONENTS, CPU, MOST_VALUES, Extractor, principal, raw
from sparring.metrics.pretrained import (
    INSTALL,
    dinov2_vits14,
    efficientnet_lite0,
    has_imagenet,
    imagenet_64,
    inception_2015,
)
from sparring.metrics.scattering import NAME as SCATTERING
from sparring.metrics.scattering import scattering_64

AUTO = "auto"
FOR_ALL = "pca-64"  # features that suit any data
IMAGENET = "imagenet-64"
QUICK = ("digits", "points", SCATTERING, FOR_ALL)  # features that take seconds, as all of a kind's own do
LEAST_A_CLASS = 20  # mean number of samples per class that "auto" needs to train a classifier


class Features(NamedTuple):
    """The features in which an evaluation compares samples of one kind of data.

    Attributes:
        auto: the names that "auto" tries, in this order.
        own: features of this kind alone, by name, each with the function that builds their extractor; they
            take seconds.
        pictures: whether the samples are pictures (N, C, H, W) in 8 bits, for which there are networks; if
            not, they are numbers of any shape.
    """

    auto: tuple[str, ...]
    own: Mapping[str, Callable[[Reals], Extractor]] = {}
    pictures: bool = False


NUMBERS = Features(("points", FOR_ALL))  # of samples that are plain vectors


class Reals(NamedTuple):
    """The real data, as an extractor is fitted to it.

    Attributes:
        samples: decoded, (N, *shape).
        labels: (N,), or None.
        data: the name of the set.
        seed, device: of extractors that are trained or fitted.
        features: those of the kind of data.
        spec: of the data, for features that depend on it.
    """

    samples: Tensor
    labels: Tensor | None = None
    data: str = "data"
    seed: int = 0
    device: torch.device = CPU
    features: Features = NUMBERS
    spec: Spec | None = None

    @property
    def classes(self) -> int:
        return 0 if self.labels is None or len(self.labels) == 0 else int(self.labels.max()) + 1

    @property
    def pictures(self) -> bool:
        return self.features.pictures

    @property
    def values(self) -> int:
        """How many numbers each sample has."""
        return self.samples.shape[1:].numel()


def _digits(reals: Reals) -> Extractor:
    if not reals.pictures or tuple(reals.samples.shape[1:]) != SHAPE:
        raise ConfigError(_misfit("digits", f"uint8 pictures of shape {SHAPE}", reals))
    return digits(reals.device)


def _classifier(reals: Reals) -> Extractor:
    if reals.labels is None or reals.classes < 2:
        raise ConfigError(_misfit("classifier", "samples with labels of at least 2 classes", reals))
    network = train_classifier(
        reals.samples,
        reals.labels,
        reals.classes,
        seed=reals.seed,
        device=reals.device,
        pictures=reals.pictures,
    )
    return classifier_extractor(network, Path(reals.data).stem or "data", reals.device)


def _of_pictures(name: str, build: Callable[[Reals], Extractor]) -> Callable[[Reals], Extractor]:
    def builder(reals: Reals) -> Extractor:
        if not reals.pictures:
            raise ConfigError(_misfit(name, "pictures", reals))
        return build(reals)

    return builder


def _raw(name: str, pictures: bool) -> Callable[[Reals], Extractor]:
    def builder(reals: Reals) -> Extractor:
        if reals.pictures != pictures:
            raise ConfigError(_misfit(name, "pictures" if pictures else "samples that are no pictures", reals))
        if reals.values > MOST_VALUES:
            raise ConfigError(
                f"{name!r} features of {reals.data} have {reals.values:,} dimensions; at most "
                f"{MOST_VALUES:,} are accepted. Use {FOR_ALL!r}."
            )
        return raw(name, tuple(reals.samples.shape[1:]), pictures)

    return builder


def _misfit(name: str, needed: str, reals: Reals) -> str:
    labels = "" if reals.labels is None else f" in {reals.classes} classes"
    return (
        f"{name!r} features need {needed}; {reals.data} has {reals.samples.dtype} samples of shape "
        f"{tuple(reals.samples.shape[1:])}{labels}. Use {AUTO!r}, or {FOR_ALL!r}, which suits any data."
    )


EXTRACTORS: dict[str, Callable[[Reals], Extractor]] = {
    "digits": _digits,
    "classifier": _classifier,
    IMAGENET: _of_pictures(IMAGENET, lambda reals: imagenet_64(reals.samples, reals.device)),
    "scattering-64": _of_pictures("scattering-64", lambda reals: scattering_64(reals.samples, reals.device)),
    "efficientnet-lite0": _of_pictures("efficientnet-lite0", lambda reals: efficientnet_lite0(reals.device)),
    "inception-2015": _of_pictures("inception-2015", lambda reals: inception_2015(reals.device)),
    "dinov2-vits14": _of_pictures("dinov2-vits14", lambda reals: dinov2_vits14(reals.device)),
    FOR_ALL: lambda reals: principal(reals.samples, reals.device, pictures=reals.pictures),
    "pixels": _raw("pixels", pictures=True),
    "points": _raw("points", pictures=False),
}

SUITS: dict[str, Callable[[Reals], bool]] = {  # whether "auto" may choose these features; else it may
    "points": lambda reals: not reals.pictures and reals.values <= MOST_VALUES,
    "digits": lambda reals: reals.data == "mnist" and tuple(reals.samples.shape[1:]) == SHAPE,
    "classifier": lambda reals: 2 <= reals.classes <= len(reals.samples) / LEAST_A_CLASS,
    IMAGENET: lambda reals: reals.pictures and has_imagenet(),
    "scattering-64": lambda reals: reals.pictures,
}


def choose(reals: Reals, name: str = AUTO) -> Extractor:
    """Build the extractor with this name; some are fitted to the real data.

    "auto" means the first name in ``reals.features.auto`` that suits the data. For points these are the values
    themselves, or principal components if there are more than MOST_VALUES coordinates. For MNIST it is the
    shipped classifier of digits. For other pictures it is an ImageNet network if it is installed, else their
    scattering transform, which needs no network.

    Raises:
        ConfigError: an unknown name, features that do not suit the data, or a missing package or weights.
    """
    known = {**EXTRACTORS, **reals.features.own}
    chosen = suited(reals) if name == AUTO else name
    if chosen not in known:
        raise ConfigError(unknown("features", chosen, [AUTO, *known]))
    return replace(known[chosen](reals), quick=_quick(chosen, reals))


def least_dimension(reals: Reals) -> int:
    """How many features "auto" means at least, where fitting them takes long; else 0."""
    return COMPONENTS if suited(reals) == IMAGENET else 0


def lacking(reals: Reals) -> str:
    """What to install for better features of these reals, with its command; "" if nothing is missing."""
    if not reals.pictures or suited(reals) != SCATTERING:
        return ""
    return f"features of an ImageNet network would also see what is shown: {INSTALL}"


def quick(reals: Reals) -> str:
    """The name of fast features: those that "auto" stands for, or the next that are fast."""
    return next((name for name in _suiting(reals) if _quick(name, reals)), FOR_ALL)


def suited(reals: Reals) -> str:
    """The name that "auto" stands for."""
    return next(_suiting(reals), FOR_ALL)


def _quick(name: str, reals: Reals) -> bool:
    return name in QUICK or name in reals.features.own


def _suiting(reals: Reals) -> Iterator[str]:
    return (name for name in reals.features.auto if name not in SUITS or SUITS[name](reals))
