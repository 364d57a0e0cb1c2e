"""The classifier of a study of pictures: small convolutions, Adam, and an average of its weights.

The rate is constant and the average of the weights does not depend on how long the training will be, so that
its state after some steps is what a training of so many steps gives: one training serves both budgets of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from sparring.metrics.classifiers import Classifier, Convolution, convolutions_for
from sparring.uses.study.arms import Arm, Filler, Labelled

LR = 2e-3
RECENT = 7  # the average weighs the state of step t as t^RECENT (Karras et al. 2024, EDM2, equation 121)


class Score(NamedTuple):
    """How well a classifier does: its mean share of right answers over the classes, and that of each class.

    On samples to choose by, and on samples to test on, after a number of steps.
    """

    steps: int
    choose: float
    test: float
    recalls: tuple[float, ...]


def classifier_for(shape: tuple[int, ...], classes: int, seed: int) -> Classifier:
    """An untrained classifier of pictures (C, H, W), a third narrower than that of ``sparring evaluate``."""
    convolutions = [Convolution(max(8, each.channels * 2 // 3), *each[1:]) for each in convolutions_for(shape)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Classifier(shape, classes, convolutions)


def learn(
    arm: Arm,
    real: Labelled,
    forged: Labelled | None,
    choose: Labelled,
    test: Labelled,
    classes: int,
    steps: Sequence[int],
    seed: int = 0,
) -> list[Score]:
    """Train a classifier on decoded pictures (N, C, H, W); its scores after each of these numbers of steps.

    Args:
        forged: what a GAN drew; None where the arm takes none.
        steps: rising.
        seed: of the first weights and of the batches.
    """
    rng = torch.Generator().manual_seed(seed)
    network = classifier_for(tuple(real.samples.shape[1:]), classes, seed)
    average = classifier_for(tuple(real.samples.shape[1:]), classes, seed)
    encoded = [part and Labelled(network.encode(part.samples), part.labels) for part in (real, forged)]
    assert encoded[0] is not None
    filler = Filler(arm, encoded[0], encoded[1], classes)
    weights = [parameter.data for parameter in network.parameters()]
    averaged = [parameter.data for parameter in average.parameters()]
    optimizer = torch.optim.Adam(network.parameters(), LR, foreach=True)
    scores = []
    for step in range(1, steps[-1] + 1):
        batch = filler.batch(rng)
        losses = -(batch.targets * log_softmax(network(batch.samples), 1)).sum(1)
        optimizer.zero_grad()
        (losses * batch.weights).mean().backward()
        optimizer.step()
        torch._foreach_lerp_(averaged, weights, 1 - (1 - 1 / step) ** (RECENT + 1))
        if step in steps:
            of_test = recalls(average.predict(test.samples), test.labels)
            of_choose = recalls(average.predict(choose.samples), choose.labels)
            scores.append(Score(step, _mean(of_choose), _mean(of_test), tuple(of_test)))
    return scores


def recalls(predicted: Tensor, labels: Tensor) -> list[float]:
    """The share of right answers for each class that there is; their mean is the balanced accuracy."""
    right = predicted == labels
    return [float(right[labels == label].double().mean()) for label in labels.unique().tolist()]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
