"""``sparring resume``: continue a run exactly where it stopped."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from sparring.cli.closing import finish
from sparring.cli.data import read
from sparring.cli.live import check_rescue, train_live
from sparring.cli.parsing import given_options
from sparring.config.choices import BUDGETS
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
    """Continue from the newest complete checkpoint."""
    folder = RunFolder(args.run)
    folder.check_history()
    folder.check_game_known()
    if folder.facts["own"] or folder.config.dataset.data == ARRAY:
        how = "with a program's own networks" if folder.facts["own"] else "on an array in Python"
        raise RunError(f"{folder.path} was trained {how}. Continue it there: {folder.goes_on}.")
    if not folder.saved() and not args.force:
        _refuse_to_start_again(folder)
    all_data = read(folder.config.dataset, folder.config.files, again=True)
    data, held_out = plan.parts(folder.config.dataset, all_data)
    same_data(folder, data)
    if budget := given_options(args, BUDGETS):
        folder.config = folder.config.replace(**budget)
    config = folder.config
    plan.check(config, all_data)
    check_rescue(args.rescue, config)
    runtime = Runtime.of(config.machine)
    main_process = runtime.rank == 0
    screen = console()
    game, facts = _loaded(folder, runtime, args.force)
    if Budget.of(config.budget).progress(game.clock, len(data)) < 1:
        if main_process:
            screen.print(
                f"Continuing from step {game.clock.step:,} ({counted(game.clock.samples_seen, 'sample')})."
                if facts
                else "Nothing was saved yet: starting from the first step."
            )
        threads = facts.get("threads")
        rescuer = resumed(folder, game, args.rescue)
        return 0 if train_live(rescuer, data, held_out, all_data, threads) else 130
    if main_process:
        seen, minutes = counted(game.clock.samples_seen, "sample"), game.clock.seconds / 60
        screen.print(
            f"This run has spent its budget. It has seen {seen} in {minutes:.3g} minutes, and budgets count "
            "from the first step: give a larger one, as --minutes, --epochs or --samples-seen.",
            soft_wrap=True,
        )
        if not _is_drawn(folder):  # it was stopped while the pictures were made
            finish(folder, game, data, all_data, screen)
    return 0


def _loaded(folder: RunFolder, runtime: Runtime, start_again: bool) -> tuple[Game, dict[str, Any]]:
    """The game from the newest checkpoint, with the facts saved with it; a new game if there is none.

    Args:
        start_again: also make a new game if no checkpoint is complete.
    """
    if folder.saved():
        try:
            game, facts = folder.game(warn, runtime)
            _warn_of_lost_records(folder, game.clock.step)
            return game, facts
        except checkpoint.NothingSavedError as error:
            if not start_again:
                again = f"sparring resume {shlex.quote(str(folder.path))} --force"
                raise checkpoint.NothingSavedError(
                    f"no complete checkpoint in {folder.checkpoints}. Restore a copy of them, or start this "
                    f"run again, and replace its history, with `{again}`; for a new run: `sparring train`."
                ) from error
    return folder.new_game(folder.config, warn, runtime), {}


def _warn_of_lost_records(folder: RunFolder, step: int) -> None:
    """Warn if the history ends before the checkpoint, so that the records between them are lost."""
    last = max((record.step for record in folder.records()), default=0)
    if last < step:
        warn(
            f"the history of {folder.path} ends at step {last:,}, but its checkpoint is from step {step:,}: "
            "the records between them are lost. If there is a copy of history.jsonl, restore it first."
        )


def _refuse_to_start_again(folder: RunFolder) -> None:
    """Refuse to start at the first step if that would replace a history; the checkpoints are missing.

    Raises:
        RunError: the history has records.
    """
    if records := list(folder.records()):
        raise RunError(
            f"the history of {folder.path} goes to step {records[-1].step:,}, but there is no checkpoint in "
            f"{folder.checkpoints} to continue from. Restore the checkpoints, or start again, and replace the "
            f"history, with `sparring resume {shlex.quote(str(folder.path))} --force`."
        )


def _is_drawn(folder: RunFolder) -> bool:
    """Whether the last picture of a finished training exists and is newer than the last record."""
    last = folder.path / (layout.ANIMATION if folder.pictures() else layout.SHEET)
    try:
        return last.stat().st_mtime_ns >= folder.history.stat().st_mtime_ns
    except OSError:
        return last.exists()
