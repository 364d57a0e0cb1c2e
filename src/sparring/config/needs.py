"""What options need from other options: without it they have no effect, or cannot be used."""

from __future__ import annotations

from sparring.config.option import NONE, OWN, Need

UNLABELLED = Need(
    lambda c: not c.dataset.conditional,
    "a training without labels: no --labels, or --no-conditional if the data has labels",
)
DCGAN = Need(lambda c: c.networks.discriminator == "dcgan", "--discriminator dcgan")
G_DCGAN = Need(lambda c: c.networks.generator == "dcgan", "--generator dcgan")
SKIPS = Need(lambda c: "skips" in (c.networks.generator, c.networks.discriminator), "skips networks")
AVERAGED = Need(lambda c: c.optimizers.ema_half_life, "a weight average, --ema-half-life 10000")
G_SKIPS = Need(lambda c: c.networks.generator == "skips", "--generator skips")
ACCOMPANIED = Need(lambda c: c.networks.discriminator in ("skips", "unet"), "--discriminator skips or unet")
FEATURED = Need(lambda c: c.networks.d_features != "none", "--d-features imagenet")
D_TOKENS = Need(lambda c: c.networks.discriminator == "tokens", "--discriminator tokens")
LAYERED = Need(
    lambda c: (
        {c.networks.generator, c.networks.discriminator} & {"mlp", "modern", "notes", "tokens", "columns"}
    ),
    "mlp, modern, notes, tokens or columns networks",
)
MEAN = "batches of 2 samples or more, such as --batch-size 64"
G_MEAN = Need(lambda c: (c.networks.generator, c.networks.g_norm) != ("mlp", "batch") or c.part > 1, MEAN)
D_MEAN = Need(lambda c: (c.networks.discriminator, c.networks.d_norm) != ("mlp", "batch") or c.part > 1, MEAN)
SMOOTHED = Need(
    lambda c: c.game.loss in ("non-saturating", "minimax"),
    "a loss with labels to smooth, --loss non-saturating or minimax",
)
UNSCALED = Need(
    lambda c: c.networks.d_norm != "spectral",
    "--d-norm none or batch, since spectral normalisation rescales the weights",
)
CENTRED = Need(
    lambda c: c.penalties.r1_gamma or c.penalties.r2_gamma or c.penalties.r1_near_gamma,
    "a gamma to adapt, such as --r1-gamma 1",
)
PENALISED = Need(
    lambda c: (
        CENTRED.there(c)
        or c.penalties.gp_weight
        or c.penalties.gamma_per_variance
        or (ACCOMPANIED.there(c) and FEATURED.there(c) and c.penalties.r1_features_gamma)
    ),
    "a penalty, such as --r1-gamma 1",
)
NEAR = Need(lambda c: c.penalties.r1_near_gamma, "--r1-near-gamma")
TARGET = Need(lambda c: c.penalties.gamma_target, "--gamma-target")
G_NAMED = Need(lambda c: c.networks.generator != OWN, "a generator of the library, such as --generator dcgan")
D_NAMED = Need(
    lambda c: c.networks.discriminator != OWN, "a discriminator of the library, such as --discriminator dcgan"
)
AUGMENTED = Need(
    lambda c: c.augmentation.augment != "none" or c.augmentation.augment_flip or c.augmentation.augment_turn,
    "an augmentation, such as --augment diffaugment",
)
ALTERING = Need(
    lambda c: c.augmentation.augment_p or c.augmentation.augment_target,
    "--augment-p or --augment-target above 0, such as 0.6",
)
ADAPTIVE = Need(lambda c: c.augmentation.augment_target, "--augment-target above 0")
ADAM = Need(lambda c: c.optimizers.optimizer != "rmsprop", "--optimizer adam")
FROM_RUN = Need(lambda c: c.start.from_run != NONE, "--from-run RUN, whose layers these are")
CROPPED = Need(lambda c: c.files.crops, "--crops")
TRANSLATION = Need(lambda c: c.game.rules == "translation", "--rules translation, which --from and --to choose")
RECONSTRUCTED = Need(lambda c: c.translation.reconstruction != "none", "--reconstruction l1, l2 or bce")
CONTRASTED = Need(lambda c: c.translation.contrast_weight, "--contrast-weight above 0, such as 1")
PAIRS = Need(lambda c: c.dataset.paired != "none", "pairs, --paired")
BY_GRADIENTS = Need(lambda c: c.game.rules not in ("forest", OWN), "players that are taught by gradients here")
SCHEDULED = Need(lambda c: c.optimizers.lr_schedule != "constant", "--lr-schedule linear or cosine")
