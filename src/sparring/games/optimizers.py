"""Optimizers, which update the weights of a player by their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import Adam, Optimizer, RMSprop

RATE, BETAS = 2e-4, (0.5, 0.999)  # the defaults, as in DCGAN (Radford et al. 2015)


class OptimisticAdam(Adam):
    """Adam that doubles each step and subtracts the last one (Daskalakis et al. 2018, algorithm 1).

    w <- w - 2 s_t + s_(t-1), where s_t is the step of Adam. It anticipates the answer of the other player, so
    it converges where plain gradient descent makes two players move in circles. Arguments are Adam's.
    """

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Make one step with the gradients of the weights."""
        weights = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        before = [weight.clone() for weight in weights]
        loss = Adam.step(self, closure)
        for weight, old in zip(weights, before, strict=True):
            own = weight - old  # -s_t
            weight.add_(own - self.state[weight].get("own_step", own))
            self.state[weight]["own_step"] = own
        return loss


def adam(player: nn.Module, rate: float = RATE, betas: tuple[float, float] = BETAS) -> Adam:
    """Adam (Kingma & Ba 2015), in one kernel if the device has it."""
    return Adam(player.parameters(), rate, betas, fused=_fuses(player))


def optimistic_adam(player: nn.Module, rate: float, betas: tuple[float, float]) -> OptimisticAdam:
    """``OptimisticAdam``, in one kernel if the device has it."""
    return OptimisticAdam(player.parameters(), rate, betas, fused=_fuses(player))


def rmsprop(player: nn.Module, rate: float, betas: tuple[float, float]) -> RMSprop:
    """RMSprop, whose alpha is Adam's second beta; it has no momentum."""
    return RMSprop(player.parameters(), rate, betas[1])


def _fuses(player: nn.Module) -> bool:
    return next(player.parameters()).device.type in ("cpu", "cuda")


OPTIMIZERS: dict[str, Callable[[nn.Module, float, tuple[float, float]], Optimizer]] = {  # as --optimizer names
    "adam": adam,
    "optimistic-adam": optimistic_adam,
    "rmsprop": rmsprop,
}
