"""Update one player: gradients of its loss, their mean over ghost batches, a step of its optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sparring.games.game import Game, Logged
from sparring.games.ghosts import joined


class Update(NamedTuple):
    """The result of one batch for a player: a gradient for each of its weights, and values to log."""

    gradients: Sequence[Tensor | None]
    logged: Logged


def slope(loss: Tensor, player: nn.Module) -> list[Tensor | None]:
    """The gradient of a loss () for each weight of a player; None if the weight has no effect.

    Gradients are computed only for these weights, since those of the other player are not used.
    """
    weights = [p for p in player.parameters() if p.requires_grad]
    return list(torch.autograd.grad(loss, weights, allow_unused=True))


def descend(game: Game, name: str, updates: Sequence[Update], clip: float | None = None) -> Logged:
    """Make one optimizer step with the mean gradient of the ghost batches; return what they logged.

    Args:
        clip: the greatest norm of the gradient; None: any.
    """
    player = game.players[name]
    weights = [p for p in player.parameters() if p.requires_grad]
    of_parts = zip(*(update.gradients for update in updates), strict=True)
    for weight, gradients in zip(weights, of_parts, strict=True):
        present = [gradient for gradient in gradients if gradient is not None]
        weight.grad = _mean(weight, present, len(updates))
    game.runtime.average_gradients(weights)
    if clip:
        torch.nn.utils.clip_grad_norm_(weights, clip)
    game.optimizers[name].step()
    if len(updates) == 1:
        return updates[0].logged
    return {name: joined([update.logged[name] for update in updates]) for name in updates[0].logged}


@torch.no_grad()
def clip_weights(player: nn.Module, bound: float) -> None:
    """Clip every weight to [-bound, bound]: a crude Lipschitz bound (Arjovsky et al. 2017, algorithm 1)."""
    for weight in player.parameters():
        weight.clamp_(-bound, bound)


def _mean(weight: Tensor, gradients: Sequence[Tensor], count: int) -> Tensor | None:
    """The sum of the gradients over ``count``, in the memory layout of the weight; None without gradients.

    The layout matters: torch's fused Adam on a CPU reads both as if they had the same layout.
    """
    if not gradients:
        return None
    total = gradients[0] if count == 1 else torch.stack(list(gradients)).sum(0).div_(count)
    return total if total.stride() == weight.stride() else torch.empty_like(weight).copy_(total)
