"""Pieces the networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClassLatent(nn.Module):
    """Appends the one-hot class to the latent: (B, latent_dim), (B,) -> (B, latent_dim + classes)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        if not self.classes:
            return latents
        if labels is None:
            raise ValueError("this generator draws by class: call it with labels (B,), integers.")
        one_hot = nn.functional.one_hot(labels, self.classes).to(latents.dtype)
        return torch.cat([latents, one_hot], dim=1)


class ClassHead(nn.Module):
    """Features (B, F) to one logit a sample (B,).

    With classes, one linear score per class of which the label picks its own: the projection
    discriminator (Miyato & Koyama 2018) with the shared term folded into each class's.
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.linear = nn.Linear(features, max(classes, 1))

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        scores: Tensor = self.linear(features)
        if not self.classes:
            return scores.squeeze(1)
        if labels is None:
            raise ValueError("this discriminator judges by class: call it with labels (B,), integers.")
        return scores.gather(1, labels.unsqueeze(1)).squeeze(1)


def has_batch_statistics(network: nn.Module) -> bool:
    """Whether a sample's output depends on its batch (BatchNorm): then real and fake go apart."""
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules())
