"""Simple models of texts, to compare a generator with: chains of n-grams and a small recurrent network.

They write one symbol after the other, each from its distribution given the symbols before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sparring.metrics.ngrams import END, START, Gram

EMBEDDED, HIDDEN = 48, 128
BATCH, RATE = 128, 4e-3
SEEN = 100_000  # texts that the network is trained on, some of them several times; seconds on one core
SYMBOLS_SEEN = 2_000_000  # the same in symbols, where texts are long
LOGITS_SEEN = 5_000_000_000  # the same in logits, where there are many symbols to choose from
LOGITS = 2**26  # of a batch
CHECKED = 1_000  # texts from which the temperature is chosen
TEMPERATURES = (0.7, 0.8, 0.9, 1.0)


def chain(texts: Sequence[Gram], order: int, count: int, longest: int, seed: int) -> list[Gram]:
    """Texts of a chain: each symbol as it follows the ``order`` - 1 symbols before it in the texts.

    Shannon 1948, section 3. Order 1 draws each symbol alone, as often as it occurs.
    """
    following: defaultdict[Gram, Counter[int]] = defaultdict(Counter)
    for text in texts:
        padded = (*(START,) * (order - 1), *text, END)
        for place in range(len(text) + 1):
            following[padded[place : place + order - 1]][padded[place + order - 1]] += 1
    tables = {
        before: (np.array(list(after)), np.cumsum(list(after.values()), dtype=float) / after.total())
        for before, after in following.items()
    }
    rng = np.random.default_rng(seed)
    return [_walk(tables, order, longest, rng) for _ in range(count)]


def _walk(
    tables: dict[Gram, tuple[np.ndarray, np.ndarray]], order: int, longest: int, rng: np.random.Generator
) -> Gram:
    before: Gram = (START,) * (order - 1)
    text: list[int] = []
    while len(text) < longest:
        symbols, shares = tables[before]
        symbol = int(symbols[np.searchsorted(shares, rng.random())])
        if symbol == END:
            break
        text.append(symbol)
        before = (*before, symbol)[1:] if order > 1 else ()
    return tuple(text)


class Recurrent(nn.Module):
    """Logits of the next symbol (B, T, V) from the symbols before (B, T): a gated recurrent unit (Cho 2014)."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.start = symbols  # the number of one more symbol, before the first
        self.embedding = nn.Embedding(symbols + 1, EMBEDDED)
        self.unit = nn.GRU(EMBEDDED, HIDDEN, batch_first=True)
        self.logits = nn.Linear(HIDDEN, symbols)

    def forward(self, symbols: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        inside, state = self.unit(self.embedding(symbols), state)
        return self.logits(inside), state

    @torch.no_grad()
    def write(self, count: int, longest: int, temperature: float, seed: int) -> Tensor:
        """Texts (count, longest), 0 after their ends, drawn with logits divided by the temperature."""
        rng = torch.Generator().manual_seed(seed)
        state, last = None, torch.full((count, 1), self.start)
        written = torch.zeros(count, longest, dtype=torch.int64)
        alive = torch.ones(count, dtype=torch.bool)
        for place in range(longest):
            logits, state = self(last, state)
            last = torch.multinomial((logits[:, 0] / temperature).softmax(1), 1, generator=rng)
            alive &= last[:, 0] != END
            written[:, place] = last[:, 0] * alive
        return written


def recurrent(stored: Tensor, symbols: int, seed: int) -> Recurrent:
    """A recurrent network after SEEN texts (N, T) of this data, fewer if they are long or of many symbols."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Recurrent(symbols)
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    size, steps = course(stored.shape[1], symbols)
    rng = torch.Generator().manual_seed(seed)
    for step in range(steps):
        batch = stored[torch.randint(len(stored), (size,), generator=rng)].long()
        inputs, targets, weights = _shifted(batch, model.start)
        losses = cross_entropy(model(inputs)[0].flatten(0, 1), targets.flatten(), reduction="none")
        loss = (losses * weights.flatten()).sum() / weights.sum()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / steps)
        optimizer.step()
    return model.eval()


def course(longest: int, symbols: int) -> tuple[int, int]:
    """Texts in a batch, and batches, of a training on texts of this length and so many symbols."""
    seen = min(SEEN, SYMBOLS_SEEN // longest, LOGITS_SEEN // (longest * symbols))
    size = max(1, min(BATCH, LOGITS // ((longest + 1) * symbols)))
    return size, max(1, seen // size)


def _shifted(batch: Tensor, start: int) -> tuple[Tensor, Tensor, Tensor]:
    """What a network sees (B, T + 1), what comes next, and 1 up to the first end of each text."""
    first, last = torch.full_like(batch[:, :1], start), torch.full_like(batch[:, :1], END)
    targets = torch.cat([batch, last], 1)
    weights = torch.cat([torch.ones_like(first), (batch != END).long().cumprod(1)], 1).float()
    return torch.cat([first, batch], 1), targets, weights
