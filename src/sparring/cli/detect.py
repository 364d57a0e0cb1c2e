"""``sparring detect``: learn from normal pictures, then find what does not belong in others."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

from torch import Tensor

from sparring.cli.benches import CHOSEN, FITTED
from sparring.cli.parsing import given_options
from sparring.config.groups import Config, FilesConfig
from sparring.config.option import NONE
from sparring.config.pictures import ALL, SIDES, path_patterns
from sparring.data import defects, wafers
from sparring.data.defects import LONGEST, WAFERS, Pictures
from sparring.data.source import is_picture
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, DataError, RunError, Tell, counted, did_you_mean, first_of, warn
from sparring.files import write_whole
from sparring.history import layout
from sparring.kinds import find
from sparring.metrics.overlap import shared
from sparring.runs.create import free_path
from sparring.uses.detect import found, saved
from sparring.uses.detect.detector import Detector, as_pictures
from sparring.uses.detect.kept import begun, states, unfinished
from sparring.uses.detect.places import IMAGENET
from sparring.uses.detect.saved import About
from sparring.uses.detect.tables import show_fit, show_scores, show_test
from sparring.uses.detect.trial import digests, fitted, trial
from sparring.uses.progress import Reading, console, working

FOUND = 3  # exit status: something odd was found
NEW = (*CHOSEN, "max_broken")  # how files of other pictures may be read in their own way
READING = (*FITTED, *NEW)
OF_FIT = ("method", "false_alarms", "minutes", "features", "tile", "seed", *FITTED)
TEST = "test.json"
TILE = 64  # pixels, which is proposed


def run(args: argparse.Namespace) -> int:
    """Fit a detector, score pictures with it, or test it."""
    return ACTIONS[args.action](args)


def _fit(args: argparse.Namespace) -> int:
    _refuse(args, "fit", ("second", "json"))
    detector = Detector(
        args.method or "auto",
        false_alarms=0.05 if args.false_alarms is None else args.false_alarms,
        minutes=2.0 if args.minutes is None else args.minutes,
        features=args.features or IMAGENET,
        tile=args.tile or 0,
        seed=args.seed or 0,
    )
    if args.out and (args.out / layout.DETECTOR).exists() and not args.force:
        raise RunError(
            f"{args.out} holds a detector already. Choose another --out, or replace it with --force."
        )
    given = given_options(args, READING)
    normals, bad, files = _normals(args.first, given, SIDES[1] if detector.tile else LONGEST)
    _warn_of_shrinking(normals, f"--tile {TILE} sees them as they are, in tiles, and --size keeps more")
    if both := 0 if bad is None else shared(bad.pixels, normals.pixels):
        warn(
            f"{counted(both, 'known bad picture')} {'is' if both == 1 else 'are'} among the normals too: "
            "keep one of the two."
        )
    name = f"{find.stem(args.first)}-detect"
    out = args.out or begun(Path("runs"), name) or free_path(Path("runs"), name)
    with layout.writing(out), unfinished(out) as folder, _interrupted(folder), working() as tell:
        announced = _announced(out, tell)
        detector.fit(normals.pixels, None if bad is None else bad.pixels, tell=announced, unfinished=folder)
        suspects = tuple(found.written(normals.names[place]) for place in detector.suspects_)
        known = tuple(digests(normals.pixels))
        saved.write(detector, About(args.first, files, known, suspects, normals.deep, normals.native), out)
    screen = console()
    show_fit(screen, detector, 0 if bad is None else len(bad), suspects)
    screen.print(f"\n  {out}   next: sparring detect score {quote(str(out))} NEW", markup=False, soft_wrap=True)
    return 0


def _announced(out: Path, tell: Tell) -> Tell:
    """Tell the progress, and before the first text where to see it."""
    told = list[str]()

    def announce(text: str) -> None:
        if not told:
            told.append(f"fitting into {out}; as a page: sparring watch {quote(str(out))}")
            warn(told[0])
        tell(text)

    return announce


@contextmanager
def _interrupted(folder: Path) -> Iterator[None]:
    """Say after Ctrl-C how a fit goes on."""
    try:
        yield
    except KeyboardInterrupt:
        if states(folder):
            warn(f"what was trained is in {folder.parent}: the same command goes on with it.")
        raise


def _score(args: argparse.Namespace) -> int:
    _refuse(args, "score", (*OF_FIT, "json"))
    if args.second is None:
        raise ConfigError("give the pictures too: sparring detect score RUN NEW.")
    detector, about = _restored(args)
    out = args.out or Path(args.first) / layout.FOUND
    if (out / layout.SCORES).exists() and not (args.force or args.out is None):
        raise RunError(f"{out} holds scores already. Choose another --out, or replace them with --force.")
    pictures = _like(args.second, about)
    _warn_of_shrinking(pictures, "fit with --tile or --size to keep more")
    if again := fitted(pictures.pixels, about.digests):
        warn(
            f"{again:,} of {counted(len(pictures), 'picture')} {'is one' if again == 1 else 'are some'} of the "
            "normals that this detector comes from, so that their p-values and verdicts say nothing."
        )
    with layout.writing(out), working() as tell:
        verdicts = found.write(detector, pictures, out, tell)
    screen = console()
    show_scores(screen, pictures, verdicts, detector)
    screen.print(f"\n  scores and heat maps  {out}", markup=False, soft_wrap=True)
    if args.out is None:
        screen.print(f"  as a page  sparring report {quote(args.first)}", markup=False, soft_wrap=True)
    return FOUND if bool(verdicts.odd.any()) else 0


def _test(args: argparse.Namespace) -> int:
    _refuse(args, "test", OF_FIT)
    folder = Path(args.first)
    detector, about = _restored(args)
    out = args.out or folder / TEST
    layout.refuse_taken(out, args.force or args.out is None)
    kinds = _kinds(args.second or about.data, about)
    with working() as tell:
        result = trial(detector, kinds, about.digests, tell)
    numbers, screen = json.dumps(result.to_dict(), indent=1), console()
    if args.json:
        print(numbers)
    else:
        show_test(screen, result)
    for warning in result.warnings:
        warn(warning)
    with layout.writing(out):  # after the numbers were shown, which a disk that is full shall not take
        write_whole(out, numbers.encode())
    if args.json:
        return 0
    screen.print(f"\n  all numbers  {out}", markup=False, soft_wrap=True)
    return 0


ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {"fit": _fit, "score": _score, "test": _test}


def _restored(args: argparse.Namespace) -> tuple[Detector, About]:
    """A fitted detector, and how its normals were read, but for what this call says of its own pictures."""
    detector, about = saved.read(Path(args.first))
    return detector, replace(about, files=Config(files=about.files).replace(**given_options(args, NEW)).files)


def _refuse(args: argparse.Namespace, action: str, names: tuple[str, ...]) -> None:
    """Refuse options that this action does not take."""
    if given := [name for name in names if getattr(args, name) not in (None, False)]:
        shown = ["second path" if name == "second" else "--" + name.replace("_", "-") for name in given]
        raise ConfigError(f"sparring detect {action} takes no {' and no '.join(shown)}. Leave it out.")


def _normals(
    name: str, given: Mapping[str, Any], longest: int
) -> tuple[Pictures, Pictures | None, FilesConfig]:
    """The normals that a user names, known bad ones if there are any, and how files are read alike."""
    files = Config().replace(**given).files
    if name == WAFERS:
        return _of_array(wafers.load().samples), None, files
    if find.kind_of_files(name) is None and not Path(name).is_dir():
        return _of_array(as_pictures(_dataset(name, files))), None, files
    files = replace(files, resize=given.get("resize", "stretch"))  # since what is cut off is never looked at
    taken = defects.parts(Path(name), files)
    with Reading() as watch:
        normals, alike = defects.read(taken.normal, files, watch, longest=longest)
        bad = defects.read(taken.bad, alike, watch)[0] if taken.bad else None
    if taken.said:
        warn(taken.said)
    _warn_of_broken(normals, *([bad] if bad else []))
    return normals, bad, _of_files(alike)


def _of_files(files: FilesConfig) -> FilesConfig:
    """How other pictures are read: patterns of folders chose among those of the normals."""
    kept = {
        name: ",".join(pattern for pattern in path_patterns(name, getattr(files, name)) if "/" not in pattern)
        for name in CHOSEN
    }
    return replace(files, include=kept["include"] or ALL, exclude=kept["exclude"] or NONE)


def _dataset(name: str, files: FilesConfig | None = None) -> Dataset:
    """A file of arrays or a built-in set; for a name that is none, the message has the set of detectors too."""
    try:
        return find.dataset(name, files)
    except DataError as error:
        if Path(name).exists():
            raise
        near = did_you_mean(name, [WAFERS])
        raise DataError(f"{error}{near or f' Or take {WAFERS}, the built-in set for detectors.'}") from error


def _like(name: str, about: About) -> Pictures:
    """Pictures that a user names, read as the normals were."""
    if name == WAFERS:
        return defects.joined(defects.wafer_tests())
    path = Path(name)
    if path.is_dir() or path.suffix.lower() == ".zip" or (path.is_file() and is_picture(name, path.read_bytes)):
        with Reading() as watch:
            pictures = defects.read(defects.source_of(path, about.files), about.files, watch)[0]
        _warn_of_broken(pictures)
        for difference in defects.unlike(pictures, about.files.channels, about.deep, about.native):
            warn(difference)
        return pictures
    return _of_array(as_pictures(_dataset(name)))


def _kinds(name: str, about: About) -> dict[str, Pictures]:
    if name == WAFERS:
        return defects.wafer_tests()
    with Reading() as watch:
        kinds = defects.kinds(Path(name), about.files, watch)
    _warn_of_broken(*kinds.values())
    said = [
        defects.unlike(pictures, about.files.channels, about.deep, about.native) for pictures in kinds.values()
    ]
    for difference in dict.fromkeys(each for several in said for each in several):
        warn(difference)
    return kinds


def _warn_of_broken(*several: Pictures) -> None:
    if lost := [name for pictures in several for name in pictures.left_out]:
        warn(
            f"{counted(len(lost), 'picture')} cannot be read and {'is' if len(lost) == 1 else 'are'} left out: "
            f"{first_of(lost)}."
        )


def _warn_of_shrinking(pictures: Pictures, cure: str) -> None:
    height, width = pictures.pixels.shape[2:]
    if pictures.sizes:
        warn(
            f"the pictures have several sizes, {pictures.sizes}, and all are made {width} x {height}: how "
            "sharp they are and their proportions then tell them apart too. Pictures of one size are better."
        )
    if pictures.native and (pictures.native[0] > width or pictures.native[1] > height):
        warn(
            f"pictures of {pictures.native[0]} x {pictures.native[1]} pixels are made {width} x {height}, "
            f"so that small defects can be lost: {cure}."
        )


def _of_array(pixels: Tensor) -> Pictures:
    return Pictures(tuple(f"{place:06}" for place in range(len(pixels))), pixels)
