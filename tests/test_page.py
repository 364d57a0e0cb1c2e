"""The page's server without a browser: what it tells of runs, and what it refuses."""

import asyncio
import json
import math
import time
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from starlette.testclient import TestClient

from page_runs import age, make_run, record
from sparring import watching
from sparring.cli import main
from sparring.doctor.rules import RULES
from sparring.errors import ConfigError, RunError
from sparring.page import follow, server
from sparring.page.follow import Followed, find, sampled
from sparring.page.report import MOST_BYTES, STATIC, report
from sparring.page.server import Page, Wish, app

ADDRESS = "http://127.0.0.1:8555"


def never(path: Path, wish: Wish) -> bytes:
    raise RunError(f"{path} has no whole checkpoint.")


def client(*paths: Path, token: str = "", draw: server.Draw = never) -> TestClient:
    hosts = () if token else ("127.0.0.1:8555", "localhost:8555")
    return TestClient(app(paths, draw, hosts, token), base_url=ADDRESS)


def test_a_view_has_what_the_page_shows(tmp_path: Path) -> None:
    make_run(tmp_path / "a", spread=0.1)
    view = client(tmp_path / "a").get("/api/runs/a").json()
    assert view["state"] == "finished"
    assert (view["step"][0], view["step"][-1]) == (50, 1000)
    assert view["values"]["d_loss"] == [1.2] * 20
    assert view["pictures"] == [0, 500, 1000]
    assert view["scores"][3] == [-3, 3, list(range(24)), list(range(23, -1, -1))]
    assert view["diagnosis"]["findings"][0]["name"] == "mode-collapse"
    assert view["diagnosis"]["findings"][0]["cures"][0]["change"] == {"r1_gamma": 10}
    assert view["classes"] == list("0123456789")
    assert view["config"]["recipe"] == "sprint"
    assert view["changes"] == {}


def test_runs_of_a_folder_and_new_ones(tmp_path: Path) -> None:
    make_run(tmp_path / "runs/a")
    page = client(tmp_path / "runs")
    assert page.get("/api/runs").json() == ["a"]
    make_run(tmp_path / "runs/b")
    assert page.get("/api/runs").json() == ["a", "b"]
    make_run(tmp_path / "other/a")
    assert list(find([tmp_path / "runs", tmp_path / "other"])) == ["a", "b", "a~2"]


def test_pictures_and_fields(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    (run / "fields").mkdir()
    (run / "fields/00000500.json").write_text("{}")
    page = client(run)
    assert page.get("/api/runs/a/pictures/500.png").headers["content-type"] == "image/png"
    assert page.get("/api/runs/a/fields/00000500.json").json() == {}
    for missing in ("pictures/501.png", "fields/1.json", "fields/secret.json", "nothing"):
        assert page.get(f"/api/runs/a/{missing}").status_code == 404
    assert page.get("/api/runs/b").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/static/../follow.py",
        "/static/%2e%2e/follow.py",
        "/api/runs/..%2f..",
        "/api/runs/a/fields/..%2f..%2fsecret.json",
        "/api/runs/a/pictures/..%2fsecret.png",
        "/api/runs/%2e%2e/fields/real.json",
        "//etc/passwd",
    ],
)
def test_nothing_outside_the_runs_is_given(tmp_path: Path, path: str) -> None:
    make_run(tmp_path / "a")
    (tmp_path / "secret.json").write_text('"secret"')
    (tmp_path / "secret.png").write_text("secret")
    answer = client(tmp_path / "a").get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_other_hosts_and_origins_are_refused(tmp_path: Path) -> None:
    page = client(make_run(tmp_path / "a"))
    assert page.get("/").status_code == 200
    assert page.get("/", headers={"origin": ADDRESS}).status_code == 200
    for headers in (
        {"host": "evil.example"},
        {"host": "127.0.0.1:8555.evil.example"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = page.get("/api/runs", headers=headers)
        assert (answer.status_code, answer.text[:7]) == (403, "refused")


def test_a_token_is_asked_once(tmp_path: Path) -> None:
    page = client(make_run(tmp_path / "a"), token="open sesame")
    assert page.get("/api/runs").status_code == 403
    assert page.get("/?token=wrong").status_code == 403
    answer = page.get("/?token=open+sesame")
    assert answer.status_code == 200
    assert "token" not in str(answer.url)
    assert page.get("/api/runs").json() == ["a"]


def test_answers_forbid_all_that_is_foreign(tmp_path: Path) -> None:
    headers = client(make_run(tmp_path / "a")).get("/").headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    pages = (STATIC / "index.html").read_text()
    assert "http" not in pages.replace("http-equiv", "")  # nothing from a network


def test_broken_lines_are_counted_and_passed_over(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", records=5)
    with (run / "history.jsonl").open("ab") as file:
        file.write(
            b'{"step": 300, "sam\n\xff\xfe\x00garbage\n[1, 2]\n\n' + record(7, 20).to_json().encode() + b"\n"
        )
        file.write(b'{"step": 999')
    view = Followed("a", run).view()
    assert view["step"] == [50, 100, 150, 200, 250, 350]
    assert view["broken_lines"] == 4


def test_numbers_that_json_has_not(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", records=3, of=20, distance=math.inf, spread=math.nan)
    view = client(run).get("/api/runs/a").json()
    assert view["values"]["distance"] == [None] * 3
    assert view["values"]["spread"] == [None] * 3


def test_states_of_a_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", records=5)
    followed = Followed("a", run)
    view = followed.view()
    assert view["state"] == "running"
    assert view["left_seconds"] == pytest.approx(15)
    age(run, 100)
    view = followed.view()
    assert (view["state"], view["left_seconds"]) == ("stopped", None)
    assert view["silent_seconds"] == pytest.approx(100, abs=5)
    (run / "history.jsonl").write_text(record(5, 20, non_finite=1.0).to_json() + "\n")
    assert followed.view()["state"] == "broken"
    (run / "history.jsonl").write_text("")
    assert followed.view()["state"] == "waiting"
    run.rename(tmp_path / "b")
    assert followed.view()["state"] == "gone"


@pytest.mark.parametrize(
    "name", ["run.json", "config.toml", "history.jsonl", "evaluation.json", "rescue.jsonl"]
)
@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[1]", b'{"spec": 3}', b"{" * 2000, None])
def test_no_file_can_break_a_view(tmp_path: Path, name: str, content: bytes | None) -> None:
    run = make_run(tmp_path / "a")
    (run / name).unlink(missing_ok=True)
    if content is not None:
        (run / name).write_bytes(content)
    view = Followed("a", run).view()
    assert view["id"] == "a"
    json.dumps(view, allow_nan=False)


def test_a_resumed_history_grows_anew(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", records=8)
    with (run / "history.jsonl").open("a") as file:  # steps 250 and 300 once more
        file.writelines(record(k, 20, g_loss=5.0).to_json() + "\n" for k in (5, 6))
    view = Followed("a", run).view()
    assert view["step"] == [50, 100, 150, 200, 250, 300]
    assert view["values"]["g_loss"][-2:] == [5.0, 5.0]


def test_a_long_history_is_sampled(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    line = record(1, 20).to_json()
    tail = line[line.index(",") :]
    with path.open("w") as file:
        file.writelines(f'{{"step": {k}{tail}\n' for k in range(1, 100_001))
    started = time.process_time()
    records, broken = sampled(path)
    assert time.process_time() - started < 2
    steps = [r.step for r in records]
    assert broken == 0
    assert steps[0] == 1
    assert steps[-1] == 100_000
    assert follow.LINES / 2 < len(steps) < 2 * follow.LINES
    assert max(b - a for a, b in pairwise(steps)) < 3 * 100_000 / follow.LINES


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
    assert news[:3] == [{"runs": ["a"], "changed": ["a"]}] * 3
    assert news[3] == {"runs": ["a", "b"], "changed": ["b"]}


def test_wishes_are_bounded() -> None:
    wish = Wish.of(
        {"seed": str(2**40), "count": "9999", "label": "3", "sliders": "9,-9,0.5", "share": "7", "near": "9"}
    )
    assert (wish.seed, wish.count, wish.label) == (2**40 % 2**31, 64, 3)
    assert (wish.sliders, wish.share, wish.near) == ((5.0, -5.0, 0.5), 1.0, 5.0)
    for bad in ({"seed": "x"}, {"sliders": "nan"}, {"share": "nan"}, {"count": "1e9"}):
        with pytest.raises(ValueError, match=r"."):
            Wish.of(bad)


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    page = client(make_run(tmp_path / "a"))
    assert page.get("/api/runs/a/draw?seed=x").status_code == 400
    answer = page.get("/api/runs/a/draw?seed=1")
    assert (answer.status_code, "no whole checkpoint" in answer.text) == (409, True)


def test_a_report_is_one_small_file(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    for k in range(30):
        (run / "samples" / f"{k:08d}.png").write_bytes(bytes(300_000))
    page = report(run).decode()
    assert len(page) < 5_000_000
    assert len(page) > MOST_BYTES / 2
    assert page.count("<script") == 10
    assert "src=" not in page
    assert "data:image/png;base64," in page
    text = page.split('id="report">')[1].split("</script>")[0]
    inside = json.loads(text)
    steps = inside["view"]["pictures"]
    assert (steps[0], steps[-1]) == (0, 1000)
    assert set(map(str, steps)) == set(inside["pictures"])
    with pytest.raises(RunError, match="nothing|no history"):
        report(tmp_path)


def test_the_report_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "a")
    out = tmp_path / "a.html"
    assert main(["report", str(run), "-o", str(out)]) == 0
    assert main(["report", str(run), "-o", str(out)]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["report", str(run), "-o", str(out), "--force"]) == 0
    assert main(["report", str(run)]) == 0
    assert (run / "report.html").exists()
    assert main(["report", str(tmp_path / "nowhere")]) == 1


def test_what_watch_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    assert main(["watch", str(tmp_path / "nowhere")]) == 1
    assert "Give a run folder" in capsys.readouterr().err
    assert main(["watch", str(tmp_path), "--host", "0.0.0.0"]) == 1
    assert "--token" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="cannot listen on 203.0.113.1"):
        watching.listen("203.0.113.1", 0)
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    assert main(["watch", str(tmp_path)]) == 1
    assert "pip install 'sparring[page]'" in capsys.readouterr().err


def test_the_doctor_speaks_chinese() -> None:
    words = (STATIC / "doctor.zh.js").read_text("utf-8")
    for rule in RULES:
        assert f'"{rule.name}": ["' in words
        for cure in rule.cures:
            assert f'"{cure.words}": "' in words


def test_two_pages_never_share_a_port() -> None:
    with watching.listen("127.0.0.1", 0) as one, watching.listen("127.0.0.1", 0) as other:
        taken = one.getsockname()[1]
        assert taken != other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {taken}: Address already in use"):
            watching.listen("127.0.0.1", taken)


def test_a_page_beside_a_training_ends_with_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "a")
    said = ""
    with watching.page_beside(run):
        until = time.monotonic() + 30
        while "http://" not in said and time.monotonic() < until:
            time.sleep(0.05)
            said += capfd.readouterr().out
        address = said.split()[0]
        time.sleep(0.5)
        assert json.loads(urlopen(f"{address}api/runs").read()) == ["a"]
    with pytest.raises(URLError):
        urlopen(f"{address}api/runs")


def test_names_are_words_and_never_markup(tmp_path: Path) -> None:
    run = make_run(tmp_path / "<!--<script>alert(1)")
    (run / "rescue.jsonl").write_text(json.dumps({"step": 1, "words": "</script><script>alert(2)</script>"}))
    page = report(run).decode()
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert page.count("</script>") == 10
    name = quote(run.name)
    assert client(run).get(f"/api/runs/{name}").json()["id"] == run.name
