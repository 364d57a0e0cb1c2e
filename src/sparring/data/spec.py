"""What a data set is to the players: a shape, a range, classes, and how to encode and decode."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sparring.config.values import field, flag, listed, text, whole
from sparring.data.codec import Codec
from sparring.errors import DataError, UnreadableError, counted

MOST_NUMBERS = 2**40  # in one sample


@dataclass(frozen=True)
class Spec:
    """The kind and shape of one sample, and what the networks see of it.

    ``clusters`` says that the classes were found in the data, not given with it.
    """

    kind: str
    shape: tuple[int, ...]
    codec: Codec
    class_names: tuple[str, ...] = ()
    clusters: bool = False

    @property
    def head(self) -> str:
        """How a generator of such samples ends."""
        return self.codec.head

    def encode(self, samples: Tensor) -> Tensor:
        """Stored samples (B, *shape) to what the players see, float32."""
        return self.codec.encode(samples)

    def decode(self, encoded: Tensor) -> Tensor:
        """What a generator makes (B, *shape) back to the data's own range and type."""
        return self.codec.decode(encoded)

    def to_dict(self) -> dict[str, Any]:
        """As JSON stores it, the codec's fields among its own."""
        own = {"class_names": self.class_names, "clusters": self.clusters}
        return {"kind": self.kind, "shape": self.shape} | self.codec.to_dict() | own

    @staticmethod
    def from_dict(values: Mapping[str, Any], codec: Callable[[Mapping[str, Any]], Codec]) -> Spec:
        """The inverse of ``to_dict``; whether such a shape is one of the kind's own is for the kind to say.

        Args:
            codec: reads the codec's fields, as the kind of data has it.

        Raises:
            UnreadableError: a field that is missing, or that no data set has.
        """
        spec = Spec(
            kind=field(values, "kind", text),
            shape=field(values, "shape", lambda shape: listed(shape, partial(whole, low=1), most=8)),
            codec=codec(values),
            class_names=field(values, "class_names", lambda names: listed(names, text)),
            clusters=field(values, "clusters", flag),
        )
        if not spec.shape or math.prod(spec.shape) > MOST_NUMBERS:
            raise UnreadableError(f"shape: {list(spec.shape)} is none of {spec.kind}")
        if flaw := spec.codec.flaw(spec.shape):
            raise UnreadableError(flaw)
        return spec


@dataclass(frozen=True)
class Origin:
    """What was met on the way from picture files to a data set.

    Attributes:
        options: the fields of Config that bring the same pictures again.
        notes: what a user should hear before training on it.
        left_out: a line for each broken file.
        duplicates: pictures whose pixels another one before has.
        others: files that are no pictures.
        smallest, largest: (width, height) of the originals.
        path: the decoded pixels on disk.
        class_like: the folders that look like classes, where no labels were asked for.
        values: what pictures of more than 8 bits hold and what becomes of it; "" where there are none.
    """

    options: Mapping[str, Any]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    duplicates: int
    others: int
    smallest: tuple[int, int]
    largest: tuple[int, int]
    path: Path
    class_like: tuple[str, ...] = ()
    values: str = ""


class Batch(NamedTuple):
    """What a step is made of.

    Attributes:
        real: encoded samples (B, *shape).
        labels: their classes (B,), or None.
        given: what the generator makes each one from, such as another picture (B, …); None: a latent, which
            the game draws.
    """

    real: Tensor
    labels: Tensor | None = None
    given: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return Batch(self.real.to(device), *(part if part is None else part.to(device) for part in self[1:]))


@dataclass(frozen=True)
class Dataset:
    """Samples (N, *shape) as stored, encoded a batch at a time, and their labels (N,) or None.

    Samples may be backed by a file: larger than memory, and read-only. Batches go to ``device`` even
    where the samples do not fit there.
    """

    name: str
    spec: Spec
    samples: Tensor
    labels: Tensor | None = None
    origin: Origin | None = None
    device: torch.device | None = None

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def classes(self) -> int:
        """Number of classes; 0 without labels."""
        return len(self.spec.class_names) if self.labels is not None else 0

    @property
    def class_counts(self) -> list[int]:
        """How many samples each class has; empty without labels."""
        return [] if self.labels is None else torch.bincount(self.labels, minlength=self.classes).tolist()

    def batch(self, indices: Tensor) -> Batch:
        """Encoded samples (B, *shape) and labels (B,) at the indices (B,)."""
        labels = None if self.labels is None else self.labels.index_select(0, indices)
        chosen = self.samples.index_select(0, indices.to(self.samples.device))
        return Batch(self.spec.encode(chosen.to(self.device or chosen.device)), labels)

    def unlabelled(self) -> Dataset:
        """The same samples without their labels."""
        return replace(self, labels=None)

    def to(self, device: torch.device) -> Dataset:
        """The same data on a device; samples that would fill more than half of it stay where they are."""
        labels = None if self.labels is None else self.labels.to(device)
        samples = self.samples if self._too_large_for(device) else self.samples.to(device)
        return replace(self, samples=samples, labels=labels, device=device)

    def _too_large_for(self, device: torch.device) -> bool:
        return device.type == "cuda" and self.samples.nbytes > torch.cuda.mem_get_info(device)[0] / 2


def check_size(name: str, count: int, batch_size: int, parts: int = 1) -> None:
    """Refuse a set that cannot fill one batch, which is divided in so many parts.

    Raises:
        DataError: empty, or fewer samples than a batch.
    """
    if count == 0:
        raise DataError(f"{name} holds no samples.")
    if count < batch_size:
        less = f"--batch-size {count // parts * parts} or less"
        if count < parts:
            less = f"--batch-size {count} --ghost-batches 1 in one process"
        raise DataError(
            f"{name}: {counted(count, 'sample')}, fewer than one batch of {batch_size}. "
            f"Add samples or train with {less}."
        )
