"""Rows of a table as numbers, in layers of torch alone, so that other programs can have them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from sparring.data.table.codec import Columns, looked_up
from sparring.data.table.column import Column


class Values(nn.Module):
    """Maps encoded rows (B, F) to what ``Columns.matrix`` says of the decoded ones, (B, columns), float64.

    A column holds its values, dates as seconds since 1970, or the place of a level; NaN: a value is missing.
    """

    def __init__(self, codec: Columns) -> None:
        super().__init__()
        self.count = len(codec.numeric)
        self.blocks = codec.blocks
        self.groups = {place: group for group, place in enumerate(codec.grouped)}
        self.quantiles = {place: number for number, place in enumerate(codec.numeric)}
        self.told = [(first, other) for first, other, _ in codec.told]
        for number, (_, _, by_level) in enumerate(codec.told):
            self.register_buffer(f"told_{number}", torch.tensor(by_level, dtype=torch.float64))
        self.columns = nn.ModuleList(
            _Number(column) if column.numeric else _Level(column) for column in codec.learnt
        )

    def forward(self, encoded: Tensor) -> Tensor:
        ranks = torch.special.ndtr(encoded[:, : self.count]).double()
        widths = [groups * size for groups, size in self.blocks]
        parts = encoded[:, self.count :].split(widths, 1)
        chosen = [
            part.unflatten(1, (groups, size)).argmax(2)
            for part, (groups, size) in zip(parts, self.blocks, strict=True)
        ]
        symbols = torch.cat(chosen, 1) if chosen else ranks.long()
        found = []
        for place, column in enumerate(self.columns):
            symbol = symbols[:, self.groups[place]] if place in self.groups else symbols.new_zeros(())
            rank = ranks[:, self.quantiles[place]] if place in self.quantiles else ranks.new_zeros(())
            found.append(column(rank, symbol))
        for number, (first, other) in enumerate(self.told):
            found[other] = looked_up(found[first], self.get_buffer(f"told_{number}"))
        return torch.stack(found, 1)


class _Level(nn.Module):
    """The place (B,) of a level, from symbols (B,); one more than the levels means that it is missing."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self.levels = len(column.levels)

    def forward(self, rank: Tensor, symbol: Tensor) -> Tensor:
        return torch.where(symbol < self.levels, symbol.double(), torch.nan)


class _Number(nn.Module):
    """A number (B,) of its rank (B,) by the quantile function, linear between its knots, and rounded."""

    ranks: Tensor
    values: Tensor
    slopes: Tensor

    def __init__(self, column: Column) -> None:
        super().__init__()
        ranks, values = column.knots
        wide = np.diff(ranks) > 0
        slopes = np.where(wide, np.diff(values) / np.where(wide, np.diff(ranks), 1.0), 0.0)
        for name, knots in (("ranks", ranks), ("values", values), ("slopes", np.append(slopes, 0.0))):
            self.register_buffer(name, torch.tensor(knots, dtype=torch.float64))
        self.missing = bool(column.missing)
        self.steps = None if column.decimals is None else 10.0**column.decimals
        self.whole_seconds = column.whole_seconds

    def forward(self, rank: Tensor, symbol: Tensor) -> Tensor:
        below = (rank[:, None] >= self.ranks).sum(1).sub(1).clamp(0, len(self.ranks) - 1)
        number = self.values[below] + self.slopes[below] * (rank - self.ranks[below])
        if self.whole_seconds:
            number = (number / self.whole_seconds).round() * self.whole_seconds
        elif self.steps is not None:
            number = (number * self.steps).round() / self.steps
        return torch.where(symbol == 1, torch.nan, number) if self.missing else number
