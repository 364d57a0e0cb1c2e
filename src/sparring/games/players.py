"""Check and call the generator and the discriminator of a game."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter
from torch.optim import LBFGS, Optimizer

from sparring.config.arguments import MOST_FLOAT, instance, number, whole
from sparring.errors import ConfigError, quoted
from sparring.games import losses
from sparring.games.augment import Augmentation
from sparring.games.losses import Loss
from sparring.games.penalties import AdaptiveGamma, LeCam, Penalty
from sparring.machine.device import Runtime
from sparring.networks.network import play

PLAYERS = ("generator", "discriminator")
# The largest value of each: a latent of 4 MiB, and more steps or parts than anyone would wait for.
COUNTS = {"latent_dim": 2**20, "d_steps": 1000, "ghost_batches": 2**16}
AMOUNTS = {"instance_noise": MOST_FLOAT, "second_weight": MOST_FLOAT, "lr_warmup": 1.0}
LIMITS = ("weight_clip", "ema_half_life", "clip_gradients")  # above 0, or None
DRAWING = (nn.modules.dropout._DropoutNd, nn.RReLU, nn.FractionalMaxPool2d, nn.MultiheadAttention, nn.RNNBase)
MEMORIES = {"augment": Augmentation, "lecam": LeCam, "gamma": AdaptiveGamma}


def score(discriminator: nn.Module, samples: Tensor, labels: Tensor | None) -> Tensor:
    """D(x): logits (B,) in float32.

    Raises:
        ConfigError: the discriminator does not give one logit per sample.
    """
    logits = play(discriminator, samples, labels)
    if not isinstance(logits, Tensor) or logits.shape != samples.shape[:1]:
        raise ConfigError(" ".join(not_logits(logits, len(samples))))
    return logits.float()


def not_logits(outputs: Any, count: int, classes: int = 0) -> tuple[str, str]:
    """Why the outputs of a discriminator for ``count`` samples are not logits (B,), and what to change."""
    if not isinstance(outputs, Tensor):
        return f"The discriminator returns {described(outputs)}; expected logits (B,).", RETURN_TENSOR
    shape = tuple(outputs.shape)
    seen = f"The discriminator gives logits of shape {shape} for {count} samples; expected ({count},)."
    return seen, losses.one_logit_each(shape, count, classes)


RETURN_TENSOR = "Let its forward return that tensor alone."


def described(outputs: Any) -> str:
    """A description of outputs that are not a tensor, for messages."""
    if outputs is None:
        return "None, as a forward without a return does"
    parts = f" of {len(outputs)}" if isinstance(outputs, tuple | list | dict) else ""
    return f"a {type(outputs).__name__}{parts}"


def may_draw(network: nn.Module) -> bool:
    """Whether a network may use the global random numbers of torch, as dropout does.

    The library's networks do not. A module that is neither the library's nor torch's may.
    """
    known = [type(module).__module__.startswith(("sparring.", "torch.nn.")) for module in network.modules()]
    return not all(known) or any(isinstance(module, DRAWING) for module in network.modules())


@contextmanager
def randomness_kept(game: Any) -> Iterator[None]:
    """Let players use torch's global random generator, and restore its state at the end."""
    device = game.runtime.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


def check_game(game: Any) -> None:
    """Refuse arguments of a wrong type or out of range; numpy's numbers become Python's.

    Raises:
        ConfigError: which argument, and what is accepted.
    """
    for player in PLAYERS:
        check_player(player, getattr(game, player))
        _check_optimizer(f"{player[0]}_optimizer", getattr(game, f"{player[0]}_optimizer"))
    if game.generator is game.discriminator:
        raise ConfigError("generator and discriminator are one network: give each its own.")
    for name, greatest in COUNTS.items():
        setattr(game, name, whole(name, getattr(game, name), 1, greatest))
    for name, most in AMOUNTS.items():
        setattr(game, name, number(name, getattr(game, name), 0, most))
    for name in LIMITS:
        if (limit := getattr(game, name)) is not None:
            setattr(game, name, number(name, limit, 0))
        if limit == 0:
            raise ConfigError(f"{name} = 0: expected a number above 0, or None.")
    names = ", ".join(f"losses.{name}" for name, one in vars(losses).items() if isinstance(one, Loss))
    instance("loss", game.loss, Loss, f"{names} or your own, losses.Loss(of_discriminator, of_generator)")
    if isinstance(game.penalties, Penalty):
        game.penalties = (game.penalties,)
    instance("penalties", game.penalties, (list, tuple), "a list, as [penalties.r1(gamma=1.0)]")
    for penalty in game.penalties:
        instance("a penalty", penalty, Penalty, "what penalties.r1(gamma=1.0) and its like make")
    instance("lr_schedule", game.lr_schedule, Callable, "a function of the share of the budget")  # type: ignore[arg-type]
    try:
        at_first = game.lr_schedule(0.0)
    except Exception as error:  # a user's function may raise anything
        raise ConfigError(f"lr_schedule fails at 0: {type(error).__name__} {quoted(str(error))}.") from error
    number("lr_schedule(0.0)", at_first, 0)
    instance("runtime", game.runtime, Runtime, "a Runtime, as sparring.machine.device.Runtime(device='cpu')")
    for name, kind in MEMORIES.items():
        instance(name, getattr(game, name), (kind, type(None)), f"None or {kind.__module__}.{kind.__name__}")


def check_player(name: str, network: Any) -> None:
    """Refuse anything that is not a network that can be trained.

    Raises:
        ConfigError: what it is, and what is accepted.
    """
    instance(name, network, nn.Module, "a torch.nn.Module that is made already, as nn.Sequential(...)")
    weights = [*network.parameters(), *network.buffers()]
    if any(isinstance(weight, UninitializedParameter | UninitializedBuffer) for weight in weights):
        raise ConfigError(
            f"the {name} has lazy layers, whose sizes are not known yet: call it once on a batch first."
        )
    if any(weight.is_meta for weight in weights):
        raise ConfigError(f"the {name} is on torch's meta device, without values: make it on the CPU.")
    if not any(True for _ in network.parameters()):
        raise ConfigError(
            f"the {name} has no weights to train: give it layers, as attributes or in an nn.ModuleList, not in "
            "a list."
        )


def _check_optimizer(name: str, optimizer: Any) -> None:
    example = "None for Adam, or an optimizer that is made already, as RMSprop(player.parameters(), 1e-4)"
    instance(name, optimizer, (Optimizer, type(None)), example)
    if isinstance(optimizer, LBFGS):
        raise ConfigError(f"{name} is LBFGS, which asks for its loss many times a step: take Adam or RMSprop.")
