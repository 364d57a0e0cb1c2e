"""What a Python caller gives, checked at the door: numbers, switches, paths, objects of a kind."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from sparring.errors import ConfigError, quoted

LARGEST = 2**63 - 1  # that torch and numpy hold


def plain(value: Any) -> Any:
    """A number of numpy or torch as Python's own; anything else as it is."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        try:
            return item()
        except (RuntimeError, NotImplementedError):  # a tensor without values
            return value
    return value


def whole(name: str, value: Any, least: int | None = None, most: int = LARGEST) -> int:
    """A whole number within bounds; 3.0 counts as 3, True as none.

    Raises:
        ConfigError: anything else.
    """
    given = plain(value)
    if type(given) is float and given.is_integer():
        given = int(given)
    if type(given) is not int or not _within(given, least, most):
        bounds = _bounds(least, None if most == LARGEST else most)
        raise ConfigError(f"{name} = {_shown(value)}: expected a whole number{bounds}.")
    return given


def number(
    name: str, value: Any, least: float | None = None, most: float | None = None, *, infinite: bool = False
) -> float:
    """A number within bounds, never NaN and finite unless ``infinite``.

    Raises:
        ConfigError: anything else.
    """
    given = plain(value)
    try:
        fits = type(given) in (int, float) and _within(float(given), least, most)
    except OverflowError:
        fits = False
    if not fits or not (infinite or math.isfinite(given)):
        kind = "a number" if infinite else "a finite number"
        raise ConfigError(f"{name} = {_shown(value)}: expected {kind}{_bounds(least, most)}.")
    return float(given)


def flag(name: str, value: Any) -> bool:
    """True or False.

    Raises:
        ConfigError: anything else.
    """
    if type(given := plain(value)) is not bool:
        raise ConfigError(f"{name} = {_shown(value)}: expected True or False.")
    return given


def path(name: str, value: Any) -> Path:
    """A path, given as text or as a Path.

    Raises:
        ConfigError: anything else.
    """
    given = os.fspath(value) if isinstance(value, str | os.PathLike) else b""
    if isinstance(given, bytes) or "\0" in given:
        raise ConfigError(f"{name} = {_shown(value)}: expected a path, as text or a pathlib.Path.")
    return Path(given)


def instance(name: str, value: Any, kinds: type | tuple[type, ...], expected: str) -> None:
    """Refuse what is of none of the kinds; ``expected`` says what is, and how to make one.

    Raises:
        ConfigError: it is of none of them.
    """
    if not isinstance(value, kinds):
        raise ConfigError(f"{name} = {_shown(value)}: expected {expected}.")


def _shown(value: Any) -> str:
    """A simple value as it is; of an object its type, since its content may be long."""
    value = plain(value)
    simple = isinstance(value, str | bytes | int | float | complex | type | None) or callable(value)
    return quoted(value) if simple else f"a {type(value).__name__}"


def _within(number: float, least: float | None, most: float | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _bounds(least: float | None, most: float | None) -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return f" of at least {least:,}"
    return f" of at most {most:,}" if least is None else f" from {least:,} to {most:,}"
