"""Judge a translation on held-out pictures, beside the source, the mean, a look-up and regression."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from PIL import Image
from rich.console import Console
from torch import Tensor

from sparring import games, kinds
from sparring.config.groups import Config
from sparring.data.arrays import ARRAY
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, RunError, Tell, counted
from sparring.games.terms import RECONSTRUCTIONS
from sparring.games.translation_step import as_given
from sparring.kinds.beside import rows
from sparring.machine.device import Runtime
from sparring.metrics.comparison import FLOOR, GENERATOR, Comparison, Scale
from sparring.metrics.distances import fit_gaussian, frechet
from sparring.metrics.extractors import AUTO, choose
from sparring.metrics.pretrained import OF_LITE0
from sparring.metrics.translation import (
    IMAGENET,
    contents,
    found_again,
    perceptual,
    perceptual_maps,
    sharpness,
)
from sparring.metrics.work import silent
from sparring.runs.best import to_measure
from sparring.runs.folder import RunFolder
from sparring.runs.translator import Translator
from sparring.training import loop, plan
from sparring.training.budget import Budget
from sparring.training.suited import LEAST_JUDGED
from sparring.uses.evaluate import as_read
from sparring.uses.tables import show_comparison
from sparring.uses.truth import PAIR, TRUTH, Truth, gap, known

MOST = 2000  # held-out pictures, and training pictures among which is looked up
FEW = 50  # held-out pictures, below which numbers are rough
SHOWN = 24  # outputs that are shown, the worst first
REGRESSION_SECONDS = 60.0  # that plain regression trains, at most
UNTOUCHED, MEAN, RETRIEVAL, REGRESSION = "doing nothing", "the mean target", "a look-up", "plain regression"
MEANINGS = {
    "content": "outputs nearest to their own {of} among the {count}, in {maps} features of 7 x 7 places",
    "style": "Fréchet distance to held-out targets in {features}",
    "pair": "perceptual distance to the own target in {maps} features",
    TRUTH: "outputs nearest to their own target among the {known} that names tell, in {maps} features",
    "sharpness": "differences of neighbouring pixels over those of held-out targets",
}


@dataclass(frozen=True, repr=False)
class Judgement:
    """What was measured of a translation, and a picture of sources, outputs and targets, the worst first.

    Attributes:
        name: of the run.
        against: on which pictures it was measured.
    """

    name: str
    against: str
    step: int
    comparison: Comparison
    picture: Image.Image

    def to_dict(self) -> dict[str, Any]:
        """The fields of ``translation.json``."""
        return {"run": self.name, "against": self.against, "step": self.step} | self.comparison.to_dict()

    def show(self, screen: Console) -> None:
        """Print the table and who wins."""
        screen.print(f"{self.name} at step {self.step:,}, on {self.against}", markup=False, soft_wrap=True)
        show_comparison(self.comparison, screen)

    def __repr__(self) -> str:
        file = io.StringIO()
        self.show(Console(file=file, width=112))
        return file.getvalue().rstrip()


def judge_run(
    folder: RunFolder,
    warn: Callable[[str], object],
    *,
    device: str = "auto",
    best: bool = False,
    features: str = AUTO,
    quick: bool = False,
    tell: Tell = silent,
) -> Judgement:
    """Judge the generator of a run on what it held out or, without a hold-out, on what it was trained on.

    Args:
        quick: leave out plain regression, which is trained for up to a minute.

    Raises:
        RunError: it was trained on an array in Python, its data has changed, or it has no checkpoint.
    """
    if folder.config.dataset.data == ARRAY:
        raise RunError(
            f"{folder.path} was trained on arrays in Python: {folder.in_python()}.evaluate((sources, targets))."
        )
    whole = as_read(folder, tell)
    data, held_out = plan.parts(folder.config.dataset, whole)
    truth = known(whole, folder.config.dataset.hold_out)
    runtime = Runtime(device, "fp32")
    translator = Translator.load(folder, warn, runtime, best=best)
    seconds = [record.seconds for record in folder.records()][-1:]
    limit = 0.0 if quick else min(REGRESSION_SECONDS, *seconds or [REGRESSION_SECONDS])
    return judge(translator, folder.config, data, held_out, folder.name, features, limit, tell, truth=truth)


def judge(
    translator: Translator,
    config: Config,
    data: Dataset,
    held_out: Dataset | None,
    name: str,
    features: str = AUTO,
    regression_seconds: float = REGRESSION_SECONDS,
    tell: Tell = silent,
    baselines: bool = True,
    truth: Truth | None = None,
) -> Judgement:
    """Measure outputs and baselines on held-out pictures.

    Args:
        data: the training set.
        regression_seconds: that plain regression is trained; 0: it is left out.
        baselines: whether what costs nothing is measured too.
        truth: targets of held-out sources of which a training without pairs was not told.

    Raises:
        ConfigError: there are too few pictures.
    """
    some = _some(held_out or data, MOST)
    assert some.given is not None
    if min(len(some), len(some.given)) < LEAST_JUDGED:
        raise ConfigError(
            f"{counted(len(some), 'held-out picture')} are too few to judge by: at least {LEAST_JUDGED} are "
            "needed. Train with a larger --hold-out (hold_out)."
        )
    tell("translating")
    spec, paired = translator.spec, not translator.spec.unpaired
    columns = {GENERATOR: translator(some.given.samples)}
    columns |= _baselines(data, some.given.samples, spec) if baselines else {}
    notes = list(_doubts(len(some), bool(held_out)))
    truth = truth and truth.first(len(some))
    pairs = data if paired else truth and truth.training
    plain = not config.translation.adversarial_weight and not config.translation.perceptual_weight
    if pairs and regression_seconds and not plain:
        columns[REGRESSION] = regression(config, pairs, regression_seconds, tell)(some.given.samples)
        told = "" if paired else f", given {counted(len(pairs), 'pair')} of which this training was not told"
        notes.append(
            f"plain regression: the same generator without an adversary and features, {regression_seconds:.0f} "
            f"s{told}."
        )
    tell("measuring")
    measure = _Measure(data, some, features, paired, truth)
    found = {FLOOR: measure.floor(), **{column: measure(made) for column, made in columns.items()}}
    notes += _took_part(measure, config)
    comparison = Comparison(measure.scales, len(some), found, tuple(notes))
    if truth:
        comparison = replace(comparison, notes=(gap(comparison, truth), *notes))
    shown = _worst(measure, columns[GENERATOR], some)
    against = f"{counted(len(some), 'picture')} " + (
        "that were held out" if held_out else "of the training set"
    )
    return Judgement(name, against, translator.step, comparison, shown)


def _doubts(count: int, held_out: bool) -> Iterator[str]:
    """Why so many pictures tell little."""
    if not held_out:
        yield "Nothing was held out: these pictures were trained on. --hold-out 0.1 keeps some."
    if count < FEW:
        yield (
            f"Few pictures: each is {1 / count:.0%} of content, and a style of so few is rough. More tell "
            "small differences."
        )


def _took_part(measure: _Measure, config: Config) -> Iterator[str]:
    """That the training has seen a part of the network that compares."""
    seen = ["contents and pairs"] * (measure.maps_name == IMAGENET)
    seen += ["styles"] * (measure.extractor.name in OF_LITE0)
    if seen and (config.networks.d_features != "none" or config.translation.perceptual_weight):
        yield (
            f"The first stages of the network that compares {' and '.join(seen)} took part in the training "
            "(d_features, perceptual_weight): compare such runs with each other, and look at the pictures."
        )


def _worst(measure: _Measure, outputs: Tensor, some: Dataset) -> Image.Image:
    """Sources and outputs, the worst first, beside their targets where these are known."""
    assert some.given is not None
    worst = measure.badness(outputs).argsort(descending=True)[:SHOWN]
    truth = measure.truth
    places = truth.places[worst] if truth else worst
    targets = truth.targets[worst] if truth else some.samples[worst] if measure.paired else None
    return rows(some.given.samples[places], outputs[places], targets, some.spec)


def _some(data: Dataset, most: int) -> Dataset:
    """The first pictures of a set; of unpaired sides as many of each."""
    assert data.given is not None
    count = min(len(data), len(data.given), most)
    given = replace(data.given, samples=data.given.samples[:count], labels=None, origin=None)
    return replace(data, samples=data.samples[:count], labels=None, origin=None, given=given)


def _baselines(data: Dataset, sources: Tensor, spec: Spec) -> dict[str, Tensor]:
    """Outputs that cost nothing, decoded as targets, by name."""
    assert data.given is not None
    assert spec.given is not None
    given = spec.given.encode(sources)
    untouched = spec.decode(as_given(given, torch.empty(0, *spec.shape)))
    place = torch.linspace(0, len(data) - 1, min(MOST, len(data))).long()
    known = data.samples[place]
    mean = spec.decode(spec.encode(known).mean(0, keepdim=True)).expand(len(sources), -1, -1, -1)
    among = (
        as_given(spec.encode(known), given) if spec.unpaired else spec.given.encode(data.given.samples[place])
    )
    vectors = kinds.of(spec).vectors
    nearest = torch.cdist(vectors(given), vectors(among)).argmin(1)
    return {UNTOUCHED: untouched, MEAN: mean, RETRIEVAL: known[nearest]}


def regression(config: Config, data: Dataset, seconds: float, tell: Tell = silent) -> Translator:
    """The same generator trained without an adversary and features, on the reconstruction alone."""
    alone: dict[str, Any] = {"adversarial_weight": 0.0, "contrast_weight": 0.0, "contrast_targets": False}
    alone |= {
        "perceptual_weight": 0.0,
        "cycle_weight": 0.0,
        "identity_weight": 0.0,
        "reconstruction_weight": 1.0,
        "minutes": seconds / 60,
    }
    if config.translation.reconstruction not in RECONSTRUCTIONS:
        alone["reconstruction"] = "l2"
    if config.dataset.paired == "none":
        alone["paired"] = "names"
    plain = config.replace(**alone)
    game = games.make(plain, data.spec, 0, Runtime(plain.machine.device, plain.machine.precision))
    records = loop.train(
        game,
        data,
        Budget.of(plain.budget),
        batch_size=plain.optimizers.batch_size,
        seed=plain.seed,
        check=False,
    )
    for record in records:
        tell(f"training plain regression, {record.progress:.0%}")
    return Translator(game.sampling_generator, data.spec, game.clock.step)


class _Measure:
    """Measures outputs, decoded as targets, for these held-out pictures."""

    def __init__(
        self, data: Dataset, some: Dataset, features: str, paired: bool, truth: Truth | None = None
    ) -> None:
        assert some.given is not None
        self.spec, self.paired, self.truth = some.spec, paired, truth
        self.targets = self._seen(some.samples)
        given = some.spec.given
        assert given is not None
        sources = some.spec.decode(as_given(given.encode(some.given.samples), torch.empty(0, *some.spec.shape)))
        reals = to_measure(data, torch.device("cpu"))
        self.training = reals.samples[torch.linspace(0, len(data) - 1, min(len(data), len(some))).long()]
        self.extractor = choose(reals, features)
        self.law = fit_gaussian(self.extractor(self.targets))
        self.sharpness = max(sharpness(self.targets), 1e-12)
        self.maps_name, self.maps = perceptual_maps()
        self.own = contents(self.targets if paired else self._seen(sources), self.maps)
        self.wanted = self._seen(truth.targets) if truth else self.targets if paired else None
        self.of_truth = contents(self.wanted, self.maps) if truth and self.wanted is not None else None

    def _seen(self, decoded: Tensor) -> Tensor:
        return kinds.of(self.spec).for_features(decoded, self.spec)

    def __call__(self, decoded: Tensor) -> dict[str, float]:
        """The measures of outputs, by name."""
        outputs = self._seen(decoded).contiguous()
        again = found_again(contents(outputs, self.maps), self.own)
        found = {"content": float(again.float().mean())} | self._alone(outputs)
        if self.truth and self.of_truth is not None:
            told = found_again(contents(outputs[self.truth.places], self.maps), self.of_truth)
            found |= {TRUTH: float(told.float().mean())}
        return found | ({PAIR: float(self._pair(outputs).mean())} if self.wanted is not None else {})

    def floor(self) -> dict[str, float]:
        """Those of as many training targets that need no source."""
        return self._alone(self.training)

    def badness(self, decoded: Tensor) -> Tensor:
        """How bad each output is, (N,): far from its target; without pairs, from its source's content.

        Of a truth, only outputs whose target is known.
        """
        outputs = self._seen(decoded)
        if self.wanted is not None:
            return self._pair(outputs)
        return -(contents(outputs, self.maps) * self.own).sum(1)

    def _alone(self, outputs: Tensor) -> dict[str, float]:
        return {
            "style": frechet(fit_gaussian(self.extractor(outputs)), self.law),
            "sharpness": sharpness(outputs) / self.sharpness,
        }

    def _pair(self, outputs: Tensor) -> Tensor:
        assert self.wanted is not None
        return perceptual(outputs[self.truth.places] if self.truth else outputs, self.wanted, self.maps)

    @property
    def scales(self) -> dict[str, Scale]:
        """How each measure is read."""
        return {
            "content": Scale("higher", self._words("content"), share=True),
            "style": Scale("lower", self._words("style")),
            **({TRUTH: Scale("higher", self._words(TRUTH), share=True)} if self.truth else {}),
            **({PAIR: Scale("lower", self._words(PAIR))} if self.wanted is not None else {}),
            "sharpness": Scale("floor", self._words("sharpness")),
        }

    def _words(self, name: str) -> str:
        values: Mapping[str, Any] = {
            "of": "target" if self.paired else "source",
            "count": f"{len(self.targets):,}",
            "known": f"{len(self.truth.places):,}" if self.truth else "",
            "features": self.extractor.name,
            "maps": self.maps_name,
        }
        return MEANINGS[name].format(**values)
