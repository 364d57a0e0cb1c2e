"""``--log csv``: the history as a table, ``csv/metrics.csv`` in the run folder, through Fabric's logger."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from lightning_fabric.loggers.csv_logs import CSVLogger

from sparring.history import layout
from sparring.runs.folder import RunFolder
from sparring.runs.loggers.logger import numbers_of

FOLDER = "csv"


class Csv:
    """Numbers alone; a table has no place for pictures, sounds and texts."""

    def __init__(self, folder: RunFolder, step: int) -> None:
        layout.drop_logs(folder.path)
        self.logger = CSVLogger(folder.path, name=FOLDER, version="")
        with warnings.catch_warnings():  # it would warn of files of the user, which stay
            warnings.simplefilter("ignore")
            _ = self.logger.experiment
        for record in folder.records():  # of the training so far: the history has no later ones now
            self.numbers(record.step, numbers_of(record))

    def numbers(self, step: int, numbers: Mapping[str, float]) -> None:
        self.logger.log_metrics(dict(numbers), step)
        self.logger.save()

    def picture(self, step: int, png: bytes) -> None:
        pass

    def sound(self, step: int, wav: Path) -> None:
        pass

    def text(self, step: int, lines: Sequence[str]) -> None:
        pass

    def close(self) -> None:
        self.logger.finalize("")
