"""Read the options for sizes of pictures, levels of their values and patterns of their paths."""

from __future__ import annotations

import contextlib
import math
import re

from sparring.errors import ConfigError, quoted

SIDES = (4, 4096)  # pixels of a picture
ALL = "*"  # the pattern that every path fits


def picture_size(text: str) -> tuple[int, int] | None:
    """Read (width, height) in pixels from "64" or "96x64"; None for "auto".

    Raises:
        ConfigError: the text is different, or a side is outside SIDES.
    """
    if text == "auto":
        return None
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(re.fullmatch("[0-9]{1,5}", side) for side in sides):
        raise ConfigError(
            f"size = {quoted(text)}: expected a side in pixels (64), WIDTHxHEIGHT (96x64), or auto."
        )
    width, height = int(sides[0]), int(sides[-1])
    if not all(SIDES[0] <= side <= SIDES[1] for side in (width, height)):
        raise ConfigError(f"size = {quoted(text)}: expected sides from {SIDES[0]} to {SIDES[1]} pixels.")
    return width, height


def picture_levels(text: str) -> tuple[float, float] | str:
    """Read (low, high) from "0:4095"; "auto" and "full" are returned unchanged.

    Raises:
        ConfigError: the text is different, or low is not below high.
    """
    if text in ("auto", "full"):
        return text
    with contextlib.suppress(ValueError):
        low, high = (float(end) for end in text.split(":"))
        if -math.inf < low < high < math.inf:
            return low, high
    raise ConfigError(
        f"levels = {quoted(text)}: expected auto, full, or LOW:HIGH with LOW below HIGH, such as 0:4095."
    )


def path_patterns(option: str, text: str) -> tuple[str, ...]:
    """Read ("*.jpg", "*.jpeg") from "*.jpg,*.jpeg"; none for "none".

    Raises:
        ConfigError: a pattern is empty.
    """
    if text == "none":
        return ()
    patterns = tuple(pattern.strip() for pattern in text.split(","))
    if not all(patterns):
        raise ConfigError(
            f"{option} = {quoted(text)}: expected patterns of paths with commas between them, such as "
            "'*.jpg,*.jpeg' or 'cats/*'."
        )
    return patterns


def crop_scales(text: str) -> tuple[float, float]:
    """Read (low, high) from "0.2:1".

    Raises:
        ConfigError: the text is different, low is above high, or one is not above 0 and at most 1.
    """
    with contextlib.suppress(ValueError):
        low, high = (float(end) for end in text.split(":"))
        if 0 < low <= high <= 1:
            return low, high
    raise ConfigError(
        f"crop_scale = {quoted(text)}: expected LOW:HIGH, the least and the greatest side of a patch as a "
        "share of the picture, such as 0.2:1."
    )


def levels_text(ends: tuple[float, float] | str) -> str:
    """The inverse of ``picture_levels``."""
    if isinstance(ends, str):
        return ends
    return ":".join(str(int(end)) if end == int(end) else repr(end) for end in ends)
