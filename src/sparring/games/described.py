"""Describe an adversarial game by its options: the inverse of making a game from a config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparring.config.groups import OPTIONS
from sparring.games.losses import LOSSES
from sparring.games.schedules import SCHEDULES

if TYPE_CHECKING:
    from sparring.games.adversarial import AdversarialGame

WEIGHTS = {
    "real": "r1_gamma",
    "fake": "r2_gamma",
    "between": "gp_weight",
    "near": "r1_near_gamma",
    "features": "r1_features_gamma",
}
BY_TYPE = {"Adam": "adam", "OptimisticAdam": "optimistic-adam", "RMSprop": "rmsprop"}


def described(game: AdversarialGame) -> tuple[dict[str, Any], dict[str, str]]:
    """The options that describe a game, and a text about each part that no option describes."""
    rates, betas = zip(*game.base, strict=True)  # of D's groups of weights, then of G's
    first = len(game.d_optimizer.param_groups)
    known: dict[str, Any] = {
        "rules": "adversarial",
        "latent_dim": game.latent_dim, "d_steps": game.d_steps, "ghost_batches": game.ghost_batches,
        "weight_clip": game.weight_clip or None, "ema_half_life": game.ema_half_life or None,
        "ema_ramp": game.ema_ramp,
        "clip_gradients": game.clip_gradients or None, "instance_noise": game.instance_noise,
        "lr_warmup": game.lr_warmup, "lecam_weight": game.lecam.weight if game.lecam else 0.0,
        "g_lr": rates[first], "d_lr": rates[0],
    }  # fmt: skip
    if betas[first]:
        known |= {"beta1": betas[first][0], "beta2": betas[first][1]}
    for penalty in game.penalties:
        known |= {WEIGHTS[penalty.on]: penalty.weight, "penalty_every": penalty.every}
    optimizers = [type(optimizer).__name__ for optimizer in game.optimizers.values()]
    named = {
        "loss": next((name for name, loss in LOSSES.items() if loss == game.loss), "a loss"),
        "optimizer": BY_TYPE.get(optimizers[0], " and ".join(dict.fromkeys(optimizers))),
        "lr_schedule": next((name for name, one in SCHEDULES.items() if one is game.lr_schedule), "a schedule"),
    }
    words = {}
    for name, said in named.items():
        if said in OPTIONS[name].metadata["choices"] and not (name == "optimizer" and len(set(optimizers)) > 1):
            known[name] = said
        else:
            words[name] = said
    others = {"augment": game.augment, "gamma": game.gamma}
    words |= {name: type(memory).__name__ for name, memory in others.items() if memory is not None}
    return known, words
