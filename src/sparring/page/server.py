"""The page's server: static files, views of runs, their pictures, and a stream of what has changed."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sparring.errors import ConfigError, SparringError, quoted
from sparring.history.layout import FIELD, FIELDS, PICTURE, REAL_FIELD, SAMPLES, is_step, step_name
from sparring.page.follow import Followed, find
from sparring.page.guard import Guard

STATIC = Path(__file__).parent / "static"
POLL_SECONDS, BEAT_SECONDS = 0.5, 15.0
POLL_SHARE = 0.02  # the largest share of the time that the search for changes may take
MOST_DRAWN, MOST_SLIDERS, MOST_SEED = 64, 8, 2**31


@dataclass(frozen=True)
class LatentPoint:
    """A place in the latent space.

    Attributes:
        seed: determines the latent.
        label: a class; None: the seed determines it.
        near, toward: how far the point lies towards the latent of another seed, and that seed.
    """

    seed: int = 0
    label: int | None = None
    near: float = 0.0
    toward: int | None = None

    @staticmethod
    def of(query: Mapping[str, str], prefix: str = "") -> LatentPoint:
        """From an address's query.

        Raises:
            ConfigError: a value that cannot be read.
        """
        label, toward = query.get(f"{prefix}label"), query.get(f"{prefix}toward")
        return LatentPoint(
            seed=_whole(query.get(f"{prefix}seed", "0")) % MOST_SEED,
            label=_whole(label) if label else None,
            near=_between(query.get(f"{prefix}near", "0"), 0.0, 1.0),
            toward=_whole(toward) % MOST_SEED if toward else None,
        )


@dataclass(frozen=True)
class DrawRequest:
    """What the playground asks for.

    Attributes:
        point: where to draw; further samples are of the seeds after it.
        count: samples.
        to, share: another point, and how far to go there.
        sliders: how far to go along fixed directions of the latent space.
    """

    point: LatentPoint = LatentPoint()
    count: int = 1
    to: LatentPoint | None = None
    share: float = 0.0
    sliders: tuple[float, ...] = ()

    @staticmethod
    def of(query: Mapping[str, str]) -> DrawRequest:
        """From an address's query.

        Raises:
            ConfigError: a value that cannot be read.
        """
        sliders = [v for v in query.get("sliders", "").split(",") if v][:MOST_SLIDERS]
        return DrawRequest(
            point=LatentPoint.of(query),
            count=min(max(_whole(query.get("count", "1")), 1), MOST_DRAWN),
            to=LatentPoint.of(query, "to_") if query.get("to_seed") else None,
            share=_between(query.get("share", "0"), 0.0, 1.0),
            sliders=tuple(_between(v, -5.0, 5.0) for v in sliders),
        )


def _between(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise ConfigError(f"{quoted(text)} where a number from {low:g} to {high:g} is expected")
    return min(max(value, low), high)


def _whole(text: str) -> int:
    if not re.fullmatch("[+-]?[0-9]{1,18}", text):
        raise ConfigError(f"{quoted(text)} where a whole number is expected")
    return int(text)


Draw = Callable[[Path, DrawRequest], bytes]  # a run's samples as PNG


def _json(value: Any) -> Response:
    # Escapes all but ASCII: a file may hold half a character, which UTF-8 has no bytes for.
    return Response(json.dumps(value, allow_nan=False), media_type="application/json")


class Page:
    """The runs under some folders, and the answers to requests about them."""

    def __init__(self, paths: Sequence[Path], draw: Draw, closing: Callable[[], bool] = lambda: False) -> None:
        self.paths, self.draw, self.closing = paths, draw, closing
        self.runs: dict[str, Followed] = {}
        self.drawing = asyncio.Lock()  # one at a time: the cores are the training's
        self.looking = asyncio.Lock()  # and one look at the folders for all who listen
        self.looked, self.pause = -1e9, POLL_SECONDS
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

    async def view(self, request: Request) -> Response:
        run = await self.run(request)
        return _json(await run_in_threadpool(run.view))

    async def picture(self, request: Request) -> Response:
        return _file(await self.run(request), SAMPLES, request.path_params["step"], PICTURE)

    async def field(self, request: Request) -> Response:
        return _file(await self.run(request), FIELDS, request.path_params["name"], FIELD)

    async def drawn(self, request: Request) -> Response:
        try:
            asked = DrawRequest.of(request.query_params)
        except ConfigError as error:
            return PlainTextResponse(f"cannot draw that: {error}", status_code=400)
        run = await self.run(request)
        async with self.drawing:
            try:
                png = await run_in_threadpool(self.draw, run.path, asked)
            except SparringError as error:
                return PlainTextResponse(str(error), status_code=409)
        return Response(png, media_type="image/png")

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._changes(request), media_type="text/event-stream")

    async def _changes(self, request: Request) -> AsyncIterator[str]:
        """A line with the ids of what has changed, as soon as it has; a beat in between."""
        seen: dict[str, object] = {}
        told = time.monotonic()
        yield "retry: 1000\n\n"
        while not (self.closing() or await request.is_disconnected()):
            now = await self._now()
            changed = [name for name, version in now.items() if seen.get(name) != version]
            if changed or seen.keys() - now.keys() or time.monotonic() - told >= BEAT_SECONDS:
                yield f"data: {json.dumps({'runs': list(now), 'changed': changed})}\n\n"
                seen, told = dict(now), time.monotonic()
            await asyncio.sleep(POLL_SECONDS)

    async def _now(self) -> dict[str, object]:
        """Each run's version, looked up once for all listeners, and less often where there are many runs."""
        async with self.looking:
            started = time.monotonic()
            if started - self.looked >= self.pause:
                self.versions = await run_in_threadpool(self._versions)
                self.looked = time.monotonic()
                self.pause = max(POLL_SECONDS / 2, (self.looked - started) / POLL_SHARE)
        return self.versions

    def _versions(self) -> dict[str, object]:
        self.refresh()
        return {name: run.version() for name, run in self.runs.items()}


def _file(run: Followed, folder: str, name: str, suffix: str) -> Response:
    """A file of a run that is named by its step.

    Raises:
        KeyError: there is none, or it is a link out of the run.
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
) -> Guard:
    """The whole application behind its guard; streams end when ``closing`` says so."""
    page = Page(paths, draw, closing)

    async def index(request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def missing(request: Request, error: Exception) -> Response:
        return PlainTextResponse("there is no such run, picture or page\n", status_code=404)

    routes = [
        Route("/", index),
        Route("/api/runs", page.list),
        Route("/api/events", page.events),
        Route("/api/runs/{id}", page.view),
        Route("/api/runs/{id}/pictures/{step}.png", page.picture),
        Route("/api/runs/{id}/fields/{name}.json", page.field),
        Route("/api/runs/{id}/draw", page.drawn),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    inner = Starlette(
        routes=routes, exception_handlers={KeyError: missing, RuntimeError: missing, 404: missing}
    )
    return Guard(inner, hosts, token)
