"""What the options of several verbs have in common: a flag for each option of a config. Without torch."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from typing import Any

from sparring.cli.parsing import number, or_none, whole
from sparring.config.choices import TRAINED
from sparring.config.groups import GROUP_OF, GROUPS, OPTIONS
from sparring.config.option import flag, kind, may_be_none, written
from sparring.config.recipes import RECIPES

READING = ("size", "resize", "channels", "background", "include", "exclude")  # of files of pictures
NARROW = 80  # columns of a terminal in which every line of help fits
DATA_HELP = (
    "a folder or .zip of pictures or MIDI files, texts, a table, a .npy or .npz file, hf:NAME, a built-in name"
)
RUN_HELP = f"run folder, or {' or '.join(TRAINED)}, trained players that come with sparring"
READERS: dict[str, Callable[[str], Any]] = {"int": whole, "float": number, "str": str}


def add_config_options(
    train: argparse.ArgumentParser, only: str | None = None, without: Collection[str] = ()
) -> None:
    """Add one flag per option, in the groups of config.toml.

    Args:
        only: a single group.
        without: groups and options that are left out.
    """
    groups: dict[str, Any] = {}
    for name, field in OPTIONS.items():
        table = GROUP_OF[name]
        if name == "data" or only not in (None, table) or {name, table} & {*without}:
            continue
        if table not in groups:
            title, about = (table.replace("_", " "), GROUPS[table].__doc__) if table else ("recipe", None)
            groups[table] = train.add_argument_group(title, about)
        default = "recipe's" if any(name in recipe for recipe in RECIPES.values()) else written(field.default)
        text = f"{field.metadata['help']} ({default})".replace("%", "%%")
        choices = field.metadata["choices"]
        text = argparse.SUPPRESS if len(choices) == 1 else text  # there is no choice
        options: dict[str, Any] = {"default": None, "help": text, "dest": name}
        if kind(field) == "bool":
            options["action"] = argparse.BooleanOptionalAction
        else:
            read = READERS[kind(field)]
            options["type"] = or_none(read) if may_be_none(field) else read
            options["metavar"] = "|".join(choices) or kind(field).upper()
            if len(f"  {flag(name)} {options['metavar']}") > NARROW:
                options |= {"metavar": "NAME", "help": f"{', '.join(choices)}: {text}"}
        if name == "paired":
            options |= {"nargs": "?", "const": "names"}
        groups[table].add_argument(flag(name), **options)


def add_reading_options(
    verb: argparse.ArgumentParser, names: Collection[str], size: str, start: str = ""
) -> None:
    """Add flags for how files of pictures are read.

    Args:
        size: the help of ``--size``.
        start: with which every help begins.
    """
    for name in names:
        fact = OPTIONS[name].metadata
        text = size if name == "size" else fact["help"]
        verb.add_argument(flag(name), metavar="|".join(fact["choices"]) or None, help=f"{start}{text}")
