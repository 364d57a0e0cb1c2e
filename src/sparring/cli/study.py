"""``sparring study``: does synthetic data help a classifier of this data?"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

from sparring.cli.data import read
from sparring.cli.parsing import given_options
from sparring.config.arguments import number, whole
from sparring.config.groups import Config, FilesConfig
from sparring.data import builtin
from sparring.errors import ConfigError, RunError, Tell, clock, quoted, warn
from sparring.files import left_over
from sparring.history import layout
from sparring.kinds import find
from sparring.page.study import write_report
from sparring.runs.create import free_path, remove_empty
from sparring.uses.interrupt import after_the_step
from sparring.uses.progress import console, say, working
from sparring.uses.study import session, tables, trial
from sparring.uses.study.ask import subject_of
from sparring.uses.study.cells import CELLS, FORGED
from sparring.uses.study.session import Asked, Study
from sparring.uses.study.subject import Subject
from sparring.uses.study.subsets import BLOCKS, MOST_SUBSETS

SIDE, LARGE = 32, 48  # pixels: larger pictures are read at SIDE, unless --size says otherwise
INTERRUPTED = 130  # exit status
LATE = 1.25  # times the minutes that were given, beyond which it is said that they do not suffice


def run(args: argparse.Namespace) -> int:
    """Begin or go on with a study, and print its verdict."""
    folder, asked = _asked(args)
    subject = _subject(asked, again=folder is not None)
    screen = console()
    with working() as tell:
        study = session.go_on(subject, asked, folder) if folder else _begun(subject, asked, args.out, tell)
        warn(f"{study.plan.described(subject.noun)}.")
        with after_the_step() as stop:
            _work(study, tell, stop)
    return _show(study, args, screen, stop())


def _begun(subject: Subject, asked: Asked, out: Path | None, tell: Tell) -> Study:
    """A new study; no folder is left where it cannot begin, or Ctrl-C ends it before."""
    out = out or free_path(Path("runs"), f"{find.stem(asked.data)}-study")
    try:
        with layout.writing(out):
            out.mkdir(parents=True, exist_ok=True)  # before time is spent on what cannot be kept
            return session.begin(subject, asked, out, tell)
    except BaseException:
        remove_empty(out)
        raise


def _asked(args: argparse.Namespace) -> tuple[Path | None, Asked]:
    """What is asked, and the folder of the study that goes on; None for a new one."""
    given = given_options(args, [field.name for field in dataclasses.fields(FilesConfig)])
    changes: dict[str, Any] = {
        "minutes": args.minutes and number("--minutes", args.minutes, 0),
        "subsets": args.subsets and whole("--subsets", args.subsets, BLOCKS, MOST_SUBSETS),
        "per_class": args.per_class and whole("--per-class", args.per_class, 1),
        "seed": args.seed and whole("--seed", args.seed, 0),
        "rare": _rare(args.rare),
    }
    for name in ("minutes", "subsets", "per_class"):
        if changes[name] == 0:
            raise ConfigError(f"--{name.replace('_', '-')} 0: expected a number above 0.")
    changes = {name: value for name, value in changes.items() if value is not None}
    if folder := _resumed(args):
        if refused := [name for name in (*given, *changes) if name != "minutes"]:
            shown = ", ".join("--" + name.replace("_", "-") for name in refused)
            raise ConfigError(f"the study in {folder} goes on as it began, without {shown}. Leave it out.")
        if args.out or args.force:
            raise ConfigError(f"the study in {folder} goes on there: leave out --out and --force.")
        return folder, replace(session.read(folder)[0], **changes)
    asked = Asked(args.data, Config().replace(**given).files, **changes)
    if args.out and (args.out / layout.STUDY).is_file() and not args.force:
        before = session.read(args.out)[0]
        if not asked.same(before):
            raise RunError(
                f"{args.out} holds a study that was asked otherwise, of {before.data}. Choose another "
                "--out, or replace it with --force."
            )
        return args.out, asked
    if args.out:
        _free(args.out, args.force)
    return None, asked


def _resumed(args: argparse.Namespace) -> Path | None:
    """The folder of the study to go on with, which DATA may be too; None where a study begins.

    Raises:
        ConfigError: there is neither DATA nor a folder, or both.
        RunError: the folder holds no study.
    """
    if args.resume is None:
        if args.data is None:
            raise ConfigError(
                "what to study is missing: give DATA, or --resume OUT. For help: sparring study --help"
            )
        return Path(args.data) if (Path(args.data) / layout.STUDY).is_file() else None
    if args.data is not None:
        raise ConfigError(f"the study in {args.resume} goes on with its own data: leave out DATA.")
    if not (args.resume / layout.STUDY).is_file():
        raise RunError(f"{args.resume} is not the folder of a study: {layout.STUDY}: it is not there.")
    return Path(args.resume)


def _rare(given: list[str] | None) -> dict[str, int] | None:
    """The counts of single classes, of CLASS=N."""
    if given is None:
        return None
    found = {}
    for text in given:
        name, equals, count = text.rpartition("=")
        if not (name and equals and count.isdecimal() and int(count)):
            raise ConfigError(f"--rare {quoted(text)}: expected CLASS=N, such as --rare melanoma=20.")
        found[name] = int(count)
    return found


def _free(out: Path, force: bool) -> None:
    """Make sure that ``out`` can hold a new study; with ``force`` an old one is removed, and nothing else."""
    if not out.exists() or (out.is_dir() and not {*out.iterdir()} - {*left_over(out)}):
        return
    if not force or not (out / layout.STUDY).is_file():
        raise RunError(f"{out} exists and is no study that could go on: choose another --out.")
    shutil.rmtree(out / FORGED, ignore_errors=True)
    for name in (layout.STUDY, layout.VERDICT, layout.REPORT, CELLS):
        (out / name).unlink(missing_ok=True)


def _subject(asked: Asked, again: bool) -> Subject:
    """Read the data, without repeated samples."""
    files = asked.files
    data = read(asked.data, files, again)
    if (
        "size" in find.options(asked.data)
        and files.size == FilesConfig().size
        and max(data.spec.shape[1:]) > LARGE
    ):
        data = read(asked.data, replace(files, size=str(SIDE)), again=True)
        warn(f"pictures are studied at {SIDE} x {SIDE} pixels; --size keeps more, and takes longer.")
    return subject_of(data, builtin.held_out(asked.data), warn)


def _work(study: Study, tell: Tell, stop: Callable[[], bool]) -> None:
    """Do what is left, and tell how far it is and how long the rest takes."""

    late = False

    def told(text: str) -> None:
        share, seconds, _ = trial.progress(study.plan, study.cells)
        minutes_left = 60 * study.asked.minutes - study.cells.spent
        tell(f"{share:.0%}, {clock(max(min(seconds or minutes_left, minutes_left), 0))} left: {text}")

    for progress in study.run(told, stop):
        told(progress.last)
        if not late and trial.complete(study.plan, study.cells) and study.needed > LATE * study.asked.minutes:
            late = True
            warn(
                f"this is slower than the machine was at the beginning: all {study.plan.subsets} subsets would "
                f"take {study.needed:g} minutes. The verdict will be of those that fit."
            )


def _show(study: Study, args: argparse.Namespace, screen: Any, interrupted: bool) -> int:
    """Print the verdict, as far as it goes, and how to go on."""
    assert study.folder is not None
    name = quote(str(study.folder))
    on = f"sparring study --resume {name}" + ("" if interrupted else f" --minutes {study.needed:g}")
    try:
        result = study.result
    except RunError as error:
        if not interrupted:
            raise RunError(f"{error} Go on: {on}") from error
        warn(f"{error} Go on: {on}")
        return INTERRUPTED
    with layout.writing(study.folder):
        write_report(study.folder, study.folder / layout.REPORT)
    if args.json:
        print((study.folder / layout.VERDICT).read_text("utf-8"))
    else:
        tables.show(screen, result)
        say(screen, f"\n  report  {study.folder / layout.REPORT}")
    if result.subsets < result.planned:
        warn(f"{result.subsets} of {result.planned} subsets are complete. Go on: {on}")
    return INTERRUPTED if interrupted else 0
