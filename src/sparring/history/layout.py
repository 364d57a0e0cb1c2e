"""The names of all files in a run folder. Only files with these names are listed, kept or deleted."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from sparring.errors import RunError, reason
from sparring.files import read_object

RUN, CONFIG, HISTORY = "run.json", "config.toml", "history.jsonl"
RESCUE, CHOICE, QUALITY, LOCK = "rescue.jsonl", "best.json", "quality.json", "lock"
GAME, DRAWN_WITH = "game", "drawn_with"  # names that run.json has of a program's own game
SHEET, ANIMATION = "samples.png", "training.gif"
EVALUATION, NEAREST, REPORT = "evaluation.json", "nearest.png", "report.html"
TRANSLATION, TRANSLATED = "translation.json", "translation.png"  # written by evaluate of a translation
TRAINING_FILES = (RUN, CONFIG, HISTORY, RESCUE, CHOICE, QUALITY, SHEET, ANIMATION)
LATER_FILES = (EVALUATION, NEAREST, REPORT, TRANSLATION, TRANSLATED)  # written by evaluate and report
DETECTOR = "detector.json"  # of a folder that `sparring detect fit` wrote
UNFINISHED = "unfinished"  # what a fit of a detector that was stopped has trained, in its folder
FITTING = "fitting.json"  # in UNFINISHED: how far the fit is
FOUND, SCORES, SHEET_SUFFIX = "found", "scores.csv", ".heat.png"  # what `sparring detect score` writes there
SCORING = ".scoring.json"  # there, while it writes them: the pictures' names
TUNED = "tune.json"  # of a folder that `sparring tune` wrote
STUDY, VERDICT = "study.json", "verdict.json"  # of a folder that `sparring study` wrote
DRAWN = "drawn"  # the default folder of `sparring sample`
EXPORTED = "exported"  # the default folder of `sparring export`

CHECKPOINTS, HEALTHY, BEST, START = "checkpoints", "healthy", "best", "start"
PAST = "past"  # generators along the way
STATE, TENSORS = ".json", ".safetensors"  # the two files of a checkpoint
SAMPLES, PICTURE, TEXT = "samples", ".png", ".txt"  # a text beside the picture, of what is read
FIELDS, FIELD, REAL_FIELD = "fields", ".json", "real.json"
BY_STEP = dict.fromkeys((CHECKPOINTS, HEALTHY, BEST, START, PAST), (STATE, TENSORS)) | {
    SAMPLES: (PICTURE, TEXT),
    FIELDS: (FIELD,),
}  # folders whose files are named after a step; of a checkpoint the state is deleted first

LOGS = {"csv": "metrics.csv", "tensorboard": "events.out.tfevents.*"}  # of --log: a folder, its files


def step_name(step: int) -> str:
    """The file name for a step, without a suffix."""
    return f"{step:08d}"


def is_step(name: str) -> bool:
    """Whether the text is a number of steps, written in ASCII digits."""
    return name.isascii() and name.isdecimal() and len(name) <= 15


def steps(folder: Path, suffix: str) -> list[int]:
    """The steps, ascending, of the files whose names are ``step_name`` with this suffix."""
    try:
        with os.scandir(folder) as entries:  # an entry knows whether it is a file without another system call
            names = [entry.name for entry in entries if entry.name.endswith(suffix) and entry.is_file()]
    except OSError:
        return []
    stems = [name.removesuffix(suffix) for name in names]
    return sorted(int(stem) for stem in stems if is_step(stem) and stem == step_name(int(stem)))


def checkpoints(folder: Path) -> list[int]:
    """The steps, ascending, of the checkpoints in a folder that name this step and this run."""
    run = identity(folder.parent)
    return [step for step in steps(folder, STATE) if _belongs(folder / f"{step_name(step)}{STATE}", step, run)]


def _belongs(path: Path, step: int, run: str) -> bool:
    facts = read_object(path)
    return "sha256" in facts and facts.get("step") == step and of_run(facts, run)


def identity(run: Path) -> str:
    """The id of a run, "" if run.json has none."""
    found = read_object(run / RUN).get("id", "")
    return found if isinstance(found, str) else ""


def own(run: Path) -> dict[str, Any]:
    """What of a run's game is a user's own and described by no option, by name; nothing of most runs."""
    found = read_object(run / RUN).get("own", {})
    return found if isinstance(found, dict) else {}


def of_run(facts: Mapping[str, Any], run: str) -> bool:
    """Whether a checkpoint may belong to this run; an old checkpoint does not name its run."""
    return not run or facts.get("run", run) == run


def drop(folder: Path, unwanted: Callable[[int], bool], written: Collection[int]) -> None:
    """Delete the files of unwanted steps in a folder of BY_STEP, and tensors that have no state.

    A process that is killed while it writes or deletes a checkpoint leaves such tensors.

    Args:
        unwanted: whether the files of a step are deleted.
        written: the steps at which the run wrote files; a file of another step belongs to the user and stays.
    """
    for suffix in BY_STEP[folder.name]:
        for step in steps(folder, suffix):
            path = folder / f"{step_name(step)}{suffix}"
            alone = suffix == TENSORS and not path.with_suffix(STATE).exists()
            if step in written and (alone or unwanted(step)):
                path.unlink(missing_ok=True)


def is_run(path: Path) -> bool:
    """Whether sparring wrote this folder's run.json, the first file of every run."""
    return "sparring" in read_object(path / RUN)


def drop_logs(run: Path) -> None:
    """Delete what loggers wrote into a run folder."""
    for name, files in LOGS.items():
        for path in (run / name).glob(files):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # there is none, or it has files of the user
            (run / name).rmdir()


def refuse_training_file(out: Path) -> None:
    """Refuse to write over a training's files, for the verbs that only read a run.

    Raises:
        RunError: ``out`` is a file or a folder that a training writes, or the run folder itself.
    """
    for place in map(Path, (os.path.abspath(out), os.path.realpath(out))):
        above, higher = place.parent, place.parent.parent
        for run, part in ((place, ""), (above, place.name), (higher, above.name)):
            if part in ("", LOCK, *TRAINING_FILES, *BY_STEP, *LOGS) and is_run(run):
                what = f"a part of the run {run}" if part else "a run folder"
                raise RunError(f"{out} is {what}, which only a training writes to: choose another --out.")


def refuse_taken(out: Path, force: bool) -> None:
    """Refuse to replace a file or folder, unless ``force`` is given.

    Raises:
        RunError: ``out`` exists.
    """
    if out.exists() and not force:
        raise RunError(f"{out} exists already: choose another --out, or replace it with --force.")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's errors while ``path`` is written into a plain message.

    Raises:
        RunError: ``path`` cannot be written, and why.
    """
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot write {path}: {reason(error)}.") from error


@contextmanager
def new_file(folder: Path, stem: str, suffix: str) -> Iterator[Path]:
    """Reserve an unused file name, folder/stem.suffix or folder/stem-2.suffix and so on, to write to.

    Raises:
        OSError: no file can be made in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        with suppress(FileExistsError):
            path.touch(exist_ok=False)  # now, so that no other process takes the name
            break
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise
