"""Before the first step: try a step on copies, and find problems in the first outputs of the players."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from sparring.data.spec import Batch
from sparring.errors import Caution, warn
from sparring.games.endings import ending, lacking, out_of_reach, span
from sparring.games.losses import hinge
from sparring.games.players import randomness_kept
from sparring.games.trial import ON_LOGITS, check_optimizers, copied, try_step
from sparring.networks.network import play

if TYPE_CHECKING:
    from sparring.games.adversarial import AdversarialGame

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
HELD = 0.1  # share of the data's range by which a bound may move
FAR = 1e3  # last weights made this many times larger saturate a bounded generator


def try_out(game: AdversarialGame, batch: Batch) -> None:
    """Try a step on copies; before the first step, also warn of problems in the outputs of the players.

    Raises:
        PlayerError: the step fails, or a player cannot learn.
    """
    check_optimizers(game)
    try_step(game, batch)
    if not game.clock.step:
        for caution in cautions(game, batch):
            warn(f"before the first step: {caution}")


def cautions(game: AdversarialGame, batch: Batch) -> list[Caution]:
    """Problems in the first outputs of the players on a batch; the game does not change."""
    twin = copied(game)
    if twin is None:
        return []
    with randomness_kept(game):
        return list(of_outputs(twin, batch, batch.real.flatten(1).float()))


def of_outputs(twin: AdversarialGame, batch: Batch, some: Tensor) -> Iterator[Caution]:
    """Problems with the generator's range, compared with the data's, and with the size of the outputs."""
    given = twin.given(batch, torch.Generator().manual_seed(0))
    near = play(twin.generator, given, batch.labels)
    logits = play(twin.discriminator, batch.real, batch.labels)
    limits = twin.loss.generator in ON_LOGITS and twin.loss != hinge  # the margin of hinge is 1
    if limits and (last := ending(logits)):
        yield Caution(
            "bounded-logits",
            f"The discriminator ends in {last.words}, so that it cannot be surer than {last.most:.3g}.",
            "Leave that last function out: the loss takes logits of any size.",
        )
    last, near, logits = ending(near), near.detach().float(), logits.detach().float()
    low, high = span(some)
    ends = _reach(twin, given, batch.labels, high - low)
    if lacking(ends, (low, high)):
        yield out_of_reach(ends, (low, high), last)
    if not bool(near.isfinite().all()) or float(near.std()) > 100 * (high - low):
        yield Caution(
            "initial-scale",
            f"The untrained generator's values spread over {float(near.std()):.3g}, the data over "
            f"{high - low:.3g}.",
            "Scale its weights down at the start.",
        )
    if not bool(logits.isfinite().all()) or float(logits.abs().max()) > 100:
        yield Caution(
            "initial-scale",
            f"The untrained discriminator's scores reach {float(logits.abs().max()):.3g}.",
            "Scale its weights or the data down.",
        )


def _reach(twin: AdversarialGame, given: Tensor, labels: Tensor | None, width: float) -> tuple[float, float]:
    """The least and the greatest value that the generator can make; infinite without bounds.

    The weights of its last layer are made very large, with either sign. A bound that remains comes from a
    function after that layer.
    """
    last = [layer for layer in twin.generator.modules() if isinstance(layer, LAYERS)][-1:]
    if any("weight" not in dict(layer.named_parameters(recurse=False)) for layer in last):
        return -math.inf, math.inf  # the weight is computed at each call, as with spectral_norm
    ends = []
    with torch.no_grad():
        for factor in (1.0, FAR, FAR, -1.0):
            for layer in last:
                layer.weight.mul_(factor)
            far = play(twin.generator, given, labels).float()
            ends.append((float(far.min()), float(far.max())))
    near, *far_ends = ends
    if far_ends[0] == near:  # no effect: the layer takes its weights from elsewhere
        return -math.inf, math.inf
    lows, highs = zip(*far_ends, strict=True)
    least = min(lows) if max(lows) - min(lows) <= HELD * width else -math.inf
    most = max(highs) if max(highs) - min(highs) <= HELD * width else math.inf
    return least, most
