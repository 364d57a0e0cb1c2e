"""Networks of a user's own: modules, or functions that make them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from torch import nn

from sparring.errors import ConfigError, quoted

Given = nn.Module | Callable[..., nn.Module]
NONE: Mapping[str, Given] = MappingProxyType({})  # by the player's name
ASKED = ("shape", "latent_dim", "classes")  # what a function may ask for, by these names
HOW = (
    "a torch.nn.Module, or a function or class that makes one, which is called with those of "
    f"{', '.join(ASKED)} that it has parameters for"
)
# What is said by whatever would have to make the networks of a run anew, and cannot.
NOT_HERE = (
    "this run's networks are your own, which only your program can make: in Python, "
    "sparring.GAN.load(RUN, generator=YOURS) draws and measures, and what trained it goes on with resume=True."
)


def own_players(**players: Any) -> dict[str, Given]:
    """Those of the players that are of a user's own, and not the names of the library's."""
    return {name: given for name, given in players.items() if isinstance(given, nn.Module) or callable(given)}


def made(player: str, given: Given | None, shape: tuple[int, ...], latent_dim: int, classes: int) -> nn.Module:
    """The network: a module as it is, or what a function makes of what it asks for.

    Raises:
        ConfigError: there is none; it asks for something else, or makes no module.
    """
    if given is None:
        raise ConfigError(NOT_HERE)
    if isinstance(given, nn.Module):
        return given
    known = {"shape": shape, "latent_dim": latent_dim, "classes": classes}
    try:
        parameters = inspect.signature(given).parameters.values()
    except ValueError:  # it says nothing of what it takes
        parameters = {}.values()
    kinds = {p.name: p.kind for p in parameters}
    every = inspect.Parameter.VAR_KEYWORD in kinds.values()
    asked = {name: value for name, value in known.items() if every or name in kinds}
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    if missing := [name for name in needed if name not in asked]:
        raise ConfigError(
            f"{player}: {quoted(getattr(given, '__name__', given))} needs {', '.join(missing)} too; expected "
            f"{HOW}. Give what it makes, or lambda: {getattr(given, '__name__', 'make')}(…)."
        )
    found = given(**asked)
    if not isinstance(found, nn.Module):
        raise ConfigError(f"{player}: what came makes a {type(found).__name__}; expected {HOW}.")
    return found
