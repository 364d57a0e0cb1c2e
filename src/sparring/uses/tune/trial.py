"""One trial: a training of a few seconds, whose records can end it early, and a measurement."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sparring import games, kinds
from sparring.config.groups import Config
from sparring.data.pictures import as_png
from sparring.data.spec import Dataset
from sparring.doctor.diagnosis import Doctor, Finding, described
from sparring.errors import ConfigError, DataError, NonFiniteError, room
from sparring.games import drawing
from sparring.games.game import Game
from sparring.history.record import Record
from sparring.machine.device import Runtime
from sparring.training import plan
from sparring.uses.tune.judge import Halves, Judge, Reference, cpu_clock

TENTHS = 10  # records of a trial, about
DONE, PRUNED, DIVERGED, STOPPED, REFUSED = "done", "pruned", "diverged", "stopped", "refused"
SHEET_SEED = 7
MOST_SHEET = 300_000  # bytes of a picture of samples


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    Attributes:
        state: DONE, PRUNED (by its records), DIVERGED, STOPPED (by the user) or REFUSED (it cannot be trained).
        value: times real, of a trial that is done.
        why: why it was refused.
        findings: what the doctor found at its last record: titles by name.
        cures: the first cure of each finding, in words.
    """

    state: str
    value: float | None = None
    why: str = ""
    samples_seen: int = 0
    seconds: float = 0.0
    findings: dict[str, str] = field(default_factory=dict)
    cures: dict[str, str] = field(default_factory=dict)


class Bench:
    """Where trials are made: the data, its held-out halves, the clock and the device.

    Args:
        data: all that was read.
        default: the config without tuning, which says how the data is split.
        seconds: of training in each trial; those of the process on a CPU, else those of the clock.
    """

    def __init__(self, data: Dataset, default: Config, seconds: float) -> None:
        self.data, self.seconds = data, seconds
        machine = default.machine
        self.runtime = Runtime(machine.device, machine.precision, 1)
        self.on_cpu = self.runtime.device.type == "cpu"
        self.now = cpu_clock(machine.threads or 1) if self.on_cpu else time.perf_counter
        self.training, held_out = plan.split(default.dataset, data)
        assert held_out is not None  # the caller holds some out
        self.halves = Halves.of(held_out, len(self.training))
        self._references: dict[str, Reference] = {}
        self._parts: dict[tuple[bool, int | None], tuple[Dataset, Dataset | None]] = {}

    def reference(self, features: str) -> Reference:
        """The training set in features of this name."""
        if features not in self._references:
            self._references[features] = Reference(self.training, features, self.runtime.device)
        return self._references[features]

    def judge(self, half: Dataset, features: str, count: int) -> Judge:
        """The judge by one half."""
        return Judge(self.reference(features), half, count)

    def parts(self, config: Config) -> tuple[Dataset, Dataset | None]:
        """The training set and the choosing half, with the labels or clusters that a config uses."""
        key = (config.dataset.conditional, config.dataset.clusters)
        if key not in self._parts:
            training, held_out = plan.parts(config.dataset, self.data)
            half = None if held_out is None else Halves.of(held_out).choosing
            self._parts[key] = training, half
        return self._parts[key]

    def train(
        self,
        config: Config,
        judge: Judge,
        report: Callable[[Record], bool] = lambda _: False,
        stop: Callable[[], bool] = lambda: False,
    ) -> tuple[Outcome, Game | None]:
        """Train with a config and measure it; ``report`` sees each record and says whether to end it early."""
        try:
            with room():
                return self._train(self._short(config), judge, report, stop)
        except (ConfigError, DataError) as error:  # options that do not go together, or too large
            return Outcome(REFUSED, why=str(error)), None

    def _short(self, config: Config) -> Config:
        """The config of a trial: bounded by its seconds, with a record for each tenth of them."""
        threads = config.machine.threads or 1
        return config.replace(
            minutes=self.seconds / 60,
            record_every=10**9,
            checkpoint_seconds=self.seconds / TENTHS,
            threads=threads,
        )

    def _train(
        self, config: Config, judge: Judge, report: Callable[[Record], bool], stop: Callable[[], bool]
    ) -> tuple[Outcome, Game | None]:
        data, held_out = self.parts(config)
        plan.check(config, self.data)
        game = games.make(config, data.spec, data.classes, self.runtime)
        doctor = Doctor(described(config, {"spec": data.spec.to_dict(), "noun": kinds.of(data.spec).noun}))
        found: Sequence[Finding] = ()
        records = plan.train(config, game, data, held_out=held_out, stop=stop, now=self.now)
        outcome = partial(_outcome, game)
        try:
            for record in records:
                found = doctor.examine(record)
                if record.progress < 1 and (stop() or report(record)):
                    return outcome(STOPPED if stop() else PRUNED, found), None
            if stop():
                return outcome(STOPPED, found), None
            value = judge(game, data).value
            if not math.isfinite(value):
                raise DataError("the samples of a trial cannot be measured.")
            return outcome(DONE, found, value=value), game
        except (NonFiniteError, DataError):
            return outcome(DIVERGED, doctor.examine(game.clock.broken())), None


def _outcome(game: Game, state: str, found: Sequence[Finding], value: float | None = None) -> Outcome:
    return Outcome(
        state,
        value,
        "",
        game.clock.samples_seen,
        game.clock.seconds,
        {finding.name: finding.title for finding in found},
        {finding.name: finding.cures[0].words for finding in found if finding.cures},
    )


def sheet(game: Game, data: Dataset) -> bytes:
    """Samples of a game as a picture, in PNG; made smaller until it has at most MOST_SHEET bytes."""
    kind = kinds.of(data.spec)
    columns = kind.columns(data.spec)
    count = kind.sheet_count or columns * columns
    natural = drawing.natural_labels(count, data.class_counts)
    given, labels = game.inputs(data, count, SHEET_SEED, natural)
    samples = drawing.decoded(game.sampling_generator, data.spec, given, labels).numpy()
    picture: Any = kind.sheet(samples, data.spec, columns)
    while True:
        png = as_png(picture)
        if len(png) <= MOST_SHEET or min(picture.size) < 64:
            return png
        picture = picture.reduce(2)


def tenth(progress: float) -> int:
    """The tenth of a trial that a record ends, by which trials are compared."""
    return min(TENTHS, int(TENTHS * progress + 0.05))
