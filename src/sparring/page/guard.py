"""Decide who may see the page: a browser at the page's own address, or anyone with the token."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import quote

from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparring.errors import quoted as shown

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
COOKIE = "sparring_token_"  # the port is appended, since browsers share cookies between ports


class Guard:
    """Refuses requests of other origins, other hosts (DNS rebinding), or without the token.

    Args:
        hosts: accepted names in Host headers, with any port, since a tunnel has another port. Empty: any name;
            this needs a token.
        token: the first request must have it as ``?token=``; then a cookie keeps it.
        policy: what the browser lets the page load.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], token: str = "", policy: str = POLICY) -> None:
        self.app, self.hosts, self.token = app, hosts, token
        self.headers = HEADERS | {"content-security-policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        origin = headers.get("origin")
        if self.hosts and _name(host) not in self.hosts:
            why = f"this page is not at {shown(host)}; open it as {' or '.join(self.hosts)}"
            await _refused(why)(scope, receive, send)
        elif _foreign(scope, headers, origin, host):
            await _refused(
                "requests from another page are not accepted; open this address in the browser itself"
            )(scope, receive, send)
        elif self.token and not self._has_cookie(scope, headers):
            await self._log_in(scope)(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send, self.headers))

    def _has_cookie(self, scope: Scope, headers: Headers) -> bool:
        value = cookie_parser(headers.get("cookie", "")).get(_cookie(scope), "")
        return secrets.compare_digest(value.encode(), quote(self.token).encode())

    def _log_in(self, scope: Scope) -> Response:
        """Redirect to the same address without its token, and set the cookie; or refuse."""
        query = QueryParams(scope["query_string"])
        if not secrets.compare_digest(query.get("token", "").encode(), self.token.encode()):
            return _refused(
                "the address needs its ?token=; open the whole address that was printed in the terminal"
            )
        rest = "&".join(f"{quote(k)}={quote(v)}" for k, v in query.multi_items() if k != "token")
        path = "/" + quote(scope["path"].lstrip("/"))  # two slashes would mean another host
        response = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        # Lax: after a link in a mail or a notebook, the redirected request must have the cookie.
        response.set_cookie(_cookie(scope), quote(self.token), httponly=True, samesite="lax")
        return response


def _foreign(scope: Scope, headers: Headers, origin: str | None, host: str) -> bool:
    """Whether another site's page sends the request; a link to this page is allowed, as it reveals nothing."""
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


def _with_headers(send: Send, headers: Mapping[str, str]) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ]
        await send(message)

    return wrapped
