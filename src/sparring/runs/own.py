"""``sparring.train``: train a user's own game, in memory or in a run folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from sparring.config import arguments
from sparring.config.arguments import flag, number
from sparring.config.choices import BUDGETS
from sparring.config.groups import GROUP_OF, Config
from sparring.config.option import NONE, OWN
from sparring.config.words import said_in_python
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError, counted
from sparring.games.game import Game, as_data, drawing_player
from sparring.history import layout
from sparring.history.record import Record
from sparring.machine.device import Threads
from sparring.runs import checkpoint
from sparring.runs import folder as run
from sparring.runs.create import check_free, create_for_all
from sparring.runs.fitted import warned
from sparring.runs.folder import RunFolder
from sparring.runs.writer import train_in
from sparring.training import loop
from sparring.training.budget import Budget

SECONDS = 30.0  # between checkpoints, at most
NETWORKS = {"generator": "g_norm", "discriminator": "d_norm"}  # the option for the norm of each player
EACH_TIME = ("budget", "records")  # groups of options that may differ on resume; so may the threads


@said_in_python()
def train(
    game: Game,
    data: Dataset | Any,
    budget: Budget,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    force: bool = False,
    batch_size: int = 64,
    seed: int = 0,
    record_every: int = 100,
    record_seconds: float = math.inf,
    threads: Threads | None = None,
    held_out: Dataset | None = None,
    vitals: bool | None = None,
    pictures: int = 40,
    evaluate_every: int | None = None,
    log: str = NONE,
    stop: Callable[[], bool] = lambda: False,
    check: bool = True,
) -> Iterator[Record]:
    """Train until the budget is spent; yield a Record at regular intervals and at the end.

    At a record the caller may save the game, draw from it or stop. This time does not count as training.
    The random numbers of a step depend only on (seed, step). ``stop`` is called after each step.

    Args:
        data: a Dataset, an array or a tensor, (samples, labels), a torch Dataset or DataLoader. The players
            see it scaled to [-1, 1]; ``game.sample`` draws in the data's own units.
        out: a run folder to write; ``force`` replaces the run that is there.
        resume: continue the run in ``out`` exactly, if there is one; make the game as it was made for that run.
        held_out: samples of the same kind that are not trained on, for ``held_out_gap``.
        vitals: measure the samples at each record, for the doctor; by default, only with a run folder.
        pictures: the number of pictures of the same latents during training, in a run folder.
        evaluate_every: samples between measurements of quality; the run folder keeps the best checkpoint.
        log: a tool that is also told, as ``--log``: "csv", "tensorboard", "wandb" or "mlflow".
        check: first try a step on copies of the players, so that errors have clear messages.

    Raises:
        DataError, ConfigError, NonFiniteError: as ``training.loop.train``.
        RunError: the run folder exists already, or its run cannot continue.
    """
    loop.check_kinds(game, budget, threads, held_out, stop)
    if out is None:
        _check_no_folder(evaluate_every=evaluate_every, resume=resume, log=log != NONE)
        dataset = as_data(game, data)
        _check_unspent(game, budget, dataset)
        return loop.train(
            game, dataset, budget, batch_size=batch_size, seed=seed, record_every=record_every,
            record_seconds=record_seconds, threads=threads, held_out=held_out, vitals=bool(vitals), stop=stop,
            check=check,
        )  # fmt: skip
    options = {
        "batch_size": batch_size,
        "seed": seed,
        "record_every": record_every,
        "checkpoint_seconds": min(SECONDS, number("record_seconds", record_seconds, 0, infinite=True)),
        "threads": (threads and threads.fixed) or torch.get_num_threads(),
        "vitals": vitals is not False,
        "pictures": pictures,
        "evaluate_every": evaluate_every,
        "log": log,
        **{name: getattr(budget, name) for name in BUDGETS},
    }
    folder, going = _place(game, out, flag("resume", resume), flag("force", force))
    return _in_folder(game, data, folder, options, going, force, held_out, stop, check)


def _check_no_folder(**given: Any) -> None:
    """Refuse arguments that do nothing without a run folder.

    Raises:
        ConfigError: which, and how to name a folder.
    """
    if names := [name for name, value in given.items() if value]:
        raise ConfigError(
            f"{' and '.join(names)} need{'' if len(names) > 1 else 's'} a run folder: name one, as "
            "out='runs/mine'. A game in memory goes on when it is trained with a larger budget."
        )


def _check_unspent(game: Game, budget: Budget, data: Dataset) -> None:
    """Refuse a game that has been trained for the whole budget already.

    Raises:
        ConfigError: how far it is, and what to do.
    """
    if budget.progress(game.clock, len(data)) >= 1:
        raise ConfigError(
            f"this game has been trained for {counted(game.clock.samples_seen, 'sample')}, so its budget is "
            "spent, which counts from its start: give a larger one, or make a fresh game."
        )


def _place(game: Game, out: str | Path, resume: bool, force: bool) -> tuple[Path, bool]:
    """The path of the run folder, and whether its training continues; all processes decide the same.

    Raises:
        RunError: it does not continue, and something else is there.
    """
    path = arguments.path("out", out)
    going = bool(game.runtime.agree(resume and layout.is_run(path)))  # the first process may be making it
    if not (going or force or game.runtime.processes > 1):
        check_free(path)
    return path, going


def _in_folder(
    game: Game,
    data: Any,
    path: Path,
    options: dict[str, Any],
    going: bool,
    force: bool,
    held_out: Dataset | None,
    stop: Callable[[], bool],
    check: bool,
) -> Iterator[Record]:
    """Train as ``train`` does, in a run folder."""
    dataset = as_data(game, data)
    known, words = game.described()
    place = {"precision": game.runtime.precision, "processes": game.runtime.processes}
    about = {"data": dataset.name, "conditional": dataset.classes > 0}
    networks = {name: OWN for name in NETWORKS if name in game.players}
    networks |= {norm: "none" for name, norm in NETWORKS.items() if name in networks}
    config = _accepted({"rules": OWN} | networks | place | known).replace(**about | options)
    own = {name: type(player).__name__ for name, player in game.players.items()}
    own |= {layout.GAME: type(game).__name__, layout.DRAWN_WITH: drawing_player(game)} | words
    if "latent_dim" not in known or dataset.given is not None:
        own["latent_dim"] = "what is given"
    if going:
        folder, config = _gone_on_with(game, RunFolder(path), config, dataset)
        if Budget.of(config.budget).progress(game.clock, len(dataset)) >= 1:
            warned(f"{path} has spent its budget, so the game is as the run left it: to go on, give more.")
    else:
        _check_unspent(game, Budget.of(config.budget), dataset)
        loop.prepared(game, dataset, config.optimizers.batch_size, try_out=check)
        folder = create_for_all(game.runtime, path, config, dataset, own=own, force=force)
    folder.config = config
    yield from train_in(folder, game, dataset, held_out=held_out, stop=stop, warn=warned)


def _gone_on_with(game: Game, folder: RunFolder, config: Config, data: Dataset) -> tuple[RunFolder, Config]:
    """Restore the state of the game, and the number of threads, at which the run stopped.

    Raises:
        RunError: the data or the game differs from the start of the run, or ``train`` did not start the run.
    """
    if layout.GAME not in folder.facts["own"]:
        raise RunError(f"{folder.path} was not begun by sparring.train: go on with {folder.goes_on}.")
    run.same_data(folder, data)
    began, now = folder.config.flat(), config.flat()
    if differ := [
        name
        for name in now
        if now[name] != began[name] and GROUP_OF[name] not in EACH_TIME and name != "threads"
    ]:
        was = ", ".join(f"{name} {began[name]}, not {now[name]}" for name in differ)
        raise RunError(f"{folder.path} began with {was}: go on as it began, or train anew into another out.")
    if folder.saved():
        facts, tensors = checkpoint.read(folder.checkpoints, warned)
        checkpoint.restore(game, facts, tensors, "Make the game as it was when the run began.")
        config = config.replace(threads=facts.get("threads", config.machine.threads))
    return folder, config


def _accepted(options: dict[str, Any]) -> Config:
    """A config with those of the given options whose values a config accepts."""
    config = Config()
    for name, value in options.items():
        with suppress(ConfigError):
            config = config.replace(**{name: value})
    return config
