"""What a config makes of its data and of a training: what is seen, what is refused, the call of ``train``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparring import games, kinds
from sparring.config.groups import Config, DatasetConfig
from sparring.data import builtin, clusters
from sparring.data.spec import Dataset, check_size
from sparring.data.split import hold_out_count, split_hold_out
from sparring.games.game import Game
from sparring.history.record import Record
from sparring.machine.device import Threads, check_threads
from sparring.training import loop
from sparring.training.budget import Budget


def as_trained(chosen: DatasetConfig, data: Dataset) -> Dataset:
    """The data as the players see it by what is chosen: with its labels, clusters in their place, or neither.

    Without the share that is held out.
    """
    return parts(chosen, data)[0]


def parts(chosen: DatasetConfig, data: Dataset) -> tuple[Dataset, Dataset | None]:
    """What is trained on, and what no training sees, both as the players see data by what is chosen.

    The second is ``hold_out``'s share, or else the held-out part of a built-in set; None where there is
    neither, or where its clusters are not known.
    """
    if chosen.conditional and data.classes:
        seen = data
    elif chosen.clusters:
        seen = clusters.clustered(data, chosen.clusters, kinds.of(data.spec).coarse)
    else:
        seen = data.unlabelled()
    if chosen.hold_out:
        return split_hold_out(seen, chosen.hold_out)
    other = builtin.held_out(data.name)
    alike = other and (other.spec.shape, other.spec.class_names) == (seen.spec.shape, seen.spec.class_names)
    if other is None or not alike:
        return seen, None
    return seen, Dataset(other.name, seen.spec, other.samples, other.labels if seen.classes else None)


def check(config: Config, data: Dataset) -> None:
    """Everything that can be refused before the first step, without building the players.

    Raises:
        DataError: fewer samples than a batch.
        ConfigError: no budget is set, or options that do not go together.
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
    check_threads(config.machine.threads or 0)
    clustered = clusters.count_for(data, config.dataset.clusters) if config.dataset.clusters else 0
    games.of(config).check(config, data.spec, clustered or (data.classes if config.dataset.conditional else 0))


def train(
    config: Config,
    game: Game,
    data: Dataset,
    *,
    threads: int = 0,
    held_out: Dataset | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Record]:
    """``loop.train`` as the config says; ``threads`` fixes their number where it does not."""
    adaptive = config.budget.minutes is not None and not config.machine.threads
    return loop.train(
        game,
        data,
        Budget.of(config.budget),
        batch_size=config.optimizers.batch_size,
        seed=config.seed,
        record_every=config.records.record_every,
        record_seconds=config.records.checkpoint_seconds,
        threads=Threads(fixed=config.machine.threads or (0 if adaptive else threads), adaptive=adaptive),
        held_out=held_out,
        vitals=config.records.vitals,
        stop=stop,
        check=False,  # its players are the library's own
    )
