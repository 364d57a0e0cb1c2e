"""``sparring report``: the page of a run as one file that needs no other file."""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

from PIL import Image

from sparring.errors import RunError, UnreadableError
from sparring.files import read_bytes, read_object, read_text, write_whole
from sparring.history.facts import TEXTS
from sparring.history.layout import FIELD, FIELDS, PICTURE, REAL_FIELD, SAMPLES, TEXT, step_name
from sparring.page import reading
from sparring.page.follow import Followed
from sparring.page.single import single

MOST_BYTES = 4_900_000  # of the whole report
LEAST_SIDE = 64  # pixels; a picture is not made smaller than this


def report(run: Path) -> bytes:
    """The page of one run, with all data inside.

    Raises:
        RunError: the run has neither a history nor pictures.
    """
    followed = Followed(run.resolve().name, run.resolve())
    view = followed.view()
    if not view["step"] and not view["pictures"]:
        raise RunError(f"{run} has no history and no pictures to report on. Give a run folder.")
    view |= {"checkpoint": None, "path": "", "written": time.strftime("%Y-%m-%d %H:%M")}
    if view["state"] in ("running", "waiting"):
        view |= {"state": "unfinished", "left_seconds": None}
    embedded: dict[str, Any] = {"view": view, "pictures": {}, "texts": {}, "fields": {}}
    room = MOST_BYTES - len(_page(embedded))
    fields = {step: _field(run, f"{step_name(step)}{FIELD}") for step in view["fields"]}
    view["fields"], texts = _thinned({k: json.dumps(field) for k, field in fields.items() if field}, room)
    if texts:
        view["pictures"] = []
        real = _field(run, REAL_FIELD)
        embedded["fields"] = {str(step): json.loads(text) for step, text in texts.items()} | {"real": real}
    elif view["media"] == TEXTS:
        lines = {step: _text(run / SAMPLES / f"{step_name(step)}{TEXT}") for step in view["pictures"]}
        view["pictures"], embedded["texts"] = _thinned({k: text for k, text in lines.items() if text}, room)
    else:
        pictures = {
            step: _data(run / SAMPLES / f"{step_name(step)}{PICTURE}", room) for step in view["pictures"]
        }
        view["pictures"], embedded["pictures"] = _thinned({k: p for k, p in pictures.items() if p}, room)
    return _page(embedded).encode()


def write_report(run: Path, out: Path) -> int:
    """Write the report of a run to a file; return its size in bytes."""
    content = report(run)
    write_whole(out, content)
    return len(content)


def _thinned(texts: dict[int, str], room: int) -> tuple[list[int], dict[int, str]]:
    """As many texts as there is room for, evenly spaced in time, with the last one."""
    steps = list(texts)
    while len(steps) > 1 and sum(len(texts[step]) + 20 for step in steps) > room:
        steps = [*steps[:-1:2], steps[-1]] if len(steps) > 2 else steps[-1:]
    return steps, {step: texts[step] for step in steps}


def _field(run: Path, name: str) -> Any:
    """A landscape over the plane, as the page can show it."""
    return reading.shown(read_object(run / FIELDS / name))


def _text(path: Path) -> str:
    """Samples as lines of text; "" if they cannot be read."""
    try:
        return reading.shown(read_text(path))  # type: ignore[no-any-return]
    except UnreadableError:
        return ""


def _data(path: Path, room: int) -> str:
    """A picture as a data URL, made smaller if it alone would need half the room; "" if it cannot be read."""
    try:
        png = read_bytes(path)
        while 4 * len(png) / 3 > room / 2:
            with Image.open(io.BytesIO(png)) as picture:
                if min(picture.size) < 2 * LEAST_SIDE:
                    return ""
                smaller, file = picture.reduce(2), io.BytesIO()
            smaller.save(file, "PNG")
            png = file.getvalue()
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _page(embedded: dict[str, Any]) -> str:
    """The live page as one file, with the run before its scripts."""
    return single("index.html", "report", embedded)
