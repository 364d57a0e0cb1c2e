"""A small game of points in memory, trained as its user asks: whole steps, or those of one player alone.

After GAN Lab (Kahng et al. 2019), on the library's own game.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from sparring import games
from sparring.config.groups import Config
from sparring.data import toy
from sparring.data.arrays import from_array
from sparring.data.spec import Batch, Dataset
from sparring.errors import ConfigError, quoted, unknown
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_step import discriminator_update, forge, generator_update
from sparring.games.updates import descend
from sparring.kinds import plane
from sparring.machine.device import Runtime
from sparring.training import loop, suited
from sparring.training.order import Order, batches_of_step, rng_of_step, stream

LIVE = ("loss", "g_lr", "d_lr", "batch_size", "r1_gamma")  # options that may change between two steps
FIXED: dict[str, Any] = {
    "g_width": 64, "d_width": 64, "latent_dim": 8, "ema_half_life": None, "lr_schedule": "constant",
    "penalty_every": 1, "samples_seen": 10**12, "device": "cpu", "precision": "fp32", "vitals": False,
}  # fmt: skip
ACTIONS = ("step", "discriminator", "generator", "options")
MOST_STEPS, SHOWN = 200, 400  # in one request; forged points that are shown
LEAST_DRAWN, MOST_DRAWN = 8, 5_000  # points of a user's own drawing
FEW, BLUR = 2_000, 0.02  # fewer points are repeated, moved by this share of their range


@dataclass
class Bench:
    """A game in progress, and the data that it is played on."""

    game: AdversarialGame
    data: Dataset
    config: Config
    order: Order
    half: int = 0  # steps of one player alone


class Lab:
    """One game at a time; each request acts on it and is told how it stands."""

    def __init__(self) -> None:
        self.bench: Bench | None = None

    def __call__(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is asked, and tell how the game stands.

        Args:
            asked: ``action``: "start" with ``data``, a name or points, or one of ACTIONS with ``steps``; and
                ``options``, of those in LIVE.

        Raises:
            ConfigError: something that cannot be done, or a number that is no longer finite.
        """
        action, options = asked.get("action"), _options(asked.get("options", {}))
        if action == "start":
            self.bench = _start(_data(asked.get("data", "ring")), options)
            return _told(self.bench, {})
        if action is None:
            raise ConfigError(f"action is missing: expected {', '.join(('start', *ACTIONS))}.")
        if action not in ACTIONS:
            raise ConfigError(unknown("action", str(action), ("start", *ACTIONS)))
        if self.bench is None:
            raise ConfigError("no game is in progress: start one.")
        if any(self.bench.config.flat()[name] != value for name, value in options.items()):
            self.bench = _changed(self.bench, options)
        values = {} if action == "options" else _act(self.bench, action, _steps(asked.get("steps", 1)))
        return _told(self.bench, values)


def _options(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ConfigError(f"options: expected names and values, got {quoted(given)}.")
    for name in given:
        if name not in LIVE:
            raise ConfigError(unknown("option", str(name), LIVE))
    return dict(given)


def _steps(given: Any) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= MOST_STEPS:
        raise ConfigError(f"steps: expected 1 to {MOST_STEPS}, got {quoted(given)}.")
    return given


def _data(given: Any) -> Dataset:
    """The toy set of this name, or a user's own points."""
    if isinstance(given, str):
        if given not in toy.MIXTURES:
            raise ConfigError(unknown("data", given, tuple(toy.MIXTURES)))
        return toy.load(given)
    listed = isinstance(given, list) and LEAST_DRAWN <= len(given) <= MOST_DRAWN
    if not listed or not all(map(_pair, given)):
        raise ConfigError(
            f"data: expected one of {', '.join(toy.MIXTURES)}, or {LEAST_DRAWN} to {MOST_DRAWN:,} points "
            "[x, y]."
        )
    points = torch.tensor(given, dtype=torch.float32)
    copies = -(-FEW // len(points))
    blur = BLUR * float((points.amax(0) - points.amin(0)).max())
    rng = torch.Generator().manual_seed(0)
    points = points.repeat(copies, 1)
    return from_array((points + blur * torch.randn(points.shape, generator=rng)).numpy(), name="drawing")


def _pair(point: Any) -> bool:
    numbers = isinstance(point, Sequence) and len(point) == 2 and all(type(v) in (int, float) for v in point)
    return numbers and all(math.isfinite(v) and abs(v) < 1e6 for v in point)


def _start(data: Dataset, options: Mapping[str, Any]) -> Bench:
    config = suited.configure(data, "mlp", **(FIXED | dict(options)))
    game = games.make(config, data.spec, 0, Runtime("cpu", "fp32"))
    assert isinstance(game, AdversarialGame)
    loop.prepared(game, data, config.optimizers.batch_size, try_out=False)
    game.at(0.0)
    return Bench(game, data, config, Order(len(data), config.seed))


def _changed(bench: Bench, options: Mapping[str, Any]) -> Bench:
    """The same players in the middle of their game, with other options."""
    fresh = _start(bench.data, {name: bench.config.flat()[name] for name in LIVE} | dict(options))
    for name, player in bench.game.players.items():
        fresh.game.players[name].load_state_dict(player.state_dict())
        rates = [group["lr"] for group in fresh.game.optimizers[name].param_groups]
        fresh.game.optimizers[name].load_state_dict(bench.game.optimizers[name].state_dict())
        for group, rate in zip(fresh.game.optimizers[name].param_groups, rates, strict=True):
            group["lr"] = rate
    fresh.game.clock, fresh.order, fresh.half = bench.game.clock, bench.order, bench.half
    return fresh


def _act(bench: Bench, action: str, steps: int) -> dict[str, float]:
    """Whole steps, or steps of one player alone; what the last one logged."""
    game, size = bench.game, bench.config.optimizers.batch_size
    for _ in range(steps):
        batches = batches_of_step(bench.data, bench.order, size, game)
        if action == "step":
            logged = game.step(batches, rng_of_step(game, bench.config.seed))
            game.clock.step += 1
        else:
            bench.half += 1
            logged = _alone(game, action, batches[0], stream(bench.config.seed, 3, bench.half))
        game.clock.samples_seen += game.batches * size
    values = {name: float(value.float().mean()) for name, value in logged.items()}
    if not all(map(math.isfinite, values.values())):
        raise ConfigError("a number is no longer finite: start again, with lower learning rates.")
    return values


def _alone(game: AdversarialGame, player: str, batch: Batch, seed: int) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    fake = forge(game, batch, rng)
    if player == "discriminator":
        update = discriminator_update(game, batch, fake.detach(), rng)
    else:
        update = generator_update(game, batch, fake, rng)
    return descend(game, player, [update])


def _told(bench: Bench, values: dict[str, float]) -> dict[str, Any]:
    """How a game stands: the plane with both kinds of points, what was logged, and the options."""
    game, data = bench.game, bench.data
    assert game.critic is not None
    drawn = game.draw(*game.inputs(data, SHOWN, 0))
    if {"real_logit", "fake_logit"} <= values.keys() and bench.config.game.loss in (
        "non-saturating",
        "minimax",
    ):
        values |= {f"d_{side}": 1 / (1 + math.exp(-values[f"{side}_logit"])) for side in ("real", "fake")}
    options = bench.config.flat()
    return {
        "step": game.clock.step,
        "half": bench.half,
        "field": plane.field(game.critic, data.spec, 0, drawn),
        "real": plane.reals(data),
        "values": values,
        "options": {name: options[name] for name in LIVE},
    }
