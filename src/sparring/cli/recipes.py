"""``sparring recipes``: list the recipes, or the options of one; without torch."""

from __future__ import annotations

import argparse

from rich.table import Table
from rich.text import Text

from sparring.config.groups import OPTIONS
from sparring.config.option import written
from sparring.config.recipes import ABOUT, ADAPTED, RECIPES, from_recipe
from sparring.errors import ConfigError, unknown
from sparring.uses.progress import console


def run(args: argparse.Namespace) -> int:
    """Print all recipes, or the options of one."""
    screen = console()
    if args.name is None:
        screen.print(recipes_table())
        screen.print(
            "\nThe options of a recipe: sparring recipes NAME. To train: sparring train DATA --recipe NAME."
        )
        return 0
    if args.name not in RECIPES:
        raise ConfigError(unknown("recipe", args.name, RECIPES))
    what, paper = ABOUT[args.name]
    screen.print(f"{args.name}: {what} ({paper})\n", markup=False)
    screen.print(recipe_table(args.name))
    return 0


def recipes_table() -> Table:
    """A table of all recipes, two lines each: a description; networks, loss and paper. It fits 60 columns."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    table.add_column("recipe", no_wrap=True)
    table.add_column("what it is (networks, loss; paper)")
    for name in RECIPES:
        config, (what, paper) = from_recipe(name), ABOUT[name]
        table.add_row(name, Text(f"{what}\n({config.networks.generator}, {config.game.loss}; {paper})"))
    return table


def recipe_table(name: str) -> Table:
    """A table of the options that a recipe changes from the defaults: their values and meanings."""
    usual, adapted = RECIPES[name], {kind: changes.get(name, {}) for kind, changes in ADAPTED.items()}
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    table.add_column("option", no_wrap=True)
    table.add_column("value, meaning")
    for option, field in OPTIONS.items():
        if not any(option in changes for changes in (usual, *adapted.values())):
            continue
        value = written(usual.get(option, field.default))
        others = ((kind, changes.get(option, value)) for kind, changes in adapted.items())
        values = "".join(f"  (on {kind} {other})" for kind, other in others if other != value)
        table.add_row(option, Text(f"{value}{values}\n{field.metadata['help']}"))
    return table
