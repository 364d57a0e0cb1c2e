"""``sparring report`` of a search: trials as lines, what mattered, the best samples, as one file."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from sparring.config.values import field, finite, listed, number, text, whole
from sparring.errors import RunError, UnreadableError, printable
from sparring.files import read_bytes, read_json, write_whole
from sparring.history.layout import TUNED
from sparring.page.reading import shown
from sparring.page.single import single

SHEETS = ("default", "tuned")
MOST_SHEET = 2_000_000  # bytes of a picture
MOST_TRIALS = 2_000  # that are shown: the best ones, and the last


def write_report(folder: Path, out: Path) -> int:
    """Write the report of a search to a file; return its size in bytes.

    Raises:
        RunError: the search has no trial yet, or its files are damaged.
    """
    content = single("tune.html", "data", _data(folder)).encode()
    write_whole(out, content)
    return len(content)


def _data(folder: Path) -> dict[str, Any]:
    """What the page shows, each value checked."""
    try:
        found = read_json(folder / TUNED)
        if not isinstance(found, dict) or "trials" not in found:
            raise RunError(f"the search in {folder} has no result yet: sparring tune --resume {folder}")
        trials = [_trial(each) for each in listed(found["trials"], lambda each: each)]
        data = {
            "data": field(found, "data", text),
            "count": field(found, "data_count", whole),
            "seconds": field(found, "seconds", finite),
            "sentence": field(found, "sentence", text),
            "verdict": field(found, "verdict", text),
            "best": None if found.get("best") is None else whole(found["best"]),
            "changed": [
                [printable(str(name)), *map(_value, listed(both, lambda each: each, 2))]
                for name, both in _table(found, "changed")
            ],
            "multiples": listed(field(found, "multiples", lambda each: each), text),
            "importance": [
                [printable(str(name)), finite(share)] for name, share in _table(found, "importance")
            ],
            "default": listed(found.get("default"), _maybe),
            "tuned": None if found.get("tuned") is None else listed(found["tuned"], _maybe),
        }
    except UnreadableError as error:
        raise RunError(f"{folder / TUNED} is damaged ({error}). Go on with sparring tune --resume.") from error
    best = sorted(trials, key=lambda each: math.inf if each["value"] is None else each["value"])
    kept = {each["number"] for each in (*best[: MOST_TRIALS // 2], *trials[-MOST_TRIALS // 2 :])}
    sheets = {name: sheet for name in SHEETS if (sheet := _sheet(folder / f"{name}.png"))}
    return data | {"trials": [each for each in trials if each["number"] in kept], "sheets": sheets}


def _trial(found: Any) -> dict[str, Any]:
    return {
        "number": field(found, "number", whole),
        "state": field(found, "state", text),
        "value": _maybe(found.get("value")),
        "start": field(found, "start", text),
        "chosen": {printable(str(name)): _value(value) for name, value in _table(found, "chosen")},
        "curve": field(found, "curve", partial(listed, check=partial(listed, check=finite, most=2))),
        "why": field(found, "why", text),
        "findings": [[printable(str(part)) for part in pair] for pair in _table(found, "findings")],
    }


def _table(found: Any, name: str) -> list[tuple[Any, Any]]:
    value = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{name}: where a table is expected")
    return list(value.items())


def _maybe(value: Any) -> float | None:
    """A finite number, or None."""
    if value is None:
        return None
    checked = number(value)
    return checked if math.isfinite(checked) else None


def _value(value: Any) -> Any:
    """An option's value as the page shows it."""
    return shown(value) if isinstance(value, str | int | float | bool) else None


def _sheet(path: Path) -> str:
    """A picture as a data URL; "" if there is none or it is too large."""
    with suppress(UnreadableError):
        png = read_bytes(path)
        if png.startswith(b"\x89PNG") and len(png) <= MOST_SHEET:
            return f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return ""
