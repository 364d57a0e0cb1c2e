"""``sparring evaluate``: measure a run, or compare any two sets, and show the result."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sparring import kinds
from sparring.cli.flags import READING
from sparring.cli.parsing import given_options
from sparring.config.arguments import whole
from sparring.config.groups import Config, FilesConfig
from sparring.data import builtin
from sparring.errors import ConfigError, RunError, warn
from sparring.files import write_whole
from sparring.history import layout
from sparring.history.find import packaged
from sparring.kinds import find
from sparring.kinds.sheets import write_picture
from sparring.runs.folder import RunFolder
from sparring.uses import evaluate as evaluation
from sparring.uses import judge_translation, sides
from sparring.uses.progress import Reading, console, working
from sparring.uses.tables import show_report

MOST_SAMPLES = 1_000_000


def run(args: argparse.Namespace) -> int:
    """Measure a run, or compare any two sets, and write the result."""
    if (args.run is None) == (args.real is None) or (args.real is None) != (args.fake is None):
        raise ConfigError("give a RUN, or --real and --fake: sparring evaluate --real A --fake B.")
    if args.count is not None:
        whole("--count", args.count, 20, MOST_SAMPLES)
    whole("--draws", args.draws, 1, MOST_SAMPLES)
    whole("--seed", args.seed, 0)
    _reading(args)
    options = evaluation.Options(
        args.features,
        args.count,
        args.draws,
        args.seed,
        full=not args.quick,
        device=args.device,
        best=args.best,
    )
    find: Callable[..., evaluation.Report]
    if args.run is not None and sides.only_run(args.run).spec.given is not None:
        return _translation(args)
    if args.run is not None:
        folder = sides.only_run(args.run)
        spec, find = folder.spec, partial(evaluation.evaluate_run, folder)
        files: FilesConfig | None = folder.config.files
    else:
        files = _reading(args)
        with Reading() as watch:
            real, fake = sides.both(args.real, args.fake, warn, files, watch)
        spec, find = real.spec, partial(evaluation.compare, real, fake)
        files = fake.config.files if isinstance(fake, RunFolder) else sides.on_scale_of(real, files)
    held_out = evaluation.named_part(builtin.held_out(args.real)) if args.real else None
    if args.held_out is not None:
        with Reading() as watch:
            other = sides.source(args.held_out, warn, spec, files, watch)
        held_out = sides.only_data(other, "--held-out")
    out, pairs = _files(args, pairs_too=kinds.of(spec).pair_sheet is not None and not args.quick)
    replaced = out.exists()
    with working() as tell:
        report = find(options, warn, held_out=held_out, tell=tell)
    with layout.writing(out):
        write_whole(out, json.dumps(report.to_dict(), indent=1).encode())
        if report.pairs:
            write_picture(report.pairs, pairs)
    if args.json:
        print(out.read_text("utf-8"))
        return 0
    _show(report, f"{out} (replaced)" if replaced else f"{out}", pairs)
    return 0


def _translation(args: argparse.Namespace) -> int:
    """Judge a translation beside its baselines, and write the table and the worst outputs."""
    if args.held_out is not None:
        raise ConfigError("--held-out: a translation is judged on what its run held out. Leave it out.")
    folder = sides.only_run(args.run)
    out = args.out or folder.path / layout.TRANSLATION
    picture = out.with_name(layout.TRANSLATED if not args.out else f"{out.stem}{layout.PICTURE}")
    for path in (out, picture):
        layout.refuse_training_file(path)
        layout.refuse_taken(path, args.force or not args.out)
    with working() as tell:
        found = judge_translation.judge_run(
            folder,
            warn,
            device=args.device,
            best=args.best,
            features=args.features,
            quick=args.quick,
            tell=tell,
        )
    with layout.writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, json.dumps(found.to_dict(), indent=1).encode())
        write_picture(found.picture, picture)
    if args.json:
        print(out.read_text("utf-8"))
        return 0
    screen = console()
    found.show(screen)
    screen.print(f"\n  all numbers  {out}\n  the worst outputs first  {picture}", markup=False, soft_wrap=True)
    return 0


def _reading(args: argparse.Namespace) -> FilesConfig | None:
    """The options for reading files, if the user gives any; otherwise None.

    Raises:
        ConfigError: a value is not accepted, a run already has these options, or no data takes them.
    """
    given = given_options(args, READING)
    if not given:
        return None
    names = " ".join(f"--{name}" for name in given)
    it = "it" if len(given) == 1 else "them"
    for run in (args.run, args.fake):
        if run is not None and find.is_run(str(run)):
            raise ConfigError(f"{names}: {run} already knows how its data is read. Leave {it} out.")
    if not any(
        given.keys() <= set(find.options(name)) for name in (args.real, args.fake, args.held_out) if name
    ):
        raise ConfigError(f"{names}: no data is given that is read with {it}. Leave {it} out.")
    return Config().replace(**given).files


def _files(args: argparse.Namespace, pairs_too: bool) -> tuple[Path, Path]:
    """The files for the numbers and for the nearest pairs, checked before anything is measured.

    Without ``--out``, files in a run folder are replaced; other files are replaced only with ``--force``.
    """
    beside = args.run if args.run and not packaged(args.run) else Path()
    out = args.out or beside / layout.EVALUATION
    if out.is_dir():
        raise RunError(f"{out} is a folder: give --out a file, such as {out / layout.EVALUATION}.")
    pairs = out.with_name(layout.NEAREST if out.stem == "evaluation" else f"{out.stem}-nearest.png")
    for path in (out, pairs) if pairs_too else (out,):
        layout.refuse_training_file(path)
        layout.refuse_taken(path, args.force or (bool(beside.parts) and not args.out))
    with layout.writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    return out, pairs


def _show(report: evaluation.Report, out: str, pairs: Path) -> None:
    screen = console()
    show_report(report, screen)
    screen.print(f"\n  all numbers  {out}", markup=False, soft_wrap=True)
    if report.pairs:
        screen.print(
            f"  the fakes nearest to training samples, each beside that sample  {pairs}",
            soft_wrap=True,
            markup=False,
        )
