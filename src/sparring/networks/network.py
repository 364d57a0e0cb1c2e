"""How a player is called."""

from __future__ import annotations

from torch import Tensor, nn


def play(player: nn.Module, inputs: Tensor, labels: Tensor | None) -> Tensor:
    """Call a player, with labels where there are any."""
    outputs: Tensor = player(inputs) if labels is None else player(inputs, labels)
    return outputs
