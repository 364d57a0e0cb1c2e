"""An exponential moving average of a network's weights: the generator to draw samples from."""

from __future__ import annotations

import copy

import torch
from torch import nn


class WeightAverage:
    """A frozen copy of a network whose weights trail the original's.

    Parameters are averaged; buffers (batch statistics) are averaged too where they are floats and
    copied where they count.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._averaged, self._averaged_from = _floats(self.network), _floats(network)
        self._copied, self._copied_from = _integers(self.network), _integers(network)

    @torch.no_grad()
    def update(self, decay: float) -> None:
        """average = decay * average + (1 - decay) * weights."""
        torch._foreach_lerp_(self._averaged, self._averaged_from, 1 - decay)
        for ours, theirs in zip(self._copied, self._copied_from, strict=True):
            ours.copy_(theirs)


def _floats(network: nn.Module) -> list[torch.Tensor]:
    state = network.state_dict(keep_vars=True).values()
    return [tensor.detach() for tensor in state if tensor.is_floating_point()]


def _integers(network: nn.Module) -> list[torch.Tensor]:
    state = network.state_dict(keep_vars=True).values()
    return [tensor for tensor in state if not tensor.is_floating_point()]
