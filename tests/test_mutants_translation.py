"""Broken copies of what makes a translation: each must fail its test."""

from functools import partial

import pytest

import test_judge_translation
import test_pairs
import test_terms
import test_translation
import test_translation_gauge
import test_translation_measures
import test_translation_parity as parity
import test_translator
import test_unet
from mutants import Mutant, caught, in_suite
from sparring.data import pairs, split
from sparring.games import (
    adversarial,
    terms,
    translation,
    translation_gauge,
    translation_rules,
    translation_step,
)
from sparring.metrics import translation as measures
from sparring.networks import blocks, unet
from sparring.runs import translator
from sparring.uses import translate, truth

folders = test_pairs.folders  # a fixture of tests that are run here
constant = test_terms.test_distances_of_constant_pictures
weighted = test_translation.test_the_loss_is_the_weighted_sum_of_its_terms
judged = test_translation.test_a_pair_is_judged_with_its_source_and_a_lone_picture_without
tiles = test_translator.test_a_picture_in_tiles_is_the_picture_as_a_whole


STAND_IN = (
    test_judge_translation.test_targets_of_the_training_stand_for_those_that_are_not_held_out_and_this_is_said
)
ONCE = partial(test_judge_translation.test_names_that_tell_nothing_are_not_asked, names=["x.png"] * 40)

MUTANTS = [
    Mutant(truth, "known", "searchsorted(held_sources, of_source[chosen])", "arange(int(chosen.sum()))", STAND_IN),
    Mutant(truth, "known", "~judged & ~unseen", "~judged", STAND_IN),
    Mutant(truth, "known", "else judged", "else both", STAND_IN),
    Mutant(pairs, "same_names", "times == 1", "times >= 1", ONCE),
    Mutant(terms, "l1", ".abs()", ".square()", constant),
    Mutant(terms, "l2", ".square()", ".abs()", constant),
    Mutant(terms, "l1", ".mean(1)", ".sum(1)", constant),
    Mutant(terms, "l2", ".mean(1)", ".sum(1)", constant),
    Mutant(terms, "bce", "(1 + target) / 2", "target", constant),
    Mutant(terms, "bce", "(1 - wanted)", "wanted", constant),
    Mutant(terms, "check_pairs", "output.shape != target.shape", "False", partial(test_terms.test_each_picture_has_its_own_value, term=terms.l2)),
    Mutant(terms, "contrast", "/ TEMPERATURE", "", test_terms.test_contrast_of_equal_and_of_orthogonal_patches),
    Mutant(terms, "contrast", "normalize(queries, dim=2)", "queries", test_terms.test_contrast_as_published),
    Mutant(terms, "contrast", "(cosines", "(cosines.transpose(1, 2)", test_terms.test_contrast_as_published),
    Mutant(translation_step, "judge", "torch.cat([given, pictures], 1)", "torch.cat([pictures, pictures], 1)", judged),
    Mutant(translation_step, "discriminator_update", "total + game.second_weight * second_loss", "total + second_loss", parity.test_features_beside_patches),
    Mutant(translation_step, "deceit", "loss + game.second_weight", "loss + 0 * game.second_weight", parity.test_features_beside_patches),
    Mutant(translation_step, "perceptual", "shifted(target, game.clock.step, STRIDE)", "target", parity.test_features_beside_patches),
    Mutant(translation_step, "generator_loss", "weights.perceptual * terms", "terms", parity.test_features_beside_patches),
    Mutant(measures, "apart", "normalize(y, dim=1)", "y", parity.test_features_beside_patches),
    Mutant(translation_step, "generator_loss", "weights.contrast * found", "found", weighted),
    Mutant(translation_step, "generator_loss", "weights.cycle * terms", "terms", weighted),
    Mutant(translation_step, "generator_loss", "weights.identity * found", "found", weighted),
    Mutant(translation_step, "generator_loss", "weights.adversarial * asked", "asked", weighted),
    Mutant(translation_step, "generator_loss", "weights.adversarial * of_back", "0 * of_back", weighted),
    Mutant(translation_step, "generator_loss", "there + here", "there", weighted),
    Mutant(translation_step, "generator_loss", "weights.reconstruct * ", "2 * ", test_translation.test_without_an_adversary_it_is_plain_regression),
    Mutant(translation_step, "Weights.at", ">=", ">", test_translation.test_the_adversary_begins_when_it_is_told_to),
    Mutant(translation, "TranslationGame.try_out", "twin.progress = 1.0", "pass", test_translation.test_a_discriminator_that_begins_late_is_tried_out_at_once),
    Mutant(translation_step, "patch_contrast", "with torch.no_grad():", "if True:", parity.test_cut),
    Mutant(translation_step, "generator_loss", "(found + patch_contrast(game, as_given(real, given), kept, rng)) / 2", "found + patch_contrast(game, as_given(real, given), kept, rng)", parity.test_cut),
    Mutant(translation_step, "generator_loss", "as_given(real, given)), real)", "as_given(real, given)), output)", parity.test_cyclegan),
    Mutant(translation_step, "discriminator_update", "real_logits.flatten(), fake_logits.flatten()", "fake_logits.flatten(), real_logits.flatten()", parity.test_pix2pix),
    Mutant(translation_step, "discriminator_update", "fake_logits.flatten()).mean()", "fake_logits.flatten()).sum()", parity.test_pix2pix),
    Mutant(translation_step, "deceit", "fake_logits.flatten()).mean()", "fake_logits.flatten()).sum()", parity.test_cyclegan),
    Mutant(blocks, "full", "torch.promote_types(values.dtype, torch.float32)", "torch.float32", parity.test_pix2pix),
    Mutant(translation_step, "translation_step", "given_of(batch), returned.detach()", "as_given(batch.real, given_of(batch)), returned.detach()", parity.test_cyclegan),
    Mutant(adversarial, "AdversarialGame.update_average", " * self.runtime.processes", "", partial(parity.test_two_processes_play_as_one, recipe="paired")),
    Mutant(translation_rules, "weights", "chosen.identity_weight", "chosen.cycle_weight", parity.test_cyclegan),
    Mutant(translation_step, "as_given", "pictures.mean(1, keepdim=True)", "pictures[:, :1]", partial(test_translation.test_channels_of_the_other_side, of=3, into=1)),
    Mutant(translation_step, "translation_step", "if weights.adversarial:", "if True:", test_translation.test_without_an_adversary_it_is_plain_regression),
    Mutant(translation_rules, "reverse", "spec.given.shape, ", "spec.shape, ", test_translation.test_the_other_direction_has_the_other_shapes),
    Mutant(translation_gauge, "agreement", " / best)", ")", test_translation_gauge.test_agreement_is_that_with_its_own_beyond_that_with_others),
    Mutant(translation_gauge, "_of_others", " - cosines.trace()", "", test_translation_gauge.test_agreement_of_two_by_hand),
    Mutant(translation_gauge, "polarity", "min(", "max(", partial(test_translation_gauge.test_lines_on_black_and_drawings_on_paper_are_of_opposite_polarity, sides=("dark", "even"), expected=1)),
    Mutant(translation_gauge, "_skewness", "pow(3)", "pow(2)", partial(test_translation_gauge.test_lines_on_black_and_drawings_on_paper_are_of_opposite_polarity, sides=("dark", "light"), expected=-1)),
    Mutant(translation_gauge, "TranslationGauge.__init__", "1 if game.paired else polarity(", "1 if True else polarity(", partial(test_translation_gauge.test_a_copy_is_seen, unpaired=True, light=True)),
    Mutant(translation_gauge, "agreement", "- _of_others(a, b)", "", test_translation_gauge.test_agreement_is_that_with_its_own_beyond_that_with_others),
    Mutant(measures, "contents", "one - one.mean(0)", "one", test_translation_measures.test_contents_of_known_maps),
    Mutant(measures, "coarse", "min(PLACES, side)", "side", test_translation_measures.test_contents_of_known_maps),
    Mutant(measures, "found_again", "torch.arange(len(outputs))", "torch.arange(len(outputs)).roll(1)", test_translation_measures.test_contents_are_found_again_in_another_style),
    Mutant(measures, "leaked", " & (clear > CLEAR)", "", test_translation_measures.test_pairs_that_nobody_told_are_seen_and_others_are_not),
    Mutant(measures, "leaked", "if len(sources) == len(targets):", "if False:", test_translation_measures.test_pairs_that_nobody_told_are_seen_and_others_are_not),
    Mutant(unet, "UNet.forward", "NEAR_ONE * given", "given", test_unet.test_a_residual_begins_as_a_copy),
    Mutant(pairs, "_with", "unpaired=unpaired", "unpaired=False", test_pairs.test_sources_are_read_at_the_size_of_the_targets),
    Mutant(pairs, "_by_name", "places[keys[1][place]]", "place", test_pairs.test_pictures_without_a_partner_are_named),
    Mutant(split, "split_hold_out", "data.spec.unpaired", "False", partial(test_pairs.test_a_hold_out_keeps_pairs_together_and_sides_apart, paired="none")),
    Mutant(translator, "Translator._in_tiles", "top - above", "0", tiles),
    Mutant(translator, "Translator._in_tiles", "top + TILE + MARGIN", "top + TILE", tiles),
    Mutant(translate, "scaled", "min(size)", "max(size)", partial(test_translator.test_the_shorter_side_is_as_in_the_training, size=(100, 50), expected=(64, 32))),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_is_caught(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
