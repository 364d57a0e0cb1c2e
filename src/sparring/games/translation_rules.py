"""Make the game of translation of a config, and refuse options that do not work together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import nn

from sparring import kinds, networks
from sparring.config.groups import Config, TranslationConfig
from sparring.config.idle import check_needs
from sparring.config.option import OWN
from sparring.data.repeats import digests
from sparring.data.spec import Dataset, Spec
from sparring.errors import Caution, ConfigError
from sparring.games.adversarial_rules import learning
from sparring.games.game import Rules
from sparring.games.optimizers import OPTIMIZERS
from sparring.games.players import PLAYERS, check_player
from sparring.games.terms import RECONSTRUCTIONS
from sparring.games.translation import TranslationGame
from sparring.games.translation_step import Weights
from sparring.machine.device import Runtime
from sparring.networks import NETWORKS, frozen, memory
from sparring.networks.own import NONE, Given
from sparring.networks.projector import Projector

LEAKED = 0.02  # of the targets, above which pairs among unpaired pictures are worth a word
LOOKED_AT = 2000  # pictures of each side


def make(
    config: Config,
    spec: Spec,
    classes: int,
    runtime: Runtime | None = None,
    own: Mapping[str, Given] = NONE,
) -> TranslationGame:
    """All players, freshly initialised from the seed, and the game between them.

    Raises:
        ConfigError: the networks cannot take this data, or this machine does not have the device.
    """
    check_players(config, spec, classes)
    memory.check_players(memory.costs(config.networks, spec, 0))
    chosen = weights(config.translation)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        generator = networks.generator(config.networks, spec, 0, own.get("generator"))
        discriminator = networks.discriminator(config.networks, spec, 0, own.get("discriminator"))
        more: dict[str, nn.Module] = {}
        if chosen.cycle:
            turned = reverse(spec)
            _check_for_the_way_back(own)
            more["back"] = networks.generator(config.networks, turned, 0, own.get("generator"))
            more["back_discriminator"] = networks.discriminator(
                config.networks, turned, 0, own.get("discriminator")
            )
        if chosen.contrast:
            more["projector"] = Projector(_channels(generator, spec))
    for player, network in zip(PLAYERS, (generator, discriminator), strict=True):
        check_player(player, network)
    frozen.freeze(discriminator, config.start.freeze_d)
    runtime = runtime or Runtime.of(config.machine)
    generator, discriminator = runtime.place(generator), runtime.place(discriminator)
    options = config.optimizers
    optimizer, betas = OPTIMIZERS[options.optimizer], (options.beta1, options.beta2)
    return TranslationGame(
        generator,
        discriminator,
        g_optimizer=optimizer(generator, options.g_lr, betas),
        d_optimizer=optimizer(discriminator, options.d_lr, betas),
        make_optimizer=lambda player: optimizer(player, options.g_lr, betas),
        runtime=runtime,
        weights=chosen,
        second_weight=config.networks.d_features_weight,
        paired=not spec.unpaired,
        projector=more.get("projector"),
        back=more.get("back"),
        back_discriminator=more.get("back_discriminator"),
        **learning(config),
    )


def weights(chosen: TranslationConfig) -> Weights:
    """The weights of the terms that the options choose."""
    return Weights(
        chosen.adversarial_weight,
        chosen.reconstruction_weight,
        RECONSTRUCTIONS.get(chosen.reconstruction),
        chosen.contrast_weight,
        chosen.contrast_targets,
        chosen.identity_weight,
        chosen.cycle_weight,
        chosen.adversarial_from,
        chosen.perceptual_weight,
    )


def reverse(spec: Spec) -> Spec:
    """The spec of the other direction."""
    assert spec.given is not None
    given = Spec(spec.kind, spec.shape, spec.codec)
    return Spec(spec.kind, spec.given.shape, spec.given.codec, given=given, unpaired=spec.unpaired)


def _check_for_the_way_back(own: Mapping[str, Given]) -> None:
    """Refuse networks that are there once, where each direction needs its own.

    Raises:
        ConfigError: which player, and what to give.
    """
    for player, given in own.items():
        if isinstance(given, nn.Module):
            raise ConfigError(
                f"{player}: a cycle (cycle_weight) has a second one for the way back, so give the class or a "
                f"function that makes one, {player}=MyNetwork, not one that is made already. It may have the "
                "parameters shape, of what it makes or judges, and given, of what it is given. Or leave out "
                'the cycle: with pairs "paired", without them "unpaired", if the generator has encode(…).'
            )


def _channels(generator: nn.Module, spec: Spec) -> list[int]:
    """The channels of the features at each scale of a generator.

    Raises:
        ConfigError: it shows none.
    """
    assert spec.given is not None
    encode = getattr(generator, "encode", None)
    if encode is None:
        raise ConfigError(
            "contrast_weight needs a generator with a method encode(pictures) that gives a list of features "
            "(B, C, H, W), as the library's unet has: use that, or the way back instead, contrast_weight=0 and "
            "cycle_weight=3."
        )
    with torch.no_grad():
        return [features.shape[1] for features in encode(torch.zeros(1, *spec.given.shape))]


def check(config: Config, spec: Spec, classes: int) -> None:
    """Refuse options that do not work with this data, without building the players.

    Raises:
        ConfigError: which options, and what to change.
    """
    check_players(config, spec, classes)
    memory.check_training(memory.costs(config.networks, spec, 0), config, spec)


def check_players(config: Config, spec: Spec, classes: int) -> None:
    """Refuse options that do not work together, without building anything.

    Raises:
        ConfigError: which options, and what to change.
    """
    check_needs(config)
    if spec.given is None:
        raise ConfigError(
            f"recipe {config.recipe} translates pictures, and only targets are given: `sparring train --from "
            "SOURCES --to TARGETS` (gan.fit(sources, targets)), or --paired halves for pictures that have both "
            "side by side."
        )
    if spec.given.shape[1:] != spec.shape[1:]:
        raise ConfigError(
            f"sources of {spec.given.shape[2]} x {spec.given.shape[1]} pixels and targets of "
            f"{spec.shape[2]} x {spec.shape[1]}: bring both to one size."
        )
    if classes:
        raise ConfigError("a translation uses no labels: leave them out (--no-conditional, --clusters none).")
    kind = kinds.of(spec)
    if not any(network.given and kind.fits(network.axes) for network in NETWORKS.values()):
        raise ConfigError(f"a translation makes pictures of pictures, and these are {kind.noun}s.")
    for player in PLAYERS:
        name = getattr(config.networks, player)
        if name != OWN and not (NETWORKS[name].given and kind.fits(NETWORKS[name].axes)):
            taking = [other for other, network in NETWORKS.items() if network.given]
            raise ConfigError(
                f"--{player} {name} does not take pictures to translate: use {' or '.join(taking)}, or a "
                "recipe for translation (paired, unpaired, pix2pix, cut, cyclegan)."
            )
    for name, off in UNUSED.items():
        if (value := config.flat()[name]) != off:
            raise ConfigError(
                f"--{name.replace('_', '-')} {value}: a translation has no place for it. Leave it out."
            )
    if config.translation.reconstruction != "none" and spec.unpaired:
        raise ConfigError("--reconstruction needs pairs: --paired, or --reconstruction none.")
    chosen, terms = config.translation, "give a --reconstruction, l2, or a --perceptual-weight, 1"
    near = chosen.reconstruction != "none" or chosen.perceptual_weight
    if not chosen.adversarial_weight and not near:
        raise ConfigError(f"--adversarial-weight 0 leaves nothing to learn from: {terms}.")
    others = near or chosen.contrast_weight or chosen.identity_weight or chosen.cycle_weight
    if chosen.adversarial_from and not others:
        raise ConfigError(
            f"--adversarial-from {chosen.adversarial_from:g} leaves nothing to learn from before: {terms}, or "
            "leave it out."
        )


UNUSED = {
    "augment": "none", "instance_noise": 0.0, "weight_clip": None, "ghost_batches": 1, "lecam_weight": 0.0,
    "gamma_target": None, "gp_weight": 0.0, "r1_near_gamma": 0.0, "r1_features_gamma": 0.0,
    "clusters": None,
}  # fmt: skip


def preflight(game: TranslationGame, data: Dataset, seed: int = 0) -> Sequence[Caution]:
    """Problems of the pictures of a translation."""
    return list(_of_pictures(data))


def _of_pictures(data: Dataset) -> Iterator[Caution]:
    assert data.given is not None
    sides = {"source": data.given, "target": data}
    for side, pictures in sides.items():
        some = pictures.samples[:LOOKED_AT].flatten(1).float()
        if len(some) > 1 and float(some.std(0).max()) < 1e-6:
            yield Caution(
                "constant-data", f"All pictures of the {side} are the same.", "Check what was loaded."
            )
    if data.given.spec.shape != data.spec.shape:
        return
    sources, targets = (list(digests(side.samples[:LOOKED_AT])) for side in (data.given, data))
    if data.spec.unpaired:
        shared = len(set(sources) & set(targets))
        if shared > LEAKED * len(targets):
            yield Caution(
                "both-sides",
                f"{shared:,} of {len(targets):,} targets are among the sources too.",
                "Nothing has to change for these: give two different folders.",
            )
    elif (same := sum(a == b for a, b in zip(sources, targets, strict=True))) > LEAKED * len(targets):
        yield Caution(
            "both-sides",
            f"{same:,} of {len(targets):,} targets are equal to their source.",
            "Nothing has to change for these: give two different folders.",
        )


RULES = Rules(PLAYERS, make, check, check_players, preflight)
