"""Read and write options as TOML: a table for each group; None is written "none"."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from sparring.config import format_1
from sparring.config.groups import GROUP_OF, GROUPS, OPTIONS, Config
from sparring.config.option import coerce, written
from sparring.errors import ConfigError, UnreadableError, unknown
from sparring.files import parse_toml, read_toml


def to_toml(config: Config) -> str:
    """The whole config as TOML text; what does not describe a program's own game only if it was set."""
    found = dataclasses.asdict(config)
    tables = {
        name: {
            key: written(value)
            for key, value in found[name].items()
            if config.describes(key) or value != OPTIONS[key].default
        }
        for name in GROUPS
    }
    return tomli_w.dumps(found | tables)


def from_toml(text: str) -> Config:
    """The inverse of ``to_toml``; missing options have their defaults.

    Raises:
        ConfigError: the text is not TOML, a name is unknown, or a value does not fit.
    """
    try:
        values = parse_toml(text)
    except UnreadableError as error:
        raise ConfigError(f"{error}. Write one key = value per line.") from error
    return Config().replace(**_flat(values))


def load_toml(path: Path) -> dict[str, Any]:
    """The options in a user's TOML file by name; their values are not checked.

    Raises:
        ConfigError: the file is missing or not TOML, or a name is unknown.
    """
    try:
        return _flat(read_toml(path))
    except UnreadableError as error:
        raise ConfigError(f"cannot read the config file {path}: {error}.") from error


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """All options by name: those of the tables, and those above all tables."""
    found: dict[str, Any] = {}
    above = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    for key, value in above.items():
        if key in GROUPS:
            raise ConfigError(
                f"{key} is a table of options, not an option: write [{key}] on a line of its own, and its "
                "options below, one name = value per line."
            )
        found[key] = format_1.value(key, value)
    for key, value in values.items():
        if key in above:
            continue
        if key not in GROUPS:
            raise ConfigError(unknown("table", key, GROUPS))
        if twice := [name for name in value if _belongs(name, key) and name in above]:
            raise ConfigError(
                f"{twice[0]} is given twice, above all tables and in [{key}]: leave one of them out."
            )
        found |= value
    return {name: coerce(OPTIONS[name], value) if name in OPTIONS else value for name, value in found.items()}


def _belongs(name: str, table: str) -> bool:
    """Check that an option belongs to this table; always returns True.

    Raises:
        ConfigError: it belongs to another table, or is unknown.
    """
    if GROUP_OF.get(name) == table:
        return True
    if name in OPTIONS:
        place = f"in the table [{GROUP_OF[name]}]" if GROUP_OF[name] else "above all tables"
        raise ConfigError(f"{name} belongs {place}, not in [{table}]: move it there.")
    raise ConfigError(unknown("option", name, OPTIONS))
