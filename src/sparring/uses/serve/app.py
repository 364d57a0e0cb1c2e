"""The server: its paths, its limits, and one computation at a time."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sparring.errors import SparringError, quoted, room
from sparring.errors.words import in_names
from sparring.uses.serve import openapi
from sparring.uses.serve.asked import SampleRequest, check_query, flag
from sparring.uses.serve.gauges import MEDIA, Gauges
from sparring.uses.serve.guard import Guard, refusal
from sparring.uses.serve.served import Answer, Samples, Scores, Served, Translations

PATHS = ("/", "/health", "/metrics", "/openapi.json")
IN_ADDRESS: dict[type, tuple[str, ...]] = {Samples: (), Translations: ("own_size",), Scores: ("heat",)}
WORDS = {
    404: "there is no such path; /openapi.json lists them.",
    405: f"this path takes another method: {', '.join(PATHS)} take GET, others POST, as curl -X POST sends it.",
}


@dataclass(frozen=True)
class Limits:
    """What one client may ask for.

    Attributes:
        count: samples in a request.
        waiting: requests that wait or are computed; further ones are told to come again.
        json_bytes, picture_bytes: of a body.
        seconds: that a body may take to arrive.
    """

    count: int = 256
    waiting: int = 64
    json_bytes: int = 2**16
    picture_bytes: int = 2**23
    seconds: float = 10.0


class _RefusedError(Exception):
    """A request that is answered with a status and a reason."""

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(why)
        self.status, self.why, self.headers = status, why, headers


class Server:
    """Answers the requests for what is served; ``closing`` tells whether it is about to end."""

    def __init__(self, served: Served, limits: Limits, closing: Callable[[], bool]) -> None:
        self.served, self.limits, self.closing = served, limits, closing
        self.gauges = Gauges(served.name, served.step, (*PATHS, served.path))
        self.turn = asyncio.Lock()  # first come, first served: the cores are needed whole
        self.document = json.dumps(openapi.document(served, limits.count, limits.picture_bytes))

    async def health(self, request: Request) -> Response:
        if self.closing():
            return refusal(503, "the server is about to end.")
        found = {"status": "ok", "name": self.served.name, "step": self.served.step, "path": self.served.path}
        return _json(json.dumps(found))

    async def metrics(self, request: Request) -> Response:
        return Response(self.gauges.text(), media_type=MEDIA)

    async def openapi(self, request: Request) -> Response:
        return _json(self.document)

    async def asked(self, request: Request) -> Response:
        """Read a request, wait for its turn, and compute the answer in a thread."""
        if self.gauges.waiting >= self.limits.waiting:
            raise _RefusedError(503, "too many requests wait: come again in a second.", {"retry-after": "1"})
        self.gauges.waiting += 1
        try:
            compute = await self._read(request)
            async with self.turn:
                answer = await run_in_threadpool(_with_room, compute)
        except Exception as error:  # here: Starlette raises unforeseen ones again, with a traceback
            return await _answer_to_error(request, error)
        finally:
            self.gauges.waiting -= 1
        headers = {"x-content-type-options": "nosniff", "cache-control": "no-store", **answer.headers}
        return Response(answer.content, headers=headers, media_type=answer.media)

    async def _read(self, request: Request) -> Callable[[], Answer]:
        served = self.served
        check_query(request.query_params.multi_items(), IN_ADDRESS[type(served)])
        if isinstance(served, Samples):
            asked = SampleRequest.of(await self._body(request, self.limits.json_bytes), self.limits.count)
            return lambda: served.answer(asked)
        if isinstance(served, Translations):
            own_size = flag(request.query_params, "own_size")
            content = await self._body(request, self.limits.picture_bytes)
            return lambda: served.answer(content, own_size)
        heat = flag(request.query_params, "heat")
        content = await self._body(request, self.limits.picture_bytes)
        return lambda: served.answer(content, heat)

    async def _body(self, request: Request, most: int) -> bytes:
        """The body, of which no more is read than is accepted, nor for longer."""
        length = request.headers.get("content-length", "0")
        if not length.isascii() or not length.isdecimal() or int(length[:20]) > most:
            raise _RefusedError(413, f"a body of {_bytes(length)} bytes; at most {most:,} are taken.")

        async def read() -> bytes:
            parts, total = [], 0
            async for part in request.stream():
                total += len(part)
                if total > most:
                    raise _RefusedError(413, f"the body has more than {most:,} bytes, the most that are taken.")
                parts.append(part)
            return b"".join(parts)

        try:
            return await asyncio.wait_for(read(), self.limits.seconds)
        except TimeoutError:
            raise _RefusedError(408, f"the body took longer than {self.limits.seconds:g} seconds.") from None
        except ClientDisconnect:
            raise _RefusedError(400, "the body ended too early.") from None


def _bytes(length: str) -> str:
    """A length as a message says it."""
    short = len(length) < 20 and length.isascii() and length.isdecimal()
    return f"{int(length):,}" if short else quoted(length)


def _with_room(compute: Callable[[], Answer]) -> Answer:
    with room("Ask for fewer samples, or come again later."):
        return compute()


def _json(text: str) -> Response:
    return Response(text, media_type="application/json", headers={"x-content-type-options": "nosniff"})


async def _answer_to_error(request: Request, error: Exception) -> Response:
    """Every error as JSON; what nobody has foreseen is named on standard error, and told to nobody else."""
    if isinstance(error, _RefusedError):
        return refusal(error.status, error.why, error.headers)
    if isinstance(error, SparringError):
        return refusal(400, in_names(str(error)))
    if isinstance(error, HTTPException):
        return refusal(error.status_code, WORDS.get(error.status_code, "this cannot be answered."))
    print(f"sparring: a request failed: {type(error).__name__} {quoted(str(error))}", file=sys.stderr)
    return refusal(500, "the server could not answer this; its own output says more.")


Handler = Callable[[Request, Exception], Awaitable[Response]]


def app(
    served: Served,
    hosts: tuple[str, ...],
    token: str = "",
    limits: Limits = Limits(),
    closing: Callable[[], bool] = lambda: False,
    crowded: Callable[[], bool] = lambda: False,
) -> Guard:
    """The whole server behind its guard.

    Args:
        hosts, token, crowded: as in ``Guard``.
        closing: whether it is about to end, which /health then says.
    """
    server = Server(served, limits, closing)
    routes = [
        Route("/", server.openapi),
        Route("/openapi.json", server.openapi),
        Route("/health", server.health),
        Route("/metrics", server.metrics),
        Route(served.path, server.asked, methods=["POST"]),
    ]
    kinds: tuple[Any, ...] = (_RefusedError, SparringError, HTTPException, Exception)
    handlers: dict[Any, Handler] = dict.fromkeys(kinds, _answer_to_error)
    inner = Starlette(routes=routes, exception_handlers=handlers)
    inner.router.redirect_slashes = False  # /health/ is another path, and is refused as such
    return Guard(inner, server.gauges, hosts, token, crowded)
