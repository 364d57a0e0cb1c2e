"""sparring: train, understand and use generative adversarial networks."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

# OpenMP reads these once, when torch loads. A step has many short parallel regions: threads that
# sleep at once in between cost a third of the speed, threads that spin for long fight any busy
# neighbour for the cores (docs/guides/speed.md has both measurements). So they spin for about a
# tenth of a millisecond, then sleep. Values the user has set stand; no result depends on them.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sparring.config.groups import Config
    from sparring.data.spec import Dataset
    from sparring.doctor.diagnosis import diagnose
    from sparring.errors import SparringError
    from sparring.games import augment, losses, penalties
    from sparring.games.adversarial import AdversarialGame
    from sparring.games.adversarial_step import adversarial_step
    from sparring.games.preflight import preflight
    from sparring.gan import GAN
    from sparring.history.record import Record
    from sparring.kinds.find import dataset
    from sparring.runs.own import train
    from sparring.training.budget import Budget
    from sparring.uses.detect.detector import Detector
    from sparring.uses.study.ask import study

_HOMES = {
    "AdversarialGame": "sparring.games.adversarial",
    "Budget": "sparring.training.budget",
    "Config": "sparring.config.groups",
    "Dataset": "sparring.data.spec",
    "Detector": "sparring.uses.detect.detector",
    "GAN": "sparring.gan",
    "Record": "sparring.history.record",
    "SparringError": "sparring.errors",
    "adversarial_step": "sparring.games.adversarial_step",
    "dataset": "sparring.kinds.find",
    "diagnose": "sparring.doctor.diagnosis",
    "preflight": "sparring.games.preflight",
    "study": "sparring.uses.study.ask",
    "train": "sparring.runs.own",
}
_MODULES = ("augment", "losses", "penalties")

__all__ = [
    "GAN",
    "AdversarialGame",
    "Budget",
    "Config",
    "Dataset",
    "Detector",
    "Record",
    "SparringError",
    "__version__",
    "adversarial_step",
    "augment",
    "dataset",
    "diagnose",
    "losses",
    "penalties",
    "preflight",
    "study",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load public names when first used, so that ``import sparring`` does not load torch."""
    if name in _MODULES:
        return importlib.import_module(f"sparring.games.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sparring' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
