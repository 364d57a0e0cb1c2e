"""What a study is about: labelled pictures with a small classifier, or rows of a table with boosted trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from sparring import kinds
from sparring.data.repeats import digests
from sparring.data.spec import Dataset
from sparring.errors import DataError, Tell
from sparring.uses.study import classifier, forger
from sparring.uses.study.arms import ARMS, REAL, Arm, Labelled, pointless
from sparring.uses.study.classifier import Score
from sparring.uses.study.subsets import Block

Stop = Callable[[], bool]
AXES = "C H W"  # of pictures
CLASSIC = "shift, turn, flip"
BOTH = "classic + GAN"
ADDED = "GAN added to classic"


class Row(NamedTuple):
    """A line of the verdict.

    Attributes:
        variants: arms of which the one is taken that validation prefers.
        against: the row that it is compared with.
        synthetic: whether it uses what a GAN drew.
    """

    name: str
    variants: tuple[str, ...]
    against: str = REAL
    synthetic: bool = False


ROWS = (  # of pictures
    Row(REAL, (REAL,)),
    Row("oversampling", ("oversampling",)),
    Row("class weights", ("class weights",)),
    Row(CLASSIC, ("shift, turn", CLASSIC)),
    Row("mixup", ("mixup",)),
    Row("SMOTE", ("SMOTE",)),
    Row("GAN 20 %", ("GAN 20 %",), synthetic=True),
    Row("GAN 50 %", ("GAN 50 %",), synthetic=True),
    Row(BOTH, (BOTH,), synthetic=True),
    Row("GAN only", ("GAN only",), synthetic=True),
    Row(ADDED, (BOTH,), CLASSIC, synthetic=True),
)


class Subject(Protocol):
    """Labelled data, the ways to learn from it, and how to forge more.

    Attributes:
        data, tested: the samples with their labels, and a test set that comes with them, or None.
        arms: in the order of the work.
        rows: of the verdict; the first is that of the real samples alone.
        measure, measure_zh: what a score is, in words, English and Chinese.
        starts: initialisations of each training, which are averaged.
        most_steps: of a training, beyond which it learns nothing more.
    """

    @property
    def data(self) -> Dataset: ...
    @property
    def tested(self) -> Dataset | None: ...
    @property
    def noun(self) -> str: ...
    @property
    def measure(self) -> str: ...
    @property
    def measure_zh(self) -> str: ...
    @property
    def arms(self) -> Mapping[str, Arm]: ...
    @property
    def rows(self) -> tuple[Row, ...]: ...
    @property
    def starts(self) -> int: ...
    @property
    def most_steps(self) -> int: ...

    def forge(self, places: Tensor, seen: int, seed: int, tell: Tell, stop: Stop) -> Labelled:
        """Train a GAN on the samples at these places, and draw from it."""

    def learn(
        self, arm: Arm, places: Tensor, block: Block, forged: Labelled | None, steps: tuple[int, int], seed: int
    ) -> list[Score]:
        """Train on the samples at these places; the scores on the block's other parts after the steps."""


@dataclass(frozen=True)
class Pictures:
    """Labelled pictures, judged by the balanced accuracy of a small classifier."""

    data: Dataset
    tested: Dataset | None
    noun: str = "picture"
    measure: str = "mean share of right answers over the classes"
    measure_zh: str = "各类别正确率的平均值"
    starts: int = 2
    most_steps: int = 3_000

    def __post_init__(self) -> None:
        kind = kinds.of(self.data.spec)
        if not kind.fits(AXES):
            raise DataError(
                f"a study is of labelled pictures, or of a table with --target; {self.data.name} has "
                f"{kind.noun}s."
            )
        if self.data.classes < 2:
            count = self.data.classes or "none"
            raise DataError(
                f"a study needs labels of 2 classes at least, and {self.data.name} has {count}. For a folder "
                "with a subfolder for each class give --labels folders; an .npz file has them beside the "
                "samples, as labels or y; a table needs --target."
            )

    @property
    def arms(self) -> Mapping[str, Arm]:
        return ARMS

    @property
    def rows(self) -> tuple[Row, ...]:
        return ROWS

    def forge(self, places: Tensor, seen: int, seed: int, tell: Tell, stop: Stop) -> Labelled:
        return forger.forge(part(self.data, places), seen, seed, tell, stop)

    def learn(
        self, arm: Arm, places: Tensor, block: Block, forged: Labelled | None, steps: tuple[int, int], seed: int
    ) -> list[Score]:
        parts = labelled(self.data, places), forged, labelled(self.data, block.choose)
        test = labelled(self.tested or self.data, block.test)
        return classifier.learn(arm, *parts, test, self.data.classes, steps, seed)


def labelled(data: Dataset, places: Tensor) -> Labelled:
    """The samples of a data set at some places, with their labels."""
    assert data.labels is not None
    return Labelled(data.samples[places], data.labels[places])


def part(data: Dataset, places: Tensor) -> Dataset:
    """A part of a data set, as one of its own."""
    samples, labels = labelled(data, places)
    return replace(data, samples=samples, labels=labels, origin=None, groups=None, keys=None)


def without_repeats(data: Dataset, others: Dataset | None = None) -> tuple[Dataset, int]:
    """The data without samples that repeat an earlier one or one of ``others``, and how many they were.

    A repeated sample that is trained on and tested on would make every arm look too good.
    """
    seen = set(digests(others.samples)) if others else set()
    kept = []
    for place, digest in enumerate(digests(data.samples)):
        if digest not in seen:
            kept.append(place)
            seen.add(digest)
    lost = len(data) - len(kept)
    return (part(data, torch.tensor(kept, dtype=torch.long)) if lost else data), lost


def arms_for(subject: Subject, counts: tuple[int, ...]) -> tuple[str, ...]:
    """The arms that are tried with so many samples of each class: without those that would change nothing."""
    return tuple(name for name in subject.arms if name not in pointless(list(counts)))
