"""BatchNorm over the batches of all processes."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def synchronised(network: nn.Module) -> nn.Module:
    """The network itself, whose BatchNorm layers then use the batches of all processes."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.__class__ = _SyncedBatchNorm
    return network


class _SyncedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """BatchNorm over the joint batch of all processes, also on the CPU and through second-order gradients.

    torch's SyncBatchNorm can do neither.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected (B, C, ...), got {tuple(input.shape)}")

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        axes = [axis for axis in range(input.ndim) if axis != 1]
        channel = (1, -1) + (1,) * (input.ndim - 2)
        values = input.float()
        count = values.numel() / values.shape[1] * dist.get_world_size()
        mean = _sum_over_processes(values.sum(axes)) / count
        centred = values - mean.view(channel)
        variance = _sum_over_processes(centred.square().sum(axes)) / count
        if self.running_mean is not None and self.running_var is not None:
            momentum = self.momentum or 0.0
            self.running_mean.lerp_(mean.detach(), momentum)
            self.running_var.lerp_(variance.detach() * (count / (count - 1)), momentum)
        out = centred * (variance + self.eps).rsqrt().view(channel)
        if self.affine:
            out = out * self.weight.view(channel) + self.bias.view(channel)
        return out.to(input.dtype)


class _Sum(torch.autograd.Function):
    """A sum over processes whose gradient is summed over them too."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        # The adjoint of a sum over processes is the same sum. Penalties need its derivative too.
        total: Tensor = _Sum.apply(gradients[0])  # type: ignore[no-untyped-call]
        return total


def _sum_over_processes(values: Tensor) -> Tensor:
    total: Tensor = _Sum.apply(values)  # type: ignore[no-untyped-call]
    return total
