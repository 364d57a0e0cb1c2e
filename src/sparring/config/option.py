"""How an option is declared, with its help and what it accepts and needs, and how a value is checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from sparring.config.arguments import MOST_FLOAT, MOST_WHOLE, number, plain, whole
from sparring.config.pictures import SIDES
from sparring.config.values import MOST_CHARACTERS
from sparring.errors import ConfigError, quoted, unknown

if TYPE_CHECKING:
    from sparring.config.groups import Config

OFF = (None, False, 0, "none")  # values with which an option does nothing and needs nothing
NONE = "none"  # how None is written


class Need(NamedTuple):
    """What an option does nothing without."""

    there: Callable[[Config], object]  # whether a config has it
    what: str  # it, as it follows "it needs"


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
    """A field of a group, with its help text and the values it accepts; one that may be None takes no 0.

    Args:
        why: follows the greatest value in the refusal of a greater one.
        needs: without these the option would do nothing, so nobody may ask for it.
        demands: without these it cannot be used, wherever it comes from.
    """
    given = {"help": help, "choices": choices, "low": low, "high": high, "why": why}
    return dataclasses.field(default=default, metadata=given | {"needs": needs, "demands": demands})


class Group:
    """A frozen dataclass of options, each checked as it is made."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if is_option(field):
                check(field, getattr(self, field.name))


def is_option(field: dataclasses.Field[Any]) -> bool:
    """Whether a field is an option, and not a group of them."""
    return "help" in field.metadata


def kind(field: dataclasses.Field[Any]) -> str:
    """The type of an option's value: bool, float, int or str."""
    return str(field.type).removesuffix(" | None")


def may_be_none(field: dataclasses.Field[Any]) -> bool:
    """Whether an option can be left unset."""
    return str(field.type).endswith(" | None")


def flag(name: str) -> str:
    """An option as the command line has it."""
    return f"--{name.replace('_', '-')}"


def written(value: Any) -> Any:
    """A value as files and the command line have it."""
    return NONE if value is None else value


def coerce(field: dataclasses.Field[Any], value: Any) -> Any:
    """A value as the field has it: Python's numbers, ints as floats and whole floats as ints, sizes as text."""
    value = plain(value)
    if may_be_none(field) and value == NONE:
        return None
    if field.name == "size" and type(value) is int and abs(value) <= 10 * SIDES[1]:
        return str(value)
    if kind(field) == "float" and type(value) is int and abs(value) <= MOST_FLOAT:
        return float(value)
    if kind(field) == "int" and type(value) is float and value.is_integer():
        return int(value)
    return value


def check(field: dataclasses.Field[Any], value: Any) -> None:
    """Refuse a value that the field does not accept.

    Raises:
        ConfigError: what came, and what is accepted.
    """
    name, meta, expected = field.name, field.metadata, kind(field)
    if value is None and may_be_none(field):
        return
    fits = expected == "float" and type(value) is int  # one that no float holds is refused as too large
    if type(value).__name__ != expected and not fits:
        got = "nothing" if value is None else type(value).__name__
        raise ConfigError(
            f"{name} = {quoted(value)}: expected {expected}{' or none' * may_be_none(field)}, got {got}."
        )
    if meta["choices"] and value not in meta["choices"]:
        raise ConfigError(unknown(name, value, meta["choices"]))
    if expected == "str":
        _check_text(name, value)
    elif expected != "bool":
        _check_bounds(field, value)


def _check_text(name: str, value: str) -> None:
    """Refuse what no file name and no TOML file can hold."""
    if len(value) > MOST_CHARACTERS:
        raise ConfigError(f"{name} has {len(value):,} characters: expected at most {MOST_CHARACTERS:,}.")
    if "\0" in value or value.encode("utf-8", "replace").decode() != value:
        raise ConfigError(f"{name} = {quoted(value)} has a sign that is no character of UTF-8. Leave it out.")


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
