"""What the networks need to know of a data set: shape, codec and classes; and the data set itself."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from sparring.config.choices import BACKGROUNDS
from sparring.config.pictures import picture_levels
from sparring.config.values import field, flag, listed, one_of, text, whole
from sparring.data.codec import Codec
from sparring.errors import ConfigError, DataError, UnreadableError, counted

MOST_NUMBERS = 2**40  # in one sample


@dataclass(frozen=True)
class Spec:
    """The kind, shape and encoding of one sample, and the classes of the data set.

    Attributes:
        shape: of a sample as the networks see it; it may be stored in another shape, as the codec says.
        clusters: whether the classes are clusters found in the data, not labels given with it.
        given: of what the generator makes a sample from, such as another picture; None: a random latent.
        unpaired: whether what is given belongs to no sample in particular.
        levels: with which pictures of more than 8 bits were read, as an option of files; "": there were none.
        background: what is behind transparent pictures, as an option of files.
    """

    kind: str
    shape: tuple[int, ...]
    codec: Codec
    class_names: tuple[str, ...] = ()
    clusters: bool = False
    given: Spec | None = None
    unpaired: bool = False
    levels: str = ""
    background: str = BACKGROUNDS[0]

    def encode(self, samples: Tensor) -> Tensor:
        """Turn stored samples (B, …) into what the networks see, (B, *shape), float32."""
        return self.codec.encode(samples)

    def decode(self, encoded: Tensor) -> Tensor:
        """Turn generated samples (B, *shape) back into the form in which the data is stored."""
        return self.codec.decode(encoded)

    def to_dict(self) -> dict[str, Any]:
        """The fields as stored in JSON, together with those of the codec."""
        own: dict[str, Any] = {"class_names": self.class_names, "clusters": self.clusters}
        if self.given is not None:
            own |= {"given": self.given.to_dict(), "unpaired": self.unpaired}
        own |= {"levels": self.levels} if self.levels else {}
        own |= {"background": self.background} if self.background != BACKGROUNDS[0] else {}
        return {"kind": self.kind, "shape": self.shape} | self.codec.to_dict() | own

    @staticmethod
    def from_dict(values: Mapping[str, Any], codec: Callable[[Mapping[str, Any]], Codec]) -> Spec:
        """The inverse of ``to_dict``; it does not check that the kind accepts this shape.

        Args:
            codec: reads the fields of the codec; the kind of data provides it.

        Raises:
            UnreadableError: a field is missing, or its value is not accepted.
        """
        given = values.get("given")
        if given is not None and (not isinstance(given, Mapping) or given.get("given") is not None):
            raise UnreadableError("given: expected the spec of what the generator is given")
        spec = Spec(
            kind=field(values, "kind", text),
            shape=field(values, "shape", lambda shape: listed(shape, partial(whole, low=1), most=8)),
            codec=codec(values),
            class_names=field(values, "class_names", lambda names: listed(names, text)),
            clusters=field(values, "clusters", flag),
            given=None if given is None else Spec.from_dict(given, codec),
            unpaired=given is not None and field(values, "unpaired", flag),
            levels=field(values, "levels", _levels) if "levels" in values else "",
            background=(
                field(values, "background", partial(one_of, BACKGROUNDS))
                if "background" in values
                else BACKGROUNDS[0]
            ),
        )
        if not spec.shape or math.prod(spec.shape) > MOST_NUMBERS:
            raise UnreadableError(f"shape: {list(spec.shape)} is not possible for the kind {spec.kind}")
        if problem := spec.codec.problem(spec.shape):
            raise UnreadableError(problem)
        return spec


def _levels(value: Any) -> str:
    """Levels of pictures.

    Raises:
        UnreadableError: it is something else.
    """
    try:
        picture_levels(text(value))
    except ConfigError as error:
        raise UnreadableError(str(error)) from error
    return text(value)


@dataclass(frozen=True)
class Origin:
    """What was found while files were made into a data set.

    Attributes:
        options: the fields of Config that give the same samples again.
        notes: what a user should know before training on them.
        left_out: a line for each broken file.
        duplicates: the number of samples that repeat an earlier one.
        others: the number of files of other kinds.
        facts: what ``sparring data`` prints of the files, by name.
        unused_classes: a sentence if folders look like classes, and no labels were requested.
        path: the file with the stored samples; None if they are in memory alone.
        names: of the files of the samples, in their order; empty if several samples are of one file.
    """

    options: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    duplicates: int = 0
    others: int = 0
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    unused_classes: str = ""
    path: Path | None = None
    names: tuple[str, ...] = ()


class Batch(NamedTuple):
    """The samples of one step.

    Attributes:
        real: encoded samples (B, *shape).
        labels: their classes (B,), or None.
        given: what the generator makes each sample from, such as another picture (B, …); None: a latent that
            the game draws.
    """

    real: Tensor
    labels: Tensor | None = None
    given: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The batch on a device."""
        return Batch(self.real.to(device), *(part if part is None else part.to(device) for part in self[1:]))


@dataclass(frozen=True)
class Dataset:
    """Samples (N, …) as stored, encoded one batch at a time, and their labels (N,) or None.

    The samples may be backed by a file that is read-only and larger than memory. Batches are on
    ``device`` even if the samples do not fit there.

    Attributes:
        given: what the generator makes each sample from, such as another picture: as many samples, in the
            same order, with a Spec of their own; any number in any order if ``spec.unpaired``. None: it makes
            samples from random latents.
        groups: a number (N,) for each sample that is the same for samples of one origin, such as windows of one
            piece, which a hold-out must not tear apart; None: each sample is one of its own.
        keys: a number (N,) for each sample that is the same for equal ones of any data set, where what is
            stored is not; None: equal samples are stored alike.

    Raises:
        DataError: there are more samples than given ones, or fewer.
    """

    name: str
    spec: Spec
    samples: Tensor
    labels: Tensor | None = None
    origin: Origin | None = None
    device: torch.device | None = None
    given: Dataset | None = None
    groups: Tensor | None = None
    keys: Tensor | None = None

    def __post_init__(self) -> None:
        if self.given is not None and len(self.given) != len(self) and not self.spec.unpaired:
            raise DataError(
                f"{self.name} has {counted(len(self), 'sample')} and {len(self.given):,} given to make them "
                "from: give one for each, in the same order."
            )

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def classes(self) -> int:
        """Number of classes; 0 without labels."""
        return len(self.spec.class_names) if self.labels is not None else 0

    @property
    def class_counts(self) -> list[int]:
        """The number of samples of each class; empty without labels."""
        return [] if self.labels is None else torch.bincount(self.labels, minlength=self.classes).tolist()

    def batch(self, indices: Tensor, of_given: Tensor | None = None) -> Batch:
        """Encoded samples (B, *shape), labels (B,) and what is given (B, …), at the indices (B,).

        Args:
            of_given: the indices (B,) of what is given, where it is unpaired; by default, the same, and again
                from the first where there are fewer.
        """
        labels = self.labels
        if labels is not None:
            labels = labels.index_select(0, indices.to(labels.device))
        chosen = self.samples.index_select(0, indices.to(self.samples.device))
        given = None
        if self.given is not None:
            which = indices if of_given is None else of_given
            given = self.given.batch(which % len(self.given) if self.spec.unpaired else which).real
        return Batch(self.spec.encode(chosen.to(self.device or chosen.device)), labels, given)

    def unlabelled(self) -> Dataset:
        """The same samples without their labels."""
        return replace(self, labels=None)

    def to(self, device: torch.device) -> Dataset:
        """The same data on a device; samples that would fill more than half of it stay where they are."""
        labels = None if self.labels is None else self.labels.to(device)
        samples = self.samples if self._too_large_for(device) else self.samples.to(device)
        given = None if self.given is None else self.given.to(device)
        return replace(self, samples=samples, labels=labels, device=device, given=given)

    def _too_large_for(self, device: torch.device) -> bool:
        return device.type == "cuda" and self.samples.nbytes > torch.cuda.mem_get_info(device)[0] / 2


def check_size(name: str, count: int, batch_size: int, parts: int = 1) -> None:
    """Refuse a data set that cannot fill one batch; a batch is divided into ``parts``.

    Raises:
        DataError: the data set is empty, or has fewer samples than a batch.
    """
    if count == 0:
        raise DataError(f"{name} holds no samples.")
    if count < batch_size:
        less = f"--batch-size {count // parts * parts} or less"
        if count < parts:
            less = f"--batch-size {count} --ghost-batches 1 in one process"
        raise DataError(
            f"{name} has {counted(count, 'sample')}, fewer than one batch of {batch_size}. "
            f"Add samples or train with {less}."
        )
