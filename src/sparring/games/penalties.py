"""Gradient penalties ``(samples, logits) -> (B,)``, summed over all axes except the batch.

``samples`` must require grad and ``logits`` must have been computed from them. LeCam and the adaptive
gamma, at the end of this file, use only the logits.
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

    ``on`` says where the gradient is taken: at real samples, at fakes, or at points "between" the two. With
    "near" there is a second point for each real sample, ``sigma`` away, and the two logits are compared; the
    samples are then (2B, ...). With "features" it is taken at the features of real samples by which a second
    discriminator judges, at each of its stages. If ``every`` is k, the penalty is computed at each k-th step,
    with k times the weight (Karras et al. 2020).
    """

    function: PenaltyFunction
    on: Literal["real", "fake", "between", "near", "features"]
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


def zero_centred_at_places(features: Tensor, logits: Tensor) -> Tensor:
    """1/2 the mean over places of |grad f(x_p)|^2 (B,), for logits that are the mean of f(x_p) over places p.

    Features are (B, C, ...). A place has a part of the mean alone, so its gradient is multiplied by their
    number n: 1/n sum_p |n grad_p D|^2.
    """
    return features[0, 0].numel() * zero_centred(features, logits)


def one_centred(samples: Tensor, logits: Tensor) -> Tensor:
    """(|grad_x D(x)| - 1)^2, for points between real and fake (Gulrajani et al. 2017, eq. 3)."""
    # The norm's derivative is infinite at 0; the floor keeps it finite and moves the norm by < 1e-6.
    norm = squared_gradient_norm(samples, logits).clamp_min(1e-12).sqrt()
    return (norm - 1).square()


def finite_difference(samples: Tensor, logits: Tensor, sigma: float) -> Tensor:
    """1/2 ((D(x + sigma u) - D(x)) / sigma)^2 (B,), u ~ N(0, I): R1 without a second derivative.

    ``logits`` (2B,) are those of x and then those of x + sigma u. For small sigma the expectation
    over u is R1's 1/2 |grad D|^2; for a linear D the two are equal. After Lin et al. 2025
    ("Diffusion adversarial post-training", approximated R1), whose weight includes the 1 / sigma^2.
    """
    here, there = logits.chunk(2)
    return 0.5 * ((there - here) / sigma).square()


def between(real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """The points at ``share`` (B,) of the way from each real sample to a fake, in the shape of ``real``.

    Raises:
        ValueError: the shapes differ, and would be broadcast.
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


def r1_features(gamma: float, every: int = 1) -> Penalty:
    """R1 of a discriminator of frozen features: gamma/2 times |grad|^2 in the features of a place."""
    return Penalty(zero_centred_at_places, "features", gamma, every)


def of(chosen: PenaltiesConfig) -> tuple[Penalty, ...]:
    """The penalties of a config whose weights are not 0."""
    every = chosen.penalty_every
    known = (
        r1(chosen.r1_gamma, every),
        r2(chosen.r2_gamma, every),
        gradient_penalty(chosen.gp_weight, every),
        near_r1(chosen.r1_near_gamma, every, chosen.r1_near_sigma),
        r1_features(chosen.r1_features_gamma, every),
    )
    return tuple(penalty for penalty in known if penalty.weight)


def anchored(real: Tensor, fake: Tensor, real_anchor: Tensor, fake_anchor: Tensor) -> Tensor:
    """(D(x) - a_F)^2 + (D(G(z)) - a_R)^2 (B,), where a_F and a_R () are averages of fake and real logits.

    LeCam (Tseng et al. 2021, eq. 5): real logits are kept near the average fake logit, and fake logits near
    the average real one. A discriminator with few samples then does not separate the two without limit.
    """
    return (real - fake_anchor).square() + (fake - real_anchor).square()


class LeCam(nn.Module):
    """The anchors of ``anchored``: moving averages of the real and of the fake logits over the updates.

    They start at 0. They are buffers, so they are part of a checkpoint.
    """

    real: Tensor
    fake: Tensor

    def __init__(self, weight: float = 0.3, decay: float = 0.99) -> None:
        super().__init__()
        self.weight, self.decay = weight, decay
        self.register_buffer("real", torch.zeros(()))
        self.register_buffer("fake", torch.zeros(()))

    def forward(self, real: Tensor, fake: Tensor) -> Tensor:
        """The penalty (B,) of real and fake logits (B,)."""
        return anchored(real, fake, self.real, self.fake)

    @torch.no_grad()
    def update(self, means: Tensor) -> None:
        """Move the anchors a little towards the mean real and the mean fake logit (2,) of a batch."""
        self.real.lerp_(means[0], 1 - self.decay)
        self.fake.lerp_(means[1], 1 - self.decay)


class AdaptiveGamma(nn.Module):
    """A factor of the given gamma that adapts until the discriminator's lead reaches a target.

    The lead is P(D(x) > D(G(z))) - P(D(x) < D(G(z))). Above the target, the discriminator separates real
    and fake samples too well, so gamma rises, which makes the discriminator flatter. Below the target, gamma
    falls. A tenfold change takes ``samples_to_tenfold`` samples, and the factor stays in
    [1 / ``reach``, ``reach``]. ADA controls p in the same way (Karras et al. 2020, section 3). The scale is a
    buffer, so it is part of a checkpoint.
    """

    scale: Tensor

    def __init__(self, target: float, samples_to_tenfold: float = 100_000, reach: float = 10.0) -> None:
        super().__init__()
        self.target, self.samples_to_tenfold, self.reach = target, samples_to_tenfold, reach
        self.register_buffer("scale", torch.ones(()))

    @torch.no_grad()
    def adapt(self, lead: Tensor, samples: int) -> None:
        """Move the scale after this number of samples, on which the discriminator had this lead ()."""
        factor = 10 ** ((lead - self.target).sign() * (samples / self.samples_to_tenfold))
        self.scale.mul_(factor.to(self.scale.dtype)).clamp_(1 / self.reach, self.reach)


def adaptive_gamma(chosen: PenaltiesConfig) -> AdaptiveGamma | None:
    """The adaptive gamma; None if gamma does not adapt."""
    if not chosen.gamma_target:
        return None
    return AdaptiveGamma(chosen.gamma_target, chosen.gamma_samples)
