"""Generators along the way of a training, kept small, so that its samples can be drawn at earlier times."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.games.game import Game
from sparring.history import layout
from sparring.runs import checkpoint
from sparring.runs.folder import RunFolder

COUNT = 10  # that are kept of a training, at most, beside its last checkpoints
MOST_BYTES = 40_000_000  # of all together; of a larger generator fewer are kept


class Past:
    """Keeps the network that samples are drawn with, in half precision; early ones are closer together in
    time.

    Args:
        progress: share of the training that is behind it; of that the first is kept at step 0.
    """

    def __init__(self, folder: RunFolder, game: Game, progress: float) -> None:
        self.folder, self.game = folder, game
        size = half_precision_bytes(game.sampling_generator.state_dict().values())
        self.most = min(COUNT, MOST_BYTES // max(1, size))
        self.kept = due(self.most, progress) if game.clock.step else -1

    def note(self, progress: float) -> None:
        """Keep the network if it is time for it; at the end the last checkpoint has it."""
        number = due(self.most, progress)
        if progress >= 1 or number <= self.kept or not self.most:
            return
        self.kept = number
        clock = self.game.clock
        facts: dict[str, Any] = {
            "version": checkpoint.VERSION,
            "step": clock.step,
            "samples_seen": clock.samples_seen,
            "seconds": clock.seconds,
            "half": True,
        }
        if run := layout.identity(self.folder.path):
            facts["run"] = run
        checkpoint.put(self.folder.path / layout.PAST, facts, self._tensors())

    def _tensors(self) -> dict[str, Tensor]:
        state, network = self.game.sampling_generator.state_dict(), self.folder.drawn_with
        return {f"{network}/{name}": half_precision(tensor) for name, tensor in state.items()}


def due(count: int, progress: float) -> int:
    """Which of ``count`` pictures or generators is due; early ones are closer together in time."""
    return int(count * progress ** (2 / 3))


def half_precision(tensor: Tensor) -> Tensor:
    """A tensor in half precision, unless its values are too large for it."""
    tensor = tensor.detach().cpu().contiguous()
    half = tensor.half()
    return half if tensor.dtype == torch.float32 and bool(half.isfinite().all()) else tensor


def half_precision_bytes(tensors: Iterable[Tensor]) -> int:
    """The size of tensors in ``half_precision``, from their shapes: values that are too large do not count."""
    return sum(t.numel() * (2 if t.dtype == torch.float32 else t.element_size()) for t in tensors)


def nearest(run: Path, last: float) -> Path:
    """The folder with the newest generator up to this step: that of checkpoints, or of those along the way."""
    newest = {
        name: max((step for step in layout.checkpoints(run / name) if step <= last), default=-1)
        for name in (layout.CHECKPOINTS, layout.PAST)
    }
    return run / max(newest, key=lambda name: newest[name])
