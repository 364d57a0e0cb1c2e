"""Write docs/concepts/troubles/: a page for each disease of the doctor, from its rule and its story.

python scripts/make_troubles.py; the pictures are made by scripts/make_trouble_pictures.py.
"""

from __future__ import annotations

from pathlib import Path

from sparring.doctor.rule import Rule
from sparring.doctor.rules import RULES
from sparring.doctor.stories import STORIES, bounds, meaning, remedy

FOLDER = Path(__file__).parents[1] / "docs/concepts/troubles"


# How the picture's training was made ill: a fault of benchmarks/doctor, or a recipe.
MADE = {
    "non-finite": "numbers that overflow",
    "generator-frozen": "generator's rate is next to nothing",
    "discriminator-frozen": "discriminator is never stepped",
    "labels-swapped": "real and forged swapped in D's loss",
    "wrong-sign": "wrong sign of the generator's loss",
    "generator-dead": "generator's rate far too high",
    "rate-too-low": "both rates far too low",
    "range-mismatch": "data in [0, 2], tanh",
    "discriminator-weak": "discriminator of width 1",
    "discriminator-won": "minimax against a fast discriminator",
    "discriminator-sure": "minimax against a fast discriminator",
    "gradient-vanished": "minimax against a fast discriminator",
    "mode-collapse": "the recipe tutorial",
    "grey-class": "one class without latent on CIFAR-10",
    "class-collapse": "latent ignored",
    "cluster-collapse": "width 2 on emoji",
    "partial-collapse": "the recipe tutorial",
    "spectral-collapse": "Wasserstein without a bound",
    "rate-too-high": "R1 a thousand times too strong",
    "oscillation": "the recipe tutorial",
    "overfitting": "sixty-four samples",
    "memorised": "sixty-four samples",
    "leaky-augmentation": "always augmented",
    "weave": "the recipe sprint on emoji with transposed convolutions",
    "blur": "control on CIFAR-10",
    "lost-variety": "width 2 on CIFAR-10",
    "average-lags": "average with a decay of 0.99999",
    "no-average": "no friction, no average",
    "batch-too-small": "batches of 2",
    "gradient-leap": "Wasserstein without a bound",
}
PICTURE = "![{0}, and its signs beside a healthy training](../../images/troubles/{0}.png)\n"
SHORT = "600 steps"  # of a training of benchmarks/doctor/pictures.py, which names its data
# What only a page with a picture and links can say.
FURTHER = {
    "blur": " (In the picture the samples still get better quickly, so the doctor says how blurred they are, "
    "and does not call it a disease yet.)",
    "oscillation": " [The simplest case, drawn](../convergence.md).",
    "gradient-leap": " (In the picture it is already large and leaps to fourteen times its median, which the "
    "doctor does not call a leap yet: its name for this training is another.)",
}


def page(rule: Rule) -> str:
    """One disease."""
    story = STORIES[rule.name]
    rows = [f"| {bounds(sign)} | {meaning(sign)} |" for sign in rule.signs]
    lines = [
        f"# {title(rule)}\n",
        f"**What you see.** {story.appearance}\n",
        *([PICTURE.format(rule.name)] if rule.name in MADE else []),
        f"**Why it happens.** {rule.why} {story.mechanism}{FURTHER.get(rule.name, '')}\n",
        f"**How the doctor knows.** At {rule.checks} records in a row, from step {rule.grace} on:\n",
        "| sign | meaning |",
        "|---|---|",
        *rows,
        "",
        "**Cures**, the most likely first:\n",
        *[f"{k}. {remedy(cure)}" for k, cure in enumerate(rule.cures, 1)],
        "",
        f"**Source.** {story.source}\n",
        caption(rule),
    ]
    return "\n".join(lines) + "\n"


def caption(rule: Rule) -> str:
    """How the picture was made; of a rule that no benchmark has tried, that its bounds are a guess."""
    name = rule.name
    if name not in MADE and rule.kinds:
        return "The bounds were measured on [names and chorales](../../benchmarks.md#the-doctor)."
    if name not in MADE:
        return "The bounds of this rule have not been measured yet, so its confidence is low."
    return (
        f"Picture: {made(name)}; left its samples at the end, right the signs (red) beside a healthy "
        "training's (grey), with the doctor's bounds (dashed)."
    )


def title(rule: Rule) -> str:
    return f"{rule.name}: {rule.title}"


def made(name: str) -> str:
    how = MADE[name]
    if how.startswith("the recipe"):
        return how
    training, _, data = how.partition(" on ")
    return f"*{training}*, {SHORT}, on {data}" if data else f"the fault *{how}* on MNIST"


def index() -> str:
    lines = [
        "# What can go wrong\n",
        "Every disease that [the doctor](../../guides/doctor.md) names, causes before effects: its picture,",
        "its curve, why it happens, what cures it, and where that is from. The exact rules are in the",
        "[reference](../../reference/doctor.md).\n",
        "| disease | what you see |",
        "|---|---|",
    ]
    lines += [f"| [{rule.name}]({rule.name}.md) | {STORIES[rule.name].appearance} |" for rule in RULES]
    return "\n".join(lines) + "\n"


PAGES = {"README.md": index} | {f"{rule.name}.md": lambda rule=rule: page(rule) for rule in RULES}

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text(), "utf-8")
