"""The history of a training: one Record per line, and a table of what each logged name means."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sparring.config.values import field, finite, listed, number, text, whole
from sparring.errors import RunError, UnreadableError, reason
from sparring.files import parse_json, write_whole

LINE_CHARACTERS = 100_000  # at most; a usual record has some hundreds
NAME_CHARACTERS = 80  # at most, of a logged name
MOST_BINS = 1_000  # of a histogram of scores
HEAD = ("step", "samples_seen", "seconds", "progress", "scores")


class Logged(NamedTuple):
    """What a logged name means, with its unit and its healthy range."""

    unit: str
    healthy: str
    meaning: str


# Each norm is the 2-norm over all weights of a player, at the step of the record.
LOGGED: dict[str, Logged] = {
    "d_loss": Logged("nats", "0.3 to 1.4", "the discriminator's loss without penalties; ln 4: it only guesses"),
    "g_loss": Logged("nats", "0.5 to 4", "the generator's loss"),
    "penalty": Logged(
        "nats", "below d_loss", "the penalties, as added to the discriminator's loss; not that on features"
    ),
    "d_real": Logged(
        "probability", "0.5 to 0.95", "mean D(x): how real the discriminator thinks real samples are"
    ),
    "d_fake": Logged(
        "probability", "0.05 to 0.5", "mean D(G(z)): how real the discriminator thinks forged samples are"
    ),
    "real_logit": Logged("logit", "gap 0.2 to 4", "mean raw score of real samples"),
    "fake_logit": Logged("logit", "gap 0.2 to 4", "mean raw score of forged samples"),
    "g_gradient_norm": Logged("1", "0.01 to 30", "2-norm of the generator's gradient"),
    "d_gradient_norm": Logged("1", "0.01 to 30", "2-norm of the discriminator's gradient"),
    "auc": Logged(
        "probability",
        "0.55 to 1",
        "how often the discriminator scores a real sample above a forged one; 0.5: it only guesses",
    ),
    "distance": Logged(
        "ratio",
        "falling",
        "MIND from samples to real ones; 1: as bad as drawing the mean of the data again and again",
    ),
    "spread": Logged(
        "ratio", "0.85 to 1.05", "mean distance between two forged samples, over that between two real ones"
    ),
    "class_spread": Logged("ratio", "above 0.5", "`spread` within each class, the least of all classes"),
    "cluster_spread": Logged(
        "ratio", "above 0.4", "`spread` within each cluster of data without labels, the least of all clusters"
    ),
    "class_variance": Logged(
        "ratio",
        "0.7 to 1.3",
        "variance of forged samples of a class, over that of real ones of this class; the least of all classes",
    ),
    "least_class": Logged("index", "any", "the number of the class that `class_variance` is of"),
    "missing": Logged(
        "share", "below 0.1", "share of the data in clusters (of 20, by k-means) that are hardly ever forged"
    ),
    "out_of_reach": Logged(
        "share", "below 0.05", "share of real values below the least or above the greatest forged value"
    ),
    "corners": Logged(
        "ratio",
        "0.3 to 4",
        "power in the four corners of the spectrum (a pattern of dots) of forged samples, over that of real "
        "ones",
    ),
    "detail": Logged(
        "ratio",
        "0.5 to 2",
        "power of forged samples at the frequencies of fine detail, over that of real ones, as the median over "
        "these frequencies; below 0.5: blurred",
    ),
    "variety": Logged(
        "ratio",
        "0.7 to 1.3",
        "how much the power in each octave of frequencies differs between forged samples, over between real "
        "ones",
    ),
    "dead_symbols": Logged(
        "share",
        "below 0.1",
        "share of the symbols in real texts or music, as often as they occur, that no forged one has, less "
        "what chance leaves out of as many real ones",
    ),
    "tears": Logged(
        "correlation",
        "below 0.05",
        "how far the correlation of two columns of forged rows is from that of real rows, as a mean over pairs",
    ),
    "dead_levels": Logged(
        "share",
        "below 0.05",
        "share of the values in categories of real rows whose level no forged row has",
    ),
    "flat_columns": Logged(
        "share", "0", "share of the columns of numbers whose forged values have less than a third of the spread"
    ),
    "repeats": Logged("share", "below 0.1", "share of forged texts, or bars of music, that repeat another one"),
    "copies": Logged("share", "below 0.2", "share of forged samples that are equal to a training sample"),
    "times_real": Logged(
        "ratio",
        "1 to 3",
        "Fréchet distance of the samples, over that of equally many other real samples, estimated from a few "
        "samples (`sparring evaluate` measures it); 1 is as good as real",
    ),
    "times_real_error": Logged("ratio", "small", "standard deviation of the estimate `times_real`"),
    "reconstruction": Logged(
        "per value", "falling", "how far outputs are from their targets (`reconstruction`), before its weight"
    ),
    "perceptual": Logged(
        "ratio",
        "falling",
        "how far outputs are from their targets in frozen features, before its weight (`perceptual_weight`)",
    ),
    "contrast": Logged(
        "nats",
        "falling",
        "how badly a patch of an output picks its own place in its source (`contrast_weight`); ln 64: it "
        "guesses",
    ),
    "cycle": Logged("per value", "falling", "what is lost there and back, in both directions (`cycle_weight`)"),
    "identity": Logged(
        "per value", "falling", "what is changed in pictures that are targets (`identity_weight`)"
    ),
    "changed": Logged(
        "ratio",
        "0.5 to 1.5",
        "how far outputs of a translation are from their sources, over how far targets are; 0: nothing was "
        "changed",
    ),
    "agreement": Logged(
        "ratio",
        "above 0.15",
        "how much more outputs of a translation are bright where their own targets (without pairs: sources) "
        "are than where others are; 1: as those themselves, 0: the source does not matter, below 0: dark there",
    ),
    "leaked": Logged(
        "share",
        "0 to 0.15",
        "of the sources of a training without pairs, how many seem to have their own target among the targets",
    ),
    "jitter": Logged(
        "ratio",
        "0.02 to 0.6",
        "how far the samples of the same latents moved since the last record, in the unit of `spread`",
    ),
    "average_lag": Logged(
        "ratio", "below 0.5", "how far the weight average's samples are from those of the present generator"
    ),
    "copied": Logged(
        "share", "0.4 to 0.7", "share of forged samples nearer to the training set than to the hold-out"
    ),
    "g_change": Logged("ratio", "0.0001 to 1", "how far the generator's weights moved since the last record"),
    "d_change": Logged(
        "ratio", "0.0001 to 1", "how far the discriminator's weights moved since the last record"
    ),
    "d_rank": Logged(
        "ratio",
        "above 0.5",
        "how many directions the discriminator's layers use; 1: as many as random weights, 0: one in each "
        "layer",
    ),
    "non_finite": Logged("count", "0", "number of values that were infinite or NaN when the training stopped"),
    "augment_p": Logged("probability", "0 to 0.8", "how often each augmentation is applied (`augment`)"),
    "held_out_gap": Logged(
        "ratio",
        "below 0.5",
        "(D(train) - D(held out)) / (D(train) - D(fake)); 0: D knows what is real; 1: it knows the "
        "training set",
    ),
    "frechet": Logged(
        "squared features",
        "falling",
        "Fréchet distance of 2,000 samples to real ones, measured every `evaluate_every` samples",
    ),
    "grown": Logged(
        "ratio",
        "1",
        "the size of the pictures that the players see so far, relative to the full size (if below 1)",
    ),
    "second_d_loss": Logged(
        "nats",
        "0.2 to 1.4",
        "the loss of the second discriminator, which sees frozen features (`d_features`, `d_associations`); "
        "without its penalty",
    ),
    "lr_scale": Logged("ratio", "0 to 1", "factor by which the schedule multiplies the learning rates"),
    "r1_gamma": Logged(
        "nats / slope²", "data's", "gamma of the R1 penalty after schedule and adaptation; only with R1"
    ),
    "samples_per_second": Logged("samples/s", "steady", "real samples per second since the last record"),
}


class Scores(NamedTuple):
    """Histograms of the recent logits: counts in bins of equal width from low to high."""

    low: float
    high: float
    real: tuple[int, ...]
    fake: tuple[int, ...]


@dataclass(frozen=True)
class Record:
    """One line of the history: the state of the training, and the logged means since the line before.

    Attributes:
        progress: the share of the budget that is spent, 0 to 1.
        values: numbers under the names of LOGGED.
        scores: histograms of logits; None in older histories.
    """

    step: int
    samples_seen: int
    seconds: float
    progress: float
    values: Mapping[str, float]
    scores: Scores | None = None

    def to_json(self) -> str:
        """One line of ``history.jsonl``, without the line break."""
        head = {
            "step": self.step,
            "samples_seen": self.samples_seen,
            "seconds": round(self.seconds, 3),
            "progress": round(self.progress, 6),
        }
        line: dict[str, Any] = head | {k: float(f"{v:.6g}") for k, v in self.values.items()}
        if self.scores:
            low, high = (float(f"{v:.6g}") for v in self.scores[:2])
            line["scores"] = [low, high, self.scores.real, self.scores.fake]
        return json.dumps(line)

    @staticmethod
    def from_json(line: str) -> Record:
        """Read a line that ``to_json`` wrote; numbers are rounded.

        Raises:
            UnreadableError: the line is not a record.
        """
        values = parse_json(line)
        head = field(values, "step", whole), field(values, "samples_seen", whole)
        times = field(values, "seconds", partial(finite, low=0)), field(values, "progress", _share)
        scores = field(values, "scores", _scores) if values.get("scores") is not None else None
        rest = {name: number(value) for name, value in values.items() if name not in HEAD}
        return Record(
            *head, *times, {text(name, NAME_CHARACTERS): value for name, value in rest.items()}, scores
        )


def times_real_text(value: float, error: float | None = None) -> str:
    """The quality number as text, with its standard deviation."""
    return f"{times_text(value, error)} real"


def times_text(value: float, error: float | None = None) -> str:
    """A ratio as text, with its standard deviation, as in "39 ± 2 times"."""
    said = figures(value)
    if error and error > value / 1000:  # what is less is rounding
        said += f" ± {figures(error, 2)}"
    return f"{said} times"


def figures(value: float, digits: int = 3) -> str:
    """A number with so many digits, or as a whole one from 100 on; the page does the same (Text.figures)."""
    if value >= 100:
        return f"{math.floor(value + 0.5):,}"
    return f"{float(f'{value:.{digits}g}'):g}"


def _share(value: Any) -> float:
    return finite(value, 0, 1)


def _scores(values: Any) -> Scores:
    low, high, real, fake = values if isinstance(values, list) and len(values) == 4 else (None,) * 4
    return Scores(finite(low), finite(high), *(listed(counts, whole, MOST_BINS) for counts in (real, fake)))


def read_history(path: Path, broken: Callable[[str], object] = lambda _: None) -> Iterator[Record]:
    """Read the records of a ``history.jsonl``. Lines that are not records are skipped.

    A process that is killed while it writes leaves an incomplete line.

    Args:
        broken: called with each line that is not a record.

    Raises:
        RunError: the file is missing or cannot be read.
    """
    if not path.is_file():
        raise RunError(f"no history at {path}. Is this a run folder? `sparring train` makes one.")
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            while line := lines.readline(LINE_CHARACTERS):
                try:
                    yield Record.from_json(line)
                except UnreadableError:
                    broken(line)
    except OSError as error:
        raise RunError(f"cannot read {path}: {reason(error)}.") from error


def truncate_history(path: Path, last_step: int) -> None:
    """Delete the records after ``last_step``; a resumed run writes them again."""
    kept = [record for record in read_history(path) if record.step <= last_step] if path.exists() else []
    write_whole(path, "".join(record.to_json() + "\n" for record in kept).encode())


class HistoryWriter:
    """Append records to ``history.jsonl``, one complete line per write."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(self, record: Record) -> None:
        self._file.write(record.to_json() + "\n")

    def close(self) -> None:
        self._file.close()
