"""Bach's four-part chorales, made on first use from the scores in the installed package music21.

The music is in the public domain. The package says of its scores that they are distributed with the
permission of their encoders, some with restrictions; so sparring ships none, and reads what is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data.music import musicxml
from sparring.data.music.codec import Notes, fitted
from sparring.data.music.roll import Roll, roll_of, windows
from sparring.data.music.song import COMMON, Song, in_one_key
from sparring.errors import DataError, UnreadableError
from sparring.files import cache_folder, whole

PACKAGE = "music21"
INSTALL = "pip install 'sparring[chorales]'"
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
SUFFIXES = (".mxl", ".xml")
GRID, BARS = 16, 2
RUN = 6  # notes of a run by which tunes are compared
ALIKE = 0.5  # share of the runs of the shorter tune from which on two tunes are the same
HELD_OUT = 0.2  # share of the melodies
RARE = 20  # steps; a window with a pitch that a voice sings less often is left out
VERSION = 2  # of what is made of the scores


def load(split: str = "train") -> tuple[Tensor, Notes]:
    """The windows (N, 32, 4) of two bars that start at each bar line, in C major or A minor; and their codec.

    Only chorales in common time. Those with the same melody are all in "train" or all in "test".

    Raises:
        DataError: the package is not installed, or its scores are not there.
    """
    folder = scores()
    path = cache_folder() / "music" / f"chorales-{VERSION}-{_stamp(folder)}.npz"
    if not path.exists():
        made = make({score.name: score.read_bytes() for score in _files(folder)})
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as file:
            np.savez_compressed(file, train=made["train"], test=made["test"])
    with np.load(path) as kept:
        rolls = {name: torch.from_numpy(np.asarray(kept[name], np.int16)) for name in kept}
    return rolls[split], fitted(torch.cat(list(rolls.values())), GRID)


def scores() -> Path:
    """The folder of the scores.

    Raises:
        DataError: the package is not installed, or its scores are not there.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise DataError(f"chorales are made from the scores in the package {PACKAGE}: {INSTALL}")
    folder = Path(found.origin).parent / "corpus" / "bach"
    if not folder.is_dir() or not _files(folder):
        raise DataError(f"{folder} holds no scores: install {PACKAGE} again with its corpus, {INSTALL}")
    return folder


def make(files: Mapping[str, bytes]) -> dict[str, Roll]:
    """The windows of "train" and "test", from the contents of scores by name; other music is skipped."""
    songs: dict[str, Song] = {}
    for name, content in files.items():
        try:
            song = musicxml.read(content, VOICES)
        except UnreadableError:
            continue
        if song.metres and song.metres[-1].bar == COMMON:
            songs[name] = in_one_key(song)
    tune = melodies(songs)
    held = held_out(set(tune.values()))
    parts: dict[str, list[Roll]] = {"train": [], "test": []}
    for name, song in songs.items():
        part = parts["test" if tune[name] in held else "train"]
        part += windows(roll_of(song, GRID, len(VOICES), "parts"), song, GRID, BARS)
    return {split: _once(found) for split, found in _without_rare(parts).items() if found}


def melodies(songs: Mapping[str, Song]) -> dict[str, str]:
    """The melody of each song, named by the first song that has it.

    Two songs have one melody if they share half of the runs of six notes of the shorter one, at any pitch, or
    each shares them with a third.
    """
    runs = {name: _runs([note.pitch for note in song.notes if note.part == 0]) for name, song in songs.items()}
    first = {name: name for name in songs}
    for one, other in itertools.combinations(songs, 2):
        least = min(len(runs[one]), len(runs[other]))
        if least and len(runs[one] & runs[other]) >= ALIKE * least and first[one] != first[other]:
            kept, gone = sorted((first[one], first[other]))
            first = {name: kept if melody == gone else melody for name, melody in first.items()}
    return first


def held_out(tunes: set[str]) -> set[str]:
    """A fifth of the melodies: those whose names have the least digests, so that each stays where it is."""
    ordered = sorted(tunes, key=lambda tune: hashlib.sha256(tune.encode()).hexdigest())
    return set(ordered[: round(HELD_OUT * len(ordered))])


def _runs(pitches: Sequence[int]) -> set[tuple[int, ...]]:
    """The runs of RUN notes of a melody, as intervals."""
    steps = [after - before for before, after in itertools.pairwise(pitches)]
    return {tuple(steps[k : k + RUN - 1]) for k in range(len(steps) - RUN + 2)}


def _without_rare(parts: Mapping[str, list[Roll]]) -> dict[str, list[Roll]]:
    """Only windows whose pitches each voice sings often enough to be learnt."""
    every = np.abs(np.stack([window for part in parts.values() for window in part]))
    usual = [_often(every[:, :, voice]) for voice in range(every.shape[2])]
    return {
        split: [w for w in part if all(np.isin(np.abs(w[:, v]), usual[v]).all() for v in range(len(usual)))]
        for split, part in parts.items()
    }


def _once(rolls: Sequence[Roll]) -> Roll:
    """Each roll once, in their order: some scores stand in the corpus twice."""
    return np.stack(list({roll.tobytes(): roll for roll in rolls}.values()))


def _often(pitches: NDArray[np.int16]) -> NDArray[np.int16]:
    values, counts = np.unique(pitches, return_counts=True)
    return np.asarray(values[counts >= RARE])


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)


def _stamp(folder: Path) -> str:
    """Changes when the scores do."""
    listed = "\n".join(f"{path.name} {path.stat().st_size}" for path in _files(folder))
    return hashlib.sha256(listed.encode()).hexdigest()[:16]
