"""Decide who may see the page: a browser at the page's own address, or anyone with the token."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparring.errors import quoted as shown

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
COOKIE = "sparring_token_"  # and the port, which cookies do not tell apart


class Guard:
    """Refuses requests of other origins, other hosts (DNS rebinding), or without the token.

    Args:
        hosts: accepted names in Host headers, whatever the port (a tunnel has its own); empty: any,
            which needs a token.
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
        if self.hosts and _name(host) not in self.hosts:
            why = f"this page is not {shown(host)}; ask for it as {' or '.join(self.hosts)}"
            await _refused(why)(scope, receive, send)
        elif _foreign(scope, headers, origin, host):
            await _refused("another page may not ask; open the address itself")(scope, receive, send)
        elif self.token and not self._knows(scope, headers):
            await self._first(scope)(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def _knows(self, scope: Scope, headers: Headers) -> bool:
        given = cookie_parser(headers.get("cookie", "")).get(_cookie(scope), "")
        return secrets.compare_digest(given.encode(), quote(self.token).encode())

    def _first(self, scope: Scope) -> Response:
        """The same address without the token in it, and a cookie instead; or a refusal."""
        asked = QueryParams(scope["query_string"])
        if not secrets.compare_digest(asked.get("token", "").encode(), self.token.encode()):
            return _refused("the address needs ?token=, as it was printed")
        rest = "&".join(f"{quote(k)}={quote(v)}" for k, v in asked.multi_items() if k != "token")
        path = "/" + quote(scope["path"].lstrip("/"))  # two slashes would be another host
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        # Lax: a link in a mail or a notebook leads here, and the redirect after it must bring the cookie.
        answer.set_cookie(_cookie(scope), quote(self.token), httponly=True, samesite="lax")
        return answer


def _foreign(scope: Scope, headers: Headers, origin: str | None, host: str) -> bool:
    """Whether another site's page asks; to follow its link to the page itself tells that site nothing."""
    site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode", "")
    if scope["method"] == "GET" and scope["path"] == "/" and mode == "navigate":
        return headers.get("sec-fetch-dest", "document") != "document"
    other = origin is not None and origin != f"{scope['scheme']}://{host}"
    return other or site not in ("none", "same-origin")


def _name(host: str) -> str:
    """A Host header without its port, and without the brackets of IPv6."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _cookie(scope: Scope) -> str:
    return f"{COOKIE}{(scope.get('server') or ('', 0))[1]}"


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
