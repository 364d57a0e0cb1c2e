"""Find likely causes of a failing training before the first step, on copies, in a second or two."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from sparring.config.arguments import instance, whole
from sparring.data.repeats import repeats
from sparring.data.spec import Batch, Dataset
from sparring.errors import Caution, PlayerError, counted
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_step import discriminator_update, forge, generator_update, second_of
from sparring.games.first_outputs import of_outputs
from sparring.games.game import as_data
from sparring.games.trial import check_optimizers, copied, try_step
from sparring.networks.blocks import has_batch_norm
from sparring.networks.network import Seeing, play

SAMPLES = 2000  # of the data that are examined
NUMBERS = 2**23  # the most values in these samples, unless a batch has more
BATCH, LEAST_BATCH = 64, 8
BATCH_NUMBERS = 2**19  # the most values in a batch, since many steps are made with it
RARE = 0.05  # a class is rare below this share of the largest class
FEW_LATENTS = 0.05  # share of the directions that hold 90 % of the data's variance
TRIED, SMALL = 20, 1e-2  # number and size of the steps of a copied discriminator
LOST = 0.01  # the lead must fall by this many logits for labels to count as swapped
WON = 1.0  # the lead must rise by this many logits for labels to count as right
WRONG_WAY = 0.1  # a cosine below -WRONG_WAY with the logistic loss's gradient is a wrong sign


def preflight(game: AdversarialGame, data: Dataset | Any, seed: int = 0) -> list[Caution]:
    """Problems of a game and its data, in the order in which they would show: data, optimizers, a step.

    The game and the data stay unchanged.

    Args:
        data: as for ``train``.

    Raises:
        DataError: the data are not samples.
    """
    instance("game", game, AdversarialGame, "a sparring.AdversarialGame(generator, discriminator, latent_dim)")
    seed = whole("seed", seed, -(2**63), 2**64 - 1)
    data = as_data(game, data)
    if len(data) < 2:
        return []
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    count = min(SAMPLES, max(BATCH, NUMBERS // math.prod(data.spec.shape)))
    some = data.batch(order[:count].to(data.samples.device)).real.flatten(1).float()
    few = min(BATCH, max(LEAST_BATCH, BATCH_NUMBERS // math.prod(data.spec.shape)))
    batch = data.batch(order[:few].to(data.samples.device)).to(game.runtime.device)
    found = [*_of_data(data, some, game)]
    try:
        check_optimizers(game)
    except PlayerError as refusal:
        found.append(refusal.caution)
    try:
        try_step(game, batch)
        for look in (of_outputs, _of_gradients):
            if twin := copied(game):
                found += look(twin, batch, some)
    except PlayerError as refusal:  # further checks would fail too, or mislead
        found.append(refusal.caution)
    return [*found, *_of_layers(game)]


def _of_data(data: Dataset, some: Tensor, game: AdversarialGame) -> Iterator[Caution]:
    if float(some.std(0).max()) < 1e-6:
        yield Caution("constant-data", "All samples looked at are the same.", "Check what was loaded.")
        return
    if (copies := repeats(some) / len(some)) > 0.3:
        yield Caution(
            "duplicates",
            f"{copies:.0%} of {len(some):,} samples repeat another one.",
            "Leave the copies out: `sparring data` counts them.",
        )
    if data.classes and not data.spec.clusters:
        counts = data.class_counts
        least = min(range(len(counts)), key=counts.__getitem__)
        if counts[least] < RARE * max(counts):
            yield Caution(
                "class-balance",
                f"Class {data.spec.class_names[least]} has {counted(counts[least], 'sample')}, the commonest "
                f"{max(counts):,}.",
                "It will be drawn badly: gather more of it, or leave it out.",
            )
    if game.latent_dim >= max(2, FEW_LATENTS * min(some.shape)):
        return  # enough for any number of directions
    centred = (some.double() - some.double().mean(0)).cpu()
    square = centred @ centred.T if len(some) < some.shape[1] else centred.T @ centred
    shares = torch.linalg.eigvalsh(square).flip(0).clamp_min(0)
    directions = int((shares.cumsum(0) < 0.9 * shares.sum()).sum()) + 1
    if game.latent_dim < max(1.01, FEW_LATENTS * directions) and directions > 1:
        yield Caution(
            "few-latents",
            f"The latent has {counted(game.latent_dim, 'number')}, the data {directions} directions "
            "with 90 % of its variance.",
            f"Give it more: latent_dim {max(16, math.ceil(directions / 4))}.",
        )


def _of_gradients(twin: AdversarialGame, batch: Batch, some: Tensor) -> Iterator[Caution]:
    """Problems with the signs of the losses, gradients that do not flow, and penalties that do nothing."""
    rng = torch.Generator(twin.runtime.device).manual_seed(0)
    penalties, twin.penalties = twin.penalties, ()
    fake = forge(twin, batch, rng)
    d_weights, g_weights = _learning(twin.discriminator), _learning(twin.generator)
    if not d_weights or not g_weights:
        return
    d_slope = discriminator_update(twin, batch, fake.detach(), rng).gradients
    g_slope = generator_update(twin, batch, fake, rng).gradients
    for name, slope in (("generator", g_slope), ("discriminator", d_slope)):
        if not any(part is not None and bool(part.abs().max() > 0) for part in slope):
            yield Caution(
                f"{name}-frozen",
                f"No gradient reaches the {name}.",
                "Look for .detach(), torch.no_grad or a constant on its way to the loss.",
            )
            return
    if not fake.requires_grad:
        return
    fake = forge(twin, batch, rng.manual_seed(0))  # the same samples; the update freed their graph
    doubt = softplus(-play(twin.discriminator, fake, batch.labels).float()).mean()
    if (second := second_of(twin.discriminator)) is not None:
        doubt = doubt + twin.second_weight * softplus(-play(second, fake, batch.labels)).mean()
    passing = torch.autograd.grad(doubt, g_weights, allow_unused=True)
    if _cosine(g_slope, passing) < -WRONG_WAY:
        yield Caution(
            "wrong-sign",
            "A step of the generator lowers what the discriminator thinks of its samples.",
            "Turn the sign of its loss.",
        )
    if _lead_learnt(twin, batch) < -LOST:
        yield Caution(
            "labels-swapped",
            "The discriminator's steps raise its scores of forged samples above those of real ones.",
            "Its loss takes D(real) first and D(forged) second.",
        )
    for penalty in penalties:
        if penalty.on == "features":
            if not isinstance(second, Seeing):
                yield Caution(
                    "idle-penalty",
                    "A penalty is on features, and no second discriminator judges by any, so it does nothing.",
                    "Leave it out, or take skips networks with d_features imagenet.",
                )
            continue
        samples = batch.real.detach().requires_grad_()
        value = penalty.function(samples, play(twin.discriminator, samples, batch.labels)).mean()
        slope = torch.autograd.grad(value, d_weights, allow_unused=True) if value.requires_grad else ()
        if not any(part is not None and bool(part.abs().max() > 0) for part in slope):
            yield Caution(
                "idle-penalty",
                "A penalty has no gradient in the discriminator's weights, so it does nothing.",
                "Look for a layer without second derivatives.",
            )


def _of_layers(game: AdversarialGame) -> Iterator[Caution]:
    for layer in game.generator.modules():
        if isinstance(layer, nn.ConvTranspose2d):
            uneven = [(k, s) for k, s in zip(layer.kernel_size, layer.stride, strict=True) if s > 1 and k % s]
            if uneven:
                size, stride = uneven[0]
                yield Caution(
                    "checkerboard",
                    f"A transposed convolution has kernels of {size} at stride {stride}, which overlap "
                    "unevenly.",
                    f"Take kernels of {stride * math.ceil(size / stride)}.",
                )
                break
    if game.penalties and has_batch_norm(game.discriminator):
        yield Caution(
            "batch-norm-penalised",
            "The discriminator has BatchNorm, under which a penalty on the slope of one sample's score is on "
            "that of a whole batch.",
            "Take another normalisation, or none (d_norm none).",
        )
    if game.judges_jointly and has_batch_norm(game.discriminator):
        yield Caution(
            "batch-norm-leak",
            "The discriminator's BatchNorm sees real and forged samples in one batch, and so tells them apart.",
            "Set judges_jointly to False, or take another normalisation.",
        )


def _learning(player: nn.Module) -> list[Tensor]:
    return [weight for weight in player.parameters() if weight.requires_grad]


def _lead_learnt(twin: AdversarialGame, batch: Batch) -> float:
    """How much the lead of real over fake logits grows in a few steps of the discriminator on a copy."""
    rng = torch.Generator(twin.runtime.device).manual_seed(0)
    fake = forge(twin, batch, rng).detach()
    leads = []
    for _ in range(TRIED):
        update = discriminator_update(twin, batch, fake, rng)
        leads.append(float(update.logged["real_logit"].mean() - update.logged["fake_logit"].mean()))
        if leads[-1] - leads[0] > WON:
            break
        with torch.no_grad():
            for weight, slope in zip(_learning(twin.discriminator), update.gradients, strict=True):
                if slope is not None:
                    weight.sub_(SMALL * slope.sign())
    return leads[-1] - leads[0]


def _cosine(a: Sequence[Tensor | None], b: Sequence[Tensor | None]) -> float:
    """The cosine of the angle between two gradients; 0 if one of them is 0."""
    pairs = [(x.double(), y.double()) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    inner = sum(float((x * y).sum()) for x, y in pairs)
    norms = [math.sqrt(sum(float(pair[k].square().sum()) for pair in pairs)) for k in (0, 1)]
    return inner / (norms[0] * norms[1]) if min(norms) > 1e-12 else 0.0
