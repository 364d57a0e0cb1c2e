"""What goes with what in texts: frozen features for a discriminator.

Two places of a text may depend on each other: the ends of two lines rhyme, what stands below is alike. A
discriminator of a thousand symbols does not find that out in minutes, though counts tell it at once. The pairs
of places that depend most on each other, and vectors of their symbols, are taken from the training texts once
and then stay as they are, as the features of a projected GAN do (Sauer et al. 2021). A second discriminator
sees them, with a loss of its own: as inputs of the first one they taught less (measured).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from sparring.data.text.vocabulary import ended
from sparring.networks.blocks import ClassHead, spectral

RANK = 16  # numbers in a vector of a symbol
HIDDEN = 128  # units before the logit
SLOPE = 0.2  # of LeakyReLU
LOOKED_AT = 20_000  # texts
COMPARED = 5_000  # of these, to choose pairs of places
NEAREST = 6  # places between the two of a pair, at least; the convolutions of a discriminator see nearer ones
MOST_PAIRS = 4_000  # pairs of places that are compared; of longer texts those that are near each other
MOST = 2_000  # commonest symbols of a place; others have vectors of zeros
LEAST = 0.1  # spread beside the greatest of a pair, below which a number is not enlarged to a spread of one
ROUNDS = 4  # of subspace iteration


class AssociationDiscriminator(nn.Module):
    """Maps texts (B, T, V) to logits (B,) by their associations alone.

    It has no penalty, so its weights have a greatest singular value of one.

    Args:
        shape: (T, V), the places and the symbols.
        count: pairs of places.
        classes: number of classes; 0: without labels.
    """

    def __init__(self, shape: Sequence[int], count: int, classes: int = 0) -> None:
        super().__init__()
        self.associations = Associations(shape, count)
        self.hidden = nn.Linear(count * RANK, HIDDEN)
        self.head = ClassHead(HIDDEN, classes)
        spectral(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(leaky_relu(self.hidden(self.associations(samples)), SLOPE), labels)
        return logits


class Associations(nn.Module):
    """Maps texts (B, T, V) to how well their symbols go together, (B, count RANK), once it has looked at texts.

    Args:
        shape: (T, V), the places and the symbols.
        count: pairs of places.
    """

    places: Tensor
    first: Tensor
    second: Tensor

    def __init__(self, shape: Sequence[int], count: int) -> None:
        super().__init__()
        _, symbols = shape
        self.register_buffer("places", torch.zeros(2, count, dtype=torch.long))
        self.register_buffer("first", torch.zeros(count, symbols, RANK))
        self.register_buffer("second", torch.zeros(count, symbols, RANK))

    def forward(self, samples: Tensor) -> Tensor:
        first, second = (samples[:, places] for places in self.places)  # (B, K, V)
        left = torch.einsum("bkv,kvr->bkr", first, self.first)
        return (left * torch.einsum("bkv,kvr->bkr", second, self.second)).flatten(1)

    @torch.no_grad()
    def look_at(self, stored: Tensor) -> None:
        """Choose pairs of places and vectors of symbols by texts as they are stored, (N, T); but once.

        A training that is resumed or begins with another run has those by which its weights have learnt.
        """
        if self.places.any():
            return
        chosen = torch.linspace(0, len(stored) - 1, min(len(stored), LOOKED_AT)).long()
        texts = ended(stored[chosen].cpu().long())
        for number, pair in enumerate(dependent(texts, self.places.shape[1])):
            first, second = (texts[:, place] for place in pair)
            vectors = of_symbols(first, second, self.first.shape[1])
            spread = (vectors[0][first] * vectors[1][second]).std(0, correction=0)
            spread = spread.clamp_min(max(float(LEAST * spread.max()), 1e-6))
            self.places[:, number] = torch.tensor(pair)
            self.first[number], self.second[number] = (part / spread.sqrt() for part in vectors)


def dependent(texts: Tensor, count: int) -> list[tuple[int, int]]:
    """The pairs of places of texts (N, T) whose symbols depend most on each other, the most dependent first.

    Two texts that agree at a place agree at another one by chance, or more often. How much more often, in roots
    of what chance gives, is the order. Places after the end of a text do not count.
    """
    found = []
    texts = texts[:: max(1, len(texts) // COMPARED)]
    steps, far = texts.shape[1], max(NEAREST, MOST_PAIRS // texts.shape[1])
    for first in range(steps):
        for second in range(first + NEAREST, min(first + far + 1, steps)):
            both = texts[texts[:, second] > 0][:, [first, second]]
            if len(both) > 1:
                found.append((excess(*both.T), (first, second)))
    found.sort(key=lambda scored: (-scored[0], scored[1]))
    return [pair for score, pair in found[:count] if score > 0]


def excess(first: Tensor, second: Tensor) -> float:
    """By how many roots of what chance gives more pairs of texts agree at both places than by chance."""
    both = agreeing(first * (int(second.max()) + 1) + second)
    chance = agreeing(first) * agreeing(second) / (len(first) * (len(first) - 1))
    return (both - chance) / math.sqrt(max(chance, 1.0))


def agreeing(symbols: Tensor) -> float:
    """How many ordered pairs of texts have the same symbol."""
    counts = symbols.unique(return_counts=True)[1].double()
    return float((counts * (counts - 1)).sum())


def of_symbols(first: Tensor, second: Tensor, symbols: int) -> tuple[Tensor, Tensor]:
    """Vectors (V, RANK) of the symbols at two places: their product is near if two symbols go together.

    They are the greatest singular vectors of (O - E) / sqrt(E + 1), with the counts O of two symbols together
    and E by chance: as in correspondence analysis, but rare symbols count less.
    """
    places = [place.bincount(minlength=symbols).topk(min(MOST, symbols)).indices for place in (first, second)]
    rows, columns = (torch.full((symbols,), -1).index_copy(0, kept, torch.arange(len(kept))) for kept in places)
    x, y = rows[first], columns[second]
    kept = (x >= 0) & (y >= 0)
    observed = torch.zeros(len(places[0]), len(places[1]), dtype=torch.float64)
    observed.index_put_((x[kept], y[kept]), torch.ones(int(kept.sum()), dtype=torch.float64), accumulate=True)
    chance = observed.sum(1, keepdim=True) * observed.sum(0) / observed.sum().clamp_min(1)
    left, right = factors((observed - chance) / (chance + 1).sqrt(), RANK)
    found = torch.zeros(2, symbols, RANK)
    for side, kept, part in zip(found, places, (left, right), strict=True):
        side[kept, : part.shape[1]] = part.float()
    return found[0], found[1]


def factors(matrix: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Two factors (R, r) and (C, r) whose product is about the nearest matrix of this rank.

    Subspace iteration (Halko et al. 2011, algorithm 4.4), from a start that is always the same.
    """
    rank = min(rank, *matrix.shape)
    start = torch.randn(
        matrix.shape[1], 2 * rank, dtype=matrix.dtype, generator=torch.Generator().manual_seed(0)
    )
    basis = torch.linalg.qr(matrix @ start).Q
    for _ in range(ROUNDS):
        basis = torch.linalg.qr(matrix @ torch.linalg.qr(matrix.T @ basis).Q).Q
    left, sizes, right = torch.linalg.svd(basis.T @ matrix, full_matrices=False)
    root = sizes[:rank].sqrt()
    return (basis @ left[:, :rank]) * root, right[:rank].T * root
