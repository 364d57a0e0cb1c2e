"""Choose options that depend on the data: the recipe, the use of labels, the batch size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from sparring import games, kinds
from sparring.config.choices import BUDGETS
from sparring.config.groups import Config
from sparring.config.idle import check_needs
from sparring.config.needs import ACCOMPANIED
from sparring.config.recipes import from_recipe
from sparring.data.spec import Dataset
from sparring.data.split import hold_out_count
from sparring.errors import ConfigError, DataError, Tell, counted, first_of, quoted
from sparring.machine.device import launched
from sparring.networks import associations, imagenet, skips

# benchmarks/few_samples.py, ten minutes of emoji, times real: 511 of them, small-data 3.5 and sprint 7.3; all
# 1,703, small-data 1.2 and without its augmentation 2.1. Sets of 60,000 and more were measured with sprint,
# and nothing in between.
FEW = 5_000
VARIANCE_SAMPLES = 10_000  # from which the variance of the data is measured, at most
VARIANCE_NUMBERS = 2**22  # values that are encoded at a time
LARGE_WEIGHT = 0.4  # of features, for pictures that have imagenet.SEEN_FROM pixels themselves
# Fluent emoji of 128 pixels, excess distance by MobileNetV2 after 300 CPU seconds: 154 with widths 24 and 16,
# which see half as many samples again; 187 with those of the recipe, the best at 32 and 64 pixels.
LARGE, LARGE_WIDTHS = 128, {"g_width": 24, "d_width": 16}
# Of few symbols a discriminator learns by itself what goes with what: after 100,000 names, of 27 symbols, the
# distance of trigrams is 0.26 with associations and without, and they cost a fifth of the time.
MANY_SYMBOLS = 200
LEAST_BATCH = 8  # to which batches of large samples are halved; twice as many where a batch is normalised
PAIRED, UNPAIRED = "paired", "unpaired"  # the recipes of data with sources
LEAST = 10  # samples of a training; statistics of fewer mean nothing
LEAST_JUDGED = 4  # held-out pictures of a translation; a look at fewer says nothing


def configure(
    dataset: Dataset,
    recipe: str = "auto",
    labels_given: bool = False,
    tell: Tell = lambda _: None,
    /,
    **changes: Any,
) -> Config:
    """The config of a recipe for this data, with the options that depend on the data.

    Args:
        recipe: "auto" is the best recipe for the kind and size of the data.
        labels_given: labels were given with the samples, so they are used.
        tell: called with a sentence for each option that the data has changed.
        changes: the options that the user has chosen.

    Raises:
        ConfigError: a recipe or an option is unknown, or a value does not fit.
        DataError: there are too few samples.
    """
    if started := launched():
        changes = {"processes": started} | changes
    kind = dataset.spec.kind
    read = dict(dataset.origin.options) if dataset.origin else {}
    if dataset.given is not None and not dataset.spec.unpaired and "paired" not in changes:
        read["paired"] = "names"
    usual = from_recipe(recipe_for(dataset)[0] if recipe == "auto" else recipe, kind)
    config = usual.replace(**changes | read)
    conditional = uses_labels(dataset, usual, changes, labels_given, tell)
    actual = config.replace(conditional=conditional and dataset.classes > 0)
    check_needs(actual, changes, usual)
    found: dict[str, Any] = {"conditional": conditional}
    if "batch_size" not in changes:
        found["batch_size"] = batch_size(config, dataset, tell)
    if dataset.given is not None:
        _tell_few_held_out(config, dataset, tell)
    if "d_features" not in changes and not plays_features(config):
        config = config.replace(d_features="none")
    if config.networks.d_features == "none":
        found["r1_features_gamma"] = 0.0  # of recipes that have features
    elif "d_features_weight" not in changes:
        found["d_features_weight"] = features_weight(config, dataset)
    if config.networks.d_associations and "d_associations" not in changes and not needs_associations(dataset):
        found["d_associations"] = 0
    found |= {name: width for name, width in usual_widths(config, dataset).items() if name not in changes}
    if not config.networks.latent_dim:
        found["latent_dim"] = math.prod(dataset.spec.shape)
    if config.penalties.gamma_per_variance:
        gamma = float(f"{config.penalties.gamma_per_variance * total_variance(dataset):.3g}")
        found |= {name: gamma for name in ("r1_gamma", "r2_gamma") if name not in changes}
    config = config.replace(**found)
    steps = games.of(config).steps
    if steps and not any(name in changes for name in BUDGETS):
        config = config.replace(samples_seen=steps * config.optimizers.batch_size)
    return config


def _tell_few_held_out(config: Config, data: Dataset, tell: Tell) -> None:
    """Tell that the hold-out of a translation is too small to judge it by."""
    assert data.given is not None
    share, count = config.dataset.hold_out, min(len(data), len(data.given))
    held = hold_out_count(count, share)
    if 0 < held < LEAST_JUDGED and count > LEAST_JUDGED:
        enough = math.ceil(100 * LEAST_JUDGED / count) / 100
        tell(
            f"--hold-out {share:g} of {counted(count, 'picture')} is {held:,}, and a translation is judged by "
            f"{LEAST_JUDGED} or more: --hold-out {enough:g}."
        )


def plays_features(config: Config) -> bool:
    """Whether the discriminator can have a second one of features beside it, and is asked at all."""
    asked = config.game.rules != "translation" or config.translation.adversarial_weight > 0
    return bool(asked and ACCOMPANIED.there(config))


def features_weight(config: Config, data: Dataset) -> float:
    """The weight of the config; less for large pictures, whose features would drown their pixels."""
    weight = config.networks.d_features_weight
    return weight if min(data.spec.shape[1:], default=0) < imagenet.SEEN_FROM else LARGE_WEIGHT * weight


def needs_associations(data: Dataset) -> bool:
    """Whether texts are so long and of so many symbols that a discriminator must be shown which go together."""
    return data.spec.shape[0] > associations.NEAREST and data.spec.shape[-1] > MANY_SYMBOLS


def usual_widths(config: Config, data: Dataset) -> dict[str, int]:
    """The widths of networks that grow for large pictures, whose finest scales cost most; else {}."""
    is_large = config.networks.grow > 0 and min(data.spec.shape[1:], default=0) >= LARGE
    return LARGE_WIDTHS if is_large else {}


def named(data: Dataset) -> dict[str, str]:
    """The options that name data and its sources."""
    given = data.given.name if data.given is not None else data.name
    return {"data": data.name} | ({} if given == data.name else {"source": given})


def total_variance(dataset: Dataset) -> float:
    """E|x - mean|^2 of the encoded samples, from at most VARIANCE_SAMPLES, evenly spaced in the data."""
    count = min(len(dataset), VARIANCE_SAMPLES)
    chosen = torch.arange(count) * len(dataset) // max(count, 1)
    total, squares = torch.zeros(math.prod(dataset.spec.shape), dtype=torch.float64), 0.0
    for part in chosen.split(max(1, VARIANCE_NUMBERS // len(total))):
        encoded = dataset.batch(part).real.flatten(1).double()
        total, squares = total + encoded.sum(0), squares + float(encoded.square().sum())
    return (squares - float(total.square().sum()) / count) / count


def recipe_for(data: Dataset) -> tuple[str, str]:
    """The recipe for "auto", and a sentence with the reason if it is not the usual one, or ""."""
    kind = kinds.of(data.spec)
    if data.given is not None:
        return (UNPAIRED if data.spec.unpaired else PAIRED), ""
    if kind.rich(data.spec):
        return kind.rich_recipe, ""
    if few := few_samples(data):
        return kind.few_recipe, f"recipe {kind.few_recipe}, chosen because {few}."
    return kind.recipe, ""


def reasons(config: Config, data: Dataset) -> tuple[str, ...]:
    """What a look at the data finds, what was chosen and what to expect; () if its kind has no look."""
    kind, networks = kinds.of(data.spec), config.networks
    if kind.look is None:
        return ()
    found = kind.look(data)
    chosen = [f"recipe {config.recipe}", f"widths {networks.g_width} and {networks.d_width}"]
    chosen.append(f"batches of {config.optimizers.batch_size}")
    if config.augmentation.augment != "none":
        chosen.append("augmentation")
    if networks.d_features != "none":
        chosen.append("features of ImageNet")
    if networks.grow and (doublings := skips.doublings(min(data.spec.shape[1:]))):
        chosen.append(f"pictures that grow from {min(data.spec.shape[1:]) >> doublings} pixels")
    said = f"{found}: {', '.join(chosen)}."
    return (said, found.expected) if _is_measured(config, data) else (said,)


def minutes_expected(config: Config, data: Dataset) -> float:
    """After how many minutes ``reasons`` promises all that it promises; 0 if it promises nothing."""
    look = kinds.of(data.spec).look
    return look(data).pace[1] if look and _is_measured(config, data) else 0.0


def _is_measured(config: Config, data: Dataset) -> bool:
    """Whether it was measured what to expect of the recipe for data of this kind."""
    kind = kinds.of(data.spec)
    return config.recipe in (kind.recipe, kind.few_recipe, kind.rich_recipe)


def few_samples(data: Dataset) -> str:
    """A phrase that says that the samples are few, if another recipe is made for few samples; else ""."""
    kind = kinds.of(data.spec)
    few = kind.few_recipe and len(data) < FEW and not kind.rich(data.spec)
    return f"{counted(len(data), kind.noun)} {'is' if len(data) == 1 else 'are'} few" if few else ""


def uses_labels(data: Dataset, recipe: Config, changes: Mapping[str, Any], given: bool, tell: Tell) -> bool:
    """Whether the players use the labels of the data; the value of ``conditional``.

    Labels that the user requests are always used. Labels that come with the data are used if the recipe
    uses labels; otherwise ``tell`` is called.

    Args:
        changes: the options that the user has chosen.
        given: labels were given with the samples.

    Raises:
        ConfigError: labels are requested and refused, are missing, or are all the same.
    """
    conditional, classes = changes.get("conditional"), data.classes
    named = given or bool(data.origin and data.origin.options.get("labels", "none") != "none")
    if named and conditional is False:
        raise ConfigError(
            "labels are given, but --no-conditional (conditional=False) does not use them: leave one of "
            "the two out."
        )
    if conditional and not classes:
        raise ConfigError(
            f"--conditional (conditional=True) needs labels, and {data.name} has none. Give some (pictures: "
            "--labels folders, or a CSV file; arrays: one for each sample), or leave it out."
        )
    if classes == 1:
        same = f"all {len(data):,} samples of {data.name} have the label {quoted(data.spec.class_names[0])}"
        if named or conditional:
            raise ConfigError(f"{same}, from which the networks learn nothing. Leave the labels out.")
        if conditional is None and recipe.dataset.conditional:
            tell(f"{same}, from which the networks learn nothing: it is not used.")
        return False
    if conditional is not None:
        return bool(conditional)
    if classes and not recipe.dataset.conditional and not named:
        tell(
            f"the labels of {data.name} are not used, because recipe {recipe.recipe} uses no labels: "
            "--conditional (conditional=True) uses them."
        )
    elif not recipe.dataset.conditional and named and not given:
        tell(f"the {classes:,} classes are used, although recipe {recipe.recipe} alone would not use them.")
    return recipe.dataset.conditional or (named and classes > 0)


def batch_size(config: Config, data: Dataset, tell: Tell) -> int:
    """The batch size of the config, or for small data the largest that can be filled and divided.

    Raises:
        DataError: there are fewer than LEAST samples.
    """
    count = len(data) - hold_out_count(len(data), config.dataset.hold_out)
    parts = config.machine.processes * config.optimizers.ghost_batches
    held = f" after --hold-out {config.dataset.hold_out:g}" if config.dataset.hold_out else ""
    if count < LEAST:
        few = counted(count, "sample")
        more = "Add samples" + (", or hold out none: --hold-out 0" if len(data) >= LEAST else "")
        raise DataError(f"{data.name} has {few}{held}; a training needs at least {LEAST}. {more}.")
    batch = config.optimizers.batch_size
    least = LEAST_BATCH if config.networks.g_norm == "none" else 2 * LEAST_BATCH
    while batch > least and batch * math.prod(data.spec.shape) > kinds.of(data.spec).most_numbers:
        batch //= 2
    if batch < config.optimizers.batch_size and batch % parts == 0:
        what = kinds.of(data.spec).describe(data.spec)
        tell(
            f"batches of {batch}, not {config.optimizers.batch_size}, of {what}: a step takes less memory and "
            "time."
        )
    else:
        batch = config.optimizers.batch_size
    if count >= batch or count < parts:
        return batch
    fitted = count // parts * parts
    if games.of(config).steps:  # of which each sees all samples
        return fitted
    tell(f"batches of {fitted}, not {config.optimizers.batch_size}: {data.name} has {count} samples{held}.")
    return fitted


def no_labels(data: str, names: tuple[str, ...]) -> str:
    """Why a run cannot draw by class, and what to do; ``names`` are classes that it did not use."""
    if len(names) > 1:
        return (
            f"trained without labels, although {data} has some ({first_of(names)}): train again with "
            "--conditional (conditional=True)"
        )
    return "trained without labels: train again with labels (for pictures: --labels folders, or a CSV file)"
