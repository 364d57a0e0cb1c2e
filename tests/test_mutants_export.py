"""Broken copies of what makes and checks an export: each must fail its test."""

from functools import partial

import pytest

import test_export
import test_export_folder
import test_serve as served
from mutants import Mutant, caught, in_suite
from sparring.data.table import values
from sparring.runs import alone
from sparring.uses.export import card, parity
from sparring.uses.serve import app, engine, gauges, guard

numbers = partial(test_export.test_numbers_of_a_table_are_those_that_the_codec_says, missing=True)
spread = test_export.test_numbers_may_differ_by_a_small_part_of_their_spread
kept = test_export.test_what_makes_other_samples_is_not_kept
digits = served.digits  # a fixture of tests that are run here
paths = test_export_folder.test_nothing_of_this_machine_is_in_it
told = test_export_folder.test_the_card_says_what_was_trained_measured_and_allowed

MUTANTS = [
    Mutant(values, "_Number.forward", ">= self.ranks", "> self.ranks + 0.01", numbers),
    Mutant(values, "_Number.forward", "(rank - self.ranks[below])", "rank", numbers),
    Mutant(values, "_Number.forward", ".round() * DAY", " * DAY", numbers),
    Mutant(values, "_Number.forward", ".round() / self.steps", " / self.steps", numbers),
    Mutant(values, "_Number.forward", "symbol == 1", "symbol == 0", numbers),
    Mutant(values, "_Level.forward", "symbol < self.levels", "symbol <= self.levels", numbers),
    Mutant(values, "Values.forward", "torch.special.ndtr", "torch.sigmoid", numbers),
    Mutant(values, "Values.forward", "self.groups[place]]", "0]", numbers),
    Mutant(parity, "tolerance", "SAME * ", "", spread),
    Mutant(parity, "parity", "np.inf, apart)", "0.0, apart)", spread),
    Mutant(parity, "parity", "np.abs(a - b)", "a - b", test_export.test_whole_numbers_that_differ_are_counted),
    Mutant(parity, "compared", "found.different > most * found.numbers", "False", kept),
    Mutant(parity, "_made", "theirs.shape != ours.shape", "False", kept),
    Mutant(app, "Server._body", "int(length[:20]) > most", "False", served.test_no_more_of_a_body_is_read_than_is_taken),
    Mutant(app, "Server._body", "total > most", "False", served.test_no_more_of_a_body_is_read_than_is_taken),
    Mutant(app, "Server.asked", "self.gauges.waiting >= self.limits.waiting", "False", served.test_beyond_those_that_wait_nobody_is_let_in),
    Mutant(app, "Server.asked", "self.gauges.waiting -= 1", "pass", served.test_a_body_that_never_ends_or_ends_too_early_is_given_up),
    Mutant(guard, "Guard._refused", "or not right", "", served.test_only_with_the_token_and_only_at_its_own_address),
    Mutant(guard, "Guard._refused", "origin is not None and", "False and", served.test_only_with_the_token_and_only_at_its_own_address),
    Mutant(gauges, "Gauges.count", "seconds <= limit", "seconds < limit / 10", served.test_requests_are_counted_as_prometheus_reads_them),
    Mutant(gauges, "Gauges.count", 'if path in self.paths else "other"', "", served.test_requests_are_counted_as_prometheus_reads_them),
    Mutant(engine, "chosen", "theirs < mine", "mine < theirs", served.test_the_faster_engine_serves),
    Mutant(alone, "_named", "Path(value).name", "value", paths),
    Mutant(card, "_copying", '< COPIES', '> COPIES', told),
    Mutant(card, "_plain", '"`*_[]<>#|"', '""', told),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_is_caught(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
