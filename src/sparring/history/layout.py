"""Which files sparring writes into a run folder, by name. Only such files are listed, kept or deleted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from sparring.errors import RunError, reason
from sparring.files import read_object

RUN, CONFIG, HISTORY = "run.json", "config.toml", "history.jsonl"
RESCUE, CHOICE, QUALITY, LOCK = "rescue.jsonl", "best.json", "quality.json", "lock"
SHEET, ANIMATION = "samples.png", "training.gif"
EVALUATION, NEAREST, REPORT = "evaluation.json", "nearest.png", "report.html"
OF_TRAINING = (RUN, CONFIG, HISTORY, RESCUE, CHOICE, QUALITY, SHEET, ANIMATION)
OF_LOOKING = (EVALUATION, NEAREST, REPORT)  # by verbs that look at a run
MOST_LABEL = 60  # characters of a label in a file's name, whose bytes no system takes more than 255 of
DRAWN = "drawn"  # the folder of what is drawn without saying where to

CHECKPOINTS, HEALTHY, BEST = "checkpoints", "healthy", "best"
STATE, TENSORS = ".json", ".safetensors"  # the two files of a checkpoint
SAMPLES, PICTURE = "samples", ".png"
FIELDS, FIELD, REAL_FIELD = "fields", ".json", "real.json"
BY_STEP = dict.fromkeys((CHECKPOINTS, HEALTHY, BEST), (STATE, TENSORS)) | {
    SAMPLES: (PICTURE,),
    FIELDS: (FIELD,),
}  # folders of files that are named after a step; a state goes before its tensors, which alone do not count


def step_name(step: int) -> str:
    """How a file is named after a step, without its suffix."""
    return f"{step:08d}"


def is_step(name: str) -> bool:
    """Whether this is a number of steps, in digits that every reader takes for such."""
    return name.isascii() and name.isdecimal() and len(name) <= 15


def steps(folder: Path, suffix: str) -> list[int]:
    """The steps of the files that are named after one, as sparring writes the names, ascending."""
    try:
        with os.scandir(folder) as entries:  # which know what is a file without asking for each
            names = [entry.name for entry in entries if entry.name.endswith(suffix) and entry.is_file()]
    except OSError:
        return []
    stems = [name.removesuffix(suffix) for name in names]
    return sorted(int(stem) for stem in stems if is_step(stem) and stem == step_name(int(stem)))


def checkpoints(folder: Path) -> list[int]:
    """The steps of a run's checkpoints in a folder, which say themselves to be of step and run, ascending."""
    run = identity(folder.parent)
    return [step for step in steps(folder, STATE) if _says(folder / f"{step_name(step)}{STATE}", step, run)]


def _says(path: Path, step: int, run: str) -> bool:
    facts = read_object(path)
    return "sha256" in facts and facts.get("step") == step and of_run(facts, run)


def identity(run: Path) -> str:
    """What tells this run from every other one, empty where it does not say."""
    found = read_object(run / RUN).get("id", "")
    return found if isinstance(found, str) else ""


def of_run(facts: Mapping[str, Any], run: str) -> bool:
    """Whether a checkpoint may be of this run; an old one does not say."""
    return not run or facts.get("run", run) == run


def drop(folder: Path, goes: Callable[[int], bool], written: Collection[int]) -> None:
    """Delete the files of such steps in a folder of BY_STEP, and tensors that a kill left without their state.

    Args:
        written: steps of which the run knows; a file of another step is the user's.
    """
    for suffix in BY_STEP[folder.name]:
        for step in steps(folder, suffix):
            path = folder / f"{step_name(step)}{suffix}"
            alone = suffix == TENSORS and not path.with_suffix(STATE).exists()
            if step in written and (alone or goes(step)):
                path.unlink(missing_ok=True)


def drawn_name(number: int, label: str = "") -> str:
    """How a drawn sample is named in a folder of many."""
    named = label.replace("/", "_")[:MOST_LABEL]
    return f"{number:05d}{'-' if named else ''}{named}{PICTURE}"


def drawn_number(name: str) -> str:
    """The number in the name of a drawn sample, empty of another name; a user's file could have one too."""
    found = re.fullmatch(r"([0-9]{5,})(-.*)?\.png", name, re.DOTALL)
    return found[1] if found else ""


def is_run(path: Path) -> bool:
    """Whether sparring wrote this folder's run.json, the first file of every run."""
    return "sparring" in read_object(path / RUN)


def not_of_a_training(out: Path) -> None:
    """Refuse to write where a training writes: a verb that looks at a run leaves it as it is.

    Raises:
        RunError: it is a file or a folder of a training's, or the run folder itself.
    """
    for place in map(Path, (os.path.abspath(out), os.path.realpath(out))):
        above, higher = place.parent, place.parent.parent
        for run, part in ((place, ""), (above, place.name), (higher, above.name)):
            if part in ("", LOCK, *OF_TRAINING, *BY_STEP) and is_run(run):
                what = f"a part of the run {run}" if part else "a run folder"
                raise RunError(f"{out} is {what}, which stays as training made it: choose another --out.")


def refuse_taken(out: Path, force: bool) -> None:
    """Refuse to write where something is, unless told to replace it.

    Raises:
        RunError: it exists.
    """
    if out.exists() and not force:
        raise RunError(f"{out} exists already: choose another --out, or replace it with --force.")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within, a disk that does not take what is written is told in our words.

    Raises:
        RunError: why ``path`` cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot write {path}: {reason(error)}.") from error


@contextmanager
def new_file(folder: Path, stem: str, suffix: str) -> Iterator[Path]:
    """A name that is free, folder/stem.suffix or with a number, for a file that is written within.

    Raises:
        OSError: nothing can be made there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        with suppress(FileExistsError):
            path.touch(exist_ok=False)  # at once, so that nobody else takes it
            break
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise
