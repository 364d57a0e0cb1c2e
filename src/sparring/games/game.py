"""The type of a game: players, optimizers and memories by name, one step, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from sparring.config.groups import Config
from sparring.data.spec import Batch, Dataset, Spec
from sparring.errors import Caution, warn
from sparring.history.record import Record
from sparring.kinds import find
from sparring.machine.device import Runtime
from sparring.networks.network import takes
from sparring.networks.own import Given

Logged = dict[str, Tensor]  # by name: numbers () and, of a discriminator, real_logit and fake_logit (B,)
SHORT = {"generator": "g", "discriminator": "d"}


class Inputs(NamedTuple):
    """The inputs of a generator.

    Attributes:
        given: one input for each sample (N, …), such as a latent or another picture.
        labels: the classes (N,) of the samples, or None.
    """

    given: Tensor
    labels: Tensor | None = None


@dataclass
class Clock:
    """The progress of a training; the loop updates it.

    Attributes:
        step: steps made.
        samples_seen: real samples shown, by all processes together.
        seconds: of training.
        progress: the share of the budget spent, 0 to 1.
    """

    step: int = 0
    samples_seen: int = 0
    seconds: float = 0.0
    progress: float = 0.0

    def broken(self) -> Record:
        """A last record, for the doctor, which says that a number is no longer finite."""
        return Record(self.step, self.samples_seen, self.seconds, 1.0, {"non_finite": 1.0})


@runtime_checkable
class Game(Protocol):
    """Players, and one step that updates each of them.

    Attributes:
        clock: how far the training is.
        runtime: where it runs.
        spec: of the training data; the loop sets it.
    """

    clock: Clock
    runtime: Runtime
    spec: Spec | None

    @property
    def players(self) -> Mapping[str, nn.Module]:
        """The networks that learn."""

    @property
    def optimizers(self) -> Mapping[str, Optimizer]:
        """The optimizer of each player, by the name of the player."""

    @property
    def memories(self) -> Mapping[str, nn.Module]:
        """What else is part of the state, such as a weight average."""

    @property
    def sampling_generator(self) -> nn.Module:
        """The player that draws samples, or its weight average; called with inputs and labels, if any."""

    @property
    def critic(self) -> nn.Module | None:
        """The player whose logits tell real samples from generated ones; None without one."""

    @property
    def batches(self) -> int:
        """The number of batches that a step takes."""

    @property
    def parts(self) -> int:
        """The number of equal parts into which each process divides a batch."""

    @property
    def stability_advice(self) -> str:
        """What to try, besides lower learning rates, if a number is no longer finite."""

    def at(self, progress: float) -> dict[str, float]:
        """Set what follows a schedule to its value at this share of the budget; return what to log."""

    def step(self, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
        """Update every player with random numbers from ``rng``; return what to log, still on the device."""

    def given(self, batch: Batch, rng: torch.Generator) -> Tensor:
        """The generator's inputs for a batch: those that came with it, or else latents drawn here."""

    def inputs(self, data: Dataset, count: int, seed: int, labels: Tensor | None = None) -> Inputs:
        """The generator's inputs for ``count`` samples to show or to measure; they follow from the seed.

        Args:
            data: real samples; in paired data, each has its own input.
            labels: the classes (count,) to draw, where they can be chosen.
        """

    def draw(self, given: Tensor, labels: Tensor | None = None, *, averaged: bool = True) -> Tensor:
        """Encoded samples; with ``averaged`` from the weight average, if there is one."""

    def try_out(self, batch: Batch) -> None:
        """Try a step on copies before the first: raise what would fail in it, warn of what may."""

    def gauge(self, data: Dataset, held_out: Dataset | None, seed: int) -> Callable[[], dict[str, float]]:
        """A function that measures, at each record, values that only this game has."""

    def described(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The options that describe the game, and a text about each part that no option describes."""


@dataclass(frozen=True)
class Rules:
    """How a game is made of options.

    Attributes:
        players: their names.
        make: makes the game from (config, spec, classes, runtime, own), where ``own`` are the user's own
            players by name.
        check: refuses what cannot be trained by (config, spec, classes), without building the players.
        check_players: the same for players that are only used to draw samples.
        preflight: finds problems of (game, data, seed) before the first step.
        steps: of a training for which no budget is given; 0: the recipe's budget counts.
    """

    players: tuple[str, ...]
    make: Callable[[Config, Spec, int, Runtime | None, Mapping[str, Given]], Game]
    check: Callable[[Config, Spec, int], None]
    check_players: Callable[[Config, Spec, int], None]
    preflight: Callable[[Any, Dataset, int], Sequence[Caution]]
    steps: int = 0


def drawing_player(game: Game) -> str:
    """The name, among the players and memories, of the network that samples are drawn with."""
    networks = {**game.players, **game.memories}
    return next(name for name, network in networks.items() if network is game.sampling_generator)


def as_data(game: Game, data: Any) -> Dataset:
    """A user's data as a Dataset, without labels if no player takes them.

    A note on standard error says what was taken.
    """
    dataset, remarks = find.samples(data)
    labelled = dataset.classes and not isinstance(data, Dataset)
    if labelled and not any(takes(player, 2) for player in game.players.values()):
        dataset = dataset.unlabelled()
        remarks = [*remarks, "the labels are left out: no player's forward takes them."]
    for remark in remarks:
        warn(remark)
    return dataset


def short(player: str) -> str:
    """A player's name in logged names (``g_change``) and in checkpoints (``g_optimizer/…``)."""
    return SHORT.get(player, player)


def gradient_norm(player: nn.Module) -> float:
    """2-norm of a player's present gradient over all its weights."""
    gradients = [p.grad for p in player.parameters() if p.grad is not None]
    return float(torch.nn.utils.get_total_norm(gradients)) if gradients else 0.0
