"""Traits of pictures whose values are known."""

import numpy as np
import pytest

from sparring.data.arrays import from_array
from sparring.kinds.traits import of_pictures


def traits(*pictures: np.ndarray) -> dict[str, np.ndarray]:
    stack = np.stack(pictures)
    return of_pictures(stack, from_array(np.tile(stack, (8, 1, 1, 1)), name="pictures").spec)


def grey(*places: tuple[slice | int, slice | int], ground: int = 0, ink: int = 255) -> np.ndarray:
    picture = np.full((1, 8, 8), ground, np.uint8)
    for place in places:
        picture[0][place] = ink
    return picture


def test_a_block_has_its_place_size_and_ink() -> None:
    block = (slice(2, 4), slice(4, 6))  # rows from the top, columns
    found = traits(grey(block), grey(block, ground=255, ink=0))
    for name, values in {
        "brightness": (4 / 64, 60 / 64),
        "ink": (4 / 64, 4 / 64),
        "rightness": (5 / 8, 5 / 8),
        "height": (5 / 8, 5 / 8),
        "size": (2**-0.5 / 8, 2**-0.5 / 8),
        "slant": (0, 0),
        "width": (0, 0),
    }.items():
        assert found[name] == pytest.approx(values, abs=1e-6), name
    share = 4 / 64
    assert found["contrast"] == pytest.approx([(share * (1 - share)) ** 0.5] * 2)
    assert "colour" not in found


def test_what_leans_and_what_is_wide() -> None:
    rising = grey(*[(6 - k, 1 + k) for k in range(6)])  # like /
    falling = grey(*[(1 + k, 1 + k) for k in range(6)])
    lying = grey((slice(3, 5), slice(2, 6)))
    found = traits(rising, falling, lying)
    assert found["slant"] == pytest.approx([1, -1, 0], abs=1e-6)
    wide, high = np.var([2, 3, 4, 5]), np.var([3, 4])
    assert found["width"] == pytest.approx([0, 0, 0.5 * np.log(wide / high)], abs=1e-4)


def test_colours_are_told() -> None:
    red, blue, white = np.zeros((3, 3, 4, 4), np.uint8)
    red[0] = blue[2] = white[:] = 255
    found = traits(red, blue, white)
    assert found["warmth"] == pytest.approx([1, -1, 0])
    assert found["colour"] == pytest.approx([2**0.5 / 3, 2**0.5 / 3, 0])


def test_an_empty_picture_has_traits_too() -> None:
    assert all(np.isfinite(values).all() for values in traits(grey(), grey(ground=255)).values())
