"""What a training takes from its data: a recipe by its size, labels where asked for, a batch it fills."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

from sparring import kinds
from sparring.config.groups import Config, check_needs
from sparring.config.recipes import from_recipe
from sparring.data.spec import Dataset
from sparring.data.split import hold_out_count
from sparring.errors import ConfigError, DataError, counted, first_of, quoted
from sparring.machine.device import launched

Tell = Callable[[str], object]

# benchmarks/few_samples.py: of 511 emoji small-data is twice as near the reals as sprint (3.5 against 7.3
# times real). Larger sets were measured with sprint, the built-in ones from 1,703 samples on.
FEW = 1_000
VARIANCE_SAMPLES, VARIANCE_NUMBERS = 10_000, 2**22  # looked at, and encoded at a time
LEAST = 10  # samples; statistics over fewer say nothing of what they are from


def configure(
    dataset: Dataset,
    recipe: str = "auto",
    labels_given: bool = False,
    tell: Tell = lambda _: None,
    /,
    **changes: Any,
) -> Config:
    """The config of a recipe on this data, as it was read, with what follows from it worked out.

    Args:
        recipe: "auto" is the best one for the data's kind and size.
        labels_given: labels were handed over with the samples, so they are to be used.
        tell: hears in a sentence each what the data has changed.
        changes: the options that were asked for.

    Raises:
        ConfigError: an unknown recipe or option, or a value that does not fit.
        DataError: too few samples.
    """
    if started := launched():
        changes = {"processes": started} | changes
    kind = dataset.spec.kind
    read = dict(dataset.origin.options) if dataset.origin else {}
    usual = from_recipe(recipe_for(dataset)[0] if recipe == "auto" else recipe, kind)
    config = usual.replace(**changes | read)
    conditional = told_labels(dataset, usual, changes, labels_given, tell)
    told = config.replace(conditional=conditional and dataset.classes > 0)
    check_needs(told, changes, usual)
    found: dict[str, Any] = {"conditional": conditional}
    if "batch_size" not in changes:
        found["batch_size"] = batch_size(config, dataset, tell)
    if not config.networks.latent_dim:
        found["latent_dim"] = math.prod(dataset.spec.shape)
    if config.penalties.gamma_per_variance:
        gamma = float(f"{config.penalties.gamma_per_variance * total_variance(dataset):.3g}")
        found |= {name: gamma for name in ("r1_gamma", "r2_gamma") if name not in changes}
    return config.replace(**found)


def total_variance(dataset: Dataset) -> float:
    """E|x - mean|^2 of the encoded samples, over at most VARIANCE_SAMPLES spread evenly over the set."""
    count = min(len(dataset), VARIANCE_SAMPLES)
    chosen = torch.arange(count) * len(dataset) // max(count, 1)
    total, squares = torch.zeros(math.prod(dataset.spec.shape), dtype=torch.float64), 0.0
    for part in chosen.split(max(1, VARIANCE_NUMBERS // len(total))):
        encoded = dataset.batch(part).real.flatten(1).double()
        total, squares = total + encoded.sum(0), squares + float(encoded.square().sum())
    return (squares - float(total.square().sum()) / count) / count


def recipe_for(data: Dataset) -> tuple[str, str]:
    """The recipe that "auto" stands for, and the reason in a sentence where it is not the usual one."""
    kind = kinds.of(data.spec)
    if few := few_samples(data):
        return kind.few_recipe, f"recipe {kind.few_recipe}, chosen because {few}."
    return kind.recipe, ""


def few_samples(data: Dataset) -> str:
    """That these are so few that another recipe is made for them, in words; "" where none is."""
    kind = kinds.of(data.spec)
    few = kind.few_recipe and len(data) < FEW
    return f"{counted(len(data), kind.noun)} {'is' if len(data) == 1 else 'are'} few" if few else ""


def told_labels(data: Dataset, recipe: Config, asked: Mapping[str, Any], given: bool, tell: Tell) -> bool:
    """Whether the players are told the data's labels, which is the config's ``conditional``.

    Labels that somebody asked for are used whatever the recipe does by itself; those that merely came
    with the data follow the recipe, and ``tell`` hears where that leaves them unused.

    Args:
        asked: the options that were asked for.
        given: labels were handed over with the samples.

    Raises:
        ConfigError: labels that are asked for and refused at once, are not there, or are all one.
    """
    wish, classes = asked.get("conditional"), data.classes
    named = given or bool(data.origin and data.origin.options.get("labels", "none") != "none")
    if named and wish is False:
        raise ConfigError(
            "labels are given, and --no-conditional (conditional=False) would not use them: leave one of "
            "the two out."
        )
    if wish and not classes:
        raise ConfigError(
            f"--conditional (conditional=True) uses labels, and {data.name} has none. Give some (of pictures: "
            "--labels folders, or a CSV file; of arrays: one for each sample), or leave it out."
        )
    if classes == 1:
        one = f"all {len(data):,} samples of {data.name} have the label {quoted(data.spec.class_names[0])}"
        if named or wish:
            raise ConfigError(f"{one}, from which players learn nothing. Leave the labels out.")
        if wish is None and recipe.dataset.conditional:
            tell(f"{one}, from which players learn nothing: it is not used.")
        return False
    if wish is not None:
        return bool(wish)
    if classes and not recipe.dataset.conditional and not named:
        tell(
            f"the labels of {data.name} are not used, because recipe {recipe.recipe} does without: "
            "--conditional (conditional=True) uses them."
        )
    elif not recipe.dataset.conditional and named and not given:
        tell(
            f"the players are told the {classes:,} classes, which recipe {recipe.recipe} by itself does not do."
        )
    return recipe.dataset.conditional or (named and classes > 0)


def batch_size(config: Config, data: Dataset, tell: Tell) -> int:
    """The config's, or the largest one that the data fills and its parts share.

    Raises:
        DataError: fewer than LEAST samples.
    """
    count = len(data) - hold_out_count(len(data), config.dataset.hold_out)
    parts = config.machine.processes * config.optimizers.ghost_batches
    held = f" after --hold-out {config.dataset.hold_out:g}" if config.dataset.hold_out else ""
    if count < LEAST:
        few = counted(count, "sample")
        raise DataError(f"{data.name} has {few}{held}; a training needs at least {LEAST}. Add some.")
    if count >= config.optimizers.batch_size or count < parts:
        return config.optimizers.batch_size
    fitted = count // parts * parts
    tell(f"batches of {fitted}, not {config.optimizers.batch_size}: {data.name} has {count} samples{held}.")
    return fitted


def no_labels(data: str, names: tuple[str, ...]) -> str:
    """Why a run without labels draws none by class, and what would; ``names`` are classes it did not use."""
    if len(names) > 1:
        return (
            f"trained without labels, though {data} has some ({first_of(names)}): train anew with "
            "--conditional (conditional=True)"
        )
    return "trained without labels: train anew with some (of pictures: --labels folders, or a CSV file)"
