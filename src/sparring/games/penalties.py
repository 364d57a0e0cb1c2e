"""Gradient penalties: ``(samples, logits) -> (B,)``, summed over every axis of a sample but the batch.

``samples`` must require grad and ``logits`` must have been computed from them. LeCam and the gamma
that adapts, at the end, look at logits alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from sparring.config.groups import PenaltiesConfig

PenaltyFunction = Callable[[Tensor, Tensor], Tensor]


class Penalty(NamedTuple):
    """A penalty in the discriminator's loss.

    ``on`` says where the gradient is taken: real samples, fakes, points between the two, or "near":
    reals and then, for each, a point ``sigma`` away (2B), whose logits are compared.
    With ``every`` = k it is computed each k-th step and weighted k times (Karras et al. 2020).
    """

    function: PenaltyFunction
    on: Literal["real", "fake", "between", "near"]
    weight: float
    every: int = 1
    sigma: float = 0.0


def squared_gradient_norm(samples: Tensor, logits: Tensor) -> Tensor:
    """|grad_x D(x)|^2 of each sample (B,), differentiable in D's weights."""
    (gradient,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
    return gradient.square().flatten(1).sum(1)


def zero_centred(samples: Tensor, logits: Tensor) -> Tensor:
    """1/2 |grad_x D(x)|^2: R1 on real samples, R2 on fakes (Mescheder et al. 2018, eq. 9)."""
    return 0.5 * squared_gradient_norm(samples, logits)


def one_centred(samples: Tensor, logits: Tensor) -> Tensor:
    """(|grad_x D(x)| - 1)^2, for points between real and fake (Gulrajani et al. 2017, eq. 3)."""
    # The norm's derivative is infinite at 0; the floor keeps it finite and moves the norm by < 1e-6.
    norm = squared_gradient_norm(samples, logits).clamp_min(1e-12).sqrt()
    return (norm - 1).square()


def finite_difference(samples: Tensor, logits: Tensor, sigma: float) -> Tensor:
    """1/2 ((D(x + sigma u) - D(x)) / sigma)^2 (B,), u ~ N(0, I): R1 without a second derivative.

    ``logits`` (2B,) are those of x and then those of x + sigma u. For small sigma the expectation
    over u is R1's 1/2 |grad D|^2; for a linear D it is so exactly. After Lin et al. 2025
    ("Diffusion adversarial post-training", approximated R1), whose weight holds the 1 / sigma^2.
    """
    here, there = logits.chunk(2)
    return 0.5 * ((there - here) / sigma).square()


def between(real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """The points ``share`` (B,) of the way from each real sample to a fake, shape of ``real``.

    Raises:
        ValueError: shapes that would broadcast.
    """
    if real.shape != fake.shape or share.shape != real.shape[:1]:
        raise ValueError(
            f"real {tuple(real.shape)}, fake {tuple(fake.shape)}, share {tuple(share.shape)}: "
            "expected one shape (B, ...) and (B,)."
        )
    return torch.lerp(real, fake, share.view(-1, *[1] * (real.ndim - 1)))


def r1(gamma: float, every: int = 1) -> Penalty:
    """R1: gamma/2 E|grad D(real)|^2 (Mescheder et al. 2018)."""
    return Penalty(zero_centred, "real", gamma, every)


def r2(gamma: float, every: int = 1) -> Penalty:
    """R2: gamma/2 E|grad D(fake)|^2 (Mescheder et al. 2018)."""
    return Penalty(zero_centred, "fake", gamma, every)


def gradient_penalty(weight: float = 10.0, every: int = 1) -> Penalty:
    """WGAN-GP: weight times E(|grad D| - 1)^2 between real and fake (Gulrajani et al. 2017)."""
    return Penalty(one_centred, "between", weight, every)


def near_r1(gamma: float, every: int = 1, sigma: float = 0.01) -> Penalty:
    """R1 by finite differences: gamma/2 E((D(real + sigma u) - D(real)) / sigma)^2."""
    return Penalty(partial(finite_difference, sigma=sigma), "near", gamma, every, sigma)


def of(chosen: PenaltiesConfig) -> tuple[Penalty, ...]:
    """The penalties of a config whose weights are not 0."""
    every = chosen.penalty_every
    known = (
        r1(chosen.r1_gamma, every),
        r2(chosen.r2_gamma, every),
        gradient_penalty(chosen.gp_weight, every),
        near_r1(chosen.r1_near_gamma, every, chosen.r1_near_sigma),
    )
    return tuple(penalty for penalty in known if penalty.weight)


def anchored(real: Tensor, fake: Tensor, real_anchor: Tensor, fake_anchor: Tensor) -> Tensor:
    """(D(x) - a_F)^2 + (D(G(z)) - a_R)^2 (B,), a the averages () of each kind's logits.

    LeCam (Tseng et al. 2021, eq. 5): scores are held near those the other kind has had on average,
    so that a discriminator with few samples does not pull the two apart without end.
    """
    return (real - fake_anchor).square() + (fake - real_anchor).square()


class LeCam(nn.Module):
    """The anchors of ``anchored``: averages of the logits of reals and of fakes over the updates.

    They begin at 0 and are buffers, and so part of a checkpoint.
    """

    real: Tensor
    fake: Tensor

    def __init__(self, weight: float = 0.3, decay: float = 0.99) -> None:
        super().__init__()
        self.weight, self.decay = weight, decay
        self.register_buffer("real", torch.zeros(()))
        self.register_buffer("fake", torch.zeros(()))

    def forward(self, real: Tensor, fake: Tensor) -> Tensor:
        """Logits (B,) of both kinds to the penalty (B,)."""
        return anchored(real, fake, self.real, self.fake)

    @torch.no_grad()
    def update(self, means: Tensor) -> None:
        """Move the anchors a little towards a batch's mean logits, (2,) of reals and fakes."""
        self.real.lerp_(means[0], 1 - self.decay)
        self.fake.lerp_(means[1], 1 - self.decay)


class AdaptiveGamma(nn.Module):
    """Gamma as a multiple of the one that was given, moved until the discriminator's lead is the target.

    The lead is P(D(x) > D(G(z))) - P(D(x) < D(G(z))): above the target the discriminator tells its
    samples apart too surely, so gamma rises and flattens it; below it falls. Tenfold takes
    ``samples_to_tenfold`` samples, and ``reach`` times either way is the most. This is ADA's control of
    p (Karras et al. 2020, section 3) with gamma in its hand. The scale is a buffer, and so part of a
    checkpoint.
    """

    scale: Tensor

    def __init__(self, target: float, samples_to_tenfold: float = 100_000, reach: float = 10.0) -> None:
        super().__init__()
        self.target, self.samples_to_tenfold, self.reach = target, samples_to_tenfold, reach
        self.register_buffer("scale", torch.ones(()))

    @torch.no_grad()
    def adapt(self, lead: Tensor, samples: int) -> None:
        """Move the scale after so many samples, over which the discriminator had this lead ()."""
        factor = 10 ** ((lead - self.target).sign() * (samples / self.samples_to_tenfold))
        self.scale.mul_(factor.to(self.scale.dtype)).clamp_(1 / self.reach, self.reach)


def adaptive_gamma(chosen: PenaltiesConfig) -> AdaptiveGamma | None:
    """The adaptive gamma; None if gamma does not adapt."""
    if not chosen.gamma_target:
        return None
    return AdaptiveGamma(chosen.gamma_target, chosen.gamma_samples)
