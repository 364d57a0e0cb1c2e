"""Optimistic Adam: an optimizer for games."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import Adam


class OptimisticAdam(Adam):
    """Adam that takes each step twice and the step before back (Daskalakis et al. 2018, algorithm 1).

    w <- w - 2 s_t + s_(t-1), with s_t Adam's own step: it reckons with the other player's answer, and
    so converges where two players of plain gradient descent circle each other. Arguments are Adam's.
    """

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One step along the gradients in the weights."""
        weights = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        before = [weight.clone() for weight in weights]
        loss = Adam.step(self, closure)
        for weight, old in zip(weights, before, strict=True):
            own = weight - old  # -s_t
            weight.add_(own - self.state[weight].get("own_step", own))
            self.state[weight]["own_step"] = own
        return loss
