"""What a Python caller gives, checked at the door: numbers, switches, paths, objects of a kind."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from sparring.errors import ConfigError, quoted

MOST_FLOAT = 3.4028234663852886e38  # what float32 holds, which networks compute in
MOST_WHOLE = 2**63 - 1  # what 64 bits hold, as torch's and numpy's integers have


def plain(value: Any) -> Any:
    """A number of numpy or torch as Python's own; anything else as it is."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        try:
            return item()
        except (RuntimeError, NotImplementedError):  # a tensor without values
            return value
    return value


def whole(name: str, value: Any, least: int | None = None, most: int = MOST_WHOLE, why: str = "") -> int:
    """A whole number within bounds; 3.0 counts as 3, True as none. ``why`` follows the bounds in the refusal.

    Raises:
        ConfigError: anything else.
    """
    given = plain(value)
    if type(given) is float and given.is_integer():
        given = int(given)
    if type(given) is not int or not _within(given, least, most):
        raise ConfigError(_expected(name, given, "a whole number", least, most, why))
    return given


def number(
    name: str,
    value: Any,
    least: float | None = None,
    most: float = MOST_FLOAT,
    why: str = "",
    *,
    infinite: bool = False,
) -> float:
    """A number within bounds, never NaN and finite unless ``infinite``.

    Raises:
        ConfigError: anything else.
    """
    given = plain(value)
    fits = type(given) in (int, float) and _within(given, least, most)
    if not fits and not (infinite and type(given) is float and given == math.inf):
        kind = "a number" if infinite else "a finite number"
        raise ConfigError(_expected(name, given, kind, least, most, why))
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


def _within(number: float, least: float | None, most: float) -> bool:
    return number <= most and (least is None or number >= least)


def _expected(name: str, given: Any, kind: str, least: float | None, most: float, why: str) -> str:
    """That a value is none of this kind between these bounds; of the largest numbers only what is beyond."""
    beyond = type(given) in (int, float) and most < given < math.inf
    low, high = least, most if beyond or most not in (MOST_WHOLE, MOST_FLOAT) else None
    if low is not None and high is not None:
        bounds = f" from {_figures(low)} to {_figures(high)}"
    elif high is not None:
        bounds = f" of at most {_figures(high)}"
    else:
        bounds = "" if low is None else f" of at least {_figures(low)}"
    return f"{name} = {_shown(given)}: expected {kind}{bounds}{why}."


def _figures(bound: float) -> str:
    return f"{bound:,}" if isinstance(bound, int) or abs(bound) < 1e15 else f"{bound:.3g}"
