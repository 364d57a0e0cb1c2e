"""A broken copy of what is read, encoded and measured of tables must fail its test; see ``mutants``."""

from functools import partial

import pytest

import test_alike
import test_columns
import test_conditions
import test_constraints
import test_contest
import test_dialect
import test_evaluate
import test_forest
import test_forms
import test_frames
import test_keys
import test_ranked
import test_refit
import test_rows
import test_table_kind
import test_together
from mutants import Mutant, caught
from sparring.data import ranked
from sparring.data.table import (
    alike,
    codec,
    codes,
    column,
    conditions,
    dataset,
    dialect,
    guess,
    identifiers,
    keys,
    moments,
    numerals,
    reach,
    refit,
    rules,
    together,
)
from sparring.games import forest as forest_game
from sparring.kinds import table as table_kind
from sparring.metrics import overlap, table, trees
from sparring.networks import columns, forest
from sparring.training import plan

MUTANTS = [
    Mutant(column, "quantile_function", "high - counts / total", "high", test_columns.test_a_value_of_many_rows_is_flat_and_a_rare_one_is_a_knot),
    Mutant(column, "quantile_function", "(low + high) / 2", "low", test_columns.test_a_value_of_many_rows_is_flat_and_a_rare_one_is_a_knot),
    Mutant(column, "flat", ">= max(TIED", "> max(10 * TIED", test_columns.test_a_value_of_many_rows_is_flat_and_a_rare_one_is_a_knot),
    Mutant(column, "Column.ranked", "(high - low) * jitter", "0", test_columns.test_a_value_of_many_rows_is_flat_and_a_rare_one_is_a_knot),
    Mutant(codec, "Columns.encode", ".nan_to_num(0.0)\n", "\n", test_columns.test_a_row_is_encoded_as_normal_quantiles_and_one_hot_groups_and_comes_back),
    Mutant(codec, "Columns.encode", "torch.where(missing, last, symbols)", "symbols", test_columns.test_a_row_is_encoded_as_normal_quantiles_and_one_hot_groups_and_comes_back),
    Mutant(codec, "Columns.decode", "symbol == column.size - 1", "symbol == column.size", test_columns.test_a_row_is_encoded_as_normal_quantiles_and_one_hot_groups_and_comes_back),
    Mutant(codec, "Rows", "rows[:, : self.numbers] * factor", "rows[:, : self.numbers]", test_columns.test_the_last_layer_makes_a_missing_number_zero_and_one_symbol_of_each_group),
    Mutant(rules, "Rule", "| np.isnan(right)", "", test_columns.test_rules_compare_sums_and_compute_columns),
    Mutant(rules, "_sum", "1.0 if word == \"+\" else -1.0", "1.0", test_columns.test_rules_compare_sums_and_compute_columns),
    Mutant(rules, "_sum", "sign *= 1.0", "sign = 1.0", test_constraints.test_the_minus_of_a_number_and_the_minus_before_it_are_a_plus),
    Mutant(rules, "equal", "rtol=ROUNDING", "rtol=1e-5", test_constraints.test_equal_is_equal_but_for_rounding),
    Mutant(rules, "computed", "table[name] * DAY if", "table[name] if", test_constraints.test_differences_of_dates_are_days),
    Mutant(rules, "days", "numbers / DAY", "numbers", test_constraints.test_differences_of_dates_are_days),
    Mutant(rules, "broken", "int((~kept).sum())", "0", test_constraints.test_a_column_is_not_computed_by_a_rule_that_the_data_break),
    Mutant(rules, "_days", "- EPOCH", "- datetime(2000, 1, 1)", test_columns.test_rules_compare_dates),
    Mutant(guess, "_almost_all", "numbers[there] =", "numbers[:] = 0; numbers[there] =", test_columns.test_a_few_words_among_many_numbers_or_dates_count_as_missing),
    Mutant(guess, "_odd", "* ~there", "", test_columns.test_rows_with_words_among_numbers_are_counted_as_rows),
    Mutant(codes, "looks_missing", "> high - low", "> 0", partial(test_columns.test_a_number_that_looks_like_a_code_for_missing_is_named, ["60", "99"], "")),
    Mutant(dataset, "_duplicates", "- len(np.unique(hashed))", "", test_columns.test_what_data_says_of_a_table),
    Mutant(guess, "_of_numbers", "ends[own] - counts[own]", "ends[own]", test_columns.test_a_row_is_encoded_as_normal_quantiles_and_one_hot_groups_and_comes_back),
    Mutant(table, "kolmogorov", ".max()", ".mean()", test_rows.test_distances_of_known_columns),
    Mutant(table, "correlation", "~np.isnan(rows[:, b])", "True", test_rows.test_distances_of_known_columns),
    Mutant(table, "nearer", "(seen == unseen).double() / 2", "0", test_rows.test_copies_are_nearer_to_training_rows),
    Mutant(table, "near_of", "1.96", "1", test_rows.test_copies_are_nearer_to_training_rows),
    Mutant(table, "copula", "np.corrcoef(np.stack(scores))", "np.eye(len(scores))", test_rows.test_a_copula_keeps_margins_and_correlations),
    Mutant(trees, "_donors", "leaves, \"left\"", "0 * leaves, \"left\"", test_rows.test_trees_draw_values_that_there_are_and_keep_what_goes_together),
    Mutant(trees, "told_apart", "fit(rows[learnt], truth[learnt])", "fit(rows, truth)", test_rows.test_real_rows_cannot_be_told_apart_and_torn_ones_can),
    Mutant(trees, "predicts", "1 - errors", "errors", test_rows.test_predictions_of_a_number_and_of_many_levels),
    Mutant(table_kind, "dead_levels", "not in drawn", "in drawn", test_table_kind.test_levels_that_no_row_has_and_columns_without_spread_are_measured),
    Mutant(table_kind, "flat_columns", "one < FLAT * other", "one < other", test_table_kind.test_levels_that_no_row_has_and_columns_without_spread_are_measured),
    Mutant(table_kind, "tears", ".abs()", "", test_table_kind.test_torn_columns_are_measured),
    Mutant(column, "Column.numbers", "<= NEAR", "< 0", test_columns.test_a_rank_of_a_knot_is_its_value_exactly),
    Mutant(refit, "refitted", "rows=len(seen)", "rows=codec.rows", test_refit.test_it_is_as_if_the_training_rows_had_been_read_alone),
    Mutant(refit, "_numbers", "counts[own] * jitter", "0", test_refit.test_it_is_as_if_the_training_rows_had_been_read_alone),
    Mutant(refit, "_numbers", "new.ranked(", "column.ranked(", test_refit.test_the_hold_out_keeps_its_values_inside_the_range_of_the_training),
    Mutant(refit, "_levels", "shares=shares_of(counts)", "shares=column.shares", test_refit.test_levels_and_gaps_of_the_hold_out_alone_stay_known),
    Mutant(refit, "_missing", " or column.missing", "", test_refit.test_levels_and_gaps_of_the_hold_out_alone_stay_known),
    Mutant(plan, "split", "refitted(*both) if refitted else both", "both", test_refit.test_a_plan_holds_out_before_it_fits),
    Mutant(forest_game, "moving", "~flat(counts)[own]", "True", test_forest.test_values_of_many_rows_and_missing_ones_stay_as_they_are),
    Mutant(forest_game, "moving", "& ~np.isnan(rows[:, place])", "", test_forest.test_values_of_many_rows_and_missing_ones_stay_as_they_are),
    Mutant(forest, "Generator.fill", "last - sizes", "0 * sizes", test_forest.test_a_leaf_is_drawn_as_often_as_rows_end_there_and_gives_its_values_alone),
    Mutant(forest, "Generator.forward", "uniform[:, 1:] * (last - first)[:, None]", "uniform[:, 1:] * self.count", test_forest.test_a_leaf_is_drawn_as_often_as_rows_end_there_and_gives_its_values_alone),
    Mutant(forest, "Generator.forward", "/ self.count.clamp(min=1)", "/ 40", test_forest.test_a_number_moves_half_way_to_its_neighbours_at_most),
    Mutant(trees, "shuffled", "rng.permutation(c) for", "c for", test_forest.test_a_forest_tells_what_differs_and_guesses_where_nothing_does),
    Mutant(trees, "grown", "[:, 1], nan", "[:, 0], nan", test_forest.test_a_forest_tells_what_differs_and_guesses_where_nothing_does),
    Mutant(table, "loss", "2 * max(0.0, ", "2 * abs(", test_contest.test_rows_are_better_the_less_they_are_told_apart_and_the_more_they_predict),
    Mutant(table, "loss", "+ 1 - found", "+ 1 + found", test_contest.test_rows_are_better_the_less_they_are_told_apart_and_the_more_they_predict),
    Mutant(ranked, "Ranked.encode", "after - first > 1", "after - first > 1000", test_ranked.test_the_others_keep_their_spread_and_every_value_comes_back),
    Mutant(ranked, "Ranked.encode", "EDGE + (1 - 2 * EDGE) * place", "EDGE + (1 - EDGE) * place", test_ranked.test_a_rank_is_a_normal_quantile),
    Mutant(ranked, "Ranked.decode", "- EDGE) / (1 - 2 * EDGE)", "- EDGE) / (1 - 90 * EDGE)", test_ranked.test_the_others_keep_their_spread_and_every_value_comes_back),
    Mutant(ranked, "of_points", ">= OUTLIERS", ">= 1e9", test_ranked.test_the_others_keep_their_spread_and_every_value_comes_back),
    Mutant(numerals, "_plain", "(commas or not is_parted)", "not is_parted", test_columns.test_how_doubtful_commas_are_read_is_said),
    Mutant(numerals, "in_unit", "sign + unit", "unit", test_columns.test_units_and_times_of_day_come_back),
    Mutant(numerals, "is_infinite", "in (np.inf, -np.inf)", "== 1e999 - 1e999", test_columns.test_infinite_values_count_as_missing_and_are_named),
    Mutant(guess, "_are_codes", "< len(words)", "< 0", test_columns.test_whole_numbers_too_large_for_floats_are_codes),
    Mutant(guess, "_finite", "(codes < 0) & (raw.codes >= 0)", "codes < 0", test_columns.test_infinite_values_count_as_missing_and_are_named),
    Mutant(moments, "written", "[:decimals]", "", test_columns.test_fractions_of_a_second_come_back),
    Mutant(conditions, "_by_rule", "fits &= ~", "fits |= ", partial(test_conditions.test_rows_that_fit, "paid > 0", "1011")),
    Mutant(conditions, "_same", "[*places, -1]", "[*places, 1]", partial(test_conditions.test_rows_that_fit, "town = born in", "1000")),
    Mutant(rules, "listed", "if rule.strip())", ")", test_constraints.test_rules_of_an_option_are_parted),
    Mutant(overlap, "surprising", "counts == 1", "counts > 0", test_evaluate.test_rows_that_are_equal_by_chance_are_no_overlap),
    Mutant(overlap, "surprising", "2 * int", "0 * int", test_evaluate.test_rows_that_are_equal_by_chance_are_no_overlap),
    Mutant(keys, "_of_numbers", "numbers.astype(np.float32) if", "numbers if", test_keys.test_numbers_in_single_precision_are_the_same_as_in_double),
    Mutant(keys, "_mixed", "bits ^ salt", "bits", test_keys.test_numbers_in_single_precision_are_the_same_as_in_double),
    Mutant(numerals, "Style.written", "GROUPS.sub(self.thousands, whole)", "whole", partial(test_forms.test_numbers_come_back_as_they_were_written, ["1 524", "12", "-3 001 200"], [1524, 12, -3001200])),
    Mutant(numerals, "signed", "f\"-{''.join(found.groups())}\"", "''.join(found.groups())", partial(test_forms.test_numbers_come_back_as_they_were_written, ["(512)", "7"], [-512, 7])),
    Mutant(numerals, "minus_of", "found[1] or found[3]", "found[1]", partial(test_forms.test_numbers_come_back_as_they_were_written, ["(1,512.50) €", "7.00 €"], [-1512.5, 7])),
    Mutant(conditions, "_plain", "float(side) == number", "True", partial(test_conditions.test_values_of_a_rule_may_be_written_as_in_the_table, "eu > 1.200", "eu > 1200")),
    Mutant(dialect, "Dialect.of", "first[0] if first", "LINE_ENDS[0] if first", partial(test_dialect.test_a_file_comes_back_as_it_parts_cells_and_ends_lines, text="a;b\r\n1,5;x\r\n2,0;y\r\n")),
    Mutant(together, "tells", "> len(levels)", "> 2 * len(levels)", partial(test_together.test_one_column_tells_another_if_it_does_so_beyond_chance, [0, 1, 2, 3] * 10, [0, 1, 0, 1] * 9 + [0, 1, 0, 0], False)),
    Mutant(together, "tells", "(len(one) - len(levels))", "len(one)", partial(test_together.test_one_column_tells_another_if_it_does_so_beyond_chance, [*range(38), 0, 1], [k % 2 for k in range(38)] + [0, 1], False)),
    Mutant(together, "proposed", "set(found) <= set(other)", "False", test_together.test_a_postcode_that_tells_its_town_and_country_is_proposed),
    Mutant(numerals, "value_of", "int(word) if DIGITS.fullmatch(word) else float(word)", "float(word)", partial(test_frames.test_a_column_of_several_types_comes_back_where_texts_tell_them, [1, "a", 2.5, None], [1, "a", 2.5, None])),
    Mutant(codec, "looked_up", "len(by_level) - 1", "0", test_together.test_what_a_column_tells_is_looked_up_in_drawn_rows),
    Mutant(moments, "_shift", "-shift if", "shift if", test_forms.test_times_of_several_zones_are_counted_in_utc),
    Mutant(moments, "read", "found.seconds - [", "found.seconds + [", test_forms.test_times_of_several_zones_are_counted_in_utc),
    Mutant(identifiers, "made", "'89ab'", "'0123'", test_forms.test_universal_identifiers_are_made_anew),
    Mutant(codes, "remark", "(is_wide and not is_postal)", "False", partial(test_forms.test_digits_that_are_codes_are_a_category, "kunde", ["00501", "02134"], "", 40)),
    Mutant(reach, "_never", "(-sign, name)", "(sign, name)", partial(test_conditions.test_what_no_row_can_be_is_refused, "age > age", "'age' lies between 20 and 40")),
    Mutant(identifiers, "numbering", "if is_padded", "if not is_padded", partial(test_forms.test_identifiers_keep_what_stands_before_their_number_and_its_zeros, "{:06d}", ["000001", "000002"])),
    Mutant(alike, "_numbers", "np.isnan(own) & (not column.missing)", "np.isnan(own) & False", partial(test_alike.test_what_cannot_be_compared_is_refused_in_words_of_the_data, column="x", word="", message="never missing")),
    Mutant(alike, "_parsed", "== column.of_day", "!= column.of_day", partial(test_alike.test_what_cannot_be_compared_is_refused_in_words_of_the_data, column="day", word="17:45", message="'day' has dates such as")),
    Mutant(guess, "_of_numbers", "(values % step).any()", "values.any()", partial(test_forms.test_times_stay_multiples_of_what_all_are, "%H:%M", 900, 900)),
    Mutant(columns, "gumbel", "-torch.log(-", "-torch.log(-2 * ", test_table_kind.test_latents_become_the_noise_that_draws_each_level_as_often_as_its_probability),
]  # fmt: skip

parts, training = test_refit.parts, test_alike.training  # fixtures of tests that are run here


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_is_caught(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)
