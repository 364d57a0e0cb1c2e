"""``sparring doctor``: a run folder or a file of losses, looked at without torch; or what a disease is."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from sparring.config import values
from sparring.config.recipes import USUAL
from sparring.config.toml import from_toml
from sparring.doctor.diagnosis import diagnose
from sparring.doctor.foreign import EXPECTED, SUFFIXES, read_foreign
from sparring.doctor.quality import measured
from sparring.doctor.report import facts, text
from sparring.doctor.stories import STORIES, about
from sparring.errors import ConfigError, DataError, RunError, UnreadableError, counted, did_you_mean, printable
from sparring.files import read_json, read_text
from sparring.history import layout
from sparring.history.find import marked, no_run
from sparring.history.record import Record, read_history

MOST_STEPS = 10_000_000  # of a row
STATUS = {"healthy": 0, "ill": 3, "short": 4, "partly": 4, "poor": 5}  # with which the command ends


def run(args: argparse.Namespace) -> int:
    """Print what ails a run, or what a disease is; the exit status is the conclusion's.

    Raises:
        RunError: there is nothing to look at, or nothing yet.
        DataError: a file of another kind.
    """
    path: Path = args.run
    broken: list[str] = []
    unit = ""
    records: Iterable[Record]
    measure: Callable[[int], tuple[float, float] | None] = lambda step: None  # noqa: E731
    if args.steps_per_row is not None and (path.is_dir() or not 0 < args.steps_per_row <= MOST_STEPS):
        raise ConfigError(
            f"--steps-per-row {args.steps_per_row:g}: how many steps a row of a file of losses stands for, "
            f"above 0 and up to {MOST_STEPS:,}; a run folder says it itself."
        )
    if path.is_dir() and not marked(path):
        raise RunError(no_run(path))
    if path.is_dir():
        measure = partial(measured, path)
        records, options = read_history(path / layout.HISTORY, broken.append), _options(path)
    elif path.is_file() and path.suffix.lower() in SUFFIXES:
        (records, unit), options = read_foreign(path, args.steps_per_row), {}
    elif path.is_file():
        raise DataError(f"{path}: expected a run folder, or {EXPECTED}.")
    elif str(path) in STORIES:
        sys.stdout.write(about(str(path)) + "\n")
        return 0
    else:
        logs = [file.name for suffix in SUFFIXES for file in path.parent.glob(f"*{suffix}")]
        hint = did_you_mean(path.name, logs) or (
            did_you_mean(path.name, STORIES) if path.parent == Path() else ""
        )
        raise RunError(f"there is no {path}.{hint}" if hint else no_run(path))
    if args.loss:
        options = options | {"loss": args.loss}
    diagnosis = diagnose(records, options, measure)
    if not diagnosis.records:
        raise RunError(f"there is nothing to look at in {path} yet: {counted(len(broken), 'unreadable line')}.")
    if args.json:
        more = {"unreadable_lines": len(broken)} | ({"steps": unit} if unit else {})
        told = json.dumps(facts(diagnosis, str(path)) | more, indent=1)
    else:
        told = text(diagnosis, str(path))
        if broken:
            told += f"\n\n{counted(len(broken), 'line')} of the history could not be read."
        if unit:
            told += f"\n\n{unit}"
        if not options.get("loss"):
            told += "\n\nSome rules hold for some games only: name this one's with --loss non-saturating."
    sys.stdout.write(printable(told, kept="\n") + "\n")
    return STATUS[diagnosis.conclusion]


def _options(path: Path) -> dict[str, Any]:
    """The run's config, as far as it describes the game, with the kind of its data where run.json says it."""
    kind = USUAL
    with suppress(UnreadableError):
        spec = values.field(read_json(path / layout.RUN), "spec", lambda found: found)
        kind = values.field(spec, "kind", values.text)
    try:
        options = from_toml(read_text(path / layout.CONFIG)).flat()
        return {name: options[name] for name in options if name not in layout.own(path)} | {"kind": kind}
    except UnreadableError as error:
        raise RunError(f"{path} is not a run folder, or only half written: config.toml: {error}.") from error
    except ConfigError as error:
        raise RunError(f"{path}/config.toml: {error}") from error
