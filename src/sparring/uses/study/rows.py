"""Rows of a table whose target boosted trees predict: the arms, and what is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data.spec import Dataset
from sparring.data.table.codec import Columns
from sparring.errors import DataError, Tell, first_of, quoted
from sparring.metrics import trees
from sparring.uses.study import forger
from sparring.uses.study.arms import REAL, Arm, Labelled
from sparring.uses.study.classifier import Score
from sparring.uses.study.smote import neighbours
from sparring.uses.study.subject import Row, Stop, labelled, part
from sparring.uses.study.subsets import Block

THIRDS = ("low", "middle", "high")  # of a number that is predicted; subsets have as many of each
ARMS: dict[str, Arm] = {
    REAL: Arm("the rows alone"),
    "half": Arm("half of the rows", size=0.5),
    "double": Arm("twice as many rows", size=2.0),
    "class weights": Arm("errors on rare classes count more", weighted=True),
    "SMOTE": Arm("as many rows between neighbours of one class", between=0.5),
    "trees 50 %": Arm("as many rows drawn column after column with one tree each", grown=0.5),
    "GAN 20 %": Arm("a quarter as many rows drawn by a GAN", forged=0.2),
    "GAN 50 %": Arm("as many rows drawn by a GAN", forged=0.5),
    "GAN only": Arm("rows drawn by a GAN alone", forged=1.0),
}
ROWS = tuple(
    Row(name, (name,), synthetic=name.startswith("GAN")) for name in ARMS if name not in ("half", "double")
)
OF_CLASSES = ("class weights", "SMOTE")  # arms that a number to predict has not


@dataclass(frozen=True)
class Table:
    """Rows (N, columns) as stored, with the class of the target, or for a number its third, as labels."""

    data: Dataset
    tested: Dataset | None = None
    noun: str = "row"

    most_steps = 300
    starts = 1  # boosting begins with no weights

    @staticmethod
    def of(data: Dataset) -> Table:
        """The study of a table with a target.

        Raises:
            DataError: no target is named, it has one value alone, or a rule computes it.
        """
        codec = Columns.of(data.spec.codec)
        if not codec.target:
            there = first_of([column.name for column in codec.columns], 8)
            raise DataError(
                f"a study of {data.name} needs the column to predict: --target COLUMN. There are {there}."
            )
        if (place := codec.target_place) is None:
            raise DataError(
                f"{quoted(codec.target)} is computed by a rule, so nothing is left to predict: leave that "
                "rule out, or name another --target."
            )
        column, stored = codec.learnt[place], data.samples[:, place]
        known = ~stored.isnan()
        kept = replace(data, samples=data.samples[known], origin=None, keys=None)
        if column.numeric:
            labels = (kept.samples[:, place] * len(THIRDS)).long().clamp(0, len(THIRDS) - 1)
            names: tuple[str, ...] = THIRDS
        else:
            labels, names = kept.samples[:, place].long(), column.levels
        return Table(replace(kept, labels=labels, spec=replace(data.spec, class_names=names)))

    @property
    def codec(self) -> Columns:
        return Columns.of(self.data.spec.codec)

    @property
    def target(self) -> int:
        """The place of the target in what is stored."""
        assert self.codec.target_place is not None
        return self.codec.target_place

    @property
    def is_number(self) -> bool:
        return self.codec.learnt[self.target].numeric

    @property
    def measure(self) -> str:
        target = self.codec.target
        if self.is_number:
            return f"R² of {target}, in ranks"
        if self.data.classes == 2:
            return f"ROC area of {target}"
        return f"mean share of right {target} over the classes"

    @property
    def measure_zh(self) -> str:
        target = self.codec.target
        if self.is_number:
            return f"{target} 名次的 R²"
        return f"{target} 的 ROC 面积" if self.data.classes == 2 else f"{target} 各类别正确率的平均值"

    @property
    def arms(self) -> Mapping[str, Arm]:
        left_out = OF_CLASSES if self.is_number else ()
        return {name: arm for name, arm in ARMS.items() if name not in left_out}

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for row in ROWS if row.name in self.arms)

    def forge(self, places: Tensor, seen: int, seed: int, tell: Tell, stop: Stop) -> Labelled:
        rows = part(self.data, places)
        unlabelled = replace(rows.unlabelled(), spec=replace(rows.spec, class_names=()))
        drawn = forger.forge(unlabelled, seen, seed, tell, stop).samples
        return self._labelled(drawn[~drawn[:, self.target].isnan()])

    def _labelled(self, rows: Tensor) -> Labelled:
        return Labelled(rows, rows[:, self.target].nan_to_num(0).long())

    def learn(
        self, arm: Arm, places: Tensor, block: Block, forged: Labelled | None, steps: tuple[int, int], seed: int
    ) -> list[Score]:
        real = labelled(self.data, places)
        rng = torch.Generator().manual_seed(seed)
        made = self._made(arm, real, forged, seed, rng)
        share = arm.forged or arm.between or arm.grown
        rows = torch.cat([real.samples, made]) if share < 1 else made
        weights = torch.ones(len(rows))
        if 0 < share < 1:  # what is made weighs this share of all
            weights[len(real.samples) :] = share / (1 - share) * len(real.samples) / len(made)
        if arm.weighted:
            counts = torch.bincount(real.labels, minlength=self.data.classes).float()
            weights = (len(real.labels) / counts.clamp_min(1))[real.labels]
        unseen = [self.data.samples[block.choose].numpy(), self.data.samples[block.test].numpy()]
        found = trees.after_rounds(
            as_rows(rows),
            weights.numpy(),
            [as_rows(each) for each in unseen],
            self.target,
            self.codec.categories,
            steps,
            seed,
        )
        return [Score(step, choose, test, ()) for step, (choose, test) in zip(steps, found, strict=True)]

    def _made(
        self, arm: Arm, real: Labelled, forged: Labelled | None, seed: int, rng: torch.Generator
    ) -> Tensor:
        """What an arm adds to the real rows, (M, columns)."""
        if arm.forged:
            assert forged is not None
            return forged.samples
        if arm.grown:
            found = trees.column_after_column(as_rows(real.samples), self.codec.categories, forger.DRAWN, seed)
            return torch.from_numpy(found).float()
        return self._between(real, rng) if arm.between else real.samples[:0]

    def _between(self, real: Labelled, rng: torch.Generator) -> Tensor:
        """As many rows between neighbours, classes equally often; a category is that of one of both."""
        near = neighbours(self.data.spec.encode(real.samples), real.labels)
        classes = real.labels.unique()
        of_class = [(real.labels == label).nonzero()[:, 0] for label in classes]
        each = -(-len(real.labels) // len(classes))
        chosen = torch.cat([p[torch.randint(len(p), (each,), generator=rng)] for p in of_class])
        other = near[chosen, torch.randint(near.shape[1], (len(chosen),), generator=rng)]
        share = torch.rand(len(chosen), 1, generator=rng)
        ends = real.samples[chosen], real.samples[other]
        made = ends[0] + share * (ends[1] - ends[0])
        whole = torch.where(share < 0.5, *ends)
        categories = torch.zeros(made.shape[1], dtype=torch.bool)
        categories[list(self.codec.categories)] = True
        return torch.where(categories | made.isnan(), whole, made)


def as_rows(rows: Tensor | NDArray[np.float32]) -> NDArray[np.float64]:
    """Stored rows as scikit-learn takes them."""
    return np.asarray(rows, np.float64)
