"""The whole GAN on one screen: one discriminator update, then one generator update."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from sparring.config.arguments import instance
from sparring.data.given import take
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.games import drawing, losses, schedules
from sparring.games.augment import Augmentation, sign_of_pairs
from sparring.games.average import WeightAverage, duplicate
from sparring.games.losses import Loss
from sparring.games.optimizers import adam
from sparring.games.penalties import AdaptiveGamma, LeCam, Penalty, between
from sparring.games.players import check_game, score
from sparring.machine.device import Runtime
from sparring.networks.blocks import has_batch_statistics
from sparring.networks.network import play

Batch = tuple[Tensor, Tensor | None]  # samples (B, *shape) in [-1, 1], labels (B,) or None
Logged = dict[str, Tensor]


class Update(NamedTuple):
    """What one player learns from one batch: a gradient for each of its weights, and what to log."""

    gradients: Sequence[Tensor | None]
    logged: Logged


class Ends(NamedTuple):
    """What ``lr_schedule`` leads to: shares of rates and penalties, and Adam's second beta (0: as it is)."""

    rates: float = 0.0
    penalties: float = 1.0
    beta2: float = 0.0


@dataclass
class AdversarialGame:
    """Two players, the game between them, and how far they are.

    ``generator(latents (B, latent_dim))`` gives samples, ``discriminator(samples)`` gives logits (B,).
    The players see the data scaled to [-1, 1]: a generator may end in tanh, not in a sigmoid or ReLU, and
    ``sample`` draws in the data's own units. Both take labels (B,) as a second argument when the data has
    them. Optimizers default to Adam(2e-4, betas (0.5, 0.999)). ``weight_clip`` keeps the discriminator's
    weights in [-weight_clip, weight_clip]; 0 does not. ``ema_half_life`` is in samples; 0 keeps no average.
    ``instance_noise`` is its deviation at the start, falling in a straight line to 0 at the end;
    ``clip_gradients`` the greatest norm of a player's gradient (0: any).

    A batch is split in ``ghost_batches`` parts, each with batch statistics of its own (Hoffer et al.
    2017, "Train longer, generalize better"), which a CPU computes side by side. The learning rates rise
    over the first ``lr_warmup`` of the budget.
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
    weight_clip: float = 0.0
    ema_half_life: float = 0.0
    ghost_batches: int = 1
    augment: Augmentation | None = None
    lecam: LeCam | None = None
    gamma: AdaptiveGamma | None = None
    instance_noise: float = 0.0
    clip_gradients: float = 0.0
    runtime: Runtime = field(default_factory=lambda: Runtime(precision="fp32"))

    penalty_scale: float = field(default=1.0, init=False)
    step: int = field(default=0, init=False)
    samples_seen: int = field(default=0, init=False)
    seconds: float = field(default=0.0, init=False)
    progress: float = field(default=0.0, init=False)  # share of the budget spent, 0 to 1
    spec: Spec | None = field(default=None, init=False)  # of the data trained on, to draw in its units

    def __post_init__(self) -> None:
        check_game(self)
        instance("ends", self.ends, Ends, "sparring.games.adversarial.Ends(rates, penalties, beta2)")
        self.generator = self.runtime.place(self.generator)
        self.discriminator = self.runtime.place(self.discriminator)
        if self.g_optimizer is None:
            self.g_optimizer = adam(self.generator)
        if self.d_optimizer is None:
            self.d_optimizer = adam(self.discriminator)
        self.base = [(group["lr"], group.get("betas")) for group in self._groups()]
        for memory in self.memories.values():
            memory.to(self.runtime.device)
        self.average = WeightAverage(self.generator) if self.ema_half_life else None
        self.judges_jointly = not has_batch_statistics(self.discriminator)
        others = range(1, self.ghost_batches)
        self._replicas = [(_replica(self.generator), _replica(self.discriminator)) for _ in others]

    @property
    def sampling_generator(self) -> nn.Module:
        """The generator to draw with: the weight average where there is one."""
        return self.average.network if self.average else self.generator

    def sample(
        self, count: int = 1, data: Any = None, *, labels: Any = None, seed: int = 0, truncation: float = 1.0
    ) -> NDArray[Any]:
        """Draw samples (count, *shape) in the data's own units and type, from ``sampling_generator``.

        Args:
            data: whose units; without it, those of the data that ``train`` was given.
            labels: as for ``GAN.sample``; without them all classes in turn.

        Raises:
            ConfigError: an argument that does not fit, or no data to know the units from.
        """
        dataset = None if data is None else take(data)[0]
        spec = self.spec if dataset is None else dataset.spec
        if spec is None:
            raise ConfigError(
                "whose units the samples shall have is not known yet: give game.sample(count, data)."
            )
        return drawing.samples(self.sampling_generator, spec, self.latent_dim, count, labels, seed, truncation)

    @property
    def memories(self) -> dict[str, nn.Module]:
        """What learns beside the players and is part of the state: adaptive p and gamma, LeCam's anchors."""
        found = {"augment": self.augment, "lecam": self.lecam, "gamma": self.gamma}
        return {name: memory for name, memory in found.items() if memory is not None}

    def replicas(self) -> list[AdversarialGame]:
        """This game once for each ghost batch: the same weights, batch statistics apart.

        The first is the game itself; the others start each step from its statistics.
        """
        replicas = [self]
        for generator, discriminator in self._replicas:
            _follow(generator, self.generator)
            _follow(discriminator, self.discriminator)
            replicas.append(copy.copy(self))
            replicas[-1].generator, replicas[-1].discriminator = generator, discriminator
        return replicas

    def at(self, progress: float) -> dict[str, float]:
        """Put rates, penalties and betas where they stand at this share of the budget; what to log of it."""
        self.progress, share = progress, self.lr_schedule(progress)
        lr_scale = schedules.towards(self.ends.rates, share) * schedules.warm_up(progress, self.lr_warmup)
        self.penalty_scale = schedules.towards(self.ends.penalties, share)
        for group, (rate, betas) in zip(self._groups(), self.base, strict=True):
            group["lr"] = rate * lr_scale
            if betas and self.ends.beta2:
                group["betas"] = (betas[0], self.ends.beta2 + (betas[1] - self.ends.beta2) * share)
        standing = {"lr_scale": lr_scale}
        return standing | ({"r1_gamma": self.r1 * self.penalty_scale} if self.r1 and not self.gamma else {})

    @property
    def r1(self) -> float:
        """R1's gamma as it was given; 0 without R1."""
        return sum(penalty.weight for penalty in self.penalties if penalty.on == "real")

    def _groups(self) -> list[dict[str, Any]]:
        """The optimizers' groups of weights; loading a state replaces them, so they are looked up anew."""
        return [*self.d_optimizer.param_groups, *self.g_optimizer.param_groups]


def adversarial_step(game: AdversarialGame, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
    """One step of the fight: a discriminator update per batch, then one generator update.

    ``rng`` draws the latents and what else is random. Returns both losses, the penalties' share ()
    and the logits (B,), detached, still on the device.
    """
    together, replicas = game.runtime.together, game.replicas()
    rngs = [rng, *(_child(rng) for _ in replicas[1:])]
    for batch in batches:
        parts = _split(batch, len(replicas))
        fakes = together(forge, replicas, parts, rngs)
        updates = together(discriminator_update, replicas, parts, [fake.detach() for fake in fakes], rngs)
        logged = remember(game, descend(game, game.discriminator, game.d_optimizer, updates))
        if game.weight_clip:
            clip_weights(game.discriminator, game.weight_clip)
    # The last fakes still hold their graph: the generator learns from them with the new discriminator.
    updates = together(generator_update, replicas, parts, fakes, rngs)
    return logged | descend(game, game.generator, game.g_optimizer, updates)


def forge(game: AdversarialGame, batch: Batch, rng: torch.Generator) -> Tensor:
    """Fakes G(z), z ~ N(0, I), as many and of the same classes as the batch."""
    (real, labels), runtime = batch, game.runtime
    latents = torch.randn(len(real) * runtime.processes, game.latent_dim, generator=rng, device=runtime.device)
    with runtime.autocast():
        fake = play(game.generator, runtime.share(latents), labels)
    return fake.float()


def see(game: AdversarialGame, samples: Tensor, rng: torch.Generator) -> Tensor:
    """Samples as the discriminator is shown them: augmented, then under noise, where the game has such."""
    runtime, count = game.runtime, len(samples) * game.runtime.processes
    if game.augment is not None:
        u = torch.rand(count, game.augment.numbers, generator=rng, device=runtime.device)
        samples = game.augment(samples, runtime.share(u))
    if game.instance_noise:
        noise = torch.randn(count, *samples.shape[1:], generator=rng, device=runtime.device)
        samples = samples + game.instance_noise * schedules.linear(game.progress) * runtime.share(noise)
    return samples


def discriminator_update(game: AdversarialGame, batch: Batch, fake: Tensor, rng: torch.Generator) -> Update:
    """The slope of L_D(D(x), D(G(z))) plus the penalties due at this step, in D's weights."""
    due = [penalty for penalty in game.penalties if game.step % penalty.every == 0]
    # Where D's slope in its samples is asked for, the logits carry it: one forward pass for both. It is
    # the slope of D(see(x)) in x, as in Karras et al. 2020: the alteration is a part of D here.
    real = batch[0].detach().requires_grad_(any(penalty.on == "real" for penalty in due))
    fake = fake.detach().requires_grad_(any(penalty.on == "fake" for penalty in due))
    labels = batch[1]
    real_logits, fake_logits = judge(game, see(game, real, rng), see(game, fake, rng), labels)
    d_loss = game.loss.discriminator(real_logits, fake_logits).mean()
    total = d_loss
    if game.lecam is not None:
        total = total + game.lecam.weight * game.lecam(real_logits, fake_logits).mean()
    for penalty in due:
        if penalty.on == "real":
            cost = penalty.function(real, real_logits).mean()
        elif penalty.on == "fake":
            cost = penalty.function(fake, fake_logits).mean()
        else:
            cost = penalise_elsewhere(game, penalty, real, fake, labels, rng)
        weight: float | Tensor = penalty.every * penalty.weight * game.penalty_scale
        if game.gamma is not None and penalty.on != "between":  # WGAN-GP's weight is no gamma
            weight = weight * game.gamma.scale
        total = total + weight * cost
    logged = {
        "d_loss": d_loss.detach(),
        "penalty": (total - d_loss).detach(),
        "real_logit": real_logits.detach(),
        "fake_logit": fake_logits.detach(),
    }
    return Update(slope(total, game.discriminator), logged)


def generator_update(game: AdversarialGame, batch: Batch, fake: Tensor, rng: torch.Generator) -> Update:
    """The slope of L_G(D(x), D(G(z))) in the generator's weights alone."""
    (real, labels), fake = batch, see(game, fake, rng)
    if game.loss.pairs:
        real = see(game, real, rng)
    with game.runtime.autocast():
        fake_logits = score(game.discriminator, fake, labels)
        real_logits = fake_logits.detach()
        if game.loss.pairs:
            with torch.no_grad():
                real_logits = score(game.discriminator, real, labels)
    g_loss = game.loss.generator(real_logits, fake_logits).mean()
    return Update(slope(g_loss, game.generator), {"g_loss": g_loss.detach()})


def slope(loss: Tensor, network: nn.Module) -> list[Tensor | None]:
    """The gradient of a loss () in each weight of a network; None where it does not enter.

    Naming the weights spares those of the other player, which nobody would use.
    """
    weights = [p for p in network.parameters() if p.requires_grad]
    return list(torch.autograd.grad(loss, weights, allow_unused=True))


def descend(
    game: AdversarialGame, network: nn.Module, optimizer: Optimizer, updates: Sequence[Update]
) -> Logged:
    """One optimizer step along the updates' mean gradient; returns what they logged, joined."""
    weights = [p for p in network.parameters() if p.requires_grad]
    of_parts = zip(*(update.gradients for update in updates), strict=True)
    for weight, gradients in zip(weights, of_parts, strict=True):
        present = [gradient for gradient in gradients if gradient is not None]
        weight.grad = _mean(weight, present, len(updates))
    game.runtime.average_gradients(weights)
    if game.clip_gradients:
        torch.nn.utils.clip_grad_norm_(weights, game.clip_gradients)
    optimizer.step()
    if len(updates) == 1:
        return updates[0].logged
    return {name: _joined([update.logged[name] for update in updates]) for name in updates[0].logged}


def remember(game: AdversarialGame, logged: Logged) -> Logged:
    """Let LeCam's anchors, p and gamma follow an update's logits; returns what is logged, and the latter."""
    real, fake, mean = logged["real_logit"], logged["fake_logit"], game.runtime.mean
    if game.lecam is not None:
        game.lecam.update(mean(torch.stack([real.mean(), fake.mean()])))
    if game.augment is not None:
        overfitting = mean(game.augment.overfitting(real, fake))
        game.augment.adapt(overfitting, len(real) * game.runtime.processes)
        logged = logged | {"augment_p": game.augment.p.clone()}
    if game.gamma is not None:
        game.gamma.adapt(mean(sign_of_pairs(real, fake)), len(real) * game.runtime.processes)
        if game.r1:
            logged = logged | {"r1_gamma": game.r1 * game.penalty_scale * game.gamma.scale}
    return logged


def judge(game: AdversarialGame, real: Tensor, fake: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
    """D(x) and D(G(z)), (B,) each; in float32 and apart where a slope in the samples is asked for.

    Otherwise in one forward pass, unless batch statistics would mix the two.
    """
    sloped = real.requires_grad or fake.requires_grad
    with nullcontext() if sloped else game.runtime.autocast():
        if sloped or not game.judges_jointly:
            return score(game.discriminator, real, labels), score(game.discriminator, fake, labels)
        both = None if labels is None else torch.cat([labels, labels])
        logits = score(game.discriminator, torch.cat([real, fake]), both)
    real_logits, fake_logits = logits.split(len(real))
    return real_logits, fake_logits


def penalise_elsewhere(
    game: AdversarialGame,
    penalty: Penalty,
    real: Tensor,
    fake: Tensor,
    labels: Tensor | None,
    rng: torch.Generator,
) -> Tensor:
    """The batch mean of a penalty "between" real and fake or "near" reals, in float32."""
    runtime, count = game.runtime, len(real) * game.runtime.processes
    if penalty.on == "between":
        share = torch.rand(count, generator=rng, device=runtime.device)
        samples = between(real, fake, runtime.share(share)).detach().requires_grad_()
        return penalty.function(samples, score(game.discriminator, see(game, samples, rng), labels)).mean()
    here = see(game, real.detach(), rng)
    u = runtime.share(torch.randn(count, *real.shape[1:], generator=rng, device=runtime.device))
    both = None if labels is None else torch.cat([labels, labels])
    samples = torch.cat([here, here + penalty.sigma * u])
    return penalty.function(samples, score(game.discriminator, samples, both)).mean()


@torch.no_grad()
def clip_weights(network: nn.Module, bound: float) -> None:
    """Every weight to [-bound, bound]: a crude Lipschitz bound (Arjovsky et al. 2017, algorithm 1)."""
    for weight in network.parameters():
        weight.clamp_(-bound, bound)


def _replica(network: nn.Module) -> nn.Module:
    """A copy with the same weights but buffers (batch statistics) of its own."""
    return duplicate(network, {id(weight): weight for weight in network.parameters()})


def _follow(replica: nn.Module, network: nn.Module) -> None:
    if replica.training != network.training:
        replica.train(network.training)
    for mine, theirs in zip(replica.buffers(), network.buffers(), strict=True):
        mine.copy_(theirs)


def _child(rng: torch.Generator) -> torch.Generator:
    """A generator of its own that follows from this one."""
    seed = torch.randint(2**31, (), generator=rng, device=rng.device)
    return torch.Generator(rng.device).manual_seed(int(seed))


def _split(batch: Batch, parts: int) -> list[Batch]:
    real, labels = batch
    all_labels = [None] * parts if labels is None else labels.chunk(parts)
    return list(zip(real.chunk(parts), all_labels, strict=True))


def _mean(weight: Tensor, gradients: Sequence[Tensor], count: int) -> Tensor | None:
    """The gradients' sum over ``count``, laid out in memory as the weight is; None of none.

    The layout is part of the value: torch's fused Adam on a CPU reads both as if they were alike.
    """
    if not gradients:
        return None
    total = gradients[0] if count == 1 else torch.stack(list(gradients)).sum(0).div_(count)
    return total if total.stride() == weight.stride() else torch.empty_like(weight).copy_(total)


def _joined(values: Sequence[Tensor]) -> Tensor:
    """What the parts logged, as if of one batch: means () averaged, values of samples (B,) joined."""
    return torch.cat(list(values)) if values[0].ndim else torch.stack(list(values)).mean()


def gradient_norm(network: nn.Module) -> float:
    """2-norm of a network's present gradient over all its weights."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    return float(torch.nn.utils.get_total_norm(gradients)) if gradients else 0.0
