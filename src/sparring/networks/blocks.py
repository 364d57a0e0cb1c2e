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
    """Features h (B, F) to one logit a sample (B,): w.h + b, plus V_y.h with classes.

    V_y is the embedding of the sample's class: the projection discriminator (Miyato & Koyama 2018,
    eq. 7), here on the features as they are, not summed over places.
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 1)
        self.projection = nn.Embedding(classes, features) if classes else None
        if self.projection is not None:
            nn.init.normal_(self.projection.weight, 0.0, 0.02)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.linear(features).squeeze(1)
        if self.projection is None:
            return logits
        if labels is None:
            raise ValueError("this discriminator judges by class: call it with labels (B,), integers.")
        projected: Tensor = (self.projection(labels) * features).sum(1)
        return logits + projected


def has_batch_statistics(network: nn.Module) -> bool:
    """Whether a sample's output depends on its batch (BatchNorm): then real and fake go apart."""
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules())
