"""What the doctor says while a network is trained: a line, and only news."""

from courses import HEALTHY, HISTORIES, OPTIONS, always, history
from sparring.doctor.diagnosis import Doctor, diagnose
from sparring.doctor.report import Remarks, command, facts, line


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


def test_a_line_for_the_terminal() -> None:
    said = line(diagnose(history(HISTORIES["gradient-vanished"][0]), OPTIONS))
    assert said.startswith("doctor: hardly any gradient reaches the generator (g_gradient_norm 1e-09, auc 1")
    assert "--r1-gamma 10" in said
    assert said.rstrip(")").split("Confidence: high.")[1] in ("", " (+1 more", " (+2 more")
    assert line(diagnose(history(always())[:2], OPTIONS)).startswith("doctor: Too few records")
    early = line(diagnose(history(always())[:2], OPTIONS), advice=True)
    assert early.endswith("Train longer (sparring resume RUN --minutes 1).")
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
