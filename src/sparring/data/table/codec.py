"""Encode rows of a table: normal quantiles of ranks, then one-hot categories; and decode them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sparring.config.values import field, finite, flag, listed, whole
from sparring.data.codec import Codec, expected
from sparring.data.table import rules
from sparring.data.table.column import LEARNT, Column, text_of
from sparring.data.table.dialect import USUAL, Dialect
from sparring.data.table.pairs import MOST_PAIRED
from sparring.errors import UnreadableError, quoted

KIND = "table"
MOST_COLUMNS = 10_000
TEMPERATURE = 0.5  # of the softmax over the levels of a category (Jang et al. 2017)
MOST_RULES = 100


@dataclass(frozen=True)
class Columns:
    """Encodes stored rows (B, columns) as (B, F): a normal quantile for each number, then one-hot groups.

    Stored are the learnt columns alone, as float32: the rank of a number among all rows, from 0 to 1, the
    place of the level of a category, NaN where there is no value. A number of rank u becomes z, the u-quantile
    of N(0, 1), 0 if missing. The groups are the categories, each with one more symbol if values are missing,
    and "there, missing" for each number that may lack; they are sorted by size, so that groups of one size are
    one block.

    Attributes:
        columns: all columns of the table in the order of the user, also those that are not learnt.
        rows: of the table to which the ranks belong.
        target: the column that a model of the user would predict; "" if none was named.
        rules: what every drawn row must keep to, with values in the plain form of rules.
        combinations: for each set of columns that go together, the combinations of levels that there are.
        dialect: of the text file in which the user's table came.
        backend: the library of the user's table in memory, such as "polars"; "" for a file.
        numbered: whether the names of the columns are whole numbers in the user's table of pandas.
        correlations: of each two of the first learnt columns, as ``pairs.upper`` gives them, to be shown beside
            those of drawn rows.
        bounded: numbers beyond all ranks are impossible only after decoding.
    """

    columns: tuple[Column, ...]
    rows: int
    target: str = ""
    rules: tuple[str, ...] = ()
    combinations: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...] = ()
    backend: str = ""
    dialect: Dialect = USUAL
    numbered: bool = False
    correlations: tuple[float, ...] = ()
    bounded: bool = False

    @cached_property
    def learnt(self) -> tuple[Column, ...]:
        """The columns that the players see, in the order of what is stored."""
        return tuple(c for c in self.columns if c.type in LEARNT and c.name not in self.derived)

    @cached_property
    def types(self) -> dict[str, str]:
        """The type of each column by its name."""
        return {column.name: column.type for column in self.columns}

    @cached_property
    def derived(self) -> tuple[str, ...]:
        """The columns that a rule computes from others."""
        return rules.derived(self.rules)

    @cached_property
    def numeric(self) -> tuple[int, ...]:
        """The places in what is stored of numbers."""
        return tuple(place for place, column in enumerate(self.learnt) if column.numeric)

    @cached_property
    def categories(self) -> tuple[int, ...]:
        """The places in what is stored of columns of levels."""
        return tuple(place for place, column in enumerate(self.learnt) if not column.numeric)

    @cached_property
    def told(self) -> tuple[tuple[int, int, tuple[float, ...]], ...]:
        """Columns that another tells, of those that go together: what is looked up and not left to the players.

        For each the place of the first column of its set, its own place, and what is stored of it by the level
        of the first, at the end where that is missing.
        """
        places = {column.name: place for place, column in enumerate(self.learnt)}
        found = []
        for names, there in self.combinations:
            for k, name in enumerate(names[1:], 1):
                known = {row[0]: row[k] for row in there}
                if any(known[row[0]] != row[k] for row in there):
                    continue
                index = {level: float(place) for place, level in enumerate(self.learnt[places[name]].levels)}
                levels = (*self.learnt[places[names[0]]].levels, "")
                stored = tuple(index.get(known.get(level, ""), math.nan) for level in levels)
                found.append((places[names[0]], places[name], stored))
        return tuple(found)

    @cached_property
    def target_place(self) -> int | None:
        """The place in what is stored of the column to predict; None if there is none."""
        names = [column.name for column in self.learnt]
        return names.index(self.target) if self.target in names else None

    @cached_property
    def grouped(self) -> tuple[int, ...]:
        """The places in what is stored of the columns with a group, in the order of their groups."""
        places = [place for place, column in enumerate(self.learnt) if column.size]
        return tuple(sorted(places, key=lambda place: self.learnt[place].size))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of symbols of each group, rising."""
        return tuple(self.learnt[place].size for place in self.grouped)

    @cached_property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """Groups of one size lie together: how many there are, and their size."""
        found: dict[int, int] = {}
        for size in self.sizes:
            found[size] = found.get(size, 0) + 1
        return tuple((count, size) for size, count in found.items())

    @cached_property
    def lacking(self) -> tuple[tuple[int, int], ...]:
        """For each number with missing values: its place among the numbers, and of its "there" in a row."""
        firsts = np.cumsum((0, *self.sizes))[:-1] + len(self.numeric)
        of_group = {place: int(first) for place, first in zip(self.grouped, firsts, strict=True)}
        return tuple((k, of_group[place]) for k, place in enumerate(self.numeric) if place in of_group)

    @property
    def width(self) -> int:
        """F, the numbers of an encoded row."""
        return len(self.numeric) + sum(self.sizes)

    def head(self) -> nn.Module:
        return Rows(len(self.numeric), self.blocks, self.lacking)

    def encode(self, stored: Tensor) -> Tensor:
        edge = max(0.5 / self.rows, 1e-6)
        numbers = torch.special.ndtri(stored[:, self.numeric].clamp(edge, 1 - edge)).nan_to_num(0.0)
        parts = [numbers.to(torch.float32)]
        if self.grouped:
            places = stored[:, self.grouped]
            last = torch.tensor(self.sizes, device=stored.device) - 1
            is_number = torch.tensor([self.learnt[k].numeric for k in self.grouped], device=stored.device)
            missing = places.isnan()
            symbols = torch.where(is_number, missing.long(), places.nan_to_num(0.0).long())
            symbols = torch.where(missing, last, symbols).minimum(last)
            firsts = torch.tensor((0, *self.sizes[:-1]), device=stored.device).cumsum(0)
            one_hot = torch.zeros(stored.shape[0], sum(self.sizes), device=stored.device)
            parts.append(one_hot.scatter_(1, symbols + firsts, 1.0))
        return torch.cat(parts, 1)

    def decode(self, encoded: Tensor) -> Tensor:
        encoded = encoded.detach().to(torch.float32)
        count = len(self.numeric)
        stored = encoded.new_full((len(encoded), len(self.learnt)), torch.nan)
        stored[:, self.numeric] = torch.special.ndtr(encoded[:, :count])
        chosen = []
        for block, (groups, size) in zip(
            encoded[:, count:].split([g * s for g, s in self.blocks], 1), self.blocks, strict=True
        ):
            chosen.append(block.unflatten(1, (groups, size)).argmax(2))
        symbols = torch.cat(chosen, 1) if chosen else encoded.new_empty(len(encoded), 0)
        for group, place in enumerate(self.grouped):
            column, symbol = self.learnt[place], symbols[:, group].to(torch.float32)
            is_missing = symbol == column.size - 1 if column.missing else torch.zeros_like(symbol).bool()
            there = stored[:, place] if column.numeric else symbol
            stored[:, place] = torch.where(is_missing, torch.nan, there)
        for first, other, by_level in self.told:
            stored[:, other] = looked_up(stored[:, first], torch.tensor(by_level, device=stored.device))
        return stored

    def problem(self, shape: tuple[int, ...]) -> str:
        if not self.learnt:
            return "columns: none of them can be learnt"
        return "" if shape == (self.width,) else f"columns: {self.width:,} numbers do not fit {list(shape)}"

    def matrix(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        """Stored rows (N, columns) as numbers: values, places of levels, NaN where one is missing."""
        return np.stack([c.numbers(stored[:, k]) for k, c in enumerate(self.learnt)], 1)

    def to_dict(self) -> dict[str, Any]:
        return {
            "columns": [column.to_dict() for column in self.columns],
            "rows": self.rows,
            "target": self.target,
            "rules": self.rules,
            "combinations": self.combinations,
            "backend": self.backend,
            "numbered": self.numbered,
            **self.dialect._asdict(),
            "correlations": self.correlations,
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Columns:
        """The inverse of ``to_dict``.

        Raises:
            UnreadableError: a field is missing, or its value is not accepted.
        """
        codec = Columns(
            columns=field(values, "columns", lambda found: listed(found, Column.from_dict, MOST_COLUMNS)),
            rows=field(values, "rows", partial(whole, low=1)),
            target=field(values, "target", text_of),
            rules=field(values, "rules", lambda found: listed(found, text_of, MOST_RULES)),
            combinations=field(values, "combinations", lambda sets: listed(sets, _set, MOST_RULES)),
            backend=field(values, "backend", text_of),
            dialect=Dialect.from_dict(values),
            numbered=field({"numbered": False, **values}, "numbered", flag),
            correlations=field(values, "correlations", lambda found: listed(found, finite, MOST_PAIRED**2)),
        )
        paired = min(MOST_PAIRED, len(codec.learnt))
        if len(codec.correlations) not in (0, paired * (paired - 1) // 2):
            raise UnreadableError(f"correlations: {len(codec.correlations):,} for {paired:,} columns")
        if len(names := {column.name for column in codec.columns}) != len(codec.columns):
            raise UnreadableError("two columns have one name")
        for rule in codec.rules:
            if wrong := rules.problem(rule, codec.types):
                raise UnreadableError(wrong)
        if wrong := rules.circular(codec.rules):
            raise UnreadableError(wrong)
        if unknown := [name for together, _ in codec.combinations for name in together if name not in names]:
            raise UnreadableError(f"there is no column {quoted(unknown[0])}")
        return codec

    @staticmethod
    def of(codec: Codec) -> Columns:
        """The codec as Columns, for the kind of data that has no other codec.

        Raises:
            UnreadableError: it is another one.
        """
        return expected(codec, Columns, "rows of a table")


def looked_up(levels: Tensor, by_level: Tensor) -> Tensor:
    """What is stored (B,) of a column by the places (B,) of another's levels, NaN: missing, the last one."""
    return by_level[levels.nan_to_num(len(by_level) - 1).long()]


def _set(values: Any) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The columns that go together, and their combinations."""
    if not isinstance(values, list) or len(values) != 2:
        raise UnreadableError(f"{quoted(values)} where columns and their combinations are expected")
    names = listed(values[0], text_of)
    rows = listed(values[1], lambda row: listed(row, text_of), 2**20)
    if any(len(row) != len(names) for row in rows):
        raise UnreadableError("a combination that has not one level for each column")
    return names, rows


class Rows(nn.Module):
    """Numbers and logits (B, F) to rows: of each group the symbol with the greatest logit is 1.

    The gradient is that of softmax(logits / temperature), straight through (Jang et al. 2017); the noise that
    makes it a draw is added by the generator. A number whose group says "missing" is 0.

    Args:
        numbers: how many come first.
        blocks: then, groups of one size: how many, and their size.
        lacking: for each number that may be missing, its place and the place of its "there".
    """

    def __init__(
        self,
        numbers: int,
        blocks: tuple[tuple[int, int], ...],
        lacking: tuple[tuple[int, int], ...],
        temperature: float = TEMPERATURE,
    ) -> None:
        super().__init__()
        self.numbers, self.blocks, self.temperature = numbers, blocks, temperature
        self.lacking = lacking

    def forward(self, logits: Tensor) -> Tensor:
        parts = [logits[:, : self.numbers].float()]
        widths = [groups * size for groups, size in self.blocks]
        for block, (groups, size) in zip(logits[:, self.numbers :].split(widths, 1), self.blocks, strict=True):
            soft = (block.float().unflatten(1, (groups, size)) / self.temperature).softmax(2)
            hard = torch.zeros_like(soft).scatter_(2, soft.argmax(2, keepdim=True), 1.0)
            parts.append((hard + (soft - soft.detach())).flatten(1))
        rows = torch.cat(parts, 1)
        if not self.lacking:
            return rows
        places, there = (list(each) for each in zip(*self.lacking, strict=True))
        factor = torch.ones_like(rows[:, : self.numbers])
        factor = factor.index_copy(1, torch.tensor(places, device=rows.device), rows[:, there])
        return torch.cat([rows[:, : self.numbers] * factor, rows[:, self.numbers :]], 1)
