"""Trained players of a folder or of the hub: found by their name, and put there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sparring.config import arguments
from sparring.config.choices import TRAINED
from sparring.errors import RunError, Tell
from sparring.history.find import run_named
from sparring.runs.fitted import Fitted, warned
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.uses.export import folder, hub
from sparring.uses.export.licence import check_licence


def folder_of(name: str | Path) -> Path:
    """The folder at a path, of players that come with the package, or of ``hf:OWNER/NAME``, from the hub.

    Raises:
        ConfigError: it is no name or path, or a package is missing.
        RunError: there is no such folder; the hub has nothing of that name, or cannot be reached.
    """
    if isinstance(name, str) and name.startswith(hub.PREFIX):
        return hub.fetch(name)
    path = run_named(arguments.path("name", name))
    if not path.exists():
        of_hub = f"{hub.PREFIX}{name if hub.NAME.fullmatch(str(name)) else 'OWNER/NAME'}"
        raise RunError(
            f"there is no folder {path}. Give the path of one that `sparring export --to safetensors` wrote, "
            f"{of_hub} for one on the hub, or what comes with sparring: {', '.join(TRAINED)}."
        )
    return path


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
    licence = check_licence(licence)
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / bare.rpartition("/")[2]
        folder.write(run, out, warn, sampler=sampler, best=best, licence=licence)
        return hub.push(out, bare, private=private)


def push_fitted(fit: Fitted, name: str, *, private: bool, licence: str) -> str:
    """Put the players of a training in Python on the hub, as ``push`` does."""
    with tempfile.TemporaryDirectory() as temporary:
        run = fit.folder or RunFolder(fit.save(Path(temporary) / "run"))
        return push(run, fit.sampler, name, warned, best=fit.best, private=private, licence=licence)
