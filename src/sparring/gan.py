"""``GAN``, the library in the style of scikit-learn: ``GAN().fit(x).sample(n)``."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any, Literal, Unpack, cast

from numpy.typing import NDArray
from PIL import Image

from sparring import kinds
from sparring.config import arguments
from sparring.config.arguments import flag, instance, whole
from sparring.config.choices import BUDGETS, TRAINED
from sparring.config.groups import Config
from sparring.config.keywords import BudgetOptions, NetworkName, Options
from sparring.config.option import OWN
from sparring.config.recipes import RECIPES, beyond_recipe
from sparring.data import builtin
from sparring.data.arrays import ARRAY
from sparring.data.spec import Dataset, Spec
from sparring.doctor.diagnosis import Diagnosis, described, diagnose
from sparring.errors import ConfigError, RunError, room, unknown
from sparring.games.adversarial import AdversarialGame
from sparring.history import layout
from sparring.history.find import PACKAGED
from sparring.history.table import History
from sparring.machine.device import Runtime, launched
from sparring.metrics.quality import DRAWS
from sparring.networks.own import EXPECTED, Given, own_players
from sparring.runs import folder as run
from sparring.runs.create import check_free
from sparring.runs.finetune import Source
from sparring.runs.fitted import Fitted, warned
from sparring.runs.translator import Translator
from sparring.training import plan, suited
from sparring.uses import asked, judge_translation, translate
from sparring.uses import evaluate as evaluation
from sparring.uses.interrupt import after_the_step
from sparring.uses.progress import Display, console, shows_progress, working

PLAIN = "dcgan"  # the recipe for a user's own networks
ELSEWHERE = (*BUDGETS, "device", "threads", "processes")  # options that may differ on resume


class GAN:
    """A generator and a discriminator: ``fit`` trains them, and ``sample`` draws from the generator.

    Args:
        recipe: a named set of options; "auto" takes the best one measured for the kind of data and its size.
        generator, discriminator: a network's name, or your own network: a module, which is trained as it is, or
            a function or class that makes one. Each ``fit`` calls it with those of ``shape``, ``latent_dim``
            and ``classes`` that are among its parameters. With your own network, "auto" means "dcgan".
        options: any field of ``sparring.Config``, such as ``seed=1`` or ``g_lr=1e-3``.

    After ``fit``: ``config_``, ``spec_``, ``game_`` (the players), ``history`` (a table of the records),
    ``out_`` (its run folder, or None).

    Raises:
        ConfigError: an unknown recipe or option.
    """

    def __init__(
        self,
        recipe: str = "auto",
        *,
        generator: NetworkName | Given | None = None,
        discriminator: NetworkName | Given | None = None,
        game: Literal["adversarial", "translation"] | None = None,
        **options: Unpack[Options],
    ) -> None:
        if game is not None:
            options["rules"] = game
        players = {"generator": generator, "discriminator": discriminator}
        self._own = own_players(generator=generator, discriminator=discriminator)
        named = {name: given for name, given in players.items() if given is not None and name not in self._own}
        self.recipe = recipe
        self.options: dict[str, Any] = {**options, **named, **dict.fromkeys(self._own, OWN)}
        instance("recipe", recipe, str, "the name of one")
        if recipe != "auto" and recipe not in RECIPES:
            raise ConfigError(unknown("recipe", recipe, RECIPES))
        asked.check_processes(recipe, self.options, Config().replace(**self.options).machine.processes)
        self._fit: Fitted | None = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The recipe and the options given."""
        return {"recipe": self.recipe, **self.options, **self._own}

    def set_params(self, **params: Any) -> GAN:
        """Change the recipe or options; takes effect at the next ``fit``."""
        fresh = GAN(**(self.get_params() | params))
        self.recipe, self.options, self._own = fresh.recipe, fresh.options, fresh._own
        return self

    @room()
    def fit(
        self,
        data: Any,
        labels: Any = None,
        *,
        out: str | Path | None = None,
        force: bool = False,
        resume: bool = False,
        verbose: bool | None = None,
        **budget: Unpack[BudgetOptions],
    ) -> GAN:
        """Train on a built-in data set, a file, a folder of pictures, an array or a tensor; returns self.

        Args:
            data: see ``sparring train --help`` for names; else an array, a tensor, (samples, labels), a torch
                Dataset or DataLoader, a table of numbers, a list of pictures.
            labels: classes of the samples, (N,); in a translation, the targets, as ``data`` are the sources.
            out: a run folder to write, as ``sparring train`` does; ``force`` replaces the run that is there.
            resume: continue exactly the training of this GAN, or the one in ``out``; otherwise, a new
                training starts. A run folder is continued there, or in another folder given as ``out``.
            verbose: show the progress; by default, in a terminal or a notebook.
            budget: ``minutes``, ``epochs`` or ``samples_seen`` of the complete training; by default, those
                of the recipe.

        Ctrl-C stops after the step, so that the training can be resumed; a second Ctrl-C stops at once.

        Raises:
            DataError: the data cannot be trained on.
            ConfigError: options do not fit the data, or a budget is unknown.
            RunError: the run folder exists already, or the training cannot be resumed.
            NonFiniteError: a loss or gradient became infinite or NaN.
        """
        given: dict[str, Any] = dict(budget)
        asked.check_budget(given)
        path = None if out is None else arguments.path("out", out)
        shown = shows_progress(None if verbose is None else flag("verbose", verbose))
        goes_on = flag("resume", resume) and self._has_begun(path)
        if self.options.get("evaluate_every") and path is None and not (goes_on and self.out_):
            raise ConfigError(
                "evaluate_every keeps its best checkpoint in a run folder: name one, as fit(data, "
                "out='runs/mine'), or leave it out and measure with gan.evaluate()."
            )
        if path and not (goes_on or flag("force", force) or launched()):
            check_free(path)  # before any picture is decoded
        chosen = self.config_ if goes_on else Config().replace(**self.options)
        source = None if goes_on else Source.of(chosen.start, warned)
        if source and isinstance(data, str | Path):
            chosen = chosen.replace(**source.reading(str(data), self.options))
        if asked.translates(self.recipe, chosen):
            dataset, labels = asked.sides(data, labels, chosen.dataset, chosen.files), None
        else:
            dataset = asked.dataset(data, labels, chosen.files)
        if goes_on:
            self._check_options()
            self._fitted.go_on(dataset, given, path)
        else:
            handed = labels is not None or (isinstance(data, tuple) and dataset.classes > 0)
            config = self._configured(dataset, handed, given, source)
            self._fit = Fitted.begin(config, dataset, self._own, path, force, source)
            if shown and self.recipe == "auto" and not self._own and (why := suited.recipe_for(dataset)[1]):
                console().print(why, markup=False, soft_wrap=True)
        self._train(shown)
        return self

    @room()
    def translate(self, pictures: Any, *, out: str | Path | None = None, own_size: bool = False) -> Any:
        """Make pictures of other pictures, with a generator that ``fit(sources, targets)`` has trained.

        Args:
            pictures: an array (N, C, H, W) or (N, H, W, C) of any size, which gives (N, C, H, W); a picture of
                PIL or a list of them, which gives the same; or the path of a picture, a folder or a zip, which
                gives a list of PIL's.
            out: a folder, into which pictures of a path are also written.
            own_size: pictures of a path keep their size; without it, the shorter side is as in the training.

        Raises:
            RunError: not fitted yet, or it draws from random latents.
            DataError: these are no pictures.
        """
        translator = Translator.of(self._fitted.sampler)
        if self.spec_.given is None:
            raise RunError("this GAN draws from random latents: gan.sample(count).")
        if not isinstance(pictures, str | Path):
            return translate.of_arrays(translator, pictures)
        found = list(translate.files(translator, Path(pictures), flag("own_size", own_size)))
        for one in found:
            if one.picture is None:
                warned(f"{one.name} could not be read: {one.reason}.")
            elif out is not None:
                path = arguments.path("out", out) / f"{one.name}{layout.PICTURE}"
                path.parent.mkdir(parents=True, exist_ok=True)
                one.picture.save(path)
        return [one.picture for one in found if one.picture is not None]

    @room()
    def sample(
        self,
        count: int = 1,
        *,
        labels: Any = None,
        seed: int = 0,
        truncation: float = 1.0,
        where: str | Sequence[str] = (),
    ) -> Any:
        """Draw samples: an array (count, *shape) in the data's own range and type, texts as a list, or a table.

        Args:
            labels: a class, or one for each sample, by name or, if no name is a number, by index; by
                default, all classes in turn.
            seed: of the latents.
            truncation: scale of the latents; below 1 more typical and less varied.
            where: for tables, conditions that every row keeps to, such as "income=>50K" or "18 <= age < 30".

        Raises:
            RunError: not fitted yet.
            ConfigError: labels that do not fit, or conditions that hardly any sample keeps to.
        """
        conditions = (where,) if isinstance(where, str) else tuple(where)
        if conditions or (kinds.of(self.spec_).kept and labels is None):
            found = self._fitted.sampler.kept(whole("count", count, 1), conditions, seed, truncation)
            return self._handed(found.samples)
        return self._handed(self._fitted.sampler.sample(count, labels=labels, seed=seed, truncation=truncation))

    def show(self, count: int = 16, *, labels: Any = None, seed: int = 0) -> Image.Image:
        """A picture of samples in a grid; a scatter plot for points."""
        count = whole("count", count, 1)
        kind = kinds.of(self.spec_)
        count = max(count, kind.count) if kind.sheet_count else count
        return kind.sheet(self._fitted.sampler.sample(count, labels=labels, seed=seed), self.spec_)

    @room()
    def interpolate(
        self, count: int = 60, *, labels: Any = None, seed: int = 0, truncation: float = 1.0
    ) -> Any:
        """Samples along a closed path through the latents, as ``--interpolate`` draws them; see ``sample``.

        Args:
            labels: a class, or one for each sample; by default, all classes, one after the other.
            seed: of the latents.
            truncation: scale of the latents.

        Raises:
            RunError: not fitted yet.
            ConfigError: labels that do not fit.
        """
        sampler = self._fitted.sampler
        return self._handed(sampler.interpolate(count, labels=labels, seed=seed, truncation=truncation))

    def _handed(self, samples: NDArray[Any]) -> Any:
        """Samples in the form in which a user of this kind of data has them."""
        kind = kinds.of(self.spec_)
        return kind.handed(samples, self.spec_) if kind.handed else samples

    @room()
    def evaluate(
        self,
        data: Any = None,
        labels: Any = None,
        *,
        held_out: Any = None,
        features: str = "auto",
        count: int | None = None,
        draws: int = DRAWS,
        seed: int = 0,
        quick: bool = False,
    ) -> evaluation.Report | judge_translation.Judgement:
        """Measure the quality of the samples like ``sparring evaluate``; print the report or read its parts.

        Args:
            data: real samples for the comparison, as ``fit`` takes them; by default, the training set.
            held_out: real samples that were not trained on; by default, the hold-out of the training, or
                the held-out part of a built-in set.
            features: a name, as for ``--features``.
            count: the most samples per side; by default as many as the features need, or fewer if that takes
                more than minutes.
            draws: the number of times that fakes are drawn.
            quick: leave out copying, GAN-train and GAN-test, which take the longest time.

        Raises:
            RunError: not fitted yet, or loaded from a run whose array is not known here.
            DataError: too few samples, or samples that do not fit.
        """
        fit = self._fitted
        if self.spec_.given is not None:
            return self._judged(data, features, flag("quick", quick))
        real = fit.data if data is None else asked.dataset(data, labels, fit.config.files)
        others = None if held_out is None else asked.dataset(held_out, None, fit.config.files)
        options = evaluation.Options(features, count, draws, seed, full=not flag("quick", quick))
        with working() if sys.stderr.isatty() else nullcontext(lambda _: None) as tell:
            if real is None and fit.folder and fit.config.dataset.data != ARRAY:
                real = evaluation.as_read(fit.folder, tell)
            if real is None:
                raise RunError("this GAN was trained on an array: give it again, as gan.evaluate(data).")
            name = fit.name or "this GAN"
            same = (
                data is None
                or run.digest(plan.as_trained(fit.config.dataset, real)) == fit.facts["data_sha256"]
            )
            return evaluation.evaluate_sampler(
                fit.sampler, real, options, warned, name=name, trained_on=same, held_out=others, tell=tell
            )

    def _judged(self, data: Any, features: str, quick: bool) -> judge_translation.Judgement:
        """What a translation is worth on what it held out, or on other pictures (sources, targets)."""
        fit, others = self._fitted, None
        whole = fit.data
        if whole is None and fit.folder and fit.config.dataset.data != ARRAY:
            whole = evaluation.as_read(fit.folder, lambda _: None)
        if data is not None:
            if not isinstance(data, tuple | list) or len(data) != 2:
                raise ConfigError("a translation needs two sides: evaluate((sources, targets)).")
            others = asked.sides(data[0], data[1], fit.config.dataset, fit.config.files)
            if run.digest(plan.as_trained(fit.config.dataset, others)) == fit.facts["data_sha256"]:
                whole, others = others, None
        if whole is None:
            raise RunError("this GAN was trained on arrays: give them again, as evaluate((sources, targets)).")
        real, held_out = plan.parts(fit.config.dataset, whole)
        limit = 0.0 if quick else judge_translation.REGRESSION_SECONDS
        translator = Translator.of(fit.sampler)
        name = fit.name or "this GAN"
        return judge_translation.judge(translator, fit.config, real, others or held_out, name, features, limit)

    def diagnose(self) -> Diagnosis:
        """The doctor's diagnosis of the training; print it, or read ``present``.

        Raises:
            RunError: not fitted yet.
        """
        fit = self._fitted
        return diagnose(fit.history, described(fit.config, fit.facts, fit.facts["own"]))

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write a run folder, which ``GAN.load`` and every ``sparring`` verb can read.

        Raises:
            RunError: not fitted, the folder exists (unless ``force``), or cannot be written.
        """
        return self._fitted.save(arguments.path("path", path), flag("force", force))

    @staticmethod
    def load(
        path: str | Path,
        *,
        device: str = "auto",
        best: bool = False,
        generator: Given | None = None,
        discriminator: Given | None = None,
    ) -> GAN:
        """Load a GAN from the last checkpoint of a run folder, or with ``best`` from its best checkpoint.

        Args:
            generator, discriminator: your own networks that were trained there, or functions that make them;
                the generator is enough to draw and to measure.

        Raises:
            RunError: not a run folder, or it has no such checkpoint that is complete.
            ConfigError: the run's networks are your own, and were not given.
        """
        flag("best", best)
        players = {"generator": generator, "discriminator": discriminator}
        if named := [name for name, given in players.items() if isinstance(given, str)]:
            raise ConfigError(
                f"{named[0]}: expected {EXPECTED}; a network of the library needs no name here: leave it out."
            )
        folder = run.RunFolder(arguments.path("path", path))
        folder.check_own_inputs()
        recipe = folder.config.recipe if folder.config.recipe in RECIPES else "auto"
        # One process draws, even if several trained.
        options = beyond_recipe(folder.config.replace(processes=1))
        gan = GAN(recipe, **options)
        gan._own = own_players(**players)
        gan._fit = fit = Fitted.load(folder, gan._own, device, best)
        fit.history = History(record for record in folder.records() if record.step <= fit.sampler.step)
        return gan

    @staticmethod
    def pretrained(name: str, *, device: str = "auto") -> GAN:
        """Load players that come with the package, trained on the built-in set of this name.

        They draw, are measured, and begin other trainings (``GAN(from_run=name)``), but cannot be continued.

        Raises:
            ConfigError: there are none of this name.
        """
        if name not in TRAINED:
            raise ConfigError(unknown("trained GAN", str(name), TRAINED))
        return GAN.load(PACKAGED / name, device=device)

    def _repr_png_(self) -> bytes | None:
        """A sheet of samples, which a notebook shows for a fitted GAN."""
        if self._fit is None or self.spec_.given is not None:
            return None
        file = io.BytesIO()
        self.show(16).save(file, "PNG")
        return file.getvalue()

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"GAN({self.recipe!r}{options})"

    @property
    def game_(self) -> AdversarialGame:
        """The game with its players; in a loaded GAN, it is read from the run folder at its first use.

        Raises:
            RunError: the run has continued since it was loaded.
        """
        return cast(AdversarialGame, self._fitted.game)

    @property
    def config_(self) -> Config:
        """The options of the training."""
        return self._fitted.config

    @property
    def spec_(self) -> Spec:
        """The kind, shape and encoding of the data."""
        return self._fitted.spec

    @property
    def classes_(self) -> int:
        """The number of classes or clusters that the players use; 0 without classes."""
        return len(self._fitted.class_counts)

    @property
    def history(self) -> History:
        """The records of the training, as a table."""
        return self._fitted.history if self._fit else History()

    @property
    def out_(self) -> Path | None:
        """The run folder that it was trained in or loaded from."""
        return self._fit.folder.path if self._fit and self._fit.folder else None

    @property
    def _fitted(self) -> Fitted:
        if self._fit is None:
            raise RunError("this GAN has not been fitted: call fit(data) or GAN.load(path) first.")
        return self._fit

    def _has_begun(self, path: Path | None) -> bool:
        """Whether there is a training to continue, in this GAN or in a run folder.

        Raises:
            RunError: there is no training to continue, and no folder for a new one.
        """
        if self._fit is None and path is None:
            raise RunError("there is no training to continue: call fit(data) or GAN.load(path) first.")
        there = self._fit is None and path is not None and layout.is_run(path)
        if launched():  # all processes decide the same: the first may be making the folder
            there = Runtime(self.options.get("device", "auto"), "fp32").agree(there)
        if there and path:
            self._fit = Fitted.load(run.RunFolder(path), self._own)
        return self._fit is not None

    def _configured(
        self, dataset: Dataset, handed: bool, budget: Mapping[str, float], source: Source | None
    ) -> Config:
        """The config for this GAN's options, data and source.

        Args:
            handed: whether labels were given with the data.
            source: the run with whose players the training begins.
        """
        options = {name: value for name, value in self.options.items() if not budget or name not in BUDGETS}
        # The guides describe the built-in data sets, so these need no warnings.
        tell = warned if dataset.name not in builtin.BUILT_IN else lambda _: None
        plain = PLAIN if dataset.given is None else "auto"
        recipe = plain if self._own and self.recipe == "auto" else self.recipe
        norms = {f"{name[0]}_norm": "none" for name in self._own}  # own networks do not have the recipe's norm
        changes = norms | options | dict(budget) | suited.named(dataset)
        if source:
            recipe = source.recipe(dataset) if recipe == "auto" else recipe
            changes |= source.options(recipe, dataset, changes)
        return suited.configure(dataset, recipe, handed, tell, **changes)

    def _check_options(self) -> None:
        """Refuse to continue with options that differ from those at the start of the training."""
        wanted = self.options | ({"recipe": self.recipe} if self.recipe != "auto" else {})
        given, begun = Config().replace(**wanted).flat(), self.config_.flat()
        for name in wanted:
            value, was = given[name], begun[name]
            if name not in ELSEWHERE and value != was:
                raise ConfigError(
                    f"{name} = {value!r}, but the training began with {was!r}, which cannot change. Leave it "
                    "out, or start a new training without resume."
                )

    def _train(self, shown: bool) -> None:
        """Train until the budget is spent or Ctrl-C is pressed."""
        fit = self._fitted
        with ExitStack() as stack:
            stopped = stack.enter_context(after_the_step())
            display = None
            if shown and fit.game.runtime.rank == 0:
                display = stack.enter_context(Display(console()))
            for record in fit.train(stopped):
                if display:
                    display.show(record)
            if stopped():
                raise KeyboardInterrupt
