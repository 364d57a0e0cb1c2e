"""SMOTE (Chawla et al. 2002): new samples between a sample and one of its neighbours of the same class."""

from __future__ import annotations

import torch
from torch import Tensor

NEIGHBOURS = 5


def neighbours(samples: Tensor, labels: Tensor, count: int = NEIGHBOURS) -> Tensor:
    """The places (N, count) of the nearest other samples of the same class, by Euclidean distance.

    A class with fewer repeats them; a sample that is alone in its class is its own neighbour.
    """
    flat = samples.flatten(1).float()
    found = torch.arange(len(flat))[:, None].repeat(1, count)
    for label in labels.unique().tolist():
        places = (labels == label).nonzero()[:, 0]
        k = min(count, len(places) - 1)
        if not k:
            continue
        distances = torch.cdist(flat[places], flat[places])
        distances.fill_diagonal_(torch.inf)
        nearest = places[distances.topk(k, largest=False).indices]  # (n, k)
        found[places] = nearest[:, torch.arange(count) % k]
    return found


def between(samples: Tensor, near: Tensor, chosen: Tensor, rng: torch.Generator) -> Tensor:
    """A new sample (B, …) for each chosen place (B,): at a random point on the line to one of its
    neighbours.
    """
    other = near[chosen, torch.randint(near.shape[1], (len(chosen),), generator=rng)]
    share = torch.rand(len(chosen), generator=rng).view(-1, *[1] * (samples.ndim - 1))
    return samples[chosen] + share * (samples[other] - samples[chosen])
