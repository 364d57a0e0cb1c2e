"""One step of a GAN: the updates of the discriminator, then one update of the generator."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from sparring.data.spec import Batch
from sparring.games import schedules
from sparring.games.game import Logged
from sparring.games.ghosts import GhostBatches
from sparring.games.logits import sign_of_pairs
from sparring.games.penalties import Penalty, between
from sparring.games.players import score
from sparring.games.updates import Update, clip_weights, descend, slope
from sparring.networks.blocks import full
from sparring.networks.network import Accompanied, Seeing, play

if TYPE_CHECKING:
    from sparring.games.adversarial import AdversarialGame
    from sparring.games.translation import TranslationGame


def adversarial_step(game: AdversarialGame, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
    """A discriminator update for each batch, then one generator update with the last one's fakes.

    The latents and all other random numbers come from ``rng``. Returns both losses, the penalty
    () and the logits (B,), detached and still on the device.
    """
    ghosts = GhostBatches(game.replicas(), rng)
    for batch in batches:
        parts = ghosts.split(batch)
        fakes = ghosts.each(forge, parts)
        updates = ghosts.each(discriminator_update, parts, [fake.detach() for fake in fakes])
        logged = remember(game, descend(game, "discriminator", updates, game.clip_gradients))
        if game.weight_clip:
            clip_weights(game.discriminator, game.weight_clip)
    # The last fakes still have their graph: the generator learns from them with the new discriminator.
    updates = ghosts.each(generator_update, parts, fakes)
    logged |= descend(game, "generator", updates, game.clip_gradients)
    game.update_average(batches)
    return logged


def discriminator_update(game: AdversarialGame, batch: Batch, fake: Tensor, rng: torch.Generator) -> Update:
    """The gradient of L_D(D(x), D(G(z))) plus the penalties due at this step, for D's weights."""
    due = [penalty for penalty in due_now(game) if penalty.on != "features"]
    # One forward pass gives the logits and, if a penalty needs it, D's gradient with respect to its samples.
    # It is the gradient of D(see(x)) with respect to x, as in Karras et al. 2020: see is a part of D here.
    real = batch.real.detach().requires_grad_(any(penalty.on == "real" for penalty in due))
    fake = fake.detach().requires_grad_(any(penalty.on == "fake" for penalty in due))
    labels = batch.labels
    seen_real, seen_fake = see(game, real, rng), see(game, fake, rng)
    real_logits, fake_logits = judge(game, seen_real, seen_fake, labels)
    d_loss = game.loss.discriminator(real_logits, fake_logits).mean()
    total = d_loss
    if game.lecam is not None:
        total = total + game.lecam.weight * game.lecam(real_logits, fake_logits).mean()
    for penalty in due:
        if penalty.on == "real":
            cost = penalty.function(real, real_logits).mean()
        elif penalty.on == "fake":
            cost = penalty.function(fake, fake_logits).mean()
        else:
            cost = penalise_elsewhere(game, penalty, real, fake, labels, rng)
        weight: float | Tensor = penalty.every * penalty.weight * game.penalty_scale
        if game.gamma is not None and penalty.on != "between":  # the weight of WGAN-GP is not a gamma
            weight = weight * game.gamma.scale
        total = total + weight * cost
    logged = {
        "d_loss": d_loss.detach(),
        "penalty": (total - d_loss).detach(),
        "real_logit": real_logits.detach(),
        "fake_logit": fake_logits.detach(),
    }
    if (second := second_of(game.discriminator)) is not None:
        pictures = moved(game, torch.cat([seen_real, seen_fake]).detach())
        with game.runtime.autocast():
            both = play(second, pictures, twice(labels))
        second_loss = game.loss.discriminator(*both.split(len(real))).mean()
        logged["second_d_loss"] = second_loss.detach()
        penalty_of_features = penalise_features(game, second, pictures[: len(real)], labels)
        total = total + game.second_weight * (second_loss + penalty_of_features)
    return Update(slope(total, game.discriminator), logged)


def generator_update(game: AdversarialGame, batch: Batch, fake: Tensor, rng: torch.Generator) -> Update:
    """The gradient of L_G(D(x), D(G(z))) in the weights of the generator only."""
    real, labels, fake = batch.real, batch.labels, see(game, fake, rng)
    if game.loss.pairs:
        real = see(game, real, rng)
    with game.runtime.autocast():
        fake_logits = score(game.discriminator, fake, labels)
        real_logits = fake_logits.detach()
        if game.loss.pairs:
            with torch.no_grad():
                real_logits = score(game.discriminator, real, labels)
    g_loss = game.loss.generator(real_logits, fake_logits).mean()
    logged = {"g_loss": g_loss.detach()}
    if (second := second_of(game.discriminator)) is not None:
        with game.runtime.autocast():
            fake_logits = play(second, moved(game, fake), labels)
            real_logits = fake_logits.detach()
            if game.loss.pairs:
                with torch.no_grad():
                    real_logits = play(second, moved(game, real), labels)
        g_loss = g_loss + game.second_weight * game.loss.generator(real_logits, fake_logits).mean()
    return Update(slope(g_loss, game.generator), logged)


def twice(labels: Tensor | None) -> Tensor | None:
    """The labels of a batch of real samples and of as many fakes of the same classes."""
    return None if labels is None else torch.cat([labels, labels])


def second_of(discriminator: nn.Module) -> nn.Module | None:
    """The second discriminator, if there is one. It sees the same samples, and has a loss of its own."""
    return discriminator.second_discriminator if isinstance(discriminator, Accompanied) else None


def moved(game: AdversarialGame, samples: Tensor) -> Tensor:
    """Pictures (B, C, H, W) moved to another place at each step, by less than ``second_stride``.

    The gradient of features whose first layers have strides is a lattice. At rest the generator would draw it.
    With a stride of 4 there are 16 places, from one pixel down and right to two up and left. Samples that are
    no pictures are given back as they are.
    """
    if samples.dim() != 4 or not isinstance(game.discriminator, Accompanied):
        return samples
    return shifted(samples, game.clock.step, game.discriminator.second_stride)


def shifted(samples: Tensor, step: int, places: int) -> Tensor:
    """Pictures (B, C, H, W) at the place of this step among ``places`` times ``places``, as in ``moved``."""
    down, right = divmod(step % places**2, places)
    height, width = samples.shape[2:]
    before, after = (places - 1) // 2, places // 2
    wide = pad(samples, (before, after, before, after), "replicate")
    return wide[:, :, down : down + height, right : right + width]


def forge(game: AdversarialGame, batch: Batch, rng: torch.Generator) -> Tensor:
    """Fakes G(z), z ~ N(0, I), of the same number and the same classes as the batch."""
    given = game.given(batch, rng)
    with game.runtime.autocast():
        fake = play(game.generator, given, batch.labels)
    return fake.float()


def see(game: AdversarialGame, samples: Tensor, rng: torch.Generator) -> Tensor:
    """Samples as the discriminator sees them: augmented, then with noise added, if the game has these."""
    runtime, count = game.runtime, len(samples) * game.runtime.processes
    if game.augment is not None:
        u = torch.rand(count, game.augment.numbers, generator=rng, device=runtime.device)
        samples = game.augment(samples, runtime.share(u))
    if game.instance_noise:
        noise = torch.randn(count, *samples.shape[1:], generator=rng, device=runtime.device)
        samples = samples + game.instance_noise * schedules.linear(game.clock.progress) * runtime.share(noise)
    return samples


def remember(game: AdversarialGame, logged: Logged) -> Logged:
    """Update LeCam's anchors, p and gamma from the logits; return what was logged, with p and gamma."""
    real, fake, mean = logged["real_logit"], logged["fake_logit"], game.runtime.mean
    if game.lecam is not None:
        game.lecam.update(mean(torch.stack([real.mean(), fake.mean()])))
    if game.augment is not None:
        overfitting = mean(game.augment.overfitting(real, fake))
        game.augment.adapt(overfitting, len(real) * game.runtime.processes)
        logged = logged | {"augment_p": game.augment.p.clone()}
    if game.gamma is not None:
        game.gamma.adapt(mean(sign_of_pairs(real, fake)), len(real) * game.runtime.processes)
        if game.r1:
            logged = logged | {"r1_gamma": game.r1 * game.penalty_scale * game.gamma.scale}
    return logged


def judge(game: AdversarialGame, real: Tensor, fake: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
    """D(x) and D(G(z)), (B,) each.

    If a gradient with respect to the samples is needed, each is computed on its own, in float32. Otherwise
    both are computed in one forward pass, unless batch statistics would mix the two.
    """
    sloped = real.requires_grad or fake.requires_grad
    with nullcontext() if sloped else game.runtime.autocast():
        if sloped or not game.judges_jointly:
            return score(game.discriminator, real, labels), score(game.discriminator, fake, labels)
        logits = score(game.discriminator, torch.cat([real, fake]), twice(labels))
    real_logits, fake_logits = logits.split(len(real))
    return real_logits, fake_logits


def due_now(game: AdversarialGame | TranslationGame) -> list[Penalty]:
    """The penalties that are due at this step."""
    return [penalty for penalty in game.penalties if game.clock.step % penalty.every == 0]


def penalise_features(
    game: AdversarialGame, second: nn.Module, real: Tensor, labels: Tensor | None
) -> Tensor | float:
    """The penalties on "features" that are due: batch means, summed over the stages, in float32."""
    due = [penalty for penalty in due_now(game) if penalty.on == "features"]
    if not due or not isinstance(second, Seeing):
        return 0.0
    with game.runtime.autocast(), torch.no_grad():
        seen = second.see(real)
    seen = [full(one).requires_grad_() for one in seen]
    logits = second.judge(seen, labels)
    costs = [
        penalty.every * penalty.weight * penalty.function(one, logits).mean() for penalty in due for one in seen
    ]
    return game.penalty_scale * torch.stack(costs).sum()


def penalise_elsewhere(
    game: AdversarialGame,
    penalty: Penalty,
    real: Tensor,
    fake: Tensor,
    labels: Tensor | None,
    rng: torch.Generator,
) -> Tensor:
    """The batch mean of a penalty "between" real and fake or "near" real samples, in float32."""
    runtime, count = game.runtime, len(real) * game.runtime.processes
    if penalty.on == "between":
        share = torch.rand(count, generator=rng, device=runtime.device)
        samples = between(real, fake, runtime.share(share)).detach().requires_grad_()
        return penalty.function(samples, score(game.discriminator, see(game, samples, rng), labels)).mean()
    here = see(game, real.detach(), rng)
    u = runtime.share(torch.randn(count, *real.shape[1:], generator=rng, device=runtime.device))
    samples = torch.cat([here, here + penalty.sigma * u])
    return penalty.function(samples, score(game.discriminator, samples, twice(labels))).mean()
