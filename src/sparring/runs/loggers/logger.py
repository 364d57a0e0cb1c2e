"""What every logger can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sparring.history.record import Record


class Logger(Protocol):
    """Shows what a training records in another tool. One that has no place for a medium leaves it out."""

    def numbers(self, step: int, numbers: Mapping[str, float]) -> None:
        """Numbers by their logged names."""

    def picture(self, step: int, png: bytes) -> None:
        """The sheet of samples, as a PNG file."""

    def sound(self, step: int, wav: Path) -> None:
        """The sound of samples: a WAV file, which is deleted afterwards."""

    def text(self, step: int, lines: Sequence[str]) -> None:
        """Samples as lines of text."""

    def close(self) -> None:
        """Write what is left; nothing is logged after that."""


def numbers_of(record: Record) -> dict[str, float]:
    """The numbers of a record by name: how far the training is, and what was logged."""
    head = {"samples_seen": record.samples_seen, "seconds": record.seconds, "progress": record.progress}
    return {**head, **record.values}
