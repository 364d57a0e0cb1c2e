"""Broken copies of what finds defects, each by one change, and the test that must fail then."""

from functools import partial

import pytest

import test_adversaries
import test_course
import test_detection
import test_detector
import test_gaussian
import test_heat
import test_masks
import test_places
import test_tiles
import test_usual
import test_wafers
from mutants import Mutant, caught, in_suite
from sparring.data import masks, wafers
from sparring.metrics import detection, gaussian
from sparring.uses.detect import (
    adversary,
    baselines,
    course,
    damage,
    detector,
    features,
    heat,
    kept,
    places,
    repairer,
    residuals,
    shares,
    tiles,
    usual,
)

PAIRS = test_detection.test_the_auroc_is_the_share_of_pairs_in_order_and_ties_count_half
COVERS = partial(test_detection.test_the_interval_of_an_auroc_holds_the_truth_in_95_of_100_cases, shift=1.0)
FEW = test_detection.test_a_perfect_auroc_of_few_pictures_is_not_certain
RANKS = test_detection.test_p_values_count_the_normals_that_are_as_odd
ALARMS = test_detection.test_a_threshold_gives_the_false_alarms_that_are_expected
SAME = test_detection.test_what_is_above_the_threshold_has_a_p_value_up_to_the_rate
REFUSED = test_detection.test_a_rate_that_the_normals_cannot_support_is_refused_with_one_that_they_can
REGIONS = test_detection.test_regions_touch_also_by_corners_and_never_across_pictures
PIXELS = test_detection.test_pixels_are_compared_over_all_pictures
PRO = test_detection.test_pro_is_one_for_the_truth_half_the_limit_for_chance_and_counts_each_region_once
SHRUNK = partial(test_gaussian.test_the_shrinkage_is_that_of_scikit_learn, count=40)
SLOPE = test_gaussian.test_distances_of_a_gaussian_are_as_many_as_its_dimensions_and_have_the_right_slope
SEEN = test_places.test_the_network_sees_small_pictures_enlarged_and_large_ones_reduced
ONE_PIXEL = test_detector.test_a_defect_of_one_pixel_is_found_where_it_is
UNFITTED = test_detector.test_thresholds_come_from_normals_that_were_not_fitted
HEAT = test_detector.test_heat_has_one_scale_with_what_normals_show_below_its_middle
TOLD = test_detector.test_scores_far_beyond_the_others_are_told_apart
CORE = test_detector.test_a_core_set_covers_as_well_as_it_can
MARKED = test_detector.test_damage_changes_what_its_mask_marks_and_nothing_else
VALUES = test_detector.test_damage_of_pictures_of_few_values_keeps_to_them
DIES = partial(test_wafers.test_dies_fail_where_the_mask_is_and_hardly_elsewhere, pattern="local")

FORMS = test_adversaries.test_losses_have_their_closed_forms
STEPS = test_adversaries.test_both_sides_take_their_steps_and_the_rates_fall
REPEATS = partial(
    test_adversaries.test_a_training_follows_from_its_seed_and_touches_no_other_random_numbers, name="residuals"
)
RESUMED = partial(test_adversaries.test_a_training_that_was_stopped_goes_on_bit_for_bit, name="residuals")
UNKNOWN = partial(
    test_adversaries.test_a_state_that_does_not_belong_or_is_damaged_is_not_taken, what="another key"
)
KEYS = test_adversaries.test_the_key_of_a_fit_depends_on_its_pictures_and_options
EQUAL = test_detector.test_of_methods_that_are_equally_good_the_baseline_that_sees_most_is_taken
REDDER = test_heat.test_heat_reddens_a_picture_steadily_and_never_marks_what_is_not_hot
UNITS = test_adversaries.test_numbers_of_any_unit_have_a_mean_squared_distance_of_one_each
COUNTED = test_adversaries.test_a_group_of_few_numbers_counts_as_much_as_one_of_many
COVERED = partial(test_tiles.test_tiles_cover_a_picture_and_overlap, height=60, width=90, tile=24)
STITCHED = test_tiles.test_what_is_cut_is_stitched_again
POOLED = test_tiles.test_maps_too_large_keep_the_greatest_of_each_square
NAMED = test_tiles.test_tiles_are_drawn_from_the_pictures_that_are_named
RIMS = test_usual.test_a_faint_scratch_is_found_beside_a_rim_that_scores_more
EFFECTS = test_usual.test_levels_are_those_of_random_effects
CHEAP = test_usual.test_places_that_do_not_differ_cost_little
TIMES = test_usual.test_scores_are_times_the_usual_and_count_less_where_they_vary
SPREADS = test_usual.test_spreads_that_chance_explains_count_alike
OTHERS = test_usual.test_a_normal_is_compared_with_the_others
LEFT = test_course.test_the_time_left_is_that_of_the_budget_then_that_of_the_speed
UNTOLD = test_course.test_a_time_that_is_not_known_is_not_told
LABELLED = test_masks.test_labels_of_several_regions_are_all_marked_and_grey_borders_by_half
THIN = partial(test_masks.test_a_line_of_one_pixel_stays_whole_where_its_picture_has_it, resize="crop")
AVERAGED = test_adversaries.test_large_pictures_are_averaged_and_small_ones_kept

MUTANTS = [
    Mutant(detection, "auroc", "below + up_to", "below + below", PAIRS),
    Mutant(detection, "auroc", "(2 * len(normal))", "(2 * len(odd))", PAIRS),
    Mutant(detection, "auroc_interval", "(m * n)", "(m + n)", COVERS),
    Mutant(detection, "auroc_interval", "z * math", "0.5 * z * math", COVERS),
    Mutant(detection, "auroc_interval", "root(lambda area: -beyond(area), 0.0, value)", "value", FEW),
    Mutant(detection, "root", "rising(middle) >= 0", "rising(middle) < 0", ALARMS),
    Mutant(detection, "p_values", "1 + as_odd", "as_odd", RANKS),
    Mutant(detection, "p_values", "right=False", "right=True", RANKS),
    Mutant(detection, "least_count", "math.ceil", "math.floor", test_detection.test_a_rate_between_counts),
    Mutant(detection, "threshold", "[rank - 1]", "[rank]", SAME),
    Mutant(detection, "threshold", "(n + 1)", "n", SAME),
    Mutant(detection, "threshold", "n < least_count(rate)", "n + 1 < least_count(rate)", REFUSED),
    Mutant(detection, "false_alarms", "rank / (count + 1)", "rank / count", ALARMS),
    Mutant(detection, "_quantile", "- share", "- share / 2", ALARMS),
    Mutant(detection, "_beta", "range(rank)", "range(rank + 1)", ALARMS),
    Mutant(detection, "regions_of", "3, stride=1, padding=1", "1, stride=1, padding=0", REGIONS),
    Mutant(detection, "pixel_auroc", "maps[~masks], maps[masks]", "maps[masks], maps[~masks]", PIXELS),
    Mutant(detection, "pro", "/ len(inside)", "/ 100", PRO),
    Mutant(detection, "pro", "rates) / limit", "rates)", PRO),
    Mutant(detection, "pro", "overlaps / len(numbers)", "overlaps", PRO),
    Mutant(gaussian, "ledoit_wolf", "(1 - share) * sample", "sample", SHRUNK),
    Mutant(gaussian, "ledoit_wolf", "- sample.square().sum()) / n", ") / n", SHRUNK),
    Mutant(gaussian, "Gaussian.squared", "(vectors - self.mean) *", "vectors *", SLOPE),
    Mutant(gaussian, "Gaussian.toward", "(vectors - self.mean)", "vectors", SLOPE),
    Mutant(places, "seen", "SIDES[0]), SIDES[1]", "SIDES[0]), SIDES[0]", SEEN),
    Mutant(wafers, "wafers", "torch.where(masks, hit, usual)", "usual.expand(masks.shape)", DIES),
    Mutant(baselines, "PCA.score", "centred - (centred", "(centred", ONE_PIXEL),
    Mutant(shares, "parts", "LEAST_HELD * count", "HELD_OUT * count", UNFITTED),
    Mutant(detector, "heat_scale", "low + 2 *", "low + 1 *", HEAT),
    Mutant(shares, "far_out", "1.4826 *", "0.3 *", TOLD),
    Mutant(features, "core_set", "torch.minimum(", "torch.maximum(", CORE),
    Mutant(repairer, "focal", "** FOCUS", "** 1", FORMS),
    Mutant(repairer, "distance", "difference.square()", "difference.abs()", FORMS),
    Mutant(adversary, "play", "(1 - progress * (1 - LAST_LR))", "0", STEPS),
    Mutant(adversary, "play", "_step(theirs, d_loss)", "pass", STEPS),
    Mutant(adversary, "_begun", 'restore_optimizer(side.optimizer, f"optimizer {k}", state)', "pass", RESUMED),
    Mutant(adversary, "_begun", 'int(state["steps"])', "0", RESUMED),
    Mutant(kept, "Kept.load", "!= self.key", "is None", UNKNOWN),
    Mutant(kept, "key_of", "total.update(picture.contiguous().numpy().data)", "pass", KEYS),
    Mutant(detector, "best_of", "not SCORERS[c.name]().trained, ", "", EQUAL),
    Mutant(course, "Course.left", "(1 - self.share + to_come)", "(1 - self.share)", LEFT),
    Mutant(course, "Course.left", "to_come += self._trained(stage)", "pass", LEFT),
    Mutant(course, "Course._seconds_of_stage", "(self.share - share)", "self.share", LEFT),
    Mutant(course, "Course._seconds_of_stage", "spent >= SURE_SECONDS and ", "", UNTOLD),
    Mutant(tiles, "_starts", "(1 - OVERLAP)", "1", COVERED),
    Mutant(tiles, "_starts", "1 + math.ceil", "math.ceil", COVERED),
    Mutant(tiles, "stitched", "total / count", "total", STITCHED),
    Mutant(masks, "pooled", "ceil_mode=True", "ceil_mode=False", POOLED),
    Mutant(masks, "marked", "<= LABELS", "<= 1", LABELLED),
    Mutant(masks, "marked", "int(values.max()) // 2", "0", LABELLED),
    Mutant(masks, "brought", "math.floor((side - scale * new) / 2)", "0", THIN),
    Mutant(tiles, "some_tiles", "int(which[number // len(places)])", "number // len(places)", NAMED),
    Mutant(detector, "Detector.scored", "usual.scores(each)", "each", RIMS),
    Mutant(usual, "drawn", "values.var() - chance", "values.var()", EFFECTS),
    Mutant(usual, "levels", "/ len(values)", "", EFFECTS),
    Mutant(usual, "Usual.fit", "levels(logs), power", "logs.mean(0), power", CHEAP),
    Mutant(usual, "Usual.fit", "/ (len(logs) - 1)", "/ len(logs) ** 2", SPREADS),
    Mutant(usual, "Usual.scores", "self.power * ", "", TIMES),
    Mutant(usual, "Usual.maps", "maps / self", "maps * self", TIMES),
    Mutant(usual, "apart", "scores[others], peaks[others]", "scores, peaks", OTHERS),
    Mutant(heat, "over", "* share[..., None]", "* np.sqrt(share)[..., None]", REDDER),
    Mutant(residuals, "Law.squared", "/ self.deviation", "", UNITS),
    Mutant(residuals, "Residuals.score", "/ group.shape[1]", "", COUNTED),
    Mutant(adversary, "seeded", "torch.random.fork_rng(devices=[])", "torch.no_grad()", REPEATS),
    Mutant(adversary, "reduced", "LONGEST / max(height, width)", "LONGEST / min(height, width)", AVERAGED),
    Mutant(damage, "damage", "> VISIBLE", "> 200", MARKED),
    Mutant(damage, "damage", "len(values) <= FEW", "len(values) <= 1", VALUES),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_fails_its_test(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
