"""Broken copies of the loop, what it measures and saves, and the doctor: each must fail its test."""

import ast
import inspect
import textwrap
from functools import partial
from types import ModuleType

import pytest

import test_adversarial
import test_arguments
import test_best
import test_calibration
import test_checkpoint
import test_device
import test_diagnosis
import test_doctor
import test_evaluate
import test_finetune
import test_frozen
import test_gan_iter
import test_groups
import test_inference
import test_keeping
import test_kinds
import test_layout
import test_loggers
import test_loop
import test_needs
import test_notebook
import test_pairs
import test_prescriptions
import test_quality
import test_remarks
import test_resume
import test_rules
import test_signals
import test_snapshots
import test_spectrum
import test_trained
import test_trial
import test_vitals
from mutants import Mutant, caught, function_of, in_suite
from sparring import files
from sparring.config import format_1, groups, idle, option
from sparring.doctor import diagnosis, rule, rules, signals
from sparring.games import adversarial, first_outputs, logits
from sparring.history import find, layout
from sparring.kinds import image, spectrum
from sparring.networks import frozen
from sparring.runs import best as selection
from sparring.runs import checkpoint, finetune, fitted, inference, past, writer
from sparring.runs.loggers import tensorboard
from sparring.training import budget, calibration, loop, order, plan, thread_use, vitals, window
from sparring.uses import notebook

begun, few, fit, saved, folder, source = (
    test_best.begun,
    test_best.few,
    test_loggers.fit,
    test_checkpoint.saved,
    test_inference.folder,
    test_finetune.source,
)  # fixtures of tests that are run here
RULES = {rule.name: rule for rule in rules.RULES}
stopped_on_points = partial(
    test_resume.test_a_stopped_training_equals_an_unbroken_one_bit_for_bit,
    rules="adversarial",
    kind="points",
    recipe="mlp",
    optimizer=None,
)
neighbours = test_rules.test_each_rule_knows_its_disease_and_not_its_neighbour

MUTANTS = [
    Mutant(notebook, "_chart", "high - value", "value - low", test_notebook.test_curves_go_from_the_first_step_to_the_last_and_from_the_least_to_the_greatest),
    Mutant(notebook, "_points", "/ (end - start)", "", test_notebook.test_what_is_not_finite_is_left_out_and_long_curves_are_means),
    Mutant(tensorboard, "TensorBoard.__init__", "if step else {}", "if not step else {}", partial(test_loggers.test_a_resumed_run_is_logged_once, tool="tensorboard")),
    Mutant(fitted, "Fitted.train", "except GeneratorExit", "except KeyboardInterrupt", partial(test_gan_iter.test_a_break_leaves_a_fitted_gan_that_goes_on, folder=True)),
    Mutant(idle, "check_needs", "demands or (chosen and needs)", "chosen and (demands or needs)", partial(test_needs.test_what_nobody_asked_for_is_turned_off_by_a_word, options={"augment": "ada"}, advice="--augment none")),
    Mutant(groups, "Config.replace", "dict.fromkeys(BUDGETS) | changes", "changes", test_groups.test_naming_a_budget_drops_the_recipes),
    Mutant(option, "_check_bounds", "may_lack and value == 0", "False", partial(test_groups.test_tables_that_are_wrong, text="[dataset]\nclusters = 0", message='clusters = 0: expected a number above 0, or none.* = "none" in a file')),
    Mutant(format_1, "value", "name in NONE_AS_0 and is_0", "False", test_groups.test_options_of_a_flat_file_stand_beside_tables),
    Mutant(format_1, "value", "name in NONE_AS_0 and is_0", "is_0", test_groups.test_options_of_a_flat_file_stand_beside_tables),
    Mutant(first_outputs, "try_out", "if not game.clock.step", "if game.clock.step", test_trial.test_what_speaks_against_the_first_outputs_is_told),
    Mutant(budget, "Budget.__post_init__", "if not given", "if False", test_loop.test_no_budget_is_refused),
    Mutant(budget, "Budget.__post_init__", "checked == 0", "checked is None", test_loop.test_a_budget_of_0_is_refused),
    Mutant(budget, "Budget.progress", "self.epochs * samples", "self.epochs", test_loop.test_budget_in_samples_epochs_and_minutes),
    Mutant(budget, "Budget.progress", "60 * self.minutes", "self.minutes", test_loop.test_the_clock_stands_still_while_a_record_is_looked_at),
    Mutant(loop, "train", "started += now() - stopped", "pass", test_loop.test_the_clock_stands_still_while_a_record_is_looked_at),
    Mutant(loop, "train", "clock.samples_seen += game.batches * batch_size", "clock.samples_seen += 1", test_loop.test_budget_in_samples_epochs_and_minutes),
    Mutant(window, "Window.due", "% self.every == 0", "% self.every == 1", test_loop.test_records_come_every_so_often_and_at_the_end),
    Mutant(loop, "check_kinds", '"game", game', '"it", game', test_arguments.test_a_game_is_asked_for_by_its_name),
    Mutant(loop, "train", "if stopping:", "if False:", test_loop.test_stop_ends_after_the_step_with_a_record),
    Mutant(calibration, "best_length", "max(percent", "min(percent", partial(test_calibration.test_the_longest_latents_that_are_nearly_the_best_are_taken, {100: 100.0, 115: 101.9}, 115)),
    Mutant(calibration, "best_length", "(LONGER, SHORTER)", "(LONGER,)", partial(test_calibration.test_the_longest_latents_that_are_nearly_the_best_are_taken, test_calibration.least_at(91), 90)),
    Mutant(calibration, "best_length", "found.__getitem__) > USUAL", "found.__getitem__) > 900", partial(test_calibration.test_the_longest_latents_that_are_nearly_the_best_are_taken, {100: 100.0, 115: 99.0, 90: 90.0}, 115)),
    Mutant(calibration, "best_length", "isfinite", "isnan", partial(test_calibration.test_the_longest_latents_that_are_nearly_the_best_are_taken, test_calibration.least_at(129), 130)),
    Mutant(calibration, "best_length", "                break", "                continue", partial(test_calibration.test_the_longest_latents_that_are_nearly_the_best_are_taken, {100: 100.0, 115: 150.0, 130: 90.0}, 100)),
    Mutant(calibration, "calibrate", "min(COUNT, game.clock.samples_seen // SEEN)", "COUNT", test_calibration.test_a_short_training_is_not_measured),
    Mutant(calibration, "calibrate", "min(count, len(data))", "count", test_calibration.test_a_short_training_is_not_measured),
    Mutant(calibration, "calibrate", "latent_percent.fill_(best)", "latent_percent", test_calibration.test_a_length_that_was_only_tried_is_not_kept),
    Mutant(calibration, "calibrate", "best = best_length(tried)", "best_length(tried)", test_calibration.test_samples_of_longer_latents_are_recognised),
    Mutant(calibration, "_distance_of", "else math.inf", "else 0.0", test_calibration.test_samples_that_are_not_finite_keep_their_length),
    Mutant(writer, "train_in", "tell=tell", "", test_calibration.test_the_terminal_says_that_a_length_is_chosen),
    Mutant(calibration, "seen", ">= 2 * SEEN_FROM", "> 2 * SEEN_FROM", test_calibration.test_the_features_see_what_is_as_large_as_64_to_127_pixels),
    Mutant(calibration, "seen", "enlarged(pictures, SEEN_FROM)", "pictures", test_calibration.test_the_features_see_what_is_as_large_as_64_to_127_pixels),
    Mutant(plan, "train", " and record.progress >= 1", "", test_calibration.test_a_training_that_is_interrupted_ends_at_once),
    Mutant(checkpoint, "_check_tensors", 'name.rpartition("/")[2] == CALIBRATION and ', "", test_checkpoint.test_a_generator_of_before_its_latents_had_a_length_draws_as_it_did),
    Mutant(finetune, "Source._fill", "name == CALIBRATION or ", "", test_finetune.test_a_training_begins_with_latents_of_their_usual_length),
    Mutant(order, "Order.__call__", "start + len(part)", "len(part)", test_loop.test_a_batch_runs_over_the_end_of_an_epoch),
    Mutant(order, "Order._shuffled", "which, epoch)", "which, 0)", test_loop.test_every_sample_comes_once_an_epoch_and_epochs_differ),
    Mutant(order, "Order.other", "GIVEN", "self.which", test_pairs.test_unpaired_sides_have_orders_of_their_own),
    Mutant(order, "stream", ">> 1", ">> 40", test_loop.test_streams_depend_on_seed_and_step_alone),
    Mutant(order, "stream", "SeedSequence(numbers)", "SeedSequence(sum(numbers))", test_loop.test_streams_depend_on_seed_and_step_alone),
    Mutant(order, "rng_of_step", "game.clock.step", "0", test_loop.test_each_step_has_a_stream_of_its_own),
    Mutant(order, "rng_of_step", "(seed, 1,", "(0, 1,", test_loop.test_each_step_has_a_stream_of_its_own),
    Mutant(logits, "judged", "(1 + leads) / 2", "leads / 2", test_vitals.test_auc_counts_pairs_in_order),
    Mutant(loop, "prepared", "if batch_size % parts", "if False", test_loop.test_a_batch_that_cannot_be_divided_is_refused),
    Mutant(loop, "_measure", "0 and vitals", "0 and not vitals", test_loop.test_what_is_measured_at_a_record),
    Mutant(loop, "_measure", "game.runtime.rank == 0 and vitals", "vitals", partial(test_device.test_only_the_first_process_measures, 1, {})),
    Mutant(loop, "_measure", "elif game.runtime.rank == 0", "else", partial(test_device.test_only_the_first_process_measures, 1, {})),
    Mutant(loop, "_measure", "game.runtime.agree(measure())", "measure()", partial(test_device.test_only_the_first_process_measures, 1, {})),
    Mutant(loop, "_measure", "seed, held_out)", "seed)", test_loop.test_what_is_measured_at_a_record),
    Mutant(order, "batches_of_step", "k * batch_size", "0", test_loop.test_each_step_of_the_discriminator_has_a_batch_of_its_own),
    Mutant(order, "batch_at", "kinds.of(dataset.spec).to_memory_format(batch.real)", "batch.real", test_loop.test_a_batch_in_ghost_batches_is_the_same_and_pictures_lie_as_networks_want_them),
    Mutant(order, "batch_at", "for part in parts]", "for part in parts[::-1]]", test_loop.test_a_batch_in_ghost_batches_is_the_same_and_pictures_lie_as_networks_want_them),
    Mutant(thread_use, "Probe.__call__", "self.twin", "self.game", test_loop.test_a_probe_is_a_whole_step_on_a_copy),
    Mutant(thread_use, "Probe.twin", "copy.deepcopy(self.game, {id(self.game.runtime): self.game.runtime})", "self.game", test_loop.test_a_probe_is_a_whole_step_on_a_copy),
    Mutant(thread_use, "Probe.batches", "0, self.batch_size", "0, 1", test_loop.test_a_probe_is_a_whole_step_on_a_copy),
    Mutant(thread_use, "ThreadUse.__init__", "or self.threads.fixed is not None", "or True", partial(test_device.test_several_processes_compute_on_as_many_threads_as_the_user_says, 2, None, None)),
    Mutant(thread_use, "ThreadUse.for_step", "if self.active", "if True", partial(test_device.test_several_processes_compute_on_as_many_threads_as_the_user_says, 2, None, None)),
    Mutant(thread_use, "ThreadUse.for_record", "if self.active", "if False", test_loop.test_threads_serve_the_parts_of_a_step_and_then_a_record),
    Mutant(thread_use, "ThreadUse.watch", "if self.active", "if False", test_loop.test_threads_serve_the_parts_of_a_step_and_then_a_record),
    Mutant(logits, "histograms", "1 - TAIL", "1", test_loop.test_a_wild_score_does_not_flatten_the_histogram),
    Mutant(logits, "histograms", "part.clamp(low, high)", "part", test_loop.test_a_wild_score_does_not_flatten_the_histogram),
    Mutant(window, "Window._open", 'self.counts: dict[str, int] = {}', 'self.counts = getattr(self, "counts", {})', test_loop.test_a_record_holds_the_mean_of_its_steps),
    Mutant(window, "Window.add", "== self.MOST_STEPS", "< 0", test_loop.test_a_mean_over_several_windows_is_the_mean_of_all_steps),
    Mutant(window, "Window._average", ".mean() * len(self.kept)", ".mean()", test_loop.test_a_mean_over_several_windows_is_the_mean_of_all_steps),
    Mutant(window, "Window.close", "- self.since_samples", "", test_loop.test_the_clock_stands_still_while_a_record_is_looked_at),
    Mutant(window, "Window.close", "if broken:", "if False:", test_loop.test_non_finite_losses_stop_the_run),

    Mutant(image, "read_like", "{width}x{height}", "{height}x{width}", partial(test_kinds.test_pictures_are_read_like_those_of_a_spec, shape=(1, 24, 32), size="32x24", channels="1")),
    Mutant(spectrum, "corners", "[:, rows]", "[:, :]", test_vitals.test_a_weave_of_dots_is_power_in_the_corners_of_the_spectrum),
    Mutant(spectrum, "finest", ">=", "<=", test_vitals.test_a_weave_of_dots_is_power_in_the_corners_of_the_spectrum),
    Mutant(vitals, "Vitals.__init__", "<= MOST_COPIED", "< MOST_COPIED", test_vitals.test_large_sets_are_not_searched_for_copies),
    Mutant(vitals, "Vitals.__call__", "vectors - self.before).norm(dim=1).mean()) / self.reals.mean_distance", "vectors - self.before).norm(dim=1).mean())", test_vitals.test_jitter_and_changes_since_the_last_record),
    Mutant(vitals, "_beyond_rounding", "else 0.0", "else distance", test_vitals.test_a_distance_within_rounding_is_none),
    Mutant(vitals, "Vitals.__call__", "min(value, 1e30) if value == value else 1e30", "value", test_vitals.test_samples_that_are_not_finite_are_passed_over),
    Mutant(vitals, "Vitals.__call__", "self._drawn(averaged=True)", "fakes", test_vitals.test_how_far_the_average_lags),
    Mutant(adversarial, "AdversarialGame.step", "not self._draws", "True", test_adversarial.test_dropout_follows_from_the_steps_own_stream_and_leaves_torchs_as_it_was),
    Mutant(adversarial, "AdversarialGame.step", "with randomness_kept(self)", "if True", test_adversarial.test_dropout_follows_from_the_steps_own_stream_and_leaves_torchs_as_it_was),
    Mutant(adversarial, "AdversarialGame.draw", "if averaged", "if True", test_vitals.test_how_far_the_average_lags),
    Mutant(vitals, "Vitals._drawn", "averaged=averaged", "averaged=True", test_vitals.test_how_far_the_average_lags),
    Mutant(adversarial, "AdversarialGame.draw", "at_rest(generator)", "at_rest()", test_vitals.test_measuring_leaves_the_game_as_it_is),
    Mutant(vitals, "Vitals._rank", "at_rest(self.game.critic)", "at_rest()", test_vitals.test_looking_at_a_weight_moves_no_singular_vector),
    Mutant(vitals, "Vitals._of", "NEAR *", "0 *", test_vitals.test_what_the_generator_cannot_reach),
    Mutant(vitals, "Vitals._of", "if self.bounded", "if True", test_vitals.test_samples_of_the_data_itself_are_healthy),
    Mutant(vitals, "_nearer", "near < other", "near >= other", test_vitals.test_copies_are_nearer_to_what_was_trained_on),
    Mutant(vitals, "_nearer", "equal, 0.5", "equal, 1.0", test_vitals.test_what_equals_seen_and_unseen_samples_is_no_copy),
    Mutant(vitals, "Vitals._of", "_mean_of_pairs(distances) / reals.mean_distance", "_mean_of_pairs(distances)", test_vitals.test_spread_is_in_units_of_the_reals),
    Mutant(vitals, "Vitals._distance", "(3 * self.reals.variance)", "self.reals.variance", test_vitals.test_the_unit_of_the_distance_is_the_mean_drawn_again_and_again),
    Mutant(vitals, "Vitals._changes", " / now.norm().clamp_min(1e-12)", "", test_vitals.test_jitter_and_changes_since_the_last_record),
    Mutant(vitals, "Vitals._changes", "self.weights[name] = now", "pass", test_vitals.test_jitter_and_changes_since_the_last_record),
    Mutant(vitals, "_reals", "unbiased=False", "unbiased=True", test_vitals.test_what_is_known_of_the_reals),
    Mutant(vitals, "_reals", "counts.double() / counts.sum()", "counts.double() / len(counts)", test_vitals.test_what_is_known_of_the_reals),
    Mutant(vitals, "_equal_parts", "min(len(a), len(b), CELLED)", "CELLED", test_vitals.test_as_many_of_two_sets_are_compared),
    Mutant(vitals, "_vectors_of", "for part in parts]", "for part in parts[:1]]", test_vitals.test_vectors_of_a_set_are_the_same_in_parts),
    Mutant(image, "warning", "VALUES not in origin.facts", "True", partial(test_kinds.test_levels_that_have_no_effect_are_warned_of, "full", {image.VALUES: "16 bits"}, False)),
    Mutant(image, "warning", "CLEAR in origin.facts or ", "", partial(test_kinds.test_a_background_that_has_no_effect_is_warned_of, "white", "crop", {image.CLEAR: "all"}, False)),
    Mutant(image, "comparable", "like.kind == IMAGE.name", "True", test_kinds.test_pictures_are_read_to_be_compared_in_their_own_size_and_the_channels_of_the_others),
    Mutant(image, "vectors", "ceil_mode=True", "ceil_mode=False", test_vitals.test_pictures_are_averaged_to_the_size_they_are_compared_in),
    Mutant(image, "vectors", "> 1", "> 2", test_vitals.test_pictures_are_averaged_to_the_size_they_are_compared_in),
    Mutant(image, "coarse", "min(width, COARSE)", "width", test_kinds.test_small_vectors_of_pictures_are_at_most_16_pixels_a_side),
    Mutant(image, "describe", "{width} x {height}", "{height} x {width}", test_kinds.test_samples_are_described_in_words),
    Mutant(image, "problem", "not in COLOURS", "in (None,)", test_kinds.test_a_spec_that_does_not_fit_its_kind_is_told),
    Mutant(spectrum, "dots", "<= 1", "<= 0", test_kinds.test_lines_of_pixels_have_no_pattern_of_upsampling),
    Mutant(image, "tiles", '!= "uint8"', '== "uint8"', test_kinds.test_float_pictures_become_bytes),
    Mutant(image, "pair_sheet", "[fakes, reals]", "[reals, fakes]", test_evaluate.test_the_nearest_pairs_are_found_block_by_block),
    Mutant(vitals, "_weights", "player.parameters()", "list(player.parameters())[:1]", test_vitals.test_changes_are_over_all_weights_of_a_player),
    Mutant(vitals, "_rank_kept", "(random - 1)", "random", test_vitals.test_rank_kept_of_equal_singular_values),
    Mutant(vitals, "_rank_kept", "random > 1.5 and", "", test_vitals.test_rank_kept_is_one_of_random_weights_and_nought_of_a_single_direction),
    Mutant(vitals, "_rank_kept", "sum(kept) / len(kept)", "min(kept)", test_vitals.test_rank_kept_is_one_of_random_weights_and_nought_of_a_single_direction),
    Mutant(vitals, "_mean_of_pairs", "(count - 1)", "count", test_vitals.test_the_mean_distance_is_over_pairs_of_different_ones),
    Mutant(vitals, "_least_spread", "min(ratios)", "max(ratios)", test_vitals.test_the_class_with_the_least_spread_is_told_and_few_samples_tell_nothing),
    Mutant(vitals, "_least_spread", ">= LEAST_OF_A_CLASS", "> 1", test_vitals.test_the_class_with_the_least_spread_is_told_and_few_samples_tell_nothing),
    Mutant(vitals, "_missing", "LACKING *", "0 *", test_vitals.test_cells_with_hardly_any_samples_are_missing),
    Mutant(vitals, "_missing", "LACKING *", "1 *", test_vitals.test_cells_with_hardly_any_samples_are_missing),

    Mutant(spectrum, "power", ".square().sum(-1)", ".abs().sum(-1)", test_vitals.test_a_weave_of_dots_is_power_in_the_corners_of_the_spectrum),
    Mutant(spectrum, "frequencies", "torch.maximum(", "torch.minimum(", test_spectrum.test_the_place_of_each_frequency),
    Mutant(spectrum, "frequencies", "/ rows.max()", "", test_spectrum.test_the_place_of_each_frequency),
    Mutant(spectrum, "detail", "median()", "mean()", test_spectrum.test_neither_a_weave_nor_what_nobody_sees_is_detail),
    Mutant(spectrum, "detail", ">= FINE", ">= 0", test_spectrum.test_brightness_is_no_detail),
    Mutant(spectrum, "detail", "real > reals.unseen", "real > 0", test_spectrum.test_neither_a_weave_nor_what_nobody_sees_is_detail),
    Mutant(spectrum, "variety", "ours / theirs", "theirs / ours", test_spectrum.test_variety_is_of_structure_and_not_of_colour),
    Mutant(spectrum, "octaves", "low = high", "pass", test_spectrum.test_octaves_part_the_spectrum),
    Mutant(spectrum, "octaves", ".log()", "", test_spectrum.test_octaves_part_the_spectrum),
    Mutant(spectrum, "Spectrum.unseen", "INVISIBLE *", "", test_spectrum.test_neither_a_weave_nor_what_nobody_sees_is_detail),
    Mutant(vitals, "Vitals.__call__", "self._seen(drawn)", "self._seen(fakes)", test_vitals.test_what_a_user_draws_is_measured),
    Mutant(vitals, "Vitals._seen", "not bool(drawn.isfinite().all())", "False", test_vitals.test_what_a_user_draws_is_measured),
    Mutant(vitals, "_least_variance", "min(ratios)", "max(ratios)", test_vitals.test_the_class_with_the_least_variance_is_told),
    Mutant(vitals, "_variances", ">= LEAST_FOR_VARIANCE", "> LEAST_FOR_VARIANCE", test_vitals.test_the_class_with_the_least_variance_is_told),
    Mutant(vitals, "_reals", "data.spec.clusters or", "", test_vitals.test_clusters_are_not_called_classes),
    Mutant(signals, "Signals.of", 'found["cluster_spread"] = found.pop("class_spread")', "pass", test_diagnosis.test_a_finding_names_its_class_and_no_cluster_is_a_class),
    Mutant(signals, "Signals.of", 'self.timed, self.least = True, math.inf', "self.timed = True", test_signals.test_gained_is_the_best_before_the_last_records_over_the_best_of_these),
    Mutant(signals, "Signals.of", 'found.get("grown", 1) < 1', "True", test_signals.test_pictures_that_have_just_grown_may_be_blurred),
    Mutant(signals, "Signals.of", "self.growing = record.progress", "pass", test_signals.test_pictures_that_have_just_grown_may_be_blurred),
    Mutant(signals, "Signals.of", "self.rests and ", "", partial(test_signals.test_a_discriminator_that_is_not_asked_yet_is_not_frozen, options={"adversarial_from": 0.0, "adversarial_weight": 1.0}, loss={}, frozen=True)),
    Mutant(signals, "Signals.__init__", ' or options.get("adversarial_weight") == 0', "", partial(test_signals.test_a_discriminator_that_is_not_asked_yet_is_not_frozen, options={"adversarial_weight": 0.0}, loss={}, frozen=False)),
    Mutant(signals, "Signals._gained", "min(self.least, self.lately[0])", "self.lately[0]", test_signals.test_gained_is_the_best_before_the_last_records_over_the_best_of_these),
    Mutant(signals, "Signals._gained", "self.least / max(min(self.lately), 1e-12)", "self.least / self.lately[-1]", test_signals.test_gained_is_the_best_before_the_last_records_over_the_best_of_these),
    Mutant(rule, "Cure.helps", 'options["recipe"] != self.recipe', "True", test_prescriptions.test_cures_of_code_are_for_programs_and_commands_name_the_run_s_data),
    Mutant(rule, "Cure.helps", "if self.code:", "if False:", test_prescriptions.test_cures_of_code_are_for_programs_and_commands_name_the_run_s_data),
    Mutant(diagnosis, "Doctor.prescriptions", "for cure in LAST_RESORTS if cure.helps(self.options)", "for cure in ()", partial(test_prescriptions.test_every_disease_has_a_cure_to_type, "sprint")),
    Mutant(diagnosis, "Doctor.examine", "0 if holds else self.calm", "self.calm", test_diagnosis.test_what_comes_and_goes_is_one_finding),
    Mutant(diagnosis, "Doctor.examine", ">= CALM", "> CALM", test_remarks.test_only_changes_are_news),
    Mutant(diagnosis, "Doctor.barred", "not rule.untaught and", "", test_diagnosis.test_a_forest_has_no_adversary_to_be_checked),
    Mutant(diagnosis, "Doctor.applicable", "or not self.untaught", "", test_diagnosis.test_a_healthy_history_is_healthy),
    Mutant(diagnosis, "Doctor._applies", "self.untaught and", "", test_diagnosis.test_what_is_over_is_told_apart_from_what_is),
    Mutant(diagnosis, "Doctor._grace", "0 if self.untaught else rule.grace", "rule.grace", test_diagnosis.test_a_forest_has_no_adversary_to_be_checked),
    Mutant(diagnosis, "Doctor._checks", "1 if self.untaught else rule.checks", "rule.checks", test_diagnosis.test_a_forest_has_no_adversary_to_be_checked),
    Mutant(diagnosis, "Doctor._fitting", "rule.special and measured", "rule.special", test_rules.test_what_such_data_do_not_have_is_not_missed),
    Mutant(diagnosis, "Doctor._subject", "if place < len(names) else int(place)", "if False else int(place)", test_diagnosis.test_a_finding_names_its_class_and_no_cluster_is_a_class),
    Mutant(signals, "Signals.__init__", 'bool(options["ema_half_life"])', "True", test_signals.test_signals_of_a_course),
    Mutant(signals, "Signals.of", 'found["real_logit"] - found', '-found["real_logit"] + found', test_signals.test_signals_of_a_course),
    Mutant(signals, "Signals.of", "step >= BACK_STEPS", "step > BACK_STEPS", test_signals.test_signals_of_a_course),
    Mutant(signals, "Signals.of", "self.before.popleft()", "break", test_signals.test_progress_is_judged_with_a_record_at_every_step),
    Mutant(signals, "Signals._of_distance", "0.1 * mean", "0", test_signals.test_moves_smaller_than_a_tenth_of_the_mean_are_no_turns),
    Mutant(signals, "Signals._of_distance", "(max(lately) - min(lately)) / mean", "max(lately) / mean", test_signals.test_signals_of_a_course),
    Mutant(signals, "Signals._of_distance", "min(self.best or distance, distance)", "distance", partial(neighbours, RULES["rate-too-high"])),
    Mutant(signals, "_turns", ">= least", ">= 0", test_signals.test_moves_smaller_than_a_tenth_of_the_mean_are_no_turns),
    Mutant(signals, "_turns", "a * b < 0", "a * b > 0", test_signals.test_moves_smaller_than_a_tenth_of_the_mean_are_no_turns),
    Mutant(rule, "Rule.is_measured", " and game in self.games", "", test_rules.test_of_another_game_than_its_own_a_rule_is_not_sure),
    Mutant(rule, "Sign.holds", "<= self.high", "< self.high", partial(neighbours, RULES["no-average"])),
    Mutant(rule, "Sign.holds", "self.low <=", "-math.inf <=", partial(neighbours, RULES["average-lags"])),
    Mutant(rule, "Cure.change", "max(now * self.times, self.least)", "now * self.times", test_prescriptions.test_cures_change_what_there_is_to_change),
    Mutant(rule, "Cure.change", "now >= new > 0", "False", test_prescriptions.test_cures_change_what_there_is_to_change),
    Mutant(rule, "Cure._only", "in needed", "not in ()", test_prescriptions.test_cures_change_what_there_is_to_change),
    Mutant(rule, "fixed", "in (options.get(player), options.get(\"rules\"))", "== options.get(player)", test_prescriptions.test_no_cure_changes_networks_that_are_a_program_s_own),
    Mutant(rule, "fixed", "if G_NAMED in own", "if False", test_prescriptions.test_no_cure_changes_networks_that_are_a_program_s_own),
    Mutant(rule, "Cure.helps", "self.option in fixed(options)", "False", test_prescriptions.test_no_cure_changes_networks_that_are_a_program_s_own),
    Mutant(rule, "_recipe", "if not values.get(name)", "if False", test_prescriptions.test_the_doctor_prescribes_against_other_options),
    Mutant(diagnosis, "described", "(name not in own or value == OWN)", "name not in own", test_prescriptions.test_no_cure_changes_networks_that_are_a_program_s_own),
    Mutant(diagnosis, "diagnose", "findings = doctor.examine(record)", "doctor.examine(record)", test_diagnosis.test_what_comes_again_is_told_as_it_first_was),
    Mutant(diagnosis, "Doctor.examine", "record.step >= self._grace(rule) and", "", partial(test_rules.test_a_rule_needs_several_records_in_a_row, RULES["weave"])),
    Mutant(diagnosis, "Doctor.examine", ">= self._checks(rule)", ">= 1", partial(test_rules.test_a_rule_needs_several_records_in_a_row, RULES["labels-swapped"])),
    Mutant(diagnosis, "Doctor.examine", "if rule.name in self.since else []", "if False else []", test_rules.test_a_row_that_lacks_a_sign_says_nothing_of_it),
    Mutant(diagnosis, "Doctor.prescriptions", "[cure for cure in cures if cure.helps(self.options)]", "cures", test_prescriptions.test_the_doctor_prescribes_against_other_options),
    Mutant(diagnosis, "Doctor.unchecked", "and rule.signs[0].name not in EVENTS", "", test_diagnosis.test_a_healthy_history_is_healthy),
    Mutant(diagnosis, "Doctor._fitting", "rule.lacking not in self.signal_names", "True", test_rules.test_a_rule_for_want_of_a_signal_is_not_missed_where_the_signal_is),
    Mutant(diagnosis, "Doctor.early", "< self._checks(rule)", "< 0", test_diagnosis.test_rules_that_need_more_steps_are_not_called_checked),
    Mutant(diagnosis, "Diagnosis.conclusion", "self.checked < self.rules / 2", "False", test_doctor.test_few_numbers_are_no_health),
    Mutant(diagnosis, "Diagnosis.conclusion", "if self.quality.good", "if True", test_diagnosis.test_histories_without_the_number_are_judged_by_their_distance),
    Mutant(diagnosis, "Diagnosis.with_measured", "found is None", "True", test_diagnosis.test_what_was_measured_goes_before_an_estimate),
    Mutant(diagnosis, "Doctor._applies", "not rule.losses or", "", test_diagnosis.test_a_healthy_history_is_healthy),
    Mutant(diagnosis, "Doctor._applies", "self.options.get(\"loss\") in rule.losses", "True", test_rules.test_rules_for_some_games_are_silent_in_others),
    Mutant(diagnosis, "Doctor._finding", "if sign.name in CONDITIONS", "if False", test_rules.test_clipped_weights_have_few_directions_by_themselves),
    Mutant(rule, "Rule.is_measured", "in self.kinds", "in ('image', 'points', 'music')", test_rules.test_of_another_kind_of_data_than_its_own_a_rule_is_not_sure),
    Mutant(diagnosis, "Doctor._finding", "self.since[rule.name]", "0", test_diagnosis.test_what_is_over_is_told_apart_from_what_is),
    Mutant(rule, "Cure.helps", "return bool(self.change(options))", "return True", test_prescriptions.test_the_doctor_prescribes_against_other_options),
    Mutant(diagnosis, "Doctor._prescribed", "cure.option not in self.options", "False", test_prescriptions.test_of_options_that_are_not_known_cures_are_words),
    Mutant(diagnosis, "Doctor.examine", "self.first.setdefault(finding.name, finding)", "self.first[finding.name] = finding", test_diagnosis.test_what_comes_again_is_told_as_it_first_was),
    Mutant(diagnosis, "Diagnosis.passed", "if finding.name not in names", "", test_diagnosis.test_what_comes_again_is_told_as_it_first_was),

    Mutant(checkpoint, "write", "+ 1 - KEEP", "+ 2 - KEEP", test_checkpoint.test_only_the_last_two_are_kept),
    Mutant(checkpoint, "write", '"seconds": game.clock.seconds', '"seconds": 0.0', stopped_on_points),
    Mutant(checkpoint, "_digest", "total.update(json.dumps(facts, sort_keys=True).encode())", "pass", partial(test_checkpoint.test_a_broken_checkpoint_falls_back_to_the_one_before, damage="other facts")),
    Mutant(checkpoint, "_digest", 'file_digest(tensors, "sha256")', "sha256()", partial(test_checkpoint.test_a_broken_checkpoint_falls_back_to_the_one_before, damage="flip")),
    Mutant(checkpoint, "read", "reversed(", "list(", partial(test_checkpoint.test_a_broken_checkpoint_falls_back_to_the_one_before, damage="flip")),
    Mutant(checkpoint, "_whole", 'if facts.get("version") != VERSION', "if False", test_checkpoint.test_another_version_is_refused_with_the_numbers),
    Mutant(checkpoint, "_anew", "if alone(run)", "if False", partial(test_checkpoint.test_what_is_damaged_is_got_again_where_it_came_from, run='{"alone": true}', cure="Export these players again")),
    Mutant(checkpoint, "put", "before are whole", "are gone", test_checkpoint.test_a_full_disk_leaves_the_checkpoints_before),
    Mutant(checkpoint, "_whole", 'facts.get("half")', "True", test_checkpoint.test_weights_in_half_precision_are_read_as_whole_ones),
    Mutant(find, "run_named", " and not marked(path)", "", test_trained.test_a_run_of_the_same_name_goes_before),
    Mutant(checkpoint, "_whole", "if not matches", "if False", partial(test_checkpoint.test_a_broken_checkpoint_falls_back_to_the_one_before, damage="flip")),
    Mutant(checkpoint, "_check_facts", 'if facts["step"] != step', "if False", test_checkpoint.test_a_copy_under_the_name_of_another_step_does_not_count),
    Mutant(checkpoint, "_check_facts", "type(value) not in kinds or", "", partial(test_checkpoint.test_facts_of_another_kind_break_a_checkpoint, name="samples_seen", value=1.5)),
    Mutant(checkpoint, "restore", "_fill(expected, tensors)", "pass", stopped_on_points),
    Mutant(checkpoint, "_fill", "tensor.copy_(tensors.get(name, tensor))", "pass", stopped_on_points),
    Mutant(checkpoint, "_check_tensors", "_owner(name) in stateless", "True", test_checkpoint.test_a_weight_s_state_that_is_lost_is_missed),
    Mutant(checkpoint, "_form", "{tuple(tensor.shape)}", "", partial(test_checkpoint.test_tensors_that_do_not_fit_are_refused_before_any_is_used, part="g_optimizer/0/exp_avg", damage="longer")),
    Mutant(checkpoint, "_form", "tensor.dtype", "torch.float32", partial(test_checkpoint.test_tensors_that_do_not_fit_are_refused_before_any_is_used, part="average/", damage="type")),
    Mutant(checkpoint, "_states_to_be", "weight.grad = torch.zeros_like(weight)", "pass", partial(test_checkpoint.test_tensors_that_do_not_fit_are_refused_before_any_is_used, part="g_optimizer/0/step", damage="missing")),
    Mutant(checkpoint, "_tensors", ", **game.memories", "", stopped_on_points),
    Mutant(checkpoint, "_optimizers", "game.optimizers.items()", "list(game.optimizers.items())[1:]", stopped_on_points),
    Mutant(checkpoint, "optimizer_tensors", "torch.as_tensor(value)", "torch.zeros_like(value)", stopped_on_points),
    Mutant(checkpoint, "restore_optimizer", "if tensor.shape == like.shape", "if False", test_checkpoint.test_moments_lie_in_memory_as_their_weights_do),
    Mutant(checkpoint, "_load", " if name.startswith(of)", "", test_checkpoint.test_only_tensors_that_are_wanted_are_read),
    Mutant(checkpoint, "restore_network", "_fill(expected, tensors)", "pass", test_inference.test_networks_of_one_s_own_are_drawn_from_when_they_are_given),
    Mutant(inference, "Sampler.load", "folder.states(best)", "folder.states()", test_inference.test_the_best_checkpoint_is_drawn_from_where_it_is_asked_for),
    Mutant(inference, "Sampler.load", "(AVERAGE, GENERATOR) if", "(GENERATOR,) if", partial(test_inference.test_another_generator_than_the_config_s_is_refused, changes={"ema_half_life": None})),
    Mutant(inference, "Sampler.walk", "// STOP_FRAMES", "// (2 * STOP_FRAMES)", test_inference.test_a_walk_comes_back_to_where_it_began),

    Mutant(selection, "_half", "offset == REPORTING", "False", partial(test_best.test_a_translation_is_chosen_by_some_held_out_sources_and_reported_on_others, count=21, each=10)),
    Mutant(selection, "Judge.features", "self.inputs(offset)", "self.inputs(CHOOSING)", test_best.test_one_set_of_latents_chooses_and_another_reports),
    Mutant(selection, "judge", "config.seed + offset", "config.seed", test_best.test_one_set_of_latents_chooses_and_another_reports),
    Mutant(selection, "Judge.measured", "REPORTING", "CHOOSING", test_quality.test_a_report_measures_what_no_checkpoint_is_chosen_on),
    Mutant(selection, "summary", '"step", "last_step"', '"last_step", "step"', test_best.test_a_report_is_told_in_a_line_or_not_at_all),
    Mutant(selection, "judge", "if unseen is None", "if True", test_best.test_the_judge_measures_against_what_was_set_aside),
    Mutant(selection, "to_measure", "None if data.spec.clusters else data.labels", "data.labels", test_best.test_labels_of_clusters_are_none_to_measure_by),
    Mutant(selection, "Selection.__init__", "// self.every * self.every", "", test_best.test_quality_is_measured_when_it_is_due_and_at_the_end),
    Mutant(selection, "Selection.__init__", 'float(chosen["frechet"])', "0.0", test_best.test_resuming_never_loses_the_best),
    Mutant(selection, "Selection.keep", "if not distance < self.best", "if False", test_best.test_the_checkpoint_of_the_least_distance_is_kept_and_reported_beside_the_last),
    Mutant(selection, "Selection.measure", "not last and", "", test_best.test_quality_is_measured_when_it_is_due_and_at_the_end),
    Mutant(selection, "Selection.report", "self.judge.measured(best)", "(facts['frechet'], self.judge.measured(best)[1])", test_best.test_the_checkpoint_of_the_least_distance_is_kept_and_reported_beside_the_last),
    Mutant(selection, "Selection.report", "self.judge.measured(last)", "self.judge.measured(best)", test_best.test_the_checkpoint_of_the_least_distance_is_kept_and_reported_beside_the_last),
    Mutant(past, "due", "** (2 / 3)", "", test_snapshots.test_early_pictures_come_closer_together),
    Mutant(writer, "Writer.__init__", "due(self.config.records.pictures, spent)", "len(folder.pictures()) - 1", test_keeping.test_a_longer_budget_has_pictures_to_its_end),
    Mutant(vitals, "Vitals.__init__", "if game.clock.step else None", "if False else None", stopped_on_points),
    Mutant(layout, "steps", "and stem == step_name(int(stem))", "", test_layout.test_only_names_that_sparring_writes_are_steps),
    Mutant(layout, "_belongs", 'and facts.get("step") == step', "", test_layout.test_a_checkpoint_says_which_step_it_is_of),
    Mutant(layout, "drop", "step in written and", "", partial(test_keeping.test_files_of_the_user_stay, verb="resume")),
    Mutant(layout, "drop", "alone or", "", test_keeping.test_what_a_kill_left_half_written_goes),
    Mutant(frozen, "layers", "weight.ndim < 2", "False", test_frozen.test_a_norm_belongs_to_the_layer_before),
    Mutant(frozen, "_parts", "yield from _parts(part)", "yield part", test_frozen.test_a_norm_belongs_to_the_layer_before),
    Mutant(frozen, "freeze", "found[:count]", "found[count:]", partial(test_frozen.test_so_many_layers_do_not_learn_and_one_has_to, name="dcgan")),
    Mutant(frozen, "freeze", "count >= len(found)", "count > len(found)", partial(test_frozen.test_so_many_layers_do_not_learn_and_one_has_to, name="dcgan")),
    Mutant(finetune, "adapted", "torch.arange(has) % had", "torch.zeros(has, dtype=torch.long)", partial(test_finetune.test_classes_are_the_last_weights_of_an_axis, had=2, has=3, expected=[10, 11, 0, 1, 0])),
    Mutant(finetune, "adapted", "given.narrow(axis, 0, common)", "fresh.narrow(axis, 0, common)", partial(test_finetune.test_classes_are_the_last_weights_of_an_axis, had=2, has=3, expected=[10, 11, 0, 1, 0])),
    Mutant(finetune, "adapted", "len(axes) > 1 or common", "common", partial(test_finetune.test_what_differs_otherwise_does_not_fit, shape=(4, 7), had=3)),
    Mutant(finetune, "Source.of", "folder.drawn_with", "PLAYERS[0]", test_finetune.test_the_players_begin_as_the_weight_average_and_the_discriminator),
    Mutant(finetune, "Source.begin", '"average" in game.memories', "False", test_finetune.test_the_players_begin_as_the_weight_average_and_the_discriminator),
    Mutant(files, "left_over", "if name and", "if False and", test_keeping.test_what_a_kill_left_half_written_goes),
]  # fmt: skip
WHOLE = (
    budget,
    logits,
    loop,
    order,
    thread_use,
    vitals,
    window,
    image,
    spectrum,
    signals,
    rule,
    diagnosis,
    checkpoint,
    selection,
)  # modules all of whose functions have one


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_fails_its_test(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []


def written(module: ModuleType) -> dict[str, str]:
    """The sources of a module's functions and of its classes' methods, but the plain ones."""
    found = {}
    for name, value in vars(module).items():
        if getattr(value, "__module__", "") != module.__name__:
            continue
        for part, member in vars(value).items() if inspect.isclass(value) else [("", value)]:
            function = function_of(member)
            if inspect.isfunction(function) and function.__code__.co_filename == module.__file__:
                found[f"{name}.{part}".rstrip(".")] = textwrap.dedent(inspect.getsource(function))
    return {name: source for name, source in found.items() if not plain(source)}


def plain(source: str) -> bool:
    """Whether a function only puts values where they belong, or is a single statement without a choice."""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    done = function.body[1 if ast.get_docstring(function) else 0 :]
    if function.name in ("__init__", "__post_init__", "__str__"):
        return not any(
            isinstance(part, ast.If | ast.IfExp | ast.BoolOp | ast.Try) for part in ast.walk(function)
        )
    return len(done) <= 1 and not any(isinstance(part, ast.If | ast.For | ast.With) for part in done)


@pytest.mark.parametrize("module", WHOLE, ids=lambda module: module.__name__)
def test_every_function_has_a_mutant(module: ModuleType) -> None:
    mine = [(mutant.name, mutant.original) for mutant in MUTANTS if mutant.module is module]
    sources = written(module)
    assert sources
    lacking = [
        name
        for name, source in sources.items()
        if not any(n == name or (n == name.split(".")[0] and original in source) for n, original in mine)
    ]
    assert lacking == []
