"""``sparring resume``: a run goes on exactly where it stopped."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from sparring import games
from sparring.cli.closing import finish
from sparring.cli.data import read
from sparring.cli.live import check_rescue, train_live
from sparring.config.groups import BUDGETS
from sparring.data.arrays import ARRAY
from sparring.errors import RunError, counted, warn
from sparring.games.game import Game
from sparring.history import layout
from sparring.machine.device import Runtime
from sparring.runs import checkpoint
from sparring.runs.folder import RunFolder, same_data
from sparring.runs.rescue import resumed
from sparring.training import plan
from sparring.training.budget import Budget
from sparring.uses.progress import console


def run(args: argparse.Namespace) -> int:
    """Go on from the newest whole checkpoint."""
    folder = RunFolder(args.run)
    if folder.config.dataset.data == ARRAY:
        raise RunError(
            f"{folder.path} was trained on an array in Python. Go on there: sparring.GAN.load("
            f"{str(folder.path)!r}).fit(data, resume=True)."
        )
    if not folder.saved() and not args.force:
        _refuse_to_begin_anew(folder)
    whole = read(folder.config.dataset.data, folder.config.picture_files, again=True)
    data, held_out = plan.parts(folder.config.dataset, whole)
    same_data(folder, data)
    budget = {name: getattr(args, name) for name in BUDGETS if getattr(args, name) is not None}
    if budget:
        folder.config = folder.config.replace(**budget)
    config = folder.config
    plan.check(config, whole)
    check_rescue(args.rescue, config)
    runtime = Runtime(config.machine.device, config.machine.precision, config.machine.processes)
    main_process = runtime.rank == 0
    screen = console()
    game, facts = _begun(folder, runtime, args.force)
    if Budget.of(config.budget).progress(game.clock, len(data)) < 1:
        if main_process:
            screen.print(
                f"Going on from step {game.clock.step:,} ({counted(game.clock.samples_seen, 'sample')})."
                if facts
                else "Nothing was saved yet: starting from the first step."
            )
        threads = int(facts.get("threads", 0))
        rescuer = resumed(folder, game, args.rescue)
        return 0 if train_live(rescuer, data, held_out, whole, threads) else 130
    if main_process:
        more = "Give it more: --minutes, --epochs or --samples-seen."
        screen.print(f"This run has spent its budget. {more}", soft_wrap=True)
        if not _is_drawn(folder):  # stopped while the pictures were being made
            finish(folder, game, whole, screen)
    return 0


def _begun(folder: RunFolder, runtime: Runtime, anew: bool) -> tuple[Game, dict[str, Any]]:
    """The players where the run stopped and the facts saved with them; new ones where nothing was saved.

    Args:
        anew: new ones also where no checkpoint is whole.
    """
    if folder.saved():
        try:
            game, facts = folder.game(warn, runtime)
            _tell_of_lost_records(folder, game.clock.step)
            return game, facts
        except checkpoint.NothingSavedError as error:
            if not anew:
                again = f"sparring resume {shlex.quote(str(folder.path))} --force"
                raise checkpoint.NothingSavedError(
                    f"no whole checkpoint in {folder.checkpoints}. Put back a copy of them, or begin this run "
                    f"anew, and replace its history, with `{again}`; a new run: `sparring train`."
                ) from error
    return games.make(folder.config, folder.spec, folder.classes, runtime), {}


def _tell_of_lost_records(folder: RunFolder, step: int) -> None:
    """A word where the history ends before the checkpoint: what was recorded between is lost."""
    last = max((record.step for record in folder.records()), default=0)
    if last < step:
        warn(
            f"the history of {folder.path} ends at step {last:,}, and its checkpoint is of step {step:,}: the "
            "records between are lost. Put back a copy of history.jsonl first, if there is one."
        )


def _refuse_to_begin_anew(folder: RunFolder) -> None:
    """Refuse where checkpoints are gone: to begin at the first step would replace the history.

    Raises:
        RunError: the history has records.
    """
    if records := list(folder.records()):
        raise RunError(
            f"the history of {folder.path} goes to step {records[-1].step:,}, but there is no checkpoint in "
            f"{folder.checkpoints} to go on from. Put the checkpoints back, or begin anew, and replace the "
            f"history, with `sparring resume {shlex.quote(str(folder.path))} --force`."
        )


def _is_drawn(folder: RunFolder) -> bool:
    """Whether the last of the pictures made at the end is there, and younger than the last record."""
    last = folder.path / (layout.ANIMATION if folder.pictures() else layout.SHEET)
    try:
        return last.stat().st_mtime_ns >= folder.history.stat().st_mtime_ns
    except OSError:
        return last.exists()
