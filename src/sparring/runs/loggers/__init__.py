"""Loggers: what a training records is also told to another tool, as its option ``log`` names it."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from sparring.config.option import NONE
from sparring.data.pictures import as_png
from sparring.errors import ConfigError, Tell, quoted, reason
from sparring.history.record import Record
from sparring.kinds.kind import Array, Kind
from sparring.runs.folder import RunFolder
from sparring.runs.loggers.csv import Csv
from sparring.runs.loggers.logger import Logger, numbers_of
from sparring.runs.loggers.mlflow import MLflow
from sparring.runs.loggers.tensorboard import TensorBoard
from sparring.runs.loggers.wandb import WandB

SOUNDS = 2  # samples whose sound is logged with each sheet
SOUND = ".wav"


class Tool(NamedTuple):
    """A tool that is logged to: how its logger is opened, and the package that it needs, "" for none."""

    opened: Callable[[RunFolder, int], Logger]
    package: str = ""


LOGGERS: dict[str, Tool] = {
    "csv": Tool(Csv),
    "tensorboard": Tool(TensorBoard, "tensorboard"),
    "wandb": Tool(WandB, "wandb"),
    "mlflow": Tool(MLflow, "mlflow"),
}


def check(name: str) -> None:
    """Refuse a tool whose package is not installed.

    Raises:
        ConfigError: which package is missing, and how it is installed.
    """
    package = LOGGERS[name].package if name in LOGGERS else ""
    if package and importlib.util.find_spec(package) is None:
        raise ConfigError(
            f"log = {name} needs the package {package}, which is not installed: pip install "
            f"'sparring[{name}]'. Without it: --log csv."
        )


class Log:
    """Tells a logger of records and samples.

    A tool that fails, such as a server that does not answer, is told of once and asked no more: the training
    goes on, and its run folder has everything.
    """

    def __init__(self, folder: RunFolder, step: int, kind: Kind, tell: Tell) -> None:
        """``step``: from which the training goes on; what a tool has of later ones is replaced."""
        self.name, self.kind, self.folder, self.tell = folder.config.records.log, kind, folder, tell
        self.logger: Logger | None = None
        if self.name != NONE:
            check(self.name)
            self._safely(partial(self._open, step))

    def record(self, record: Record) -> None:
        """Log the numbers of a record, under their names in the history."""
        if self.logger:
            self._safely(partial(self.logger.numbers, record.step, numbers_of(record)))

    def samples(self, step: int, sheet: Image.Image, decoded: Array) -> None:
        """Log the sheet of samples, and their sounds or texts if they have some."""
        if self.logger:
            self._safely(partial(self._samples, self.logger, step, sheet, decoded))

    def close(self) -> None:
        """Write what is left."""
        if self.logger:
            self._safely(self.logger.close)
        self.logger = None

    def _open(self, step: int) -> None:
        self.logger = LOGGERS[self.name].opened(self.folder, step)

    def _samples(self, logger: Logger, step: int, sheet: Image.Image, decoded: Array) -> None:
        spec = self.folder.spec
        logger.picture(step, as_png(sheet))
        if self.kind.lines:
            logger.text(step, self.kind.lines(decoded, spec))
        if write := self.kind.writers.get(SOUND):
            with tempfile.TemporaryDirectory() as place:
                path = Path(place) / f"samples{SOUND}"
                write(decoded[:SOUNDS], None, spec, path, None)
                logger.sound(step, path)

    def _safely(self, call: Callable[[], object]) -> None:
        try:
            call()
        except ConfigError:
            raise
        except Exception as error:
            self.logger = None
            why = quoted(str(error) or type(error).__name__)
            if isinstance(error, OSError) and error.errno is not None:  # a server's have no number
                why = reason(error)
            self.tell(
                f"log = {self.name} failed ({why}) and is left out from here on; the training goes on, and "
                f"{self.folder.path} has everything."
            )
