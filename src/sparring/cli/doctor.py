"""``sparring doctor``: diagnose a run folder or a file of losses, or explain a disease; without torch."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from sparring.config.toml import from_toml
from sparring.doctor.diagnosis import described, diagnose
from sparring.doctor.foreign import EXPECTED, SUFFIXES, read_foreign
from sparring.doctor.quality import measured
from sparring.doctor.report import facts, text, with_path
from sparring.doctor.stories import STORIES, about
from sparring.errors import ConfigError, DataError, RunError, UnreadableError, counted, did_you_mean, printable
from sparring.files import read_object, read_text
from sparring.history import layout
from sparring.history.find import alone, marked, no_run
from sparring.history.record import Record, read_history

MOST_STEPS = 10_000_000  # that one row of a file may stand for
STATUS = {"healthy": 0, "ill": 3, "short": 4, "partly": 4, "poor": 5}  # the exit status of each conclusion


def run(args: argparse.Namespace) -> int:
    """Print a diagnosis or the explanation of a disease; the exit status follows the conclusion.

    Raises:
        RunError: there is no run, or it has no records yet.
        DataError: the file is of another kind.
    """
    path: Path = args.run
    broken: list[str] = []
    unit = ""
    records: Iterable[Record]
    measure: Callable[[int], tuple[float, float] | None] = lambda step: None  # noqa: E731
    if args.steps_per_row is not None and (path.is_dir() or not 0 < args.steps_per_row <= MOST_STEPS):
        raise ConfigError(
            f"--steps-per-row {args.steps_per_row:g}: expected the steps per row of a file of losses, "
            f"above 0 and at most {MOST_STEPS:,}. A run folder does not need it."
        )
    if path.is_dir() and (not marked(path) or alone(path)):
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
        raise RunError(f"{path} has no records to diagnose yet: {counted(len(broken), 'unreadable line')}.")
    if args.json:
        more = {"unreadable_lines": len(broken)} | ({"steps": unit} if unit else {})
        answer = json.dumps(facts(diagnosis, str(path)) | more, indent=1)
    else:
        answer = with_path(text(diagnosis, str(path)), path)
        if broken:
            answer += f"\n\n{counted(len(broken), 'line')} of the history could not be read."
        if unit:
            answer += f"\n\n{unit}"
        if not options.get("loss"):
            answer += "\n\nSome rules hold only for some losses: name the loss with --loss non-saturating."
    sys.stdout.write(printable(answer, kept="\n") + "\n")
    return STATUS[diagnosis.conclusion]


def _options(path: Path) -> dict[str, Any]:
    """The options of the run that describe its game, and what run.json says of its data."""
    try:
        config = from_toml(read_text(path / layout.CONFIG))
        return described(config, read_object(path / layout.RUN), layout.own(path))
    except UnreadableError as error:
        raise RunError(f"{path} is not a run folder, or is incomplete: config.toml: {error}.") from error
    except ConfigError as error:
        raise RunError(f"{path}/config.toml: {error}") from error
