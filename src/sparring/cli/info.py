"""``sparring info``: what a run, a folder of runs or this machine is; of runs it is told without torch."""

from __future__ import annotations

import argparse
import platform
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sparring import __version__
from sparring.config.groups import BUILT_IN
from sparring.doctor.diagnosis import diagnose
from sparring.doctor.quality import measured
from sparring.errors import SparringError, counted
from sparring.history import facts, layout
from sparring.history.find import marked, runs_in
from sparring.history.record import Record, read_history
from sparring.machine.threads import available_cores
from sparring.uses.progress import console

TOLD = ("times_real", "times_real_error")  # of a record, where the quality is told as it was measured


def run(args: argparse.Namespace) -> int:
    """Print what a run is, which runs a folder holds, or what this machine has."""
    screen = console()
    if args.run and not marked(args.run) and (inside := runs_in(args.run)):
        for path in inside:
            screen.print(_in_short(path), markup=False, soft_wrap=True)
        return 0
    for name, value in (_run(args.run) if args.run else _machine()).items():
        screen.print(f"{name:>20}  {value}", markup=False, soft_wrap=True)
    return 0


def _machine() -> dict[str, str]:
    """What this machine has."""
    import torch

    from sparring.machine.device import Runtime, fast_precision

    device = Runtime(precision="fp32").device
    return {
        "sparring": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": f"{device} ({available_cores()} CPU cores)",
        "precision": fast_precision(device.type),
        "data": ", ".join(BUILT_IN),
    }


def _run(path: Path) -> dict[str, str]:
    """What a run is, and how far it got."""
    said, config = facts.read(path, facts.checked)
    spec, classes = said["spec"], ", ".join(said["spec"]["class_names"]) if said["classes"] else "none"
    if spec["clusters"]:
        classes = f"none ({said['classes']} clusters found)"
    lines = {
        "run": str(path),
        "recipe": config.recipe,
        "data": f"{said['data']}: {counted(said['data_count'], said['noun'])} of shape {spec['shape']}",
        "classes": classes,
        "begun": f"{said['created']} with sparring {said['sparring']}",
        "checkpoints": ", ".join(map(layout.step_name, layout.checkpoints(path / layout.CHECKPOINTS)))
        or "none yet",
    }
    if records := list(_records(path)):
        last = records[-1]
        lines["progress"] = (
            f"{last.progress:.0%}, step {last.step:,}, {last.samples_seen:,} samples, {last.seconds:.0f} s"
        )
        if quality := str(diagnose(records, {}, partial(measured, path)).quality):
            lines["quality"] = quality
        lines |= {name: f"{value:.4g}" for name, value in last.values.items() if name not in TOLD}
    return lines


def _in_short(path: Path) -> str:
    """A run in a line: its recipe, its data, how far it got."""
    try:
        said, config = facts.read(path, facts.checked)
        last = deque(_records(path), maxlen=1)
    except SparringError as error:
        return f"{path}  {error}"
    progress = f"{last[0].progress:.0%}, step {last[0].step:,}" if last else "not begun"
    return f"{path}  {config.recipe} on {said['data']}, {progress}"


def _records(path: Path) -> Iterator[Record]:
    """The history so far, empty where there is none yet."""
    history = path / layout.HISTORY
    return read_history(history) if history.exists() else iter(())
