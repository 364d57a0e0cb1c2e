"""``sparring watch``: serve the page of runs, alone or beside a training."""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sparring.errors import ConfigError, RunError, quoted, reason
from sparring.history.find import alone, detecting, marked, no_run, players_alone, runs_in

if TYPE_CHECKING:
    from sparring.page.guard import Guard
    from sparring.page.server import Draw, Lab

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORT, TRIED_PORTS = 8555, 20


def run(args: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C.

    Raises:
        ConfigError: another address is given without a token.
        RunError: there is no such folder, or no run in it.
    """
    for path in args.run:
        if not path.is_dir():
            raise RunError(no_run(path))
        if len(args.run) > 1 and detecting(path):
            raise RunError(f"{path} is a detector, whose page stands alone: sparring watch {path}.")
    token = given_token(args.token)
    if args.host not in LOOPBACK and not token:
        raise ConfigError(
            f"--host {args.host} shows your runs to others: also give a --token, such as "
            f"{secrets.token_urlsafe(8)}."
        )
    import uvicorn

    hosts = LOOPBACK if args.host in LOOPBACK else ()
    listening = listen(args.host, args.port)  # first, since a page of many runs takes a while
    try:
        page = _page(args.run, hosts, token, lambda: server.should_exit)
    except BaseException:
        listening.close()
        raise
    shown = address(args.host, listening.getsockname()[1], token)
    print(f"{shown}  (Ctrl-C ends it)", flush=True)
    if args.browser:
        open_browser(shown)
    server = uvicorn.Server(uvicorn.Config(page, log_level="warning", timeout_graceful_shutdown=2))
    if args.while_stdin:
        threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
    with suppress(KeyboardInterrupt), listening:  # uvicorn raises it when it ends
        server.run([listening])
    return 0


def _page(paths: list[Path], hosts: tuple[str, ...], token: str, closing: Callable[[], bool]) -> Guard:
    """The page of runs or, of a detector, that of its fit and then of the pictures that it scored last.

    Raises:
        RunError: there is no run in one of the folders, or it holds players alone.
    """
    if detecting(paths[0]):
        from sparring.page import alone as single
        from sparring.page import fitting

        return single.alone(lambda: fitting.page(paths[0]), hosts, token, lambda: fitting.version(paths[0]))
    from sparring.page.server import app

    for path in paths:
        if alone(path):
            raise RunError(players_alone(str(path)))
        if not marked(path) and path not in {run.parent for run in runs_in(path)}:
            raise RunError(f"there is nothing to watch: {no_run(path)}")
    return app(paths, playground(), hosts, token, closing, lab())


def playground() -> Draw:
    """The function with which the page draws; torch is loaded when it draws for the first time."""

    @cache
    def loaded() -> Draw:
        from sparring.cli.playground import Playground

        return Playground()

    return lambda path, asked: loaded()(path, asked)


def lab() -> Lab:
    """The small game of points of the page; torch is loaded when it begins."""

    @cache
    def loaded() -> Lab:
        from sparring.uses.lab import Lab as Bench

        return Bench()

    return lambda asked: loaded()(asked)


def open_browser(shown: str) -> None:
    """Open an address in the browser of this machine, unless nobody would see it."""
    if os.environ.get("CI") or os.environ.get("SSH_CONNECTION") or not sys.stdout.isatty():
        return
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return
    with suppress(webbrowser.Error, OSError):
        browser = webbrowser.get()
        if type(browser) is not webbrowser.GenericBrowser:  # one that would take this terminal
            threading.Thread(target=browser.open, args=(shown,), daemon=True).start()


def _end_with_stdin(server: Any) -> None:
    """Stop serving when the process that started this one has ended, which closes our input."""
    sys.stdin.buffer.read()
    server.should_exit = True


def address(host: str, port: int, token: str) -> str:
    """The address to open in a browser; if the host means all addresses of this machine, one of them."""
    if host in ("0.0.0.0", "::"):
        host = _own_address()
    shown = f"[{host}]" if ":" in host else host
    secret = quote(token, safe="")
    return f"http://{shown}:{port}/{f'?token={secret}' if token else ''}"


def _own_address() -> str:
    """The address of this machine in its network, found without sending a packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # an address reserved for examples (RFC 5737)
        return str(probe.getsockname()[0])
    return socket.gethostname()


def given_token(given: str | None) -> str:
    """The token that is asked for; "" for none.

    Raises:
        ConfigError: an empty one was given, as by a variable of the shell that is not set.
    """
    if given is not None and not given.strip():
        raise ConfigError(
            f"--token is empty, and would keep nobody out: give one, such as {secrets.token_hex(16)}, or leave "
            "--token out."
        )
    return given or ""


def listen(host: str, requested: int) -> socket.socket:
    """A socket that listens on the requested port or, for 0, on the first free port from PORT.

    Raises:
        ConfigError: the port is used already, or the address is not one of this machine.
    """
    if not 0 <= requested < 2**16:
        raise ConfigError(f"--port {requested}: expected 1 to 65535, or 0 for the first free port.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, None, family)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"--host {quoted(host)} is not an address of this machine: leave it out, or give one that it has."
        ) from error
    for port in [requested] if requested else [*range(PORT, PORT + TRIED_PORTS), 0]:  # 0: any free port
        # Named as TCP, for which alone asyncio turns off Nagle's algorithm, a delay of 40 ms for each answer.
        trial = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen()  # bound sockets that do not listen can share a port
        except OSError as error:
            trial.close()
            why = reason(error)
            continue
        return trial
    raise ConfigError(
        f"cannot listen on {host}, port {requested or PORT}: {why}. Choose another --port or --host."
    )


@contextmanager
def page_beside(run: Path, browser: bool = True, stay: bool = False) -> Iterator[None]:
    """Serve the page of a run in another process until the block or this process ends.

    Args:
        browser: open the page in a browser, if there is one.
        stay: keep the page after the block, until Ctrl-C.
    """
    command = [sys.executable, "-m", "sparring", "watch", str(run), "--while-stdin", "--no-browser"]
    # In a new session, so that Ctrl-C only stops the training.
    page = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert page.stdin
    assert page.stdout
    shown = page.stdout.readline().partition(" ")[0].strip()
    try:
        if shown:
            until = "Ctrl-C" if stay else "the training"
            print(f"{shown}  (the page; {until} ends it)", flush=True)
            if browser:
                open_browser(shown)
        yield
        if shown and stay:
            print(f"The page stays at {shown} until Ctrl-C.", flush=True)
            with suppress(KeyboardInterrupt):
                page.wait()
        elif shown:
            again = f"sparring watch {shlex.quote(str(run))}"
            print(f"The page has ended with the training. To see it again: {again}", flush=True)
    finally:
        page.terminate()
        page.wait()
        page.stdin.close()
        page.stdout.close()
