"""The game of forests: one tells rows from forged ones, and its leaves forge the next (Watson et al. 2023)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from sparring.config.groups import Config
from sparring.config.option import flag
from sparring.config.recipes import from_recipe
from sparring.data.spec import Batch, Dataset, Spec
from sparring.data.table.codec import Columns
from sparring.data.table.column import flat
from sparring.errors import Caution, ConfigError
from sparring.games import drawing
from sparring.games.game import Clock, Inputs, Logged, Rules
from sparring.games.logits import FAKE, REAL
from sparring.machine.device import Runtime
from sparring.metrics import trees
from sparring.networks import forest, memory
from sparring.networks import generator as new_generator
from sparring.networks.own import NONE, Given

PLAYERS = ("generator",)
ROUNDS = trees.GROWN  # steps of a training, unless the user says how long
LOGGED = 1_000  # scores that are kept at a step, at most
FREE = ("batch_size", "g_width")  # options of the game that a user may choose: rows at a step, trees
TABLES = ("networks", "game", "translation", "penalties", "augmentation", "optimizers", "start")


@dataclass
class ForestGame:
    """A generator that draws from the leaves of a forest, which a new forest tells from the rows at each step.

    The discriminator of a step is not kept: its leaves are the next generator. At the first step it tells rows
    from rows whose columns are drawn each on its own (Watson et al. 2023, algorithm 1).
    """

    generator: forest.Generator
    latent_dim: int
    runtime: Runtime = field(default_factory=lambda: Runtime(precision="fp32"))
    clock: Clock = field(default_factory=Clock, init=False)
    spec: Spec | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.runtime.place(self.generator)

    @property
    def players(self) -> dict[str, nn.Module]:
        """The generator."""
        return {"generator": self.generator}

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """None: forests are grown, not taught by gradients."""
        return {}

    @property
    def memories(self) -> dict[str, nn.Module]:
        """None."""
        return {}

    @property
    def sampling_generator(self) -> nn.Module:
        """The generator."""
        return self.generator

    @property
    def critic(self) -> None:
        """None: the forest that judges is another one at each step."""

    @property
    def batches(self) -> int:
        """One."""
        return 1

    @property
    def parts(self) -> int:
        """One."""
        return 1

    @property
    def stability_advice(self) -> str:
        """What to try if a number is no longer finite."""
        return "more rows at a step (--batch-size)"

    def at(self, progress: float) -> dict[str, float]:
        """Nothing follows a schedule."""
        return {}

    @torch.no_grad()
    def step(self, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
        """Grow a forest that tells these rows from forged ones, and forge with its leaves from now on."""
        codec = self.generator.codec
        rows = codec.decode(batches[0].real[: len(self.generator.rows)])
        known = rows.cpu().numpy()
        seed = int(torch.randint(2**31, (), generator=rng, device=rng.device))
        if int(self.generator.count):
            latents = torch.randn(trees.FORGED * len(rows), self.latent_dim, generator=rng, device=rng.device)
            forged = codec.decode(self.generator(latents)).cpu().numpy()
        else:
            forged = trees.shuffled(known, np.random.default_rng(seed))
        found = trees.grown(known, forged, len(self.generator.order), seed)
        moves = torch.from_numpy(moving(codec, known))
        self.generator.fill(rows, torch.from_numpy(found.leaves).to(rows.device), moves.to(rows.device))
        return {name: _logits(shares) for name, shares in ((REAL, found.of_rows), (FAKE, found.of_fakes))}

    def given(self, batch: Batch, rng: torch.Generator) -> Tensor:
        """Latents (B, latent_dim) from N(0, I)."""
        return torch.randn(len(batch.real), self.latent_dim, generator=rng, device=rng.device)

    def inputs(self, data: Dataset, count: int, seed: int, labels: Tensor | None = None) -> Inputs:
        """Latents (count, latent_dim)."""
        return Inputs(drawing.random_latents(count, self.latent_dim, seed), None)

    def draw(self, given: Tensor, labels: Tensor | None = None, *, averaged: bool = True) -> Tensor:
        """Encoded rows (B, F)."""
        rows: Tensor = self.generator(given)
        return rows.detach()

    def try_out(self, batch: Batch) -> None:
        """Nothing can fail before the first step."""

    def gauge(self, data: Dataset, held_out: Dataset | None, seed: int) -> Callable[[], dict[str, float]]:
        """This game has no measure of its own."""
        return dict

    def described(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The options that describe the game."""
        known = {"rules": "forest", "generator": "forest", "discriminator": "forest", "g_norm": "none"}
        return known | {"latent_dim": self.latent_dim, "g_width": len(self.generator.order)}, {}


def moving(codec: Columns, rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each number of stored rows (N, C) may move within its rank: it is there, and not one of many."""
    found = np.zeros(rows.shape, bool)
    for place, column in enumerate(codec.learnt):
        if column.numeric:
            _, own, counts = np.unique(column.numbers(rows[:, place]), return_inverse=True, return_counts=True)
            found[:, place] = ~flat(counts)[own] & ~np.isnan(rows[:, place])
    return found


def _logits(shares: NDArray[np.float64]) -> Tensor:
    """The logits of at most LOGGED shares of trees, evenly spaced."""
    places = np.arange(min(LOGGED, len(shares))) * len(shares) // min(LOGGED, len(shares))
    return torch.from_numpy(shares[places]).clamp(0.01, 0.99).logit().float()


def make(
    config: Config,
    spec: Spec,
    classes: int,
    runtime: Runtime | None = None,
    own: Mapping[str, Given] = NONE,
) -> ForestGame:
    """The game before its first step.

    Raises:
        ConfigError: the data are no rows, or this machine does not have the memory.
    """
    check_players(config, spec, classes)
    runtime = runtime or Runtime.of(config.machine)
    generator = new_generator(config.networks, spec, 0)
    assert isinstance(generator, forest.Generator)
    return ForestGame(generator, config.networks.latent_dim, runtime)


def check(config: Config, spec: Spec, classes: int) -> None:
    """Refuse options that do not work with this data.

    Raises:
        ConfigError: which options, and what to change.
    """
    check_players(config, spec, classes)
    trees.package("ensemble")
    usual = from_recipe(config.recipe if config.recipe == "forest" else "forest")
    for group in TABLES:
        for name, value in vars(getattr(usual, group)).items():
            if name not in (*FREE, "latent_dim", "d_width") and getattr(getattr(config, group), name) != value:
                raise ConfigError(
                    f"{flag(name)} ({name}) {getattr(getattr(config, group), name)}: a forest has no place for "
                    "it. Leave it out, or take --recipe rows."
                )


def check_players(config: Config, spec: Spec, classes: int) -> None:
    """Refuse data that no forest can draw.

    Raises:
        ConfigError: what was given, and what to do.
    """
    if not isinstance(spec.codec, Columns) or spec.given is not None:
        raise ConfigError(
            f"recipe {config.recipe} draws rows of a table, and this data is not one: leave --recipe out."
        )
    if classes:
        raise ConfigError("a forest uses no labels: leave them out (--no-conditional).")
    if config.networks.generator != "forest":
        raise ConfigError(
            f"--generator {config.networks.generator}: a forest forges with its own leaves. Leave it out."
        )
    if config.machine.processes > 1:
        raise ConfigError("a forest is grown in one process: leave --processes out.")
    memory.check_generator(memory.generator_cost(config.networks, spec, 0))


def preflight(game: ForestGame, data: Dataset, seed: int = 0) -> Sequence[Caution]:
    """Nothing is known that a forest cannot take."""
    return ()


RULES = Rules(PLAYERS, make, check, check_players, preflight, steps=ROUNDS)
