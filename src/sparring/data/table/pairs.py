"""How strongly each two columns of a table go together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_PAIRED = 40  # columns whose pairs are kept and shown
MOST_ROWS = 20_000  # from which correlations are computed, evenly spaced


def correlations(stored: NDArray[Any]) -> NDArray[np.float64]:
    """Correlations (C, C) of stored columns (N, C), ranks and places of levels; at most MOST_PAIRED columns.

    A missing value counts as the mean of its column, and a column without spread goes with none.
    """
    places = np.arange(min(len(stored), MOST_ROWS)) * len(stored) // max(1, min(len(stored), MOST_ROWS))
    rows = stored[places, :MOST_PAIRED].astype(np.float64)
    there = ~np.isnan(rows)
    counts = np.maximum(there.sum(0), 1)
    centred = np.where(there, rows - np.where(there, rows, 0).sum(0) / counts, 0)
    deviation = np.sqrt(np.square(centred).sum(0))
    scaled = np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 1e-9)
    found: NDArray[np.float64] = scaled.T @ scaled
    return found


def upper(matrix: NDArray[np.float64]) -> tuple[float, ...]:
    """The entries above the diagonal, row by row, rounded for a file."""
    return tuple(matrix[np.triu_indices(len(matrix), 1)].round(4).tolist())


def whole(entries: tuple[float, ...], size: int) -> NDArray[np.float64]:
    """The symmetric matrix (size, size) with these entries above a diagonal of ones."""
    found = np.eye(size)
    rows, columns = np.triu_indices(size, 1)
    found[rows, columns] = found[columns, rows] = entries
    return found
