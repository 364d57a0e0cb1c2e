"""The report of a search, from its files alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

import browsers
from sparring.cli.main import main

browser = browsers.browser

TRIAL = {
    "number": 0, "start": "mlp", "chosen": {"recipe": "mlp", "g_lr": 1.0, "g_width": 0}, "worker": "here:1",
    "state": "done", "value": 3.0, "why": "", "samples_seen": 100, "seconds": 2.0, "findings": {}, "cures": {},
    "curve": [[5, 9.0], [10, 4.0]],
}  # fmt: skip
RESULT: dict[str, Any] = {
    "format": 1, "sparring": "0", "data": "a <b> set", "data_count": 500, "seconds": 2.0, "best": 1,
    "changed": {"g_lr": [0.001, 0.002]}, "multiples": ["g_lr", "g_width"],
    "importance": {"g_lr": 0.75, "g_width": 0.25},
    "default": [3.0, 3.5, None], "tuned": [1.0, 1.1, 1.2],
    "verdict": "tuned", "sentence": "Tuned </script> it.",
    "trials": [
        TRIAL,
        TRIAL | {
            "number": 1, "start": "", "value": 1.5, "chosen": {"recipe": "modern", "g_lr": 2.0, "g_width": 1},
        },
        TRIAL | {
            "number": 2, "start": "", "value": None, "state": "diverged", "curve": [],
            "findings": {"non-finite": "numbers broke"},
        },
    ],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tune.json").write_text(json.dumps(RESULT))
    (tmp_path / "tuned.png").write_bytes(b"\x89PNG and so on")
    (tmp_path / "default.png").write_bytes(b"<script>")
    return tmp_path


def embedded(path: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text("utf-8"))
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_report_holds_all_trials_and_only_pictures(folder: Path) -> None:
    assert main(["report", str(folder)]) == 0
    data = embedded(folder / "report.html")
    assert [trial["number"] for trial in data["trials"]] == [0, 1, 2]
    assert data["trials"][2]["findings"] == [["non-finite", "numbers broke"]]
    assert data["changed"] == [["g_lr", 0.001, 0.002]]
    assert data["importance"] == [["g_lr", 0.75], ["g_width", 0.25]]
    assert data["default"] == [3.0, 3.5, None]
    assert list(data["sheets"]) == ["tuned"]
    page = (folder / "report.html").read_text("utf-8")
    assert not re.search(r'(src|href)="(?!data:)', page)  # it needs no other file
    assert page.count("</script>") == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged (it is not JSON"),
        ('{"command": {}}', "has no result yet: sparring tune --resume"),
        (json.dumps(RESULT | {"trials": 3}), "is damaged"),
        (json.dumps(RESULT | {"trials": [{"number": "x"}]}), "is damaged (number: 'x'"),
        (json.dumps(RESULT | {"importance": {"g_lr": "much"}}), "is damaged"),
        (json.dumps(RESULT | {"changed": []}), "is damaged (changed"),
        (json.dumps(RESULT | {"trials": [TRIAL | {"curve": [["a"]]}]}), "is damaged (curve"),
    ],
)
def test_damaged_results_are_told(
    folder: Path, content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tune.json").write_text(content)
    assert main(["report", str(folder)]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.xdist_group("browser")
def test_trials_are_lines_in_both_languages(folder: Path, browser: Browser) -> None:
    assert main(["report", str(folder)]) == 0
    with browser.new_page(locale="en") as tab:
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto((folder / "report.html").as_uri())
        assert tab.locator("#lines polyline").count() == 3
        assert tab.locator("#lines polyline.best").count() == 1
        assert "recipe modern, g_lr ×2" in tab.locator("#trials").inner_text()
        assert tab.locator("#final circle.tuned").count() == 3
        assert tab.locator("#final circle.default").count() == 2  # one diverged
        assert tab.locator("#trials tbody tr").first.inner_text().startswith("1\t1.5")
        assert tab.locator("#verdict").inner_text() == "Tuned </script> it."
        assert "numbers broke" in tab.locator("#trials").inner_text()
        tab.locator("#language").click()
        assert tab.locator("#title").inner_text() == "该调哪些选项？"
        assert "真实倍数 1.1（1 – 1.2），默认为 3.5（3 – ∞）" in tab.locator("#verdict").inner_text()
        assert "数值溢出" in tab.locator("#trials").inner_text()
        assert errors == []
