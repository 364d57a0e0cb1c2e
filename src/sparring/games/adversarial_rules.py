"""Make the adversarial game of a config, and refuse options that do not work together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch

from sparring import kinds, networks
from sparring.config.groups import Config, NetworksConfig
from sparring.config.idle import check_needs
from sparring.config.option import OWN
from sparring.config.recipes import RECIPES, from_recipe
from sparring.data import clusters
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.games import augment, losses, penalties, schedules
from sparring.games.adversarial import AdversarialGame, Ends
from sparring.games.game import Rules
from sparring.games.optimizers import OPTIMIZERS
from sparring.games.players import PLAYERS, check_player
from sparring.games.preflight import preflight
from sparring.kinds.kind import Kind
from sparring.machine.device import Runtime
from sparring.networks import NETWORKS, frozen, memory
from sparring.networks.own import NONE, Given


def make(
    config: Config,
    spec: Spec,
    classes: int,
    runtime: Runtime | None = None,
    own: Mapping[str, Given] = NONE,
) -> AdversarialGame:
    """Both players, freshly initialised from the seed, and the game between them.

    Args:
        own: the user's own players by name, if the config asks for them.

    Raises:
        ConfigError: the networks cannot take this data, or this machine does not have the device.
    """
    check_players(config, spec, classes)
    memory.check_players(memory.costs(config.networks, spec, classes))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        generator = networks.generator(config.networks, spec, classes, own.get("generator"))
        discriminator = networks.discriminator(config.networks, spec, classes, own.get("discriminator"))
    for player, network in zip(PLAYERS, (generator, discriminator), strict=True):
        check_player(player, network)
    frozen.freeze(discriminator, config.start.freeze_d)
    runtime = runtime or Runtime.of(config.machine)
    generator, discriminator = runtime.place(generator), runtime.place(discriminator)
    optimizer, betas = (
        OPTIMIZERS[config.optimizers.optimizer],
        (config.optimizers.beta1, config.optimizers.beta2),
    )
    return AdversarialGame(
        generator,
        discriminator,
        config.networks.latent_dim,
        g_optimizer=optimizer(generator, config.optimizers.g_lr, betas),
        d_optimizer=optimizer(discriminator, config.optimizers.d_lr, betas),
        weight_clip=config.game.weight_clip,
        ghost_batches=config.optimizers.ghost_batches,
        augment=augment.of(config.augmentation, config.game.loss, spec),
        lecam=penalties.LeCam(config.penalties.lecam_weight) if config.penalties.lecam_weight else None,
        gamma=penalties.adaptive_gamma(config.penalties),
        instance_noise=config.game.instance_noise,
        second_weight=config.networks.d_features_weight,
        runtime=runtime,
        **learning(config),
    )


def learning(config: Config) -> dict[str, Any]:
    """How the players of a game learn: the arguments that the games of this library have in common."""
    options = config.optimizers
    return {
        "loss": losses.of(config.game),
        "penalties": penalties.of(config.penalties),
        "d_steps": config.game.d_steps,
        "lr_schedule": partial(schedules.SCHEDULES[options.lr_schedule], start=options.lr_decay_from),
        "lr_warmup": options.lr_warmup,
        "ends": Ends(options.lr_end, config.penalties.penalty_end, options.beta2_end),
        "ema_half_life": options.ema_half_life,
        "ema_ramp": options.ema_ramp,
        "clip_gradients": options.clip_gradients,
    }


def check(config: Config, spec: Spec, classes: int) -> None:
    """Refuse options that do not work with this data, without building the players.

    Raises:
        ConfigError: which options, and what to change.
    """
    check_players(config, spec, classes)
    augment.of(config.augmentation, config.game.loss, spec)
    memory.check_training(memory.costs(config.networks, spec, classes), config, spec)


def check_players(config: Config, spec: Spec, classes: int) -> None:
    """Refuse options that do not work together, without building anything.

    Raises:
        ConfigError: which options, and what to change.
    """
    check_needs(config)
    if spec.given is not None:
        raise ConfigError(
            f"recipe {config.recipe} draws samples from random latents, and this data has sources to make them "
            "from: use a recipe for translation (paired, unpaired, pix2pix, cut, cyclegan), or leave the "
            "sources out."
        )
    for network in {config.networks.generator, config.networks.discriminator} - {OWN}:
        if NETWORKS[network].given:
            raise ConfigError(
                f"{network} networks are given pictures: give some with `sparring train --from SOURCES --to "
                "TARGETS` (gan.fit(sources, targets)), or use other networks, such as --generator dcgan "
                "--discriminator dcgan."
            )
        if NETWORKS[network].grown:
            raise ConfigError(
                f"a {network} is not taught by gradients: use --recipe {network}, or --generator columns "
                "--discriminator columns."
            )
    kind = kinds.of(spec)
    if strange := _strange(config.networks, kind):
        fitting = [name for name in RECIPES if not _strange(from_recipe(name, kind.name).networks, kind)]
        names = [name for name, network in NETWORKS.items() if kind.fits(network.axes)]
        raise ConfigError(
            f"{strange[0]} networks take samples with the axes {NETWORKS[strange[0]].axes}, those of this data "
            f"are {kind.axes} ({spec.kind} of shape {spec.shape}). Use a recipe that takes them "
            f"({', '.join(fitting)}), or --generator {names[0]} --discriminator {names[0]}."
        )
    for option, network, norm, place in (
        ("--g-norm", config.networks.generator, config.networks.g_norm, "g_norms"),
        ("--d-norm", config.networks.discriminator, config.networks.d_norm, "d_norms"),
    ):
        norms = (norm,) if network == OWN else getattr(NETWORKS[network], place)
        if norm not in norms:
            accepted = " or ".join(f"{option} {name}" for name in norms)
            raise ConfigError(f"{option} {norm}: {network} networks have no place for it. Use {accepted}.")
    if config.networks.g_norm == "conditional-batch" and not classes:
        raise ConfigError(
            "--g-norm conditional-batch draws by class, and this training has no labels. Give labels (and "
            "no --no-conditional), let it find some with --clusters 100 in at least "
            f"{2 * clusters.LEAST_MEMBERS} samples, or use --g-norm batch."
        )


def _strange(chosen: NetworksConfig, kind: Kind) -> list[str]:
    """The chosen networks of the library that do not take this kind of data."""
    names = (chosen.generator, chosen.discriminator)
    return [name for name in names if name != OWN and not kind.fits(NETWORKS[name].axes)]


RULES = Rules(PLAYERS, make, check, check_players, preflight)
