"""What is exported of a detector: the scores of its method, with what they are compared to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim

from sparring import __version__
from sparring.errors import ConfigError
from sparring.uses.detect.baselines import NEAREST, Neighbours
from sparring.uses.detect.detector import Detector
from sparring.uses.detect.features import Edges, Patches
from sparring.uses.detect.places import Frozen, frozen
from sparring.uses.detect.scorer import Scorer
from sparring.uses.export.graph import FORMAT, PICTURES, Traced

SCORES = "scores"
MOST_TRIED = 16  # pictures at once, since some methods compare all their places with thousands of others


class Scoring(nn.Module):
    """Pictures (B, C, H, W), uint8, to scores (B,), float32: higher is odder."""

    def __init__(self, scorer: Scorer, features: Frozen) -> None:
        super().__init__()
        self.scorer, self.features = scorer, features

    def forward(self, pictures: Tensor) -> Tensor:
        view = pictures if self.scorer.sees == "pixels" else self.features.maps(pictures.float())
        of: Callable[[Any, Tensor], Tensor] = PORTABLE.get(type(self.scorer), _scores)
        return of(self.scorer, view)


@dataclass(frozen=True, kw_only=True)
class DetectorGraph(Traced):
    """The method of a detector to export, for pictures of the size of its normals.

    Attributes:
        detector: that has learned.
    """

    detector: Detector
    noun = "detector"
    output = SCORES
    cure = "Nothing was kept. Other programs have its scores from `sparring serve`."

    @staticmethod
    def of(detector: Detector) -> DetectorGraph:
        """The graph of the method that was chosen.

        Raises:
            ConfigError: it cuts pictures into tiles.
        """
        if detector.tile:
            raise ConfigError(
                "this detector cuts large pictures into tiles, which a file for other programs does not. They "
                "have its scores from `sparring serve`; or fit without --tile."
            )
        module = Scoring(detector.scorers_[detector.chosen_], frozen(detector.features_)).eval()
        return DetectorGraph(module, (PICTURES,), ({0: Dim("batch", min=1)},), detector=detector)

    def inputs(self, count: int, seed: int = 0, sides: tuple[int, int] | None = None) -> tuple[Tensor, ...]:
        """Random pictures of many brightnesses and contrasts, at most MOST_TRIED."""
        rng, count = torch.Generator().manual_seed(seed), min(count, MOST_TRIED)
        level, contrast = (torch.rand(count, 1, 1, 1, generator=rng) for _ in range(2))
        noise = torch.rand(count, *self.detector.shape_, generator=rng) - 0.5
        return ((255 * (level + contrast * noise)).clamp(0, 255).to(torch.uint8),)

    def about(self) -> dict[str, Any]:
        """The method, its threshold, and the scores of held-out normals, from which p-values follow."""
        detector = self.detector
        return {
            "format": FORMAT,
            "sparring": __version__,
            "inputs": self.names,
            "shape": detector.shape_,
            "method": detector.chosen_,
            "threshold": detector.threshold_.value,
            "held_out": sorted(detector.held_out_[detector.chosen_].tolist()),
        }


def _scores(scorer: Scorer, view: Tensor) -> Tensor:
    return scorer.score(view).scores


def _neighbours(scorer: Neighbours, view: Tensor) -> Tensor:
    apart = distances(view.flatten(1), scorer.normals.flatten(1))
    return apart.topk(min(NEAREST, len(scorer.normals)), dim=1, largest=False).values.mean(1)


def _edges(scorer: Edges, view: Tensor) -> Tensor:
    return scorer.squared(view.float()).clamp(min=0).sqrt()


def _patches(scorer: Patches, view: Tensor) -> Tensor:
    places = view.float().permute(0, 2, 3, 1).reshape(-1, view.shape[1]) / scorer.deviation
    return distances(places, scorer.memory).amin(1).reshape(view.shape[0], -1).amax(1)


# Scores of methods whose own way ONNX has no operator for, or which take a gradient for their maps.
PORTABLE: dict[type, Callable[[Any, Tensor], Tensor]] = {
    Neighbours: _neighbours,
    Edges: _edges,
    Patches: _patches,
}


def distances(vectors: Tensor, known: Tensor) -> Tensor:
    """Euclidean distances (N, K) of vectors (N, D) to known ones (K, D), in float64 by their products."""
    a, b = vectors.double(), known.double()
    squares = a.square().sum(1, keepdim=True) - 2 * a @ b.T + b.square().sum(1)
    return squares.clamp(min=0).sqrt().float()
