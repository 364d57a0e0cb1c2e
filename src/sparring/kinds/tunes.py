"""Write music to files: MIDI, sound, the names of notes, or a folder of pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sparring.data.music import midi
from sparring.data.music.codec import Notes
from sparring.data.music.roll import Roll, notes_of
from sparring.data.music.song import QUARTERS, Note
from sparring.data.spec import Spec
from sparring.errors import UnreadableError
from sparring.files import read_bytes, write_whole
from sparring.kinds import score, sound
from sparring.kinds.kind import Array
from sparring.kinds.writers import drawn_name, drawn_number, replaced

SIGNATURE = b"sparring"  # a text in drawn files, by which they are recognised
SECONDS = 60 / midi.BEATS_A_MINUTE  # of a quarter note


class Piece(NamedTuple):
    """One sample with its class, "" without."""

    roll: Roll
    label: str


def parts(roll: Array, grid: int) -> list[list[Note]]:
    """The notes of each voice of a roll (T, voices), in quarter notes."""
    return [notes_of(roll, grid, voice) for voice in range(roll.shape[1])]


def one_after_the_other(rolls: Array) -> Roll:
    """Rolls (N, T, voices) as one piece (N * T, voices), in which each begins anew."""
    begun = np.array(rolls, np.int16)
    begun[:, 0] = np.abs(begun[:, 0])
    return begun.reshape(-1, rolls.shape[2])


def to_midi(roll: Array, grid: int) -> bytes:
    """A roll (T, voices) as a MIDI file, a track for each voice."""
    return midi.write(parts(roll, grid), name=SIGNATURE)


def to_wav(roll: Array, grid: int) -> bytes:
    """A roll (T, voices) as sound."""
    notes = [note for part in parts(roll, grid) for note in part]
    tones = [(note.start * SECONDS, note.end * SECONDS, note.pitch) for note in notes]
    return sound.wav(tones, roll.shape[0] * QUARTERS / grid * SECONDS)


def write_midi(rolls: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """All samples one after the other in one MIDI file."""
    write_whole(path, to_midi(one_after_the_other(rolls), Notes.of(spec.codec).grid))


def write_wav(rolls: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """All samples one after the other in one sound."""
    write_whole(path, to_wav(one_after_the_other(rolls), Notes.of(spec.codec).grid))


def write_text(rolls: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """The names of the notes, a paragraph for each sample."""
    write_whole(path, ("\n\n".join(score.text(roll) for roll in rolls) + "\n").encode())


def write_folder(rolls: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """A MIDI file for each sample; those of an earlier draw are replaced, other files stay.

    Raises:
        RunError: a file is in the way that was not drawn.
    """
    grid = Notes.of(spec.codec).grid
    files = {name: to_midi(piece.roll, grid) for name, piece in _named(rolls, labels, spec)}
    with replaced(path, files, _is_drawn) as gone:
        for name, content in files.items():
            write_whole(path / name, content)
    for old in gone:
        (path / old).with_suffix(".wav").unlink(missing_ok=True)


def write_sounds(rolls: Array, labels: Array | None, spec: Spec, path: Path) -> None:
    """The sound of what was written to a MIDI file or a folder, beside it under the same name."""
    grid = Notes.of(spec.codec).grid
    if not path.is_dir():
        write_whole(path.with_suffix(".wav"), to_wav(one_after_the_other(rolls), grid))
        return
    for name, piece in _named(rolls, labels, spec):
        write_whole((path / name).with_suffix(".wav"), to_wav(piece.roll, grid))


def _named(rolls: Array, labels: Array | None, spec: Spec) -> Iterator[tuple[str, Piece]]:
    """The file name of each sample, and the sample."""
    for number, roll in enumerate(rolls):
        label = "" if labels is None else spec.class_names[labels[number]]
        yield drawn_name(number, label, ".mid"), Piece(roll, label)


def _is_drawn(path: Path) -> bool:
    """Whether ``write_folder`` wrote this file."""
    if not drawn_number(path.name, ".mid") or path.is_symlink():
        return False
    try:
        return SIGNATURE in read_bytes(path)[:64]
    except UnreadableError:
        return False
