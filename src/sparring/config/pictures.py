"""Sizes of pictures and levels of their values, as options write them."""

from __future__ import annotations

import contextlib
import math
import re

from sparring.errors import ConfigError, quoted

SIDES = (4, 4096)  # pixels of a picture


def picture_size(text: str) -> tuple[int, int] | None:
    """(width, height) in pixels of "64" or "96x64"; None of "auto".

    Raises:
        ConfigError: anything else, or sides beyond SIDES.
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
    """(low, high) of "0:4095"; "auto" and "full" as they are.

    Raises:
        ConfigError: anything else, or a low that is not below the high.
    """
    if text in ("auto", "full"):
        return text
    with contextlib.suppress(ValueError):
        low, high = (float(end) for end in text.split(":"))
        if -math.inf < low < high < math.inf:
            return low, high
    raise ConfigError(
        f"levels = {quoted(text)}: expected auto, full, or LOW:HIGH with LOW below HIGH, as 0:4095."
    )


def levels_text(ends: tuple[float, float] | str) -> str:
    """The inverse of ``picture_levels``."""
    if isinstance(ends, str):
        return ends
    return ":".join(str(int(end)) if end == int(end) else repr(end) for end in ends)
