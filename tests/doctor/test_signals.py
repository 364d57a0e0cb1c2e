"""Signals: what the doctor reckons from the records of a training."""

from typing import Any

import pytest

from courses import HEALTHY, HISTORIES, OPTIONS, names
from sparring.doctor.diagnosis import Doctor, diagnose
from sparring.doctor.signals import LATELY, Signals, _turns
from sparring.history.record import Record


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


def test_progress_is_judged_with_a_record_at_every_step() -> None:
    signals = Signals({})
    for step in range(1, 1001):
        found = signals.of(Record(step, step, 0.0, 0.0, {"distance": 1 / step}))
    assert found["progress_made"] == pytest.approx(1000 / 850, rel=1e-9)
    assert len(signals.before) == 150  # no more than the next one needs


def test_values_beyond_all_measure_are_no_signals() -> None:
    wild = (1e308, float("inf"), float("-inf"), float("nan"), 1e308, 1e308, 1e308, 1e308)
    records = [Record(k, k, 0.0, 0.0, {"distance": value, "d_loss": 1.0}) for k, value in enumerate(wild)]
    signals = Signals({})
    assert all("distance" not in signals.of(record) for record in records)
    assert diagnose(records).records == len(wild)


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
