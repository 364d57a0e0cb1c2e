"""The arms of a study: ways to fill the batches of a classifier of pictures, all with the same number of
steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, one_hot

from sparring.uses.study.smote import between, neighbours

BATCH = 32
SHIFT = 0.1  # of the sides, at most
TURN = 15.0  # degrees, at most
MIXED = 0.2  # alpha of mixup's Beta distribution, as Zhang et al. 2018 take for pictures
REAL = "real only"


class Labelled(NamedTuple):
    """Samples (N, …) and their classes (N,)."""

    samples: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Arm:
    """A way to fill batches.

    Attributes:
        about: what it does, in words.
        forged: share of each batch that a GAN drew, with equally many of each class.
        between: share of each batch that SMOTE made, with equally many of each class.
        grown: share of what is learnt from that trees drew, of rows of a table.
        balanced: classes come up equally often, so that samples of rare ones are repeated.
        weighted: the loss of a class is weighted by the inverse of its share.
        moved: pictures are shifted and turned; ``flipped`` also mirrored left and right.
        mixed: pairs of samples and of labels are blended.
        size: of the subset, in multiples; other sizes are points of the learning curve.
    """

    about: str
    forged: float = 0.0
    between: float = 0.0
    grown: float = 0.0
    balanced: bool = False
    weighted: bool = False
    moved: bool = False
    flipped: bool = False
    mixed: bool = False
    size: float = 1.0


ARMS: dict[str, Arm] = {  # in the order of the work: what a later one takes over is chosen before
    REAL: Arm("the labelled samples alone"),
    "half": Arm("half of the labelled samples", size=0.5),
    "double": Arm("twice as many labelled samples", size=2.0),
    "oversampling": Arm("rare classes are repeated until all are equal", balanced=True),
    "class weights": Arm("errors on rare classes count more", weighted=True),
    "shift, turn": Arm("shifted and turned", moved=True),
    "shift, turn, flip": Arm("shifted, turned and mirrored", moved=True, flipped=True),
    "mixup": Arm("pairs of samples and labels are blended", mixed=True),
    "SMOTE": Arm("half of each batch lies between neighbours of one class", between=0.5),
    "GAN 20 %": Arm("a fifth of each batch is drawn by a GAN", forged=0.2),
    "GAN 50 %": Arm("half of each batch is drawn by a GAN", forged=0.5),
    "classic + GAN": Arm("both, as chosen above", forged=0.5, moved=True),
    "GAN only": Arm("every sample is drawn by a GAN", forged=1.0),
}


class Batch(NamedTuple):
    """Encoded samples (B, …), probabilities of the classes (B, classes), and weights of the losses (B,)."""

    samples: Tensor
    targets: Tensor
    weights: Tensor


class Filler:
    """Fills the batches of one arm.

    Args:
        real: encoded samples of a subset.
        forged: encoded samples of a GAN; None where the arm takes none.
        classes: the number of classes.
    """

    def __init__(self, arm: Arm, real: Labelled, forged: Labelled | None, classes: int) -> None:
        self.arm, self.real, self.forged, self.classes = arm, real, forged, classes
        self.by_class = _by_class(real.labels)
        self.near = neighbours(*real) if arm.between else None
        counts = torch.bincount(real.labels, minlength=classes).float()
        self.weights = len(real.labels) / (len(self.by_class) * counts.clamp_min(1))  # (classes,)
        self.of_forged = _by_class(forged.labels) if forged else []

    def batch(self, rng: torch.Generator, size: int = BATCH) -> Batch:
        """The next batch of ``size`` samples."""
        arm, real = self.arm, self.real
        drawn = round(size * arm.forged)
        made = round(size * arm.between)
        places = self._places(size - drawn - made, rng)
        samples, labels = [real.samples[places]], [real.labels[places]]
        if made:
            assert self.near is not None
            chosen = _equally(self.by_class, made, rng)
            samples.append(between(real.samples, self.near, chosen, rng))
            labels.append(real.labels[chosen])
        if drawn:
            assert self.forged is not None
            chosen = _equally(self.of_forged, drawn, rng)
            samples.append(self.forged.samples[chosen])
            labels.append(self.forged.labels[chosen])
        x, y = torch.cat(samples), torch.cat(labels)
        if arm.moved:
            x = moved(x, rng, arm.flipped)
        weights = self.weights[y] if arm.weighted else torch.ones(size)
        targets = one_hot(y, self.classes).float()
        return Batch(*(mixed(x, targets, rng) if arm.mixed else (x, targets)), weights)

    def _places(self, count: int, rng: torch.Generator) -> Tensor:
        if self.arm.balanced:
            return _equally(self.by_class, count, rng)
        return torch.randint(len(self.real.labels), (count,), generator=rng)


def _by_class(labels: Tensor) -> list[Tensor]:
    return [(labels == label).nonzero()[:, 0] for label in labels.unique().tolist()]


def _equally(by_class: list[Tensor], count: int, rng: torch.Generator) -> Tensor:
    """Places (count,) of samples: first a class at random, then one of its samples."""
    sizes = torch.tensor([len(places) for places in by_class])
    which = torch.randint(len(by_class), (count,), generator=rng)
    within = (torch.rand(count, generator=rng) * sizes[which]).long()
    starts = sizes.cumsum(0) - sizes
    return torch.cat(by_class)[starts[which] + within]


def moved(pictures: Tensor, rng: torch.Generator, flipped: bool = False) -> Tensor:
    """Pictures (B, C, H, W) shifted and turned at random; what comes into view repeats the edge.

    Args:
        flipped: half of them are also mirrored left and right.
    """
    count, _, height, width = pictures.shape
    u = 2 * torch.rand(3, count, generator=rng) - 1
    angle = u[0] * (TURN * torch.pi / 180)
    ratio = height / width
    sign = torch.ones(count)
    if flipped:
        sign = torch.where(torch.rand(count, generator=rng) < 0.5, -1.0, 1.0)
    rows = (
        torch.stack([sign * angle.cos(), -angle.sin() * ratio, 2 * SHIFT * u[1]], 1),
        torch.stack([sign * angle.sin() / ratio, angle.cos(), 2 * SHIFT * u[2]], 1),
    )
    grid = affine_grid(torch.stack(rows, 1), list(pictures.shape), align_corners=False)
    return grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def mixed(samples: Tensor, targets: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Blend samples and targets with those of another order, by one Beta(MIXED, MIXED) share (Zhang et al.
    2018).
    """
    share = _beta(rng)
    order = torch.randperm(len(samples), generator=rng)
    return share * samples + (1 - share) * samples[order], share * targets + (1 - share) * targets[order]


def _beta(rng: torch.Generator) -> float:
    """A draw from Beta(MIXED, MIXED) by Jöhnk's method, with all its random numbers from ``rng``."""
    while True:
        x, y = (torch.rand(2, generator=rng, dtype=torch.float64) ** (1 / MIXED)).tolist()
        if 0 < x + y <= 1:
            return float(x / (x + y))


def pointless(counts: list[int]) -> tuple[str, ...]:
    """The arms that are the same as real samples alone where classes are equally large."""
    return ("oversampling", "class weights") if len(set(counts)) == 1 else ()
