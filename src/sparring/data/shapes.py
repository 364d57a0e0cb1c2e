"""Drawn shapes in pairs: an outline, and the same shape filled with dots of its own colour.

Where a dot lies does not follow from the outline: the mean of all that it may be is flat, so that plain
regression paints without dots, and only an adversary asks for them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sparring.data.arrays import from_array
from sparring.data.pairs import joined
from sparring.data.spec import Dataset

NAME, COUNT, SIDE, FINER = "shapes", 1500, 32, 3  # FINER: sub-pixels a side
HELD_OUT = 300  # pairs that are never trained on
LINE = 1.3  # pixels, of an outline
PITCH, DOT = 5.0, 1.6  # pixels between dots, and the radius of one
DARK = 0.25  # of a colour, where a dot is
PAPER = (250, 246, 235)
COLOURS = {"disc": (222, 60, 60), "square": (52, 98, 200), "triangle": (240, 170, 30)}

Values = NDArray[np.float64]


def disc(x: Values, y: Values) -> Values:
    """The distance to a disc of radius 1, in its radii; below 0 inside."""
    return np.hypot(x, y) - 1


def square(x: Values, y: Values) -> Values:
    """The distance to a square, in half its sides, as far as the nearest side."""
    found: Values = np.maximum(np.abs(x), np.abs(y)) - 1
    return found


def triangle(x: Values, y: Values) -> Values:
    """The distance to the sides of an equal triangle, in the radius of the circle in it."""
    turns = [2 * np.pi * k / 3 for k in range(3)]
    sides = [x * np.sin(turn) - y * np.cos(turn) for turn in turns]
    found: Values = np.maximum.reduce(sides) - 1
    return found


DISTANCES: dict[str, Callable[[Values, Values], Values]] = {
    "disc": disc,
    "square": square,
    "triangle": triangle,
}


def pair(rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """An outline (SIDE, SIDE), white on black, and its filled shape (SIDE, SIDE, 3), of one to three shapes."""
    place = (np.arange(SIDE * FINER) + 0.5) / FINER
    x, y = np.meshgrid(place, place)
    line, filled = np.zeros_like(x), np.tile(np.array(PAPER, float), (*x.shape, 1))
    for _ in range(rng.integers(1, 4)):
        name = tuple(DISTANCES)[rng.integers(len(DISTANCES))]
        radius, turn = rng.uniform(4, 9), rng.uniform(0, 2 * np.pi)
        across, down = rng.uniform(7, SIDE - 7, 2)
        u = ((x - across) * np.cos(turn) + (y - down) * np.sin(turn)) / radius
        v = ((y - down) * np.cos(turn) - (x - across) * np.sin(turn)) / radius
        distance = radius * DISTANCES[name](u, v)  # pixels
        first = rng.uniform(0, PITCH, 2)  # where the dots begin
        near = np.hypot(
            (x - first[0] + PITCH / 2) % PITCH - PITCH / 2, (y - first[1] + PITCH / 2) % PITCH - PITCH / 2
        )
        colour = np.array(COLOURS[name], float)
        inside, dotted = distance < 0, near < DOT
        line[inside] = 0
        filled[inside] = colour
        filled[inside & dotted] = DARK * colour
        line[np.abs(distance) < LINE / 2] = 255
    return _shrunk(line[..., None])[..., 0], _shrunk(filled)


def _shrunk(values: Values) -> NDArray[np.uint8]:
    """The means of sub-pixels (SIDE * FINER, SIDE * FINER, C) as pixels (SIDE, SIDE, C)."""
    means = values.reshape(SIDE, FINER, SIDE, FINER, -1).mean((1, 3))
    found: NDArray[np.uint8] = means.round().astype(np.uint8)
    return found


def shapes(count: int = COUNT, seed: int = 0) -> Dataset:
    """Outlines and filled shapes in pairs, which follow from the seed."""
    pairs = [pair(np.random.default_rng((seed, k))) for k in range(count)]
    outlines, filled = (np.stack(side) for side in zip(*pairs, strict=True))
    return joined(from_array(outlines, name=NAME), from_array(filled, name=NAME), "names")
