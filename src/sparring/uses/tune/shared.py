"""The study that several workers share: what they agree on, the next trial, and the trials of the dead."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from sparring import __version__
from sparring.config.values import field, finite, listed, text, whole
from sparring.errors import ConfigError, RunError, UnreadableError, quoted
from sparring.uses.tune import door
from sparring.uses.tune.trial import DONE, STOPPED, Outcome

STUDY, FINAL = "sparring-tune", "sparring-tune-final"  # names in a storage
SETTINGS, WORKER, ALIVE, OUTCOME, START = "settings", "worker", "alive", "outcome", "start"
DEFAULT = -1  # the candidate of the final trainings that is not a trial
LEAST_TRIAL = 1e-3  # seconds of training
SEEDS = 3  # final trainings of each candidate
GRACE = 60.0  # seconds without a sign of life, beside those of four trials, after which a worker is dead


@dataclass(frozen=True)
class Settings:
    """What every worker of a study has in common.

    Attributes:
        data, count, digest: the name, the number and the SHA-256 of the samples.
        space: as ``Space.described`` tells it.
        seconds: of training in each trial.
        features, measured: by which trials are compared, and on how many samples.
        sparring: the version.
    """

    data: str
    count: int
    digest: str
    space: dict[str, Any]
    seconds: float
    features: str = "auto"
    measured: int = 0
    sparring: str = __version__

    @property
    def checksum(self) -> str:
        """SHA-256 of what must be equal for values to be comparable."""
        same = {"digest": self.digest, "space": self.space, "sparring": self.sparring}
        return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()

    @staticmethod
    def read(found: Any) -> Settings:
        """The settings in a storage.

        Raises:
            UnreadableError: they are missing or damaged.
        """
        space = field(found, "space", lambda value: value)
        if not isinstance(space, dict):
            raise UnreadableError("space: where a table is expected")
        return Settings(
            field(found, "data", text),
            field(found, "count", whole),
            field(found, "digest", text),
            space,
            field(found, "seconds", lambda value: finite(value, LEAST_TRIAL, 1e9)),
            field(found, "features", text),
            field(found, "measured", lambda value: whole(value, 1)),
            field(found, "sparring", text),
        )


class Shared:
    """A study in a storage. Every method may be called while other workers do the same."""

    def __init__(self, place: str, sampler: str = "tpe", seed: int | None = 0) -> None:
        self.place = place
        self.storage = door.storage(place)
        self.optuna = door.optuna()
        with door.opened(place, content=True), door.quiet():
            # The worker that begins draws by the seed; others must not draw the same.
            try:
                self.study = self._open(STUDY, False, sampler=door.sampler(sampler, seed), pruner=door.pruner())
                self.begun = False
            except self.optuna.exceptions.DuplicatedStudyError:
                self.study = self._open(STUDY, sampler=door.sampler(sampler, None), pruner=door.pruner())
                self.begun = True
        self.seconds = 0.0

    def _open(self, name: str, load: bool = True, **how: Any) -> Any:
        return self.optuna.create_study(
            storage=self.storage, study_name=name, direction="minimize", load_if_exists=load, **how
        )

    def agree(self, mine: Settings, measure: Callable[[float], tuple[str, int]], asked: bool) -> Settings:
        """The settings of the study, which the first worker writes.

        Args:
            measure: gives the features and the number of samples for trials of so many seconds.
            asked: whether the user has said how many seconds a trial has.

        Raises:
            RunError: the study has another data set, another version or another space, or is not ours.
            ConfigError: it has another number of seconds than the user asks for.
        """
        with door.opened(self.place, content=True):
            theirs = self.study.user_attrs.get(SETTINGS)
            foreign = theirs is None and self._is_foreign()
        if foreign:
            raise RunError(
                f"the storage {quoted(door.shown(self.place))} has a study {quoted(STUDY)} that sparring tune "
                "did not begin. It is left as it is: give another --storage."
            )
        if theirs is None:
            features, measured = measure(mine.seconds)
            mine = Settings(**(asdict(mine) | {"features": features, "measured": measured}))
            with door.opened(self.place):
                self.study.set_user_attr(SETTINGS, asdict(mine))
            self.seconds = mine.seconds
            return mine
        try:
            known = Settings.read(theirs)
        except UnreadableError as error:
            raise RunError(
                f"the storage {quoted(door.shown(self.place))} is damaged ({error}). Give another --storage."
            ) from error
        if known.checksum != mine.checksum:
            raise RunError(_differs(known, mine, door.shown(self.place)))
        if asked and known.seconds != mine.seconds:
            raise ConfigError(
                f"--seconds {mine.seconds:g}: the trials in {quoted(door.shown(self.place))} have "
                f"{known.seconds:g} seconds each, and others could not be compared with them. Leave it out, or "
                "give another --storage."
            )
        self.seconds = known.seconds
        return known

    def _is_foreign(self) -> bool:
        """Whether a study without settings is not ours, which have them before the first trial."""
        minimize = self.optuna.study.StudyDirection.MINIMIZE
        return self.study.directions != [minimize] or bool(self.study.get_trials(deepcopy=False))

    def enqueue(self, chosen: Mapping[str, Any], start: str) -> None:
        """Have this tried, if it was not tried before."""
        self.study.enqueue_trial(dict(chosen), user_attrs={START: start}, skip_if_exists=True)

    def trials(self) -> list[Any]:
        """All trials that are finished, run or wait; not those whose worker died."""
        failed = self.optuna.trial.TrialState.FAIL
        return [trial for trial in self.study.get_trials(deepcopy=False) if trial.state != failed]

    def running(self, study: Any) -> bool:
        """Whether other workers are at trials of a study."""
        return any(trial.state.name == "RUNNING" for trial in study.get_trials(deepcopy=False))

    def ask(self) -> Any:
        """The next trial: one that waits, or a new one."""
        with door.quiet():
            trial = self.study.ask()
        self.live(trial)
        return trial

    def live(self, trial: Any) -> None:
        """Say that this worker is alive and at this trial."""
        trial.set_user_attr(WORKER, worker())
        trial.set_user_attr(ALIVE, time.time())

    def tell(self, study: Any, trial: Any, outcome: Outcome) -> None:
        """Finish a trial. One that the user stopped waits again."""
        states = self.optuna.trial.TrialState
        trial.set_user_attr(OUTCOME, asdict(outcome))
        with door.quiet():
            if outcome.state == DONE:
                study.tell(trial, outcome.value)
            elif outcome.state == STOPPED:
                study.tell(trial, state=states.FAIL)
                start = trial.user_attrs.get(START, "")
                study.enqueue_trial(dict(trial.params), user_attrs={START: start})
            else:  # the sampler learns that it was bad
                study.tell(trial, state=states.PRUNED)

    def revive(self, study: Any) -> int:
        """Let the trials of workers that died be tried once more; return how many there were."""
        states, dead = self.optuna.trial.TrialState, 0
        with door.quiet():
            again = self.optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=1)
            for trial in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
                if not self._dead(trial):
                    continue
                with suppress(ValueError, RuntimeError):  # another worker was faster
                    study.tell(trial.number, state=states.FAIL)
                    again(study, trial)
                    dead += 1
        return dead

    def _dead(self, trial: Any) -> bool:
        """Whether the worker of a running trial is gone: its process, or for long any sign of life."""
        whose = str(trial.user_attrs.get(WORKER, ""))
        if whose == worker():
            return True  # this process asks only when it is at no trial
        host, _, process = whose.rpartition(":")
        if host == platform.node() and process.isdecimal() and not _alive(int(process)):
            return True
        began = trial.datetime_start.timestamp() if trial.datetime_start else time.time()
        last = trial.user_attrs.get(ALIVE, began)
        last = last if isinstance(last, int | float) else began
        return time.time() - last > GRACE + 4 * self.seconds

    def final(self) -> Any:
        """The study of the final trainings: each candidate with SEEDS seeds."""
        with door.quiet():
            return self._open(FINAL, sampler=self.optuna.samplers.RandomSampler())

    def final_trials(self) -> list[Any]:
        """The final trainings that are done, each candidate and seed once; none if there is no final yet."""
        known = {study.study_name for study in self.optuna.get_all_study_summaries(self.storage)}
        if FINAL not in known:
            return []
        found: dict[tuple[int, int], Any] = {}
        for trial in self.final().get_trials(deepcopy=False):
            if trial.state.name in ("COMPLETE", "PRUNED") and {"candidate", "seed"} <= trial.params.keys():
                found.setdefault((trial.params["candidate"], trial.params["seed"]), trial)
        return list(found.values())

    def best(self) -> Any:
        """The finished trial with the least value; None if none was measured."""
        done = [trial for trial in self.trials() if trial.state.name == "COMPLETE"]
        return min(done, key=lambda trial: (trial.value, trial.number), default=None)


def numbered(number: int) -> int:
    """The number of a trial as people count, from 1; a storage counts from 0."""
    return number + 1


def worker() -> str:
    """This process, as other workers see it."""
    return f"{platform.node()}:{os.getpid()}"


def outcome(trial: Any) -> Outcome:
    """The outcome of a finished trial, as far as the storage has it."""
    found = trial.user_attrs.get(OUTCOME)
    found = found if isinstance(found, dict) else {}
    try:
        return Outcome(
            field(found, "state", text),
            None if found.get("value") is None else finite(found["value"]),
            field(found, "why", text),
            field(found, "samples_seen", whole),
            field(found, "seconds", finite),
            dict(listed(list(field(found, "findings", dict).items()), tuple)),
            dict(listed(list(field(found, "cures", dict).items()), tuple)),
        )
    except (UnreadableError, TypeError, ValueError):
        return Outcome(trial.state.name.lower())


def _alive(process: int) -> bool:
    """Whether a process of this machine is there; where that cannot be asked, it is."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _differs(known: Settings, mine: Settings, place: str) -> str:
    """What is different in a storage from what this worker would do."""
    if known.sparring != mine.sparring:
        what = f"was begun with sparring {known.sparring}, and this is {mine.sparring}"
    elif known.digest != mine.digest:
        what = (
            f"is about other data: {known.count:,} samples of {known.data}; now {mine.count:,} of {mine.data}"
        )
    else:
        what = "was begun with other options (recipe, --only, options that are set)"
    return f"the storage {quoted(place)} {what}, so its trials cannot be compared. Give another --storage."
