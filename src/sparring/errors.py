"""One base for everything sparring raises on purpose; each message ends with a next step."""

from __future__ import annotations

import difflib
import errno
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


QUOTED_CHARACTERS = 80
REASONS = {
    errno.ENOENT: "it is not there",
    errno.EACCES: "permission is missing",
    errno.EPERM: "permission is missing",
    errno.EROFS: "the disk can only be read",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.EEXIST: "something of that name is there",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "it would be larger than the disk allows",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its links go round in a circle",
    errno.EMFILE: "too many files are open",
    errno.EIO: "the disk reports a fault",
}


def quoted(content: object, limit: int = QUOTED_CHARACTERS) -> str:
    """What a user gave, for a message: on one line, control characters escaped, at most ``limit`` characters.

    Text is put in quotation marks, another object is written as Python writes it.
    """
    text = content[: limit + 1] if isinstance(content, str) else content  # a repr of megabytes takes long
    try:
        shown = repr(text)
    except Exception:  # whatever a user's object raises
        shown = f"<{type(content).__name__}>"
    shown = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in shown)
    return shown if len(shown) <= limit + 2 else f"{shown[:limit]}…"


def reason(error: OSError) -> str:
    """Why a file could not be used, in our words."""
    return REASONS.get(error.errno or 0, f"the system answered with error {error.errno}")


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that is not in a table: the nearest name, then all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name[:QUOTED_CHARACTERS].lower(), names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown {kind} {quoted(name)}.{hint} Known: {', '.join(names)}."


def warn(message: str) -> None:
    """Say on standard error what a user should hear, though nothing is wrong."""
    print(f"sparring: {message}", file=sys.stderr)
