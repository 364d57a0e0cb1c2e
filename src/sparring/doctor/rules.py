"""The rules of the doctor, one per disease: its signs, why it happens, and its cures.

The thresholds were chosen on MNIST (``benchmarks/doctor``). Causes come before effects, since the user reads
the first rule that holds first.
"""

from __future__ import annotations

from sparring.doctor.rule import MEASURED, Cure, Rule, Sign

PROBABILITY = ("non-saturating", "minimax")  # losses whose logits are log-odds
SYMBOLS = ("text", "music")
WIDELY = (*MEASURED, *SYMBOLS)  # of rules that named a fault right on pictures, names and chorales
UNMEASURED = ()  # the kinds of rules whose thresholds no benchmark has checked, so that they are never sure
SIGNED = (*PROBABILITY, "hinge", "least-squares")  # losses for which the size of a logit has a meaning

OWN_RATES = Cure("the learning rates of the recipe", own=("g_lr", "d_lr"))
OWN_GAME = Cure(
    "the loss and the penalties of the recipe",
    own=("loss", "d_steps", "r1_gamma", "r2_gamma", "gp_weight", "weight_clip", "penalty_every", "d_lr"),
)
OWN_TERMS = Cure(
    "the terms and the weights of the recipe",
    own=("reconstruction", "reconstruction_weight", "perceptual_weight", "adversarial_weight",
         "adversarial_from", "contrast_weight", "contrast_targets", "identity_weight", "cycle_weight"),
)  # fmt: skip
OWN_SIZE = Cure("networks as large as the recipe's", own=("g_width", "d_width", "latent_dim"))
OWN_BATCH = Cure("the batch size of the recipe", own=("batch_size",))
R1 = (
    Cure("a zero-centred penalty bounds the discriminator's slope", "r1_gamma", 10.0, only=("kind", "image")),
    Cure("a weaker penalty of this kind", "r1_gamma", 1.0),
)
MOMENTUM = Cure("no momentum, so that each player reacts to what the other is now", "beta1", 0.0)
DEVIATION = Cure(
    "let the discriminator see how much the samples of a batch differ",
    "d_deviation",
    True,
    only=("discriminator", "dcgan"),
)
NEAREST = Cure(
    "a generator that enlarges pictures before it convolves them",
    "upsampling",
    "nearest",
    only=("generator", "dcgan"),
)
LONGER = Cure(
    "a longer training, if the samples are still getting better",
    command="sparring resume RUN",
)
LECAM = Cure(
    "a discriminator whose logits are held near what they have been",
    "lecam_weight",
    0.3,
)
MODERN = Cure(
    "a slower recipe without normalisation, which rarely fails",
    command="sparring train DATA --recipe modern",
    recipe="modern",
    only=("kind", *MEASURED),
)
USUAL_RECIPE = Cure(
    "the recipe that was measured on such data", command="sparring train DATA", only=("recipe", "modern")
)
SMALL_DATA = Cure(
    "a recipe for few pictures",
    command="sparring train DATA --recipe small-data",
    recipe="small-data",
    only=("kind", "image"),
)
LAST_RESORTS = (MODERN, USUAL_RECIPE)  # where a run has all options as the other cures would set them
SLOWER_D = Cure("a slower discriminator", "d_lr", times=0.1)
CALMER_D = Cure("a slower discriminator", "d_lr", times=0.25)
CALMER_G = Cure("a slower generator", "g_lr", times=0.25)
WEAKER = Cure("a weaker penalty", "r1_gamma", times=0.1)
WIDER_G = Cure("a wider generator", "g_width", times=2)
WIDER_D = Cure("a wider discriminator", "d_width", times=2)
BAD = Sign("distance", low=0.1)  # samples are still far from the data
FAR = Sign("distance", low=1.0)  # as bad as the mean of the data again and again
STUCK = Sign("progress_made", high=1.25)
NOT_HALVED = Sign("progress_made", high=2)
NO_BETTER = Sign("gained", high=1.05)
SLOWLY = Sign("gained", high=1.5)
WHOLE = Sign("whole", low=0.2)  # what has just grown is blurred


def _collapse_within(group: str, least: float) -> Rule:
    """The collapse of a class or, without labels, of a cluster."""
    return Rule(
        f"{group}-collapse",
        f"within a {group} all samples look alike",
        (Sign(f"{group}_spread", high=least), Sign("spread", low=0.3), NOT_HALVED),
        f"The generator uses the {group} and ignores the latent.",
        (OWN_SIZE, OWN_GAME, *R1, Cure("a larger latent", "latent_dim", times=2, least=16)),
        grace=250,
        special=True,
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "non-finite",
        "a loss or a gradient became infinite or NaN",
        (Sign("non_finite", low=1),),
        "The steps are too large, the slope has no bound, or the number format is too small for the values.",
        (
            OWN_RATES, OWN_GAME, CALMER_D, *R1, Cure("full precision", "precision", "fp32"),
            Cure("clipped gradients", "clip_gradients", 1.0),
        ),
        checks=1, grace=0, stop=True, confidence="high",
    ),
    Rule(
        "gradient-blocked",
        "no gradient at all reaches the generator",
        (Sign("g_gradient_norm", high=0.0), Sign("g_moved", high=1e-6)),
        "Something between its weights and the loss has no gradient: an argmax, a rounding, a detach.",
        (
            Cure(
                "a last layer that passes the gradient of a softmax where it takes an argmax, as "
                "sparring.data.codec.StraightThrough does",
                code=True,
            ),
            OWN_GAME,
        ),
        checks=2, stop=True, kinds=SYMBOLS,
    ),
    Rule(
        "generator-frozen",
        "the generator's weights do not move",
        (Sign("g_moved", high=1e-6),),
        "No gradient reaches them: the parameters are not in its optimizer, are frozen or detached from the "
        "loss, or its learning rate is 0.",
        (OWN_RATES, Cure("give it a learning rate, and its own parameters to its optimizer", "g_lr", 2e-4),),
        checks=2, stop=True, confidence="high", kinds=WIDELY,
    ),
    Rule(
        "discriminator-frozen",
        "the discriminator's weights do not move",
        (Sign("d_moved", high=1e-6),),
        "It judges as it did at the start, so the generator learns to please a random judge.",
        (OWN_RATES, Cure("give it a learning rate, and its own parameters to its optimizer", "d_lr", 2e-4),),
        checks=2, stop=True, confidence="high", kinds=WIDELY,
    ),
    Rule(
        "labels-swapped",
        "the discriminator takes forged samples for real ones and real ones for forged",
        (Sign("auc", high=0.2), Sign("logit_gap", high=-1.5), Sign("d_moved", low=1e-3)),
        "Its loss has real and forged samples the wrong way round, or their labels were exchanged.",
        (Cure("give its loss D(real) first and D(forged) second", code=True), OWN_GAME, CALMER_D),
        stop=True, confidence="high", kinds=WIDELY,
    ),
    Rule(
        "wrong-sign",
        "the generator runs away: its samples move further and further from the data",
        (Sign("auc", low=0.99), Sign("worse_than_start", low=1.05), FAR, Sign("g_gradient_norm", low=1e-6)),
        "Its loss has the wrong sign, so it learns to be recognised instead of to pass.",
        (Cure("let the generator's loss fall where D(forged) rises", code=True), OWN_GAME, *R1, CALMER_D),
        grace=100, stop=True, kinds=WIDELY,
    ),
    Rule(
        "generator-dead",
        "the generator is dead: it draws a single sample, which no longer changes",
        (Sign("jitter", high=1e-6), Sign("spread", high=1e-2), Sign("g_moved", low=0.1)),
        "Steps that were too large moved its units to where they are flat: ReLUs below 0, tanh at its ends. "
        "No later step can bring them back.",
        (OWN_RATES, Cure("a slower generator, from the start", "g_lr", times=0.05), CALMER_D),
        checks=2, grace=50, stop=True, confidence="high",
    ),
    Rule(
        "rate-too-low",
        "hardly anything moves, and the samples are far from the data",
        (Sign("g_change", high=2e-3), Sign("jitter", high=0.05), Sign("distance", low=0.25)),
        "The steps are too small for the length of the training.",
        (
            OWN_RATES, Cure("a faster generator", "g_lr", times=10),
            Cure("a faster discriminator", "d_lr", times=10),
        ),
        grace=150, kinds=WIDELY,
    ),
    Rule(
        "range-mismatch",
        "much of the data lies outside the range that the generator can draw",
        (Sign("out_of_reach", low=0.1), Sign("g_change", low=2e-3)),
        "The data and the generator's last layer have different ranges, such as [0, 255] or [0, 1] and tanh's "
        "[-1, 1]. The discriminator can tell them apart by that alone.",
        (
            Cure("bring the data to the range of the generator's output: [-1, 1] for tanh", code=True),
            OWN_RATES, OWN_GAME, *R1, CALMER_G,
        ),
        grace=150, stop=True,
    ),
    Rule(
        "discriminator-weak",
        "the discriminator cannot tell forged from real, though they differ",
        (Sign("auc", high=0.56), Sign("logit_gap", high=0.05), BAD, STUCK),
        "It is too small, too slow or too strongly penalised, so what it tells the generator is noise.",
        (
            OWN_GAME, OWN_SIZE,
            WEAKER,
            Cure("a faster discriminator", "d_lr", times=5),
            WIDER_D,
        ),
        grace=150,
    ),
    Rule(
        "discriminator-won",
        "the discriminator has won: it separates nearly all real samples from forged ones, by far",
        (Sign("auc", low=0.995), Sign("logit_gap", low=8), STUCK, BAD),
        "Where the two never overlap, its slope does not point to the data, so the generator "
        "no longer learns.",
        (OWN_GAME, *R1, SLOWER_D),
        losses=SIGNED, stop=True, confidence="high",
    ),
    Rule(
        "discriminator-sure",
        "the discriminator is sure of everything, and the generator's loss is high",
        (Sign("d_real", low=0.97), Sign("d_fake", high=0.03), Sign("g_loss", low=4)),
        "It may have won for good. The losses alone do not show that: look at the samples.",
        (OWN_GAME, *R1, SLOWER_D),
        losses=("non-saturating",), checks=5, lacking="spread", confidence="low",
    ),
    Rule(
        "gradient-vanished",
        "hardly any gradient reaches the generator",
        (Sign("g_gradient_norm", high=1e-4), Sign("auc", low=0.95), BAD),
        "The discriminator is so sure that its loss is flat where the forged samples are.",
        (OWN_GAME, Cure("a loss that is steep where the generator fails", "loss", "non-saturating"), *R1),
        stop=True, confidence="high",
    ),
    Rule(
        "mode-collapse",
        "the generator draws nearly the same sample again and again",
        (Sign("spread", high=0.3),),
        "It found a sample that passes at the moment. The discriminator sees one sample at a time, so "
        "nothing shows it that they are all alike.",
        (OWN_GAME, OWN_RATES, *R1, MOMENTUM, DEVIATION, CALMER_G),
        untaught=True, grace=150, stop=True, confidence="high", kinds=WIDELY,
    ),
    Rule(
        "grey-class",
        "a class has lost its variety: its samples vary far less than the data",
        (Sign("class_variance", high=0.5), Sign("spread", low=0.3)),
        "The discriminator judges many classes and learns least about those with low contrast or few samples. "
        "There an average passes, and the generator stays at it.",
        (
            OWN_SIZE, OWN_GAME, WEAKER, WIDER_D, WIDER_G,
            LONGER,
        ),
        grace=400, checks=4, special=True, kinds=("image",),
    ),
    _collapse_within("class", 0.5),
    _collapse_within("cluster", 0.3),
    Rule(
        "dead-symbols",
        "many symbols of the data are never written",
        (Sign("dead_symbols", low=0.2),),
        "The generator never chooses them, and what is never chosen gets hardly any gradient.",
        (OWN_RATES, OWN_GAME, CALMER_G, LONGER),
        grace=300, special=True, kinds=("music",),
    ),
    Rule(
        "partial-collapse",
        "whole kinds of the data are never drawn",
        (Sign("missing", low=0.3), STUCK),
        "The generator gives up each kind when the discriminator has learnt it, and nothing leads it back.",
        (
            OWN_GAME, OWN_SIZE, *R1,
            Cure("tell both players to which of 100 clusters a sample belongs", "clusters", 100),
        ),
        grace=300,
    ),
    Rule(
        "spectral-collapse",
        "the discriminator's layers have shrunk to a few directions",
        (Sign("d_rank", high=0.35), BAD, Sign("clipped", high=0)),
        "Steps that are too large for its slope leave a few huge singular values in its weights: it sees only "
        "a few features, and the generator does not have to get the others right.",
        (OWN_GAME, *R1, Cure("limit each layer's largest singular value", "d_norm", "spectral"), CALMER_D),
        grace=100,
    ),
    Rule(
        "rate-too-high",
        "the samples jump about from record to record and come no nearer",
        (Sign("jitter", low=0.5), Sign("worse_than_best", low=1.5), BAD, NO_BETTER),
        "Each step goes too far: the other player reacts to a position that has been left already.",
        (OWN_RATES, OWN_GAME, CALMER_G, CALMER_D),
        grace=300,
    ),
    Rule(
        "oscillation",
        "the samples go round in circles",
        (Sign("swing", low=0.7), Sign("turns", low=4), Sign("jitter", low=0.3), BAD, NO_BETTER),
        "The generator follows what the discriminator has just forgotten: the game circles around its "
        "equilibrium, and without friction it never reaches it.",
        (OWN_GAME, *R1, Cure("a weight average", "ema_half_life", 10_000), CALMER_D),
        grace=400,
    ),
    Rule(
        "overfitting",
        "the discriminator knows its training samples by heart",
        (Sign("held_out_gap", low=0.5), Sign("logit_gap", low=0.2)),
        "It calls the training samples real and everything else forged, even held-out real samples.",
        (
            Cure("show it each sample in different forms", "augment", "diffaugment", only=("kind", "image")),
            Cure("a stronger penalty", "r1_gamma", times=4),
            SMALL_DATA,
            LECAM,
        ),
        grace=300,
    ),
    Rule(
        "memorised",
        "forged samples are copies of training samples",
        (Sign("copied", low=0.85), Sign("distance", high=0.1)),
        "There are so few training samples that drawing them again is the easiest way to pass.",
        (
            Cure(
                "show each of them to the discriminator in different forms",
                "augment",
                "diffaugment",
                only=("kind", "image"),
            ),
            SMALL_DATA,
            Cure("a shorter training, or more data"),
            LECAM,
        ),
        grace=500,
    ),
    Rule(
        "one-text",
        "the generator writes the same texts again and again",
        (Sign("repeats", low=0.5),),
        "It found a few texts that pass at the moment: mode collapse, which in symbols gives texts that are "
        "equal.",
        (OWN_GAME, *R1, CALMER_G),
        grace=300, stop=True, special=True, kinds=SYMBOLS,
    ),
    Rule(
        "copies-climb",
        "more and more texts are those of the training data, symbol by symbol",
        (Sign("copies", low=0.3), Sign("copies_grown", low=1.25)),
        "There are so few training texts, or the networks are so large, that to write them again is the "
        "easiest way to pass.",
        (OWN_SIZE, Cure("a stronger penalty", "r1_gamma", times=4), Cure("a shorter training, or more data")),
        grace=500, special=True, kinds=UNMEASURED,
    ),
    Rule(
        "columns-torn",
        "columns of forged rows do not go together as those of real rows do",
        (Sign("tears", low=0.15),),
        "The generator has the shares of single columns, which are easy, and not yet what holds between two.",
        (OWN_RATES, OWN_GAME, LONGER, WIDER_D),
        untaught=True, grace=500, special=True, kinds=UNMEASURED,
    ),
    Rule(
        "dead-levels",
        "many values of categories are never drawn",
        (Sign("dead_levels", low=0.15),),
        "The generator never chooses them, and what is never chosen gets hardly any gradient.",
        (OWN_RATES, OWN_GAME, CALMER_G, LONGER),
        untaught=True, grace=300, special=True, kinds=UNMEASURED,
    ),
    Rule(
        "flat-column",
        "a column of numbers has hardly any spread",
        (Sign("flat_columns", low=0.01),),
        "The generator draws nearly one number for all rows: mode collapse in one column.",
        (OWN_GAME, *R1, CALMER_G),
        untaught=True, grace=500, stop=True, special=True, kinds=UNMEASURED,
    ),
    Rule(
        "leaky-augmentation",
        "the augmentation is so frequent that the generator will draw it",
        (Sign("augment_p", low=0.9),),
        "A change that is made nearly always looks like a property of the data. Below a probability of 0.8 "
        "unchanged samples are the most frequent single kind, and the generator finds them.",
        (
            Cure("a probability of at most 0.8, or an adaptive one", "augment_target", 0.6),
            Cure("a lower target of the adaptive probability", "augment_target", times=0.5),
        ),
        grace=100, kinds=("image",),
    ),
    Rule(
        "weave",
        "the samples have a fine, regular pattern of dots",
        (Sign("corners", low=6), Sign("spread", low=0.3)),
        "They have power at the highest frequencies in both directions, where the data have hardly any: the "
        "generator's layers that double the size leave it, and the discriminator does not see it.",
        (
            NEAREST, *R1, LONGER, MODERN,
        ),
        grace=300, special=True, kinds=("image",),
    ),
    Rule(
        "blur",
        "the samples are blurred, and hardly get better",
        (Sign("detail", high=0.3), Sign("spread", low=0.3), SLOWLY, WHOLE),
        "They have the coarse forms of the data and not the fine ones: the networks are too small or too slow "
        "for them, or a strong penalty keeps the discriminator from looking at them.",
        (OWN_SIZE, OWN_RATES, OWN_GAME, WEAKER, WIDER_G, WIDER_D, LONGER, MODERN),
        grace=400, checks=4, special=True, kinds=("image",),
    ),
    Rule(
        "lost-variety",
        "the samples are too much alike in what they show, and hardly get better",
        (Sign("variety", high=0.5), Sign("spread", low=0.3), SLOWLY, WHOLE),
        "They differ in colours and coarse forms, but each has as much fine structure as any other, where the "
        "data have plain and rich samples. The generator has learnt the average of their detail.",
        (OWN_SIZE, OWN_RATES, OWN_GAME, WEAKER, DEVIATION, WIDER_G, LONGER, MODERN),
        grace=400, checks=4, special=True, kinds=("image",),
    ),
    Rule(
        "unchanged",
        "the outputs are still the sources",
        (Sign("changed", high=0.15),),
        "A copy costs nothing on the way back and keeps every patch in its place, so only the discriminator "
        "asks for a change, and it is too weak or too slow beside the other terms.",
        (OWN_TERMS, Cure("less weight on patches that keep their place", "contrast_weight", times=0.3),
         Cure("less weight on the way back", "cycle_weight", times=0.3), LONGER),
        grace=500, special=True, kinds=UNMEASURED, games=("translation",),
    ),
    Rule(
        "inverted",
        "the outputs are bright where they should be dark",
        (Sign("agreement", high=-0.1),),
        "The discriminator sees only patches, and the opposite of a picture has the same edges. Without pairs, "
        "the way back undoes it.",
        (OWN_TERMS, Cure("pictures that are targets must stay as they are", "identity_weight", 5.0), LONGER),
        grace=500, special=True, kinds=UNMEASURED, games=("translation",),
    ),
    Rule(
        "source-ignored",
        "the outputs have hardly anything of the shapes that they should have",
        (Sign("agreement", low=-0.1, high=0.1),),
        "They look like targets, but not like those of their sources: nothing holds them to their source, or "
        "the weight of what does is too small beside the adversary.",
        (OWN_TERMS, OWN_RATES,
         Cure("more weight on patches that keep their place", "contrast_weight", times=3.0),
         Cure("more weight on the way back", "cycle_weight", 10.0), LONGER),
        grace=500, special=True, kinds=UNMEASURED, games=("translation",),
    ),
    Rule(
        "leaked-pairs",
        "many sources have their own target among the targets",
        (Sign("leaked", low=0.15),),
        "The two sets are pairs, or were before they were mixed. Told of pairs, a training learns far more "
        "from them; as a test of learning without pairs, it is too easy.",
        (Cure("pairs, after giving the files of each the same name on both sides",
              command="sparring train --from SOURCES --to TARGETS --paired"),
         Cure("each pair on one side only, if the training is meant to be without pairs")),
        grace=0, special=True, kinds=UNMEASURED, games=("translation",),
    ),
    Rule(
        "average-lags",
        "the weight average is far behind the generator that is trained",
        (Sign("average_lag", low=0.9),),
        "Its half-life is as long as the training, so the average includes the noise of the start.",
        (Cure("a shorter half-life", "ema_half_life", times=0.1),),
        grace=200,
    ),
    Rule(
        "no-average",
        "the samples depend on the moment: there is no weight average of the generator",
        (Sign("average", high=0), Sign("jitter", low=0.35)),
        "The game keeps moving around its equilibrium. An average of the weights stays in the middle.",
        (Cure("a weight average", "ema_half_life", 10_000),),
        grace=500, checks=5,
    ),
    Rule(
        "batch-too-small",
        "the batch is so small that a step says little about the data",
        (Sign("batch_size", high=7), Sign("jitter", low=0.2)),
        "Both gradients are mostly noise, and so are the batch statistics.",
        (OWN_BATCH, Cure("a larger batch", "batch_size", 64),),
        grace=300,
    ),
    Rule(
        "gradient-leap",
        "the discriminator's gradient has jumped",
        (Sign("gradient_leap", low=30), Sign("d_gradient_norm", low=100)),
        "Its loss surface has become steep, and the next step may go far wrong.",
        (*R1, Cure("clipped gradients", "clip_gradients", 1.0), CALMER_D),
        checks=2,
    ),
)  # fmt: skip
