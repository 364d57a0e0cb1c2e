"""Whether an exported generator makes the same samples as the one that it was made from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.errors import RunError, counted
from sparring.uses.export.graph import MULTIPLE, Traced

MOST_SAMPLES, MOST_NUMBERS = 256, 2**20  # that are compared
SEED = 1_234_567  # of their inputs, others than those that the graph was found with
SIDES = (3 * MULTIPLE, 2 * MULTIPLE)  # of a picture that is translated alone
SAME = 1e-4  # of the spread of a number over the samples; numbers that are nearer count as the same
MOST_DIFFERENT = 1e-3  # share of numbers: a value on the border between two steps may fall on either side
Run = Callable[[tuple[Tensor, ...]], NDArray[Any]]  # makes samples of the inputs of a graph


class Parity(NamedTuple):
    """How samples of an export compare to those of the generator, made from the same inputs.

    Attributes:
        samples: that were compared.
        numbers: in all of them.
        different: how many of the numbers differ: whole ones at all, others by more than SAME.
        greatest: difference of two numbers, in units of the data.
    """

    samples: int
    numbers: int
    different: int
    greatest: float

    def __str__(self) -> str:
        which = f"all {self.numbers:,} numbers"
        if self.different:
            which = f"{self.numbers - self.different:,} of {self.numbers:,} numbers"
        greatest = f"; greatest difference {self.greatest:.3g}" if self.greatest else ""
        return f"{which} of {counted(self.samples, 'sample')} are the same{greatest}"


def compared(graph: Traced, run: Run, where: str, most: float = MOST_DIFFERENT, cure: str = "") -> Parity:
    """Compare what ``run`` makes with what the module of the graph makes, of one sample and of many.

    Args:
        where: the name of what runs the export, for the message.
        most: the share of numbers that may differ.
        cure: what to do where they differ, for the message; by default, that of the graph.

    Raises:
        RunError: they differ, or ``run`` makes other numbers of samples than asked.
    """
    cure = cure or graph.cure
    inputs = graph.inputs(1, SEED, SIDES)
    with torch.no_grad():
        numbers = graph.module(*inputs).numel()
    count = max(2, min(MOST_SAMPLES, MOST_NUMBERS // max(1, numbers)))
    ours, theirs = _made(graph, run, graph.inputs(count, SEED + 1), where, cure)
    one = _made(graph, run, inputs, where, cure)
    limit = tolerance(ours)
    first = parity(*one, limit if one[0].shape[1:] == ours.shape[1:] else limit.max(initial=0.0))
    rest = parity(ours, theirs, limit)
    samples, numbers, different = (a + b for a, b in zip(first[:3], rest[:3], strict=True))
    found = Parity(samples, numbers, different, max(first.greatest, rest.greatest))
    if found.different > most * found.numbers:
        raise RunError(f"{where} does not make the {graph.output} of the {graph.noun}: {found}. {cure}")
    return found


def _made(
    graph: Traced, run: Run, inputs: tuple[Tensor, ...], where: str, cure: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """What the module of the graph and what ``run`` makes of these inputs.

    Raises:
        RunError: the shapes or types differ.
    """
    with torch.no_grad():
        ours: NDArray[Any] = graph.module(*inputs).numpy()
    theirs = run(inputs)
    if theirs.shape != ours.shape or theirs.dtype != ours.dtype:
        made, meant = (f"{each.dtype} of shape {each.shape}" for each in (theirs, ours))
        raise RunError(f"{where} makes {made}, the {graph.noun} {meant}. {cure}")
    return ours, theirs


def parity(ours: NDArray[Any], theirs: NDArray[Any], limit: NDArray[Any] | float) -> Parity:
    """Compare samples (B, …) of one type; where both have NaN, a value is missing in both.

    Args:
        limit: up to which numbers count as the same; it has the shape of a sample, or is one for all.
    """
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    apart = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a - b))
    apart = np.where(np.isnan(apart), np.inf, apart)
    return Parity(len(a), a.size, int((apart > limit).sum()), float(apart.max(initial=0.0)))


def tolerance(samples: NDArray[Any]) -> NDArray[np.float64]:
    """How far numbers may be apart, for each place of a sample: 0 where they are whole ones."""
    found = samples.astype(np.float64)
    low, high = (np.where(np.isnan(found), end, found) for end in (np.inf, -np.inf))
    spread = np.maximum(high.max(0) - low.min(0), 0.0)
    return SAME * spread if samples.dtype.kind == "f" else np.zeros_like(spread)
