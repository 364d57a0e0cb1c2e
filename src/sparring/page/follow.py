"""A run folder as the page shows it; files are read again when they have changed."""

from __future__ import annotations

import math
import os
import shlex
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sparring.config.choices import BUDGETS
from sparring.config.recipes import beyond_recipe
from sparring.doctor.diagnosis import OF_DATA, described, diagnose
from sparring.doctor.quality import MEASURED, measured
from sparring.doctor.report import facts
from sparring.errors import UnreadableError
from sparring.files import read_object
from sparring.history import facts as run_facts
from sparring.history import layout
from sparring.history.curves import curves
from sparring.history.find import alone, marked
from sparring.history.record import Record
from sparring.page import reading

SILENT_SECONDS = 30.0  # a run without records for less than this does not count as stopped
SILENT_INTERVALS = 6  # intervals between records after which a slow run counts as stopped
MOST_SILENT_SECONDS = 300.0  # the longest wait, in addition to one interval between records


@dataclass
class Followed:
    """One run folder.

    Attributes:
        id: its name on the page and in addresses.
    """

    id: str
    path: Path
    _view: dict[str, Any] = field(default_factory=dict)
    _view_version: tuple[Any, ...] = ()  # what ``version`` was when the view was read
    _row: dict[str, Any] = field(default_factory=dict)
    _row_version: tuple[Any, ...] = ()
    _stamp: tuple[int, ...] = ()  # the size, time and inode of the history
    _stamp_since: float = 0.0  # by our clock, when we first saw this stamp
    _stamp_age: float = 0.0  # seconds since the history had grown, at that time
    _alone: tuple[str, bool] = ("", False)  # of which generation, and what ``alone`` has found

    def version(self) -> tuple[Any, ...]:
        """A value that differs whenever something in the folder has changed."""
        found: list[Any] = []
        for name in (layout.RUN, layout.CONFIG, layout.HISTORY, *MEASURED, layout.RESCUE):
            try:
                stat = (self.path / name).stat()
                found += [stat.st_size, stat.st_mtime_ns, stat.st_ino]
            except OSError:
                found.append(None)
        return (*found, len(self.pictures()), len(self.fields()), self.checkpoint())

    def generation(self) -> str:
        """A value that differs when another run has replaced this one in its folder."""
        try:
            stat = (self.path / layout.RUN).stat()
        except OSError:
            return ""
        return f"{stat.st_mtime_ns:x}-{stat.st_ino:x}"

    def alone(self) -> bool:
        """Whether these are trained players without a history, which nothing will be added to."""
        generation = self.generation()
        if generation != self._alone[0]:
            self._alone = generation, alone(self.path)
        return self._alone[1]

    def pictures(self) -> list[int]:
        """The steps of the pictures of the same latents, oldest first."""
        return layout.steps(self.path / layout.SAMPLES, layout.PICTURE)

    def fields(self) -> list[int]:
        """The steps at which the discriminator's landscape was kept (points only)."""
        return layout.steps(self.path / layout.FIELDS, layout.FIELD)

    def saved(self) -> list[int]:
        """The steps of the checkpoints that are kept, oldest first."""
        return layout.steps(self.path / layout.CHECKPOINTS, layout.STATE)

    def generators(self) -> list[int]:
        """The steps at which a generator was kept, oldest first: those of checkpoints, and before along the
        way.
        """
        saved, past = self.saved(), layout.steps(self.path / layout.PAST, layout.STATE)
        return sorted({*saved, *(step for step in past if saved and step < saved[-1])})

    def checkpoint(self, last: float = math.inf) -> int | None:
        """The step of the newest checkpoint, at most ``last``; None without one."""
        return max((step for step in self.saved() if step <= last), default=None)

    def view(self) -> dict[str, Any]:
        """Everything that the page shows of this run, except pictures."""
        version = self.version()
        if version != self._view_version:
            self._view, self._view_version = self._read(), version
        state: dict[str, Any] = reading.shown(self._state(self._view))
        return self._view | state

    def row(self) -> dict[str, Any]:
        """What the table of runs shows of this run; its history is read, but not kept."""
        version = self.version()
        if version != self._row_version:
            facts, records = (self._view, None) if version == self._view_version else self._judged()
            self._row, self._row_version = reading.shown(_brief(facts, records)), version
        times = self._row["times"]
        state: dict[str, Any] = reading.shown(self._state(times))
        return {name: value for name, value in self._row.items() if name != "times"} | {"state": state["state"]}

    def _read(self) -> dict[str, Any]:
        """The part of the view that only changes when a file changes."""
        facts, records = self._judged()
        columns = reading.columns(reading.thinned(records))
        charts = {"curves": curves(columns["values"], facts["measures"])}
        found: dict[str, Any] = reading.shown(facts | charts | columns)
        return found

    def _judged(self) -> tuple[dict[str, Any], list[Record]]:
        """What is to be said of the run beside its curves, and its records."""
        run = read_object(self.path / layout.RUN)
        config, problem = reading.config(self.path)
        records, broken, whole = reading.history(self.path / layout.HISTORY)
        spec = run["spec"] if isinstance(run.get("spec"), dict) else {}
        names = spec.get("class_names")
        has_names = run.get("classes") and not spec.get("clusters") and isinstance(names, list)
        last = records[-1].step if records else math.inf
        options = described(config, run, layout.own(self.path)) if config else {}
        view = {
            "id": self.id,
            "generation": self.generation(),
            "facts": {name: run.get(name) for name in ("data", "data_count", "created", "sparring")},
            "classes": [str(name) for name in names or []] if has_names else [],
            "media": str(run.get("media", run_facts.MEDIA)),
            "measures": _measures(run),
            "changes": beyond_recipe(config) if config else {},
            "config": {name: value for name, value in options.items() if name not in OF_DATA},
            "problem": problem,
            "broken_lines": broken,
            "whole": whole,
            "pictures": [step for step in self.pictures() if step <= last],  # a later one is the user's
            "fields": [step for step in self.fields() if step <= last],
            "checkpoint": self.checkpoint(last),
            "checkpoints": [step for step in self.generators() if step <= last],
            "path": _typed(self.path),
            "translates": spec.get("given") is not None,
            "truth": spec.get("unpaired") is False,
            "diagnosis": facts(diagnose(records, options, partial(measured, self.path)), self.id),
            "evaluation": read_object(self.path / layout.EVALUATION),
            "quality": read_object(self.path / layout.QUALITY),
            "rescue": reading.json_lines(self.path / layout.RESCUE),
        }
        return view, records

    def _state(self, view: Mapping[str, Any]) -> dict[str, Any]:
        """The state of the training, the time since its last record, and the estimated time left.

        Args:
            view: has the last entries of the columns ``progress``, ``seconds`` and ``non_finite``.
        """
        unknown = {"silent_seconds": 0.0, "left_seconds": None}
        if not self.path.is_dir():
            return unknown | {"state": "gone"}
        if self.alone():
            return unknown | {"state": "alone"}
        try:
            silent = self._seconds_silent()
        except OSError:
            return unknown | {"state": "waiting"}
        progress, seconds = view["progress"], view["seconds"]
        if not progress:
            return unknown | {"state": "waiting", "silent_seconds": silent}
        state = "finished" if progress[-1] >= 1 else "running"
        non_finite = view["values"].get("non_finite")
        if non_finite and non_finite[-1]:
            state = "broken"
        interval = seconds[-1] - seconds[-2] if len(seconds) > 1 else 0.0
        limit = max(SILENT_SECONDS, min(SILENT_INTERVALS * interval, interval + MOST_SILENT_SECONDS))
        left = None
        if state == "running" and silent > limit:
            state = "stopped"
        elif state == "running" and progress[-1]:
            left = max(0.0, seconds[-1] * (1 - progress[-1]) / progress[-1] - silent)
        return {"state": state, "silent_seconds": silent, "left_seconds": left}

    def _seconds_silent(self) -> float:
        """Seconds since the history grew.

        The clock of another machine may be wrong. So the time since we first saw this stamp is by our own
        clock, and a file from the future counts as new.
        """
        stat = (self.path / layout.HISTORY).stat()
        stamp, now = (stat.st_size, stat.st_mtime_ns, stat.st_ino), time.monotonic()
        if stamp != self._stamp:
            self._stamp, self._stamp_since = stamp, now
            self._stamp_age = max(0.0, time.time() - stat.st_mtime)
        return self._stamp_age + now - self._stamp_since


def _typed(path: Path) -> str:
    """A path as it is typed in the folder in which the page was started."""
    with suppress(ValueError, OSError):
        path = path.relative_to(Path.cwd())
    return shlex.quote(str(path))


def _brief(facts: Mapping[str, Any], records: Sequence[Record] | None) -> dict[str, Any]:
    """The row of a run in the table, from what is said of it; ``times`` for its state.

    Args:
        records: its records; None if ``facts`` has the columns already.
    """
    columns = facts if records is None else reading.columns(records[-2:])
    diagnosis, config = facts["diagnosis"], facts["config"]
    quality, seconds = diagnosis["quality"], columns["seconds"]
    return {
        "id": facts["id"],
        "data": facts["facts"]["data"],
        "recipe": config.get("recipe"),
        "changes": {k: v for k, v in facts["changes"].items() if v is not None or k not in BUDGETS},
        "times_real": quality["times_real"],
        "error": quality["error"],
        "distance": quality["distance"],
        "seconds": seconds[-1] if seconds else None,
        "conclusion": diagnosis["conclusion"],
        "findings": [
            {name: one[name] for name in ("name", "title", "subject")} for one in diagnosis["findings"]
        ],
        "times": {
            "progress": columns["progress"][-2:],
            "seconds": seconds[-2:],
            "values": {"non_finite": columns["values"].get("non_finite", [])[-2:]},
        },
    }


def _measures(run: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The meanings of what only this kind of data has; none if they cannot be read."""
    with suppress(UnreadableError):
        return run_facts.measures(run.get("measures", {}))
    return {}


def find(paths: Sequence[Path], known: Mapping[str, Followed] | None = None) -> dict[str, Followed]:
    """Find the runs among these folders and directly inside them; by id, the newest training last, each once.

    Players alone come first. Known runs keep their id. The id of a run is the name of its folder, with a
    number if two have the same.
    """
    folders: dict[Path, Path] = {}
    for path in paths:
        inside = [path] if marked(path) else [p.parent for p in path.glob("*/run.json")]
        for folder in inside or ([] if path.is_dir() else [path]):  # a missing folder is shown as gone
            folders.setdefault(folder.resolve(), folder)
    by_path = {run.path: run for run in (known or {}).values()}
    found = {by_path[path].id: by_path[path] for path in folders if path in by_path}
    for path in folders:
        if path not in by_path:
            # A name in another encoding than UTF-8 cannot be part of an address.
            name = stem = os.fsencode(path.name).decode("utf-8", "replace")
            count = 2
            while name in found:
                name, count = f"{stem}~{count}", count + 1
            found[name] = Followed(name, path)
    return dict(sorted(found.items(), key=lambda item: (not item[1].alone(), _created(item[1].path), item[0])))


def _created(path: Path) -> int:
    """When a run was created, in nanoseconds; 0 if it is gone."""
    try:
        return (path / layout.RUN).stat().st_mtime_ns
    except OSError:
        return 0
