"""Apply a config to data and training: split the data, check the options, call ``train``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sparring import games, kinds
from sparring.config.groups import Config, DatasetConfig
from sparring.data import builtin, clusters
from sparring.data.spec import Dataset, check_size
from sparring.data.split import hold_out_count, split_hold_out
from sparring.errors import Tell
from sparring.games.game import Game
from sparring.history.record import Record
from sparring.machine.device import Threads, check_threads
from sparring.training import loop
from sparring.training.budget import Budget
from sparring.training.calibration import calibrate


def as_trained(chosen: DatasetConfig, data: Dataset) -> Dataset:
    """The training set with the labels that the options choose: its own, clusters, or none."""
    return parts(chosen, data)[0]


def parts(chosen: DatasetConfig, data: Dataset) -> tuple[Dataset, Dataset | None]:
    """The training set and the hold-out, with the labels that the options choose.

    The hold-out is the share ``hold_out`` of the data, or the held-out part of a built-in set. It is None
    if there is neither, or if its clusters are not known.
    """
    if chosen.conditional and data.classes:
        labelled = data
    elif chosen.clusters:
        labelled = clusters.clustered(data, chosen.clusters, kinds.of(data.spec).coarse)
    else:
        labelled = data.unlabelled()
    trained, other = split(chosen, labelled)
    if chosen.hold_out or other is None:
        return trained, other
    spec = trained.spec
    if (other.spec.shape, other.spec.class_names) != (spec.shape, spec.class_names):
        return trained, None
    return trained, replace(other, spec=spec, labels=other.labels if trained.classes else None)


def split(chosen: DatasetConfig, data: Dataset) -> tuple[Dataset, Dataset | None]:
    """The training set, and real samples that are not trained on: a share of them, or of a built-in set."""
    if chosen.hold_out:
        both = split_hold_out(data, chosen.hold_out)
        refitted = kinds.of(data.spec).refitted
        return refitted(*both) if refitted else both
    held_out = builtin.held_out(data.name)
    if data.given is not None and held_out is not None and held_out.given is None:  # it has no sources
        return data, None
    return data, held_out


def check(config: Config, data: Dataset) -> None:
    """Refuse options and data that cannot work, without building the players.

    Raises:
        DataError: there are fewer samples than a batch has.
        ConfigError: no budget is set, or options do not work together.
    """
    Budget.of(config.budget)
    count = len(data) - hold_out_count(len(data), config.dataset.hold_out)
    held = f" after --hold-out {config.dataset.hold_out:g}" if config.dataset.hold_out else ""
    check_size(
        data.name + held,
        count,
        config.optimizers.batch_size,
        config.machine.processes * config.optimizers.ghost_batches,
    )
    if config.machine.threads is not None:
        check_threads(config.machine.threads)
    clustered = clusters.count_for(data, config.dataset.clusters) if config.dataset.clusters else 0
    games.of(config).check(config, data.spec, clustered or (data.classes if config.dataset.conditional else 0))


def train(
    config: Config,
    game: Game,
    data: Dataset,
    *,
    threads: int | None = None,
    held_out: Dataset | None = None,
    stop: Callable[[], bool] = lambda: False,
    now: Callable[[], float] | None = None,
    tell: Tell = lambda _: None,
) -> Iterator[Record]:
    """Call ``loop.train`` with the options of the config; ``threads`` is used if the config sets none.

    The length of latents is chosen before the last record, if the config says so; ``tell`` is called first.
    """
    adaptive = config.budget.minutes is not None and config.machine.threads is None
    fixed = None if adaptive else threads
    if config.machine.threads is not None:
        fixed = config.machine.threads
    records = loop.train(
        game,
        data,
        Budget.of(config.budget),
        batch_size=config.optimizers.batch_size,
        seed=config.seed,
        record_every=config.records.record_every,
        record_seconds=config.records.checkpoint_seconds,
        threads=Threads(fixed, adaptive),
        held_out=held_out,
        vitals=config.records.vitals,
        stop=stop,
        check=False,  # the players are networks of the library
        now=now,
    )
    for record in records:
        if config.optimizers.calibrate_latents and record.progress >= 1 and game.runtime.rank == 0:
            calibrate(game, data, config.seed, tell)
        yield record
