"""Broken copies of what searches options and judges them, each by one change, and the test that must fail then."""

from functools import partial

import pytest

import test_loop
import test_search
import test_tune_shared
import test_tune_space
import test_tune_trial
import test_tune_verdict
from mutants import Mutant, caught, in_suite
from sparring.config import search
from sparring.training import loop
from sparring.uses.tune import door, judge, shared, space, trial, verdict

ring, pictures, of_ring = test_tune_space.ring, test_tune_space.pictures, test_tune_space.of_ring
data, searched = test_tune_trial.data, test_tune_trial.searched

SPAN = test_search.test_a_multiple_spans_a_factor_up_and_down
DOUBLED = test_search.test_doublings_go_up_and_down
HELD = partial(test_search.test_values_are_held_within_their_bounds, name="beta1", value=2.0, kept=0.9999)
LOW = partial(test_search.test_values_are_held_within_their_bounds, name="g_width", value=0.5, kept=1)
NOTHING = test_search.test_what_does_nothing_is_not_searched
BEATS = partial(
    test_tune_verdict.test_tuned_is_better_only_if_each_training_beats_each,
    default=[3.0, 3.1, 3.2], tuned=[2.0, 2.1, 3.0], found="equal",
)  # fmt: skip
WORSE = partial(
    test_tune_verdict.test_tuned_is_better_only_if_each_training_beats_each,
    default=[2.0, 2.1, 2.2], tuned=[2.3, 9.0, 2.4], found="default",
)  # fmt: skip
FEW = partial(
    test_tune_verdict.test_tuned_is_better_only_if_each_training_beats_each,
    default=[3.0, 3.1], tuned=[2.0, 2.1, 2.2], found="open",
)  # fmt: skip
LONE = test_tune_verdict.test_a_default_beside_which_nothing_was_tried_is_not_called_as_good
CUT = test_tune_shared.test_a_line_that_a_killed_worker_did_not_finish_is_cut_off
SHARE = test_tune_verdict.test_the_sentence_says_by_how_much
STANDS = test_tune_space.test_a_recipe_as_it_stands_is_a_point_of_the_space
DIVIDED = test_tune_space.test_batches_stay_divisible_into_their_parts
ONCE = test_tune_shared.test_a_trial_of_a_dead_worker_is_tried_once_more
SILENT = partial(test_tune_shared.test_a_worker_elsewhere_is_dead_after_a_long_silence, silent=50.0, revived=0)
ALIVE = test_tune_shared.test_a_worker_that_is_alive_keeps_its_trial
OTHER = partial(
    test_tune_shared.test_another_study_is_refused_by_its_checksum,
    changes={"digest": "cd" * 32, "count": 90, "data": "others"},
    said="other data: 100 samples of photos; now 90 of oth",
)
WAITS = test_tune_shared.test_what_the_user_stopped_waits_again_and_what_diverged_counts_as_bad
APART = test_tune_trial.test_the_halves_are_apart_and_were_not_trained_on
FAST = test_tune_trial.test_short_trials_are_measured_by_fast_features
TENTHS = partial(test_tune_trial.test_records_are_compared_by_tenths, progress=0.099, number=1)
CLOCK = test_loop.test_minutes_are_those_of_the_clock_that_is_given

MUTANTS = [
    Mutant(search, "Times.choose", "1 / self.factor", "self.factor / self.factor", SPAN),
    Mutant(search, "Times.value", "base * chosen", "chosen", SPAN),
    Mutant(search, "Doublings.value", "2.0**chosen", "2.0 * chosen", DOUBLED),
    Mutant(search, "within", "min(value, high)", "value", HELD),
    Mutant(search, "within", "max(value, low)", "value", LOW),
    Mutant(search, "starts", "relative and value in OFF", "False", NOTHING),
    Mutant(verdict, "verdict", "max(tuned) < min(default)", "min(tuned) < min(default)", BEATS),
    Mutant(verdict, "verdict", "max(default) < min(tuned)", "False", WORSE),
    Mutant(verdict, "verdict", "< seeds", "< seeds - 1", FEW),
    Mutant(verdict, "verdict", "if others", "if True", LONE),
    Mutant(door, "_mend_journal", ".rfind(", ".find(", CUT),
    Mutant(
        verdict, "sentence", "1 - median(tuned) / median(default)", "median(tuned) / median(default)", SHARE
    ),
    Mutant(space, "Space.start", "alone | {", "{", STANDS),
    Mutant(space, "Space.config", "// parts) * parts", "// parts) * parts * 2", DIVIDED),
    Mutant(shared, "Shared.revive", "max_retry=1", "max_retry=2", ONCE),
    Mutant(shared, "Shared._dead", "GRACE + 4", "0 * GRACE + 4", SILENT),
    Mutant(shared, "Shared._dead", "not _alive(int(process))", "True", ALIVE),
    Mutant(shared, "Settings.checksum", '"digest": self.digest, ', "", OTHER),
    Mutant(shared, "Shared.tell", "outcome.state == STOPPED", "outcome.state == 'x'", WAITS),
    Mutant(shared, "Shared.best", "trial.value", "-trial.value", WAITS),
    Mutant(judge, "affordable", "count >= LEAST", "True", FAST),
    Mutant(judge, "affordable", "SHARE * seconds", "seconds", FAST),
    Mutant(judge, "Halves.of", "split_hold_out(held_out, 0.5)", "(held_out, held_out)", APART),
    Mutant(trial, "Bench.parts", "Halves.of(held_out).choosing", "Halves.of(held_out).reporting", APART),
    Mutant(trial, "tenth", "+ 0.05", "", TENTHS),
    Mutant(loop, "train", "started += now() - stopped", "pass", CLOCK),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_fails_its_test(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
