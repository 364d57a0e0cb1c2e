"""Broken copies of what studies measure, each by one change, and the test that must fail then."""

from functools import partial

import pytest

import test_differences
import test_smote
import test_study_arms
import test_study_rows
import test_study_subsets
import test_study_verdict
from mutants import Mutant, caught, in_suite
from sparring.metrics import differences, trees
from sparring.uses.study import arms, choices, classifier, plan, rows, smote, subject, subsets, trial, verdict

STUDENT = partial(test_differences.test_students_t_is_that_of_scipy, freedom=5)
EVEN = partial(test_differences.test_students_t_is_that_of_scipy, freedom=8)
PAIRED = test_differences.test_the_interval_and_the_p_value_are_those_of_the_paired_t_test
EQUAL = test_differences.test_equal_differences_are_not_certain
FLIPS = test_differences.test_the_sign_flip_test_is_that_of_scipy_and_exact_for_six
HOLM = test_differences.test_holm_multiplies_by_the_number_that_are_left_and_never_falls
WORTH = test_differences.test_a_gain_is_read_off_the_learning_curve
FALLING = test_differences.test_a_curve_that_falls_gives_no_smaller_number_for_a_larger_gain
NEAREST = test_smote.test_neighbours_are_the_nearest_of_the_same_class
LINES = test_smote.test_new_samples_lie_on_the_line_between_two
WEIGHTS = test_study_arms.test_class_weights_give_all_classes_the_same_sum_and_a_mean_of_one
FORGED = partial(
    test_study_arms.test_a_share_of_each_batch_is_forged_with_equal_classes, name="GAN 20 %", share=0.2
)
OFTEN = test_study_arms.test_oversampling_shows_rare_classes_as_often_as_others
MADE = test_study_arms.test_smote_fills_half_of_a_batch_with_equal_classes
MOVED = test_study_arms.test_moved_pictures_are_shifted_and_turned_within_limits
MIRRORED = test_study_arms.test_half_of_the_pictures_are_mirrored_if_asked
MIXED = test_study_arms.test_mixup_blends_samples_and_labels_by_one_share
BOTH = test_study_arms.test_one_training_serves_both_budgets
EVERY = test_study_arms.test_every_class_counts_the_same
DISJOINT = test_study_subsets.test_blocks_are_disjoint_and_hold_every_class_equally
HALF = test_study_subsets.test_half_of_a_block_keeps_the_classes
CHOICE = test_study_verdict.test_a_choice_is_made_by_other_samples_than_those_of_the_test
TAKEN = test_study_verdict.test_the_arm_of_both_takes_over_what_was_chosen_in_its_subset
KEPT = test_study_verdict.test_minutes_are_kept_and_ctrl_c_ends_after_a_training
COSTLY = test_study_verdict.test_a_gan_costs_something_even_if_a_longer_training_took_no_longer
PLANNED = test_study_verdict.test_a_plan_fits_into_its_minutes_and_more_minutes_mean_more
HELPED = test_study_verdict.test_what_helps_is_found_and_what_it_is_worth
CHANCE = test_study_verdict.test_chance_alone_seldom_helps
REPEATED = test_study_verdict.test_repeated_samples_are_left_out_also_those_of_the_test
MINUTES = test_study_verdict.test_minutes_count_the_gan_where_it_is_needed
WEIGHED = test_study_rows.test_what_a_gan_drew_weighs_its_share
CLASSES = test_study_rows.test_class_weights_make_classes_equal
WHOLE = test_study_rows.test_smote_makes_whole_rows_of_equal_classes
ROUNDS, ROUNDS_OF_THREE = (
    partial(
        test_study_rows.test_boosting_is_scored_after_each_number_of_rounds_as_scikit_learn_does, classes=count
    )
    for count in (2, 3)
)
STEPS = test_study_verdict.test_the_differences_at_equal_steps_stand_beside_the_chosen_ones

MUTANTS = [
    Mutant(differences, "paired", "/ (n - 1)", "/ n", PAIRED),
    Mutant(differences, "paired", "resolution**2 / 12", "0.0", EQUAL),
    Mutant(differences, "paired", "abs(mean) / error", "mean / error / 2", PAIRED),
    Mutant(differences, "t_two_sided", "(k - 1) / k", "k / (k + 1)", EVEN),
    Mutant(differences, "t_two_sided", "2 / math.pi", "1 / math.pi", STUDENT),
    Mutant(differences, "t_quantile", "1 - confidence - t_two", "(1 - confidence) / 2 - t_two", STUDENT),
    Mutant(differences, "sign_flips", "abs(each) >=", "each >=", FLIPS),
    Mutant(differences, "holm", "len(p_values) - rank", "len(p_values)", HOLM),
    Mutant(differences, "holm", "max(most, min(", "max(0.0, min(", HOLM),
    Mutant(differences, "worth", "math.log(sizes[k] / sizes[k - 1])", "math.log(2) / 2", WORTH),
    Mutant(differences, "worth", "max(rising[k], rising[k - 1])", "rising[k]", FALLING),
    Mutant(smote, "neighbours", "distances.fill_diagonal_(torch.inf)", "pass", NEAREST),
    Mutant(smote, "neighbours", "largest=False", "largest=True", NEAREST),
    Mutant(smote, "between", "share * (", "2 * share * (", LINES),
    Mutant(arms, "Filler.__init__", "len(self.by_class) * counts", "counts", WEIGHTS),
    Mutant(arms, "Filler.batch", "round(size * arm.forged)", "round(size * arm.forged / 2)", FORGED),
    Mutant(arms, "Filler.batch", "_equally(self.by_class, made, rng)", "self._places(made, rng)", MADE),
    Mutant(arms, "Filler._places", "if self.arm.balanced", "if False", OFTEN),
    Mutant(arms, "moved", "2 * SHIFT", "SHIFT", MOVED),
    Mutant(arms, "moved", "TURN * torch.pi / 180", "TURN * torch.pi / 360", MOVED),
    Mutant(arms, "moved", "< 0.5", "< 0.8", MIRRORED),
    Mutant(arms, "mixed", "(1 - share) * targets", "share * targets", MIXED),
    Mutant(arms, "_beta", "1 / MIXED", "1.0", MIXED),
    Mutant(classifier, "learn", "if step in steps", "if step == steps[-1]", BOTH),
    Mutant(classifier, "recalls", "right[labels == label]", "right", EVERY),
    Mutant(subsets, "_of_class", "each * subsets + k * choose", "k * choose", DISJOINT),
    Mutant(subsets, "half", "len(places) // 2", "len(places)", HALF),
    Mutant(choices, "chosen", '"choose"', '"test"', CHOICE),
    Mutant(trial, "as_chosen", "0.2 if share", "0.5 if share", TAKEN),
    Mutant(trial, "run", "cells.spent + expected(cells, key.arm) > seconds", "False", KEPT),
    Mutant(trial, "costs_of", ", least)", ", 1e-9)", COSTLY),
    Mutant(plan, "planned", "KEPT * (60", "(60", PLANNED),
    Mutant(verdict, "judged", "adjusted.get(row.name, 1.0)", "found[row.name].p if row.name in found else 1", CHANCE),
    Mutant(verdict, "verdict", "p > LEVEL", "p > 1", CHANCE),
    Mutant(verdict, "verdict", "difference.value > 0", "difference.value < 0", HELPED),
    Mutant(verdict, "_minutes", "if row.synthetic", "if False", MINUTES),
    Mutant(verdict, "_at", "_value(each, k, plan, cells, place)", "_value(each, k, plan, cells)", STEPS),
    Mutant(rows, "Table.learn", "share / (1 - share)", "share", WEIGHED),
    Mutant(rows, "Table.learn", "counts.clamp_min(1))", "counts.clamp_min(1) ** 0)", CLASSES),
    Mutant(rows, "Table._between", "ends[1] - ends[0]", "ends[1]", WHOLE),
    Mutant(rows, "Table._between", "categories | made.isnan()", "made.isnan()", WHOLE),
    Mutant(trees, "after_rounds", "min(count, len(outputs)) - 1", "-1", ROUNDS),
    Mutant(trees, "_right", "right[truth == level].mean()", "right.mean()", ROUNDS_OF_THREE),
    Mutant(subject, "without_repeats", "seen.add(digest)", "pass", REPEATED),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_fails_its_test(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
