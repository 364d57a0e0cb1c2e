"""The run folder: all files of a training, from which it is resumed and samples are drawn.

``config.toml`` has the options, ``run.json`` the data's spec and the versions, ``history.jsonl`` one
Record per line, ``samples/`` pictures of the same latents during training, ``checkpoints/`` the states.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from PIL import Image

from sparring import games, kinds
from sparring.config.groups import Config
from sparring.data.arrays import ARRAY
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError, counted
from sparring.files import left_over
from sparring.games.game import Game
from sparring.history import layout
from sparring.history.find import alone, packaged, players_alone
from sparring.history.record import LOGGED, Record, read_history
from sparring.machine.device import Runtime
from sparring.networks.own import NONE, Given
from sparring.runs import checkpoint, facts


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
    def name(self) -> str:
        """The path, or the name of players that come with the package."""
        return self.path.name if packaged(self.path) else str(self.path)

    @property
    def checkpoints(self) -> Path:
        return self.path / layout.CHECKPOINTS

    @property
    def healthy(self) -> Path:
        """The folder of healthy checkpoints, to which a rescue can go back."""
        return self.path / layout.HEALTHY

    @property
    def start(self) -> Path:
        """The folder of the state at the first step, kept if the players began with those of another run."""
        return self.path / layout.START

    @property
    def best(self) -> Path:
        """The folder of the checkpoint with the smallest distance, kept with ``evaluate_every``."""
        return self.path / layout.BEST

    @property
    def choice(self) -> Path:
        """The file that compares the best checkpoint with the last, on samples not used for the choice."""
        return self.path / layout.CHOICE

    @property
    def samples(self) -> Path:
        return self.path / layout.SAMPLES

    @property
    def fields(self) -> Path:
        """The folder with scores of the discriminator over the plane, for two-dimensional points."""
        return self.path / layout.FIELDS

    @property
    def history(self) -> Path:
        return self.path / layout.HISTORY

    def records(self) -> Iterator[Record]:
        """The records so far; none if there is no history yet."""
        return read_history(self.history) if self.history.exists() else iter(())

    @property
    def drawn_with(self) -> str:
        """The name, in its checkpoints, of the network that samples are drawn with."""
        averaged = self.config.optimizers.ema_half_life is not None
        usual = checkpoint.AVERAGE if averaged else checkpoint.GENERATOR
        return str(self.facts["own"].get(layout.DRAWN_WITH, usual))

    def in_python(self, *players: str) -> str:
        """The call with which a program loads the run; ``players`` that are the program's own are arguments."""
        own = "".join(f", {name}=YOURS" for name in players if name in self.facts["own"])
        return f"sparring.GAN.load({str(self.path)!r}{own})"

    @property
    def goes_on(self) -> str:
        """The call or command with which its training continues."""
        path, own = str(self.path), self.facts["own"]
        if layout.GAME in own:
            return f"sparring.train(game, data, budget, out={path!r}, resume=True)"
        if own or self.config.dataset.data == ARRAY:
            return f"{self.in_python(*own)}.fit(data, resume=True)"
        return f"`sparring resume {shlex.quote(path)}`"

    @property
    def mend(self) -> str:
        """What to do where its checkpoints do not fit the networks."""
        return "Give the networks that were trained." if self.facts["own"] else checkpoint.MEND

    def check_own(self, given: Iterable[str]) -> None:
        """Refuse a program's own networks in place of the library's, which were trained.

        Raises:
            ConfigError: which networks.
        """
        own = self.facts["own"]
        if extra := [name for name in given if name not in own and layout.GAME not in own]:
            raise ConfigError(
                f"the {' and the '.join(extra)} of {self.path} {'are' if len(extra) > 1 else 'is'} of the "
                f"library: leave out {' and '.join(f'{name}=…' for name in extra)}."
            )

    def check_game_known(self) -> None:
        """Refuse to make the game again if it is a program's own, which no config describes.

        Raises:
            RunError: how its training continues.
        """
        own = self.facts["own"]
        if layout.GAME in own:
            raise RunError(
                f"{self.path} was trained by a program's own game ({own[layout.GAME]}): go on with "
                f"{self.goes_on}."
            )

    def check_history(self) -> None:
        """Refuse to continue players that were written without a history and optimizers.

        Raises:
            RunError: what can be done with them.
        """
        if alone(self.path):
            raise RunError(players_alone(self.name))

    def check_latents(self) -> None:
        """Refuse to draw from random latents if the generator was given something else.

        Raises:
            RunError: how it draws.
        """
        if self.spec.given is not None:
            raise RunError(
                f"{self.path} makes pictures of other pictures, not of random numbers: sparring translate "
                f"{shlex.quote(str(self.path))} PICTURES."
            )
        self.check_own_inputs()

    def check_own_inputs(self) -> None:
        """Refuse to draw from what only a program's own game gives.

        Raises:
            RunError: how the program's game draws.
        """
        if "latent_dim" in self.facts["own"]:
            raise RunError(
                f"the game of {self.path} draws from what is given with its data, not from random latents: "
                "make it as it was, let list(sparring.train(game, data, budget, "
                f"out={str(self.path)!r}, resume=True)) put it where the run stopped, and call "
                "game.draw(given)."
            )

    def saved(self) -> list[int]:
        """The steps of the checkpoints, ascending; one of them may be broken."""
        return layout.steps(self.checkpoints, layout.STATE)

    def drop_after(self, step: int, *names: str) -> None:
        """Delete files of later steps in these folders of ``layout.BY_STEP``."""
        clear(self.path, lambda other: other > step, names)

    def game(
        self,
        warn: Callable[[str], object],
        runtime: Runtime | None = None,
        *,
        best: bool = False,
        own: Mapping[str, Given] = NONE,
    ) -> tuple[Game, dict[str, Any]]:
        """The players from the newest complete checkpoint, or the best one, and the facts of the checkpoint.

        Args:
            own: the user's own players by name.

        Raises:
            RunError: there is no complete checkpoint, or it does not fit the config.
            ConfigError: a player is a user's own, and was not given.
        """
        self.check_history()
        saved, tensors = checkpoint.read(self.states(best), warn)
        restored = games.make(self.config, self.spec, self.classes, runtime, own)
        checkpoint.restore(restored, saved, tensors, self.mend)
        return restored, saved

    def keep_start(self, game: Game) -> None:
        """Save the state at the first step, if the players began with those of another run."""
        if "source" in self.facts and game.runtime.rank == 0:
            checkpoint.write(game, self.start)

    def new_game(
        self,
        config: Config,
        warn: Callable[[str], object],
        runtime: Runtime | None = None,
        own: Mapping[str, Given] = NONE,
    ) -> Game:
        """The players before the first step: random, or with the weights of another run if they began so.

        Args:
            config: the options of the game, which a rescue may have changed.

        Raises:
            RunError: the state at the first step is broken, or does not fit the config.
        """
        game = games.make(config, self.spec, self.classes, runtime, own)
        if layout.steps(self.start, layout.STATE):
            checkpoint.restore(game, *checkpoint.read(self.start, warn), self.mend)
        return game

    def states(self, best: bool = False) -> Path:
        """The folder of the checkpoints, or that of the best one.

        Raises:
            RunError: the best one is asked for, and none was kept.
        """
        if best and not layout.steps(self.best, layout.STATE):
            raise RunError(
                f"{self.path} has no best checkpoint: train with --evaluate-every 50000 "
                "(evaluate_every=50_000)."
            )
        return self.best if best else self.checkpoints

    def pictures(self) -> list[Path]:
        """The picture files of the same latents during training, named by step, oldest first."""
        drawn = sorted(_written(self.path).intersection(layout.steps(self.samples, layout.PICTURE)))
        return [self.samples / f"{layout.step_name(step)}{layout.PICTURE}" for step in drawn]

    def frames(self) -> list[Image.Image]:
        """The pictures of the same latents during training, oldest first."""
        frames = []
        for path in self.pictures():
            with suppress(OSError, SyntaxError, ValueError), Image.open(path) as picture:  # a damaged one
                frames.append(picture.copy())
        return frames


def facts_of(data: Dataset) -> dict[str, Any]:
    """The facts about the training data for run.json."""
    kind = kinds.of(data.spec)
    own = {name: measure.logged for name, measure in kind.measures.items() if name not in LOGGED}
    return {
        "data": data.name,
        "data_count": len(data),
        "data_sha256": digest(data),
        "classes": data.classes,
        "class_counts": data.class_counts,
        "noun": kind.noun,
        "media": kind.media,
        "measures": {name: logged._asdict() for name, logged in own.items()},
        "spec": data.spec.to_dict(),
        **({} if data.given is None else {"given": facts_of(data.given)}),
    }


def _written(path: Path) -> set[int]:
    """The steps for which a run may have files: 0, those in its history and those of its checkpoints."""
    history = path / layout.HISTORY
    steps = {record.step for record in read_history(history)} if history.is_file() else set()
    states = (layout.CHECKPOINTS, layout.HEALTHY, layout.BEST)
    return steps.union({0}, *(layout.checkpoints(path / name) for name in states))


def clear(path: Path, goes: Callable[[int], bool], names: Iterable[str] = layout.BY_STEP) -> None:
    """Delete files of a run for some steps, and incomplete files; the user's own files stay."""
    written = _written(path)
    for name in names:
        layout.drop(path / name, goes, written)
    for folder in (path, *(path / name for name in names)):
        for left in left_over(folder):
            left.unlink(missing_ok=True)


@contextmanager
def only_trainer(path: Path, work: str = "being trained") -> Iterator[None]:
    """Lock the folder, so that only one training uses it at a time.

    Args:
        work: what is done in it, as it is said to another process.

    Raises:
        RunError: another process is training in it.
    """
    try:
        with FileLock(path / layout.LOCK, timeout=0):
            yield
    except Timeout as error:
        raise RunError(f"{path} is {work} by another process.") from error


def digest(data: Dataset) -> str:
    """SHA-256 of the samples, labels and what is given, to recognise the same data on resume."""
    total = hashlib.sha256(data.samples.contiguous().numpy().data)
    if data.labels is not None:
        total.update(data.labels.contiguous().numpy().data)
    if data.given is not None:
        total.update(digest(data.given).encode())
    return total.hexdigest()


def same_data(folder: RunFolder, data: Dataset) -> None:
    """Refuse to continue with data that differs from that at the start of the run.

    Raises:
        RunError: the samples or labels differ.
    """
    check_same(folder.facts, data, str(folder.path))


def check_same(of_data: Mapping[str, Any], data: Dataset, whose: str) -> None:
    """Refuse to continue a training with data that differs from that in these facts.

    Raises:
        RunError: the samples or labels differ.
    """
    if digest(data) != of_data.get("data_sha256"):
        then, now = of_data.get("data_count"), len(data)
        differs = (
            f"it still has {counted(now, 'sample')}, but their values, labels or order differ"
            if then == now
            else f"{then} samples then, {now} now"
        )
        raise RunError(f"{data.name} has changed since {whose} began ({differs}). Train a new run on it.")
