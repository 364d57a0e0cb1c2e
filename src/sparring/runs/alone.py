"""Players alone: a run folder with what drawing, measuring and fine-tuning need, without a history."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from sparring.config.groups import OPTIONS, Config
from sparring.errors import Tell
from sparring.files import write_whole
from sparring.games.players import PLAYERS
from sparring.history import layout
from sparring.history.find import ALONE
from sparring.runs import checkpoint
from sparring.runs.create import create
from sparring.runs.folder import RunFolder

OF_MACHINE = ("device", "threads", "processes", "compile", "log")
KEPT = ("version", "step", "samples_seen", "seconds")  # facts of a checkpoint


def write(
    folder: RunFolder, path: Path, warn: Tell, *, best: bool = False, half: bool = False, force: bool = False
) -> RunFolder:
    """Write the players of a run that draw and judge. Of paths on this machine, their last names are kept.

    Args:
        best: those of the best checkpoint, not of the last.
        half: their weights in half precision.
        force: replace the run folder at ``path``.

    Raises:
        RunError: there is no such checkpoint, or the path is taken.
    """
    wanted = (f"{folder.drawn_with}/", f"{PLAYERS[1]}/")
    facts, tensors = checkpoint.read(folder.states(best), warn, wanted)
    of_run = _without_paths(folder.facts)
    made = create(path, portable(folder.config), of_run, own=of_run["own"] or None, force=force)
    said = json.loads((path / layout.RUN).read_bytes())
    write_whole(path / layout.RUN, json.dumps(said | {ALONE: True}, indent=1).encode())
    (path / layout.SAMPLES).rmdir()
    kept = {name: facts[name] for name in KEPT} | {"run": layout.identity(path)}
    if half:
        tensors = {name: t.half() if t.is_floating_point() else t for name, t in tensors.items()}
        kept["half"] = True
    checkpoint.put(made.checkpoints, kept, {name: t.to(torch.device("cpu")) for name, t in tensors.items()})
    return RunFolder(path)


def portable(config: Config) -> Config:
    """The options without what is of this machine alone: OF_MACHINE, and the folders of paths."""
    usual = {name: OPTIONS[name].default for name in OF_MACHINE}
    return config.replace(**{name: _named(value) for name, value in config.flat().items()} | usual)


def _named(value: Any) -> Any:
    """The last name of an absolute path; anything else as it is."""
    return Path(value).name if isinstance(value, str) and os.path.isabs(value) else value


def _without_paths(facts: Mapping[str, Any]) -> dict[str, Any]:
    given = {"given": _without_paths(facts["given"])} if "given" in facts else {}
    return {**facts, "data": _named(facts["data"]), **given}
