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
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from sparring import __version__, build, checkpoint, sample
from sparring.checkpoint import write_whole
from sparring.config import Config, from_toml
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, NonFiniteError, RunError
from sparring.loop import train
from sparring.records import HistoryWriter, Record, read_history, truncate_history
from sparring.runtime import Runtime, Threads
from sparring.steps import Bout

FORMAT = 1  # of the run folder; another number is refused
PICTURE_COLUMNS = 8


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
            text = (path / "config.toml").read_text("utf-8")
        except FileNotFoundError as error:
            raise RunError(
                f"{path} is not a run folder, or only half written: {Path(error.filename).name} is "
                "missing. Train into it anew with --force, or into another folder."
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
            self.config: Config = from_toml(text)
            self.spec = Spec.from_dict(self.facts["spec"])
            self.classes = int(self.facts["classes"])
        except ConfigError as error:
            raise RunError(f"{path}/config.toml: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path}/run.json is damaged: {error!r}.") from error

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    def records(self) -> Iterator[Record]:
        """The history so far."""
        return read_history(self.history)

    def bout(
        self, warn: Callable[[str], object], runtime: Runtime | None = None
    ) -> tuple[Bout, dict[str, Any]]:
        """The players as the newest whole checkpoint has them, and the checkpoint's facts.

        Raises:
            RunError: there is no whole checkpoint, or it is not this config's.
        """
        facts, tensors = checkpoint.read(self.checkpoints, warn)
        restored = build.bout(self.config, self.spec, self.classes, runtime)
        checkpoint.restore(restored, facts, tensors)
        return restored, facts

    def frames(self) -> list[Image.Image]:
        """The pictures of the same latents through training, oldest first."""
        frames = []
        for path in sorted(self.samples.glob("[0-9]*.png")):
            with Image.open(path) as picture:
                frames.append(picture.copy())
        return frames


def create(path: Path, config: Config, data: Dataset, *, force: bool = False) -> RunFolder:
    """Make a new run folder. With ``force`` an old run there is deleted, but never anything else.

    Raises:
        RunError: the folder exists, or is not a run folder though ``force`` is given.
    """
    if path.exists() and (path.is_file() or any(path.iterdir())):
        is_run = path.is_dir() and any((path / name).exists() for name in ("run.json", "config.toml"))
        if not force:
            advice = " go on with `sparring resume`, replace it with --force, or" if is_run else ""
            raise RunError(f"{path} exists already:{advice} choose another --out.")
        if not is_run:
            raise RunError(f"{path} is not a run folder, so --force will not delete it. Choose another --out.")
        shutil.rmtree(path)
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


def free_path(parent: Path, name: str) -> Path:
    """parent/name-1, or the first such number that is free."""
    number = 1
    while (parent / f"{name}-{number}").exists():
        number += 1
    return parent / f"{name}-{number}"


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
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Record]:
    """``loop.train`` with the folder as its first consumer: history, pictures, checkpoints.

    ``threads`` fixes their number (0: as the config says). What is on disk when a record is yielded
    is whole, and after the last record, or when ``stop`` says so, the exact state is saved.

    Raises:
        NonFiniteError: training broke down; the last good checkpoint is kept.
        RunError: the disk is full.
    """
    config = folder.config
    adaptive = config.minutes > 0 and not config.threads
    tuner = Threads(fixed=config.threads or (0 if adaptive else threads), adaptive=adaptive)
    writer = _Writer(folder, bout) if bout.runtime.rank == 0 else None
    records = train(
        bout,
        data,
        build.budget(config),
        batch_size=config.batch_size,
        seed=config.seed,
        record_every=config.record_every,
        threads=tuner,
        stop=stop,
    )
    try:
        for record in records:
            if writer:
                writer.keep(record, last=record.progress >= 1 or stop())
            yield record
    except NonFiniteError as error:
        saved = any(folder.checkpoints.glob("*.json"))
        kept = f" The last good checkpoint is kept in {folder.checkpoints}." if saved else ""
        raise NonFiniteError(f"{error}{kept}") from error
    finally:
        if writer:
            writer.close()


class _Writer:
    """Puts each record on disk, a picture where one is due, a checkpoint when it is time."""

    def __init__(self, folder: RunFolder, bout: Bout) -> None:
        self.folder, self.bout, self.config = folder, bout, folder.config
        truncate_history(folder.history, bout.step)
        for picture in folder.samples.glob("[0-9]*.png"):
            if int(picture.stem) > bout.step:
                picture.unlink()
        self.history = HistoryWriter(folder.history)
        self.latents, self.labels = picture_latents(folder)
        self.drawn = -1 if bout.step == 0 else len(list(folder.samples.glob("[0-9]*.png"))) - 1
        self.saved_at = time.monotonic()
        self._draw(0.0)

    def keep(self, record: Record, last: bool) -> None:
        self.history.write(record)
        self._draw(record.progress)
        if last or time.monotonic() - self.saved_at >= self.config.checkpoint_seconds:
            facts = {"threads": torch.get_num_threads(), "progress": record.progress}
            checkpoint.write(self.bout, self.folder.checkpoints, facts)
            self.saved_at = time.monotonic()

    def close(self) -> None:
        self.history.close()

    def _draw(self, progress: float) -> None:
        """Early pictures come closer together: that is when most changes."""
        due = int(self.config.pictures * progress ** (2 / 3))
        if not self.config.pictures or due <= self.drawn:
            return
        self.drawn = due
        encoded = sample.draw(self.bout.artist, self.latents, self.labels)
        decoded = self.folder.spec.decode(encoded).numpy()
        path = self.folder.samples / f"{self.bout.step:08d}.png"
        try:
            sample.grid(decoded, self.folder.spec, PICTURE_COLUMNS).save(path)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise RunError(f"cannot write {path}: {error.strerror or error}.") from error


def picture_latents(folder: RunFolder) -> tuple[Tensor, Tensor | None]:
    """The latents, and labels in rows by class, of the pictures drawn through training."""
    config, classes = folder.config, folder.classes
    rows = min(classes, 12) or PICTURE_COLUMNS
    count = 2000 if folder.spec.kind == "points" else PICTURE_COLUMNS * rows
    labels = torch.arange(count) // PICTURE_COLUMNS % classes if classes else None
    return sample.random_latents(count, config.latent_dim, config.seed), labels
