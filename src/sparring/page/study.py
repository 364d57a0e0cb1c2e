"""``sparring report`` of a study: its verdict in two languages as one file that needs no other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sparring.config.values import field, finite, listed, text, whole
from sparring.errors import RunError, UnreadableError
from sparring.files import read_json, write_whole
from sparring.history.layout import STUDY, VERDICT
from sparring.page.study_words import Say, shown

T = TypeVar("T")
DIFFERENCE = ("value", "low", "high", "p_flips")
STATIC = Path(__file__).parent / "static"
ROW, TOP, NAMES, WIDTH, MARGIN = 26, 30, 190, 460, 12  # of the figure of differences, in units of its SVG
CURVE_WIDTH, CURVE_HEIGHT, LEFT, LINE = 420, 220, 60, 14
COLOURS = {"helps": "helps", "harms": "harms"}  # classes of marks; others are muted
SCRIPT = """<script>
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.theme = "dark";
function choose(zh) {
  document.documentElement.lang = zh ? "zh-Hans" : "en";
  for (const main of document.querySelectorAll("main")) main.hidden = main.lang.startsWith("zh") !== zh;
  document.title = document.querySelector("main:not([hidden]) h1").textContent;
}
choose((navigator.language || "en").startsWith("zh"));
for (const button of document.querySelectorAll("main button")) {
  button.addEventListener("click", () => {
    choose(!document.documentElement.lang.startsWith("zh"));
    document.querySelector("main:not([hidden]) button").focus();
  });
}
</script>"""


def write_report(run: Path, out: Path) -> int:
    """Write the report of a study to a file; return its size in bytes.

    Raises:
        RunError: there is no verdict yet, or it is damaged.
    """
    try:
        verdict = _checked(read_json(run / VERDICT))
        asked = field(read_json(run / STUDY), "asked", lambda found: field(found, "data", text))
    except UnreadableError as error:
        raise RunError(
            f"{run} has no verdict that can be read: {error}. Go on with it: sparring study --resume {run}."
        ) from error
    content = _page(asked, verdict).encode()
    write_whole(out, content)
    return len(content)


def _checked(found: Any) -> dict[str, Any]:
    """What the page shows of a verdict, each value of the expected kind."""
    words, numbers = partial(listed, check=text), partial(listed, check=finite)

    def row(values: Any) -> dict[str, Any]:
        return {
            "name": field(values, "name", text),
            "against": field(values, "against", text),
            "verdict": field(values, "verdict", text),
            "value": field(values, "value", finite),
            "p": field(values, "p", finite),
            "minutes": field(values, "minutes", finite),
            "difference": field(
                values, "difference", lambda found: found and _named(found, finite, DIFFERENCE)
            ),
            "by_steps": field(values, "by_steps", partial(_exactly, 2, partial(_exactly, 2, finite))),
            "more": field(values, "more", lambda ends: ends and _exactly(3, _end, ends)),
        }

    return {
        "noun": field(found, "noun", text),
        "size": field(found, "size", whole),
        "sentences": field(found, "sentences", lambda said: _first(words(said))),
        "caveats": field(found, "caveats", words),
        "sentences_zh": words(found.get("sentences_zh", ())),
        "caveats_zh": words(found.get("caveats_zh", ())),
        "steps": field(found, "steps", partial(_exactly, 2, whole)),
        "rows": field(found, "rows", partial(listed, check=row)),
        "values": field(found, "values", lambda values: _named(values, numbers)),
        "curve": field(
            found, "curve", lambda curve: {_size(n): score for n, score in _named(curve, finite).items()}
        ),
    }


def _named(values: Any, check: Callable[[Any], T], needed: Sequence[str] = ()) -> dict[str, T]:
    """Values by name, each checked.

    Raises:
        UnreadableError: something else, or one that is needed is missing.
    """
    if not isinstance(values, Mapping):
        raise UnreadableError("something else where named values are expected")
    for name in needed:
        field(values, name, check)
    return {str(name): check(value) for name, value in values.items()}


def _exactly(count: int, check: Callable[[Any], T], values: Any) -> tuple[T, ...]:
    found = listed(values, check)
    if len(found) != count:
        raise UnreadableError(f"{len(found)} values where {count} are expected")
    return found


def _first(said: tuple[str, ...]) -> tuple[str, ...]:
    if not said:
        raise UnreadableError("there is no sentence")
    return said


def _end(value: Any) -> str | float:
    """A number of samples, or on which side of the learning curve it lies."""
    return text(value) if isinstance(value, str) else finite(value)


def _size(name: str) -> int:
    if not (name.isascii() and name.isdecimal() and int(name[:15]) > 0):
        raise UnreadableError("a size of the learning curve is no number")
    return int(name[:15])


def _page(data: str, verdict: Mapping[str, Any]) -> str:
    style = "".join((STATIC / name).read_text("utf-8") for name in ("palette.css", "report.css", "study.css"))
    title = Say("en")("title", data=data)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="icon" href="data:,"><style>{style}</style></head>\n<body>'
        f"{_main(data, verdict, Say('en'))}{_main(data, verdict, Say('zh'))}{SCRIPT}</body></html>\n"
    )


def _main(data: str, verdict: Mapping[str, Any], say: Say) -> str:
    """The whole content in one language; Chinese is hidden until the script chooses it."""
    end = "_zh" if say.language == "zh" and verdict["sentences_zh"] else ""
    first, *others = verdict[f"sentences{end}"]
    said = f'<p class="first">{shown(first)}</p>' + "".join(f"<p>{shown(each)}</p>" for each in others)
    caveats = "".join(f"<p>{shown(each)}</p>" for each in verdict[f"caveats{end}"])
    noun = say.plain(verdict["noun"])
    opening = '<main lang="en">' if say.language == "en" else '<main lang="zh-Hans" hidden>'
    return (
        f'{opening}<header><h1>{say("title", data=data)}</h1><button type="button">{say("other")}</button>'
        f"</header>{said}\n"
        f"<section><h2>{say('summary')}</h2>{_differences(verdict, say)}</section>\n"
        f"<section><h2>{say('arms')}</h2>{_table(verdict, say)}</section>\n"
        f"<section><h2>{say('worth_of', noun=noun)}</h2>{_curve(verdict, say)}</section>\n"
        f'<section class="muted">{caveats}</section></main>\n'
    )


def _differences(verdict: Mapping[str, Any], say: Say) -> str:
    """A line for each arm: the mean difference with its interval, and a dot for each subset."""
    rows = [row for row in verdict["rows"] if row["difference"]]
    values = verdict["values"]
    dots = {
        row["name"]: [
            a - b for a, b in zip(values.get(row["name"], ()), values.get(row["against"], ()), strict=False)
        ]
        for row in rows
    }
    ends = [row["difference"][end] for row in rows for end in ("low", "high")]
    ends += [each for several in dots.values() for each in several] + [0.0]
    x = _scale(min(ends), max(ends), NAMES + MARGIN, NAMES + WIDTH - MARGIN)
    height = TOP + ROW * len(rows)
    parts = [f'<line class="zero" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{TOP - 6}" y2="{height}"/>']
    for tick in _ticks(min(ends), max(ends)):
        parts.append(f'<text x="{x(tick):.1f}" y="14" text-anchor="middle">{_signed(tick)}</text>')
    for k, row in enumerate(rows):
        y, d = TOP + ROW * k + ROW / 2, row["difference"]
        sort = COLOURS.get(row["verdict"], "")
        parts += [f'<circle class="dot" cx="{x(each):.1f}" cy="{y}" r="3"/>' for each in dots[row["name"]]]
        parts.append(
            f'<g class="mark {sort}"><line x1="{x(d["low"]):.1f}" x2="{x(d["high"]):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{x(d["value"]):.1f}" cy="{y}" r="4.5"/></g>'
            f'<text x="0" y="{y + 4}">{say.name(row["name"])}</text>'
        )
    return _svg(NAMES + WIDTH, height + 4, say("differences"), parts)


def _curve(verdict: Mapping[str, Any], say: Say) -> str:
    """The learning curve of the real samples alone, with a line at the score of each arm that helps or
    harms.
    """
    points = sorted(verdict["curve"].items())
    if len(points) < 2:
        return f"<p>{say('no_curve')}</p>"
    scores = [score for _, score in points]
    marks = [row for row in verdict["rows"] if row["verdict"] in COLOURS]
    low, high = (f([*scores, *(row["value"] for row in marks)]) for f in (min, max))
    x = _scale(math.log(points[0][0]), math.log(points[-1][0]), LEFT, CURVE_WIDTH - MARGIN)
    y = _scale(high, low, TOP, CURVE_HEIGHT - 2 * MARGIN - 10)
    names = _apart([y(row["value"]) for row in marks])
    parts = [
        f'<line class="mark {row["verdict"]}" x1="{LEFT}" x2="{CURVE_WIDTH}" y1="{y(row["value"]):.1f}" '
        f'y2="{y(row["value"]):.1f}"/><text x="{CURVE_WIDTH + 6}" y="{place + 4:.1f}">'
        f"{say.name(row['name'])}</text>"
        for row, place in zip(marks, names, strict=True)
    ]
    line = " ".join(f"{x(math.log(n)):.1f},{y(score):.1f}" for n, score in points)
    parts.append(f'<polyline class="curve" points="{line}"/>')
    heights = _apart([y(score) for score in scores])
    for (n, score), height in zip(points, heights, strict=True):
        place = f'x="{x(math.log(n)):.1f}"'
        parts.append(f'<circle class="point" c{place} cy="{y(score):.1f}" r="4"/>')
        parts.append(f'<text {place} y="{CURVE_HEIGHT - 8}" text-anchor="middle">{n:,}</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{height + 4:.1f}" text-anchor="end">{100 * score:.1f} %</text>')
    return _svg(CURVE_WIDTH + NAMES, CURVE_HEIGHT, say("curve"), parts)


def _table(verdict: Mapping[str, Any], say: Say) -> str:
    budgets = [say("after", steps=steps) for steps in verdict["steps"]]
    first, last = map(say, ("verdict", "score", "difference", "p", "signs")), map(say, ("minutes", "worth"))
    lines = ["<tr>" + "".join(f"<th>{name}</th>" for name in ("", *first, *budgets, *last)) + "</tr>"]
    for row in verdict["rows"]:
        d = row["difference"]
        at = [
            f"{100 * (pair[1] if d else pair[0]):+z.1f}".removeprefix("" if d else "+")
            for pair in row["by_steps"]
        ]
        to = say("to")
        tests = [f"{100 * d['value']:+z.1f} ({100 * d['low']:+z.1f}{to}{100 * d['high']:+z.1f})"] if d else [""]
        tests += [f"{row['p']:.2g}", f"{d['p_flips']:.2g}"] if d else ["", ""]
        cells = [f"{100 * row['value']:.1f} %", *tests, *at, f"{row['minutes']:.1f}", _worth(row["more"], say)]
        verdict_cell = f'<td class="{COLOURS.get(row["verdict"], "")}">{say.name(row["verdict"])}</td>'
        lines.append(
            f"<tr><td>{say.name(row['name'])}</td>{verdict_cell}"
            + "".join(f"<td>{c}</td>" for c in cells)
            + "</tr>"
        )
    return f"<table>{''.join(lines)}</table>"


def _worth(ends: Sequence[float | str] | None, say: Say) -> str:
    if not ends:
        return ""
    value, low, high = map(say.end, ends)
    return f"{value} ({low}{say('to')}{high})"


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """A straight line that takes low to start and high to end; the middle where both are the same."""
    if low == high:
        return lambda value: (start + end) / 2
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _apart(places: Sequence[float], least: float = LINE) -> list[float]:
    """The places in their order, those too near to the one before moved on, so that texts do not overlap."""
    order, moved, last = sorted(range(len(places)), key=lambda k: places[k]), list(places), -math.inf
    for k in order:
        last = moved[k] = max(places[k], last + least)
    return moved


def _ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers from low to high, at most ``most``."""
    step = 10 ** math.floor(math.log10(max(high - low, 1e-4) / most))
    step = next(step * k for k in (1, 2, 5, 10) if (high - low) / (step * k) <= most - 1)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _signed(difference: float) -> str:
    points = round(100 * difference, 6)
    return f"{points:+g}" if points else "0"


def _svg(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg role="img" aria-label="{label}" {size}>{"".join(parts)}</svg>'
