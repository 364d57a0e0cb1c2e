"""The colours of the figures: those of the page, which are written down once, in its palette.css."""

from __future__ import annotations

import re
from pathlib import Path

TABLE = Path(__file__).parents[1] / "src/sparring/page/static/palette.css"
NAMED = re.compile(r"--(\w+): (#\w{6});")


def palettes() -> list[dict[str, str]]:
    """Colours by what they mean: in light, in dark."""
    return [dict(NAMED.findall(block)) for block in TABLE.read_text("utf-8").split("}")[:2]]


LIGHT, DARK = palettes()
