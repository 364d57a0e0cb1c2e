"""Show what a detector learned, found, or was worth in a test, as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sparring.data.defects import Pictures
from sparring.errors import counted, first_of, printable
from sparring.metrics.detection import Interval
from sparring.uses.detect.detector import Detector, Verdicts
from sparring.uses.detect.scorers import SCORERS
from sparring.uses.detect.trial import Trial
from sparring.uses.progress import say, show_whole

SHOWN = 10  # odd pictures that are listed
NO_DEVICE = "This is no medical device: it finds what is unusual, not what is ill. A person must look."


def show_fit(screen: Console, detector: Detector, bad: int, suspects: Sequence[str]) -> None:
    """What was learned: each method, which one was chosen and why, and the threshold with its false alarms."""
    counts, limit = detector.counts_, detector.threshold_
    odd = f"{counted(bad, 'known bad picture')}" if bad else "such with damage made on purpose"
    table = _table("method", "AUROC", "", "CPU s")
    for each in sorted(detector.candidates_, key=lambda each: -each.auroc.value):
        star = "used" if each.name == detector.chosen_ else ""
        table.add_row(each.name, _area(each.auroc), star, f"{each.seconds:.1f}")
    normals = f"{'tiles of ' * (detector.tile > 0 and not bad)}{counts['choosing']:,} normals"
    say(screen, f"\nAUROC of {normals} that were not fitted against {odd}:\n")
    show_whole(screen, table)
    say(screen, f"\n{detector.chosen_} looks at {SCORERS[detector.chosen_]().about}.")
    if detector.method == "auto" and not SCORERS[detector.chosen_]().trained:
        say(screen, "It is a baseline without an adversary, does best, and so is used.")
    if detector.copies_:
        are = "normal is a copy" if detector.copies_ == 1 else "normals are copies"
        say(screen, f"\n{detector.copies_:,} {are} of others, pixel by pixel: each picture counts once.")
    say(screen, f"\nThreshold from {limit.count:,} held-out normals: {alarms(limit.rate, limit.expected)}.")
    if suspects:
        share = len(suspects) / detector.looked_at_
        looks = "looks" if len(suspects) == 1 else "look"
        say(
            screen,
            f"{counted(len(suspects), 'normal')} of {detector.looked_at_:,} ({share:.1%}) {looks} defective: "
            f"{first_of(suspects)}. Look at them, and fit again without those that are.",
        )
    say(screen, NO_DEVICE)


def show_scores(screen: Console, pictures: Pictures, verdicts: Verdicts, detector: Detector) -> None:
    """The oddest pictures with their p-values, and how many false alarms are to be expected."""
    odd, limit = int(verdicts.odd.sum()), detector.threshold_
    table = _table("picture", "score", "p-value", "verdict")
    order = verdicts.scores.argsort(descending=True).tolist()
    for k in order[: min(SHOWN, max(odd, 3))]:
        verdict = "odd" if verdicts.odd[k] else "normal"
        table.add_row(
            _plain(pictures.names[k]), f"{verdicts.scores[k]:.4g}", f"{verdicts.p_values[k]:.3g}", verdict
        )
    show_whole(screen, table)
    hidden = odd - SHOWN
    more = f" ({hidden:,} more in scores.csv)" if hidden > 0 else ""
    say(
        screen,
        f"\n{odd:,} of {counted(len(pictures), 'picture')} odd{more}. If all were normal, about "
        f"{limit.expected.value * len(pictures):.1f} would be called so; {alarms(limit.rate, limit.expected)}.",
    )
    say(screen, NO_DEVICE)


def show_test(screen: Console, result: Trial) -> None:
    """A row for each kind of defect: how well the chosen method finds it, then all methods side by side."""
    masked = any(each.pro is not None for each in result.kinds)
    rates = [f"{100 * float(rate):.3g}%" for rate in result.kinds[0].shares]
    table = _table("kind", "n", "AUROC", *[f"found at {r}" for r in rates], *["pixels", "PRO"] * masked)
    for each in result.kinds:
        shares = [_optional(share, ".0%") for share in each.shares.values()]
        pixels = [_optional(each.pixel_auroc, ".3f"), _optional(each.pro, ".3f")] if masked else []
        table.add_row(_plain(each.kind), f"{each.count:,}", _area(each.interval), *shares, *pixels)
    table.add_row("mean", "", f"{result.means[result.method]:.3f}")
    say(screen, f"\n{result.method} on each kind, against {counted(result.normals, 'normal test picture')}:\n")
    show_whole(screen, table)
    names = sorted(result.means, key=lambda name: -result.means[name])
    beside = _table("kind", *names)
    for each in result.kinds:
        beside.add_row(_plain(each.kind), *[f"{each.area[name]:.3f}" for name in names])
    beside.add_row("mean", *[f"{result.means[name]:.3f}" for name in names])
    say(screen, "\nAUROC of every method:\n")
    show_whole(screen, beside)
    say(
        screen,
        f"\n{result.alarms:.1%} of the normal test pictures are called odd; "
        f"{alarms(result.asked, result.expected)}.",
    )


def alarms(rate: float, expected: Interval) -> str:
    """The false alarms that were asked for, and what to expect."""
    return (
        f"{rate:.3g} of normals may be called odd, {expected.low:.1%} to {expected.high:.1%} is to be expected"
    )


def _plain(name: str) -> Text:
    """A name that is shown as it is, without the marks that rich would read in it."""
    return Text(printable(name))


def _area(area: Interval) -> str:
    return f"{area.value:.3f} ({area.low:.3f} to {area.high:.3f})"


def _optional(value: float | None, form: str) -> str:
    return "too few" if value is None and form == ".0%" else "" if value is None else format(value, form)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for place, name in enumerate(columns):
        left = place == 0 or name in ("", "verdict")
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    return table
