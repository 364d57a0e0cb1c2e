"""One table of colours, a meaning a colour, told apart with every kind of colour vision."""

import re
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from sparring.kinds import score
from sparring.page.single import STATIC

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from palette import DARK, LIGHT  # noqa: E402

# How linear RGB looks without one of the eye's three receptors (Machado et al. 2009, severity 1).
VISION = {
    "all three": np.eye(3),
    "no long waves": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "no middle waves": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "no short waves": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}
BESIDE = ("real", "fake", "believes", "plane")  # in one picture
LINES = ("fake", "inspector", "card")  # the losses
VOICES = ("soprano", "alto", "tenor", "bass", "plane")  # of a piano roll


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Lightness and two axes of hue, in which equal distances look equal (Ottosson 2020)."""
    to_lms = [[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]]
    to_lab = [[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]
    return np.array(to_lab) @ np.cbrt(np.array(to_lms) @ rgb.clip(0, 1))


def hue(colour: str) -> float:
    _, a, b = oklab(linear(colour))
    return float(np.degrees(np.arctan2(b, a)))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_what_stands_side_by_side_is_told_apart(palette: dict[str, str], vision: str) -> None:
    for names in (BESIDE, LINES, VOICES):
        seen = {name: oklab(np.array(VISION[vision]) @ linear(palette[name])) for name in names}
        for one, other in combinations(names, 2):
            assert np.linalg.norm(seen[one] - seen[other]) > 0.15, (one, other)


def test_sheets_of_music_have_the_colours_of_the_page() -> None:
    assert [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in score.COLOURS] == [
        LIGHT[name] for name in VOICES[:4]
    ]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_real_forged_and_believed_are_three_hues(palette: dict[str, str]) -> None:
    for one, other in combinations(("real", "fake", "believes"), 2):
        apart = abs(hue(palette[one]) - hue(palette[other])) % 360
        assert min(apart, 360 - apart) > 40, (one, other)
    assert abs(hue(palette["inspector"]) - hue(palette["believes"])) < 15  # its belief is its own


def test_every_colour_of_page_and_documentation_is_in_the_table() -> None:
    """And every one that they name; pure black and white of the header's bar apart."""
    for path in (STATIC / "style.css", *STATIC.glob("*.js"), ROOT / "docs/site.css"):
        text = path.read_text("utf-8")
        known = {"--" + name for name in LIGHT} | set(re.findall(r"(--md[\w-]+):", text))
        assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= known, path.name
        written = set(re.findall(r"#[0-9a-f]{6}", text))
        assert written <= {*LIGHT.values(), *DARK.values()}, path.name
    for path in (ROOT / "scripts").glob("*.py"):
        assert re.findall(r"#[0-9a-f]{6}\b|tab:\w+", path.read_text("utf-8")) == [], path.name
    assert LIGHT.keys() == DARK.keys()


def test_the_pages_picture_has_the_pages_colours() -> None:
    with Image.open(ROOT / "docs/images/page-ring.png") as picture:
        shown = np.asarray(picture.convert("RGB")).astype(int)
    for name in ("real", "fake", "believes"):
        wanted = [int(LIGHT[name][k : k + 2], 16) for k in (1, 3, 5)]
        assert (abs(shown - wanted).max(2) <= 2).sum() > 200, name


def test_the_ring_moves_in_a_plane_that_does_not() -> None:
    """In every frame the eight real heaps are blue and where they were; the forged points are orange."""
    with Image.open(ROOT / "docs/images/learn/ring.gif") as picture:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]
    real, fake = (
        [(frame == [int(LIGHT[name][k : k + 2], 16) for k in (1, 3, 5)]).all(2) for frame in frames]
        for name in ("real", "fake")
    )
    assert len(frames) > 20
    always = np.logical_and.reduce(real)
    assert always.sum() > 0.9 * max(seen.sum() for seen in real)
    assert min(seen.sum() for seen in fake) > 400
    assert (fake[0] != fake[-1]).sum() > 400
