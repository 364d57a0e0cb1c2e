"""The story of each disease: what is seen, what happens, where that is from; and a page of it in text."""

from __future__ import annotations

import math
import textwrap
from typing import NamedTuple

from sparring.config.recipes import RECIPES, from_recipe
from sparring.doctor.report import option_text
from sparring.doctor.rules import RULES, Cure, Sign
from sparring.doctor.signals import DERIVED
from sparring.history.record import LOGGED

COLUMNS = 100  # of a page in text
PLAYERS = ("generator", "discriminator")


class Story(NamedTuple):
    """What a rule does not say.

    Attributes:
        seen: how the disease looks to somebody who watches the training.
        told: the mechanism, further than the rule's ``why``.
        source: where that is from.
    """

    seen: str
    told: str
    source: str


STORIES: dict[str, Story] = {
    "non-finite": Story(
        "The training stops with an error that names the step; the last good checkpoint is kept.",
        "A number format has a largest value. One step too large makes weights so big that the next scores "
        "exceed it; infinity minus infinity is NaN, and NaN spreads through every weight it meets. Nothing "
        "can be saved from there on, which is why sparring stops instead of setting the bad values to 0.",
        "Micikevicius et al. 2018, Mixed precision training; Pascanu et al. 2013, On the difficulty of "
        "training recurrent neural networks (clipping).",
    ),
    "generator-frozen": Story(
        "The same noise at every record, while the discriminator's loss falls to 0.",
        "A forger who never practises. It is nearly always a slip in code: the optimizer was given the "
        "other player's parameters, `torch.no_grad` or `detach()` stands on the way to the loss, or "
        "`requires_grad` is off. The check before the first step finds most of these.",
        "Goodfellow et al. 2014, Generative adversarial nets, algorithm 1: both players must move.",
    ),
    "discriminator-frozen": Story(
        "Samples change and please the judge, and are nowhere near the data.",
        "An inspector who never learns. The generator finds what its random weights happen to like, and "
        "stays there: the scores look wonderful and the pictures are patterns.",
        "Goodfellow et al. 2014, algorithm 1.",
    ),
    "labels-swapped": Story(
        "D(x) falls, D(G(z)) rises, and the samples drift away from the data.",
        "The discriminator learns its task perfectly, but the wrong task: it calls forged what is real. "
        "The generator is then paid for looking like nothing in the data.",
        "Goodfellow et al. 2014, equation 1.",
    ),
    "wrong-sign": Story(
        "The discriminator is right about everything, and the samples get worse than the noise they began as.",
        "The generator climbs where it should descend. Each step makes it easier to recognise, and since "
        "the discriminator agrees, nothing stops it. Written for a loss to be maximised and given to an "
        "optimizer that minimises, any GAN does this.",
        "Goodfellow et al. 2014, section 3: the generator's two losses.",
    ),
    "generator-dead": Story(
        "One flat picture, the same for every latent, which no longer changes at all.",
        "A huge step pushes all units of a layer below 0, where a ReLU gives 0 and its slope is 0, or the "
        "last layer so far that tanh is flat. No gradient comes through, so no later step can bring it back.",
        "Lu et al. 2020, Dying ReLU and initialization.",
    ),
    "rate-too-low": Story(
        "Noise that hardly changes; the losses stay near ln 4 and ln 2.",
        "Nothing is wrong but the speed. What looks like patience is budget wasted: at a rate a hundred "
        "times too small, ten epochs do what a tenth of one could.",
        "Heusel et al. 2017, GANs trained by a two time-scale update rule.",
    ),
    "range-mismatch": Story(
        "Samples of the right shape, washed out or clipped, and a discriminator that is always right.",
        "tanh gives numbers between -1 and 1. If the data lie in [0, 255], in [0, 1] or anywhere else, no "
        "weights can draw them, and the discriminator tells both kinds apart by their brightness alone. It "
        "need learn nothing else, and teaches nothing else.",
        "Radford et al. 2016, section 4: data scaled to the range of tanh.",
    ),
    "discriminator-weak": Story(
        "Both scores stay together, the losses sit at ln 4 and ln 2, and the samples do not get better.",
        "The generator can learn only what the discriminator sees. If that is too small, too slow, or held "
        "down by a penalty a thousand times too strong, any blob passes.",
        "Goodfellow 2016, NIPS tutorial, section 5.4: balancing the two.",
    ),
    "discriminator-won": Story(
        "D(x) is 1, D(G(z)) is 0, the gap of the scores grows, and the samples stand still.",
        "Real and forged samples lie on thin surfaces that hardly meet, so a strong discriminator can part "
        "them completely. Where it is sure, its surface is flat, and a flat surface has no direction: the "
        "forger is told that it is bad and not what would be better. A penalty on the slope at real samples "
        "keeps the surface inclined.",
        "Arjovsky & Bottou 2017, Towards principled methods for training GANs, theorem 2.4.",
    ),
    "discriminator-sure": Story(
        "In a history of losses alone: D(x) near 1, D(G(z)) near 0, a high generator loss, again and again.",
        "This is what can be said of other programs' runs. A sure discriminator is no fault while the "
        "samples get better, so look at them before you believe it.",
        "Arjovsky & Bottou 2017.",
    ),
    "gradient-vanished": Story(
        "The generator's gradient is a millionth of what it was.",
        "With the loss log(1 - D(G(z))) the slope goes to 0 exactly where the forger is worst: a rejected "
        "sample teaches nothing. Maximising log D(G(z)) has the same goal and a slope of 1 there.",
        "Goodfellow et al. 2014, section 3.",
    ),
    "mode-collapse": Story(
        "All samples alike; from record to record another one, while the losses look balanced.",
        "The generator is paid for passing, not for variety. One good forgery, printed again and again, "
        "passes until the discriminator has learnt it; then all samples jump to the next one. Momentum "
        "makes it worse: with Adam's usual 0.9 each player runs on as in its last ten steps.",
        "Goodfellow 2016, section 5.1; Metz et al. 2017, Unrolled GANs; Mescheder et al. 2018 (R1); Gidel et "
        "al. 2019, Negative momentum for improved game dynamics.",
    ),
    "class-collapse": Story(
        "Each class has its own picture, and within a class all samples are that picture.",
        "The label is a strong hint and the latent a weak one. If passing takes no variety, the generator "
        "lets the latent's weights go.",
        "Yang et al. 2019, Diversity-sensitive conditional GANs.",
    ),
    "partial-collapse": Story(
        "Good samples of some kinds, and others never.",
        "Each sample is judged by itself, so a kind that is never forged costs nothing. The discriminator "
        "need not even know it.",
        "Srivastava et al. 2017, VEEGAN; Lin et al. 2018, PacGAN.",
    ),
    "spectral-collapse": Story(
        "The samples break down while the discriminator's weights grow in a few directions.",
        "A layer is a set of directions in which it looks, each with its own strength (the singular values). "
        "Too large steps let a few grow and the rest shrink: the inspector becomes blind to all but a few "
        "features, and forgeries that are right in those pass.",
        "Liu et al. 2019, Spectral regularization for combating mode collapse in GANs; Miyato et al. 2018.",
    ),
    "rate-too-high": Story(
        "Samples that jump from record to record and come no nearer.",
        "Each player answers a position that the other has left already, with a step that goes too far "
        "again. Smaller steps turn the jumps into progress.",
        "Heusel et al. 2017.",
    ),
    "oscillation": Story(
        "The samples get better, worse, better: the distance swings and has no trend.",
        "Around its equilibrium the game is a rotation: each player pushes the other sideways. Without "
        "friction the circle does not close in. R1 is that friction; an average of the weights stands in "
        "the middle of the circle.",
        "Mescheder et al. 2018, Which training methods for GANs do actually converge?; Yazıcı et al. 2019.",
    ),
    "overfitting": Story(
        "D's scores of training samples rise away from those of held-out ones.",
        "With few samples it is easier to know them all than to know what makes them real. Then anything "
        "new is a forgery, even a real one, and the generator is pushed towards copies.",
        "Karras et al. 2020, Training GANs with limited data (r_v); Zhao et al. 2020 (DiffAugment).",
    ),
    "memorised": Story(
        "Samples that are as good as the data, and each has a twin among the training samples.",
        "If there are a few dozen samples, drawing them again passes every test but one: a held-out sample "
        "should be as near to the forged ones as a training sample is.",
        "Meehan et al. 2020, A non-parametric test to detect data-copying.",
    ),
    "leaky-augmentation": Story(
        "Samples with shifts, cutouts or wrong colours that the data do not have.",
        "The discriminator sees altered samples only, real and forged. If every one is altered, an altered "
        "forgery is the likeliest to pass. Below a probability of about 0.8 the unaltered is the most "
        "frequent single kind, and the generator finds it.",
        "Karras et al. 2020, section 2.2.",
    ),
    "checkerboard": Story(
        "A fine grid of dark and light pixels over every sample.",
        "A transposed convolution of kernel 3 at stride 2 paints some pixels from one kernel place and their "
        "neighbours from four. The discriminator must unteach what the architecture draws by itself.",
        "Odena et al. 2016, Deconvolution and checkerboard artifacts.",
    ),
    "weave": Story(
        "A fine, regular weave of dots over every picture, plainest where it should be smooth.",
        "Layers that double the size paint each second pixel from other weights than its neighbour. While the "
        "discriminator has coarser faults to look at, nothing evens them out. Photographs have next to no "
        "power at the highest frequencies in both directions, so its share there tells the weave early.",
        "Odena et al. 2016, Deconvolution and checkerboard artifacts; Durall et al. 2020, Watch your "
        "up-convolution.",
    ),
    "average-lags": Story(
        "Good samples in training and noise from the averaged generator.",
        "A decay copied from a training a hundred times longer averages over more steps than there were. "
        "What it holds is mostly the start.",
        "Karras et al. 2024, Analyzing and improving the training dynamics of diffusion models, section 3.",
    ),
    "no-average": Story(
        "Samples that are good at one record and poor at the next.",
        "The weights of the last step are one point on the way round. The average of the last thousands "
        "costs next to nothing and is a better forger than any of them.",
        "Yazıcı et al. 2019, The unusual effectiveness of averaging in GAN training.",
    ),
    "batch-too-small": Story(
        "Samples that shake, and BatchNorm that draws each sample by its neighbour.",
        "Two samples are no survey of ten digits. Each step answers an accident, and the next one another.",
        "Brock et al. 2019, Large scale GAN training, section 3.1.",
    ),
    "gradient-leap": Story(
        "The discriminator's gradient, steady so far, is suddenly dozens of times larger.",
        "Loss surfaces of deep networks have cliffs. At the foot of one the slope is huge, and a step along "
        "it lands far from anything that was learnt.",
        "Pascanu et al. 2013.",
    ),
}


def about(name: str) -> str:
    """A disease's page in text, as ``sparring doctor NAME`` prints it."""
    rule = next(rule for rule in RULES if rule.name == name)
    story = STORIES[name]
    signs = [f"- {bounds(sign)}: {meaning(sign)}" for sign in rule.signs]
    cures = [f"{k}. {remedy(cure)}" for k, cure in enumerate(rule.cures, 1)]
    typed = any(cure.option or cure.own for cure in rule.cures)
    to_type = ", to add to `sparring train DATA`" if typed else " (in your code or data; no option does it)"
    parts = [
        [f"{rule.name}: {rule.title}"],
        ["What you see. " + story.seen],
        [f"Why it happens. {rule.why} {story.told}"],
        [f"How the doctor knows. At {rule.checks} records in a row, from step {rule.grace} on:", *signs],
        [f"Cures, the likeliest first{to_type}:", *cures],
        ["Source. " + story.source],
    ]
    return "\n\n".join("\n".join(_wrapped(text) for text in part) for part in parts).replace("`", "")


def _wrapped(text: str) -> str:
    listed = text.startswith("- ") or text[:1].isdigit()
    return textwrap.fill(text, COLUMNS, subsequent_indent="  " * listed, break_on_hyphens=False)


def meaning(sign: Sign) -> str:
    """What the number of a sign says."""
    return (LOGGED.get(sign.name) or DERIVED[sign.name]).meaning


def bounds(sign: Sign) -> str:
    """Where a sign's number lies in the disease."""
    low = f"{sign.low:g} <= " if sign.low > -math.inf else ""
    high = f" <= {sign.high:g}" if sign.high < math.inf else ""
    return f"{low}`{sign.name}`{high}"


def remedy(cure: Cure) -> str:
    """A cure for any run, in options as they are typed; one that depends on the run's own, for a recipe's."""
    if cure.own:
        flags = ", ".join(f"`--{name.replace('_', '-')}`" for name in cure.own)
        return f"{cure.words}: leave out {flags}"
    if not cure.option:
        return cure.words
    if not cure.times:
        where, needed = cure.only
        only = f", with `--{where} {needed}`" if where in PLAYERS else ""
        return f"`--{option_text(cure.option, cure.value)}`: {cure.words}{only}"
    for name in RECIPES:
        options = from_recipe(name).flat()
        if change := cure.change(options):
            now = option_text(cure.option, options[cure.option]).split()[-1]
            return (
                f"`--{option_text(cure.option, change[cure.option])}` where it is {now}, as in {name}: "
                f"{cure.words} ({cure.times:g} times what it is)"
            )
    return f"`--{cure.option.replace('_', '-')}` {cure.times:g} times what it is: {cure.words}"
