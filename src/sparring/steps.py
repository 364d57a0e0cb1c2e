"""The whole GAN on one screen: one discriminator update, then one generator update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from sparring import losses, schedules
from sparring.ema import WeightAverage
from sparring.losses import Loss
from sparring.networks.blocks import has_batch_statistics
from sparring.penalties import Penalty, between
from sparring.runtime import Runtime

Batch = tuple[Tensor, Tensor | None]  # samples (B, *shape) in [-1, 1], labels (B,) or None


@dataclass
class Bout:
    """Two players, the game between them, and how far they are.

    ``generator(latents (B, latent_dim))`` gives samples, ``discriminator(samples)`` gives logits
    (B,); both take labels (B,) as a second argument when the data has them. Optimizers default to
    Adam(2e-4, betas (0.5, 0.999)). ``ema_half_life`` is in samples; 0 keeps no average.
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
    ema_half_life: float = 0.0
    runtime: Runtime = field(default_factory=lambda: Runtime(precision="fp32"))

    step: int = field(default=0, init=False)
    samples_seen: int = field(default=0, init=False)
    seconds: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.generator = self.runtime.place(self.generator)
        self.discriminator = self.runtime.place(self.discriminator)
        fused = self.runtime.device.type in ("cpu", "cuda")
        if self.g_optimizer is None:
            self.g_optimizer = Adam(self.generator.parameters(), 2e-4, (0.5, 0.999), fused=fused)
        if self.d_optimizer is None:
            self.d_optimizer = Adam(self.discriminator.parameters(), 2e-4, (0.5, 0.999), fused=fused)
        self.base_rates = [[g["lr"] for g in o.param_groups] for o in (self.d_optimizer, self.g_optimizer)]
        self.average = WeightAverage(self.generator) if self.ema_half_life else None
        self.judges_jointly = not has_batch_statistics(self.discriminator)

    @property
    def artist(self) -> nn.Module:
        """The generator to draw with: the weight average where there is one."""
        return self.average.network if self.average else self.generator

    def scale_rates(self, factor: float) -> None:
        """Set both learning rates to ``factor`` times their base."""
        for optimizer, rates in zip((self.d_optimizer, self.g_optimizer), self.base_rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor


def adversarial_step(bout: Bout, batches: Sequence[Batch], rng: torch.Generator) -> dict[str, Tensor]:
    """One step of the fight: a discriminator update per batch, then one generator update.

    ``rng`` draws the latents. Returns both losses, the penalties' share () and the logits (B,),
    detached, still on the device.
    """
    for real, labels in batches:
        fake = forge(bout, len(real), labels, rng)
        logged = update_discriminator(bout, real, fake.detach(), labels, rng)
    # The last fakes still hold their graph: the generator learns from them with the new discriminator.
    return logged | update_generator(bout, real, fake, labels)


def forge(bout: Bout, count: int, labels: Tensor | None, rng: torch.Generator) -> Tensor:
    """Fakes G(z), z ~ N(0, I), of the given classes."""
    runtime = bout.runtime
    latents = torch.randn(count * runtime.processes, bout.latent_dim, generator=rng, device=runtime.device)
    with runtime.autocast():
        fake = play(bout.generator, runtime.share(latents), labels)
    return fake.float()


def update_discriminator(
    bout: Bout, real: Tensor, fake: Tensor, labels: Tensor | None, rng: torch.Generator
) -> dict[str, Tensor]:
    """Descend L_D(D(x), D(G(z))) plus the penalties due at this step."""
    real_logits, fake_logits = judge(bout, real, fake, labels)
    d_loss = bout.loss.discriminator(real_logits, fake_logits).mean()
    total = d_loss
    for penalty in bout.penalties:
        if bout.step % penalty.every == 0:
            total = total + penalty.every * penalty.weight * penalise(bout, penalty, real, fake, labels, rng)
    bout.d_optimizer.zero_grad()
    total.backward()
    bout.runtime.average_gradients(bout.discriminator.parameters())
    bout.d_optimizer.step()
    return {
        "d_loss": d_loss.detach(),
        "penalty": (total - d_loss).detach(),
        "real_logit": real_logits.detach(),
        "fake_logit": fake_logits.detach(),
    }


def update_generator(bout: Bout, real: Tensor, fake: Tensor, labels: Tensor | None) -> dict[str, Tensor]:
    """Descend L_G(D(x), D(G(z))) in the generator's weights alone."""
    with bout.runtime.autocast():
        fake_logits = play(bout.discriminator, fake, labels).float()
        real_logits = fake_logits.detach()
        if bout.loss.pairs:
            with torch.no_grad():
                real_logits = play(bout.discriminator, real, labels).float()
    g_loss = bout.loss.generator(real_logits, fake_logits).mean()
    bout.g_optimizer.zero_grad()
    # Naming the inputs spares the discriminator's weight gradients, which nobody would use.
    weights = [p for p in bout.generator.parameters() if p.requires_grad]
    g_loss.backward(inputs=weights)
    bout.runtime.average_gradients(weights)
    bout.g_optimizer.step()
    return {"g_loss": g_loss.detach()}


def judge(bout: Bout, real: Tensor, fake: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
    """D(x) and D(G(z)), (B,) each; in one forward pass unless batch statistics would mix the two."""
    with bout.runtime.autocast():
        if not bout.judges_jointly:
            real_logits = play(bout.discriminator, real, labels)
            return real_logits.float(), play(bout.discriminator, fake, labels).float()
        both = None if labels is None else torch.cat([labels, labels])
        logits = play(bout.discriminator, torch.cat([real, fake]), both).float()
    real_logits, fake_logits = logits.split(len(real))
    return real_logits, fake_logits


def penalise(
    bout: Bout, penalty: Penalty, real: Tensor, fake: Tensor, labels: Tensor | None, rng: torch.Generator
) -> Tensor:
    """The batch mean of one penalty, in float32."""
    if penalty.on == "between":
        share = torch.rand(len(real) * bout.runtime.processes, generator=rng, device=real.device)
        samples = between(real, fake, bout.runtime.share(share))
    else:
        samples = real if penalty.on == "real" else fake
    samples = samples.detach().requires_grad_()
    return penalty.function(samples, play(bout.discriminator, samples, labels)).mean()


def play(player: nn.Module, inputs: Tensor, labels: Tensor | None) -> Tensor:
    """Call a player, with labels where there are any."""
    outputs: Tensor = player(inputs) if labels is None else player(inputs, labels)
    return outputs


def gradient_norm(network: nn.Module) -> float:
    """2-norm of a network's present gradient over all its weights."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    return float(torch.nn.utils.get_total_norm(gradients)) if gradients else 0.0
