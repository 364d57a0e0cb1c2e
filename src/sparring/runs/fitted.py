"""The state of a training in Python: start, continue and save it, in a run folder or only in memory."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from sparring import games
from sparring.config.groups import Config
from sparring.config.words import in_python
from sparring.data.spec import Dataset, Spec
from sparring.errors import NonFiniteError, RunError
from sparring.games.game import Game
from sparring.history.record import HistoryWriter, Record
from sparring.history.table import History
from sparring.machine.device import Runtime
from sparring.networks.own import NONE, Given
from sparring.runs import checkpoint
from sparring.runs import folder as run
from sparring.runs.create import create, create_for_all
from sparring.runs.finetune import Source
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.runs.writer import train_in
from sparring.training import plan
from sparring.training.budget import Budget
from sparring.training.loop import prepared

# The files of the library, and contextlib, through which the decorator ``room`` calls them.
INSIDE = (f"{Path(__file__).parents[1]}{os.sep}", contextlib.__file__)


def warned(message: str) -> None:
    """Show a message to a Python user as a warning about the user's own line, which called the library."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(INSIDE):
        level, frame = level + 1, frame.f_back
    warnings.warn(in_python(message), stacklevel=level)


def described(game: Game, own: Collection[str]) -> dict[str, str]:
    """The description in run.json of the players that are a user's own."""
    return {name: type(player).__name__ for name, player in game.players.items() if name in own}


@dataclass(eq=False)
class Fitted:
    """A training and its current state.

    Attributes:
        config, spec: its options, and the kind, shape and encoding of its data.
        class_counts: the number of samples of each class or cluster; empty without classes.
        folder: its run folder; None if the training is only in memory.
        own: the user's own players by name.
        data: the data that it was given, as it was read; None if the training was loaded.
        held_out: the part of the data that is not trained on.
        history: the records so far.
        source: the facts about the run with whose players it began; None without one.
        threads: the number of CPU threads that compute; None if it is not known yet.
        looping: whether a loop of ``fit_iter`` is in the middle of it.
    """

    config: Config
    spec: Spec
    class_counts: list[int]
    own: Mapping[str, Given]
    folder: RunFolder | None = None
    data: Dataset | None = None
    held_out: Dataset | None = None
    source: Mapping[str, Any] | None = None
    threads: int | None = None
    history: History = field(default_factory=History)
    looping: bool = False
    _seen: Dataset | None = None  # the data as the players see it
    _game: Game | None = None
    _device: str = "auto"  # the device of a loaded state
    _best: bool = False  # whether the best checkpoint was loaded

    @staticmethod
    def begin(
        config: Config,
        data: Dataset,
        own: Mapping[str, Given],
        path: Path | None,
        force: bool,
        source: Source | None = None,
    ) -> Fitted:
        """New players for this data, in a new run folder if a path is given.

        Args:
            source: the run with whose players they begin.

        Raises:
            ConfigError: options that do not go together.
            DataError: too few samples.
            RunError: the folder exists already.
        """
        plan.check(config, data)
        seen, held_out = plan.parts(config.dataset, data)
        game = games.make(config, seen.spec, seen.classes, own=own)
        of_source = source.begin(game, seen.spec, seen.classes, warned) if source else None
        if own:
            prepared(game, seen, config.optimizers.batch_size, try_out=True)
        folder = None
        if path:
            words = described(game, own)
            folder = create_for_all(game.runtime, path, config, seen, own=words, source=of_source, force=force)
            folder.keep_start(game)
        known = config, seen.spec, seen.class_counts, own, folder
        return Fitted(*known, data=data, held_out=held_out, source=of_source, _seen=seen, _game=game)

    @staticmethod
    def load(
        folder: RunFolder, own: Mapping[str, Given] = NONE, device: str = "auto", best: bool = False
    ) -> Fitted:
        """The training in a run folder, at its last checkpoint or at its best one.

        Raises:
            ConfigError: networks are given for players that are the library's.
        """
        folder.check_own(own)
        known = folder.config, folder.spec, folder.facts["class_counts"], own, folder
        return Fitted(*known, _device=device, _best=best)

    def _see(self, config: Config, data: Dataset, parts: tuple[Dataset, Dataset | None]) -> None:
        """Set the data, and its parts with the labels that the config chooses."""
        self.config, self.data = config, data
        self._seen, self.held_out = parts
        self.spec, self.class_counts = self._seen.spec, self._seen.class_counts

    def go_on(self, data: Dataset, budget: Mapping[str, float], path: Path | None) -> None:
        """Return to the state where the training stopped, in its run folder or in a new one.

        Args:
            budget: of the whole training, if it changes.

        Raises:
            RunError: the data differs, or the state is a best checkpoint and its run has continued after it.
        """
        config = self.config.replace(**budget)
        if self._device != "auto":
            config = config.replace(device=self._device)
        plan.check(config, data)
        parts = plan.parts(config.dataset, data)
        run.check_same(self.facts, parts[0], self.name or "this training")
        if path and not (self.folder and self.folder.path.resolve() == path.resolve()):
            self.folder = RunFolder(self.save(path))
        elif self.folder and self._best:
            raise RunError(
                f"{self.folder.path} has continued after its best checkpoint. Continue from that elsewhere: "
                "fit(data, resume=True, out='runs/other')."
            )
        self._see(config, data, parts)
        if self.folder:
            self.folder.config = config
            self._restore(self.folder)
        self._device, self._best = "auto", False
        if Budget.of(config.budget).progress(self.game.clock, len(parts[0])) >= 1:
            warned("this training has spent its budget: give it more, as fit(data, resume=True, minutes=5).")

    def _restore(self, folder: RunFolder) -> None:
        """Restore players, threads and history from a run's last checkpoint; without one, make new players."""
        self._check_known(folder)
        if folder.saved():
            game, saved = folder.game(warned, own=self.own)
        else:
            game, saved = folder.new_game(folder.config, warned, own=self.own), {}
        self._game, self.threads = game, saved.get("threads")
        self.history = History(record for record in folder.records() if record.step <= game.clock.step)

    def train(self, stop: Callable[[], bool]) -> Iterator[Record]:
        """Train until the budget is spent; each record is also added to the history.

        If the iterator is closed at a record, the exact state there is saved.

        Raises:
            NonFiniteError: training broke down.
        """
        game, seen = self.game, self._seen
        assert seen is not None
        if self.folder:
            records = train_in(
                self.folder, game, seen, threads=self.threads, held_out=self.held_out, stop=stop, warn=warned
            )
        else:
            records = plan.train(
                self.config, game, seen, threads=self.threads, held_out=self.held_out, stop=stop
            )
        try:
            for record in records:
                self.history.append(record)
                self.threads = torch.get_num_threads()
                yield record
        except GeneratorExit:  # the caller stops at a record, of which the run folder keeps the exact state
            if self.folder and game.runtime.rank == 0:
                more = {"threads": self.threads, "progress": game.clock.progress}
                checkpoint.write(game, self.folder.checkpoints, more)
            raise
        except NonFiniteError:
            self.history.append(game.clock.broken())
            raise

    def save(self, path: Path, force: bool = False) -> Path:
        """Write a run folder of this state, which can be resumed.

        Raises:
            RunError: it exists already (unless ``force``), or cannot be written.
        """
        game, facts = self.game, self.facts
        folder = create(path, self.config, facts, own=facts["own"], source=facts.get("source"), force=force)
        writer = HistoryWriter(folder.history)
        for record in self.history:
            writer.write(record)
        writer.close()
        checkpoint.write(game, folder.checkpoints, {"threads": self.threads} if self.threads else {})
        return folder.path

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts in run.json about the data; without a run folder, they are computed from all its bytes."""
        if self.folder:
            return self.folder.facts
        assert self._seen is not None
        began = {"source": self.source} if self.source else {}
        return run.facts_of(self._seen) | {"own": described(self.game, self.own)} | began

    @property
    def best(self) -> bool:
        """Whether it was loaded from the best checkpoint of its run."""
        return self._best

    @property
    def name(self) -> str:
        """The path of its run folder; "" without one."""
        return str(self.folder.path) if self.folder else ""

    @property
    def game(self) -> Game:
        """The game with its players; that of a run folder is read at its first use.

        Raises:
            RunError: the run has continued since it was loaded.
        """
        if self._game is None:
            assert self.folder is not None
            self._check_known(self.folder)
            found, facts = self.folder.game(warned, self._runtime, best=self._best, own=self.own)
            if found.clock.step != self._loaded.step:
                raise RunError(
                    f"{self.folder.path} was loaded at step {self._loaded.step:,} and is at step "
                    f"{found.clock.step:,} now. Load it again with GAN.load."
                )
            self._game, self.threads = found, facts.get("threads")
        return self._game

    @property
    def sampler(self) -> Sampler:
        """The sampler of the players in memory, or else of the generator in the run folder."""
        if self._game is None:
            return self._loaded
        return Sampler.of(self._game, self.spec, self.config, self.class_counts)

    @cached_property
    def _runtime(self) -> Runtime:
        return Runtime(self._device, "fp32")

    @cached_property
    def _loaded(self) -> Sampler:
        assert self.folder is not None
        own = self.own.get("generator")
        return Sampler.load(self.folder, warned, self._runtime, best=self._best, generator=own)

    def _check_known(self, folder: RunFolder) -> None:
        """Refuse to make a game that the config does not describe completely.

        Raises:
            RunError: what is missing, and how the training continues.
        """
        folder.check_game_known()
        if missing := [name for name in folder.facts["own"] if name not in self.own]:
            raise RunError(
                f"the {' and the '.join(missing)} of {folder.path} {'is' if len(missing) == 1 else 'are'} the "
                f"program's own: give all of its networks, as {folder.in_python(*folder.facts['own'])}."
            )
