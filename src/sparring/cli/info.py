"""``sparring info``: what a run, a folder of runs or this machine is."""

from __future__ import annotations

import argparse
import platform
from collections import deque
from functools import partial
from pathlib import Path

import torch

from sparring import __version__, kinds
from sparring.data import builtin
from sparring.doctor.diagnosis import diagnose
from sparring.doctor.quality import measured
from sparring.errors import SparringError, counted
from sparring.history import layout
from sparring.history.find import marked, runs_in
from sparring.machine.device import Runtime, fast_precision
from sparring.machine.threads import available_cores
from sparring.runs.folder import RunFolder
from sparring.uses.progress import console

TOLD = ("times_real", "times_real_error")  # of a record, where the quality is told as it was measured


def run(args: argparse.Namespace) -> int:
    """Print what a run is, which runs a folder holds, or what this machine has."""
    screen = console()
    if args.run and not marked(args.run) and (inside := runs_in(args.run)):
        for path in inside:
            screen.print(_in_short(path), markup=False, soft_wrap=True)
        return 0
    if args.run is None:
        device = Runtime(precision="fp32").device
        lines = {
            "sparring": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "device": f"{device} ({available_cores()} CPU cores)",
            "precision": fast_precision(device.type),
            "data": ", ".join(builtin.BUILT_IN),
        }
    else:
        folder = RunFolder(args.run)
        records = list(folder.records())
        classes = ", ".join(folder.spec.class_names) if folder.classes else "none"
        samples = counted(folder.facts["data_count"], kinds.of(folder.spec).noun)
        if folder.spec.clusters:
            classes = f"none ({folder.classes} clusters found)"
        lines = {
            "run": str(folder.path),
            "recipe": folder.config.recipe,
            "data": f"{folder.facts['data']}: {samples} of shape {folder.spec.shape}",
            "classes": classes,
            "begun": f"{folder.facts['created']} with sparring {folder.facts['sparring']}",
            "checkpoints": ", ".join(map(layout.step_name, layout.checkpoints(folder.checkpoints)))
            or "none yet",
        }
        if records:
            last = records[-1]
            lines["progress"] = (
                f"{last.progress:.0%}, step {last.step:,}, {last.samples_seen:,} samples, {last.seconds:.0f} s"
            )
            quality = diagnose(records, {}, partial(measured, folder.path)).quality
            if said := str(quality):
                lines["quality"] = said
            lines |= {name: f"{value:.4g}" for name, value in last.values.items() if name not in TOLD}
    for name, value in lines.items():
        screen.print(f"{name:>20}  {value}", markup=False, soft_wrap=True)
    return 0


def _in_short(path: Path) -> str:
    """A run in a line: its recipe, its data, how far it got."""
    try:
        folder = RunFolder(path)
        last = deque(folder.records() if folder.history.exists() else (), maxlen=1)
    except SparringError as error:
        return f"{path}  {error}"
    progress = f"{last[0].progress:.0%}, step {last[0].step:,}" if last else "not begun"
    return f"{path}  {folder.config.recipe} on {folder.facts['data']}, {progress}"
