"""Notes to the eye: piano rolls in a colour for each voice, and the names of notes."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sparring.data.music.codec import Notes
from sparring.data.music.song import name_of
from sparring.data.spec import Spec
from sparring.kinds import sheets
from sparring.kinds.kind import Array, Pixels

# Of the voices from the highest on, as the page has them (soprano … in palette.css).
COLOURS = ((230, 159, 0), (86, 180, 233), (17, 119, 51), (59, 28, 50))
PAPER, BEAT_LINE, BAR_LINE = (251, 250, 248), (236, 233, 226), (214, 210, 200)
STEP = 3  # pixels of a step
HEIGHT = 2  # pixels of a semitone
MARGIN = 2  # semitones above and below the pitches
BEGIN = 0.55  # how much of its colour the first pixel of a note has
HOLD, REST = "-", "."
TERMINAL = 80  # columns
TONE = 2  # semitones
WIDTH = 4  # characters of a name, such as C#-1, in a column


def colour_of(voice: int) -> tuple[int, int, int]:
    """The colour of a voice; with more voices than colours they repeat, paler."""
    paler = 1 - 0.5 ** (voice // len(COLOURS))
    red, green, blue = COLOURS[voice % len(COLOURS)]
    return tuple(round(part + paler * (255 - part)) for part in (red, green, blue))  # type: ignore[return-value]


def tiles(rolls: Array, spec: Spec) -> Pixels:
    """A piano roll of each roll (N, T, voices), as pixels (N, H, W, 3): time to the right, pitch upwards."""
    codec = Notes.of(spec.codec)
    low = min(codec.lowest) - MARGIN
    high = max(codec.highest) + 1 + MARGIN
    count, steps, voices = rolls.shape
    rows = high - low
    picture = np.empty((count, rows, steps * STEP, 3), np.uint8)
    picture[:] = PAPER
    picture[:, :, : steps * STEP : codec.beat * STEP] = BEAT_LINE
    picture[:, :, : steps * STEP : codec.grid * STEP] = BAR_LINE
    for voice in range(voices - 1, -1, -1):
        sample, step = np.nonzero(rolls[:, :, voice])
        values = rolls[sample, step, voice].astype(int)
        row = np.clip(high - 1 - np.abs(values), 0, rows - 1)
        colour = np.array(colour_of(voice))
        for pixel in range(STEP):
            picture[sample, row, step * STEP + pixel] = colour
        begins = values > 0
        light = (BEGIN * colour + (1 - BEGIN) * 255).astype(np.uint8)
        picture[sample[begins], row[begins], step[begins] * STEP] = light
    return picture.repeat(HEIGHT, 1)


def blocks(rolls: Array, spec: Spec) -> Pixels:
    """The first rolls side by side for a terminal (H, W, 3): a pixel is a step wide and a whole tone high."""
    count = max(1, TERMINAL // (rolls.shape[1] + 1))
    pictures = tiles(rolls[:count], spec)[:, ::HEIGHT, 1::STEP]  # a pixel for each step and semitone
    rows = pictures.shape[1] // TONE * TONE
    pairs = pictures[:, :rows].reshape(len(pictures), -1, TONE, *pictures.shape[2:])
    darkest = pairs.astype(int).sum(-1).argmin(2)[:, :, None, :, None]  # a note, if one of both has one
    tones = np.take_along_axis(pairs, darkest, 2)[:, :, 0]
    gap = np.full((tones.shape[1], 1, 3), 40, np.uint8)
    parts = [part for tone in tones for part in (tone, gap)][:-1]
    return np.concatenate(parts, 1)


def sheet(rolls: Array, spec: Spec, columns: int | None = None, gap: int = 4) -> Image.Image:
    """Piano rolls in rows, as one picture."""
    return sheets.mosaic(tiles(rolls, spec), columns, gap)


def text(roll: Array) -> str:
    """A roll (T, voices) as names of notes, a line for each voice: C4 begins, - is held, . is a rest."""
    lines = []
    for voice in roll.T.tolist():
        names = [name_of(value) if value > 0 else HOLD if value else REST for value in voice]
        lines.append(" ".join(name.ljust(WIDTH) for name in names).rstrip())
    return "\n".join(lines)
