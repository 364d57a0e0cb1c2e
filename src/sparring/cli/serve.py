"""``sparring serve``: give samples, translations or scores over HTTP."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
from contextlib import suppress
from typing import Any

from sparring.cli.watch import LOOPBACK, address, given_token, listen
from sparring.config.arguments import whole
from sparring.errors import ConfigError, printable, quoted, warn

GRACE_SECONDS = 10  # that requests may take to end, once the server is told to
MOST_COUNT, MOST_WAITING = 10_000, 10_000
KEEP_ALIVE_SECONDS = 5  # that an idle connection is kept
CONNECTIONS = 1_000  # open at once


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        ConfigError: another address is given without a token, or a limit is out of range.
        RunError: there is no run and no detector.
    """
    token = _token(args)
    whole("--most-count", args.most_count, 1, MOST_COUNT)
    whole("--most-waiting", args.most_waiting, 1, MOST_WAITING)
    import uvicorn

    from sparring.uses.serve import engine
    from sparring.uses.serve.app import Limits, app
    from sparring.uses.serve.served import load

    listening = listen(args.host, args.port)  # first, since loading takes a while
    try:
        served, said = engine.chosen(load(args.run, warn, device=args.device, best=args.best), args.engine)
    except BaseException:
        listening.close()
        raise
    hosts = LOOPBACK if args.host in LOOPBACK else ()
    shown = address(args.host, listening.getsockname()[1], "").rstrip("/")
    print(
        printable(f"{shown}{served.path}  {served.name}, step {served.step:,}; {said}  (Ctrl-C ends it)"),
        flush=True,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app(
                served,
                hosts,
                token,
                Limits(args.most_count, args.most_waiting),
                lambda: server.should_exit,
                lambda: len(server.server_state.connections) > CONNECTIONS,
            ),
            http=protocol(),
            ws="none",
            log_level="error",  # it warns of requests that are no HTTP, of which anybody may send many
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises it again when it has ended
    with suppress(KeyboardInterrupt), listening:
        server.run([listening])
    return 0


def _token(args: argparse.Namespace) -> str:
    """The token that requests must send; "" if none is needed.

    Raises:
        ConfigError: others may ask and there is none, or it cannot be sent by everybody.
    """
    token = given_token(args.token)
    if args.host not in LOOPBACK and not token:
        raise ConfigError(
            f"--host {args.host} lets others ask: also give a --token, such as {secrets.token_hex(16)}."
        )
    if token != token.strip():
        raise ConfigError("--token has spaces around it, which no request can send. Leave them out.")
    if not (token.isascii() and token.isprintable()):
        raise ConfigError(
            f"--token {quoted(token)} has a character that programs send in different ways, and most could not "
            "ask. Give one of the letters a to z, digits and signs of ASCII."
        )
    return token


def protocol() -> Any:
    """uvicorn's protocol, which refuses as JSON too what is no HTTP."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Protocol(H11Protocol):
        def send_400_response(self, msg: str) -> None:
            body = json.dumps(
                {"error": "this is no HTTP request, or its headers contradict each other."}
            ).encode()
            head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close"
            self.transport.write(f"HTTP/1.1 400 Bad Request\r\n{head}\r\n\r\n".encode() + body)
            self.transport.close()

    return Protocol
