"""Scorers on features that are never trained: of the whole picture, pooled over places, and of each patch."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from sparring.metrics.features import resize
from sparring.metrics.gaussian import Gaussian
from sparring.metrics.scattering import SIDE, scattering
from sparring.uses.detect.baselines import smoothed
from sparring.uses.detect.scorer import BATCH, Fitting, Scored

MEMORY = 4000  # patches that are kept
CANDIDATES = 20_000  # patches among which they are chosen
DIRECTIONS = 64  # random directions in which patches are compared while they are chosen
TINY = 1e-3  # the least deviation of a feature


class Pooled:
    """The Mahalanobis distance of the mean features of a picture, and of how much they vary over its places.

    The map shows from where the distance comes: the mean over a picture of what its places contribute to the
    gradient's product is the distance of the mean.
    """

    sees = "features"
    about = "how unusual the mean features of the picture are"
    trained = False

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        means = normals.float().mean((2, 3))
        self.deviation = _deviation(means)
        self.gaussian = Gaussian.fit(means / self.deviation)

    def score(self, view: Tensor) -> Scored:
        scaled = view.float() / self.deviation[:, None, None]
        pull = self.gaussian.toward(scaled.mean((2, 3)))
        maps = torch.einsum("ndhw,nd->nhw", scaled - self.gaussian.mean[:, None, None], pull)
        return Scored(maps.mean((1, 2)).clamp(min=0).sqrt(), maps)

    def state(self) -> dict[str, Tensor]:
        return {"deviation": self.deviation, "mean": self.gaussian.mean, "precision": self.gaussian.precision}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.deviation, self.gaussian = state["deviation"], Gaussian(state["mean"], state["precision"])


class Edges:
    """The Mahalanobis distance of colours, edges and edges among edges (``metrics.scattering``), and where.

    The map is how much the distance grows with each pixel's difference from the mean picture.
    """

    sees = "pixels"
    about = "how unusual colours and edges are, in each part of the picture"
    trained = False

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        self.mean = normals.float().mean(0)
        vectors = torch.cat([self._vectors(part.float()) for part in normals.split(BATCH)])
        self.deviation = _deviation(vectors)
        self.gaussian = Gaussian.fit(vectors / self.deviation)

    def score(self, view: Tensor) -> Scored:
        with torch.enable_grad():
            pictures = view.float().requires_grad_()
            distances = self.squared(pictures)
            (slopes,) = torch.autograd.grad(distances.sum(), pictures)
        change = (slopes * (pictures.detach() - self.mean)).abs().mean(1)
        return Scored(distances.detach().clamp(min=0).sqrt(), smoothed(change, 5))

    def squared(self, pictures: Tensor) -> Tensor:
        """The squared distances (N,) of pictures, as floats."""
        return self.gaussian.squared(self._vectors(pictures) / self.deviation)

    def _vectors(self, pictures: Tensor) -> Tensor:
        return scattering(resize(pictures, *(min(side, SIDE) for side in pictures.shape[2:])))

    def state(self) -> dict[str, Tensor]:
        return {"picture": self.mean, "deviation": self.deviation} | self.gaussian._asdict()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.mean, self.deviation = state["picture"], state["deviation"]
        self.gaussian = Gaussian(state["mean"], state["precision"])


class Patches:
    """The distance of each patch to the nearest patch of normals; the score is the greatest.

    The patches kept are a core set, each as far as possible from those chosen before (PatchCore, Roth et al.
    2022).
    """

    sees = "features"
    about = "how far the oddest patch is from every patch of normal pictures"
    trained = False

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        rng = torch.Generator().manual_seed(fitting.seed)
        patches = normals.permute(0, 2, 3, 1).flatten(0, 2)
        patches = patches[torch.randperm(len(patches), generator=rng)[:CANDIDATES]].float()
        self.deviation = _deviation(patches)
        patches = patches / self.deviation
        directions = torch.randn(patches.shape[1], DIRECTIONS, generator=rng) / DIRECTIONS**0.5
        self.memory = patches[core_set(patches @ directions, MEMORY)].contiguous()

    def score(self, view: Tensor) -> Scored:
        n, d, height, width = view.shape
        patches = view.float().permute(0, 2, 3, 1).reshape(-1, d) / self.deviation
        maps = torch.cdist(patches, self.memory).amin(1).view(n, height, width)
        return Scored(maps.flatten(1).amax(1), maps)

    def state(self) -> dict[str, Tensor]:
        return {"deviation": self.deviation, "memory": self.memory}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.deviation, self.memory = state["deviation"], state["memory"]


def _deviation(vectors: Tensor) -> Tensor:
    """The deviation (D,) of each feature of vectors (N, D); ones of a single vector."""
    return vectors.std(0).clamp(min=TINY) if len(vectors) > 1 else torch.ones(vectors.shape[1])


def core_set(vectors: Tensor, count: int) -> Tensor:
    """The places of at most ``count`` of the vectors (N, D), each the farthest from those before it."""
    if len(vectors) <= count:
        return torch.arange(len(vectors))
    chosen = torch.zeros(count, dtype=torch.long)
    squares, doubled = vectors.square().sum(1), 2 * vectors
    least = squares - doubled @ vectors[0] + squares[0]
    for k in range(1, count):
        place = int(least.argmax())
        chosen[k] = place
        least = torch.minimum(least, squares - doubled @ vectors[place] + squares[place])
    return chosen
