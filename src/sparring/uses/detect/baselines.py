"""Scorers that take seconds and must be beaten: brightness, principal components, and neighbours."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from sparring.uses.detect.scorer import Fitting, Scored

KEPT = 0.9  # share of the variance that the principal components explain
MOST_FITTED = 2000  # normals from which components are computed, or that are kept as neighbours
BLUR = 3  # pixels; a residual is averaged over squares of this side
NEAREST = 5


class Brightness:
    """How far the mean brightness lies from that of normals, in their deviations."""

    sees = "pixels"
    about = "how far the mean brightness is from the usual one"
    trained = False

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        grey = _grey(normals)
        means = grey.mean((1, 2))
        self.mean, self.deviation = means.mean(), means.std().clamp(min=1e-3)

    def score(self, view: Tensor) -> Scored:
        grey = _grey(view)
        return Scored(((grey.mean((1, 2)) - self.mean) / self.deviation).abs(), (grey - self.mean).abs())

    def state(self) -> dict[str, Tensor]:
        return {"mean": self.mean, "deviation": self.deviation}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.mean, self.deviation = state["mean"], state["deviation"]


class PCA:
    """The greatest smoothed residual beside the principal components of normals (Turk & Pentland 1991)."""

    sees = "pixels"
    about = "what the principal components of normal pictures leave over"
    trained = False

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        vectors = some(normals, fitting.seed).flatten(1).float()
        self.mean = vectors.mean(0)
        _, values, components = torch.linalg.svd(vectors - self.mean, full_matrices=False)
        shares = values.square().cumsum(0) / values.square().sum().clamp(min=1e-12)
        self.components = components[: int((shares < KEPT).sum()) + 1].contiguous()

    def score(self, view: Tensor) -> Scored:
        centred = view.flatten(1).float() - self.mean
        rest = centred - (centred @ self.components.T) @ self.components
        maps = smoothed(rest.square().view(view.shape).mean(1))
        return Scored(maps.flatten(1).amax(1), maps)

    def state(self) -> dict[str, Tensor]:
        return {"mean": self.mean, "components": self.components}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.mean, self.components = state["mean"], state["components"]


class Neighbours:
    """The mean distance to the NEAREST normals, in pixels; the map is the difference from the nearest one."""

    sees = "pixels"
    about = "how far the nearest normal pictures are, pixel by pixel"
    trained = False

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        self.normals = some(normals, fitting.seed).clone()

    def score(self, view: Tensor) -> Scored:
        vectors, known = view.flatten(1).float(), self.normals.flatten(1).float()
        found = torch.cdist(vectors, known).topk(min(NEAREST, len(known)), largest=False)
        beside = (view.float() - self.normals[found.indices[:, 0]].float()).square().mean(1)
        return Scored(found.values.mean(1), smoothed(beside))

    def state(self) -> dict[str, Tensor]:
        return {"normals": self.normals}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.normals = state["normals"]


def some(normals: Tensor, seed: int, most: int = MOST_FITTED) -> Tensor:
    """At most ``most`` of the normals, chosen at random."""
    if len(normals) <= most:
        return normals
    return normals[torch.randperm(len(normals), generator=torch.Generator().manual_seed(seed))[:most]]


def smoothed(maps: Tensor, side: int = BLUR) -> Tensor:
    """Maps (N, H, W) averaged over squares of this odd side; at the border over what there is."""
    return avg_pool2d(maps[:, None], side, 1, side // 2, count_include_pad=False)[:, 0]


def _grey(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) as their mean over the channels (N, H, W)."""
    return pictures.float().mean(1)
