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
from sparring.uses.serve.guard import host_name, refusal

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
API = "/api/"
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
        if self.hosts and host_name(host) not in self.hosts:
            why = f"this page is not at {shown(host)}; open it as {' or '.join(self.hosts)}"
            await _refused(scope, why)(scope, receive, send)
        elif _foreign(scope, headers, origin, host):
            why = "requests from another page are not accepted; open this address in the browser itself"
            await _refused(scope, why)(scope, receive, send)
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
            why = "the address needs its ?token=; open the whole address that was printed in the terminal"
            return _refused(scope, why)
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


def _cookie(scope: Scope) -> str:
    return f"{COOKIE}{(scope.get('server') or ('', 0))[1]}"


def _refused(scope: Scope, why: str) -> Response:
    return answer(scope, 403, f"refused: {why}")


def answer(scope: Scope, status: int, why: str) -> Response:
    """Why a request cannot be answered: as JSON for programs, which ask below API, else as text for people."""
    if scope["path"].startswith(API):
        return refusal(status, why)
    return PlainTextResponse(f"{why}\n", status_code=status)


def _with_headers(send: Send, headers: Mapping[str, str]) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ]
        await send(message)

    return wrapped
