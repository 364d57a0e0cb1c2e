"""Make notes audible: simple additive synthesis, written as WAV."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

RATE = 22_050  # values a second
HARMONICS = (
    1.0,
    0.5,
    0.28,
    0.16,
    0.1,
    0.05,
)  # how loud the multiples of a note's frequency are, as on an organ
ATTACK, RELEASE = 0.02, 0.06  # seconds
LOUD = 0.9  # of the largest value
A4, A4_HERTZ = 69, 440.0
Tone = tuple[float, float, int]  # start and end in seconds, pitch


def hertz(pitch: int) -> float:
    """The frequency of a pitch in equal temperament."""
    return float(A4_HERTZ * 2 ** ((pitch - A4) / 12))


def wav(tones: list[Tone], seconds: float) -> bytes:
    """A WAV file of at least so many seconds, one channel in 16 bits, in which the tones sound."""
    length = max(seconds, *(end for _, end, _ in tones), 0.0) + RELEASE
    sound = np.zeros(round(length * RATE) + 1)
    for start, end, pitch in tones:
        first = round(start * RATE)
        tone = _tone(hertz(pitch), end - start)[: len(sound) - first]
        sound[first : first + len(tone)] += tone
    peak = max(float(np.abs(sound).max()), 1e-9)
    values = (sound * (LOUD * 32767 / peak)).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(values.tobytes())
    return file.getvalue()


def _tone(frequency: float, seconds: float) -> NDArray[np.float64]:
    """A tone that swells in ATTACK and fades in RELEASE after its end; no harmonic above half of RATE."""
    time = np.arange(round((seconds + RELEASE) * RATE)) / RATE
    swell = np.minimum(1, time / ATTACK) * np.clip((seconds + RELEASE - time) / RELEASE, 0, 1)
    sound = np.zeros(len(time))
    for number, loud in enumerate(HARMONICS, 1):
        if number * frequency < RATE / 2:
            sound += loud * np.sin(2 * np.pi * number * frequency * time)
    tone: NDArray[np.float64] = sound * swell
    return tone
