"""``sparring tune``: find the options of a training for your data, alone or with other workers."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from sparring.cli.data import read
from sparring.cli.parsing import given_options
from sparring.config.choices import BUDGETS, SAMPLERS
from sparring.config.groups import GROUP_OF, Config
from sparring.config.recipes import from_recipe
from sparring.config.search import RECIPE
from sparring.config.values import field, finite, listed, one_of, text, whole
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError, UnreadableError, counted, quoted
from sparring.files import left_over, read_json, read_text
from sparring.history import layout
from sparring.kinds import find
from sparring.page import tuning
from sparring.runs.create import free_path, remove_empty
from sparring.runs.folder import digest
from sparring.training import suited
from sparring.uses.interrupt import after_the_step
from sparring.uses.progress import console
from sparring.uses.tune import door, judge, result
from sparring.uses.tune.search import Limits, Search
from sparring.uses.tune.shared import Settings, Shared
from sparring.uses.tune.space import Space, size, space
from sparring.uses.tune.tables import Progress, show
from sparring.uses.tune.trial import Bench
from sparring.uses.tune.verdict import IN_VAIN, failure

HELD_OUT = 0.25  # share of the data that is held out, if neither the user nor the recipe says
JOURNAL = "journal.log"  # the storage in the folder of the result
OWN = ("trials", "minutes", "seconds", "only", "storage", "sampler")  # options of tune itself


@dataclass(frozen=True)
class Command:
    """What was asked for: the data, the options of tune and of trainings, the folder (None: a new one)."""

    data: str
    own: Mapping[str, Any]
    given: Mapping[str, Any]
    out: Path | None

    def to_dict(self) -> dict[str, Any]:
        return {"data": self.data, "own": dict(self.own), "given": dict(self.given)}


def run(args: argparse.Namespace) -> int:
    """Search, then print and write what was found."""
    door.optuna()
    command = _resumed(args) if args.resume else _asked(args)
    limits = Limits(*(command.own[name] for name in ("trials", "minutes", "seconds")))
    each, given = limits.each(), dict(command.given)
    recipe = given.pop(RECIPE, "auto")
    if recipe != "auto":
        from_recipe(recipe, **given)  # checks the options before pictures are decoded
    files = {name: value for name, value in given.items() if GROUP_OF[name] == "files"}
    data = read(Config().replace(data=command.data).dataset, Config().replace(**files).files)
    fixed = _fixed(data, given, recipe)
    searched = space(data, command.own["only"] or (), fixed, recipe)
    bench = Bench(data, searched.default, each)
    judge.check(bench.reference, bench.halves)
    out = command.out or free_path(Path("runs"), f"{find.stem(command.data) or 'data'}-tune")
    place = command.own["storage"] or str(out / JOURNAL)
    mine = Settings(data.name, len(data), digest(data), searched.described(), each)
    try:
        shared = Shared(place, command.own["sampler"] or "tpe", given.get("seed", 0))
        settings = shared.agree(
            mine,
            lambda seconds: judge.affordable(bench.reference, seconds),
            limits.seconds is not None,
        )
    except BaseException:
        if command.out is None:  # nobody else knows of this new folder
            (out / JOURNAL).unlink(missing_ok=True)
            remove_empty(out)
        raise
    bench.seconds = settings.seconds
    result.begin(out, command.to_dict())
    screen = Console(stderr=True, highlight=False, emoji=False) if args.json else console()
    _announce(screen, searched, settings, limits, shared, bench)
    with after_the_step(alone=True) as stopped:
        search = Search(bench, searched, shared, settings, limits, stopped)
        before = {trial.number: trial.outcome for trial in result.collect(shared, searched, settings).trials}
        line = Progress(limits.trials, before)
        for event in search:
            if said := line(event):
                screen.print(said, markup=False, soft_wrap=True)
    found = result.collect(shared, searched, settings)
    return _finish(command, out, found, screen, stopped(), args.json)


def _finish(
    command: Command, out: Path, found: result.Result, screen: Console, stopped: bool, as_json: bool
) -> int:
    """Write and print what was found."""
    result.write(found, out, result.best_toml(found, "hold_out" in command.given), command.to_dict())
    on = f"sparring tune --resume {shlex.quote(str(out))}"
    if (why := failure(trial.outcome for trial in found.trials)) and not stopped:
        raise RunError(why)
    tuning.write_report(out, out / layout.REPORT)
    if as_json:
        print(read_text(out / layout.TUNED))
    screen.print()
    show(screen, found)
    if stopped:
        done = counted(len(found.trials), "trial")
        screen.print(f"\nStopped after {done}. Continue with: {on}", soft_wrap=True, markup=False)
    if found.best is not None:
        toml = shlex.quote(str(out / result.BEST))
        whose = f"those of trial {found.best}, which are not needed"
        use = whose if found.verdict in IN_VAIN else f"next: sparring train --config {toml} --minutes 10"
        screen.print(f"\n  options  {toml}   {use}", soft_wrap=True, markup=False)
    screen.print(f"   report  {out / layout.REPORT}", soft_wrap=True, markup=False)
    return 130 if stopped else 0


def _announce(
    screen: Console, searched: Space, settings: Settings, limits: Limits, shared: Shared, bench: Bench
) -> None:
    """Say what is searched, how long, and by which number."""
    halves = bench.halves
    screen.print(f"search  {size(searched)}", markup=False, soft_wrap=True)
    screen.print(f"trials  {limits.described(settings.seconds, bench.on_cpu)}", markup=False, soft_wrap=True)
    screen.print(
        f" judge  times real of {settings.measured:,} samples; {len(halves.choosing):,} held-out samples "
        f"choose, {len(halves.reporting):,} others report",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    made = sum(trial.state.is_finished() for trial in shared.trials())  # not by those who died
    if limits.trials is not None and made >= limits.trials:
        screen.print(
            f"  made  {counted(made, 'trial')} already, so no more are made; --trials {2 * made} makes more",
            markup=False, soft_wrap=True,
        )  # fmt: skip
    state = "goes on in" if shared.begun else "shared in"
    screen.print(
        f" study  {state} {door.shown(shared.place)}; workers with the same --storage join (Ctrl-C stops)",
        markup=False, soft_wrap=True,
    )  # fmt: skip


def _fixed(data: Dataset, given: Mapping[str, Any], recipe: str) -> dict[str, Any]:
    """The options of every trial: those of the user, one thread, and samples that are held out.

    Raises:
        ConfigError: a translation, or several processes.
    """
    if data.given is not None:
        raise ConfigError(
            f"{data.name} has sources and targets, and tune searches only trainings that begin with random "
            "numbers. Try options by hand: sparring train --from A --to B."
        )
    if given.get("processes", 1) != 1:
        raise ConfigError(
            "--processes: leave it out, and start the same command again: workers share the trials."
        )
    fixed = {"threads": 1, "minutes": 1.0} | dict(given)
    if "hold_out" not in given and builtin.held_out(data.name) is None:
        recipe = suited.recipe_for(data)[0] if recipe == "auto" else recipe
        usual = from_recipe(recipe, data.spec.kind).dataset.hold_out
        fixed["hold_out"] = usual or HELD_OUT
    if fixed.get("hold_out", 1.0) == 0 and builtin.held_out(data.name) is None:
        raise ConfigError("--hold-out 0 leaves nothing to judge by: give a share, such as 0.25.")
    return fixed


def _asked(args: argparse.Namespace) -> Command:
    """What the command line asks for.

    Raises:
        ConfigError: there is no DATA, or it is a search.
        RunError: the folder holds something else.
    """
    if args.data is None:
        raise ConfigError(
            "what to tune on is missing: give DATA, or --resume RUN. For help: sparring tune --help"
        )
    if (Path(args.data) / layout.TUNED).is_file():
        raise ConfigError(f"{args.data} is the folder of a search: go on with it by --resume, or give data.")
    own = {name: getattr(args, name) for name in OWN}
    own["only"] = _names(args.only)
    if own["storage"] and "://" not in own["storage"]:
        own["storage"] = str(Path(own["storage"]).absolute())
    Limits(args.trials, args.minutes, args.seconds).each()  # before a folder is made
    names = [name for name in GROUP_OF if name not in ("data", *BUDGETS)]
    given = given_options(args, names)
    Config().replace(**{name: value for name, value in given.items() if value != "auto" or name != RECIPE})
    out = args.out
    if out and out.exists() and not _can_hold(out):
        raise RunError(f"{out} exists already, and is not the folder of a search: choose another --out.")
    if out and args.force and (out / layout.TUNED).is_file():
        for name in (JOURNAL, layout.TUNED, result.BEST, layout.REPORT, *result.SHEETS.values()):
            with suppress(FileNotFoundError):
                (out / name).unlink()
    return Command(args.data, own, given, out)


def _can_hold(out: Path) -> bool:
    """Whether a search can be in this folder: one is, or was killed as it began, or nothing is."""
    if not out.is_dir() or (out / layout.TUNED).is_file():
        return out.is_dir()
    return {path.name for path in out.iterdir() if path not in left_over(out)} <= {JOURNAL, f"{JOURNAL}.lock"}


def _resumed(args: argparse.Namespace) -> Command:
    """What an earlier command asked for; limits may be new.

    Raises:
        RunError: the folder is not that of a search.
        ConfigError: the command line says more than new limits.
    """
    names = [
        name for name in (*GROUP_OF, "seconds", "only", "storage", "sampler", "out") if name not in BUDGETS
    ]
    if more := list(given_options(args, names)):
        raise ConfigError(
            f"--resume goes on as the search began, with new --minutes or --trials: leave out {first(more)}."
        )
    path = args.resume / layout.TUNED
    try:
        found = read_json(path)["command"]
        data, own, given = str(found["data"]), _own(dict(found["own"])), dict(found["given"])
        Config().replace(**{name: value for name, value in given.items() if name != RECIPE})
    except UnreadableError as error:
        raise RunError(f"{args.resume} is not the folder of a search: {path.name}: {error}.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{path} is damaged. Begin again with the same --storage, or anew.") from error
    own |= given_options(args, ("trials", "minutes"))
    return Command(data, own, given, args.resume)


def _own(found: Mapping[str, Any]) -> dict[str, Any]:
    """The options of tune itself in a tune.json.

    Raises:
        UnreadableError: one is of another type.
    """
    checks: dict[str, Callable[[Any], Any]] = {
        "trials": whole,
        "minutes": finite,
        "seconds": finite,
        "only": lambda value: list(listed(value, text)),
        "storage": text,
        "sampler": partial(one_of, SAMPLERS),
    }
    return {name: None if found.get(name) is None else field(found, name, checks[name]) for name in OWN}


def first(names: list[str]) -> str:
    """The first of some options, as it is typed."""
    return "DATA" if names[0] == "data" else f"--{names[0].replace('_', '-')}"


def _names(text: str | None) -> list[str] | None:
    """The options that a user lists with commas, with or without dashes.

    Raises:
        ConfigError: the list is empty.
    """
    if text is None:
        return None
    found = [part.strip().removeprefix("--").replace("-", "_") for part in text.split(",") if part.strip()]
    if not found:
        raise ConfigError(f"--only {quoted(text)}: name options, such as g_lr,d_lr,r1_gamma.")
    return list(dict.fromkeys(found))
