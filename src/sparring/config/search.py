"""How the options of a training are searched: around the value of a recipe, or among the declared choices.

Only factors stand here; types, bounds and choices are those that the groups declare. Without torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from sparring.config.groups import OPTIONS, Config
from sparring.config.option import OFF, kind


class Chooser(Protocol):
    """What chooses a value: an Optuna trial, or a test."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...
    def suggest_int(self, name: str, low: int, high: int) -> int: ...
    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any: ...


class Times(NamedTuple):
    """From base / factor to base * factor, evenly in the logarithm; what is chosen is the multiple."""

    factor: float

    def choose(self, chooser: Chooser, name: str) -> float:
        return chooser.suggest_float(name, 1 / self.factor, self.factor, log=True)

    def value(self, base: Any, chosen: float) -> float:
        return float(f"{base * chosen:.3g}")

    def start(self, base: Any) -> float:
        return 1.0


class Doublings(NamedTuple):
    """From base halved ``most`` times to base doubled so often; what is chosen is how often."""

    most: int

    def choose(self, chooser: Chooser, name: str) -> int:
        return chooser.suggest_int(name, -self.most, self.most)

    def value(self, base: Any, chosen: int) -> float:
        return float(base * 2.0**chosen)

    def start(self, base: Any) -> int:
        return 0


class Between(NamedTuple):
    """From low to high, evenly, whatever the base is."""

    low: float
    high: float

    def choose(self, chooser: Chooser, name: str) -> float:
        return chooser.suggest_float(name, self.low, self.high)

    def value(self, base: Any, chosen: float) -> float:
        return float(f"{chosen:.3g}")

    def start(self, base: Any) -> float:
        return min(max(float(base or 0), self.low), self.high)


class Among(NamedTuple):
    """One of these values; without values one of the choices that the option declares."""

    values: tuple[Any, ...] = ()

    def choose(self, chooser: Chooser, name: str) -> Any:
        return chooser.suggest_categorical(name, list(self.values))

    def value(self, base: Any, chosen: Any) -> Any:
        return chosen

    def start(self, base: Any) -> Any:
        return base


Search = Times | Doublings | Between | Among

# Those of the first table are searched if the user names none.
USUAL: dict[str, Search] = {
    "g_lr": Times(5),
    "d_lr": Times(5),
    "r1_gamma": Times(10),
    "r2_gamma": Times(10),
    "gp_weight": Times(10),
    "g_width": Doublings(1),
    "d_width": Doublings(1),
    "batch_size": Doublings(2),
    "augment": Among(),
    "ema_half_life": Times(5),
}
MORE: dict[str, Search] = {
    "latent_dim": Doublings(2),
    "depth": Doublings(1),
    "loss": Among(),
    "optimizer": Among(),
    "d_steps": Among((1, 2, 5)),
    "beta1": Among((0.0, 0.5, 0.9)),
    "beta2": Among((0.9, 0.99, 0.999)),
    "lr_schedule": Among(),
    "ema_ramp": Between(0.02, 0.3),
    "lr_decay_from": Between(0, 0.9),
    "lr_warmup": Between(0, 0.2),
    "label_smoothing": Between(0, 0.3),
    "instance_noise": Between(0, 0.5),
    "penalty_every": Doublings(3),
    "lecam_weight": Times(10),
    "r1_near_gamma": Times(10),
    "r1_features_gamma": Times(10),
    "augment_p": Between(0, 0.9),
    "augment_target": Between(0.1, 0.9),
    "upsampling": Among(),
    "grow": Between(0, 0.8),
    "d_features": Among(),
    "d_features_weight": Times(5),
    "d_associations": Doublings(1),
    "g_norm": Among(),
    "d_norm": Among(),
}
SEARCHED = USUAL | MORE
RECIPE = "recipe"  # searched too, among recipes that suit the data


def search_of(name: str) -> Search:
    """How an option is searched, with the choices that it declares."""
    search = SEARCHED[name]
    return Among(OPTIONS[name].metadata["choices"]) if search == Among() else search


def starts(name: str, config: Config) -> bool:
    """Whether an option of this config can be searched: it has what it needs, and a value to multiply."""
    meta, value = OPTIONS[name].metadata, config.flat()[name]
    relative = isinstance(SEARCHED[name], Times | Doublings)
    return not (relative and value in OFF) and all(
        need.there(config) for need in (*meta["needs"], *(meta["demands"] if value not in OFF else ()))
    )


def within(name: str, value: Any) -> Any:
    """A value brought within the bounds of an option and to its type."""
    meta, number = OPTIONS[name].metadata, kind(OPTIONS[name])
    if number not in ("int", "float"):
        return value
    low, high = (1 if meta["low"] is None and number == "int" else meta["low"]), meta["high"]
    value = value if low is None else max(value, low)
    value = value if high is None else min(value, high)
    return round(value) if number == "int" else float(value)
