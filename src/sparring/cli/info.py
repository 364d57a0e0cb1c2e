"""``sparring info``: describe a run, a folder of runs or this machine; runs are described without torch."""

from __future__ import annotations

import argparse
import platform
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sparring import __version__
from sparring.config.choices import BUILT_IN
from sparring.doctor.diagnosis import diagnose
from sparring.doctor.quality import measured
from sparring.errors import SparringError, counted
from sparring.history import facts, layout
from sparring.history.find import marked, packaged, runs_in
from sparring.history.record import Record, read_history
from sparring.machine.threads import available_cores
from sparring.uses.progress import console

IN_QUALITY = ("times_real", "times_real_error")  # values of a record that the line on quality contains


def run(args: argparse.Namespace) -> int:
    """Print facts about a run, the runs in a folder, or facts about this machine."""
    screen = console()
    if args.run and not marked(args.run) and (inside := runs_in(args.run)):
        for path in inside:
            screen.print(_in_short(path), markup=False, soft_wrap=True)
        return 0
    for name, value in (_run(args.run) if args.run else _machine()).items():
        screen.print(f"{name:>20}  {value}", markup=False, soft_wrap=True)
    return 0


def _machine() -> dict[str, str]:
    """Facts about this machine."""
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
    """Facts about a run, and how far it is."""
    saved, config = facts.read(path, facts.checked)
    spec, classes = saved["spec"], ", ".join(saved["spec"]["class_names"]) if saved["classes"] else "none"
    if spec["clusters"]:
        classes = f"none ({saved['classes']} clusters found)"
    lines = {
        "run": f"{path.name}, trained players that come with sparring" if packaged(path) else str(path),
        "recipe": config.recipe,
        "data": f"{saved['data']}: {counted(saved['data_count'], saved['noun'])} of shape {spec['shape']}",
        "classes": classes,
        "begun": f"{saved['created']} with sparring {saved['sparring']}",
        "checkpoints": ", ".join(map(layout.step_name, layout.checkpoints(path / layout.CHECKPOINTS)))
        or "none yet",
    }
    if source := saved.get("source"):
        lines["begun with"] = f"{source['run']}, step {source['step']:,}, trained on {source['data']}"
    if records := list(_records(path)):
        last = records[-1]
        lines["progress"] = (
            f"{last.progress:.0%}, step {last.step:,}, {last.samples_seen:,} samples, {last.seconds:.0f} s"
        )
        if quality := str(diagnose(records, {}, partial(measured, path)).quality):
            lines["quality"] = quality
        lines |= {name: f"{value:.4g}" for name, value in last.values.items() if name not in IN_QUALITY}
    return lines


def _in_short(path: Path) -> str:
    """One line about a run: its recipe, its data and its progress."""
    try:
        saved, config = facts.read(path, facts.checked)
        last = deque(_records(path), maxlen=1)
    except SparringError as error:
        return f"{path}  {error}"
    progress = f"{last[0].progress:.0%}, step {last[0].step:,}" if last else "not begun"
    return f"{path}  {config.recipe} on {saved['data']}, {progress}"


def _records(path: Path) -> Iterator[Record]:
    """The records so far; none if there is no history yet."""
    history = path / layout.HISTORY
    return read_history(history) if history.exists() else iter(())
