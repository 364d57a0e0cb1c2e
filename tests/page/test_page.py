"""The page's server: what it is asked, what it answers and what it refuses."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from page_runs import client, make_run, never, record
from sparring.doctor.diagnosis import CONDITIONS
from sparring.doctor.rules import RULES
from sparring.errors import ConfigError
from sparring.page import server
from sparring.page.asked import DrawRequest, LatentPoint
from sparring.page.server import Drawn, Page
from sparring.page.single import STATIC


def test_changes_are_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "POLL_SECONDS", 0.01)
    run = make_run(tmp_path / "runs/a", records=3)

    class Asking:
        async def is_disconnected(self) -> bool:
            return False

    async def listen() -> list[Any]:
        stream = Page([tmp_path / "runs"], never)._changes(Asking())  # type: ignore[arg-type]
        heard = [await anext(stream), await anext(stream)]
        with (run / "history.jsonl").open("a") as file:
            file.write(record(4, 20).to_json() + "\n")
        heard.append(await anext(stream))
        (run / "history.jsonl").write_text(record(1, 20).to_json() + "\n")  # a training that began anew
        heard.append(await anext(stream))
        make_run(tmp_path / "runs/b")
        heard.append(await anext(stream))
        return heard

    retry, *heard = asyncio.run(asyncio.wait_for(listen(), 20))
    assert retry == "retry: 1000\n\n"
    news = [json.loads(text.removeprefix("data: ")) for text in heard]
    assert news[:3] == [{"runs": ["a"], "changed": ["a"], "alone": []}] * 3
    assert news[3] == {"runs": ["a", "b"], "changed": ["b"], "alone": []}


def test_wishes_are_bounded() -> None:
    asked = DrawRequest.of(
        {"seed": str(2**31 - 1), "count": "64", "label": "3", "sliders": "5,-5,0.5", "share": "1",
         "near": "0.25", "toward": "5", "to_seed": "4", "to_label": "1", "beside": "1", "g": "a-7"}
    )  # fmt: skip
    assert asked.point == LatentPoint(2**31 - 1, 3, 0.25, 5)
    assert (asked.count, asked.to, asked.sliders, asked.share) == (64, LatentPoint(4, 1), (5.0, -5.0, 0.5), 1.0)
    assert (asked.beside, DrawRequest.of({"beside": "0"})) == (True, DrawRequest())


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"seed": "x"}, "seed: expected a whole number from 0 to 2,147,483,647, got 'x'"),
        ({"seed": "1" * 20}, f"seed: expected a whole number from 0 to 2,147,483,647, got '{'1' * 20}'"),
        ({"to_seed": str(2**31)}, "to_seed: expected a whole number"),
        ({"label": "1e23"}, "label: expected a whole number from 0 to 9,007,199,254,740,992, got '1e23'"),
        ({"label": "-1"}, "label: expected a whole number"),
        ({"count": "65"}, "count: expected a whole number from 1 to 64, got '65'"),
        ({"count": "0"}, "count: expected a whole number from 1"),
        ({"sliders": "0,nan"}, "sliders: expected a number from -5 to 5, got 'nan'"),
        ({"sliders": ",".join("1" * 9)}, "sliders: expected at most 8 numbers, got 9"),
        ({"share": "1.5", "to_seed": "1"}, "share: expected a number from 0 to 1, got '1.5'"),
        ({"truncation": "inf"}, "truncation: expected a number from 0 to 2, got 'inf'"),
        ({"beside": "yes"}, "beside: expected 0 or 1, got 'yes'"),
        ({"part": "middle"}, "part: expected source or output or truth or directions, got 'middle'"),
        ({"sed": "1"}, "unknown name 'sed'. Did you mean 'seed'"),
        ({"share": "0.5"}, "share: expected to_seed beside it, which is missing"),
        ({"near": "0.5"}, "near: expected toward beside it, which is missing"),
    ],
    ids=str,
)
def test_what_the_page_does_not_know_is_refused(bad: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        DrawRequest.of(bad)


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    page = client(make_run(tmp_path / "a"))
    for query in ("seed=x", "sed=1", "part=middle"):
        answer = page.get(f"/api/runs/a/draw?{query}")
        assert (answer.status_code, answer.json()["error"][:18]) == (400, "cannot draw that: ")
    answer = page.get("/api/runs/a/draw?seed=1")
    assert (answer.status_code, "no complete checkpoint" in answer.json()["error"]) == (409, True)
    assert page.put("/api/runs/a/draw").json() == {
        "error": "this address is asked in another way: see its method"
    }
    assert page.get("/api/runs/b/draw").json() == {"error": "there is no such run, picture or page"}
    assert page.get("/nowhere").text == "there is no such run, picture or page\n"


def test_a_picture_that_is_sent_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[DrawRequest] = []

    def draw(path: Path, request: DrawRequest) -> Drawn:
        asked.append(request)
        return Drawn(b"png", "image/png")

    page = client(make_run(tmp_path / "a"), draw=draw)
    assert page.post("/api/runs/a/draw?seed=1", content=b"picture").status_code == 200
    assert asked[0].picture == b"picture"
    monkeypatch.setattr(server, "MOST_SENT", 6)
    answer = page.post("/api/runs/a/draw", content=b"picture")
    said = "expected at most 0 MB, and more came: send less"
    assert (answer.status_code, answer.json()["error"]) == (400, f"cannot draw that: {said}")
    elsewhere = page.post("/api/runs/a/draw", content=b"x", headers={"origin": "http://evil.example"})
    assert elsewhere.status_code == 403


def test_the_doctor_speaks_chinese() -> None:
    words = (STATIC / "doctor.zh.js").read_text("utf-8")
    for rule in RULES:
        assert f'"{rule.name}": ["' in words
        for cure in rule.cures:
            assert f'"{cure.words}": "' in words
        for sign in rule.signs:
            assert sign.name in CONDITIONS or f'"{sign.name}": "' in words


@pytest.mark.parametrize("value", ["9" * 5000, "1e5", "0x10", "nan", "%00", "%ed%a0%80", "1.5", "%d9%a3", ""])
@pytest.mark.parametrize("name", ["seed", "label", "count", "toward", "near", "share", "to_seed", "sliders"])
def test_a_request_of_any_text_is_drawn_or_refused(tmp_path: Path, name: str, value: str) -> None:
    make_run(tmp_path / "a")
    answer = client(tmp_path, draw=lambda path, asked: Drawn(b"png", "image/png")).get(
        f"/api/runs/a/draw?{name}={value}"
    )
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json()["error"].startswith("cannot draw that: ")
        assert "expected" in answer.text
        assert len(answer.text) < 250
