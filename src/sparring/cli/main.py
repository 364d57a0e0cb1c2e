"""The ``sparring`` command, which runs a verb. torch is imported only when a verb needs it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from sparring.cli.options import parser
from sparring.errors import SparringError, quoted, reason, room, warn


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb and return the exit status.

    0: done; 1: an error with a message; 3 to 5: the conclusion of the doctor (``doctor --help``);
    130: interrupted.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    if strange := next((word for word in words if not _is_word(word)), None):
        warn(f"{quoted(strange)} holds a character that no file name and no option can have. Leave it out.")
        return 2
    try:
        args = parser().parse(words)
        if args.verb is None:
            parser().print_help()
            return 0
        with room():
            return _verb(args.verb)(args)
    except SparringError as error:
        warn(str(error))
        return 1
    except KeyboardInterrupt:
        print("sparring: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:  # for example, a full or read-only disk
        what = quoted(str(error.filename)) if error.filename else "the output"
        warn(f"cannot use {what}: {reason(error)}. Make room or choose another place, and try again.")
        return 1


def _is_word(word: str) -> bool:
    """Whether the system accepts this word as the name of a file."""
    try:
        return b"\0" not in os.fsencode(word)
    except UnicodeEncodeError:
        return False


def _verb(name: str) -> Callable[[argparse.Namespace], int]:
    """The function ``run`` of a verb; its file is imported only now, since most of them import torch."""
    run: Callable[[argparse.Namespace], int] = import_module(f"sparring.cli.{name}").run
    return run
