"""The last layers of generators, by the names that the codecs of data use."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

HEADS: dict[str, Callable[[], nn.Module]] = {
    "tanh": nn.Tanh,  # values in [-1, 1]
    "linear": nn.Identity,  # any values
}
