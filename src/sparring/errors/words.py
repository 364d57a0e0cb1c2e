"""Messages in the words of the door that they leave by. They are written with flags, as a terminal takes them.

What Python says otherwise stands in brackets behind: "`sparring resume RUN` (resume=True)". A terminal leaves
that out; a program that asks over HTTP reads names alone; and ``config.words`` says flags as Python does.
"""

from __future__ import annotations

import re

PYTHON = r"[a-z_]\w*(?:=[^\s()]*)?|\w+\.\w+\([^()]*\)"  # an argument, or a call
AFTER_FLAG = re.compile(rf"(--[a-z][a-z0-9-]*) \((?:{PYTHON})\)")
AFTER_VALUE = re.compile(rf"(--[a-z][a-z0-9-]*) ([^\s()`]+) \((?:{PYTHON})\)")
AFTER_COMMAND = re.compile(rf"(`[^`]*`) \((?:{PYTHON})\)")
FLAG = re.compile(r"(?<![\w-])--([a-z][a-z0-9-]*)")


def in_flags(message: str) -> str:
    """A message without what Python says otherwise."""
    return AFTER_COMMAND.sub(r"\1", AFTER_FLAG.sub(_bare, without_names(message)))


def without_names(message: str) -> str:
    """A message without names behind flags with their values: --x 3 for "--x 3 (x)"."""
    return AFTER_VALUE.sub(
        lambda found: f"{found[1]} {found[2]}" if names(found[1], found[0]) else found[0], message
    )


def in_names(message: str) -> str:
    """A message with names in the place of flags: where for --where, most_count for --most-count."""
    return FLAG.sub(lambda found: found[1].replace("-", "_"), in_flags(message))


def _bare(found: re.Match[str]) -> str:
    """The flag alone, if what stands in brackets is its name in Python."""
    return found[1] if names(found[1], found[0]) else found[0]


def names(flag: str, message: str) -> bool:
    """Whether a flag and what stands behind it in brackets, as "--x (x=True)", mean the same."""
    name = flag.removeprefix("--").removeprefix("no-").replace("-", "_")
    return message.partition("(")[2].startswith((f"{name}=", f"{name})"))
