"""The stages of a fit of a detector, and the time that is left."""

import json
from pathlib import Path

import pytest

from sparring.uses.detect.course import Course
from sparring.uses.detect.detector import Detector
from test_detector import plates

METHODS = {"pca": False, "residuals": True, "repairer": True}


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_the_time_left_is_that_of_the_budget_then_that_of_the_speed() -> None:
    watch, told = Watch(), list[str]()
    course = Course(METHODS, 30.0, told.append, now=watch)
    course.begin("pca", "fitting pca")
    assert course.left() == 60
    course.begin("residuals", "fitting residuals")
    watch.seconds += 50  # before its first step
    course.reach(0.2)
    assert course.left() == 60
    watch.seconds += 8
    course.reach(0.4)
    assert course.left() == pytest.approx(40 * (0.6 + 1))  # 8 seconds for a fifth, and another one to come
    course.begin("repairer", "fitting repairer")
    assert course.left() == 30
    course.reach(0.0)
    watch.seconds += 9
    course.reach(0.1)
    assert course.left() == pytest.approx(81)
    course.tell("training repairer: 10%")
    assert told == [
        "fitting pca, about 1:00 left",
        "fitting residuals, about 1:00 left",
        "fitting repairer, about 0:30 left",
        "training repairer: 10%, about 1:21 left",
    ]


def test_a_time_that_is_not_known_is_not_told() -> None:
    watch, told = Watch(), list[str]()
    course = Course(METHODS, None, told.append, now=watch)
    for stage in ("residuals", "choosing"):
        course.begin(stage, stage)
        course.reach(0.0)
        assert course.left() is None
    course.begin("threshold", "scoring")
    course.reach(0.0)
    watch.seconds += 0.1  # too short to tell
    course.reach(0.5)
    assert course.left() is None
    watch.seconds += 0.9
    assert course.left() == pytest.approx(1)
    assert told == ["residuals", "choosing", "scoring"]


def test_how_far_a_fit_is_stands_in_a_file_that_is_not_written_all_the_time(tmp_path: Path) -> None:
    watch = Watch()
    course = Course(METHODS, 30.0, lambda text: None, tmp_path / "unfinished", watch)
    course.begin("residuals", "fitting residuals")
    path = tmp_path / "unfinished" / "fitting.json"
    course.reach(0.25)
    course.tell("training")
    assert json.loads(path.read_text())["share"] == 0
    watch.seconds += 1
    course.tell("training")
    assert json.loads(path.read_text()) == {
        "stages": [
            {"name": name, "trained": name in ("residuals", "repairer")}
            for name in ("features", "pca", "residuals", "repairer", "choosing", "threshold")
        ],
        "place": 2,
        "share": 0.25,
        "left_seconds": 60,
    }
    course.begin("choosing", "choosing")  # a new stage is written at once
    assert json.loads(path.read_text())["place"] == 4


def test_a_fit_tells_each_of_its_methods_and_how_far_its_trainings_are(tmp_path: Path) -> None:
    told = list[str]()
    Detector("residuals", false_alarms=0.2, features="edges", steps=2).fit(
        plates(24, 0), tell=told.append, unfinished=tmp_path
    )
    assert told[:2] == ["looking at 10 normals", "fitting brightness, method 1 of 7"]
    assert [text for text in told if "residuals" in text] == [
        "fitting residuals, method 7 of 7",
        "training residuals: 0%, 0 steps",
    ]
    assert told[-1].startswith("scoring normals that were not fitted, 0 of 4")
    assert json.loads((tmp_path / "fitting.json").read_text())["place"] == 9
