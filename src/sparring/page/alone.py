"""Serve a page that is one file, made anew for each visit."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sparring.errors import RunError
from sparring.page.guard import Guard

# What stands in one file is all that it may use; names in its data cannot end the script (page.single).
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
AGAIN_SECONDS = 2  # until a page that cannot be made yet is tried again


def alone(
    make: Callable[[], str],
    hosts: tuple[str, ...],
    token: str = "",
    version: Callable[[], str] = str,
) -> Guard:
    """An application with one page; where it cannot be made, it says why, and tries again by itself.

    Args:
        make: returns the page; may raise RunError.
        hosts, token: as of ``Guard``.
        version: a text that differs when the page does, which its script may ask for at /version.
    """

    async def page(request: Request) -> Response:
        try:
            return HTMLResponse(await run_in_threadpool(make))
        except RunError as error:
            said = f"<!doctype html><meta charset=utf-8><title>sparring</title><p>{escape(str(error))}"
            return HTMLResponse(said, headers={"refresh": str(AGAIN_SECONDS)})

    async def newest(request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(version))

    return Guard(Starlette(routes=[Route("/", page), Route("/version", newest)]), hosts, token, POLICY)
