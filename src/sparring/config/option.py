"""Declare options, with help, accepted values and needs, and check their values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from sparring.config.arguments import MOST_FLOAT, MOST_WHOLE, number, plain, whole
from sparring.config.pictures import SIDES
from sparring.config.values import MOST_CHARACTERS
from sparring.errors import ConfigError, quoted, unknown

if TYPE_CHECKING:
    from sparring.config.groups import Config

OFF = (None, False, 0, "none")  # values with which an option does nothing and needs nothing
NONE = "none"  # how None is written
PLAIN = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false"}  # types in words
OWN = "own"  # a user's own network or game, which no option describes


class Need(NamedTuple):
    """A condition on other options, without which an option has no effect."""

    there: Callable[[Config], object]  # whether a config meets it
    what: str  # the condition in words, after "it needs"


def option(
    default: Any,
    help: str,
    *,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    why: str = "",
    needs: tuple[Need, ...] = (),
    demands: tuple[Need, ...] = (),
) -> Any:
    """Declare a field of a group, with its help text and accepted values; if it may be None, 0 is refused.

    Args:
        why: the reason for the upper bound, at the end of the message.
        needs: without these the option has no effect, so a user may not set it.
        demands: without these the option cannot be used, whoever sets it.
    """
    given = {"help": help, "choices": choices, "low": low, "high": high, "why": why}
    return dataclasses.field(default=default, metadata=given | {"needs": needs, "demands": demands})


class Group:
    """A frozen dataclass of options, which are checked when it is made."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if is_option(field):
                check(field, getattr(self, field.name))


def is_option(field: dataclasses.Field[Any]) -> bool:
    """Whether a field is an option, not a group of options."""
    return "help" in field.metadata


def kind(field: dataclasses.Field[Any]) -> str:
    """The type of an option's value: bool, float, int or str."""
    return str(field.type).removesuffix(" | None")


def may_be_none(field: dataclasses.Field[Any]) -> bool:
    """Whether an option can be left unset."""
    return str(field.type).endswith(" | None")


def flag(name: str) -> str:
    """The name of an option on the command line."""
    return f"--{name.replace('_', '-')}"


def written(value: Any) -> Any:
    """A value as it is written in files and on the command line."""
    return NONE if value is None else value


def coerce(field: dataclasses.Field[Any], value: Any) -> Any:
    """Convert a value to the type of the field: numbers to int or float, sizes and paths to text."""
    value = plain(value)
    if kind(field) == "str" and isinstance(value, PurePath):
        return str(value)
    if field.name == "paired" and type(value) is bool:
        return "names" if value else NONE
    if may_be_none(field) and value == NONE:
        return None
    if field.name == "size" and type(value) is int and abs(value) <= 10 * SIDES[1]:
        return str(value)
    if kind(field) == "float" and type(value) is int and abs(value) <= MOST_FLOAT:
        return float(value)
    if kind(field) == "int" and type(value) is float and value.is_integer() and abs(value) <= MOST_WHOLE:
        return int(value)
    return value


def check(field: dataclasses.Field[Any], value: Any) -> None:
    """Refuse a value that the field does not accept.

    Raises:
        ConfigError: the value is not accepted.
    """
    name, meta, expected = field.name, field.metadata, kind(field)
    if value is None and may_be_none(field):
        return
    fits = expected == "float" and type(value) is int  # integers beyond float32 are refused as too large
    if type(value).__name__ != expected and not fits:
        raise ConfigError(
            f"{name} = {quoted(value)}: expected {PLAIN[expected]}{', or none' * may_be_none(field)}."
        )
    if meta["choices"] and value not in meta["choices"]:
        raise ConfigError(unknown(name, value, meta["choices"]))
    if expected == "str":
        _check_text(name, value)
    elif expected != "bool":
        _check_bounds(field, value)


def _check_text(name: str, value: str) -> None:
    """Refuse text that a file name or a TOML file cannot contain."""
    if len(value) > MOST_CHARACTERS:
        raise ConfigError(f"{name} has {len(value):,} characters: expected at most {MOST_CHARACTERS:,}.")
    if "\0" in value or value.encode("utf-8", "replace").decode() != value:
        raise ConfigError(f"{name} = {quoted(value)} has a character that UTF-8 cannot write. Leave it out.")


def _check_bounds(field: dataclasses.Field[Any], value: float) -> None:
    name, may_lack = field.name, may_be_none(field)
    if may_lack and value == 0:
        raise ConfigError(
            f"{name} = 0: expected a number above 0, or none, which is written {flag(name)} none, "
            f'{name} = "none" in a file, and {name}=None in Python.'
        )
    low, high, why = (field.metadata[part] for part in ("low", "high", "why"))
    low = 0 if may_lack and low is None else low
    if kind(field) == "int":
        whole(name, value, low, MOST_WHOLE if high is None else high, why)
    else:
        number(name, value, low, MOST_FLOAT if high is None else high, why)
