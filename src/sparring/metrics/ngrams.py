"""Runs of n symbols, n-grams, in texts that are given as whole numbers (N, T): 0 after their ends.

Each text counts as if it had one symbol before its first one, and one after its last one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from sparring.metrics import shares

START, END = -1, 0
Gram = tuple[int, ...]
MIXING = 2_654_435_761  # Knuth's multiplicative hash, the golden ratio of 32 bits
BITS = 2**32


def rows(stored: Tensor) -> list[Gram]:
    """The symbols of each text (N, T), without those after its end."""
    found = []
    for row in stored.tolist():
        found.append(tuple(row[: row.index(END)] if END in row else row))
    return found


def grams(text: Sequence[int], order: int) -> list[Gram]:
    """The n-grams of one text, in their order."""
    padded = [START, *text, END]
    return [tuple(padded[k : k + order]) for k in range(len(padded) - order + 1)]


def counted(texts: Iterable[Sequence[int]], order: int) -> Counter[Gram]:
    """How often each n-gram occurs in texts."""
    return Counter(gram for text in texts for gram in grams(text, order))


def divergence(one: Counter[Gram], other: Counter[Gram]) -> float:
    """The Jensen-Shannon divergence of the shares of n-grams in two counts, in bits; see ``shares``."""
    names = list(one.keys() | other.keys())
    p, q = (np.array([part[name] for name in names], float) for part in (one, other))
    return shares.divergence(p / max(p.sum(), 1.0), q / max(q.sum(), 1.0))


def valid(texts: Sequence[Sequence[int]], known: Collection[Gram], order: int) -> float:
    """The share of texts all of whose n-grams are known."""
    return _mean([all(gram in known for gram in grams(text, order)) for text in texts])


def hashed(stored: Tensor, bins: int, orders: Sequence[int] = (1, 2, 3)) -> Tensor:
    """Counts of the n-grams of texts (N, T) in ``bins`` heaps, (N, bins), for each order on average once.

    Which n-grams share a heap is as good as random (Weinberger et al. 2009, "Feature Hashing"). Counts are
    divided by the root of the number of orders and of steps, so that the length does not change their size.
    """
    ended = stored.long() * (stored.long() != END).long().cumprod(1)
    padded = torch.nn.functional.pad(ended + 1, (max(orders) - 1, 1), value=1)
    padded[:, : max(orders) - 1] = 0
    alive = torch.nn.functional.pad((ended != END).float(), (1, 0), value=1.0)  # symbols and the first end
    found = torch.zeros(len(stored), bins, device=stored.device)
    width = alive.shape[1]
    for order in orders:
        code = torch.full_like(padded[:, :width], order)
        for place in range(max(orders) - order, max(orders)):
            code = ((code + padded[:, place : place + width] + 1) * MIXING) % BITS
            code = code ^ (code >> 15)
        found.scatter_add_(1, code % bins, alive)
    counts: Tensor = found / (len(orders) * width) ** 0.5
    return counts


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
