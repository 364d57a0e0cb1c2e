"""The types of the doctor's table: a rule for a disease, its signs, and its cures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sparring.config.groups import OPTIONS
from sparring.config.needs import D_NAMED, G_NAMED
from sparring.config.option import OWN
from sparring.config.recipes import RECIPES, USUAL, from_recipe

MEASURED = ("image", "points")  # the kinds of data with which most thresholds and cures were measured
OWN_PARTS = ("rules", "generator", "discriminator")  # options that are OWN where a program has its own


class Sign(NamedTuple):
    """A signal and the bounds between which it is a sign of the disease."""

    name: str
    low: float = -math.inf
    high: float = math.inf

    def holds(self, signals: Mapping[str, float]) -> bool:
        return self.low <= signals[self.name] <= self.high


class Cure(NamedTuple):
    """One way to cure a disease, in words and as a change of options.

    The change sets one option to a value, multiplies it, or sets several options back to the recipe's values.
    Without an option the cure is a command, or only words.
    """

    words: str
    option: str = ""
    value: Any = None
    times: float = 0.0
    only: tuple[str, ...] = ()  # an option, and the values of which it must have one for this cure
    least: float = 0.0  # the least result of ``times``
    own: tuple[str, ...] = ()  # options to set back to the recipe's own values
    command: str = ""  # a whole command line to type; DATA and RUN are those of the run
    recipe: str = ""  # the recipe to which the command changes
    code: bool = False  # what to change in a program's own code

    def helps(self, options: Mapping[str, Any]) -> bool:
        """Whether the cure is one for a run with these options; without a recipe they are another program's."""
        if self.code:
            return "recipe" not in options or OWN in (options.get(part) for part in OWN_PARTS)
        if self.command:
            known = options.get("recipe") in RECIPES and options.get("rules") != OWN
            return known and options["recipe"] != self.recipe and self._only(options)
        if self.option in fixed(options):
            return False
        if self.own or self.option in options:
            return bool(self.change(options))
        return True  # a cure in words, or an option whose value is unknown

    def _only(self, options: Mapping[str, Any]) -> bool:
        where, *needed = self.only or ("",)
        return not where or options.get(where, USUAL if where == "kind" else None) in needed

    def change(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options to change in these, with their new values; {} if nothing changes."""
        if self.own:
            values, unchangeable = _recipe(options), fixed(options)
            return {
                name: values[name]
                for name in self.own
                if name in values and name not in unchangeable and options.get(name) != values[name]
            }
        if not self.option or not self._only(options):
            return {}
        now = options.get(self.option)
        if self.times:
            if not isinstance(now, int | float) or not now:
                return {}
            new: Any = max(now * self.times, self.least)
            new = max(1, round(new)) if isinstance(now, int) else float(f"{new:.3g}")
        else:
            new = self.value
            if isinstance(new, int | float) and isinstance(now, int | float) and now >= new > 0:
                return {}
        return {} if new == now else {self.option: new}


def fixed(options: Mapping[str, Any]) -> set[str]:
    """The options of networks that are a program's own, which no option can change."""
    players = {"generator": G_NAMED, "discriminator": D_NAMED}
    own = [need for player, need in players.items() if OWN in (options.get(player), options.get("rules"))]
    names = {
        name
        for name, declared in OPTIONS.items()
        if any(need in own for need in (*declared.metadata["needs"], *declared.metadata["demands"]))
    }
    return names | ({"latent_dim"} if G_NAMED in own else set())


def _recipe(options: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's own values of the options, without those that depend on the data."""
    name, kind = options.get("recipe"), options.get("kind")
    if name not in RECIPES:
        return {}
    values = from_recipe(name, kind if isinstance(kind, str) else USUAL).flat()
    if values["gamma_per_variance"]:
        del values["r1_gamma"], values["r2_gamma"]
    for name in ("latent_dim", "r1_gamma", "r2_gamma"):
        if not values.get(name):  # set by the size of the data, or unused by the recipe
            values.pop(name, None)
    return values


@dataclass(frozen=True)
class Rule:
    """A disease.

    Attributes:
        name: the title of its section in ``docs/reference/doctor.md``.
        title: what is wrong, in a clause.
        signs: the rule holds if all of these hold at each of the last ``checks`` records.
        why: the mechanism, in plain words.
        cures: the most likely first.
        losses: the losses for which the signs have this meaning; empty for all.
        checks: how many records in a row are needed.
        grace: the steps at the start in which the rule is not checked.
        lacking: a signal that would say more; the rule is only for histories without it.
        special: whether its first sign is measured of some data alone, as of pictures or of data with labels.
        untaught: whether it is one of samples alone, which a forest can have too: it has no adversary and no
            gradients, and each step grows one anew, so that one record is enough.
        stop: whether it is a waste of time to continue.
        confidence: how often the rule is right in the benchmark: "high", "medium" or "low".
        kinds, games: the kinds of data and the games for which the confidence holds; it is "low" for others.
    """

    name: str
    title: str
    signs: tuple[Sign, ...]
    why: str
    cures: tuple[Cure, ...]
    losses: tuple[str, ...] = ()
    checks: int = 3
    grace: int = 100
    lacking: str = ""
    special: bool = False
    untaught: bool = False
    stop: bool = False
    confidence: str = "medium"
    kinds: tuple[str, ...] = MEASURED
    games: tuple[str, ...] = ("adversarial",)

    def is_measured(self, options: Mapping[str, Any]) -> bool:
        """Whether the confidence was measured on such data and such a game."""
        game = options.get("rules", self.games[0])
        return options.get("kind", USUAL) in self.kinds and game in self.games
