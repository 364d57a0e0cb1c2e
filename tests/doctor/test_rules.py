"""Each rule of the doctor on a history that has the disease and on one that nearly has it."""

import pytest

from courses import HEALTHY, HISTORIES, OPTIONS, growing, history, names
from sparring.config.groups import Config
from sparring.doctor.diagnosis import Doctor, diagnose
from sparring.doctor.rule import Rule
from sparring.doctor.rules import RULES
from sparring.doctor.signals import DERIVED
from sparring.history.record import LOGGED, Record


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


def test_a_rule_for_want_of_a_signal_is_not_missed_where_the_signal_is() -> None:
    for values, missed in (({"d_loss": 1.0}, True), ({"d_loss": 1.0, "spread": 0.9}, False)):
        diagnosis = diagnose(history(lambda _, values=values: values), OPTIONS)
        assert ("discriminator-sure" in diagnosis.unchecked) == missed


OF_TABLES = {"columns-torn", "dead-levels", "flat-column"}
OF_TEXT = {"dead-symbols", "one-text", "copies-climb"}
OF_TRANSLATIONS = {"unchanged", "inverted", "source-ignored", "leaked-pairs"}


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


def test_samples_that_still_get_better_neither_circle_nor_jump() -> None:
    for name in ("oscillation", "rate-too-high"):
        ill = HISTORIES[name][0]
        better = lambda k, ill=ill: ill(k) | {"times_real": 900 * 0.9**k}  # noqa: E731
        assert name in names(ill, {})
        assert name not in names(better, {})


def test_a_row_that_lacks_a_sign_says_nothing_of_it() -> None:
    ill = HISTORIES["discriminator-sure"][0](0)
    records = [Record(100 * k, 0, 0.0, 0.0, ill if k % 2 else {"frechet": 300.0}) for k in range(1, 21)]
    assert [finding.name for finding in diagnose(records, OPTIONS).present] == ["discriminator-sure"]


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
