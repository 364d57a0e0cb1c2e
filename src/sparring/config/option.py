"""How an option is declared, with its help and what it accepts and needs, and how a value is checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from sparring.config.arguments import MOST_FLOAT, MOST_WHOLE, number, plain, whole
from sparring.config.pictures import SIDES
from sparring.config.values import MOST_CHARACTERS
from sparring.errors import ConfigError, quoted, unknown

OFF = (None, False, 0, "none")  # values with which an option does nothing and needs nothing


class Need(NamedTuple):
    """What an option does nothing without."""

    there: Callable[[Any], object]  # whether a config has it
    what: str  # it, as it follows "it needs"


def option(
    default: Any,
    help: str,
    *,
    group: str,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    why: str = "",
    needs: tuple[Need, ...] = (),
    demands: tuple[Need, ...] = (),
) -> Any:
    """A config field with its help text, its group in ``--help`` and the values it accepts.

    Args:
        why: follows the greatest value in the refusal of a greater one.
        needs: without these the option would do nothing, so nobody may ask for it.
        demands: without these it cannot be used, wherever it comes from.
    """
    given = {"help": help, "group": group, "choices": choices, "low": low, "high": high, "why": why}
    return dataclasses.field(default=default, metadata=given | {"needs": needs, "demands": demands})


def check_needs(config: Any, asked: Collection[str] = (), usual: Any = None) -> None:
    """Refuse an option that cannot go with another, or that is asked for and would do nothing.

    Args:
        asked: the options that were asked for; those with the value that they have by default or in
            ``usual``, the recipe's config, are no mistake.

    Raises:
        ConfigError: which, and what it needs.
    """
    for field in dataclasses.fields(config):
        name, value, meta = field.name, getattr(config, field.name), field.metadata
        if value in OFF:
            continue
        chosen = name in asked and value not in (field.default, getattr(usual, name, value))
        demands, needs = (
            [need.what for need in meta[sort] if not need.there(config)] for sort in ("demands", "needs")
        )
        if demands or (chosen and needs):
            flag = f"--{name.replace('_', '-')}"
            off = "none" if "none" in meta["choices"] else field.default
            advice = f"Take --no-{flag[2:]}" if off is False else f"Take {flag} {off}"
            without = "cannot be used" if demands else "would do nothing"
            raise ConfigError(
                f"{flag} ({name}) {value} {without}: it needs {' and '.join(demands + needs * chosen)}. "
                f"{'Leave it out' if chosen else advice}, or give that too."
            )


def coerce(field: dataclasses.Field[Any], value: Any) -> Any:
    """A value as the field has it: Python's numbers, ints as floats and whole floats as ints, sizes as text."""
    value = plain(value)
    if field.name == "size" and type(value) is int and abs(value) <= 10 * SIDES[1]:
        return str(value)
    if field.type == "float" and type(value) is int and abs(value) <= MOST_FLOAT:
        return float(value)
    if field.type == "int" and type(value) is float and value.is_integer():
        return int(value)
    return value


def check(field: dataclasses.Field[Any], value: Any) -> None:
    """Refuse a value that the field does not accept.

    Raises:
        ConfigError: what came, and what is accepted.
    """
    name, meta = field.name, field.metadata
    fits = field.type == "float" and type(value) is int  # one that no float holds is refused as too large
    if type(value).__name__ != field.type and not fits:
        kind = "nothing" if value is None else type(value).__name__
        raise ConfigError(f"{name} = {quoted(value)}: expected {field.type}, got {kind}.")
    if meta["choices"] and value not in meta["choices"]:
        raise ConfigError(unknown(name, value, meta["choices"]))
    if field.type == "str":
        _check_text(name, value)
    elif field.type != "bool":
        _check_bounds(field, value)


def _check_text(name: str, value: str) -> None:
    """Refuse what no file name and no TOML file can hold."""
    if len(value) > MOST_CHARACTERS:
        raise ConfigError(f"{name} has {len(value):,} characters: expected at most {MOST_CHARACTERS:,}.")
    if "\0" in value or value.encode("utf-8", "replace").decode() != value:
        raise ConfigError(f"{name} = {quoted(value)} has a sign that is no character of UTF-8. Leave it out.")


def _check_bounds(field: dataclasses.Field[Any], value: float) -> None:
    low, high, why = (field.metadata[name] for name in ("low", "high", "why"))
    if field.type == "int":
        whole(field.name, value, low, MOST_WHOLE if high is None else high, why)
    else:
        number(field.name, value, low, MOST_FLOAT if high is None else high, why)
