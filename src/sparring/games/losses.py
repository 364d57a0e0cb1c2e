"""GAN losses as pure functions of logits: ``(real (B,), fake (B,)) -> (B,)``; the caller takes the mean.

``real`` and ``fake`` are the discriminator's logits on real and forged samples. Each loss comes as
a pair, one function for each player; both are minimised.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import relu, softplus

from sparring.config.groups import GameConfig
from sparring.errors import ConfigError

LossFunction = Callable[[Tensor, Tensor], Tensor]


class Loss(NamedTuple):
    """The losses of a game, one for each player to minimise.

    ``pairs`` says that the generator's loss also looks at the real logits.
    """

    discriminator: LossFunction
    generator: LossFunction
    pairs: bool = False


def check_logits(real: Tensor, fake: Tensor) -> None:
    """Refuse anything but two vectors of one length: ``(B, 1) - (B,)`` is silently ``(B, B)``.

    Raises:
        ConfigError: the shapes are not (B,) and (B,).
    """
    if real.ndim != 1 or real.shape != fake.shape:
        wrong = fake if real.ndim == 1 else real
        raise ConfigError(
            f"logits have shapes {tuple(real.shape)} and {tuple(fake.shape)}, expected (B,) and (B,). "
            + one_logit_each(wrong.shape, len(wrong) if wrong.ndim else 0)
        )


def one_logit_each(shape: Sequence[int], count: int, classes: int = 0) -> str:
    """Advice for a discriminator whose logits have this shape, so that it gives one logit per sample."""
    each = math.prod(shape) / max(count, 1)
    if not shape:
        return "That is one number for the whole batch: leave out the mean over the batch."
    if each == 1:
        return "End the discriminator with nn.Flatten(0), or its forward with .flatten()."
    if len(shape) == 1 and each.is_integer():
        return (
            f"That is {each:,.0f} logits a sample in one row: of the scores of patches take the mean, with "
            "nn.AdaptiveAvgPool2d(1) before nn.Flatten(0), or end its forward with .flatten(1).mean(1)."
        )
    if len(shape) == 4 and shape[:2] == (count, 1):
        return (
            "That is a score for each patch of a picture: take their mean, with nn.Sequential(discriminator, "
            "nn.AdaptiveAvgPool2d(1), nn.Flatten(0)), or end its forward with .mean((1, 2, 3))."
        )
    if classes > 1 and tuple(shape) == (count, classes):
        return "That is a logit for each class: take the label's, logits.gather(1, labels[:, None]).squeeze(1)."
    return "Let its last layer have one output and end with nn.Flatten(0)."


# Goodfellow et al. 2014, eq. 1, with D = sigmoid(logit). -log sigmoid(x) = softplus(-x) does not
# overflow where log(sigmoid(x)) is -inf, as in sigmoid followed by BCE.
def logistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))): binary cross-entropy; ln 4 if D only guesses."""
    check_logits(real, fake)
    return softplus(-real) + softplus(fake)


def smoothed_logistic_d(real: Tensor, fake: Tensor, smoothing: float = 0.1) -> Tensor:
    """``logistic_d`` with a target of 1 - smoothing for real samples, so that D's best logit is finite.

    One-sided (Salimans et al. 2016, section 3.4): a smoothed target for fakes would keep them where
    they are.
    """
    # s softplus(x) - s softplus(-x) = s x, so smoothing adds only a linear term.
    return logistic_d(real, fake) + smoothing * real


def minimax_g(real: Tensor, fake: Tensor) -> Tensor:
    """log(1 - D(G(z))): the zero-sum game; saturates when D wins (Goodfellow et al. 2014, eq. 1)."""
    check_logits(real, fake)
    return -softplus(fake)


def non_saturating_g(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(G(z)): the gradient stays when D wins (Goodfellow et al. 2014, section 3)."""
    check_logits(real, fake)
    return softplus(-fake)


def least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    """1/2 (D(x) - 1)^2 + 1/2 D(G(z))^2 (Mao et al. 2017, eq. 9)."""
    check_logits(real, fake)
    return 0.5 * (real - 1).square() + 0.5 * fake.square()


def least_squares_g(real: Tensor, fake: Tensor) -> Tensor:
    """1/2 (D(G(z)) - 1)^2 (Mao et al. 2017, eq. 9)."""
    check_logits(real, fake)
    return 0.5 * (fake - 1).square()


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))): zero past the margin (Lim & Ye 2017)."""
    check_logits(real, fake)
    return relu(1 - real) + relu(1 + fake)


def wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    """D(G(z)) - D(x), for a 1-Lipschitz D (Arjovsky et al. 2017)."""
    check_logits(real, fake)
    return fake - real


def critic_g(real: Tensor, fake: Tensor) -> Tensor:
    """-D(G(z)): the generator's loss of the hinge and Wasserstein games."""
    check_logits(real, fake)
    return -fake


def relativistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(-(D(x) - D(G(z)))): real must beat fake (Jolicoeur-Martineau 2018; R3GAN, eq. 2)."""
    check_logits(real, fake)
    return softplus(fake - real)


def relativistic_g(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(-(D(G(z)) - D(x))): fake must beat real (Jolicoeur-Martineau 2018)."""
    check_logits(real, fake)
    return softplus(real - fake)


non_saturating = Loss(logistic_d, non_saturating_g)
minimax = Loss(logistic_d, minimax_g)
least_squares = Loss(least_squares_d, least_squares_g)
hinge = Loss(hinge_d, critic_g)
wasserstein = Loss(wasserstein_d, critic_g)
relativistic = Loss(relativistic_d, relativistic_g, pairs=True)

LOSSES: dict[str, Loss] = {  # by the name that --loss takes
    "non-saturating": non_saturating,
    "minimax": minimax,
    "least-squares": least_squares,
    "hinge": hinge,
    "wasserstein": wasserstein,
    "relativistic": relativistic,
}
AROUND_ZERO = ("non-saturating", "minimax", "hinge")  # losses that push real logits above 0 and fake ones below


def of(game: GameConfig) -> Loss:
    """The loss that a config names, with its smoothed labels."""
    loss = LOSSES[game.loss]
    if not game.label_smoothing:
        return loss
    return loss._replace(discriminator=partial(smoothed_logistic_d, smoothing=game.label_smoothing))
