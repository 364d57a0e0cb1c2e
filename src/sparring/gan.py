"""``GAN``: the whole library in scikit-learn's manners: ``GAN().fit(x).sample(n)``."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from PIL import Image

from sparring import kinds
from sparring.config import arguments
from sparring.config.arguments import flag, instance, whole
from sparring.config.groups import BUDGETS, Config
from sparring.config.recipes import RECIPES, beyond_recipe
from sparring.data import builtin
from sparring.data.given import take
from sparring.data.spec import Dataset, Spec
from sparring.doctor.diagnosis import Diagnosis, diagnose
from sparring.errors import ConfigError, NonFiniteError, RunError, room, unknown, warn
from sparring.games import from_config
from sparring.games.adversarial import AdversarialGame
from sparring.history.record import HistoryWriter, Record
from sparring.history.table import History
from sparring.kinds import find
from sparring.machine.device import LAUNCHED, Runtime
from sparring.runs import checkpoint
from sparring.runs import folder as run
from sparring.runs.inference import Sampler
from sparring.training import plan, suited
from sparring.uses.progress import Display, console


class GAN:
    """A generator and a discriminator, trained by ``fit``, drawn from by ``sample``.

    Args:
        recipe: a named set of options; "auto" takes the best one measured for the kind of data and its size.
        options: any field of ``sparring.Config``, such as ``seed=1`` or ``g_lr=1e-3``.

    After ``fit``: ``config_``, ``spec_``, ``game_`` (the players), ``history`` (a table of the records).

    Raises:
        ConfigError: an unknown recipe or option.
    """

    def __init__(self, recipe: str = "auto", **options: Any) -> None:
        self.recipe, self.options = recipe, options
        _refuse_players({"recipe": recipe} | options)
        instance("recipe", recipe, str, "the name of one")
        if recipe != "auto" and recipe not in RECIPES:
            raise ConfigError(unknown("recipe", recipe, RECIPES))
        _check_processes(recipe, options, Config().replace(**options))
        self._data: Dataset | None = None
        self._game: AdversarialGame | None = None
        self._loaded: _Loaded | None = None
        self.history = History()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The recipe and the options given."""
        return {"recipe": self.recipe, **self.options}

    def set_params(self, **params: Any) -> GAN:
        """Change the recipe or options; takes effect at the next ``fit``."""
        fresh = GAN(**(self.get_params() | params))
        self.recipe, self.options = fresh.recipe, fresh.options
        return self

    @room()
    def fit(self, data: Any, labels: Any = None, *, verbose: bool = False, **budget: float) -> GAN:
        """Train anew on a built-in name, a file, a folder of pictures, an array or a tensor; returns self.

        Args:
            data: see ``sparring train --help`` for names; else an array, a tensor, (samples, labels), a torch
                Dataset or DataLoader, a table of numbers, a list of pictures.
            labels: classes of the samples, (N,).
            verbose: show the progress as ``sparring train`` does.
            budget: ``minutes``, ``epochs`` or ``samples_seen``; the recipe's own without it.

        Raises:
            DataError: the data cannot be trained on.
            ConfigError: options that do not fit the data, or an unknown budget.
            NonFiniteError: training broke down.
        """
        flag("verbose", verbose)
        for name in budget:
            if name not in BUDGETS and name in vars(Config()):
                raise ConfigError(f"{name} is an option of GAN, not of fit: GAN({name}=…).fit(data).")
            if name not in BUDGETS:
                raise ConfigError(unknown("budget", name, BUDGETS))
        if self.options.get("evaluate_every"):
            raise ConfigError(
                "evaluate_every keeps its best checkpoint in a run folder, which fit does not make: use "
                "`sparring train --evaluate-every`, or leave it out and measure with `sparring evaluate`."
            )
        dataset = _dataset(data, labels, Config().replace(**self.options))
        changes = self._changes(budget, dataset)
        handed = labels is not None or (isinstance(data, tuple) and dataset.classes > 0)
        tell = (
            _warn if dataset.name not in builtin.BUILT_IN else lambda _: None
        )  # of those it is told in the guides
        trained = self._prepare(dataset, suited.configure(dataset, self.recipe, handed, tell, **changes))
        if verbose and self.recipe == "auto" and (why := suited.recipe_for(dataset)[1]):
            console().print(why, markup=False, soft_wrap=True)
        records = plan.train(self.config_, self.game_, trained, held_out=self._held_out)
        with ExitStack() as stack:
            display = stack.enter_context(Display(console())) if verbose else None
            try:
                for record in records:
                    self.history.append(record)
                    if display:
                        display.show(record)
            except NonFiniteError:
                game, broken = self.game_, {"non_finite": 1.0}  # for diagnose
                self.history.append(Record(game.step, game.samples_seen, game.seconds, 1.0, broken))
                raise
        return self

    @room()
    def sample(
        self, count: int = 1, *, labels: Any = None, seed: int = 0, truncation: float = 1.0
    ) -> NDArray[Any]:
        """Draw samples (count, *shape) in the data's own range and type.

        Args:
            labels: a class, or one for each sample: a name, or an index where no name is a number;
                without it all classes in turn.
            seed: another seed, other samples.
            truncation: scale of the latents; below 1 more typical and less varied.

        Raises:
            RunError: not fitted yet.
            ConfigError: labels that do not fit.
        """
        self._check_fitted()
        return self._sampler.sample(count, labels=labels, seed=seed, truncation=truncation)

    def show(self, count: int = 16, *, labels: Any = None, seed: int = 0) -> Image.Image:
        """A picture of samples in a grid; a scatter plot for points."""
        self._check_fitted()
        count = whole("count", count, 1)
        kind = kinds.of(self.spec_)
        count = max(count, kind.count) if kind.crowd else count
        return kind.sheet(self.sample(count, labels=labels, seed=seed), self.spec_)

    def diagnose(self) -> Diagnosis:
        """What the doctor finds in the training's history; print it, or read ``present``.

        Raises:
            RunError: not fitted yet.
        """
        self._check_fitted()
        return diagnose(self.history, vars(self.config_) | {"kind": self.spec_.kind})

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write a run folder, which ``GAN.load`` and every ``sparring`` verb can read.

        Raises:
            RunError: not fitted, the folder exists (unless ``force``), or cannot be written.
        """
        self._check_fitted()
        if self._data is None:
            raise RunError("this GAN was loaded, not fitted: copy its run folder instead.")
        flag("force", force)
        folder = run.create(arguments.path("path", path), self.config_, self._data, force=force)
        writer = HistoryWriter(folder.history)
        for record in self.history:
            writer.write(record)
        writer.close()
        checkpoint.write(self.game_, folder.checkpoints, {"threads": torch.get_num_threads()})
        return folder.path

    @staticmethod
    def load(path: str | Path, *, device: str = "auto", best: bool = False) -> GAN:
        """A GAN from a run folder, ready to draw from; ``best`` takes its best checkpoint, not the last.

        Raises:
            RunError: not a run folder, or without such a checkpoint that is whole.
        """
        flag("best", best)
        folder = run.RunFolder(arguments.path("path", path))
        recipe = folder.config.recipe if folder.config.recipe in RECIPES else "auto"
        # One process draws, however many trained.
        gan = GAN(recipe, **beyond_recipe(folder.config.replace(processes=1)))
        gan.config_, gan.spec_, gan.classes_ = folder.config, folder.spec, folder.classes
        gan._class_counts = folder.facts["class_counts"]
        runtime = Runtime(device, "fp32")
        gan._loaded = _Loaded(folder, runtime, best, Sampler.load(folder, _warn, runtime, best=best))
        gan.history = History(folder.records())
        return gan

    def _repr_png_(self) -> bytes | None:
        """In a notebook a fitted GAN shows what it draws."""
        if not self._fitted:
            return None
        file = io.BytesIO()
        self.show(16).save(file, "PNG")
        return file.getvalue()

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"GAN({self.recipe!r}{options})"

    @property
    def game_(self) -> AdversarialGame:
        """The players; of a GAN that was loaded they are read from its run folder when they are asked for.

        Raises:
            RunError: the run has gone on since it was loaded.
        """
        if self._game is None and self._loaded:
            self._game = self._loaded.game()
        if self._game is None:
            raise AttributeError("this GAN has not been fitted: it has no game_ yet.")
        return self._game

    @property
    def _sampler(self) -> Sampler:
        """What to draw with: players that may have been changed, or else the generator alone."""
        if self._game is None and self._loaded:
            return self._loaded.sampler
        return Sampler.of(self.game_, self.spec_, self.config_, self._class_counts)

    @property
    def _fitted(self) -> bool:
        return self._game is not None or self._loaded is not None

    def _check_fitted(self) -> None:
        if not self._fitted:
            raise RunError("this GAN has not been fitted: call fit(data) or GAN.load(path) first.")

    def _changes(self, budget: Mapping[str, float], dataset: Dataset) -> dict[str, Any]:
        options = dict(self.options)
        if budget:
            options = {name: value for name, value in options.items() if name not in BUDGETS}
        return options | dict(budget) | {"data": dataset.name}

    def _prepare(self, dataset: Dataset, config: Config) -> Dataset:
        plan.check(config, dataset)
        dataset, self._held_out = plan.parts(config, dataset)
        self._game, self._loaded = from_config.game(config, dataset.spec, dataset.classes), None
        self.config_: Config = config
        self.spec_: Spec = dataset.spec
        self.classes_: int = dataset.classes
        self._class_counts = dataset.class_counts
        self._data, self.history = dataset, History()
        return dataset


class _Loaded(NamedTuple):
    """The run folder that a GAN was loaded from, and the generator there."""

    folder: run.RunFolder
    runtime: Runtime
    best: bool
    sampler: Sampler

    def game(self) -> AdversarialGame:
        """Both players, at the same step.

        Raises:
            RunError: the run has gone on since.
        """
        found, _ = self.folder.game(_warn, self.runtime, best=self.best)
        if found.step != self.sampler.step:
            raise RunError(
                f"{self.folder.path} was loaded at step {self.sampler.step:,} and is at step {found.step:,} "
                "now. Load it again with GAN.load."
            )
        return found


def _dataset(data: Any, labels: Any, config: Config) -> Dataset:
    if isinstance(data, str | Path):
        if labels is not None:
            raise ConfigError(
                "labels belong to arrays; named data and files bring their own, and for pictures say "
                "GAN(labels='folders') or GAN(labels='FILE.csv')."
            )
        dataset = find.dataset(str(data), config)
        for remark in [*find.shadowed(str(data)), *find.remarks(dataset, config)]:
            _warn(remark)
        return dataset
    dataset, remarks = take(data, labels)
    for remark in [*remarks, *find.remarks(dataset, config)]:
        warn(remark)
    return dataset


def _refuse_players(given: Mapping[str, Any]) -> None:
    """Say where own networks go: a GAN takes the names of the library's.

    Raises:
        ConfigError: a network, or the class of one, among the options.
    """
    for name, value in given.items():
        of_torch = isinstance(value, type) and issubclass(value, torch.nn.Module)
        if isinstance(value, torch.nn.Module) or of_torch:
            raise ConfigError(
                f"{name}: GAN takes networks by name, such as generator='dcgan'. Train your own with "
                "game = sparring.AdversarialGame(generator, discriminator, latent_dim=100), then "
                "`for record in sparring.train(game, data, sparring.Budget(minutes=1)): ...` "
                "and game.sample(16)."
            )


def _check_processes(recipe: str, given: Mapping[str, Any], config: Config) -> None:
    """Refuse several processes, which would start the caller's program again, but where torchrun did."""
    if config.processes == 1 or LAUNCHED in os.environ:
        return
    flags = {True: "--{}", False: "--no-{}"}
    options = " ".join(
        flags[value].format(name) if isinstance(value, bool) else f"--{name} {value}"
        for name, value in ((key.replace("_", "-"), value) for key, value in given.items())
    )
    raise ConfigError(
        f"processes = {config.processes} would run this whole program {config.processes} times. Save the data "
        f"(numpy.save) and train it with `sparring train DATA.npy --recipe {recipe} {options}`, or start the "
        f"script with `torchrun --nproc-per-node {config.processes} SCRIPT.py`; GAN.load draws from the run."
    )


def _warn(message: str) -> None:
    import warnings

    warnings.warn(message, stacklevel=3)
