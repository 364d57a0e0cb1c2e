"""Write files so that readers see the old content or the new; read files from users without trusting them."""

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

from sparring.errors import UnreadableError, quoted, reason

MOST_BYTES = 2**28  # a larger file is not read; the files that sparring writes are a thousand times smaller
MOST_TOML = 20_000  # characters; a key with a hundred thousand dots would take minutes to parse
LINE_END = re.compile(r"\r\n?|\n")  # a text may hold the other line ends of Unicode, such as U+2028
HEAD_CHARACTERS = 2**17  # in which the first line of a table is looked for
QUOTED = re.compile(r'"[^"]*"')
DEEPEST = 32  # levels of nested lists and objects; no file of sparring comes near it
_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{8}\.sparring-tmp")  # no other program uses such names


def cache_folder() -> Path:
    """The folder for files that can be made again: $XDG_CACHE_HOME/sparring or ~/.cache/sparring."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "sparring"


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing under a temporary name; at the end flush it to the disk and rename it.

    Readers see the old file or the new one, never a part.

    Raises:
        OSError: the file cannot be written; the old file is unchanged.
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
    """Write the content to a file in one step, as ``whole`` does.

    Raises:
        OSError: the file cannot be written; the old file is unchanged.
    """
    with whole(path) as file:
        file.write(content)


def similar_entries(path: Path, suffixes: Collection[str]) -> list[str]:
    """Names of the folders, and of the files with these suffixes, in the folder where ``path`` would be.

    The user may have meant one of them.
    """
    try:
        return [each.name for each in path.parent.iterdir() if each.is_dir() or each.suffix.lower() in suffixes]
    except OSError:
        return []


def left_over(folder: Path) -> dict[Path, str]:
    """Temporary files that a killed process left in a folder, each with its intended name."""
    found = {path: _TEMPORARY.fullmatch(path.name) for path in folder.glob(".*.sparring-tmp")}
    return {path: name[1] for path, name in found.items() if name and path.is_file()}


def read_bytes(path: Path) -> bytes:
    """Read the bytes of a regular file. A pipe is refused, since reading it could block for ever.

    Raises:
        UnreadableError: the file is missing, is not a regular file, or is larger than MOST_BYTES.
    """
    try:
        irregular = path.exists() and not path.is_file() and not path.is_dir()
        content = b"" if irregular else _head(path)
    except OSError as error:
        raise UnreadableError(reason(error)) from error
    except ValueError as error:  # for example a zero byte in the path
        raise UnreadableError("no file can have such a name") from error
    if irregular:
        raise UnreadableError("it is not a regular file")
    if len(content) > MOST_BYTES:
        raise UnreadableError(f"it has more than {MOST_BYTES:,} bytes")
    return content


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def read_text(path: Path) -> str:
    """Read a file as UTF-8 text, with or without a byte order mark.

    Raises:
        UnreadableError: as in ``read_bytes``, or the text is not UTF-8.
    """
    return as_text(read_bytes(path))


def read_json(path: Path) -> Any:
    """Read the value in a JSON file.

    Raises:
        UnreadableError: as in ``read_text`` and ``parse_json``.
    """
    return parse_json(read_text(path))


def read_object(path: Path) -> dict[str, Any]:
    """Read the object in a JSON file; an empty one if the file is unreadable or holds something else."""
    try:
        found = read_json(path)
    except UnreadableError:
        return {}
    return found if isinstance(found, dict) else {}


def read_toml(path: Path) -> dict[str, Any]:
    """Read the table in a TOML file.

    Raises:
        UnreadableError: as in ``read_text`` and ``parse_toml``.
    """
    return parse_toml(read_text(path))


def as_text(content: bytes) -> str:
    """Decode bytes as UTF-8 text.

    Raises:
        UnreadableError: the bytes are not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not text in UTF-8, first at byte {error.start:,}") from error


def delimiter(text: str, among: str = ",;\t") -> str:
    """What parts the cells of a CSV file: the most frequent of these in its first line that is not empty.

    What stands between quotation marks does not count.
    """
    bare = QUOTED.sub("", text[:HEAD_CHARACTERS]).lstrip("\r\n")
    return max(among, key=LINE_END.split(bare, maxsplit=1)[0].count)


def parse_json(text: str, digits: int = 19, once: bool = False) -> Any:
    """Parse JSON. Whole numbers with more digits become floats.

    Args:
        once: refuse an object that has a key twice, of which only the last value would count.

    Raises:
        UnreadableError: the text is not JSON, or is nested too deeply.
    """
    try:
        found = json.loads(
            text,
            parse_int=lambda given: int(given) if len(given) <= digits else float(given),
            object_pairs_hook=_once if once else None,
        )
    except json.JSONDecodeError as error:
        raise UnreadableError(f"it is not JSON, first in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise UnreadableError(f"it is nested more than {DEEPEST} levels deep") from error
    return _check_depth(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise UnreadableError(f"it has the key {quoted(name)} twice: give it once")
        found[name] = value
    return found


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        UnreadableError: the text is not TOML, is too long, or is nested too deeply.
    """
    if len(text) > MOST_TOML:
        raise UnreadableError(f"it has more than {MOST_TOML:,} characters, where options take a few hundred")
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search("line ([0-9]+)", str(error))
        raise UnreadableError(
            f"it is not TOML, first in line {line[1]}" if line else "its TOML ends early"
        ) from error
    except RecursionError as error:
        raise UnreadableError(f"it is nested more than {DEEPEST} levels deep") from error
    except ValueError as error:  # Python refuses numbers with thousands of digits
        raise UnreadableError("it has a number or a date that cannot be read") from error
    _check_depth(found)
    return found


def _check_depth(value: Any, levels: int = DEEPEST) -> Any:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if parts and not levels:
        raise UnreadableError(f"it is nested more than {DEEPEST} levels deep")
    for part in parts:
        _check_depth(part, levels - 1)
    return value
