"""What ``GAN.fit`` is asked: its arguments checked, and the data set that they name or hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparring import kinds
from sparring.config.choices import BUDGETS
from sparring.config.groups import OPTIONS, Config, DatasetConfig, FilesConfig
from sparring.config.option import NONE, OWN
from sparring.config.recipes import RECIPES
from sparring.config.words import in_python
from sparring.data import pairs
from sparring.data.spec import Dataset, Spec
from sparring.doctor.report import options_text
from sparring.errors import ConfigError, unknown, warn
from sparring.errors.names import nearest
from sparring.kinds import find
from sparring.machine.device import launched
from sparring.runs.fitted import warned

TRANSLATION = "translation"  # the game that is given pictures
FIT = ("labels", "out", "force", "resume", "verbose")  # what fit takes besides data and budgets


def check_budget(given: Collection[str]) -> None:
    """Refuse keyword arguments that ``fit`` does not take.

    Raises:
        ConfigError: where it belongs, or what may be meant.
    """
    for name in given:
        if name in BUDGETS:
            continue
        meant = [] if nearest(name, FIT) else nearest(name, OPTIONS)
        if options := [option for option in meant if option not in BUDGETS]:
            raise ConfigError(f"{name} is an option of GAN, not of fit: GAN({options[0]}=…).fit(data).")
        raise ConfigError(unknown("argument of fit", name, (*BUDGETS, *FIT)))


def translates(recipe: str, chosen: Config) -> bool:
    """Whether a training with these options is given pictures."""
    of_recipe = RECIPES.get(recipe, {}).get("rules")
    own = chosen.dataset.source != NONE or chosen.dataset.paired != NONE
    return TRANSLATION in (of_recipe, chosen.game.rules) or own


def sides(sources: Any, targets: Any, named: DatasetConfig, files: FilesConfig) -> Dataset:
    """Sources and targets of a translation in one data set; without targets, ``sources`` is DATA.

    Raises:
        DataError: they do not belong together.
        ConfigError: there is only one side.
    """
    paths = [str(side) for side in (sources, targets) if isinstance(side, str | Path)]
    if targets is None and paths:
        both = find.chosen(replace(named, data=paths[0]), files)
    elif len(paths) == 2:
        both = find.chosen(replace(named, source=paths[0], data=paths[1]), files)
    elif targets is None:
        raise ConfigError("a translation needs two sides: fit(sources, targets).")
    else:
        return pairs.joined(dataset(sources, None, files), dataset(targets, None, files), named.paired)
    for remark in find.remarks(both):
        warned(remark)
    return both


def dataset(data: Any, labels: Any, files: FilesConfig, like: Spec | None = None) -> Dataset:
    """The data set of what ``fit`` is given: a name or a path, or samples in memory with labels or None.

    Args:
        like: of samples with which it is compared.

    Raises:
        ConfigError: labels were given for named data.
        DataError: the data cannot be read.
    """
    if isinstance(data, str | Path):
        if labels is not None:
            raise ConfigError(
                "labels are for arrays; named data and files have their own. For pictures, use "
                "GAN(labels='folders') or GAN(labels='FILE.csv')."
            )
        named = find.dataset(str(data), files, **(find.comparable(str(data), like, files) if like else {}))
        named = kinds.of(like).adapted(named, like) if like else named
        for remark in [*find.shadowed(str(data)), *find.remarks(named)]:
            warned(remark)
        return named
    taken, remarks = find.samples(data, labels, files, like)
    taken = kinds.of(like).adapted(taken, like) if like else taken
    for remark in [*remarks, *find.remarks(taken)]:
        warn(in_python(remark))
    return taken


def check_processes(recipe: str, given: Mapping[str, Any], processes: int) -> None:
    """Refuse several processes, which would run the caller's program again, unless torchrun started it.

    Raises:
        ConfigError: there are several, and torchrun did not start them.
    """
    if processes == 1 or launched():
        return
    start = "Start"
    if OWN not in given.values():  # the command line can make these networks
        start = (
            f"Save the data (numpy.save) and train it with `sparring train DATA.npy --recipe {recipe} "
            f"{options_text(given)}`, or start"
        )
    raise ConfigError(
        f"processes = {processes} would run this whole program {processes} times. {start} the "
        f"script with `torchrun --nproc-per-node {processes} SCRIPT.py`; GAN.load draws from the run."
    )
