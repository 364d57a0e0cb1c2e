"""Read a user's own MIDI files, in a folder tree, a zip or alone, as a data set of windows."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from sparring.data import labels as classes
from sparring.data import source as sources
from sparring.data.arrays import class_indices
from sparring.data.music import midi
from sparring.data.music.codec import fitted
from sparring.data.music.roll import Roll, off_grid, roll_of, windows
from sparring.data.music.song import QUARTERS, in_one_key, name_of
from sparring.data.pictures import SUFFIXES as PICTURES
from sparring.data.pictures import UNREADABLE, reason_of
from sparring.data.repeats import repeats
from sparring.data.source import Source
from sparring.data.spec import Dataset, Origin, Spec
from sparring.data.store import Watch, too_many
from sparring.errors import DataError, UnreadableError, counted, first_of

SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
COUNTED = 20_000  # names by which a folder is known to hold music
OFTEN = 0.05  # of the notes beside the grid are worth a note
MOST_STEPS = 2**20  # of one piece: at sixteenths, ten days
LISTED = 3  # files in a note


@dataclass
class _Read:
    """What was read of the files so far."""

    rolls: list[Roll] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # of each window, that of its file
    names: list[str] = field(default_factory=list)  # of the files that gave windows
    lost: dict[str, str] = field(default_factory=dict)  # files that gave nothing, with the reason
    faults: dict[str, str] = field(default_factory=dict)  # files that were read in part
    beside: list[str] = field(default_factory=list)  # files with many notes beside the grid
    silent: int = 0  # windows without a note
    few: int = 0  # files with fewer parts than voices


def holds_music(path: Path) -> bool:
    """Whether a path is a MIDI file, or a folder or zip with more of them than of pictures."""
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        return True
    counts = Counter(PurePosixPath(name).suffix.lower() for name in _names(path))
    music, pictures = (sum(counts[suffix] for suffix in known) for known in (SUFFIXES, PICTURES))
    return music > pictures


def _names(path: Path) -> list[str]:
    """The names of some of the files in a folder or zip."""
    if path.is_dir():
        found: list[str] = []
        for _, _, names in os.walk(path):
            found += names
            if len(found) > COUNTED:
                break
        return found
    if path.is_file() and path.suffix.lower() == ".zip":
        try:
            return list(sources.archive(path, is_midi).files)
        except DataError:
            return []
    return []


def is_midi(name: str, head: Any) -> bool:
    """Whether a file is MIDI, by its name."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def from_path(
    path: Path,
    *,
    grid: int = 16,
    bars: int = 2,
    voices: int = 4,
    lines: str = "skyline",
    one_key: bool = False,
    labels: str = "none",
    max_broken: float = 0.0,
    watch: Watch | None = None,
) -> Dataset:
    """Read MIDI files as windows of ``bars`` bars that begin at each bar line.

    Args:
        grid: steps in a whole note.
        lines: how notes become voices; see ``roll_of``.
        one_key: bring every piece to C major or A minor.
        labels: "none", "folders" (each subfolder is a class), or a CSV or JSON file.
        max_broken: the largest share of files that may give nothing.

    Raises:
        DataError: no file gives a note, too many give none, or labels do not fit.
    """
    source = _source(path)
    by_file = labels not in classes.LABELS
    table = classes.find(labels, source) if by_file else None
    found = _Read(lost=dict(source.refused))
    for number, name in enumerate(source.files):
        if watch:
            watch("reading MIDI files", number, len(source.files))
        _read_one(found, source, name, (grid, bars, voices, lines, one_key))
    _check(found, source, max_broken)
    samples = torch.from_numpy(np.stack(found.rolls))
    samples, heard = _heard(samples)
    given: Any = None
    kept = found.names
    if labels == "folders":
        given = classes.by_folder(kept, source.name)
    elif table:
        given, labels = classes.by_table(table, kept, source.name), table.path
    of_windows = None if given is None else [given[place] for place in found.places]
    indices, class_names = class_indices(of_windows, len(samples), source.name)
    options = {"grid": grid, "bars": bars, "voices": voices, "lines": lines, "one_key": one_key}
    origin = Origin(
        options=options | {"labels": labels, "max_broken": max_broken},
        notes=_notes(found, source, voices, heard),
        left_out=tuple(f"{name}: {why}" for name, why in sorted(found.lost.items())),
        duplicates=repeats(samples),
        others=source.others,
        facts=_facts(found, samples, source),
        unused_classes=classes.unused(kept) if labels == "none" else "",
    )
    codec = fitted(samples, grid)
    spec = Spec("music", (bars * grid, sum(codec.sizes)), codec, class_names)
    groups = torch.tensor(found.places)
    return Dataset(source.name, spec, samples, indices, origin, groups=groups)


def _source(path: Path) -> Source:
    """The MIDI files at a path."""
    if path.is_dir():
        source = sources.folder(path, is_midi)
    elif path.suffix.lower() == ".zip":
        source = sources.archive(path, is_midi)
    else:
        root = path.absolute()
        source = Source(str(root), (root.name,), lambda name: root.read_bytes())
    if not source.files and not source.refused:
        raise DataError(f"{source.name} holds no music; accepted are {', '.join(SUFFIXES)} files.")
    return source


def _read_one(found: _Read, source: Source, name: str, how: tuple[int, int, int, str, bool]) -> None:
    """Read a file, and add its windows or the reason why it gives none."""
    grid, bars, voices, lines, one_key = how
    try:
        song = midi.read(source.read(name))
    except UnreadableError as error:
        found.lost[name] = str(error)
        return
    except UNREADABLE as error:
        found.lost[name] = reason_of(error)
        return
    if song.end * grid / QUARTERS > MOST_STEPS:
        found.lost[name] = f"longer than {MOST_STEPS:,} steps"
        return
    if song.faults:
        found.faults[name] = ", ".join(song.faults)
    found.few += song.parts < voices and lines == "parts"
    if off_grid(song, grid) > OFTEN:
        found.beside.append(name)
    song = in_one_key(song) if one_key else song
    cut = list(windows(roll_of(song, grid, voices, lines), song, grid, bars, padded=True))
    sounding = [window for window in cut if window.any()]
    found.silent += len(cut) - len(sounding)
    found.places += [len(found.names)] * len(sounding)
    found.rolls += sounding
    found.names.append(name)


def _check(found: _Read, source: Source, max_broken: float) -> None:
    """Refuse files of which too many give nothing.

    Raises:
        DataError: which, and why.
    """
    lost, total = len(found.lost), len(source.files) + len(source.refused)
    some = "; ".join(f"{name}: {why}" for name, why in list(found.lost.items())[:LISTED])
    if not found.rolls:
        raise DataError(f"no file in {source.name} gives a note ({some}).")
    if too_many(lost, total, max_broken):
        raise DataError(
            f"{lost:,} of {counted(total, 'file')} in {source.name} give no note ({some}). Remove them, or "
            f"train without them: --max-broken {lost / total + 0.0005:.3f}."
        )


def _heard(samples: torch.Tensor) -> tuple[torch.Tensor, int]:
    """The samples without the voices that are silent in all of them, and how many are left."""
    sings = samples.flatten(0, 1).any(0)
    return samples[:, :, sings], int(sings.sum())


def _notes(found: _Read, source: Source, voices: int, heard: int) -> tuple[str, ...]:
    """What a user should know before training on this music."""
    notes = []
    if heard < voices:
        notes.append(
            f"only {heard} of the {voices} voices asked for {'sings' if heard == 1 else 'sing'}; those that "
            "never do are left out."
        )
    if found.few:
        notes.append(
            f"{counted(found.few, 'file')} with fewer than {voices} parts, whose other voices are silent."
        )
    if found.faults:
        first = [f"{name} ({why})" for name, why in list(found.faults.items())[:LISTED]]
        more = f", and {len(found.faults) - LISTED:,} more" if len(found.faults) > LISTED else ""
        notes.append(f"{counted(len(found.faults), 'file')} read as far as possible: {'; '.join(first)}{more}.")
    if found.beside:
        notes.append(
            f"{counted(len(found.beside), 'file')} ({first_of(found.beside)}) with more than {OFTEN:.0%} of "
            "the notes beside the grid, which are moved to it: triplets need --grid 24 or 48."
        )
    if found.silent:
        notes.append(f"{counted(found.silent, 'window')} without a note left out.")
    if found.lost:
        first = [f"{name}: {why}" for name, why in list(found.lost.items())[:LISTED]]
        more = (
            f", and {len(found.lost) - LISTED:,} more, which `sparring data` lists"
            if len(found.lost) > LISTED
            else ""
        )
        notes.append(
            f"{len(found.lost):,} of {len(source.files) + len(source.refused):,} files give no note: "
            f"{'; '.join(first)}{more}."
        )
    return tuple(notes)


def _facts(found: _Read, samples: torch.Tensor, source: Source) -> dict[str, str]:
    """The number of files, and from where to where each voice goes."""
    codec = fitted(samples, 4)
    spans = [
        f"{name_of(low)} to {name_of(high)}" for low, high in zip(codec.lowest, codec.highest, strict=True)
    ]
    return {"files": f"{len(found.names):,} of {len(source.files):,}", "voices": ", ".join(spans)}
