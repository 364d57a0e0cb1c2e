"""Write docs/concepts/troubles/: a page for each disease of the doctor, from its rule and what is told here.

python scripts/make_troubles.py; the pictures are made by scripts/make_trouble_pictures.py.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from make_reference import bounds, remedy

from sparring.doctor.rules import RULES, Rule
from sparring.doctor.signals import DERIVED
from sparring.records import LOGGED

FOLDER = Path(__file__).parents[1] / "docs/concepts/troubles"


class Story(NamedTuple):
    """What a rule does not say."""

    made: str  # how the picture's training was made ill; a fault of benchmarks/doctor, or a recipe
    seen: str
    told: str
    source: str


STORIES: dict[str, Story] = {
    "non-finite": Story(
        "numbers that overflow",
        "The training stops with an error that names the step; the last good checkpoint is kept.",
        "A number format has a largest value. One step too large makes weights so big that the next scores "
        "exceed it; infinity minus infinity is NaN, and NaN spreads through every weight it meets. Nothing "
        "can be saved from there on, which is why sparring stops instead of setting the bad values to 0.",
        "Micikevicius et al. 2018, Mixed precision training; Pascanu et al. 2013, On the difficulty of "
        "training recurrent neural networks (clipping).",
    ),
    "generator-frozen": Story(
        "generator's rate is next to nothing",
        "The same noise at every record, while the discriminator's loss falls to 0.",
        "A forger who never practises. It is nearly always a slip in code: the optimizer was given the "
        "other player's parameters, `torch.no_grad` or `detach()` stands on the way to the loss, or "
        "`requires_grad` is off. The check before the first step finds most of these.",
        "Goodfellow et al. 2014, Generative adversarial nets, algorithm 1: both players must move.",
    ),
    "discriminator-frozen": Story(
        "discriminator is never stepped",
        "Samples change and please the judge, and are nowhere near the data.",
        "An inspector who never learns. The generator finds what its random weights happen to like, and "
        "stays there: the scores look wonderful and the pictures are patterns.",
        "Goodfellow et al. 2014, algorithm 1.",
    ),
    "labels-swapped": Story(
        "real and forged swapped in D's loss",
        "D(x) falls, D(G(z)) rises, and the samples drift away from the data.",
        "The discriminator learns its task perfectly, but the wrong task: it calls forged what is real. "
        "The generator is then paid for looking like nothing in the data.",
        "Goodfellow et al. 2014, equation 1.",
    ),
    "wrong-sign": Story(
        "wrong sign of the generator's loss",
        "The discriminator is right about everything, and the samples get worse than the noise they began as.",
        "The generator climbs where it should descend. Each step makes it easier to recognise, and since "
        "the discriminator agrees, nothing stops it. Written for a loss to be maximised and given to an "
        "optimizer that minimises, any GAN does this.",
        "Goodfellow et al. 2014, section 3: the generator's two losses.",
    ),
    "generator-dead": Story(
        "generator's rate far too high",
        "One flat picture, the same for every latent, which no longer changes at all.",
        "A huge step pushes all units of a layer below 0, where a ReLU gives 0 and its slope is 0, or the "
        "last layer so far that tanh is flat. No gradient comes through, so no later step can bring it back.",
        "Lu et al. 2020, Dying ReLU and initialization.",
    ),
    "rate-too-low": Story(
        "both rates far too low",
        "Noise that hardly changes; the losses stay near ln 4 and ln 2.",
        "Nothing is wrong but the speed. What looks like patience is budget wasted: at a rate a hundred "
        "times too small, ten epochs do what a tenth of one could.",
        "Heusel et al. 2017, GANs trained by a two time-scale update rule.",
    ),
    "range-mismatch": Story(
        "data in [0, 2], tanh",
        "Samples of the right shape, washed out or clipped, and a discriminator that is always right.",
        "tanh gives numbers between -1 and 1. If the data lie in [0, 255], in [0, 1] or anywhere else, no "
        "weights can draw them, and the discriminator tells both kinds apart by their brightness alone. It "
        "need learn nothing else, and teaches nothing else.",
        "Radford et al. 2016, section 4: data scaled to the range of tanh.",
    ),
    "discriminator-weak": Story(
        "discriminator of width 1",
        "Both scores stay together, the losses sit at ln 4 and ln 2, and the samples do not get better.",
        "The generator can learn only what the discriminator sees. If that is too small, too slow, or held "
        "down by a penalty a thousand times too strong, any blob passes.",
        "Goodfellow 2016, NIPS tutorial, section 5.4: balancing the two.",
    ),
    "discriminator-won": Story(
        "minimax against a fast discriminator",
        "D(x) is 1, D(G(z)) is 0, the gap of the scores grows, and the samples stand still.",
        "Real and forged samples lie on thin surfaces that hardly meet, so a strong discriminator can part "
        "them completely. Where it is sure, its surface is flat, and a flat surface has no direction: the "
        "forger is told that it is bad and not what would be better. A penalty on the slope at real samples "
        "keeps the surface inclined.",
        "Arjovsky & Bottou 2017, Towards principled methods for training GANs, theorem 2.4.",
    ),
    "discriminator-sure": Story(
        "minimax against a fast discriminator",
        "In a history of losses alone: D(x) near 1, D(G(z)) near 0, a high generator loss, again and again.",
        "This is what can be said of other programs' runs. A sure discriminator is no fault while the "
        "samples get better, so look at them before you believe it.",
        "Arjovsky & Bottou 2017.",
    ),
    "gradient-vanished": Story(
        "minimax against a fast discriminator",
        "The generator's gradient is a millionth of what it was.",
        "With the loss log(1 - D(G(z))) the slope goes to 0 exactly where the forger is worst: a rejected "
        "sample teaches nothing. Maximising log D(G(z)) has the same goal and a slope of 1 there.",
        "Goodfellow et al. 2014, section 3.",
    ),
    "mode-collapse": Story(
        "the recipe tutorial",
        "All samples alike; from record to record another one, while the losses look balanced.",
        "The generator is paid for passing, not for variety. One good forgery, printed again and again, "
        "passes until the discriminator has learnt it; then all samples jump to the next one. Momentum "
        "makes it worse: with Adam's usual 0.9 each player runs on as in its last ten steps.",
        "Goodfellow 2016, section 5.1; Metz et al. 2017, Unrolled GANs; Mescheder et al. 2018 (R1); Gidel et "
        "al. 2019, Negative momentum for improved game dynamics.",
    ),
    "class-collapse": Story(
        "latent ignored",
        "Each class has its own picture, and within a class all samples are that picture.",
        "The label is a strong hint and the latent a weak one. If passing takes no variety, the generator "
        "lets the latent's weights go.",
        "Yang et al. 2019, Diversity-sensitive conditional GANs.",
    ),
    "partial-collapse": Story(
        "the recipe tutorial",
        "Good samples of some kinds, and others never.",
        "Each sample is judged by itself, so a kind that is never forged costs nothing. The discriminator "
        "need not even know it.",
        "Srivastava et al. 2017, VEEGAN; Lin et al. 2018, PacGAN.",
    ),
    "spectral-collapse": Story(
        "Wasserstein without a bound",
        "The samples break down while the discriminator's weights grow in a few directions.",
        "A layer is a set of directions in which it looks, each with its own strength (the singular values). "
        "Too large steps let a few grow and the rest shrink: the inspector becomes blind to all but a few "
        "features, and forgeries that are right in those pass.",
        "Liu et al. 2019, Spectral regularization for combating mode collapse in GANs; Miyato et al. 2018.",
    ),
    "rate-too-high": Story(
        "R1 a thousand times too strong",
        "Samples that jump from record to record and come no nearer.",
        "Each player answers a position that the other has left already, with a step that goes too far "
        "again. Smaller steps turn the jumps into progress.",
        "Heusel et al. 2017.",
    ),
    "oscillation": Story(
        "the recipe tutorial",
        "The samples get better, worse, better: the distance swings and has no trend.",
        "Around its equilibrium the game is a rotation: each player pushes the other sideways. Without "
        "friction the circle does not close in. R1 is that friction; an average of the weights stands in "
        "the middle of the circle. [The simplest case, drawn](../convergence.md).",
        "Mescheder et al. 2018, Which training methods for GANs do actually converge?; Yazıcı et al. 2019.",
    ),
    "overfitting": Story(
        "sixty-four samples",
        "D's scores of training samples rise away from those of held-out ones.",
        "With few samples it is easier to know them all than to know what makes them real. Then anything "
        "new is a forgery, even a real one, and the generator is pushed towards copies.",
        "Karras et al. 2020, Training GANs with limited data (r_v); Zhao et al. 2020 (DiffAugment).",
    ),
    "memorised": Story(
        "sixty-four samples",
        "Samples that are as good as the data, and each has a twin among the training samples.",
        "If there are a few dozen samples, drawing them again passes every test but one: a held-out sample "
        "should be as near to the forged ones as a training sample is.",
        "Meehan et al. 2020, A non-parametric test to detect data-copying.",
    ),
    "leaky-augmentation": Story(
        "always augmented",
        "Samples with shifts, cutouts or wrong colours that the data do not have.",
        "The discriminator sees altered samples only, real and forged. If every one is altered, an altered "
        "forgery is the likeliest to pass. Below a probability of about 0.8 the unaltered is the most "
        "frequent single kind, and the generator finds it.",
        "Karras et al. 2020, section 2.2.",
    ),
    "checkerboard": Story(
        "checkerboard kernels",
        "A fine grid of dark and light pixels over every sample.",
        "A transposed convolution of kernel 3 at stride 2 paints some pixels from one kernel place and their "
        "neighbours from four. The discriminator must unteach what the architecture draws by itself; here it "
        "did, so that only the check before the first step, which looks at the kernels, names it.",
        "Odena et al. 2016, Deconvolution and checkerboard artifacts.",
    ),
    "average-lags": Story(
        "average with a decay of 0.99999",
        "Good samples in training and noise from the averaged generator.",
        "A decay copied from a training a hundred times longer averages over more steps than there were. "
        "What it holds is mostly the start.",
        "Karras et al. 2024, Analyzing and improving the training dynamics of diffusion models, section 3.",
    ),
    "no-average": Story(
        "no friction, no average",
        "Samples that are good at one record and poor at the next.",
        "The weights of the last step are one point on the way round. The average of the last thousands "
        "costs next to nothing and is a better forger than any of them.",
        "Yazıcı et al. 2019, The unusual effectiveness of averaging in GAN training.",
    ),
    "batch-too-small": Story(
        "batches of 2",
        "Samples that shake, and BatchNorm that draws each sample by its neighbour.",
        "Two samples are no survey of ten digits. Each step answers an accident, and the next one another.",
        "Brock et al. 2019, Large scale GAN training, section 3.1.",
    ),
    "gradient-leap": Story(
        "Wasserstein without a bound",
        "The discriminator's gradient, steady so far, is suddenly dozens of times larger.",
        "Loss surfaces of deep networks have cliffs. At the foot of one the slope is huge, and a step along "
        "it lands far from anything that was learnt. (In the picture it is already large and leaps to fourteen "
        "times its median, which the doctor does not call a leap yet: its name for this training is another.)",
        "Pascanu et al. 2013.",
    ),
}


def page(rule: Rule) -> str:
    """One disease."""
    story = STORIES[rule.name]
    rows = [
        f"| {bounds(sign)} | {(LOGGED.get(sign.name) or DERIVED[sign.name]).meaning} |" for sign in rule.signs
    ]
    lines = [
        f"# {title(rule)}\n",
        f"**What you see.** {story.seen}\n",
        f"![{rule.name}, and its signs beside a healthy training](../../images/troubles/{rule.name}.png)\n",
        f"**Why it happens.** {rule.why} {story.told}\n",
        f"**How the doctor knows.** At {rule.checks} records in a row, from step {rule.grace} on:\n",
        "| sign | meaning |",
        "|---|---|",
        *rows,
        "",
        "**Cures**, the likeliest first:\n",
        *[f"{k}. {remedy(cure)}" for k, cure in enumerate(rule.cures, 1)],
        "",
        f"**Source.** {story.source}\n",
        f"Picture: {made(story)}; left its samples at the end, right the signs (red) beside a healthy "
        "training's (grey), with the doctor's bounds (dashed).",
    ]
    return "\n".join(lines) + "\n"


def title(rule: Rule) -> str:
    return f"{rule.name}: {rule.title}"


def made(story: Story) -> str:
    return story.made if story.made.startswith("the recipe") else f"the fault *{story.made}* on MNIST"


def index() -> str:
    lines = [
        "# What can go wrong\n",
        "Every disease that [the doctor](../../guides/doctor.md) names, causes before effects: its picture,",
        "its curve, why it happens, what cures it, and where that is from. The exact rules are in the",
        "[reference](../../reference/doctor.md).\n",
        "| disease | what you see |",
        "|---|---|",
    ]
    lines += [f"| [{rule.name}]({rule.name}.md) | {STORIES[rule.name].seen} |" for rule in RULES]
    return "\n".join(lines) + "\n"


PAGES = {"README.md": index} | {f"{rule.name}.md": lambda rule=rule: page(rule) for rule in RULES}

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text(), "utf-8")
