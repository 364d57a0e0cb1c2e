"""Evaluate a run, or any two sets: choose the reals, the fakes and the features."""

from __future__ import annotations

import io
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import torch
from PIL import Image
from rich.console import Console
from torch import Tensor

from sparring import __version__, kinds
from sparring.config.groups import NetworksConfig
from sparring.data.arrays import ARRAY
from sparring.data.spec import Dataset, Spec
from sparring.doctor.quality import HOLD_OUT_SUFFIX
from sparring.errors import ConfigError, RunError, Tell, clock
from sparring.games import drawing
from sparring.games.game import Game
from sparring.kinds import find
from sparring.machine.device import Runtime
from sparring.metrics.comparison import Comparison, Trial, copies
from sparring.metrics.evaluation import Evaluation, check_counts, evaluate
from sparring.metrics.extractors import AUTO, Reals, choose, lacking, least_dimension
from sparring.metrics.features import Extractor, Samples
from sparring.metrics.overlap import overlaps, shared, surprising
from sparring.metrics.pretrained import OF_LITE0
from sparring.metrics.quality import (
    DRAWS,
    MOST_PARTS,
    TimesReal,
    real_count,
    shipped_standard,
    standard_of,
    usual_count,
)
from sparring.metrics.work import Work, affordable, seconds_each, silent
from sparring.runs import folder as run
from sparring.runs.best import to_measure
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.training import plan
from sparring.uses.enough import check_enough
from sparring.uses.fakes import by_name, draw_seed, of_sampler, of_set
from sparring.uses.tables import show_report

MOST_SECONDS = 300.0  # that a measurement takes, if no number of samples is asked for
LEAST_DRAWN = 1000  # the least number of fakes that are drawn if there are few reals
LEAST_ESTIMATED = 256  # fakes of a draw, by which times real is estimated at least
PAIRS = 24  # fakes shown with their nearest training samples
COLUMNS = 112  # the width of a report that is printed in Python
COMPARED = 2**22  # numbers of fakes that are compared with their nearest reals at once
VERSIONS = {"sparring": __version__, "torch": torch.__version__, "python": platform.python_version()}


@dataclass(frozen=True, repr=False)
class Report:
    """An evaluation, the names of the data, and a picture of the fakes that are nearest to training samples.

    Print it, or read its parts, such as ``report.evaluation.times_real.value``.

    Attributes:
        real: the name of the real data.
        fake: the name of the fakes.
        facts: versions and settings, for ``evaluation.json``.
        pairs: fakes beside their nearest training samples; None if they were not compared.
        comparison: what is measured of this kind of data alone, beside baselines; None if nothing is.
    """

    real: str
    fake: str
    evaluation: Evaluation
    facts: dict[str, Any]
    pairs: Image.Image | None
    comparison: Comparison | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields of ``evaluation.json``."""
        names = {"reals": self.real, "fakes": self.fake, "against": self.evaluation.held_out or self.real}
        compared = {"comparison": self.comparison.to_dict()} if self.comparison else {}
        return names | self.facts | self.evaluation.to_dict() | compared

    def __repr__(self) -> str:
        file = io.StringIO()
        show_report(self, Console(file=file, width=COLUMNS))
        return file.getvalue().rstrip()


@dataclass(frozen=True)
class Options:
    """How to evaluate.

    Attributes:
        features: the name of an extractor, or "auto".
        count: the largest number of samples of each side; None: as many as the features are measured with, or
            fewer if that takes longer than MOST_SECONDS.
        draws: how many sets of fakes are drawn.
        full: whether to measure also what takes long: copying, GAN-train and GAN-test.
        best: whether to use the best checkpoint of a run, not the last.
    """

    features: str = AUTO
    count: int | None = None
    draws: int = DRAWS
    seed: int = 0
    full: bool = True
    device: str = "auto"
    best: bool = False


def took_part(extractor: Extractor, networks: NetworksConfig) -> list[str]:
    """A sentence that says that the training saw a part of the network that judges it; none if it did not."""
    if networks.d_features != "imagenet" or extractor.name not in OF_LITE0:
        return []
    return [
        f"the first stages of the network of {extractor.name} took part in the training (--d-features "
        "imagenet): compare such runs with each other, or see --features scattering-64 as well."
    ]


def evaluate_run(
    folder: RunFolder,
    options: Options,
    warn: Callable[[str], object],
    *,
    held_out: Dataset | None = None,
    tell: Tell = silent,
) -> Report:
    """Evaluate the generator of a run against held-out reals or, if there are none, its training set.

    The held-out reals are ``held_out`` or, without it, those that the run held out, or the part of a built-in
    set that no training sees.

    Raises:
        RunError: the run has no checkpoint or was trained on an array in Python, or its data has changed.
        DataError: the data is missing.
    """
    folder.check_latents()
    if folder.config.dataset.data == ARRAY:
        saved = f"sparring evaluate --real FILE.npz --fake {folder.path}"
        other = "" if folder.facts["own"] else f", or save the array as a .npz file and run {saved}"
        raise RunError(
            f"{folder.path} was trained on an array in Python. Evaluate it there with "
            f"{folder.in_python('generator')}.evaluate(data){other}."
        )
    data, rest = plan.split(folder.config.dataset, as_read(folder, tell))
    return compare(data, folder, options, warn, held_out=held_out or named_part(rest), tell=tell)


def evaluate_sampler(
    sampler: Sampler,
    data: Dataset,
    options: Options,
    warn: Callable[[str], object],
    *,
    name: str,
    trained_on: bool,
    held_out: Dataset | None = None,
    tell: Tell = silent,
) -> Report:
    """Evaluate a generator in memory, as ``evaluate_run`` does for a run.

    Args:
        data: the training set before a hold-out is split off, or other real samples.
        name: the name of the generator in the report.
        trained_on: whether ``data`` is the training set.
    """
    rest = None
    if trained_on:
        data, rest = plan.split(sampler.config.dataset, data)
    return compare(data, sampler, options, warn, name=name, held_out=held_out or named_part(rest), tell=tell)


class Closing(NamedTuple):
    """Times real at the end of a training, and how many samples of each draw it comes from.

    Attributes:
        whole: how many samples of each draw ``evaluate_run`` compares.
        lacking: what to install for better features; "" if nothing is missing.
    """

    times_real: TimesReal
    samples: int
    whole: int
    lacking: str


def times_real(
    folder: RunFolder, game: Game, data: Dataset, limit: float = MOST_SECONDS, tell: Tell = silent
) -> Closing | float:
    """Measure times real of a game in memory, with the result of ``evaluate_run``.

    If that takes longer than ``limit`` seconds, fewer samples are drawn and the number is estimated. If even
    this takes longer, the seconds of a complete measurement are returned instead.

    Args:
        data: the data of the run before a hold-out is split off.

    Raises:
        DataError: too few samples for the features, or samples that are not finite.
    """
    options = Options()
    data, rest = plan.split(folder.config.dataset, data)
    device = game.runtime.device
    reals, others = to_measure(data, device), None if rest is None else to_measure(rest, device)
    real, unseen = len(reals.samples), None if others is None else len(others.samples)
    check = partial(check_enough, folder, real, unseen)
    check(least_dimension(reals))  # before features are fitted, which takes seconds
    extractor = choose(reals)
    check(extractor.dimension or 0)
    whole = _to_draw(extractor.count, real, unseen)
    natural = drawing.natural_labels(whole, folder.facts["class_counts"])

    def drawn(number: int, most: int) -> Tensor:
        given, labels = game.inputs(rest or data, whole, draw_seed(options.seed, number), natural)
        some = None if natural is None or labels is None else labels[:most]
        return drawing.for_features(game.sampling_generator, given[:most], some, folder.spec)

    used = min(whole, MOST_PARTS * usual_count(real, unseen, extractor.count))
    for_reals, for_fakes = _seconds(extractor, reals.samples, lambda count: drawn(0, count))
    by = shipped_standard(extractor, reals.samples, others and others.samples)
    seen = 0 if by else real_count(extractor, real, unseen, extractor.count)
    of_reals = for_reals * seen
    of_fakes = for_fakes * options.draws * used
    most = used if of_reals + of_fakes <= limit else int(used * (limit - of_reals) / of_fakes)
    if most < min(used, LEAST_ESTIMATED):
        return of_reals + of_fakes
    work = Work(tell, options.draws * most + seen)
    by = by or standard_of(extractor, reals, others, extractor.count, work)
    check(len(by.law.mean))
    found = by.times_real(work.features(extractor, drawn(k, most), "samples") for k in range(options.draws))
    return Closing(found, most, used, lacking(reals))


def _seconds(extractor: Extractor, samples: Tensor, draw: Callable[[int], Tensor]) -> tuple[float, float]:
    """How long the features of a real and of a fake take, with drawing it."""
    return (
        seconds_each(lambda count: extractor(samples[:count])),
        seconds_each(lambda count: extractor(draw(count))),
    )


def _to_draw(count: int, real: int, held_out: int | None) -> int:
    """How many fakes are drawn: not many more than are compared, in MOST_PARTS parts."""
    return min(count, max(LEAST_DRAWN, MOST_PARTS * usual_count(real, held_out, count)))


def as_read(folder: RunFolder, tell: Tell) -> Dataset:
    """Read the data of a run again.

    Raises:
        RunError: the data has changed.
        DataError: the data is missing.
    """

    def watch(what: str, done: int, total: int) -> None:
        tell(f"{what}, {done:,} of {total:,}")

    config, data = folder.config, find.chosen(folder.config.dataset, folder.config.files, watch)
    try:
        run.same_data(folder, plan.as_trained(config.dataset, data))
    except RunError as error:
        raise RunError(
            f"{error} Or measure against the data as it is now: --real {data.name} --fake {folder.path}."
        ) from error
    return data


def named_part(held_out: Dataset | None) -> Dataset | None:
    """A held-out part, with a name that says that it is held out."""
    return held_out and replace(held_out, name=f"{held_out.name}{HOLD_OUT_SUFFIX}")


def compare(
    real: Dataset,
    fake: Dataset | RunFolder | Sampler,
    options: Options,
    warn: Callable[[str], object],
    *,
    name: str = "the generator",
    held_out: Dataset | None = None,
    tell: Tell = silent,
) -> Report:
    """Compare fakes with real data; the fakes are a set, or come from a generator or a run.

    Labels are matched by the names of their classes, and ignored if the reals lack a class of the fakes.

    Args:
        held_out: reals that the generator was not trained on.
        name: the name of a generator in the report.
        warn: receives warnings about damaged checkpoints.
        tell: receives a text about the progress, many times.

    Raises:
        DataError: the sets do not fit together, or are too small.
        ConfigError: the features are unknown or do not suit the data, or ``best`` is set for a set of fakes.
    """
    sides = {"real": real, "held-out": held_out}
    check_counts(
        {name: len(data) for name, data in sides.items() if data is not None}
    )  # before what takes long
    tell("preparing the features")
    runtime = Runtime(options.device, "fp32")
    reals = to_measure(real, runtime.device, options.seed)
    extractor = choose(reals, options.features)
    given = fake if isinstance(fake, Dataset) else None
    name, fake = _opened(name, fake, options, warn, runtime)
    planned = _plan(extractor, reals, None if held_out is None else len(held_out), fake, options, tell)
    fakes = (
        of_sampler(name, fake, options.seed, options.draws, planned.drawn)
        if isinstance(fake, Sampler)
        else of_set(fake, options.seed, planned.compared)
    )
    labels, mismatch = by_name("the fakes", fakes.labels, fakes.class_names, real)
    others, unlabelled = _unseen(held_out, real, runtime, options)
    tell("drawing")
    first = Samples(fakes.draw(0), labels)
    evaluation, nearest = evaluate(
        extractor,
        reals,
        lambda number: Samples(fakes.draw(number), labels) if number else first,
        held_out=others,
        count=planned.compared,
        draws=fakes.draws,
        seed=options.seed,
        full=options.full,
        among=planned.among,
        trained=given is None,
        tell=tell,
    )
    apart = None if others is None else (held_out, others.samples)
    beside = _beside_baselines(first.samples, reals, others, real.spec, options, tell) if options.full else None
    copied = copies(evaluation.copying.c_t, beside.near if beside else None) if evaluation.copying else ""
    warnings = [
        *_overlaps((given, first.samples), (real, reals.samples), apart, real.spec),
        *filter(None, (copied,)),
        *evaluation.warnings,
        *planned.warnings,
        *_of_features(extractor, reals, fake, options),
        *(_of_classes(labels, mismatch, unlabelled) if options.full else ()),
    ]
    return Report(
        real.name,
        fakes.name,
        replace(evaluation, warnings=tuple(warnings)),
        VERSIONS | fakes.facts,
        _pairs(first.samples, reals.samples, nearest, real.spec),
        beside,
    )


def _opened(
    name: str,
    fake: Dataset | RunFolder | Sampler,
    options: Options,
    warn: Callable[[str], object],
    runtime: Runtime,
) -> tuple[str, Dataset | Sampler]:
    """The name of the fakes, and the set or the generator that they come from.

    Raises:
        ConfigError: ``best`` is set, but a set has no checkpoints.
    """
    if isinstance(fake, RunFolder):
        return fake.name, Sampler.load(fake, warn, runtime, best=options.best)
    if options.best and isinstance(fake, Dataset):
        raise ConfigError(
            f"--best means the best checkpoint of a run, but {fake.name} is data: leave --best out."
        )
    return name, fake


def _of_features(extractor: Extractor, reals: Reals, fake: Dataset | Sampler, options: Options) -> list[str]:
    """Warnings about the features: better ones could be installed, or the training has seen them."""
    advice = lacking(reals) if options.features == AUTO else ""
    known = took_part(extractor, fake.config.networks) if isinstance(fake, Sampler) else []
    return [f"{advice}."] * bool(advice) + known


def _of_classes(labels: Tensor | None, mismatch: str, unlabelled: str) -> list[str]:
    """A warning if GAN-train and GAN-test are not measured, or only with halves of the reals.

    Args:
        labels: those of the fakes; None if they cannot be used, for the reason ``mismatch``.
        unlabelled: why the labels of the held-out reals are not used; "" if they are.
    """
    if mismatch:
        return [f"GAN-train and GAN-test are not measured: {mismatch}."]
    if unlabelled and labels is not None:
        return [f"GAN-train and GAN-test are measured with two halves of the reals: {unlabelled}."]
    return []


def _beside_baselines(
    fakes: Tensor, reals: Reals, held_out: Reals | None, spec: Spec, options: Options, tell: Tell
) -> Comparison | None:
    """What is measured of this kind of data alone; None if nothing is."""
    judge = kinds.of(spec).judge
    unseen = None if held_out is None else held_out.samples
    return judge(Trial(fakes, reals.samples, unseen, spec, options.seed, tell)) if judge else None


def _overlaps(
    fakes: tuple[Dataset | None, Tensor],
    reals: tuple[Dataset, Tensor],
    unseen: tuple[Dataset | None, Tensor] | None,
    spec: Spec,
) -> tuple[str, ...]:
    """Warnings if sets are not disjoint; of each its data, None if it was drawn, and what is measured."""
    keys_of = kinds.of(spec).keys

    def compared(data: Dataset | None, samples: Tensor) -> Tensor:
        if keys_of is None:
            return samples
        return data.keys if data and data.keys is not None else keys_of(samples, spec)

    others = None if unseen is None else compared(*unseen)
    count = shared if keys_of is None else surprising
    return overlaps(compared(*fakes), compared(*reals), others, drawn=fakes[0] is None, count=count)


def _unseen(
    held_out: Dataset | None, real: Dataset, runtime: Runtime, options: Options
) -> tuple[Reals | None, str]:
    """The held-out reals with the classes of the reals; and why their labels are not used, or ""."""
    if held_out is None:
        return None, ""
    unseen = to_measure(held_out, runtime.device, options.seed)
    labels, reason = by_name("the held-out reals", unseen.labels, held_out.spec.class_names, real)
    return unseen._replace(labels=labels), reason


class _Plan(NamedTuple):
    """How many samples are compared, drawn and searched for copies, and what is to be said of it."""

    compared: int
    drawn: int
    among: int
    warnings: tuple[str, ...]


def _plan(
    extractor: Extractor,
    reals: Reals,
    held_out: int | None,
    fake: Dataset | Sampler,
    options: Options,
    tell: Tell,
) -> _Plan:
    """As many samples as asked for or, if no number is, as there is time for."""
    real = len(reals.samples)
    count = options.count or extractor.count
    if isinstance(fake, Sampler):
        draws, draw = options.draws, lambda n: fake.for_features(fake.latents(n), fake.natural_labels(n))
    else:
        draws, draw = 1, lambda n: reals.samples[:n]
    for_reals, for_fakes = _seconds(extractor, reals.samples, draw)
    used = min(count, MOST_PARTS * usual_count(real, held_out, count))  # few reals are compared with few fakes
    seconds = for_reals * real_count(extractor, real, held_out, count) + for_fakes * draws * used
    fewer = used if options.count else affordable(used, seconds, MOST_SECONDS)
    copied = real if options.full and held_out is not None else 0
    among = min(copied, affordable(copied, for_reals * copied, MOST_SECONDS))
    measuring = seconds * fewer / used + for_reals * among
    tell(f"measuring {draws} x {fewer:,} samples takes about {clock(measuring)}")
    warnings = []
    if fewer < used:
        warnings.append(
            f"{used:,} samples would take about {clock(seconds)} here, so {fewer:,} were measured. --count "
            f"{used} measures them all."
        )
        count = fewer
    if among < copied:
        warnings.append(f"copies were looked for among {among:,} of {copied:,} training samples, to save time.")
    return _Plan(count, _to_draw(count, real, held_out), among, tuple(warnings))


def _pairs(fakes: Tensor, reals: Tensor, nearest: Tensor, spec: Spec) -> Image.Image | None:
    """A picture of the PAIRS fakes that are nearest to training samples, each beside that sample.

    None if they were not compared, or if people cannot compare such samples by eye.

    Args:
        nearest: the index (N,) of the real that is nearest to each fake; (0,) if they were not compared.
    """
    pair_sheet = kinds.of(spec).pair_sheet
    if pair_sheet is None or len(nearest) == 0:
        return None
    count = max(1, COMPARED // fakes[0].numel())
    parts = zip(fakes.split(count), nearest.split(count), strict=True)
    distances = torch.cat([(a.float() - reals[i].float()).square().flatten(1).sum(1) for a, i in parts])
    chosen = distances.argsort()[:PAIRS]
    return pair_sheet(fakes[chosen], reals[nearest[chosen]], spec)
