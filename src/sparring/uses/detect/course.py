"""How far a fit of a detector is: told as text, and left in a file for the page."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sparring.errors import Tell, clock
from sparring.files import write_whole
from sparring.history.layout import FITTING

LOOKING, CHOICE, LIMIT = "features", "choosing", "threshold"  # stages beside those of the methods
WRITTEN_SECONDS = 1.0  # between two writings of the file
SURE_SECONDS = 0.5  # of a stage, after which its speed is known


class Course:
    """The stages of a fit, one after the other, and the time that is left.

    Args:
        methods: in the order in which they are fitted, and whether each is trained while there is time.
        budget: seconds that a training may take; None if it is bounded by steps.
        tell: receives the texts, with the time that is left.
        folder: where FITTING is written; nothing is written without one.
    """

    def __init__(
        self,
        methods: Mapping[str, bool],
        budget: float | None,
        tell: Tell,
        folder: Path | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.methods, self.budget, self.folder, self.now = methods, budget, folder, now
        self._told = tell
        self.stages = [LOOKING, *methods, CHOICE, LIMIT]
        self.place, self.share = 0, 0.0
        self._first: tuple[float, float] | None = None  # the time and the share of the first news of a stage
        self._written = -1e9

    def begin(self, stage: str, text: str) -> None:
        """Enter a stage."""
        self.place, self.share, self._first, self._written = self.stages.index(stage), 0.0, None, -1e9
        self.tell(text)

    def reach(self, share: float) -> None:
        """Note how much of the stage is done, between 0 and 1."""
        self.share = share
        if self._first is None:
            self._first = self.now(), share

    def tell(self, text: str) -> None:
        """Tell what is being done, and write how far the fit is."""
        left = self.left()
        self._told(text if left is None else f"{text}, about {clock(left)} left")
        if self.folder is not None and self.now() - self._written >= WRITTEN_SECONDS:
            stages = [{"name": name, "trained": self.methods.get(name, False)} for name in self.stages]
            facts = {"stages": stages, "place": self.place, "share": self.share, "left_seconds": left}
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / FITTING, json.dumps(facts).encode())
            self._written = self.now()

    def left(self) -> float | None:
        """The seconds that are left, as far as they are known: of the trainings, then of the threshold."""
        stage, to_come = self.stages[self.place], sum(map(self._trained, self.stages[self.place + 1 :]))
        if (total := self._seconds_of_stage()) is not None and (self._trained(stage) or stage == LIMIT):
            return total * (1 - self.share + to_come)
        to_come += self._trained(stage)
        return to_come * self.budget if to_come and self.budget is not None else None

    def _seconds_of_stage(self) -> float | None:
        """The seconds of the whole stage at its speed so far."""
        if self._first is None:
            return None
        began, share = self._first
        spent = self.now() - began
        return spent / (self.share - share) if spent >= SURE_SECONDS and self.share > share else None

    def _trained(self, stage: str) -> bool:
        return self.methods.get(stage, False)
