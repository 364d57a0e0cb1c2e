"""Simple ways to make music, the baselines of a generator: chains of notes, of beats, and shuffled bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from sparring.metrics.music import Roll

FIRST = -1  # stands for the note before the first


def independent_voices(training: Roll, count: int, rng: np.random.Generator) -> Roll:
    """Each voice for itself, a Markov chain of notes: pitch and length follow from the pitch before.

    The first note of a window is drawn as the training's first ones are; a rest is a note of pitch 0.
    """
    _, steps, voices = training.shape
    made = np.zeros((count, steps, voices), np.int16)
    for voice in range(voices):
        chain = _note_chain(training[:, :, voice])
        for window in made[:, :, voice]:
            at, before = 0, FIRST
            while at < steps:
                choices = chain.get(before) or chain[FIRST]
                pitch, length = choices[rng.integers(len(choices))]
                window[at : at + length] = -pitch
                window[at] = pitch
                at, before = at + length, pitch
    return made


def _note_chain(lines: Roll) -> Mapping[int, list[tuple[int, int]]]:
    """The (pitch, length) that follow each pitch; FIRST stands before the first of a line (N, steps)."""
    chain: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for line in lines.tolist():
        before, at = FIRST, 0
        while at < len(line):
            pitch, end = abs(line[at]), at + 1
            while end < len(line) and (line[end] == -pitch if pitch else line[end] == 0):
                end += 1
            chain[before].append((pitch, end - at))
            before, at = pitch, end
    return chain


def beat_chain(training: Roll, count: int, beat: int, rng: np.random.Generator) -> Roll:
    """Copies of beats: each is taken from where the training goes on after a beat with the same first chord.

    A window begins as one of the training does, and is then put together from beats of several.
    """
    beats = training.shape[1] // beat
    parts = training[:, : beats * beat].reshape(len(training), beats, beat, training.shape[2])
    following: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
    chords = np.abs(parts[:, :, 0]).astype(np.int16)
    for window in range(len(parts)):
        for place in range(beats - 1):
            following[chords[window, place].tobytes()].append((window, place + 1))
    made = np.empty((count, beats, beat, training.shape[2]), np.int16)
    for piece in made:
        window, place = int(rng.integers(len(parts))), 0
        for at in range(beats):
            piece[at] = parts[window, place]
            choices = following.get(chords[window, place].tobytes()) or [(int(rng.integers(len(parts))), 0)]
            window, place = choices[rng.integers(len(choices))]
    return _mended(made.reshape(count, beats * beat, -1), training.shape[1])


def shuffled_bars(training: Roll, count: int, bar: int, rng: np.random.Generator) -> Roll:
    """Bars of the training in random order: each bar of a window comes from another window."""
    bars = max(1, training.shape[1] // bar)
    parts = training[:, : bars * bar].reshape(len(training), bars, -1, training.shape[2])
    chosen = rng.integers(len(training), size=(count, bars))
    made = parts[chosen, np.arange(bars)]
    return _mended(made.reshape(count, -1, training.shape[2]), training.shape[1])


def _mended(rolls: Roll, steps: int) -> Roll:
    """Rolls in which a note that is held after another pitch begins, with rests up to ``steps``."""
    before = np.roll(rolls, 1, 1)
    before[:, 0] = 0
    orphaned = (rolls < 0) & (np.abs(rolls) != np.abs(before))
    mended = np.where(orphaned, -rolls, rolls).astype(np.int16)
    missing = np.zeros((len(rolls), steps - rolls.shape[1], rolls.shape[2]), np.int16)
    return np.concatenate([mended, missing], 1)
