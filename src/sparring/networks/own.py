"""Use a user's own networks: modules, or functions that make them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from torch import nn

from sparring.errors import ConfigError, quoted

Given = nn.Module | Callable[..., nn.Module]
NONE: Mapping[str, Given] = MappingProxyType({})  # by the name of the player
ARGUMENTS = ("shape", "latent_dim", "classes")  # that a function may have as parameters
EXPECTED = (
    "a torch.nn.Module, or a function or class that makes one from those of the arguments "
    f"{', '.join(ARGUMENTS)} that it has parameters for"
)
# The message where the networks of a run would have to be made again.
NOT_HERE = (
    "this run has networks of your own, which only your program can make: in Python, use "
    "sparring.GAN.load(RUN, generator=YOURS) to draw and measure; to continue, train with resume=True."
)


def own_players(**players: Any) -> dict[str, Given]:
    """The players that are a user's own networks, not names of networks of the library.

    Raises:
        ConfigError: a player is neither.
    """
    for name, given in players.items():
        if not (given is None or isinstance(given, str | nn.Module) or callable(given)):
            kind = type(given).__name__
            raise ConfigError(f"{name}: expected the name of a network, {EXPECTED}; this is of type {kind}.")
    return {name: given for name, given in players.items() if given is not None and not isinstance(given, str)}


def made(
    player: str,
    given: Given | None,
    shape: tuple[int, ...],
    latent_dim: int,
    classes: int,
    of: tuple[int, ...] | None = None,
) -> nn.Module:
    """The network: the module itself, or what the function makes from the arguments that it takes.

    Args:
        of: the shape of what a generator is given, if these are pictures.

    Raises:
        ConfigError: it is not given, it needs other arguments, or it does not make a module.
    """
    if given is None:
        raise ConfigError(NOT_HERE)
    if isinstance(given, nn.Module):
        return given
    available: dict[str, Any] = {"shape": shape, "latent_dim": latent_dim, "classes": classes}
    available |= {} if of is None else {"given": of}
    try:
        parameters = inspect.signature(given).parameters.values()
    except ValueError:  # its parameters are not known
        parameters = {}.values()
    kinds = {p.name: p.kind for p in parameters}
    takes_all = inspect.Parameter.VAR_KEYWORD in kinds.values()
    arguments = {name: value for name, value in available.items() if takes_all or name in kinds}
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    if missing := [name for name in needed if name not in arguments]:
        raise ConfigError(
            f"{player}: {quoted(getattr(given, '__name__', given))} needs {', '.join(missing)} too; expected "
            f"{EXPECTED}. Give the module itself, or lambda: {getattr(given, '__name__', 'make')}(…)."
        )
    found = given(**arguments)
    if not isinstance(found, nn.Module):
        raise ConfigError(f"{player}: what you gave makes a {type(found).__name__}; expected {EXPECTED}.")
    return found
