"""Gradient penalties: ``(samples, logits) -> (B,)``, summed over every axis of a sample but the batch.

``samples`` must require grad and ``logits`` must have been computed from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from torch import Tensor

PenaltyFunction = Callable[[Tensor, Tensor], Tensor]


class Penalty(NamedTuple):
    """A penalty in the discriminator's loss.

    ``on`` says where the gradient is taken: real samples, fakes, or points between the two.
    With ``every`` = k it is computed each k-th step and weighted k times (Karras et al. 2020).
    """

    function: PenaltyFunction
    on: Literal["real", "fake", "between"]
    weight: float
    every: int = 1


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
