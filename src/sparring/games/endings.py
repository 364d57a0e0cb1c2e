"""Compare the bounds of a network's last function with the range that its outputs need."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from torch import Tensor

from sparring.errors import Caution

SHORT = 0.1  # a generator that misses this share of the data's range gets a warning


class Ending(NamedTuple):
    """A bounded function at the end of a network, with its least and its greatest value."""

    words: str
    least: float
    most: float

    @property
    def ends(self) -> tuple[float, float]:
        return self.least, self.most


ENDINGS = {  # by the name of the node in autograd's graph
    "Sigmoid": Ending("a sigmoid", 0, 1), "Hardsigmoid": Ending("a hard sigmoid", 0, 1),
    "Softmax": Ending("a softmax", 0, 1), "Tanh": Ending("tanh", -1, 1),
    "Relu": Ending("ReLU", 0, math.inf), "Softplus": Ending("softplus", 0, math.inf),
    "Exp": Ending("an exponential", 0, math.inf), "Abs": Ending("an absolute value", 0, math.inf),
    "LogSigmoid": Ending("a log-sigmoid", -math.inf, 0), "LogSoftmax": Ending("a log-softmax", -math.inf, 0),
}  # fmt: skip
# Nodes that only move or average values, so that bounded values stay bounded.
MOVES = ("View", "UnsafeView", "Reshape", "ReshapeAlias", "Alias", "Squeeze", "Unsqueeze", "Select", "Slice",
         "Permute", "Transpose", "T", "Clone", "ToCopy", "Mean", "Expand", "Split", "Index")  # fmt: skip


def ending(outputs: Tensor) -> Ending | None:
    """The bounded function that a network ends in, found from its outputs; None if there is none."""
    node = outputs.grad_fn
    while node is not None:
        name = re.sub(r"Backward\d*$", "", node.name())
        if name in ENDINGS:
            return ENDINGS[name]
        if name not in MOVES:
            return None
        node = node.next_functions[0][0]
    return None


def span(encoded: Tensor) -> tuple[float, float]:
    """The range of the data as the players see it, from the 1 % to the 99 % quantile; never empty.

    Where nearly all values are the same, as in one-hot symbols, it goes from the least to the greatest.
    """
    values = encoded.flatten()[:10_000_000].float()  # quantile accepts no more
    low, high = (float(values.quantile(share)) for share in (0.01, 0.99))
    if low == high:
        low, high = float(values.min()), float(values.max())
    return low, max(high, low + 1e-12)


def lacking(ends: tuple[float, float], range_: tuple[float, float]) -> bool:
    """Whether a generator whose values lie between these ends cannot reach the range."""
    low, high = range_
    return ends[0] > low + SHORT * (high - low) or ends[1] < high - SHORT * (high - low)


def out_of_reach(ends: tuple[float, float], range_: tuple[float, float], last: Ending | None) -> Caution:
    """The warning for a generator that cannot reach the range of the data."""
    least, most = (end + 0.0 for end in ends)  # -0.0 becomes 0.0
    bounds = (
        f"go below {least:.3g}" if most == math.inf
        else f"go above {most:.3g}" if least == -math.inf
        else f"leave {least:.3g} to {most:.3g}"
    )  # fmt: skip
    named = f", which ends in {last.words}," if last else ""
    return Caution(
        "range-mismatch",
        f"The players see the data scaled to [-1, 1], here from {range_[0]:.3g} to {range_[1]:.3g}; the "
        f"generator{named} cannot {bounds}.",
        "End it with nn.Tanh(), or with a linear layer; game.sample(count) draws in the data's units.",
    )
