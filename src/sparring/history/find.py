"""Where run folders lie, and what is said where one is asked for and something else is given."""

from __future__ import annotations

from pathlib import Path

from sparring.errors import counted
from sparring.errors.names import nearest
from sparring.history import layout

MARKS = (layout.RUN, layout.HISTORY)  # either tells a run folder, a half written one too
PARTS = (*MARKS, layout.CONFIG, layout.CHECKPOINTS)
USUAL = Path("runs")  # where trainings go that are told no place
DEEP = 2  # folders down or up that are looked at
NAMED = 8  # runs in a message


def marked(path: Path) -> bool:
    """Whether this looks like a run folder, a half written or damaged one too."""
    return any((path / name).is_file() for name in MARKS)


def runs_in(path: Path) -> list[Path]:
    """The run folders below a folder, the newest first."""
    marks = [mark for depth in range(1, DEEP + 1) for mark in path.glob("*/" * depth + layout.RUN)]
    newest = sorted(marks, key=lambda mark: (-mark.stat().st_mtime_ns, mark))
    return [mark.parent for mark in newest if not any(map(marked, _above(mark.parent, path)))]


def no_run(path: Path, missing: str = layout.RUN) -> str:
    """Why this is no run folder, and which may be meant."""
    around = [folder for folder in path.absolute().parents[:DEEP] if marked(folder)]
    if around and path.exists():
        return f"{path} lies in a run folder: give that, {around[0]}."
    if not path.exists():
        named = {run.name: run for run in (*runs_in(USUAL), *runs_in(path.parent))}
        near = " or ".join(str(named[name]) for name in nearest(path.name, named))
        hint = f" Did you mean {near}?" if near else ""
        return f"there is no run folder {path}.{hint} `sparring train` makes one."
    if not path.is_dir():
        return f"{path} is a file, not a run folder. Give the folder that a training wrote."
    if any((path / part).exists() for part in PARTS):
        anew = "it anew with --force, or into " if (path / layout.RUN).is_file() else ""
        return f"{path} is only half written: {missing} is missing. Train into {anew}another folder."
    if not (runs := runs_in(path)):
        return f"{path} is not a run folder, and holds none. `sparring train` makes one."
    more = f" and {len(runs) - NAMED:,} more" if len(runs) > NAMED else ""
    return (
        f"{path} is not a run folder, but holds {counted(len(runs), 'run')}. Give one of them: "
        f"{', '.join(map(str, runs[:NAMED]))}{more}."
    )


def _above(folder: Path, top: Path) -> list[Path]:
    """The folders between a folder and the one it was found below."""
    return [parent for parent in folder.parents if top in parent.parents]
