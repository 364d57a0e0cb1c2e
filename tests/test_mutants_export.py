"""Broken copies of what makes and checks an export: each must fail its test."""

from functools import partial

import pytest

import served_runs
import test_compiled
import test_export
import test_export_detector as of_detectors
import test_export_folder
import test_page
import test_python_words
import test_quality
import test_serve
import test_serve_engine
import test_serve_guard
import test_words
from mutants import Mutant, caught, in_suite
from sparring.config import words
from sparring.data.table import values
from sparring.errors import words as plain_words
from sparring.games import compiling
from sparring.history import record
from sparring.page import asked
from sparring.runs import alone, inference
from sparring.uses.export import card, detecting, parity
from sparring.uses.serve import app, engine, gauges, guard
from sparring.uses.serve import served as giving

numbers = partial(test_export.test_numbers_of_a_table_are_those_that_the_codec_says, missing=True)
spread = test_export.test_numbers_may_differ_by_a_small_part_of_their_spread
kept = test_export.test_what_makes_other_samples_is_not_kept
digits = served_runs.digits  # fixtures of tests that are run here
seen = test_compiled.seen
fitted = of_detectors.fitted
paths = test_export_folder.test_nothing_of_this_machine_is_in_it
told = test_export_folder.test_the_card_says_what_was_trained_measured_and_allowed

slope = partial(test_compiled.test_what_is_compiled_learns_the_same, options={"r1_gamma": 1.0})
unknown = partial(partial, test_page.test_what_the_page_does_not_know_is_refused)
NO = ("--no-conditional (conditional=False) does", "--no-conditional does")
YES = ("--hold-out here", "hold_out here")

MUTANTS = [
    Mutant(values, "_Number.forward", ">= self.ranks", "> self.ranks + 0.01", numbers),
    Mutant(values, "_Number.forward", "(rank - self.ranks[below])", "rank", numbers),
    Mutant(values, "_Number.forward", ".round() * self.whole_seconds", " * self.whole_seconds", numbers),
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
    Mutant(app, "Server._body", "int(length[:20]) > most", "False", test_serve_guard.test_no_more_of_a_body_is_read_than_is_taken),
    Mutant(app, "Server._body", "total > most", "False", test_serve_guard.test_no_more_of_a_body_is_read_than_is_taken),
    Mutant(app, "Server.asked", "self.gauges.waiting >= self.limits.waiting", "False", test_serve_guard.test_beyond_those_that_wait_nobody_is_let_in),
    Mutant(app, "Server.asked", "self.gauges.waiting -= 1", "pass", test_serve_guard.test_a_body_that_never_ends_or_ends_too_early_is_given_up),
    Mutant(guard, "Guard._refused", "or not right", "", test_serve_guard.test_only_with_the_token_and_only_at_its_own_address),
    Mutant(guard, "Guard._refused", "origin is not None and", "False and", test_serve_guard.test_only_with_the_token_and_only_at_its_own_address),
    Mutant(gauges, "Gauges.count", "seconds <= limit", "seconds < limit / 10", test_serve.test_requests_are_counted_as_prometheus_reads_them),
    Mutant(gauges, "Gauges.count", 'if path in self.paths else "other"', "", test_serve.test_requests_are_counted_as_prometheus_reads_them),
    Mutant(engine, "chosen", "theirs < mine", "mine < theirs", test_serve_engine.test_the_faster_engine_serves),
    Mutant(detecting, "distances", ".double()", ".float()", of_detectors.test_distances_are_exact_where_float32_is_not),
    Mutant(detecting, "_patches", ".amin(1)", ".mean(1)", partial(of_detectors.test_every_method_gives_its_own_scores, "patches")),
    Mutant(detecting, "_neighbours", "largest=False", "largest=True", partial(of_detectors.test_every_method_gives_its_own_scores, "neighbours")),
    Mutant(detecting, "DetectorGraph.inputs", "level + contrast * noise", "0.5 + noise", of_detectors.test_pictures_to_try_it_with_differ_in_brightness_and_contrast),
    Mutant(alone, "portable", "| usual", "", paths),
    Mutant(giving, "Samples.answer", "asked.truncation, asked.labels", "asked.truncation", test_serve.test_labels_hold_beside_conditions),
    Mutant(inference, "Sampler.kept", "[places.numpy()]", "", test_serve.test_labels_hold_beside_conditions),
    Mutant(guard, "Guard._refused", "self.crowded()", "False", test_serve_guard.test_too_many_connections_are_told_to_come_again),
    Mutant(asked, "_number", "least <= value <= most", "value == value", unknown({"share": "1.5", "to_seed": "1"}, "share: expected a number from 0 to 1, got '1.5'")),
    Mutant(asked, "_whole", "or not least <= int(text) <= most", "", unknown({"count": "65"}, "count: expected a whole number from 1 to 64, got '65'")),
    Mutant(asked, "DrawRequest.of", "if name not in KNOWN", "if False", unknown({"sed": "1"}, "unknown name 'sed'. Did you mean 'seed'")),
    Mutant(record, "figures", "+ 0.5", "", test_quality.test_in_words),
    Mutant(compiling, "compile_players", "on_slope and ", "False and ", slope),
    Mutant(plain_words, "names", '.removeprefix("no-")', "", partial(test_words.test_a_terminal_is_told_flags_alone, *NO)),
    Mutant(words, "_argument", 'found["no"] and ', "", partial(test_python_words.test_flags_become_arguments_and_commands_stay, *YES)),
    Mutant(alone, "_named", "Path(value).name", "value", paths),
    Mutant(card, "_copying", '< COPIES', '> COPIES', told),
    Mutant(card, "_plain", '"`*_[]<>#|"', '""', told),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_is_caught(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
