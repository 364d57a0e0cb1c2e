"""Pages as one file: their styles and scripts inside, and their data before them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"


def single(name: str, identity: str, data: Any) -> str:
    """A page of ``static``, with ``data`` as JSON in an element of this id."""
    page = (STATIC / name).read_text("utf-8")
    for tag, pattern in (
        ("style", r'<link rel="stylesheet" href="([^"]+)">'),
        ("script", r'<script src="([^"]+)"></script>'),
    ):
        page = re.sub(pattern, lambda found, tag=tag: f"<{tag}>{_file(found[1])}</{tag}>", page)  # type: ignore[misc]
    # "<" is escaped so that no text in the data can end the script.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    before, after = page.split("<body>", 1)
    return f'{before}<body>\n<script type="application/json" id="{identity}">{text}</script>{after}'


def _file(name: str) -> str:
    return (STATIC.parent / name).read_text("utf-8")
