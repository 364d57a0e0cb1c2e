"""What GAN and fit take by name, for editors; written by scripts/make_keywords.py."""

from __future__ import annotations

from typing import Literal, TypedDict

NetworkName = Literal["mlp", "dcgan", "resnet", "modern"]


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
    """Every random draw follows from it."""
    conditional: bool
    """Use the labels where the data has them."""
    clusters: int | None
    """Without labels, tell both players which of so many clusters."""
    hold_out: float
    """Share of the data that is never trained on, to tell overfitting."""
    size: str | int
    """Side in pixels or WIDTHxHEIGHT; auto: their own if all have one up to 128, else 64."""
    resize: Literal["crop", "fit", "stretch"]
    """Crop the centre, fit within black, or stretch."""
    channels: Literal["auto", "1", "3", "4"]
    """1 grey, 3 colour (alpha over black), 4 with alpha."""
    labels: str
    """Folders: each subfolder is a class; or a CSV or JSON file of names and labels."""
    levels: str
    """LOW:HIGH, the values that become black and white in pictures of more than 8 bits; auto: as the file says,
    or as the set's values need; full: all that the type can hold.
    """
    max_broken: float
    """Share of broken files that is left out, not refused."""
    latent_dim: int
    """Numbers in a latent vector (0: as many as a sample has)."""
    g_width: int
    """Channels at the finest scale, or hidden units (mlp)."""
    d_width: int
    """The same for the discriminator."""
    d_hidden: int | None
    """Units of a last hidden layer in a dcgan discriminator."""
    d_deviation: bool
    """Show a dcgan discriminator how varied its batch is."""
    depth: int
    """Hidden layers (mlp), residual blocks a scale (modern)."""
    g_norm: Literal["none", "batch", "conditional-batch"]
    """Normalisation in the generator."""
    d_norm: Literal["none", "batch", "spectral"]
    """Normalisation in the discriminator."""
    rules: Literal["adversarial"]
    """Who plays whom."""
    loss: Literal["non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic"]
    """The game both play."""
    d_steps: int
    """Discriminator steps per generator step."""
    label_smoothing: float
    """Reals' target is 1 - this (non-saturating, minimax)."""
    instance_noise: float
    """Deviation of noise on all the discriminator sees, falling to 0 at the end."""
    weight_clip: float | None
    """Keep the discriminator's weights within so far of 0."""
    r1_gamma: float
    """R1: gamma/2 times |grad D(real)|^2."""
    r2_gamma: float
    """R2: gamma/2 times |grad D(fake)|^2."""
    gp_weight: float
    """WGAN-GP: times (|grad D(between)| - 1)^2."""
    r1_near_gamma: float
    """R1 by finite differences: gamma/2 times ((D(real + sigma u) - D(real)) / sigma)^2."""
    r1_near_sigma: float
    """Sigma of r1_near_gamma."""
    gamma_per_variance: float | None
    """R1's and R2's gamma, where not given: so many times the data's total variance."""
    gamma_target: float | None
    """Adapt the zero-centred penalties' gamma, tenfold either way, until the discriminator's lead, 2 auc - 1,
    is this.
    """
    gamma_samples: int
    """Samples in which gamma can become tenfold."""
    penalty_every: int
    """Penalties every k-th step, k times as strong."""
    penalty_end: float
    """Share of the penalties left where the schedule ends."""
    lecam_weight: float
    """LeCam: times (D(real) - mean D(fake))^2 and the reverse."""
    augment: Literal["none", "diffaugment", "ada"]
    """Alter what the discriminator sees."""
    augment_flip: bool
    """Mirror pictures too: not letters or digits."""
    augment_turn: bool
    """Turn square pictures by 90 degrees too."""
    augment_p: float
    """How often each alteration is made; where it adapts, at first."""
    augment_target: float | None
    """Adapt augment_p until this much of the reals' lead is left (none: augment_p stays)."""
    augment_samples: int
    """Samples in which augment_p can go from 0 to 1."""
    batch_size: int
    """Real samples per step (all processes)."""
    ghost_batches: int
    """Parts of a batch, each with its own batch statistics, side by side on a CPU."""
    optimizer: Literal["adam", "optimistic-adam", "rmsprop"]
    """Both players' optimizer."""
    g_lr: float
    """Generator's learning rate."""
    d_lr: float
    """Discriminator's learning rate."""
    beta1: float
    """Adam's first beta (rmsprop has none)."""
    beta2: float
    """Adam's second beta, RMSprop's alpha."""
    lr_warmup: float
    """Share of the budget in which the rates rise from 0."""
    lr_schedule: Literal["constant", "linear", "cosine"]
    """How the rates end."""
    lr_decay_from: float
    """Share of the budget after which the rates fall."""
    lr_end: float
    """Share of the rates left where the schedule ends."""
    beta2_end: float | None
    """Beta2 where the schedule ends (none: as it began)."""
    clip_gradients: float | None
    """Greatest norm of a player's gradient."""
    ema_half_life: float | None
    """Half-life of the generator's weight average, in samples."""
    device: str
    """Auto, cpu, cuda, cuda:1, mps."""
    precision: Literal["auto", "fp32", "bf16"]
    """Auto: bf16 where it is faster."""
    threads: int | None
    """CPU threads (none: measured)."""
    processes: int
    """Training processes, each with batch_size / processes."""
    record_every: int
    """Steps between lines of history."""
    vitals: bool
    """Measure samples at every record, for the doctor."""
    pictures: int
    """Pictures of the same latents through training."""
    evaluate_every: int | None
    """Samples between measurements of quality, the best checkpoint kept."""
    checkpoint_seconds: float
    """Seconds between checkpoints."""
