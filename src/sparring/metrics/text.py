"""What is true of texts alone; the judge of a generator of texts, beside chains and a small language model."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

import torch

from sparring.data.codec import OneHot
from sparring.metrics import language, ngrams, shares
from sparring.metrics.comparison import FLOOR, GENERATOR, Comparison, Scale, Trial
from sparring.metrics.ngrams import Gram

COUNT = 1_500  # samples of each column
FEW_SYMBOLS = 200  # up to which three symbols in a row say whether a text is one; more have pairs alone
VERSE = 0.5  # of the texts that must have several lines, or lines are not measured
SEVERAL = 2  # lines
CHAINS = {1: "unigrams", 2: "bigrams", 3: "trigrams", 4: "4-grams"}
NETWORK = "GRU"
LINE = "\n"
INSTEAD = (
    "A language model writes better text than a GAN of this size. What the GAN gives instead: all symbols of a "
    "sample at once, so that it draws thousands of samples a second; walks between samples; and a "
    "discriminator."
)
Measured = Callable[[Sequence[Gram]], dict[str, float]]


def copies(texts: Sequence[Gram], known: Collection[Gram]) -> float:
    """The share of texts that are among the known ones."""
    return sum(text in known for text in texts) / max(len(texts), 1)


def repeats(texts: Sequence[Gram]) -> float:
    """The share of texts that repeat an earlier one."""
    return 1 - len(set(texts)) / max(len(texts), 1)


def lines(text: Gram, mark: int) -> list[Gram]:
    """The lines of a text, which are parted by the symbol ``mark``."""
    ends = [-1, *(place for place, symbol in enumerate(text) if symbol == mark), len(text)]
    return [text[first + 1 : last] for first, last in pairwise(ends)]


def rhymes(text: Gram, mark: int) -> list[Gram]:
    """The last symbols of each two even lines that follow one another, such as 2 and 4, as a sorted pair."""
    ends = [line[-1] for line in lines(text, mark)[1::2] if line]
    return [(min(pair), max(pair)) for pair in pairwise(ends)]


def rhyming(texts: Sequence[Gram], known: Collection[Gram], mark: int) -> float:
    """The share of texts with two even lines or more, all of whose rhymes are known pairs."""
    found = [pairs for text in texts if (pairs := rhymes(text, mark))]
    return sum(all(pair in known for pair in pairs) for pairs in found) / max(len(texts), 1)


def repeated_symbols(texts: Sequence[Gram], mark: int) -> float:
    """How many symbols of a text occur in it before, on average; line breaks do not count."""
    written = [[symbol for symbol in text if symbol != mark] for text in texts]
    return sum(len(text) - len(set(text)) for text in written) / max(len(texts), 1)


def judge(trial: Trial) -> Comparison:
    """Measure texts beside other real texts, chains of n-grams and a small recurrent network.

    All columns are compared with held-out texts or, without them, with a random half of the training texts;
    then the baselines learn from the other half.
    """
    symbols = OneHot.of(trial.spec.codec).symbols
    training, reference = trial.training, trial.held_out
    rng = torch.Generator().manual_seed(trial.seed)
    training = training[torch.randperm(len(training), generator=rng)]
    if reference is None:
        reference, training = training[: len(training) // 2], training[len(training) // 2 :]
    reference = reference[torch.randperm(len(reference), generator=rng)]
    count = min(COUNT, len(reference), len(training), len(trial.fakes))
    known, unseen = ngrams.rows(training), ngrams.rows(reference)
    measured, scales = _measures(known, unseen, count, symbols)
    trial.tell("chains of n-grams")
    started, longest = time.monotonic(), trial.spec.shape[0]
    columns = {FLOOR: measured(known[:count]), GENERATOR: measured(ngrams.rows(trial.fakes[:count]))}
    del columns[FLOOR]["copies"]  # they are training texts
    columns[FLOOR].pop("copied lines", None)
    for order, name in CHAINS.items():
        columns[name] = measured(language.chain(known, order, count, longest, trial.seed))
    trial.tell("a small recurrent network")
    columns[NETWORK], temperature = _network(training, known, measured, count, len(symbols), trial)
    seconds = time.monotonic() - started
    notes = [
        f"The {NETWORK} has {language.HIDDEN} units and draws at temperature {temperature:g}, the best of "
        f"{len(language.TEMPERATURES)} on training texts; all baselines took {seconds:.0f} s."
    ]
    if trial.held_out is None:
        notes.append(
            "Nothing is held out: texts are compared with a half of the training texts, which the generator "
            "has seen. Train with --hold-out 0.1 to know more."
        )
    return Comparison(scales, count, columns, tuple(notes), INSTEAD)


def _measures(
    known: Sequence[Gram], unseen: Sequence[Gram], count: int, symbols: Sequence[str]
) -> tuple[Callable[[Sequence[Gram]], dict[str, float]], dict[str, Scale]]:
    """A function that measures texts, and how its measures are read."""
    order = _order(len(symbols))
    grams = "trigrams" if order == 3 else "bigrams"
    mark = symbols.index(LINE) if LINE in symbols else -1
    verse = mark >= 0 and sum(len(lines(text, mark)) >= SEVERAL for text in unseen) >= VERSE * len(unseen)
    target = ngrams.counted(unseen[:count], order)
    lengths = [len(text) for text in unseen]
    allowed = set(ngrams.counted(known, order)) | set(ngrams.counted(unseen, order))
    copied = set(known)
    in_a_row = "three symbols in a row" if order == 3 else "pairs of symbols"
    scales = {
        grams: Scale("lower", f"distance of the distributions of {in_a_row} (Jensen-Shannon, in bits)"),
        "valid": Scale("higher", f"texts all of whose {grams} occur in real texts", share=True),
        "copies": Scale("lower", "texts that are training texts", share=True),
        "repeats": Scale("floor", "texts that repeat another one of the same draw", share=True),
        "lengths": Scale("lower", "distance of the distributions of lengths (total variation)"),
    }
    if verse:
        pairs = {pair for text in unseen for pair in rhymes(text, mark)}
        copied_lines = {line for text in known for line in lines(text, mark)}
        scales |= {
            "rhymes": Scale(
                "floor", "texts whose even lines end in pairs known from other real texts", share=True
            ),
            "repeated": Scale("floor", "symbols of a text that occur in it before"),
            "copied lines": Scale("lower", "lines that are lines of training texts", share=True),
        }

    def measured(texts: Sequence[Gram]) -> dict[str, float]:
        texts = texts[:count]
        found = {
            grams: ngrams.divergence(ngrams.counted(texts, order), target),
            "valid": ngrams.valid(texts, allowed, order),
            "copies": copies(texts, copied),
            "repeats": repeats(texts),
            "lengths": shares.total_variation([len(text) for text in texts], lengths),
        }
        if verse:
            written = [line for text in texts for line in lines(text, mark)]
            found |= {
                "rhymes": rhyming(texts, pairs, mark),
                "repeated": repeated_symbols(texts, mark),
                "copied lines": copies(written, copied_lines),
            }
        return found

    return measured, scales


def _order(symbols: int) -> int:
    """How many symbols in a row say whether a text is one."""
    return 3 if symbols <= FEW_SYMBOLS else 2


def _network(
    training: torch.Tensor, known: Sequence[Gram], measured: Measured, count: int, symbols: int, trial: Trial
) -> tuple[dict[str, float], float]:
    """The numbers of a recurrent network at the temperature that is best on training texts, and that one."""
    model = language.recurrent(training, symbols, trial.seed)
    order = _order(symbols)
    target = ngrams.counted(known[: language.CHECKED], order)

    def distance(temperature: float) -> float:
        texts = model.write(language.CHECKED, trial.spec.shape[0], temperature, trial.seed + 1)
        return ngrams.divergence(ngrams.counted(ngrams.rows(texts), order), target)

    best = min(language.TEMPERATURES, key=distance)
    return measured(ngrams.rows(model.write(count, trial.spec.shape[0], best, trial.seed))), best
