"""All options of a training, in groups: frozen dataclasses that are the tables of config.toml.

Names are unique over all groups, so flags and keyword arguments need no group. This file does not import
torch, since the command line builds its options from these fields.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from sparring.config import needs
from sparring.config.arguments import MOST_WHOLE
from sparring.config.choices import (
    AUGMENTATIONS,
    BACKGROUNDS,
    BUDGETS,
    CHANNELS,
    D_NORMS,
    DEEP,
    FEATURES,
    G_NORMS,
    GAMES,
    ITEMS,
    LINES,
    LOSSES,
    MOST_WIDTH,
    NETWORKS,
    OF_A_GAME,
    OPTIMIZERS,
    PAIRED,
    RECONSTRUCTIONS,
    RESIZES,
    SCHEDULES,
    TRAINED,
    UNITS,
    UPSAMPLINGS,
    WIDE,
)
from sparring.config.machine import MachineConfig, RecordsConfig
from sparring.config.option import NONE, OWN, Group, coerce, is_option, option
from sparring.config.pictures import ALL, crop_scales, path_patterns, picture_levels, picture_size
from sparring.config.texts import VOCABULARY, text_length
from sparring.errors import ConfigError, counted, unknown


@dataclass(frozen=True, kw_only=True)
class DatasetConfig(Group):
    """What to train on."""

    data: str = option("mnist", "a built-in name, a folder or zip of pictures, a .npy/.npz file, hf:NAME")
    conditional: bool = option(True, "use the labels of the data, if it has any")
    clusters: int | None = option(
        None, "number of clusters, used as classes if labels are not", low=1, needs=(needs.UNLABELLED,)
    )
    source: str = option("none", "what pictures are made from, as --from: a second folder, as DATA")
    paired: str = option(
        "none",
        "which source belongs to which target: that of the same file name, or halves of one picture",
        choices=PAIRED,
    )
    hold_out: float = option(
        0.0, "share of the data that is never trained on, to detect overfitting", low=0, high=0.9
    )


@dataclass(frozen=True, kw_only=True)
class FilesConfig(Group):
    """How your own folders, zips and Hugging Face sets are read; each kind of data takes some of these."""

    size: str = option(
        "auto",
        "side in pixels or WIDTHxHEIGHT; auto: that of almost all pictures, if at most 128, else 64",
    )
    resize: str = option("crop", "crop the centre, fit with borders, or stretch", choices=RESIZES)
    channels: str = option(
        "auto", "1 grey, 3 colour (alpha over the background), 4 with alpha", choices=CHANNELS
    )
    background: str = option(
        "black", "what is behind transparent pictures, and around those that are fitted", choices=BACKGROUNDS
    )
    labels: str = option(
        "none",
        "folders: each subfolder is a class; or a CSV or JSON file of names and labels (pictures), or a column "
        "of the file (texts)",
    )
    levels: str = option(
        "auto",
        "LOW:HIGH, the values that become black and white in pictures of more than 8 bits; auto: as the "
        "file says, or by the values of the data; full: the limits of the type",
    )
    crops: int = option(
        0,
        "patches taken from each picture at random, instead of the whole picture (0: the whole)",
        low=0,
        high=100_000,
    )
    crop_scale: str = option(
        "0.2:1", "LOW:HIGH, the sides of patches as shares of the picture", needs=(needs.CROPPED,)
    )
    crop_seed: int = option(
        0, "chooses the places and scales of patches", low=0, high=MOST_WHOLE, needs=(needs.CROPPED,)
    )
    include: str = option(ALL, "read only files that fit a pattern: '*.jpg,*.jpeg', 'cats/*'")
    exclude: str = option("none", "leave out files that fit a pattern: '*_mask.*'")
    grid: int = option(16, "music: steps in a whole note", low=4, high=192)
    bars: int = option(2, "music: bars of a whole note in each sample", low=1, high=64)
    voices: int = option(4, "music: voices, each of which sings one note at a time", low=1, high=16)
    lines: str = option(
        "skyline", "music: voices are the highest, lowest, … notes that sound, or the parts", choices=LINES
    )
    one_key: bool = option(False, "music: bring every piece to C major or A minor")
    max_broken: float = option(0.01, "largest share of broken files that may be left out", low=0, high=1)
    unit: str = option("characters", "what the symbols of a text are", choices=UNITS)
    items: str = option(
        "auto", "each line of a text file is an item, or each poem between blank lines", choices=ITEMS
    )
    column: str = option("auto", "the column of a CSV or JSON lines file that holds the texts")
    vocabulary: int = option(
        2_000, "the most symbols; texts with rarer ones are left out", low=2, high=VOCABULARY
    )
    longest: str = option("auto", "the most symbols of a text; longer ones are left out")
    columns: str = option(
        NONE, "tables: a TOML file of what each column is, and of rules; `sparring data --write` makes one"
    )
    constraint: str = option(
        NONE, "tables: what every drawn row keeps to, as 'start <= end; 0 <= age <= 120; total = a + b'"
    )
    target: str = option(NONE, "tables: the column that your own models predict; evaluate predicts it too")

    def __post_init__(self) -> None:
        super().__post_init__()
        picture_size(self.size)
        picture_levels(self.levels)
        crop_scales(self.crop_scale)
        path_patterns("include", self.include)
        path_patterns("exclude", self.exclude)
        text_length(self.longest)


@dataclass(frozen=True, kw_only=True)
class BudgetConfig(Group):
    """When to stop: the first limit that is reached."""

    minutes: float | None = option(None, "stop after this many minutes of training")
    epochs: float | None = option(None, "stop after this many passes over the data")
    samples_seen: int | None = option(None, "stop after this many real samples")


@dataclass(frozen=True, kw_only=True)
class NetworksConfig(Group):
    """The two players."""

    generator: str = option("dcgan", "generator network", choices=(*NETWORKS, OWN))
    discriminator: str = option("dcgan", "discriminator network", choices=(*NETWORKS, OWN))
    latent_dim: int = option(64, "numbers in a latent vector (0: as many as a sample has)", low=0)
    g_width: int = option(
        64,
        "channels at the finest scale, or hidden units (mlp)",
        low=1,
        high=MOST_WIDTH,
        why=WIDE,
        needs=(needs.G_NAMED,),
    )
    d_width: int = option(
        64, "g_width for the discriminator", low=1, high=MOST_WIDTH, why=WIDE, needs=(needs.D_NAMED,)
    )
    upsampling: str = option(
        "transposed",
        "how a dcgan generator's pictures grow; nearest leaves no weave of dots",
        choices=UPSAMPLINGS,
        needs=(needs.G_DCGAN,),
    )
    grow: float = option(
        0.0,
        "share of the training until a skips network's pictures have grown to full size, from 32 pixels on",
        low=0,
        high=1,
        needs=(needs.SKIPS,),
    )
    d_features: str = option(
        "none", "frozen features that a second discriminator sees", choices=FEATURES, needs=(needs.ACCOMPANIED,)
    )
    d_features_weight: float = option(
        1.0, "times the losses of the discriminator of features", low=0, needs=(needs.FEATURED,)
    )
    d_associations: int = option(
        0,
        "pairs of places of a text, six or more apart, that a second discriminator is shown beside a tokens "
        "discriminator: those that depend most on each other, such as the ends of lines that rhyme",
        low=0,
        high=1_000,
        needs=(needs.D_TOKENS,),
    )
    d_hidden: int | None = option(
        None, "units of an additional last layer in a dcgan discriminator", low=1, needs=(needs.DCGAN,)
    )
    d_deviation: bool = option(
        False, "show a dcgan discriminator how much a batch varies", needs=(needs.DCGAN,)
    )
    depth: int = option(
        1,
        "hidden layers (mlp), residual blocks (notes, tokens, columns) or residual blocks per scale (modern)",
        low=1,
        high=1_000,
        why=DEEP,
        needs=(needs.LAYERED,),
    )
    g_norm: str = option(
        "batch", "normalisation in the generator", choices=G_NORMS, demands=(needs.G_MEAN, needs.G_NAMED)
    )
    d_norm: str = option(
        "none", "normalisation in the discriminator", choices=D_NORMS, demands=(needs.D_MEAN, needs.D_NAMED)
    )


@dataclass(frozen=True, kw_only=True)
class StartConfig(Group):
    """Another run, with whose players the training begins."""

    from_run: str = option(
        NONE, f"a run folder, or {' or '.join(TRAINED)}, to begin with its players and not with random weights"
    )
    freeze_d: int = option(
        0,
        "first layers of the discriminator that stay as they are in from_run (FreezeD)",
        low=0,
        high=1_000,
        needs=(needs.FROM_RUN,),
    )


@dataclass(frozen=True, kw_only=True)
class GameConfig(Group):
    """The game that the players play."""

    rules: str = option("adversarial", "which players there are, and how they play", choices=(*GAMES, OWN))
    loss: str = option("non-saturating", "loss of both players", choices=LOSSES)
    d_steps: int = option(1, "discriminator steps per generator step", low=1)
    label_smoothing: float = option(
        0.0, "reals' target is 1 - this (non-saturating, minimax)", low=0, high=0.5, demands=(needs.SMOOTHED,)
    )
    instance_noise: float = option(
        0.0, "deviation of the noise on the discriminator's inputs, falling to 0 at the end", low=0
    )
    weight_clip: float | None = option(
        None, "clip the discriminator's weights to plus or minus this", demands=(needs.UNSCALED,)
    )


@dataclass(frozen=True, kw_only=True)
class TranslationConfig(Group):
    """What a generator that is given pictures must also do, beside deceiving the discriminator."""

    reconstruction: str = option(
        "none",
        "how an output is compared with its target: l1 keeps edges, but thin strokes end in black paper; "
        "l2; bce for black and white",
        choices=RECONSTRUCTIONS,
        needs=(needs.TRANSLATION,),
        demands=(needs.PAIRS,),
    )
    reconstruction_weight: float = option(10.0, "times the reconstruction", low=0, needs=(needs.RECONSTRUCTED,))
    perceptual_weight: float = option(
        0.0,
        "times the distance of an output from its target in frozen features of ImageNet",
        low=0,
        demands=(needs.PAIRS,),
    )
    adversarial_weight: float = option(
        1.0,
        "times the generator's loss (0: without a discriminator)",
        low=0,
        needs=(needs.TRANSLATION,),
    )
    adversarial_from: float = option(
        0.0, "share of the training before the adversary begins; until then the other terms teach alone",
        low=0, high=0.95, needs=(needs.TRANSLATION,),
    )  # fmt: skip
    contrast_weight: float = option(
        0.0, "times the contrast of patches: an output resembles its source here more than elsewhere (CUT)",
        low=0, demands=(needs.TRANSLATION,),
    )  # fmt: skip
    contrast_targets: bool = option(
        False, "contrast also what the generator makes of targets, which shall stay (CUT)",
        needs=(needs.CONTRASTED,),
    )  # fmt: skip
    identity_weight: float = option(
        0.0, "times what the generator changes in pictures that are targets already",
        low=0, demands=(needs.TRANSLATION,),
    )  # fmt: skip
    cycle_weight: float = option(
        0.0,
        "times what is lost there and back, with a second generator (CycleGAN)",
        low=0,
        demands=(needs.TRANSLATION,),
    )


@dataclass(frozen=True, kw_only=True)
class PenaltiesConfig(Group):
    """Penalties in the discriminator's loss, on its gradients and its scores."""

    r1_gamma: float = option(0.0, "R1: gamma/2 times |grad D(real)|^2", low=0)
    r2_gamma: float = option(0.0, "R2: gamma/2 times |grad D(fake)|^2", low=0)
    gp_weight: float = option(0.0, "WGAN-GP: times (|grad D(between)| - 1)^2", low=0)
    r1_near_gamma: float = option(
        0.0, "R1 by finite differences: gamma/2 times ((D(real + sigma u) - D(real)) / sigma)^2", low=0
    )
    r1_features_gamma: float = option(
        0.0,
        "R1 of the discriminator of features: gamma/2 times |grad|^2 in the features of a place",
        low=0,
        needs=(needs.ACCOMPANIED, needs.FEATURED),
    )
    r1_near_sigma: float = option(0.01, "sigma of r1_near_gamma", low=1e-6, needs=(needs.NEAR,))
    gamma_per_variance: float | None = option(
        None, "gamma of R1 and R2, if not given, as a multiple of the data's total variance"
    )
    gamma_target: float | None = option(
        None,
        "adapt gamma of the zero-centred penalties, by a factor of at most 10, until the discriminator's "
        "lead, 2 auc - 1, is this",
        high=1,
        demands=(needs.CENTRED,),
    )
    gamma_samples: int = option(
        100_000, "samples in which gamma can grow tenfold", low=1, needs=(needs.TARGET,)
    )
    penalty_every: int = option(
        1, "penalties every k-th step, k times as strong", low=1, needs=(needs.PENALISED,)
    )
    penalty_end: float = option(
        1.0,
        "share of the penalties that is left when the schedule ends",
        low=0,
        needs=(needs.PENALISED, needs.SCHEDULED),
    )
    lecam_weight: float = option(0.0, "LeCam: times (D(real) - mean D(fake))^2 and the reverse", low=0)


@dataclass(frozen=True, kw_only=True)
class AugmentationConfig(Group):
    """How the discriminator's inputs are augmented; for small data."""

    augment: str = option(
        "none", "augment the discriminator's inputs", choices=AUGMENTATIONS, demands=(needs.ALTERING,)
    )
    augment_flip: bool = option(
        False, "also mirror pictures; not for letters or digits", demands=(needs.ALTERING,)
    )
    augment_turn: bool = option(False, "also turn square pictures by 90 degrees", demands=(needs.ALTERING,))
    augment_p: float = option(
        0.0,
        "probability of each augmentation; if it adapts, its start",
        low=0,
        high=1,
        needs=(needs.AUGMENTED,),
    )
    augment_target: float | None = option(
        0.6,
        "adapt augment_p until this share of the reals' lead is left (none: augment_p stays)",
        high=1,
        needs=(needs.AUGMENTED,),
    )
    augment_samples: int = option(
        500_000, "samples in which augment_p can go from 0 to 1", low=1, needs=(needs.AUGMENTED, needs.ADAPTIVE)
    )


@dataclass(frozen=True, kw_only=True)
class OptimizersConfig(Group):
    """How the weights of both players are updated and averaged."""

    batch_size: int = option(64, "real samples per step (all processes)", low=1)
    ghost_batches: int = option(
        1, "parts of a batch, each with its own batch statistics, in parallel on a CPU", low=1
    )
    optimizer: str = option("adam", "both players' optimizer", choices=OPTIMIZERS)
    g_lr: float = option(2e-4, "generator's learning rate", low=0)
    d_lr: float = option(2e-4, "discriminator's learning rate", low=0)
    beta1: float = option(0.5, "Adam's first beta (not for rmsprop)", low=0, high=0.9999, needs=(needs.ADAM,))
    beta2: float = option(0.99, "Adam's second beta, RMSprop's alpha", low=0, high=0.999999)
    lr_warmup: float = option(0.0, "share of the budget in which the learning rates rise from 0", low=0, high=1)
    lr_schedule: str = option("constant", "how the learning rates fall", choices=SCHEDULES)
    lr_decay_from: float = option(
        0.7, "share of the budget after which the learning rates fall", low=0, high=1, needs=(needs.SCHEDULED,)
    )
    lr_end: float = option(
        0.0, "share of the learning rates that is left at the end", low=0, needs=(needs.SCHEDULED,)
    )
    beta2_end: float | None = option(
        None,
        "beta2 when the schedule ends (none: as at the start)",
        high=0.999999,
        needs=(needs.SCHEDULED,),
        demands=(needs.ADAM,),
    )
    clip_gradients: float | None = option(None, "largest norm of a player's gradient")
    ema_half_life: float | None = option(None, "half-life of the generator's weight average, in samples")
    ema_ramp: float = option(
        0.08,
        "longest half-life of the weight average, as a share of the samples seen",
        low=0,
        high=1,
        needs=(needs.AVERAGED,),
    )
    calibrate_latents: bool = option(
        False,
        "at the end, make the latents of a skips generator as long as brings samples closest to the data",
        needs=(needs.G_SKIPS, needs.AVERAGED),
    )


@dataclass(frozen=True, kw_only=True)
class Config(Group):
    """All options of a training. Learning rates are per step; ``replace`` changes options by name.

    Raises:
        ConfigError: a value is outside its range or not among its choices.
    """

    recipe: str = option("auto", "a named set of options; auto: the best one measured")
    seed: int = option(0, "seed of all random numbers", low=0, high=MOST_WHOLE)

    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    files: FilesConfig = field(default_factory=FilesConfig)
    budget: BudgetConfig = field(default_factory=BudgetConfig)
    networks: NetworksConfig = field(default_factory=NetworksConfig)
    start: StartConfig = field(default_factory=StartConfig)
    game: GameConfig = field(default_factory=GameConfig)
    translation: TranslationConfig = field(default_factory=TranslationConfig)
    penalties: PenaltiesConfig = field(default_factory=PenaltiesConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    optimizers: OptimizersConfig = field(default_factory=OptimizersConfig)
    machine: MachineConfig = field(default_factory=MachineConfig)
    records: RecordsConfig = field(default_factory=RecordsConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        batch, processes, ghosts = (
            self.optimizers.batch_size,
            self.machine.processes,
            self.optimizers.ghost_batches,
        )
        if batch % (processes * ghosts):
            raise ConfigError(
                f"batch_size {batch} cannot be divided among {counted(processes, 'process')} "
                f"with {counted(ghosts, 'ghost batch')} each: choose a multiple of {processes * ghosts}."
            )

    def describes(self, name: str) -> bool:
        """Whether an option says something of this training.

        The tables of a game say nothing of one that is a program's own, but for the size of a batch.
        """
        silent = self.game.rules == OWN and GROUP_OF[name] in OF_A_GAME
        return not silent or name in ("rules", "batch_size")

    @property
    def part(self) -> int:
        """The number of samples that pass through a network together."""
        return self.optimizers.batch_size // (self.machine.processes * self.optimizers.ghost_batches)

    def replace(self, /, **changes: Any) -> Config:
        """A copy with some options changed by name; a new budget replaces all budgets.

        Raises:
            ConfigError: a name is unknown, or a value does not fit.
        """
        for name in changes:
            if name not in OPTIONS:
                raise ConfigError(unknown("option", name, OPTIONS))
        if any(name in BUDGETS for name in changes):
            changes = dict.fromkeys(BUDGETS) | changes
        tables: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            tables.setdefault(GROUP_OF[name], {})[name] = coerce(OPTIONS[name], value)
        own = tables.pop("", {})
        groups = {name: dataclasses.replace(getattr(self, name), **table) for name, table in tables.items()}
        return dataclasses.replace(self, **own, **groups)

    def flat(self) -> dict[str, Any]:
        """The value of every option by its name."""
        return {
            name: getattr(getattr(self, table) if table else self, name) for name, table in GROUP_OF.items()
        }


GROUPS: dict[str, Any] = {  # the table of each name in config.toml
    table.name: table.default_factory for table in dataclasses.fields(Config) if not is_option(table)
}
OPTIONS: dict[str, dataclasses.Field[Any]] = {}
GROUP_OF: dict[str, str] = {}  # of each option; "" for those above all tables
for _name, _table in ({"": Config} | GROUPS).items():
    for _option in filter(is_option, dataclasses.fields(_table)):
        OPTIONS[_option.name], GROUP_OF[_option.name] = _option, _name
