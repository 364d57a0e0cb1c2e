"""Choose files by patterns of their paths, and notice what lies among pictures and is none to train on."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import translate
from glob import escape
from pathlib import PurePosixPath

from sparring.config.pictures import ALL, path_patterns
from sparring.data.pictures import JPEGS, PNG
from sparring.data.source import Source
from sparring.errors import DataError, counted, first_of, printable, quoted

WORDS = "masks?|segm?|segmentations?|seg_?maps?|gt|ground_?truth|annotations?|label_?maps?|mattes?|trimaps?"
MASK = re.compile(rf"(?P<of>.+?)(?P<ending>[ _.-](?:{WORDS}))(?P<number>[ _.-]?[0-9]{{1,3}})?", re.I)
MASK_FOLDER = re.compile(rf"(?:.*[ _.-])?(?:{WORDS})(?:[ _.-].*)?", re.I)
PAIRED = 0.5  # the share of files named like masks that must have a picture, so that they are taken for masks


def matches(name: str, pattern: str) -> bool:
    """Whether a path fits a pattern: without "/" by the name of the file, with "/" by the end of the path.

    ``*`` stands for any characters, also "/". A pattern that begins with "/" must fit the whole path. Upper and
    lower case are the same.
    """
    name, pattern = name.casefold(), pattern.casefold()
    if "/" not in pattern:
        return _fits(PurePosixPath(name).name, pattern)
    whole = _fits(name, pattern.removeprefix("/"))
    return whole or (not pattern.startswith("/") and _fits(name, f"*/{pattern}"))


def _fits(text: str, pattern: str) -> bool:
    return re.fullmatch(translate(pattern), text) is not None


def chosen(source: Source, include: str, exclude: str) -> tuple[Source, tuple[str, ...]]:
    """The source with the files that fit one of ``include`` and none of ``exclude``, and notes for the user.

    Raises:
        DataError: no file is left.
        ConfigError: a pattern is empty.
    """
    wanted, unwanted = path_patterns("include", include), path_patterns("exclude", exclude)
    if wanted == (ALL,) and not unwanted:
        return source, ()
    names = (*source.files, *source.refused)
    included = [name for name in names if any(matches(name, pattern) for pattern in wanted)]
    if names and not included:
        raise DataError(f"--include {quoted(include)}: no picture in {source.name} fits. {_there_are(names)}")
    kept = {name for name in included if not any(matches(name, pattern) for pattern in unwanted)}
    if names and not kept:
        raise DataError(f"--exclude {quoted(exclude)} leaves out every picture in {source.name}.")
    idle = [
        f"--{option} {quoted(pattern)} fits no picture in {source.name}."
        for option, patterns, among in (("include", wanted, names), ("exclude", unwanted, included))
        for pattern in patterns
        if not any(matches(name, pattern) for name in among)
    ]
    stamp = source.stamp and hashlib.sha256(f"{source.stamp} {include} {exclude}".encode()).hexdigest()
    files = tuple(name for name in source.files if name in kept)
    refused = {name: reason for name, reason in source.refused.items() if name in kept}
    return replace(source, files=files, refused=refused, stamp=stamp), tuple(idle)


def masks(names: Sequence[str]) -> tuple[str, ...]:
    """Notes on pictures that look like masks of others by their names, and the option that leaves them out."""
    found = _named_masks(names) | _in_mask_folders(names)
    notes = []
    if found:
        listed = sorted(found)
        wide = {pattern.replace("*.*", ".*", 1) for pattern in found.values() if pattern.endswith("*.*")}
        patterns = ",".join(sorted(set(found.values()) - wide))  # "*_mask*.*" fits what "*_mask.*" fits
        notes.append(
            f"{len(listed):,} of {len(names):,} pictures look like masks of others ({first_of(listed)}): "
            f"{_leave_out(patterns, listed, names)}."
        )
    twins = [name for name in _png_twins(names) if name not in found]
    if twins:
        notes.append(
            f"{counted(len(twins), 'PNG')} ({first_of(twins)}) {'lies' if len(twins) == 1 else 'lie'} beside a "
            f"JPEG of the same name, as masks or copies do: {_leave_out(f'*{PNG}', twins, names)}."
        )
    return tuple(notes)


def _named_masks(names: Sequence[str]) -> dict[str, str]:
    """Files such as cat_mask.png that have a picture, and the pattern that fits them."""
    stems = {name: PurePosixPath(name).stem for name in names}
    named = {name: found for name, stem in stems.items() if (found := MASK.fullmatch(stem))}
    pictures = {stem.casefold() for name, stem in stems.items() if name not in named}
    paired = sum(found["of"].casefold() in pictures for found in named.values())
    if not named or paired < PAIRED * len(named):
        return {}
    return {
        name: f"*{found['ending']}{'*' if found['number'] else ''}.*".casefold()
        for name, found in named.items()
    }


def _in_mask_folders(names: Sequence[str]) -> dict[str, str]:
    """Files in folders such as masks/ whose pictures lie elsewhere, and the pattern that fits them."""
    folders = {
        name: next(filter(MASK_FOLDER.fullmatch, PurePosixPath(name).parts[:-1]), None) for name in names
    }
    inside = {name: folder for name, folder in folders.items() if folder is not None}
    pictures = {PurePosixPath(name).stem.casefold() for name in names if name not in inside}
    paired = sum(base(name) in pictures for name in inside)
    if not inside or paired < PAIRED * len(inside):
        return {}
    return {name: f"{escape(printable(folder))}/*" for name, folder in inside.items()}


def base(name: str) -> str:
    """The stem of a file without an ending such as _mask."""
    stem = PurePosixPath(name).stem
    return (found["of"] if (found := MASK.fullmatch(stem)) else stem).casefold()


def _png_twins(names: Iterable[str]) -> list[str]:
    """PNGs beside a JPEG of the same stem in the same folder."""
    paths = [(name, PurePosixPath(name)) for name in names]
    jpegs = {str(path.with_suffix("")).casefold() for _, path in paths if path.suffix.lower() in JPEGS}
    return [
        name
        for name, path in paths
        if path.suffix.lower() == PNG and str(path.with_suffix("")).casefold() in jpegs
    ]


def _leave_out(patterns: str, found: Sequence[str], names: Sequence[str]) -> str:
    """The option that leaves these files out, and how many others it leaves out with them."""
    out = sum(any(matches(name, pattern) for pattern in patterns.split(",")) for name in names)
    others = out - len(found)
    if others > len(found):
        return f"--exclude with their names leaves them out; '{patterns}' would leave out {others:,} others too"
    return f"--exclude '{patterns}' leaves them out" + (f", and {counted(others, 'other')}" if others else "")


def _there_are(names: Sequence[str]) -> str:
    """How many files there are of each suffix, and one of them."""
    counts = Counter(PurePosixPath(name).suffix.lower() or "no suffix" for name in names)
    listed = ", ".join(f"{count:,} with {printable(suffix)}" for suffix, count in counts.most_common(5))
    return f"There are {listed}, such as {quoted(names[0])}."
