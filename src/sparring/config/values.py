"""Check values in files from other people; each function returns the value or raises the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from sparring.config.arguments import MOST_FLOAT, MOST_WHOLE
from sparring.errors import UnreadableError, printable, quoted

T = TypeVar("T")
MOST_CHARACTERS = 4_096  # of a text, as of a path


def field(values: Any, name: str, check: Callable[[Any], T]) -> T:
    """A value of a JSON object, after ``check``.

    Raises:
        UnreadableError: it is missing or refused by ``check``, or ``values`` is not an object.
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
    """Check that a value is one of these names."""
    if not isinstance(value, str) or value not in known:
        raise UnreadableError(f"{quoted(value)} where {' or '.join(known)} is expected")
    return value


def whole(value: Any, low: int = 0, high: int = MOST_WHOLE) -> int:
    """Check an integer; 3.0 is accepted as 3."""
    found = int(value) if type(value) is float and value.is_integer() else value
    if type(found) is not int or not low <= found <= high:
        raise UnreadableError(f"{quoted(value)} where a whole number from {low:,} to {high:,} is expected")
    return found


def number(value: Any) -> float:
    """Check a number; infinity and NaN are accepted."""
    if type(value) not in (int, float):
        raise UnreadableError(f"{quoted(value)} where a number is expected")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def finite(value: Any, low: float = -MOST_FLOAT, high: float = MOST_FLOAT) -> float:
    """Check a number between two bounds."""
    found = number(value)
    if not low <= found <= high:
        raise UnreadableError(f"{quoted(value)} where a number from {low:.4g} to {high:.4g} is expected")
    return found


def text(value: Any, most: int = MOST_CHARACTERS) -> str:
    """Check a text of at most ``most`` characters, and make it printable."""
    if not isinstance(value, str) or len(value) > most:
        raise UnreadableError(f"{quoted(value)} where a text of at most {most:,} characters is expected")
    return printable(value)


def flag(value: Any) -> bool:
    """Check a value that must be true or false."""
    if not isinstance(value, bool):
        raise UnreadableError(f"{quoted(value)} where true or false is expected")
    return value


def listed(value: Any, check: Callable[[Any], T], most: int = 100_000) -> tuple[T, ...]:
    """Check a list of at most ``most`` values, and each value with ``check``."""
    if not isinstance(value, list | tuple) or len(value) > most:
        raise UnreadableError(f"{quoted(value)} where a list of at most {most:,} is expected")
    return tuple(map(check, value))
