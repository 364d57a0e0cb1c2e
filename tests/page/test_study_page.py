"""The report of a study: every name escaped, every arm drawn where its numbers are."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import browsers
from planted import Simulated
from sparring.errors import RunError
from sparring.page import study
from sparring.uses.study.arms import ARMS
from sparring.uses.study.plan import Plan
from sparring.uses.study.words import caveats, sentences

browser = browsers.browser
PLAN = Plan(6, (100, 300), 1000, tuple(ARMS), (50, 30))


def written(folder: Path, data: str = "pictures", **changes) -> str:
    result = Simulated((("mixup", 0.08), ("double", 0.05), ("GAN only", -0.2))).result(PLAN)
    result = replace(result, measure_zh="正确率")
    said = {"sentences": sentences(result), "caveats": caveats(result)}
    said |= {"sentences_zh": sentences(result, "zh"), "caveats_zh": caveats(result, "zh")}
    folder.mkdir(exist_ok=True)
    (folder / "verdict.json").write_text(json.dumps(result.to_dict() | said | changes))
    (folder / "study.json").write_text(json.dumps({"asked": {"data": data}}))
    size = study.write_report(folder, folder / "report.html")
    page = (folder / "report.html").read_text("utf-8")
    assert size == len(page.encode())
    return page


def test_every_arm_has_its_line_and_its_colour(tmp_path):
    page = written(tmp_path / "study")
    figure = page.split("<h2>Points gained or lost</h2>")[1].split("</svg>")[0]
    marks = re.findall(r'class="mark ?(\w*)">', figure)
    assert len(marks) == len([name for name in ARMS if name not in ("real only", "half", "double")])
    assert marks.count("helps") == 1
    assert marks.count("harms") == 1
    assert figure.count('class="dot"') == 6 * len(marks)
    assert "&gt; curve" in page
    assert "&lt; curve" in page


def test_the_chinese_page_has_the_same_numbers_and_no_english_word(tmp_path):
    english, chinese = written(tmp_path / "study").split('<main lang="zh-Hans" hidden>')
    texts = [re.sub(r"<[^>]*>", " ", each.split("<script>")[0]) for each in (english, chinese)]
    numbers = [sorted(re.findall(r"[+-]\d+\.\d", text)) for text in texts]
    assert numbers[0] == numbers[1]
    words = set(re.findall(r"[a-zA-Z]{3,}", texts[1]))
    assert words == {"sparring", "pictures", "English", "GAN", "mixup", "SMOTE", "Holm"}  # pictures: the data


def test_the_button_changes_the_language(browser, tmp_path):
    written(tmp_path / "study")
    page = browser.new_page(locale="zh-CN")
    page.goto((tmp_path / "study" / "report.html").as_uri())
    assert page.title() == "sparring 研究 · pictures"
    page.get_by_role("button").press("Enter")
    assert page.locator("main:visible").get_attribute("lang") == "en"
    assert page.title() == "sparring study · pictures"
    assert page.evaluate("document.activeElement.textContent") == "中文"
    page.close()


def test_a_verdict_without_chinese_is_shown_in_english(tmp_path):
    page = written(tmp_path / "study", sentences_zh=[], caveats_zh=[])
    assert page.split('<main lang="zh-Hans" hidden>')[1].count("GAN pictures") == 1


def test_names_cannot_change_the_page(tmp_path):
    page = written(tmp_path / "study", '<script>alert("x")</script>', noun="<b>cat</b>")
    assert '<script>alert("x")' not in page
    assert "<b>cat" not in page
    assert "&lt;b&gt;cat" in page


@pytest.mark.parametrize(
    "changes",
    [{"rows": 3}, {"curve": [1]}, {"rows": [{"name": "x"}]}, {"values": 7}, {"sentences": []}, {"steps": [1]}],
)
def test_a_damaged_verdict_is_refused(tmp_path, changes):
    with pytest.raises(RunError, match="no verdict that can be read"):
        written(tmp_path / "study", **changes)


def test_places_are_straight_and_ticks_are_round():
    x = study._scale(-0.02, 0.02, 100, 200)
    assert [x(-0.02), x(0.0), x(0.02)] == pytest.approx([100, 150, 200])
    assert study._apart([50.0, 10.0, 12.0, 30.0], 14.0) == [52.0, 10.0, 24.0, 38.0]
    assert study._scale(1, 1, 0, 10)(1) == 5
    assert study._ticks(-0.021, 0.034) == pytest.approx([-0.02, -0.01, 0.0, 0.01, 0.02, 0.03])
    assert study._ticks(0.0, 0.0) == [0.0]
    assert [study._signed(each) for each in (0.0, 0.015, -0.02)] == ["0", "+1.5", "-2"]
