"""Choose how long latents are when samples are drawn, so that these come near to the training data.

A generator that has seen few samples draws too alike, and longer latents vary more; another one draws too
wildly, and shorter ones are better. Below 1 this is the truncation trick (Brock et al. 2019, "Large Scale GAN
Training", section 3.1), which looks at samples; here their distance from the data decides, in either direction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import repeat

import torch
from torch import Tensor

from sparring.data.spec import Dataset
from sparring.errors import Tell
from sparring.games import drawing
from sparring.games.game import Game
from sparring.metrics.distances import fit_gaussian, frechet
from sparring.metrics.features import fit_pca
from sparring.networks.blocks import half_size
from sparring.networks.imagenet import SEEN_FROM, ImageNetFeatures, enlarged
from sparring.networks.network import Calibrated

USUAL = 100  # percent
NEAR = 1.02  # the discriminator knows these features, so they see too late that samples vary too little
LONGER, SHORTER = (115, 130, 150, 175), (90, 80)  # that are tried, until the distance grows
COUNT = 1000  # samples and reals, at most
LEAST = 100  # fewer of either say nothing
SEEN = 20  # samples of the training for each that is drawn, so that a short training ends at once
COMPONENTS = 64  # principal components of the features, at most
A_COMPONENT = 10  # reals for each, at least
AT_ONCE = 50  # pictures
ANNOUNCED = "Choosing the length of latents: samples of several lengths are compared with the data."
SEED = 4_000_037  # added to that of the run


@torch.no_grad()
def calibrate(game: Game, data: Dataset, seed: int, tell: Tell = lambda _: None) -> None:
    """Set ``latent_percent`` of the weight average as ``best_length`` chooses by the Fréchet distance.

    The average alone is changed, and only until its next update: a training that goes on is not.

    Args:
        data: the training set.
        seed: of the run.
        tell: called with a sentence before it begins, since it takes a while.
    """
    generator = game.memories.get("average")
    count = min(COUNT, game.clock.samples_seen // SEEN)
    if not isinstance(generator, Calibrated) or min(count, len(data)) < LEAST:
        return
    tell(ANNOUNCED)
    distance, best = _distance_of(game, data, count, seed), USUAL

    def tried(percent: int) -> float:
        generator.latent_percent.fill_(percent)
        return distance()

    try:
        best = best_length(tried)
    finally:
        generator.latent_percent.fill_(best)


def best_length(distance: Callable[[int], float]) -> int:
    """The longest latents, in percent, whose distance is nearly the least: at most NEAR times as large.

    Longer ones are tried as long as they are as good as that and, if none is better than usual, shorter ones.
    """
    found = {USUAL: distance(USUAL)}
    if not math.isfinite(found[USUAL]):
        return USUAL
    for side in (LONGER, SHORTER):
        for percent in side:
            found[percent] = distance(percent)
            if found[percent] > NEAR * min(found.values()):
                break
        if min(found, key=found.__getitem__) > USUAL:
            break
    return max(percent for percent, value in found.items() if value <= NEAR * min(found.values()))


def _distance_of(game: Game, data: Dataset, count: int, seed: int) -> Callable[[], float]:
    """A function that measures the Fréchet distance of samples; it draws the same latents each time."""
    device = game.runtime.device
    features = ImageNetFeatures().eval().to(device)

    def deep(pictures: Tensor) -> Tensor:
        with game.runtime.autocast():
            found = features(seen(pictures.to(device)).contiguous(memory_format=torch.channels_last))[-1]
        pooled: Tensor = found.float().mean((2, 3))
        return pooled.double().cpu()

    rng = torch.Generator().manual_seed(seed + SEED)
    places = torch.randperm(len(data), generator=rng)[:COUNT].to(data.samples.device)
    of_reals = torch.cat([deep(data.batch(some).real) for some in places.split(AT_ONCE)])
    pca = fit_pca(of_reals, min(COMPONENTS, len(of_reals) // A_COMPONENT))
    law = fit_gaussian(pca.project(of_reals))
    given, labels = game.inputs(data, count, seed + SEED, drawing.natural_labels(count, data.class_counts))
    given = given.to(device)
    classes = repeat(None) if labels is None else labels.to(device).split(AT_ONCE)

    def distance() -> float:
        drawn = (game.draw(some, of) for some, of in zip(given.split(AT_ONCE), classes, strict=False))
        found = pca.project(torch.cat([deep(pictures) for pictures in drawn]))
        return frechet(fit_gaussian(found), law) if found.isfinite().all() else math.inf

    return distance


def seen(pictures: Tensor) -> Tensor:
    """Pictures (B, C, H, W) as a second discriminator sees them: halved, or enlarged, to SEEN_FROM pixels."""
    while min(pictures.shape[2:]) >= 2 * SEEN_FROM:
        pictures = half_size(pictures)
    return enlarged(pictures, SEEN_FROM)
