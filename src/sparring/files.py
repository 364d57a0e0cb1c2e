"""Files that readers see whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

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


def left_over(folder: Path) -> dict[Path, str]:
    """Temporary files that a kill left in a folder, and the names that they were to get."""
    found = {path: _TEMPORARY.fullmatch(path.name) for path in folder.glob(".*.sparring-tmp")}
    return {path: name[1] for path, name in found.items() if name and path.is_file()}
