"""``sparring report`` of a detector: the pictures that it scored, the oddest first, as one file."""

from __future__ import annotations

import base64
import csv
import io
import shlex
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

from sparring.errors import RunError, UnreadableError, printable
from sparring.files import read_bytes, read_object, read_text, write_whole
from sparring.history.layout import DETECTOR, FOUND, SCORES, SHEET_SUFFIX
from sparring.page.single import single

MOST_BYTES = 4_900_000  # of the whole report, for its pictures
GAP = 4  # pixels between a picture and its heat map on a sheet
MOST_ROWS = 20_000  # pictures whose scores are shown


def write_report(run: Path, out: Path) -> int:
    """Write the report of a detector to a file; return its size in bytes.

    Raises:
        RunError: as ``page``.
    """
    content = page(run, _scored(run)).encode()
    write_whole(out, content)
    return len(content)


def page(run: Path, rows: list[dict[str, Any]], version: str = "") -> str:
    """The page of a detector: its methods, its threshold, and the pictures that it scored.

    Args:
        rows: of these pictures, the oddest first.
        version: with which the page loads itself again when that of the server differs.

    Raises:
        RunError: the detector's file is damaged.
    """
    facts = read_object(run / DETECTOR)
    try:
        held_out, limit = [float(score) for score in facts["held_out"]], float(facts["threshold"])
        methods = [_method(each) for each in facts.get("candidates", ())]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"the detector in {run} is damaged. Fit it again.") from error
    room = MOST_BYTES
    for row in rows:
        sheet = _sheet(run / FOUND / f"{row['name']}{SHEET_SUFFIX}") if room > 0 else None
        row |= (sheet or {}) | {"name": printable(row["name"])}
        room -= len(row.get("sheet", ""))
    named = {"method": facts.get("chosen"), "data": facts.get("data")}
    data = {name: printable(str(value)) for name, value in named.items()}
    shown = data | {"held_out": held_out, "threshold": limit, "pictures": rows}
    shown |= {"methods": methods, "folder": printable(shlex.quote(str(run))), "version": version}
    return single("detection.html", "data", shown)


def _method(facts: Any) -> dict[str, Any]:
    """The name of a method that was fitted, its AUROC with the interval, and its seconds."""
    value, low, high = map(float, facts["auroc"])
    return {
        "name": printable(str(facts["name"])),
        "auroc": [value, low, high],
        "seconds": float(facts["seconds"]),
    }


def _scored(run: Path) -> list[dict[str, Any]]:
    """The pictures that a detector scored.

    Raises:
        RunError: there are none.
    """
    if not (found := rows(run)):
        raise RunError(
            f"{run} has no scores to report on. Score pictures first: sparring detect score {run} NEW."
        )
    return found


def rows(run: Path) -> list[dict[str, Any]]:
    """The lines of scores.csv, the oddest first; none without the file."""
    found: list[dict[str, Any]] = []
    try:
        lines = csv.DictReader(io.StringIO(read_text(run / FOUND / SCORES)))
        for line in lines:
            with suppress(KeyError, TypeError, ValueError):
                found.append(
                    {
                        "name": str(line["picture"]),
                        "score": float(line["score"]),
                        "p_value": float(line["p_value"]),
                    }
                )
            if len(found) == MOST_ROWS:
                break
    except (UnreadableError, csv.Error):
        pass
    return sorted(found, key=lambda row: -row["score"])


def _sheet(path: Path) -> dict[str, Any] | None:
    """A picture beside its heat map as a data URL, with the proportions of one of them; None if unreadable."""
    try:
        png = read_bytes(path)
        width, height = struct.unpack(">II", png[16:24])
        one = (width - GAP) / 2
        ratio = one / height
    except (UnreadableError, struct.error, ZeroDivisionError):
        return None
    if one <= 0:
        return None
    return {
        "sheet": f"data:image/png;base64,{base64.b64encode(png).decode()}",
        "ratio": ratio,
        "gap": 100 * GAP / one,
    }
