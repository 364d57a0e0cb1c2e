"""``sparring.study``: does synthetic data help a classifier of this data? For Python programs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from sparring.config import arguments
from sparring.config.arguments import number, whole
from sparring.config.groups import FilesConfig
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.data.table.codec import Columns
from sparring.errors import RunError, Tell, counted, room
from sparring.history.layout import STUDY
from sparring.runs.fitted import warned
from sparring.uses import asked as taken
from sparring.uses.progress import shows_progress, working
from sparring.uses.study import session
from sparring.uses.study.rows import Table
from sparring.uses.study.session import MINUTES, Asked
from sparring.uses.study.subject import Pictures, Subject, without_repeats
from sparring.uses.study.subsets import BLOCKS, LEAST_SUBSETS, MOST_SUBSETS, PER_CLASS
from sparring.uses.study.verdict import Result


@room()
def study(
    data: Any,
    labels: Any = None,
    *,
    minutes: float = MINUTES,
    subsets: int = LEAST_SUBSETS,
    per_class: int = PER_CLASS,
    rare: Mapping[str, int] | None = None,
    seed: int = 0,
    target: str = "none",
    out: str | Path | None = None,
    verbose: bool | None = None,
) -> Result:
    """Measure whether synthetic data helps a classifier, as ``sparring study`` does; print the result or
    read it.

    Args:
        data: labelled pictures, as ``GAN.fit`` takes them: a built-in name, an array or a tensor; or a table.
        labels: of an array, (N,).
        minutes: for everything.
        subsets: disjoint ones, at least 3.
        per_class: samples of each class in a subset, at most; ``rare`` says it for single classes.
        target: of a table, the column to predict.
        out: a folder that keeps what is finished, and from which a study that was stopped goes on.
        verbose: show the progress; by default, in a terminal or a notebook.

    Raises:
        DataError: there are no labels, or too few samples of a class.
        ConfigError: the minutes are too few, or an argument does not fit.
        RunError: the minutes were over before three subsets were complete, or ``out`` holds another study.
    """
    files = FilesConfig(target=target)
    read = taken.dataset(data, labels, files)
    wanted = Asked(
        data=read.name,
        files=files,
        minutes=number("minutes", minutes, 0),
        subsets=whole("subsets", subsets, BLOCKS, MOST_SUBSETS),
        per_class=whole("per_class", per_class, 1),
        rare=dict(rare or {}),
        seed=whole("seed", seed, 0),
    )
    subject = subject_of(read, builtin.held_out(read.name), warned)
    folder = None if out is None else arguments.path("out", out)
    with working() if shows_progress(verbose) else nullcontext(lambda _: None) as tell:
        if folder and (folder / STUDY).is_file():
            if not wanted.same(session.read(folder)[0]):
                raise RunError(f"{folder} holds a study that was asked otherwise: give another out.")
            found = session.go_on(subject, wanted, folder)
        else:
            found = session.begin(subject, wanted, folder, tell)
        for progress in found.run(tell):
            tell(f"{progress.share:.0%}, {progress.last}")
    return found.result


def subject_of(data: Dataset, tested: Dataset | None, tell: Tell) -> Subject:
    """The study of labelled pictures, without those that repeat others, or of a table with a target.

    Args:
        tested: a test set that comes with the data, if there is one.
        tell: called where samples are left out.

    Raises:
        DataError: neither labels nor a target, or another kind of data.
    """
    if isinstance(data.spec.codec, Columns):
        return Table.of(data)
    if tested is not None and tested.classes != data.classes:
        tested = None
    data, lost = without_repeats(data, tested)
    if lost:
        tell(f"{counted(lost, 'sample')} left out that repeat others.")
    return Pictures(data, tested)
