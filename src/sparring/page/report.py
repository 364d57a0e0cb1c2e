"""``sparring report``: a run's page as one file that needs nothing else."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

from sparring.errors import RunError
from sparring.files import write_whole
from sparring.page.follow import Followed

STATIC = Path(__file__).parent / "static"
MOST_BYTES = 3_500_000  # of pictures and landscapes, before base64 makes a third more of them


def report(run: Path) -> bytes:
    """The page of one run with everything inside.

    Raises:
        RunError: there is nothing to report on.
    """
    followed = Followed(run.resolve().name, run)
    view = followed.view()
    if not view["step"] and not view["pictures"]:
        raise RunError(f"{run} has no history and no pictures to report on. Give a run folder.")
    view["pictures"], pictures = _thinned(run / "samples", view["pictures"], ".png")
    view["fields"], fields = _thinned(run / "fields", view["fields"], ".json")
    if fields:
        view["pictures"], pictures = [], {}
    inside = {
        "view": view | {"playable": False},
        "pictures": {
            step: f"data:image/png;base64,{base64.b64encode(png).decode()}" for step, png in pictures.items()
        },
        "fields": {str(step): json.loads(text) for step, text in fields.items()} | _real(run),
    }
    return _page(inside).encode()


def write_report(run: Path, path: Path) -> int:
    """Write it; returns its size in bytes."""
    content = report(run)
    write_whole(path, content)
    return len(content)


def _thinned(folder: Path, steps: list[int], suffix: str) -> tuple[list[int], dict[int, bytes]]:
    """As many of the files as there is room for, evenly through time, first and last among them."""
    while True:
        files = {step: (folder / f"{step:08d}{suffix}").read_bytes() for step in steps}
        if sum(map(len, files.values())) <= MOST_BYTES or len(steps) <= 2:
            return steps, files
        steps = [*steps[:-1:2], steps[-1]]


def _real(run: Path) -> dict[str, Any]:
    try:
        return {"real": json.loads((run / "fields" / "real.json").read_bytes())}
    except (OSError, ValueError):
        return {}


def _page(inside: dict[str, Any]) -> str:
    """index.html with its styles and scripts in it, and the run as JSON before them."""

    def style(found: re.Match[str]) -> str:
        return f"<style>{(STATIC.parent / found[1]).read_text('utf-8')}</style>"

    def script(found: re.Match[str]) -> str:
        return f"<script>{(STATIC.parent / found[1]).read_text('utf-8')}</script>"

    page = (STATIC / "index.html").read_text("utf-8")
    page = re.sub(r'<link rel="stylesheet" href="([^"]+)">', style, page)
    page = re.sub(r'<script src="([^"]+)"></script>', script, page)
    data = json.dumps(inside, separators=(",", ":")).replace("<", "\\u003c")  # no name can end the script
    before, after = page.split("<body>", 1)
    return f'{before}<body>\n<script type="application/json" id="report">{data}</script>{after}'
