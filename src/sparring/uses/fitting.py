"""What ``GAN.fit`` does: choose the options, begin or continue a training, and run it to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from sparring import kinds
from sparring.config.choices import BUDGETS
from sparring.config.groups import Config
from sparring.config.option import NONE
from sparring.config.words import said_in_python
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError, quoted
from sparring.history import layout
from sparring.history.record import Record
from sparring.machine.device import Runtime, launched
from sparring.networks.own import Given
from sparring.runs import folder as run
from sparring.runs.create import check_free, free_path
from sparring.runs.finetune import Source
from sparring.runs.fitted import Fitted, warned
from sparring.runs.folder import RunFolder
from sparring.training import suited
from sparring.uses import asked, contest
from sparring.uses.interrupt import after_the_step
from sparring.uses.progress import Display, console

PLAIN = "dcgan"  # the recipe for a user's own networks
SHEET = 16  # samples in a picture
ELSEWHERE = (*BUDGETS, "device", "threads", "processes")  # options that may differ on resume


class Made(NamedTuple):
    """What a GAN was made with: the name of a recipe, options, and a user's own players by name."""

    recipe: str
    options: Mapping[str, Any]
    own: Mapping[str, Given]


class Place(NamedTuple):
    """Where a training is kept: a run folder or None, whether it replaces what is there, or continues it."""

    path: Path | None
    force: bool
    resume: bool


def started(
    made: Made,
    before: Fitted | None,
    data: Any,
    labels: Any,
    place: Place,
    budget: Mapping[str, float],
    shown: bool,
) -> Fitted:
    """A new training, or the one that is to be continued, ready for its next step.

    Args:
        before: the training of this GAN so far, if there is one.
        shown: the reason for an automatic choice is printed.

    Raises:
        DataError, ConfigError, RunError: as ``GAN.fit`` does.
    """
    if before and before.looping:
        raise RunError(
            "this GAN is in a training, whose loop of fit_iter has not ended: leave it by break (or close its "
            "iterator) before the next fit, or fit another GAN."
        )
    path = place.path
    fit = begun(made, before, path) if place.resume else None
    if made.options.get("evaluate_every") and path is None and not (fit and fit.folder):
        raise ConfigError(
            "evaluate_every keeps its best checkpoint in a run folder: name one, as fit(data, "
            "out='runs/mine'), or leave it out and measure with gan.evaluate()."
        )
    if made.options.get("log", NONE) != NONE and path is None and not (fit and fit.folder):
        raise ConfigError("log tells of a run folder: name one, as fit(data, out='runs/mine').")
    if path and not (fit or place.force or launched()):
        check_free(path)  # before any picture is decoded
    chosen = fit.config if fit else Config().replace(**made.options)
    source = None if fit else Source.of(chosen.start, warned)
    if source and isinstance(data, str | Path):
        chosen = chosen.replace(**source.reading(str(data), made.options))
    if asked.translates(made.recipe, chosen):
        dataset, labels = asked.sides(data, labels, chosen.dataset, chosen.files), None
    else:
        dataset = asked.dataset(data, labels, chosen.files)
    if fit:
        check_options(made, fit.config)
        fit.go_on(dataset, budget, path)
        return fit
    handed = labels is not None or (isinstance(data, tuple) and dataset.classes > 0)
    config = configured(made, dataset, handed, budget, source)
    fit = Fitted.begin(config, dataset, made.own, path, place.force, source)
    if shown and made.recipe == "auto" and not made.own and (why := suited.recipe_for(dataset)[1]):
        console().print(why, markup=False, soft_wrap=True)
    return fit


def begun(made: Made, before: Fitted | None, path: Path | None) -> Fitted | None:
    """The training to continue: the one before, or else that in a run folder; None if there is none.

    Raises:
        RunError: there is no training to continue, and no folder for a new one.
    """
    if before is None and path is None:
        raise RunError("there is no training to continue: call fit(data) or GAN.load(path) first.")
    there = before is None and path is not None and layout.is_run(path)
    if launched():  # all processes decide the same: the first may be making the folder
        there = Runtime(made.options.get("device", "auto"), "fp32").agree(there)
    return Fitted.load(run.RunFolder(path), made.own) if there and path else before


def configured(
    made: Made, dataset: Dataset, handed: bool, budget: Mapping[str, float], source: Source | None
) -> Config:
    """The config for a GAN's options, data and source.

    Args:
        handed: whether labels were given with the data.
        source: the run with whose players the training begins.
    """
    options = {name: value for name, value in made.options.items() if not budget or name not in BUDGETS}
    # The guides describe the built-in data sets, so these need no warnings.
    tell = warned if dataset.name not in builtin.BUILT_IN else lambda _: None
    plain = PLAIN if dataset.given is None else "auto"
    recipe = plain if made.own and made.recipe == "auto" else made.recipe
    norms = {f"{name[0]}_norm": "none" for name in made.own}  # own networks do not have the recipe's norm
    changes = norms | options | dict(budget) | suited.named(dataset)
    if source:
        recipe = source.recipe(dataset) if recipe == "auto" else recipe
        changes |= source.options(recipe, dataset, changes)
    return suited.configure(dataset, recipe, handed, tell, **changes)


def check_options(made: Made, config: Config) -> None:
    """Refuse to continue with options that differ from those at the start of the training.

    Raises:
        ConfigError: an option differs.
    """
    wanted = dict(made.options) | ({"recipe": made.recipe} if made.recipe != "auto" else {})
    given, then = Config().replace(**wanted).flat(), config.flat()
    for name in wanted:
        value, was = given[name], then[name]
        if name not in ELSEWHERE and value != was:
            raise ConfigError(
                f"{name} = {value!r}, but the training began with {was!r}, which cannot change. Leave it "
                "out, or start a new training without resume."
            )


def conditions_of(where: Any) -> tuple[str, ...]:
    """The conditions that a user gives: one as a text, or several of them.

    Raises:
        ConfigError: they are something else.
    """
    found = (where,) if isinstance(where, str) else where
    several = tuple(found) if isinstance(found, Iterable) and not isinstance(found, Mapping) else (found,)
    if not all(isinstance(one, str) for one in several):
        raise ConfigError(
            f"where = {quoted(where)}: expected a condition such as 'town=Rom', or several in a list, of which "
            "all hold: ['town=Rom', 'age > 60']."
        )
    return several


def drawn(fit: Fitted, count: int = SHEET, labels: Any = None, seed: int = 0) -> Image.Image:
    """A picture of so many samples; a plot has its own number at least."""
    kind = kinds.of(fit.spec)
    count = max(count, kind.count) if kind.sheet_count else count
    return kind.sheet(fit.sampler.sample(count, labels=labels, seed=seed), fit.spec)


def trained(fit: Fitted, shown: bool) -> Iterator[Record]:
    """Train until the budget is spent or Ctrl-C is pressed; yields each record, shown if asked.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
        NonFiniteError: training broke down.
    """
    with ExitStack() as stack:
        fit.looping = True
        stack.callback(setattr, fit, "looping", False)
        stack.enter_context(said_in_python())
        stopped = stack.enter_context(after_the_step())
        display = None
        if shown and fit.game.runtime.rank == 0:
            sheet = None if fit.spec.given else partial(drawn, fit)
            display = stack.enter_context(Display(console(), sheet=sheet))
        for record in fit.train(stopped):
            if display:
                display.show(record)
            yield record
        if stopped():
            raise KeyboardInterrupt


def contested(fit: Fitted, options: Mapping[str, Any], shown: bool) -> Fitted:
    """A finished training, or one by the rival recipe of its kind of data if that measures better.

    Beside a run folder, the rival has one of its own.
    """
    if fit.data is None or fit.game.runtime.processes > 1:
        return fit
    found = contest.hold(fit.config, fit.sampler, fit.data, options)
    if found is None:
        return fit
    if shown:
        console().print(found.said, markup=False, soft_wrap=True)
    if not found.wins:
        return fit
    if fit.folder:
        place = free_path(fit.folder.path.parent, f"{fit.folder.path.name}-{found.rival.config.recipe}")
        found.rival.folder = RunFolder(found.rival.save(place))
    return found.rival
