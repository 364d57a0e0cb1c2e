"""Unfinished trainings of a detector, in a folder: a fit that was stopped goes on with them exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sparring.errors import RunError
from sparring.files import write_whole
from sparring.history.layout import DETECTOR, FITTING, LOCK, UNFINISHED
from sparring.runs.folder import only_trainer

SUFFIX = ".safetensors"
KEY = "key"  # in the files: what is fitted with which options


class Kept:
    """The states of trainings, by their names; nothing is kept without a folder.

    Args:
        key: of what is fitted and how; a state that was left with another key is not found.
    """

    def __init__(self, folder: Path | None = None, key: str = "") -> None:
        self.folder, self.key = folder, key

    def load(self, name: str) -> dict[str, Tensor]:
        """The tensors of a state; none if there is no state of this key, or it is damaged."""
        if self.folder is None or not (path := self.folder / f"{name}{SUFFIX}").is_file():
            return {}
        try:
            with safe_open(path, "pt") as file:
                if (file.metadata() or {}).get(KEY) != self.key:
                    return {}
                return {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError):
            return {}

    def save(self, name: str, tensors: dict[str, Tensor]) -> None:
        """Keep a state in place of the last one of this name."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            content = {key: tensor.contiguous() for key, tensor in tensors.items()}
            write_whole(self.folder / f"{name}{SUFFIX}", save(content, {KEY: self.key}))


@contextmanager
def unfinished(out: Path) -> Iterator[Path]:
    """The folder of unfinished trainings in that of a detector, for one process; gone after a fit that ended.

    Raises:
        RunError: another process fits there.
    """
    folder = out / UNFINISHED
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with only_trainer(folder):
            yield folder
    except RunError:
        raise
    except BaseException:
        if not states(folder):
            _remove(folder)
            with suppress(OSError):  # it has something else
                out.rmdir()
        raise
    _remove(folder)


def begun(parent: Path, name: str) -> Path | None:
    """The first of the folders parent/name-1 and so on in which a fit was stopped; None if there is none."""
    of_fits = sorted(parent.glob(f"{escape(name)}-*/{UNFINISHED}"))
    return next((each.parent for each in of_fits if not (each.parent / DETECTOR).exists()), None)


def states(folder: Path) -> list[Path]:
    """The files of states in a folder of unfinished trainings."""
    return list(folder.glob(f"*{SUFFIX}"))


def _remove(folder: Path) -> None:
    for path in (*states(folder), folder / FITTING, folder / LOCK):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def key_of(pictures: Tensor, *options: object) -> str:
    """A key of normal pictures (N, C, H, W) and of everything else that a training follows from."""
    total = hashlib.sha256(repr((tuple(pictures.shape), *options)).encode())
    for picture in pictures:  # one after another, since they may lie on a disk
        total.update(picture.contiguous().numpy().data)
    return total.hexdigest()
