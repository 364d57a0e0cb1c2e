"""Who plays whom, with which losses: each game is a file, and a line in GAMES."""

from collections.abc import Mapping

from sparring.config.groups import Config
from sparring.data.spec import Spec
from sparring.games.adversarial_rules import ADVERSARIAL
from sparring.games.game import Game, Rules
from sparring.machine.device import Runtime
from sparring.networks.own import NONE, Given

GAMES: dict[str, Rules] = {"adversarial": ADVERSARIAL}


def of(config: Config) -> Rules:
    """The rules of the game that a config describes."""
    return GAMES[config.game.rules]


def make(
    config: Config,
    spec: Spec,
    classes: int,
    runtime: Runtime | None = None,
    own: Mapping[str, Given] = NONE,
) -> Game:
    """The game that a config describes on such data, its players freshly initialised from the seed.

    Args:
        own: players of a user's own, by the player's name, where the config says so.

    Raises:
        ConfigError: networks that cannot take this data, or a device that is not here.
    """
    return of(config).make(config, spec, classes, runtime, own)
