"""A diagnosis: what holds, what is over, what was not checked, and how good the samples are."""

import re

from courses import HEALTHY, OPTIONS, Course, always, history
from sparring.config.groups import Config
from sparring.doctor.diagnosis import CALM, OF_DATA, described, diagnose
from sparring.doctor.quality import Quality
from sparring.doctor.report import facts, line, text


def test_a_healthy_history_is_healthy() -> None:
    diagnosis = diagnose(history(always()), OPTIONS)
    assert diagnosis.healthy
    assert diagnosis.ever == ()
    assert text(diagnosis, "run").endswith("leaky-augmentation")  # which no number spoke of
    assert diagnosis.unchecked == ("leaky-augmentation",)


def test_a_forest_has_no_adversary_to_be_checked() -> None:
    of_rows = {
        "spread": 1.0,
        "distance": 0.01,
        "copied": 0.9,
        "tears": 0.01,
        "dead_levels": 0.0,
        "flat_columns": 0.0,
    }
    options = {"rules": "forest", "kind": "table", "noun": "row"}
    diagnosis = diagnose(history(lambda _: of_rows, 1), options)
    assert (diagnosis.conclusion, diagnosis.rules, diagnosis.checked) == ("healthy", 4, 4)
    assert (diagnosis.unchecked, diagnosis.early) == ((), ())
    said = text(diagnosis, "run")
    assert "Not checked" not in said
    barred = said.partition("Do not apply to a forest, which has no adversary that is trained: ")[2].split(", ")
    assert {"discriminator-frozen", "labels-swapped", "gradient-blocked", "memorised"} <= {*barred}
    assert facts(diagnosis, "run")["barred"] == barred
    assert not {"dead-symbols", "columns-torn", "blur", "non-finite"} & {*barred}
    torn = diagnose(history(lambda _: of_rows | {"tears": 0.3}, 1), options)
    assert [finding.name for finding in torn.present] == ["columns-torn"]
    assert diagnose(history(always(), 3), OPTIONS).barred == ()


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


def test_rules_that_need_more_steps_are_not_called_checked() -> None:
    diagnosis = diagnose(history(always(), 4), OPTIONS)  # 200 steps, and a healthy course
    assert {"no-average", "memorised", "weave"} <= set(diagnosis.early)
    assert "mode-collapse" in diagnosis.early  # from step 150 on, three times
    assert "generator-frozen" not in diagnosis.early
    assert (diagnosis.conclusion, diagnosis.healthy) == ("partly", False)
    assert "Not checked yet" in text(diagnosis, "run")
    assert re.search(r"rules could be checked\..* Train longer \(sparring resume RUN", text(diagnosis, "run"))


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
