"""Judge music: what is true of it alone, beside other reals and simple baselines, in one table."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sparring.data.music.codec import Notes
from sparring.metrics import chains, forest, shares
from sparring.metrics import music as measures
from sparring.metrics.comparison import FLOOR, GENERATOR, Comparison, Numbers, Scale, Trial
from sparring.metrics.coverage import prdc
from sparring.metrics.features import CONSTANT
from sparring.metrics.music import Roll

NEIGHBOURS = 5  # k of coverage
MOST = 2_000  # samples of each column
RUN = 16  # windows of a piece that follow one another
SCALES = {
    "chords": Scale("lower", "Jensen-Shannon divergence of the chords at beats from held-out ones, in bits"),
    "chord pairs": Scale("higher", "pairs of successive chords that occur in held-out music", share=True),
    "consonant": Scale("floor", "beats whose notes belong to one triad or seventh chord", share=True),
    "intervals": Scale("lower", "total variation of the melodic intervals from held-out ones"),
    "lengths": Scale("lower", "total variation of the lengths of notes from held-out ones"),
    "coverage": Scale("higher", "held-out pieces that have one nearby", share=True),
    "told apart": Scale(
        "half", "how well a forest of trees tells them from held-out ones (AUC; 0.5: not at all)"
    ),
    "copied bars": Scale("lower", "bars that stand in the training data note for note", share=True),
}
INSTEAD = (
    "A chain copies pieces of its training data and puts them together; the generator makes new ones, "
    "thousands a second, and moves smoothly from one to another (sparring sample RUN --interpolate)."
)


class Standard(NamedTuple):
    """What every column is measured by.

    Attributes:
        reference: held-out rolls.
        types, intervals, lengths: their chords, melodic intervals and lengths of notes.
        vectors: their features, standardised by ``mean`` and ``scale``.
        known: the bars of the training data.
    """

    reference: Roll
    types: NDArray[np.int64]
    intervals: NDArray[np.int64]
    lengths: NDArray[np.int64]
    vectors: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    known: set[bytes]
    beat: int
    bar: int


def judge(trial: Trial) -> Comparison:
    """The measures of fakes, of other reals and of chains that are trained here, each with as many samples."""
    started = time.process_time()
    codec = Notes.of(trial.spec.codec)
    training = _array(trial.training)
    seen, unseen = halves(training) if trial.held_out is None else (training, _array(trial.held_out))
    count = min(len(unseen), len(trial.fakes), len(seen), MOST)
    by = standard(evenly(unseen, count), seen, training, codec.beat, min(codec.grid, training.shape[1]))
    rng = np.random.default_rng(trial.seed)
    columns: dict[str, Numbers] = {}
    for name, rolls in (
        (FLOOR, evenly(seen, count)),
        (GENERATOR, _array(trial.fakes)[:count]),
        ("independent voices", chains.independent_voices(seen, count, rng)),
        ("beat chain", chains.beat_chain(seen, count, by.beat, rng)),
        ("bar shuffle", chains.shuffled_bars(seen, count, by.bar, rng)),
    ):
        trial.tell(f"music: {name}")
        columns[name] = measured(rolls, by, trial.seed)
    floor = {name: number for name, number in columns[FLOOR].items() if name != "copied bars"}
    if trial.held_out is not None:  # without, all bars are training bars
        floor["copied bars"] = measures.copied_bars(by.reference, by.known, by.bar)  # that many pieces share
    columns[FLOOR] = floor
    seconds = time.process_time() - started
    note = f"baselines and measures took {seconds:.0f} s of one core"
    against = (
        "" if trial.held_out is not None else "; without held-out data, one half of it is measured by the other"
    )
    return Comparison(SCALES, count, columns, notes=(f"{note}{against}.",), instead=INSTEAD)


def standard(reference: Roll, seen: Roll, training: Roll, beat: int, bar: int) -> Standard:
    """What rolls are measured by."""
    known = measures.features(seen, beat)
    mean, scale = known.mean(0), known.std(0)
    scale = np.where(scale > CONSTANT, scale, 1.0)
    sung = measures.notes(reference)
    return Standard(
        reference,
        measures.chord_types(reference, beat),
        sung.intervals,
        sung.length,
        (measures.features(reference, beat, sung) - mean) / scale,
        mean,
        scale,
        measures.bars(training, bar),
        beat,
        bar,
    )


def measured(rolls: Roll, by: Standard, seed: int = 0) -> dict[str, float]:
    """The numbers of a column."""
    types = measures.chord_types(rolls, by.beat)
    sung = measures.notes(rolls)
    vectors = (measures.features(rolls, by.beat, sung) - by.mean) / by.scale
    near, mine = (torch.from_numpy(part).float() for part in (by.vectors, vectors))
    return {
        "chords": shares.shannon(types, by.types),
        "chord pairs": measures.known_pairs(types, by.types),
        "consonant": measures.consonant(types),
        "intervals": shares.total_variation(sung.intervals, by.intervals),
        "lengths": shares.total_variation(sung.length, by.lengths),
        "coverage": float(prdc(near, mine, NEIGHBOURS).coverage),
        "told apart": forest.told_apart(by.vectors, vectors, seed),
        "copied bars": measures.copied_bars(rolls, by.known, by.bar),
    }


def halves(rolls: Roll) -> tuple[Roll, Roll]:
    """Two halves of rolls in runs of up to RUN, since neighbours share bars."""
    run = max(1, min(RUN, len(rolls) // 8))
    second = np.arange(len(rolls)) // run % 2 == 1
    return rolls[~second], rolls[second]


def evenly(rolls: Roll, count: int) -> Roll:
    """So many rolls, evenly spaced, in their order."""
    return rolls[np.arange(count) * len(rolls) // count]


def _array(samples: Tensor) -> Roll:
    return np.asarray(samples.cpu().numpy())
