"""Bring a piece to a grid of steps and a number of voices, and cut it into windows.

A roll (steps, voices) of small whole numbers says at each step what a voice does: a pitch where a note
begins, the negative pitch where it is held, 0 for a rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sparring.data.music.song import QUARTERS, Note, Song, bars

Roll = NDArray[np.int16]


def on_grid(song: Song, grid: int) -> list[tuple[int, int, Note]]:
    """Each note with its first step and the one behind its last; the grid has so many steps in a whole note."""
    steps = grid / QUARTERS
    placed = ((round(note.start * steps), round(note.end * steps), note) for note in song.notes)
    return [(start, max(end, start + 1), note) for start, end, note in placed]


def off_grid(song: Song, grid: int) -> float:
    """The share of notes that begin more than a quarter of a step beside the grid."""
    starts = np.array([note.start for note in song.notes]) * grid / QUARTERS
    return float((np.abs(starts - starts.round()) > 0.25).mean()) if len(starts) else 0.0


def roll_of(song: Song, grid: int, voices: int, lines: str) -> Roll:
    """The roll (steps, voices) of a piece.

    Args:
        lines: "skyline": of the notes that sound at a step, the highest, the lowest, the second highest, the
            second lowest and so on, as many as there are voices, from high to low. "parts": the parts with the
            most notes, the highest first, and of each its highest note.
    """
    placed = on_grid(song, grid)
    length = max((end for _, end, _ in placed), default=0)
    if lines == "parts":
        chosen = _fullest(song, voices)
        columns = [
            _skyline([item for item in placed if item[2].part == part], length, 1)[:, 0] for part in chosen
        ]
        blank = np.zeros(length, np.int16)
        return np.stack(columns + [blank] * (voices - len(columns)), 1)
    return _skyline(placed, length, voices)


def _fullest(song: Song, voices: int) -> list[int]:
    """The parts with the most notes, from the highest to the lowest."""
    pitches: dict[int, list[int]] = {}
    for note in song.notes:
        pitches.setdefault(note.part, []).append(note.pitch)
    fullest = sorted(pitches, key=lambda part: -len(pitches[part]))[:voices]
    return sorted(fullest, key=lambda part: -float(np.mean(pitches[part])))


def _skyline(placed: Sequence[tuple[int, int, Note]], length: int, voices: int) -> Roll:
    roll = np.zeros((length, voices), np.int16)
    begins: list[list[tuple[int, int, int]]] = [[] for _ in range(length)]
    for number, (start, end, note) in enumerate(placed):
        begins[start].append((note.pitch, end, number))
    sounding: list[tuple[int, int, int]] = []  # pitch, end, number
    before = [-1] * voices
    for step in range(length):
        kept = [note for note in sounding if note[1] > step]
        if step and len(kept) == len(sounding) and not begins[step]:
            roll[step] = -np.abs(roll[step - 1])
            continue
        sounding = kept + begins[step]
        highest = sorted({note[0]: note for note in sorted(sounding, key=lambda note: note[2])}.values())[::-1]
        now = [-1] * voices
        for slot, place in zip(_slots(voices), _slots(len(highest)), strict=False):
            pitch, _, number = highest[place]
            now[slot] = number
            roll[step, slot] = -pitch if number == before[slot] else pitch
        before = now
    return roll


def _slots(count: int) -> list[int]:
    """0, count - 1, 1, count - 2 …: from the outside to the middle."""
    return [k // 2 if k % 2 == 0 else count - 1 - k // 2 for k in range(count)]


def windows(roll: Roll, song: Song, grid: int, count: int, padded: bool = False) -> Iterator[Roll]:
    """Windows of ``count`` bars of a whole note each, one from every bar line on that has so much after it.

    Bars of another length are crossed: a window always has ``count * grid`` steps. A note that has begun
    before a window begins with it.

    Args:
        padded: rests follow a piece, so that no note is lost: at least to the end of its last bar.
    """
    length, last = count * grid, -1
    lines = bars(song)
    if padded and lines:
        whole = round((lines[-1].start + lines[-1].bar) * grid / QUARTERS)
        missing = max(length, whole) - len(roll)
        roll = np.concatenate([roll, np.zeros((max(0, missing), roll.shape[1]), np.int16)])
    for start, _ in lines:
        first = round(start * grid / QUARTERS)
        if first > last and first + length <= len(roll):
            last = first
            yield begun(roll[first : first + length])


def begun(roll: Roll) -> Roll:
    """The same roll, in which a note that has begun before begins at the first step."""
    roll = roll.copy()
    roll[0] = np.abs(roll[0])
    return roll


def notes_of(roll: Roll, grid: int, part: int) -> list[Note]:
    """The notes of one voice of a roll, in quarter notes."""
    found: list[Note] = []
    beats = QUARTERS / grid
    for step, value in enumerate(roll[:, part].tolist()):
        if value < 0 and found and found[-1].pitch == -value and found[-1].end == step * beats:
            found[-1] = found[-1]._replace(end=(step + 1) * beats)
        elif value:
            found.append(Note(step * beats, (step + 1) * beats, abs(value), part))
    return found
