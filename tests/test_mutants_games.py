"""Broken copies of losses, penalties, steps and schedules must fail their tests."""

import importlib
from functools import partial

import pytest

import test_adversarial
import test_augment
import test_average
import test_clusters
import test_cures
import test_loop
import test_losses
import test_optimizers
import test_parity
import test_penalties
import test_preflight
import test_recipes
import test_schedules
import test_spectral
import test_suited
from mutants import Mutant, caught, in_suite
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
from sparring.training import suited, window

MUTANTS = [
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
    Mutant(penalties, "zero_centred_at_places", "features[0, 0]", "features[0]", test_penalties.test_places_whose_logits_are_averaged),
    Mutant(penalties, "zero_centred_at_places", "features[0, 0].numel() * ", "", test_penalties.test_places_whose_logits_are_averaged),
    Mutant(steps, "penalise_features", "penalty.every * ", "", partial(test_adversarial.test_a_penalty_on_features_is_one_of_the_second_discriminator_alone, 0, True)),
    Mutant(steps, "penalise_features", "game.penalty_scale * ", "", partial(test_adversarial.test_a_penalty_on_features_is_one_of_the_second_discriminator_alone, 0, True)),
    Mutant(steps, "penalise_features", "for one in seen\n    ]", "for one in seen[:1]\n    ]", partial(test_adversarial.test_a_penalty_on_features_is_one_of_the_second_discriminator_alone, 0, True)),
    Mutant(steps, "due_now", "% penalty.every == 0", "% 1 == 0", partial(test_adversarial.test_a_penalty_on_features_is_one_of_the_second_discriminator_alone, 1, False)),
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
    Mutant(schedules, "ema_decay", "ramp * samples_seen", "samples_seen", test_schedules.test_the_average_forgets_its_beginning),
    Mutant(schedules, "linear", "progress < start", "progress > start", test_schedules.test_linear),
    Mutant(schedules, "ema_decay", "batch_size / half_life", "1 / half_life", test_schedules.test_the_batch_size_does_not_change_the_average),
    Mutant(schedules, "ema_decay", "min(", "max(", test_schedules.test_the_half_life_grows_with_the_samples_until_it_is_the_one_asked_for),
    Mutant(ema, "WeightAverage.__init__", ".requires_grad_(False)", "", test_average.test_the_copy_is_apart_frozen_and_in_evaluation_mode),
    Mutant(ema, "WeightAverage.__init__", "duplicate(network)", "network", test_average.test_a_decay_of_nothing_copies_and_of_one_keeps),
    Mutant(ema, "WeightAverage.update", "1 - decay", "decay", test_average.test_the_closed_form_after_n_steps),
    Mutant(ema, "WeightAverage.update", "our.copy_(their)", "pass", test_average.test_batch_statistics_follow),
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
    Mutant(suited, "total_variance", "encoded.square().sum()", "encoded.abs().sum()", test_recipes.test_gamma_follows_the_datas_variance),
    Mutant(suited, "configure", "if not config.networks.latent_dim", "if False", test_recipes.test_latents_of_the_datas_own_dimension),
    Mutant(suited, "configure", "if name not in changes", "", test_recipes.test_gamma_that_is_given_stands),
    Mutant(window, "Window.close", "self.counts[name]", "max(self.counts.values())", test_loop.test_what_only_some_steps_log_is_averaged_over_these),
    Mutant(window, "Window.add", "logged.keys() != self.kept[0].keys()", "False", test_loop.test_what_only_some_steps_log_is_averaged_over_these),
    Mutant(window, "Window._average", "for logged in self.kept]", "for logged in self.kept[-1:] * len(self.kept)]", test_loop.test_a_record_holds_the_mean_of_its_steps),
    Mutant(checks, "_of_gradients", "if not isinstance(second, Seeing)", "if False", test_preflight.test_a_penalty_on_features_that_nothing_judges_by),
    Mutant(suited, "configure", 'found["r1_features_gamma"] = 0.0', "pass", partial(test_suited.test_where_there_are_no_features_they_have_no_penalty, {"d_features": "none"}, 0.0)),
    Mutant(checks, "_of_layers", "if game.penalties and has", "if has", lambda: test_preflight.test_each_caution_and_its_neighbour("batch-norm-penalised")),
    Mutant(suited, "features_weight", "min(", "max(", partial(test_suited.test_features_of_large_pictures_count_less, 60, {}, 1.0)),
    Mutant(suited, "usual_widths", ">= LARGE", "> LARGE", partial(test_suited.test_networks_for_large_pictures_are_narrower, 128, "pictures", {}, (24, 16))),
    Mutant(steps, "shifted", "(places - 1) // 2, places // 2", "places // 2, (places - 1) // 2", test_adversarial.test_pictures_are_moved_to_sixteen_places_for_the_second_discriminator),
    Mutant(steps, "shifted", "step % places**2", "step % places", test_adversarial.test_pictures_are_moved_to_sixteen_places_for_the_second_discriminator),
    Mutant(steps, "discriminator_update", "moved(game, torch.cat([seen_real, seen_fake]).detach())", "torch.cat([seen_real, seen_fake]).detach()", partial(test_adversarial.test_both_players_learn_from_pictures_where_they_were_moved, 6)),
    Mutant(steps, "generator_update", "play(second, moved(game, fake), labels)", "play(second, fake, labels)", partial(test_adversarial.test_both_players_learn_from_pictures_where_they_were_moved, 6)),
    Mutant(steps, "discriminator_update", "game.second_weight * (second_loss", "(second_loss", partial(test_adversarial.test_a_second_discriminator_has_a_loss_of_its_own_and_the_generator_has_both, losses.non_saturating)),
    Mutant(steps, "generator_update", "g_loss + game", "g_loss + 0 * game", partial(test_adversarial.test_a_second_discriminator_has_a_loss_of_its_own_and_the_generator_has_both, losses.non_saturating)),
    Mutant(steps, "generator_update", "real_logits = play(second, moved(game, real), labels)", "pass", partial(test_adversarial.test_a_second_discriminator_has_a_loss_of_its_own_and_the_generator_has_both, losses.relativistic)),
]  # fmt: skip


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
