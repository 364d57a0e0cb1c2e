"""A run folder as the page sees it: whatever is there, read anew where it has changed."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparring.config import Config, from_toml
from sparring.doctor.diagnosis import diagnose
from sparring.doctor.report import facts
from sparring.errors import ConfigError
from sparring.records import Record

WHOLE_BYTES = 2_000_000  # of a history that is read whole; of a larger one some lines:
LINES, TAIL_BYTES = 1_000, 50_000
SILENT_SECONDS = 30.0  # at least, after which a run that has not ended counts as stopped
SILENT_INTERVALS = 6  # or so many times what lay between its last records


@dataclass
class Followed:
    """One run folder.

    Attributes:
        id: its name on the page and in addresses.
    """

    id: str
    path: Path
    _seen: tuple[Any, ...] = ()
    _view: dict[str, Any] = field(default_factory=dict)

    def version(self) -> tuple[Any, ...]:
        """Another value whenever something in the folder has changed."""
        found: list[Any] = []
        for name in ("run.json", "config.toml", "history.jsonl", "evaluation.json", "rescue.jsonl"):
            try:
                stat = (self.path / name).stat()
                found += [stat.st_size, stat.st_mtime_ns]
            except OSError:
                found.append(None)
        return (*found, len(self.pictures()), len(self.fields()))

    def pictures(self) -> list[int]:
        """The steps of the pictures of the same latents, oldest first."""
        return _steps(self.path / "samples", ".png")

    def fields(self) -> list[int]:
        """The steps at which the discriminator's landscape was kept (points only)."""
        return _steps(self.path / "fields", ".json")

    def view(self) -> dict[str, Any]:
        """All that the page shows of this run, but pictures."""
        version = self.version()
        if version != self._seen:
            self._view, self._seen = self._look(), version
        return self._view | self._pulse()

    def _look(self) -> dict[str, Any]:
        run = _json(self.path / "run.json")
        config, problem = _config(self.path)
        records, broken = sampled(self.path / "history.jsonl")
        spec = run.get("spec") if isinstance(run.get("spec"), dict) else {}
        assert isinstance(spec, dict)
        options = vars(config) | {"kind": spec.get("kind", "image")} if config else {}
        view = {
            "id": self.id,
            "facts": {name: run.get(name) for name in ("data", "data_count", "created", "sparring")},
            "classes": list(spec.get("class_names", []))
            if run.get("classes") and not spec.get("clusters")
            else [],
            "latent_dim": config.latent_dim if config else 0,
            "changes": config.changes() if config else {},
            "config": vars(config) if config else {},
            "problem": problem,
            "broken_lines": broken,
            "pictures": self.pictures(),
            "fields": self.fields(),
            "playable": any((self.path / "checkpoints").glob("*.json")),
            "diagnosis": facts(diagnose(records, options), self.id),
            "evaluation": _json(self.path / "evaluation.json"),
            "rescue": [json.loads(line) for line in _lines(self.path / "rescue.jsonl") if _is_json(line)],
        }
        finite: dict[str, Any] = _finite(view | columns(records))
        return finite

    def _pulse(self) -> dict[str, Any]:
        """Whether it runs, since when it is silent, and how long it will take."""
        view = self._view
        if not self.path.is_dir():
            return {"state": "gone", "silent_seconds": 0.0, "left_seconds": None}
        try:
            silent = max(0.0, time.time() - (self.path / "history.jsonl").stat().st_mtime)
        except OSError:
            return {"state": "waiting", "silent_seconds": 0.0, "left_seconds": None}
        progress, seconds = view["progress"], view["seconds"]
        if not progress:
            return {"state": "waiting", "silent_seconds": silent, "left_seconds": None}
        state = "finished" if progress[-1] >= 1 else "running"
        last = view["values"].get("non_finite")
        if last and last[-1]:
            state = "broken"
        gap = seconds[-1] - seconds[-2] if len(seconds) > 1 else 0.0
        if state == "running" and silent > max(SILENT_SECONDS, SILENT_INTERVALS * gap):
            state = "stopped"
        left = seconds[-1] * (1 - progress[-1]) / progress[-1] if state == "running" and progress[-1] else None
        return {"state": state, "silent_seconds": silent, "left_seconds": left}


def sampled(path: Path) -> tuple[list[Record], int]:
    """Records of a history in order, all of a small one, and how many lines were no records.

    Of a large one LINES at even places in the file and its end: a page needs no more points than
    pixels, and half a million lines take seconds to read.
    """
    records: list[Record] = []
    broken = 0
    for line in _places(path):
        try:
            record = Record.from_json(line)
        except (ValueError, RecursionError):
            broken += bool(line.strip())
            continue
        while records and records[-1].step >= record.step:  # a resumed run wrote these steps anew
            records.pop()
        records.append(record)
    if len(records) > 2 * LINES:
        early = records[: -LINES // 2]
        records = early[:: -(-len(early) // LINES)] + records[-LINES // 2 :]
    return records, broken


def columns(records: Sequence[Record]) -> dict[str, Any]:
    """Records as columns; None where a name is missing."""
    names = dict.fromkeys(name for record in records for name in record.values)
    return {
        "step": [record.step for record in records],
        "samples_seen": [record.samples_seen for record in records],
        "seconds": [record.seconds for record in records],
        "progress": [record.progress for record in records],
        "values": {name: [record.values.get(name) for record in records] for name in names},
        "scores": [record.scores for record in records],
    }


def find(paths: Sequence[Path]) -> dict[str, Followed]:
    """The runs that these folders are or hold, by id; a name that comes twice is numbered."""
    found: dict[str, Followed] = {}
    for path in paths:
        inside = [path] if _is_run(path) else sorted(p.parent for p in path.glob("*/run.json"))
        for folder in inside or ([] if path.is_dir() else [path]):  # one that is gone is shown as gone
            name, count = folder.resolve().name, 2
            while name in found:
                name, count = f"{folder.resolve().name}~{count}", count + 1
            found[name] = Followed(name, folder)
    return found


def _finite(value: Any) -> Any:
    """The same with None for NaN and infinity, which JSON has no words for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list | tuple) else value


def _is_run(path: Path) -> bool:
    return (path / "run.json").is_file() or (path / "history.jsonl").is_file()


def _places(path: Path) -> Iterator[str]:
    """Lines of a file: all, or some at even places and then its end."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if size <= WHOLE_BYTES:
                yield from (line.decode("utf-8", "replace") for line in file)
                return
            end = size - TAIL_BYTES
            for k in range(LINES):
                file.seek(end * k // LINES)
                if k:
                    file.readline()
                if file.tell() < end:
                    yield file.readline().decode("utf-8", "replace")
            file.seek(end)
            file.readline()
            yield from (line.decode("utf-8", "replace") for line in file)
    except OSError:
        return


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _config(path: Path) -> tuple[Config | None, str]:
    try:
        return from_toml((path / "config.toml").read_bytes().decode("utf-8")), ""
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        return None, f"config.toml: {error}"


def _steps(folder: Path, suffix: str) -> list[int]:
    try:
        return sorted(int(p.stem) for p in folder.iterdir() if p.suffix == suffix and p.stem.isdecimal())
    except OSError:
        return []
