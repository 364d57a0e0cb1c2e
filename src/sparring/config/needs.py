"""Options that would do nothing, because what they belong to is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparring.config.groups import Config
from sparring.errors import ConfigError

Needs = tuple[Callable[[Config], Any], str]  # whether it is there, and what it is

AUGMENTED: Needs = (
    lambda c: c.augment != "none" or c.augment_flip or c.augment_turn,
    "an augmentation, as --augment diffaugment",
)
PENALISED: Needs = (
    lambda c: c.r1_gamma or c.r2_gamma or c.gp_weight or c.r1_near_gamma or c.gamma_per_variance,
    "a penalty, as --r1-gamma 1",
)
SCHEDULED: Needs = (lambda c: c.lr_schedule != "constant", "--lr-schedule linear or cosine")
ADAPTIVE: Needs = (lambda c: c.augment_target, "--augment-target above 0")
ADAM: Needs = (lambda c: c.optimizer != "rmsprop", "--optimizer adam")
DCGAN: Needs = (lambda c: c.discriminator == "dcgan", "--discriminator dcgan")

NEEDS: dict[str, tuple[Needs, ...]] = {
    "clusters": (
        (
            lambda c: not c.conditional,
            "players that are told no labels: no --labels, or --no-conditional where the data has some",
        ),
    ),
    "depth": ((lambda c: {c.generator, c.discriminator} & {"mlp", "modern"}, "mlp or modern networks"),),
    "d_hidden": (DCGAN,),
    "d_deviation": (DCGAN,),
    "augment_p": (AUGMENTED,),
    "augment_target": (AUGMENTED,),
    "augment_samples": (AUGMENTED, ADAPTIVE),
    "gamma_samples": ((lambda c: c.gamma_target, "--gamma-target"),),
    "r1_near_sigma": ((lambda c: c.r1_near_gamma, "--r1-near-gamma"),),
    "penalty_every": (PENALISED,),
    "penalty_end": (PENALISED, SCHEDULED),
    "lr_decay_from": (SCHEDULED,),
    "lr_end": (SCHEDULED,),
    "beta1": (ADAM,),
    "beta2_end": (ADAM, SCHEDULED),
}


def refuse_idle(recipe: Config, config: Config, asked: Mapping[str, Any]) -> None:
    """Refuse an option that is asked for, differs from the recipe's and the default, and would do nothing.

    ``config.conditional`` says whether the players are told labels of the data.

    Raises:
        ConfigError: which, and what it needs.
    """
    for name, needs in NEEDS.items():
        value = getattr(config, name)
        usual = (getattr(recipe, name), getattr(Config(), name))
        lacking = [what for there, what in needs if not there(config)]
        if name in asked and value and value not in usual and lacking:
            raise ConfigError(
                f"--{name.replace('_', '-')} ({name}) {value} would do nothing: it needs "
                f"{' and '.join(lacking)}. Leave it out, or give that too."
            )
