"""An exponential moving average of a network's weights: the generator to draw samples from."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class WeightAverage:
    """A frozen copy of a network, ``network``, whose weights trail the original's.

    Parameters and float buffers (batch statistics) are averaged, other buffers (counts) are copied.
    """

    def __init__(self, network: nn.Module) -> None:
        self.original = network
        self.network = copy.deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, decay: float) -> None:
        """average = decay * average + (1 - decay) * weights."""
        pairs = list(zip(_tensors(self.network), _tensors(self.original), strict=True))
        averaged = [(ours, theirs) for ours, theirs in pairs if ours.is_floating_point()]
        torch._foreach_lerp_([ours for ours, _ in averaged], [theirs for _, theirs in averaged], 1 - decay)
        for ours, theirs in pairs:
            if not ours.is_floating_point():
                ours.copy_(theirs)


def _tensors(network: nn.Module) -> list[Tensor]:
    """Each parameter and buffer once, shared ones too."""
    return [*network.parameters(), *network.buffers()]
