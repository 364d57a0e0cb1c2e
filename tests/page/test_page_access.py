"""Who may ask the page, under which address, and how long it lasts."""

import io
import json
import queue
import socket
import subprocess
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from starlette.testclient import TestClient

from page_runs import ADDRESS, client, make_run, never
from sparring.cli import watch as watching
from sparring.cli.main import main
from sparring.errors import ConfigError
from sparring.page.server import app
from sparring.page.single import STATIC


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
        {"host": "x" * 5000},
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = page.get("/api/runs", headers=headers)
        assert (answer.status_code, answer.json()["error"][:7]) == (403, "refused")
        assert page.get("/", headers=headers).text.startswith(("refused", "<!doctype"))
        assert len(answer.text) < 300


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


def test_what_watch_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path / "nowhere")]) == 1
    assert "there is no run folder" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["watch", str(tmp_path / "file")]) == 1
    assert "is a file" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="--host 'no.such.host.invalid' is not an address of this machine"):
        watching.listen("no.such.host.invalid", 0)
    assert main(["watch", str(tmp_path), "--host", "0.0.0.0"]) == 1
    assert "--token" in capsys.readouterr().err
    with pytest.raises(
        ConfigError, match="cannot listen on 203.0.113.1.*: this machine does not have that address"
    ):
        watching.listen("203.0.113.1", 0)
    assert main(["train", "mnist", "--stay"]) == 1
    assert "--stay keeps the page of --watch" in capsys.readouterr().err


def test_a_port_is_refused_before_a_page_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path), "--port", "99999"]) == 1
    assert "--port 99999" in capsys.readouterr().err


def test_two_pages_never_share_a_port() -> None:
    with watching.listen("127.0.0.1", 0) as one, watching.listen("127.0.0.1", 0) as other:
        assert one.proto == socket.IPPROTO_TCP  # else asyncio leaves answers to wait for 40 ms
        taken = one.getsockname()[1]
        assert taken != other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {taken}: another program uses this port"):
            watching.listen("127.0.0.1", taken)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """The processes of pages that are started."""
    started = []

    def start(*args: Any, **kwargs: Any) -> subprocess.Popen[str]:
        started.append(popen(*args, **kwargs))
        return started[-1]

    popen = subprocess.Popen
    monkeypatch.setattr(watching.subprocess, "Popen", start)
    return started


def test_a_page_beside_a_training_ends_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pages: list[subprocess.Popen[str]]
) -> None:
    with watching.page_beside(make_run(tmp_path / "a")):
        address = capsys.readouterr().out.split()[0]
        assert json.loads(urlopen(f"{address}api/runs").read()) == ["a"]
    assert [page.poll() is None for page in pages] == [False]
    assert f"To see it again: sparring watch {tmp_path / 'a'}" in capsys.readouterr().out


def test_a_page_outlives_its_training_until_it_is_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pages: list[subprocess.Popen[str]]
) -> None:
    def interrupted() -> None:
        assert page.poll() is None
        raise KeyboardInterrupt

    with watching.page_beside(make_run(tmp_path / "a"), stay=True):
        (page,) = pages
        wait = page.wait
        page.wait = lambda: (setattr(page, "wait", wait), interrupted())  # type: ignore[method-assign,assignment]
    said = capsys.readouterr().out
    assert f"The page stays at {said.split()[0]} until Ctrl-C" in said
    assert page.poll() is not None


def test_a_page_ends_with_a_training_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom sparring.cli.watch import page_beside\n"
        "with page_beside(Path(sys.argv[1])):\n    time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(make_run(tmp_path / "a"))]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as training:  # type: ignore[call-overload]
        address = training.stdout.readline().split()[0]
        assert json.loads(urlopen(f"{address}api/runs").read()) == ["a"]
        training.kill()
        training.stderr.read()  # to its end, which comes when the page, that has this pipe too, is gone


class Opened(webbrowser.BaseBrowser):
    """A browser that only takes down where it was sent."""

    def __init__(self) -> None:
        self.at = queue.Queue[str]()

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.at.put(url)
        return True


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """A machine with a screen and a browser."""
    browser = Opened()
    monkeypatch.setattr(webbrowser, "get", lambda using=None: browser)
    for name in ("CI", "SSH_CONNECTION", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: sockets[0].close())
    return browser


def test_watch_opens_the_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Opened) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["watch", str(make_run(tmp_path / "a"))]) == 0
    assert desk.at.get() == terminal.getvalue().split()[0]
    assert main(["watch", str(tmp_path / "a"), "--no-browser"]) == 0
    assert desk.at.empty()


@pytest.mark.parametrize("instead", ["CI", "SSH_CONNECTION", "no DISPLAY", "a pipe", "a browser of text"])
def test_no_browser_is_opened_where_nobody_would_see_it(
    instead: str, monkeypatch: pytest.MonkeyPatch, desk: Opened
) -> None:
    text = webbrowser.GenericBrowser("true")
    monkeypatch.setattr(text, "open", desk.open)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "stdout", Terminal())
    if instead == "no DISPLAY":
        monkeypatch.delenv("DISPLAY")
    elif instead == "a pipe":
        monkeypatch.setattr(sys, "stdout", io.StringIO())
    elif instead == "a browser of text":
        monkeypatch.setattr(webbrowser, "get", lambda using=None: text)
    else:
        monkeypatch.setenv(instead, "1")
    before = threading.active_count()
    watching.open_browser("http://127.0.0.1:8555/")
    assert (threading.active_count(), desk.at.empty()) == (before, True)
