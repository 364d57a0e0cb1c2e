"""Every option of a training in one frozen dataclass, and the recipes as one literal table.

No torch here: the command line builds its options from these fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from sparring.config.arguments import MOST_FLOAT, MOST_WHOLE, number, plain, whole
from sparring.config.pictures import SIDES, picture_levels, picture_size
from sparring.config.values import MOST_CHARACTERS
from sparring.errors import ConfigError, UnreadableError, counted, quoted, unknown
from sparring.files import parse_toml, read_toml

# The names runs/build.py knows how to turn into objects (a test holds the two against each other).
LOSSES = ("non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic")
BUILT_IN = ("mnist", "fashion-mnist", "emoji", "ring", "grid", "spirals")  # data by name
NETWORKS = ("mlp", "dcgan", "resnet", "modern")
G_NORMS = ("none", "batch", "conditional-batch")
D_NORMS = ("none", "batch", "spectral")
OPTIMIZERS = ("adam", "optimistic-adam", "rmsprop")
SCHEDULES = ("constant", "linear", "cosine")
AUGMENTATIONS = ("none", "diffaugment", "ada")
PRECISIONS = ("auto", "fp32", "bf16")
BUDGETS = ("minutes", "epochs", "samples_seen")
RESIZES = ("crop", "fit", "stretch")
CHANNELS = ("auto", "1", "3", "4")
PICTURES = "your own pictures"  # the group of options that only folders, zips and Hugging Face sets take
MOST_WIDTH = 2**20
WIDE = f": the weights between two such layers alone would take {4 * MOST_WIDTH**2 / 1e9:,.0f} GB of memory"
WIDTH: dict[str, Any] = {"group": "networks", "low": 1, "high": MOST_WIDTH, "why": WIDE}
DEPTH: dict[str, Any] = {
    "group": "networks", "low": 1, "high": 1_000, "why": ": a signal is lost in far fewer layers",
}  # fmt: skip


def option(
    default: Any,
    help: str,
    *,
    group: str,
    choices: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    why: str = "",
) -> Any:
    """A config field with its help text, its group in ``--help`` and the values it accepts.

    ``why`` there is a greatest value follows it in the refusal.
    """
    metadata = {"help": help, "group": group, "choices": choices, "low": low, "high": high, "why": why}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Config:
    """What to train, on what, how long. Learning rates are per step, budgets in samples seen.

    Raises:
        ConfigError: a value is outside its range or not among its choices.
    """

    data: str = option(
        "mnist", "a built-in name, a folder or zip of pictures, a .npy/.npz file, hf:NAME", group="what"
    )
    recipe: str = option("auto", "a named set of options; auto: the best one measured", group="what")
    conditional: bool = option(True, "use the labels where the data has them", group="what")
    clusters: int = option(
        0, "without labels, tell both players which of so many clusters (0: none)", group="what", low=0
    )
    hold_out: float = option(
        0.0, "share of the data that is never trained on, to tell overfitting", group="what", low=0, high=0.9
    )
    vitals: bool = option(True, "measure samples at every record, for the doctor", group="what")
    seed: int = option(0, "every random draw follows from it", group="what", low=0, high=MOST_WHOLE)

    size: str = option(
        "auto",
        "side in pixels or WIDTHxHEIGHT; auto: their own if all have one up to 128, else 64",
        group=PICTURES,
    )
    resize: str = option(
        "crop", "crop the centre, fit within black, or stretch", group=PICTURES, choices=RESIZES
    )
    channels: str = option(
        "auto", "1 grey, 3 colour (alpha over black), 4 with alpha", group=PICTURES, choices=CHANNELS
    )
    labels: str = option(
        "none", "folders: each subfolder is a class; or a CSV or JSON file of names and labels", group=PICTURES
    )
    levels: str = option(
        "auto",
        "LOW:HIGH, the values that become black and white in pictures of more than 8 bits; auto: as the "
        "file says, or as the set's values need; full: all that the type can hold",
        group=PICTURES,
    )
    max_broken: float = option(
        0.01, "share of broken files that is left out, not refused", group=PICTURES, low=0, high=1
    )

    minutes: float = option(0.0, "stop after this many minutes of training", group="how long", low=0)
    epochs: float = option(0.0, "stop after this many passes over the data", group="how long", low=0)
    samples_seen: int = option(0, "stop after this many real samples", group="how long", low=0)

    generator: str = option("dcgan", "generator network", group="networks", choices=NETWORKS)
    discriminator: str = option("dcgan", "discriminator network", group="networks", choices=NETWORKS)
    latent_dim: int = option(
        64, "numbers in a latent vector (0: as many as a sample has)", group="networks", low=0
    )
    g_width: int = option(64, "channels at the finest scale, or hidden units (mlp)", **WIDTH)
    d_width: int = option(64, "the same for the discriminator", **WIDTH)
    d_hidden: int = option(
        0, "units of a last hidden layer in a dcgan discriminator (0: none)", group="networks", low=0
    )
    d_deviation: bool = option(False, "show a dcgan discriminator how varied its batch is", group="networks")
    depth: int = option(1, "hidden layers (mlp), residual blocks a scale (modern)", **DEPTH)
    g_norm: str = option("batch", "normalisation in the generator", group="networks", choices=G_NORMS)
    d_norm: str = option("none", "normalisation in the discriminator", group="networks", choices=D_NORMS)

    loss: str = option("non-saturating", "the game both play", group="the game", choices=LOSSES)
    d_steps: int = option(1, "discriminator steps per generator step", group="the game", low=1)
    r1_gamma: float = option(0.0, "R1: gamma/2 times |grad D(real)|^2", group="the game", low=0)
    r2_gamma: float = option(0.0, "R2: gamma/2 times |grad D(fake)|^2", group="the game", low=0)
    gp_weight: float = option(0.0, "WGAN-GP: times (|grad D(between)| - 1)^2", group="the game", low=0)
    r1_near_gamma: float = option(
        0.0,
        "R1 by finite differences: gamma/2 times ((D(real + sigma u) - D(real)) / sigma)^2",
        group="the game",
        low=0,
    )
    r1_near_sigma: float = option(0.01, "sigma of r1_near_gamma", group="the game", low=1e-6)
    gamma_per_variance: float = option(
        0.0,
        "R1's and R2's gamma, where not given: so many times the data's total variance (0: off)",
        group="the game",
        low=0,
    )
    gamma_target: float = option(
        0.0,
        "adapt the zero-centred penalties' gamma, tenfold either way, until the discriminator's lead, "
        "2 auc - 1, is this (0: gamma stays)",
        group="the game",
        low=0,
        high=1,
    )
    gamma_samples: int = option(100_000, "samples in which gamma can become tenfold", group="the game", low=1)
    penalty_every: int = option(1, "penalties every k-th step, k times as strong", group="the game", low=1)
    penalty_end: float = option(
        1.0, "share of the penalties left where the schedule ends", group="the game", low=0
    )
    weight_clip: float = option(
        0.0, "keep the discriminator's weights within so far of 0 (0: off)", group="the game", low=0
    )
    label_smoothing: float = option(
        0.0, "reals' target is 1 - this (non-saturating, minimax)", group="the game", low=0, high=0.5
    )
    instance_noise: float = option(
        0.0,
        "deviation of noise on all the discriminator sees, falling to 0 at the end",
        group="the game",
        low=0,
    )

    augment: str = option("none", "alter what the discriminator sees", group="few data", choices=AUGMENTATIONS)
    augment_flip: bool = option(False, "mirror pictures too: not letters or digits", group="few data")
    augment_turn: bool = option(False, "turn square pictures by 90 degrees too", group="few data")
    augment_p: float = option(
        0.0, "how often each alteration is made; where it adapts, at first", group="few data", low=0, high=1
    )
    augment_target: float = option(
        0.6,
        "adapt augment_p until this much of the reals' lead is left (0: augment_p stays)",
        group="few data",
        low=0,
        high=1,
    )
    augment_samples: int = option(
        500_000, "samples in which augment_p can go from 0 to 1", group="few data", low=1
    )
    lecam_weight: float = option(
        0.0, "LeCam: times (D(real) - mean D(fake))^2 and the reverse", group="few data", low=0
    )

    batch_size: int = option(64, "real samples per step (all processes)", group="optimisation", low=1)
    ghost_batches: int = option(
        1,
        "parts of a batch, each with its own batch statistics, side by side on a CPU",
        group="optimisation",
        low=1,
    )
    optimizer: str = option("adam", "both players' optimizer", group="optimisation", choices=OPTIMIZERS)
    g_lr: float = option(2e-4, "generator's learning rate", group="optimisation", low=0)
    d_lr: float = option(2e-4, "discriminator's learning rate", group="optimisation", low=0)
    beta1: float = option(0.5, "Adam's first beta (rmsprop has none)", group="optimisation", low=0, high=0.9999)
    beta2: float = option(
        0.99, "Adam's second beta, RMSprop's alpha", group="optimisation", low=0, high=0.999999
    )
    lr_warmup: float = option(
        0.0, "share of the budget in which the rates rise from 0", group="optimisation", low=0, high=1
    )
    lr_schedule: str = option("constant", "how the rates end", group="optimisation", choices=SCHEDULES)
    lr_decay_from: float = option(
        0.7, "share of the budget after which the rates fall", group="optimisation", low=0, high=1
    )
    lr_end: float = option(0.0, "share of the rates left where the schedule ends", group="optimisation", low=0)
    beta2_end: float = option(
        0.0, "beta2 where the schedule ends (0: as it began)", group="optimisation", low=0, high=0.999999
    )
    clip_gradients: float = option(
        0.0, "greatest norm of a player's gradient (0: any)", group="optimisation", low=0
    )
    ema_half_life: float = option(
        0.0, "half-life of the generator's weight average, in samples (0: off)", group="optimisation", low=0
    )

    device: str = option("auto", "auto, cpu, cuda, cuda:1, mps", group="machine")
    precision: str = option("auto", "auto: bf16 where it is faster", group="machine", choices=PRECISIONS)
    threads: int = option(0, "CPU threads (0: measured)", group="machine", low=0)
    processes: int = option(1, "training processes, each with batch_size / processes", group="machine", low=1)

    record_every: int = option(100, "steps between lines of history", group="records", low=1)
    pictures: int = option(40, "pictures of the same latents through training", group="records", low=0)
    evaluate_every: int = option(
        0, "samples between measurements of quality, the best checkpoint kept (0: off)", group="records", low=0
    )
    checkpoint_seconds: float = option(30.0, "seconds between checkpoints", group="records", low=0)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check(field, getattr(self, field.name))
        picture_size(self.size)
        picture_levels(self.levels)
        if self.batch_size % (self.processes * self.ghost_batches):
            raise ConfigError(
                f"batch_size {self.batch_size} cannot be shared by {counted(self.processes, 'process')} "
                f"with {counted(self.ghost_batches, 'ghost batch')} each: choose a multiple."
            )

    def replace(self, /, **changes: Any) -> Config:
        """A copy with some values changed; naming any budget drops the others.

        Raises:
            ConfigError: an unknown name (the nearest is offered) or a value that does not fit.
        """
        known = {field.name: field for field in dataclasses.fields(self)}
        for name in changes:
            if name not in known:
                raise ConfigError(unknown("option", name, known))
        if any(name in BUDGETS for name in changes):
            changes = dict.fromkeys(BUDGETS, 0) | changes
        return dataclasses.replace(self, **{k: _coerce(known[k], v) for k, v in changes.items()})

    def of_pictures(self) -> dict[str, Any]:
        """The options that say how picture files are read."""
        fields = dataclasses.fields(self)
        return {f.name: getattr(self, f.name) for f in fields if f.metadata["group"] == PICTURES}

    def changes(self) -> dict[str, Any]:
        """What differs from the recipe, data left out: the options to give again for the same config."""
        recipe = from_recipe(self.recipe) if self.recipe in RECIPES else Config()
        mine, theirs = dataclasses.asdict(self), dataclasses.asdict(recipe)
        differ = {name: value for name, value in mine.items() if value != theirs[name]}
        differ = {name: value for name, value in differ.items() if name not in ("data", "recipe")}
        if any(name in BUDGETS for name in differ):
            differ |= {name: mine[name] for name in BUDGETS}
        return differ

    def to_toml(self) -> str:
        """The whole config as TOML text."""
        return tomli_w.dumps(dataclasses.asdict(self))


# Each recipe is what differs from Config's defaults, and nothing else.
RECIPES: dict[str, dict[str, Any]] = {
    # The beginner's GAN as tutorials print it, weaknesses included: the baseline.
    "tutorial": {
        "generator": "mlp", "discriminator": "mlp", "conditional": False,
        "latent_dim": 100, "g_width": 256, "d_width": 256, "g_norm": "none",
        "batch_size": 64, "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.9, "beta2": 0.999,
        "epochs": 10, "record_every": 200, "precision": "fp32",
    },
    # The same kind of players made to work: R1, averaged weights, faster rates.
    "mlp": {
        "generator": "mlp", "discriminator": "mlp", "depth": 2, "g_norm": "none",
        "g_width": 256, "d_width": 256, "r1_gamma": 0.5, "penalty_every": 4,
        "g_lr": 1e-3, "d_lr": 1e-3, "lr_schedule": "linear", "ema_half_life": 10_000,
        "samples_seen": 500_000,
    },
    # DCGAN as everyone writes it (Radford et al. 2015).
    "dcgan": {
        "conditional": False, "latent_dim": 100, "d_norm": "batch",
        "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "samples_seen": 600_000,
    },
    # Least squares instead of cross-entropy (Mao et al. 2017), on the players of dcgan.
    "lsgan": {
        "loss": "least-squares", "conditional": False, "latent_dim": 100, "d_norm": "batch",
        "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "samples_seen": 600_000,
    },
    # Wasserstein GAN with clipped weights (Arjovsky et al. 2017, algorithm 1).
    "wgan": {
        "loss": "wasserstein", "weight_clip": 0.01, "conditional": False, "latent_dim": 100,
        "d_norm": "batch", "d_steps": 5, "optimizer": "rmsprop", "g_lr": 5e-5, "d_lr": 5e-5,
        "samples_seen": 3_000_000,
    },
    # Wasserstein GAN with a gradient penalty (Gulrajani et al. 2017, algorithm 1), residual players.
    "wgan-gp": {
        "generator": "resnet", "discriminator": "resnet", "g_width": 32, "d_width": 32,
        "loss": "wasserstein", "gp_weight": 10.0, "conditional": False, "latent_dim": 128,
        "d_steps": 5, "g_lr": 1e-4, "d_lr": 1e-4, "beta1": 0.0, "beta2": 0.9,
        "samples_seen": 1_000_000,
    },
    # Spectral normalisation (Miyato et al. 2018), residual players.
    "sngan": {
        "generator": "resnet", "discriminator": "resnet", "g_width": 32, "d_width": 32,
        "loss": "hinge", "d_norm": "spectral", "conditional": False, "latent_dim": 128,
        "d_steps": 5, "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.0, "beta2": 0.9,
        "lr_schedule": "linear", "lr_decay_from": 0.0, "samples_seen": 1_000_000,
    },
    # The same with classes: projection and conditional BatchNorm (Miyato & Koyama 2018).
    "projection": {
        "generator": "resnet", "discriminator": "resnet", "g_width": 32, "d_width": 32,
        "loss": "hinge", "d_norm": "spectral", "g_norm": "conditional-batch", "latent_dim": 128,
        "d_steps": 5, "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.0, "beta2": 0.9,
        "lr_schedule": "linear", "lr_decay_from": 0.0, "samples_seen": 1_000_000,
    },
    # R3GAN (Huang et al. 2024), narrow and quick enough for a processor.
    "modern": {
        "generator": "modern", "discriminator": "modern", "g_width": 8, "d_width": 8, "g_norm": "none",
        "loss": "relativistic", "gamma_per_variance": 6e-4, "penalty_end": 0.1, "penalty_every": 4,
        "batch_size": 32, "g_lr": 2e-3, "d_lr": 2e-3, "beta1": 0.0, "beta2": 0.9, "beta2_end": 0.99,
        "lr_schedule": "cosine", "lr_decay_from": 0.0, "lr_end": 0.25, "ema_half_life": 20_000,
        "samples_seen": 300_000,
    },
    # The default for pictures: what measured best for a minute or two on two CPU cores.
    "sprint": {
        "clusters": 100, "latent_dim": 24, "g_width": 24, "d_width": 16, "r1_gamma": 0.1, "penalty_every": 8,
        "batch_size": 128, "ghost_batches": 2, "g_lr": 1.4e-2, "d_lr": 2e-3,
        "lr_warmup": 0.03, "lr_schedule": "linear", "lr_decay_from": 0.5, "ema_half_life": 40_000,
        "samples_seen": 300_000,
    },
    # Hundreds of pictures: a discriminator as narrow as sprint's, kept from learning them by heart.
    "small-data": {
        "clusters": 100, "latent_dim": 24, "g_width": 24, "d_width": 16, "r1_gamma": 0.1, "penalty_every": 8,
        "augment": "diffaugment", "augment_target": 0.4, "augment_samples": 50_000,
        "g_lr": 1e-2, "d_lr": 1.4e-3, "lr_warmup": 0.03, "lr_schedule": "linear", "lr_decay_from": 0.5,
        "ema_half_life": 40_000, "samples_seen": 200_000,
    },
}  # fmt: skip

# What a recipe changes further where the data are points: convolutions would have nothing to see.
PERCEPTRONS: dict[str, Any] = {
    "generator": "mlp", "discriminator": "mlp", "depth": 3, "g_width": 128, "d_width": 128,
    "g_norm": "none",
}  # fmt: skip
ON_POINTS: dict[str, dict[str, Any]] = {
    "lsgan": PERCEPTRONS | {"d_norm": "none"},
    "wgan": PERCEPTRONS | {"d_norm": "none"},
    "wgan-gp": PERCEPTRONS,
    "sngan": PERCEPTRONS,
    "projection": PERCEPTRONS,
    # Latents of the data's own dimension: more of them draw bridges between the modes, and so do fewer
    # layers. The modes circle around their places; a long average holds them there.
    "modern": PERCEPTRONS
    | {
        "latent_dim": 0,
        "depth": 4,
        "g_width": 96,
        "d_width": 96,
        "batch_size": 256,
        "g_lr": 1e-3,
        "d_lr": 1e-3,
        "lr_decay_from": 0.5,
        "lr_end": 0.0,
        "gamma_per_variance": 0.01,
        "penalty_every": 4,
        "ema_half_life": 200_000,
        "samples_seen": 5_000_000,
    },
}
ABOUT: dict[str, tuple[str, str]] = {  # what each recipe is in a line, and where it comes from
    "tutorial": ("the beginner's GAN exactly as tutorials print it, weaknesses included", "Goodfellow 2014"),
    "mlp": ("perceptrons made to work; the default for points", "Mescheder 2018"),
    "dcgan": ("DCGAN as everyone writes it", "Radford 2015"),
    "lsgan": ("DCGAN's players with least squares for a loss", "Mao 2017"),
    "wgan": ("the Wasserstein game with clipped weights", "Arjovsky 2017"),
    "wgan-gp": ("the Wasserstein game with a gradient penalty", "Gulrajani 2017"),
    "sngan": ("hinge loss and spectral normalisation", "Miyato 2018"),
    "projection": ("the same by class: projection, conditional BatchNorm", "Miyato & Koyama 2018"),
    "modern": ("R3GAN: relativistic, R1 + R2, no normalisation", "Huang 2024"),
    "sprint": ("the default for pictures: best measured for minutes on two CPU cores", "this library"),
    "small-data": ("for hundreds of pictures: augmentation that adapts itself", "Karras 2020, Zhao 2020"),
}
ADAPTED = {"points": ON_POINTS}  # what recipes say otherwise of other kinds of data than pictures
USUAL = "image"  # the kind of data that a recipe is for where nobody says


def from_recipe(name: str, kind: str = USUAL, /, **changes: Any) -> Config:
    """A recipe's config for a kind of data, with changes on top.

    Raises:
        ConfigError: an unknown recipe or option, or a value that does not fit.
    """
    if not isinstance(name, str) or name not in RECIPES:
        raise ConfigError(unknown("recipe", str(name), RECIPES))
    if "recipe" in changes:
        raise ConfigError(
            f"recipe {name!r} cannot be renamed {quoted(changes['recipe'])}: name that one first."
        )
    adapted = ADAPTED.get(kind, {}).get(name, {})
    return Config(recipe=name).replace(**RECIPES[name]).replace(**adapted).replace(**changes)


def from_toml(text: str) -> Config:
    """The inverse of ``Config.to_toml``; missing keys take their defaults.

    Raises:
        ConfigError: not TOML, an unknown key, or a value that does not fit.
    """
    try:
        values = parse_toml(text)
    except UnreadableError as error:
        raise ConfigError(f"{error}. Write one key = value per line.") from error
    return Config().replace(**values)


def load_toml(path: Path) -> Mapping[str, Any]:
    """The keys of a user's TOML file, unchecked.

    Raises:
        ConfigError: the file is missing or not TOML.
    """
    try:
        return read_toml(path)
    except UnreadableError as error:
        raise ConfigError(f"cannot read the config file {path}: {error}.") from error


def _coerce(field: dataclasses.Field[Any], value: Any) -> Any:
    """Numbers become Python's, whole floats ints, ints floats where the field says so and sizes text."""
    value = plain(value)
    if field.name == "size" and type(value) is int and abs(value) <= 10 * SIDES[1]:
        return str(value)
    if field.type == "float" and type(value) is int and abs(value) <= MOST_FLOAT:
        return float(value)
    if field.type == "int" and type(value) is float and value.is_integer():
        return int(value)
    return value


def _check(field: dataclasses.Field[Any], value: Any) -> None:
    name, meta = field.name, field.metadata
    fits = field.type == "float" and type(value) is int  # one that no float holds is refused as too large
    if type(value).__name__ != field.type and not fits:
        kind = "nothing" if value is None else type(value).__name__
        raise ConfigError(f"{name} = {quoted(value)}: expected {field.type}, got {kind}.")
    if meta["choices"] and value not in meta["choices"]:
        raise ConfigError(unknown(name, value, meta["choices"]))
    if field.type == "str":
        _check_text(name, value)
    elif field.type != "bool":
        _check_bounds(field, value)


def _check_text(name: str, value: str) -> None:
    """Refuse what no file name and no TOML file can hold."""
    if len(value) > MOST_CHARACTERS:
        raise ConfigError(f"{name} has {len(value):,} characters: expected at most {MOST_CHARACTERS:,}.")
    if "\0" in value or value.encode("utf-8", "replace").decode() != value:
        raise ConfigError(f"{name} = {quoted(value)} has a sign that is no character of UTF-8. Leave it out.")


def _check_bounds(field: dataclasses.Field[Any], value: float) -> None:
    low, high, why = (field.metadata[name] for name in ("low", "high", "why"))
    if field.type == "int":
        whole(field.name, value, low, MOST_WHOLE if high is None else high, why)
    else:
        number(field.name, value, low, MOST_FLOAT if high is None else high, why)
