"""Draw samples from a generator: latents, labels and interpolation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from sparring import kinds
from sparring.config.arguments import number, plain
from sparring.config.arguments import whole as whole_number
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, counted, quoted, unknown
from sparring.games.game import Inputs
from sparring.kinds.kind import Array
from sparring.networks import memory
from sparring.networks.network import at_rest

Order = Literal["turns", "rows", "natural", "random"]  # of the classes that are drawn
CHUNK = 500  # samples drawn at a time, at most
CHUNK_NUMBERS = 2**23  # numbers in these samples, about: 42 pictures in colour of 256 x 256 pixels
FEW = 16  # samples that are drawn at once, however large they are
MOST = 2**40  # the most samples, or numbers in a latent; their memory is checked later


@torch.no_grad()
def draw(
    generator: nn.Module,
    latents: Tensor,
    labels: Tensor | None = None,
    decode: Callable[[Tensor], Tensor] = lambda encoded: encoded,
) -> Tensor:
    """Draw encoded samples (N, *shape) from latents (N, latent_dim) or other inputs (N, …).

    The generator is in evaluation mode and draws one chunk at a time. ``decode`` is applied to each chunk,
    since samples in bytes take a quarter of the memory.
    """
    device = next(generator.parameters()).device
    drawn = torch.empty(0)
    with at_rest(generator):

        def drawn_from(first: int, last: int) -> Tensor:
            of = () if labels is None else (labels[first:last].to(device),)
            samples: Tensor = generator(latents[first:last].to(device), *of)
            return samples

        chunk = CHUNK
        if len(latents) > FEW:
            chunk = max(FEW, min(CHUNK, CHUNK_NUMBERS // max(1, drawn_from(0, 1).numel())))
        for start in range(0, max(len(latents), 1), chunk):  # an empty draw has a shape too
            part = decode(drawn_from(start, start + chunk).cpu())
            if not start:
                memory.check_drawing(len(latents), part)
                drawn = part.new_empty((len(latents), *part.shape[1:]))
            drawn[start : start + chunk] = part
    return drawn


def decoded(generator: nn.Module, spec: Spec, latents: Tensor, labels: Tensor | None = None) -> Tensor:
    """Draw samples and decode them to the values of the data."""
    return draw(generator, latents, labels, spec.decode)


def for_features(generator: nn.Module, latents: Tensor, labels: Tensor | None, spec: Spec) -> Tensor:
    """Samples for latents (N, latent_dim) in the form from which features are computed."""
    return draw(
        generator, latents, labels, lambda encoded: kinds.of(spec).for_features(spec.decode(encoded), spec)
    )


def random_latents(count: int, latent_dim: int, seed: int, truncation: float = 1.0) -> Tensor:
    """``truncation`` times N(0, I): below 1 the samples are more typical and less varied.

    Raises:
        ConfigError: the count or the seed is not valid, or the memory cannot hold the latents.
    """
    count, latent_dim = _count(count), whole_number("latent_dim", latent_dim, 1, MOST)
    truncation = number("truncation", truncation, 0)
    latents = f"{counted(count, 'latent')} of {counted(latent_dim, 'number')}"
    memory.refuse_beyond(count * latent_dim * memory.NUMBER, latents, "Draw fewer at a time: --count.")
    rng = _stream(seed)
    return truncation * torch.randn(count, latent_dim, generator=rng)


def given_with(data: Dataset, count: int, seed: int) -> Inputs:
    """The inputs and classes of ``count`` random samples of paired data; none repeats before all are used."""
    return given_at(data, places_of_given(data, count, seed))


def given_at(data: Dataset, places: Tensor) -> Inputs:
    """The inputs at these places of ``data.given``, and the classes of what belongs to them."""
    assert data.given is not None
    labels = None if data.labels is None or data.spec.unpaired else data.labels[places]
    return Inputs(data.given.batch(places).real, labels)


def places_of_given(data: Dataset, count: int, seed: int) -> Tensor:
    """The places (count,) in ``data.given`` that ``given_with`` takes."""
    assert data.given is not None
    order = torch.randperm(len(data.given), generator=_stream(seed))
    return order[torch.arange(_count(count)) % len(order)]


def _count(count: int) -> int:
    return whole_number("count", count, 0, MOST)


def _stream(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(whole_number("seed", seed, -(2**63), 2**64 - 1))


def samples(
    generator: nn.Module,
    spec: Spec,
    latent_dim: int,
    count: int,
    labels: Any = None,
    seed: int = 0,
    truncation: float = 1.0,
    class_counts: Sequence[int] = (),
) -> Array:
    """Decoded samples (count, *shape) of the classes that the user names.

    Raises:
        ConfigError: an argument that does not fit.
    """
    latents = random_latents(count, latent_dim, seed, truncation)
    indices = label_indices(labels, len(latents), spec, class_counts, seed)
    drawn: Array = decoded(generator, spec, latents, indices).numpy()
    return drawn


def label_indices(
    labels: Any,
    count: int,
    spec: Spec,
    class_counts: Sequence[int] = (),
    seed: int = 0,
    order: Order = "turns",
) -> Tensor | None:
    """Class indices (count,) for what the user calls the classes; None without classes.

    Clusters have no names. They are drawn as often as in the data, if ``class_counts`` is given.

    Args:
        labels: a name, or one for each sample; None: the classes come in this ``order``.
        order: one class after the other ("turns"), blocks of equal size ("rows"), blocks in the proportions of
            ``class_counts`` ("natural"), or at random in these proportions ("random").
    """
    names = spec.class_names
    if not names or spec.clusters:
        if labels is not None:
            raise ConfigError("this GAN was trained without labels: leave labels out.")
        return drawn_labels(count, class_counts, seed) if class_counts else even_labels(count, len(names))
    if labels is None:
        return _in_order(order, count, len(names), class_counts, seed)
    if isinstance(labels, Tensor) and labels.is_meta:
        raise ConfigError("labels are on torch's meta device, without values: make them on the CPU.")
    if isinstance(labels, Tensor | np.ndarray | np.generic):
        labels = labels.tolist()
    alone = isinstance(labels, str) or not isinstance(labels, Iterable)
    listed = [plain(label) for label in ([labels] * count if alone else labels)]
    if len(listed) != count:
        given, wanted = counted(len(listed), "label"), counted(count, "sample")
        raise ConfigError(f"{given} for {wanted}: give one, or one for each.")
    numbers = any(name.lstrip("-").isdigit() for name in names)
    indices = []
    for label in listed:
        name = label if isinstance(label, str) else quoted(label)
        if name in names:
            indices.append(names.index(name))
        elif type(label) is int and not numbers and 0 <= label < len(names):
            indices.append(label)
        else:
            raise ConfigError(unknown("label", name, names))
    return torch.tensor(indices, dtype=torch.long)


def _in_order(order: Order, count: int, classes: int, class_counts: Sequence[int], seed: int) -> Tensor | None:
    if order == "random":
        return drawn_labels(count, class_counts, seed)
    if order == "natural":
        natural = natural_labels(count, class_counts)
        return natural if natural is None else natural.sort().values
    if order == "rows":
        return torch.arange(_count(count)) * classes // max(count, 1)
    return even_labels(count, classes)


def even_labels(count: int, classes: int) -> Tensor | None:
    """0, 1, 2 … over and over, (count,); None without classes."""
    return torch.arange(_count(count)) % classes if classes else None


def natural_labels(count: int, class_counts: Sequence[int]) -> Tensor | None:
    """Labels (count,) in the proportions of the training data; None without classes.

    Samples with these labels can be compared with real data: other proportions alone would change a Fréchet
    distance. The labels are shuffled, always in the same way, so that a part of them has all classes too.
    """
    count = _count(count)
    if not class_counts:
        return None
    bounds = torch.tensor([0, *class_counts], dtype=torch.float64).cumsum(0)
    times = (bounds / bounds[-1] * count).round().long().diff()
    return torch.arange(len(class_counts)).repeat_interleave(times)[torch.randperm(count, generator=_stream(0))]


def drawn_labels(count: int, class_counts: Sequence[int], seed: int) -> Tensor:
    """Labels (count,) at random, each class as likely as in the training data.

    Systematic sampling, shuffled: the number of each class differs from its share by less than one.
    """
    rng, count = _stream(seed), _count(count)
    bounds = torch.tensor([0, *class_counts], dtype=torch.float64).cumsum(0)
    places = bounds / bounds[-1] * count + torch.rand(1, generator=rng, dtype=torch.float64)
    times = places.floor().long().diff()
    return torch.arange(len(class_counts)).repeat_interleave(times)[torch.randperm(count, generator=rng)]


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Spherical interpolation of latents (N, latent_dim) (Shoemake 1985; White 2016 for GANs)."""
    a, b = nn.functional.normalize(start, dim=1), nn.functional.normalize(end, dim=1)
    angle = (a * b).sum(1, keepdim=True).clamp(-1, 1).acos()
    sine = angle.sin()
    near = sine < 1e-6
    safe = torch.where(near, torch.ones_like(sine), sine)
    first = torch.where(near, 1 - share, ((1 - share) * angle).sin() / safe)
    second = torch.where(near, share, (share * angle).sin() / safe)
    return first * start + second * end


def walk(stops: Tensor, frames: int) -> Tensor:
    """A closed spherical walk through latents (K, latent_dim): (frames, latent_dim)."""
    places = torch.arange(frames) * len(stops) / frames
    after = stops.roll(-1, 0)
    steps = [
        slerp(stops[k : k + 1], after[k : k + 1], float(place) - k) for place in places for k in [int(place)]
    ]
    return torch.cat(steps)


def blend(labels: Tensor, classes: int, frames: int) -> Tensor:
    """Class weights (frames, classes) that go with ``walk`` from one stop's label (K,) to the next."""
    stops = nn.functional.one_hot(labels, classes).float()
    places = torch.arange(frames) * len(labels) / frames
    share = (places % 1).unsqueeze(1)
    return torch.lerp(stops[places.long()], stops.roll(-1, 0)[places.long()], share)
