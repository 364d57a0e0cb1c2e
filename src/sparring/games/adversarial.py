"""The adversarial game: a generator against a discriminator."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from sparring.config.arguments import instance
from sparring.data.spec import Batch, Dataset, Spec
from sparring.errors import ConfigError
from sparring.games import drawing, first_outputs, losses, schedules
from sparring.games.adversarial_step import adversarial_step
from sparring.games.augment import Augmentation
from sparring.games.average import WeightAverage
from sparring.games.described import described
from sparring.games.game import Clock, Inputs, Logged
from sparring.games.ghosts import follow, replica
from sparring.games.losses import Loss
from sparring.games.optimizers import adam
from sparring.games.overfitting import HeldOutGap
from sparring.games.penalties import AdaptiveGamma, LeCam, Penalty
from sparring.games.players import check_game, may_draw, randomness_kept
from sparring.kinds import find
from sparring.machine.device import Runtime
from sparring.networks.blocks import has_batch_statistics
from sparring.networks.network import Growing, at_rest, play


class Ends(NamedTuple):
    """Where ``lr_schedule`` ends: factors of rates and penalties, and Adam's second beta (None: unchanged)."""

    rates: float = 0.0
    penalties: float = 1.0
    beta2: float | None = None


@dataclass
class AdversarialGame:
    """A generator, a discriminator, the game between them, and the progress of the training.

    ``generator(latents (B, latent_dim))`` gives samples, and ``discriminator(samples)`` gives logits (B,).
    Both players take labels (B,) as a second argument if the data has labels. The players see the data
    scaled to [-1, 1], so a generator may end in tanh, but not in a sigmoid or ReLU. ``sample`` draws in the
    data's own units.

    The default optimizers are Adam(2e-4, betas (0.5, 0.999)). ``weight_clip`` keeps the discriminator's
    weights in [-weight_clip, weight_clip]. ``ema_half_life`` is the half-life, in samples, of the
    generator's weight average; it is at most ``ema_ramp`` times the samples seen. ``clip_gradients`` is the
    greatest norm of a player's gradient. Each of these three does nothing if it is None. ``instance_noise`` is
    the standard deviation of the noise at the start; it falls linearly to 0 at the end. If the discriminator
    has a second one beside it (``Accompanied``), the loss of that one counts ``second_weight`` times.

    A batch is divided into ``ghost_batches`` parts, each with its own batch statistics (Hoffer et al. 2017,
    "Train longer, generalize better"). A CPU computes the parts in parallel. The learning rates rise
    linearly from 0 over ``lr_warmup``, a share of the budget.
    """

    generator: nn.Module
    discriminator: nn.Module
    latent_dim: int
    g_optimizer: Optimizer = None  # type: ignore[assignment]  # filled in below
    d_optimizer: Optimizer = None  # type: ignore[assignment]
    loss: Loss = losses.non_saturating
    penalties: Sequence[Penalty] = ()
    d_steps: int = 1
    lr_schedule: Callable[[float], float] = schedules.constant
    lr_warmup: float = 0.0
    ends: Ends = field(default_factory=Ends)
    weight_clip: float | None = None
    ema_half_life: float | None = None
    ema_ramp: float = schedules.RAMP
    ghost_batches: int = 1
    augment: Augmentation | None = None
    lecam: LeCam | None = None
    gamma: AdaptiveGamma | None = None
    instance_noise: float = 0.0
    second_weight: float = 1.0
    clip_gradients: float | None = None
    runtime: Runtime = field(default_factory=lambda: Runtime(precision="fp32"))

    penalty_scale: float = field(default=1.0, init=False)
    clock: Clock = field(default_factory=Clock, init=False)
    spec: Spec | None = field(default=None, init=False)  # of the training data, to draw in its units

    def __post_init__(self) -> None:
        check_game(self)
        instance("ends", self.ends, Ends, "sparring.games.adversarial.Ends(rates, penalties, beta2)")
        self.generator = self.runtime.place(self.generator)
        self.discriminator = self.runtime.place(self.discriminator)
        if self.g_optimizer is None:
            self.g_optimizer = adam(self.generator)
        if self.d_optimizer is None:
            self.d_optimizer = adam(self.discriminator)
        self.average = WeightAverage(self.generator) if self.ema_half_life else None
        self.base = [(group["lr"], group.get("betas")) for group in self._groups()]
        for memory in self.memories.values():
            memory.to(self.runtime.device)
        self.judges_jointly = not has_batch_statistics(self.discriminator)
        self._draws = any(may_draw(player) for player in self.players.values())
        others = range(1, self.ghost_batches)
        self._replicas = [(replica(self.generator), replica(self.discriminator)) for _ in others]

    @property
    def players(self) -> dict[str, nn.Module]:
        """The generator and the discriminator."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    @property
    def critic(self) -> nn.Module:
        """The discriminator."""
        return self.discriminator

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """The optimizer of each player."""
        return {"generator": self.g_optimizer, "discriminator": self.d_optimizer}

    @property
    def memories(self) -> dict[str, nn.Module]:
        """What else is part of the state: adaptive p and gamma, LeCam's anchors, and the weight average."""
        average = self.average.network if self.average else None
        found = {"augment": self.augment, "lecam": self.lecam, "gamma": self.gamma, "average": average}
        return {name: memory for name, memory in found.items() if memory is not None}

    @property
    def batches(self) -> int:
        """The number of batches in a step: one for each update of the discriminator."""
        return self.d_steps

    @property
    def parts(self) -> int:
        """The number of ghost batches."""
        return self.ghost_batches

    @property
    def stability_advice(self) -> str:
        """What to try if a number is no longer finite."""
        return "a weaker penalty" if self.penalties else "an R1 penalty (r1_gamma 1 to 10)"

    @property
    def sampling_generator(self) -> nn.Module:
        """The generator to draw with: the weight average, if there is one."""
        return self.average.network if self.average else self.generator

    def sample(
        self, count: int = 1, data: Any = None, *, labels: Any = None, seed: int = 0, truncation: float = 1.0
    ) -> NDArray[Any]:
        """Draw samples (count, *shape) in the data's own units and type, from ``sampling_generator``.

        Args:
            data: samples have its units; by default, those of the data that ``train`` was given.
            labels: as for ``GAN.sample``; by default, all classes in turn.

        Raises:
            ConfigError: an argument does not fit, or no data says what the units are.
        """
        dataset = None if data is None else find.samples(data)[0]
        spec = self.spec if dataset is None else dataset.spec
        if spec is None:
            raise ConfigError(
                "whose units the samples shall have is not known yet: give game.sample(count, data)."
            )
        return drawing.samples(self.sampling_generator, spec, self.latent_dim, count, labels, seed, truncation)

    def step(self, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
        """Make one step of the game: see ``adversarial_step``."""
        if not self._draws:
            return adversarial_step(self, batches, rng)
        seed = int(torch.randint(2**31, (), generator=rng, device=rng.device))
        with randomness_kept(self):
            torch.manual_seed(seed)
            return adversarial_step(self, batches, rng)

    def update_average(self, batches: Sequence[Batch]) -> None:
        """Move the average of the generator's weights after a step with these batches."""
        if self.average and self.ema_half_life:
            count = sum(len(batch.real) for batch in batches) * self.runtime.processes
            seen = self.clock.samples_seen + count
            self.average.update(schedules.ema_decay(self.ema_half_life, count, seen, self.ema_ramp))

    def given(self, batch: Batch, rng: torch.Generator) -> Tensor:
        """The inputs that came with the batch, or latents (B, latent_dim) from N(0, I)."""
        if batch.given is not None:
            return batch.given
        count = len(batch.real) * self.runtime.processes
        latents = torch.randn(count, self.latent_dim, generator=rng, device=rng.device)
        return self.runtime.share(latents).to(self.runtime.device)

    def inputs(self, data: Dataset, count: int, seed: int, labels: Tensor | None = None) -> Inputs:
        """Latents (count, latent_dim) and these labels; for paired data, the inputs of random samples."""
        if data.given is not None:
            return drawing.given_with(data, count, seed)
        return Inputs(drawing.random_latents(count, self.latent_dim, seed), labels)

    @torch.no_grad()
    def draw(self, given: Tensor, labels: Tensor | None = None, *, averaged: bool = True) -> Tensor:
        """Encoded samples (B, *shape); batch statistics do not change."""
        generator = self.sampling_generator if averaged else self.generator
        with at_rest(generator), self.runtime.autocast():
            return play(generator, given, labels).float()

    def try_out(self, batch: Batch) -> None:
        """Try a step on copies; before the first step, also warn of problems in the outputs of the players.

        Raises:
            PlayerError: the step fails, or a player cannot learn.
        """
        first_outputs.try_out(self, batch)

    def gauge(self, data: Dataset, held_out: Dataset | None, seed: int) -> Callable[[], dict[str, float]]:
        """A function that compares the discriminator on the training set and on the hold-out."""
        return HeldOutGap(self, data, held_out, seed) if held_out else dict

    def described(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The options that describe the game, and a text about each part that no option describes."""
        return described(self)

    def replicas(self) -> list[AdversarialGame]:
        """This game once for each ghost batch, with the same weights and separate batch statistics.

        The first is the game itself; the others start each step with a copy of its statistics.
        """
        replicas = [self]
        for generator, discriminator in self._replicas:
            follow(generator, self.generator)
            follow(discriminator, self.discriminator)
            replicas.append(copy.copy(self))
            replicas[-1].generator, replicas[-1].discriminator = generator, discriminator
        return replicas

    def at(self, progress: float) -> dict[str, float]:
        """Set rates, penalties and betas to their values at this share of the budget; return what to log."""
        networks = (*self.players.values(), *itertools.chain(*self._replicas))
        grown = min((n.grow_to(progress) for n in networks if isinstance(n, Growing)), default=1.0)
        share = self.lr_schedule(progress)
        lr_scale = schedules.towards(self.ends.rates, share) * schedules.warm_up(progress, self.lr_warmup)
        self.penalty_scale = schedules.towards(self.ends.penalties, share)
        for group, (rate, betas) in zip(self._groups(), self.base, strict=True):
            group["lr"] = rate * lr_scale
            if betas and self.ends.beta2:
                group["betas"] = (betas[0], self.ends.beta2 + (betas[1] - self.ends.beta2) * share)
        standing = {"lr_scale": lr_scale} | ({"grown": grown} if grown < 1 else {})
        return standing | ({"r1_gamma": self.r1 * self.penalty_scale} if self.r1 and not self.gamma else {})

    @property
    def r1(self) -> float:
        """The given gamma of R1; 0 without R1."""
        return sum(penalty.weight for penalty in self.penalties if penalty.on == "real")

    def _groups(self) -> list[dict[str, Any]]:
        """The optimizers' groups of weights; loading a state replaces them, so they are looked up each time."""
        return [*self.d_optimizer.param_groups, *self.g_optimizer.param_groups]
