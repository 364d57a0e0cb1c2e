"""What a search has found: the trials, the importance of options, the best ones as TOML, the comparison."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import tomli_w

from sparring.config.choices import BUDGETS
from sparring.config.groups import GROUP_OF, Config
from sparring.config.option import written
from sparring.config.recipes import beyond_recipe
from sparring.config.search import RECIPE, SEARCHED, Doublings, Times
from sparring.files import write_whole
from sparring.history import layout
from sparring.uses.tune import door
from sparring.uses.tune.search import SHEET
from sparring.uses.tune.shared import DEFAULT, SEEDS, START, WORKER, Settings, Shared, numbered, outcome
from sparring.uses.tune.space import Space
from sparring.uses.tune.trial import REFUSED, Outcome
from sparring.uses.tune.verdict import sentence, verdict

BEST = "best.toml"
SHEETS = {"default": "default.png", "tuned": "tuned.png"}
LEAST_IMPORTANCE = 6  # measured trials, below which no importance is estimated
MACHINE = ("machine", "records")  # tables that say nothing of what is learnt
FORMAT = 1


@dataclass(frozen=True)
class Tried:
    """One trial: its number, from 1, what was chosen, and times real at each tenth."""

    number: int
    outcome: Outcome
    chosen: Mapping[str, Any]
    start: str
    curve: Mapping[int, float]
    worker: str

    def to_dict(self) -> dict[str, Any]:
        # Doublings are written as the multiples that they are.
        chosen = {
            name: 2.0**value if isinstance(SEARCHED.get(name), Doublings) else value
            for name, value in self.chosen.items()
        }
        facts = {"number": self.number, "start": self.start, "chosen": chosen, "worker": self.worker}
        curve = [[step, value] for step, value in self.curve.items() if math.isfinite(value)]
        return facts | vars(self.outcome) | {"curve": curve}


@dataclass(frozen=True)
class Result:
    """A search so far.

    Attributes:
        trials: those that ended, in their order.
        best: the number of the best trial; None if none was measured.
        config: its options; the default's without one.
        changed: the options in which it differs from the default: the default's value, and its own.
        importance: of the options, which share of the difference between trials they explain; the greatest
            first.
        default, tuned: times real of the final trainings; ``tuned`` is None if the best is the default itself.
        sheets: pictures of samples, PNG, by "default" and "tuned".
    """

    settings: Settings
    trials: Sequence[Tried]
    best: int | None
    config: Config
    changed: Mapping[str, tuple[Any, Any]]
    importance: Mapping[str, float]
    default: Sequence[float]
    tuned: Sequence[float] | None
    samples_seen: int
    sheets: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        others = [
            trial for trial in self.trials if trial.number != self.best and trial.outcome.state != REFUSED
        ]
        return verdict(self.default, self.tuned, SEEDS, len(others))

    @property
    def sentence(self) -> str:
        return sentence(self.verdict, self.default, self.tuned)

    def to_dict(self) -> dict[str, Any]:
        """The fields of tune.json; a training that diverged is None."""
        settings = self.settings
        return {
            "format": FORMAT,
            "sparring": settings.sparring,
            "data": settings.data,
            "data_count": settings.count,
            "data_sha256": settings.digest,
            "seconds": settings.seconds,
            "features": settings.features,
            "best": self.best,
            "changed": {name: [written(value) for value in both] for name, both in self.changed.items()},
            "multiples": [name for name in SEARCHED if isinstance(SEARCHED[name], Times | Doublings)],
            "importance": dict(self.importance),
            "default": _finite(self.default),
            "tuned": None if self.tuned is None else _finite(self.tuned),
            "verdict": self.verdict,
            "sentence": self.sentence,
            "samples_seen": self.samples_seen,
            "trials": [trial.to_dict() for trial in self.trials],
        }


def collect(shared: Shared, space: Space, settings: Settings) -> Result:
    """The result of all workers so far."""
    with door.opened(shared.place):
        found = [_tried(trial) for trial in shared.trials() if trial.state.is_finished()]
        best, finals = shared.best(), shared.final_trials()
    config = space.default if best is None else space.config(best.params)
    same = config == space.default
    own = DEFAULT if same or best is None else int(best.number)
    values: dict[int, list[float]] = {DEFAULT: [], own: []}
    seen, sheets = [], {}
    for trial in sorted(finals, key=lambda trial: int(trial.params["seed"])):
        candidate, ended = trial.params["candidate"], outcome(trial)
        if candidate not in values:
            continue  # it was the best before more trials were made
        values[candidate].append(math.inf if ended.value is None else ended.value)
        if candidate != DEFAULT or same:
            seen.append(ended.samples_seen)
        with suppress(KeyError, TypeError, ValueError):
            name = "default" if candidate == DEFAULT else "tuned"
            sheets[name] = base64.b64decode(trial.user_attrs[SHEET], validate=True)
    number = None if best is None else numbered(int(best.number))
    was = [trial.outcome.samples_seen for trial in found if trial.number == number]
    return Result(
        settings,
        found,
        number,
        config,
        _changed(space.default, config),
        importance(shared),
        values[DEFAULT],
        None if same and best is not None else values[own],
        round(median(seen or was or [0])),
        sheets,
    )


def _tried(trial: Any) -> Tried:
    curve = {int(step): float(value) for step, value in trial.intermediate_values.items()}
    start, worker = (str(trial.user_attrs.get(name, "")) for name in (START, WORKER))
    return Tried(numbered(trial.number), outcome(trial), dict(trial.params), start, curve, worker)


def _changed(default: Config, config: Config) -> dict[str, tuple[Any, Any]]:
    usual, chosen = default.flat(), config.flat()
    return {name: (usual[name], value) for name, value in chosen.items() if value != usual[name]}


def importance(shared: Shared) -> dict[str, float]:
    """Which share of the difference between good trials and others each option explains (PED-ANOVA).

    Watanabe et al. 2023. Empty with fewer than LEAST_IMPORTANCE measured trials.
    """
    done = [trial for trial in shared.trials() if trial.state.name == "COMPLETE"]
    if len(done) < LEAST_IMPORTANCE:
        return {}
    of = shared.optuna.importance
    with door.quiet():
        try:
            found = of.get_param_importances(shared.study, evaluator=of.PedAnovaImportanceEvaluator())
        except (ValueError, RuntimeError):  # no option is common to all trials
            return {}
    return {str(name): float(value) for name, value in found.items() if math.isfinite(value)}


def best_toml(result: Result, given_hold_out: bool) -> str:
    """The best options as TOML that ``sparring train --config`` takes; what the recipe has is left out.

    Args:
        given_hold_out: whether the user holds samples out, so that the trainings to come do so too.
    """
    config = result.config
    budget = dict.fromkeys(BUDGETS) | {"samples_seen": max(1, result.samples_seen)}
    tables: dict[str, Any] = {RECIPE: config.recipe, "dataset": {"data": config.dataset.data}}
    for name, value in beyond_recipe(config).items():
        table = GROUP_OF[name]
        if name in BUDGETS or table in MACHINE or (name == "hold_out" and not given_hold_out):
            continue
        (tables.setdefault(table, {}) if table else tables)[name] = written(value)
    tables["budget"] = {name: value for name, value in budget.items() if value is not None}
    head = (
        f"# Trial {result.best} of sparring tune: {result.settings.seconds:g} seconds of training, in which it "
        f"saw {result.samples_seen:,} samples.\n# {result.sentence}\n# To train longer: sparring train "
        "--config FILE --minutes 10\n\n"
    )
    alone = {name: value for name, value in tables.items() if not isinstance(value, dict)}
    return head + tomli_w.dumps(alone | {name: table for name, table in tables.items() if name not in alone})


def begin(folder: Path, command: Mapping[str, Any]) -> None:
    """Write what was asked for, so that a search that is killed can go on."""
    with layout.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / layout.TUNED).exists():
            write_whole(folder / layout.TUNED, json.dumps({"command": dict(command)}, indent=1).encode())


def write(result: Result, folder: Path, toml: str, command: Mapping[str, Any]) -> None:
    """Write tune.json, best.toml and the pictures of samples into a folder.

    Args:
        command: what was asked for, with which ``--resume`` goes on.
    """
    with layout.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        content = {"command": dict(command)} | result.to_dict()
        write_whole(folder / layout.TUNED, json.dumps(content, indent=1, allow_nan=False).encode())
        if result.best is not None:
            write_whole(folder / BEST, toml.encode())
        for name, picture in result.sheets.items():
            write_whole(folder / SHEETS[name], picture)


def _finite(values: Sequence[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]
