"""Clusters within classes, which the players are told beside the class of a sample.

A label is a class, 0 to K - 1, whose cluster is not told, or K + class + K cluster.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sparring.networks.blocks import ClassHead, ClassLatent

CLUSTER_COUNTS = "condition.cluster_counts"  # the tensor of a generator with clusters within classes


class ClusteredLatent(nn.Module):
    """Appends the one-hot cluster and class: (B, latent_dim), (B,) -> (B, latent_dim + classes * clusters).

    If only the class is told, the latent chooses among its clusters by the angle of two of its numbers, each
    cluster as often as the data has it. So a latent has one sample, whatever its length.

    Float labels are weights of the classes (B, classes), or of all clusters (B, clusters * classes).
    """

    cluster_counts: Tensor  # (classes, clusters), of the training data

    def __init__(self, classes: int, clusters: int) -> None:
        super().__init__()
        self.classes, self.clusters = classes, clusters
        self.register_buffer("cluster_counts", torch.ones(classes, clusters, dtype=torch.int64))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is None:
            raise ValueError("this generator draws by class: call it with labels (B,), integers.")
        return torch.cat([latents, self.weights(latents, labels).to(latents.dtype)], dim=1)

    def weights(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Weights (B, clusters * classes) of all clusters, for labels as ``forward`` takes them."""
        if labels.is_floating_point() and labels.shape[1] == self.classes * self.clusters:
            return labels
        of_class = nn.functional.one_hot(self.chosen(latents), self.clusters)  # (B, classes, clusters)
        if labels.is_floating_point():
            return (labels.unsqueeze(2) * of_class).transpose(1, 2).flatten(1)
        class_weights = nn.functional.one_hot(labels % self.classes, self.classes)
        of_latent = (class_weights.unsqueeze(2) * of_class).transpose(1, 2).flatten(1)
        told = nn.functional.one_hot((labels - self.classes).clamp_min(0), self.classes * self.clusters)
        return torch.where((labels < self.classes).unsqueeze(1), of_latent, told)

    def chosen(self, latents: Tensor) -> Tensor:
        """The cluster that a latent would choose in each class, (B, latent_dim) -> (B, classes)."""
        share = torch.atan2(latents[:, -1], latents[:, 0]) / (2 * math.pi) + 0.5  # even, from 0 to 1
        ends = self.cluster_counts.cumsum(1)[:, :-1]
        total = self.cluster_counts.sum(1, keepdim=True)
        return (share.clamp_max(1 - 1e-6)[:, None, None] * total >= ends).sum(2)


class ClusteredHead(ClassHead):
    """As ClassHead, with an embedding for each cluster; a class alone has the mean of its clusters'."""

    def __init__(self, features: int, classes: int, clusters: int) -> None:
        super().__init__(features, classes * clusters)
        self.classes = classes

    def embedded(self, projection: nn.Embedding, labels: Tensor) -> Tensor:
        of_clusters: Tensor = projection.weight  # (clusters * classes, F)
        of_classes = of_clusters.unflatten(0, (-1, self.classes)).mean(0)
        return torch.cat([of_classes, of_clusters])[labels]


def class_latent(classes: int, clusters: int) -> ClassLatent | ClusteredLatent:
    """What appends the class, and its cluster if there are at least two."""
    return ClusteredLatent(classes, clusters) if clusters > 1 else ClassLatent(classes)


def class_head(features: int, classes: int, clusters: int) -> ClassHead:
    """The logit of the class, or of its cluster if there are at least two."""
    return ClusteredHead(features, classes, clusters) if clusters > 1 else ClassHead(features, classes)


def clusters_of(network: nn.Module) -> ClusteredLatent | None:
    """The part of a generator that knows clusters within classes; None if it knows none."""
    return next((part for part in network.modules() if isinstance(part, ClusteredLatent)), None)
