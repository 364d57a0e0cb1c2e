"""The page's server: static files, views of runs, their pictures, and a stream of what has changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sparring.errors import SparringError
from sparring.page.follow import Followed, find
from sparring.page.guard import Guard

STATIC = Path(__file__).parent / "static"
POLL_SECONDS, BEAT_SECONDS = 0.5, 15.0
MOST_DRAWN, MOST_SLIDERS, MOST_SEED = 64, 8, 2**31


@dataclass(frozen=True)
class Wish:
    """What the playground asks for: samples of latents that follow from a seed.

    Attributes:
        count: samples from seed on.
        label: a class; None: all in turn.
        sliders: how far to go along fixed directions of the latent space.
        other, share: another seed, and how far to go to it.
        near: 0, or how far samples may be from the first one ("more like this").
    """

    seed: int = 0
    count: int = 1
    label: int | None = None
    sliders: tuple[float, ...] = ()
    other: int | None = None
    share: float = 0.0
    near: float = 0.0

    @staticmethod
    def of(query: dict[str, str]) -> Wish:
        """From an address's query.

        Raises:
            ValueError: a value that is none.
        """
        sliders = tuple(float(v) for v in query.get("sliders", "").split(",") if v)[:MOST_SLIDERS]
        wish = Wish(
            seed=int(query.get("seed", 0)) % MOST_SEED,
            count=min(max(int(query.get("count", 1)), 1), MOST_DRAWN),
            label=int(query["label"]) if query.get("label") else None,
            sliders=tuple(min(max(v, -5.0), 5.0) for v in sliders),
            other=int(query["other"]) % MOST_SEED if query.get("other") else None,
            share=min(max(float(query.get("share", 0)), 0.0), 1.0),
            near=min(max(float(query.get("near", 0)), 0.0), 5.0),
        )
        if any(v != v for v in (*wish.sliders, wish.share, wish.near)):
            raise ValueError("not a number")
        return wish


Draw = Callable[[Path, Wish], bytes]  # a run's samples as PNG


class Page:
    """The runs under some folders, and what is asked about them."""

    def __init__(self, paths: Sequence[Path], draw: Draw, closing: Callable[[], bool] = lambda: False) -> None:
        self.paths, self.draw, self.closing = paths, draw, closing
        self.runs: dict[str, Followed] = {}
        self.drawing = asyncio.Lock()  # one at a time: the cores are the training's
        self.refresh()

    def refresh(self) -> None:
        """Look for new runs; those known stay what they are."""
        found = find(self.paths)
        self.runs = {name: self.runs.get(name, run) for name, run in found.items()}

    def run(self, request: Request) -> Followed:
        return self.runs[request.path_params["id"]]

    async def list(self, request: Request) -> Response:
        await run_in_threadpool(self.refresh)
        return JSONResponse(list(self.runs))

    async def view(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.run(request).view))

    async def picture(self, request: Request) -> Response:
        return FileResponse(self.run(request).path / "samples" / f"{request.path_params['step']:08d}.png")

    async def field(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name != "real" and not (name.isascii() and name.isdecimal()):
            raise KeyError(name)
        return FileResponse(self.run(request).path / "fields" / f"{name}.json", media_type="application/json")

    async def drawn(self, request: Request) -> Response:
        try:
            wish = Wish.of(dict(request.query_params))
        except (ValueError, OverflowError) as error:
            return PlainTextResponse(f"cannot draw that: {error}", status_code=400)
        async with self.drawing:
            try:
                png = await run_in_threadpool(self.draw, self.run(request).path, wish)
            except SparringError as error:
                return PlainTextResponse(str(error), status_code=409)
        return Response(png, media_type="image/png")

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._changes(request), media_type="text/event-stream")

    async def _changes(self, request: Request) -> AsyncIterator[str]:
        """A line with the ids of what has changed, as soon as it has; a beat in between."""
        seen: dict[str, object] = {}
        waited = 0.0
        yield "retry: 1000\n\n"
        while not (self.closing() or await request.is_disconnected()):
            now = await run_in_threadpool(self._versions)
            changed = [name for name, version in now.items() if seen.get(name) != version]
            if changed or seen.keys() - now.keys():
                yield f"data: {json.dumps({'runs': list(now), 'changed': changed})}\n\n"
                seen, waited = dict(now), 0.0
            elif waited >= BEAT_SECONDS:
                yield f"data: {json.dumps({'runs': list(now), 'changed': []})}\n\n"
                waited = 0.0
            await asyncio.sleep(POLL_SECONDS)
            waited += POLL_SECONDS

    def _versions(self) -> dict[str, object]:
        self.refresh()
        return {name: run.version() for name, run in self.runs.items()}


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
        Route("/api/runs/{id}/pictures/{step:int}.png", page.picture),
        Route("/api/runs/{id}/fields/{name}.json", page.field),
        Route("/api/runs/{id}/draw", page.drawn),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    inner = Starlette(
        routes=routes, exception_handlers={KeyError: missing, RuntimeError: missing, 404: missing}
    )
    return Guard(inner, hosts, token)
