"""Begin a training with the players of another run, which is called fine-tuning."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from sparring import kinds
from sparring.config.groups import Config, StartConfig
from sparring.config.option import NONE, OWN, flag, written
from sparring.config.recipes import RECIPES, from_recipe
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, RunError, Tell, counted, quoted
from sparring.games.game import Game
from sparring.games.players import PLAYERS
from sparring.games.translation import EXTRAS
from sparring.history.find import run_named
from sparring.kinds import find
from sparring.networks.network import CALIBRATION
from sparring.runs import checkpoint
from sparring.runs.folder import RunFolder
from sparring.training import suited

FAMILIES = ("generator", "discriminator")  # options that name networks
COLOURS = {1: "grey", 3: "colour", 4: "colour with alpha"}  # pictures by their channels
LEAVE_OUT = "Leave it out, or train without --from-run (from_run)."


class Counts(NamedTuple):
    """The numbers of classes of the run and of this training: all that there are, and labels alone."""

    classes: tuple[int, int]
    labels: tuple[int, int]

    def known(self, weight: str) -> tuple[int, int]:
        """Those that a weight of a player knows: a second discriminator knows no clusters."""
        return self.labels if weight.startswith("second_discriminator.") else self.classes


@dataclass(frozen=True)
class Source:
    """The run with whose players another training begins.

    Attributes:
        folder: its run folder.
        facts: those of its newest checkpoint.
        tensors: the weights of its players, as "generator/NAME", "discriminator/NAME" and those of others that
            its game has; the generator is its weight average, if it has one.
    """

    folder: RunFolder
    facts: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    @staticmethod
    def of(start: StartConfig, warn: Tell) -> Source | None:
        """The run that the options name: its folder, or players that come with the package; None without one.

        Raises:
            RunError: there is no such run, it has no checkpoint, or it is of a program's own game.
        """
        if start.from_run == NONE:
            return None
        name = start.from_run
        folder = RunFolder(run_named(Path(name)))
        if folder.config.game.rules == OWN:
            raise RunError(
                f"{name} was trained by a program's own game, and its players are known to that program alone. "
                "Give a run of `sparring train` or of GAN.fit."
            )
        drawn = folder.drawn_with
        prefixes = {drawn: PLAYERS[0], **{name: name for name in (PLAYERS[1], *EXTRAS)}}
        facts, tensors = checkpoint.read(folder.checkpoints, warn, tuple(f"{name}/" for name in prefixes))
        named = {
            f"{prefixes[player]}/{rest}": tensor
            for (player, _, rest), tensor in ((key.partition("/"), value) for key, value in tensors.items())
        }
        return Source(folder, facts, named)

    @property
    def name(self) -> str:
        return self.folder.name

    def __str__(self) -> str:
        return f"the players begin as those of {self.name} at step {self.facts['step']:,}."

    def reading(self, data: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options with which files are read as those of this run, as far as they are not given."""
        spec, known = self.folder.spec, find.options(data)
        like = dict(kinds.of(spec).read_like(spec))
        if spec.given is not None and spec.given.shape[0] != spec.shape[0]:
            like.pop("channels", None)  # each side has its own, as its files say
        return {name: value for name, value in like.items() if name in known and name not in given}

    def recipe(self, data: Dataset) -> str:
        """The recipe for "auto": the best for this data, or that of the run if it has other networks."""
        best, kind = suited.recipe_for(data)[0], data.spec.kind
        used = self.folder.config.recipe
        return best if self._has_networks_of(best, kind) or used not in RECIPES else used

    def options(self, recipe: str, data: Dataset, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options of the networks, which are those of the run.

        Args:
            given: options that the user has chosen.

        Raises:
            ConfigError: the user has chosen other networks, or the data has another shape.
        """
        self._check_shape(data)
        config, kind = self.folder.config, data.spec.kind
        theirs = dataclasses.asdict(config.networks)
        own = [name for name in FAMILIES if OWN in (theirs[name], given.get(name))]
        if missing := [name for name in own if given.get(name) != OWN]:
            give = ", ".join(f"{name}=YOURS" for name in own)
            raise ConfigError(
                f"the {' and the '.join(missing)} of {self.name} {'is' if len(missing) == 1 else 'are'} a "
                f"program's own: give all of its networks, as GAN({give}, from_run={self.name!r})."
            )
        if not own and not self._has_networks_of(recipe, kind) and not given.keys() & set(FAMILIES):
            fitting = [name for name in RECIPES if self._has_networks_of(name, kind)]
            raise ConfigError(
                f"recipe {recipe} is made for other networks than those of {self.name}, which are "
                f"{theirs['generator']} and {theirs['discriminator']}. Leave --recipe out, or give one of "
                f"{', '.join(fitting)}."
            )
        asked = Config().replace(**given).flat()
        for name in theirs:
            if name in given and asked[name] != theirs[name]:
                has = written(theirs[name])
                raise ConfigError(
                    f"{flag(name)} {written(asked[name])} ({name}): the players begin with the weights of "
                    f"{self.name}, which has {flag(name)} {has}. {LEAVE_OUT}"
                )
        usual = from_recipe(recipe, kind).flat()
        return {name: value for name, value in theirs.items() if value != usual[name] and name not in given}

    def begin(self, game: Game, spec: Spec, classes: int, tell: Tell) -> dict[str, Any]:
        """Give the players of a game the weights of the run; return what run.json says of it.

        Args:
            spec, classes: of the training data, as the players see it.
            tell: called with a sentence about each part that is not as in the run.

        Raises:
            ConfigError: the weights do not fit the players.
        """
        of_labels = 0 if self.folder.spec.clusters else self.folder.classes, 0 if spec.clusters else classes
        counts = Counts((self.folder.classes, classes), of_labels)
        given = {name for name in game.players if any(key.startswith(f"{name}/") for key in self.tensors)}
        for name in given:
            self._fill(name, game.players[name], counts)
        if "average" in game.memories:
            self._fill(PLAYERS[0], game.memories["average"], counts)
        lacking = [name for name in game.players if name not in given]
        for words in self._said(lacking, spec, classes):
            tell(f"from {self.name}: {words}.")
        return {
            "run": self.name,
            "id": str(self.folder.facts.get("id", "")),
            "data": self.folder.facts["data"],
            "step": self.facts["step"],
        }

    def _has_networks_of(self, recipe: str, kind: str) -> bool:
        usual, theirs = from_recipe(recipe, kind).networks, self.folder.config.networks
        return all(getattr(usual, name) == getattr(theirs, name) for name in FAMILIES)

    def _check_shape(self, data: Dataset) -> None:
        mine, theirs = data.spec, self.folder.spec
        if (mine.kind, mine.shape) == (theirs.kind, theirs.shape):
            self._check_sources(data)
            return
        like = self.reading(data.name, {})
        flags = " ".join(f"{flag(name)} {value}" for name, value in like.items())
        read = f"Read files with {flags}, or give" if flags else "Give"
        raise ConfigError(
            f"{data.name} has {kinds.of(mine).noun}s of shape {mine.shape}, and the players of {self.name} "
            f"{kinds.of(theirs).noun}s of shape {theirs.shape}: a training that begins with a run needs the "
            f"same. {read} a run of that shape, or train without --from-run (from_run)."
        )

    def _check_sources(self, data: Dataset) -> None:
        """Refuse sources for which the players of a translation have other layers."""
        mine, theirs = data.spec, self.folder.spec
        if data.given is None or mine.given is None or theirs.given is None:
            return
        has, had = mine.given.shape[0], theirs.given.shape[0]
        if has != had:
            raise ConfigError(
                f"{data.given.name} has sources with {counted(has, 'channel')}, and those of {self.name} had "
                f"{had}: a training that begins with a run needs the same. Save the sources in {COLOURS[had]}, "
                "or train without --from-run (from_run)."
            )
        if mine.unpaired != theirs.unpaired:
            with_or_without, sees, do = (
                ("without", "no sources", "leave out --paired (paired)")
                if theirs.unpaired
                else ("with", "each source beside its target", "give --paired (paired=True)")
            )
            raise ConfigError(
                f"{self.name} was trained {with_or_without} pairs, so its discriminator sees {sees}: {do}, or "
                "train without --from-run (from_run)."
            )

    def _said(self, lacking: Sequence[str], spec: Spec, classes: int) -> list[str]:
        """What a user should know of the beginning."""
        had, theirs = self.folder.classes, self.folder.spec
        words = [f"it has no {name}, which begins with random weights" for name in lacking]
        same = had == classes and theirs.class_names == spec.class_names and not spec.clusters
        if classes and not same:
            ours = counted(classes, "cluster" if spec.clusters else "class")
            its = counted(had, "cluster" if theirs.clusters else "class")
            begin = f"the weights of its {its}, in order" if had else "random weights, since it has none"
            words.append(f"{ours} begin with {begin}")
        elif had and not classes:
            words.append("its classes are left out, since this training has none")
        return words

    def _fill(self, player: str, network: nn.Module, counts: Counts) -> None:
        """Copy the weights of a player of the run."""
        live, prefix = network.state_dict(), f"{player}/"
        theirs = {key.removeprefix(prefix): t for key, t in self.tensors.items() if key.startswith(prefix)}
        for name in sorted(live.keys() | theirs.keys()):
            had, has = counts.known(name)
            more, fewer = bool(has) > bool(had), bool(has) < bool(had)  # weights that only one side has
            if name == CALIBRATION or (name not in theirs and more) or (name not in live and fewer):
                continue
            found = theirs.get(name)
            ours = live.get(name)
            fitted = None if found is None or ours is None else adapted(ours, found, had, has)
            if fitted is None:
                sizes = ["none" if t is None else str(tuple(t.shape)) for t in (found, ours)]
                raise ConfigError(
                    f"the {player} of {self.name} does not fit: {quoted(name)} has shape {sizes[0]} there and "
                    f"{sizes[1]} here. Give the networks that were trained there, or train without from_run."
                )
            with torch.no_grad():
                live[name].copy_(fitted)


def adapted(fresh: Tensor, given: Tensor, had: int, has: int) -> Tensor | None:
    """A weight for ``has`` classes, made of one for ``had`` classes; None if they differ otherwise.

    Weights of classes are the last ones of an axis. Class k begins as class k modulo ``had``.

    Args:
        fresh: the random weight of a new player, whose classes are taken if there were none.
    """
    if given.shape == fresh.shape:
        return given
    if given.ndim != fresh.ndim:
        return None
    axes = [k for k in range(fresh.ndim) if fresh.shape[k] != given.shape[k]]
    common = fresh.shape[axes[0]] - has
    if len(axes) > 1 or common < 0 or given.shape[axes[0]] - had != common:
        return None
    axis = axes[0]
    classes = given.narrow(axis, common, had).index_select(axis, torch.arange(has) % had) if had else None
    if classes is None:
        classes = fresh.narrow(axis, common, has).cpu()
    return torch.cat([given.narrow(axis, 0, common), classes], axis)
