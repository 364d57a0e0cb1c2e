"""Make a new run folder, at a free path or in place of an old run."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch

from sparring import __version__
from sparring.config.groups import Config
from sparring.config.toml import to_toml
from sparring.data.spec import Dataset
from sparring.errors import RunError, SparringError
from sparring.files import write_whole
from sparring.history import layout
from sparring.history.facts import FORMAT
from sparring.history.find import USUAL
from sparring.machine.device import Runtime
from sparring.runs.folder import RunFolder, clear, facts_of, only_trainer
from sparring.runs.loggers import check

OF_DATA = (  # the facts in run.json about the data
    *("data", "data_count", "data_sha256", "classes", "class_counts"),
    *("noun", "media", "measures", "spec", "given"),
)


def create(
    path: Path,
    config: Config,
    data: Dataset | Mapping[str, Any],
    *,
    own: Mapping[str, str] | None = None,
    source: Mapping[str, Any] | None = None,
    force: bool = False,
) -> RunFolder:
    """Make a new run folder. With ``force`` the files of an old run there are deleted, but no others.

    Args:
        data: the training data, or the facts about the data in another run's ``facts``.
        own: a text about each part of the game that is a user's own and not described by the config.
        source: the facts about the run with whose players this one begins.

    Raises:
        RunError: the folder exists, or is not a run folder though ``force`` is given.
    """
    if not force:
        check_free(path)
    elif not _is_free(path):
        if not layout.is_run(path):
            raise RunError(
                f"{path} is not a run folder, so --force (force=True) will not touch it. Choose another folder."
            )
        with only_trainer(path):
            clear(path, lambda _: True)
            (path / layout.FIELDS / layout.REAL_FIELD).unlink(missing_ok=True)
            layout.drop_logs(path)
            for name in layout.BY_STEP:
                with suppress(OSError):  # a folder that is not empty has files of the user
                    (path / name).rmdir()
            # run.json last: it shows that this is a run folder
            for name in (*layout.LATER_FILES, *reversed(layout.TRAINING_FILES)):
                if (path / name).is_file():
                    (path / name).unlink()
    of_data = facts_of(data) if isinstance(data, Dataset) else data
    said = {
        "format": FORMAT,
        "id": uuid4().hex,
        "sparring": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        **{name: of_data[name] for name in OF_DATA if name in of_data},
        **({"own": dict(own)} if own else {}),
        **({"source": dict(source)} if source else {}),
    }
    with layout.writing(path):
        for folder in (path, path / layout.SAMPLES, path / layout.CHECKPOINTS):
            folder.mkdir(parents=True, exist_ok=True)
        write_whole(path / layout.RUN, json.dumps(said, indent=1).encode())
        write_whole(path / layout.CONFIG, to_toml(config).encode())
    return RunFolder(path)


def create_for_all(
    runtime: Runtime,
    path: Path | Callable[[], Path],
    config: Config,
    data: Dataset,
    *,
    own: Mapping[str, str] | None = None,
    source: Mapping[str, Any] | None = None,
    force: bool = False,
) -> RunFolder:
    """Call ``create`` in the first of the processes that train together; the others wait for the folder.

    Args:
        path: the folder, or a function that finds a free one, which only the first process calls.
    """
    check(config.records.log)
    made, refusal = Path(), ""
    if runtime.rank == 0:
        try:
            made = path if isinstance(path, Path) else path()
            create(made, config, data, own=own, source=source, force=force)
        except SparringError as error:
            refusal = str(error)
    made, refusal = runtime.agree((made, refusal))
    if refusal:
        raise RunError(refusal)
    return RunFolder(made)


def check_free(path: Path) -> None:
    """Refuse a path that is not free for a new run.

    Raises:
        RunError: it exists and is not empty.
    """
    if not _is_free(path):
        here = "go on with `sparring resume` (resume=True), replace it with --force (force=True), or "
        raise RunError(f"{path} exists already: {here if layout.is_run(path) else ''}choose another folder.")


def _is_free(path: Path) -> bool:
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def remove_empty(out: Path) -> None:
    """Remove a folder in which nothing was begun, and the default folder of trainings if it is empty then."""
    with suppress(OSError):  # it is not there, or not empty
        out.rmdir()
        if out.parent == USUAL:
            USUAL.rmdir()


def free_path(parent: Path, name: str) -> Path:
    """Make the folder parent/name-1, or that with the first free number, and return its path.

    It is made at once, so that no other process takes the number.
    """
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = parent / f"{name}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path
