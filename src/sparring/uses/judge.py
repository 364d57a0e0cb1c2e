"""What a training in Python is worth: its samples measured, or its translations judged."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Any

from sparring.data.arrays import ARRAY
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError, Tell
from sparring.runs import folder as run
from sparring.runs.fitted import Fitted, warned
from sparring.runs.translator import Translator
from sparring.training import plan
from sparring.uses import asked, evaluate, judge_translation, truth
from sparring.uses.progress import working


def samples(fit: Fitted, data: Any, labels: Any, held_out: Any, options: evaluate.Options) -> evaluate.Report:
    """Measure the samples of a training against real ones; see ``GAN.evaluate``.

    Raises:
        RunError: the data of the training is not known here.
        DataError: too few samples, or samples that do not fit.
    """
    given = None if data is None else asked.dataset(data, labels, fit.config.files)
    same, spec = given is None or _same(fit, given), fit.sampler.spec
    if given is not None and not same:
        given = asked.dataset(data, labels, fit.config.files, spec)
    others = None if held_out is None else asked.dataset(held_out, None, fit.config.files, spec)
    with working() if sys.stderr.isatty() else nullcontext(lambda _: None) as tell:
        real = _trained_on(fit, tell) if given is None else given
        if real is None:
            raise RunError("this GAN was trained on an array: give it again, as gan.evaluate(data).")
        return evaluate.evaluate_sampler(
            fit.sampler, real, options, warned,
            name=fit.name or "this GAN", trained_on=same, held_out=others, tell=tell,
        )  # fmt: skip


def translations(fit: Fitted, data: Any, features: str, quick: bool) -> judge_translation.Judgement:
    """Judge a translation on what it held out, or on other pictures (sources, targets).

    Raises:
        RunError: the data of the training is not known here.
        ConfigError: there is only one side.
    """
    others, whole = None, _trained_on(fit, lambda _: None)
    if data is not None:
        if not isinstance(data, tuple | list) or len(data) != 2:
            raise ConfigError("a translation needs two sides: evaluate((sources, targets)).")
        others = asked.sides(data[0], data[1], fit.config.dataset, fit.config.files)
        if _same(fit, others):
            whole, others = others, None
    if whole is None:
        raise RunError("this GAN was trained on arrays: give them again, as evaluate((sources, targets)).")
    real, held_out = plan.parts(fit.config.dataset, whole)
    limit = 0.0 if quick else judge_translation.REGRESSION_SECONDS
    name = fit.name or "this GAN"
    translator = Translator.of(fit.sampler)
    told = None if others else truth.known(whole, fit.config.dataset.hold_out)
    return judge_translation.judge(
        translator, fit.config, real, others or held_out, name, features, limit, truth=told
    )


def _trained_on(fit: Fitted, tell: Tell) -> Dataset | None:
    """The data of the training, read again if it has a name; None if it was an array."""
    if fit.data is None and fit.folder and fit.config.dataset.data != ARRAY:
        return evaluate.as_read(fit.folder, tell)
    return fit.data


def _same(fit: Fitted, data: Dataset) -> bool:
    """Whether this is the data of the training."""
    return bool(run.digest(plan.as_trained(fit.config.dataset, data)) == fit.facts["data_sha256"])
