"""The run folder: everything a training leaves behind, and all that resuming or drawing needs.

``config.toml`` the options, ``run.json`` the data's spec and the versions, ``history.jsonl`` a
Record a line, ``samples/`` pictures of the same latents through training, ``checkpoints/``.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from PIL import Image
from torch import Tensor

from sparring import __version__, build, checkpoint, fields, sample, selection
from sparring.config import Config, from_toml
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, NonFiniteError, RunError
from sparring.files import write_whole
from sparring.loop import train
from sparring.records import HistoryWriter, Record, read_history, truncate_history
from sparring.runtime import Runtime, Threads
from sparring.steps import Bout

FORMAT = 1  # of the run folder; another number is refused
PICTURE_COLUMNS = 8
FILES = (
    "run.json", "config.toml", "history.jsonl", "best.json", "samples.png", "training.gif",
    "evaluation.json", "nearest.png", "rescue.jsonl",
)  # fmt: skip
FACTS = ("sparring", "created", "data", "data_count", "class_counts")  # what verbs read of run.json


class RunFolder:
    """A run folder on disk, read into ``config``, ``spec`` and ``facts`` (run.json).

    Raises:
        RunError: not a run folder, half written, or of another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_dir():
            raise RunError(f"there is no run folder {path}. `sparring train` makes one.")
        try:
            self.facts: dict[str, Any] = json.loads((path / "run.json").read_text("utf-8"))
            text = (path / "config.toml").read_bytes()
        except FileNotFoundError as error:
            missing = Path(error.filename).name
            force = "it anew with --force, or into " if missing == "config.toml" else ""
            raise RunError(
                f"{path} is not a run folder, or only half written: {missing} is missing. "
                f"Train into {force}another folder."
            ) from error
        except (OSError, ValueError) as error:
            raise RunError(f"cannot read {path}/run.json: {error}.") from error
        if not isinstance(self.facts, dict) or self.facts.get("format") != FORMAT:
            found = self.facts.get("format") if isinstance(self.facts, dict) else None
            writer = self.facts.get("sparring", "?") if isinstance(self.facts, dict) else "?"
            raise RunError(
                f"{path} has run format {found} (written by sparring {writer}); this is sparring "
                f"{__version__}, which reads format {FORMAT}. Use the version that wrote it."
            )
        try:
            self.config: Config = from_toml(text.decode("utf-8"))
            for name in FACTS:
                self.facts[name]
            self.spec = Spec.from_dict(self.facts["spec"])
            self.classes = int(self.facts["classes"])
        except (ConfigError, UnicodeDecodeError) as error:
            raise RunError(f"{path}/config.toml: {error}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path}/run.json is damaged: {error!r}.") from error

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def healthy(self) -> Path:
        """States that a rescue can go back to."""
        return self.path / "healthy"

    @property
    def best(self) -> Path:
        """The checkpoint with the least distance, where ``evaluate_every`` asked for one."""
        return self.path / "best"

    @property
    def choice(self) -> Path:
        """How the best checkpoint and the last one measure on samples neither was chosen on."""
        return self.path / "best.json"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @property
    def fields(self) -> Path:
        """What the discriminator thinks of the plane, beside each picture of two-dimensional points."""
        return self.path / "fields"

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    def records(self) -> Iterator[Record]:
        """The history so far."""
        return read_history(self.history)

    def bout(
        self, warn: Callable[[str], object], runtime: Runtime | None = None, *, best: bool = False
    ) -> tuple[Bout, dict[str, Any]]:
        """The players as the newest whole checkpoint has them, or the best, and the checkpoint's facts.

        Raises:
            RunError: there is no whole checkpoint, or it is not this config's.
        """
        if best and not any(self.best.glob("*.json")):
            raise RunError(f"{self.path} has no best checkpoint: train with --evaluate-every 50000.")
        facts, tensors = checkpoint.read(self.best if best else self.checkpoints, warn)
        restored = build.bout(self.config, self.spec, self.classes, runtime)
        checkpoint.restore(restored, facts, tensors)
        return restored, facts

    def pictures(self) -> list[Path]:
        """The files of the same latents through training, named by step, oldest first."""
        return sorted(path for path in self.samples.glob("*.png") if path.stem.isdigit())

    def frames(self) -> list[Image.Image]:
        """The pictures of the same latents through training, oldest first."""
        frames = []
        for path in self.pictures():
            with Image.open(path) as picture:
                frames.append(picture.copy())
        return frames


def create(path: Path, config: Config, data: Dataset, *, force: bool = False) -> RunFolder:
    """Make a new run folder. With ``force`` the files of an old run there go, but no others.

    Raises:
        RunError: the folder exists, or is not a run folder though ``force`` is given.
    """
    if not force:
        check_free(path)
    elif not _is_free(path):
        if not _is_run(path):
            raise RunError(f"{path} is not a run folder, so --force will not touch it. Choose another --out.")
        with only_trainer(path):
            for name in ("checkpoints", "healthy", "best", "samples", "fields"):
                shutil.rmtree(path / name, ignore_errors=True)
            for name in FILES:
                (path / name).unlink(missing_ok=True)
    facts = {
        "format": FORMAT,
        "sparring": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "data": data.name,
        "data_count": len(data),
        "data_sha256": digest(data),
        "classes": data.classes,
        "class_counts": data.class_counts,
        "spec": data.spec.to_dict(),
    }
    try:
        for folder in (path, path / "samples", path / "checkpoints"):
            folder.mkdir(parents=True, exist_ok=True)
        write_whole(path / "run.json", json.dumps(facts, indent=1).encode())
        write_whole(path / "config.toml", config.to_toml().encode())
    except OSError as error:
        raise RunError(f"cannot write to {path}: {error.strerror or error}.") from error
    return RunFolder(path)


def check_free(path: Path) -> None:
    """Refuse a folder in which something is.

    Raises:
        RunError: it exists and is not empty.
    """
    if not _is_free(path):
        advice = " go on with `sparring resume`, replace it with --force, or" if _is_run(path) else ""
        raise RunError(f"{path} exists already:{advice} choose another --out.")


def _is_free(path: Path) -> bool:
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def _is_run(path: Path) -> bool:
    """Whether sparring wrote this folder's run.json, the first file of every run."""
    try:
        return "sparring" in json.loads((path / "run.json").read_text("utf-8"))
    except (OSError, ValueError, TypeError):
        return False


@contextmanager
def only_trainer(path: Path) -> Iterator[None]:
    """Hold the folder for one training at a time.

    Raises:
        RunError: another process is training in it.
    """
    try:
        with FileLock(path / "lock", timeout=0):
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
    if digest(data) != folder.facts.get("data_sha256"):
        raise RunError(
            f"{data.name} has changed since {folder.path} began ({folder.facts.get('data_count')} "
            f"samples then, {len(data)} now). Train a new run on it."
        )


def train_in(
    folder: RunFolder,
    bout: Bout,
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
    records = _records(config, bout, data, threads, held_out, stop)
    with ExitStack() as stack:
        writer = chooser = None
        if bout.runtime.rank == 0:
            stack.enter_context(only_trainer(folder.path))
            write_whole(folder.path / "config.toml", config.to_toml().encode())  # a resumed run's new budget
            writer = stack.enter_context(_Writer(folder, bout, data))
            if config.evaluate_every:
                found = selection.judge(config, data, bout.runtime.device, held_out)
                chooser = selection.Selection(found, folder.best, bout, warn)
        try:
            for record in records:
                last = record.progress >= 1 or stop()
                if chooser:
                    record = chooser.keep(record, last)
                    if last:
                        report = chooser.report(folder.classes)
                        write_whole(folder.choice, json.dumps(report, indent=1).encode())
                if writer:
                    # Resuming goes back to the last of these: a best one ahead of it would be lost.
                    writer.keep(record, save=last or bool(chooser and chooser.best_step == record.step))
                yield record
        except NonFiniteError as error:
            if writer:
                writer.broken()
            saved = any(folder.checkpoints.glob("*.json"))
            kept = f" The last good checkpoint is kept in {folder.checkpoints}." if saved else ""
            raise NonFiniteError(f"{error}{kept}") from error


def _records(
    config: Config, bout: Bout, data: Dataset, threads: int, held_out: Dataset | None, stop: Callable[[], bool]
) -> Iterator[Record]:
    """``loop.train`` as the config says."""
    adaptive = config.minutes > 0 and not config.threads
    return train(
        bout,
        data,
        build.budget(config),
        batch_size=config.batch_size,
        seed=config.seed,
        record_every=config.record_every,
        record_seconds=config.checkpoint_seconds,
        threads=Threads(fixed=config.threads or (0 if adaptive else threads), adaptive=adaptive),
        held_out=held_out,
        vitals=config.vitals,
        stop=stop,
    )


class _Writer:
    """Puts each record on disk, a picture where one is due, a checkpoint when it is time."""

    def __init__(self, folder: RunFolder, bout: Bout, data: Dataset) -> None:
        self.folder, self.bout, self.config = folder, bout, folder.config
        checkpoint.drop_after(folder.checkpoints, bout.step)
        truncate_history(folder.history, bout.step)
        for left in folder.path.glob("*.tmp"):  # by a kill
            left.unlink()
        for left in [*folder.pictures(), *folder.fields.glob("[0-9]*.json")]:
            if int(left.stem) > bout.step:
                left.unlink()
        if fields.is_plane(folder.spec) and self.config.pictures:
            folder.fields.mkdir(exist_ok=True)
            fields.write(folder.fields / "real.json", fields.reals(data))
        self.history = HistoryWriter(folder.history)
        self.latents, self.labels = picture_latents(folder)
        self.drawn = len(folder.pictures()) - 1
        self.saved_at = time.monotonic()
        self._draw(0.0)

    def keep(self, record: Record, save: bool) -> None:
        self.history.write(record)
        self._draw(record.progress)
        if save or time.monotonic() - self.saved_at >= self.config.checkpoint_seconds:
            facts = {"threads": torch.get_num_threads(), "progress": record.progress}
            checkpoint.write(self.bout, self.folder.checkpoints, facts)
            self.saved_at = time.monotonic()

    def broken(self) -> None:
        """A last record that says so, for the doctor; resuming drops it with all after the checkpoint."""
        bout = self.bout
        self.history.write(Record(bout.step, bout.samples_seen, bout.seconds, 1.0, {"non_finite": 1.0}))

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.history.close()

    def _draw(self, progress: float) -> None:
        """Early pictures come closer together: that is when most changes."""
        due = int(self.config.pictures * progress ** (2 / 3))
        if not self.config.pictures or due <= self.drawn:
            return
        self.drawn = due
        encoded = sample.draw(self.bout.artist, self.latents, self.labels)
        decoded = self.folder.spec.decode(encoded).numpy()
        if fields.is_plane(self.folder.spec):
            values = fields.field(self.bout, self.folder.spec, self.folder.classes, encoded)
            fields.write(self.folder.fields / f"{self.bout.step:08d}.json", values)
        path = self.folder.samples / f"{self.bout.step:08d}.png"
        try:
            sample.grid(decoded, self.folder.spec, PICTURE_COLUMNS).save(path)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise RunError(f"cannot write {path}: {error.strerror or error}.") from error


def picture_latents(folder: RunFolder) -> tuple[Tensor, Tensor | None]:
    """The latents, and labels in rows by class, of the pictures drawn through training."""
    config, classes = folder.config, folder.classes
    rows = (0 if folder.spec.clusters else min(classes, 12)) or PICTURE_COLUMNS
    count = 2000 if folder.spec.kind == "points" else PICTURE_COLUMNS * rows
    labels = torch.arange(count) // PICTURE_COLUMNS % classes if classes else None
    if folder.spec.clusters:
        labels = sample.drawn_labels(count, folder.facts["class_counts"], config.seed)
    return sample.random_latents(count, config.latent_dim, config.seed), labels
