"""Evaluate a run, or any two sets: choose the reals, the fakes and the features."""

from __future__ import annotations

import io
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from PIL import Image
from rich.console import Console
from torch import Tensor

from sparring import __version__, kinds
from sparring.config.groups import DatasetConfig, PictureFilesConfig
from sparring.data import builtin
from sparring.data.arrays import ARRAY
from sparring.data.spec import Dataset, Spec
from sparring.data.split import split_hold_out
from sparring.data.store import Watch
from sparring.doctor.quality import HOLD_OUT_SUFFIX
from sparring.errors import ConfigError, DataError, RunError, counted, first_of
from sparring.games.game import Game
from sparring.history.find import marked, runs_in
from sparring.kinds import find
from sparring.machine.device import Runtime
from sparring.metrics.evaluation import Evaluation, evaluate
from sparring.metrics.extractors import choose, suited
from sparring.metrics.features import Samples
from sparring.metrics.overlap import overlaps
from sparring.metrics.quality import (
    COUNT,
    DRAWS,
    MOST_PARTS,
    QUICK,
    Tell,
    TimesReal,
    features_of,
    known_standard,
    real_features,
    standard,
    usual_count,
)
from sparring.runs import folder as run
from sparring.runs.best import to_measure
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.training import plan
from sparring.uses.tables import show_report

DRAW_STRIDE = 1_000_003  # between the seeds of two draws; only 32 bits of a seed count
QUICK_VALUES = 3 * 64 * 64  # of a sample, above which a training's end does not wait for a measurement
LEAST_DRAWN = 1000  # fakes that are drawn at least if their features are slow
PAIRS = 24  # fakes shown with their nearest training samples
COLUMNS = 112  # of a report that is printed in Python
COMPARED = 2**22  # numbers of fakes held against their nearest at once
Beside = Callable[[Tensor, Tensor], Image.Image]  # fakes and reals (N, *shape), side by side
VERSIONS = {"sparring": __version__, "torch": torch.__version__, "python": platform.python_version()}


@dataclass(frozen=True, repr=False)
class Report:
    """An evaluation, what it is of, and the fakes most like training samples beside those.

    Print it, or read its parts: ``report.evaluation.times_real.value``.
    """

    real: str
    fake: str
    evaluation: Evaluation
    facts: dict[str, Any]
    pairs: Image.Image | None

    def to_dict(self) -> dict[str, Any]:
        """As ``evaluation.json`` has it."""
        names = {"reals": self.real, "fakes": self.fake, "against": self.evaluation.held_out or self.real}
        return names | self.facts | self.evaluation.to_dict()

    def __repr__(self) -> str:
        file = io.StringIO()
        show_report(self, Console(file=file, width=COLUMNS))
        return file.getvalue().rstrip()


@dataclass(frozen=True)
class Options:
    """How to evaluate: ``features`` by name, at most ``count`` samples a side, ``draws`` of fakes.

    ``best`` takes a run's best checkpoint, not its last.
    """

    features: str = "auto"
    count: int = COUNT
    draws: int = DRAWS
    seed: int = 0
    full: bool = True
    device: str = "auto"
    best: bool = False


def evaluate_run(
    folder: RunFolder,
    options: Options,
    warn: Callable[[str], object],
    *,
    held_out: Dataset | None = None,
    tell: Tell = lambda _: None,
) -> Report:
    """A run's generator against what it was trained on, or reals held out of that.

    Those are ``held_out`` or, without it, what the run set aside or the part of a built-in set that no
    training sees.

    Raises:
        RunError: no checkpoint, trained on an array in Python, or the data has changed since.
        DataError: the data is no longer there.
    """
    if folder.config.dataset.data == ARRAY:
        raise RunError(
            f"{folder.path} was trained on an array in Python: there, sparring.GAN.load({str(folder.path)!r})"
            f".evaluate(data). Here, save the array as .npz and give --real FILE.npz --fake {folder.path}."
        )
    data, aside = _apart(folder.config.dataset, as_read(folder, tell))
    return compare(data, folder, options, warn, held_out=held_out or aside, tell=tell)


def evaluate_sampler(
    sampler: Sampler,
    data: Dataset,
    options: Options,
    warn: Callable[[str], object],
    *,
    name: str,
    trained_on: bool,
    held_out: Dataset | None = None,
    tell: Tell = lambda _: None,
) -> Report:
    """A generator that somebody has at hand, as ``evaluate_run`` does a run's.

    Args:
        data: what it was trained on, as it was read, or where that is not so other real samples.
        name: of what is measured, for the report.
    """
    aside = None
    if trained_on:
        data, aside = _apart(sampler.config.dataset, data)
    return compare(data, sampler, options, warn, name=name, held_out=held_out or aside, tell=tell)


def times_real(
    folder: RunFolder, game: Game, data: Dataset, count: int = COUNT, tell: Tell = lambda _: None
) -> TimesReal | None:
    """The quality of a run's players as they are: the very number that ``evaluate_run`` gives.

    Of fewer than the usual ``count`` samples it is estimated. None where its features take long.

    Args:
        data: what the run was given, as it was read.

    Raises:
        DataError: too few samples for the features, or such as are not finite.
    """
    options = Options()
    data, aside = _apart(folder.config.dataset, data)
    device = game.runtime.device
    reals = to_measure(data, device)
    if suited(reals) not in QUICK or reals.values > QUICK_VALUES:
        return None
    extractor = choose(reals)
    others = None if aside is None else to_measure(aside, device)
    by = known_standard(extractor, reals.samples, None if others is None else others.samples)
    if by is None:
        found = real_features(extractor, reals, others, options.count, tell=tell)
        by = standard(extractor, found, options.count, held_out=aside is not None)
    if not by.enough:
        raise DataError(f"{counted(by.count, 'sample')} a side are too few for {by.label}")
    sampler = Sampler.of(game, folder.spec, folder.config, folder.facts["class_counts"])
    drawn = _of_sampler(str(folder.path), sampler, options, min(count, by.used))
    return by.times_real(features_of(extractor, drawn.draw(k), "samples", tell) for k in range(drawn.draws))


def as_read(folder: RunFolder, tell: Tell) -> Dataset:
    """What a run was given, read again.

    Raises:
        RunError: it has changed.
        DataError: it is no longer there.
    """

    def watch(what: str, done: int, total: int) -> None:
        tell(f"{what}, {done:,} of {total:,}")

    config, data = folder.config, find.dataset(folder.config.dataset.data, folder.config.picture_files, watch)
    try:
        run.same_data(folder, plan.as_trained(config.dataset, data))
    except RunError as error:
        raise RunError(
            f"{error} Or measure against it as it is now: --real {data.name} --fake {folder.path}."
        ) from error
    return data


def _apart(chosen: DatasetConfig, data: Dataset) -> tuple[Dataset, Dataset | None]:
    """The training set of a run, and real samples that it has not seen, or None."""
    if chosen.hold_out:
        data, aside = split_hold_out(data, chosen.hold_out)
        return data, named_part(aside)
    return data, named_part(builtin.held_out(chosen.data))


def named_part(held_out: Dataset | None) -> Dataset | None:
    """The part of a set that no training sees, under a name that says so."""
    return held_out and replace(held_out, name=f"{held_out.name}{HOLD_OUT_SUFFIX}")


def compare(
    real: Dataset,
    fake: Dataset | RunFolder | Sampler,
    options: Options,
    warn: Callable[[str], object],
    *,
    name: str = "the generator",
    held_out: Dataset | None = None,
    tell: Tell = lambda _: None,
) -> Report:
    """A set of fakes, or a generator or that of a run, against real data.

    Labels go by the names of their classes. Those that are not the reals' are left out, with a warning.

    Args:
        held_out: reals that no generator was trained on.
        name: of a generator, for the report.
        warn: told of damaged checkpoints.
        tell: told again and again what is being done.

    Raises:
        DataError: sets that do not fit together, or too small.
        ConfigError: unknown features, or such as do not suit the data; ``best`` of a set of fakes.
    """
    tell("preparing the features")
    runtime = Runtime(options.device, "fp32")
    reals = to_measure(real, runtime.device, options.seed)
    extractor = choose(reals, options.features)
    if not isinstance(fake, Dataset) and extractor.name not in QUICK:
        usual = usual_count(len(reals.samples), None if held_out is None else len(held_out), options.count)
        options = replace(options, count=min(options.count, max(LEAST_DRAWN, MOST_PARTS * usual)))
    if isinstance(fake, Dataset):
        drawn = _of_set(fake, options)
    elif isinstance(fake, RunFolder):
        drawn = _of_run(fake, options, runtime, warn)
    else:
        drawn = _of_sampler(name, fake, options)
    labels, reason = _by_name("the fakes", drawn.labels, drawn.class_names, real)
    notes = [f"GAN-train and GAN-test are left out: {reason}."] if reason else []
    others = None
    if held_out is not None:
        others = to_measure(held_out, runtime.device, options.seed)
        theirs, reason = _by_name("the held-out reals", others.labels, held_out.spec.class_names, real)
        others = others._replace(labels=theirs)
        if reason and labels is not None:
            notes.append(f"GAN-train and GAN-test are taken between two halves of the reals: {reason}.")
    tell("drawing")
    first = Samples(drawn.draw(0), labels)
    evaluation, nearest = evaluate(
        extractor,
        reals,
        lambda number: Samples(drawn.draw(number), labels) if number else first,
        held_out=others,
        count=options.count,
        draws=drawn.draws,
        seed=options.seed,
        full=options.full,
        tell=tell,
    )
    apart = None if others is None else others.samples
    unfit = overlaps(first.samples, reals.samples, apart, drawn=not isinstance(fake, Dataset))
    evaluation = replace(evaluation, warnings=(*unfit, *evaluation.warnings, *(notes if options.full else ())))
    pairs = None
    if len(nearest) and (beside := kinds.of(real.spec).pair_sheet):
        pairs = _pairs(first.samples, reals.samples, nearest, beside)
    asked = {"seed": options.seed, "count": options.count}
    return Report(real.name, drawn.name, evaluation, VERSIONS | asked | drawn.facts, pairs)


def source(
    name: str,
    warn: Callable[[str], object],
    like: Spec | None = None,
    files: PictureFilesConfig | None = None,
    watch: Watch | None = None,
) -> Dataset | RunFolder:
    """What a user names: a built-in set, a run folder, pictures in a folder or zip, or a file.

    Picture files keep their size unless ``files`` (a run's options, or what the user asked for) say another,
    and are read in as many channels as they say, or as those they are ``like`` have. ``watch`` is told how
    far that is.

    Raises:
        DataError: nothing of the kind.
    """
    if find.is_run(name):
        return RunFolder(Path(name))
    for remark in find.shadowed(name):
        warn(remark)
    options = _reading(name, like, files or PictureFilesConfig()) if find.holds_files(name) else {}
    found = find.dataset(name, watch=watch, **options)
    for note in found.origin.notes if found.origin else ():
        warn(f"{name}: {note}")
    return found


def _reading(name: str, like: Spec | None, files: PictureFilesConfig) -> dict[str, Any]:
    """The options with which files are read to be compared."""
    channels = files.channels
    if channels == "auto" and like is not None and kinds.of(like).axes == "C H W":
        channels = str(like.shape[0])
    size: dict[str, Any] = {"size": None} if find.kind_of_files(name) else {}  # their own; a hub's may be many
    if files.size != "auto":
        size = {"size": files.size, "resize": files.resize}
    return size | {
        "channels": channels,
        "levels": files.levels,
        "max_broken": files.max_broken,
    }


def both(
    real: str,
    fake: str,
    warn: Callable[[str], object],
    files: PictureFilesConfig | None = None,
    watch: Watch | None = None,
) -> tuple[Dataset, Dataset | RunFolder]:
    """The two sides of a comparison; folders of pictures as asked for, or in the other side's channels.

    Raises:
        DataError: nothing of the kind, or the real side is a run.
    """
    if find.is_run(fake):
        folder = RunFolder(Path(fake))
        return only_data(source(real, warn, folder.spec, folder.config.picture_files, watch), "--real"), folder
    reals = only_data(source(real, warn, files=files, watch=watch), "--real")
    return reals, source(fake, warn, reals.spec, on_scale_of(reals, files), watch)


def on_scale_of(reals: Dataset, files: PictureFilesConfig | None = None) -> PictureFilesConfig:
    """How to read pictures that are compared with these: with their levels, whatever values they have."""
    levels = {"levels": reals.origin.options["levels"]} if reals.origin else {}
    return replace(files or PictureFilesConfig(), **levels)


def only_data(found: Dataset | RunFolder, role: str) -> Dataset:
    """Refuse a run where real data is needed.

    Raises:
        DataError: it is a run.
    """
    if isinstance(found, RunFolder):
        raise DataError(f"{role} {found.path} is a run: give data there, and the run as --fake.")
    return found


def only_run(path: Path) -> RunFolder:
    """Refuse data where a run is needed.

    Raises:
        RunError: it is data, or no run folder.
    """
    runs = marked(path) or runs_in(path)
    if not runs and (path.exists() or str(path) in builtin.BUILT_IN):
        raise RunError(
            f"{path} is not a run folder. Data is measured with sparring evaluate --real DATA --fake {path}."
        )
    return RunFolder(path)


class _Source(NamedTuple):
    """Where fakes come from: decoded samples by the number of the draw, and their labels in every draw."""

    name: str
    draw: Callable[[int], Tensor]
    draws: int
    labels: Tensor | None
    class_names: tuple[str, ...]
    facts: dict[str, Any]


def _of_run(folder: RunFolder, options: Options, runtime: Runtime, warn: Callable[[str], object]) -> _Source:
    """The draws of a run's last or best checkpoint."""
    return _of_sampler(str(folder.path), Sampler.load(folder, warn, runtime, best=options.best), options)


def _of_sampler(name: str, sampler: Sampler, options: Options, most: int | None = None) -> _Source:
    """Each draw from latents of its own, with classes as often as in the training data.

    Args:
        most: how many samples of each draw are wanted, its first.
    """
    labels = sampler.natural_labels(options.count)
    labels = labels if labels is None else labels[:most]

    def draw(number: int) -> Tensor:
        latents = sampler.latents(options.count, options.seed + DRAW_STRIDE * (number + 1))[:most]
        return sampler.for_features(latents, labels)

    told = None if sampler.spec.clusters else labels
    facts = {"checkpoint_step": sampler.step}
    return _Source(name, draw, options.draws, told, sampler.spec.class_names, facts)


def _of_set(data: Dataset, options: Options) -> _Source:
    """``count`` of its samples at random, or all, in the one draw there is.

    Raises:
        ConfigError: its best checkpoint is asked for.
    """
    if options.best:
        raise ConfigError(f"--best is a run's best checkpoint, but {data.name} is data: leave --best out.")
    rng = torch.Generator().manual_seed(options.seed)
    kept = torch.randperm(len(data), generator=rng)[: options.count]
    samples = kinds.of(data.spec).for_features(data.samples[kept], data.spec)
    labels = None if data.labels is None else data.labels[kept]
    return _Source(data.name, lambda _: samples, 1, labels, data.spec.class_names, {})


def _by_name(
    whose: str, labels: Tensor | None, names: tuple[str, ...], real: Dataset
) -> tuple[Tensor | None, str]:
    """Labels (N,) as indices of the real classes of the same names; or None and, where missed, why."""
    wanted = real.spec.class_names
    if real.labels is None or labels is None:
        neither = real.labels is None and labels is None
        return None, "" if neither else f"{whose if labels is None else 'the reals'} have no labels"
    if strange := [names[k] for k in labels.unique().tolist() if names[k] not in wanted]:
        return None, f"{whose} have classes {first_of(strange)} that the reals have not ({first_of(wanted)})"
    places = torch.tensor([wanted.index(name) if name in wanted else -1 for name in names])
    return places[labels], ""


def _pairs(fakes: Tensor, reals: Tensor, nearest: Tensor, beside: Beside) -> Image.Image:
    """The fakes most like training samples, each beside its nearest.

    ``nearest`` (N,) is the index of each fake's nearest real.
    """
    count = max(1, COMPARED // fakes[0].numel())
    parts = zip(fakes.split(count), nearest.split(count), strict=True)
    apart = torch.cat([(a.float() - reals[i].float()).square().flatten(1).sum(1) for a, i in parts])
    chosen = apart.argsort()[:PAIRS]
    return beside(fakes[chosen], reals[nearest[chosen]])
