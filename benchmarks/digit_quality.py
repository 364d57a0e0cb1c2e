"""How good forged digits are, by the shipped statistics: what the benchmarks of digits report."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.metrics.digits import digit_classifier
from sparring.metrics.distances import fit_gaussian, frechet


@dataclass(frozen=True)
class DigitQuality:
    """Fréchet distance to MNIST's test set in the shipped classifier's features, beside its floor.

    ``floor`` is what real training digits score; ``class_shares`` (10,) is how often each digit is
    drawn, in the classifier's eyes.
    """

    distance: float
    floor: float
    class_shares: tuple[float, ...]
    count: int

    @property
    def times_floor(self) -> float:
        return self.distance / self.floor

    def __str__(self) -> str:
        return (
            f"FD-digits {self.distance:.2f} from {self.count:,} samples against 10,000 test digits "
            f"({self.times_floor:.1f} times the {self.floor:.2f} of real training digits); "
            f"each digit {min(self.class_shares):.0%} to {max(self.class_shares):.0%} of the samples"
        )


def digit_quality(digits: Tensor) -> DigitQuality:
    """Measure decoded digits (N, 1, 28, 28), uint8."""
    network, reference, floor = digit_classifier()
    features = network.features(digits)
    classes = network.head(features).argmax(1)
    shares = torch.bincount(classes, minlength=10).double() / len(digits)
    distance = frechet(fit_gaussian(features), reference)
    return DigitQuality(distance, floor, tuple(shares.tolist()), len(digits))
