"""Which recorded numbers become curves, in which charts, and which come first."""

import re

from sparring.history.curves import CURVES, FIRST, curves
from sparring.history.record import LOGGED
from sparring.kinds import KINDS
from sparring.page.single import STATIC


def test_every_number_has_its_place_in_one_chart() -> None:
    charts = [chart for group in CURVES.values() for chart in group]
    names = [name for chart in charts for name in chart.split("+")]
    assert sorted(names) == sorted(LOGGED)
    assert set(FIRST) <= set(charts)


def test_charts_of_what_was_recorded() -> None:
    own = {"chords": {"unit": "bits", "healthy": "below 0.2", "meaning": "of chords"}}
    found = curves(["g_loss", "chords", "strange", "d_fake", "d_real", "detail"], own)
    assert [(chart["group"], chart["names"], chart["first"]) for chart in found] == [
        ("fight", ["d_real", "d_fake"], True), ("likeness", ["detail"], False), ("losses", ["g_loss"], True),
        ("own", ["chords"], True), ("other", ["strange"], False),
    ]  # fmt: skip
    meanings = {name: logged for chart in found for name, logged in chart["logged"].items()}
    assert meanings["d_real"] == LOGGED["d_real"]._asdict()
    assert meanings["chords"] == own["chords"]
    assert meanings["strange"] == {"unit": "", "healthy": "", "meaning": ""}


def test_a_game_with_scores_of_its_own_scale_has_no_healthy_losses() -> None:
    ranges = [chart["logged"]["g_loss"]["healthy"] for chart in curves(["g_loss"], {})]
    assert ranges == [""]
    ((both),) = curves(["g_loss", "d_real"], {})[1:]
    assert both["logged"]["g_loss"]["healthy"] == LOGGED["g_loss"].healthy


def test_distance_comes_first_where_times_real_was_not_measured() -> None:
    firsts = [
        [chart["names"] for chart in curves(recorded, {}) if chart["first"]]
        for recorded in (["distance"], ["distance", "times_real"])
    ]
    assert firsts == [[["distance"]], [["times_real"]]]


def test_numbers_have_names_in_both_languages_and_meanings_in_chinese() -> None:
    names = LOGGED.keys() | {name for kind in KINDS.values() for name in kind.measures}
    english, chinese = (STATIC / "numbers.js").read_text("utf-8").split("zh: {", 1)
    meanings = (STATIC / "doctor.zh.js").read_text("utf-8").split("MEANINGS_ZH")[1]
    for name in names:
        assert re.search(rf"\b{name}: \"", english), name
        assert re.search(rf"\b{name}: \"", chinese), name
        assert f'"{name}": "' in meanings, name
    units = chinese.split("UNITS_ZH")[1]
    for unit in {logged.unit for logged in LOGGED.values()} - {"1"}:
        assert re.search(rf'\b"?{re.escape(unit)}"?: "', units), unit
