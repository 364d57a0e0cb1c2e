"""Load only what sampling needs of a training: the generator and the spec of its samples.

No discriminator, optimizer or memory is built, and of a checkpoint only the generator's tensors are taken
into memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from sparring import games, kinds, networks
from sparring.config.arguments import whole
from sparring.config.groups import Config
from sparring.config.option import OWN
from sparring.data.spec import Spec
from sparring.errors import ConfigError, first_of, warn
from sparring.games import drawing
from sparring.games.game import Game
from sparring.kinds.kind import Array
from sparring.machine.device import Runtime
from sparring.networks import memory
from sparring.networks.own import Given, made
from sparring.runs import checkpoint
from sparring.runs.checkpoint import AVERAGE, GENERATOR
from sparring.runs.folder import RunFolder
from sparring.runs.past import nearest
from sparring.training import suited

MOST_ROUNDS = 1_000  # of drawing until enough samples keep to conditions
LEAST_AT_ONCE, MOST_AT_ONCE = 500, 50_000  # samples that are drawn in a round
MOST_TRIED, LEAST_SHARE = 200_000, 1e-4  # samples after which conditions that hardly any keeps to are given up
NONE_FOUND = 3 / LEAST_SHARE  # samples of which none fits, after which less than LEAST_SHARE do, with 95 %
ROUND_STRIDE = 1_000_003  # between the seeds of two rounds
STOP_FRAMES = 10  # of a walk, from one latent to the next


class Kept(NamedTuple):
    """Samples that were kept, and how many were drawn and fit."""

    samples: Array
    tried: int
    fit: int

    @property
    def redrawn(self) -> float:
        """The share of drawn samples that did not fit."""
        return 1 - self.fit / self.tried


@dataclass(frozen=True)
class Sampler:
    """A trained generator to draw from.

    Attributes:
        generator: the weight average where there is one, else the generator itself.
        spec: of the samples.
        config: the options it was trained with.
        class_counts: the number of training samples of each class or cluster; empty without classes.
        step: the step of its training.
    """

    generator: nn.Module
    spec: Spec
    config: Config
    class_counts: Sequence[int]
    step: int

    @staticmethod
    def load(
        run: RunFolder | str | Path,
        warn: Callable[[str], object] = warn,
        runtime: Runtime | None = None,
        *,
        best: bool = False,
        generator: Given | None = None,
        last: float = math.inf,
    ) -> Sampler:
        """The generator from the newest complete checkpoint of a run, or from the best one.

        Args:
            run: its folder.
            warn: called for damaged checkpoints.
            runtime: where to draw; by default, on the best device of this machine.
            best: take the checkpoint with the least distance, not the last.
            generator: the user's own network that was trained, or a function that makes it.
            last: the newest generator that was kept up to this step; the oldest checkpoint if all are later.

        Raises:
            RunError: there is no complete checkpoint, it is of another generator, or of one that does not draw
                from latents.
            ConfigError: the generator is a user's own, and was not given.
        """
        folder = run if isinstance(run, RunFolder) else RunFolder(Path(run))
        runtime = runtime or Runtime(precision="fp32")
        folder.check_own_inputs()
        player = folder.drawn_with
        # The average is read too, so that one that the config does not mention is refused.
        wanted = (AVERAGE, GENERATOR) if player == GENERATOR else (player,)
        states = folder.states(best) if best or last == math.inf else nearest(folder.path, last)
        facts, tensors = checkpoint.read(states, warn, tuple(f"{name}/" for name in wanted), last)
        network = runtime.place(_untrained(folder, generator))
        mend = checkpoint.MEND if generator is None else "Give the generator that was trained."
        checkpoint.restore_network(network, player, facts, tensors, mend)
        return Sampler(network, folder.spec, folder.config, folder.facts["class_counts"], facts["step"])

    @staticmethod
    def of(game: Game, spec: Spec, config: Config, class_counts: Sequence[int]) -> Sampler:
        """The sampler of a game in its current state."""
        return Sampler(game.sampling_generator, spec, config, class_counts, game.clock.step)

    @property
    def classes(self) -> int:
        """The number of classes or clusters; 0 without classes."""
        return len(self.class_counts)

    def sample(self, count: int = 1, *, labels: Any = None, seed: int = 0, truncation: float = 1.0) -> Array:
        """Samples (count, *shape) in the data's own range and type; see ``GAN.sample``.

        Raises:
            ConfigError: an argument that does not fit.
        """
        latents = self.latents(count, seed, truncation)
        drawn: Array = self.decoded(latents, self.labels(len(latents), labels, seed=seed)).numpy()
        return drawn

    def kept(
        self,
        count: int,
        conditions: Sequence[str] = (),
        seed: int = 0,
        truncation: float = 1.0,
        labels: Any = None,
    ) -> Kept:
        """Samples that keep to the rules of their data and to these conditions; others are drawn anew.

        Args:
            labels: a class, or one for each sample; by default, at random, as often as in the data.

        Raises:
            ConfigError: such data has no conditions, hardly any sample keeps to them, or a label does not fit.
        """
        classes = None if labels is None else self.labels(count, labels)
        if classes is None:
            return self._kept(count, conditions, seed, truncation)
        counts = zip(*(each.tolist() for each in classes.unique(return_counts=True)), strict=True)
        drawn = [self._kept(number, conditions, seed, truncation, label) for label, number in counts]
        places = classes.argsort(stable=True).argsort()  # of the samples, which come class by class
        samples = np.concatenate([each.samples for each in drawn])[places.numpy()]
        return Kept(samples, sum(each.tried for each in drawn), sum(each.fit for each in drawn))

    def _kept(
        self, count: int, conditions: Sequence[str], seed: int, truncation: float, label: int | None = None
    ) -> Kept:
        """As ``kept``, of one class or, without a label, of all."""
        accept = kinds.of(self.spec).kept
        if accept is None:
            raise ConfigError(f"--where: {kinds.of(self.spec).noun}s have no columns. Leave it out.")
        first = seed + ROUND_STRIDE * MOST_ROUNDS * (0 if label is None else label)
        parts: list[Array] = []
        tried, found, share = 0, 0, 1.0
        for round_ in range(MOST_ROUNDS):
            wanted = min(MOST_AT_ONCE, max(LEAST_AT_ONCE, math.ceil(1.1 * (count - found) / share)))
            if round_ and not found:
                wanted = min(wanted, math.ceil(NONE_FOUND - tried))
            if round_ == 0 and not conditions:
                wanted = min(MOST_AT_ONCE, count)
            latents = self.latents(wanted, first + round_ * ROUND_STRIDE, truncation)
            labels = self.labels(wanted, order="random", seed=first + round_ * ROUND_STRIDE)
            if label is not None:
                labels = torch.full((wanted,), label)
            drawn: Array = self.decoded(latents, labels).numpy()
            fine = accept(drawn, self.spec, conditions)
            parts.append(drawn[fine])
            tried, found = tried + wanted, found + int(fine.sum())
            share = max(found, 0.5) / tried
            if found >= count:
                break
            if share < LEAST_SHARE and tried >= (MOST_TRIED if found else NONE_FOUND):
                break
        if found < count:
            what = first_of(list(conditions)) or "the rules"
            raise ConfigError(
                f"of {tried:,} drawn samples {found:,} keep to {what}: too few for {count:,}. "
                + ("Ask for fewer (--count), or for less (--where)." if found else "Ask for less (--where).")
            )
        return Kept(np.concatenate(parts)[:count], tried, found)

    def interpolate(self, count: int, *, labels: Any = None, seed: int = 0, truncation: float = 1.0) -> Array:
        """Samples (count, *shape) of a closed walk in the data's own range and type; see ``GAN.interpolate``.

        Raises:
            ConfigError: an argument that does not fit.
        """
        count = whole("count", count, 1)
        return self.walk(count, self.labels(count, labels, order="rows"), seed=seed, truncation=truncation)

    def labels(
        self, count: int, labels: Any = None, *, order: drawing.Order = "turns", seed: int = 0
    ) -> Tensor | None:
        """The classes (count,) to draw: those that the user names, else all in this order.

        None without classes. Clusters come up at random, as often as in the data.

        Raises:
            ConfigError: a label is not one of the classes, or there are no classes to choose.
        """
        if labels is not None and (not self.classes or self.spec.clusters):
            unused = () if self.spec.clusters else self.spec.class_names
            why = suited.no_labels(self.config.dataset.data, unused)
            raise ConfigError(f"this generator was {why}, or draw without labels.")
        spec = self.spec if self.classes else replace(self.spec, class_names=())
        return drawing.label_indices(labels, count, spec, self.class_counts, seed, order)

    def latents(self, count: int, seed: int = 0, truncation: float = 1.0) -> Tensor:
        """Latents (count, latent_dim) that follow from the seed.

        Raises:
            ConfigError: the generator is given pictures instead.
        """
        if self.spec.given is not None:
            raise ConfigError(
                "this generator makes pictures of other pictures: `sparring translate RUN PICTURES` "
                "(gan.translate(pictures))."
            )
        return drawing.random_latents(count, self.config.networks.latent_dim, seed, truncation)

    def natural_labels(self, count: int) -> Tensor | None:
        """Classes (count,) in the data's proportions, to measure with; None without classes."""
        return drawing.natural_labels(count, self.class_counts)

    def encoded(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Samples (N, *shape) as the generator gives them, from latents (N, latent_dim).

        Args:
            labels: classes (N,), or weights of the classes (N, classes).
        """
        return drawing.draw(self.generator, latents, labels)

    def decoded(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """As ``encoded``, in the data's own range and type."""
        return drawing.decoded(self.generator, self.spec, latents, labels)

    def for_features(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generated samples in the form from which features are computed."""
        return drawing.for_features(self.generator, latents, labels, self.spec)

    def walk(
        self, frames: int, labels: Tensor | None = None, *, seed: int = 0, truncation: float = 1.0
    ) -> Array:
        """Samples (frames, *shape) in the data's own range and type, along a closed walk through the latents.

        Args:
            labels: classes (frames,); clusters go with the latents, from one to the next.
        """
        stops = self.latents(max(2, frames // STOP_FRAMES), seed, truncation)
        if self.spec.clusters:
            drawn = drawing.drawn_labels(len(stops), self.class_counts, seed)
            labels = drawing.blend(drawn, self.classes, frames)
        walked: Array = self.decoded(drawing.walk(stops, frames), labels).numpy()
        return walked


def _untrained(folder: RunFolder, own: Given | None) -> nn.Module:
    """The generator of a run's config, or a user's own, before training.

    Raises:
        ConfigError: it cannot draw this data, or this machine's memory is too small.
    """
    config, spec, classes = folder.config, folder.spec, folder.classes
    if config.game.rules == OWN:
        return made(folder.drawn_with, own, spec.shape, config.networks.latent_dim, classes)
    games.of(config).check_players(config, spec, classes)
    memory.check_generator(memory.generator_cost(config.networks, spec, classes))
    with torch.random.fork_rng(devices=[]):
        return networks.generator(config.networks, spec, classes, own)
