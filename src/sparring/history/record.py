"""What a training tells: one Record per line of history, and what each logged name means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sparring.config.values import field, finite, listed, number, text, whole
from sparring.errors import RunError, UnreadableError, reason
from sparring.files import parse_json, write_whole

LINE_CHARACTERS = 100_000  # at most; a record has some hundreds
NAME_CHARACTERS, MOST_BINS = 80, 1_000
HEAD = ("step", "samples_seen", "seconds", "progress", "scores")


class Logged(NamedTuple):
    """The one meaning of a logged name."""

    unit: str
    healthy: str
    meaning: str


# Two-norms are taken over all weights of a player, at the step the record is made.
LOGGED: dict[str, Logged] = {
    "d_loss": Logged("nats", "0.3 to 1.4", "discriminator's loss without penalties; ln 4: it only guesses"),
    "g_loss": Logged("nats", "0.5 to 4", "generator's loss"),
    "penalty": Logged("nats", "below d_loss", "the penalties as they enter the discriminator's loss"),
    "d_real": Logged("probability", "0.5 to 0.95", "mean D(x): how real it thinks real samples are"),
    "d_fake": Logged("probability", "0.05 to 0.5", "mean D(G(z)): how real it thinks forged ones are"),
    "real_logit": Logged("logit", "gap 0.2 to 4", "mean raw score of real samples"),
    "fake_logit": Logged("logit", "gap 0.2 to 4", "mean raw score of forged samples"),
    "g_gradient_norm": Logged("1", "0.01 to 30", "2-norm of the generator's gradient"),
    "d_gradient_norm": Logged("1", "0.01 to 30", "2-norm of the discriminator's gradient"),
    "auc": Logged(
        "probability",
        "0.55 to 1",
        "that the discriminator scores a real sample above a forged one; 0.5: it guesses",
    ),
    "distance": Logged(
        "ratio", "falling", "MIND of samples to reals; 1: as bad as drawing their mean again and again"
    ),
    "spread": Logged("ratio", "0.85 to 1.05", "mean distance of two forged samples, over that of two reals"),
    "class_spread": Logged("ratio", "above 0.5", "the same within a class, the least over classes"),
    "missing": Logged("share", "below 0.1", "reals whose kind (of 20, by k-means) is hardly ever forged"),
    "out_of_reach": Logged("share", "below 0.05", "real values beyond the least and greatest forged ones"),
    "high_frequency": Logged("ratio", "0.5 to 6", "energy of the finest checkerboard, forged over real"),
    "corners": Logged(
        "ratio", "0.3 to 4", "power in the four corners of the spectrum, where dots lie, forged over real"
    ),
    "times_real": Logged(
        "ratio",
        "1 to 3",
        "Fréchet distance of the samples over that of as many other reals, estimated from a few "
        "(`sparring evaluate` measures it); 1 is as good as real",
    ),
    "times_real_error": Logged("ratio", "small", "standard deviation of `times_real`'s estimate"),
    "jitter": Logged(
        "ratio",
        "0.02 to 0.6",
        "how far the same latents' samples moved since the last record, over `spread`'s unit",
    ),
    "average_lag": Logged(
        "ratio", "below 0.5", "how far the averaged generator's samples are from the present one's"
    ),
    "copied": Logged("share", "0.4 to 0.7", "forged samples nearer to trained-on reals than to held-out ones"),
    "g_change": Logged("ratio", "0.0001 to 1", "how far the generator's weights moved since the last record"),
    "d_change": Logged("ratio", "0.0001 to 1", "how far the discriminator's weights moved"),
    "d_rank": Logged(
        "ratio", "above 0.5", "directions the discriminator's layers use, 1: as random weights do, 0: one each"
    ),
    "non_finite": Logged("count", "0", "values that were infinite or NaN when the training stopped"),
    "augment_p": Logged("probability", "0 to 0.8", "how often each augmentation is made (`augment`)"),
    "held_out_gap": Logged(
        "ratio",
        "below 0.5",
        "(D(train) - D(held out)) / (D(train) - D(fake)): 0, it knows what is real; 1, only what it was shown",
    ),
    "frechet": Logged(
        "squared features",
        "falling",
        "Fréchet distance of 2,000 samples to reals, where `evaluate_every` is due",
    ),
    "lr_scale": Logged("ratio", "0 to 1", "where the learning rates stand on their schedule"),
    "r1_gamma": Logged("nats / slope²", "data's", "R1's gamma, scheduled and adapted, where there is R1"),
    "samples_per_second": Logged("samples/s", "steady", "real samples a second since the last record"),
}


class Scores(NamedTuple):
    """How the discriminator's logits were spread lately: counts in bins of equal width from low to high."""

    low: float
    high: float
    real: tuple[int, ...]
    fake: tuple[int, ...]


@dataclass(frozen=True)
class Record:
    """One line of history: where the training stands and the means since the line before.

    ``progress`` is the share of the budget spent, 0 to 1. ``values`` has the names of LOGGED; ``scores``
    is missing in older histories.
    """

    step: int
    samples_seen: int
    seconds: float
    progress: float
    values: Mapping[str, float]
    scores: Scores | None = None

    def to_json(self) -> str:
        """One line of ``history.jsonl`` without its line end."""
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
        """The inverse of ``to_json``, up to its rounding.

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
    """The quality number in words; ``error`` is a standard deviation."""
    said = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    if error:
        said += f" ± {error:,.0f}" if error >= 100 else f" ± {error:.2g}"
    return f"{said} times real"


def _share(value: Any) -> float:
    return finite(value, 0, 1)


def _scores(values: Any) -> Scores:
    low, high, real, fake = values if isinstance(values, list) and len(values) == 4 else (None,) * 4
    return Scores(finite(low), finite(high), *(listed(counts, whole, MOST_BINS) for counts in (real, fake)))


def read_history(path: Path, broken: Callable[[str], object] = lambda _: None) -> Iterator[Record]:
    """The records of a ``history.jsonl``; a line cut short by a kill is passed over, and told to ``broken``.

    Raises:
        RunError: there is no such file, or it cannot be read.
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
    """Drop the records after ``last_step``, so that a resumed run writes them anew, once."""
    kept = [record for record in read_history(path) if record.step <= last_step] if path.exists() else []
    write_whole(path, "".join(record.to_json() + "\n" for record in kept).encode())


class HistoryWriter:
    """Appends records to ``history.jsonl``, one whole line a write."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(self, record: Record) -> None:
        self._file.write(record.to_json() + "\n")

    def close(self) -> None:
        self._file.close()
