"""Encode points with a few values far from all others: such columns by rank, the rest by their range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.config.values import field, finite, listed, whole
from sparring.data.codec import Affine
from sparring.errors import UnreadableError

TAIL = 0.01  # the share of a column's values at each end that may be outliers
OUTLIERS = 50.0  # a range this many times that of the other values has outliers; a log-normal column has 10
KNOTS = 1_000  # of the quantile function of a column, at most
EDGE = 5e-4  # of the ranks at each end, for which a normal quantile is not taken: 1 becomes 3.3 deviations
REACH = float(torch.special.ndtri(torch.tensor(1 - EDGE, dtype=torch.float64)))
MOST_ROWS = 20_000  # in which outliers are looked for


@dataclass(frozen=True)
class Ranked(Affine):
    """As ``Affine``, but some columns hold the normal quantile of a value's rank, in [-1, 1].

    Attributes:
        columns: which ones; their centre and scale are those of most values, for pictures of them.
        quantiles: for each of these, its values at evenly spaced ranks from 0 to 1, rising.
    """

    columns: tuple[int, ...] = ()
    quantiles: tuple[tuple[float, ...], ...] = ()

    @cached_property
    def knots(self) -> list[tuple[int, Tensor]]:
        """Each column with its quantiles (K,)."""
        values = (torch.tensor(quantiles, dtype=torch.float64) for quantiles in self.quantiles)
        return list(zip(self.columns, values, strict=True))

    def encode(self, stored: Tensor) -> Tensor:
        encoded = Affine.encode(self, stored)
        for column, knots in self.knots:
            knots, values = knots.to(stored.device), stored[..., column].double().contiguous()
            first, after = (torch.searchsorted(knots, values, right=right) for right in (False, True))
            below = (after - 1).clamp(0, len(knots) - 2)
            step = (knots[below + 1] - knots[below]).clamp_min(1e-300)
            place = below + ((values - knots[below]) / step).clamp(0, 1)
            place = torch.where(after - first > 1, (first + after - 1) / 2, place)  # one of many equal values
            rank = EDGE + (1 - 2 * EDGE) * place / (len(knots) - 1)
            encoded[..., column] = (torch.special.ndtri(rank) / REACH).float()
        return encoded

    def decode(self, encoded: Tensor) -> Tensor:
        decoded = Affine.decode(self, encoded)
        for column, knots in self.knots:
            knots = knots.to(encoded.device)
            rank = (torch.special.ndtr(encoded[..., column].detach().double() * REACH) - EDGE) / (1 - 2 * EDGE)
            place = rank.clamp(0, 1) * (len(knots) - 1)
            below = place.long().clamp(max=len(knots) - 2)
            decoded[..., column] = (knots[below] + (place - below) * (knots[below + 1] - knots[below])).float()
        return decoded

    def problem(self, shape: tuple[int, ...]) -> str:
        if any(column >= shape[-1] for column in self.columns) or len(self.columns) != len(self.quantiles):
            return (
                f"columns and quantiles: {len(self.columns)} and {len(self.quantiles)} of {shape[-1]} columns"
            )
        if any(len(knots) < 2 or (np.diff(knots) < 0).any() for knots in self.quantiles):
            return "quantiles: expected at least two rising values for each column"
        return super().problem(shape)


def of_points(rows: NDArray[np.float32], centre: NDArray[np.float64], half: NDArray[np.float64]) -> Affine:
    """The codec of points (N, D) with these centres and half ranges (D,): by rank where a value is far off."""
    codec = Affine("float32", tuple(centre.tolist()), tuple(half.tolist()), bounded=False)
    low, high = usual(rows)
    columns = np.flatnonzero((high > low) & (2 * half >= OUTLIERS * (high - low)))
    if not len(columns):
        return codec
    ranks = np.linspace(0, 1, min(KNOTS, len(rows)))
    centre, half = centre.copy(), half.copy()
    centre[columns], half[columns] = ((high + low) / 2)[columns], ((high - low) / 2)[columns]
    return Ranked(
        "float32",
        tuple(centre.tolist()),
        tuple(half.tolist()),
        bounded=False,
        columns=tuple(columns.tolist()),
        quantiles=tuple(
            tuple(np.quantile(rows[:, column].astype(np.float64), ranks).tolist()) for column in columns
        ),
    )


def usual(rows: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Between which two numbers all but TAIL at each end lie in each column of points (N, D)."""
    count = min(len(rows), MOST_ROWS)
    some = rows[np.arange(count) * len(rows) // count].astype(np.float64)
    low, high = np.quantile(some, (TAIL, 1 - TAIL), axis=0)
    return low, high


def from_dict(values: Mapping[str, Any]) -> Affine:
    """The codec of points, the inverse of ``to_dict``.

    Raises:
        UnreadableError: a field is missing, or its value is not accepted.
    """
    plain = Affine.from_dict(values, bounded=False)
    if "quantiles" not in values:
        return plain
    return Ranked(
        plain.dtype,
        plain.centre,
        plain.scale,
        bounded=False,
        columns=field(values, "columns", lambda found: listed(found, partial(whole, low=0))),
        quantiles=field(values, "quantiles", lambda found: listed(found, _numbers)),
    )


def _numbers(values: Any) -> tuple[float, ...]:
    if not isinstance(values, list | tuple):
        raise UnreadableError("quantiles: expected a list of numbers for each column")
    return listed(list(values), finite)
