"""The colours of the figures: those of the page, which are written down once, in its palette.css."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

TABLE = Path(__file__).parents[1] / "src/sparring/page/static/palette.css"
NAMED = re.compile(r"--(\w+): (#\w{6});")


def palettes() -> list[dict[str, str]]:
    """Colours by what they mean: in light, in dark."""
    return [dict(NAMED.findall(block)) for block in TABLE.read_text("utf-8").split("}")[:2]]


def reduced(picture: Image.Image) -> Image.Image:
    """A picture in 256 colours, the table's among them: a quantizer by itself mixes those of few pixels."""
    chosen = picture.convert("RGB").quantize(256 - len(LIGHT)).getpalette() or []
    holder = Image.new("P", (1, 1))
    holder.putpalette([*chosen, *(int(colour[k : k + 2], 16) for colour in LIGHT.values() for k in (1, 3, 5))])
    return picture.convert("RGB").quantize(palette=holder, dither=Image.Dither.NONE)


LIGHT, DARK = palettes()
