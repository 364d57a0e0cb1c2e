"""A training in a notebook's cell: its progress, present samples and curves, renewed in one output."""

from __future__ import annotations

import base64
import html
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any, NamedTuple

from PIL import Image

from sparring.data.pictures import as_png
from sparring.history.record import Record

# As palette.css has them: of the generator, of the discriminator, and of what is neither's.
FAKE, INSPECTOR, ACCENT = "#d55e00", "#7148b5", "#3f7d58"
WIDTH, HEIGHT, EDGE = 300, 120, 6  # pixels of a chart, and of the margin around its curves
POINTS = 300  # of a curve, at most
PICTURE = 320  # pixels to which a small picture is enlarged
REDRAW_SECONDS = 1.0  # between two pictures, at least
DRAWN_SHARE = 0.1  # of the time that may go into pictures


class Curve(NamedTuple):
    """A logged name that is drawn, and its colour."""

    name: str
    colour: str


CHARTS = (
    ("losses", (Curve("g_loss", FAKE), Curve("d_loss", INSPECTOR))),
    ("D(real) and D(fake)", (Curve("d_real", INSPECTOR), Curve("d_fake", FAKE))),
    ("distance to real samples", (Curve("distance", ACCENT),)),
)


class Cell:
    """The output of a notebook's cell, which shows one training."""

    def __init__(self, sheet: Callable[[], Image.Image] | None = None) -> None:
        """``sheet`` draws present samples; it is called now and then."""
        from IPython.display import display

        self.sheet = sheet
        self.records: list[Record] = []
        self.picture, self.due = "", 0.0
        self.output: Any = display({"text/plain": ""}, raw=True, display_id=True)

    def show(self, record: Record, lines: Sequence[str]) -> None:
        """Renew the output: the lines say the state in words, for those who see no HTML as well."""
        self.records.append(record)
        if self.sheet and (record.progress >= 1 or time.monotonic() >= self.due):
            began = time.monotonic()
            self.picture = _image(self.sheet())
            took = time.monotonic() - began
            self.due = began + max(REDRAW_SECONDS, took / DRAWN_SHARE)
        said = "".join(f"<div>{html.escape(line)}</div>" for line in lines if line)
        parts = [
            _bar(record.progress),
            said,
            f'<div style="display:flex">{self.picture}<div>{charts(self.records)}</div></div>',
        ]
        page = f'<div style="font: 13px sans-serif">{"".join(parts)}</div>'
        self.output.update({"text/html": page, "text/plain": "\n".join(lines).rstrip()}, raw=True)


def charts(records: Sequence[Record]) -> str:
    """The charts of what was logged, as SVG."""
    found = (_chart(title, curves, records) for title, curves in CHARTS)
    return "".join(chart for chart in found if chart)


def _chart(title: str, curves: Sequence[Curve], records: Sequence[Record]) -> str:
    """Curves over steps with one scale, from the least value to the greatest; "" if nothing was logged."""
    points = {curve: _points(curve.name, records) for curve in curves}
    values = [value for line in points.values() for _, value in line]
    if not values:
        return ""
    low, high, last = min(values), max(values), max(records[-1].step, 1)
    inner, tall = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE

    def path(line: Sequence[tuple[int, float]]) -> str:
        places = (
            f"{EDGE + inner * step / last:.1f},{EDGE + tall * (high - value) / ((high - low) or 1):.1f}"
            for step, value in line
        )
        return " ".join(places)

    drawn = "".join(
        f'<polyline points="{path(line)}" fill="none" stroke="{curve.colour}" stroke-width="1.5"/>'
        for curve, line in points.items()
        if line
    )
    legend = " ".join(
        f'<span style="color:{curve.colour}">{html.escape(curve.name)} {line[-1][1]:.3g}</span>'
        for curve, line in points.items()
        if line
    )
    frame = (
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" fill="none" stroke="currentColor" '
        'stroke-opacity=".3"/>'
    )
    return (
        f'<figure style="margin:0 8px 8px"><figcaption>{html.escape(title)}, {low:.3g} to '
        f'{high:.3g} in {last:,} steps: {legend}</figcaption><svg role="img" aria-label="{html.escape(title)}" '
        f'width="{WIDTH}" height="{HEIGHT}">{frame}{drawn}</svg></figure>'
    )


def _points(name: str, records: Sequence[Record]) -> list[tuple[int, float]]:
    """(step, value) of a logged name where it is finite: at most POINTS, means of neighbours."""
    found = [(r.step, r.values[name]) for r in records if isfinite(r.values.get(name, float("nan")))]
    if len(found) <= POINTS:
        return found
    ends = [len(found) * k // POINTS for k in range(POINTS + 1)]
    return [
        (found[end - 1][0], sum(value for _, value in found[start:end]) / (end - start))
        for start, end in pairwise(ends)
    ]


def _bar(progress: float) -> str:
    return (
        f'<div style="width:{WIDTH}px;height:8px;border:1px solid {ACCENT}"><div style="width:'
        f'{min(1.0, progress):.1%};height:100%;background:{ACCENT}"></div></div>'
    )


def _image(picture: Image.Image) -> str:
    """A picture inside HTML, enlarged in whole steps if it is small."""
    data = base64.b64encode(as_png(picture)).decode()
    width = picture.width * max(1, PICTURE // picture.width)
    return (
        f'<img alt="present samples" style="image-rendering:pixelated;margin:8px;align-self:flex-start" '
        f'width="{width}" src="data:image/png;base64,{data}">'
    )
