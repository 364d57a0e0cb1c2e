"""What the options of a training can be: the names that users type, and limits. Without torch."""

from __future__ import annotations

# The files in networks/ of networks that can be chosen by name.
NETWORKS = ("mlp", "dcgan", "skips", "resnet", "modern", "notes", "tokens", "unet", "columns", "forest")
# The names in tables of other files; a test compares them.
GAMES = ("adversarial", "translation", "forest")
LOSSES = ("non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic")
BUILT_IN = (
    "mnist",
    "fashion-mnist",
    "emoji",
    "shapes",
    "chorales",
    "names",
    "tang",
    "ring",
    "grid",
    "spirals",
)  # data by name
TRAINED = ("mnist", "emoji")  # built-in sets on which trained players come with the package
DETECTIONS = ("fit", "score", "test")  # what `sparring detect` does
DETECTORS = (
    "brightness",
    "pca",
    "neighbours",
    "edges",
    "pooled",
    "patches",
    "residuals",
    "repairer",
)  # methods of `sparring detect fit`
EXPORTS = ("onnx", "torch", "safetensors", "hub")  # what `sparring export --to` writes
SAMPLERS = ("tpe", "random", "gp")  # how `sparring tune` chooses the next options
ENGINES = ("auto", "torch", "onnx")  # what `sparring serve` computes with
PAIRED = ("none", "names", "halves", "right-halves")  # how sources and targets belong together
RECONSTRUCTIONS = ("none", "l1", "l2", "bce")
OF_A_GAME = (
    "networks",
    "game",
    "translation",
    "penalties",
    "augmentation",
    "optimizers",
)  # tables that describe a game
G_NORMS = ("none", "batch", "conditional-batch")
D_NORMS = ("none", "batch", "spectral")
UPSAMPLINGS = ("transposed", "nearest")
FEATURES = ("none", "imagenet")  # what a second discriminator sees
OPTIMIZERS = ("adam", "optimistic-adam", "rmsprop")
SCHEDULES = ("constant", "linear", "cosine")
AUGMENTATIONS = ("none", "diffaugment", "ada")
PRECISIONS = ("auto", "fp32", "bf16")
RESIZES = ("crop", "fit", "stretch")
CHANNELS = ("auto", "1", "3", "4")
BACKGROUNDS = ("black", "white")  # behind pictures and around fitted ones; the usual first
LINES = ("skyline", "parts")  # how a piece becomes voices
UNITS = ("characters", "words")
LOGGERS = ("none", "csv", "tensorboard", "wandb", "mlflow")
ITEMS = ("auto", "lines", "poems")
BUDGETS = ("minutes", "epochs", "samples_seen")
MOST_WIDTH = 2**20
WIDE = f": the weights between two such layers alone need {4 * MOST_WIDTH**2 / 1e9:,.0f} GB of memory"
DEEP = ": a signal is lost in far fewer layers"
