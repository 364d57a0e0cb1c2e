"""A piece of music as notes, whatever file it came from, and its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

PITCHES = 128  # of MIDI; 60 is the middle C
OCTAVE = 12
QUARTERS = 4  # of a whole note
COMMON = 4.0  # quarter notes of a bar if no metre is given
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# How well each degree fits a key, major and minor (Krumhansl & Kessler 1982, table of probe tone ratings).
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
A = 9  # the pitch class of the minor key without signatures


class Note(NamedTuple):
    """One note; times in quarter notes from the beginning of the piece."""

    start: float
    end: float
    pitch: int
    part: int


class Metre(NamedTuple):
    """From ``start`` on, in quarter notes, bars have this length."""

    start: float
    bar: float


@dataclass(frozen=True)
class Song:
    """A piece.

    Attributes:
        notes: by start, then pitch.
        parts: the number of parts (tracks, instruments, voices) with notes.
        metres: by start.
        faults: what could not be read of its file, or was left out.
    """

    notes: tuple[Note, ...]
    parts: int
    metres: tuple[Metre, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def end(self) -> float:
        """When the last note ends, in quarter notes."""
        return max((note.end for note in self.notes), default=0.0)


def bars(song: Song) -> list[Metre]:
    """Every bar of a piece until its last note ends: where it starts, and its length."""
    found: list[Metre] = []
    metres = [metre for metre in song.metres if metre.bar > 0] or [Metre(0.0, COMMON)]
    if metres[0].start > 0:
        metres.insert(0, Metre(0.0, COMMON))
    last = song.end
    ends = [*(metre.start for metre in metres[1:]), last]
    for (start, bar), end in zip(metres, ends, strict=True):
        while start < min(end, last) - 1e-6:
            found.append(Metre(start, bar))
            start += bar
    return found


def key_of(notes: Sequence[Note]) -> tuple[int, bool]:
    """The tonic (0 is C) and whether the key is minor: the best correlation (Krumhansl 1990, chapter 4)."""
    lengths = np.zeros(OCTAVE)
    for note in notes:
        lengths[note.pitch % OCTAVE] += note.end - note.start
    fits = {
        (tonic, minor): float(np.corrcoef(lengths, np.roll(profile, tonic))[0, 1])
        for minor, profile in ((False, MAJOR), (True, MINOR))
        for tonic in range(OCTAVE)
    }
    return max(fits, key=lambda key: fits[key]) if lengths.std() else (0, False)


def shifted(song: Song, semitones: int) -> Song:
    """A piece so many semitones higher; an octave back where a note would leave MIDI's range."""
    notes = tuple(note._replace(pitch=_within(note.pitch + semitones)) for note in song.notes)
    return replace(song, notes=notes)


def _within(pitch: int) -> int:
    """The pitch, or that of its octave which is the nearest in MIDI's range; 0 stands for a rest."""
    while not 0 < pitch < PITCHES:
        pitch += OCTAVE if pitch <= 0 else -OCTAVE
    return pitch


def in_one_key(song: Song) -> Song:
    """A piece in C major or A minor, moved by the fewest semitones."""
    tonic, minor = key_of(song.notes)
    up = ((A if minor else 0) - tonic) % OCTAVE
    return shifted(song, up - OCTAVE if up > OCTAVE // 2 else up)


def name_of(pitch: int) -> str:
    """A pitch in scientific notation: 60 is C4."""
    return f"{NAMES[pitch % OCTAVE]}{pitch // OCTAVE - 1}"
