"""Check whether sets that should be disjoint share samples."""

from __future__ import annotations

from torch import Tensor

from sparring.data.repeats import digests


def shared(samples: Tensor, others: Tensor) -> int:
    """How many of the samples (N, *shape) are identical to one of the others (M, *shape)."""
    if samples.shape[1:] != others.shape[1:] or samples.dtype != others.dtype:
        return 0
    among = set(digests(others))
    return sum(digest in among for digest in digests(samples))


def overlaps(fakes: Tensor, real: Tensor, held_out: Tensor | None, *, drawn: bool) -> tuple[str, ...]:
    """Warnings if fakes, reals and held-out reals are not disjoint sets.

    Args:
        drawn: whether a generator drew the fakes; if not, they may be the reals themselves.
    """
    warnings = []
    if held_out is not None and (count := shared(held_out, real)):
        partly = count < len(held_out)
        warnings.append(
            f"{_of(count, len(held_out))} held-out reals are identical to training samples: "
            + ("these are not held out" if partly else "nothing is held out, so copies cannot be detected")
            + ". Give reals that no training has seen as --held-out."
        )
    for name, reals in (("reals", real), ("held-out reals", held_out)):
        if reals is not None and (count := shared(fakes, reals)):
            copies = "copies of the data get the best scores, which then say nothing about the generator."
            itself = "the data is compared with itself. Give the samples of a generator as --fake."
            warnings.append(
                f"{_of(count, len(fakes))} fakes are identical to {name}: "
                + (copies if drawn or count < len(fakes) else itself)
            )
    return tuple(warnings)


def _of(count: int, total: int) -> str:
    return f"all {total:,}" if count == total else f"{count:,} of {total:,}"
