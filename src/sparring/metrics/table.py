"""Judge rows of a table beside real rows, and beside rows that four simple baselines draw."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data.spec import Dataset
from sparring.data.table.codec import Columns
from sparring.errors import quoted
from sparring.metrics import trees
from sparring.metrics.comparison import FLOOR, GENERATOR, Comparison, Near, Scale, Trial, listed
from sparring.metrics.shares import total_variation

MOST = 3_000  # rows of each side that trees are asked about
MOST_FITTED = 20_000  # rows from which baselines, and models of the target, learn
MOST_PAIRED = 60  # columns whose pairs are compared
BINS = 10  # equally likely parts of a number's range
CHUNK = 500  # rows whose distances are computed at once
Rows = NDArray[np.float64]

TOLD = Scale("half", "how well boosted trees tell drawn rows from unseen ones: an ROC area")
PREDICTS = Scale(
    "higher", "how well boosted trees that learnt from these rows predict {target} of unseen ones: {what}"
)
PAIRS = Scale("higher", "how alike pairs of columns are to those of unseen rows, 1 minus the distance")
COLUMNS = Scale("higher", "how alike single columns are to those of unseen rows, 1 minus the distance")
NEARER = Scale(
    "lower", "rows nearer to a training row than to an unseen one; far above half: copies", share=True
)
NO_PROOF = (
    "Of the drawn rows, {near} are nearer to a training row than to one of as many unseen ones. This is a test "
    "for copies, and no proof of privacy."
)
FAR_BELOW = 0.1  # below 0.5, where an ROC area says that rows are among those that they are told from
NO_MERIT = (
    "An area far below 0.5 is no merit ({names}): it comes from rows that stand on both sides, so the unseen "
    "rows are not unseen, or the table has rows several times."
)
LEARNS_NOTHING = (
    "Independent columns are best at nearer as they have learnt nothing that rows have in common: look there "
    "for copies, not for the best."
)


class Judged(NamedTuple):
    """What rows are judged against: unseen rows, as many training rows, and how columns are read."""

    codec: Columns
    unseen: Rows
    training: Rows
    seed: int


def judge(trial: Trial) -> Comparison:
    """Compare drawn rows with unseen ones, beside training rows and baselines; see ``numbers``."""
    codec = Columns.of(trial.spec.codec)
    fakes, training = (_stored(trial, part) for part in (trial.fakes, trial.training))
    rng = np.random.default_rng(trial.seed)
    notes = []
    if trial.held_out is None:
        order = rng.permutation(len(training))
        unseen, known = training[order[: len(order) // 2]], training[order[len(order) // 2 :]]
        notes.append("No rows were held out: the generator has seen the rows that it is measured against.")
    else:
        unseen, known = _stored(trial, trial.held_out), training
    known = known[rng.permutation(len(known))[:MOST_FITTED]]
    against = Judged(codec, unseen[rng.permutation(len(unseen))], known, trial.seed)
    count = min(len(fakes), len(known))
    columns: dict[str, Mapping[str, float]] = {FLOOR: {}, GENERATOR: {}}
    drawn: dict[str, Callable[[], Rows]] = {
        FLOOR: lambda: known[:count],
        GENERATOR: lambda: fakes[:count],
        "independent": lambda: independent(known, count, trial.seed),
        "copula": lambda: copula(codec, known, count, trial.seed),
    }
    if trees.installed():
        drawn["CART"] = lambda: trees.column_after_column(known, against.codec.categories, count, trial.seed)
        drawn["forest"] = lambda: trees.adversarial_forest(known, count, trial.seed)
    else:
        notes.append(f"Boosted trees and the baselines of trees need scikit-learn: {trees.INSTALL}")
    seconds = {}
    for name, draw in drawn.items():
        trial.tell(f"judging rows of {name}")
        started = time.perf_counter()
        rows = draw()
        seconds[name] = time.perf_counter() - started
        columns[name] = numbers(against, rows)
        if name == FLOOR:  # these are training rows
            columns[name] = {key: value for key, value in columns[name].items() if key != "nearer"}
    near = near_of(columns[GENERATOR]["nearer"], count)
    notes = [NO_PROOF.format(near=near), *notes]
    if count > MOST:
        notes.append(f"Told apart and nearer are measured on the first {MOST:,} of the {count:,} rows.")
    by_chance = 3 / math.sqrt(6 * min(count, len(unseen), MOST))  # three standard deviations of an area
    limit = 0.5 - max(FAR_BELOW, by_chance)
    if low := [name for name, found in columns.items() if found.get("told apart", 0.5) < limit]:
        notes.append(NO_MERIT.format(names=listed(low)))
    if not codec.target:
        notes.append("Name the column that your models predict with --target, and it is predicted here too.")
    took = ", ".join(f"{name} {took:.1f} s" for name, took in seconds.items() if name not in (FLOOR, GENERATOR))
    notes.append(f"To learn and to draw took: {took}.")
    scales = {"told apart": TOLD, "predicts": PREDICTS, "pairs": PAIRS, "columns": COLUMNS, "nearer": NEARER}
    if against.codec.target_place is not None:
        scales["predicts"] = _named(against)
    scales = {name: scale for name, scale in scales.items() if name in columns[GENERATOR]}
    compared = Comparison(scales, count, columns, tuple(notes), INSTEAD, near)
    if "nearer" in compared.wins("independent"):
        return replace(compared, notes=(*notes, LEARNS_NOTHING))
    return compared


INSTEAD = (
    "Where only rows count, the better one is enough: `sparring train DATA --recipe forest` grows the forest; "
    "CART is sparring.metrics.trees.column_after_column in Python."
)


def _named(against: Judged) -> Scale:
    """The scale of the prediction, with the target and what is measured."""
    assert against.codec.target_place is not None
    column = against.codec.learnt[against.codec.target_place]
    what = "R²" if column.numeric else "ROC area" if len(column.levels) == 2 else "share of right ones"
    return PREDICTS._replace(meaning=PREDICTS.meaning.format(target=quoted(column.name), what=what))


def _stored(trial: Trial, encoded: Tensor) -> Rows:
    rows: Rows = trial.spec.decode(encoded).numpy().astype(np.float64)
    return rows


def numbers(against: Judged, rows: Rows) -> dict[str, float]:
    """The measures of rows (N, columns) as they are stored.

    "told apart" and "predicts" by boosted trees; "pairs" and "columns", 1 minus the mean total variation or
    Kolmogorov-Smirnov distance; "nearer", the share nearer to training rows than to as many unseen ones.
    """
    codec, seed = against.codec, against.seed
    values, unseen = (_values(codec, part) for part in (rows, against.unseen))
    found = {}
    if trees.installed():
        found["told apart"] = trees.told_apart(values[:MOST], unseen[:MOST], codec.categories, seed)
        if codec.target_place is not None:
            found["predicts"] = trees.predicts(values, unseen, codec.target_place, codec.categories, seed)
    found |= {
        "pairs": pairs(codec, rows, against.unseen),
        "columns": marginals(codec, rows, against.unseen),
        "nearer": nearer(against, rows),
    }
    return found


def loss(found: Mapping[str, float]) -> float:
    """What is lower the better rows are: how far they can be told apart, and what they predict less."""
    return 2 * max(0.0, found["told apart"] - 0.5) + 1 - found.get("predicts", 1.0)


def against_held_out(samples: Rows, training: Dataset, held_out: Dataset, seed: int) -> dict[str, float]:
    """The measures of stored rows (N, columns) against those that were held out of a training."""
    known, unseen = (part.samples.numpy()[:MOST_FITTED].astype(np.float64) for part in (training, held_out))
    judged = Judged(Columns.of(training.spec.codec), unseen, known, seed)
    return numbers(judged, samples.astype(np.float64))


def _values(codec: Columns, rows: Rows) -> Rows:
    return codec.matrix(rows)


def marginals(codec: Columns, rows: Rows, reals: Rows) -> float:
    """1 minus the mean distance of the columns: Kolmogorov-Smirnov for numbers, total variation for levels."""
    found = []
    for place, column in enumerate(codec.learnt):
        one, other = rows[:, place], reals[:, place]
        if column.numeric:
            found.append(kolmogorov(one[~np.isnan(one)], other[~np.isnan(other)]))
        else:
            found.append(total_variation(_levels(codec, place, one), _levels(codec, place, other)))
    return 1 - float(np.mean(found))


def kolmogorov(one: Rows, other: Rows) -> float:
    """The greatest difference of two empirical distribution functions."""
    if not len(one) or not len(other):
        return float(len(one) != len(other))
    every = np.concatenate([one, other])
    below = [np.searchsorted(np.sort(part), every, "right") / len(part) for part in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def pairs(codec: Columns, rows: Rows, reals: Rows) -> float:
    """1 minus the mean distance of pairs of columns: half the difference of the rank correlation of numbers, or
    the total variation of the joint shares of levels and of tenths of numbers."""
    places = range(min(len(codec.learnt), MOST_PAIRED))
    levels = [[_levels(codec, place, part[:, place]) for place in places] for part in (rows, reals)]
    found = []
    for a in places:
        for b in range(a):
            if codec.learnt[a].numeric and codec.learnt[b].numeric:
                found.append(abs(correlation(rows, a, b) - correlation(reals, a, b)) / 2)
            else:
                wide = int(max(part[b].max() for part in levels)) + 1
                found.append(total_variation(*(_joint(part[a], part[b], wide) for part in levels)))
    return 1 - float(np.mean(found)) if found else 1.0


def _joint(one: NDArray[np.int64], other: NDArray[np.int64], wide: int) -> NDArray[np.int64]:
    return one * wide + other


def correlation(rows: Rows, a: int, b: int) -> float:
    """The correlation of the ranks of two columns, over rows that have both; 0 if one has no spread."""
    there = ~np.isnan(rows[:, a]) & ~np.isnan(rows[:, b])
    x, y = rows[there, a], rows[there, b]
    if len(x) < 2 or not x.std() or not y.std():
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _levels(codec: Columns, place: int, stored: Rows) -> NDArray[np.int64]:
    """The level of each value, or the tenth of a number; one more for missing ones."""
    column = codec.learnt[place]
    many = BINS if column.numeric else len(column.levels)
    scaled = stored * BINS if column.numeric else stored
    return np.where(np.isnan(scaled), many, np.minimum(np.nan_to_num(scaled), many - 1)).astype(np.int64)


def nearer(against: Judged, rows: Rows) -> float:
    """The share of rows that are nearer to a training row than to one of as many unseen rows; ties count half.

    Near by the encoding of the players: normal quantiles, and the root of two halves for another level.
    """
    count = min(len(against.unseen), len(against.training), MOST)
    encoded = [
        against.codec.encode(torch.from_numpy(part.astype(np.float32)))
        for part in (rows[:MOST], against.training[:count], against.unseen[:count])
    ]
    shares = []
    for part in encoded[0].split(CHUNK):
        seen, unseen = (torch.cdist(part, other).min(1).values for other in encoded[1:])
        shares.append((seen < unseen).double() + (seen == unseen).double() / 2)
    return float(torch.cat(shares).mean())


def near_of(share: float, count: int) -> Near:
    """The share of so many rows nearer to training rows, with its interval."""
    error = 1.96 * math.sqrt(max(share * (1 - share), 1e-12) / min(count, MOST))
    return Near(share, max(0.0, share - error), min(1.0, share + error))


def independent(rows: Rows, count: int, seed: int = 0) -> Rows:
    """Rows whose columns are drawn each on its own from real rows."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.choice(column, count) for column in rows.T], 1)


def copula(codec: Columns, rows: Rows, count: int, seed: int = 0) -> Rows:
    """Rows of a Gaussian copula: normal scores with the correlations of real ones (Sklar 1959).

    A level is an interval of ranks as wide as it is frequent; a missing value is the last one.
    """
    rng = np.random.default_rng(seed)
    scores, ordered = [], []
    for column in rows.T:
        order = np.sort(column)  # NaN is last
        low, high = np.searchsorted(order, column, "left"), np.searchsorted(order, column, "right")
        ranks = (low + (high - low) * rng.random(len(column))) / len(column)
        scores.append(torch.special.ndtri(torch.from_numpy(ranks).clamp(1e-6, 1 - 1e-6)).numpy())
        ordered.append(order)
    law = np.corrcoef(np.stack(scores)) if len(scores) > 1 else np.eye(1)
    drawn = rng.multivariate_normal(np.zeros(len(scores)), law, count, method="eigh")
    places = torch.special.ndtr(torch.from_numpy(drawn)).numpy()
    return np.stack(
        [
            order[(places[:, k] * len(order)).astype(int).clip(0, len(order) - 1)]
            for k, order in enumerate(ordered)
        ],
        1,
    )
