"""The verdict of a study in words: sentences first, then what must be known to read the table."""

from __future__ import annotations

import math

from sparring.metrics.differences import Difference
from sparring.uses.study.arms import REAL
from sparring.uses.study.subject import ADDED, CLASSIC
from sparring.uses.study.verdict import HARMS, HELPS, NONE, Judged, Result

WIDE = 0.02  # half an interval, beyond which it is said to be wide


def sentences(result: Result) -> list[str]:
    """The verdict in words: on the GAN, on what helps more without one, and on how much was measured."""
    lines, rows = [], result.by_name
    gan = rows.get(result.best_share)
    if gan and gan.difference:
        said = {HELPS: "help", HARMS: "harm", NONE: "make no difference that can be seen"}[gan.verdict]
        share = gan.name.removeprefix("GAN ")
        gain = f"{points(gan.difference)} over real {result.noun}s alone{_as_many(gan, result)}"
        if gan.verdict == NONE and gan.difference.low * gan.difference.high > 0:
            gain += f"; of {len(result.rows) - 1} comparisons one may look so by chance"
        lines.append(f"{share} GAN {result.noun}s {said}: {gain}.")
    better = [
        row for row in result.rows
        if row.verdict == HELPS and row.against == REAL and not _uses_gan(row)
    ]  # fmt: skip
    if better:
        best = max(better, key=lambda row: row.value)
        lines.append(f"Without a GAN, {best.name} helps: {points(best.difference)}{_as_many(best, result)}.")
    added = rows.get(ADDED)
    if added and added.difference and rows[CLASSIC].verdict == HELPS:
        said = {HELPS: "adds", HARMS: "takes away", NONE: "adds nothing that can be seen:"}[added.verdict]
        lines.append(f"To {CLASSIC}, the GAN {said} {points(added.difference)}.")
    if not any(row.verdict == HELPS for row in result.rows):
        lines.append("Nothing that was tried helps by more than chance.")
    return lines


def _uses_gan(row: Judged) -> bool:
    return "GAN" in row.name


def points(difference: Difference | None) -> str:
    """A difference of scores in points of percent, with its interval."""
    if difference is None:
        return ""
    value, low, high = (100 * each for each in difference[:3])
    return f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"


def _as_many(row: Judged, result: Result) -> str:
    """What a row is worth that helps or harms, in words."""
    if row.more is None or row.verdict == NONE:
        return ""
    value = row.more[0]
    most = max(result.curve) - result.size
    least = result.size - min(result.curve)
    if math.isinf(value):
        sort, bound = ("more", most) if value > 0 else ("fewer", least)
        return f", as more than {bound:,} {sort} labelled {result.noun}s would"
    sort = "more" if value > 0 else "fewer"
    return f", as {abs(round(value)):,} {sort} labelled {result.noun}s would"


def caveats(result: Result) -> list[str]:
    """What must be known to read the table: what was compared, how sure it is, and where it ends."""
    done = f"{result.subsets} disjoint subsets of {result.size:,} {result.noun}s"
    if result.subsets < result.planned:
        done += f" (of {result.planned} planned; the minutes or Ctrl-C ended the study)"
    lines = [
        f"Score: {result.measure}, each subset on its own test {result.noun}s. From {done}: a subset is one "
        f"draw, "
        "the interval is a t interval over them. p: t-test, corrected by Holm for all lines; signs: the exact "
        "sign-flip test, uncorrected.",
        f"Every arm has {result.steps[0]:,} and {result.steps[1]:,} steps; which of both counts, and "
        f"what else can be chosen, is chosen in each subset on other {result.noun}s than those of the test.",
    ]
    widths = [row.difference.high - row.difference.low for row in result.rows if row.difference]
    if widths and (widest := sorted(widths)[len(widths) // 2] / 2) > WIDE:
        lines.append(
            f"The intervals reach {100 * widest:.1f} points to both sides: smaller effects cannot be seen. "
            f"More "
            "subsets, test samples or minutes make them narrower."
        )
    sizes = ", ".join(f"{size:,}: {100 * score:.1f} %" for size, score in result.curve.items())
    lines.append(f'Learning curve of real {result.noun}s alone, from which "worth" is read: {sizes}.')
    lines.append(f"With more than {result.size:,} labelled {result.noun}s the answers may differ.")
    return lines
