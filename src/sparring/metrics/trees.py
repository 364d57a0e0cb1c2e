"""Trees and forests of scikit-learn: they judge rows of a table, and are the baselines that draw them.

The one door to scikit-learn. Rows are stored as ``Columns`` says, (N, columns): ranks of numbers, places of
levels, NaN where there is no value.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparring.errors import DataError
from sparring.metrics.forest import area

INSTALL = 'pip install "sparring[tables]"'
FOLDS = 5
ROUNDS = 100  # trees that are boosted
MOST_LEVELS = 200  # of a category, beyond which boosted trees take its levels for numbers
LEAF = 5  # rows at a leaf of a tree that draws a column, at least
LEAF_OF_FOREST = 3  # rows and forged ones at a leaf of an adversarial forest, at least
FORGED = 3  # forged rows for each real one, from which a forest is told apart: leaves become narrower
FOREST = 30  # trees of an adversarial forest
GROWN = 2  # times that an adversarial forest is grown anew, at most
FOOLED = 0.52  # share of rows that a forest tells right, below which it has nothing left to learn
CART_ROWS = 100_000  # to which trees are fitted, at most
Rows = NDArray[np.float64]


def installed() -> bool:
    """Whether scikit-learn is there."""
    return find_spec("sklearn") is not None


def package(name: str) -> Any:
    """A part of scikit-learn.

    Raises:
        DataError: it is not installed.
    """
    try:
        return import_module(f"sklearn.{name}")
    except ImportError as error:
        raise DataError(f"this needs scikit-learn: {INSTALL}") from error


def told_apart(fakes: Rows, reals: Rows, categories: Sequence[int], seed: int = 0) -> float:
    """How well boosted trees tell fakes from as many reals, by rows that they have not seen: an ROC area.

    0.5: not at all; 1: always.
    """
    count = min(len(fakes), len(reals))
    rows = np.concatenate([fakes[:count], reals[:count]])
    truth = np.repeat([1, 0], count)
    fold = np.random.default_rng(seed).permuted(np.tile(np.arange(count) % FOLDS, (2, 1)), axis=1).ravel()
    scores = np.zeros(len(rows))
    for k in range(FOLDS):
        learnt = fold != k
        model = _boosted(rows, categories, "Classifier", seed).fit(rows[learnt], truth[learnt])
        scores[~learnt] = model.predict_proba(rows[~learnt])[:, 1]
    return area(scores[truth == 0], scores[truth == 1])


def predicts(rows: Rows, unseen: Rows, target: int, categories: Sequence[int], seed: int = 0) -> float:
    """How well boosted trees that learnt from rows predict a column of unseen real rows.

    The ROC area for two levels, the share of right ones for more, R² for a number.
    """
    others = [place for place in range(rows.shape[1]) if place != target]
    known, asked = (part[~np.isnan(part[:, target])] for part in (rows, unseen))
    kept = [others.index(place) for place in categories if place != target]
    x, y = known[:, others], known[:, target]
    x_new, truth = asked[:, others], asked[:, target]
    if target not in categories:
        model = _boosted(x, kept, "Regressor", seed).fit(x, y)
        errors = np.square(truth - model.predict(x_new)).sum()
        return float(1 - errors / max(np.square(truth - truth.mean()).sum(), 1e-300))
    if len(np.unique(y)) < 2:
        return 0.5
    model = _boosted(x, kept, "Classifier", seed).fit(x, y)
    if len(np.unique(truth)) == 2 and len(model.classes_) == 2:
        scores, high = model.predict_proba(x_new)[:, 1], truth == truth.max()
        return area(scores[~high], scores[high])
    return float((model.predict(x_new) == truth).mean())


def after_rounds(
    rows: Rows,
    weights: NDArray[np.float32],
    unseen: Sequence[Rows],
    target: int,
    categories: Sequence[int],
    rounds: Sequence[int],
    seed: int = 0,
) -> list[list[float]]:
    """How well boosted trees predict a column of each part of unseen rows, after some numbers of rounds.

    A list for each number of rounds, with a number for each part: the ROC area for two levels, the mean share
    of right ones over the levels for more, R² for a number.

    Args:
        weights: of the rows.
        rounds: rising.
    """
    others = [place for place in range(rows.shape[1]) if place != target]
    kept = [others.index(place) for place in categories if place != target]
    x, y = rows[:, others], rows[:, target]
    sort = "Classifier" if target in categories else "Regressor"
    if sort == "Classifier" and len(np.unique(y)) < 2:
        return [[0.5] * len(unseen) for _ in rounds]
    model = _boosted(x, kept, sort, seed).set_params(max_iter=rounds[-1], early_stopping=False)
    model.fit(x, y, sample_weight=weights)
    stages = model.staged_predict if sort == "Regressor" else model.staged_predict_proba
    found: list[list[float]] = [[] for _ in rounds]
    for asked in unseen:
        outputs = list(stages(asked[:, others]))
        for count, line in zip(rounds, found, strict=True):
            last = outputs[min(count, len(outputs)) - 1]  # there are fewer where nothing is left to learn
            line.append(_right(last, asked[:, target], getattr(model, "classes_", None)))
    return found


def _right(outputs: Rows, truth: Rows, classes: Rows | None) -> float:
    """How right predictions (N,) of a number are, or probabilities (N, classes); see ``after_rounds``."""
    if classes is None:
        return float(1 - np.square(truth - outputs).sum() / max(np.square(truth - truth.mean()).sum(), 1e-300))
    levels = np.unique(truth)
    if len(levels) == len(classes) == 2:
        return area(outputs[truth != levels[1], 1], outputs[truth == levels[1], 1])
    right = classes[outputs.argmax(1)] == truth
    return float(np.mean([right[truth == level].mean() for level in levels]))


def _boosted(rows: Rows, categories: Sequence[int], sort: str, seed: int) -> Any:
    few = [place for place in categories if len(np.unique(rows[:, place])) <= MOST_LEVELS]
    made = getattr(package("ensemble"), f"HistGradientBoosting{sort}")
    return made(max_iter=ROUNDS, categorical_features=few or None, random_state=seed)


def column_after_column(rows: Rows, categories: Sequence[int], count: int, seed: int = 0) -> Rows:
    """Draw rows with one tree a column, which knows the columns before it (Reiter 2005, "CART synthesis").

    A new value is one of the real values at the leaf where the new row ends.
    """
    rng = np.random.default_rng(seed)
    rows = rows[rng.permutation(len(rows))[:CART_ROWS]]
    drawn = np.empty((count, rows.shape[1]))
    drawn[:, 0] = rng.choice(rows[:, 0], count)
    trees = package("tree")
    for place in range(1, rows.shape[1]):
        column = rows[:, place]
        labels = np.where(np.isnan(column), -1, column)
        sort = trees.DecisionTreeClassifier if place in categories else trees.DecisionTreeRegressor
        tree = sort(min_samples_leaf=LEAF, random_state=seed).fit(rows[:, :place], labels)
        drawn[:, place] = column[
            _donors(tree.apply(rows[:, :place]), tree.apply(drawn[:, :place]), rng.random(count))
        ]
    return drawn


def _donors(of_rows: NDArray[np.int64], leaves: NDArray[np.int64], uniform: Rows) -> NDArray[np.int64]:
    """For each leaf, one of the rows that end there, by a uniform number."""
    order = np.argsort(of_rows, kind="stable")
    ends = of_rows[order]
    first, last = np.searchsorted(ends, leaves, "left"), np.searchsorted(ends, leaves, "right")
    found: NDArray[np.int64] = order[first + (uniform * (last - first)).astype(int)]
    return found


class Grown(NamedTuple):
    """A forest that tells rows from forged ones.

    Attributes:
        leaves: the leaf (N, trees) where each row ends in each tree.
        of_rows, of_fakes: for each row (N,) and each forged one, the share of trees that take it for real, of
            those that have not learnt from it.
        right: the share that is told right in this way, as the mean of both sides.
    """

    leaves: NDArray[np.int64]
    of_rows: NDArray[np.float64]
    of_fakes: NDArray[np.float64]
    right: float


def grown(rows: Rows, fakes: Rows, trees: int, seed: int) -> Grown:
    """Grow a forest that tells stored rows (N, columns) from forged ones; both sides weigh the same."""
    forest = package("ensemble").RandomForestClassifier(
        trees,
        min_samples_leaf=LEAF_OF_FOREST,
        class_weight="balanced",
        oob_score=True,
        random_state=seed,
        n_jobs=1,
    )
    with warnings.catch_warnings():  # of rows from which all of a few trees have learnt
        warnings.simplefilter("ignore")
        forest.fit(np.concatenate([rows, fakes]), np.repeat([1, 0], (len(rows), len(fakes))))
    shares = np.nan_to_num(forest.oob_decision_function_[:, 1], nan=0.5)
    of_rows, of_fakes = shares[: len(rows)], shares[len(rows) :]
    right = float(np.mean([(of_rows > 0.5).mean(), (of_fakes <= 0.5).mean()]))
    return Grown(forest.apply(rows), of_rows, of_fakes, right)


def shuffled(rows: Rows, rng: np.random.Generator) -> Rows:
    """FORGED rows (FORGED N, columns) for each of these, with each column in an order of its own."""
    return np.stack([np.concatenate([rng.permutation(c) for _ in range(FORGED)]) for c in rows.T], 1)


def adversarial_forest(rows: Rows, count: int, seed: int = 0, trees: int = FOREST) -> Rows:
    """Draw rows with an adversarial random forest (Watson et al. 2023, algorithm 1).

    A forest learns to tell real rows from rows whose columns are drawn independently, then from rows whose
    columns are independent within its leaves, and so on until it fails; rows are then drawn from its leaves.
    """
    rng = np.random.default_rng(seed)
    rows = rows[rng.permutation(len(rows))[:CART_ROWS]]
    found = grown(rows, shuffled(rows, rng), trees, seed)
    for _ in range(GROWN - 1):
        if found.right < FOOLED:
            break
        found = grown(rows, _from_leaves(found.leaves, rows, FORGED * len(rows), rng), trees, seed)
    return _from_leaves(found.leaves, rows, count, rng)


def _from_leaves(leaves: NDArray[np.int64], rows: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Draw a tree and a leaf of it, as often as real rows (N, columns) end there, then each column alone."""
    drawn = np.empty((count, rows.shape[1]))
    chosen = rng.integers(leaves.shape[1], size=count)
    for tree in range(leaves.shape[1]):
        mine = np.flatnonzero(chosen == tree)
        ends = leaves[rng.integers(len(rows), size=len(mine)), tree]
        for place in range(rows.shape[1]):
            donors = _donors(leaves[:, tree], ends, rng.random(len(mine)))
            drawn[mine, place] = rows[donors, place]
    return drawn
