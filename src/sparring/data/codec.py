"""Encode stored samples for the networks, and decode what a generator makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as attribute
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import torch
from torch import Tensor, nn

from sparring.config.values import field, finite, listed, one_of, whole
from sparring.errors import UnreadableError, quoted

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Wanted = TypeVar("Wanted")
DTYPES = ("uint8", "float32")
LEAST_SCALE = 1e-38
MOST_SYMBOLS = 2**16  # in a group
MOST_GROUPS = 256
MOST_SYMBOL = 64  # characters of the name of a symbol


class Codec(Protocol):
    """Encodes samples for the networks and decodes them again; the stored form may have another shape."""

    @property
    def bounded(self) -> bool:
        """Whether encoded values outside the range of the data are impossible."""

    def head(self) -> nn.Module:
        """A last layer for a generator of encoded samples (B, *shape)."""

    def encode(self, stored: Tensor) -> Tensor:
        """Turn stored samples (B, …) into what the networks see, (B, *shape), float32."""

    def decode(self, encoded: Tensor) -> Tensor:
        """Turn generated samples (B, *shape) back into the user's own form, (B, …)."""

    def problem(self, shape: tuple[int, ...]) -> str:
        """Why the codec cannot give encoded samples of this shape; "" if it can."""

    def to_dict(self) -> dict[str, Any]:
        """The fields as stored in JSON; the kind of data reads them back."""


def expected(codec: Codec, wanted: type[Wanted], what: str) -> Wanted:
    """The codec, which is of the type that a kind of data has.

    Args:
        what: which samples that type is for.

    Raises:
        UnreadableError: it is of another type.
    """
    if not isinstance(codec, wanted):
        raise UnreadableError(f"{type(codec).__name__} is not a codec for {what}")
    return codec


def stored_fields(codec: DataclassInstance) -> dict[str, Any]:
    """The fields of a codec for JSON, without ``bounded``, which follows from the kind of data."""
    return {name: value for name, value in asdict(codec).items() if name != "bounded"}


@dataclass(frozen=True)
class Affine:
    """Encodes a sample x as (x - centre) / scale, which lies in [-1, 1], and decodes by the inverse.

    Attributes:
        dtype: of stored samples.
        centre, scale: one number for all values, or one for each place on the last axis.
        bounded: whether values outside the range are impossible, so that the generator ends with tanh.
            This follows from the kind of data and is not stored.
    """

    dtype: Literal["uint8", "float32"]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    bounded: bool = True

    def head(self) -> nn.Module:
        return nn.Tanh() if self.bounded else nn.Identity()

    def encode(self, stored: Tensor) -> Tensor:
        centre, scale = self._range(stored.device)
        return stored.to(torch.float32).sub(centre).div_(scale)

    def decode(self, encoded: Tensor) -> Tensor:
        centre, scale = self._range(encoded.device)
        encoded = encoded.detach().to(torch.float32)
        if self.bounded:
            encoded = encoded.clamp(-1, 1)
        samples = encoded * scale + centre
        return samples.round().to(torch.uint8) if self.dtype == "uint8" else samples

    def _range(self, device: torch.device) -> tuple[Tensor | float, Tensor | float]:
        if len(self.centre) == 1:
            return self.centre[0], self.scale[0]
        return torch.tensor(self.centre, device=device), torch.tensor(self.scale, device=device)

    def problem(self, shape: tuple[int, ...]) -> str:
        if len(self.centre) == len(self.scale) and len(self.scale) in (1, shape[-1]):
            return ""
        return f"centre and scale: {len(self.centre)} and {len(self.scale)} numbers, expected one"

    def to_dict(self) -> dict[str, Any]:
        return stored_fields(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any], *, bounded: bool) -> Affine:
        """The inverse of ``to_dict``.

        Raises:
            UnreadableError: a field is missing, or its value is not accepted.
        """
        return Affine(
            dtype=field(values, "dtype", partial(one_of, DTYPES)),
            centre=field(values, "centre", lambda centre: listed(centre, finite)),
            scale=field(values, "scale", lambda scale: listed(scale, partial(finite, low=LEAST_SCALE))),
            bounded=bounded,
        )

    @staticmethod
    def of(codec: Codec) -> Affine:
        """The codec as an Affine, for the kinds of data that have no other codec.

        Raises:
            UnreadableError: it is not an Affine.
        """
        return expected(codec, Affine, "a range of numbers")


@dataclass(frozen=True)
class OneHot:
    """Encodes whole numbers (B, T) or (B, T, G) one-hot, (B, T, V): of each group of symbols, one is 1.

    Attributes:
        sizes: the number of symbols of each of the G groups, which lie one behind the other on the last
            axis, V = sum(sizes); with one group, samples are stored as (B, T).
        symbols: the name of each of the V symbols, such as a letter; () if the kind of data needs none.
        temperature: of the generator's last layer, ``StraightThrough``.
        counts: how often each symbol occurs in the training data, with which a generator may begin; () if
            that is unknown. Codecs that differ in this alone are equal.
        bounded: encoded values are always 0 or 1.
    """

    sizes: tuple[int, ...]
    symbols: tuple[str, ...] = ()
    temperature: float = 1.0
    counts: tuple[int, ...] = attribute(default=(), compare=False)
    bounded: bool = True

    def head(self) -> nn.Module:
        return StraightThrough(self.sizes, self.temperature)

    def encode(self, stored: Tensor) -> Tensor:
        groups = stored.long().unsqueeze(-1) if len(self.sizes) == 1 else stored.long()
        firsts = torch.tensor([0, *self.sizes[:-1]], device=stored.device).cumsum(0)
        encoded = torch.zeros(*groups.shape[:-1], sum(self.sizes), device=stored.device)
        return encoded.scatter_(-1, groups + firsts, 1.0)

    def decode(self, encoded: Tensor) -> Tensor:
        chosen = [group.argmax(-1) for group in encoded.detach().split(self.sizes, -1)]
        stored = chosen[0] if len(self.sizes) == 1 else torch.stack(chosen, -1)
        return stored.to(self.dtype)

    @property
    def dtype(self) -> torch.dtype:
        """The smallest type that holds the stored numbers."""
        return torch.uint8 if max(self.sizes) <= 2**8 else torch.int32

    def problem(self, shape: tuple[int, ...]) -> str:
        if len(shape) != 2 or shape[-1] != sum(self.sizes):
            return f"sizes: {sum(self.sizes):,} symbols in all do not fit the shape {list(shape)}"
        if self.counts and len(self.counts) != sum(self.sizes):
            return f"counts: {len(self.counts):,} for {sum(self.sizes):,} symbols"
        if self.symbols and len(self.symbols) != sum(self.sizes):
            return f"symbols: {len(self.symbols):,} names for {sum(self.sizes):,} symbols"
        return ""

    def to_dict(self) -> dict[str, Any]:
        return stored_fields(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> OneHot:
        """The inverse of ``to_dict``.

        Raises:
            UnreadableError: a field is missing, or its value is not accepted.
        """
        symbol_count = partial(whole, low=1, high=MOST_SYMBOLS)
        return OneHot(
            sizes=field(values, "sizes", lambda sizes: _some(listed(sizes, symbol_count, MOST_GROUPS))),
            symbols=field(values, "symbols", lambda names: listed(names, _symbol)),
            temperature=field(values, "temperature", partial(finite, low=1e-3, high=1e3)),
            counts=field({"counts": (), **values}, "counts", lambda counts: listed(counts, whole)),
        )

    @staticmethod
    def of(codec: Codec) -> OneHot:
        """The codec as a OneHot, for the kinds of data that have no other codec.

        Raises:
            UnreadableError: it is not a OneHot.
        """
        return expected(codec, OneHot, "symbols")


class StraightThrough(nn.Module):
    """Logits (B, T, V) to one-hot symbols: of each group, the symbol with the greatest logit is 1.

    The gradient is that of softmax(logits / temperature) (Bengio et al. 2013, "Estimating or Propagating
    Gradients Through Stochastic Neurons"; Jang et al. 2017 without the noise). The variety of the samples
    comes from the latents.

    Args:
        sizes: the number of symbols of each group, one behind the other on the last axis.
        temperature: of the softmax; the higher, the more symbols receive a gradient.
    """

    def __init__(self, sizes: tuple[int, ...], temperature: float = 1.0) -> None:
        super().__init__()
        self.sizes, self.temperature = sizes, temperature

    def forward(self, logits: Tensor) -> Tensor:
        return torch.cat([self._chosen(group) for group in logits.split(self.sizes, -1)], -1)

    def _chosen(self, logits: Tensor) -> Tensor:
        soft = (logits.float() / self.temperature).softmax(-1)
        hard = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
        return hard + (soft - soft.detach())


def _some(sizes: tuple[int, ...]) -> tuple[int, ...]:
    if not sizes:
        raise UnreadableError("an empty list, where at least one number of symbols is expected")
    return sizes


def _symbol(value: Any) -> str:
    """A name of a symbol, kept as it is: it may be a line break."""
    if not isinstance(value, str) or len(value) > MOST_SYMBOL:
        raise UnreadableError(f"{quoted(value)} where a text of at most {MOST_SYMBOL} characters is expected")
    return value
