"""``sparring report`` of a detector: the pictures that it scored, the oddest first, as one file."""

from __future__ import annotations

import base64
import csv
import io
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
    content = page(run).encode()
    write_whole(out, content)
    return len(content)


def page(run: Path) -> str:
    """The page of the pictures that a detector scored last.

    Raises:
        RunError: the detector has scored nothing yet, or its files are damaged.
    """
    facts, rows = read_object(run / DETECTOR), _rows(run)
    try:
        held_out, limit = [float(score) for score in facts["held_out"]], float(facts["threshold"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"the detector in {run} is damaged. Fit it again.") from error
    room = MOST_BYTES
    for row in rows:
        sheet = _sheet(run / FOUND / f"{row['name']}{SHEET_SUFFIX}") if room > 0 else None
        row |= sheet or {}
        room -= len(row.get("sheet", ""))
    named = {"method": facts.get("chosen"), "data": facts.get("data")}
    data = {name: printable(str(value)) for name, value in named.items()}
    shown = data | {"held_out": held_out, "threshold": limit, "pictures": rows}
    return single("detection.html", "data", shown)


def _rows(run: Path) -> list[dict[str, Any]]:
    """The lines of scores.csv, the oddest first."""
    found: list[dict[str, Any]] = []
    try:
        lines = csv.DictReader(io.StringIO(read_text(run / FOUND / SCORES)))
        for line in lines:
            with suppress(KeyError, TypeError, ValueError):
                found.append(
                    {
                        "name": printable(line["picture"]),
                        "score": float(line["score"]),
                        "p_value": float(line["p_value"]),
                    }
                )
            if len(found) == MOST_ROWS:
                break
    except (UnreadableError, csv.Error):
        pass
    if not found:
        raise RunError(
            f"{run} has no scores to report on. Score pictures first: sparring detect score {run} NEW."
        )
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
