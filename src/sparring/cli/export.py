"""``sparring export``: give a trained generator, or a detector, to other programs. Checked without torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from sparring.errors import ConfigError, RunError, quoted
from sparring.history import layout
from sparring.history.find import alone
from sparring.uses.export import hub
from sparring.uses.export.licence import UNSTATED, check_licence

FILES = {"onnx": ".onnx", "torch": ".pt2"}  # forms of one file, and their suffixes
SUFFIXES = (*FILES.values(), ".safetensors", ".pt", ".pth")  # of files
CARDS = ("safetensors", "hub")  # forms with a model card


def run(args: argparse.Namespace) -> int:
    """Write a generator to a file or a folder for other programs, or to the hub; or a detector to a file."""
    of_detector = (args.run / layout.DETECTOR).is_file()
    if of_detector:
        _check_detector(args)
    _check(args)
    from sparring.cli import exporting

    return exporting.detector(args) if of_detector else exporting.generator(args)


def _check_detector(args: argparse.Namespace) -> None:
    """Refuse what a detector does not have.

    Raises:
        ConfigError: another form, or a checkpoint.
    """
    if args.to not in FILES:
        raise ConfigError(
            f"--to {args.to}: a detector is exported --to {' or '.join(FILES)}. Its own folder is what "
            f"sparring reads: copy {args.run}."
        )
    if args.best:
        raise ConfigError("--best: a detector has no checkpoints. Leave it out.")


def _check(args: argparse.Namespace) -> None:
    """Refuse options that this form does not take, before anything is loaded.

    Raises:
        ConfigError: which option.
        RunError: ``--out`` cannot be written.
    """
    of_hub, of_cards = args.name or args.private, args.license != UNSTATED
    if of_hub and args.to != "hub":
        raise ConfigError("--name and --private are for --to hub. Leave them out.")
    if of_cards and args.to not in CARDS:
        raise ConfigError("--license is for the model card of --to safetensors and --to hub. Leave it out.")
    check_licence(args.license)
    if args.to == "hub":
        if args.out:
            raise ConfigError("--out is for files; with --to hub it is --name OWNER/NAME. Leave it out.")
        if not args.name:
            raise ConfigError("--to hub needs --name OWNER/NAME, such as maria/digits.")
        hub.check_name(args.name)
    if args.out and args.to in FILES:
        layout.refuse_training_file(args.out)
        _check_file(args.out, FILES[args.to], args.to)
        layout.refuse_taken(args.out, args.force)
    elif args.out and args.out.suffix.lower() in SUFFIXES:
        raise ConfigError(
            f"--to {args.to} writes a folder with weights and a model card, and {args.out} looks like a file: "
            f"give --out a folder, such as {args.out.stem}."
        )
    elif args.out and layout.is_run(args.out):
        _check_kept(args)
        layout.refuse_taken(args.out, args.force)


def _check_file(out: Path, suffix: str, form: str) -> None:
    """Refuse what is no place for a file of this suffix.

    Raises:
        ConfigError: another suffix.
        RunError: it is a folder, or its folder is none.
    """
    above, what = out.parent, ""
    if out.is_dir():
        what = f"{out} is a folder"
    elif above.exists() and not above.is_dir():
        what = f"{above} is a file, not a folder"
    elif not above.is_dir():
        what = f"there is no folder {above}"
    if what:
        raise RunError(f"{what}: give --out a file, such as generator{suffix}.")
    if out.suffix.lower() != suffix:
        raise ConfigError(
            f"--to {form} writes a {suffix} file: give --out {quoted(str(out.with_suffix(suffix)))}."
        )


def _check_kept(args: argparse.Namespace) -> None:
    """Refuse to put players alone in the place of a training, or of the run that is exported.

    Raises:
        RunError: ``--out`` is one of them.
    """
    same = args.out.resolve() == args.run.resolve()
    if same or not alone(args.out):
        raise RunError(
            f"{args.out} exists already: it is {'what is exported' if same else 'a training'}, which would be "
            "lost. Choose another --out."
        )
