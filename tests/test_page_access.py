"""Who may ask the page, under which address, and how long it lasts."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from starlette.testclient import TestClient

from page_runs import ADDRESS, client, make_run, never
from sparring import watching
from sparring.cli import main
from sparring.errors import ConfigError
from sparring.page.report import STATIC
from sparring.page.server import app


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
        {"host": "127.0.0.1.evil.example:8555"},
        {"host": "[evil]:8555"},
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = page.get("/api/runs", headers=headers)
        assert (answer.status_code, answer.text[:7]) == (403, "refused")


def test_a_link_elsewhere_may_lead_to_the_page_but_not_frame_it(tmp_path: Path) -> None:
    page = client(make_run(tmp_path / "a"))
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert page.get("/?run=a", headers=link).status_code == 200
    assert page.get("/", headers=link | {"sec-fetch-dest": "iframe"}).status_code == 403
    assert page.post("/", headers=link).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9000", "[::1]:8555"])
def test_a_tunnel_may_have_another_port(tmp_path: Path, host: str) -> None:
    assert client(make_run(tmp_path / "a")).get("/api/runs", headers={"host": host}).status_code == 200


def test_the_token_leaves_the_rest_of_the_address_as_it_was(tmp_path: Path) -> None:
    token = "a b&c#d+é"
    page = client(make_run(tmp_path / "a"), token=token)
    address = watching.address("127.0.0.1", 8555, token)
    answer = page.get(f"{address}&run=a&lang=zh", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?run=a&lang=zh")
    assert page.get("/api/runs").json() == ["a"]
    answer = client(tmp_path / "a", token="t").get(f"{ADDRESS}//evil.example/x?token=t", follow_redirects=False)
    assert answer.headers["location"] == "/evil.example/x"


def test_tokens_of_two_ports_do_not_meet(tmp_path: Path) -> None:
    make_run(tmp_path / "a")
    cookies = []
    for port in (8555, 8556):
        page = TestClient(app([tmp_path / "a"], never, (), "t"), base_url=f"http://127.0.0.1:{port}")
        page.get("/?token=t")
        cookies += list(page.cookies)
    assert len(set(cookies)) == 2


def test_addresses_that_are_printed() -> None:
    assert watching.address("127.0.0.1", 8555, "") == "http://127.0.0.1:8555/"
    assert watching.address("::1", 80, "a&b") == "http://[::1]:80/?token=a%26b"
    assert "0.0.0.0" not in watching.address("0.0.0.0", 8555, "t")


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


def test_what_watch_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    assert main(["watch", str(tmp_path / "nowhere")]) == 1
    assert "there is no run folder" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["watch", str(tmp_path / "file")]) == 1
    assert "is a file" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="--host no.such.host.invalid is no address"):
        watching.listen("no.such.host.invalid", 0)
    assert main(["watch", str(tmp_path), "--host", "0.0.0.0"]) == 1
    assert "--token" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="cannot listen on 203.0.113.1"):
        watching.listen("203.0.113.1", 0)
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    assert main(["watch", str(tmp_path)]) == 1
    assert "pip install 'sparring[page]'" in capsys.readouterr().err


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


def test_a_page_ends_with_a_training_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time\nfrom pathlib import Path\nfrom sparring.watching import page_beside\n"
        "with page_beside(Path(sys.argv[1])):\n    time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(make_run(tmp_path / "a"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as training:
        assert training.stdout
        address = training.stdout.readline().split()[0]
        assert json.loads(urlopen(f"{address}api/runs").read()) == ["a"]
        training.kill()
        assert training.stdout.read() == ""  # the page held this pipe too
    with pytest.raises(URLError):
        urlopen(f"{address}api/runs")
