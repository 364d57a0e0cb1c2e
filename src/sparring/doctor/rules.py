"""The diseases, as plain data: which signs name one, why it happens, and what cures it.

Thresholds were fixed on MNIST (``benchmarks/doctor``); the order is that of causes before effects, since
the first rule that holds is what the user reads first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sparring.config.recipes import RECIPES, USUAL, from_recipe

PROBABILITY = ("non-saturating", "minimax")  # games whose logits are log-odds
SIGNED = (*PROBABILITY, "hinge", "least-squares")  # games in which the size of a logit has a meaning


class Sign(NamedTuple):
    """A signal within bounds."""

    name: str
    low: float = -math.inf
    high: float = math.inf

    def holds(self, signals: Mapping[str, float]) -> bool:
        return self.low <= signals[self.name] <= self.high


class Cure(NamedTuple):
    """One option to change: to a value, or to so many times what it is; or options as the recipe has them.

    Words alone where no option helps.
    """

    words: str
    option: str = ""
    value: Any = None
    times: float = 0.0
    only: tuple[str, str] = ("", "")  # an option and the value without which it would do nothing
    least: float = 0.0  # "times" does not go below; a value is not prescribed where more is set
    own: tuple[str, ...] = ()  # options to set back to the recipe's own values

    def change(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The option's new value beside these; empty where there is nothing to change."""
        if self.own:
            values = _recipe(options)
            return {
                name: values[name] for name in self.own if name in values and options.get(name) != values[name]
            }
        where, needed = self.only
        if not self.option or (where and options.get(where) != needed):
            return {}
        now = options.get(self.option)
        if self.times:
            if not isinstance(now, int | float) or not now:
                return {}
            new: Any = max(now * self.times, self.least)
            new = max(1, round(new)) if isinstance(now, int) else float(f"{new:.3g}")
        else:
            new = self.value
            if isinstance(new, int | float) and isinstance(now, int | float) and now >= new > 0:
                return {}
        return {} if new == now else {self.option: new}


def _recipe(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the recipe of these options says by itself, without what follows from the data."""
    name, kind = options.get("recipe"), options.get("kind")
    if name not in RECIPES:
        return {}
    values = from_recipe(name, kind if isinstance(kind, str) else USUAL).flat()
    if values["gamma_per_variance"]:
        del values["r1_gamma"], values["r2_gamma"]
    for name in ("latent_dim", "r1_gamma", "r2_gamma"):
        if not values.get(name):  # of the data's size; or a recipe that has no penalty and cannot speak of it
            values.pop(name, None)
    return values


@dataclass(frozen=True)
class Rule:
    """A disease.

    Attributes:
        name: its section in ``docs/reference/doctor.md``.
        title: what is wrong, in a clause.
        signs: all of which hold at each of the last ``checks`` records.
        why: the mechanism, in plain words.
        cures: the likeliest first.
        losses: the games in which the signs mean this; empty: all.
        checks: records in a row.
        grace: steps in which it is not looked for.
        lacking: a signal that says more; the rule is for histories without it.
        stop: going on is a waste of time.
        sure: how often it is right, by the benchmark: "high", "medium" or "low".
        kinds: of data, for which that holds; for others it is "low".
    """

    name: str
    title: str
    signs: tuple[Sign, ...]
    why: str
    cures: tuple[Cure, ...]
    losses: tuple[str, ...] = ()
    checks: int = 3
    grace: int = 100
    lacking: str = ""
    stop: bool = False
    sure: str = "medium"
    kinds: tuple[str, ...] = ("image", "points")


OWN_RATES = Cure("the rates that the recipe has", own=("g_lr", "d_lr"))
OWN_GAME = Cure(
    "the game that the recipe plays",
    own=("loss", "d_steps", "r1_gamma", "r2_gamma", "gp_weight", "weight_clip", "penalty_every", "d_lr"),
)
OWN_SIZE = Cure("players as large as the recipe's", own=("g_width", "d_width", "latent_dim"))
OWN_BATCH = Cure("as many samples a step as the recipe takes", own=("batch_size",))
R1 = (
    Cure("a zero-centred penalty bounds the discriminator's slope", "r1_gamma", 10.0, only=("kind", "image")),
    Cure("a weaker penalty of this kind", "r1_gamma", 1.0),
)
MOMENTUM = Cure("no momentum, so that each player answers the other as it is now", "beta1", 0.0)
DEVIATION = Cure(
    "let the discriminator see its batch's deviation", "d_deviation", True, only=("discriminator", "dcgan")
)
SLOWER_D = Cure("a slower discriminator", "d_lr", times=0.1)
CALMER_D = Cure("a slower discriminator", "d_lr", times=0.25)
CALMER_G = Cure("a slower generator", "g_lr", times=0.25)
BAD = Sign("distance", low=0.1)  # samples are still far from the data
STUCK = Sign("progress_made", high=1.25)
NOT_HALVED = Sign("progress_made", high=2)

RULES: tuple[Rule, ...] = (
    Rule(
        "non-finite",
        "a loss or a gradient became infinite or NaN",
        (Sign("non_finite", low=1),),
        "Steps too large, a slope without bound, or a number format too narrow for what is computed.",
        (
            OWN_RATES, OWN_GAME, CALMER_D, *R1, Cure("full precision", "precision", "fp32"),
            Cure("bounded gradients", "clip_gradients", 1.0),
        ),
        checks=1, grace=0, stop=True, sure="high",
    ),
    Rule(
        "generator-frozen",
        "the generator's weights do not move",
        (Sign("g_moved", high=1e-6),),
        "Nothing reaches them: its parameters are not in its optimizer, are frozen or detached from the loss, "
        "or its learning rate is 0.",
        (OWN_RATES, Cure("give it a learning rate, and its own parameters to its optimizer", "g_lr", 2e-4),),
        checks=2, stop=True, sure="high",
    ),
    Rule(
        "discriminator-frozen",
        "the discriminator's weights do not move",
        (Sign("d_moved", high=1e-6),),
        "It judges as it did at the start, so the generator learns to please a random judge.",
        (OWN_RATES, Cure("give it a learning rate, and its own parameters to its optimizer", "d_lr", 2e-4),),
        checks=2, stop=True, sure="high",
    ),
    Rule(
        "labels-swapped",
        "the discriminator takes forged samples for real ones and real ones for forged",
        (Sign("auc", high=0.2), Sign("logit_gap", high=-1.5)),
        "Its loss has real and forged the wrong way round, or two runs of labels were exchanged.",
        (Cure("give its loss D(real) first and D(forged) second"),),
        stop=True, sure="high",
    ),
    Rule(
        "wrong-sign",
        "the generator flees: its samples get ever further from the data",
        (Sign("auc", low=0.99), Sign("worse_than_start", low=1.05), Sign("g_gradient_norm", low=1e-6)),
        "Its loss has the wrong sign, so it learns to be recognised instead of to pass.",
        (Cure("let the generator's loss fall where D(forged) rises"),),
        grace=100, stop=True,
    ),
    Rule(
        "generator-dead",
        "the generator has died: it draws one thing, which does not change",
        (Sign("jitter", high=1e-6), Sign("spread", high=1e-2), Sign("g_moved", low=0.1)),
        "Steps too large have driven its units to where they are flat: ReLUs below 0, tanh at its ends. "
        "Nothing can bring them back.",
        (OWN_RATES, Cure("a slower generator, from the start", "g_lr", times=0.05), CALMER_D),
        checks=2, grace=50, stop=True, sure="high",
    ),
    Rule(
        "rate-too-low",
        "hardly anything moves, and the samples are far from the data",
        (Sign("g_change", high=2e-3), Sign("jitter", high=0.05), Sign("distance", low=0.25)),
        "The steps are too small for the time there is.",
        (
            OWN_RATES, Cure("a faster generator", "g_lr", times=10),
            Cure("a faster discriminator", "d_lr", times=10),
        ),
        grace=150,
    ),
    Rule(
        "range-mismatch",
        "much of the data lies where the generator cannot draw",
        (Sign("out_of_reach", low=0.1), Sign("g_change", low=2e-3)),
        "The data and the generator's last layer have different ranges, such as [0, 255] or [0, 1] and tanh's "
        "[-1, 1]. The discriminator tells them apart by that alone.",
        (Cure("bring the data to the range of the generator's output: [-1, 1] for tanh"),),
        grace=150, stop=True,
    ),
    Rule(
        "discriminator-weak",
        "the discriminator cannot tell forged from real, though they differ",
        (Sign("auc", high=0.56), Sign("logit_gap", high=0.05), BAD, STUCK),
        "It is too small, too slow or too strongly penalised, so what it tells the generator is noise.",
        (
            OWN_GAME, OWN_SIZE,
            Cure("a weaker penalty", "r1_gamma", times=0.1),
            Cure("a faster discriminator", "d_lr", times=5),
            Cure("a wider discriminator", "d_width", times=2),
        ),
        grace=150,
    ),
    Rule(
        "discriminator-won",
        "the discriminator has won: it separates nearly all real from forged, by far",
        (Sign("auc", low=0.995), Sign("logit_gap", low=8), STUCK, BAD),
        "Where the two never overlap its slope says nothing about the way to the data, so the generator "
        "no longer learns.",
        (OWN_GAME, *R1, SLOWER_D),
        losses=SIGNED, stop=True, sure="high",
    ),
    Rule(
        "discriminator-sure",
        "the discriminator is sure of everything, and the generator's loss is high",
        (Sign("d_real", low=0.97), Sign("d_fake", high=0.03), Sign("g_loss", low=4)),
        "It may have won for good. The losses alone cannot say: look at the samples.",
        (OWN_GAME, *R1, SLOWER_D),
        losses=("non-saturating",), checks=5, lacking="spread", sure="low",
    ),
    Rule(
        "gradient-vanished",
        "hardly any gradient reaches the generator",
        (Sign("g_gradient_norm", high=1e-4), Sign("auc", low=0.95), BAD),
        "The discriminator is so sure that its loss is flat where the forged samples are.",
        (OWN_GAME, Cure("a loss that is steep where the generator fails", "loss", "non-saturating"), *R1),
        stop=True, sure="high",
    ),
    Rule(
        "mode-collapse",
        "the generator draws nearly the same thing again and again",
        (Sign("spread", high=0.3),),
        "It found something that passes at this moment. The discriminator sees one sample at a time, so "
        "nothing tells it that they are all alike.",
        (OWN_GAME, *R1, MOMENTUM, DEVIATION, CALMER_G),
        grace=150, stop=True, sure="high",
    ),
    Rule(
        "class-collapse",
        "within a class all samples look alike",
        (Sign("class_spread", high=0.5), Sign("spread", low=0.3), NOT_HALVED),
        "The generator goes by the class and ignores the latent.",
        (OWN_SIZE, OWN_GAME, *R1, Cure("more room for chance", "latent_dim", times=2, least=16)),
        grace=250,
    ),
    Rule(
        "partial-collapse",
        "whole kinds of the data are never drawn",
        (Sign("missing", low=0.3), STUCK),
        "Each kind is abandoned when the discriminator has learnt it, and nothing leads back.",
        (
            OWN_GAME, OWN_SIZE, *R1,
            Cure("tell both players which of 100 clusters a sample is of", "clusters", 100),
        ),
        grace=300,
    ),
    Rule(
        "spectral-collapse",
        "the discriminator's layers have shrunk to a few directions",
        (Sign("d_rank", high=0.35), BAD, Sign("clipped", high=0)),
        "Steps too large for its slope leave a few huge singular values in its weights: it looks at a few "
        "things only, and the generator need not get the others right.",
        (OWN_GAME, *R1, Cure("bound each layer's largest singular value", "d_norm", "spectral"), CALMER_D),
        grace=100,
    ),
    Rule(
        "rate-too-high",
        "the samples jump about from record to record and come no nearer",
        (Sign("jitter", low=0.5), Sign("worse_than_best", low=1.5), BAD),
        "Each step overshoots: the other player answers a position that is left already.",
        (OWN_RATES, OWN_GAME, CALMER_G, CALMER_D),
        grace=300,
    ),
    Rule(
        "oscillation",
        "the samples go round in circles",
        (Sign("swing", low=0.7), Sign("turns", low=4), Sign("jitter", low=0.3), BAD),
        "The generator chases what the discriminator has just unlearnt: the game turns about its "
        "equilibrium, and without friction it never falls in.",
        (OWN_GAME, *R1, Cure("averaged weights", "ema_half_life", 10_000), CALMER_D),
        grace=400,
    ),
    Rule(
        "overfitting",
        "the discriminator knows its training samples by heart",
        (Sign("held_out_gap", low=0.5), Sign("logit_gap", low=0.2)),
        "It says real of what it was shown and forged of everything else, held-out real samples too.",
        (
            Cure("show it every sample differently", "augment", "diffaugment"),
            Cure("a stronger penalty", "r1_gamma", times=4),
        ),
        grace=300,
    ),
    Rule(
        "memorised",
        "forged samples are copies of training samples",
        (Sign("copied", low=0.85), Sign("distance", high=0.1)),
        "There are so few training samples that drawing them again is the easiest way to pass.",
        (
            Cure("show them to the discriminator ever differently", "augment", "diffaugment"),
            Cure("fewer samples seen, or more data"),
        ),
        grace=500,
    ),
    Rule(
        "leaky-augmentation",
        "the augmentation is so frequent that the generator will draw it",
        (Sign("augment_p", low=0.9),),
        "What is altered nearly always looks like a property of the data. Below 0.8 the unaltered "
        "samples are the likeliest single kind, and the generator finds them.",
        (Cure("a probability of at most 0.8, or one that adapts", "augment_target", 0.6),),
        grace=100, kinds=("image",),
    ),
    Rule(
        "checkerboard",
        "the samples carry a checkerboard of single pixels",
        (Sign("high_frequency", low=12), Sign("spread", low=0.3)),
        "Kernels of transposed convolutions overlap unevenly where their size is no multiple of the "
        "stride, or the discriminator does not see the finest grain.",
        (Cure("kernels whose size is a multiple of the stride, or resizing before a convolution"), *R1),
        grace=500, checks=4, kinds=("image",),
    ),
    Rule(
        "weave",
        "a weave of dots lies over the samples",
        (Sign("corners", low=6), Sign("spread", low=0.3)),
        "Power at the finest frequencies in both directions, which the data hardly have: the generator's "
        "layers that double the size leave it, and the discriminator does not see it.",
        (
            Cure("a generator that resizes before it convolves: --recipe modern"),
            Cure("more training, which wears a young weave down"),
        ),
        grace=300, kinds=("image",),
    ),
    Rule(
        "average-lags",
        "the averaged generator is far behind the one that is trained",
        (Sign("average_lag", low=0.9),),
        "Its half-life is as long as the training, so it averages in the noise of the start.",
        (Cure("a shorter half-life", "ema_half_life", times=0.1),),
        grace=200,
    ),
    Rule(
        "no-average",
        "the samples depend on the moment: nothing averages the generator's weights",
        (Sign("average", high=0), Sign("jitter", low=0.35)),
        "The game keeps moving about its equilibrium. An average of the weights stands still in the middle.",
        (Cure("averaged weights", "ema_half_life", 10_000),),
        grace=500, checks=5,
    ),
    Rule(
        "batch-too-small",
        "so few samples a step say little about the data",
        (Sign("batch_size", high=7), Sign("jitter", low=0.2)),
        "Both gradients are mostly noise, and batch statistics with them.",
        (OWN_BATCH, Cure("a larger batch", "batch_size", 64),),
        grace=300,
    ),
    Rule(
        "gradient-leap",
        "the discriminator's gradient has leapt",
        (Sign("gradient_leap", low=30), Sign("d_gradient_norm", low=100)),
        "Its loss has grown cliffs, and the next step may fall off one.",
        (*R1, Cure("bounded gradients", "clip_gradients", 1.0), CALMER_D),
        checks=2,
    ),
)  # fmt: skip
