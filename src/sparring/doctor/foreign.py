"""Read the histories of other programs as records: tables with a header, or JSON by rows or by columns."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from sparring.config.arguments import MOST_WHOLE
from sparring.errors import DataError, UnreadableError
from sparring.files import LINE_END, delimiter, parse_json, read_text
from sparring.history.record import LOGGED, Record

TABLES = (".csv", ".tsv", ".txt")
SUFFIXES = (*TABLES, ".jsonl", ".json")
EXPECTED = "a .csv, .tsv, .json or .jsonl file of losses and scores"
# Other names for the logged names, compared in lower case without spaces, dashes, dots and brackets.
ALIASES: dict[str, tuple[str, ...]] = {
    "step": ("step", "steps", "iter", "iters", "iteration", "iterations", "globalstep", "niter"),
    "batch": ("batch", "batches", "batchidx", "batchindex", "i"),
    "epoch": ("epoch", "epochs", "ep"),
    "samples": ("samples", "samplesseen", "images", "imagesseen", "nimg", "curnimg"),
    "kimg": ("kimg", "progresskimg"),
    "d_loss": ("dloss", "lossd", "discloss", "discriminatorloss", "criticloss", "lossdisc", "losscritic"),
    "g_loss": ("gloss", "lossg", "genloss", "generatorloss", "lossgen"),
    "d_real": ("dreal", "dx", "realscore", "realprob", "scorereal"),
    "d_fake": ("dfake", "dgz", "dgz1", "fakescore", "fakeprob", "scorefake"),
    "real_logit": ("reallogit", "logitreal", "logitsreal", "scoresreal"),
    "fake_logit": ("fakelogit", "logitfake", "logitsfake", "scoresfake"),
    "g_gradient_norm": ("ggradientnorm", "ggradnorm", "gradnormg", "gengradnorm"),
    "d_gradient_norm": ("dgradientnorm", "dgradnorm", "gradnormd", "discgradnorm"),
    "frechet": ("fid", "fd"),
}
# Different words with the same meaning in the name of a column, such as Loss/Discriminator.
SYNONYMS = {
    "disc": "d", "discriminator": "d", "critic": "d", "netd": "d", "gen": "g", "generator": "g", "netg": "g",
    "losses": "loss", "err": "loss", "error": "loss", "grad": "gradient", "gradients": "gradient",
}  # fmt: skip
# Words without a meaning of their own, as in train_errG_avg.
IGNORED = {
    "train",
    "net",
    "training",
    "avg",
    "average",
    "mean",
    "total",
    "running",
    "scalars",
    "metrics",
    "value",
    "gan",
}
NOT_TRAINING = {"val", "valid", "validation", "test", "eval"}  # words for samples outside the training set
COUNTERS = ("step", "batch", "epoch", "samples", "kimg")
STEPS_PER_EPOCH = 100  # assumed if the file does not say; few data sets have fewer batches
SAMPLES_PER_STEP = 64  # assumed if the file does not say


class Foreign(NamedTuple):
    """The records of a history, and a sentence on how their steps were counted."""

    records: list[Record]
    unit: str


def read_foreign(path: Path, steps_per_row: float | None = None) -> Foreign:
    """Read the rows of a file as records; unknown columns are ignored.

    Steps are read from a column of steps, which may start again in each epoch; else from a column of epochs
    or samples; else each row counts as one step.

    Args:
        steps_per_row: the number of steps between rows, whatever the columns say.

    Raises:
        DataError: the file cannot be read, or has no known column.
    """
    tag = _meaning(
        path.stem.split("tag-")[-1]
    )  # TensorBoard exports a column "value" in a file named after the curve
    rows = [row for row in (_renamed(row, tag) for row in _rows(path)) if row]
    if not any(row.keys() - set(COUNTERS) for row in rows):
        known = ", ".join(dict.fromkeys(name for name in (*ALIASES, *LOGGED) if name not in COUNTERS))
        raise DataError(
            f"{path} has no column that is known here. Known columns: {known}, and common other names of these."
        )
    steps, unit = _steps(rows, steps_per_row)
    records = []
    for step, row in zip(steps, rows, strict=True):
        values = {
            name: number for name, number in row.items() if math.isfinite(number) and name not in COUNTERS
        }
        broken = [name for name, number in row.items() if not math.isfinite(number)]
        if in_training := [name for name in broken if name.endswith(("loss", "logit", "norm"))]:
            values["non_finite"] = float(len(in_training))  # in other columns NaN stands for an empty cell
        if values and 0 <= step <= MOST_WHOLE:
            records.append(Record(round(step), round(step), 0.0, 0.0, values))
    return Foreign(records, unit)


def _steps(rows: Sequence[Mapping[str, float]], steps_per_row: float | None) -> tuple[list[float], str]:
    """The step of each row, and a sentence on how it was found."""
    change = "Change this with --steps-per-row N."
    each, unit = 1.0, f"No column counts steps, so each row counts as one step. {change}"
    if steps_per_row:
        each, unit = steps_per_row, f"Each row counts as {steps_per_row:g} steps, as given."
    elif counted := _counted(rows, "step") or _counted(rows, "batch"):
        return _continuous(counted), "The steps are read from a column."
    elif (epochs := _column(rows, "epoch")) and epochs[-1] > epochs[0]:
        a_row = (epochs[-1] - epochs[0]) / (len(rows) - 1)
        each = max(1.0, STEPS_PER_EPOCH * a_row)
        said = "one epoch" if a_row == 1 else f"{a_row:.3g} epochs"
        unit = f"Each row is {said} and counts as {each:.3g} steps. {change}"
    else:
        for name, samples in (("samples", 1.0), ("kimg", 1000.0)):
            seen = _column(rows, name)
            if seen and seen[-1] > seen[0]:
                steps = [samples * count / SAMPLES_PER_STEP for count in seen]
                return (
                    steps,
                    f"The steps are computed from {name}, with {SAMPLES_PER_STEP} samples per step. {change}",
                )
    return [each * count for count in range(1, len(rows) + 1)], unit


def _column(rows: Sequence[Mapping[str, float]], name: str) -> list[float]:
    """The numbers of a column, [] unless all rows have a finite one."""
    found = [row.get(name, math.nan) for row in rows]
    return found if len(found) > 1 and all(map(math.isfinite, found)) else []


def _counted(rows: Sequence[Mapping[str, float]], name: str) -> list[float]:
    """The numbers of a counting column, NaN where a row lacks it; [] if all are the same."""
    found = [row.get(name, math.nan) for row in rows]
    several = {count for count in found if math.isfinite(count)}
    return found if len(several) > 1 or (several and len(rows) == 1) else []


def _continuous(counted: Sequence[float]) -> list[float]:
    """Steps that start again in each epoch, counted on; a row without a number counts as one step."""
    steps: list[float] = []
    offset = 0.0
    for count in counted:
        if not math.isfinite(count):
            steps.append(steps[-1] + 1 if steps else 1.0)
            continue
        if steps and offset + count <= steps[-1]:  # a new epoch begins
            offset = steps[-1] + 1
        steps.append(offset + count)
    return steps


def _renamed(row: Mapping[str, object], tag: str | None) -> dict[str, float]:
    """The numbers of a row under their logged names; ``tag`` is the logged name of a column "value"."""
    values: dict[str, float] = {}
    for column, value in row.items():
        name = tag if str(column).lower() == "value" else _meaning(str(column))
        try:
            if name and value not in (None, ""):
                values[name] = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            continue
    return values


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        text = read_text(path)
        if path.suffix.lower() in TABLES:
            yield from _table(text)
            return
        whole = _json(text)
        for row in map(_json, LINE_END.split(text)) if whole is None else [whole]:
            for entry in row if isinstance(row, list) else [row]:
                if isinstance(entry, dict):
                    yield from _columns(entry)
    except UnreadableError as error:
        raise DataError(f"cannot read {path}: {error}. Expected {EXPECTED} in UTF-8.") from error
    except csv.Error as error:
        raise DataError(
            f"cannot read {path}: one of its lines is not a row of a table. Expected {EXPECTED}."
        ) from error


def _json(text: str) -> object:
    try:
        return parse_json(text)
    except UnreadableError:  # an incomplete line
        return None


def _columns(entry: dict[str, object]) -> Iterator[Mapping[str, object]]:
    """The rows of an object of columns, {"d_loss": [...], "g_loss": [...]}; an object of numbers is one row."""
    lists = {name: values for name, values in entry.items() if isinstance(values, list)}
    if not lists or len(lists) < len(entry) / 2:
        yield entry
        return
    for k in range(max(map(len, lists.values()))):
        yield {name: values[k] for name, values in lists.items() if k < len(values)}


def _table(text: str) -> Iterator[Mapping[str, object]]:
    """The rows of a CSV text. The separator is the most frequent one in the first line.

    With semicolons as separators, commas are decimal points.
    """
    separator = delimiter(text)
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator):
        decimal = "," if separator == ";" else "."
        yield {name: str(value).replace(decimal, ".") for name, value in row.items()}


@lru_cache(4096)  # called for each cell
def _meaning(column: str) -> str | None:
    """The logged name of a column such as ``train/d_loss``, ``run 7 - d_loss`` or ``Loss/Discriminator``."""
    words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", column)}
    if words & NOT_TRAINING and "fid" not in words:
        return None
    for part in (column, re.split(r"/| - ", column)[-1]):
        if found := NAMES.get(_plain(part)):
            return found
    return BY_WORDS.get(frozenset(SYNONYMS.get(word, word) for word in words - IGNORED))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


NAMES = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
NAMES |= {_plain(name): name for name in LOGGED}
BY_WORDS = {
    frozenset(words.split()): name
    for words, name in (
        ("d loss", "d_loss"), ("g loss", "g_loss"), ("d real", "d_real"), ("d fake", "d_fake"),
        ("d x", "d_real"), ("d g z", "d_fake"), ("logit real", "real_logit"), ("logit fake", "fake_logit"),
        ("logits real", "real_logit"), ("logits fake", "fake_logit"), ("fid", "frechet"),
        ("g gradient norm", "g_gradient_norm"), ("d gradient norm", "d_gradient_norm"),
    )
}  # fmt: skip
