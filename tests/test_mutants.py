"""A broken copy of each formula must fail its test: mutants made by one change of the source."""

import importlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import test_adversarial
import test_arrays
import test_augment
import test_average
import test_cache
import test_classifiers
import test_clusters
import test_codec
import test_comparison
import test_coverage
import test_cures
import test_dicom
import test_distances
import test_evaluate
import test_evaluation
import test_features
import test_imagenet
import test_kmeans
import test_labels
import test_language
import test_levels
import test_loop
import test_losses
import test_memorisation
import test_modern
import test_networks
import test_ngrams
import test_npy
import test_optimizers
import test_parity
import test_penalties
import test_pictures
import test_preflight
import test_pretrained
import test_quality
import test_recipes
import test_resnet
import test_scattering
import test_schedules
import test_second_order
import test_shares
import test_skips
import test_spectral
import test_store
import test_suited
import test_text
import test_text_kind
import test_texts
import test_tokens
import test_toy
import test_work
from mutants import Mutant, caught, in_suite
from sparring.data import (
    arrays,
    clusters,
    codec,
    dicom,
    kmeans,
    labels,
    levels,
    npy,
    pictures,
    split,
    store,
    toy,
)
from sparring.data.text import dataset as text_data
from sparring.data.text import vocabulary
from sparring.files import cache_folder
from sparring.games import (
    adversarial,
    augment,
    drawing,
    logits,
    losses,
    optimizers,
    overfitting,
    penalties,
    schedules,
    updates,
)
from sparring.games import adversarial_step as steps
from sparring.games import average as ema
from sparring.games import preflight as checks
from sparring.kinds import text as text_kind
from sparring.metrics import (
    cache,
    classifiers,
    comparison,
    coverage,
    digits,
    distances,
    evaluation,
    features,
    inception,
    language,
    memorisation,
    neighbours,
    ngrams,
    quality,
    scattering,
    shares,
    text,
    work,
)
from sparring.networks import blocks, dcgan, imagenet, modern, network, resnet, skips, tokens
from sparring.training import suited, window
from sparring.uses import evaluate, tables

MUTANTS = [
    Mutant(codec, "Affine.encode", ".sub(centre)", "", test_codec.test_the_ends_of_the_range_are_minus_one_and_one),
    Mutant(codec, "Affine.decode", "samples.round()", "samples", test_codec.test_bytes_between_two_are_rounded),
    Mutant(codec, "Affine.decode", "if self.bounded", "if True", test_codec.test_only_what_is_bounded_is_cut_off),
    Mutant(codec, "Affine.head", "if self.bounded", "if True", lambda: test_codec.test_a_generator_can_end_as_the_codec_needs(test_codec.COLUMNS)),
    Mutant(codec, "OneHot.encode", "+ firsts", "", test_codec.test_one_symbol_of_each_group_is_one),
    Mutant(codec, "OneHot.decode", ".argmax(-1)", ".argmin(-1)", test_codec.test_symbols_come_back),
    Mutant(codec, "OneHot.dtype", "<= 2**8", "< 2**8", test_codec.test_symbols_are_stored_in_the_smallest_type),
    Mutant(codec, "OneHot.head", "self.temperature", "1.0", test_codec.test_the_codec_gives_the_head_its_temperature),
    Mutant(codec, "StraightThrough._chosen", "/ self.temperature", "", test_codec.test_a_generator_ends_with_symbols_and_the_gradient_of_a_softmax),
    Mutant(codec, "StraightThrough._chosen", "soft.detach()", "soft", test_codec.test_a_generator_ends_with_symbols_and_the_gradient_of_a_softmax),
    Mutant(codec, "StraightThrough._chosen", "hard + (soft - soft.detach())", "soft", test_codec.test_a_generator_ends_with_symbols_and_the_gradient_of_a_softmax),
    Mutant(comparison, "Comparison._won", "- CLEARLY *", "- 0 *", lambda: test_comparison.test_a_baseline_wins_where_it_is_clearly_better("a parrot", ("length",))),
    Mutant(comparison, "Comparison._loss", "- self.columns[FLOOR][name]", "", lambda: test_comparison.test_a_baseline_wins_where_it_is_clearly_better("a chain", ("errors",))),
    Mutant(comparison, "Comparison._loss", 'else -value', "else value", lambda: test_comparison.test_a_baseline_wins_where_it_is_clearly_better("a clerk", ("valid",))),
    Mutant(ngrams, "grams", "[START, *text, END]", "[*text, END]", test_ngrams.test_a_text_has_a_beginning_and_an_end),
    Mutant(ngrams, "divergence", "p / max(p.sum(), 1.0)", "p", test_ngrams.test_the_divergence_of_known_distributions),
    Mutant(shares, "divergence", "(p + q) / 2", "(p + q)", test_shares.test_divergences_of_known_shares),
    Mutant(shares, "_entropy", "log2", "log", test_shares.test_divergences_of_known_shares),
    Mutant(shares, "total_variation", "/ 2", "", test_shares.test_divergences_of_known_shares),
    Mutant(shares, "dead_symbols", "== 0", "> 0", test_shares.test_symbols_that_no_fake_has_are_dead),
    Mutant(ngrams, "valid", "all(", "any(", test_ngrams.test_a_text_is_valid_if_all_its_grams_are_known),
    Mutant(ngrams, "hashed", ".cumprod(1)", "", test_ngrams.test_heaps_hold_every_gram_of_a_text_and_nothing_after_its_end),
    Mutant(ngrams, "hashed", "* MIXING", "* 0", test_ngrams.test_heaps_hold_every_gram_of_a_text_and_nothing_after_its_end),
    Mutant(language, "_walk", "(*before, symbol)[1:]", "before", test_language.test_a_chain_follows_what_it_has_seen),
    Mutant(language, "_walk", "rng.random()", "0.0", test_language.test_a_chain_of_single_symbols_draws_each_as_often_as_it_occurs),
    Mutant(language, "_shifted", ".cumprod(1)", "", test_language.test_what_comes_after_an_end_is_not_learnt),
    Mutant(language, "Recurrent.write", "/ temperature", "", test_language.test_a_recurrent_network_learns_and_cold_texts_are_the_most_likely),
    Mutant(language, "recurrent", "optimizer.step()", "pass", test_language.test_a_recurrent_network_learns_and_cold_texts_are_the_most_likely),
    Mutant(text, "copies", "in known", "not in known", test_text.test_copies_and_repeats_are_shares),
    Mutant(text, "repeats", "1 - ", "", test_text.test_copies_and_repeats_are_shares),
    Mutant(text, "rhymes", "[1::2]", "[::2]", test_text.test_a_poem_has_lines_and_its_even_ones_rhyme),
    Mutant(text, "rhyming", "all(", "any(", test_text.test_a_poem_has_lines_and_its_even_ones_rhyme),
    Mutant(text, "repeated_symbols", "if symbol != mark", "", test_text.test_a_poem_has_lines_and_its_even_ones_rhyme),
    Mutant(text_kind, "repeated", "1 - ", "", test_text_kind.test_the_measures_see_a_repeated_text),
    Mutant(vocabulary, "ended", ".cumprod(1)", "", test_texts.test_a_text_ends_at_its_first_end),
    Mutant(vocabulary, "choose", "-counts[symbol]", "counts[symbol]", test_texts.test_symbols_are_the_end_and_then_the_most_frequent),
    Mutant(text_data, "_longest", "max(USUAL_LONGEST, almost)", "almost", test_texts.test_long_texts_are_left_out_and_that_is_said),
    Mutant(tokens, "started", "/ math.sqrt(layer.in_features)", "", test_tokens.test_layers_keep_the_variance_of_a_signal),
    Mutant(tokens, "near", "gain)", "gain / 3)", test_tokens.test_layers_keep_the_variance_of_a_signal),
    Mutant(tokens, "Block.forward", "1 + self.gains(style)", "self.gains(style)", test_tokens.test_a_style_scales_each_channel),
    Mutant(kmeans, "centres", "sums / members.clamp_min(1)", "sums", test_kmeans.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(kmeans, "centres", "range(ITERATIONS)", "range(0)", test_kmeans.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(kmeans, "assign", "argmin", "argmax", test_kmeans.test_heaps_that_lie_apart_are_found),
    Mutant(kmeans, "assign", "- 2 *", "- 1 *", test_kmeans.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(drawing, "drawn_labels", "* count + torch", "* count + 0 * torch", test_clusters.test_drawn_labels_keep_the_shares_and_every_seed_differs),
    Mutant(drawing, "blend", "roll(-1, 0)", "roll(1, 0)", test_clusters.test_blend_goes_from_label_to_label),
    Mutant(losses, "logistic_d", "softplus(-real)", "softplus(real)", test_losses.test_logistic_discriminator_is_binary_cross_entropy),
    Mutant(losses, "logistic_d", "+ softplus(fake)", "+ softplus(-fake)", test_losses.test_logistic_discriminator_is_binary_cross_entropy),
    Mutant(losses, "minimax_g", "-softplus(fake)", "softplus(fake)", test_losses.test_minimax_generator_is_the_discriminators_loss_turned_round),
    Mutant(losses, "minimax_g", "-softplus(fake)", "softplus(-fake)", test_losses.test_the_generators_gradients_where_the_discriminator_wins),
    Mutant(losses, "non_saturating_g", "softplus(-fake)", "softplus(fake)", test_losses.test_non_saturating_generator),
    Mutant(losses, "least_squares_d", "(real - 1)", "(real + 1)", lambda: test_losses.test_each_game_has_its_two_players("least_squares")),
    Mutant(losses, "least_squares_d", "+ 0.5 * fake", "+ fake", lambda: test_losses.test_each_game_has_its_two_players("least_squares")),
    Mutant(losses, "least_squares_g", "(fake - 1)", "fake", lambda: test_losses.test_each_game_has_its_two_players("least_squares")),
    Mutant(losses, "hinge_d", "relu(1 - real)", "relu(-real)", test_losses.test_hinge_is_zero_past_the_margin),
    Mutant(losses, "hinge_d", "relu(1 + fake)", "relu(1 - fake)", test_losses.test_hinge_is_zero_past_the_margin),
    Mutant(losses, "critic_g", "-fake", "fake", test_losses.test_hinge_is_zero_past_the_margin),
    Mutant(losses, "wasserstein_d", "fake - real", "real - fake", lambda: test_losses.test_each_game_has_its_two_players("wasserstein")),
    Mutant(losses, "relativistic_d", "fake - real", "real - fake", lambda: test_losses.test_each_game_has_its_two_players("relativistic")),
    Mutant(losses, "relativistic_g", "real - fake", "fake - real", lambda: test_losses.test_each_game_has_its_two_players("relativistic")),
    Mutant(losses, "check_logits", "real.ndim != 1 or", "", lambda: test_losses.test_shapes_that_would_broadcast_are_refused("hinge_d", ((4, 1), (4, 1)))),
    Mutant(losses, "check_logits", "or real.shape != fake.shape", "", lambda: test_losses.test_shapes_that_would_broadcast_are_refused("hinge_d", ((4,), (4, 1)))),
    Mutant(losses, "non_saturating_g", "softplus(-fake)", "-fake.sigmoid().log()", lambda: test_losses.test_extreme_logits_stay_finite_in_value_and_gradient("non_saturating_g")),
    Mutant(losses, "logistic_d", "softplus(-real)", "-real.sigmoid().log()", lambda: test_losses.test_extreme_logits_stay_finite_in_value_and_gradient("logistic_d")),
    Mutant(penalties, "squared_gradient_norm", "create_graph=True", "create_graph=False", lambda: test_penalties.test_the_penaltys_own_gradient_in_the_weights(penalties.zero_centred)),
    Mutant(penalties, "squared_gradient_norm", ".flatten(1).sum(1)", ".flatten(1).mean(1)", lambda: test_penalties.test_a_linear_critic((5, 7))),
    Mutant(penalties, "one_centred", ".sqrt()", "", lambda: test_penalties.test_a_linear_critic((5, 7))),
    Mutant(penalties, "r1", '"real"', '"fake"', test_penalties.test_the_makers_name_place_and_weight),
    Mutant(penalties, "r2", '"fake"', '"real"', test_penalties.test_the_makers_name_place_and_weight),
    Mutant(penalties, "squared_gradient_norm", ".square()", ".abs()", lambda: test_penalties.test_a_linear_critic((5, 7))),
    Mutant(penalties, "squared_gradient_norm", ".flatten(1).sum(1)", ".sum(1).flatten()", lambda: test_penalties.test_a_linear_critic((5, 3, 4))),
    Mutant(penalties, "zero_centred", "0.5 *", "1.0 *", test_penalties.test_a_quadratic_critic),
    Mutant(penalties, "one_centred", "norm - 1", "norm", lambda: test_penalties.test_a_linear_critic((5, 7))),
    Mutant(penalties, "one_centred", ".clamp_min(1e-12)", "", test_penalties.test_a_flat_critic_gives_finite_gradients),
    Mutant(penalties, "between", "lerp(real, fake", "lerp(fake, real", test_penalties.test_points_between),
    Mutant(schedules, "warm_up", "progress / share", "progress * share", test_schedules.test_warm_up_is_a_straight_line_to_one),
    Mutant(schedules, "warm_up", "min(1.0, progress / share)", "progress / share", test_schedules.test_warm_up_is_a_straight_line_to_one),
    Mutant(augment, "mirror", "flip(3)", "flip(2)", test_augment.test_mirror),
    Mutant(augment, "mirror", "u[1] < 0.5", "u[1] < 0.9", test_augment.test_mirror),
    Mutant(augment, "quarter_turns", "rot90(k,", "rot90(-k,", test_augment.test_quarter_turns),
    Mutant(augment, "quarter_turns", "u[0] < p", "u[1] < p", test_augment.test_quarter_turns),
    Mutant(augment, "colour", "u[1] - 0.5", "u[1]", test_augment.test_colour_by_hand),
    Mutant(augment, "colour", "2 * u[2]", "u[2]", test_augment.test_colour_by_hand),
    Mutant(augment, "colour", "u[3] + 0.5", "u[3]", test_augment.test_colour_by_hand),
    Mutant(augment, "colour", "mean((1, 2, 3), keepdim=True)", "mean((0, 1, 2, 3), keepdim=True)", lambda: test_augment.test_samples_are_altered_one_by_one("colour")),
    Mutant(augment, "translation", "- m, 0)", "- m + 1, 0)", test_augment.test_translation_moves_by_whole_pixels_and_nought_moves_in),
    Mutant(augment, "translation", "(pictures.shape[3], pictures.shape[2])", "(pictures.shape[2], pictures.shape[3])", test_augment.test_translation_moves_by_whole_pixels_and_nought_moves_in),
    Mutant(augment, "translation", '"zeros"', '"border"', test_augment.test_translation_moves_by_whole_pixels_and_nought_moves_in),
    Mutant(augment, "cutout", "size // 2", "size", test_augment.test_cutout_takes_half_of_each_side),
    Mutant(augment, "cutout", "place < size", "place <= size", test_augment.test_cutout_takes_half_of_each_side),
    Mutant(augment, "cutout", "takes[:, None, None] & ", "", lambda: test_augment.test_with_p_in_the_middle_some_pictures_come_back_exactly_and_others_do_not("cutout")),
    Mutant(augment, "geometry", "1 - (1 - p).sqrt()", "p", test_augment.test_one_of_two_turns_is_made_with_p),
    Mutant(augment, "geometry", ".round()", "", test_augment.test_geometry_shifts_by_whole_pixels),
    Mutant(augment, "geometry", "scale / stretch", "scale * stretch", test_augment.test_geometry_scales),
    Mutant(augment, "geometry", "0.2 * math.log(2)", "0.2", test_augment.test_geometry_scales),
    Mutant(augment, "geometry", "(linear @ shift[:, :, None]).squeeze(2)", "shift", test_augment.test_geometry_shifts_by_parts_of_a_pixel_after_the_rest),
    Mutant(augment, "geometry", "@ rotation(second)", "@ rotation(-second)", lambda: test_augment.test_geometry_turns((9, 10))),
    Mutant(augment, "geometry", '"reflection"', '"zeros"', test_augment.test_geometry_shifts_by_whole_pixels),
    Mutant(augment, "rotation", "-sine, sine", "sine, -sine", lambda: test_augment.test_geometry_turns((5, 6))),
    Mutant(augment, "warp", "* half / half[:, None]", "* 1", test_augment.test_geometry_turns_a_picture_that_is_not_square_without_shearing_it),
    Mutant(augment, "warp", "shift / half", "shift", test_augment.test_geometry_shifts_by_whole_pixels),
    Mutant(augment, "warp", "torch.where(moved, seen, pictures)", "seen", lambda: test_augment.test_without_p_every_picture_comes_back_exactly("geometry", (6, 4, 9, 7))),
    Mutant(augment, "colour_matrix", "luma * brightness", "brightness", test_augment.test_colour_matrix_by_hand),
    Mutant(augment, "colour_matrix", "1 - 2 * (u[5]", "1 - (u[5]", test_augment.test_colour_matrix_by_hand),
    Mutant(augment, "colour_matrix", "contrast * saturation", "saturation", test_augment.test_colour_matrix_by_hand),
    Mutant(augment, "colour_matrix", "[[0, -1, 1], [1, 0, -1], [-1, 1, 0]]", "[[0, 1, -1], [-1, 0, 1], [1, -1, 0]]", test_augment.test_colour_matrix_by_hand),
    Mutant(augment, "colour_matrix", "/ math.sqrt(3)", "", test_augment.test_colour_matrix_by_hand),
    Mutant(augment, "normal", "2.0**-25", "0", test_augment.test_normal_numbers),
    Mutant(augment, "normal", "* deviation", "", test_augment.test_normal_numbers),
    Mutant(augment, "sign_of_reals", ".sign()", "", test_augment.test_signs),
    Mutant(logits, "sign_of_pairs", "fake[None, :]", "fake[None, :] * 0", test_augment.test_signs),
    Mutant(augment, "Augmentation.adapt", ".sign() *", " *", test_augment.test_p_rises_above_the_target_and_falls_below_it),
    Mutant(augment, "Augmentation.adapt", "clamp_(0, MOST)", "clamp_(0, 1)", test_augment.test_p_rises_above_the_target_and_falls_below_it),
    Mutant(augment, "Augmentation.adapt", "overfitting - self.target", "self.target - overfitting", test_augment.test_p_rises_above_the_target_and_falls_below_it),
    Mutant(augment, "Augmentation.adapt", "if self.target", "if True", test_augment.test_a_p_without_target_stays),
    Mutant(losses, "smoothed_logistic_d", "smoothing * real", "smoothing * fake", test_losses.test_a_smoothed_label),
    Mutant(losses, "smoothed_logistic_d", "+ smoothing", "- smoothing", test_losses.test_a_smoothed_label),
    Mutant(penalties, "finite_difference", "0.5 *", "1.0 *", test_penalties.test_finite_differences_of_a_linear_critic_are_r1_on_average),
    Mutant(penalties, "finite_difference", "/ sigma", "", test_penalties.test_finite_differences_of_a_linear_critic_are_r1_on_average),
    Mutant(penalties, "near_r1", '"near"', '"real"', test_penalties.test_finite_differences_of_a_network_near_r1),
    Mutant(penalties, "anchored", "real - fake_anchor", "real - real_anchor", test_penalties.test_scores_at_the_other_kinds_anchor_cost_nothing),
    Mutant(penalties, "anchored", "fake - real_anchor", "fake - fake_anchor", test_penalties.test_scores_at_the_other_kinds_anchor_cost_nothing),
    Mutant(penalties, "LeCam.update", "1 - self.decay", "self.decay", test_penalties.test_anchors_are_averages_over_updates),
    Mutant(penalties, "LeCam.update", "means[1]", "means[0]", test_penalties.test_anchors_are_averages_over_updates),
    Mutant(penalties, "AdaptiveGamma.adapt", "lead - self.target", "self.target - lead", lambda: test_cures.test_gamma_moves_tenfold_in_its_samples_and_no_farther(0.9, 10.0)),
    Mutant(penalties, "AdaptiveGamma.adapt", "1 / self.reach", "0", lambda: test_cures.test_gamma_moves_tenfold_in_its_samples_and_no_farther(0.1, 0.1)),
    Mutant(penalties, "AdaptiveGamma.adapt", "10 **", "2 **", lambda: test_cures.test_gamma_moves_tenfold_in_its_samples_and_no_farther(0.9, 10.0)),
    Mutant(steps, "discriminator_update", 'penalty.on != "between"', "True", test_cures.test_gamma_that_adapts_weighs_the_zero_centred_penalties_and_is_logged),
    Mutant(steps, "discriminator_update", "* game.gamma.scale", "", test_cures.test_gamma_that_adapts_weighs_the_zero_centred_penalties_and_is_logged),
    Mutant(optimizers, "OptimisticAdam.step", "own - self", "self", test_optimizers.test_the_definition_step_by_step),
    Mutant(optimizers, "OptimisticAdam.step", '.get("own_step", own)', '.get("own_step", 0 * own)', test_optimizers.test_the_definition_step_by_step),
    Mutant(overfitting, "gap", "train.mean() - held_out.mean()", "held_out.mean() - train.mean()", test_cures.test_the_gap),
    Mutant(overfitting, "gap", "ahead / lead", "lead / ahead if ahead else 0.0", test_cures.test_the_gap),
    Mutant(overfitting, "HeldOutGap.__call__", "at_rest(*game.players.values())", "at_rest()", test_cures.test_measuring_the_gap_leaves_the_game_as_it_is),
    Mutant(split, "split_hold_out", "order[count:]", "order", test_cures.test_what_is_set_aside_is_not_trained_on_and_the_same_every_time),
    Mutant(split, "_part", "data.labels[kept]", "data.labels[indices]", test_cures.test_what_is_set_aside_is_not_trained_on_and_the_same_every_time),
    Mutant(steps, "see", "* schedules.linear(game.clock.progress)", "", lambda: test_cures.test_instance_noise_falls_in_a_straight_line(0.5, 0.25)),
    Mutant(steps, "generator_update", "batch.labels, see(game, fake, rng)", "batch.labels, fake", test_cures.test_the_discriminator_is_shown_altered_samples_of_both_kinds_in_both_updates),
    Mutant(steps, "generator_update", "see(game, real, rng)", "real", test_cures.test_pairs_too_are_shown_altered),
    Mutant(steps, "discriminator_update", "see(game, fake, rng)", "fake", test_cures.test_the_discriminator_is_shown_altered_samples_of_both_kinds_in_both_updates),
    Mutant(steps, "discriminator_update", "judge(game, seen_real", "judge(game, real", test_cures.test_r1_is_the_slope_in_the_picture_before_it_is_altered),
    Mutant(steps, "discriminator_update", "game.lecam.weight *", "1.0 *", test_cures.test_lecam_enters_the_discriminators_loss_and_its_anchors_follow),
    Mutant(steps, "remember", "[real.mean(), fake.mean()]", "[fake.mean(), real.mean()]", test_cures.test_lecam_enters_the_discriminators_loss_and_its_anchors_follow),
    Mutant(steps, "penalise_elsewhere", "penalty.sigma * u", "u", test_cures.test_a_step_near_the_reals_is_of_the_deviation_asked_for),
    Mutant(updates, "descend", "if clip", "if False", lambda: test_cures.test_gradients_are_clipped_by_their_norm(0.01)),
    Mutant(schedules, "linear", "(1 - progress) / (1 - start)", "1 - progress", test_schedules.test_linear),
    Mutant(schedules, "cosine", "0.5 - 0.5", "0.5 + 0.5", test_schedules.test_cosine),
    Mutant(schedules, "ema_decay", "0.5 **", "0.37 **", test_schedules.test_half_the_weight_is_left_after_a_half_life),
    Mutant(schedules, "ema_decay", "RAMP * samples_seen", "samples_seen", test_schedules.test_the_average_forgets_its_beginning),
    Mutant(schedules, "linear", "progress < start", "progress > start", test_schedules.test_linear),
    Mutant(schedules, "ema_decay", "batch_size / half_life", "1 / half_life", test_schedules.test_the_batch_size_does_not_change_the_average),
    Mutant(schedules, "ema_decay", "min(", "max(", test_schedules.test_the_half_life_grows_with_the_samples_until_it_is_the_one_asked_for),
    Mutant(ema, "WeightAverage.__init__", ".requires_grad_(False)", "", test_average.test_the_copy_is_apart_frozen_and_in_evaluation_mode),
    Mutant(ema, "WeightAverage.__init__", "duplicate(network)", "network", test_average.test_a_decay_of_nothing_copies_and_of_one_keeps),
    Mutant(ema, "WeightAverage.update", "1 - decay", "decay", test_average.test_the_closed_form_after_n_steps),
    Mutant(ema, "WeightAverage.update", "our.copy_(their)", "pass", test_average.test_batch_statistics_follow),
    Mutant(distances, "frechet", "- 2 * eigenvalues", "- eigenvalues", test_distances.test_known_distance_of_two_gaussians),
    Mutant(distances, "frechet", ".square().sum()", ".abs().sum()", test_distances.test_means_alone),
    Mutant(distances, "fit_gaussian", "(len(features) - 1)", "len(features)", test_distances.test_mean_and_covariance_are_numpys),
    Mutant(distances, "fit_gaussian", "part.double() - mean", "part.double()", test_distances.test_mean_and_covariance_are_numpys),
    Mutant(distances, "fit_gaussian", "scatter +=", "scatter =", lambda: test_distances.test_moments_of_several_blocks_far_from_the_origin(1100, 300)),
    Mutant(distances, "frechet", ".sqrt()", "", test_distances.test_known_distance_of_two_gaussians),
    Mutant(distances, "_lower_factor", "if failed", "if False", test_distances.test_fewer_vectors_than_dimensions),
    Mutant(distances, "_lower_factor", ".sqrt()", "", test_distances.test_fewer_vectors_than_dimensions),
    Mutant(distances, "_lower_factor", ".R.T", ".R", test_distances.test_fewer_vectors_than_dimensions),
    Mutant(distances, "_sandwich", "lower[start:, start:].T", "lower[start:, start:]", test_distances.test_known_distance_of_two_gaussians),
    Mutant(distances, "_sandwich", "middle[start:, start:]", "middle[: len(middle) - start, : len(middle) - start]", test_distances.test_wide_covariances_give_what_the_matrix_root_gives),
    Mutant(distances, "frechet_floor", "(1 / n1 + 1 / n2)", "(1 / n1 - 1 / n2)", test_distances.test_the_floor_by_hand),
    Mutant(distances, "frechet_floor", "0.5 *", "1.0 *", test_distances.test_the_floor_on_the_line_is_the_chi_distributions),
    Mutant(distances, "frechet_floor", "+ pairs.trace()", "", test_distances.test_the_floor_on_the_line_is_the_chi_distributions),
    Mutant(distances, "frechet_floor", "/ (l + l[:, None])", "/ (l * l[:, None])", test_distances.test_the_floor_by_hand),
    Mutant(distances, "frechet_floor", "0.5 * (pairs", "0.4 * (pairs", lambda: test_distances.test_the_floor_is_what_samples_of_one_law_score([1.0] * 6)),
    Mutant(distances, "_squared_mmd", "pow(3)", "pow(2)", test_distances.test_kernel_distance_of_two_points_by_hand),
    Mutant(distances, "_squared_mmd", "/ width", "", test_distances.test_kernel_distance_of_two_points_by_hand),
    Mutant(distances, "_squared_mmd", "- 2 * float(xy", "- float(xy", test_distances.test_kernel_distance_of_two_points_by_hand),
    Mutant(distances, "_squared_mmd", "(count - 1)", "count", test_distances.test_kernel_distance_of_two_points_by_hand),
    Mutant(distances, "_squared_mmd", "- k.diag().sum(dtype=torch.float64)", "* (count - 1) / count", test_distances.test_kernel_distance_of_one_law_may_fall_below_nought_and_its_error_does_not_promise_too_much),
    Mutant(distances, "kernel_distance", "+ size / (smaller - size)", "", test_distances.test_kernel_distance_is_unbiased_and_its_error_is_the_one_it_states),
    Mutant(distances, "kernel_distance", "1 / subsets +", "1 +", test_distances.test_kernel_distance_is_unbiased_and_its_error_is_the_one_it_states),
    Mutant(distances, "standardised", "- law.mean.to(features)", "", test_distances.test_standardised_features_have_the_laws_mean_and_deviation_for_origin_and_unit),
    Mutant(distances, "standardised", ".sqrt()", "", test_distances.test_standardised_features_have_the_laws_mean_and_deviation_for_origin_and_unit),
    Mutant(distances, "standardised", ".diagonal().mean()", ".diagonal().max()", test_distances.test_standardised_features_have_the_laws_mean_and_deviation_for_origin_and_unit),
    Mutant(distances, "standardised", "(unit or 1.0)", "unit", test_distances.test_standardised_features_of_one_repeated_vector_keep_their_unit),
    Mutant(evaluation, "_scores", "extractor.name != PUBLISHED", "False", test_evaluation.test_the_kernel_distance_depends_on_neither_origin_nor_unit),
    Mutant(evaluation, "_scores", "extractor.name != PUBLISHED", "True", test_evaluation.test_the_kernel_distance_depends_on_neither_origin_nor_unit),
    Mutant(evaluation, "evaluate", "part[:size]", "part", lambda: test_evaluation.test_fakes_and_reals_are_equally_many_and_measured_against_the_same(300, 300, False)),
    Mutant(evaluation, "evaluate", "by.floor(size)", "by.floor(by.count)", test_evaluation.test_reals_are_measured_in_as_small_sets_as_the_fakes_are),
    Mutant(quality, "real_features", "in_order[size : size + others]", "in_order[:size]", lambda: test_evaluation.test_fakes_and_reals_are_equally_many_and_measured_against_the_same(300, 300, False)),
    Mutant(quality, "Standard.of", "value = found.value / unit", "value = found.value", test_quality.test_the_ratio_of_the_samples_distance_to_that_of_as_many_other_reals),
    Mutant(quality, "Standard.of", "found.value - here.value", "found.value", test_quality.test_the_estimate_from_few_samples_agrees_within_its_interval),
    Mutant(quality, "Standard.of", "max(1.0, 1 +", "(1 +", test_quality.test_the_estimate_from_few_samples_agrees_within_its_interval),
    Mutant(evaluate, "_by_name", "places[labels]", "labels", test_evaluate.test_labels_go_by_the_names_of_their_classes),
    Mutant(distances, "mind", "3 * width", "width", test_distances.test_mind_of_a_shift),
    Mutant(distances, "mind", "3 * width", "3", test_distances.test_mind_of_a_shift),
    Mutant(distances, "mind", "gaps.square()", "gaps.abs()", test_distances.test_mind_of_a_shift),
    Mutant(distances, "mind", "torch.linalg.qr(normal).Q", "(normal / normal.norm(dim=0))", test_distances.test_mind_of_a_shift),
    Mutant(distances, "mind", ".sort(0).values", "", test_distances.test_mind_of_two_scales),
    Mutant(distances, "_common_quantiles", "* m, torch", "* n, torch", test_distances.test_mind_on_the_line_by_hand),
    Mutant(distances, "_common_quantiles", "(ends - 1) // m, (ends - 1) // n", "(ends * n // (n * m) - 1).clamp_min(0), (ends - 1) // n", test_distances.test_mind_on_the_line_by_hand),
    Mutant(neighbours, "_search", "+ rounding(left, furthest, points.shape[1])", "- 1e9", lambda: test_coverage.test_the_definition("heaps", 5)),
    Mutant(neighbours, "rounding", "4 * (1", "1e-9 * (1", lambda: test_coverage.test_the_definition("heaps", 5)),
    Mutant(neighbours, "_search", "columns.start > rows.start", "False", lambda: test_coverage.test_blocks_of_64("another law")),
    Mutant(neighbours, "_search", "found.indices + start", "found.indices", lambda: test_coverage.test_blocks_of_64("another law")),
    Mutant(neighbours, "squared_distances", "(a[i].double() - b[j].double()).square().sum(1)", "a[i].square().sum(1).double() + b[j].square().sum(1) - 2 * (a[i] * b[j]).sum(1)", lambda: test_coverage.test_the_definition("heaps", 5)),
    Mutant(neighbours, "blocks", "alpha=-2", "alpha=-1", lambda: test_coverage.test_the_definition("one law", 5)),
    Mutant(neighbours, "blocks", "top if left is right else 0", "top", lambda: test_coverage.test_nearest_neighbours_are_the_nearest("more than a block")),
    Mutant(coverage, "_squared_reach", "k + 1", "k", lambda: test_coverage.test_the_definition("one law", 5)),
    Mutant(coverage, "_squared_reach", "(1 - TIE)", "(1 + TIE)", test_coverage.test_equal_sets_have_a_density_of_exactly_one),
    Mutant(coverage, "_inside", "inside[doubtful] = exact < reach[at[doubtful]]", "inside[:] = True", test_coverage.test_equal_sets_have_a_density_of_exactly_one),
    Mutant(coverage, "_inside", "limit + slack", "limit", lambda: test_coverage.test_the_definition("heaps", 5)),
    Mutant(coverage, "_inside", "(limit - slack)[i]", "limit[i]", lambda: test_coverage.test_the_definition("heaps", 5)),
    Mutant(coverage, "prdc", "pairs / (k * len(fake))", "pairs / (k * len(real))", lambda: test_coverage.test_the_definition("another law", 5)),
    Mutant(coverage, "prdc", "pairs / (k *", "pairs / (1 *", test_coverage.test_equal_sets_have_a_density_of_exactly_one),
    Mutant(coverage, "prdc", "(held, recalled, holding)", "(recalled, held, holding)", lambda: test_coverage.test_the_definition("another law", 5)),
    Mutant(coverage, "prdc", "(held, recalled, holding)", "(holding, recalled, held)", lambda: test_coverage.test_the_definition("another law", 5)),
    Mutant(coverage, "prdc", "fakes, fake_reach", "fakes, real_reach", lambda: test_coverage.test_the_definition("far from the origin", 5)),
    Mutant(memorisation, "mann_whitney", "float(below + up_to) / 2", "float(up_to)", test_memorisation.test_mann_whitney_is_scipys),
    Mutant(memorisation, "mann_whitney", "(total + 1 -", "(total -", test_memorisation.test_mann_whitney_by_hand),
    Mutant(memorisation, "mann_whitney", "- float((ties.pow(3) - ties).sum()) / (total * (total - 1))", "", test_memorisation.test_mann_whitney_is_scipys),
    Mutant(memorisation, "mann_whitney", "- n * m / 2", "- n * m", test_memorisation.test_mann_whitney_by_hand),
    Mutant(memorisation, "copying_score", "total += len(theirs) *", "total +=", test_memorisation.test_cells_are_weighted_by_their_held_out_vectors),
    Mutant(memorisation, "copying_score", ">= FEWEST", ">= 1", test_memorisation.test_cells_are_weighted_by_their_held_out_vectors),
    Mutant(memorisation, "authenticity", "training, 2).distances[:, 1]", "training, 2).distances[:, 0]", test_memorisation.test_authentic_by_hand),
    Mutant(memorisation, "authenticity", "own[which]", "own.mean()", test_memorisation.test_authentic_by_hand),
    Mutant(memorisation, "memorisation", "authenticity(near_held_out, training)", "authenticity(near, training)", test_memorisation.test_copies_are_found),
    Mutant(memorisation, "memorisation", "cells > 1", "cells > 99", test_memorisation.test_cells_do_not_take_another_mix_for_copying),
    Mutant(network, "at_rest", "player.eval()", "pass", test_networks.test_at_rest_every_layer_evaluates_and_is_then_as_it_was),
    Mutant(network, "at_rest", "module.training = training", "module.training = True", test_networks.test_at_rest_every_layer_evaluates_and_is_then_as_it_was),
    Mutant(blocks, "UpsampleConv2d.forward", "kernel[:, :, 1:] + kernel[:, :, :-1]", "kernel[:, :, 1:] * 2", partial(test_networks.test_upsampling_is_nearest_enlargement_and_a_convolution, True)),
    Mutant(blocks, "UpsampleConv2d.forward", "self.bias, ", "None, ", partial(test_networks.test_upsampling_is_nearest_enlargement_and_a_convolution, True)),
    Mutant(blocks, "UpsampleConv2d.reset_parameters", "(9 * len", "(4 * len", test_networks.test_upsampling_is_initialised_as_a_convolution_is),
    Mutant(blocks, "MinibatchDeviation.forward", "flatten(1).mean(1)", "flatten(1).sum(1)", test_networks.test_minibatch_deviation_is_the_mean_deviation_of_each_group),
    Mutant(blocks, "MinibatchDeviation.forward", "min(count, self.group)", "count", test_networks.test_minibatch_deviation_is_the_mean_deviation_of_each_group),
    Mutant(classifiers, "Classifier.encode", "/ 127.5 - 1", "/ 255", test_distances.test_real_digits_score_near_the_shipped_floor_and_noise_far_above),
    Mutant(classifiers, "Classifier.encode", " - self.centre", "", lambda: test_classifiers.test_a_separable_set_is_learned_and_again_to_the_bit(test_classifiers.blobs, 4)),
    Mutant(classifiers, "train_classifier", "network.load_state_dict(weights)", "pass", test_classifiers.test_labels_by_chance_are_not_learned_and_the_best_weights_are_kept),
    Mutant(classifiers, "train_classifier", "without_gain == PATIENCE", "False", test_classifiers.test_training_stops_where_nothing_is_gained),
    Mutant(classifiers, "gan_train_test", "gan_train=on_fakes.accuracy(*real_test.both)", "gan_train=on_fakes.accuracy(*fake.both)", test_classifiers.test_gan_train_and_gan_test_cross_reals_and_fakes),
    Mutant(classifiers, "gan_train_test", "gan_test=on_reals.accuracy(*fake.both)", "gan_test=on_fakes.accuracy(*fake.both)", test_classifiers.test_gan_train_and_gan_test_cross_reals_and_fakes),
    Mutant(classifiers, "gan_train_test", "real=on_reals.accuracy(*real_test.both)", "real=on_reals.accuracy(*real_train.both)", test_classifiers.test_gan_train_and_gan_test_cross_reals_and_fakes),
    Mutant(classifiers, "gan_train_test", "min(len", "max(len", test_classifiers.test_gan_train_and_gan_test_cross_reals_and_fakes),
    Mutant(classifiers, "_drawn", "labels[chosen]", "labels[: len(chosen)]", test_classifiers.test_samples_are_drawn_with_their_own_labels_and_once),
    Mutant(digits, "pack", "triu_indices", "tril_indices", test_classifiers.test_a_symmetric_matrix_in_half_the_space),
    Mutant(digits, "unpack", "symmetric[columns, rows] = triangle", "triangle.flip(0)", test_classifiers.test_a_symmetric_matrix_in_half_the_space),
    Mutant(features, "fit_pca", "vectors - mean", "vectors", test_features.test_pca_of_an_axis_aligned_cross),
    Mutant(features, "fit_pca", "(len(vectors) - 1)\n", "len(vectors)\n", test_features.test_pca_of_an_axis_aligned_cross),
    Mutant(features, "fit_pca", ".square()", "", test_features.test_pca_of_an_axis_aligned_cross),
    Mutant(features, "fit_pca", " * greatest.sign()", "", test_features.test_the_sign_of_a_component_does_not_depend_on_the_datas_side),
    Mutant(features, "fit_pca", "components.abs().argmax", "components.argmax", test_features.test_the_sign_of_a_component_does_not_depend_on_the_datas_side),
    Mutant(features, "Pca.project", " - self.mean", "", test_features.test_pca_of_an_axis_aligned_cross),
    Mutant(features, "in_components", "order[-FITTED:]", "order[:FITTED]", test_features.test_components_of_features_are_fitted_to_the_reals_that_are_compared_last),
    Mutant(features, "in_components", "if standardised", "if False", test_features.test_components_of_features_are_fitted_to_the_reals_that_are_compared_last),
    Mutant(features, "in_components", "- shift", "", test_features.test_components_of_features_are_fitted_to_the_reals_that_are_compared_last),
    Mutant(scattering, "wavelets", "even - window * (even.sum() / window.sum())", "even", test_scattering.test_constants_have_no_edges),
    Mutant(scattering, "wavelets", "math.pi * k / DIRECTIONS", "math.pi * (k + 1) / DIRECTIONS", lambda: test_scattering.test_waves_are_seen_by_the_wavelet_of_their_direction(1)),
    Mutant(scattering, "edges", ".square().sum(2)", ".square()[:, :, 0]", lambda: test_scattering.test_waves_are_seen_by_the_wavelet_of_their_direction(0)),
    Mutant(scattering, "checkers", "- c + d", "+ c - d", test_scattering.test_the_finest_checkerboard_is_seen_at_its_height),
    Mutant(scattering, "checkers", "/ 2", "", test_scattering.test_the_finest_checkerboard_is_seen_at_its_height),
    Mutant(tables, "_within", "value > 2 * error", "value > 0", lambda: test_evaluation.test_an_estimate_within_its_error_is_only_bounded(0.15, 0.1, "below 0.35")),
    Mutant(tables, "_within", "max(value, 0)", "value", lambda: test_evaluation.test_an_estimate_within_its_error_is_only_bounded(-0.3, 0.1, "below 0.2")),
    Mutant(work, "affordable", "max(LEAST_COUNT, ", "max(0, ", test_work.test_as_many_samples_as_there_is_time_for),
    Mutant(work, "affordable", "count * limit / seconds", "count", test_work.test_as_many_samples_as_there_is_time_for),
    Mutant(work, "Work._bar", "* (1 - share) / share", "/ share", test_work.test_the_bar_is_the_share_of_all_features_and_the_rest_takes_as_long_a_sample),
    Mutant(features, "raw", "/ 255", "/ 256", test_features.test_pixels_are_shares_of_255_and_points_themselves),
    Mutant(features, "rgb", "* (values[:, 3:] / 255)", "", test_features.test_grey_is_repeated_and_alpha_lies_over_black),
    Mutant(features, "to_uint8", ".clamp(0, 255)", "", test_features.test_encoded_pictures_to_bytes),
    Mutant(features, "resize", "antialias=True", "antialias=False", test_features.test_resizing_keeps_constants_and_range_and_smooths_before_it_halves),
    Mutant(features, "resize", ".clamp(0, 255)", "", test_features.test_resizing_keeps_constants_and_range_and_smooths_before_it_halves),
    Mutant(features, "content_hash", "{tuple(tensor.shape)}", "", test_features.test_the_hash_sees_bytes_shape_and_type),
    Mutant(features, "content_hash", "{tensor.dtype}", "", test_features.test_the_hash_sees_bytes_shape_and_type),
    Mutant(cache, "statistics", "extractor.version, ", "", lambda: test_cache.test_another_name_version_or_sample_is_computed("mine", "2", test_cache.SAMPLES, fresh())),
    Mutant(cache, "statistics", "extractor.name, ", "", lambda: test_cache.test_another_name_version_or_sample_is_computed("other", "1", test_cache.SAMPLES, fresh())),
    Mutant(cache, "statistics", "content_hash(samples)", "samples.dtype", lambda: test_cache.test_another_name_version_or_sample_is_computed("mine", "1", test_cache.SAMPLES.flip(0), fresh())),
    Mutant(cache, "_read", " if file.metadata().get(\"sha256\") == content_hash(*found) else None", "", lambda: test_cache.test_a_damaged_file_is_made_anew("flipped", fresh())),
    Mutant(inception, "_stretch_axis", "* (old / size)", "* ((old - 1) / size)", test_pretrained.test_tensorflows_bilinear_starts_at_the_corner),
    Mutant(inception, "_stretch_axis", "(low + 1).clamp_max(old - 1)", "low", test_pretrained.test_tensorflows_bilinear_starts_at_the_corner),
    Mutant(inception, "average", "count_include_pad=False", "count_include_pad=True", test_pretrained.test_averages_leave_the_padding_out),
    Mutant(inception, "average", "count_include_pad=False", "count_include_pad=True", test_pretrained.test_inception_gives_the_reference_implementations_features),
    Mutant(inception, "greatest", "max_pool2d(x, 3, stride=1, padding=1)", "average(x)", test_pretrained.test_inception_gives_the_reference_implementations_features),
    Mutant(ema, "_tensors", "id(buffer) in vectors or ", "", test_spectral.test_the_weight_average_keeps_unit_singular_vectors),
    Mutant(schedules, "towards", "(1 - end)", "1", test_schedules.test_towards),
    Mutant(schedules, "towards", "end + (1", "(1", test_schedules.test_towards),
    Mutant(steps, "discriminator_update", "* game.penalty_scale", "", test_parity.test_steps_of_r3gan),
    Mutant(steps, "adversarial_step", "if game.weight_clip", "if False", test_parity.test_steps_of_wgan),
    Mutant(steps, "adversarial_step", "game.weight_clip", "(game.weight_clip or 1.0)", test_parity.test_clipping_is_off_unless_asked_for),
    Mutant(steps, "discriminator_update", "slope(total,", "slope(d_loss,", test_parity.test_steps_of_wgan_gp),
    Mutant(updates, "clip_weights", "clamp_(-bound, bound)", "clamp_(max=bound)", test_parity.test_steps_of_wgan),
    Mutant(steps, "discriminator_update", "penalty.function(fake, fake_logits)", "penalty.function(real, real_logits)", test_parity.test_steps_of_r3gan),
    Mutant(steps, "penalise_elsewhere", "between(real, fake,", "between(fake, real,", test_parity.test_steps_of_wgan_gp),
    Mutant(steps, "generator_update", "if game.loss.pairs", "if False", test_parity.test_steps_of_r3gan),
    Mutant(adversarial, "AdversarialGame.at", "towards(self.ends.rates, share)", "towards(0.0, share)", test_parity.test_steps_of_r3gan),
    Mutant(adversarial, "AdversarialGame.at", "schedules.towards(self.ends.penalties, share)", "share", test_parity.test_steps_of_r3gan),
    Mutant(adversarial, "AdversarialGame.at", "(betas[1] - self.ends.beta2) * share", "(betas[1] - self.ends.beta2)", test_parity.test_steps_of_r3gan),
    Mutant(penalties, "zero_centred", "0.5 *", "1.0 *", test_parity.test_steps_of_r3gan),
    Mutant(penalties, "one_centred", "norm - 1", "norm", test_parity.test_steps_of_wgan_gp),
    Mutant(modern, "Bottleneck.forward", "self.layers(features)", "self.layers(features.detach())", lambda: test_second_order.test_the_slope_itself_against_finite_differences("modern")),
    Mutant(modern, "Bottleneck.forward", "self.layers(features)", "torch.func.functional_call(self.layers, {n: w.detach() for n, w in self.layers.named_parameters()}, features)", lambda: test_second_order.test_a_penaltys_gradient_in_all_weights("modern", "zero_centred")),
    Mutant(blocks, "spectral", "list(network.modules())", "list(network.modules())[:3]", lambda: test_spectral.test_every_weight_has_a_greatest_singular_value_of_one("resnet")),
    Mutant(blocks, "spectral", " | nn.Embedding", "", lambda: test_spectral.test_every_weight_has_a_greatest_singular_value_of_one("mlp")),
    Mutant(blocks, "ConditionalBatchNorm.forward", "* normed +", "+ normed +", test_resnet.test_conditional_batch_norm_is_batch_norm_with_the_classes_scale_and_shift),
    Mutant(blocks, "ConditionalBatchNorm.forward", "self.shift[labels]", "self.shift[0 * labels]", test_resnet.test_conditional_batch_norm_is_batch_norm_with_the_classes_scale_and_shift),
    Mutant(blocks, "ConditionalBatchNorm.forward", "labels @ self.shift", "self.shift[labels.argmax(1)]", test_resnet.test_weights_of_classes_lie_between_the_classes),
    Mutant(blocks, "ClassHead.forward", "* features", "", test_resnet.test_the_discriminator_is_the_projection_of_summed_features),
    Mutant(resnet, "Discriminator.forward", ".sum((2, 3))", ".mean((2, 3))", test_resnet.test_the_discriminator_is_the_projection_of_summed_features),
    Mutant(resnet, "_UpBlock.forward", "_double(self.norm1(features, labels).relu())", "_double(self.norm1(features, labels))", test_resnet.test_an_up_block_is_the_published_one),
    Mutant(resnet, "_UpBlock.forward", "residual + _double(self.shortcut(features))", "residual", test_resnet.test_an_up_block_is_the_published_one),
    Mutant(resnet, "_DownBlock.forward", "features if self.first else features.relu()", "features", lambda: test_resnet.test_a_down_block_is_the_published_one(1)),
    Mutant(resnet, "_DownBlock.forward", "features if self.first else features.relu()", "features.relu()", lambda: test_resnet.test_a_down_block_is_the_published_one(0)),
    Mutant(resnet, "_DownBlock.forward", "residual, features = avg_pool2d(residual, 2)", "residual, features = -avg_pool2d(-residual.relu(), 2)", lambda: test_resnet.test_a_down_block_is_the_published_one(1)),
    Mutant(modern, "resampling_kernel", "(0.0, *FILTER)", "(*FILTER, 0.0)", test_modern.test_the_filter_is_one_three_three_one),
    Mutant(modern, "resampling_kernel", "line / line.sum()", "line", test_modern.test_the_filter_is_one_three_three_one),
    Mutant(modern, "Halve.forward", "padding=1", "padding=2", lambda: test_modern.test_halving_and_doubling_by_their_definition(6, 6)),
    Mutant(modern, "Double", "4 * resampling", "resampling", lambda: test_modern.test_halving_and_doubling_by_their_definition(6, 6)),
    Mutant(modern, "Bottleneck", "bias=False), 0.0)", "bias=False), gain)", test_modern.test_every_residual_is_nought_at_first_but_can_learn),
    Mutant(modern, "Bottleneck", "(-1 / 4)", "(-1 / 2)", test_modern.test_the_weights_of_a_residual_shrink_with_the_number_of_blocks),
    Mutant(modern, "Bottleneck.forward", "features + residual", "residual", test_modern.test_every_residual_is_nought_at_first_but_can_learn),
    Mutant(modern, "Discriminator.forward", ".sum((2, 3))", ".mean((2, 3))", test_modern.test_the_discriminators_last_layer_is_a_basis_over_all_places),
    Mutant(suited, "total_variance", "encoded.square().sum()", "encoded.abs().sum()", test_recipes.test_gamma_follows_the_datas_variance),
    Mutant(suited, "configure", "if not config.networks.latent_dim", "if False", test_recipes.test_latents_of_the_datas_own_dimension),
    Mutant(suited, "configure", "if name not in changes", "", test_recipes.test_gamma_that_is_given_stands),
    Mutant(pictures, "is_grey", "pixels[..., 1] == pixels[..., 2]", "pixels[..., 1] == pixels[..., 1]", test_pictures.test_grey_is_what_has_equal_channels_everywhere),
    Mutant(pictures, "is_grey", "pixels[..., 0] == pixels[..., 1]", "pixels[..., 1] == pixels[..., 1]", test_pictures.test_grey_is_what_has_equal_channels_everywhere),
    Mutant(pictures, "_channels", "Image.alpha_composite(Image.new(\"RGBA\", picture.size, \"black\"), picture)", "picture", lambda: test_pictures.test_every_mode_in_colour("alpha")),
    Mutant(pictures, "_channels", ' or "transparency" in picture.info', "", lambda: test_pictures.test_every_mode_in_colour("palette with a transparent colour")),
    Mutant(pictures, "_placed", "(form.height - inside.height) // 2", "0", test_pictures.test_fit_keeps_all_and_puts_black_around),
    Mutant(pictures, "_placed", "scale = min(", "scale = max(", test_pictures.test_fit_keeps_all_and_puts_black_around),
    Mutant(pictures, "_placed", "ImageOps.fit(picture, size, method)", "picture.resize(size, method)", test_pictures.test_crop_keeps_the_centre),
    Mutant(pictures, "look", "<= 8", "<= 9", lambda: test_pictures.test_pictures_are_upright(9, "PNG", {})),
    Mutant(pictures, "look", "5 <=", "6 <=", lambda: test_pictures.test_pictures_are_upright(5, "PNG", {})),
    Mutant(labels, "_folders", "shared += 1", "break", lambda: test_labels.test_each_subfolder_is_a_class_below_what_all_share("train/")),
    Mutant(labels, "by_table", "times[short] == 1", "times[short]", lambda: test_labels.test_a_bare_name_that_two_pictures_have_is_no_label(fresh())),
    Mutant(labels, "by_table", "len(found) == 1", "found", lambda: test_labels.test_ids_that_fit_several_pictures_or_rows_are_told(fresh(), "x/1,cat\ny/1,dog\n2,dog\n", ["1.png", "2.png"])),
    Mutant(levels, "ramp", "255 / (high - low)", "255 / high", test_dicom.test_levels_are_in_the_files_units_and_go_before_its_window),
    Mutant(levels, "ramp", "np.rint(wide, out=wide)", "np.floor(wide, out=wide)", test_pictures.test_16_bits_become_8_by_rounding_to_the_nearest),
    Mutant(levels, "eight_bit", "255 - found", "found", test_dicom.test_full_is_what_the_stored_bits_hold),
    Mutant(levels, "deep", "high * 256", "high * 255", lambda: test_levels.test_all_bits_of_every_kind_of_file_are_used("colour")),
    Mutant(levels, "deep", "OTHER_BYTES[order]", "order", lambda: test_levels.test_all_bits_of_every_kind_of_file_are_used("colour TIFF")),
    Mutant(levels, "_codes", "~bits", "bits", lambda: test_levels.test_the_ends_hold_all_values_and_are_not_far_from_them(test_levels.TAIL, (-4.0, 4.0))),
    Mutant(levels, "_own_ends", "> FAR *", "> 1e9 *", test_levels.test_a_hot_pixel_does_not_make_all_others_black),
    Mutant(levels, "_own_ends", "first < last and", "", test_levels.test_a_dark_field_with_few_stars_keeps_them),
    Mutant(levels, "_own_ends", "math.ceil(beyond) - 1", "beyond", test_levels.test_a_hot_pixel_does_not_make_all_others_black),
    Mutant(levels, "_round", "high - low >= FILLED", "high - low >= 0", lambda: test_levels.test_the_ends_hold_all_values_and_are_not_far_from_them(test_levels.NARROW, (1000, 1300))),
    Mutant(dicom, "_as_declared", "centre - 0.5", "centre", lambda: test_dicom.test_grey_is_shown_through_the_files_window("a threshold")),
    Mutant(dicom, "_as_declared", "-4 *", "-2 *", lambda: test_dicom.test_grey_is_shown_through_the_files_window("sigmoid")),
    Mutant(dicom, "_first", "255 - shown", "shown", lambda: test_dicom.test_grey_is_shown_through_the_files_window("inverted")),
    Mutant(dicom, "_full", "2 ** (bits - 1) - 1", "2**bits - 1", test_dicom.test_full_is_what_the_stored_bits_hold),
    Mutant(npy, "_stored", "claimed > left", "claimed > 2 * left", lambda: test_npy.test_claims_of_headers_are_refused_in_few_words(fresh(), *test_npy.CLAIMS["more than is there"], "npy")),
    Mutant(window, "Window.close", "self.counts[name]", "max(self.counts.values())", test_loop.test_what_only_some_steps_log_is_averaged_over_these),
    Mutant(window, "Window.add", "logged.keys() != self.kept[0].keys()", "False", test_loop.test_what_only_some_steps_log_is_averaged_over_these),
    Mutant(window, "Window._average", "for logged in self.kept]", "for logged in self.kept[-1:] * len(self.kept)]", test_loop.test_a_record_holds_the_mean_of_its_steps),
    Mutant(arrays, "_check_steps", "high - low", "high", test_arrays.test_points_that_float32_runs_together_are_refused),
    Mutant(arrays, "_picture_range", "array.clip(0, 1)", "array", test_arrays.test_what_resampling_leaves_beyond_the_range_is_cut_off),
    Mutant(checks, "_of_layers", "if game.penalties and has", "if has", lambda: test_preflight.test_each_caution_and_its_neighbour("batch-norm-penalised")),
    Mutant(store, "_keep_first_channel", "block[:, 0]", "block[:, 1]", lambda: grey_in_place(5)),
    Mutant(store, "_keep_first_channel", "file.seek(pixels * start)", "pass", lambda: grey_in_place(5)),
    Mutant(store, "_key", "digest.update(file.digest.encode())", "digest.update(b'')", lambda: in_a_cache(lambda path: test_store.test_other_content_is_another_entry(path, cache_folder() / "pictures", "content"))),
    Mutant(store, "_key", "sorted(asdict(form).items())", "form.width", lambda: in_a_cache(lambda path: test_store.test_another_form_is_another_entry(path, cache_folder() / "pictures", {"resize": "fit"}))),
    Mutant(clusters, "_projected", "- len(data) * mean.outer(mean)", "", test_clusters.test_the_directions_are_those_of_greatest_variance_about_the_mean),
    Mutant(clusters, "_projected", ") - mean) @", ")) @", test_clusters.test_the_directions_are_those_of_greatest_variance_about_the_mean),
    Mutant(clusters, "_projected", "directions[:, -DIRECTIONS:]", "directions[:, :DIRECTIONS]", test_clusters.test_the_directions_are_those_of_greatest_variance_about_the_mean),
    Mutant(toy, "Mixture.sample", "self.sigma *", "", lambda: test_toy.test_every_mode_gets_its_share_and_its_width("ring")),
    Mutant(toy, "ring", "angles.sin()", "angles.cos()", lambda: test_toy.test_moments_of_samples("ring", 0.5001)),
    Mutant(toy, "grid", "(side - 1) / 2", "side / 2", lambda: test_toy.test_moments_of_samples("grid", 8.0025)),
    Mutant(blocks, "ClassHead.forward", "logits + projected", "logits", test_networks.test_the_projection_head),
    Mutant(blocks, "ClassHead.forward", ".squeeze(1)", "", test_networks.test_one_picture_gives_a_vector_of_one_logit),
    Mutant(blocks, "ClassHead.forward", ".squeeze(1)", ".squeeze()", test_networks.test_one_picture_gives_a_vector_of_one_logit),
    Mutant(blocks, "ClassLatent.forward", "[latents, weights.to(latents.dtype)]", "[weights.to(latents.dtype), latents]", test_networks.test_the_class_is_appended_to_the_latent),
    Mutant(dcgan, "scales", "min(height, width) / smallest", "max(height, width) / smallest", test_networks.test_how_often_a_picture_is_halved),
    Mutant(dcgan, "channels_by_scale", "min(2**scale, MOST_CHANNELS)", "2**scale", test_networks.test_how_often_a_picture_is_halved),
    Mutant(skips, "Generator.forward", "picture + self", "self", test_skips.test_the_picture_is_the_sum_of_the_scales),
    Mutant(skips, "Generator.forward", 'mode="bilinear"', 'mode="nearest"', test_skips.test_a_coarse_scale_is_enlarged_without_steps),
    Mutant(skips, "Discriminator.forward", " + sum(of_patches)", "", test_skips.test_the_logit_is_that_of_the_whole_and_the_mean_of_the_patches),
    Mutant(skips, "Discriminator.forward", ".mean((2, 3))", ".amax((2, 3))", test_skips.test_a_patch_counts_by_its_share_of_the_picture),
    Mutant(skips, "Discriminator.forward", "seen = half_size(seen)", "seen = seen[..., ::2, ::2]", test_skips.test_where_pictures_entered_they_are_still_seen),
    Mutant(skips, "Discriminator.forward", "range(first):\n        seen = half_size(seen)", "range(first):\n        seen = seen[..., ::2, ::2]", test_skips.test_a_discriminator_sees_only_what_has_come_in),
    Mutant(skips, "Growth.grow_to", "min(wait, int(self.fewest))", "wait", test_skips.test_a_scale_that_has_come_in_stays),
    Mutant(skips, "Growth.grow_to", "self.fewest.fill_(self.left_out)", "pass", test_skips.test_a_scale_that_has_come_in_stays),
    Mutant(skips, "leaky_tanh", "x.tanh() + LEAK * x", "x.tanh()", test_skips.test_a_picture_that_is_all_white_can_still_learn),
    Mutant(suited, "features_weight", "min(", "max(", partial(test_suited.test_features_of_large_pictures_count_less, 60, {}, 1.0)),
    Mutant(suited, "usual_widths", ">= LARGE", "> LARGE", partial(test_suited.test_networks_for_large_pictures_are_narrower, 128, "pictures", {}, (24, 16))),
    Mutant(blocks, "half_size", "[..., 1:width:2]) / 4", "[..., 1:width:2]) / 2", partial(test_skips.test_half_size_is_the_mean_of_four_pixels, 8, 6)),
    Mutant(skips, "doublings", "int(", "round(", test_skips.test_pictures_double_at_equal_distances),
    Mutant(skips, "Growth.grow_to", "progress / self.grow", "progress", test_skips.test_pictures_double_at_equal_distances),
    Mutant(blocks, "ModulatedBatchNorm.forward", "scale.tanh()", "scale", test_skips.test_modulated_batch_norm_has_the_latents_scale_and_shift),
    Mutant(blocks, "ModulatedBatchNorm.forward", "scale, shift", "shift, scale", test_skips.test_modulated_batch_norm_has_the_latents_scale_and_shift),
    Mutant(skips, "Generator.forward", "norm(grow(features), known)", "norm(grow(features), 0 * known)", lambda: test_skips.test_every_scale_knows_the_latent(0)),
    Mutant(steps, "moved", "(1, PLACES - 2, 1, PLACES - 2)", "(2, PLACES - 3, 2, PLACES - 3)", test_adversarial.test_pictures_are_moved_to_sixteen_places_for_the_second_discriminator),
    Mutant(steps, "moved", "game.clock.step % PLACES**2", "game.clock.step % PLACES", test_adversarial.test_pictures_are_moved_to_sixteen_places_for_the_second_discriminator),
    Mutant(steps, "discriminator_update", "moved(game, torch.cat([seen_real, seen_fake]).detach())", "torch.cat([seen_real, seen_fake]).detach()", partial(test_adversarial.test_both_players_learn_from_pictures_where_they_were_moved, 6)),
    Mutant(steps, "generator_update", "play(second, moved(game, fake), labels)", "play(second, fake, labels)", partial(test_adversarial.test_both_players_learn_from_pictures_where_they_were_moved, 6)),
    Mutant(steps, "discriminator_update", "game.second_weight * second_loss", "second_loss", partial(test_adversarial.test_a_second_discriminator_has_a_loss_of_its_own_and_the_generator_has_both, losses.non_saturating)),
    Mutant(steps, "generator_update", "g_loss + game", "g_loss + 0 * game", partial(test_adversarial.test_a_second_discriminator_has_a_loss_of_its_own_and_the_generator_has_both, losses.non_saturating)),
    Mutant(steps, "generator_update", "play(second, moved(game, real), labels) if game.loss.pairs else", "", partial(test_adversarial.test_a_second_discriminator_has_a_loss_of_its_own_and_the_generator_has_both, losses.relativistic)),
    Mutant(imagenet, "around", "(kernel - stride) // 2", "(kernel - stride + 1) // 2", test_imagenet.test_more_is_added_behind_than_before),
    Mutant(imagenet, "Convolution.forward", "first = after - before", "first = 0", lambda: test_imagenet.test_features_are_those_of_the_whole_network(test_imagenet.smooth())),
    Mutant(imagenet, "Block.forward", "x + y", "y", lambda: test_imagenet.test_features_are_those_of_the_whole_network(test_imagenet.smooth())),
    Mutant(imagenet, "FeatureDiscriminator.forward", ".mean((2, 3))", ".sum((2, 3))", lambda: test_imagenet.test_a_feature_logit_is_the_sum_over_stages_of_the_means_over_places(test_imagenet.smooth())),
    Mutant(skips, "silence", "zeros_", "ones_", test_skips.test_a_scale_comes_in_without_a_jump_and_does_not_learn_before),
    Mutant(toy, "Mixture.log_density", "2 * self.sigma**2)", "self.sigma**2)", test_toy.test_density_integrates_to_one),
    Mutant(toy, "Mixture.log_density", "- math.log(len(self.means))", "", test_toy.test_density_integrates_to_one),
]  # fmt: skip


def fresh() -> Path:
    """A folder of its own for a test that wants one."""
    return Path(tempfile.mkdtemp())


def grey_in_place(count: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        test_store.test_grey_takes_a_third_of_the_space_whatever_the_blocks(count, fresh(), patch)


def in_a_cache(test: Callable[[Path], None]) -> None:
    """Run a test of twelve pictures with a cache of its own."""
    folder = fresh()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        test(test_store.make_photos(folder / "photos"))


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_fails_its_test(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []


@pytest.mark.parametrize("name", test_losses.GAMES)
def test_a_game_with_swapped_players_or_pairing_fails_its_test(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    game: losses.Loss = getattr(losses, name)
    swapped = losses.Loss(game.generator, game.discriminator, game.pairs)
    for broken in (swapped, game._replace(pairs=not game.pairs)):
        monkeypatch.setattr(losses, name, broken)
        with pytest.raises(AssertionError):
            test_losses.test_each_game_has_its_two_players(name)


def test_every_loss_and_penalty_has_a_mutant() -> None:
    covered = {(m.module.__name__, m.name) for m in MUTANTS}
    for module, ends in ((losses, ("_d", "_g")), (penalties, ("_centred", "_norm"))):
        for name in vars(importlib.import_module(module.__name__)):
            if name.endswith(ends) and callable(getattr(module, name)):
                assert (module.__name__, name) in covered
