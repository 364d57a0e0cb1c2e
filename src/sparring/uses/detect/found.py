"""What was found in pictures, in a folder: scores.csv, and beside each picture's name its heat map."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace
from pathlib import Path

import torch

from sparring.data.defects import Pictures
from sparring.errors import Tell
from sparring.files import write_whole
from sparring.history.layout import SCORES, SHEET_SUFFIX
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
    found: list[Verdicts] = []
    at_once = min(AT_ONCE, max(1, PIXELS // pictures.pixels[0].numel()))
    for start in range(0, len(pictures), at_once):
        tell(f"scoring, {start:,} of {len(pictures):,}")
        part = pictures.pixels[start : start + at_once]
        verdicts = detector.examine(part)
        for k, name in enumerate(pictures.names[start : start + at_once]):
            place = out / f"{name}{SHEET_SUFFIX}"
            place.parent.mkdir(parents=True, exist_ok=True)
            beside(part[k], verdicts.maps[k], detector.heat_).save(place)
        found.append(replace(verdicts, maps=verdicts.maps[:0]))
    joined = Verdicts(*(torch.cat([getattr(each, field.name) for each in found]) for field in fields(Verdicts)))
    write_whole(out / SCORES, _lines(pictures, joined).encode())
    return joined


def clear(out: Path) -> None:
    """Delete the scores and heat maps in a folder, by their names, and folders that had nothing else."""
    (out / SCORES).unlink(missing_ok=True)
    sheets = list(out.rglob(f"*{SHEET_SUFFIX}"))
    for sheet in sheets:
        sheet.unlink()
    for folder in sorted({up for sheet in sheets for up in sheet.parents if out in up.parents}, reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _lines(pictures: Pictures, verdicts: Verdicts) -> str:
    """scores.csv, the oddest picture first."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for k in verdicts.scores.argsort(descending=True).tolist():
        verdict = "odd" if verdicts.odd[k] else "normal"
        lines.writerow([pictures.names[k], f"{verdicts.scores[k]:.6g}", f"{verdicts.p_values[k]:.4g}", verdict])
    return text.getvalue()
