"""Draw for the playground of the page, with the newest generator of a run."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from sparring import kinds
from sparring.data.pictures import UNREADABLE, as_png, reason_of
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, DataError, SparringError, quoted
from sparring.games import drawing
from sparring.history import layout
from sparring.kinds import find
from sparring.kinds.beside import rows
from sparring.kinds.kind import Array, Kind
from sparring.machine.device import Runtime
from sparring.page.asked import DrawRequest, LatentPoint
from sparring.page.server import Drawn
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.runs.translator import Translator
from sparring.runs.writer import shown_of
from sparring.training import plan
from sparring.uses import translate
from sparring.uses.directions import Direction, main_directions, unit


class Playground:
    """Draws the samples that the playground requests, with a checkpoint of a run."""

    def __init__(self) -> None:
        self.loaded: dict[Path, tuple[object, Sampler]] = {}
        self.read: dict[Path, Array | None] = {}  # the training samples of one run
        self.sources: dict[Path, Dataset | None] = {}  # what one run, a translation, shows
        self.found: tuple[Sampler, list[Direction]] | None = None  # the directions of one generator

    def __call__(self, path: Path, request: DrawRequest) -> Drawn:
        """The requested samples, in the media type of their kind.

        Raises:
            RunError: there is no complete checkpoint.
            ConfigError: there is no class with this label.
        """
        sampler = self._newest(path, request.step)
        if sampler.spec.given is not None:
            return self._translated(path, sampler, request)
        if request.picture or request.part not in ("", "directions"):
            raise ConfigError("this run draws from random numbers: leave out pictures and their parts.")
        if request.part == "directions":
            effects = [direction.effects for direction in self._directions(sampler)]
            return Drawn(json.dumps(effects).encode(), "application/json")
        drawn = at(sampler, request, self._directions)
        kind = kinds.of(sampler.spec)
        if request.beside and not kind.beside:
            raise ConfigError(f"beside: {kind.noun}s are not shown beside those of the training. Leave it out.")
        if request.form:
            return _file(kind, drawn, sampler.spec, request.form)
        training = self._training(path) if request.beside and kind.beside else None
        if kind.beside and training is not None:
            return Drawn(kind.beside(drawn, training, sampler.spec), kind.media)
        return Drawn(kind.shown(drawn, sampler.spec), kind.media)

    def _directions(self, sampler: Sampler) -> list[Direction]:
        """The main directions of a generator, found once."""
        if self.found is None or self.found[0] is not sampler:
            self.found = sampler, main_directions(sampler)
        return self.found[1]

    def _translated(self, path: Path, sampler: Sampler, request: DrawRequest) -> Drawn:
        """What is made of a user's picture, or of a source chosen by the seed, held out if there are any.

        Raises:
            ConfigError: the sources cannot be read again, or the picture is none.
        """
        own = DrawRequest(step=request.step, picture=request.picture)
        point = LatentPoint(request.point.seed)
        used = own if own.picture else replace(own, point=point, count=request.count, part=request.part)
        if request != used:
            names = "a picture takes step alone" if own.picture else "it takes seed, count, part and step alone"
            raise ConfigError(f"this run makes pictures of sources: {names}. Leave out the rest.")
        translator, media = Translator.of(sampler), kinds.of(sampler.spec).media
        if request.picture:
            return Drawn(as_png(_own(translator, request.picture)), media)
        if path not in self.sources:
            folder, shown = RunFolder(path), None
            with suppress(SparringError):
                data = find.chosen(folder.config.dataset, folder.config.files)
                shown = shown_of(folder, *plan.parts(folder.config.dataset, data))
            self.sources = {path: shown}
        shown = self.sources[path]
        if shown is None or shown.given is None:
            raise ConfigError(
                "the sources of this run cannot be read again here, so there is nothing to translate."
            )
        places = drawing.places_of_given(shown, request.count, request.point.seed)
        sources = shown.given.samples[places]
        truth = None if sampler.spec.unpaired else shown.samples[places]
        if not request.part:
            return Drawn(as_png(rows(sources, translator(sources), truth, sampler.spec)), media)
        if request.part == "source":
            return Drawn(kinds.of(translator.given).shown(sources.numpy(), translator.given), media)
        wanted = {"output": translator(sources) if request.part == "output" else None, "truth": truth}
        if (found := wanted.get(request.part)) is None:
            raise ConfigError(
                f"part {quoted(request.part)}: expected source, output, or truth where it is known."
            )
        return Drawn(kinds.of(sampler.spec).shown(found.numpy(), sampler.spec), media)

    def _training(self, path: Path) -> Array | None:
        """What the run was trained on, read once; None if it cannot be read again."""
        if path not in self.read:
            folder, data = RunFolder(path), None
            with suppress(SparringError):
                found = find.chosen(folder.config.dataset, folder.config.files)
                data = plan.split(folder.config.dataset, found)[0].samples.numpy()
            self.read = {path: data}
        return self.read[path]

    def _newest(self, path: Path, last: int | None) -> Sampler:
        folder = RunFolder(path)
        states = [folder.checkpoints / f"{layout.step_name(step)}{layout.STATE}" for step in folder.saved()]
        files = [file for file in (path / layout.RUN, *states) if file.exists()]
        stamp = last, [(file.name, file.stat().st_mtime_ns, file.stat().st_ino) for file in files]
        cached = self.loaded.get(path)
        if cached is None or cached[0] != stamp:
            until = math.inf if last is None else last
            sampler = Sampler.load(folder, lambda _: None, Runtime("cpu", "fp32"), last=until)
            self.loaded = {path: (stamp, sampler)}  # only one generator stays in memory
        return self.loaded[path][1]


def at(
    sampler: Sampler,
    request: DrawRequest,
    directions: Callable[[Sampler], Sequence[Direction]] = main_directions,
) -> Array:
    """The decoded samples (count, *shape) of a requested point of the latent space.

    Raises:
        ConfigError: there is no class with this label.
    """
    latents = _latents(request, sampler.config.networks.latent_dim)
    if any(request.sliders):
        for slider, direction in zip(request.sliders, directions(sampler), strict=False):
            latents = latents + slider * unit(latents.shape[1]) * direction.vector
    drawn: Array = sampler.decoded(latents, _labels(sampler, request)).numpy()
    return drawn


def _latents(request: DrawRequest, dim: int) -> Tensor:
    """The requested latents (count, dim), interpolated to a second point, and truncated."""
    latents = torch.cat([_latent(request.point, dim, k) for k in range(request.count)])
    if request.to:
        latents = drawing.slerp(latents, _latent(request.to, dim).expand_as(latents), request.share)
    return request.truncation * latents


def _latent(point: LatentPoint, dim: int, after: int = 0) -> Tensor:
    """The latent (1, dim) of a point, with a seed that is larger by ``after``."""
    latent = drawing.random_latents(1, dim, point.seed + after)
    if point.toward is None:
        return latent
    return math.sqrt(1 - point.near**2) * latent + point.near * drawing.random_latents(1, dim, point.toward)


def _labels(sampler: Sampler, request: DrawRequest) -> Tensor | None:
    """Classes (count,), or weights of classes (count, classes) between two points; None without classes."""
    labels = _classes(sampler, request.point, request.count)
    other = _classes(sampler, request.to, 1) if request.to else None
    if labels is None or other is None:
        return labels
    ends = labels, other.expand_as(labels)
    start, end = (torch.nn.functional.one_hot(classes, sampler.classes).float() for classes in ends)
    return torch.lerp(start, end, request.share)


def _classes(sampler: Sampler, point: LatentPoint, count: int) -> Tensor | None:
    name = None
    if point.label is not None:
        if not sampler.classes or sampler.spec.clusters:
            raise ConfigError(f"label {point.label}: this generator draws without classes. Leave it out.")
        if not 0 <= point.label < sampler.classes:
            raise ConfigError(f"label {point.label}: expected 0 to {sampler.classes - 1}.")
        name = sampler.spec.class_names[point.label]
    return sampler.labels(count, name, order="random", seed=point.seed)


def _own(translator: Translator, content: bytes) -> Image.Image:
    """What is made of a user's picture.

    Raises:
        ConfigError: it is not a picture.
    """
    try:
        return translate.translated(translator, content)
    except (DataError, *UNREADABLE) as error:
        why = str(error) if isinstance(error, DataError) else reason_of(error)
        raise ConfigError(f"this is no picture that can be read: {why}.") from error


def _file(kind: Kind, drawn: Array, spec: Spec, suffix: str) -> Drawn:
    """Samples as a file that the page offers.

    Raises:
        ConfigError: it offers no such file.
    """
    if suffix not in kind.offered:
        here = f"files of {kind.noun}s here: {', '.join(kind.offered)}"
        none = f"{kind.noun}s are not offered as other files. Leave it out"
        raise ConfigError(f"form {quoted(suffix)}: {here if kind.offered else none}.")
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"sample{suffix}"
        kind.save(drawn, None, spec, path)
        return Drawn(path.read_bytes(), kind.offered[suffix])
