"""What was found in pictures, in a folder: scores.csv, and beside each picture's name its heat map."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path, PurePath
from typing import Any

import torch

from sparring.data.defects import Pictures
from sparring.errors import Tell, UnreadableError, printable
from sparring.files import read_json, read_text, write_whole
from sparring.history.layout import SCORES, SCORING, SHEET_SUFFIX
from sparring.uses.detect.detector import Detector, Verdicts
from sparring.uses.detect.heat import beside

AT_ONCE, PIXELS = 256, 2**24  # pictures, and their pixels, that are scored and drawn at a time
COLUMNS = ("picture", "score", "p_value", "verdict")


def write(detector: Detector, pictures: Pictures, out: Path, tell: Tell) -> Verdicts:
    """Score pictures into a folder, in place of what an earlier scoring left there.

    The scores come last, so that they never stand beside heat maps of other pictures.

    Returns:
        the verdicts, without heat maps, so that the memory is bounded.
    """
    clear(out)
    out.mkdir(parents=True, exist_ok=True)
    names = [written(name) for name in pictures.names]
    write_whole(out / SCORING, json.dumps(names).encode())
    found: list[Verdicts] = []
    at_once = min(AT_ONCE, max(1, PIXELS // pictures.pixels[0].numel()))
    for start in range(0, len(pictures), at_once):
        tell(f"scoring, {start:,} of {len(pictures):,}")
        part = pictures.pixels[start : start + at_once]
        verdicts = detector.examine(part)
        for k, name in enumerate(names[start : start + at_once]):
            place = out / f"{name}{SHEET_SUFFIX}"
            place.parent.mkdir(parents=True, exist_ok=True)
            beside(part[k], verdicts.maps[k], detector.heat_).save(place)
        found.append(replace(verdicts, maps=verdicts.maps[:0]))
    joined = Verdicts(*(torch.cat([getattr(each, field.name) for each in found]) for field in fields(Verdicts)))
    write_whole(out / SCORES, _lines(names, joined).encode())
    (out / SCORING).unlink()
    return joined


def written(name: str) -> str:
    """The name of a picture as it is written; bytes that are no UTF-8 are escaped."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return printable(name)
    return name


def clear(out: Path) -> None:
    """Delete the scores and the heat maps that an earlier scoring wrote, and folders that had nothing else."""
    sheets = [sheet for name in _scored(out) if (sheet := out / f"{name}{SHEET_SUFFIX}").is_file()]
    for path in (out / SCORES, out / SCORING, *sheets):
        path.unlink(missing_ok=True)
    for folder in sorted({up for sheet in sheets for up in sheet.parents if out in up.parents}, reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _scored(out: Path) -> set[str]:
    """The pictures that an earlier scoring into this folder named, whether it was finished or not."""
    names: list[Any] = []
    with suppress(UnreadableError, csv.Error):
        names += [line.get(COLUMNS[0]) for line in csv.DictReader(io.StringIO(read_text(out / SCORES)))]
    with suppress(UnreadableError):
        found = read_json(out / SCORING)
        names += found if isinstance(found, list) else []
    texts = {name for name in names if isinstance(name, str)}
    return {name for name in texts if not (PurePath(name).is_absolute() or ".." in PurePath(name).parts)}


def _lines(names: Sequence[str], verdicts: Verdicts) -> str:
    """scores.csv, the oddest picture first."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for k in verdicts.scores.argsort(descending=True).tolist():
        verdict = "odd" if verdicts.odd[k] else "normal"
        lines.writerow([names[k], f"{verdicts.scores[k]:.6g}", f"{verdicts.p_values[k]:.4g}", verdict])
    return text.getvalue()
