"""Who may ask: this machine's browser at this page's own address, or whoever has the token."""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
COOKIE = "sparring_token"


class Guard:
    """Refuses requests of other origins, other hosts (DNS rebinding), or without the token.

    Args:
        hosts: accepted Host headers; empty: any, which needs a token.
        token: what a first request must bring as ``?token=``; a cookie remembers it.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], token: str = "") -> None:
        self.app, self.hosts, self.token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        origin = headers.get("origin")
        if self.hosts and host not in self.hosts:
            await _refused(f"this page is not {host}")(scope, receive, send)
        elif (origin is not None and origin != f"{scope['scheme']}://{host}") or headers.get(
            "sec-fetch-site", "none"
        ) not in ("none", "same-origin"):
            await _refused("another page may not ask")(scope, receive, send)
        elif self.token and not self._knows(headers):
            given = QueryParams(scope["query_string"]).get("token", "")
            if not secrets.compare_digest(given.encode(), self.token.encode()):
                await _refused("the address needs ?token=, as it was printed")(scope, receive, send)
                return
            answer = RedirectResponse(scope["path"], status_code=303)
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def _knows(self, headers: Headers) -> bool:
        given = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        return secrets.compare_digest(given.encode(), self.token.encode())


def _refused(why: str) -> PlainTextResponse:
    return PlainTextResponse(f"refused: {why}\n", status_code=403)


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in HEADERS.items()),
            ]
        await send(message)

    return wrapped
