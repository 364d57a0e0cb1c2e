"""Divide labelled data into disjoint blocks: each has its own pictures to train on, to choose by and to test
on.

As nothing is in two blocks, what is measured in one says nothing of another: the blocks are independent draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.errors import DataError, counted, quoted

LEAST_SUBSETS, MOST_SUBSETS = 6, 40
BLOCKS = 3  # complete subsets, at least, of which a result is told
PER_CLASS = 100  # samples of each class that a subset has, at most, unless another number is given
CHOOSING, TESTED = 0.15, 0.3  # shares of the data to choose by and to test on, where no test set comes with it
MOST_TESTED = 10_000  # samples of all tests together, about
LEAST_TRAINED = 4  # samples of each class that a subset must have


class Block(NamedTuple):
    """Places (N,) of the samples of one block; those of ``test`` are in the test set where there is one."""

    train: Tensor
    choose: Tensor
    test: Tensor


def blocks(
    labels: Tensor,
    names: Sequence[str],
    tested: Tensor | None = None,
    *,
    subsets: int = LEAST_SUBSETS,
    per_class: int = PER_CLASS,
    rare: Mapping[int, int] | None = None,
    seed: int = 0,
) -> list[Block]:
    """Divide samples with these labels (N,) into blocks, each class on its own.

    Args:
        names: of the classes.
        tested: labels (M,) of a test set; without one, a share of the samples is tested on.
        per_class: samples of each class in a subset, at most; there are fewer where a class has too few.
        rare: the same for single classes.

    Raises:
        DataError: a class has too few samples for so many subsets.
    """
    rng = torch.Generator().manual_seed(seed)
    shares = (0.0 if tested is not None else TESTED, CHOOSING)
    parts: list[list[Tensor]] = [[] for _ in range(3 * subsets)]
    for label, name in enumerate(names):
        mine = _shuffled(labels, label, rng)
        others = None if tested is None else _shuffled(tested, label, rng)
        most = (rare or {}).get(label, per_class)
        test = MOST_TESTED // len(names) // subsets
        for k, each in enumerate(_of_class(mine, others, shares, (most, test), subsets)):
            if each is None:
                found = len(mine), -1 if others is None else len(others)
                fewer = subsets > BLOCKS and None not in _of_class(mine, others, shares, (most, test), BLOCKS)
                raise DataError(_too_few(name, *found, subsets, fewer))
            parts[k].append(each)
    joined = [torch.cat(part).sort().values for part in parts]
    return [Block(*joined[3 * k : 3 * k + 3]) for k in range(subsets)]


def _of_class(
    mine: Tensor, others: Tensor | None, shares: tuple[float, float], most: tuple[int, int], subsets: int
) -> list[Tensor | None]:
    """The three parts of each block of one class in turn; None where there is not enough.

    Args:
        most: samples to train on and to test on.
    """
    to_test = mine[: int(shares[0] * len(mine))] if others is None else others
    left = mine[len(to_test) if others is None else 0 :]
    each = min(most[0], int(len(left) * (1 - shares[1])) // subsets)
    choose = min(max(1, each // 2), (len(left) - each * subsets) // subsets)
    test = min(len(to_test) // subsets, max(1, most[1]))
    if each < min(LEAST_TRAINED, most[0]) or choose < 1 or test < 1:
        return [None]
    found: list[Tensor | None] = []
    for k in range(subsets):
        start = each * subsets + k * choose
        found += [
            left[k * each : (k + 1) * each],
            left[start : start + choose],
            to_test[k * test : (k + 1) * test],
        ]
    return found


def _shuffled(labels: Tensor, label: int, rng: torch.Generator) -> Tensor:
    places = (labels == label).nonzero()[:, 0]
    return places[torch.randperm(len(places), generator=rng)]


def _too_few(name: str, count: int, tested: int, subsets: int, fewer: bool) -> str:
    needed = -(-(LEAST_TRAINED + 1) * subsets * 10 // 6) if tested < 0 else (LEAST_TRAINED + 2) * subsets
    beside = f" and {counted(tested, 'sample')} in the test set" if tested >= 0 else ""
    return (
        f"the class {quoted(name)} has {counted(count, 'sample')}{beside}: too few for {subsets} disjoint "
        f"subsets, which need about {needed} of each class to train, choose and test on. Add samples, "
        f"{f'give --subsets {BLOCKS}, ' * fewer}or leave this class out of the data."
    )


def half(block: Block, labels: Tensor, seed: int = 0) -> Tensor:
    """The places (N,) of half of a block's samples of each class, at least one of each."""
    rng = torch.Generator().manual_seed(seed)
    kept = []
    for label in labels[block.train].unique().tolist():
        places = block.train[labels[block.train] == label]
        kept.append(places[torch.randperm(len(places), generator=rng)[: max(1, len(places) // 2)]])
    return torch.cat(kept)
