"""A short look at pictures: detail, background and even areas of pictures whose numbers are known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.data.arrays import from_array
from sparring.data.builtin import BUILT_IN
from sparring.data.look import Look, detail, equal_to_neighbours, look, on_background

RNG = np.random.default_rng(0)


def noise(count: int = 8, side: int = 16) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_white_noise_loses_three_quarters_of_its_variance_and_what_is_smooth_nothing() -> None:
    assert detail(noise(64, 32)) == pytest.approx(0.75, abs=0.01)
    assert detail(noise(4, 8).repeat_interleave(2, 2).repeat_interleave(2, 3)) == pytest.approx(0, abs=1e-6)
    assert detail(torch.zeros(2, 1, 8, 8)) == 0
    assert detail(noise(4, 9)[..., :1]) == 0  # too narrow to be shrunk


def test_background_is_what_has_the_colour_of_a_rim_of_one_colour() -> None:
    pictures = torch.full((2, 3, 8, 8), -1.0)
    pictures[0, :, 2:6, 2:6] = torch.tensor([1.0, 0.0, 0.5])[:, None, None]
    pictures[0, :, 3, 3] = -1  # a hole
    found = on_background(pictures)
    assert found[0].sum() == 64 - 16 + 1
    assert found[1].all()
    assert not on_background(noise()).any()


def test_half_of_the_rim_makes_a_background() -> None:
    pictures = noise(1, 8)
    pictures[..., 0, :], pictures[..., -1, :] = 0.25, 0.25  # two of four sides, and the corners of the others
    assert on_background(pictures)[0].sum() == 16
    pictures[..., -1, 2:] = noise(1, 8)[..., -1, 2:]
    assert not on_background(pictures).any()


def test_pixels_that_equal_those_to_the_right_and_below() -> None:
    pictures = torch.zeros(1, 1, 3, 3)
    pictures[..., 1, 2] = 1
    expected = [[True, True], [True, False]]
    assert equal_to_neighbours(pictures)[0].tolist() == expected
    pictures[..., 2, 0] = 2 / 255  # a step of 8 bits
    assert equal_to_neighbours(pictures)[0].tolist() == [[True, True], [False, False]]


def test_a_look_at_photographs_and_drawings() -> None:
    photographs = look(from_array(RNG.integers(0, 256, (50, 3, 24, 32), dtype=np.uint8), name="noise"))
    assert not photographs.drawn
    assert str(photographs) == "50 photographs of 32 x 24 pixels, in colour, of fine detail"
    blocks = RNG.integers(0, 256, (20, 4, 4), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    drawings = look(from_array(blocks, np.arange(20) % 2))
    assert drawings.drawn
    assert drawings.even > 0.6
    assert str(drawings) == "20 drawings of 32 x 32 pixels, grey, smooth, in 2 classes"
    framed = np.zeros((3, 16, 16), np.uint8)
    framed[:, 4:12, 4:12] = RNG.integers(0, 256, (3, 8, 8))
    assert "on a flat background (75%)" in str(look(from_array(framed)))


def test_variance_is_that_of_a_pixel_over_the_pictures() -> None:
    pictures = np.zeros((4, 8, 8), np.uint8)
    pictures[2:] = 255
    assert look(from_array(pictures)).variance == pytest.approx(1.0)
    assert look(from_array(pictures[:1])).variance == 0


def test_large_sets_are_looked_at_in_places_all_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparring.data.look.LOOKED_AT", 10)
    pictures = np.zeros((100, 8, 8), np.uint8)
    pictures[50:] = 255
    found = look(from_array(pictures))
    assert (found.count, found.pixels) == (100, 64)
    assert found.variance == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "drawn"), [("mnist", True), ("emoji", True)])
def test_what_is_built_in_is_drawn(name: str, drawn: bool) -> None:
    found = look(BUILT_IN[name]())
    assert found.drawn == drawn
    assert found.background > 0.3


@pytest.mark.parametrize(
    ("background", "even", "drawn"),
    [(0.2, 0.09, False), (0.2, 0.11, True), (0.3, 0.01, False), (0.3, 0.03, True)],
)
def test_on_a_flat_background_less_tells_a_drawing(background: float, even: float, drawn: bool) -> None:
    assert Look(9, 64, 64, False, 0, 0.3, 0.1, background, even).drawn == drawn


@pytest.mark.parametrize(("background", "noun"), [(0.75, "photograph"), (0.76, "picture")])
def test_what_is_hardly_anything_but_background_is_not_called_a_photograph(
    background: float, noun: str
) -> None:
    """Lines of a pixel are not even, nor is a mark that is scaled."""
    assert str(Look(9, 64, 64, True, 0, 0.1, 0.1, background, 0.0)).startswith(f"9 {noun}s of 64 x 64 pixels")


def test_one_picture_is_no_plural() -> None:
    assert str(Look(1, 64, 64, True, 0, 0.1, 0.1, 0.0, 0.0)) == "1 photograph of 64 x 64 pixels, grey"


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 32, 32), "clear shapes after about a minute"),
        (
            (3, 16, 16),
            "colours and shapes after about 1 minute, things that can be guessed after about 5 minutes",
        ),
        (
            (1, 64, 64),
            "expect shapes after about 2 minutes, things that can be guessed after about 10 minutes",
        ),
        ((3, 256, 128), "shapes after about 6 minutes, things that can be guessed after about 28 minutes"),
    ],
)
def test_what_to_expect_grows_with_the_side(shape: tuple[int, ...], said: str) -> None:
    assert said in look(from_array(np.zeros((12, *shape), np.uint8))).expected


def test_of_few_pictures_nothing_but_variations_are_promised() -> None:
    few, enough = (look(from_array(np.zeros((count, 3, 8, 8), np.uint8))).expected for count in (499, 500))
    more = "From 499 pictures expect variations of what is there: more pictures are better than more minutes."
    assert few == f"{enough} {more}"
