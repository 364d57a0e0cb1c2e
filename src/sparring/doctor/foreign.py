"""Histories that other programs wrote, as records: tables with a header, or JSON of rows or of columns."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sparring.errors import DataError, UnreadableError
from sparring.files import parse_json, read_text
from sparring.records import LOGGED, Record

TABLES = (".csv", ".tsv", ".txt")
SUFFIXES = (*TABLES, ".jsonl", ".json")
EXPECTED = "a .csv, .tsv, .json or .jsonl file of losses and scores"
# Names that others give to ours; compared in lower case without spaces, dashes, dots and brackets.
ALIASES: dict[str, tuple[str, ...]] = {
    "step": ("step", "steps", "iter", "iteration", "iterations", "batch", "globalstep", "niter"),
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


def read_foreign(path: Path) -> Iterator[Record]:
    """The rows of a file as records; columns that are not known are passed over.

    Without a column of steps each row counts as one; steps that begin anew with each epoch are counted on.

    Raises:
        DataError: unreadable, or no column that means anything here.
    """
    known = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
    known |= {_plain(name): name for name in LOGGED}
    found, last, passed = False, -1.0, 0.0
    for count, row in enumerate(_rows(path), 1):
        values = {}
        for column, value in row.items():
            name = next((known[part] for part in _parts(str(column)) if part in known), None)
            try:
                if name and value not in (None, ""):
                    values[name] = float(value)  # type: ignore[arg-type]
            except (TypeError, ValueError, OverflowError):
                continue
        broken = [name for name, number in values.items() if not math.isfinite(number)]
        values = {name: number for name, number in values.items() if name not in broken}
        if in_training := [name for name in broken if name.endswith(("loss", "logit", "norm"))]:
            values["non_finite"] = float(len(in_training))  # elsewhere NaN is how a blank is written
        step = values.pop("step", float(count))
        if passed + step <= last:  # another epoch's first
            passed = last + 1
        step += passed
        if values and step >= 0 and step < 2**63:
            found, last = True, step
            yield Record(int(step), int(step), 0.0, 0.0, values)
    if not found:
        raise DataError(
            f"{path} has no column that means anything here; known are "
            f"{', '.join([*ALIASES, *(n for n in LOGGED if n not in ALIASES)])}, and common names of these."
        )


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        text = read_text(path)
        if path.suffix.lower() in TABLES:
            yield from _table(text)
            return
        whole = _json(text)
        for row in map(_json, text.splitlines()) if whole is None else [whole]:
            for entry in row if isinstance(row, list) else [row]:
                if isinstance(entry, dict):
                    yield from _columns(entry)
    except UnreadableError as error:
        raise DataError(f"cannot read {path}: {error}. Expected {EXPECTED} in UTF-8.") from error
    except csv.Error as error:
        raise DataError(
            f"cannot read {path}: a line of it is no row of a table. Expected {EXPECTED}."
        ) from error


def _json(text: str) -> object:
    try:
        return parse_json(text)
    except UnreadableError:  # a line cut short
        return None


def _columns(entry: dict[str, object]) -> Iterator[Mapping[str, object]]:
    """The rows of ``{"d_loss": [...], "g_loss": [...]}``; an object of numbers is a row."""
    lists = {name: values for name, values in entry.items() if isinstance(values, list)}
    if not lists or len(lists) < len(entry) / 2:
        yield entry
        return
    for k in range(max(map(len, lists.values()))):
        yield {name: values[k] for name, values in lists.items() if k < len(values)}


def _table(text: str) -> Iterator[Mapping[str, object]]:
    """Rows of a CSV whose separator is the commonest in its first line; with semicolons, commas are decimal."""
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator):
        decimal = "," if separator == ";" else "."
        yield {name: str(value).replace(decimal, ".") for name, value in row.items()}


def _parts(column: str) -> tuple[str, str]:
    """``train/d_loss`` and ``run 7 - d_loss`` as a whole, and what is after the last of these signs."""
    return _plain(column), _plain(re.split(r"/| - ", column)[-1])


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
