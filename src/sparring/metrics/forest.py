"""Extremely randomised trees (Geurts et al. 2006), by which two sets of vectors are told apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]
TREES = 100
LEAST = 4  # vectors below which a node is not split
DEEPEST = 24


class Leaf(NamedTuple):
    """The share of the second set among the vectors that end here."""

    share: float


class Split(NamedTuple):
    """Vectors whose value of ``feature`` is below ``threshold`` go to the left."""

    feature: int
    threshold: float
    left: Leaf | Split
    right: Leaf | Split


def told_apart(one: Vectors, other: Vectors, seed: int = 0, trees: int = TREES) -> float:
    """How well trees tell two sets of vectors (N, D) and (M, D) apart: the area under the ROC curve.

    0.5: not at all; 1: always. The trees learn from the first half of each set, and are asked about the second;
    then the halves change places, and the mean of both is given. Halves are not shuffled: windows of one piece,
    which are alike, stand together, and trees that have seen some would know the others.
    """
    rng = np.random.default_rng(seed)
    vectors = np.concatenate([one, other]).astype(np.float64)
    is_other = np.arange(len(vectors)) >= len(one)
    first = np.concatenate([np.arange(len(part)) < len(part) / 2 for part in (one, other)])
    found = []
    for learnt in (first, ~first):
        scores = np.zeros(int((~learnt).sum()))
        for _ in range(trees):
            scores += predict(grow(vectors[learnt], is_other[learnt], rng), vectors[~learnt])
        found.append(area(scores[~is_other[~learnt]], scores[is_other[~learnt]]))
    return float(np.mean(found))


def area(low: Vectors, high: Vectors) -> float:
    """The area under the ROC curve: the chance that one of ``high`` is above one of ``low``; ties are half."""
    ordered = np.sort(low)
    below, up_to = (np.searchsorted(ordered, high, side) for side in ("left", "right"))
    return float((below + up_to).mean() / 2 / len(low))


def grow(vectors: Vectors, labels: NDArray[np.bool_], rng: np.random.Generator, depth: int = 0) -> Leaf | Split:
    """A tree: of sqrt(D) features, each with a random threshold, the one that lowers the impurity most."""
    share = float(labels.mean())
    if len(labels) < LEAST or share in (0.0, 1.0) or depth == DEEPEST:
        return Leaf(share)
    low, high = vectors.min(0), vectors.max(0)
    features = np.flatnonzero(high > low)
    if len(features) == 0:
        return Leaf(share)
    chosen = rng.choice(features, min(len(features), round(vectors.shape[1] ** 0.5)), replace=False)
    thresholds = rng.uniform(low[chosen], high[chosen])
    left = vectors[:, chosen] < thresholds  # (N, features)
    counts = left.sum(0)
    ones = (left & labels[:, None]).sum(0)
    best = int(np.argmin(impurity(counts, ones) + impurity(len(labels) - counts, labels.sum() - ones)))
    goes_left = left[:, best]
    if not 0 < counts[best] < len(labels):
        return Leaf(share)
    return Split(
        int(chosen[best]),
        float(thresholds[best]),
        grow(vectors[goes_left], labels[goes_left], rng, depth + 1),
        grow(vectors[~goes_left], labels[~goes_left], rng, depth + 1),
    )


def impurity(counts: NDArray[np.int64], ones: NDArray[np.int64]) -> Vectors:
    """Gini's impurity times the number of vectors: 2 n p (1 - p)."""
    return 2 * ones * (1 - ones / np.maximum(counts, 1))


def predict(tree: Leaf | Split, vectors: Vectors) -> Vectors:
    """The share of the second set at the leaf where each vector (N, D) ends."""
    if isinstance(tree, Leaf):
        return np.full(len(vectors), tree.share)
    goes_left = vectors[:, tree.feature] < tree.threshold
    shares = np.empty(len(vectors))
    shares[goes_left] = predict(tree.left, vectors[goes_left])
    shares[~goes_left] = predict(tree.right, vectors[~goes_left])
    return shares
