"""The doctor: each rule on a history that has the disease and on one that nearly has it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparring.cli.main import main
from sparring.cli.options import parser
from sparring.config.groups import Config
from sparring.config.recipes import RECIPES, from_recipe
from sparring.config.toml import to_toml
from sparring.doctor.diagnosis import CALM, OF_DATA, Doctor, described, diagnose
from sparring.doctor.foreign import read_foreign
from sparring.doctor.quality import Quality, longer
from sparring.doctor.report import Remarks, command, facts, line, options_text, text, with_path
from sparring.doctor.rule import Cure, Rule
from sparring.doctor.rules import RULES
from sparring.doctor.signals import DERIVED, LATELY, Signals, _turns
from sparring.doctor.stories import STORIES
from sparring.errors import ConfigError, DataError
from sparring.history.record import LOGGED, Record

Course = Callable[[int], dict[str, float]]  # a record's values from its number
OPTIONS = Config().flat() | {"kind": "image"}
HEALTHY: dict[str, float] = {
    "d_loss": 1.2, "g_loss": 0.9, "real_logit": 0.5, "fake_logit": -0.5, "d_real": 0.6, "d_fake": 0.4,
    "auc": 0.75, "g_gradient_norm": 0.3, "d_gradient_norm": 0.5, "g_change": 0.05, "d_change": 0.05,
    "distance": 0.02, "spread": 0.98, "class_spread": 0.9, "missing": 0.02, "out_of_reach": 0.0,
    "jitter": 0.2, "average_lag": 0.2, "copied": 0.5, "d_rank": 0.7, "held_out_gap": 0.1,
    "corners": 1.2, "detail": 0.9, "variety": 0.9, "class_variance": 0.9, "least_class": 3.0,
    "cluster_spread": 0.9, "times_real": 1.5, "times_real_error": 0.2,
}  # fmt: skip


def always(**values: float) -> Course:
    return lambda _: HEALTHY | values


def growing(name: str, by: float, **values: float) -> Course:
    return lambda k: HEALTHY | values | {name: values.get(name, HEALTHY[name]) * by**k}


def circling(near: float, far: float, **values: float) -> Course:
    return lambda k: HEALTHY | values | {"distance": far if k % 2 else near}


# For each rule: what has it, what nearly has it, and options other than the default ones.
HISTORIES: dict[str, tuple[Course, Course, dict[str, Any]]] = {
    "non-finite": (lambda k: {"non_finite": 1.0} if k == 19 else HEALTHY, always(non_finite=0.0), {}),
    "gradient-blocked": (
        always(g_gradient_norm=0.0, g_change=0.0),
        lambda k: HEALTHY | {"g_gradient_norm": 0.0, "g_change": 0.0 if k else 0.9},
        {},
    ),
    "dead-symbols": (always(dead_symbols=0.25), always(dead_symbols=0.15), {}),
    "one-text": (always(repeats=0.6), always(repeats=0.4), {}),
    "columns-torn": (always(tears=0.2), always(tears=0.1), {}),
    "dead-levels": (always(dead_levels=0.2), always(dead_levels=0.1), {}),
    "flat-column": (always(flat_columns=0.1), always(flat_columns=0.0), {}),
    "copies-climb": (lambda k: HEALTHY | {"copies": 0.35 * 1.1**k}, always(copies=0.9), {}),
    "unchanged": (always(changed=0.1), always(changed=0.2), {"rules": "translation"}),
    "inverted": (always(agreement=-0.2), always(agreement=-0.05, spread=0.9), {"rules": "translation"}),
    "source-ignored": (always(agreement=0.05), always(agreement=0.15), {"rules": "translation"}),
    "generator-frozen": (
        always(g_change=0.0),
        lambda k: HEALTHY | {"g_change": 0.0 if k > 1 else 0.1},
        {},
    ),
    "generator-dead": (
        lambda k: HEALTHY | {"g_change": 0.0 if k > 1 else 0.9, "jitter": 0.0, "spread": 0.0},
        always(jitter=1e-3, spread=0.0),
        {},
    ),
    "discriminator-frozen": (always(d_change=0.0), always(d_change=1e-5), {}),
    "labels-swapped": (
        always(auc=0.05, real_logit=-3),
        always(auc=0.05, real_logit=-3, d_change=5e-4),
        {},
    ),
    "wrong-sign": (
        growing("distance", 1.1, distance=1.0, auc=1.0),
        growing("distance", 0.9, distance=1.0, auc=1.0),
        {},
    ),
    "range-mismatch": (always(out_of_reach=0.8), always(out_of_reach=0.03), {}),
    "discriminator-won": (
        growing("real_logit", 1.1, real_logit=10, auc=1.0, distance=0.6),
        always(real_logit=2, auc=1.0, distance=0.6),
        {},
    ),
    "discriminator-sure": (
        lambda _: {"d_real": 0.999, "d_fake": 0.001, "g_loss": 9.0},
        lambda _: {"d_real": 0.999, "d_fake": 0.001, "g_loss": 9.0, "spread": 0.9},
        {},
    ),
    "gradient-vanished": (
        always(g_gradient_norm=1e-9, auc=1.0, distance=0.6),
        always(g_gradient_norm=1e-2, auc=1.0, distance=0.6),
        {},
    ),
    "mode-collapse": (always(spread=0.1), always(spread=0.4), {}),
    "grey-class": (always(class_variance=0.49), always(class_variance=0.51), {}),
    "class-collapse": (always(class_spread=0.1), always(class_spread=0.6), {}),
    "cluster-collapse": (always(cluster_spread=0.29), always(cluster_spread=0.31), {}),
    "spectral-collapse": (always(d_rank=0.1, distance=0.4), always(d_rank=0.1, distance=0.01), {}),
    "partial-collapse": (always(missing=0.5), always(missing=0.1), {}),
    "discriminator-weak": (
        always(auc=0.5, real_logit=-0.49, distance=0.8),
        always(auc=0.5, real_logit=-0.49),
        {},
    ),
    "rate-too-high": (
        lambda k: HEALTHY | {"jitter": 0.9, "distance": 0.2 if k < 5 else 0.6},
        always(jitter=0.9),
        {},
    ),
    "rate-too-low": (
        always(g_change=1e-5, jitter=0.001, distance=0.9),
        always(g_change=1e-5, jitter=0.001),
        {},
    ),
    "oscillation": (circling(0.2, 0.9, jitter=0.45), circling(0.5, 0.6, jitter=0.45), {}),
    "overfitting": (always(held_out_gap=0.8), always(held_out_gap=0.2), {}),
    "memorised": (always(copied=0.97), always(copied=0.6), {}),
    "leaky-augmentation": (always(augment_p=1.0), always(augment_p=0.7), {}),
    "weave": (always(corners=13), always(corners=4), {}),
    "blur": (always(detail=0.29), growing("times_real", 0.9, detail=0.2, times_real=900.0), {}),
    "lost-variety": (
        always(variety=0.49),
        growing("times_real", 0.9, variety=0.4, times_real=900.0),
        {},
    ),
    "average-lags": (always(average_lag=0.95), always(average_lag=0.3), {}),
    "no-average": (always(jitter=0.45), always(jitter=0.1), {"ema_half_life": None}),
    "batch-too-small": (always(jitter=0.3), always(jitter=0.05), {"batch_size": 2}),
    "gradient-leap": (
        lambda k: HEALTHY | {"d_gradient_norm": 1.0 if k < 17 else 1e4},
        lambda k: HEALTHY | {"d_gradient_norm": 1.0 if k < 17 else 5.0},
        {},
    ),
}


def history(course: Course, count: int = 20) -> list[Record]:
    """Records 50 steps apart."""
    return [Record(50 * k, 3200 * k, float(k), k / count, course(k - 1)) for k in range(1, count + 1)]


def names(course: Course, options: dict[str, Any]) -> list[str]:
    return [finding.name for finding in diagnose(history(course), OPTIONS | options).present]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_knows_its_disease_and_not_its_neighbour(rule: Rule) -> None:
    ill, nearly, options = HISTORIES[rule.name]
    assert rule.name in names(ill, options)
    assert rule.name not in names(nearly, options)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_needs_several_records_in_a_row(rule: Rule) -> None:
    ill, _, options = HISTORIES[rule.name]
    if rule.name in ("non-finite", "gradient-leap"):
        assert rule.checks < 3
        return
    doctor = Doctor(OPTIONS | options)
    records = history(ill, 40)
    found = [record.step for record in records if rule.name in {f.name for f in doctor.examine(record)}]
    assert found[0] >= max(rule.grace, 50 * rule.checks)
    assert found[-1] == records[-1].step


def test_a_healthy_history_is_healthy() -> None:
    diagnosis = diagnose(history(always()), OPTIONS)
    assert diagnosis.healthy
    assert diagnosis.ever == ()
    assert text(diagnosis, "run").endswith("leaky-augmentation")  # which no number spoke of
    assert diagnosis.unchecked == ("leaky-augmentation",)


def test_a_rule_for_want_of_a_signal_is_not_missed_where_the_signal_is() -> None:
    for values, missed in (({"d_loss": 1.0}, True), ({"d_loss": 1.0, "spread": 0.9}, False)):
        diagnosis = diagnose(history(lambda _, values=values: values), OPTIONS)
        assert ("discriminator-sure" in diagnosis.unchecked) == missed


OF_TABLES = {"columns-torn", "dead-levels", "flat-column"}
OF_TEXT = {"dead-symbols", "one-text", "copies-climb"}
OF_TRANSLATIONS = {"unchanged", "inverted", "source-ignored"}


def test_what_such_data_do_not_have_is_not_missed() -> None:
    special = {rule.name for rule in RULES if rule.special}
    of_pictures = {"grey-class", "class-collapse", "cluster-collapse", "weave", "blur", "lost-variety"}
    assert special == of_pictures | OF_TEXT | OF_TABLES | OF_TRANSLATIONS
    of_some = {rule.signs[0].name for rule in RULES if rule.special}
    points = {name: value for name, value in HEALTHY.items() if name not in of_some}
    assert not special & set(diagnose(history(lambda _: points), OPTIONS).unchecked)
    unmeasured = {"d_loss": 1.2, "g_loss": 0.9}
    assert special <= set(diagnose(history(lambda _: unmeasured), OPTIONS).unchecked)


def test_every_rule_is_whole() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert set(HISTORIES) == {rule.name for rule in RULES}
    for rule in RULES:
        assert rule.signs
        assert {sign.name for sign in rule.signs} <= LOGGED.keys() | DERIVED.keys()
        assert rule.why.endswith(".")
        assert rule.cures
        for cure in rule.cures:
            assert not cure.option or cure.option in OPTIONS
            assert cure.change(OPTIONS) == {} or Config().replace(**cure.change(OPTIONS))


def test_clipped_weights_have_few_directions_by_themselves() -> None:
    ill = HISTORIES["spectral-collapse"][0]
    found = {finding.name: finding for finding in diagnose(history(ill), OPTIONS).present}
    evidence = [(said.name, said.value, said.healthy) for said in found["spectral-collapse"].evidence]
    assert evidence == [(name, ill(0)[name], LOGGED[name].healthy) for name in ("d_rank", "distance")]
    assert "spectral-collapse" not in names(ill, {"weight_clip": 0.01})


def test_samples_that_are_nearer_than_the_mean_do_not_run_away() -> None:
    """Music begins near and goes away at first; no loss has a wrong sign there."""
    away = growing("distance", 1.03, distance=0.5, auc=1.0)
    assert "wrong-sign" not in names(away, {"kind": "music"})
    assert "wrong-sign" in names(growing("distance", 1.03, distance=1.0, auc=1.0), {"kind": "music"})


def test_rules_for_some_games_are_silent_in_others() -> None:
    course = HISTORIES["discriminator-won"][0]
    assert "discriminator-won" in names(course, {"loss": "hinge"})
    assert "discriminator-won" not in names(course, {"loss": "wasserstein"})
    diagnosis = diagnose(history(course), {})
    assert "discriminator-won" in diagnosis.unchecked
    assert "discriminator-won" not in {finding.name for finding in diagnosis.present}


def test_what_is_over_is_told_apart_from_what_is() -> None:
    diagnosis = diagnose(
        history(lambda k: HEALTHY | ({"auc": 0.05, "real_logit": -3.0} if k < 10 else {})), OPTIONS
    )
    assert diagnosis.healthy
    assert [(finding.name, finding.step) for finding in diagnosis.passed] == [("labels-swapped", 200)]
    assert "Found earlier, and now over: labels-swapped (step 200)" in text(diagnosis, "run")


def test_what_comes_again_is_told_as_it_first_was() -> None:
    ill = {"auc": 0.05, "real_logit": -3.0}
    diagnosis = diagnose(history(lambda k: HEALTHY | ({} if 6 < k < 12 else ill)), OPTIONS)
    assert [finding.step for finding in diagnosis.present if finding.name == "labels-swapped"] == [750]
    assert [finding.step for finding in diagnosis.ever if finding.name == "labels-swapped"] == [200]
    assert diagnosis.passed == ()
    assert (diagnosis.records, diagnosis.step) == (20, 1000)


def comes_and_goes(ill: list[int]) -> Course:
    """Labels are swapped at the records with these numbers, from 0 on."""
    return lambda k: HEALTHY | ({"auc": 0.05, "real_logit": -3.0} if k in ill else {})


def test_what_comes_and_goes_is_one_finding() -> None:
    ill = [2, 3, 4, 9, 10, 15]  # absent for 4 records in a row, twice
    found = diagnose(history(comes_and_goes(ill)), OPTIONS)
    assert [(f.name, f.step, f.last) for f in found.present] == [("labels-swapped", 250, 800)]
    assert "Since step 250, last seen at step 800; confidence" in text(found, "run")
    assert facts(found, "run")["findings"][0]["last_step"] == 800
    over = diagnose(history(comes_and_goes(ill), 16 + CALM), OPTIONS)
    assert (over.present, [f.name for f in over.passed]) == ((), ["labels-swapped"])
    seen = diagnose(history(comes_and_goes([*range(2, 20)])), OPTIONS)
    assert "last seen" not in text(seen, "run")


def test_the_line_of_a_training_keeps_to_what_it_has_said() -> None:
    # Oscillation comes first and goes on; what is named before it in the table comes later.
    first, later, grave = {"missing": 0.5}, {"class_variance": 0.1}, {"spread": 0.1}
    course = lambda k: HEALTHY | first | (later if k >= 12 else {}) | (grave if k >= 16 else {})  # noqa: E731
    doctor, remarks, news = Doctor(OPTIONS), Remarks(), []
    for record in history(course, 24):
        said, new = remarks(doctor.diagnosis(doctor.examine(record)))
        news += [said] if new else []
    assert ["whole kinds" in said or "nearly the same sample" in said for said in news] == [True, True]
    assert "Confidence: medium.\n" in news[0] + "\n"  # alone
    assert "(+2 more)" in news[1]  # the one that advises to stop is worth a line


def test_the_doctor_says_how_far_a_healthy_run_is() -> None:
    options = OPTIONS | {"noun": "picture"}
    found = diagnose(history(always(times_real=39.0, times_real_error=2.0)), options)
    assert line(found) == "doctor: Healthy, but far: 39 ± 2 times what real pictures score after 20 s."
    assert (found.conclusion, facts(found, "run")["conclusion"]) == ("poor", "poor")
    blurred = diagnose(
        history(always(times_real=39.0, times_real_error=2.0, detail=0.4, variety=0.65)), options
    )
    assert (
        "after 20 s; the samples are blurred (detail 0.4, healthy: 0.5 to 2); their detail is too much alike "
        "(variety 0.65, healthy: 0.7 to 1.3)." in line(blurred)
    )


def test_a_finding_names_its_class_and_no_cluster_is_a_class() -> None:
    names = {"class_names": tuple(f"digit {k}" for k in range(10))}
    grey = always(class_variance=0.2, least_class=3.0)
    for options, title in (
        (OPTIONS | names, "than the data (class 'digit 3')"),
        (OPTIONS, "than the data (class '3')"),
    ):
        (finding,) = diagnose(history(grey), options).present
        assert finding.title.endswith(title)
        assert finding.subject in title
    older = always(class_spread=0.1)  # as clusters were called in older histories
    assert [f.name for f in diagnose(history(older), OPTIONS).present] == ["class-collapse"]
    del (alike := dict(older(0)))["cluster_spread"]
    clustered = diagnose(history(lambda _: alike), OPTIONS | {"clustered": True})
    assert [f.name for f in clustered.present] == ["cluster-collapse"]
    assert "class" not in f"{clustered.present[0].title} {clustered.present[0].why}"


def test_samples_that_still_get_better_neither_circle_nor_jump() -> None:
    for name in ("oscillation", "rate-too-high"):
        ill = HISTORIES[name][0]
        better = lambda k, ill=ill: ill(k) | {"times_real": 900 * 0.9**k}  # noqa: E731
        assert name in names(ill, {})
        assert name not in names(better, {})


def test_gained_is_the_best_before_the_last_records_over_the_best_of_these() -> None:
    def gained(*values: float, name: str = "times_real") -> float | None:
        signals = Signals({})
        records = [Record(50 * k, 0, 0.0, 0.0, {name: value}) for k, value in enumerate(values)]
        return [signals.of(record) for record in records][-1].get("gained")

    assert LATELY == 5
    assert gained(9, 9, 9, 9, 9) is None
    assert gained(8, 9, 9, 9, 4, 9) == 2
    assert gained(9, 4, 9, 9, 9, 9, 9, 8) == 0.5
    assert gained(4, 9, 9, 9, 9, 9, 8, name="distance") == 0.5
    signals = Signals({})
    for k in range(14):  # times real comes later than the distance, and counts alone from there on
        values = {"distance": 0.1} | ({"times_real": 24.0 - k} if k > 7 else {})
        found = signals.of(Record(50 * k, 0, 0.0, 0.0, values))
        assert ("gained" in found) == (5 <= k <= 7 or k == 13)
    assert found["gained"] == pytest.approx(16 / 11)


def test_pictures_that_have_just_grown_may_be_blurred() -> None:
    """They grow until 0.5 of the training; the blur of a longer time is a finding."""
    signals = Signals({})
    found = [signals.of(Record(k, 0, 0.0, k / 10, {"grown": 0.5} if k < 5 else {}))["whole"] for k in range(11)]
    assert found == pytest.approx([0, 0, 0, 0, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    ill = HISTORIES["blur"][0]
    assert "blur" in names(ill, {})
    assert "blur" not in names(lambda k: ill(k) | {"grown": 0.5}, {})


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_disease_has_a_cure_to_type(recipe: str) -> None:
    for kind in ("image", "points"):
        config = from_recipe(recipe, kind)
        options = described(config, {"spec": {"kind": kind}}, ())
        for rule in RULES:
            if rule.name == "discriminator-sure" or kind not in rule.kinds:
                continue  # one of other programs' histories; the other kind has other options
            typed = [cure for cure in Doctor(options).prescriptions(rule.name) if cure.change or cure.command]
            assert typed, (recipe, kind, rule.name)
            for cure in typed:
                config.replace(**cure.change)
                words = cure.command.removeprefix("sparring ") or f"train mnist {options_text(cure.change)}"
                parser().parse_args(words.split())


def test_cures_of_code_are_for_programs_and_commands_name_the_run_s_data() -> None:
    doctor = Doctor(described(from_recipe("sprint").replace(data="my photos"), {}))
    assert doctor.prescriptions("generator-frozen")[-1].command == "sparring train 'my photos' --recipe modern"
    of_text = Doctor(OPTIONS | {"kind": "text", "recipe": "letters", "augment": "none", "lecam_weight": 0.0})
    assert not any("--recipe" in cure.command for cure in of_text.prescriptions("generator-frozen"))
    changes = [cure.change for name in ("overfitting", "memorised") for cure in of_text.prescriptions(name)]
    assert {"lecam_weight": 0.3} in changes
    assert not any("augment" in change for change in changes)
    doctor.examine(Record(50, 3200, 130.0, 0.1, HEALTHY))
    assert "sparring resume RUN --minutes 5" in [cure.command for cure in doctor.prescriptions("weave")]
    modern = Doctor(described(from_recipe("modern"), {}))
    assert modern.prescriptions("generator-frozen")[-1].command == "sparring train mnist"
    assert not any("--recipe modern" in cure.command for cure in modern.prescriptions("weave"))
    words = "give its loss D(real) first and D(forged) second"
    for options, told in ((OPTIONS, False), (OPTIONS | {"rules": "own"}, True), ({}, True)):
        found = [cure.words for cure in Doctor(options).prescriptions("labels-swapped")]
        assert (words in found) == told


def test_of_options_that_are_not_known_cures_are_words() -> None:
    known, unknown = (Doctor(options).prescriptions("mode-collapse") for options in (OPTIONS, {}))
    words = {cure.words: dict(cure.change) for cure in known}
    assert words["a slower generator"] == {"g_lr": OPTIONS["g_lr"] / 4}
    assert all(cure.change == {} for cure in unknown)
    assert "a slower generator (g_lr times 0.25)" in [cure.words for cure in unknown]
    assert "no momentum, so that each player reacts to what the other is now (beta1 0.0)" in [
        cure.words for cure in unknown
    ]


def test_signals_of_a_course() -> None:
    signals = Signals({"batch_size": 4, "ema_half_life": None})
    found = [
        signals.of(Record(50 * k, 0, 0.0, 0.0, {"real_logit": k, "fake_logit": -k, "distance": 1 / k}))
        for k in range(1, 10)
    ]
    assert found[0] == {
        "real_logit": 1, "fake_logit": -1, "distance": 1, "batch_size": 4, "average": 0, "clipped": 0,
        "logit_gap": 2, "whole": 1,
        "worse_than_start": 1, "worse_than_best": 1,
    }  # fmt: skip
    assert found[4]["progress_made"] == pytest.approx(5 / 2)
    assert "progress_made" not in found[2]
    assert found[8]["worse_than_start"] == pytest.approx(1 / 9)
    lately = [1 / k for k in range(2, 10)]
    assert found[8]["swing"] == pytest.approx((lately[0] - lately[-1]) / (sum(lately) / 8))
    assert found[8]["turns"] == 0
    assert "turns" not in found[6]


def test_moves_smaller_than_a_tenth_of_the_mean_are_no_turns() -> None:
    assert _turns([0.0, 1.0, 0.95, 2.0, 1.0, 1.05, 2.0], 0.1) == 2
    for size, turns in ((0.09, 0), (0.11, 6)):
        signals = Signals({})
        course = [1 + size / 2 * (-1) ** k for k in range(8)]
        found = [signals.of(Record(k, 0, 0.0, 0.0, {"distance": course[k]})) for k in range(8)]
        assert found[-1]["turns"] == turns


def test_cures_change_what_there_is_to_change() -> None:
    assert Cure("slower", "d_lr", times=0.1).change({"d_lr": 2e-3}) == {"d_lr": 2e-4}
    assert Cure("slower", "d_lr", times=0.1).change({}) == {}
    assert Cure("more", "latent_dim", times=2, least=16).change({"latent_dim": 4}) == {"latent_dim": 16}
    assert Cure("R1", "r1_gamma", 0.1).change({"r1_gamma": 0.0}) == {"r1_gamma": 0.1}
    assert Cure("R1", "r1_gamma", 0.1).change({"r1_gamma": 1.0}) == {}
    assert Cure("words").change(OPTIONS) == {}
    deviation = Cure("see", "d_deviation", True, only=("discriminator", "dcgan"))
    assert deviation.change({"discriminator": "dcgan"}) == {"d_deviation": True}
    assert deviation.change({"discriminator": "mlp"}) == {}
    own = Cure("as the recipe has it", own=("g_lr", "r1_gamma", "latent_dim"))
    assert own.change({"recipe": "tutorial", "g_lr": 1.0, "r1_gamma": 0.0, "latent_dim": 100}) == {"g_lr": 2e-4}
    assert own.change({"g_lr": 1.0}) == {}  # of no recipe
    # What follows from the data is not in the recipe.
    modern = {"recipe": "modern", "kind": "points", "g_lr": 1e-3, "r1_gamma": 0.4, "latent_dim": 2}
    assert own.change(modern) == {}
    with pytest.raises(ConfigError):
        Config().replace(**Cure("nothing such", "d_rate", 1.0).change({}))


def test_a_line_for_the_terminal() -> None:
    said = line(diagnose(history(HISTORIES["gradient-vanished"][0]), OPTIONS))
    assert said.startswith("doctor: hardly any gradient reaches the generator (g_gradient_norm 1e-09, auc 1")
    assert "--r1-gamma 10" in said
    assert said.rstrip(")").split("Confidence: high.")[1] in ("", " (+1 more", " (+2 more")
    assert line(diagnose(history(always())[:2], OPTIONS)).startswith("doctor: Too few records")
    assert "--d-deviation" in command(
        next(
            f for f in diagnose(history(always(spread=0.1)), OPTIONS).present if f.name == "mode-collapse"
        ).cures[3]
    )


def test_only_changes_are_news() -> None:
    doctor, remarks = Doctor(OPTIONS), Remarks()
    records = history(lambda k: HEALTHY | ({"auc": 0.05, "real_logit": -3.0} if k < 10 else {}))
    said = [(record.step, *remarks(doctor.diagnosis(doctor.examine(record)))) for record in records]
    assert [step for step, _, news in said if news] == [200, 750]
    assert "takes forged samples for real" in said[3][1]
    assert said[-1][1] == "doctor: Healthy: no rule holds; 1.5 ± 0.2 times real after 20 s."


def run_folder(path: Path, course: Course) -> Path:
    path.mkdir()
    (path / "config.toml").write_text(to_toml(Config()))
    (path / "history.jsonl").write_text("".join(record.to_json() + "\n" for record in history(course)))
    return path


def test_the_verb_on_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    well, ill = run_folder(tmp_path / "well", always()), run_folder(tmp_path / "ill", always(spread=0.1))
    assert main(["doctor", str(well)]) == 0
    assert "Healthy" in capsys.readouterr().out
    assert main(["doctor", str(ill)]) == 3
    said = capsys.readouterr().out
    assert "mode-collapse: the generator draws nearly the same sample" in said
    assert "spread = 0.1 (healthy: 0.85 to 1.05)" in said
    assert "More about it: sparring doctor mode-collapse" in said
    assert main(["doctor", str(ill), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["findings"][0]["name"] == "mode-collapse"
    assert told["findings"][0]["cures"][0]["change"] == {"r1_gamma": 10.0}
    expected = facts(diagnose(history(always(spread=0.1)), OPTIONS), str(ill))
    assert told == expected | {"unreadable_lines": 0}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_a_finding_means(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", rule.name]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for told in (rule.title, rule.why, rule.cures[0].words, STORIES[rule.name].appearance):
        assert told.replace("`", "") in said
    for option in re.findall(r"\d\. (--[a-z0-9-]+(?: [^ :]+)?)", said):
        parser().parse_args(["train", "mnist", *option.split()])
    for whole in re.findall(r"\d\. sparring (train DATA[^:]*|resume RUN[^:]*):", said):
        parser().parse_args(whole.replace("MORE", "9").split())
    typed = [cure for cure in rule.cures if cure.option or cure.own]
    assert typed
    assert said.count("--") >= len(typed)
    assert "options to add to sparring train DATA or a whole command" in said
    assert all(sign.name in said for sign in rule.signs)
    assert main(["doctor", rule.name[:-1]]) == 1
    assert f"Did you mean '{rule.name}'?" in capsys.readouterr().err
    run_folder(tmp_path / rule.name, always())  # a run of that name comes first
    assert main(["doctor", rule.name]) == 0
    assert "Healthy" in capsys.readouterr().out


@pytest.mark.parametrize("made", ["nothing", "empty", "text.txt", "no-config"])
def test_what_the_verb_refuses(tmp_path: Path, made: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / made
    if made == "text.txt":
        path.write_text("hello")
    elif made != "nothing":
        path.mkdir()
        if made == "no-config":
            (path / "history.jsonl").write_text("")
    assert main(["doctor", str(path)]) == 1
    assert capsys.readouterr().err.startswith("sparring: ")


def test_histories_of_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "losses.csv"
    rows = "\n".join(f"{k},0.001,{9 + k},0.999,0.0001" for k in range(1, 30))
    table.write_text(f"iteration,Loss_D,loss_G,D(x),D(G(z))\n{rows}\n")
    records, unit = read_foreign(table)
    assert unit == "The steps are read from a column."
    assert records[4] == Record(
        5, 5, 0.0, 0.0, {"d_loss": 0.001, "g_loss": 14, "d_real": 0.999, "d_fake": 1e-4}
    )
    (tmp_path / "log.jsonl").write_text(
        '{"step": 7, "fid": 12.5, "note": "x"}\nbroken\n[1]\n{"step": 8, "fid": null}\n'
    )
    assert read_foreign(tmp_path / "log.jsonl").records == [Record(7, 7, 0.0, 0.0, {"frechet": 12.5})]
    assert main(["doctor", str(table), "--loss", "non-saturating"]) == 4
    said = capsys.readouterr().out
    assert "Not checked, since" in said
    assert "Not checked yet, since they need more steps or records: discriminator-sure" in said
    for name, content in (("a.csv", "x,y\n1,2\n"), ("b.jsonl", ""), ("c.csv", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(DataError):
            read_foreign(tmp_path / name)


def test_separators_and_numbers_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "losses.csv"
    for content in ("step;Loss_D;Loss_G\n3;0,5;1,25\n", "step\tLoss_D\tLoss_G\n3\t0.5\t1.25\n"):
        path.write_text(content)
        assert read_foreign(path).records == [Record(3, 3, 0.0, 0.0, {"d_loss": 0.5, "g_loss": 1.25})]
    path.write_text("step,Loss_D,Loss_G,FID\n1,0.5,1,nan\n2,nan,inf,nan\n")
    assert read_foreign(path).records[1] == Record(2, 2, 0.0, 0.0, {"non_finite": 2.0})
    assert main(["doctor", str(path)]) == 3
    assert "a loss or a gradient became infinite or NaN" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "step\td_loss\tg_loss\n3\t0.5\t1\n6\t0.25\t2\n"),
        ("a.txt", "iter,Loss/D,Loss/G\n3,0.5,1\n6,0.25,2\n"),
        ("a.csv", "Step,run 7 - d_loss,run 7 - g_loss\n3,0.5,1\n6,0.25,2\n"),
        ("b.csv", "epoch,batch,train/d_loss,train/g_loss\n0,3,0.5,1\n1,2,0.25,2\n"),  # 3 + 1 + 2
        ("c.csv", "epoch,i,train/d_loss,train/g_loss\n0,3,0.5,1\n1,2,0.25,2\n"),
        (
            "a.json",
            '[\n {"step": 3, "d_loss": 0.5, "g_loss": 1},\n {"step": 6, "d_loss": 0.25, "g_loss": 2}\n]',
        ),
        ("b.json", '{"step": [3, 6],\n "d_loss": [0.5, 0.25], "g_loss": [1, 2]}'),
        (
            "a.jsonl",
            '{"step": 3, "d_loss": 0.5, "g_loss": 1, "x": "\u2028"}\n{"step": 6, "d_loss": 0.25, "g_loss": 2}',
        ),
    ],
)
def test_shapes_of_histories(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert [(record.step, record.values) for record in read_foreign(tmp_path / name).records] == [
        (3, {"d_loss": 0.5, "g_loss": 1}),
        (6, {"d_loss": 0.25, "g_loss": 2}),
    ]


def test_steps_that_begin_anew_are_counted_on(tmp_path: Path) -> None:
    path = tmp_path / "losses.csv"
    path.write_text("batch,d_loss\n" + "".join(f"{k},1\n" for _ in range(3) for k in range(100)))
    assert [record.step for record in read_foreign(path).records] == list(range(300))


def test_columns_of_different_lengths(tmp_path: Path) -> None:
    path = tmp_path / "losses.json"
    path.write_text('{"d_loss": [1, 2], "g_loss": [3]}')
    assert [record.values for record in read_foreign(path).records] == [
        {"d_loss": 1, "g_loss": 3},
        {"d_loss": 2},
    ]


def test_lines_that_cannot_be_read_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_folder(tmp_path / "run", always())
    with (run / "history.jsonl").open("a") as file:
        file.write("rubbish\n{half")
    assert main(["doctor", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unreadable_lines"] == 2
    assert main(["doctor", str(run)]) == 0
    assert "2 lines of the history could not be read." in capsys.readouterr().out
    (run / "history.jsonl").write_text("rubbish\n")
    assert main(["doctor", str(run), "--json"]) == 1
    assert "1 unreadable line." in capsys.readouterr().err


def test_progress_is_judged_with_a_record_at_every_step() -> None:
    signals = Signals({})
    for step in range(1, 1001):
        found = signals.of(Record(step, step, 0.0, 0.0, {"distance": 1 / step}))
    assert found["progress_made"] == pytest.approx(1000 / 850, rel=1e-9)
    assert len(signals.before) == 150  # no more than the next one needs


def test_few_numbers_are_no_health(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "losses.csv"
    path.write_text("step,Loss_D\n1,0.5\n2,0.4\n")
    assert main(["doctor", str(path)]) == 4
    assert "Too few records to find diseases" in capsys.readouterr().out
    path.write_text("step,Loss_D\n1,0.5\n2,0.4\n3,0.4\n")
    assert main(["doctor", str(path)]) == 4
    said = capsys.readouterr().out
    assert "Healthy" not in said
    assert "Too few numbers to find diseases: nothing was found, but only 1 of" in said
    assert main(["doctor", str(path), "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert (told["healthy"], told["conclusion"]) == (False, "partly")


def test_rules_that_need_more_steps_are_not_called_checked() -> None:
    diagnosis = diagnose(history(always(), 4), OPTIONS)  # 200 steps, and a healthy course
    assert {"no-average", "memorised", "weave"} <= set(diagnosis.early)
    assert "mode-collapse" in diagnosis.early  # from step 150 on, three times
    assert "generator-frozen" not in diagnosis.early
    assert (diagnosis.conclusion, diagnosis.healthy) == ("partly", False)
    assert "Not checked yet" in text(diagnosis, "run")


def epochs(path: Path, count: int) -> Path:
    """A log of a discriminator that is sure of everything, with a row an epoch."""
    lines = [f"{k},0.0001,{6 + k / 20:.2f},0.9999,0.0001" for k in range(count)]
    path.write_text("\n".join(["epoch,Loss_D,Loss_G,D(x),D(G(z))", *lines]))
    return path


def test_rows_that_are_epochs_do_not_count_as_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = epochs(tmp_path / "log.csv", count=8)
    records, unit = read_foreign(path)
    assert [record.step for record in records] == [100 * k for k in range(1, 9)]
    assert "Each row is one epoch and counts as 100 steps" in unit
    assert main(["doctor", str(path), "--loss", "non-saturating"]) == 3
    assert "--steps-per-row" in capsys.readouterr().out
    assert main(["doctor", str(path), "--loss", "non-saturating", "--steps-per-row", "5", "--json"]) == 4
    told = json.loads(capsys.readouterr().out)
    assert told["early"] == ["discriminator-sure"]  # 40 steps
    assert told["steps"] == "Each row counts as 5 steps, as given."
    assert main(["doctor", str(path), "--loss", "non-saturating", "--steps-per-row", "938"]) == 3
    for bad in ("0", "-1", "nan", "1e12"):
        assert main(["doctor", str(path), "--steps-per-row", bad]) == 1
    assert main(["doctor", str(run_folder(tmp_path / "run", always())), "--steps-per-row", "2"]) == 1
    assert "A run folder does not need it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("columns", "steps"),
    [
        ({"d_loss": [1, 1, 1]}, [1, 2, 3]),
        ({"d_loss": [1, 1, 1, 1], "epoch": [0, 0, 1, 1]}, [33, 67, 100, 133]),
        ({"d_loss": [1, 1, 1], "epoch": [5, 10, 15]}, [500, 1000, 1500]),
        ({"d_loss": [1, 1, 1], "epoch": [0, 1, 2], "batch": [937, 937, 937]}, [100, 200, 300]),
        ({"d_loss": [1, 1, 1], "batch": [64, 64, 64]}, [1, 2, 3]),
        ({"d_loss": [1, 1, 1], "kimg": [0, 64, 128]}, [0, 1000, 2000]),
        ({"d_loss": [1, 1, 1], "samples_seen": [640, 1280, 1920], "epoch": [0, 0, 0]}, [10, 20, 30]),
        ({"d_loss": [1, 1, 1], "epoch": [0, 1, 2], "step": [938, 1876, 2814]}, [938, 1876, 2814]),
    ],
)
def test_the_unit_of_a_row_is_found_in_the_columns(
    tmp_path: Path, columns: dict[str, list[float]], steps: list[int]
) -> None:
    (tmp_path / "log.json").write_text(json.dumps(columns))
    assert [record.step for record in read_foreign(tmp_path / "log.json").records] == steps


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("errD,errG", ("d_loss", "g_loss")),
        ("Loss/Discriminator,Loss/Generator", ("d_loss", "g_loss")),
        ("train_netD_loss_avg,lossG (train)", ("d_loss", "g_loss")),
        ("losses/critic,metrics/FID", ("d_loss", "frechet")),
        ("Discriminator Loss,val/d_loss", ("d_loss",)),
        ("D_loss_real,D_loss_fake,G loss", ("g_loss",)),
    ],
)
def test_names_that_others_give(tmp_path: Path, header: str, names: tuple[str, ...]) -> None:
    (tmp_path / "log.csv").write_text(f"{header}\n{','.join('1' * (header.count(',') + 1))}\n")
    assert tuple(read_foreign(tmp_path / "log.csv").records[0].values) == names


def test_a_curve_that_tensorboard_exports(tmp_path: Path) -> None:
    path = tmp_path / "run-june-tag-Loss_D.csv"
    path.write_text("Wall time,Step,Value\n1700000000.5,40,0.75\n1700000001.5,80,0.5\n")
    assert read_foreign(path).records[1] == Record(80, 80, 0.0, 0.0, {"d_loss": 0.5})


def test_losses_alone_bound_the_scores_in_the_game_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "losses.csv"
    path.write_text("iter,D_loss,G_loss\n" + "".join(f"{50 * k},0.001,7\n" for k in range(1, 20)))
    assert main(["doctor", str(path), "--loss", "non-saturating"]) == 3
    assert main(["doctor", str(path)]) == 4
    path.write_text("iter,D_loss,G_loss\n" + "".join(f"{50 * k},0.9,7\n" for k in range(1, 20)))
    assert main(["doctor", str(path), "--loss", "non-saturating"]) == 4


def test_no_disease_is_not_yet_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    poor = always(times_real=482.0, times_real_error=9.0, spread=0.71)
    run = run_folder(tmp_path / "run", poor)
    assert main(["doctor", str(run)]) == 5
    said = capsys.readouterr().out
    assert (
        "Healthy, but far: 482 ± 9 times what real samples score after 20 s; the samples are too much alike "
        "(spread 0.71," in said
    )
    assert "no rule holds" not in said
    assert "hardly get better" in said
    told = facts(diagnose(history(poor), OPTIONS), "run")
    assert (told["conclusion"], told["healthy"], told["times_real"]) == ("poor", False, 482.0)
    found = diagnose(history(poor), OPTIONS)
    assert "hardly get better" not in line(found)  # while it trains
    assert "hardly get better" in line(found, advice=True)
    falling = diagnose(history(growing("times_real", 0.9, times_real=900.0)), OPTIONS)
    better = "The samples are getting better: train longer (sparring resume RUN --minutes 1)."
    assert text(falling, "run").split("\n\n")[1].endswith(better)
    assert with_path(better, Path("my runs/a")).endswith("(sparring resume 'my runs/a' --minutes 1).")
    assert [longer(seconds) for seconds in (0, 30, 31, 240)] == [
        f"sparring resume RUN --minutes {minutes}" for minutes in (1, 1, 2, 8)
    ]


def test_doubt_about_an_estimate_is_no_fault_and_a_measurement_goes_before_it(tmp_path: Path) -> None:
    assert diagnose(history(always(times_real=3.4, times_real_error=2.6)), OPTIONS).healthy
    assert not diagnose(history(always(times_real=3.4, times_real_error=0.5)), OPTIONS).healthy
    run = run_folder(tmp_path / "run", always(times_real=3.4, times_real_error=0.5))
    measured = {"times_real": 1.3, "times_real_error": 0.1, "checkpoint_step": 1000}
    (run / "quality.json").write_text(json.dumps(measured | {"checkpoint_step": 900}))
    assert main(["doctor", str(run)]) == 5  # of another moment
    (run / "quality.json").write_text(json.dumps(measured))
    assert main(["doctor", str(run)]) == 0


def test_what_was_measured_goes_before_an_estimate() -> None:
    records = history(always(times_real=3.4, times_real_error=0.5))
    assert diagnose(records, OPTIONS, lambda step: (1.3, 0.1) if step == records[-1].step else None).healthy
    assert not diagnose(records, OPTIONS, lambda step: None).healthy


def test_histories_without_the_number_are_judged_by_their_distance() -> None:
    def older(distance: float) -> Course:
        kept = {name: value for name, value in HEALTHY.items() if not name.startswith("times_real")}
        return lambda _: kept | {"distance": distance}

    assert diagnose(history(older(0.02)), OPTIONS).conclusion == "healthy"
    assert diagnose(history(older(0.2)), OPTIONS).conclusion == "poor"
    assert (
        "0.2 times as far from the data as the average of the data is (good: below 0.1), after 20 s."
        in line(diagnose(history(older(0.2)), OPTIONS))
    )
    assert str(Quality(None, 0.0, 1.03, 0.0, None, {})) == "no nearer to the data than the average of the data"
    assert "after less than a second; the samples vary too much (spread 1.2, healthy" in str(
        Quality(9.0, 0, None, 0.4, None, {"spread": 1.2})
    )
    assert "(spread 1.0502, healthy: 0.85 to 1.05)" in str(
        Quality(9.0, 0, None, 0.4, None, {"spread": 1.05021})
    )


def test_a_row_that_lacks_a_sign_says_nothing_of_it() -> None:
    ill = HISTORIES["discriminator-sure"][0](0)
    records = [Record(100 * k, 0, 0.0, 0.0, ill if k % 2 else {"frechet": 300.0}) for k in range(1, 21)]
    assert [finding.name for finding in diagnose(records, OPTIONS).present] == ["discriminator-sure"]


def test_the_doctor_prescribes_against_other_options() -> None:
    doctor = Doctor(OPTIONS | {"recipe": "tutorial", "r1_gamma": 10.0, "beta1": 0.9, "g_lr": 2e-4})
    changes = [dict(cure.change) for cure in doctor.prescriptions("mode-collapse")]
    assert {"beta1": 0.0} in changes
    assert all(changes)
    assert not any("r1_gamma" in change for change in changes)  # a recipe without R1 cannot advise against it
    assert doctor.prescriptions("no such disease") == ()


def test_values_beyond_all_measure_are_no_signals() -> None:
    wild = (1e308, float("inf"), float("-inf"), float("nan"), 1e308, 1e308, 1e308, 1e308)
    records = [Record(k, k, 0.0, 0.0, {"distance": value, "d_loss": 1.0}) for k, value in enumerate(wild)]
    signals = Signals({})
    assert all("distance" not in signals.of(record) for record in records)
    assert diagnose(records).records == len(wild)


def test_of_another_kind_of_data_than_its_own_a_rule_is_not_sure() -> None:
    records = history(HISTORIES["discriminator-won"][0])
    for kind, sure in (("image", "high"), ("points", "high"), ("music", "low")):
        assert diagnose(records, OPTIONS | {"kind": kind}).present[0].confidence == sure
    collapsed = history(HISTORIES["mode-collapse"][0])
    for kind, sure in (("image", "high"), ("text", "high"), ("music", "high"), ("table", "low")):
        assert diagnose(collapsed, OPTIONS | {"kind": kind}).present[0].confidence == sure


def test_of_another_game_than_its_own_a_rule_is_not_sure() -> None:
    records = history(HISTORIES["mode-collapse"][0])
    for rules, sure in (("adversarial", "high"), ("own", "low")):
        assert diagnose(records, OPTIONS | {"rules": rules}).present[0].confidence == sure


def test_no_cure_changes_networks_that_are_a_program_s_own() -> None:
    config = Config().replace(recipe="dcgan", generator="own", discriminator="own", g_norm="none", latent_dim=2)
    told = described(config, {}, {"generator", "discriminator"})
    for options in (told, {"rules": "own"}, OPTIONS):
        cures = [cure for rule in RULES for cure in Doctor(options).prescriptions(rule.name)]
        sizes = {"g_width", "d_width", "latent_dim", "d_norm"}
        told_of = [cure.words for cure in cures if sizes & cure.change.keys() or "_width" in cure.words]
        assert bool(told_of) == (options is OPTIONS), told_of


def test_the_doctor_is_told_what_describes_the_game() -> None:
    config = Config().replace(loss="hinge", g_lr=0.5, batch_size=32, seed=3)
    points = {"noun": "point", "spec": {"kind": "points", "clusters": True, "class_names": ["a", "b"]}}
    usual = described(config, points, {"g_lr"})
    assert (usual["loss"], usual["kind"], usual["seed"]) == ("hinge", "points", 3)
    assert "g_lr" not in usual
    assert (usual["noun"], usual["clustered"], usual["class_names"]) == ("point", True, ("a", "b"))
    nothing = described(config, {"spec": None})
    assert {name: nothing[name] for name in OF_DATA} == {
        "kind": "image", "noun": "sample", "clustered": False, "class_names": (),
    }  # fmt: skip
    own = described(config.replace(rules="own"), points)
    assert (own["rules"], own["batch_size"], own["seed"]) == ("own", 32, 3)
    assert not {"loss", "g_lr", "generator", "augment", "r1_gamma"} & own.keys()


@pytest.mark.parametrize(
    ("options", "loss", "frozen"),
    [
        ({"adversarial_from": 0.5}, {}, False),
        ({"adversarial_weight": 0.0}, {}, False),
        ({"adversarial_from": 0.5}, {"d_loss": 1.2}, True),
        ({"adversarial_from": 0.0, "adversarial_weight": 1.0}, {}, True),
    ],
)
def test_a_discriminator_that_is_not_asked_yet_is_not_frozen(
    options: dict[str, Any], loss: dict[str, float], frozen: bool
) -> None:
    doctor = Doctor(OPTIONS | {"rules": "translation"} | options)
    course = {name: value for name, value in HEALTHY.items() if name != "d_loss"} | loss
    for k in range(10):
        values = course | {"d_change": 0.0, "d_gradient_norm": 0.0}
        findings = doctor.examine(Record(100 * k, 1600 * k, float(k), 0.0, values))
    assert ("discriminator-frozen" in {finding.name for finding in findings}) == frozen
