"""Encode rolls of notes one-hot, a group of pitches and a group of two for each voice, and decode them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor, nn

from sparring.config.values import field, listed, whole
from sparring.data.codec import Codec, OneHot, expected, stored_fields
from sparring.data.music.song import PITCHES, QUARTERS
from sparring.errors import UnreadableError

MOST_VOICES = 32
MOST_GRID = 192


@dataclass(frozen=True)
class Notes:
    """Encodes rolls (B, T, voices) one-hot, (B, T, V), and lets a voice change only where a note begins.

    Stored is a pitch where a note begins, the negative pitch where it is held, and 0 for a rest. On the last
    axis lie, for each voice, a rest and its pitches from the lowest on; then, for each voice, "goes on" and
    "begins". A rest begins too.

    Attributes:
        lowest: the lowest pitch of each voice.
        counts: the number of pitches of each voice.
        grid: the steps in a whole note.
        bounded: encoded values are always 0 or 1.
    """

    lowest: tuple[int, ...]
    counts: tuple[int, ...]
    grid: int
    bounded: bool = True

    @property
    def voices(self) -> int:
        return len(self.lowest)

    @property
    def highest(self) -> tuple[int, ...]:
        """The highest pitch of each voice."""
        return tuple(low + count - 1 for low, count in zip(self.lowest, self.counts, strict=True))

    @property
    def beat(self) -> int:
        """The steps of a beat, a quarter note."""
        return max(1, self.grid // QUARTERS)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The symbols of each group: the voices, then whether each begins."""
        return (*(1 + count for count in self.counts), *(2,) * self.voices)

    @property
    def pitch_symbols(self) -> int:
        """The number of symbols of all voices, which come before those of the beginnings."""
        return self.voices + sum(self.counts)

    @cached_property
    def one_hot(self) -> OneHot:
        """The codec of the groups."""
        return OneHot(self.sizes)

    def head(self) -> nn.Module:
        return nn.Sequential(self.one_hot.head(), Hold(self.sizes[: self.voices]))

    def encode(self, stored: Tensor) -> Tensor:
        pitches = stored.long().abs()
        lowest = torch.tensor(self.lowest, device=stored.device)
        symbols = torch.where(pitches > 0, pitches - lowest + 1, 0)
        # Pitches that the voice does not have are sung as near to them as it can.
        most = torch.tensor(self.counts, device=stored.device)
        symbols = torch.where(pitches > 0, symbols.clamp_min(1).minimum(most), 0)
        rests = pitches == 0
        begins = (stored > 0) | (rests & ~rests.roll(1, 1))
        begins[:, :1] = True
        return self.one_hot.encode(torch.cat([symbols, begins.long()], -1))

    def decode(self, encoded: Tensor) -> Tensor:
        groups = self.one_hot.decode(encoded).long()
        symbols, begins = groups[..., : self.voices], groups[..., self.voices :].bool()
        begins[:, :1] = True
        begun = last_begin(begins)  # its symbol is held from there
        held = symbols.gather(1, begun)
        pitches = torch.where(held > 0, held - 1 + torch.tensor(self.lowest, device=encoded.device), 0)
        return torch.where(begins, pitches, -pitches).to(torch.int16)

    def problem(self, shape: tuple[int, ...]) -> str:
        if len(self.lowest) != len(self.counts):
            return f"lowest and counts: {len(self.lowest)} and {len(self.counts)} numbers, expected as many"
        if any(low + count > PITCHES for low, count in zip(self.lowest, self.counts, strict=True)):
            return f"lowest and counts: pitches above {PITCHES - 1}"
        return self.one_hot.problem(shape)

    def to_dict(self) -> dict[str, Any]:
        return stored_fields(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Notes:
        """The inverse of ``to_dict``.

        Raises:
            UnreadableError: a field is missing, or its value is not accepted.
        """
        pitch = partial(whole, low=1, high=PITCHES - 1)
        notes = Notes(
            lowest=field(values, "lowest", lambda numbers: listed(numbers, pitch, MOST_VOICES)),
            counts=field(values, "counts", lambda numbers: listed(numbers, pitch, MOST_VOICES)),
            grid=field(values, "grid", partial(whole, low=4, high=MOST_GRID)),
        )
        if not notes.lowest:
            raise UnreadableError("lowest: no voices")
        return notes

    @staticmethod
    def of(codec: Codec) -> Notes:
        """The codec as Notes.

        Raises:
            UnreadableError: it is another.
        """
        return expected(codec, Notes, "notes")


class Hold(nn.Module):
    """Lets each voice of one-hot notes (B, T, V) keep its symbol until it begins anew.

    h_t = b_t x_t + (1 - b_t) h_{t-1} with the symbol x and the beginning b of a voice, both differentiable.

    Args:
        sizes: the symbols of each voice; behind them on the last axis two for each voice, "goes on", "begins".
    """

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.sizes = sizes
        self.voice = [voice for voice, size in enumerate(sizes) for _ in range(size)]

    def forward(self, symbols: Tensor) -> Tensor:
        pitches, begins = symbols.split([sum(self.sizes), 2 * len(self.sizes)], -1)
        first = torch.tensor([0.0, 1.0], device=symbols.device).repeat(len(self.sizes))
        begins = torch.cat([first.expand_as(begins[:, :1]), begins[:, 1:]], 1)
        changes = begins[..., 1::2]
        if torch.compiler.is_compiling() and not self.training:  # an export, in which a step each would be slow
            held_at = last_begin(changes > 0)[..., self.voice]
            return torch.cat([pitches.gather(1, held_at), begins], -1)
        of_symbols = changes[..., self.voice].unbind(1)  # T of (B, symbols of the voices)
        held = [pitches[:, 0]]
        for pitch, change in zip(pitches.unbind(1)[1:], of_symbols[1:], strict=True):
            held.append(torch.lerp(held[-1], pitch, change))
        return torch.cat([torch.stack(held, 1), begins], -1)


def last_begin(begins: Tensor) -> Tensor:
    """The last step up to each at which a voice has begun: (B, T, voices), bool, to (B, T, voices), int64."""
    steps = torch.arange(begins.shape[1], device=begins.device)
    at = torch.where(begins, steps[:, None], 0)
    if torch.compiler.is_compiling():  # ONNX has no cumulative maximum
        earlier = (steps[:, None] >= steps).long()  # (T, T)
        return (at[:, None] * earlier[:, :, None]).amax(2)
    return at.cummax(1).values


def fitted(rolls: Tensor, grid: int) -> Notes:
    """The codec with the pitches that each voice of rolls (N, T, voices) has; a silent one has middle C."""
    pitches = rolls.long().abs().flatten(0, 1)
    lowest = [int(column[column > 0].min()) if column.any() else 60 for column in pitches.unbind(1)]
    highest = [int(column.max()) if column.any() else 60 for column in pitches.unbind(1)]
    counts = tuple(high - low + 1 for low, high in zip(lowest, highest, strict=True))
    return Notes(tuple(lowest), counts, grid)
