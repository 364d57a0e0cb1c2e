"""Residuals of a trained GAN: what an encoder and a generator cannot rebuild, in the eyes of the discriminator.

As in f-AnoGAN (Schlegl et al. 2019) a picture x is compared with G(E(x)), but in the logarithms of the mean and
the greatest residual of the pixels and of every layer of the discriminator, whose Mahalanobis distance from
those of normals that were not trained on is the score.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from sparring.metrics.gaussian import Gaussian
from sparring.networks.repair import Judge, Rebuilder
from sparring.uses.detect.adversary import Turn, encoded, play, seeded, settle, take_weights, weights
from sparring.uses.detect.baselines import smoothed
from sparring.uses.detect.repairer import distance
from sparring.uses.detect.scorer import BATCH, Fitting, Scored

KEPT = 0.2  # share of the normals that are not trained on, but whose residuals are the usual ones
LAYERS = 0.1  # weight of the residuals of the judge's layers in training
FAINT = 1e-4  # added to a residual before its logarithm


class Residuals:
    """An encoder and a generator, which a judge keeps sharp, and the law of what they leave over."""

    sees = "pixels"
    about = "what a generator cannot rebuild, in pixels and in every layer of the discriminator"
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
        usual = torch.cat([self._residuals(part)[0] for part in pictures[kept[:aside]].split(BATCH)])
        self.deviation = usual.std(0).clamp(min=1e-3)
        self.law = Gaussian.fit(usual / self.deviation)

    def _make(self, shape: tuple[int, ...], seed: int) -> None:
        self.shape = shape
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

    def _residuals(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The log residuals (N, D), and the map (N, H, W) of pixels and layers together."""
        made = self.networks["rebuilder"](pictures)
        judge = self.networks["judge"]
        assert isinstance(judge, Judge)
        sides = zip([pictures, *judge.features(pictures)], [made, *judge.features(made)], strict=True)
        found, whole = [], torch.zeros(len(pictures), *pictures.shape[2:])
        for here, there in sides:
            apart = smoothed((here - there).abs().mean(1))
            found += [apart.mean((1, 2)), apart.amax((1, 2))]
            fine = interpolate(apart[:, None], pictures.shape[2:], mode="bilinear", align_corners=False)[:, 0]
            whole += fine
        return (torch.stack(found, 1) + FAINT).log(), whole

    def score(self, view: Tensor) -> Scored:
        found, maps = self._residuals(encoded(view))
        return Scored(self.law.squared(found / self.deviation).clamp(min=0).sqrt(), maps)

    def state(self) -> dict[str, Tensor]:
        own = {"mean": self.law.mean, "precision": self.law.precision, "deviation": self.deviation}
        return weights(self.networks) | own | {"shape": torch.tensor(self.shape)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._make(tuple(state["shape"].tolist()), 0)
        take_weights(self.networks, state)
        self.law, self.deviation = Gaussian(state["mean"], state["precision"]), state["deviation"]
