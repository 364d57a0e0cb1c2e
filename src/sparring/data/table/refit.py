"""Fit ranks, shares and combinations to training rows alone, so that nothing of a hold-out is learnt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from sparring.data.spec import Dataset
from sparring.data.table import pairs
from sparring.data.table.codec import Columns
from sparring.data.table.column import Column, flat, quantile_function, shares_of

SEED = 0  # of the ranks of equal values


def refitted(training: Dataset, held_out: Dataset) -> tuple[Dataset, Dataset]:
    """Both parts of a table with the ranks, shares and correlations of its training rows.

    Before, these are those of all rows, by which the table was read. Which levels a category has, and which
    columns may lack, stays known.
    """
    codec = Columns.of(training.spec.codec)
    rng = np.random.default_rng(SEED)
    columns = {column.name: column for column in codec.columns}
    seen, unseen = training.samples.numpy().copy(), held_out.samples.numpy().copy()
    for place, column in enumerate(codec.learnt):
        if column.numeric:
            new, seen[:, place], unseen[:, place] = _numbers(column, seen[:, place], unseen[:, place], rng)
        else:
            new = _levels(column, seen[:, place])
        columns[column.name] = new
    fitted = replace(
        codec,
        columns=tuple(columns.values()),
        rows=len(seen),
        combinations=tuple((names, _combined(codec, names, seen)) for names, _ in codec.combinations),
        correlations=pairs.upper(pairs.correlations(seen)),
    )
    spec = replace(training.spec, codec=fitted)
    return (
        replace(training, spec=spec, samples=torch.from_numpy(seen)),
        replace(held_out, spec=spec, samples=torch.from_numpy(unseen)),
    )


def _numbers(
    column: Column, seen: NDArray[np.float32], unseen: NDArray[np.float32], rng: np.random.Generator
) -> tuple[Column, NDArray[np.float32], NDArray[np.float32]]:
    """A column of numbers by its training rows alone, and the ranks of both parts."""
    numbers = column.numbers(seen)
    values, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    if not len(values):
        return column, seen, unseen
    ranks, knots = quantile_function(values, counts)
    new = replace(column, ranks=ranks, values=knots, missing=_missing(column, seen))
    own = np.searchsorted(values, numbers).clip(0, len(values) - 1)
    jitter = np.where(flat(counts)[own], rng.random(len(numbers)), 0.5)
    ranked = ((counts.cumsum() - counts)[own] + counts[own] * jitter) / counts.sum()
    others = new.ranked(column.numbers(unseen), rng.random(len(unseen)))
    found = np.where(np.isnan(numbers), np.nan, ranked).astype(np.float32)
    return new, found, others.astype(np.float32)


def _levels(column: Column, seen: NDArray[np.float32]) -> Column:
    """A category with the shares of its training rows; all levels stay known."""
    counts = np.bincount(seen[~np.isnan(seen)].astype(int), minlength=len(column.levels))
    return replace(column, shares=shares_of(counts), missing=_missing(column, seen))


def _missing(column: Column, seen: NDArray[np.float32]) -> float:
    """The share of training rows without a value; that of all rows if only the hold-out lacks some."""
    return float(np.isnan(seen).mean()) or column.missing


def _combined(codec: Columns, names: tuple[str, ...], seen: NDArray[np.float32]) -> tuple[tuple[str, ...], ...]:
    """The combinations of levels that training rows have."""
    by_name = {column.name: place for place, column in enumerate(codec.learnt)}
    parts = []
    for name in names:
        levels = np.array([*codec.learnt[by_name[name]].levels, ""], dtype=object)
        stored = seen[:, by_name[name]]
        parts.append(levels[np.where(np.isnan(stored), -1, stored).astype(int)])
    return tuple(sorted(set(zip(*parts, strict=True))))
