"""The server of the page: static files, views of runs, their pictures, and a stream of changes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sparring.errors import ConfigError, SparringError, UnreadableError
from sparring.files import parse_json
from sparring.history.layout import FIELD, FIELDS, PICTURE, REAL_FIELD, SAMPLES, TEXT, is_step, step_name
from sparring.page.asked import DrawRequest
from sparring.page.follow import Followed, find
from sparring.page.guard import Guard, answer
from sparring.uses.serve.guard import refusal

STATIC = Path(__file__).parent / "static"
POLL_SECONDS = 0.5  # between two searches for changes
HEARTBEAT_SECONDS = 15.0  # after which an event is sent, even if nothing has changed
POLL_SHARE = 0.02  # the largest share of the time that the search for changes may take
MOST_SENT = 20_000_000  # bytes of a picture that is to be translated
MOST_ROWS = 100  # of the table per request


class Drawn(NamedTuple):
    """Samples in the form in which the page shows them, and its media type."""

    content: bytes
    media: str


Draw = Callable[[Path, DrawRequest], Drawn]  # draws samples of a run
Lab = Callable[[Mapping[str, Any]], dict[str, Any]]  # acts on a small game as asked, and tells how it stands


def _json(value: Any) -> Response:
    # json.dumps escapes everything but ASCII: a file may contain half a character, which UTF-8 cannot encode.
    return Response(json.dumps(value, allow_nan=False), media_type="application/json")


class Page:
    """The runs under some folders, and the answers to requests about them."""

    def __init__(
        self,
        paths: Sequence[Path],
        draw: Draw,
        closing: Callable[[], bool] = lambda: False,
        lab: Lab | None = None,
    ) -> None:
        self.paths, self.draw, self.closing, self.lab = paths, draw, closing, lab
        self.runs: dict[str, Followed] = {}
        self.draw_lock = asyncio.Lock()  # one request at a time, since the training needs the cores
        self.poll_lock = asyncio.Lock()  # one search of the folders for all listeners
        self.polled, self.pause = -1e9, POLL_SECONDS
        self.versions: dict[str, object] = {}
        self.refresh()

    def refresh(self) -> None:
        """Look for new runs; known runs keep their ids."""
        self.runs = find(self.paths, self.runs)

    async def run(self, request: Request) -> Followed:
        name = request.path_params["id"]
        if name not in self.runs:
            await run_in_threadpool(self.refresh)
        return self.runs[name]

    async def list(self, request: Request) -> Response:
        await run_in_threadpool(self.refresh)
        return _json(list(self.runs))

    async def alone(self, request: Request) -> Response:
        """The ids of trained players without a history, which the page shows only to those who ask."""
        return _json(_alone(self.runs))

    async def view(self, request: Request) -> Response:
        run = await self.run(request)
        return _json(await run_in_threadpool(run.view))

    async def table(self, request: Request) -> Response:
        """The rows of the runs that are asked for, of those that there are."""
        runs = [self.runs[name] for name in request.query_params.getlist("id")[:MOST_ROWS] if name in self.runs]
        return _json([await run_in_threadpool(run.row) for run in runs])

    async def picture(self, request: Request) -> Response:
        return _file(await self.run(request), SAMPLES, request.path_params["step"], PICTURE)

    async def text(self, request: Request) -> Response:
        return _file(await self.run(request), SAMPLES, request.path_params["step"], TEXT)

    async def field(self, request: Request) -> Response:
        return _file(await self.run(request), FIELDS, request.path_params["name"], FIELD)

    async def drawn(self, request: Request) -> Response:
        try:
            draw_request = DrawRequest.of(request.query_params, await _body(request))
        except ConfigError as error:
            return refusal(400, f"cannot draw that: {error}")
        run = await self.run(request)
        async with self.draw_lock:
            try:
                drawn = await run_in_threadpool(self.draw, run.path, draw_request)
            except SparringError as error:
                return refusal(400 if isinstance(error, ConfigError) else 409, str(error))
        return Response(drawn.content, media_type=drawn.media)

    async def experiment(self, request: Request) -> Response:
        """Act on the small game of the lab, and tell how it stands."""
        if self.lab is None:
            raise KeyError("lab")
        async with self.draw_lock:
            try:
                return _json(await run_in_threadpool(self.lab, _asked(await _body(request))))
            except SparringError as error:
                return refusal(400, str(error))

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._changes(request), media_type="text/event-stream")

    async def _changes(self, request: Request) -> AsyncIterator[str]:
        """Events with the ids of the runs that have changed, and a heartbeat if nothing has."""
        sent: dict[str, object] = {}
        sent_at = time.monotonic()
        yield "retry: 1000\n\n"
        while not (self.closing() or await request.is_disconnected()):
            versions = await self._current_versions()
            changed = [name for name, version in versions.items() if sent.get(name) != version]
            silent = time.monotonic() - sent_at
            if changed or sent.keys() - versions.keys() or silent >= HEARTBEAT_SECONDS:
                told = {"runs": list(versions), "changed": changed, "alone": _alone(self.runs)}
                yield f"data: {json.dumps(told)}\n\n"
                sent, sent_at = dict(versions), time.monotonic()
            await asyncio.sleep(POLL_SECONDS)

    async def _current_versions(self) -> dict[str, object]:
        """The version of each run, read once for all listeners, and less often if reading takes long."""
        async with self.poll_lock:
            started = time.monotonic()
            if started - self.polled >= self.pause:
                self.versions = await run_in_threadpool(self._read_versions)
                self.polled = time.monotonic()
                self.pause = max(POLL_SECONDS / 2, (self.polled - started) / POLL_SHARE)
        return self.versions

    def _read_versions(self) -> dict[str, object]:
        self.refresh()
        return {name: run.version() for name, run in self.runs.items()}


def _alone(runs: Mapping[str, Followed]) -> list[str]:
    return [name for name, run in runs.items() if run.alone()]


def _asked(body: bytes) -> dict[str, Any]:
    """The names and values of a request.

    Raises:
        ConfigError: it has none.
    """
    try:
        found = parse_json(body.decode())
    except (UnreadableError, UnicodeDecodeError) as error:
        raise ConfigError("expected JSON") from error
    if not isinstance(found, dict):
        raise ConfigError("expected a JSON object")
    return found


async def _body(request: Request) -> bytes:
    """What a page has sent with a request; b"" of a request that only reads.

    Raises:
        ConfigError: it is too large.
    """
    body = b""
    if request.method == "POST":
        async for part in request.stream():
            body += part
            if len(body) > MOST_SENT:
                raise ConfigError(f"expected at most {MOST_SENT / 1e6:.0f} MB, and more came: send less")
    return body


def _file(run: Followed, folder: str, name: str, suffix: str) -> Response:
    """The file of a run with this step as its name.

    Raises:
        KeyError: there is no such file, or it is a link out of the run folder.
    """
    file = f"{step_name(int(name)) if is_step(name) else name}{suffix}"
    path = run.path / folder / file
    if not (is_step(name) or (folder, file) == (FIELDS, REAL_FIELD)) or not path.is_file():
        raise KeyError(name)
    if not path.resolve().is_relative_to(run.path):
        raise KeyError(name)
    return FileResponse(path)


def app(
    paths: Sequence[Path],
    draw: Draw,
    hosts: tuple[str, ...],
    token: str = "",
    closing: Callable[[], bool] = lambda: False,
    lab: Lab | None = None,
) -> Guard:
    """The whole application behind its guard; streams end when ``closing`` returns True."""
    page = Page(paths, draw, closing, lab)

    async def index(request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def missing(request: Request, error: Exception) -> Response:
        return answer(request.scope, 404, "there is no such run, picture or page")

    async def otherwise(request: Request, error: Exception) -> Response:
        return answer(request.scope, 405, "this address is asked in another way: see its method")

    routes = [
        Route("/", index),
        Route("/api/runs", page.list),
        Route("/api/alone", page.alone),
        Route("/api/events", page.events),
        Route("/api/table", page.table),
        Route("/api/lab", page.experiment, methods=["POST"]),
        Route("/api/runs/{id}", page.view),
        Route("/api/runs/{id}/pictures/{step}.png", page.picture),
        Route("/api/runs/{id}/pictures/{step}.txt", page.text),
        Route("/api/runs/{id}/fields/{name}.json", page.field),
        Route("/api/runs/{id}/draw", page.drawn, methods=["GET", "POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    handlers: dict[Any, Any] = {KeyError: missing, RuntimeError: missing, 404: missing, 405: otherwise}
    inner = Starlette(routes=routes, exception_handlers=handlers)
    return Guard(inner, hosts, token)
