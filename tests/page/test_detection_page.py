"""The report of a detector, from its files alone."""

import base64
import json
import os
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from sparring.cli.main import main
from sparring.cli.watch import LOOPBACK, _page

SCORES = (
    "picture,score,p_value,verdict\na.png,1.5,0.4,normal\nsub/<b>.png,9.25,0.01,odd\nc.png,0.5,0.9,normal\n"
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    facts = {"chosen": "pca", "data": "parts", "threshold": 4.0, "held_out": [1.0, 2.0, 3.0]}
    facts |= {"candidates": [{"name": "pca", "auroc": [0.9, 0.8, 0.95], "seconds": 1.5}]}
    (tmp_path / "detector.json").write_text(json.dumps(facts))
    (tmp_path / "found" / "sub").mkdir(parents=True)
    (tmp_path / "found" / "scores.csv").write_text(SCORES)
    sheet = Image.fromarray(np.zeros((20, 2 * 30 + 4, 3), np.uint8))
    sheet.save(tmp_path / "found" / "sub" / "<b>.png.heat.png")
    return tmp_path


def embedded(path: Path) -> dict[str, object]:
    return of_page(path.read_text("utf-8"))


def of_page(text: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert found
    data: dict[str, object] = json.loads(found[1])
    return data


def test_the_oddest_picture_comes_first_with_its_heat_map(run: Path) -> None:
    assert main(["report", str(run)]) == 0
    data = embedded(run / "report.html")
    assert (data["method"], data["held_out"], data["threshold"]) == ("pca", [1, 2, 3], 4)
    assert data["methods"] == [{"name": "pca", "auroc": [0.9, 0.8, 0.95], "seconds": 1.5}]
    assert data["version"] == ""  # it is not loaded again
    pictures = data["pictures"]
    assert isinstance(pictures, list)
    assert [each["name"] for each in pictures] == ["sub/<b>.png", "a.png", "c.png"]
    assert base64.b64decode(pictures[0]["sheet"].partition(",")[2]).startswith(b"\x89PNG")
    assert pictures[0]["ratio"] == pytest.approx(30 / 20)
    assert "sheet" not in pictures[1]
    page = (run / "report.html").read_text("utf-8")
    assert "<b>" not in page
    assert not re.search(r'(src|href)="(?!data:)', page)  # it needs no other file


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("found/scores.csv", "picture,score\n", "has no scores to report on. Score pictures first"),
        ("found/scores.csv", "\x00", "has no scores"),
        ("detector.json", "{", "is damaged. Fit it again"),
        ("detector.json", '{"held_out": 3, "threshold": 1}', "is damaged"),
        ("detector.json", '{"held_out": [3], "threshold": 1, "candidates": [{"name": "pca"}]}', "is damaged"),
    ],
)
def test_what_cannot_be_reported_is_told(
    run: Path, file: str, content: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / file).write_text(content)
    assert main(["report", str(run)]) == 1
    assert message in capsys.readouterr().err


def test_watching_a_detector_shows_what_it_scored_last(run: Path) -> None:
    client = TestClient(_page([run], LOOPBACK, "", lambda: False), base_url="http://localhost:1")
    assert json.dumps("a.png") in client.get("/").text
    version = client.get("/version").text
    assert of_page(client.get("/").text)["version"] == version
    assert "'unsafe-inline'" in client.get("/").headers["content-security-policy"]
    (run / "found" / "scores.csv").write_text(SCORES.replace("a.png", "z.png"))
    assert json.dumps("z.png") in client.get("/").text
    (run / "found" / "scores.csv").unlink()
    assert client.get("/version").text != version
    waiting = of_page(client.get("/").text)
    assert (waiting["pictures"], waiting["threshold"]) == ([], 4)
    assert waiting["version"] == client.get("/version").text
    (run / "detector.json").write_text("{")
    broken = client.get("/")
    assert "is damaged. Fit it again" in broken.text
    assert broken.headers["refresh"] == "2"
    assert client.get("/", headers={"host": "elsewhere"}).status_code == 403


STAGES = [{"name": name, "trained": name == "repairer"} for name in ("features", "repairer", "<b>")]


def fitting(run: Path, seconds_ago: float = 0.0, **facts: object) -> None:
    path = run / "unfinished" / "fitting.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"stages": STAGES, "place": 1, "share": 0.4, "left_seconds": 33.0} | facts))
    os.utime(path, (time.time() - seconds_ago,) * 2)


def test_a_fit_is_watched_while_it_goes_on_and_then_what_it_found(run: Path) -> None:
    client = TestClient(_page([run], LOOPBACK, "", lambda: False), base_url="http://localhost:1")
    fitting(run)
    page = client.get("/").text
    data, version = of_page(page), client.get("/version").text
    assert "<b>" not in page.partition("<script")[2]
    assert (data["stages"], data["place"], data["share"]) == (["features", "repairer", "<b>"], 1, 0.4)
    assert (data["left_seconds"], data["silent"], data["version"]) == (33, False, version)
    fitting(run, share=0.45)
    assert client.get("/version").text != version
    fitting(run, 90)  # it was stopped, and the detector that was there is there
    assert len(of_page(client.get("/").text)["pictures"]) == 3  # type: ignore[arg-type]
    (run / "detector.json").rename(run / "away.json")
    assert of_page(client.get("/").text)["silent"] is True
    (run / "unfinished" / "fitting.json").write_text('{"stages": 3, "share": NaN}')
    assert of_page(client.get("/").text)["stages"] == []
    shutil.rmtree(run / "unfinished")
    assert "no detector is fitted in" in client.get("/").text
    (run / "away.json").rename(run / "detector.json")
    assert len(of_page(client.get("/").text)["pictures"]) == 3  # type: ignore[arg-type]


def test_a_detector_is_watched_alone(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(run), str(tmp_path)]) == 1
    assert f"whose page stands alone: sparring watch {run}" in capsys.readouterr().err
