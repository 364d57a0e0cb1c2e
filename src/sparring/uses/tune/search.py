"""Search: ask for a trial, make it, tell; at the end train the best and the default again, with new seeds."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any, NamedTuple

from sparring.config.groups import Config
from sparring.errors import ConfigError, clock, counted
from sparring.history.record import Record
from sparring.uses.tune import door
from sparring.uses.tune.judge import MOST, Judge, impartial
from sparring.uses.tune.shared import DEFAULT, LEAST_TRIAL, SEEDS, START, Settings, Shared, numbered
from sparring.uses.tune.space import Space
from sparring.uses.tune.trial import DONE, REFUSED, STOPPED, Bench, Outcome, sheet, tenth

TRIALS = 40  # that minutes are divided among, if the user names no number
SECONDS = 60.0  # of a trial, if there are no minutes to divide
LEAST_SECONDS = 1.0  # of a trial that minutes are divided into
OVERHEAD = 1.25  # the time of a trial beside that of its training, at first
HOPELESS = 20  # trials, of which none could be measured, after which the search ends
POLL = 0.2  # seconds between two looks at what other workers do
REPORTED = 2  # times as many samples are measured in a final training as in a trial
SHEET = "sheet"


@dataclass(frozen=True)
class Limits:
    """When to stop: after so many trials of all workers, or minutes of this one.

    Raises:
        ConfigError: there is no limit, or one is not above 0.
    """

    trials: int | None
    minutes: float | None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.trials is None and self.minutes is None:
            raise ConfigError("nothing says when to stop: give --minutes 30, --trials 40, or both.")
        for name in ("trials", "minutes", "seconds"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1e9:
                raise ConfigError(f"--{name} {value:g}: expected a number above 0 and below 1e9.")
        if self.seconds is not None and self.seconds < LEAST_TRIAL:
            raise ConfigError(f"--seconds {self.seconds:g}: a trial has at least {LEAST_TRIAL:g} seconds.")

    def each(self) -> float:
        """The seconds of training in a trial.

        Raises:
            ConfigError: the minutes are too few.
        """
        if self.seconds is not None:
            return self.seconds
        if self.minutes is None:
            return SECONDS
        trials = (self.trials or TRIALS) + 2 * SEEDS
        each = 60 * self.minutes / trials / OVERHEAD
        if each < LEAST_SECONDS:
            fit = int(60 * self.minutes / LEAST_SECONDS / OVERHEAD) - 2 * SEEDS
            enough = math.ceil(trials * LEAST_SECONDS * OVERHEAD / 6) / 10
            raise ConfigError(
                f"--minutes {self.minutes:g} leaves {each:.2g} seconds for each of {trials} trainings "
                f"({2 * SEEDS} of them compare the best with the default at the end), and at least "
                f"{LEAST_SECONDS:g} is needed. Give --minutes {enough:g}"
                + (f", --trials {fit}" if fit > 1 else "")
                + ", or --seconds."
            )
        return float(f"{each:.3g}")

    def described(self, each: float, on_cpu: bool) -> str:
        """The trials in words, with the time that one worker takes, or takes at least.

        Args:
            each: seconds of training in a trial, which are those of a processor ``on_cpu``.
        """
        seconds = f"{each:g} second{'' if each == 1 else 's'}{' of this processor' if on_cpu else ''} each"
        trials = "as many as fit" if self.trials is None else counted(self.trials, "trial")
        whole, how = 60 * (self.minutes or math.inf), "about"
        if self.trials is not None and (least := (self.trials + 2 * SEEDS) * each) < whole:
            whole, how = least, "at least"
        return f"{trials}, {seconds}; with the {2 * SEEDS} final trainings {how} {clock(whole)} for one worker"


class Event(NamedTuple):
    """What happened, for whoever shows or writes it.

    Attributes:
        stage: "trial", "final", or "waiting" for other workers.
        number: of the trial, from 1.
        chosen: by option, as ``Space.choose`` gives it; of a final training its candidate and seed.
        start: the recipe that it is, if it is one as it stands.
        left: an estimate of the seconds until the end; None if nobody knows.
    """

    stage: str
    number: int = 0
    outcome: Outcome | None = None
    chosen: dict[str, Any] | None = None
    start: str = ""
    left: float | None = None


class Search:
    """One worker: yields an event for each trial that it makes.

    Args:
        stop: whether the user wants it to end after the present step.
    """

    def __init__(
        self,
        bench: Bench,
        space: Space,
        shared: Shared,
        settings: Settings,
        limits: Limits,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.bench, self.space, self.shared = bench, space, shared
        self.settings, self.limits, self.stop = settings, limits, stop
        self.began = time.monotonic()
        self.made = 0  # trials of this worker
        self.taken: list[float] = []  # seconds of the clock, of each of them that was not cut short

    def __iter__(self) -> Iterator[Event]:
        with door.opened(self.shared.place):
            yield from self._trials()
            if not self.stop() and self.shared.best() is not None:
                yield from self._finals()

    def _trials(self) -> Iterator[Event]:
        shared = self.shared
        # Recipes as they stand take half of the trials at most.
        first = None if self.limits.trials is None else max(1, self.limits.trials // 2)
        for recipe in list(self.space.bases)[:first]:
            shared.enqueue(self.space.start(recipe), recipe)
        judge = self.bench.judge(self.bench.halves.choosing, self.settings.features, self.settings.measured)
        while not self.stop():
            shared.revive(shared.study)
            if not self._more():
                if not self._full() or not shared.running(shared.study):
                    return
                yield Event("waiting", left=self._left())
                time.sleep(POLL)
                continue
            trial = shared.ask()
            chosen = self.space.choose(trial)
            outcome = self._trial(trial, chosen, judge)
            shared.tell(shared.study, trial, outcome)
            self.made += 1
            if outcome.state != STOPPED:
                start = trial.user_attrs.get(START, "")
                yield Event("trial", numbered(trial.number), outcome, chosen, start, self._left())

    def _trial(self, trial: Any, chosen: dict[str, Any], judge: Judge) -> Outcome:
        try:
            config = self.space.config(chosen)
        except ConfigError as error:
            return Outcome(REFUSED, why=str(error))

        def report(record: Record) -> bool:
            self.shared.live(trial)
            step = tenth(record.progress)
            if "times_real" not in record.values or step in reported:
                return False
            reported.add(step)
            trial.report(record.values["times_real"], step)
            return bool(trial.should_prune()) and not trial.user_attrs.get(START)

        reported: set[int] = set()
        return self._timed(config, judge, report)[0]

    def _timed(self, config: Config, judge: Judge, report: Callable[[Record], bool]) -> tuple[Outcome, Any]:
        began = time.monotonic()
        outcome, game = self.bench.train(config, judge, report, self.stop)
        if outcome.state == DONE:
            self.taken.append(time.monotonic() - began)
        return outcome, game

    def _finals(self) -> Iterator[Event]:
        """Train the default and the best trial anew with SEEDS seeds, and measure them by the other half."""
        shared, final = self.shared, self.shared.final()
        best = shared.best()
        candidates = {DEFAULT: self.space.default, best.number: self.space.config(best.params)}
        if candidates[DEFAULT] == candidates[best.number]:
            del candidates[best.number]
        for seed in range(SEEDS):
            for candidate in candidates:
                final.enqueue_trial({"candidate": candidate, "seed": seed}, skip_if_exists=True)
        count = min(MOST, REPORTED * self.settings.measured)
        judge = self.bench.judge(self.bench.halves.reporting, impartial(self.bench.reference), count)
        waiting = (shared.optuna.trial.TrialState.WAITING,)
        while not self.stop():
            shared.revive(final)
            if not final.get_trials(deepcopy=False, states=waiting):
                if not shared.running(final):
                    return
                yield Event("waiting")
                time.sleep(POLL)
                continue
            trial = final.ask()
            shared.live(trial)
            chosen = {
                "candidate": trial.suggest_int("candidate", DEFAULT, 2**31),
                "seed": trial.suggest_int("seed", 0, 2**31),
            }
            config = candidates.get(chosen["candidate"]) or self._candidate(chosen["candidate"])
            if config is None or chosen["seed"] >= SEEDS:  # another worker took the last one at the same time
                final.tell(trial, state=shared.optuna.trial.TrialState.FAIL)
                continue
            outcome = self._final(trial, config, chosen["seed"], judge)
            shared.tell(final, trial, outcome)
            if outcome.state != STOPPED:
                todo = len(final.get_trials(deepcopy=False, states=waiting))
                yield Event("final", numbered(trial.number), outcome, chosen, left=todo * self._each())

    def _final(self, trial: Any, config: Config, seed: int, judge: Judge) -> Outcome:
        def report(_: Record) -> bool:
            self.shared.live(trial)
            return False

        # No trial has trained with this seed.
        outcome, game = self._timed(config.replace(seed=config.seed + 1 + seed), judge, report)
        if game is not None and seed == 0:
            trial.set_user_attr(SHEET, base64.b64encode(sheet(game, self.bench.parts(config)[0])).decode())
        return outcome

    def _candidate(self, number: int) -> Config | None:
        """The config of a trial that another worker found best."""
        found = next((trial for trial in self.shared.trials() if trial.number == number), None)
        return None if found is None or found.state.name != "COMPLETE" else self.space.config(found.params)

    def _full(self) -> bool:
        return self.limits.trials is not None and len(self.shared.trials()) >= self.limits.trials

    def _more(self) -> bool:
        """Whether there is time and need for another trial."""
        if self.limits.minutes is not None:
            spent = time.monotonic() - self.began + (1 + 2 * SEEDS) * self._each()
            if self.made and spent > 60 * self.limits.minutes:
                return False
        trials = self.shared.trials()
        if sum(trial.state.is_finished() for trial in trials) >= HOPELESS and self.shared.best() is None:
            return False
        waiting = any(trial.state.name == "WAITING" for trial in trials)
        return waiting or not self._full()

    def _each(self) -> float:
        """The seconds of the clock of a whole trial."""
        return fmean(self.taken[-10:]) if self.taken else OVERHEAD * self.settings.seconds

    def _left(self) -> float | None:
        spent = time.monotonic() - self.began
        by_clock = None if self.limits.minutes is None else 60 * self.limits.minutes - spent
        if self.limits.trials is None:
            return by_clock
        done = sum(bool(trial.state.is_finished()) for trial in self.shared.trials())
        todo = max(0, self.limits.trials - done) * spent / max(1, self.made) + 2 * SEEDS * self._each()
        return todo if by_clock is None else max(0.0, min(todo, by_clock))
