"""The live page of a detector: how far its fit is, then what it learned, then the pictures that it scored."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sparring.errors import RunError, printable
from sparring.files import read_object
from sparring.history.find import FIT
from sparring.history.layout import DETECTOR, FOUND, SCORES
from sparring.page import detection
from sparring.page.reading import shown
from sparring.page.single import single

SILENT_SECONDS = 60.0  # without news, after which a fit may have been stopped


def page(run: Path) -> str:
    """The page of a folder in which a detector is fitted, or was.

    Raises:
        RunError: there is neither, or the detector's file is damaged.
    """
    if _fitting(run):
        return single("fitting.html", "data", _progress(run) | {"version": version(run)})
    if not (run / DETECTOR).is_file():
        raise RunError(
            f"no detector is fitted in {run} any more. Fit one: sparring detect fit NORMALS --out {run}."
        )
    return detection.page(run, detection.rows(run), version(run))


def version(run: Path) -> str:
    """A text that differs whenever the page does."""
    found = ["fitting" if _fitting(run) else "fitted", "silent" if _silent(run) else ""]
    for name in (FIT, DETECTOR, f"{FOUND}/{SCORES}"):
        try:
            stat = (run / name).stat()
            found.append(f"{stat.st_mtime_ns:x}-{stat.st_size:x}")
        except OSError:
            found.append("")
    return " ".join(found)


def _fitting(run: Path) -> bool:
    """Whether a detector is fitted; a fit that was stopped does not hide one that is there."""
    return (run / FIT).is_file() and not (_silent(run) and (run / DETECTOR).is_file())


def _silent(run: Path) -> bool:
    """Whether a fit has told nothing for long."""
    try:
        return time.time() - (run / FIT).stat().st_mtime > SILENT_SECONDS
    except OSError:
        return False


def _progress(run: Path) -> dict[str, Any]:
    """How far the fit is: its stages, the present one, the share of it that is done, and the seconds left."""
    facts = read_object(run / FIT)
    stages = facts.get("stages")
    names = [each.get("name") for each in stages if isinstance(each, dict)] if isinstance(stages, list) else []
    found: dict[str, Any] = shown({name: facts.get(name) for name in ("place", "share", "left_seconds")})
    return found | {
        "stages": [printable(str(name)) for name in names],
        "folder": printable(str(run)),
        "silent": _silent(run),
    }
