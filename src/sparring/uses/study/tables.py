"""Show the verdict of a study for a terminal: sentences first, then a line for each arm."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from sparring.uses.progress import say, show_whole
from sparring.uses.study.verdict import Judged, Result, on_curve
from sparring.uses.study.words import points


def show(screen: Console, result: Result) -> None:
    """Print the verdict."""
    for line in result.sentences:
        say(screen, line)
    say(screen, "")
    show_whole(screen, table(result))
    say(screen, "")
    for line in result.caveats:
        say(screen, line)


def table(result: Result) -> Table:
    """A line for each arm: its score, the difference with its interval, the verdict, minutes and worth."""
    found = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    few, many = result.steps
    for name in ("", "verdict"):
        found.add_column(name, no_wrap=True)
    for name in (
        "score",
        "points (95 %)",
        "p",
        "signs",
        f"after {few:,}",
        f"after {many:,}",
        "minutes",
        "worth",
    ):
        found.add_column(name, justify="right", no_wrap=True)
    for row in result.rows:
        found.add_row(*cells(row))
    return found


def cells(row: Judged) -> tuple[str, ...]:
    """The fields of a line, as text."""
    if row.difference is None:
        at = [f"{100 * value:.1f} %" for value, _ in row.by_steps]
        return row.name, "", f"{100 * row.value:.1f} %", "", "", "", *at, f"{row.minutes:.1f}", ""
    at = [f"{100 * difference:+z.1f}" for _, difference in row.by_steps]
    tests = f"{row.p:.2g}", f"{row.difference.p_flips:.2g}"
    score = f"{100 * row.value:.1f} %"
    shown = points(row.difference).replace(" points", "")
    return row.name, row.verdict, score, shown, *tests, *at, f"{row.minutes:.1f}", worth_text(row)


def worth_text(row: Judged) -> str:
    """How many labelled samples an arm is worth, with its interval."""
    if row.more is None:
        return ""
    ends = map(on_curve, row.more)
    value, low, high = (each if isinstance(each, str) else f"{each:+,}" for each in ends)
    return f"{value} ({low} to {high})"
