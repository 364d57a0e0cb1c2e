"""``sparring translate``: make pictures of other pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from sparring.data.pictures import SUFFIXES
from sparring.errors import DataError, RunError, counted, printable, quoted, warn
from sparring.files import whole
from sparring.history import layout
from sparring.kinds import find
from sparring.machine.device import Runtime
from sparring.runs.folder import RunFolder
from sparring.runs.translator import Translator
from sparring.uses import translate
from sparring.uses.progress import working

NAMED = 5  # pictures that a message names


def run(args: argparse.Namespace) -> int:
    """Translate a picture, a folder or a zip into a folder, or one picture into a file."""
    folder = RunFolder(args.run)
    translator = Translator.load(folder, warn, Runtime(args.device, "fp32"), best=args.best)
    out = args.out or _new_folder(folder.path / layout.DRAWN, find.stem(str(args.pictures)))
    alone = out.suffix.lower() in SUFFIXES
    if alone and out.suffix.lower() != layout.PICTURE:
        raise RunError(
            f"--out {out}: pictures are written as {layout.PICTURE}. Give a file of that suffix, or a folder."
        )
    if alone and not args.pictures.is_file():
        raise RunError(f"--out {out} is one file, and there are several pictures: give a folder.")
    if out.absolute() == args.pictures.absolute():
        raise RunError(f"--out {out} would replace what is translated: choose another.")
    translate.check_out(args.pictures, out, alone)
    layout.refuse_training_file(out)
    if alone or (out.exists() and any(out.iterdir() if out.is_dir() else [out])):
        layout.refuse_taken(out, args.force)
    count, broken = 0, []
    with layout.writing(out), working() as tell:
        for found in translate.files(translator, args.pictures, args.own_size):
            if found.picture is None:
                broken.append(f"{quoted(found.name)} ({found.reason})")
                continue
            path = out if alone else out / f"{found.name}{layout.PICTURE}"
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole(path) as file:
                found.picture.save(file, "PNG")
            count += 1
            tell(f"translating, {count:,}")
    if broken:
        more = f", and {len(broken) - NAMED:,} more" if len(broken) > NAMED else ""
        warn(f"{counted(len(broken), 'picture')} could not be read: {', '.join(broken[:NAMED])}{more}.")
    if not count:
        raise DataError(f"no picture in {args.pictures} could be read.")
    print(printable(f"{counted(count, 'picture')} from step {translator.step:,}: {out}"))
    return 0


def _new_folder(place: Path, stem: str) -> Path:
    number = 1
    while (path := place / f"{stem}{'' if number == 1 else f'-{number}'}").exists():
        number += 1
    return path
