"""Every option of a training in one frozen dataclass.

No torch here: the command line builds its options from these fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from sparring.config.arguments import MOST_WHOLE
from sparring.config.option import Need, check, coerce, option
from sparring.config.pictures import picture_levels, picture_size
from sparring.errors import ConfigError, UnreadableError, counted, unknown
from sparring.files import parse_toml, read_toml

# The names of what is listed elsewhere, each beside its objects (a test holds the two against each other).
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

# What options need of others.
AUGMENTED = Need(
    lambda c: c.augment != "none" or c.augment_flip or c.augment_turn,
    "an augmentation, as --augment diffaugment",
)
ALTERING = Need(lambda c: c.augment_p or c.augment_target, "--augment-p or --augment-target above 0, as 0.6")
ADAPTIVE = Need(lambda c: c.augment_target, "--augment-target above 0")
CENTRED = Need(
    lambda c: c.r1_gamma or c.r2_gamma or c.r1_near_gamma, "a gamma that it can adapt, as --r1-gamma 1"
)
PENALISED = Need(
    lambda c: c.r1_gamma or c.r2_gamma or c.gp_weight or c.r1_near_gamma or c.gamma_per_variance,
    "a penalty, as --r1-gamma 1",
)
NEAR = Need(lambda c: c.r1_near_gamma, "--r1-near-gamma")
TARGET = Need(lambda c: c.gamma_target, "--gamma-target")
SMOOTHED = Need(
    lambda c: c.loss in ("non-saturating", "minimax"),
    "a loss with a label to smooth, --loss non-saturating or minimax",
)
UNSCALED = Need(
    lambda c: c.d_norm != "spectral",
    "--d-norm none or batch, since spectral rescales the weights that it bounds",
)
SCHEDULED = Need(lambda c: c.lr_schedule != "constant", "--lr-schedule linear or cosine")
ADAM = Need(lambda c: c.optimizer != "rmsprop", "--optimizer adam")
DCGAN = Need(lambda c: c.discriminator == "dcgan", "--discriminator dcgan")
LAYERED = Need(lambda c: {c.generator, c.discriminator} & {"mlp", "modern"}, "mlp or modern networks")
UNTOLD = Need(
    lambda c: not c.conditional,
    "players that are told no labels: no --labels, or --no-conditional where the data has some",
)
MEAN = "batches of 2 samples or more to take a mean over, as --batch-size 64"
G_MEAN = Need(lambda c: (c.generator, c.g_norm) != ("mlp", "batch") or _part(c) > 1, MEAN)
D_MEAN = Need(lambda c: (c.discriminator, c.d_norm) != ("mlp", "batch") or _part(c) > 1, MEAN)


def _part(config: Config) -> int:
    """Samples that go through a network together."""
    return config.batch_size // (config.processes * config.ghost_batches)


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
        0,
        "without labels, tell both players which of so many clusters (0: none)",
        group="what",
        low=0,
        needs=(UNTOLD,),
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
        0,
        "units of a last hidden layer in a dcgan discriminator (0: none)",
        group="networks",
        low=0,
        needs=(DCGAN,),
    )
    d_deviation: bool = option(
        False, "show a dcgan discriminator how varied its batch is", group="networks", needs=(DCGAN,)
    )
    depth: int = option(1, "hidden layers (mlp), residual blocks a scale (modern)", **DEPTH, needs=(LAYERED,))
    g_norm: str = option(
        "batch", "normalisation in the generator", group="networks", choices=G_NORMS, demands=(G_MEAN,)
    )
    d_norm: str = option(
        "none", "normalisation in the discriminator", group="networks", choices=D_NORMS, demands=(D_MEAN,)
    )

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
    r1_near_sigma: float = option(0.01, "sigma of r1_near_gamma", group="the game", low=1e-6, needs=(NEAR,))
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
        demands=(CENTRED,),
    )
    gamma_samples: int = option(
        100_000, "samples in which gamma can become tenfold", group="the game", low=1, needs=(TARGET,)
    )
    penalty_every: int = option(
        1, "penalties every k-th step, k times as strong", group="the game", low=1, needs=(PENALISED,)
    )
    penalty_end: float = option(
        1.0,
        "share of the penalties left where the schedule ends",
        group="the game",
        low=0,
        needs=(PENALISED, SCHEDULED),
    )
    weight_clip: float = option(
        0.0,
        "keep the discriminator's weights within so far of 0 (0: off)",
        group="the game",
        low=0,
        demands=(UNSCALED,),
    )
    label_smoothing: float = option(
        0.0,
        "reals' target is 1 - this (non-saturating, minimax)",
        group="the game",
        low=0,
        high=0.5,
        demands=(SMOOTHED,),
    )
    instance_noise: float = option(
        0.0,
        "deviation of noise on all the discriminator sees, falling to 0 at the end",
        group="the game",
        low=0,
    )

    augment: str = option(
        "none",
        "alter what the discriminator sees",
        group="few data",
        choices=AUGMENTATIONS,
        demands=(ALTERING,),
    )
    augment_flip: bool = option(
        False, "mirror pictures too: not letters or digits", group="few data", demands=(ALTERING,)
    )
    augment_turn: bool = option(
        False, "turn square pictures by 90 degrees too", group="few data", demands=(ALTERING,)
    )
    augment_p: float = option(
        0.0,
        "how often each alteration is made; where it adapts, at first",
        group="few data",
        low=0,
        high=1,
        needs=(AUGMENTED,),
    )
    augment_target: float = option(
        0.6,
        "adapt augment_p until this much of the reals' lead is left (0: augment_p stays)",
        group="few data",
        low=0,
        high=1,
        needs=(AUGMENTED,),
    )
    augment_samples: int = option(
        500_000,
        "samples in which augment_p can go from 0 to 1",
        group="few data",
        low=1,
        needs=(AUGMENTED, ADAPTIVE),
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
    beta1: float = option(
        0.5, "Adam's first beta (rmsprop has none)", group="optimisation", low=0, high=0.9999, needs=(ADAM,)
    )
    beta2: float = option(
        0.99, "Adam's second beta, RMSprop's alpha", group="optimisation", low=0, high=0.999999
    )
    lr_warmup: float = option(
        0.0, "share of the budget in which the rates rise from 0", group="optimisation", low=0, high=1
    )
    lr_schedule: str = option("constant", "how the rates end", group="optimisation", choices=SCHEDULES)
    lr_decay_from: float = option(
        0.7,
        "share of the budget after which the rates fall",
        group="optimisation",
        low=0,
        high=1,
        needs=(SCHEDULED,),
    )
    lr_end: float = option(
        0.0, "share of the rates left where the schedule ends", group="optimisation", low=0, needs=(SCHEDULED,)
    )
    beta2_end: float = option(
        0.0,
        "beta2 where the schedule ends (0: as it began)",
        group="optimisation",
        low=0,
        high=0.999999,
        needs=(SCHEDULED,),
        demands=(ADAM,),
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
            check(field, getattr(self, field.name))
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
        return dataclasses.replace(self, **{k: coerce(known[k], v) for k, v in changes.items()})

    def of_pictures(self) -> dict[str, Any]:
        """The options that say how picture files are read."""
        fields = dataclasses.fields(self)
        return {f.name: getattr(self, f.name) for f in fields if f.metadata["group"] == PICTURES}

    def to_toml(self) -> str:
        """The whole config as TOML text."""
        return tomli_w.dumps(dataclasses.asdict(self))


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
