"""``--log tensorboard``: event files in the run folder, through Fabric's logger.

Only this file uses the package ``tensorboard``, by way of Fabric and torch.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric.loggers.tensorboard import TensorBoardLogger
from PIL import Image

from sparring.config.toml import to_toml
from sparring.history import layout
from sparring.runs.folder import RunFolder

FOLDER = "tensorboard"


class TensorBoard:
    """Numbers, sheets, sounds and texts by step, for ``tensorboard --logdir runs``."""

    def __init__(self, folder: RunFolder, step: int) -> None:
        if not step:  # a new run in place of another
            layout.drop_logs(folder.path)
        # What an earlier process logged of later steps is hidden by TensorBoard.
        purged: dict[str, Any] = {"purge_step": step + 1} if step else {}
        self.logger = TensorBoardLogger(folder.path, name=FOLDER, version="", **purged)
        self.to = self.logger.experiment
        if not step:
            self.to.add_text("options", _block(to_toml(folder.config).splitlines()), 0)

    def numbers(self, step: int, numbers: Mapping[str, float]) -> None:
        self.logger.log_metrics(numbers, step)
        self.logger.save()

    def picture(self, step: int, png: bytes) -> None:
        with Image.open(io.BytesIO(png)) as picture:
            self.to.add_image("samples", np.asarray(picture.convert("RGB")), step, dataformats="HWC")

    def sound(self, step: int, wav: Path) -> None:
        with wave.open(str(wav)) as sound:
            values = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float32) / 2**15
            self.to.add_audio("sound", torch.from_numpy(values)[None], step, sound.getframerate())

    def text(self, step: int, lines: Sequence[str]) -> None:
        self.to.add_text("texts", _block(lines), step)

    def close(self) -> None:
        self.logger.finalize("")


def _block(lines: Sequence[str]) -> str:
    """Lines as a block of Markdown that is shown as it is."""
    return "\n".join(f"    {line}" for line in lines)
