"""The only place where names become objects: tables of data, networks, losses, and a game from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from sparring import kinds, networks
from sparring.config.groups import Config
from sparring.config.option import check_needs
from sparring.config.recipes import ON_POINTS, RECIPES, from_recipe
from sparring.data import clusters, folders, hub, images, toy
from sparring.data.arrays import from_file
from sparring.data.spec import Dataset, Spec, check_size
from sparring.data.split import aside_count, set_aside
from sparring.data.store import Watch
from sparring.errors import ConfigError, DataError, meant, quoted, unknown
from sparring.files import beside
from sparring.games import augment, losses, penalties, schedules
from sparring.games.adversarial import AdversarialGame, Ends
from sparring.games.optimizers import OPTIMIZERS
from sparring.history import layout
from sparring.machine.device import Runtime, check_threads, launched
from sparring.networks import NETWORKS, memory
from sparring.training import suited
from sparring.training.loop import Budget

DATA: dict[str, Callable[[], Dataset]] = {
    "mnist": images.mnist,
    "fashion-mnist": images.fashion_mnist,
    "emoji": images.emoji,
    **{name: partial(toy.load, name) for name in toy.MIXTURES},
}
HELD_OUT: dict[str, Callable[[], Dataset]] = {  # of the same law, never trained on
    "mnist": partial(images.mnist, "test"),
    "fashion-mnist": partial(images.fashion_mnist, "test"),
    "emoji": partial(images.emoji, "test"),
    **{name: partial(toy.load, name, seed=1) for name in toy.MIXTURES},
}
VARIANCE_SAMPLES = 10_000
VARIANCE_NUMBERS = 2**22  # encoded at a time
ZIP = ".zip"
FILES = (".npy", ".npz", ZIP)
HUB = "hf:"


def dataset(name: str, config: Config | None = None, watch: Watch | None = None) -> Dataset:
    """A built-in set by name, a file or a folder of pictures by path, a set of the Hugging Face hub.

    Args:
        config: how pictures are read; its ``data`` does not count.
        watch: told how far the reading of pictures is.

    Raises:
        DataError: an unknown name (the nearest is offered), or a file that cannot be used.
        ConfigError: options of pictures for data that are none.
    """
    options = (config or Config()).of_pictures()
    for written in (name, str(Path(name).absolute()), str(Path(options["labels"]).absolute())):
        if written.encode("utf-8", "replace").decode() != written:
            raise DataError(f"{quoted(written)} is not UTF-8, as config.toml must be: rename it.")
    if name.startswith(HUB):
        return hub.from_hub(name.removeprefix(HUB), **options, watch=watch)
    path = Path(name)
    if holds_pictures(name):
        if (path / layout.RUN).exists():
            raise DataError(f"{name} is a run folder; go on with `sparring resume {name}`, or give pictures.")
        return folders.from_folder(path, **options, watch=watch)
    found = _without_options(name, path)
    if given := [key for key, value in options.items() if value != getattr(Config(), key)]:
        raise ConfigError(
            f"{', '.join(given)}: for folders and zips of pictures and for hf: sets; {name} has samples of "
            f"shape {found.spec.shape} as it is. Leave it out."
        )
    return found


def holds_pictures(name: str) -> bool:
    """Whether this names picture files, which options say how to read, and not samples as they are."""
    path = Path(name)
    files = path.is_dir() or (path.is_file() and path.suffix.lower() == ZIP)
    return name.startswith(HUB) or (name not in DATA and files)


def _without_options(name: str, path: Path) -> Dataset:
    if name in DATA:
        return DATA[name]()
    is_file = path.suffix.lower() in FILES
    if is_file and path.exists():
        return from_file(path.absolute())  # a run may be resumed from elsewhere
    if path.exists():
        raise DataError(
            f"{name} is a {path.suffix or 'nameless'} file; accepted: {', '.join([*DATA, *FILES])}, "
            "a folder of pictures."
        )
    if is_file or len(path.parts) > 1:
        near = meant(path.name, beside(path, FILES))
        raise DataError(f"there is no file or folder {name}.{near} Of a run whose data moved: link them there.")
    recipe = f" {name} is a recipe: sparring train DATA --recipe {name}." if name in RECIPES else ""
    raise DataError(
        unknown("data", name, DATA, beside(path, FILES))
        + recipe
        + f" Or the path of a {', '.join(FILES)} file or of a folder, or hf:NAME."
    )


def held_out(name: str) -> Dataset | None:
    """The part of a built-in set that no training sees; None of anything else."""
    return HELD_OUT[name]() if name in HELD_OUT else None


def as_trained(config: Config, data: Dataset) -> Dataset:
    """The data as this config's players see it: with its labels, clusters in their place, or neither.

    Without the share that is held out.
    """
    return parts(config, data)[0]


def parts(config: Config, data: Dataset) -> tuple[Dataset, Dataset | None]:
    """What is trained on, and what no training sees, both as this config's players see data.

    The second is ``hold_out``'s share, or else the held-out part of a built-in set; None where there is
    neither, or where its clusters are not known.
    """
    if config.conditional and data.classes:
        seen = data
    elif config.clusters:
        seen = clusters.clustered(data, config.clusters, kinds.of(data.spec).coarse)
    else:
        seen = data.unlabelled()
    if config.hold_out:
        return set_aside(seen, config.hold_out)
    other = held_out(data.name)
    alike = other and (other.spec.shape, other.spec.class_names) == (seen.spec.shape, seen.spec.class_names)
    if other is None or not alike:
        return seen, None
    return seen, Dataset(other.name, seen.spec, other.samples, other.labels if seen.classes else None)


def configure(
    dataset: Dataset,
    recipe: str = "auto",
    labels_given: bool = False,
    tell: suited.Tell = lambda _: None,
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
    usual = from_recipe(suited.recipe_for(dataset)[0] if recipe == "auto" else recipe, kind)
    config = usual.replace(**changes | read)
    conditional = suited.told_labels(dataset, usual, changes, labels_given, tell)
    told = config.replace(conditional=conditional and dataset.classes > 0)
    check_needs(told, changes, usual)
    found: dict[str, Any] = {"conditional": conditional}
    if "batch_size" not in changes:
        found["batch_size"] = suited.batch_size(config, dataset, tell)
    if not config.latent_dim:
        found["latent_dim"] = math.prod(dataset.spec.shape)
    if config.gamma_per_variance:
        gamma = float(f"{config.gamma_per_variance * total_variance(dataset):.3g}")
        found |= {name: gamma for name in ("r1_gamma", "r2_gamma") if name not in changes}
    return config.replace(**found)


def total_variance(dataset: Dataset) -> float:
    """E|x - mean|^2 of the encoded samples, over at most VARIANCE_SAMPLES spread evenly over the set."""
    count = min(len(dataset), VARIANCE_SAMPLES)
    chosen = torch.arange(count) * len(dataset) // max(count, 1)
    total, squares = torch.zeros(math.prod(dataset.spec.shape), dtype=torch.float64), 0.0
    for part in chosen.split(max(1, VARIANCE_NUMBERS // len(total))):
        encoded = dataset.batch(part)[0].flatten(1).double()
        total, squares = total + encoded.sum(0), squares + float(encoded.square().sum())
    return (squares - float(total.square().sum()) / count) / count


def game(config: Config, spec: Spec, classes: int, runtime: Runtime | None = None) -> AdversarialGame:
    """Both players, freshly initialised from the seed, and the game between them.

    Raises:
        ConfigError: networks that cannot take this data, or a device that is not here.
    """
    check_players(config, spec.kind, spec.shape, bool(classes))
    memory.check_players(memory.costs(config, spec, classes))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        generator = networks.generator(config, spec, classes)
        discriminator = networks.discriminator(config, spec, classes)
    runtime = runtime or Runtime(config.device, config.precision, config.processes)
    generator, discriminator = runtime.place(generator), runtime.place(discriminator)
    optimizer, betas = OPTIMIZERS[config.optimizer], (config.beta1, config.beta2)
    return AdversarialGame(
        generator,
        discriminator,
        config.latent_dim,
        g_optimizer=optimizer(generator, config.g_lr, betas),
        d_optimizer=optimizer(discriminator, config.d_lr, betas),
        loss=losses.of(config),
        penalties=penalties.of(config),
        d_steps=config.d_steps,
        lr_schedule=partial(schedules.SCHEDULES[config.lr_schedule], start=config.lr_decay_from),
        lr_warmup=config.lr_warmup,
        ends=Ends(config.lr_end, config.penalty_end, config.beta2_end),
        weight_clip=config.weight_clip,
        ema_half_life=config.ema_half_life,
        ghost_batches=config.ghost_batches,
        augment=augment.of(config, spec),
        lecam=penalties.LeCam(config.lecam_weight) if config.lecam_weight else None,
        gamma=penalties.adaptive_gamma(config),
        instance_noise=config.instance_noise,
        clip_gradients=config.clip_gradients,
        runtime=runtime,
    )


def budget(config: Config) -> Budget:
    """When this config's training stops.

    Raises:
        ConfigError: no budget is set.
    """
    return Budget(config.minutes, config.epochs, config.samples_seen)


def check(config: Config, data: Dataset) -> None:
    """Everything that can be refused before the first step, without building the players.

    Raises:
        DataError: fewer samples than a batch.
        ConfigError: no budget is set, or options that do not go together.
    """
    clustered = clusters.count_for(data, config.clusters) if config.clusters else 0
    labels = bool(clustered or (config.conditional and data.classes))
    check_players(config, data.spec.kind, data.spec.shape, labels)
    budget(config)
    count = len(data) - aside_count(len(data), config.hold_out)
    held = f" after --hold-out {config.hold_out:g}" if config.hold_out else ""
    check_size(data.name + held, count, config.batch_size, config.processes * config.ghost_batches)
    augment.of(config, data.spec)
    check_threads(config.threads)
    classes = clustered or (data.classes if config.conditional else 0)
    memory.check_training(memory.costs(config, data.spec, classes), config, data.spec)


def check_players(config: Config, kind: str, shape: tuple[int, ...], labels: bool) -> None:
    """Refuse options that do not go together, before anything is built.

    Raises:
        ConfigError: which, and what to change.
    """
    check_needs(config)
    axes = kinds.of(kind).axes
    others = {
        name for name in (config.generator, config.discriminator) if NETWORKS[name].axes not in ("", axes)
    }
    if others:
        raise ConfigError(
            f"{sorted(others)[0]} networks need pictures, this data is {kind} of shape {shape}. "
            f"Use a recipe with perceptrons ({', '.join(sorted({*ON_POINTS, 'mlp', 'tutorial'}))}), or "
            "--generator mlp --discriminator mlp."
        )
    for option, network, norm, norms in (
        ("--g-norm", config.generator, config.g_norm, NETWORKS[config.generator].g_norms),
        ("--d-norm", config.discriminator, config.d_norm, NETWORKS[config.discriminator].d_norms),
    ):
        if norm not in norms:
            accepted = " or ".join(f"{option} {name}" for name in norms)
            raise ConfigError(f"{option} {norm}: {network} networks have no place for it. Use {accepted}.")
    if config.g_norm == "conditional-batch" and not labels:
        raise ConfigError(
            "--g-norm conditional-batch draws by class, and this training has no labels. Give labels (and "
            "no --no-conditional), let it find some with --clusters 100 in at least "
            f"{2 * clusters.LEAST_MEMBERS} samples, or use --g-norm batch."
        )
