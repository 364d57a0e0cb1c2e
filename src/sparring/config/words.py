"""Messages as Python users read them: keyword arguments in the place of flags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sparring.config.groups import OPTIONS
from sparring.config.option import NONE, kind, may_be_none
from sparring.errors import SparringError
from sparring.errors.words import AFTER_COMMAND, PYTHON, names, without_names

COMMANDS = re.compile(r"(`[^`]*`|\bsparring [a-z]+(?: (?:--[a-z-]+|[A-Z][A-Z.]*\b|[^\s`]*/[^\s`,;:]*))*)")
FLAG = re.compile(
    r"(?<![\w-])--(?P<no>no-)?(?P<name>[a-z][a-z0-9-]*)"
    rf"(?P<python> \((?:{PYTHON})\))?"
    r"(?: (?P<value>'[^']*'|(?![-.])[\w./:-]*\w))?"
)
SWITCHES = ("best", "force", "quick", "resume", "own_size")  # of methods: True where a flag has no value
OTHERWISE = {"label": "labels", "license": "licence"}
WORDS = ("folders", "auto", "full")  # that options without choices take
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")


def in_python(message: str) -> str:
    """A message with arguments in the place of flags, as hold_out=0.1 for --hold-out 0.1; commands stay."""
    message = without_names(message)
    message = AFTER_COMMAND.sub(lambda found: found[0].rpartition("` (")[2].removesuffix(")"), message)
    parts = COMMANDS.split(message)
    return "".join(part if COMMANDS.fullmatch(part) else FLAG.sub(_argument, part) for part in parts)


@contextmanager
def said_in_python() -> Iterator[None]:
    """Let errors that leave this block speak to a Python user."""
    try:
        yield
    except SparringError as error:
        error.args = (in_python(str(error)),)
        raise


def _argument(found: re.Match[str]) -> str:
    """The argument of Python for a flag with its value, if that is one."""
    python, value = found["python"] or "", found["value"]
    rest = "" if value is None else f" {value}"
    if python:
        flag = f"--{found['no'] or ''}{found['name']}"
        if not names(flag, python):
            return f"{_name(found)}{python}{rest}"
        said, given = python[2:-1], value if value in ("True", "False") else _value(_name(found), value)
        return f"{said}={given}" if given and "=" not in said else f"{said}{rest}"
    name = _name(found)
    if found["no"] and name in OPTIONS:
        return f"{name}=False{rest}"
    if (given := _value(name, value)) is not None:
        return f"{name}={given}"
    of_bool = name in OPTIONS and kind(OPTIONS[name]) == "bool"
    return f"{name}{'=True' if of_bool or (name in SWITCHES and value is None) else ''}{rest}"


def _name(found: re.Match[str]) -> str:
    name = found["name"].replace("-", "_")
    return OTHERWISE.get(name, name)


def _value(name: str, value: str | None) -> str | None:
    """How Python writes the value of an option; None if these words are none, but go on with the sentence."""
    if value is None or (name in OPTIONS and kind(OPTIONS[name]) == "bool"):
        return None
    choices = OPTIONS[name].metadata["choices"] if name in OPTIONS else ()
    if value in choices:
        return repr(value)
    if NUMBER.fullmatch(value) or value.startswith("'"):
        return value
    if name not in OPTIONS:
        return None
    if value == NONE and may_be_none(OPTIONS[name]):
        return "None"
    looks = value in (*WORDS, NONE) or any(sign in value for sign in "./:")
    return repr(value) if looks and not choices and kind(OPTIONS[name]) == "str" else None
