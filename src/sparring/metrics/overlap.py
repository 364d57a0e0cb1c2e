"""Check whether sets that should be disjoint share samples."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from sparring.data.repeats import digests

SURE = 3.0  # standard deviations beyond which more is no chance


def shared(samples: Tensor, others: Tensor) -> int:
    """How many of the samples (N, *shape) are identical to one of the others (M, *shape)."""
    if samples.shape[1:] != others.shape[1:] or samples.dtype != others.dtype:
        return 0
    among = set(digests(others))
    return sum(digest in among for digest in digests(samples))


def surprising(keys: Tensor, others: Tensor) -> int:
    """How many of the keys (N,) are among others (M,), if these are more than by chance; else 0.

    A row of few categories is soon met again. A fresh row meets one that occurs once in a set about as often as
    a row that is taken out of the set does: as often as rows occur just twice in it (Good 1953).
    """
    values, counts = others.unique(return_counts=True)
    met = int(torch.isin(keys, values[counts == 1]).sum())
    share = min(1.0, (2 * int((counts == 2).sum()) + 1) / (len(others) + 1))
    expected = share * len(keys)
    if met <= expected + SURE * math.sqrt(expected * (1 - share)):
        return 0
    return int(torch.isin(keys, values).sum())


def overlaps(
    fakes: Tensor,
    real: Tensor,
    held_out: Tensor | None,
    *,
    drawn: bool,
    count: Callable[[Tensor, Tensor], int] = shared,
) -> tuple[str, ...]:
    """Warnings if fakes, reals and held-out reals are not disjoint sets.

    Args:
        drawn: whether a generator drew the fakes; if not, they may be the reals themselves.
        count: how many of one set are in the other, as far as that is worth a warning.
    """
    warnings = []
    if held_out is not None and (found := count(held_out, real)):
        partly = found < len(held_out)
        warnings.append(
            f"{_of(found, len(held_out))} held-out reals are identical to training samples: "
            + ("these are not held out" if partly else "nothing is held out, so copies cannot be detected")
            + ". Give reals that no training has seen as --held-out."
        )
    for name, reals in (("reals", real), ("held-out reals", held_out)):
        if reals is not None and (found := count(fakes, reals)):
            copies = "copies of the data get the best scores, which then say nothing about the generator."
            itself = "the data is compared with itself. Give the samples of a generator as --fake."
            warnings.append(
                f"{_of(found, len(fakes))} fakes are identical to {name}: "
                + (copies if drawn or found < len(fakes) else itself)
            )
    return tuple(warnings)


def _of(count: int, total: int) -> str:
    return f"all {total:,}" if count == total else f"{count:,} of {total:,}"
