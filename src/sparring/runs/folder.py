"""The run folder: everything a training leaves behind, and all that resuming or drawing needs.

``config.toml`` the options, ``run.json`` the data's spec and the versions, ``history.jsonl`` a
Record a line, ``samples/`` pictures of the same latents through training, ``checkpoints/``.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from filelock import FileLock, Timeout
from PIL import Image
from torch import Tensor

from sparring import __version__, kinds
from sparring.config.groups import Config
from sparring.config.toml import to_toml
from sparring.data.spec import Dataset
from sparring.errors import NonFiniteError, RunError, SparringError
from sparring.files import left_over, write_whole
from sparring.games import drawing, from_config
from sparring.games.adversarial import AdversarialGame
from sparring.history import layout
from sparring.history.facts import FORMAT
from sparring.history.record import HistoryWriter, Record, read_history, truncate_history
from sparring.kinds import plane as fields
from sparring.kinds.sheets import write_picture
from sparring.machine.device import Runtime
from sparring.networks.own import NONE, Given
from sparring.runs import best as selection
from sparring.runs import checkpoint, facts
from sparring.training import plan
from sparring.training.budget import Budget

PICTURE_COLUMNS = 8
OF_DATA = ("data", "data_count", "data_sha256", "classes", "class_counts", "noun", "spec")  # of run.json


class RunFolder:
    """A run folder on disk, read into ``config``, ``spec`` and ``facts`` (run.json).

    Raises:
        RunError: not a run folder, half written, or of another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.facts, self.spec, self.config = facts.read(path)
        self.classes: int = self.facts["classes"]

    @property
    def checkpoints(self) -> Path:
        return self.path / layout.CHECKPOINTS

    @property
    def healthy(self) -> Path:
        """States that a rescue can go back to."""
        return self.path / layout.HEALTHY

    @property
    def best(self) -> Path:
        """The checkpoint with the least distance, where ``evaluate_every`` asked for one."""
        return self.path / layout.BEST

    @property
    def choice(self) -> Path:
        """How the best checkpoint and the last one measure on samples neither was chosen on."""
        return self.path / layout.CHOICE

    @property
    def samples(self) -> Path:
        return self.path / layout.SAMPLES

    @property
    def fields(self) -> Path:
        """What the discriminator thinks of the plane, beside each picture of two-dimensional points."""
        return self.path / layout.FIELDS

    @property
    def history(self) -> Path:
        return self.path / layout.HISTORY

    def records(self) -> Iterator[Record]:
        """The history so far, empty where there is none yet."""
        return read_history(self.history) if self.history.exists() else iter(())

    def saved(self) -> list[int]:
        """The steps of the checkpoints, ascending; one of them may be broken."""
        return layout.steps(self.checkpoints, layout.STATE)

    def drop_after(self, step: int, *names: str) -> None:
        """Delete what is of later steps in these folders of ``layout.BY_STEP``."""
        _clear(self.path, lambda other: other > step, names)

    def game(
        self,
        warn: Callable[[str], object],
        runtime: Runtime | None = None,
        *,
        best: bool = False,
        own: Mapping[str, Given] = NONE,
    ) -> tuple[AdversarialGame, dict[str, Any]]:
        """The players as the newest whole checkpoint has them, or the best, and the checkpoint's facts.

        Args:
            own: players of a user's own, by the player's name.

        Raises:
            RunError: there is no whole checkpoint, or it is not this config's.
            ConfigError: a player is a user's own, and was not given.
        """
        saved, tensors = checkpoint.read(self.states(best), warn)
        restored = from_config.game(self.config, self.spec, self.classes, runtime, own)
        checkpoint.restore(restored, saved, tensors)
        return restored, saved

    def states(self, best: bool = False) -> Path:
        """Where the checkpoints are, or the best one.

        Raises:
            RunError: the best one is asked for, and none was kept.
        """
        if best and not layout.steps(self.best, layout.STATE):
            raise RunError(f"{self.path} has no best checkpoint: train with --evaluate-every 50000.")
        return self.best if best else self.checkpoints

    def pictures(self) -> list[Path]:
        """The files of the same latents through training, named by step, oldest first."""
        drawn = sorted(_written(self.path).intersection(layout.steps(self.samples, layout.PICTURE)))
        return [self.samples / f"{layout.step_name(step)}{layout.PICTURE}" for step in drawn]

    def frames(self) -> list[Image.Image]:
        """The pictures of the same latents through training, oldest first."""
        frames = []
        for path in self.pictures():
            with suppress(OSError, SyntaxError, ValueError), Image.open(path) as picture:  # a damaged one
                frames.append(picture.copy())
        return frames


def create(
    path: Path,
    config: Config,
    data: Dataset | Mapping[str, Any],
    *,
    own: Mapping[str, str] | None = None,
    force: bool = False,
) -> RunFolder:
    """Make a new run folder. With ``force`` the files of an old run there go, but no others.

    Args:
        data: as it is trained on, or what another run's ``facts`` say of it.
        own: in words what of the game is a user's own, so that the config does not describe it.

    Raises:
        RunError: the folder exists, or is not a run folder though ``force`` is given.
    """
    if not force:
        check_free(path)
    elif not _is_free(path):
        if not layout.is_run(path):
            raise RunError(f"{path} is not a run folder, so --force will not touch it. Choose another --out.")
        with only_trainer(path):
            _clear(path, lambda _: True)
            (path / layout.FIELDS / layout.REAL_FIELD).unlink(missing_ok=True)
            for name in layout.BY_STEP:
                with suppress(OSError):  # what is left there is the user's
                    (path / name).rmdir()
            # run.json last: it says whose the folder is
            for name in (*layout.LATER_FILES, *reversed(layout.TRAINING_FILES)):
                if (path / name).is_file():
                    (path / name).unlink()
    of_data = facts_of(data) if isinstance(data, Dataset) else data
    said = {
        "format": FORMAT,
        "id": uuid4().hex,
        "sparring": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        **{name: of_data[name] for name in OF_DATA},
        **({"own": dict(own)} if own else {}),
    }
    with layout.writing(path):
        for folder in (path, path / layout.SAMPLES, path / layout.CHECKPOINTS):
            folder.mkdir(parents=True, exist_ok=True)
        write_whole(path / layout.RUN, json.dumps(said, indent=1).encode())
        write_whole(path / layout.CONFIG, to_toml(config).encode())
    return RunFolder(path)


def facts_of(data: Dataset) -> dict[str, Any]:
    """What run.json says of the data that is trained on."""
    return {
        "data": data.name,
        "data_count": len(data),
        "data_sha256": digest(data),
        "classes": data.classes,
        "class_counts": data.class_counts,
        "noun": kinds.of(data.spec).noun,
        "spec": data.spec.to_dict(),
    }


def create_for_all(
    runtime: Runtime,
    path: Path,
    config: Config,
    data: Dataset,
    *,
    own: Mapping[str, str] | None = None,
    force: bool = False,
) -> RunFolder:
    """``create`` by the first of the processes that train together; the others wait until it is there."""
    refusal = None
    if runtime.rank == 0:
        try:
            create(path, config, data, own=own, force=force)
        except SparringError as error:
            refusal = str(error)
    if refusal := runtime.agree(refusal):
        raise RunError(refusal)
    return RunFolder(path)


def check_free(path: Path) -> None:
    """Refuse a folder in which something is.

    Raises:
        RunError: it exists and is not empty.
    """
    if not _is_free(path):
        advice = " go on with `sparring resume`, replace it with --force, or" if layout.is_run(path) else ""
        raise RunError(f"{path} exists already:{advice} choose another --out.")


def _is_free(path: Path) -> bool:
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def _written(path: Path) -> set[int]:
    """Steps of which a run may have files: the first, its history's, and those of its checkpoints."""
    history = path / layout.HISTORY
    steps = {record.step for record in read_history(history)} if history.is_file() else set()
    states = (layout.CHECKPOINTS, layout.HEALTHY, layout.BEST)
    return steps.union({0}, *(layout.checkpoints(path / name) for name in states))


def _clear(path: Path, goes: Callable[[int], bool], names: Iterable[str] = layout.BY_STEP) -> None:
    """Delete a run's files of such steps, and what a kill left half written; the user's own files stay."""
    written = _written(path)
    for name in names:
        layout.drop(path / name, goes, written)
    for folder in (path, *(path / name for name in names)):
        for left in left_over(folder):
            left.unlink(missing_ok=True)


@contextmanager
def only_trainer(path: Path) -> Iterator[None]:
    """Hold the folder for one training at a time.

    Raises:
        RunError: another process is training in it.
    """
    try:
        with FileLock(path / layout.LOCK, timeout=0):
            yield
    except Timeout as error:
        raise RunError(f"{path} is being trained by another process.") from error


def free_path(parent: Path, name: str) -> Path:
    """parent/name-1, or the first such number that is free, made at once so that nobody else takes it."""
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = parent / f"{name}-{number}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


def digest(data: Dataset) -> str:
    """SHA-256 of the samples and labels, to recognise the same data on resume."""
    total = hashlib.sha256(data.samples.contiguous().numpy().data)
    if data.labels is not None:
        total.update(data.labels.contiguous().numpy().data)
    return total.hexdigest()


def same_data(folder: RunFolder, data: Dataset) -> None:
    """Refuse to go on with other data than the run began with.

    Raises:
        RunError: the samples or labels differ.
    """
    check_same(folder.facts, data, str(folder.path))


def check_same(of_data: Mapping[str, Any], data: Dataset, whose: str) -> None:
    """The same for a training whose data these facts tell of.

    Raises:
        RunError: the samples or labels differ.
    """
    if digest(data) != of_data.get("data_sha256"):
        raise RunError(
            f"{data.name} has changed since {whose} began ({of_data.get('data_count')} "
            f"samples then, {len(data)} now). Train a new run on it."
        )


def train_in(
    folder: RunFolder,
    game: AdversarialGame,
    data: Dataset,
    *,
    threads: int = 0,
    held_out: Dataset | None = None,
    stop: Callable[[], bool] = lambda: False,
    warn: Callable[[str], object] = lambda _: None,
) -> Iterator[Record]:
    """``loop.train`` with the folder as its first consumer: history, pictures, checkpoints.

    ``threads`` fixes their number (0: as the config says). What is on disk when a record is yielded
    is whole, and after the last record, or when ``stop`` says so, the exact state is saved. ``warn``
    hears of a damaged best checkpoint.

    Raises:
        NonFiniteError: training broke down; the last good checkpoint is kept.
        RunError: the disk is full.
    """
    config = folder.config
    records = plan.train(config, game, data, threads=threads, held_out=held_out, stop=stop)
    with ExitStack() as stack:
        writer = chooser = None
        if game.runtime.rank == 0:
            stack.enter_context(only_trainer(folder.path))
            write_whole(folder.path / layout.CONFIG, to_toml(config).encode())  # a resumed run's new budget
            writer = stack.enter_context(_Writer(folder, game, data))
            if config.records.evaluate_every:
                found = selection.judge(config, data, game.runtime.device, held_out)
                chooser = selection.Selection(found, folder.best, game, warn)
        try:
            for record in records:
                last, best = record.progress >= 1 or stop(), False
                if chooser:
                    record = chooser.measure(record, last)
                if writer:
                    writer.note(record)  # before anything is named after its step
                if chooser:
                    best = chooser.keep(record)
                    if last:
                        _choose(chooser, folder, warn)
                if writer:
                    # Resuming goes back to the last of these: a best one ahead of it would be lost.
                    writer.save(record, at_once=last or best)
                yield record
        except NonFiniteError as error:
            if writer:
                writer.broken()
            kept = f" The last good checkpoint is kept in {folder.checkpoints}." if folder.saved() else ""
            raise NonFiniteError(f"{error}{kept}") from error


def _choose(chooser: selection.Selection, folder: RunFolder, warn: Callable[[str], object]) -> None:
    """Write how the best checkpoint and the last state measure; a lost one must not cost the last."""
    try:
        report = chooser.report()
    except RunError as error:
        warn(f"the best checkpoint cannot be measured again: {error}")
    else:
        write_whole(folder.choice, json.dumps(report, indent=1).encode())


class _Writer:
    """Puts each record on disk, a picture where one is due, a checkpoint when it is time."""

    def __init__(self, folder: RunFolder, game: AdversarialGame, data: Dataset) -> None:
        self.folder, self.game, self.config = folder, game, folder.config
        self.kind = kinds.of(folder.spec)
        folder.drop_after(game.clock.step, *layout.BY_STEP)
        truncate_history(folder.history, game.clock.step)
        if self.kind.plane(folder.spec) and self.config.records.pictures:
            folder.fields.mkdir(exist_ok=True)
            fields.write(folder.fields / layout.REAL_FIELD, fields.reals(data))
        self.history = HistoryWriter(folder.history)
        self.latents, self.labels = picture_latents(folder)
        spent = Budget.of(self.config.budget).progress(
            game.clock, len(data)
        )  # less than it was, of a larger budget
        self.drawn = self._due(spent) if game.clock.step else -1
        self.saved_at = time.monotonic() if game.clock.step else -math.inf  # the first record is saved
        self._draw(0.0)

    def note(self, record: Record) -> None:
        """Into the history, and a picture where one is due."""
        self.history.write(record)
        self._draw(record.progress)

    def save(self, record: Record, at_once: bool) -> None:
        """A checkpoint where it is time for one."""
        if at_once or time.monotonic() - self.saved_at >= self.config.records.checkpoint_seconds:
            more = {"threads": torch.get_num_threads(), "progress": record.progress}
            checkpoint.write(self.game, self.folder.checkpoints, more)
            self.saved_at = time.monotonic()

    def broken(self) -> None:
        """A last record that says so, for the doctor; resuming drops it with all after the checkpoint."""
        game = self.game
        self.history.write(game.clock.broken())

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.history.close()

    def _due(self, progress: float) -> int:
        """Which picture is due. Early ones come closer together: that is when most changes."""
        return int(self.config.records.pictures * progress ** (2 / 3))

    def _draw(self, progress: float) -> None:
        due = self._due(progress)
        if not self.config.records.pictures or due <= self.drawn:
            return
        self.drawn = due
        encoded = drawing.draw(self.game.sampling_generator, self.latents, self.labels)
        decoded = self.folder.spec.decode(encoded).numpy()
        name = layout.step_name(self.game.clock.step)
        path = self.folder.samples / f"{name}{layout.PICTURE}"
        with layout.writing(path):
            if self.kind.plane(self.folder.spec):
                values = fields.field(self.game.discriminator, self.folder.spec, self.folder.classes, encoded)
                self.folder.fields.mkdir(exist_ok=True)
                fields.write(self.folder.fields / f"{name}{layout.FIELD}", values)
            path.parent.mkdir(exist_ok=True)
            write_picture(self.kind.sheet(decoded, self.folder.spec, PICTURE_COLUMNS), path)


def picture_latents(folder: RunFolder) -> tuple[Tensor, Tensor | None]:
    """The latents, and labels in rows by class, of the pictures drawn through training."""
    config, classes = folder.config, folder.classes
    rows = (0 if folder.spec.clusters else min(classes, 12)) or PICTURE_COLUMNS
    count = kinds.of(folder.spec).crowd or PICTURE_COLUMNS * rows
    labels = torch.arange(count) // PICTURE_COLUMNS % classes if classes else None
    if folder.spec.clusters:
        labels = drawing.drawn_labels(count, folder.facts["class_counts"], config.seed)
    return drawing.random_latents(count, config.networks.latent_dim, config.seed), labels
