"""What a study has finished, in its folder: a line for each training, and the samples that each GAN drew.

A killed study loses the training that was under way, and nothing else.
"""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load, save

from sparring.config.values import field, finite, listed, text, whole
from sparring.errors import UnreadableError
from sparring.files import left_over, parse_json, read_bytes, read_text, write_whole
from sparring.uses.study.arms import Labelled
from sparring.uses.study.classifier import Score

CELLS, FORGED = "cells.jsonl", "forged"
GAN = "GAN"  # instead of an arm's name: the training of a GAN


class Key(NamedTuple):
    """One training: in which subset, of which arm, from which initialisation."""

    block: int
    arm: str
    start: int


class Cells:
    """The finished trainings of a study.

    Attributes:
        scores: of each training after each number of steps.
        seconds: that each training took.
    """

    def __init__(self, folder: Path | None) -> None:
        """Read what is there; without a folder, everything is kept in memory alone."""
        self.folder = folder
        self.scores: dict[Key, list[Score]] = {}
        self.seconds: dict[Key, float] = {}
        self._forged: dict[int, Labelled] = {}
        if folder and (folder / CELLS).is_file():
            for line in read_text(folder / CELLS).splitlines():
                try:
                    key, scores, seconds = _read(parse_json(line))
                except UnreadableError:  # a process was killed while it wrote the line
                    continue
                self.scores[key], self.seconds[key] = scores, seconds

    @property
    def spent(self) -> float:
        """The seconds of all finished trainings."""
        return sum(self.seconds.values())

    def discard_parts(self) -> None:
        """Remove what a process was killed while writing; only where no other process is at work."""
        for path in left_over(self.folder / FORGED) if self.folder else ():
            path.unlink(missing_ok=True)

    def add(self, key: Key, scores: list[Score], seconds: float) -> None:
        """Keep a finished training."""
        self.scores[key], self.seconds[key] = scores, seconds
        if self.folder:
            line = {**key._asdict(), "seconds": round(seconds, 3), "scores": [s._asdict() for s in scores]}
            with (self.folder / CELLS).open("ab") as file:
                file.write(f"\n{json.dumps(line)}\n".encode())  # the first ends a line that was cut short
                file.flush()
                os.fsync(file.fileno())

    def forged(self, block: int) -> Labelled | None:
        """What the GAN of a subset drew; None if it is not trained yet."""
        if self.folder is None or block in self._forged:
            return self._forged.get(block)
        try:
            tensors = load(read_bytes(self._path(block)))
            self._forged = {block: Labelled(tensors["samples"], tensors["labels"])}  # of one subset at a time
        except (UnreadableError, SafetensorError, KeyError):
            return None
        return self._forged[block]

    def add_forged(self, block: int, drawn: Labelled, seconds: float) -> None:
        """Keep what a GAN drew."""
        self._forged = {block: drawn}
        if self.folder:
            self._path(block).parent.mkdir(exist_ok=True)
            write_whole(self._path(block), save({"samples": drawn.samples, "labels": drawn.labels}))
        self.add(Key(block, GAN, 0), [], seconds)

    def _path(self, block: int) -> Path:
        assert self.folder is not None
        return self.folder / FORGED / f"{block}.safetensors"


def _read(values: Any) -> tuple[Key, list[Score], float]:
    key = Key(field(values, "block", whole), field(values, "arm", text), field(values, "start", whole))
    scores = field(values, "scores", lambda found: listed(found, _score, most=10))
    return key, list(scores), field(values, "seconds", finite)


def _score(values: Any) -> Score:
    numbers = partial(listed, check=finite)
    return Score(
        field(values, "steps", whole),
        field(values, "choose", finite),
        field(values, "test", finite),
        tuple(field(values, "recalls", numbers)),
    )
