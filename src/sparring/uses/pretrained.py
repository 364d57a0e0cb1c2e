"""Find the folder of trained players that a user names: on this machine, or on the hub."""

from __future__ import annotations

from pathlib import Path

from sparring.config import arguments
from sparring.uses.export import hub


def folder_of(name: str | Path) -> Path:
    """The folder at a path, or of ``hf:OWNER/NAME``, which is loaded from the hub.

    Raises:
        ConfigError: it is no name or path, or a package is missing.
        RunError: the hub has nothing of that name, or cannot be reached.
    """
    if isinstance(name, str) and name.startswith(hub.PREFIX):
        return hub.fetch(name)
    return arguments.path("name", name)
