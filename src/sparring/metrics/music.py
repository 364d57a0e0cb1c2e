"""What is true of music alone: chords at the beats, melodic intervals, note lengths, and bars that are copied.

All take rolls (N, steps, voices): a pitch where a note begins, the negative pitch where it is held, 0 for a
rest.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Roll = NDArray[Any]
Counts = NDArray[np.int64]
OCTAVE = 12
# Triads and seventh chords as pitch classes above the root: major, minor, diminished; dominant, minor, major,
# half-diminished and diminished seventh.
CHORDS = (
    (0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 3, 6, 10), (0, 3, 6, 9),
)  # fmt: skip
CHORD_TYPES = 2**OCTAVE
MOVES = ((-99, -3), (-2, -1), (0, 0), (1, 2), (3, 99))  # semitones: leaps and steps down, repeats, up
LEAST_INTERVAL, MOST_INTERVAL = -OCTAVE, OCTAVE  # semitones; larger leaps count as these


def chord_types(rolls: Roll, beat: int) -> Counts:
    """The chord at each beat, (N, beats): bit k is set if a voice is k semitones above the lowest, modulo 12.

    It does not change if all voices move by the same interval. Silence is 0.

    Args:
        beat: the steps from one beat to the next.
    """
    pitches = np.abs(rolls[:, ::beat].astype(np.int64))
    lowest = np.where(pitches > 0, pitches, np.iinfo(np.int64).max).min(-1, keepdims=True)
    bits = np.where(pitches > 0, 1 << (pitches - lowest) % OCTAVE, 0)
    types: Counts = np.bitwise_or.reduce(bits, -1)
    return types


def _inversions() -> frozenset[int]:
    """The chord types that are parts of a triad or seventh chord, whichever of its notes is lowest."""
    found = set()
    for chord, count in itertools.product(CHORDS, range(1, 5)):
        for part in itertools.combinations(chord, count):
            found |= {sum(1 << (note - lowest) % OCTAVE for note in part) for lowest in part}
    return frozenset(found)


CONSONANT = frozenset(_inversions())


def consonant(types: Counts) -> float:
    """The share of beats whose notes all belong to one triad or seventh chord; of those that sound."""
    sounding = types[types > 0]
    return float(np.isin(sounding, list(CONSONANT)).mean()) if len(sounding) else 0.0


def pairs(types: Counts) -> Counts:
    """Each chord with the next one, as one number, (N, beats - 1)."""
    numbers: Counts = types[:, :-1] * CHORD_TYPES + types[:, 1:]
    return numbers


def known_pairs(types: Counts, reference: Counts) -> float:
    """The share of pairs of successive chords that occur in the reference."""
    known = np.isin(pairs(types), np.unique(pairs(reference)))
    return float(known.mean()) if known.size else 0.0  # a window of one beat has none


class Notes(NamedTuple):
    """Every note by window, voice and time: its line, a voice of a window; its pitch; its length in steps."""

    line: Counts
    pitch: Counts
    length: Counts

    @property
    def steps(self) -> tuple[Counts, Counts]:
        """The line of each note that another follows in it, over rests too, and the semitones to that one."""
        together = self.line[1:] == self.line[:-1]
        return self.line[1:][together], np.diff(self.pitch)[together]

    @property
    def intervals(self) -> Counts:
        """The semitones from each note to the next of its voice; leaps are at most an octave."""
        found: Counts = np.clip(self.steps[1], LEAST_INTERVAL, MOST_INTERVAL)
        return found


def notes(rolls: Roll) -> Notes:
    """The notes of rolls. A note ends where the next begins, at a rest, or with the window."""
    lines = rolls.astype(np.int64).transpose(0, 2, 1).reshape(-1, rolls.shape[1])  # (N * voices, steps)
    begins = lines > 0
    begins[:, 0] = lines[:, 0] != 0
    changes = begins | (lines == 0)
    line, step = np.nonzero(changes)
    ends = np.append(np.where(line[1:] == line[:-1], step[1:], lines.shape[1]), lines.shape[1])
    sounding = lines[line, step] != 0
    return Notes(line[sounding], np.abs(lines[line, step])[sounding], (ends - step)[sounding])


def bars(rolls: Roll, bar: int) -> set[bytes]:
    """Every bar of rolls as bytes, in which a note that was held from before begins."""
    return {piece.tobytes() for piece in _bars(rolls, bar)}


def copied_bars(rolls: Roll, known: set[bytes], bar: int) -> float:
    """The share of bars that sound, in all their voices, as one of the known bars does."""
    pieces = [piece for piece in _bars(rolls, bar) if piece.any()]
    return float(np.mean([piece.tobytes() in known for piece in pieces])) if pieces else 0.0


def repeated_bars(rolls: Roll, bar: int) -> float:
    """The share of bars that sound and repeat another one."""
    pieces = [piece.tobytes() for piece in _bars(rolls, bar) if piece.any()]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0.0


def nearest_bars(roll: Roll, training: Roll, bar: int) -> tuple[Roll, NDArray[np.float64]]:
    """For each bar of a roll (steps, voices), the training bar that agrees with it most, and their agreement.

    Agreement is the share of steps of voices with the same pitch, and the same beginnings break ties.

    Args:
        training: rolls (N, steps, voices).

    Returns:
        The bars one after the other (steps, voices), and the agreement of each (bars,).
    """
    known, found, shares = _bars(training, bar), [], []
    pitches = np.abs(known)
    for piece in _bars(roll[None], bar):
        same = (pitches == np.abs(piece)).mean((1, 2))
        best = int((same + 1e-3 * (known == piece).mean((1, 2))).argmax())
        found.append(known[best])
        shares.append(float(same[best]))
    return np.concatenate(found) if found else roll[:0], np.array(shares)


def _bars(rolls: Roll, bar: int) -> NDArray[np.int16]:
    count = rolls.shape[1] // bar * bar
    pieces = rolls[:, :count].reshape(-1, bar, rolls.shape[2]).astype(np.int16)
    pieces[:, 0] = np.abs(pieces[:, 0])
    return pieces


def features(rolls: Roll, beat: int, sung: Notes | None = None) -> NDArray[np.float64]:
    """What a listener might notice of each roll, as numbers (N, D), the same in any key.

    How often each interval above the lowest voice sounds at the beats; how far each voice is from the next; of
    each voice how often it begins at each place within a beat and rests, its mean length of notes, and the
    shares of repeated notes, steps and leaps in each direction.

    Args:
        sung: the notes of these rolls, if they are known.
    """
    types = chord_types(rolls, beat)
    chords = (types[:, :, None] >> np.arange(OCTAVE) & 1).mean(1)
    pitches = np.abs(rolls.astype(np.int64))
    count, steps, voices = rolls.shape
    means = pitches.sum(1) / np.maximum(1, (pitches > 0).sum(1))  # (N, voices)
    begins = (rolls > 0).copy()
    begins[:, 0] = pitches[:, 0] > 0
    whole = begins[:, : steps // beat * beat].reshape(count, -1, beat, voices).mean(1).reshape(count, -1)
    sung = notes(rolls) if sung is None else sung
    line, length = sung.line, sung.length
    lines = count * voices
    lengths_of = np.bincount(line, length, lines) / np.maximum(1, np.bincount(line, minlength=lines))
    of, leaps = sung.steps
    moves = _moves(leaps, of, lines)
    rests = (pitches == 0).mean(1)
    return np.concatenate(
        [
            chords,
            -np.diff(means) / OCTAVE,
            whole,
            rests,
            lengths_of.reshape(count, -1) / beat,
            moves.reshape(count, -1),
        ],
        1,
    )


def _moves(leaps: Counts, of: Counts, lines: int) -> NDArray[np.float64]:
    """Of each line the shares of its intervals in each range of MOVES, (lines, ranges)."""
    total = np.maximum(1, np.bincount(of, minlength=lines))
    shares = []
    for low, high in MOVES:
        shares.append(np.bincount(of[(leaps >= low) & (leaps <= high)], minlength=lines) / total)
    return np.stack(shares, 1)
