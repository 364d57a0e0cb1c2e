"""The recipes: named sets of options, as literal tables."""

from __future__ import annotations

from typing import Any

from sparring.config.choices import BUDGETS
from sparring.config.groups import Config
from sparring.errors import ConfigError, quoted, unknown

# A recipe contains only the options that differ from the defaults of Config.
RECIPES: dict[str, dict[str, Any]] = {
    # The beginner's GAN as in tutorials, with its weaknesses: the baseline.
    "tutorial": {
        "generator": "mlp", "discriminator": "mlp", "conditional": False,
        "latent_dim": 100, "g_width": 256, "d_width": 256, "g_norm": "none",
        "batch_size": 64, "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.9, "beta2": 0.999,
        "epochs": 10, "record_every": 200, "precision": "fp32",
    },
    # The same networks with R1, a weight average and higher learning rates, so that it works.
    "mlp": {
        "generator": "mlp", "discriminator": "mlp", "depth": 2, "g_norm": "none",
        "g_width": 256, "d_width": 256, "r1_gamma": 0.5, "penalty_every": 4,
        "g_lr": 1e-3, "d_lr": 1e-3, "lr_schedule": "linear", "ema_half_life": 10_000,
        "samples_seen": 500_000,
    },
    # DCGAN as it is usually written (Radford et al. 2015).
    "dcgan": {
        "conditional": False, "latent_dim": 100, "d_norm": "batch",
        "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5, "beta2": 0.999, "samples_seen": 600_000,
    },
    # Least squares instead of cross-entropy (Mao et al. 2017), with the networks of dcgan.
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
    # Wasserstein GAN with a gradient penalty (Gulrajani et al. 2017, algorithm 1), residual networks.
    "wgan-gp": {
        "generator": "resnet", "discriminator": "resnet", "g_width": 32, "d_width": 32,
        "loss": "wasserstein", "gp_weight": 10.0, "conditional": False, "latent_dim": 128,
        "d_steps": 5, "g_lr": 1e-4, "d_lr": 1e-4, "beta1": 0.0, "beta2": 0.9,
        "samples_seen": 1_000_000,
    },
    # Spectral normalisation (Miyato et al. 2018), residual networks.
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
    # R3GAN (Huang et al. 2024), narrow and fast enough for a CPU.
    "modern": {
        "generator": "modern", "discriminator": "modern", "g_width": 8, "d_width": 8, "g_norm": "none",
        "loss": "relativistic", "gamma_per_variance": 6e-4, "penalty_end": 0.1, "penalty_every": 4,
        "batch_size": 32, "g_lr": 2e-3, "d_lr": 2e-3, "beta1": 0.0, "beta2": 0.9, "beta2_end": 0.99,
        "lr_schedule": "cosine", "lr_decay_from": 0.0, "lr_end": 0.25, "ema_half_life": 20_000,
        "samples_seen": 300_000,
    },
    # The default for pictures in colour and above 32 pixels. Every scale has its own picture and logit, steps
    # are many and small, and augmentation comes by itself if the discriminator overfits.
    "pictures": {
        "generator": "skips", "discriminator": "skips", "grow": 0.4, "d_features": "imagenet",
        "clusters": 100, "latent_dim": 24, "g_width": 40, "d_width": 24,
        "r1_gamma": 0.1, "r1_features_gamma": 5.0, "penalty_every": 8,
        "augment": "diffaugment", "augment_target": 0.4, "augment_samples": 50_000,
        "batch_size": 32, "g_lr": 5e-3, "d_lr": 1.2e-3, "lr_warmup": 0.03, "lr_schedule": "linear",
        "lr_decay_from": 0.5, "ema_half_life": 20_000, "ema_ramp": 0.16, "calibrate_latents": True,
        "samples_seen": 200_000,
    },
    # The default for small grey pictures: the best measured for one or two minutes on two CPU cores.
    "sprint": {
        "clusters": 100, "latent_dim": 24, "g_width": 24, "d_width": 16, "upsampling": "nearest",
        "r1_gamma": 0.1, "penalty_every": 8,
        "batch_size": 128, "ghost_batches": 2, "g_lr": 1.4e-2, "d_lr": 2e-3,
        "lr_warmup": 0.03, "lr_schedule": "linear", "lr_decay_from": 0.5, "ema_half_life": 40_000,
        "samples_seen": 300_000,
    },
    # For hundreds or a few thousand pictures: as narrow as sprint, with augmentation against overfitting.
    "small-data": {
        "clusters": 100, "latent_dim": 24, "g_width": 24, "d_width": 16, "upsampling": "nearest",
        "r1_gamma": 0.1, "penalty_every": 8,
        "augment": "diffaugment", "augment_target": 0.4, "augment_samples": 50_000,
        "g_lr": 1e-2, "d_lr": 1.4e-3, "lr_warmup": 0.03, "lr_schedule": "linear", "lr_decay_from": 0.5,
        "ema_half_life": 40_000, "samples_seen": 200_000,
    },
    # The default for music: a discriminator that sees chords, a generator whose notes are held.
    "counterpoint": {
        "generator": "notes", "discriminator": "notes", "g_norm": "none",
        "g_width": 128, "d_width": 128, "depth": 3, "latent_dim": 64,
        "loss": "relativistic", "r1_gamma": 0.5, "r2_gamma": 0.5, "penalty_every": 2,
        "precision": "fp32", "batch_size": 64, "g_lr": 1e-3, "d_lr": 1e-3, "beta1": 0.0, "beta2": 0.99,
        "lr_schedule": "linear", "lr_decay_from": 0.6, "ema_half_life": 20_000, "samples_seen": 200_000,
    },
    # The default for text: all symbols at once, with a straight-through argmax.
    "letters": {
        "generator": "tokens", "discriminator": "tokens", "g_norm": "none",
        "latent_dim": 64, "g_width": 64, "d_width": 64, "depth": 2, "d_associations": 8,
        "loss": "relativistic", "r1_gamma": 0.03, "r2_gamma": 0.03, "penalty_every": 2,
        "precision": "fp32", "g_lr": 1e-3, "d_lr": 1e-3, "beta1": 0.0, "beta2": 0.99,
        "lr_schedule": "linear", "lr_decay_from": 0.5, "ema_half_life": 20_000, "samples_seen": 400_000,
    },
    # The default for pairs of pictures: the best measured.
    "paired": {
        "rules": "translation", "generator": "unet", "discriminator": "unet", "g_norm": "none",
        "conditional": False, "latent_dim": 1, "hold_out": 0.1, "g_width": 24, "d_width": 32,
        "reconstruction": "l2", "reconstruction_weight": 10.0, "adversarial_from": 0.5,
        "d_features": "imagenet", "perceptual_weight": 1.0,
        "r1_gamma": 1.0, "penalty_every": 4, "clip_gradients": 10.0,
        "batch_size": 16, "g_lr": 1e-3, "d_lr": 1e-3, "beta1": 0.5, "beta2": 0.99,
        "lr_schedule": "linear", "lr_decay_from": 0.6, "ema_half_life": 5_000, "samples_seen": 60_000,
    },
    # The default for two sets of pictures without pairs: the best measured.
    "unpaired": {
        "rules": "translation", "generator": "unet", "discriminator": "unet", "g_norm": "none",
        "conditional": False, "latent_dim": 1, "hold_out": 0.1, "g_width": 24, "d_width": 32,
        "contrast_weight": 1.0, "d_features": "imagenet",
        "r1_gamma": 1.0, "penalty_every": 4,
        "batch_size": 16, "g_lr": 5e-4, "d_lr": 5e-4, "beta1": 0.5, "beta2": 0.99,
        "lr_schedule": "linear", "lr_decay_from": 0.6, "ema_half_life": 5_000, "samples_seen": 60_000,
    },
    # pix2pix (Isola et al. 2017): a conditional adversary of patches and 100 times L1, without its dropout.
    "pix2pix": {
        "rules": "translation", "generator": "unet", "discriminator": "unet", "g_norm": "none",
        "conditional": False, "latent_dim": 1, "hold_out": 0.1, "g_width": 32, "d_width": 32,
        "reconstruction": "l1", "reconstruction_weight": 100.0,
        "batch_size": 4, "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5, "beta2": 0.999,
        "lr_schedule": "linear", "lr_decay_from": 0.5, "samples_seen": 100_000,
    },
    # CUT (Park et al. 2020): least squares, and the contrast of patches of sources and of targets. Its
    # generator's loss is (D - 1)^2, twice that of Mao et al. 2017: the adversary weighs 2.
    "cut": {
        "rules": "translation", "generator": "unet", "discriminator": "unet", "g_norm": "none",
        "conditional": False, "latent_dim": 1, "hold_out": 0.1, "g_width": 32, "d_width": 32,
        "loss": "least-squares", "adversarial_weight": 2.0,
        "contrast_weight": 1.0, "contrast_targets": True,
        "batch_size": 4, "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5, "beta2": 0.999,
        "lr_schedule": "linear", "lr_decay_from": 0.5, "samples_seen": 100_000,
    },
    # CycleGAN (Zhu et al. 2017): least squares as in CUT, 10 times the cycle, half as much for the identity.
    "cyclegan": {
        "rules": "translation", "generator": "unet", "discriminator": "unet", "g_norm": "none",
        "conditional": False, "latent_dim": 1, "hold_out": 0.1, "g_width": 32, "d_width": 32,
        "loss": "least-squares", "adversarial_weight": 2.0, "cycle_weight": 10.0, "identity_weight": 5.0,
        "batch_size": 4, "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5, "beta2": 0.999,
        "lr_schedule": "linear", "lr_decay_from": 0.5, "samples_seen": 100_000,
    },
    # The default for tables: ranks as normal quantiles, categories drawn with noise of their own.
    "rows": {
        "generator": "columns", "discriminator": "columns", "g_norm": "none", "hold_out": 0.2,
        "latent_dim": 0, "g_width": 128, "d_width": 128, "depth": 2,
        "loss": "relativistic", "r1_gamma": 0.3, "r2_gamma": 0.3,
        "precision": "fp32", "batch_size": 256, "g_lr": 1e-3, "d_lr": 1e-3, "beta1": 0.0, "beta2": 0.99,
        "lr_warmup": 0.02, "lr_schedule": "linear", "lr_decay_from": 0.5, "lr_end": 0.05,
        "ema_half_life": 180_000, "samples_seen": 1_500_000,
    },
    # Adversarial random forests (Watson et al. 2023): a step grows one on all rows, up to a batch.
    "forest": {
        "rules": "forest", "generator": "forest", "discriminator": "forest", "g_norm": "none",
        "conditional": False, "hold_out": 0.2, "latent_dim": 0, "g_width": 30, "d_width": 30,
        "device": "cpu", "precision": "fp32", "threads": 1, "batch_size": 10_000, "record_every": 1,
        "epochs": 2,
    },
}  # fmt: skip

# Changes to recipes if the data are points, for which convolutions make no sense.
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
    # Latents have the dimension of the data: more dimensions, or fewer layers, make bridges between the
    # modes. The samples circle around the modes; a long weight average keeps them there.
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
ABOUT: dict[str, tuple[str, str]] = {  # a line about each recipe, and its source
    "tutorial": ("the beginner's GAN exactly as tutorials print it, weaknesses included", "Goodfellow 2014"),
    "mlp": ("perceptrons made to work; the default for points", "Mescheder 2018"),
    "dcgan": ("DCGAN as everyone writes it", "Radford 2015"),
    "lsgan": ("DCGAN's players with least squares for a loss", "Mao 2017"),
    "wgan": ("the Wasserstein game with clipped weights", "Arjovsky 2017"),
    "wgan-gp": ("the Wasserstein game with a gradient penalty", "Gulrajani 2017"),
    "sngan": ("hinge loss and spectral normalisation", "Miyato 2018"),
    "projection": ("the same by class: projection, conditional BatchNorm", "Miyato & Koyama 2018"),
    "modern": ("R3GAN: relativistic, R1 + R2, no normalisation", "Huang 2024"),
    "pictures": ("the default for pictures in colour or above 32 pixels", "Karras 2020, Zhao 2020"),
    "sprint": ("the default for small grey pictures: best measured for a minute or two", "this library"),
    "small-data": (
        "for up to a few thousand pictures: augmentation that adapts itself",
        "Karras 2020, Zhao 2020",
    ),
    "counterpoint": (
        "the default for music: a discriminator that sees chords, notes that are held",
        "this library",
    ),
    "paired": ("the default for pairs of pictures: squared error and an adversary of patches", "this library"),
    "unpaired": (
        "the default for two sets of pictures without pairs: patches keep their place",
        "this library",
    ),
    "pix2pix": ("pairs of pictures, as published but for its networks", "Isola 2017"),
    "cut": ("two sets of pictures, patches that keep their place", "Park 2020"),
    "cyclegan": ("two sets of pictures, there and back", "Zhu 2017"),
    "letters": ("the default for text: convolutions over time, all symbols at once", "this library"),
    "rows": ("the default for tables: ranks as normal quantiles, categories with noise", "this library"),
    "forest": ("tables: forests against forests, in seconds", "Watson 2023"),
}
ADAPTED = {"points": ON_POINTS}  # changes to recipes for other kinds of data than pictures
USUAL = "image"  # the kind of data for which recipes are written


def from_recipe(name: str, kind: str = USUAL, /, **changes: Any) -> Config:
    """The config of a recipe for a kind of data, with changes.

    Raises:
        ConfigError: a recipe or an option is unknown, or a value does not fit.
    """
    if not isinstance(name, str) or name not in RECIPES:
        raise ConfigError(unknown("recipe", str(name), RECIPES))
    if "recipe" in changes:
        raise ConfigError(
            f"recipe {name!r} cannot be changed to {quoted(changes['recipe'])}: give that name first."
        )
    adapted = ADAPTED.get(kind, {}).get(name, {})
    return Config(recipe=name).replace(**RECIPES[name]).replace(**adapted).replace(**changes)


def beyond_recipe(config: Config) -> dict[str, Any]:
    """The options that differ from the recipe, without data: those that give the same config again."""
    recipe = from_recipe(config.recipe) if config.recipe in RECIPES else Config()
    chosen, usual = config.flat(), recipe.flat()
    differ = {name: value for name, value in chosen.items() if value != usual[name]}
    differ = {name: value for name, value in differ.items() if name not in ("data", "recipe")}
    if any(name in BUDGETS for name in differ):
        differ |= {name: chosen[name] for name in BUDGETS}
    return differ
