"""The errors that sparring raises on purpose, with one base class, and helpers for their messages."""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from sparring.errors.names import nearest
from sparring.errors.words import in_flags


class SparringError(Exception):
    """A problem that the user can solve. The message says what came, what is accepted and what to do.

    The message is always printable and has at most MOST_CHARACTERS, whatever it quotes.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(printable_message(message))


class ConfigError(SparringError, ValueError):
    """An option, a recipe or a value that is not accepted."""


class DataError(SparringError, ValueError):
    """Data that is missing, unreadable or cannot be trained on."""


class RunError(SparringError, RuntimeError):
    """A run folder or a checkpoint that is missing, exists already, is broken or has another version."""


class NonFiniteError(SparringError, ArithmeticError):
    """The losses or gradients became infinite or NaN, so the training has stopped."""


class UnreadableError(SparringError, ValueError):
    """A file that cannot be read. The message is only the reason, for use in another message."""


class Caution(NamedTuple):
    """A problem found before training.

    Attributes:
        name: a short name of the problem.
        words: what is wrong, with the numbers that show it.
        cure: what to do.
    """

    name: str
    words: str
    cure: str

    def __str__(self) -> str:
        return f"{self.words} {self.cure}"


class PlayerError(ConfigError):
    """A generator or discriminator that cannot take a step or cannot learn; ``caution`` says why."""

    def __init__(self, caution: Caution) -> None:
        super().__init__(str(caution))
        self.caution = caution


Tell = Callable[[str], object]  # receives a line of text for the user


def clock(seconds: float) -> str:
    """A duration in minutes and seconds or, if it is long, hours: 1:05, 2:00:30."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


QUOTED_CHARACTERS = 80
MOST_CHARACTERS = 1_500  # longer messages lose their middle
# Control characters, characters that change the direction of writing, and single surrogates.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
BYTES = range(0xDC80, 0xDD00)  # surrogates by which Python represents file name bytes that are not UTF-8
MANY = 20  # names that are listed although a similar one is suggested
LISTED = 100  # at most so many names are listed in a message; a data set may have more classes
FULL = ("can't allocate memory", "out of memory", "not enough memory")  # in the messages of torch
SMALLER = (
    "Take a smaller batch (--batch-size), narrower networks (--g-width, --d-width), smaller pictures (--size) "
    "or fewer samples (--count), or close other programs."
)
REASONS = {
    errno.ENOENT: "it is not there",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EROFS: "the disk is read-only",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.EEXIST: "a file or folder with that name exists already",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "it would be larger than the disk allows",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its symbolic links form a loop",
    errno.EMFILE: "too many files are open",
    errno.EIO: "the disk reports an error",
    errno.EADDRINUSE: "another program uses this port",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


def printable(text: str, kept: str = "") -> str:
    """Escape the characters of a text, such as a file name, that are not safe to print.

    Args:
        kept: characters that are not escaped.
    """
    return UNPRINTABLE.sub(lambda found: found[0] if found[0] in kept else _escaped(found[0]), text)


def _escaped(character: str) -> str:
    code = ord(character) - 0xDC00 if ord(character) in BYTES else ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def printable_message(message: str) -> str:
    """A message that is safe to show: printable, with its line breaks, and at most MOST_CHARACTERS long."""
    return _shortened(printable(_shortened(message), kept="\n\t"))


def _shortened(message: str) -> str:
    half = MOST_CHARACTERS // 2 - 2
    return message if len(message) <= MOST_CHARACTERS else f"{message[:half]} … {message[-half:]}"


def quoted(content: object, limit: int = QUOTED_CHARACTERS) -> str:
    """Quote what a user gave: on one line, control characters escaped, at most ``limit`` characters.

    Text is put in quotation marks; another object is shown as its repr.
    """
    text = content[: limit + 1] if isinstance(content, str) else content  # the repr of a long text takes long
    try:
        shown = repr(text)
    except Exception:  # the repr of a user's object may raise anything
        shown = f"<{type(content).__name__}>"
    shown = printable(shown)
    return shown if len(shown) <= limit + 2 else f"{shown[:limit]}…"


def reason(error: OSError) -> str:
    """Why a file could not be used, in plain words."""
    if error.errno is None:
        return "the system does not say why"
    return REASONS.get(error.errno, f"the system answered with error {error.errno}")


def unknown(kind: str, name: str, known: Iterable[str], also: Iterable[str] = ()) -> str:
    """The message for an unknown name: the most similar known names, then all of them unless they are many.

    Args:
        kind: what the name should name, such as "recipe".
        also: further known names, which are suggested but not listed.
    """
    names = sorted(known)
    listed = ", ".join(map(_shown, names[:LISTED]))
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    hint = did_you_mean(name, names) or did_you_mean(name, also)
    known_names = "" if hint and len(names) > MANY else f" Known: {listed}{more}."
    return f"unknown {kind} {quoted(name)}.{hint}{known_names}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that suggests the most similar known names, after a space; "" if there are none."""
    near = nearest(name, known)
    return f" Did you mean {' or '.join(map(quoted, near))}?" if near else ""


@contextmanager
def room(cure: str = SMALLER) -> Iterator[None]:
    """Turn the out-of-memory errors of Python, numpy and torch into one plain message, with what to do.

    Raises:
        ConfigError: the memory is full.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not (isinstance(error, MemoryError) or any(words in str(error).lower() for words in FULL)):
            raise
        raise ConfigError(f"the memory is full. {cure}") from error


def counted(count: int, noun: str) -> str:
    """A count with its noun, in the plural unless the count is 1: "1 image", "60,000 images"."""
    ending = "es" if noun.endswith(("ss", "sh", "ch", "x")) else "s"
    return f"{count:,} {noun}{'' if count == 1 else ending}"


def first_of(names: Sequence[str], most: int = 3) -> str:
    """The first ``most`` names in quotation marks, and … if there are more."""
    return ", ".join(map(quoted, names[:most])) + (" …" if len(names) > most else "")


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= QUOTED_CHARACTERS else quoted(name)


def warn(message: str) -> None:
    """Print a warning on standard error, after all earlier output, in the words of a terminal."""
    with suppress(OSError, ValueError, AttributeError):  # standard output may be missing or closed
        sys.stdout.flush()
    print(printable_message(f"sparring: {in_flags(message)}"), file=sys.stderr)
