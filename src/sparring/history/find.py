"""Find run folders, and say what is wrong with a path that should be one."""

from __future__ import annotations

from pathlib import Path

from sparring.config.choices import TRAINED
from sparring.errors import counted
from sparring.errors.names import nearest
from sparring.files import read_object
from sparring.history import layout

ALONE = "alone"  # true in run.json of trained players that were written without a history
MARKS = (layout.RUN, layout.HISTORY)  # a folder with either file is a run folder, even a half-written one
PARTS = (*MARKS, layout.CONFIG, layout.CHECKPOINTS)
USUAL = Path("runs")  # the default folder of trainings
PACKAGED = Path(__file__).parents[1] / "trained"  # a run folder of players alone for each of TRAINED
FIT = f"{layout.UNFINISHED}/{layout.FITTING}"  # in the folder of a detector that is being fitted
OTHERS = {  # folders of other verbs, by the file that they have, and what to do with them
    layout.STUDY: "a study, not a run: `sparring study --resume {0}` goes on with it, `sparring report {0}` "
    "shows it.",
    layout.TUNED: "a search, not a run: `sparring tune --resume {0}` goes on with it, `sparring report {0}` "
    "shows it.",
    layout.DETECTOR: "a detector, not a run: `sparring detect score {0} NEW` uses it, `sparring report {0}` "
    "shows what it scored.",
    FIT: "a detector that is being fitted, not a run: `sparring watch {0}` shows how far it is.",
}
DEEP = 2  # levels of folders that are searched, down or up
NAMED = 8  # runs that a message names


def marked(path: Path) -> bool:
    """Whether this looks like a run folder, even a half-written or damaged one."""
    return any((path / name).is_file() for name in MARKS)


def run_named(path: Path) -> Path:
    """The folder of a run that a user names: a path, or a name in TRAINED unless a run has that path."""
    return PACKAGED / path if str(path) in TRAINED and not marked(path) else path


def packaged(path: Path) -> bool:
    """Whether a run folder came with the package."""
    return path.parent == PACKAGED


def detecting(path: Path) -> bool:
    """Whether a folder holds a detector, or one is fitted there."""
    return any((path / name).is_file() for name in (layout.DETECTOR, FIT))


def alone(path: Path) -> bool:
    """Whether a run folder holds trained players without a history."""
    return packaged(path) or read_object(path / layout.RUN).get(ALONE) is True


def runs_in(path: Path) -> list[Path]:
    """The run folders below a folder, the newest first."""
    marks = [mark for depth in range(1, DEEP + 1) for mark in path.glob("*/" * depth + layout.RUN)]
    newest = sorted(marks, key=lambda mark: (-mark.stat().st_mtime_ns, mark))
    return [mark.parent for mark in newest if not any(map(marked, _above(mark.parent, path)))]


def no_run(path: Path, missing: str = layout.RUN) -> str:
    """The message for a path that is not a run folder, with the run folders that may be meant."""
    around = [folder for folder in path.absolute().parents[:DEEP] if marked(folder)]
    if around and path.exists():
        return f"{path} is inside the run folder {around[0]}: give that one."
    if str(path) in TRAINED:
        return players_alone(str(path))
    if alone(path):
        return players_alone(str(path))
    if not path.exists():
        named = {name: Path(name) for name in TRAINED if len(path.parts) == 1}
        named |= {run.name: run for run in (*runs_in(USUAL), *runs_in(path.parent))}
        near = " or ".join(str(named[name]) for name in nearest(path.name, named))
        hint = f" Did you mean {near}?" if near else ""
        return f"there is no run folder {path}.{hint} `sparring train` makes one."
    if not path.is_dir():
        return f"{path} is a file, not a run folder. Give the folder that a training wrote."
    for mark, what in OTHERS.items():
        if (path / mark).is_file():
            return f"{path} is {what.format(path)}"
    if any((path / part).exists() for part in PARTS):
        anew = "the same folder with --force, or into " if (path / layout.RUN).is_file() else ""
        return f"{path} is only half written: {missing} is missing. Train into {anew}another folder."
    if not (runs := runs_in(path)):
        return f"{path} is not a run folder and contains none. `sparring train` makes one."
    more = f" and {len(runs) - NAMED:,} more" if len(runs) > NAMED else ""
    return (
        f"{path} is not a run folder, but contains {counted(len(runs), 'run')}. Give one of them: "
        f"{', '.join(map(str, runs[:NAMED]))}{more}."
    )


def players_alone(name: str) -> str:
    """What to do with players that have no history and no optimizers."""
    loads = "pretrained" if name in TRAINED else "from_pretrained"
    return (
        f"{name} {'comes with sparring as' if name in TRAINED else 'holds'} trained players alone, without a "
        f"history to show or to continue. Draw from it with `sparring sample {name}` (GAN.{loads}({name!r})), "
        f"measure it with `sparring evaluate {name}` (gan.evaluate()), or begin a training with it: "
        f"`sparring train DATA --from-run {name}` (from_run={name!r})."
    )


def _above(folder: Path, top: Path) -> list[Path]:
    """The folders between ``folder`` and the folder ``top`` above it."""
    return [parent for parent in folder.parents if top in parent.parents]
