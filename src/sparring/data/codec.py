"""Encode stored samples for the networks, and decode what a generator makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn

from sparring.config.values import field, finite, listed, one_of
from sparring.errors import UnreadableError

DTYPES = ("uint8", "float32")
LEAST_SCALE = 1e-38


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
        return {name: value for name, value in asdict(self).items() if name != "bounded"}

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
        if not isinstance(codec, Affine):
            raise UnreadableError(f"{type(codec).__name__} is not a codec for a range of numbers")
        return codec
