"""Train in a run folder: history, pictures and checkpoints are on disk before a record is yielded."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import torch
from PIL import Image

from sparring import kinds
from sparring.config.toml import to_toml
from sparring.data.spec import Dataset
from sparring.errors import NonFiniteError, RunError, Tell
from sparring.files import write_whole
from sparring.games import drawing
from sparring.games.game import Game, Inputs
from sparring.history import layout
from sparring.history.facts import TEXTS
from sparring.history.record import HistoryWriter, Record, truncate_history
from sparring.kinds import plane as fields
from sparring.kinds.beside import rows
from sparring.kinds.kind import Array
from sparring.kinds.sheets import write_picture
from sparring.runs import best as selection
from sparring.runs import checkpoint
from sparring.runs.folder import RunFolder, only_trainer
from sparring.runs.loggers import Log
from sparring.runs.past import Past, due
from sparring.training import plan
from sparring.training.budget import Budget

TRIPLES = 4  # of source, output and target in a row, and rows


def train_in(
    folder: RunFolder,
    game: Game,
    data: Dataset,
    *,
    threads: int | None = None,
    held_out: Dataset | None = None,
    stop: Callable[[], bool] = lambda: False,
    warn: Callable[[str], object] = lambda _: None,
    tell: Tell = lambda _: None,
) -> Iterator[Record]:
    """Train as ``loop.train`` does, and write history, pictures and checkpoints into the folder.

    ``threads`` fixes the number of threads (None: as the config says). When a record is yielded, all files
    on disk are complete. The exact state is saved at the last record, or when ``stop`` returns True. ``warn``
    is called if the best checkpoint is damaged, ``tell`` before a slow last step.

    Raises:
        NonFiniteError: training broke down; the last good checkpoint is kept.
        RunError: the disk is full.
    """
    config = folder.config
    records = plan.train(config, game, data, threads=threads, held_out=held_out, stop=stop, tell=tell)
    with ExitStack() as stack:
        writer = chooser = None
        if game.runtime.rank == 0:
            stack.enter_context(only_trainer(folder.path))
            write_whole(folder.path / layout.CONFIG, to_toml(config).encode())  # the budget may be new
            writer = stack.enter_context(Writer(folder, game, data, held_out, warn))
            if config.records.evaluate_every:
                found = selection.judge(config, game, data, held_out)
                chooser = selection.Selection(found, folder.best, game, warn)
        try:
            for record in records:
                last, best = record.progress >= 1 or stop(), False
                if chooser:
                    record = chooser.measure(record, last)
                if writer:
                    writer.note(record)  # before other files are named after its step
                if chooser:
                    best = chooser.keep(record)
                    if last:
                        _choose(chooser, folder, warn)
                if writer:
                    # Resuming starts from the last of these, and would lose a later best checkpoint.
                    writer.save(record, at_once=last or best)
                yield record
        except NonFiniteError as error:
            if writer:
                writer.broken()
            kept = f" The last good checkpoint is kept in {folder.checkpoints}." if folder.saved() else ""
            raise NonFiniteError(f"{error}{kept}") from error


def _choose(chooser: selection.Selection, folder: RunFolder, warn: Callable[[str], object]) -> None:
    """Write the quality of the best checkpoint and of the last state; warn if the best one is damaged."""
    try:
        report = chooser.report()
    except RunError as error:
        warn(f"the best checkpoint cannot be measured again: {error}")
    else:
        write_whole(folder.choice, json.dumps(report, indent=1).encode())


class Writer:
    """Writes each record, and pictures and checkpoints when they are due."""

    def __init__(
        self,
        folder: RunFolder,
        game: Game,
        data: Dataset,
        held_out: Dataset | None = None,
        warn: Tell = lambda _: None,
    ) -> None:
        self.folder, self.game, self.config = folder, game, folder.config
        self.kind = kinds.of(folder.spec)
        folder.drop_after(game.clock.step, *layout.BY_STEP)
        truncate_history(folder.history, game.clock.step)
        # What scores the plane; None without a critic, and for data that is not in the plane.
        self.critic = game.critic if self.kind.plane(folder.spec) else None
        if self.critic and self.config.records.pictures:
            folder.fields.mkdir(exist_ok=True)
            fields.write(folder.fields / layout.REAL_FIELD, fields.reals(data))
        self.log = Log(folder, game.clock.step, self.kind, warn)
        self.history = HistoryWriter(folder.history)
        self.shown = shown_of(folder, data, held_out)
        self.inputs = picture_inputs(folder, game, self.shown)
        # With a larger budget, this share is less than before.
        spent = Budget.of(self.config.budget).progress(game.clock, len(data))
        self.drawn = due(self.config.records.pictures, spent) if game.clock.step else -1
        self.saved_at = time.monotonic() if game.clock.step else -math.inf  # the first record is saved
        # In the plane the page shows every picture's own landscape, and has no playground.
        self.past = None if self.critic or not self.config.records.pictures else Past(folder, game, spent)
        self._draw(0.0)

    def note(self, record: Record) -> None:
        """Write a record into the history, and a picture if one is due."""
        self.history.write(record)
        self.log.record(record)
        self._draw(record.progress)

    def save(self, record: Record, at_once: bool) -> None:
        """Write a checkpoint if it is time for one."""
        if at_once or time.monotonic() - self.saved_at >= self.config.records.checkpoint_seconds:
            more = {"threads": torch.get_num_threads(), "progress": record.progress}
            checkpoint.write(self.game, self.folder.checkpoints, more)
            self.saved_at = time.monotonic()

    def broken(self) -> None:
        """Write a last record that tells the doctor of a number that is not finite; resuming deletes it."""
        self.history.write(self.game.clock.broken())

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.history.close()
        self.log.close()

    def _draw(self, progress: float) -> None:
        if self.past:
            with layout.writing(self.folder.path):
                self.past.note(progress)
        number = due(self.config.records.pictures, progress)
        if not self.config.records.pictures or number <= self.drawn:
            return
        self.drawn = number
        encoded = drawing.draw(self.game.sampling_generator, *self.inputs)
        decoded = self.folder.spec.decode(encoded).numpy()
        name = layout.step_name(self.game.clock.step)
        path = self.folder.samples / f"{name}{layout.PICTURE}"
        with layout.writing(path):
            if self.critic:
                values = fields.field(self.critic, self.folder.spec, self.folder.classes, encoded)
                self.folder.fields.mkdir(exist_ok=True)
                fields.write(self.folder.fields / f"{name}{layout.FIELD}", values)
            path.parent.mkdir(exist_ok=True)
            picture = sheet(self.folder, self.shown, decoded)
            write_picture(picture, path)
            if self.kind.media == TEXTS:
                write_whole(path.with_suffix(layout.TEXT), self.kind.shown(decoded, self.folder.spec))
        self.log.samples(self.game.clock.step, picture, decoded)


def shown_of(folder: RunFolder, data: Dataset, held_out: Dataset | None) -> Dataset:
    """What the pictures during a training are made of: in a translation held-out sources, if there are any."""
    return held_out if folder.spec.given is not None and held_out is not None else data


def sheet(folder: RunFolder, shown: Dataset, decoded: Array) -> Image.Image:
    """The picture of decoded samples; in a translation beside their sources and, of pairs, their targets."""
    spec, kind = folder.spec, kinds.of(folder.spec)
    if spec.given is None or shown.given is None:
        return kind.sheet(decoded, spec, kind.columns(spec))
    places = drawing.places_of_given(shown, len(decoded), folder.config.seed).to(shown.samples.device)
    truth = None if spec.unpaired else shown.samples[places].cpu()
    return rows(shown.given.samples[places].cpu(), torch.from_numpy(decoded), truth, spec, 3 * TRIPLES)


def picture_inputs(folder: RunFolder, game: Game, data: Dataset) -> Inputs:
    """The inputs for the pictures that are drawn during training; each class has its own rows.

    Args:
        data: the training set.
    """
    config, classes, kind = folder.config, folder.classes, kinds.of(folder.spec)
    columns = kind.columns(folder.spec)
    blocks = (0 if folder.spec.clusters else min(classes, 12)) or columns
    count = kind.sheet_count or columns * blocks
    if data.given is not None and folder.spec.given is not None:
        count = min(TRIPLES * TRIPLES, len(data.given))
    labels = torch.arange(count) // columns % classes if classes else None
    if folder.spec.clusters:
        labels = drawing.drawn_labels(count, folder.facts["class_counts"], config.seed)
    return game.inputs(data, count, config.seed, labels)
