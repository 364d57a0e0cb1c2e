"""Residuals of a trained GAN: what an encoder and a generator cannot rebuild, in the eyes of the discriminator.

As in f-AnoGAN (Schlegl et al. 2019) a picture x is compared with G(E(x)), but in two groups of numbers: the
logarithms of the mean and the greatest residual of the pixels and of every layer of the discriminator, and the
differences of the mean features of an ImageNet network. Of each group, the squared Mahalanobis distance from
normals that were not trained on counts per number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from sparring.metrics.gaussian import Gaussian
from sparring.networks.repair import Judge, Rebuilder
from sparring.uses.detect.adversary import Turn, encoded, play, seeded, settle, take_weights, weights
from sparring.uses.detect.baselines import smoothed
from sparring.uses.detect.places import frozen
from sparring.uses.detect.repairer import distance
from sparring.uses.detect.scorer import BATCH, Fitting, Scored

KEPT = 0.2  # share of the normals that are not trained on, but whose residuals are the usual ones
LAYERS = 0.1  # weight of the residuals of the judge's layers in training
FAINT = 1e-4  # added to a residual before its logarithm
GROUPS = 2  # of numbers: residuals, and differences of features
LAW = ("deviation", "mean", "precision")


class Law(NamedTuple):
    """The distribution of a group of numbers in normals: deviations (D,), and a Gaussian in units of these."""

    deviation: Tensor
    gaussian: Gaussian

    @staticmethod
    def fit(vectors: Tensor) -> Law:
        """Fit to vectors (N, D)."""
        deviation = vectors.std(0).clamp(min=1e-3)
        return Law(deviation, Gaussian.fit(vectors / deviation))

    def squared(self, vectors: Tensor) -> Tensor:
        """The squared Mahalanobis distance (N,) of vectors (N, D)."""
        return self.gaussian.squared(vectors / self.deviation)

    def state(self) -> dict[str, Tensor]:
        """The tensors, by LAW."""
        return dict(zip(LAW, (self.deviation, *self.gaussian), strict=True))

    @staticmethod
    def of(state: Mapping[str, Tensor]) -> Law:
        """Take what ``state`` gave."""
        deviation, mean, precision = (state[name] for name in LAW)
        return Law(deviation, Gaussian(mean, precision))


class Residuals:
    """An encoder and a generator, which a judge keeps sharp, and the laws of what they leave over."""

    sees = "pixels"
    about = "what a generator cannot rebuild, in pixels, layers of the discriminator and ImageNet features"
    trained = True

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        pictures = encoded(normals)
        kept = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(fitting.seed))
        aside = max(2, round(KEPT * len(pictures)))
        self._make(tuple(pictures.shape[1:]), fitting.seed)
        players, judge = self.networks["rebuilder"], self.networks["judge"]
        assert isinstance(judge, Judge)
        play(players, judge, self._turn, pictures[kept[aside:]], fitting, "residuals")
        settle(self.networks)
        parts = [self._residuals(part)[0] for part in pictures[kept[:aside]].split(BATCH)]
        self.laws = [Law.fit(torch.cat(group)) for group in zip(*parts, strict=True)]

    def _make(self, shape: tuple[int, ...], seed: int) -> None:
        self.shape, self.frozen = shape, frozen()
        self.networks = {
            "rebuilder": seeded(Rebuilder, seed, *shape),
            "judge": seeded(Judge, seed + 1, shape[0]),
        }

    def _turn(self, real: Tensor, rng: torch.Generator) -> Turn:
        made = self.networks["rebuilder"](real)
        judge = self.networks["judge"]
        assert isinstance(judge, Judge)
        with torch.no_grad():
            wanted = judge.features(real)
        apart = [(a - b).abs().mean() for a, b in zip(wanted, judge.features(made), strict=True)]
        return Turn(made, real, distance(made, real) + LAYERS * torch.stack(apart).sum())

    def _residuals(self, pictures: Tensor) -> tuple[list[Tensor], Tensor]:
        """The log residuals (N, D) and differences of features (N, F), and the map (N, H, W) of the former."""
        made = self.networks["rebuilder"](pictures)
        judge = self.networks["judge"]
        assert isinstance(judge, Judge)
        sides = zip([pictures, *judge.features(pictures)], [made, *judge.features(made)], strict=True)
        found, places = [], []
        for here, there in sides:
            apart = smoothed((here - there).abs().mean(1))
            found += [apart.mean((1, 2)), apart.amax((1, 2))]
            fine = interpolate(apart[:, None], pictures.shape[2:], mode="bilinear", align_corners=False)[:, 0]
            places.append(fine)
        seen, again = (self.frozen(127.5 * (each + 1)).mean((2, 3)) for each in (pictures, made))
        return [(torch.stack(found, 1) + FAINT).log(), seen - again], sum(places[1:], places[0])

    def score(self, view: Tensor) -> Scored:
        found, maps = self._residuals(encoded(view))
        each = [law.squared(group) / group.shape[1] for law, group in zip(self.laws, found, strict=True)]
        return Scored(torch.stack(each).sum(0).clamp(min=0).sqrt(), maps)

    def state(self) -> dict[str, Tensor]:
        laws = {f"law {k}.{name}": t for k, law in enumerate(self.laws) for name, t in law.state().items()}
        return weights(self.networks) | laws | {"shape": torch.tensor(self.shape)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._make(tuple(state["shape"].tolist()), 0)
        take_weights(self.networks, state)
        self.laws = [Law.of({name: state[f"law {k}.{name}"] for name in LAW}) for k in range(GROUPS)]
