"""The training loop, an iterator of records. Its consumers save, print and draw."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch

from sparring.config.arguments import flag, instance, number, whole
from sparring.data.spec import Dataset, check_size
from sparring.errors import ConfigError
from sparring.games.game import Game, as_data
from sparring.history.record import Record
from sparring.machine.device import Threads
from sparring.networks.network import Looking
from sparring.training.budget import Budget
from sparring.training.order import Order, batches_of_step, rng_of_step
from sparring.training.thread_use import Probe, ThreadUse
from sparring.training.vitals import Vitals
from sparring.training.window import Window

TRIED = 16  # samples in the trial step on copies, at most


def train(
    game: Game,
    data: Dataset | Any,
    budget: Budget,
    *,
    batch_size: int = 64,
    seed: int = 0,
    record_every: int = 100,
    record_seconds: float = math.inf,
    threads: Threads | None = None,
    held_out: Dataset | None = None,
    vitals: bool = False,
    stop: Callable[[], bool] = lambda: False,
    check: bool = True,
    now: Callable[[], float] | None = None,
) -> Iterator[Record]:
    """Train until the budget is spent; yield a Record at regular intervals and at the end.

    At a record the consumer may save the game, draw from it or stop. Meanwhile the clock stands still.
    The random numbers of a step depend only on (seed, step). ``stop`` is called after each step.

    Args:
        data: a Dataset, or what ``data.given.take`` accepts, which the players see scaled to [-1, 1].
        record_every, record_seconds: steps between records, and the longest time between them.
        held_out: samples of the same kind that are not trained on, for ``held_out_gap``.
        vitals: measure the samples at each record, for the doctor.
        check: first try a step on copies of the players, so that errors have clear messages.
        now: a clock in seconds, by which ``minutes`` are counted; None: that of the machine.

    Raises:
        DataError: the data cannot be trained on.
        ConfigError: the players do not work, or an argument does not fit.
        NonFiniteError: a loss or a gradient is no longer finite.
    """
    batch_size, record_every = whole("batch_size", batch_size, 1), whole("record_every", record_every, 1)
    seed, record_seconds = whole("seed", seed, 0), number("record_seconds", record_seconds, 0, infinite=True)
    check_kinds(game, budget, threads, held_out, stop)
    now = now or time.perf_counter
    dataset = prepared(game, data, batch_size, try_out=flag("check", check))
    thread_use = ThreadUse(game, threads, Probe(game, dataset, batch_size))
    clock, order = game.clock, Order(len(dataset), seed)
    clock.progress = budget.progress(clock, len(dataset))
    game.at(clock.progress)  # what is measured first is drawn as the training left it
    measure = _measure(game, dataset, held_out, seed, flag("vitals", vitals))
    window = Window(game, record_every, max(record_seconds, 1.0))
    started = now() - clock.seconds
    while clock.progress < 1:
        thread_use.for_step()
        scheduled = game.at(clock.progress)
        batches = batches_of_step(dataset, order, batch_size, game)
        window.add(game.step(batches, rng_of_step(game, seed)))
        clock.step += 1
        clock.samples_seen += game.batches * batch_size
        clock.seconds, stopping = game.runtime.agree((now() - started, stop()))
        clock.progress = budget.progress(clock, len(dataset))
        if clock.progress >= 1 or stopping or window.due:
            stopped = now()
            thread_use.for_record()
            record = window.close(scheduled | measure())
            yield record
            started += now() - stopped  # the work on a record is not training time
            if stopping:
                return
            thread_use.watch(record)


def prepared(game: Game, data: Any, batch_size: int, try_out: bool) -> Dataset:
    """Move the data to the device of the game, and make the players ready to train on it.

    Raises:
        DataError: the data cannot be trained on.
        ConfigError: the players do not work, or a batch cannot be divided into its parts.
    """
    dataset = as_data(game, data)
    parts = game.parts * game.runtime.processes
    check_size(dataset.name, len(dataset), batch_size, parts)
    if batch_size % parts:
        raise ConfigError(
            f"batch_size {batch_size} cannot be divided into {parts} equal parts: use a multiple of {parts}."
        )
    dataset = dataset.to(game.runtime.device)
    game.spec = dataset.spec if dataset.classes else replace(dataset.spec, class_names=())
    for player in game.players.values():
        if isinstance(player, Looking):
            player.look_at(dataset.samples)
    if try_out:
        places = torch.linspace(0, len(dataset) - 1, min(batch_size // parts, TRIED)).long()
        if dataset.labels is not None:
            places[-1] = dataset.labels.argmax()  # the greatest label, with which too few classes show
        game.try_out(dataset.batch(places.to(game.runtime.device)))
    for player in game.players.values():
        player.train()
    return dataset


def check_kinds(game: Any, budget: Any, threads: Any, held_out: Any, stop: Any) -> None:
    """Refuse arguments of ``train`` that have a wrong type.

    Raises:
        ConfigError: an argument has a wrong type.
    """
    instance("game", game, Game, "a sparring.AdversarialGame(generator, discriminator, latent_dim)")
    instance("budget", budget, Budget, "a sparring.Budget, as Budget(epochs=5)")
    instance("threads", threads, (Threads, type(None)), "None, or sparring.machine.device.Threads(fixed=4)")
    instance(
        "held_out", held_out, (Dataset, type(None)), "None or a Dataset, as data.split.split_hold_out gives"
    )
    instance("stop", stop, Callable, "a function without arguments")  # type: ignore[arg-type]


def _measure(
    game: Game, dataset: Dataset, held_out: Dataset | None, seed: int, vitals: bool
) -> Callable[[], dict[str, float]]:
    """The function that measures the game at a record; the first process measures for all processes."""
    measure: Callable[[], dict[str, float]] = dict
    if game.runtime.rank == 0 and vitals:
        measure = Vitals(game, dataset, seed, held_out)
    elif game.runtime.rank == 0:
        measure = game.gauge(dataset, held_out, seed)
    return lambda: game.runtime.agree(measure())
