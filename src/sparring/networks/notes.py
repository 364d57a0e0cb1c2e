"""Networks for music: a generator that works on beats, and a discriminator that sees intervals.

Convolutions over time are written as matrix products of neighbours, which are faster on a CPU for so few steps.
No normalisation; the discriminator's features of a batch are compared, so that it notices repetition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad

from sparring.data.codec import Codec
from sparring.data.music.codec import Notes
from sparring.networks.blocks import ClassHead, ClassLatent, MinibatchDeviation, Near
from sparring.networks.network import Network

STEPS = 4  # of a beat at sixteenths; on other grids, the steps that are seen together
SLOPE = 0.2  # of LeakyReLU
OCTAVE = 12
SPREAD = 0.3  # standard deviation of what a place adds to the features at the start


class Gains(nn.Module):
    """A residual block over time; the latent sets gains of its features: (B, T, C), (B, L) -> (B, T, C)."""

    def __init__(self, channels: int, latent_dim: int) -> None:
        super().__init__()
        self.first, self.second = Near(channels, channels), Near(channels, channels)
        self.gains = nn.Linear(latent_dim, channels)

    def forward(self, features: Tensor, latents: Tensor) -> Tensor:
        inside = leaky_relu(self.first(features), SLOPE) * (1 + self.gains(latents)[:, None])
        out: Tensor = features + self.second(leaky_relu(inside, SLOPE))
        return out


class Generator(nn.Module):
    """Maps latents (B, latent_dim) to one-hot notes (B, T, N): beats first, each unfolded into its steps.

    Args:
        shape: (T, N) of one sample.
        head: makes its last layer, which chooses the symbols.
        latent_dim: numbers in a latent vector.
        width: channels of beats; a step has half as many.
        depth: residual blocks on beats.
        classes: number of classes; 0: without labels.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        head: Callable[[], nn.Module],
        latent_dim: int = 64,
        width: int = 128,
        depth: int = 3,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.steps, symbols = shape
        beats, inputs, fine = math.ceil(self.steps / STEPS), latent_dim + classes, max(1, width // 2)
        self.condition = ClassLatent(classes)
        self.spread = nn.Linear(inputs, beats * width)
        self.beat = nn.Parameter(torch.randn(beats, width))
        self.blocks = nn.ModuleList(Gains(width, inputs) for _ in range(depth))
        self.unfold = nn.Linear(width, STEPS * fine)
        self.step = nn.Parameter(SPREAD * torch.randn(beats * STEPS, fine))
        self.fine = Gains(fine, inputs)
        self.symbols = nn.Linear(fine, symbols)
        self.head = head()

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        latents = self.condition(latents, labels)
        features = self.spread(latents).unflatten(1, self.beat.shape) + self.beat  # (B, beats, width)
        for block in self.blocks:
            features = block(features, latents)
        unfolded = self.unfold(leaky_relu(features, SLOPE))
        features = unfolded.reshape(-1, *self.step.shape) + self.step  # (B, steps, width / 2)
        logits = self.symbols(leaky_relu(self.fine(features, latents), SLOPE))
        notes: Tensor = self.head(logits[:, : self.steps])
        return notes


class Discriminator(nn.Module):
    """Maps one-hot notes (B, T, N) to logits (B,): the mean of a judgement of each beat, plus one of all.

    Args:
        shape: (T, N) of one sample.
        codec: says which symbols are which pitches, by which intervals are seen; without pitches they are not.
        width: channels of beats; a step has half as many.
        depth: residual blocks on beats.
        classes: number of classes; 0: without labels.
    """

    def __init__(
        self,
        *,
        shape: Sequence[int],
        codec: Codec | None = None,
        width: int = 128,
        depth: int = 2,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.steps, symbols = shape
        beats, fine = math.ceil(self.steps / STEPS), max(1, width // 2)
        self.intervals = Intervals(codec.lowest, codec.counts) if isinstance(codec, Notes) else None
        self.see = nn.Linear(symbols + (self.intervals.features if self.intervals else 0), fine)
        self.fold = nn.Linear(STEPS * fine, width)
        self.beat = nn.Parameter(SPREAD * torch.randn(beats, width))
        self.blocks = nn.ModuleList(Near(width, width) for _ in range(depth))
        self.each = nn.Linear(width, 1)
        self.pairs = nn.Linear(2 * width, width)
        self.deviation = MinibatchDeviation()
        self.all = nn.Linear(math.ceil(beats / 2) * width + 1, width)
        self.head = ClassHead(width, classes)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        if self.intervals is not None:
            samples = torch.cat([samples, self.intervals(samples)], -1)
        seen = leaky_relu(self.see(samples), SLOPE)
        seen = pad(seen, (0, 0, 0, len(self.beat) * STEPS - self.steps))
        features = self.fold(seen.reshape(len(seen), len(self.beat), -1)) + self.beat  # (B, beats, width)
        for block in self.blocks:
            features = features + block(leaky_relu(features, SLOPE))
        features = leaky_relu(features, SLOPE)
        each = self.each(features).mean((1, 2))
        features = pad(features, (0, 0, 0, features.shape[1] % 2))
        pairs = leaky_relu(self.pairs(features.reshape(len(seen), features.shape[1] // 2, -1)), SLOPE)
        joint = self.deviation(pairs.flatten(1)[:, :, None, None]).flatten(1)
        logits: Tensor = self.head(leaky_relu(self.all(joint), SLOPE), labels) + each
        return logits


class Intervals(nn.Module):
    """Between which intervals notes lie: one-hot notes (B, T, N) to (B, T, features).

    A pitch p is the waves exp(2 pi i k p / 12), k = 1 … 6; the product of one with the conjugate of another
    depends on their interval alone. The products are of each two voices at a step, and of each voice with
    itself a beat before; the waves of each voice come last.

    Args:
        lowest: the lowest pitch of each voice.
        counts: the pitches of each voice; before them on the last axis lies its rest.
    """

    chords: Tensor

    def __init__(self, lowest: Sequence[int], counts: Sequence[int]) -> None:
        super().__init__()
        self.voices = len(lowest)
        self.register_buffer("chords", waves(lowest, counts, OCTAVE), persistent=False)
        pairs = [(one, other) for one in range(self.voices) for other in range(one + 1, self.voices)]
        self.one, self.other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        self.features = OCTAVE * (len(pairs) + 2 * self.voices)

    def forward(self, notes: Tensor) -> Tensor:
        notes = notes[..., : len(self.chords)]
        chords = (notes @ self.chords).unflatten(-1, (2, self.voices, -1))  # (B, T, 2, voices, waves)
        ones = torch.cat([chords[:, :, :, self.one], chords], 3)
        others = torch.cat([chords[:, :, :, self.other], before(chords, STEPS)], 3)
        return torch.cat([product(ones, others), chords.flatten(2)], -1)


def waves(lowest: Sequence[int], counts: Sequence[int], period: int) -> Tensor:
    """The waves of each symbol (symbols, 2 x voices x period / 2): real parts, then imaginary; 0 for a rest."""
    made = torch.zeros(sum(counts) + len(counts), 2, len(counts), period // 2)
    number, first = torch.arange(1, period // 2 + 1), 0
    for voice, (low, count) in enumerate(zip(lowest, counts, strict=True)):
        angles = 2 * math.pi / period * torch.arange(low, low + count)[:, None] * number  # (count, waves)
        made[first + 1 : first + 1 + count, :, voice] = torch.stack([angles.cos(), angles.sin()], 1)
        first += 1 + count
    return made.flatten(1)


def before(features: Tensor, steps: int) -> Tensor:
    """Features (B, T, …) as they were some steps before, 0 at first."""
    steps = min(steps, features.shape[1])
    return torch.cat([torch.zeros_like(features[:, :steps]), features[:, : features.shape[1] - steps]], 1)


def product(one: Tensor, other: Tensor) -> Tensor:
    """The first times the conjugate of the second: (B, T, 2, N, K) each -> (B, T, 2 N K)."""
    a, b, c, d = *one.unbind(2), *other.unbind(2)
    return torch.stack([a * c + b * d, b * c - a * d], 2).flatten(2)


NETWORK = Network(
    generator=lambda o: Generator(
        shape=o.shape, head=o.head, latent_dim=o.latent_dim, width=o.width, depth=o.depth, classes=o.classes
    ),
    discriminator=lambda o: Discriminator(
        shape=o.shape, codec=o.codec, width=o.width, depth=o.depth, classes=o.classes
    ),
    axes="T N",
    g_norms=("none",),
    d_norms=("none", "spectral"),
)
