"""Check the arguments of Python callers: numbers, flags, paths and objects of a type."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from sparring.errors import ConfigError, quoted

MOST_FLOAT = 3.4028234663852886e38  # the greatest float32, with which networks compute
MOST_WHOLE = 2**63 - 1  # the greatest 64-bit integer, as in torch and numpy


def plain(value: Any) -> Any:
    """Turn a number of numpy or torch into a Python number; return anything else unchanged."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        try:
            return item()
        except (RuntimeError, NotImplementedError):  # a tensor without values
            return value
    return value


def whole(name: str, value: Any, least: int | None = None, most: int = MOST_WHOLE, why: str = "") -> int:
    """Check an integer within bounds; 3.0 is accepted as 3, True is not.

    ``why`` is the reason for the upper bound, at the end of the message.

    Raises:
        ConfigError: anything else.
    """
    given = plain(value)
    found = int(given) if type(given) is float and given.is_integer() else given
    if type(found) is not int or not _within(found, least, most):
        raise ConfigError(_expected(name, given, "a whole number", least, most, why))
    return found


def number(
    name: str,
    value: Any,
    least: float | None = None,
    most: float = MOST_FLOAT,
    why: str = "",
    *,
    infinite: bool = False,
) -> float:
    """Check a number within bounds; NaN is refused, and infinity unless ``infinite``.

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
    """Check a value that must be True or False.

    Raises:
        ConfigError: anything else.
    """
    if type(given := plain(value)) is not bool:
        raise ConfigError(f"{name} = {_shown(value)}: expected True or False.")
    return given


def path(name: str, value: Any) -> Path:
    """Check a path, given as text or as a Path.

    Raises:
        ConfigError: anything else.
    """
    given = os.fspath(value) if isinstance(value, str | os.PathLike) else b""
    if given == "":
        raise ConfigError(f"{name} = '': the name is empty. Give a path, or leave {name} out.")
    if isinstance(given, bytes) or "\0" in given:
        raise ConfigError(f"{name} = {_shown(value)}: expected a path, as text or a pathlib.Path.")
    return Path(given)


def instance(name: str, value: Any, kinds: type | tuple[type, ...], expected: str) -> None:
    """Refuse an object that has none of the types; ``expected`` says what is accepted and how to make it.

    Raises:
        ConfigError: it has none of the types.
    """
    if not isinstance(value, kinds):
        raise ConfigError(f"{name} = {_shown(value)}: expected {expected}.")


def _shown(value: Any) -> str:
    """A value for a message: simple values as they are, other objects by their type."""
    value = plain(value)
    simple = isinstance(value, str | bytes | int | float | complex | type | None) or callable(value)
    return quoted(value) if simple else f"a {type(value).__name__}"


def _within(number: float, least: float | None, most: float) -> bool:
    return number <= most and (least is None or number >= least)


def _expected(name: str, given: Any, kind: str, least: float | None, most: float, why: str) -> str:
    """The message for a value outside the bounds; the greatest number of the type is named only if exceeded."""
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
