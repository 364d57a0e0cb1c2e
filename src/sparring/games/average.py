"""An exponential moving average of a network's weights: the generator to draw samples from."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import _SpectralNorm


def duplicate(network: nn.Module, memo: dict[int, Any] | None = None) -> nn.Module:
    """A deep copy, also of networks that keep computed tensors, as torch's older weight_norm does."""
    computed = [value for module in network.modules() for value in vars(module).values()]
    kept = {id(v): v.detach().clone() for v in computed if isinstance(v, Tensor) and not v.is_leaf}
    return copy.deepcopy(network, (memo or {}) | kept)


class WeightAverage:
    """A frozen copy of a network, ``network``, with the moving average of the original weights.

    Parameters and float buffers (batch statistics) are averaged. Other buffers (counts) are copied.
    The singular vectors of spectral normalisation are copied too: a mean of unit vectors is shorter than 1.
    """

    def __init__(self, network: nn.Module) -> None:
        self.original = network
        self.network = duplicate(network).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, decay: float) -> None:
        """average = decay * average + (1 - decay) * weights."""
        ours, theirs = _tensors(self.network), _tensors(self.original)
        torch._foreach_lerp_(ours[0], theirs[0], 1 - decay)
        for our, their in zip(ours[1], theirs[1], strict=True):
            our.copy_(their)


def _tensors(network: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """The tensors to average and the tensors to copy: each parameter and buffer once."""
    vectors = {
        id(vector)
        for module in network.modules()
        if isinstance(module, _SpectralNorm)
        for vector in module.buffers(recurse=False)
    }
    averaged: list[Tensor] = list(network.parameters())
    copied: list[Tensor] = []
    for buffer in network.buffers():
        exact = id(buffer) in vectors or not buffer.is_floating_point()
        (copied if exact else averaged).append(buffer)
    return averaged, copied
