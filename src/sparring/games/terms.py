"""What the generator of a translation is asked beside deceiving the discriminator: pure functions, (B,) each.

The caller takes the mean over the batch. Pictures are in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from sparring.errors import ConfigError

Term = Callable[[Tensor, Tensor], Tensor]
TEMPERATURE = 0.07  # of patchwise contrast (Park et al. 2020)
FAINT = 1e-4  # added to probabilities, so that their logarithm is finite


def check_pairs(output: Tensor, target: Tensor) -> None:
    """Refuse outputs and targets of different shapes, which would be broadcast in silence.

    Raises:
        ConfigError: the shapes.
    """
    if output.shape != target.shape:
        raise ConfigError(
            f"outputs of shape {tuple(output.shape)} and targets of {tuple(target.shape)}: expected one shape."
        )


def l1(output: Tensor, target: Tensor) -> Tensor:
    """mean |output - target| of each picture (Isola et al. 2017, eq. 3, as a mean); best is the median."""
    check_pairs(output, target)
    return (output - target).abs().flatten(1).mean(1)


def l2(output: Tensor, target: Tensor) -> Tensor:
    """mean (output - target)^2 of each picture; best is the mean."""
    check_pairs(output, target)
    return (output - target).square().flatten(1).mean(1)


def bce(output: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of each picture in nats a value, of white (1 + x) / 2; best is the mean."""
    check_pairs(output, target)
    white, wanted = (1 + output) / 2, (1 + target) / 2
    of_white, of_black = (white + FAINT).log(), (1 - white + FAINT).log()
    return -(wanted * of_white + (1 - wanted) * of_black).flatten(1).mean(1)


def contrast(queries: Tensor, keys: Tensor) -> Tensor:
    """How badly each patch of an output picks its own place among the places of its source, in nats.

    PatchNCE (Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation", eq. 3): the
    cross-entropy of cosines over TEMPERATURE, where place p of ``queries`` (B, P, D) belongs to place p of
    ``keys`` (B, P, D); ln P if it only guesses.
    """
    check_pairs(queries, keys)
    cosines = normalize(keys, dim=2) @ normalize(queries, dim=2).transpose(1, 2)  # (B, P keys, P queries)
    own = torch.arange(queries.shape[1], device=queries.device).expand(len(queries), -1)
    return cross_entropy(cosines / TEMPERATURE, own, reduction="none").mean(1)


RECONSTRUCTIONS: dict[str, Term] = {"l1": l1, "l2": l2, "bce": bce}  # as --reconstruction names them
