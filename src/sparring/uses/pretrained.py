"""Trained players of a folder or of the hub: found by their name, and put there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sparring.config import arguments
from sparring.errors import Tell
from sparring.runs.fitted import Fitted, warned
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.uses.export import folder, hub


def folder_of(name: str | Path) -> Path:
    """The folder at a path, or of ``hf:OWNER/NAME``, which is loaded from the hub.

    Raises:
        ConfigError: it is no name or path, or a package is missing.
        RunError: the hub has nothing of that name, or cannot be reached.
    """
    if isinstance(name, str) and name.startswith(hub.PREFIX):
        return hub.fetch(name)
    return arguments.path("name", name)


def push(
    run: RunFolder,
    sampler: Sampler,
    name: str,
    warn: Tell,
    *,
    best: bool = False,
    private: bool = False,
    licence: str,
) -> str:
    """Put the players of a run on the hub, with a model card; the address of their page.

    Args:
        sampler: of the same checkpoint.
        name: OWNER/NAME.

    Raises:
        ConfigError: it is no name or no licence, or the package is missing.
        RunError: the hub cannot be reached, or refuses.
    """
    bare = hub.check_name(name)
    folder.check_licence(licence)
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / bare.rpartition("/")[2]
        folder.write(run, out, warn, sampler=sampler, best=best, licence=licence)
        return hub.push(out, bare, private=private)


def push_fitted(fit: Fitted, name: str, *, private: bool, licence: str) -> str:
    """Put the players of a training in Python on the hub, as ``push`` does."""
    with tempfile.TemporaryDirectory() as temporary:
        run = fit.folder or RunFolder(fit.save(Path(temporary) / "run"))
        return push(run, fit.sampler, name, warned, best=fit.best, private=private, licence=licence)
