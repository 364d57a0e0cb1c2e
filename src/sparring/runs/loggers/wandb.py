"""``--log wandb``: Weights & Biases. Only this file uses the package ``wandb``."""

from __future__ import annotations

import io
import os
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from sparring.errors import ConfigError
from sparring.runs.folder import RunFolder

PROJECT = "sparring"


class WandB:
    """Numbers, sheets, sounds and texts of a run; ``WANDB_MODE=offline`` keeps them in the run folder."""

    def __init__(self, folder: RunFolder, step: int) -> None:
        """Raises: ConfigError: there is no account, and it is not offline."""
        import wandb

        try:
            self.run = wandb.init(
                project=os.environ.get("WANDB_PROJECT", PROJECT),
                name=folder.path.name,
                id=str(folder.facts["id"]),
                resume="allow",
                dir=folder.path,
                config=folder.config.flat(),
                settings=wandb.Settings(silent=True, console="off"),
            )
        except wandb.errors.UsageError as error:
            raise ConfigError(
                "log = wandb finds no account: run `wandb login` once, or set WANDB_MODE=offline, which keeps "
                "everything in the run folder, for `wandb sync`."
            ) from error
        self.package: Any = wandb
        self.run.define_metric("*", step_metric="step")  # wandb's own count cannot go back, as a rescue does

    def numbers(self, step: int, numbers: Mapping[str, float]) -> None:
        self.run.log({"step": step, **numbers})

    def picture(self, step: int, png: bytes) -> None:
        with Image.open(io.BytesIO(png)) as picture:
            self.run.log({"step": step, "samples": self.package.Image(picture)})

    def sound(self, step: int, wav: Path) -> None:
        with wave.open(str(wav)) as sound:
            rate = sound.getframerate()
        self.run.log({"step": step, "sound": self.package.Audio(str(wav), sample_rate=rate)})

    def text(self, step: int, lines: Sequence[str]) -> None:
        table = self.package.Table(columns=["text"], data=[[line] for line in lines])
        self.run.log({"step": step, "texts": table})

    def close(self) -> None:
        self.run.finish()
