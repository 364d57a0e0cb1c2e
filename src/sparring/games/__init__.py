"""The games, with their players, losses and steps: each game is a file, and a line in GAMES."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from sparring.config.option import OWN
from sparring.errors import ConfigError

if TYPE_CHECKING:
    from sparring.config.groups import Config
    from sparring.data.spec import Spec
    from sparring.games.game import Game, Rules
    from sparring.machine.device import Runtime
    from sparring.networks.own import Given

# The module with the RULES of each game, imported only when the game is made: losses do not need it.
GAMES = {
    "adversarial": "sparring.games.adversarial_rules",
    "translation": "sparring.games.translation_rules",
    "forest": "sparring.games.forest",
}


def of(config: Config) -> Rules:
    """The rules of the game that a config describes.

    Raises:
        ConfigError: it is a program's own game, which no config describes.
    """
    if config.game.rules == OWN:
        raise ConfigError(
            "rules = own is a program's own game, which only that program can make: "
            "sparring.train(game, data, budget, out=RUN)."
        )
    rules: Rules = import_module(GAMES[config.game.rules]).RULES
    return rules


def make(
    config: Config,
    spec: Spec,
    classes: int,
    runtime: Runtime | None = None,
    own: Mapping[str, Given] | None = None,
) -> Game:
    """The game that a config describes on such data, its players freshly initialised from the seed.

    Args:
        own: the user's own players by name, if the config asks for them.

    Raises:
        ConfigError: the networks cannot take this data, or this machine does not have the device.
    """
    game = of(config).make(config, spec, classes, runtime, own or {})
    if config.machine.compile:
        import_module("sparring.games.compiling").compile_players(game)
    return game
