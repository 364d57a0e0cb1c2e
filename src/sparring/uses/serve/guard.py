"""Who may ask a server: this machine's own programs, or anyone with the token; never another site's page."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparring.errors import quoted
from sparring.uses.serve.gauges import Gauges

OPEN = ("/health",)  # without the token, for what watches over the server


def refusal(status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that says what is wrong, as JSON."""
    body = json.dumps({"error": why})
    return Response(body, status, {"x-content-type-options": "nosniff", **(headers or {})}, "application/json")


class Guard:
    """Refuses requests with another Host (DNS rebinding), of other sites, or without the token; counts all.

    Args:
        hosts: accepted names in Host headers, with any port; empty: any name, which needs a token.
        token: that a request has as ``Authorization: Bearer TOKEN``; "" for none.
        crowded: whether too many connections are open.
    """

    def __init__(
        self,
        app: ASGIApp,
        gauges: Gauges,
        hosts: tuple[str, ...],
        token: str = "",
        crowded: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.app, self.gauges, self.hosts, self.token = app, gauges, hosts, token
        self.crowded, self.clock = crowded, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = self.clock(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            answer = self._refused(scope) or self.app
            await answer(scope, receive, counted)
        finally:
            self.gauges.count(scope["path"], status, self.clock() - began)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.crowded():
            again = {"retry-after": "1", "connection": "close"}
            return refusal(503, "too many connections are open: come again in a second.", again)
        if self.hosts and host_name(host) not in self.hosts:
            return refusal(403, f"this server is not at {quoted(host)}; ask it as {' or '.join(self.hosts)}.")
        if origin is not None and origin != f"{scope['scheme']}://{host}":
            return refusal(403, "requests of another site's page are not answered.")
        if self.token and scope["path"] not in OPEN:
            kind, _, given = headers.get("authorization", "").partition(" ")
            right = secrets.compare_digest(given.strip().encode(), self.token.encode())
            if kind.lower() != "bearer" or not right:
                why = "this needs the header Authorization: Bearer TOKEN, with the token of --token."
                return refusal(401, why, {"www-authenticate": "Bearer"})
        return None


def host_name(host: str) -> str:
    """A Host header without its port, and without the brackets of IPv6."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
