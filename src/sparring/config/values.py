"""What files of others say, checked a value at a time: each function gives it back or says why it cannot be."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from sparring.config.arguments import MOST_FLOAT, MOST_WHOLE
from sparring.errors import UnreadableError, printable, quoted

T = TypeVar("T")
MOST_CHARACTERS = 4_096  # of a text, as of a path


def field(values: Any, name: str, check: Callable[[Any], T]) -> T:
    """A checked value of an object.

    Raises:
        UnreadableError: it is missing, not as ``check`` wants it, or ``values`` is no object.
    """
    if not isinstance(values, Mapping):
        raise UnreadableError(f"{quoted(values)} where named values are expected")
    if name not in values:
        raise UnreadableError(f"{name} is missing")
    try:
        return check(values[name])
    except UnreadableError as error:
        raise UnreadableError(f"{name}: {error}") from error


def one_of(known: Collection[str], value: Any) -> Any:
    """One of these names."""
    if not isinstance(value, str) or value not in known:
        raise UnreadableError(f"{quoted(value)} where {' or '.join(known)} is expected")
    return value


def whole(value: Any, low: int = 0, high: int = MOST_WHOLE) -> int:
    """A whole number, whether or not it is written with a point."""
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        raise UnreadableError(f"{quoted(value)} where a whole number from {low:,} to {high:,} is expected")
    return value


def number(value: Any) -> float:
    """Any number; infinity and NaN are such too."""
    if type(value) not in (int, float):
        raise UnreadableError(f"{quoted(value)} where a number is expected")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def finite(value: Any, low: float = -MOST_FLOAT, high: float = MOST_FLOAT) -> float:
    """A number between two others."""
    found = number(value)
    if not low <= found <= high:
        raise UnreadableError(f"{quoted(value)} where a number from {low:.4g} to {high:.4g} is expected")
    return found


def text(value: Any, most: int = MOST_CHARACTERS) -> str:
    """A text of at most so many characters, printable."""
    if not isinstance(value, str) or len(value) > most:
        raise UnreadableError(f"{quoted(value)} where a text of at most {most:,} characters is expected")
    return printable(value)


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise UnreadableError(f"{quoted(value)} where true or false is expected")
    return value


def listed(value: Any, check: Callable[[Any], T], most: int = 100_000) -> tuple[T, ...]:
    """A list of at most so many values, each checked."""
    if not isinstance(value, list | tuple) or len(value) > most:
        raise UnreadableError(f"{quoted(value)} where a list of at most {most:,} is expected")
    return tuple(map(check, value))
