"""Vital signs of a training, measured on its samples and weights; fast enough for every record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sparring import kinds
from sparring.data import kmeans
from sparring.data.repeats import digests
from sparring.data.spec import Batch, Dataset
from sparring.games.game import Game, short
from sparring.metrics.distances import mind
from sparring.networks.network import at_rest
from sparring.training.gauge import Gauge

COUNT = 256  # samples in a measurement; fewer if they are large
NUMBERS = 2**23  # values in these samples, at most
LEAST = 32  # samples in a measurement, however large they are
PART = 64  # samples drawn at a time
CELLS = 20  # k-means cells of the real samples, in which fakes are counted
CELLED = 2000  # real samples to which the cells are fitted
PROJECTIONS = 64  # random directions for ``distance``
LEAST_OF_A_CLASS = 8  # samples of a class, below which its spread is not measured
LEAST_FOR_VARIANCE = 16  # samples of a class, below which its variance is not measured
LACKING = 0.2  # of its expected number of fakes, below which a cell counts as missing
ROUNDING = 2e-3  # of the norm of vectors: float32 finds equal ones up to the root of its rounding apart
NEAR = 0.05  # of the range of real values; values nearer to the range of fakes are within reach
MOST_COPIED = 20_000  # samples of a data set, above which copying is not measured


class Reals(NamedTuple):
    """Real samples and their statistics, which stay the same throughout a training."""

    batch: Batch  # N samples
    vectors: Tensor  # (N, D), in which samples of this kind are compared
    mean_distance: float  # of two samples; 0: they are all alike, and nothing can be measured in it
    variance: float  # E|x - mean|^2
    centres: Tensor  # of the cells, (CELLS, D)
    shares: Tensor  # of the real samples in each cell, (CELLS,)
    class_variances: Mapping[int, float]  # E|x - mean|^2 of each class with enough samples; none of clusters


class Vitals:
    """Measures a game with fixed latents and fixed real samples; the game does not change.

    Args:
        held_out: samples that are not trained on, which ``held_out_gap`` and ``copied`` need.
    """

    def __init__(self, game: Game, data: Dataset, seed: int, held_out: Dataset | None = None) -> None:
        self.game, self.seed, self.bounded = game, seed, data.spec.codec.bounded
        self.kind, self.spec = kinds.of(data.spec), data.spec
        rng = torch.Generator().manual_seed(seed)
        self.reals = _reals(data, game.runtime.device, rng)
        self.given = game.given(self.reals.batch, rng)
        self.gauge = Gauge(data, held_out, game.runtime.device, seed)
        self.of_game = game.gauge(data, held_out, seed)
        self.known = frozenset(digests(self._decoded(data.samples))) if self.kind.discrete else None
        self.seen_and_unseen: Tensor | None = None
        if held_out and len(data) <= MOST_COPIED:
            self.seen_and_unseen = _equal_parts(data, held_out, game.runtime.device, rng)
        # Vectors of the fakes at the last record, from which a resumed training continues.
        self.before = self.kind.vectors(self._drawn(averaged=False)) if game.clock.step else None
        self.weights = {name: _weights(player) for name, player in game.players.items()}

    @torch.no_grad()
    def __call__(self) -> dict[str, float]:
        """The vital signs for a record, which ``LOGGED`` or the kind's ``measures`` explain."""
        fakes = self._drawn(averaged=False)
        vectors = self.kind.vectors(fakes)
        found = self._changes() | self._of(fakes, vectors) | self.of_game() | self._rank()
        if self.before is not None and self.reals.mean_distance:
            found["jitter"] = float((vectors - self.before).norm(dim=1).mean()) / self.reals.mean_distance
        drawn = fakes  # from the generator with which a user draws
        if "average" in self.game.memories:
            drawn = self._drawn(averaged=True)
            if self.reals.mean_distance:
                lag = float((self.kind.vectors(drawn) - vectors).norm(dim=1).mean())
                found["average_lag"] = lag / self.reals.mean_distance
        found |= self.gauge(drawn) | self._seen(drawn)
        self.before = vectors
        return {name: min(value, 1e30) if value == value else 1e30 for name, value in found.items()}

    def _drawn(self, averaged: bool) -> Tensor:
        """Fakes made from the inputs of the real samples, PART at a time."""
        labels = self.reals.batch.labels
        of_parts = [None] * len(self.given) if labels is None else labels.split(PART)
        pairs = zip(self.given.split(PART), of_parts, strict=labels is not None)
        return torch.cat([self.game.draw(given, some, averaged=averaged) for given, some in pairs])

    def _of(self, fakes: Tensor, vectors: Tensor) -> dict[str, float]:
        reals = self.reals
        distances = torch.cdist(vectors, vectors)
        if not bool(distances.isfinite().all()):
            return {}
        found = {
            "missing": _missing(vectors, reals),
            "distance": self._distance(vectors),
        }
        if reals.mean_distance:
            found["spread"] = _mean_of_pairs(distances) / reals.mean_distance
        if self.bounded:  # without bounds, a generator can soon reach other values
            low, high = float(reals.batch.real.min()), float(reals.batch.real.max())
            near = NEAR * (high - low)
            beyond = (reals.batch.real < fakes.min() - near) | (reals.batch.real > fakes.max() + near)
            found["out_of_reach"] = float(beyond.float().mean())
        if reals.batch.labels is not None and (least := _least_spread(vectors, reals)) is not None:
            found["cluster_spread" if self.spec.clusters else "class_spread"] = least
        if self.known is not None:
            again = [digest in self.known for digest in digests(self._decoded(self.spec.decode(fakes)))]
            found["copies"] = sum(again) / len(again)
        if self.seen_and_unseen is not None:
            seen = len(self.seen_and_unseen) // 2  # number of training samples, which come first
            found["copied"] = _nearer(vectors, *self.seen_and_unseen.split(seen))
        return found

    def _seen(self, drawn: Tensor) -> dict[str, float]:
        """What a user sees in samples: the measures of their kind, and the class with the least variance."""
        if not bool(drawn.isfinite().all()):
            return {}
        return self.kind.measured(drawn, self.reals.batch.real, self.spec) | _least_variance(
            self.kind.vectors(drawn), self.reals
        )

    def _decoded(self, stored: Tensor) -> Tensor:
        """Stored samples in a form in which equal samples are equal."""
        return self.kind.for_features(stored.cpu(), self.spec)

    def _distance(self, vectors: Tensor) -> float:
        directions = torch.Generator().manual_seed(self.seed)
        found = mind(self.reals.vectors.cpu(), vectors.cpu(), directions, PROJECTIONS)
        return found / (3 * self.reals.variance)

    def _rank(self) -> dict[str, float]:
        """``d_rank``, if the game has a discriminator."""
        if self.game.critic is None:
            return {}
        with at_rest(self.game.critic):
            rank = _rank_kept(self.game.critic)
        return {} if rank is None else {"d_rank": rank}

    def _changes(self) -> dict[str, float]:
        """How far the weights of each player moved since the last record, relative to their norm."""
        found = {}
        for name, player in self.game.players.items():
            now = _weights(player)
            moved = float((now - self.weights[name]).norm() / now.norm().clamp_min(1e-12))
            found[f"{short(name)}_change"] = moved
            self.weights[name] = now
        return found


def _reals(data: Dataset, device: torch.device, rng: torch.Generator) -> Reals:
    order = torch.randperm(len(data), generator=rng)
    count = min(COUNT, max(LEAST, NUMBERS // math.prod(data.spec.shape)))
    batch = data.batch(order[:count].to(data.samples.device)).to(device)
    many = _vectors_of(data, order[:CELLED])
    vectors = many[:count]
    labels = (
        None
        if data.spec.clusters or data.labels is None
        else data.labels[order[:CELLED].to(data.labels.device)]
    )
    centres = kmeans.centres(many.cpu(), min(CELLS, len(many)), rng)
    counts = torch.bincount(kmeans.assign(many.cpu(), centres), minlength=len(centres))
    return Reals(
        batch=batch,
        vectors=vectors.to(device),
        mean_distance=_beyond_rounding(_mean_of_pairs(torch.cdist(vectors, vectors)), vectors),
        variance=max(float(many.double().var(0, unbiased=False).sum()), 1e-12),
        centres=centres,
        shares=counts.double() / counts.sum(),
        class_variances={} if labels is None else _variances(many, labels),
    )


def _equal_parts(a: Dataset, b: Dataset, device: torch.device, rng: torch.Generator) -> Tensor:
    """Vectors of random samples of a, followed by those of equally many samples of b."""
    count = min(len(a), len(b), CELLED)
    indices = [torch.randperm(len(part), generator=rng)[:count] for part in (a, b)]
    return torch.cat([_vectors_of(part, i) for part, i in zip((a, b), indices, strict=True)]).to(device)


def _vectors_of(data: Dataset, indices: Tensor) -> Tensor:
    """Samples as vectors, encoded in parts, since all of them may not fit in memory."""
    parts = indices.to(data.samples.device).split(max(1, NUMBERS // math.prod(data.spec.shape)))
    kind = kinds.of(data.spec)
    return torch.cat([kind.vectors(data.batch(part).real) for part in parts])


def _weights(player: nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten().float() for weight in player.parameters()])


def _rank_kept(player: nn.Module) -> float | None:
    """How many directions the layers use, as a mean over layers; 1: as random weights, 0: one per layer.

    For a weight matrix (n, m): the stable rank |W|_F^2 / |W|_2^2, minus 1, divided by the same for a random
    matrix, nm / (sqrt n + sqrt m)^2 - 1 (Marchenko and Pastur). It falls if the spectrum collapses (Liu et
    al. 2019).
    """
    kept = []
    for layer in player.modules():
        if not isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d)):
            continue
        weight = layer.weight.detach().float().flatten(1)
        n, m = sorted(weight.shape)
        random = n * m / (math.sqrt(n) + math.sqrt(m)) ** 2
        square = weight @ weight.T if len(weight) == n else weight.T @ weight  # (n, n)
        if random > 1.5 and bool(square.isfinite().all()):
            largest = float(torch.linalg.eigvalsh(square)[-1])
            kept.append((float(square.trace()) / max(largest, 1e-30) - 1) / (random - 1))
    return sum(kept) / len(kept) if kept else None


def _beyond_rounding(distance: float, vectors: Tensor) -> float:
    """The mean distance of vectors, or 0 if it is no more than the rounding of their differences."""
    return distance if distance > ROUNDING * float(vectors.norm(dim=1).mean()) else 0.0


def _mean_of_pairs(distances: Tensor) -> float:
    """The mean of distances (N, N) over all pairs of different samples."""
    count = len(distances)
    return float(distances.double().sum() / max(count * (count - 1), 1))


def _least_spread(vectors: Tensor, reals: Reals) -> float | None:
    """The smallest ratio, over all classes, of the spread of fakes to the spread of real samples."""
    assert reals.batch.labels is not None
    ratios = []
    for label, count in zip(*(t.tolist() for t in reals.batch.labels.unique(return_counts=True)), strict=True):
        if count >= LEAST_OF_A_CLASS:
            own = reals.batch.labels == label
            real = _mean_of_pairs(torch.cdist(reals.vectors[own], reals.vectors[own]))
            fake = _mean_of_pairs(torch.cdist(vectors[own], vectors[own]))
            ratios.append(fake / max(real, 1e-12))
    return min(ratios) if ratios else None


def _least_variance(vectors: Tensor, reals: Reals) -> dict[str, float]:
    """The least ratio, over all classes, of the variance of fakes to that of real samples, and its class."""
    labels = reals.batch.labels
    if labels is None or not reals.class_variances:
        return {}
    ratios = [
        (variance / max(reals.class_variances[label], 1e-12), label)
        for label, variance in _variances(vectors, labels).items()
        if label in reals.class_variances
    ]
    if not ratios:
        return {}
    least, label = min(ratios)
    return {"class_variance": least, "least_class": float(label)}


def _variances(vectors: Tensor, labels: Tensor) -> dict[int, float]:
    """E|x - mean|^2 of the vectors (N, D) of each class that has enough of them."""
    groups = ((int(label), vectors[(labels == label).to(vectors.device)]) for label in labels.unique())
    return {label: float(own.double().var(0).sum()) for label, own in groups if len(own) >= LEAST_FOR_VARIANCE}


def _missing(vectors: Tensor, reals: Reals) -> float:
    """The share of real samples in cells that contain almost no fakes."""
    counts = torch.bincount(kmeans.assign(vectors.cpu(), reals.centres), minlength=len(reals.centres))
    return float(reals.shares[counts / len(vectors) < LACKING * reals.shares].sum())


def _nearer(vectors: Tensor, seen: Tensor, unseen: Tensor) -> float:
    """The share of samples nearer to seen ones than to unseen ones; one as near to both counts half.

    Rows of a table and symbols are often equal to samples of both.
    """
    near, other = (torch.cdist(vectors, part).amin(1) for part in (seen, unseen))
    equal = (near - other).abs() <= ROUNDING * vectors.norm(dim=1)
    return float(torch.where(equal, 0.5, (near < other).float()).mean())
