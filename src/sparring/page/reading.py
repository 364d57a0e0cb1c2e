"""Read the files of a run folder so that no file, however damaged, can break the page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sparring.config.groups import Config
from sparring.config.toml import from_toml
from sparring.errors import ConfigError, UnreadableError, printable
from sparring.files import parse_json, read_bytes, read_text
from sparring.history import layout
from sparring.history.record import Record

WHOLE_BYTES = 2_000_000  # a larger history is not read completely
LINES = 1_000  # that are read of a larger history, evenly spaced
TAIL_BYTES = 50_000  # at the end of a larger history, which are read completely
LINE_BYTES = 100_000  # at most; a usual record has some hundreds
POINTS = 2_000  # records that are shown at most; a page has no more pixels


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file with one object per line; other lines are ignored."""
    try:
        lines = read_bytes(path).decode("utf-8", "replace").splitlines()
    except UnreadableError:
        return []
    found = []
    for line in lines:
        with suppress(UnreadableError):
            found.append(parse_json(line))
    return [entry for entry in found if isinstance(entry, dict)]


def config(path: Path) -> tuple[Config | None, str]:
    """The options of a run, or why they cannot be read."""
    if not (path / layout.CONFIG).is_file():
        return None, "config.toml is missing"
    try:
        return from_toml(read_text(path / layout.CONFIG)), ""
    except (UnreadableError, ConfigError) as error:
        return None, f"config.toml: {error}"


def history(path: Path) -> tuple[list[Record], int, bool]:
    """The records in order, the number of lines that are not records, and whether all lines were read.

    Of a large file only LINES evenly spaced lines and the end are read, since reading it all takes seconds.
    """
    records: list[Record] = []
    broken, whole = 0, True
    try:
        whole = path.stat().st_size <= WHOLE_BYTES
        for line in _lines(path, whole):
            try:
                record = Record.from_json(line)
            except UnreadableError:
                broken += bool(line.strip())
                continue
            while records and records[-1].step >= record.step:  # a resumed run wrote these steps again
                records.pop()
            records.append(record)
    except OSError:
        pass  # the file is gone or unreadable: keep what was read
    return records, broken, whole


def thinned(records: Sequence[Record]) -> Sequence[Record]:
    """At most POINTS records: all of the last ones, and some of the early ones, evenly spaced."""
    if len(records) <= POINTS:
        return records
    early = records[: -POINTS // 2]
    return [*early[:: -(-2 * len(early) // POINTS)], *records[-POINTS // 2 :]]


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


def shown(value: Any) -> Any:
    """The same value, with None for NaN and infinity, which JSON does not have, and with printable text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return printable(value, kept="\n")
    if isinstance(value, dict):
        return {printable(str(name)): shown(part) for name, part in value.items()}
    return [shown(part) for part in value] if isinstance(value, list | tuple) else value


def _lines(path: Path, whole: bool) -> Iterator[str]:
    """The lines of a file: all, or LINES evenly spaced lines and then its end."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        if not whole:
            end = path.stat().st_size - TAIL_BYTES
            for k in range(LINES):
                file.seek(end * k // LINES)
                if k:
                    file.readline(LINE_BYTES)
                if file.tell() < end:
                    yield file.readline(LINE_BYTES).decode("utf-8", "replace")
            file.seek(end)
            file.readline(LINE_BYTES)
        while line := file.readline(LINE_BYTES):
            yield line.decode("utf-8", "replace")
