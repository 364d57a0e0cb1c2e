"""One base for everything sparring raises on purpose; each message ends with a next step."""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from sparring.errors.names import nearest


class SparringError(Exception):
    """Something the user can mend. The message says what came, what is accepted, what to do.

    Whatever it quotes, it is printable and not longer than MOST_SAID.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(told(message))


class ConfigError(SparringError, ValueError):
    """An option, a recipe or a value that does not fit."""


class DataError(SparringError, ValueError):
    """Data that is missing, unreadable or cannot be trained on."""


class RunError(SparringError, RuntimeError):
    """A run folder or a checkpoint that is missing, in the way, broken or of another version."""


class NonFiniteError(SparringError, ArithmeticError):
    """The losses or gradients became infinite or not a number; training has stopped."""


class UnreadableError(SparringError, ValueError):
    """A file that cannot be read; the message is the reason alone."""


class Caution(NamedTuple):
    """Something to mend before training: what, by which numbers, and how."""

    name: str
    words: str
    cure: str

    def __str__(self) -> str:
        return f"{self.words} {self.cure}"


class PlayerError(ConfigError):
    """Players that cannot make a step, or cannot win the game; ``caution`` says why."""

    def __init__(self, caution: Caution) -> None:
        super().__init__(str(caution))
        self.caution = caution


QUOTED_CHARACTERS = 80
MOST_SAID = 1_500  # characters of a message; of a longer one the middle is left out
# Control characters, signs that turn the direction of writing, and halves of characters.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
BYTES = range(0xDC80, 0xDD00)  # how Python holds the bytes of file names that are no UTF-8
LISTED = 100  # names of a table in a message; classes may be more
FULL = ("can't allocate memory", "out of memory", "not enough memory")  # torch's words
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
    errno.EADDRINUSE: "another program listens there",
    errno.EADDRNOTAVAIL: "the address is none of this machine's",
}


def printable(text: str, kept: str = "") -> str:
    """Text, as a name of a file or of a class, in signs that are safe to print, to encode and to see.

    The others are escaped, but for those in ``kept``.
    """
    return UNPRINTABLE.sub(lambda found: found[0] if found[0] in kept else _escaped(found[0]), text)


def _escaped(sign: str) -> str:
    code = ord(sign) - 0xDC00 if ord(sign) in BYTES else ord(sign)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def told(message: str) -> str:
    """A message as it may be shown anywhere: printable, its lines kept, of at most MOST_SAID characters."""
    return _shortened(printable(_shortened(message), kept="\n\t"))


def _shortened(message: str) -> str:
    half = MOST_SAID // 2 - 2
    return message if len(message) <= MOST_SAID else f"{message[:half]} … {message[-half:]}"


def quoted(content: object, limit: int = QUOTED_CHARACTERS) -> str:
    """What a user gave, for a message: on one line, control characters escaped, at most ``limit`` characters.

    Text is put in quotation marks, another object is written as Python writes it.
    """
    text = content[: limit + 1] if isinstance(content, str) else content  # a repr of megabytes takes long
    try:
        shown = repr(text)
    except Exception:  # whatever a user's object raises
        shown = f"<{type(content).__name__}>"
    shown = printable(shown)
    return shown if len(shown) <= limit + 2 else f"{shown[:limit]}…"


def reason(error: OSError) -> str:
    """Why a file could not be used, in our words."""
    if error.errno is None:
        return "the system does not say why"
    return REASONS.get(error.errno, f"the system answered with error {error.errno}")


def unknown(kind: str, name: str, known: Iterable[str], also: Iterable[str] = ()) -> str:
    """The message for a name that is not in a table: the nearest names, then all of them.

    ``also`` are further names that may be meant, too many to list.
    """
    names = sorted(known)
    listed = ", ".join(map(_shown, names[:LISTED]))
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return f"unknown {kind} {quoted(name)}.{meant(name, names) or meant(name, also)} Known: {listed}{more}."


def meant(name: str, known: Iterable[str]) -> str:
    """A sentence that asks for the nearest of the known names, with a space before it; "" without any."""
    near = nearest(name, known)
    return f" Did you mean {' or '.join(map(quoted, near))}?" if near else ""


@contextmanager
def room() -> Iterator[None]:
    """Within, a memory that is full is told in our words, whether Python, numpy or torch finds it so.

    Raises:
        ConfigError: it is full.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not (isinstance(error, MemoryError) or any(words in str(error).lower() for words in FULL)):
            raise
        raise ConfigError(
            "the memory is full. Take a smaller batch (--batch-size), narrower players (--g-width, --d-width), "
            "smaller pictures (--size) or fewer samples (--count), or end other programs."
        ) from error


def counted(count: int, noun: str) -> str:
    """A number and what is counted, in the plural where it is not one: "1 image", "60,000 images"."""
    ending = "es" if noun.endswith(("ss", "sh", "ch", "x")) else "s"
    return f"{count:,} {noun}{'' if count == 1 else ending}"


def first_of(names: Sequence[str], most: int = 3) -> str:
    """Some of the names in quotation marks, and … where there are more."""
    return ", ".join(map(quoted, names[:most])) + (" …" if len(names) > most else "")


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= QUOTED_CHARACTERS else quoted(name)


def warn(message: str) -> None:
    """Say on standard error what a user should hear, though nothing is wrong; after what was printed before."""
    with suppress(OSError, ValueError, AttributeError):  # no standard output, or a closed one
        sys.stdout.flush()
    print(told(f"sparring: {message}"), file=sys.stderr)
