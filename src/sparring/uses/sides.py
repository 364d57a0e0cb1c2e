"""Open the two sides of a comparison that a user names: real data, and fakes or the run that draws them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sparring import kinds
from sparring.config.groups import FilesConfig
from sparring.data import builtin
from sparring.data.spec import Dataset, Spec
from sparring.data.store import Watch
from sparring.errors import DataError, RunError
from sparring.history.find import marked, runs_in
from sparring.kinds import find
from sparring.runs.folder import RunFolder


def source(
    name: str,
    warn: Callable[[str], object],
    like: Spec | None = None,
    files: FilesConfig | None = None,
    watch: Watch | None = None,
) -> Dataset | RunFolder:
    """Open what a user names: a built-in set, a run folder, or files as ``find.dataset`` reads them.

    Args:
        warn: receives warnings about the data.
        like: the spec of data to compare with. Pictures get its number of channels, if ``files`` gives none.
        files: how files are read. Pictures keep their size if it gives none.
        watch: receives the progress of reading files.

    Raises:
        DataError: the name means neither data nor a run.
    """
    if find.is_run(name):
        return RunFolder(Path(name))
    for remark in find.shadowed(name):
        warn(remark)
    found = find.dataset(name, watch=watch, **find.comparable(name, like, files or FilesConfig()))
    if like is not None:
        found = kinds.of(like).adapted(found, like)
    for note in found.origin.notes if found.origin else ():
        warn(f"{name}: {note}")
    return found


def both(
    real: str,
    fake: str,
    warn: Callable[[str], object],
    files: FilesConfig | None = None,
    watch: Watch | None = None,
) -> tuple[Dataset, Dataset | RunFolder]:
    """Open the two sides of a comparison.

    Folders of pictures are read with the options in ``files``, or with as many channels as the other side.

    Raises:
        DataError: a name means neither data nor a run, or ``real`` is a run.
    """
    if find.is_run(fake):
        folder = RunFolder(Path(fake))
        return only_data(source(real, warn, folder.spec, folder.config.files, watch), "--real"), folder
    reals = only_data(source(real, warn, files=files, watch=watch), "--real")
    return reals, source(fake, warn, reals.spec, on_scale_of(reals, files), watch)


def on_scale_of(reals: Dataset, files: FilesConfig | None = None) -> FilesConfig:
    """The options to read pictures with the same levels as the reals, so that both can be compared."""
    read = reals.origin.options if reals.origin else {}
    files = files or FilesConfig()
    return replace(files, levels=read.get("levels", files.levels))


def only_data(found: Dataset | RunFolder, role: str) -> Dataset:
    """Refuse a run where real data is needed.

    Raises:
        DataError: ``found`` is a run.
    """
    if isinstance(found, RunFolder):
        raise DataError(f"{role} {found.path} is a run: give data as {role}, and the run as --fake.")
    return found


def only_run(path: Path) -> RunFolder:
    """Refuse data where a run is needed.

    Raises:
        RunError: the path is not a run folder.
    """
    runs = marked(path) or runs_in(path)
    if not runs and (path.exists() or str(path) in builtin.BUILT_IN):
        raise RunError(
            f"{path} is not a run folder. To measure data, run sparring evaluate --real DATA --fake {path}."
        )
    return RunFolder(path)
