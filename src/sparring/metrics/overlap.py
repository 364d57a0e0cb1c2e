"""Check whether sets that should be disjoint share samples."""

from __future__ import annotations

from torch import Tensor

from sparring.data.repeats import digests


def shared(samples: Tensor, others: Tensor) -> int:
    """How many of the samples (N, *shape) are among the others (M, *shape), value for value."""
    if samples.shape[1:] != others.shape[1:] or samples.dtype != others.dtype:
        return 0
    known = set(digests(others))
    return sum(digest in known for digest in digests(samples))


def overlaps(fakes: Tensor, real: Tensor, held_out: Tensor | None, *, drawn: bool) -> tuple[str, ...]:
    """Warnings if fakes, reals and held-out reals are not disjoint sets.

    Args:
        drawn: whether a generator draws the fakes, which may then copy but not be the reals.
    """
    said = []
    if held_out is not None and (count := shared(held_out, real)):
        few = count < len(held_out)
        said.append(
            f"{_of(count, len(held_out))} held-out reals are among those trained on, value for value: "
            + ("they are not held out" if few else "nothing is held out, so copies cannot be detected")
            + ". Give reals as --held-out that no training has seen."
        )
    for name, reals in (("reals", real), ("held-out reals", held_out)):
        if reals is not None and (count := shared(fakes, reals)):
            whole = "the data is compared with itself. Give the samples of a generator as --fake."
            some = "copies of the data score best, and say nothing of a generator."
            said.append(
                f"{_of(count, len(fakes))} fakes are among the {name}, value for value: "
                + (some if drawn or count < len(fakes) else whole)
            )
    return tuple(said)


def _of(count: int, total: int) -> str:
    return f"all {total:,}" if count == total else f"{count:,} of {total:,}"
