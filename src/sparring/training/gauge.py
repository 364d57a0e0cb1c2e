"""Estimate times real at every record, from the few samples that the vital signs draw."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring import kinds
from sparring.data.spec import Dataset
from sparring.errors import DataError
from sparring.metrics.distances import fit_gaussian
from sparring.metrics.extractors import FOR_ALL, Reals, choose, quick
from sparring.metrics.quality import Standard, estimating_standard, shipped_standard

REALS = 2048  # real samples per side, at most
LEAST = 20  # samples per side, below which there is no estimate
MOST_OWN = 128  # values of a sample that is used as its own features; the covariance of more is slow


class Gauge:
    """Estimates times real in fast features: those of ``sparring evaluate`` if they are fast, or the next."""

    def __init__(self, data: Dataset, held_out: Dataset | None, device: torch.device, seed: int) -> None:
        self.kind, self.spec = kinds.of(data.spec), data.spec
        self.by: Standard | None = None
        if min(len(data) // 2 if held_out is None else len(data), len(held_out or data)) < LEAST:
            return
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
        side = min(REALS, len(data) if held_out is not None else len(data) // 2)
        second = self._measurable(data, order[:side])
        reals = Reals(second, None, data.name, seed, device, self.kind.features, data.spec)
        self.extractor = choose(reals, quick(reals))
        if self.extractor.own_units and reals.values > MOST_OWN:
            self.extractor = choose(reals, FOR_ALL)
        self.by = shipped_standard(self.extractor, data.samples, None if held_out is None else held_out.samples)
        if self.by is not None:
            return
        reference, indices = (data, order[side : 2 * side]) if held_out is None else (held_out, order)
        if held_out is not None:
            indices = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(seed))[:REALS]
        gaussian = fit_gaussian(self.extractor(self._measurable(reference, indices)))
        others, unseen = self.extractor(second), None if held_out is None else len(held_out)
        by = estimating_standard(self.extractor, gaussian, len(indices), others, len(data), unseen)
        self.by = by if by.enough else None

    def __call__(self, fakes: Tensor) -> dict[str, float]:
        """The values for a record, from encoded samples (N, *shape); empty with too few real samples."""
        if self.by is None:
            return {}
        try:
            found = self.by.times_real(
                [self.extractor(self.kind.for_features(self.spec.decode(fakes), self.spec))]
            )
        except (DataError, ValueError):  # values are not finite
            return {}
        return {"times_real": found.value, "times_real_error": found.error or 0.0}

    def _measurable(self, data: Dataset, indices: Tensor) -> Tensor:
        return self.kind.for_features(data.samples[indices.to(data.samples.device)], data.spec)
