"""Find the known names that an unknown name may stand for: by common synonyms and by spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 80  # characters; the rest of a longer name is ignored
MOST = 3  # names; a longer list would not help
SHORTEST = 3  # letters that a name needs to be compared with the beginnings and words of others
LETTERS_PER_ERROR = 3  # in the shorter word, one wrong letter is allowed for each three letters

# The names in sparring, and the words that other programs and papers use for them. A search among options, for
# example, ignores the names of recipes.
SYNONYMS = {
    # options
    "g_lr d_lr": "lr learning_rate rate alpha eta",
    "g_lr": "g_learning_rate learning_rate_g g_lrate lr_generator generator_lr generator_learning_rate lr_g "
    "lrg gen_lr",
    "d_lr": "d_learning_rate learning_rate_d d_lrate lr_discriminator discriminator_lr "
    "discriminator_learning_rate lr_d lrd dis_lr disc_lr critic_lr",
    "batch_size": "bs batch batches minibatch mini_batch_size",
    "epochs": "epoch n_epoch n_epochs num_epochs nepochs max_epochs niter passes",
    "minutes": "time max_minutes duration hours seconds timeout",
    "samples_seen": "steps iters iterations n_iter num_iters num_steps max_steps max_iter max_iters "
    "total_steps kimg images_seen",
    "latent_dim": "z_dim zdim nz z latent latent_size z_size noise_dim noise_size latents codings",
    "g_width": "ngf gf g_channels g_hidden generator_width g_dim g_units",
    "d_width": "ndf df d_channels discriminator_width d_dim d_units",
    "g_width d_width": "width channels filters base_channels hidden hidden_dim hidden_size units",
    "depth": "layers n_layers num_layers blocks n_blocks",
    "d_steps": "n_critic ncritic critic_iters critic_steps n_dis k_steps discriminator_steps d_iters",
    "ema_half_life": "ema ema_decay ema_beta average averaging",
    "size": "image_size img_size imsize resolution res picture_size",
    "r1_gamma": "r1 gamma r1_penalty r1_weight lambda_r1",
    "r2_gamma": "r2 r2_penalty r2_weight lambda_r2",
    "gp_weight": "gp gradient_penalty lambda_gp gp_lambda gp_coef lambda",
    "weight_clip": "clip_value clip clamp clipping weight_clipping c_clip",
    "clip_gradients": "grad_clip gradient_clip clip_grad clip_grad_norm max_grad_norm gradient_clip_val",
    "seed": "random_state manual_seed random_seed rng",
    "threads": "workers num_workers n_jobs num_threads cpus cores",
    "processes": "gpus num_gpus n_gpus world_size nproc nproc_per_node",
    "device": "gpu cuda accelerator",
    "precision": "amp fp16 half dtype mixed_precision",
    "beta1": "b1 beta_1 betas momentum",
    "beta2": "b2 beta_2 alpha_rms",
    "lr_schedule": "scheduler lr_scheduler lr_decay schedule annealing",
    "lr_warmup": "warmup warmup_steps",
    "augment": "aug augmentation augmentations data_augmentation diffaug",
    "augment_flip": "mirror hflip flip horizontal_flip xflip random_flip",
    "augment_turn": "rotate rotation",
    "conditional": "class_conditional cond cgan acgan",
    "label": "labels class_label",
    "labels": "label classes class_labels targets y",
    "hold_out": "validation_split val_split valid_split test_size test_split holdout val_fraction",
    "optimizer": "optimiser opt optim",
    "loss": "criterion gan_mode loss_fn objective loss_type",
    "generator": "g g_model netg gen generator_network",
    "discriminator": "d d_model netd dis disc critic discriminator_network",
    "generator discriminator": "model arch architecture network networks backbone",
    "g_norm": "generator_norm",
    "d_norm": "discriminator_norm spectral_norm spectral_normalization spectral_normalisation",
    "g_norm d_norm": "norm normalization normalisation norm_layer",
    "record_every": "log_every log_interval print_every print_freq log_freq log_steps display_freq",
    "checkpoint_seconds": "save_every save_freq checkpoint_every save_interval checkpoint_interval",
    "evaluate_every": "eval_every eval_interval eval_freq fid_every metrics_every",
    "pictures": "sample_interval sample_every n_pictures snapshots",
    "recipe": "preset cfg template",
    "out": "output output_dir outdir out_dir logdir log_dir save_dir run_dir result_dir results output_path",
    "force": "overwrite replace yes",
    "count": "n num number n_samples num_samples num_images samples how_many",
    "interpolate": "interpolation walk latent_walk slerp",
    "truncation": "psi trunc truncation_psi temperature",
    "held_out": "test test_set reference",
    "quick": "fast",
    # verbs
    "train": "fit run start learn new",
    "resume": "continue restart go carry_on",
    "sample": "generate draw gen infer inference predict synthesize",
    "evaluate": "eval test measure score metrics fid benchmark",
    "doctor": "diagnose diagnosis diagnostics check debug",
    "watch": "view dashboard ui page monitor tensorboard follow web",
    "report": "html export summary",
    "recipes": "list ls models presets",
    "info": "status describe show version about",
    "data": "dataset datasets inspect look",
    "demo": "example hello quickstart tour",
    # recipes and networks
    "tutorial": "gan vanilla basic simple goodfellow beginner",
    "modern": "r3gan state_of_the_art sota",
    "projection": "cgan biggan sagan conditional_gan pgan",
    "sprint": "default best quickest",
    "small-data": "few few_data tiny limited_data",
    "sngan": "sn spectral",
    "lsgan": "ls least_squares_gan mse",
    "mlp": "perceptron perceptrons linear dense fc fully_connected",
    "dcgan": "conv cnn convolutional convnet deep_convolutional",
    "skips": "skip output_skips multiscale multi_scale msg patch patchgan",
    "resnet": "residual resnet18 resnet50",
    # values
    "non-saturating": "bce vanilla ns nsgan standard logistic softplus",
    "minimax": "saturating original zero_sum",
    "least-squares": "lsgan ls l2 mse",
    "wasserstein": "w wgan wgan_gp w1 earth_mover emd",
    "relativistic": "ragan rgan rpgan rsgan",
    "batch": "bn batchnorm batch_norm",
    "conditional-batch": "cbn conditional_bn class_conditional",
    "none": "off no false null 0",
    "constant": "none off fixed",
    "cosine": "annealing cosineannealing",
    "adam": "adamw amsgrad radam nadam",
    "fp32": "float32 32 full single",
    "bf16": "bfloat16 half 16 fp16 float16 mixed amp",
    "fit": "pad letterbox contain",
    "crop": "centre center center_crop cover",
    "stretch": "squash scale distort ignore_aspect",
    "1": "grey gray greyscale grayscale l mono black_and_white",
    "3": "rgb colour color",
    "4": "rgba alpha",
    "ada": "adaptive stylegan2_ada",
    # data
    "mnist": "digits handwritten_digits mnist_784",
    "fashion-mnist": "fmnist fashion clothes",
    "emoji": "emojis emoticons smileys",
    "ring": "circle gaussians 8gaussians eight_gaussians",
    "grid": "25gaussians checkerboard_points lattice",
    "shapes": "pairs outlines edges2shapes",
    "spirals": "swissroll swiss_roll moons two_spirals",
    # features
    "inception-2015": "fid inception_v3 inceptionv3",
    "imagenet-64": "imagenet",
    "efficientnet-lite0": "efficientnet",
    "scattering-64": "scattering wavelets texture",
    "dinov2-vits14": "dino dinov2 vit",
    "pca-64": "pca",
    # findings of the doctor
    "mode-collapse": "collapse collapsed mode_dropping missing_modes same_pictures",
    "overfitting": "overfit memorising_discriminator",
    "memorised": "memorized memorization memorisation copies copying",
    "gradient-vanished": "vanishing vanishing_gradient vanishing_gradients no_gradient",
    "discriminator-won": "d_won critic_won strong_discriminator discriminator_strong",
    "discriminator-weak": "weak_discriminator generator_won",
    "non-finite": "nan nans inf infinite exploded diverged",
    "oscillation": "oscillating cycling circles",
    "gradient-leap": "exploding exploding_gradient exploding_gradients spikes",
    "weave": "checkerboard artifacts artefacts grid_pattern dots",
    "blur": "blurry blurred unsharp",
}


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that a name may stand for, by synonym, spelling or part of the name; [] if unclear."""
    name = name[:LONGEST]
    keys = {each: _key(each) for each in known}
    found = _misspelt(_key(name), keys) or _parts(name, keys)
    return found if len(found) <= MOST else []


def distance(a: str, b: str) -> int:
    """The edit distance of a and b: letters to insert, delete, change or swap with their neighbour."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a):
        earlier, before, row = before, row, [i + 1]
        for j, other in enumerate(b):
            least = min(row[j] + 1, before[j + 1] + 1, before[j] + (letter != other))
            if i and j and (letter, a[i - 1]) == (b[j - 1], other):
                least = min(least, earlier[j - 1] + 1)
            row.append(least)
    return row[-1]


def _key(name: str) -> str:
    """Only the letters and digits of a name: "--batch-size", "batch_size" and "BatchSize" are the same."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _misspelt(key: str, keys: dict[str, str]) -> list[str]:
    """The names with the fewest wrong letters, at most one in three; a name goes before a synonym."""
    close: dict[str, tuple[int, int]] = {}
    for name, own in keys.items():
        for word, synonym in ((own, 0), *((word, 1) for word in _SYNONYMS.get(own, ()))):
            shorter = min(len(key), len(word))
            if abs(len(key) - len(word)) * LETTERS_PER_ERROR > shorter:
                continue
            if (wrong := distance(key, word)) * LETTERS_PER_ERROR <= shorter:
                close[name] = min(close.get(name, (wrong, synonym)), (wrong, synonym))
    least = min(close.values(), default=None)
    return [name for name, score in close.items() if score == least]


def _parts(name: str, keys: dict[str, str]) -> list[str]:
    """The names that begin with this one, or that have a word for each of its words: "lr sched", "dino"."""
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word]
    if len(_key(name)) < SHORTEST:
        return []
    begin_so = [each for each, key in keys.items() if key.startswith(_key(name))]
    if begin_so:
        return begin_so
    known_words = {each: [word for word in re.split(r"[\W_]+", each.lower()) if word] for each in keys}
    return [
        each for each, parts in known_words.items()
        if all(any(part.startswith(word) for part in parts) for word in words)
    ]  # fmt: skip


def _synonyms() -> dict[str, set[str]]:
    """The synonyms of each name."""
    table: dict[str, set[str]] = {}
    for names, words in SYNONYMS.items():
        for name in names.split():
            table.setdefault(_key(name), set()).update(map(_key, words.split()))
    return table


_SYNONYMS = _synonyms()
