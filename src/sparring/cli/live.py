"""Train with a live display in the terminal, until the budget is spent or Ctrl-C stops it."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np

from sparring import kinds
from sparring.cli.closing import finish, goes_on
from sparring.config.groups import Config
from sparring.data.spec import Dataset
from sparring.doctor.diagnosis import Diagnosis
from sparring.doctor.quality import measured
from sparring.doctor.report import Remarks, line, with_path
from sparring.errors import ConfigError, RunError, warn
from sparring.games import drawing
from sparring.games.game import Game
from sparring.history.record import Record
from sparring.kinds.kind import Pixels
from sparring.machine.device import another_ended
from sparring.runs.folder import RunFolder
from sparring.runs.rescue import Rescuer
from sparring.runs.writer import picture_inputs
from sparring.uses.interrupt import after_the_step
from sparring.uses.progress import Display, console

SHOWN, SHOWN_LARGE, LARGE = 10, 6, 64  # samples in the terminal, and those so wide in pixels or wider


def train_live(
    rescuer: Rescuer, data: Dataset, held_out: Dataset | None, all_data: Dataset, threads: int | None = None
) -> bool:
    """Train with a live display; return True if the budget was spent, False after an interruption.

    Args:
        data: the training set.
        held_out: the hold-out, which is never trained on.
        all_data: all that was read.
    """
    folder, game = rescuer.folder, rescuer.game
    main_process = game.runtime.rank == 0
    screen = console()
    if main_process:
        runtime = game.runtime
        place = f"{runtime.device}, {runtime.precision}" + (
            f", {runtime.processes} processes" if runtime.processes > 1 else ""
        )
        screen.print(f"{folder.path}  ({place}; Ctrl-C saves and stops)", soft_wrap=True, markup=False)
    record: Record | None = None
    remarks = Remarks()
    rescuer.tell = partial(screen.print, markup=False, soft_wrap=True)  # above the live display
    with after_the_step(alone=True) as stopped, ExitStack() as stack:
        display = stack.enter_context(Display(screen, _thumbnail(rescuer, data))) if main_process else None
        try:
            for record in rescuer.train(data, threads=threads, held_out=held_out, stop=stopped, warn=warn):
                if display:
                    display.show(record, *remarks(rescuer.diagnosis))
        except RuntimeError as error:
            if main_process or not another_ended(error):
                raise
            raise RunError("another process of this training has ended; see its own message.") from error
    if not main_process:
        return True
    if stopped() and record is not None and record.progress < 1:
        screen.print(
            f"Stopped and saved at step {record.step:,}. "
            f"Continue with: sparring resume {shlex.quote(str(folder.path))}",
            soft_wrap=True,
            markup=False,
        )
        return False
    finish(folder, rescuer.game, data, all_data, screen)
    diagnosis = rescuer.diagnosis.with_measured(partial(measured, folder.path))
    for label, said in _advice(diagnosis, folder, rescuer.game, all_data).items():
        screen.print(f"{label:>15}  {said}", soft_wrap=True, markup=False)
    return True


def _advice(diagnosis: Diagnosis, folder: RunFolder, game: Game, data: Dataset) -> dict[str, str]:
    """What to do next where the samples are not good, by its label: train on, or what the doctor says."""
    if diagnosis.conclusion == "healthy":
        return {}
    if not diagnosis.present and (on := goes_on(folder, game.clock.seconds, data)):
        return {"next": on}
    said = with_path(line(diagnosis, advice=True), folder.path).removeprefix("doctor: ")
    return {"doctor": said, "": f"sparring doctor {shlex.quote(str(folder.path))}  explains it"}


def check_rescue(cures: int | None, config: Config) -> None:
    """Refuse a negative number of cures, and cures for a training that the doctor cannot diagnose.

    Raises:
        ConfigError: cures are not possible here.
    """
    if cures is not None and (
        cures < 0 or (cures and (config.machine.processes > 1 or not config.records.vitals))
    ):
        raise ConfigError("--rescue needs 0 or more cures, a single process and the vital signs: see --help.")


def _thumbnail(rescuer: Rescuer, data: Dataset) -> Any:
    """A function that draws two rows of current samples for the terminal, or samples as lines of text.

    None if this kind has neither.
    """
    folder = rescuer.folder
    kind = kinds.of(folder.spec)
    pixels = kind.tiles
    if pixels is None and kind.lines is None:
        return None
    given, labels = picture_inputs(folder, rescuer.game, data)
    step = kind.columns(folder.spec) if folder.classes and not folder.spec.clusters else 1
    shown = SHOWN if folder.spec.shape[-1] < LARGE else SHOWN_LARGE
    given, labels = given[::step][:shown], None if labels is None else labels[::step][:shown]

    def rows() -> Pixels | list[str]:
        decoded = drawing.decoded(rescuer.game.sampling_generator, folder.spec, given, labels).numpy()
        if kind.lines:
            return kind.lines(decoded, folder.spec)
        if kind.thumbnail:
            return kind.thumbnail(decoded, folder.spec)
        assert pixels is not None
        tiles = list(pixels(decoded, folder.spec))
        half = max(1, len(tiles) // 2)
        halves = [tiles[:half], tiles[half : 2 * half]]
        return np.concatenate([np.concatenate(row, axis=1) for row in halves if row])

    return rows
