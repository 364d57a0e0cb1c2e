"""How two distributions of whole numbers differ, and which symbols are missing in one of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

Shares = NDArray[np.float64]


def shannon(one: ArrayLike, other: ArrayLike) -> float:
    """The Jensen-Shannon divergence of two lists of whole numbers, in bits; see ``divergence``."""
    return divergence(*_of_values(one, other))


def divergence(p: Shares, q: Shares) -> float:
    """The Jensen-Shannon divergence of shares (K,), in bits: 0 if alike, 1 if nothing is shared.

    H((p + q) / 2) - (H(p) + H(q)) / 2 with the entropy H (Lin 1991, eq. 4.1).
    """
    return max(0.0, _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2)


def total_variation(one: ArrayLike, other: ArrayLike) -> float:
    """Half the summed difference of the shares of two lists of whole numbers: 0 if alike, 1 if disjoint."""
    p, q = _of_values(one, other)
    return float(np.abs(p - q).sum() / 2)


def dead_symbols(fakes: Tensor, reals: Tensor) -> float:
    """The share of the symbols in one-hot reals (N, T, V), as often as they occur, that no fake has.

    Of many rare symbols, as many other reals lack some too: about the share that occurs once (Good 1953, "The
    population frequencies of species and the estimation of population parameters"). 0 is as reals do, 1 is all.
    """
    counts = reals.sum((0, 1))
    lacking = float(counts[fakes.sum((0, 1)) == 0].sum() / counts.sum())
    chance = float((counts == 1).sum() / counts.sum())
    return max(0.0, lacking - chance) / (1 - chance) if chance < 1 else 0.0


def _of_values(one: ArrayLike, other: ArrayLike) -> tuple[Shares, Shares]:
    """How often each value that occurs in either occurs in each, as shares; all 0 for an empty list."""
    first, second = (np.asarray(part, np.int64).ravel() for part in (one, other))
    values, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    parts = places[: first.size], places[first.size :]
    p, q = (np.bincount(part, minlength=len(values)) / max(1, len(part)) for part in parts)
    return p, q


def _entropy(shares: NDArray[Any]) -> float:
    """In bits."""
    known = shares[shares > 0]
    return float(-(known * np.log2(known)).sum())
