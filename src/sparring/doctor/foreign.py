"""Histories that other programs wrote, as records: CSV with a header, or JSON objects a line."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from sparring.errors import DataError
from sparring.records import LOGGED, Record

# Names that others give to ours; compared in lower case without spaces, dashes, dots and brackets.
ALIASES: dict[str, tuple[str, ...]] = {
    "step": ("step", "steps", "iter", "iteration", "iterations", "batch", "globalstep"),
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
    """The rows of a CSV or JSONL file as records; columns that are not known are passed over.

    Without a column of steps each row counts as one.

    Raises:
        DataError: unreadable, or no column that means anything here.
    """
    known = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
    known |= {_plain(name): name for name in LOGGED}
    found = False
    for count, row in enumerate(_rows(path), 1):
        values = {}
        for column, value in row.items():
            name = known.get(_plain(str(column)))
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
        if values and step >= 0 and step < 2**63:
            found = True
            yield Record(int(step), int(step), 0.0, 0.0, values)
    if not found:
        raise DataError(
            f"{path} has no column that means anything here; known are "
            f"{', '.join([*ALIASES, *(n for n in LOGGED if n not in ALIASES)])}, and common names of these."
        )


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() == ".csv":
                yield from _table(file)
                return
            for line in file:
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    continue  # a line cut short
                if isinstance(row, dict):
                    yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot read {path} ({error}); expected a .csv or .jsonl file in UTF-8.") from error


def _table(file: TextIO) -> Iterator[Mapping[str, object]]:
    """Rows of a CSV whose separator is the commonest in its first line; with semicolons, commas are decimal."""
    head = file.readline()
    file.seek(0)
    separator = max(",;\t", key=head.count)
    for row in csv.DictReader(file, delimiter=separator):
        decimal = "," if separator == ";" else "."
        yield {name: str(value).replace(decimal, ".") for name, value in row.items()}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
