"""What each verb of the command line does."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from rich.markup import escape

from sparring import kinds
from sparring.cli import data as overview
from sparring.cli import evaluate as verdict
from sparring.cli import info as telling
from sparring.cli.closing import finish
from sparring.cli.watch import page_beside
from sparring.config.arguments import number, whole
from sparring.config.groups import BUDGETS, Config, load_toml
from sparring.config.recipes import from_recipe
from sparring.data.arrays import ARRAY
from sparring.data.spec import Dataset
from sparring.doctor.quality import measured
from sparring.doctor.report import Remarks, line
from sparring.errors import ConfigError, RunError, SparringError, counted, printable, unknown, warn
from sparring.games import drawing
from sparring.games.adversarial import AdversarialGame
from sparring.history import layout
from sparring.history.record import Record
from sparring.machine.device import Runtime, another_ended
from sparring.machine.threads import available_cores
from sparring.runs import build, checkpoint
from sparring.runs import folder as run
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.runs.rescue import Rescuer, resumed
from sparring.training import suited
from sparring.training.preflight import preflight
from sparring.uses.progress import Display, Pixels, console

MOST_SAMPLES = 1_000_000


def demo(args: argparse.Namespace) -> int:
    """A minute of training on MNIST, its picture, its animation, its measured quality."""
    screen = console()
    screen.print(
        "\n[bold]Two networks spar over handwritten digits for "
        f"{args.minutes:g} minute{'' if args.minutes == 1 else 's'}.[/bold]\n"
        "The generator forges digits from random numbers. The discriminator is shown real and forged\n"
        "ones and says which is which. Each learns from the other. D(real) and D(fake) are how probable it\n"
        "finds it, on average, that the real ones and the forged ones are real.\n"
    )
    whole = build.dataset("mnist")
    config = build.configure(whole, minutes=args.minutes, seed=args.seed)
    build.check(config, whole)
    data, held_out = build.parts(config, whole)
    game = build.game(config, data.spec, data.classes)
    folder = run.create(args.out or run.free_path(Path("runs"), "demo"), config, data)
    if not _fight(Rescuer(folder, game, 0), data, held_out, whole):
        return 130
    name = escape(shlex.quote(str(folder.path)))
    screen.print(
        "\n[bold]What to try next[/bold]\n"
        f"  sparring sample {name} --label 7 --out sevens.png     only sevens\n"
        f"  sparring sample {name} --interpolate --out walk.gif   a walk between digits\n"
        f"  sparring watch {name}                                 the fight as a page, and a playground\n"
        "  sparring train mnist --recipe tutorial                what the beginner's GAN draws instead\n"
        "  sparring train fashion-mnist --minutes 2              clothes\n"
        "  sparring train mnist --minutes 5                      finer digits",
        soft_wrap=True,
    )
    return 0


def train(args: argparse.Namespace) -> int:
    """Train on a built-in set, a file or pictures into a new run folder."""
    if args.stay and not args.watch:
        raise ConfigError("--stay keeps the page of --watch: give both, or neither.")
    from_file = dict(load_toml(args.config)) if args.config else {}
    from_file.pop("data", None)
    recipe = args.recipe or from_file.pop("recipe", "auto")
    from_file.pop("recipe", None)
    changes = _merged(from_file, _config_changes(args))
    if recipe != "auto":
        from_recipe(recipe, **changes)  # refused before any picture is decoded
    if args.out and not args.force and not args.dry_run:
        run.check_free(args.out)
    asked = {name: changes[name] for name in Config().of_pictures() if name in changes}
    whole = overview.read(args.data, Config().replace(**asked))
    recipe, word = _chosen(recipe, whole)
    changes = _merged(_beyond(from_file, from_recipe(recipe, whole.spec.kind)), _config_changes(args))
    config = build.configure(whole, recipe, False, warn, **changes | {"data": whole.name})
    build.check(config, whole)
    if word:
        warn(word)
    if config.threads > available_cores():
        warn(f"--threads {config.threads} on {available_cores()} cores wait for one another: leave it out.")
    if args.dry_run:
        sys.stdout.write(config.to_toml())
        return 0
    data, held_out = build.parts(config, whole)
    _check_rescue(args.rescue, config)
    runtime = Runtime(config.device, config.precision, config.processes)
    game = build.game(config, data.spec, data.classes, runtime)
    name = f"{Path(config.data).stem}-{config.recipe}".removeprefix(build.HUB).replace(":", "-")
    path, refusal = args.out, None
    if runtime.rank == 0:
        try:
            path = path or run.free_path(Path("runs"), name)
            run.create(path, config, data, force=args.force)
        except SparringError as error:
            refusal = str(error)
    path, refusal = runtime.agree((path, refusal))  # the others wait here until the folder is there
    if refusal:
        raise RunError(refusal)
    if runtime.processes == 1:  # it draws as one process does
        for caution in preflight(game, data, config.seed):
            warn(f"before the first step: {caution}")
    watched = args.watch and runtime.rank == 0
    with page_beside(path, args.browser, args.stay) if watched else nullcontext():
        done = _fight(Rescuer(RunFolder(path), game, args.rescue), data, held_out, whole)
    return 0 if done else 130


def resume(args: argparse.Namespace) -> int:
    """Go on from the newest whole checkpoint."""
    folder = RunFolder(args.run)
    if folder.config.data == ARRAY:
        raise RunError(f"{folder.path} was trained on an array in Python; go on with sparring.GAN there.")
    if not folder.saved() and not args.force:
        _refuse_to_begin_anew(folder)
    whole = overview.read(folder.config.data, folder.config, again=True)
    data, held_out = build.parts(folder.config, whole)
    run.same_data(folder, data)
    budget = {name: getattr(args, name) for name in BUDGETS if getattr(args, name) is not None}
    if budget:
        folder.config = folder.config.replace(**budget)
    config = folder.config
    build.check(config, whole)
    _check_rescue(args.rescue, config)
    runtime = Runtime(config.device, config.precision, config.processes)
    main_process = runtime.rank == 0
    screen = console()
    game, facts = _begun(folder, runtime, args.force)
    if build.budget(config).progress(game, len(data)) < 1:
        if main_process:
            screen.print(
                f"Going on from step {game.step:,} ({counted(game.samples_seen, 'sample')})."
                if facts
                else "Nothing was saved yet: starting from the first step."
            )
        threads = int(facts.get("threads", 0))
        ward = resumed(folder, game, args.rescue)
        return 0 if _fight(ward, data, held_out, whole, threads) else 130
    if main_process:
        more = "Give it more: --minutes, --epochs or --samples-seen."
        screen.print(f"This run has spent its budget. {more}", soft_wrap=True)
        if not _is_drawn(folder):  # stopped while the pictures were being made
            finish(folder, game, whole, screen)
    return 0


def _begun(folder: RunFolder, runtime: Runtime, anew: bool) -> tuple[AdversarialGame, dict[str, Any]]:
    """The players where the run stopped and the facts saved with them; new ones where nothing was saved.

    Args:
        anew: new ones also where no checkpoint is whole.
    """
    if folder.saved():
        try:
            game, facts = folder.game(warn, runtime)
            _tell_of_lost_records(folder, game.step)
            return game, facts
        except checkpoint.NothingSavedError as error:
            if not anew:
                again = f"sparring resume {shlex.quote(str(folder.path))} --force"
                raise checkpoint.NothingSavedError(
                    f"no whole checkpoint in {folder.checkpoints}. Put back a copy of them, or begin this run "
                    f"anew, and replace its history, with `{again}`; a new run: `sparring train`."
                ) from error
    return build.game(folder.config, folder.spec, folder.classes, runtime), {}


def _tell_of_lost_records(folder: RunFolder, step: int) -> None:
    """A word where the history ends before the checkpoint: what was recorded between is lost."""
    last = max((record.step for record in folder.records()), default=0)
    if last < step:
        warn(
            f"the history of {folder.path} ends at step {last:,}, and its checkpoint is of step {step:,}: the "
            "records between are lost. Put back a copy of history.jsonl first, if there is one."
        )


def _refuse_to_begin_anew(folder: RunFolder) -> None:
    """Refuse where checkpoints are gone: to begin at the first step would replace the history.

    Raises:
        RunError: the history has records.
    """
    if records := list(folder.records()):
        raise RunError(
            f"the history of {folder.path} goes to step {records[-1].step:,}, but there is no checkpoint in "
            f"{folder.checkpoints} to go on from. Put the checkpoints back, or begin anew, and replace the "
            f"history, with `sparring resume {shlex.quote(str(folder.path))} --force`."
        )


def _is_drawn(folder: RunFolder) -> bool:
    """Whether the last of the pictures made at the end is there, and younger than the last record."""
    last = folder.path / (layout.ANIMATION if folder.pictures() else layout.SHEET)
    try:
        return last.stat().st_mtime_ns >= folder.history.stat().st_mtime_ns
    except OSError:
        return last.exists()


def draw(args: argparse.Namespace) -> int:
    """Draw samples from a run into a file or a folder."""
    folder = RunFolder(args.run)
    if args.out:
        layout.not_of_a_training(args.out)
        layout.refuse_taken(args.out, args.force)
    if args.count is not None:
        whole("--count", args.count, 1, MOST_SAMPLES)
    number("--truncation", args.truncation, 0, 10)
    kind = kinds.of(folder.spec)
    sampler = Sampler.load(folder, warn, Runtime(args.device, "fp32"), best=args.best)
    count = args.count or kind.count
    labels, columns = _labels(folder, args.label, count, args.interpolate, exact=args.count is not None)
    if labels is not None:
        count = len(labels)
    if args.interpolate:
        samples = sampler.walk(count, labels, seed=args.seed, truncation=args.truncation)
    else:
        latents = sampler.latents(count, args.seed, args.truncation)
        if folder.spec.clusters:
            labels = sampler.drawn_labels(count, args.seed)
        samples = sampler.decoded(latents, labels).numpy()
    shown = None if labels is None or folder.spec.clusters else labels.numpy()
    drawn = folder.path / layout.DRAWN
    name = f"step-{sampler.step}"
    place = nullcontext(args.out) if args.out else layout.new_file(drawn, name, layout.PICTURE)
    with layout.writing(args.out or drawn), place as out:
        kind.save(samples, shown, folder.spec, out, columns)
    print(printable(f"{counted(len(samples), 'sample')} from step {sampler.step:,}: {out}"))
    return 0


def _check_rescue(cures: int | None, config: Config) -> None:
    if cures is not None and (cures < 0 or (cures and (config.processes > 1 or not config.vitals))):
        raise ConfigError("--rescue takes 0 or more cures, one process and the vital signs: see --help.")


def _fight(ward: Rescuer, data: Dataset, held_out: Dataset | None, whole: Dataset, threads: int = 0) -> bool:
    """Train with a live display; True when the budget was spent, False when interrupted.

    Args:
        data: what is trained on; ``whole`` is all that was read, ``held_out`` what no training sees.
    """
    folder, game = ward.folder, ward.game
    main_process = game.runtime.rank == 0
    screen = console()
    if main_process:
        runtime = game.runtime
        place = f"{runtime.device}, {runtime.precision}" + (
            f", {runtime.processes} processes" if runtime.processes > 1 else ""
        )
        screen.print(f"{folder.path}  ({place}; Ctrl-C saves and stops)", soft_wrap=True, markup=False)
    record: Record | None = None
    remarks = Remarks()
    ward.tell = partial(screen.print, markup=False, soft_wrap=True)  # above the live display
    with _interruptible() as stopped, ExitStack() as stack:
        display = stack.enter_context(Display(screen, _thumbnail(ward))) if main_process else None
        try:
            for record in ward.train(data, threads=threads, held_out=held_out, stop=stopped, warn=warn):
                if display:
                    display.show(record, *remarks(ward.diagnosis))
        except RuntimeError as error:
            if main_process or not another_ended(error):
                raise
            raise RunError("another process of this training has ended; its own message says why.") from error
    if not main_process:
        return True
    if stopped() and record is not None and record.progress < 1:
        screen.print(
            f"Stopped and saved at step {record.step:,}. "
            f"Go on with: sparring resume {shlex.quote(str(folder.path))}",
            soft_wrap=True,
            markup=False,
        )
        return False
    finish(folder, ward.game, whole, screen)
    diagnosis = ward.diagnosis.with_measured(partial(measured, folder.path))
    if diagnosis.verdict != "healthy":
        said = line(diagnosis, advice=True).removeprefix("doctor: ")
        screen.print(f"         doctor  {said}", soft_wrap=True, markup=False)
        screen.print(
            f"                 sparring doctor {shlex.quote(str(folder.path))}  says more",
            soft_wrap=True,
            markup=False,
        )
    return True


def _thumbnail(ward: Rescuer) -> Any:
    """A function that draws two rows of present samples for the terminal, or None where they have no tiles."""
    folder = ward.folder
    pixels = kinds.of(folder.spec).tiles
    if pixels is None:
        return None
    latents, labels = run.picture_latents(folder)
    step = run.PICTURE_COLUMNS if folder.classes and not folder.spec.clusters else 1
    latents, labels = latents[::step][:10], None if labels is None else labels[::step][:10]

    def rows() -> Pixels:
        decoded = drawing.decoded(ward.game.sampling_generator, folder.spec, latents, labels).numpy()
        tiles = list(pixels(decoded, folder.spec))
        half = max(1, len(tiles) // 2)
        halves = [tiles[:half], tiles[half : 2 * half]]
        return np.concatenate([np.concatenate(row, axis=1) for row in halves if row])

    return rows


def _labels(
    folder: RunFolder, label: str | None, count: int, interpolate: bool, exact: bool
) -> tuple[torch.Tensor | None, int | None]:
    """The classes to draw, and the columns of the grid.

    Where no class is named: a row per class, or, for an ``exact`` count, classes as the data has them.
    """
    names = () if folder.spec.clusters else folder.spec.class_names[: folder.classes]
    if label is not None:
        if not names:
            unused = () if folder.spec.clusters else folder.spec.class_names
            raise ConfigError(
                f"this run was {suited.no_labels(folder.facts['data'], unused)}, or drop --label."
            )
        if label not in names:
            raise ConfigError(unknown("label", label, names))
        return torch.full((count,), names.index(label)), None
    if not names:
        return None, None
    if interpolate:
        return torch.arange(count) * len(names) // count, None
    if exact:
        natural = drawing.natural_labels(count, folder.facts["class_counts"])
        return None if natural is None else natural.sort().values, None
    columns = -(-count // len(names))
    return torch.arange(len(names)).repeat_interleave(columns), columns


def _config_changes(args: argparse.Namespace) -> dict[str, Any]:
    """The config values named on the command line."""
    names = [field.name for field in dataclasses.fields(Config) if field.name not in ("data", "recipe")]
    return {name: getattr(args, name) for name in names if getattr(args, name) is not None}


def _chosen(recipe: str, data: Dataset) -> tuple[str, str]:
    """The recipe, "auto" made out, and a sentence where the data's size chose it or speaks for another."""
    if recipe == "auto":
        return suited.recipe_for(data)
    made = kinds.of(data.spec).few_recipe
    few = suited.few_samples(data) if recipe != made else ""
    return recipe, few and f"{few}: --recipe {made} is made for such sets."


def _beyond(from_file: Mapping[str, Any], recipe: Config) -> dict[str, Any]:
    """What a file of options asks for: not what it repeats of the recipe, as a whole config does."""
    usual = {name: value for name, value in dataclasses.asdict(recipe).items() if name not in BUDGETS}
    return {name: value for name, value in from_file.items() if name not in usual or usual[name] != value}


def _merged(from_file: dict[str, Any], from_line: dict[str, Any]) -> dict[str, Any]:
    """Options of a file under those of the command line; a budget on the line replaces the file's."""
    if any(name in BUDGETS for name in from_line):
        from_file = {k: v for k, v in from_file.items() if k not in BUDGETS}
    return from_file | from_line


@contextmanager
def _interruptible() -> Iterator[Any]:
    """Within, the first Ctrl-C (or SIGTERM) asks training to stop after its step; a second one ends."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(130)
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "demo": demo,
    "train": train,
    "data": overview.show,
    "resume": resume,
    "sample": draw,
    "evaluate": verdict.measure,
    "info": telling.info,
}
