"""What GAN and fit take by name, for editors; written by scripts/make_keywords.py."""

from __future__ import annotations

from typing import Literal, TypedDict

NetworkName = Literal[
    "mlp", "dcgan", "skips", "resnet", "modern", "notes", "tokens", "unet", "columns", "forest"
]


class BudgetOptions(TypedDict, total=False):
    """How long to train; the first limit that is reached."""

    minutes: float | None
    """Stop after this many minutes of training."""
    epochs: float | None
    """Stop after this many passes over the data."""
    samples_seen: int | None
    """Stop after this many real samples."""


class Options(BudgetOptions, total=False):
    """Every option of a training."""

    seed: int
    """Seed of all random numbers."""
    conditional: bool
    """Use the labels of the data, if it has any."""
    clusters: int | None
    """Number of clusters, used as classes if labels are not."""
    source: str
    """What pictures are made from, as --from: a second folder, as DATA."""
    paired: Literal["none", "names", "halves", "right-halves"]
    """Which source belongs to which target: that of the same file name, or halves of one picture."""
    hold_out: float
    """Share of the data that is never trained on, to detect overfitting."""
    size: str | int
    """Side in pixels or WIDTHxHEIGHT; auto: that of almost all pictures, if at most 128, else 64."""
    resize: Literal["crop", "fit", "stretch"]
    """Crop the centre, fit with borders, or stretch."""
    channels: Literal["auto", "1", "3", "4"]
    """1 grey, 3 colour (alpha over the background), 4 with alpha."""
    background: Literal["black", "white"]
    """What is behind transparent pictures, and around those that are fitted."""
    labels: str
    """Folders: each subfolder is a class; or a CSV or JSON file of names and labels (pictures), or a column of
    the file (texts).
    """
    levels: str
    """LOW:HIGH, the values that become black and white in pictures of more than 8 bits; auto: as the file says,
    or by the values of the data; full: the limits of the type.
    """
    crops: int
    """Patches taken from each picture at random, instead of the whole picture (0: the whole)."""
    crop_scale: str
    """LOW:HIGH, the sides of patches as shares of the picture."""
    crop_seed: int
    """Chooses the places and scales of patches."""
    include: str
    """Read only files that fit a pattern: '*.jpg,*.jpeg', 'cats/*'."""
    exclude: str
    """Leave out files that fit a pattern: '*_mask.*'."""
    grid: int
    """Music: steps in a whole note."""
    bars: int
    """Music: bars of a whole note in each sample."""
    voices: int
    """Music: voices, each of which sings one note at a time."""
    lines: Literal["skyline", "parts"]
    """Music: voices are the highest, lowest, … notes that sound, or the parts."""
    one_key: bool
    """Music: bring every piece to C major or A minor."""
    max_broken: float
    """Largest share of broken files that may be left out."""
    unit: Literal["characters", "words"]
    """What the symbols of a text are."""
    items: Literal["auto", "lines", "poems"]
    """Each line of a text file is an item, or each poem between blank lines."""
    column: str
    """The column of a CSV or JSON lines file that holds the texts."""
    vocabulary: int
    """The most symbols; texts with rarer ones are left out."""
    longest: str
    """The most symbols of a text; longer ones are left out."""
    columns: str
    """Tables: a TOML file of what each column is, and of rules; `sparring data --write` makes one."""
    constraint: str
    """Tables: what every drawn row keeps to, as 'start <= end; 0 <= age <= 120; total = a + b'."""
    target: str
    """Tables: the column that your own models predict; evaluate predicts it too."""
    latent_dim: int
    """Numbers in a latent vector (0: as many as a sample has)."""
    g_width: int
    """Channels at the finest scale, or hidden units (mlp)."""
    d_width: int
    """G_width for the discriminator."""
    upsampling: Literal["transposed", "nearest"]
    """How a dcgan generator's pictures grow; nearest leaves no weave of dots."""
    grow: float
    """Share of the training until a skips network's pictures have grown to full size, from 32 pixels on."""
    d_features: Literal["none", "imagenet"]
    """Frozen features that a second discriminator sees."""
    d_features_weight: float
    """Times the losses of the discriminator of features."""
    d_associations: int
    """Pairs of places of a text, six or more apart, that a second discriminator is shown beside a tokens
    discriminator: those that depend most on each other, such as the ends of lines that rhyme.
    """
    d_hidden: int | None
    """Units of an additional last layer in a dcgan discriminator."""
    d_deviation: bool
    """Show a dcgan discriminator how much a batch varies."""
    depth: int
    """Hidden layers (mlp), residual blocks (notes, tokens, columns) or residual blocks per scale (modern)."""
    g_norm: Literal["none", "batch", "conditional-batch"]
    """Normalisation in the generator."""
    d_norm: Literal["none", "batch", "spectral"]
    """Normalisation in the discriminator."""
    from_run: str
    """A run folder, or mnist or emoji, to begin with its players and not with random weights."""
    freeze_d: int
    """First layers of the discriminator that stay as they are in from_run (FreezeD)."""
    rules: Literal["adversarial", "translation", "forest", "own"]
    """Which players there are, and how they play."""
    loss: Literal["non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic"]
    """Loss of both players."""
    d_steps: int
    """Discriminator steps per generator step."""
    label_smoothing: float
    """Reals' target is 1 - this (non-saturating, minimax)."""
    instance_noise: float
    """Deviation of the noise on the discriminator's inputs, falling to 0 at the end."""
    weight_clip: float | None
    """Clip the discriminator's weights to plus or minus this."""
    reconstruction: Literal["none", "l1", "l2", "bce"]
    """How an output is compared with its target: l1 keeps edges, but thin strokes end in black paper; l2; bce
    for black and white.
    """
    reconstruction_weight: float
    """Times the reconstruction."""
    perceptual_weight: float
    """Times the distance of an output from its target in frozen features of ImageNet."""
    adversarial_weight: float
    """Times the generator's loss (0: without a discriminator)."""
    adversarial_from: float
    """Share of the training before the adversary begins; until then the other terms teach alone."""
    contrast_weight: float
    """Times the contrast of patches: an output resembles its source here more than elsewhere (CUT)."""
    contrast_targets: bool
    """Contrast also what the generator makes of targets, which shall stay (CUT)."""
    identity_weight: float
    """Times what the generator changes in pictures that are targets already."""
    cycle_weight: float
    """Times what is lost there and back, with a second generator (CycleGAN)."""
    r1_gamma: float
    """R1: gamma/2 times |grad D(real)|^2."""
    r2_gamma: float
    """R2: gamma/2 times |grad D(fake)|^2."""
    gp_weight: float
    """WGAN-GP: times (|grad D(between)| - 1)^2."""
    r1_near_gamma: float
    """R1 by finite differences: gamma/2 times ((D(real + sigma u) - D(real)) / sigma)^2."""
    r1_features_gamma: float
    """R1 of the discriminator of features: gamma/2 times |grad|^2 in the features of a place."""
    r1_near_sigma: float
    """Sigma of r1_near_gamma."""
    gamma_per_variance: float | None
    """Gamma of R1 and R2, if not given, as a multiple of the data's total variance."""
    gamma_target: float | None
    """Adapt gamma of the zero-centred penalties, by a factor of at most 10, until the discriminator's lead, 2
    auc - 1, is this.
    """
    gamma_samples: int
    """Samples in which gamma can grow tenfold."""
    penalty_every: int
    """Penalties every k-th step, k times as strong."""
    penalty_end: float
    """Share of the penalties that is left when the schedule ends."""
    lecam_weight: float
    """LeCam: times (D(real) - mean D(fake))^2 and the reverse."""
    augment: Literal["none", "diffaugment", "ada"]
    """Augment the discriminator's inputs."""
    augment_flip: bool
    """Also mirror pictures; not for letters or digits."""
    augment_turn: bool
    """Also turn square pictures by 90 degrees."""
    augment_p: float
    """Probability of each augmentation; if it adapts, its start."""
    augment_target: float | None
    """Adapt augment_p until this share of the reals' lead is left (none: augment_p stays)."""
    augment_samples: int
    """Samples in which augment_p can go from 0 to 1."""
    batch_size: int
    """Real samples per step (all processes)."""
    ghost_batches: int
    """Parts of a batch, each with its own batch statistics, in parallel on a CPU."""
    optimizer: Literal["adam", "optimistic-adam", "rmsprop"]
    """Both players' optimizer."""
    g_lr: float
    """Generator's learning rate."""
    d_lr: float
    """Discriminator's learning rate."""
    beta1: float
    """Adam's first beta (not for rmsprop)."""
    beta2: float
    """Adam's second beta, RMSprop's alpha."""
    lr_warmup: float
    """Share of the budget in which the learning rates rise from 0."""
    lr_schedule: Literal["constant", "linear", "cosine"]
    """How the learning rates fall."""
    lr_decay_from: float
    """Share of the budget after which the learning rates fall."""
    lr_end: float
    """Share of the learning rates that is left at the end."""
    beta2_end: float | None
    """Beta2 when the schedule ends (none: as at the start)."""
    clip_gradients: float | None
    """Largest norm of a player's gradient."""
    ema_half_life: float | None
    """Half-life of the generator's weight average, in samples."""
    ema_ramp: float
    """Longest half-life of the weight average, as a share of the samples seen."""
    calibrate_latents: bool
    """At the end, make the latents of a skips generator as long as brings samples closest to the data."""
    device: str
    """Auto, cpu, cuda, cuda:1, mps."""
    precision: Literal["auto", "fp32", "bf16"]
    """Auto: bf16 if it is faster."""
    threads: int | None
    """CPU threads (none: measured)."""
    processes: int
    """Training processes, each with batch_size / processes."""
    compile: bool
    """Torch.compile: the generator, and a discriminator without a penalty on its slope."""
    record_every: int
    """Steps between lines of history."""
    vitals: bool
    """Measure samples at every record, for the doctor."""
    pictures: int
    """Number of pictures of the same latents during training."""
    evaluate_every: int | None
    """Samples between measurements of quality, to keep the best checkpoint."""
    checkpoint_seconds: float
    """Seconds between checkpoints."""
    log: Literal["none", "csv", "tensorboard", "wandb", "mlflow"]
    """Also log numbers, pictures and sounds where another tool shows them."""
