"""One base for everything sparring raises on purpose; each message ends with a next step."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable


class SparringError(Exception):
    """Something the user can mend. The message says what came, what is accepted, what to do."""


class ConfigError(SparringError, ValueError):
    """An option, a recipe or a value that does not fit."""


class DataError(SparringError, ValueError):
    """Data that is missing, unreadable or cannot be trained on."""


class RunError(SparringError, RuntimeError):
    """A run folder or a checkpoint that is missing, in the way, broken or of another version."""


class NonFiniteError(SparringError, ArithmeticError):
    """The losses or gradients became infinite or not a number; training has stopped."""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that is not in a table: the nearest name, then all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown {kind} {name!r}.{hint} Known: {', '.join(names)}."


def warn(message: str) -> None:
    """Say on standard error what a user should hear, though nothing is wrong."""
    print(f"sparring: {message}", file=sys.stderr)
