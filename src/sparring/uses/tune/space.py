"""What is searched: recipes that suit the data, and around each its options, read off the config groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparring import kinds
from sparring.config.choices import BUDGETS
from sparring.config.groups import Config
from sparring.config.idle import check_needs
from sparring.config.search import RECIPE, SEARCHED, USUAL, Among, Chooser, Search, search_of, starts, within
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, SparringError, counted, first_of, unknown
from sparring.metrics.work import silent
from sparring.training import plan, suited

FURTHER = ("modern", "mlp")  # recipes that are tried beside those of the kind of data, where they suit it


@dataclass(frozen=True)
class Space:
    """The options that are searched.

    Attributes:
        bases: the whole config of each recipe, the default first.
        names: the options that are searched beside the recipe.
        choices: of the options that are searched among values, those that suit every recipe.
    """

    bases: Mapping[str, Config]
    names: tuple[str, ...]
    choices: Mapping[str, tuple[Any, ...]]

    @property
    def default(self) -> Config:
        return next(iter(self.bases.values()))

    def choose(self, chooser: Chooser) -> dict[str, Any]:
        """What is chosen, by option: multiples of the recipe's values, or values."""
        recipe = next(iter(self.bases))
        chosen: dict[str, Any] = {}
        if len(self.bases) > 1:
            recipe = chosen[RECIPE] = chooser.suggest_categorical(RECIPE, list(self.bases))
        for name in self.of(recipe):
            chosen[name] = self.search(name).choose(chooser, name)
        return chosen

    def of(self, recipe: str) -> list[str]:
        """The options that are searched with this recipe: not those that do nothing in it."""
        return [name for name in self.names if starts(name, self.bases[recipe])]

    def start(self, recipe: str) -> dict[str, Any]:
        """What would have to be chosen for a recipe as it is."""
        values = self.bases[recipe].flat()
        alone = {RECIPE: recipe} if len(self.bases) > 1 else {}
        return alone | {name: self.search(name).start(values[name]) for name in self.of(recipe)}

    def config(self, chosen: Mapping[str, Any]) -> Config:
        """The config of what was chosen.

        Raises:
            ConfigError: options that do not go together.
        """
        recipe = chosen.get(RECIPE, next(iter(self.bases)))
        base = self.bases[recipe]
        values = base.flat()
        changes = {
            name: within(name, self.search(name).value(values[name], value))
            for name, value in chosen.items()
            if name != RECIPE
        }
        parts = base.optimizers.ghost_batches
        if "batch_size" in changes:
            changes["batch_size"] = max(1, changes["batch_size"] // parts) * parts
        found = base.replace(**changes)
        check_needs(found)
        return found

    def search(self, name: str) -> Search:
        """How an option is searched."""
        return Among(self.choices[name]) if name in self.choices else search_of(name)

    def described(self) -> dict[str, Any]:
        """What two workers must have in common."""
        return {
            "recipes": {name: _written(config) for name, config in self.bases.items()},
            "options": {name: [type(self.search(name)).__name__, *self.search(name)] for name in self.names},
        }


def space(data: Dataset, only: Sequence[str], fixed: Mapping[str, Any], asked: str = "auto") -> Space:
    """The space of this data.

    Args:
        only: the options that are searched, and "recipe"; (): the usual ones.
        fixed: options that the user has set; those that ``only`` names too are the centre of their range.
        asked: the recipe that the user has chosen, which is then not searched; or "auto".

    Raises:
        ConfigError: an option is unknown or cannot be searched, or there is only one point.
    """
    for name in only:
        if name not in (*SEARCHED, RECIPE):
            raise ConfigError(f"--only: {unknown('option to search', name, [*SEARCHED, RECIPE])}")
    bases = _bases(data, fixed, asked, searched=asked == "auto" and (not only or RECIPE in only))
    wanted = [name for name in (only or USUAL) if name != RECIPE and (only or name not in fixed)]
    names = tuple(name for name in wanted if any(starts(name, config) for config in bases.values()))
    choices = {}
    for name in names:
        search = search_of(name)
        if isinstance(search, Among):
            choices[name] = tuple(value for value in search.values if _suit(bases, data, name, value))
    names = tuple(name for name in names if name not in choices or len(choices[name]) > 1)
    if only and (lost := [name for name in wanted if name not in names]):
        raise ConfigError(
            f"--only {','.join(lost)}: does nothing in recipe {' or '.join(bases)} on this data, so there is "
            "nothing to search. Leave it out, or set what it needs, such as --r1-gamma 1."
        )
    if not names and len(bases) == 1:
        raise ConfigError(
            "there is nothing to search: every option is set, so the space is one point. Leave some of "
            f"{first_of(sorted({*fixed} & {*USUAL}) or list(USUAL))} out, or name options with --only."
        )
    return Space(bases, names, {name: choices[name] for name in names if name in choices})


def _bases(data: Dataset, fixed: Mapping[str, Any], asked: str, searched: bool) -> dict[str, Config]:
    """The config of each recipe that can train on this data, the default first."""
    kind = kinds.of(data.spec)
    default = suited.recipe_for(data)[0] if asked == "auto" else asked
    others = (kind.recipe, kind.few_recipe, kind.rich_recipe, *FURTHER) if searched else ()
    found: dict[str, Config] = {}
    for name in dict.fromkeys((default, *filter(None, others))):
        try:
            config = suited.configure(data, name, False, silent, **{**fixed, **suited.named(data)})
            plan.check(config, data)
        except SparringError:
            if name == default:
                raise
            continue
        found[name] = config
    return found


def _suit(bases: Mapping[str, Config], data: Dataset, name: str, value: Any) -> bool:
    """Whether every recipe can be trained with this value, or has it anyway."""
    for config in bases.values():
        try:
            changed = config.replace(**{name: value})
            check_needs(changed, (name,), config)
            plan.check(changed, data)
        except SparringError:
            if config.flat()[name] != value:
                return False
    return True


def _written(config: Config) -> dict[str, Any]:
    """The options of a config that decide what is learnt; budgets and the machine do not."""
    machine = ("device", "threads", "processes", "data", "source", *BUDGETS)
    return {name: value for name, value in config.flat().items() if name not in machine}


def size(found: Space) -> str:
    """The space in words."""
    recipes = f"{counted(len(found.bases), 'recipe')} ({', '.join(found.bases)})"
    return f"{recipes}, {counted(len(found.names), 'option')} ({', '.join(found.names)})"
