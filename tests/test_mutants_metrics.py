"""Broken copies of what measures samples must fail their tests."""

import tempfile
from pathlib import Path

import pytest

import test_cache
import test_classifiers
import test_comparison
import test_coverage
import test_distances
import test_evaluate
import test_evaluation
import test_features
import test_language
import test_memorisation
import test_ngrams
import test_pretrained
import test_quality
import test_scattering
import test_shares
import test_text
import test_work
from mutants import Mutant, caught, in_suite
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
from sparring.uses import fakes, tables

MUTANTS = [
    Mutant(comparison, "Comparison._won", "- CLEARLY *", "- 0 *", lambda: test_comparison.test_a_baseline_wins_where_it_is_clearly_better("a parrot", ("length",))),
    Mutant(comparison, "Comparison._loss", "else self.columns[FLOOR][name]", "else 0.0", lambda: test_comparison.test_a_baseline_wins_where_it_is_clearly_better("a chain", ("errors",))),
    Mutant(comparison, "Comparison._loss", '0.5 if better == "half"', '0.0 if better == "half"', test_comparison.test_an_area_below_a_half_is_no_better_than_one_as_far_above),
    Mutant(comparison, "copies", "near.low <= 0.5", "near.low <= 0", lambda: test_comparison.test_copies_are_told_in_words(-3.1, comparison.Near(0.52, 0.49, 0.55), "C_T -3.1 is below -3, as of copies, but 52.0% of them")),
    Mutant(comparison, "Comparison._loss", 'else -value', "else value", lambda: test_comparison.test_a_baseline_wins_where_it_is_clearly_better("a clerk", ("valid",))),
    Mutant(ngrams, "grams", "[START, *text, END]", "[*text, END]", test_ngrams.test_a_text_has_a_beginning_and_an_end),
    Mutant(ngrams, "divergence", "p / max(p.sum(), 1.0)", "p", test_ngrams.test_the_divergence_of_known_distributions),
    Mutant(shares, "divergence", "(p + q) / 2", "(p + q)", test_shares.test_divergences_of_known_shares),
    Mutant(shares, "_entropy", "log2", "log", test_shares.test_divergences_of_known_shares),
    Mutant(shares, "total_variation", "/ 2", "", test_shares.test_divergences_of_known_shares),
    Mutant(shares, "dead_symbols", "== 0", "> 0", test_shares.test_symbols_that_no_fake_has_are_dead),
    Mutant(
        shares, "dead_symbols", "lacking - chance", "lacking",
        test_shares.test_rare_symbols_that_other_reals_lack_too_are_not_dead,
    ),
    Mutant(ngrams, "valid", "all(", "any(", test_ngrams.test_a_text_is_valid_if_all_its_grams_are_known),
    Mutant(ngrams, "hashed", ".cumprod(1)", "", test_ngrams.test_heaps_hold_every_gram_of_a_text_and_nothing_after_its_end),
    Mutant(ngrams, "hashed", "* MIXING", "* 0", test_ngrams.test_heaps_hold_every_gram_of_a_text_and_nothing_after_its_end),
    Mutant(language, "_walk", "(*before, symbol)[1:]", "before", test_language.test_a_chain_follows_what_it_has_seen),
    Mutant(language, "_walk", "rng.random()", "0.0", test_language.test_a_chain_of_single_symbols_draws_each_as_often_as_it_occurs),
    Mutant(
        language, "course", "LOGITS_SEEN // (longest * symbols)", "SEEN",
        lambda: test_language.test_long_texts_and_many_symbols_take_a_network_no_longer(64, 60_001, (17, 76)),
    ),
    Mutant(language, "_shifted", ".cumprod(1)", "", test_language.test_what_comes_after_an_end_is_not_learnt),
    Mutant(language, "Recurrent.write", "/ temperature", "", test_language.test_a_recurrent_network_learns_and_cold_texts_are_the_most_likely),
    Mutant(language, "recurrent", "optimizer.step()", "pass", test_language.test_a_recurrent_network_learns_and_cold_texts_are_the_most_likely),
    Mutant(text, "copies", "in known", "not in known", test_text.test_copies_and_repeats_are_shares),
    Mutant(text, "repeats", "1 - ", "", test_text.test_copies_and_repeats_are_shares),
    Mutant(text, "rhymes", "[1::2]", "[::2]", test_text.test_a_poem_has_lines_and_its_even_ones_rhyme),
    Mutant(text, "rhyming", "all(", "any(", test_text.test_a_poem_has_lines_and_its_even_ones_rhyme),
    Mutant(text, "repeated_symbols", "if symbol != mark", "", test_text.test_a_poem_has_lines_and_its_even_ones_rhyme),
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
    Mutant(fakes, "by_name", "places[labels]", "labels", test_evaluate.test_labels_go_by_the_names_of_their_classes),
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
]  # fmt: skip


def fresh() -> Path:
    """A folder of its own for a test that wants one."""
    return Path(tempfile.mkdtemp())


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_fails_its_test(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
