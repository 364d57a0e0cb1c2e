"""The symbols of texts: characters or words, which of them are known, and texts as numbers and back."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data.codec import MOST_SYMBOL, OneHot

END = ""  # symbol 0: the text has ended
UNITS = ("characters", "words")
MARKED = (0x300, 0x20000)  # the range of characters in which signs are that belong to the one before
JOINERS = "\u200c\u200d"
SKIN = "\U0001f3fb-\U0001f3ff"  # how dark an emoji is


class Symbols(NamedTuple):
    """The known symbols, END first, then the most frequent; and how often each of the others occurs."""

    known: tuple[str, ...]
    counts: dict[str, int]
    rare: dict[str, int]


def tokens(text: str, unit: str) -> list[str]:
    """The symbols of a text: its characters, or its words, each with the space before it.

    The first word of a line has a space before it too, so that it is the same symbol as within a line.
    """
    if unit == "characters":
        return list(text)
    found = _word(text.isascii()).findall(re.sub(r"(?m)^(?=\w)", " ", text))
    return [token[:MOST_SYMBOL] for token in found]


@cache
def _word(plain: bool) -> re.Pattern[str]:
    """A word with the space before it, such as " the", or a mark such as "," or an emoji; a line break alone.

    The vowels of Hindi and Thai and the accents that stay by themselves are marks of the letter before.

    Args:
        plain: of texts in ASCII, which are read faster and have no such marks.
    """
    if plain:
        return re.compile(r" ?\w+(?:'\w+)*| ?[^\w\s]|\n")
    marks = "".join(filter(lambda sign: unicodedata.category(sign)[0] == "M", map(chr, range(*MARKED))))
    part = rf"\w+(?:[{marks}{JOINERS}]+\w*)*"
    return re.compile(rf" ?{part}(?:['’]{part})*| ?[^\w\s](?:[{marks}{SKIN}]|\u200d[^\w\s])*|\n")


def choose(texts: Iterable[Sequence[str]], most: int) -> Symbols:
    """The ``most`` most frequent symbols of texts that are given as symbols; of equals, the first in order."""
    counts = Counter(symbol for text in texts for symbol in text)
    ordered = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    return Symbols(
        (END, *ordered[:most]),
        {symbol: counts[symbol] for symbol in ordered[:most]},
        {symbol: counts[symbol] for symbol in ordered[most:]},
    )


def encoded(texts: Sequence[Sequence[str]], known: Sequence[str], length: int) -> Tensor:
    """Texts, given as symbols that are all known, as whole numbers (N, length), 0 after their ends."""
    index = {symbol: place for place, symbol in enumerate(known)}
    stored = torch.zeros(len(texts), length, dtype=OneHot((len(known),)).dtype)
    for row, text in zip(stored.numpy(), texts, strict=True):
        row[: len(text)] = [index[symbol] for symbol in text]
    return stored


def ended(stored: Tensor) -> Tensor:
    """Whole numbers (N, T) with 0 at all places after the first 0, so that equal texts are equal numbers."""
    return stored * (stored != 0).long().cumprod(1).to(stored.dtype)


def decoded(stored: NDArray[Any] | Tensor, known: Sequence[str]) -> list[str]:
    """The texts of whole numbers (N, T), each up to its first 0."""
    rows = stored.tolist()
    texts = []
    for row in rows:
        end = row.index(0) if 0 in row else len(row)
        joined = "".join(known[place] for place in row[:end])
        texts.append("\n".join(line.strip() for line in joined.split("\n")))
    return texts


def remapped(stored: Tensor, known: Sequence[str], other: Sequence[str]) -> Tensor:
    """The same texts in the numbers of other known symbols; -1 where these lack a symbol."""
    index = {symbol: place for place, symbol in enumerate(other)}
    table = np.array([index.get(symbol, -1) for symbol in known])
    return torch.from_numpy(table[stored.numpy()])
