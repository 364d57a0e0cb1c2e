"""``GAN``, the library in the style of scikit-learn: ``GAN().fit(x).sample(n)``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Unpack, cast

from numpy.typing import NDArray
from PIL import Image

from sparring import kinds
from sparring.config import arguments
from sparring.config.arguments import flag, instance, whole
from sparring.config.choices import TRAINED
from sparring.config.groups import Config
from sparring.config.keywords import BudgetOptions, NetworkName, Options
from sparring.config.option import OWN
from sparring.config.recipes import RECIPES, beyond_recipe
from sparring.config.words import said_in_python
from sparring.data.pictures import as_png
from sparring.data.spec import Spec
from sparring.doctor.diagnosis import Diagnosis, described, diagnose
from sparring.errors import ConfigError, RunError, did_you_mean, quoted, room, unknown
from sparring.games.adversarial import AdversarialGame
from sparring.history.find import PACKAGED
from sparring.history.record import Record
from sparring.history.table import History
from sparring.metrics.quality import DRAWS
from sparring.networks.own import EXPECTED, Given, own_players
from sparring.runs import folder as run
from sparring.runs.fitted import Fitted, warned
from sparring.runs.translator import Translator
from sparring.uses import asked, fitting, judge, judge_translation, translate
from sparring.uses import evaluate as evaluation
from sparring.uses.export.licence import UNSTATED
from sparring.uses.fitting import Made, Place
from sparring.uses.pretrained import folder_of, push_fitted
from sparring.uses.progress import shows_progress


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

    @said_in_python()
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

    @said_in_python()
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
                Dataset or DataLoader, a table of numbers, a list of pictures or of strings.
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
        shown = shows_progress(None if verbose is None else flag("verbose", verbose))
        records = self.fit_iter(data, labels, out=out, force=force, resume=resume, verbose=shown, **budget)
        for _ in records:
            pass
        if self.recipe == "auto" and not resume and not self._own:
            self._fit = fitting.contested(self._fitted, self.options, shown)
        return self

    @said_in_python()
    @room()
    def fit_iter(
        self,
        data: Any,
        labels: Any = None,
        *,
        out: str | Path | None = None,
        force: bool = False,
        resume: bool = False,
        verbose: bool = False,
        **budget: Unpack[BudgetOptions],
    ) -> Iterator[Record]:
        """Train as ``fit`` does, with the same arguments and errors, and yield each record.

        In the loop this GAN draws, is measured and saved as it is then. ``break`` stops: the GAN stays fitted,
        its run folder keeps that state exactly, and ``resume=True`` goes on from it. Another fit of this GAN
        within the loop is refused.
        """
        given: dict[str, Any] = dict(budget)
        asked.check_budget(given)
        path = None if out is None else arguments.path("out", out)
        place = Place(path, flag("force", force), flag("resume", resume))
        made = Made(self.recipe, self.options, self._own)
        shown = flag("verbose", verbose)
        self._fit = fitting.started(made, self._fit, data, labels, place, given, shown)
        return fitting.trained(self._fit, shown)

    @said_in_python()
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
        folder = None if out is None else arguments.path("out", out)
        return translate.of_any(translator, pictures, folder, flag("own_size", own_size), warned)

    @said_in_python()
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
        conditions = fitting.conditions_of(where)
        if conditions or kinds.of(self.spec_).kept:
            count = whole("count", count, 1)
            found = self._fitted.sampler.kept(count, conditions, seed, truncation, labels)
            return self._handed(found.samples)
        return self._handed(self._fitted.sampler.sample(count, labels=labels, seed=seed, truncation=truncation))

    @said_in_python()
    def show(self, count: int = fitting.SHEET, *, labels: Any = None, seed: int = 0) -> Image.Image:
        """A picture of samples in a grid; a scatter plot for points."""
        return fitting.drawn(self._fitted, whole("count", count, 1), labels, seed)

    @said_in_python()
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

    @said_in_python()
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
        if self.spec_.given is not None:
            return judge.translations(self._fitted, data, features, flag("quick", quick))
        options = evaluation.Options(features, count, draws, seed, full=not flag("quick", quick))
        return judge.samples(self._fitted, data, labels, held_out, options)

    def diagnose(self) -> Diagnosis:
        """The doctor's diagnosis of the training; print it, or read ``present``.

        Raises:
            RunError: not fitted yet.
        """
        fit = self._fitted
        return diagnose(fit.history, described(fit.config, fit.facts, fit.facts["own"]))

    @said_in_python()
    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write a run folder, which ``GAN.load`` and every ``sparring`` verb can read.

        Raises:
            RunError: not fitted, the folder exists (unless ``force``), or cannot be written.
        """
        return self._fitted.save(arguments.path("path", path), flag("force", force))

    @staticmethod
    @said_in_python()
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
    @said_in_python()
    def from_pretrained(
        name: str | Path,
        *,
        device: str = "auto",
        generator: Given | None = None,
        discriminator: Given | None = None,
    ) -> GAN:
        """Load players that ``sparring export --to safetensors`` or ``--to hub`` has written.

        Args:
            name: the path of the folder, hf:OWNER/NAME, which is loaded from the hub, or as for ``pretrained``.
            generator, discriminator: as in ``load``.

        Raises:
            RunError: there is no such folder, or nothing of that name on the hub.
            ConfigError: it is no name, or the package ``huggingface_hub`` is missing.
        """
        return GAN.load(folder_of(name), device=device, generator=generator, discriminator=discriminator)

    @said_in_python()
    @room()
    def push_to_hub(self, name: str, *, private: bool = False, licence: str = UNSTATED) -> str:
        """Put the players on the Hugging Face hub with a model card, and return the address of their page.

        Args:
            name: OWNER/NAME; log in before with ``hf auth login``.
            private: only you may see it.
            licence: for the card, such as "cc-by-4.0".

        Raises:
            RunError: not fitted, or the hub cannot be reached or refuses.
            ConfigError: it is no name or no licence, or the package ``huggingface_hub`` is missing.
        """
        return push_fitted(self._fitted, name, private=flag("private", private), licence=licence)

    @staticmethod
    @said_in_python()
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
        return as_png(self.show(16))

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"GAN({self.recipe!r}{options})"

    def __getattr__(self, name: str) -> Any:
        """Say which method may be meant by a name that there is not."""
        public = [known for known in dir(type(self)) if not known.startswith("_")]
        raise AttributeError(f"a GAN has no {quoted(name)}.{did_you_mean(name, public)}", name=name, obj=self)

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
