"""A perceptron for the features of each scale of a generator, by which patches are compared."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class Projector(nn.Module):
    """Maps features (B, P, channels) of a scale to vectors (B, P, width) (Park et al. 2020, section 3).

    Args:
        channels: of the features of each scale.
        width: of the hidden layer and of the vectors.
    """

    def __init__(self, channels: Sequence[int], width: int = 64) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            nn.Sequential(nn.Linear(count, width), nn.ReLU(), nn.Linear(width, width)) for count in channels
        )

    def forward(self, features: Tensor, scale: int) -> Tensor:
        vectors: Tensor = self.scales[scale](features)
        return vectors
