"""Files that readers see whole or not at all, and files of others, read without trust."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from sparring.errors import UnreadableError, reason

MOST_BYTES = 2**28  # of a file that is read at once; what sparring writes has a thousandth of it
MOST_TOML = 20_000  # bytes; a key of a hundred thousand dots would take minutes to read
DEEPEST = 32  # lists and objects within one another, far more than any file of ours has
_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{8}\.sparring-tmp")  # a name that nobody else gives


def cache_folder() -> Path:
    """Where sparring keeps what can be made again: $XDG_CACHE_HOME/sparring or ~/.cache/sparring."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "sparring"


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file under a temporary name of its own, flushed to the disk and renamed at the end.

    Readers see the old file or the new.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}.sparring-tmp")
    try:
        with temporary.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as ``whole`` does.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    with whole(path) as file:
        file.write(content)


def beside(path: Path, suffixes: Collection[str]) -> list[str]:
    """Names of the folders and of such files where this was looked for: one of them may be meant."""
    try:
        return [each.name for each in path.parent.iterdir() if each.is_dir() or each.suffix.lower() in suffixes]
    except OSError:
        return []


def left_over(folder: Path) -> dict[Path, str]:
    """Temporary files that a kill left in a folder, and the names that they were to get."""
    found = {path: _TEMPORARY.fullmatch(path.name) for path in folder.glob(".*.sparring-tmp")}
    return {path: name[1] for path, name in found.items() if name and path.is_file()}


def read_bytes(path: Path) -> bytes:
    """The bytes of an ordinary file; a pipe, which could keep us waiting for ever, is refused.

    Raises:
        UnreadableError: it is missing, no file, or larger than MOST_BYTES.
    """
    try:
        strange = path.exists() and not path.is_file() and not path.is_dir()
        content = b"" if strange else _head(path)
    except OSError as error:
        raise UnreadableError(reason(error)) from error
    except ValueError as error:  # a path that no system can have
        raise UnreadableError("its name is none") from error
    if strange:
        raise UnreadableError("it is no ordinary file")
    if len(content) > MOST_BYTES:
        raise UnreadableError(f"it has more than {MOST_BYTES:,} bytes")
    return content


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def read_text(path: Path) -> str:
    """A file's text in UTF-8, with or without a byte order mark.

    Raises:
        UnreadableError: as ``read_bytes``, or another encoding.
    """
    return as_text(read_bytes(path))


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        UnreadableError: as ``read_text`` and ``parse_json``.
    """
    return parse_json(read_text(path))


def read_object(path: Path) -> dict[str, Any]:
    """The named values in a JSON file; none where it cannot be read or holds something else."""
    try:
        found = read_json(path)
    except UnreadableError:
        return {}
    return found if isinstance(found, dict) else {}


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds.

    Raises:
        UnreadableError: as ``read_text`` and ``parse_toml``.
    """
    return parse_toml(read_text(path))


def as_text(content: bytes) -> str:
    """Bytes as text in UTF-8.

    Raises:
        UnreadableError: another encoding.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not text in UTF-8, first at byte {error.start:,}") from error


def parse_json(text: str) -> Any:
    """JSON; whole numbers of twenty figures and more become floats.

    Raises:
        UnreadableError: it is none, or too deeply nested.
    """
    try:
        found = json.loads(text, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise UnreadableError(f"it is not JSON, first in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise UnreadableError(f"it is nested more than {DEEPEST} levels deep") from error
    return _shallow(found)


def parse_toml(text: str) -> dict[str, Any]:
    """TOML.

    Raises:
        UnreadableError: it is none, too long, or too deeply nested.
    """
    if len(text) > MOST_TOML:
        raise UnreadableError(f"it has more than {MOST_TOML:,} characters, and options take a few hundred")
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search("line ([0-9]+)", str(error))
        raise UnreadableError(
            f"it is not TOML, first in line {line[1]}" if line else "its TOML ends early"
        ) from error
    except RecursionError as error:
        raise UnreadableError(f"it is nested more than {DEEPEST} levels deep") from error
    except ValueError as error:  # Python's, about thousands of digits
        raise UnreadableError("a number or a date in it is none") from error
    _shallow(found)
    return found


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _shallow(value: Any, levels: int = DEEPEST) -> Any:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if parts and not levels:
        raise UnreadableError(f"it is nested more than {DEEPEST} levels deep")
    for part in parts:
        _shallow(part, levels - 1)
    return value
