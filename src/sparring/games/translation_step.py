"""One step of a translation: the updates of the discriminators, then one update of what makes pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from sparring.data.spec import Batch
from sparring.errors import ConfigError
from sparring.games.adversarial_step import due_now, second_of, shifted
from sparring.games.game import Logged
from sparring.games.terms import RECONSTRUCTIONS, Term, contrast, l1
from sparring.games.updates import Update, descend, slope
from sparring.metrics.translation import apart
from sparring.networks.blocks import full
from sparring.networks.imagenet import STRIDE
from sparring.networks.network import Accompanied, play

if TYPE_CHECKING:
    from sparring.games.translation import TranslationGame

PLACES = 64  # of each scale, at which patches are contrasted


@dataclass(frozen=True)
class Weights:
    """The weights of the terms in a generator's loss.

    Attributes:
        adversarial: of the game's own loss; 0: the discriminator does not learn and is not asked.
        reconstruct: of ``reconstruction``.
        reconstruction: compares an output with its target; None: nothing does.
        contrast: of the contrast of patches between a source and its output.
        contrast_targets: whether targets, made into themselves, are contrasted too (CUT's identity).
        identity: of |G(y) - y|, so that targets stay as they are; in a cycle, in both directions.
        cycle: of what is lost there and back.
        perceptual: of the distance between an output and its target in frozen features.
        begins: the share of the training before ``adversarial`` counts; until then it is 0.
    """

    adversarial: float = 1.0
    reconstruct: float = 10.0
    reconstruction: Term | None = None
    contrast: float = 0.0
    contrast_targets: bool = False
    identity: float = 0.0
    cycle: float = 0.0
    begins: float = 0.0
    perceptual: float = 0.0

    def at(self, progress: float) -> Weights:
        """The weights at this share of the training."""
        return self if progress >= self.begins else replace(self, adversarial=0.0)

    def described(self) -> dict[str, Any]:
        """The options that give these weights."""
        named = {term: name for name, term in RECONSTRUCTIONS.items()}
        reconstruction = named.get(self.reconstruction, "none") if self.reconstruction else "none"
        return {
            "reconstruction": reconstruction, "reconstruction_weight": self.reconstruct,
            "perceptual_weight": self.perceptual, "adversarial_weight": self.adversarial,
            "contrast_weight": self.contrast, "contrast_targets": self.contrast_targets,
            "identity_weight": self.identity, "cycle_weight": self.cycle, "adversarial_from": self.begins,
        }  # fmt: skip


def translation_step(game: TranslationGame, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
    """An update of each discriminator for each batch, then one of the generators with the last batch.

    Returns the losses, each term before its weight, the penalty () and the logits (B,) of pictures, which are
    the means over their patches; detached and still on the device.
    """
    logged: Logged = {}
    weights = game.weights.at(game.progress)
    for batch in batches:
        output = forge(game, game.generator, given_of(batch))
        if weights.adversarial:
            updated = discriminator_update(
                game, game.discriminator, given_of(batch), batch.real, output.detach()
            )
            logged = descend(game, "discriminator", [updated], game.clip_gradients)
        returned = None
        if weights.cycle:
            assert game.back is not None
            assert game.back_discriminator is not None
            returned = forge(game, game.back, batch.real)
            if weights.adversarial:
                sides = batch.real, given_of(batch), returned.detach()
                descend(
                    game,
                    "back_discriminator",
                    [discriminator_update(game, game.back_discriminator, *sides)],
                    game.clip_gradients,
                )
    total, terms = generator_loss(game, batch, output, returned, rng)
    makers = [name for name in ("generator", "back", "projector") if name in game.players]
    slopes = iter(slope(total, nn.ModuleList([game.players[name] for name in makers])))
    for name in makers:
        count = sum(weight.requires_grad for weight in game.players[name].parameters())
        descend(game, name, [Update([next(slopes) for _ in range(count)], {})], game.clip_gradients)
    game.update_average(batches)
    return logged | {name: value.detach() for name, value in terms.items()}


def given_of(batch: Batch) -> Tensor:
    """The sources of a batch.

    Raises:
        ConfigError: it has none.
    """
    if batch.given is None:
        raise ConfigError("a translation needs pictures to translate: give a source beside the targets.")
    return batch.given


def forge(game: TranslationGame, generator: nn.Module, given: Tensor) -> Tensor:
    """The pictures that a generator makes of others."""
    with game.runtime.autocast():
        made: Tensor = generator(given)
    return full(made)


def judge(game: TranslationGame, discriminator: nn.Module, given: Tensor, pictures: Tensor) -> Tensor:
    """Logits (B, P) of the patches of pictures, beside their sources if these are paired."""
    seen = torch.cat([given, pictures], 1) if game.paired else pictures
    with game.runtime.autocast():
        logits: Tensor = discriminator(seen)
    return full(logits).reshape(len(pictures), -1)


def discriminator_update(
    game: TranslationGame, discriminator: nn.Module, given: Tensor, real: Tensor, fake: Tensor
) -> Update:
    """The gradient of the discriminator's loss, a mean over patches, and of the penalties due now."""
    due = due_now(game)
    real = real.detach().requires_grad_(any(penalty.on == "real" for penalty in due))
    fake = fake.detach().requires_grad_(any(penalty.on == "fake" for penalty in due))
    if due or not game.judges_jointly:
        real_logits, fake_logits = (judge(game, discriminator, given, one) for one in (real, fake))
    else:
        both = judge(game, discriminator, torch.cat([given, given]), torch.cat([real, fake]))
        real_logits, fake_logits = both.split(len(real))
    of_real, of_fake = real_logits.mean(1), fake_logits.mean(1)
    loss = game.loss.discriminator(real_logits.flatten(), fake_logits.flatten()).mean()
    total = loss
    for penalty in due:
        sides = (real, of_real) if penalty.on == "real" else (fake, of_fake)
        weight = penalty.every * penalty.weight * game.penalty_scale
        total = total + weight * penalty.function(*sides).mean()
    logged = {
        "d_loss": loss.detach(),
        "penalty": (total - loss).detach(),
        "real_logit": of_real.detach(),
        "fake_logit": of_fake.detach(),
    }
    if second_of(discriminator) is not None:
        both = second_logits(game, discriminator, torch.cat([real, fake]).detach())
        second_loss = game.loss.discriminator(*both.split(len(real))).mean()
        logged["second_d_loss"] = second_loss.detach()
        total = total + game.second_weight * second_loss
    return Update(slope(total, discriminator), logged)


def generator_loss(
    game: TranslationGame, batch: Batch, output: Tensor, returned: Tensor | None, rng: torch.Generator
) -> tuple[Tensor, Logged]:
    """The loss of all that makes pictures, and its terms by name before they are weighted.

    Args:
        output: G(x) of the batch's sources x.
        returned: F(y) of the targets y, in a cycle.
    """
    weights, given, real = game.weights.at(game.progress), given_of(batch), batch.real
    terms: Logged = {}
    total = output.new_zeros(())
    if weights.adversarial:
        terms["g_loss"], asked = deceit(game, game.discriminator, given, real, output)
        total = total + weights.adversarial * asked
    if weights.reconstruction is not None:
        terms["reconstruction"] = weights.reconstruction(output, real).mean()
        total = total + weights.reconstruct * terms["reconstruction"]
    if weights.perceptual:
        terms["perceptual"] = perceptual(game, output, real).mean()
        total = total + weights.perceptual * terms["perceptual"]
    if weights.contrast:
        found = patch_contrast(game, given, output, rng)
        if weights.contrast_targets:
            kept = forge(game, game.generator, as_given(real, given))
            found = (found + patch_contrast(game, as_given(real, given), kept, rng)) / 2
        terms["contrast"] = found
        total = total + weights.contrast * found
    if weights.identity:
        found = l1(forge(game, game.generator, as_given(real, given)), real).mean()
        if game.back is not None:
            found = found + l1(forge(game, game.back, as_given(given, real)), given).mean()
        terms["identity"] = found
        total = total + weights.identity * found
    if returned is not None:
        assert game.back is not None
        assert game.back_discriminator is not None
        there = l1(forge(game, game.back, output), given).mean()
        here = l1(forge(game, game.generator, returned), real).mean()
        terms["cycle"] = there + here
        total = total + weights.cycle * terms["cycle"]
        if weights.adversarial:
            _, of_back = deceit(game, game.back_discriminator, real, given, returned)
            total = total + weights.adversarial * of_back
    if "g_loss" not in terms:
        terms["g_loss"] = total
    return total, terms


def deceit(
    game: TranslationGame, discriminator: nn.Module, given: Tensor, real: Tensor, fake: Tensor
) -> tuple[Tensor, Tensor]:
    """The game's loss of the generator, a mean over patches: alone, and with a second discriminator's."""
    fake_logits = judge(game, discriminator, given, fake)
    real_logits = fake_logits.detach()
    if game.loss.pairs:
        with torch.no_grad():
            real_logits = judge(game, discriminator, given, real)
    loss = game.loss.generator(real_logits.flatten(), fake_logits.flatten()).mean()
    if second_of(discriminator) is None:
        return loss, loss
    fake_logits = second_logits(game, discriminator, fake)
    real_logits = fake_logits.detach()
    if game.loss.pairs:
        with torch.no_grad():
            real_logits = second_logits(game, discriminator, real)
    return loss, loss + game.second_weight * game.loss.generator(real_logits, fake_logits).mean()


def second_logits(game: TranslationGame, discriminator: nn.Module, pictures: Tensor) -> Tensor:
    """The logits (B,) of the second discriminator beside one, of pictures alone, moved as in ``moved``."""
    assert isinstance(discriminator, Accompanied)
    assert discriminator.second_discriminator is not None
    here = shifted(pictures, game.clock.step, discriminator.second_stride)
    with game.runtime.autocast():
        return full(play(discriminator.second_discriminator, here, None))


def perceptual(game: TranslationGame, output: Tensor, target: Tensor) -> Tensor:
    """The distances (B,) of outputs from their targets in frozen features, both moved as in ``moved``."""
    assert game.features is not None
    with game.runtime.autocast():
        of_output = game.features(shifted(output, game.clock.step, STRIDE))
        with torch.no_grad():
            of_target = game.features(shifted(target, game.clock.step, STRIDE))
    return apart([full(found) for found in of_output], [full(found) for found in of_target])


def as_given(pictures: Tensor, like: Tensor) -> Tensor:
    """Pictures (B, C, H, W) with the channels of others: grey is repeated, colour becomes its mean."""
    if pictures.shape[1] == like.shape[1]:
        return pictures
    return pictures.mean(1, keepdim=True).expand(-1, like.shape[1], -1, -1)


def patch_contrast(game: TranslationGame, given: Tensor, output: Tensor, rng: torch.Generator) -> Tensor:
    """The mean of ``contrast`` over the scales of the generator's features, at PLACES random places each.

    Only what is made of the output learns: what it is compared with stays where it is.
    """
    assert game.projector is not None
    projector, encode = game.projector, cast(Any, game.generator).encode
    with game.runtime.autocast():
        of_output = encode(as_given(output, given))
        with torch.no_grad():
            of_given = encode(given)

    def vectors(features: Tensor, places: Tensor, scale: int) -> Tensor:
        found: Tensor = projector(full(features).flatten(2)[:, :, places].transpose(1, 2), scale)
        return found

    found = []
    for scale, (queries, keys) in enumerate(zip(of_output, of_given, strict=True)):
        count = queries.shape[2] * queries.shape[3]
        places = torch.randperm(count, generator=rng, device=rng.device)[:PLACES].to(queries.device)
        with torch.no_grad():
            fixed = vectors(keys, places, scale)
        found.append(contrast(vectors(queries, places, scale), fixed).mean())
    return torch.stack(found).mean()
