"""Which players of a game are compiled by ``torch.compile``."""

from __future__ import annotations

from sparring.games.adversarial import AdversarialGame
from sparring.machine.compiled import compile_network


def compile_players(game: AdversarialGame) -> None:
    """Compile the generators, and discriminators if no penalty is on their slope.

    The gradient of such a penalty is a second derivative, which torch.compile refuses.

    Raises:
        ConfigError: this machine has no compiler.
    """
    on_slope = any(penalty.on != "features" for penalty in game.penalties)
    for replica in game.replicas():
        for name, player in replica.players.items():
            if not (on_slope and name.endswith("discriminator")):
                compile_network(player, game.runtime.device)
