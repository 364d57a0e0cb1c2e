"""What a search prints: a line for each trial, and at the end the options, the comparison, the importance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sparring.config.option import written
from sparring.config.search import RECIPE
from sparring.errors import clock, quoted
from sparring.history.record import times_real_text
from sparring.uses.tune.result import Result
from sparring.uses.tune.search import Event
from sparring.uses.tune.shared import DEFAULT, SEEDS, numbered
from sparring.uses.tune.trial import DIVERGED, DONE, PRUNED, REFUSED, Outcome
from sparring.uses.tune.verdict import shown

IMPORTANT = 8  # options whose importance is printed
WORDS = {
    PRUNED: "ended early, worse than most",
    DIVERGED: "diverged",
    REFUSED: "cannot be trained",
}


WAITING = "waiting for trials of other workers, or until they have given no sign of life for long"


class Progress:
    """Turns events into lines.

    Args:
        trials: how many there shall be; None: as many as there is time for.
        before: the outcomes of trials that were made before, by number.
    """

    def __init__(self, trials: int | None, before: Mapping[int, Outcome]) -> None:
        self.trials = trials
        self.best: tuple[float, int] | None = None
        self.waits = False
        for number, outcome in before.items():
            self._keep(number, outcome)

    def __call__(self, event: Event) -> str:
        """The line of an event; "" for one that says nothing new."""
        waited, self.waits = self.waits, event.outcome is None
        if event.outcome is None:
            return "" if waited else WAITING
        left = "" if event.left is None else f"   {clock(event.left)} left"
        value = said(event.outcome)
        if event.stage == "final":
            chosen = event.chosen or {}
            who = "default" if chosen["candidate"] == DEFAULT else f"trial {numbered(chosen['candidate'])}"
            return f"final   {who}, seed {chosen['seed'] + 1} of {SEEDS}   {value}{left}"
        self._keep(event.number, event.outcome)
        # Trials that were stopped or whose worker died keep their numbers, so that others go beyond the total.
        of = "" if self.trials is None or event.number > self.trials else f" of {self.trials}"
        recipe = (event.chosen or {}).get(RECIPE, "")
        what = f"   recipe {event.start} as it is" if event.start else f"   {recipe}" * bool(recipe)
        best = f"   best {times_real_text(self.best[0])} (trial {self.best[1]})" if self.best else ""
        return f"trial {event.number}{of}   {value}{best}{left}{what}"

    def _keep(self, number: int, outcome: Outcome) -> None:
        if outcome.value is not None and (self.best is None or outcome.value < self.best[0]):
            self.best = outcome.value, number


def said(outcome: Outcome) -> str:
    """What became of a trial, in words."""
    if outcome.state == DONE and outcome.value is not None:
        return times_real_text(outcome.value)
    why = f": {quoted(outcome.why)}" if outcome.why else ""
    return WORDS.get(outcome.state, outcome.state) + why


def show(screen: Console, result: Result) -> None:
    """Print the best options, the comparison with the default and the importance of the options."""
    if result.best is None:
        return
    if result.changed:
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
        for name in ("option", "default", f"trial {result.best}"):
            table.add_column(name)
        for name, both in result.changed.items():
            table.add_row(name, *(Text(_value(value)) for value in both))
        screen.print(table)
        screen.print()
    if result.default or result.tuned:
        seconds = f"{result.settings.seconds:g} s of training, new seeds"
        said = f"times real, by held-out samples that chose nothing ({seconds}):"
        screen.print(said, markup=False, soft_wrap=True)
        screen.print(f"  default  {shown(result.default)}", markup=False)
        if result.tuned is not None:
            screen.print(f"    tuned  {shown(result.tuned)}", markup=False)
        screen.print()
    if result.importance:
        most = list(result.importance.items())[:IMPORTANT]
        screen.print(
            "what mattered: " + ", ".join(f"{name} {share:.0%}" for name, share in most), soft_wrap=True
        )
        screen.print()
    screen.print(result.sentence, markup=False, soft_wrap=True)


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(written(value))
