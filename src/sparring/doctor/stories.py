"""The description of each disease: its appearance, its mechanism and the source; and its page as text."""

from __future__ import annotations

import math
import textwrap
from typing import NamedTuple

from sparring.config.recipes import RECIPES, from_recipe
from sparring.doctor.report import option_text
from sparring.doctor.rule import Cure, Sign
from sparring.doctor.rules import LONGER, RULES
from sparring.doctor.signals import DERIVED
from sparring.history.record import LOGGED

COLUMNS = 100  # the width of a page of text
PLAYERS = ("generator", "discriminator")


class Story(NamedTuple):
    """A description of a disease that goes beyond its rule.

    Attributes:
        appearance: what somebody sees who watches the training.
        mechanism: more on how it happens than the rule's ``why``.
        source: the publications.
    """

    appearance: str
    mechanism: str
    source: str


STORIES: dict[str, Story] = {
    "non-finite": Story(
        "The training stops with an error that names the step; the last good checkpoint is kept.",
        "A number format has a largest value. One step too large makes weights so big that the next scores "
        "exceed it; infinity minus infinity is NaN, and NaN spreads to every weight. After that nothing "
        "can be saved, so sparring stops instead of setting the bad values to 0.",
        "Micikevicius et al. 2018, Mixed precision training; Pascanu et al. 2013, On the difficulty of "
        "training recurrent neural networks (clipping).",
    ),
    "gradient-blocked": Story(
        "The same samples at every record, from the first step on, whatever the discriminator says.",
        "An argmax does not change when its inputs change a little, so its derivative is 0 nearly everywhere, "
        "and 0 times anything is 0. The straight-through estimator takes the argmax forwards and the gradient "
        "of the softmax backwards. A network of your own that ends in `argmax` or `round` needs the same.",
        "Bengio et al. 2013, Estimating or propagating gradients through stochastic neurons.",
    ),
    "generator-frozen": Story(
        "The same noise at every record, while the discriminator's loss falls to 0.",
        "The forger never practises. This is nearly always an error in code: the optimizer was given the "
        "other player's parameters, `torch.no_grad` or `detach()` is used before the loss, or "
        "`requires_grad` is off. The check before the first step finds most of these.",
        "Goodfellow et al. 2014, Generative adversarial nets, algorithm 1: both players must move.",
    ),
    "discriminator-frozen": Story(
        "The samples change and get good scores, but do not come near the data.",
        "The inspector never learns. The generator finds what its random weights happen to like, and "
        "stays there: the scores look very good, but the pictures are only patterns.",
        "Goodfellow et al. 2014, algorithm 1.",
    ),
    "labels-swapped": Story(
        "D(x) falls, D(G(z)) rises, and the samples drift away from the data.",
        "The discriminator learns perfectly, but the wrong task: it calls real samples forged. "
        "The generator is then rewarded for samples that are unlike the data.",
        "Goodfellow et al. 2014, equation 1.",
    ),
    "wrong-sign": Story(
        "The discriminator is right about everything, and the samples get worse than the noise they began as.",
        "The generator goes up where it should go down. Each step makes its samples easier to recognise, and "
        "the discriminator does not stop it. This happens to any GAN if a loss that should be maximised is "
        "given to an optimizer that minimises.",
        "Goodfellow et al. 2014, section 3: the generator's two losses.",
    ),
    "generator-dead": Story(
        "One flat picture, the same for every latent, which no longer changes at all.",
        "A huge step moves all units of a layer below 0, where a ReLU gives 0 and has slope 0, or the "
        "last layer so far that tanh is flat. No gradient passes, so no later step can repair it.",
        "Lu et al. 2020, Dying ReLU and initialization.",
    ),
    "rate-too-low": Story(
        "Noise that hardly changes; the losses stay near ln 4 and ln 2.",
        "Only the speed is wrong, and the budget is wasted: with a learning rate that is a hundred times too "
        "small, ten epochs do what a tenth of an epoch could.",
        "Heusel et al. 2017, GANs trained by a two time-scale update rule.",
    ),
    "range-mismatch": Story(
        "Samples of the right shape, washed out or clipped, and a discriminator that is always right.",
        "tanh gives numbers between -1 and 1. If the data lie in [0, 255], in [0, 1] or anywhere else, no "
        "weights can draw them, and the discriminator can tell both apart by their brightness alone. It "
        "does not have to learn anything else, and so teaches nothing else.",
        "Radford et al. 2016, section 4: data scaled to the range of tanh.",
    ),
    "discriminator-weak": Story(
        "Both scores stay together, the losses stay at ln 4 and ln 2, and the samples do not get better.",
        "The generator can learn only what the discriminator sees. If the discriminator is too small, too slow "
        "or limited by a penalty that is a thousand times too strong, any sample passes.",
        "Goodfellow 2016, NIPS tutorial, section 5.4: balancing the two.",
    ),
    "discriminator-won": Story(
        "D(x) is 1, D(G(z)) is 0, the gap between the scores grows, and the samples no longer change.",
        "Real and forged samples lie on thin surfaces that hardly meet, so a strong discriminator can separate "
        "them completely. Where it is sure, its output is flat, and a flat function has no direction: the "
        "forger learns that it is bad, but not what would be better. A penalty on the slope at real samples "
        "keeps the slope useful.",
        "Arjovsky & Bottou 2017, Towards principled methods for training GANs, theorem 2.4.",
    ),
    "discriminator-sure": Story(
        "In a history of losses alone: D(x) near 1, D(G(z)) near 0, a high generator loss, again and again.",
        "This is all that the losses of other programs can show. A sure discriminator is not a fault as long "
        "as the samples get better, so look at them first.",
        "Arjovsky & Bottou 2017.",
    ),
    "gradient-vanished": Story(
        "The generator's gradient is a millionth of what it was.",
        "With the loss log(1 - D(G(z))) the slope goes to 0 exactly where the forger is worst: a rejected "
        "sample teaches nothing. Maximising log D(G(z)) has the same goal and a slope of 1 there.",
        "Goodfellow et al. 2014, section 3.",
    ),
    "mode-collapse": Story(
        "All samples are alike; they change from record to record, and the losses look balanced.",
        "The generator is rewarded for samples that pass, not for variety. One good forgery, drawn again and "
        "again, passes until the discriminator has learnt it; then all samples jump to the next one. Momentum "
        "makes it worse: with Adam's usual 0.9 each player continues in the direction of its last ten steps.",
        "Goodfellow 2016, section 5.1; Metz et al. 2017, Unrolled GANs; Mescheder et al. 2018 (R1); Gidel et "
        "al. 2019, Negative momentum for improved game dynamics.",
    ),
    "class-collapse": Story(
        "Each class has its own picture, and within a class all samples are that picture.",
        "The label is a strong hint and the latent a weak one. If samples pass without variety, the generator "
        "stops using the latent.",
        "Yang et al. 2019, Diversity-sensitive conditional GANs.",
    ),
    "grey-class": Story(
        "Most classes are drawn well, and one is empty grey, or the same picture with small changes.",
        "The discriminator's weights are shared by all classes. A class whose pictures have little contrast, "
        "or of which there are few, adds little to its loss, and what it learns last is forged worst.",
        "Rangwani et al. 2022, Improving GANs for long-tailed data through group spectral regularization.",
    ),
    "cluster-collapse": Story(
        "In each row of samples, which are of one cluster, all are the same picture.",
        "Without labels, the players are told to which cluster of the data a sample belongs. If samples pass "
        "without variety, the generator draws one picture for each cluster and stops using the latent.",
        "Liu et al. 2020, Diverse image generation via self-conditioned GANs.",
    ),
    "partial-collapse": Story(
        "Good samples of some kinds, and others never.",
        "Each sample is judged alone, so a kind that is never forged costs nothing. The discriminator "
        "does not even have to know it.",
        "Srivastava et al. 2017, VEEGAN; Lin et al. 2018, PacGAN.",
    ),
    "spectral-collapse": Story(
        "The samples get much worse while the discriminator's weights grow in a few directions.",
        "A layer is a set of directions in which it looks, each with its own strength (the singular values). "
        "With steps that are too large, a few grow and the rest shrink: the inspector sees only a few "
        "features, and forgeries that are right in those pass.",
        "Liu et al. 2019, Spectral regularization for combating mode collapse in GANs; Miyato et al. 2018.",
    ),
    "rate-too-high": Story(
        "Samples that jump from record to record and do not get nearer to the data.",
        "Each player reacts to a position that the other has left already, with a step that again goes too "
        "far. Smaller steps turn the jumps into progress.",
        "Heusel et al. 2017.",
    ),
    "oscillation": Story(
        "The samples get better, worse, better: the distance swings and has no trend.",
        "Around its equilibrium the game is a rotation: each player pushes the other sideways. Without "
        "friction the circle does not get smaller. R1 is that friction; an average of the weights is in "
        "the middle of the circle.",
        "Mescheder et al. 2018, Which training methods for GANs do actually converge?; Yazıcı et al. 2019.",
    ),
    "overfitting": Story(
        "D's scores of training samples rise above those of held-out samples.",
        "With few samples it is easier to learn them by heart than to learn what makes them real. Then any "
        "new sample counts as a forgery, even a real one, and the generator is pushed towards copies.",
        "Karras et al. 2020, Training GANs with limited data (r_v); Zhao et al. 2020 (DiffAugment).",
    ),
    "memorised": Story(
        "Samples that are as good as the data, and each of which is nearly equal to a training sample.",
        "If there are a few dozen samples, copies of them pass every test except one: held-out samples "
        "should be as near to the forged samples as training samples are.",
        "Meehan et al. 2020, A non-parametric test to detect data-copying.",
    ),
    "dead-symbols": Story(
        "Whole letters or words never come up in what is written.",
        "A symbol whose number is never the greatest is never shown to the discriminator, so nothing says "
        "what it would be worth; only the gradient of the softmax, which is small where its share is small, "
        "brings it back.",
        "Jang et al. 2017, Categorical reparameterization with Gumbel-softmax.",
    ),
    "one-text": Story(
        "The same line, with small changes at most, for every latent.",
        "As with mode collapse, the generator moves from one text that passes to the next. In symbols the "
        "texts are equal and not only alike, so they can be counted.",
        "Che et al. 2017, Maximum-likelihood augmented discrete generative adversarial networks.",
    ),
    "copies-climb": Story(
        "The texts become better and better, and you know them.",
        "A text is copied or it is not, so copies can be counted exactly. Some are no fault: short names that "
        "exist are written by chance, and a chain of letters copies too. A share that climbs is one.",
        "Carlini et al. 2019, The secret sharer: evaluating and testing unintended memorization in neural "
        "networks.",
    ),
    "columns-torn": Story(
        "Each column looks right, and rows are impossible: a pensioner of twenty.",
        "A discriminator of rows first sees single columns. What holds between two of them is a smaller "
        "difference, which it learns later, and the generator after it.",
        "Xu et al. 2019, Modeling tabular data using conditional GAN.",
    ),
    "dead-levels": Story(
        "Whole categories never come up in the rows that are drawn.",
        "A level whose logit is far below the others is hardly ever drawn, so the discriminator never says "
        "what it would be worth. Noise of its own for each level, as the networks for columns have it, is "
        "what brings it back.",
        "Jang et al. 2017, Categorical reparameterization with Gumbel-softmax.",
    ),
    "flat-column": Story(
        "One column has nearly the same number in all rows.",
        "Where one number passes at the moment, the generator draws it for all latents, as with mode collapse, "
        "but only in this column.",
        "Che et al. 2017, Mode regularized generative adversarial networks.",
    ),
    "leaky-augmentation": Story(
        "Samples with shifts, cutouts or wrong colours that the data do not have.",
        "The discriminator sees only augmented samples, real and forged. If all of them are augmented, a "
        "forgery with the augmentation is the most likely to pass. Below a probability of about 0.8 the "
        "samples without it are the most frequent single kind, and the generator finds them.",
        "Karras et al. 2020, section 2.2.",
    ),
    "weave": Story(
        "A fine, regular pattern of dots over every picture, clearest where the picture should be smooth.",
        "Layers that double the size compute every second pixel with other weights than its neighbour. As long "
        "as there are coarser faults for the discriminator, nothing corrects this. Photographs have almost no "
        "power at the highest frequencies in both directions, so the power there shows the pattern early.",
        "Odena et al. 2016, Deconvolution and checkerboard artifacts; Durall et al. 2020, Watch your "
        "up-convolution.",
    ),
    "blur": Story(
        "Blobs: the colours and the places are right, edges and textures are missing.",
        "Coarse forms have most of the power of a picture, so both players learn them first. The doctor "
        "compares the power at each fine frequency and takes the median: a weave, which lies at a few "
        "frequencies, is no detail.",
        "Schwarz et al. 2021, On the frequency bias of generative models; Durall et al. 2020.",
    ),
    "lost-variety": Story(
        "Samples of many colours which nevertheless look like one another: no plain one, no rich one.",
        "The variance of pixels is mostly that of a few coarse forms, and blobs of all colours have it. "
        "Networks that know pictures see that blobs are all of a kind; what they see is well told by how much "
        "the strength of each octave of the spectrum differs from picture to picture.",
        "Field 1987, Relations between the statistics of natural images and the response properties of "
        "cortical cells; Torralba & Oliva 2003, Statistics of natural image categories.",
    ),
    "unchanged": Story(
        "What comes out is what went in.",
        "A network that begins as a copy has nothing to lose by staying one: what it loses there and back is "
        "nothing, and each patch is nearest to itself. Only the adversary moves it.",
        "Zhu et al. 2017, Unpaired image-to-image translation using cycle-consistent adversarial networks.",
    ),
    "inverted": Story(
        "Dark where it should be bright, as in a negative.",
        "The second generator can turn the negative back, so the way there and back costs nothing, and a "
        "discriminator of patches sees edges more than brightness.",
        "Zhu et al. 2017, section 7, on failures; Gokaslan et al. 2018, Improving shape deformation in "
        "unsupervised image-to-image translation.",
    ),
    "source-ignored": Story(
        "Good targets, but not those of these sources.",
        "The adversary is content with any target. What ties an output to its source is another term, and "
        "where that is weak, or can be met by hiding the source in faint noise, the shapes part.",
        "Chu et al. 2017, CycleGAN, a master of steganography.",
    ),
    "leaked-pairs": Story(
        "Sources and targets show the same things, and the training does not know which belong together.",
        "Two folders of the same things in two styles are often given as if they were unpaired. Then each "
        "source is the nearest of its own target in shape, far more often than by chance.",
        "Zhu et al. 2017, section 5.1, who part such pairs to compare with pix2pix.",
    ),
    "average-lags": Story(
        "Good samples from the generator in training, and noise from the weight average.",
        "A decay that is copied from a training a hundred times as long averages over more steps than there "
        "were. The average then consists mostly of the start.",
        "Karras et al. 2024, Analyzing and improving the training dynamics of diffusion models, section 3.",
    ),
    "no-average": Story(
        "Samples that are good at one record and poor at the next.",
        "The weights of the last step are one point on the circle. The average over the last thousands of "
        "steps costs almost nothing and is a better forger than the weights of any single step.",
        "Yazıcı et al. 2019, The unusual effectiveness of averaging in GAN training.",
    ),
    "batch-too-small": Story(
        "Samples that shake; with BatchNorm each sample depends on the others in its batch.",
        "Two samples cannot represent ten digits. Each step reacts to a few random samples, the next step to "
        "others.",
        "Brock et al. 2019, Large scale GAN training, section 3.1.",
    ),
    "gradient-leap": Story(
        "The discriminator's gradient, steady so far, is suddenly dozens of times larger.",
        "The loss surfaces of deep networks have cliffs. At a cliff the slope is huge, and a step along "
        "it ends far from everything that was learnt.",
        "Pascanu et al. 2013.",
    ),
}


def about(name: str) -> str:
    """A disease's page in text, as ``sparring doctor NAME`` prints it."""
    rule = next(rule for rule in RULES if rule.name == name)
    story = STORIES[name]
    signs = [f"- {bounds(sign)}: {meaning(sign)}" for sign in rule.signs]
    cures = [f"{k}. {remedy(cure)}" for k, cure in enumerate(rule.cures, 1)]
    typed = any(cure.option or cure.own or cure.command for cure in rule.cures)
    to_type = ", options to add to `sparring train DATA` or a whole command" if typed else ""
    parts = [
        [f"{rule.name}: {rule.title}"],
        ["What you see. " + story.appearance],
        [f"Why it happens. {rule.why} {story.mechanism}"],
        [f"How the doctor knows. At {rule.checks} records in a row, from step {rule.grace} on:", *signs],
        [f"Cures, the most likely first{to_type}:", *cures],
        ["Source. " + story.source],
    ]
    return "\n\n".join("\n".join(_wrapped(text) for text in part) for part in parts).replace("`", "")


def _wrapped(text: str) -> str:
    listed = text.startswith("- ") or text[:1].isdigit()
    return textwrap.fill(text, COLUMNS, subsequent_indent="  " * listed, break_on_hyphens=False)


def meaning(sign: Sign) -> str:
    """The meaning of the number of a sign."""
    return (LOGGED.get(sign.name) or DERIVED[sign.name]).meaning


def bounds(sign: Sign) -> str:
    """The bounds of a sign, as text."""
    low = f"{sign.low:g} <= " if sign.low > -math.inf else ""
    high = f" <= {sign.high:g}" if sign.high < math.inf else ""
    return f"{low}`{sign.name}`{high}"


def remedy(cure: Cure) -> str:
    """A cure as text with options to type.

    A cure that multiplies an option is shown for the first recipe that it changes.
    """
    if cure.own:
        flags = ", ".join(f"`--{name.replace('_', '-')}`" for name in cure.own)
        return f"{cure.words}: leave out {flags}"
    if cure.command:
        return f"`{cure.command}{' --minutes MORE' if cure is LONGER else ''}`: {cure.words}"
    if not cure.option:
        return f"{cure.words} (in a program of your own)" if cure.code else cure.words
    if not cure.times:
        where, *needed = cure.only or ("",)
        only = f", with `--{where} {needed[0]}`" if where in PLAYERS else ""
        return f"`--{option_text(cure.option, cure.value)}`: {cure.words}{only}"
    for name in RECIPES:
        options = from_recipe(name).flat()
        if change := cure.change(options):
            now = option_text(cure.option, options[cure.option]).split()[-1]
            return (
                f"`--{option_text(cure.option, change[cure.option])}` where it is {now}, as in {name}: "
                f"{cure.words} ({cure.times:g} times its value)"
            )
    return f"`--{cure.option.replace('_', '-')}` {cure.times:g} times its value: {cure.words}"
