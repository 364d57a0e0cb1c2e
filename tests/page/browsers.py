"""A browser, a tab in it, and servers of run folders, for tests of the page."""

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sparring.cli.watch import LOOPBACK, lab, playground
from sparring.page.server import Draw, app

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 120_000  # milliseconds: what comes late on a busy machine comes
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    if not CHROMIUM:
        if request.config.getoption("--browser-must-run"):
            pytest.fail("there is no Chromium: apt-get install chromium")
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, serve: type["Served"]) -> Iterator[Page]:
    """A tab in English that fails its test where a script or a request fails."""
    context = browser.new_context(locale="en-US", viewport={"width": 1200, "height": 900})
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    wrong: list[str] = []
    tab.forgiven = "ERR_CONNECTION_REFUSED"  # type: ignore[attr-defined]  # what a test expects to fail
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield tab
    context.close()
    assert [text for text in wrong if not re.search(tab.forgiven, text)] == []  # type: ignore[attr-defined]


def bound(port: int = 0) -> socket.socket:
    """A socket of this port. Until it is closed nobody else gets the port, but for another of these."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind(("127.0.0.1", port))
    return found


class Served:
    """A server of some folders in a thread, at any port that is free, or at one that is reserved."""

    def __init__(self, *paths: Path, port: int = 0, draw: Draw | None = None) -> None:
        listening = bound(port)
        listening.listen()
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(
            app(paths, draw or playground(), LOOPBACK, closing=lambda: self.server.should_exit, lab=lab()),
            log_level="error", timeout_graceful_shutdown=2,
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([listening],))
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "the server did not start"
            time.sleep(0.01)

    def at(self, query: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/{query}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture
def serve() -> Iterator[type[Served]]:
    started: list[Served] = []

    class Kept(Served):
        def __init__(self, *paths: Path, port: int = 0, draw: Draw | None = None) -> None:
            super().__init__(*paths, port=port, draw=draw)
            started.append(self)

    yield Kept
    for served in started:
        served.stop()
