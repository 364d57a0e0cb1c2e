"""Train a GAN on one subset of labelled data, and draw as many samples of each class from it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from sparring import games
from sparring.data.spec import Dataset
from sparring.errors import NonFiniteError, Tell
from sparring.runs.inference import Sampler
from sparring.training import plan, suited
from sparring.uses.study.arms import Labelled

DRAWN = 5_000  # samples, about
LEAST_EACH = 100  # samples of each class
TRIES = 3  # other seeds, where a training breaks down
NO_BUDGET = dict.fromkeys(("minutes", "epochs", "samples_seen"))


class Stopped(Exception):  # noqa: N818  (no error: the user pressed Ctrl-C)
    """The training of a GAN was stopped before its end."""


def forge(
    data: Dataset,
    seen: int,
    seed: int = 0,
    tell: Tell = lambda text: None,
    stop: Callable[[], bool] = lambda: False,
) -> Labelled:
    """Samples of a GAN with the recipe that "auto" takes, after ``seen`` samples, with equally many of each
    class.

    Raises:
        NonFiniteError: its losses became infinite with several seeds.
        Stopped: ``stop`` said so.
    """
    for more in range(TRIES):
        try:
            return _drawn(trained(data, seen, seed + 1000 * more, tell, stop), data.classes, seed)
        except NonFiniteError:
            if more + 1 == TRIES:
                raise
    raise AssertionError


def trained(data: Dataset, seen: int, seed: int, tell: Tell, stop: Callable[[], bool]) -> Sampler:
    """A generator that was trained on the data, with its labels."""
    changes = {**NO_BUDGET, "samples_seen": seen, "hold_out": 0.0, "seed": seed, "vitals": False}
    config = suited.configure(data, "auto", data.classes > 0, **changes)
    batch = config.optimizers.batch_size
    while batch > len(data):
        batch //= 2
    config = config.replace(batch_size=batch)
    game = games.make(config, data.spec, data.classes)
    for record in plan.train(config, game, data, stop=stop):
        tell(f"training a GAN, {record.progress:.0%}")
    if stop():
        raise Stopped
    return Sampler.of(game, data.spec, config, data.class_counts)


def _drawn(sampler: Sampler, classes: int, seed: int) -> Labelled:
    count = max(DRAWN, LEAST_EACH * classes)
    labels: Tensor = torch.arange(count) % max(classes, 1)
    if not classes:
        return Labelled(sampler.decoded(sampler.latents(count, seed)), labels)
    return Labelled(sampler.decoded(sampler.latents(count, seed), labels), labels)
