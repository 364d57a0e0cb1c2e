"""Studies whose outcome is known: small labelled pictures, and GANs that are none."""

from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.uses.study.arms import REAL, Labelled
from sparring.uses.study.cells import Cells, Key
from sparring.uses.study.classifier import Score
from sparring.uses.study.plan import Plan
from sparring.uses.study.subject import ROWS, Pictures
from sparring.uses.study.subsets import blocks
from sparring.uses.study.trial import complete, run
from sparring.uses.study.verdict import Result, judged

SIDE, CLASSES = 10, 3
NAMES = ("upright", "lying", "cross")


def pictures(count: int, seed: int) -> Dataset:
    """Faint bars in noise, at random places: upright, lying, or both."""
    rng = torch.Generator().manual_seed(seed)
    x = 60 + 25 * torch.randn(count, 1, SIDE, SIDE, generator=rng)
    y = torch.arange(count) % CLASSES
    at = torch.randint(1, SIDE - 1, (2, count), generator=rng)
    for k in range(count):
        if y[k] != 1:
            x[k, 0, :, at[0, k]] += 60
        if y[k] != 0:
            x[k, 0, at[1, k], :] += 60
    spec = Spec("image", (1, SIDE, SIDE), Affine("uint8", (127.5,), (127.5,)), NAMES)
    return Dataset("bars", spec, x.clamp(0, 255).to(torch.uint8), y)


@cache
def everything() -> tuple[Dataset, Dataset, Dataset]:
    """To train on, to test on, and as many more as a generator without faults would draw."""
    return pictures(540, 0), pictures(1200, 1), pictures(2000, 2)


@dataclass(frozen=True)
class Planted(Pictures):
    """Pictures with a "GAN" that copies its training set, draws noise, or draws fresh real pictures."""

    truth: str = "copies"

    def forge(self, places: Tensor, seen: int, seed: int, tell, stop) -> Labelled:
        data, _, fresh = everything()
        if self.truth == "copies":
            return Labelled(data.samples[places], data.labels[places])
        if self.truth == "fresh":
            return Labelled(fresh.samples, fresh.labels)
        rng = torch.Generator().manual_seed(seed)
        noise = torch.randint(0, 256, (300, 1, SIDE, SIDE), generator=rng, dtype=torch.uint8)
        return Labelled(noise, torch.arange(300) % CLASSES)


def study(truth: str, arms: tuple[str, ...], steps: tuple[int, int] = (40, 120)) -> Result:
    """A study of six subsets with 60 pictures each."""
    data, tested, _ = everything()
    subject = Planted(data, tested, truth=truth)
    parts = blocks(data.labels, NAMES, tested.labels, per_class=20)
    plan = Plan(6, steps, 1, (REAL, *arms), (20,) * CLASSES, starts=1)
    cells = Cells(None)
    for _ in run(subject, plan, parts, cells, seconds=1e9):
        pass
    found = complete(plan, cells)
    return judged(subject.rows, plan, cells, found, 200, noun="picture", measure="right")


@dataclass(frozen=True)
class Simulated:
    """No pictures and no classifier: scores are drawn, those of some arms with a gain."""

    gains: tuple[tuple[str, float], ...] = ()
    noise: float = 0.01

    def cells(self, plan: Plan, seed: int) -> Cells:
        """Finished trainings: what a subset is worth, what an arm adds, chance in each training."""
        rng = torch.Generator().manual_seed(seed)
        cells, gains = Cells(None), dict(self.gains)
        of_subset = 0.8 + 0.02 * torch.randn(plan.subsets, generator=rng)
        for k in range(plan.subsets):
            for arm in plan.arms:
                for start in range(plan.starts):
                    chance = self.noise * torch.randn(2, 2, generator=rng)
                    scores = [
                        Score(steps, *(float(of_subset[k]) + gains.get(arm, 0.0) + each).tolist(), ())
                        for steps, each in zip(plan.steps, chance, strict=True)
                    ]
                    cells.add(Key(k, arm, start), scores, 1.0)
        return cells

    def result(self, plan: Plan, seed: int = 0) -> Result:
        cells = self.cells(plan, seed)
        return judged(ROWS, plan, cells, range(plan.subsets), 1000, noun="picture", measure="right")


def replaced(data: Dataset, places: Tensor) -> Dataset:
    """The samples at some places, which may repeat."""
    return replace(data, samples=data.samples[places], labels=data.labels[places])
