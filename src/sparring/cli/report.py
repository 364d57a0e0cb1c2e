"""``sparring report``: write the page of a run as one file that needs no other."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from sparring.errors import RunError, printable
from sparring.history import layout
from sparring.history.find import alone, marked, no_run, players_alone
from sparring.page import detection, study, tuning
from sparring.page.report import write_report

SUFFIXES = (".html", ".htm")


def run(args: argparse.Namespace) -> int:
    """Write the page of a run as one file."""
    writers: dict[str, Callable[[Path, Path], int]] = {
        layout.DETECTOR: detection.write_report,
        layout.STUDY: study.write_report,
        layout.TUNED: tuning.write_report,
    }
    write = next((write for name, write in writers.items() if (args.run / name).is_file()), write_report)
    if write is write_report and not marked(args.run):
        raise RunError(no_run(args.run))
    if write is write_report and alone(args.run):
        raise RunError(players_alone(str(args.run)))
    out: Path = args.out or args.run / layout.REPORT
    if out.is_dir() or not out.parent.is_dir():
        what = f"{out} is a folder" if out.is_dir() else f"there is no folder {out.parent}"
        raise RunError(f"{what}: choose another --out, such as report.html.")
    layout.refuse_training_file(out)
    if out.suffix.lower() not in SUFFIXES:
        raise RunError(f"{out}: a report is a page, {' or '.join(SUFFIXES)}; a browser prints it as PDF.")
    layout.refuse_taken(out, args.force or not args.out)
    size = write(args.run, out)
    print(printable(f"{out}  {size / 1e6:.1f} MB"))
    return 0
