"""The main directions of a generator's latent space, and what changes along each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from sparring import kinds
from sparring.games import drawing
from sparring.kinds.kind import Array
from sparring.runs.inference import Sampler

SHOWN = 6  # directions
NATURAL, TRIED = 128, 16  # samples of which traits are measured, and those that each direction moves
LEAST_EFFECT = 0.5  # of a trait that is named, in its standard deviations over samples
MOST_NAMED, ALIKE = 2, 0.8  # traits of a direction; the correlation above which two of them say the same
SEED = 2024


class Direction(NamedTuple):
    """One direction of the latent space.

    Attributes:
        vector: (latent_dim,), of length 1.
        effects: what changes most from one end of the slider to the other, by the name of the trait, in
            standard deviations of that trait over samples; positive: it grows along the vector.
    """

    vector: Tensor
    effects: dict[str, float]


def unit(latent_dim: int) -> float:
    """How far one unit of a slider goes: at 3 the latent is moved by three quarters of its usual length."""
    return float(latent_dim**0.5 / 4)


def main_directions(sampler: Sampler, count: int = SHOWN) -> list[Direction]:
    """The directions along which a generator's first layers stretch latents most, and what they change.

    Each points to where what it changes most grows.
    """
    dim = sampler.config.networks.latent_dim
    vectors = factorised(sampler)[: min(count, dim)]
    natural = sampler.latents(NATURAL, SEED)
    labels = sampler.labels(NATURAL, order="random", seed=SEED)
    before = _traits(sampler, natural, labels)
    return [_measured(sampler, vector, natural[:TRIED], _first(labels, TRIED), before) for vector in vectors]


def factorised(sampler: Sampler) -> Tensor:
    """Orthonormal directions (latent_dim, latent_dim), those that change the first features most first.

    Closed-form factorisation (SeFa, Shen & Zhou 2021, eq. 8): the eigenvectors of the sum of A^T A over the
    weights A of all linear layers that take the latent itself, whatever its length. Without such layers: of
    the mean Jacobian of the samples.
    """
    dim = sampler.config.networks.latent_dim
    latents, labels = sampler.latents(2, SEED), sampler.labels(2, order="random", seed=SEED)
    with _layers_that_take(sampler.generator, latents) as found:
        drawing.draw(sampler.generator, latents, labels)
    weights = [layer.weight.detach()[:, :dim].float().cpu() for layer in found]
    if not weights:
        weights = [_mean_jacobian(sampler)]
    gram = torch.stack([weight.T @ weight for weight in weights]).sum(0)
    vectors: Tensor = torch.linalg.eigh(gram).eigenvectors.flip(1).T.contiguous()
    return vectors


def _mean_jacobian(sampler: Sampler) -> Tensor:
    """E[dG/dz] (D, latent_dim), estimated as E[G(z) z^T] by Stein's lemma for normal latents."""
    latents, labels = sampler.latents(NATURAL, SEED), sampler.labels(NATURAL, order="random", seed=SEED)
    drawn = sampler.encoded(latents, labels).flatten(1).float().cpu()
    return (drawn - drawn.mean(0)).T @ latents / NATURAL


@contextmanager
def _layers_that_take(generator: nn.Module, latents: Tensor) -> Iterator[list[nn.Linear]]:
    """Collect the linear layers whose inputs begin with these latents (N, latent_dim)."""
    found: list[nn.Linear] = []
    dim = latents.shape[1]

    def see(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        given = inputs[0]
        known = given.ndim == 2 and given.shape[0] == len(latents) and given.shape[1] >= dim
        if isinstance(layer, nn.Linear) and known and _alike(given[:, :dim].float().cpu(), latents):
            found.append(layer)

    hooks = [part.register_forward_pre_hook(see) for part in generator.modules() if isinstance(part, nn.Linear)]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _alike(vectors: Tensor, latents: Tensor) -> bool:
    """Whether vectors (N, latent_dim) are the latents, or all of them longer or shorter by one factor."""
    return torch.allclose(vectors / vectors.norm(), latents / latents.norm(), atol=1e-6)


def _measured(
    sampler: Sampler, vector: Tensor, latents: Tensor, labels: Tensor | None, before: Mapping[str, Array]
) -> Direction:
    """A direction with its effects on these latents, turned so that the greatest is positive."""
    step = 3 * unit(len(vector)) * vector
    low, high = (_traits(sampler, latents + sign * step, labels) for sign in (-1, 1))
    effects = {
        name: float((high[name] - low[name]).mean() / before[name].std())
        for name in before
        if before[name].std() > 1e-6
    }
    named: dict[str, float] = {}
    for name in sorted(effects, key=lambda name: -abs(effects[name])):
        repeats = any(abs(np.corrcoef(before[name], before[other])[0, 1]) > ALIKE for other in named)
        if abs(effects[name]) >= LEAST_EFFECT and len(named) < MOST_NAMED and not repeats:
            named[name] = effects[name]
    if named and next(iter(named.values())) < 0:
        return Direction(-vector, {name: -effect for name, effect in named.items()})
    return Direction(vector, named)


def _traits(sampler: Sampler, latents: Tensor, labels: Tensor | None) -> dict[str, Array]:
    traits = kinds.of(sampler.spec).traits
    if traits is None:
        return {}
    return dict(traits(sampler.decoded(latents, labels).numpy(), sampler.spec))


def _first(labels: Tensor | None, count: int) -> Tensor | None:
    return None if labels is None else labels[:count]
