"""Draw for the playground of the page, with the newest generator of a run."""

from __future__ import annotations

import io
import math
import tempfile
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from sparring import kinds
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError, SparringError, quoted
from sparring.games import drawing
from sparring.history import layout
from sparring.kinds import find
from sparring.kinds.beside import rows
from sparring.kinds.kind import Array, Kind
from sparring.machine.device import Runtime
from sparring.page.server import Drawn, DrawRequest, LatentPoint
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.runs.translator import Translator
from sparring.runs.writer import shown_of
from sparring.training import plan

KNOB_SEED = 12345  # of the directions in latent space that the sliders change


class Playground:
    """Draws the samples that the playground requests, with the newest checkpoint of a run."""

    def __init__(self) -> None:
        self.loaded: dict[Path, tuple[object, Sampler]] = {}
        self.read: dict[Path, Array | None] = {}  # the training samples of one run
        self.sources: dict[Path, Dataset | None] = {}  # what one run, a translation, shows

    def __call__(self, path: Path, request: DrawRequest) -> Drawn:
        """The requested samples, in the media type of their kind.

        Raises:
            RunError: there is no complete checkpoint.
            ConfigError: there is no class with this label.
        """
        sampler = self._newest(path)
        if sampler.spec.given is not None:
            return self._translated(path, sampler, request)
        latents = self._latents(request, sampler.config.networks.latent_dim)
        drawn = sampler.decoded(latents, self._labels(sampler, request)).numpy()
        kind = kinds.of(sampler.spec)
        if request.form:
            return _file(kind, drawn, sampler.spec, request.form)
        training = self._training(path) if request.beside and kind.beside else None
        if kind.beside and training is not None:
            return Drawn(kind.beside(drawn, training, sampler.spec), kind.media)
        return Drawn(kind.shown(drawn, sampler.spec), kind.media)

    def _translated(self, path: Path, sampler: Sampler, request: DrawRequest) -> Drawn:
        """Sources chosen by the seed, held out if there are any, beside what is made of them.

        Raises:
            ConfigError: the sources cannot be read again.
        """
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
        made = Translator.of(sampler)(sources)
        file = io.BytesIO()
        rows(sources, made, truth, sampler.spec).save(file, "PNG")
        return Drawn(file.getvalue(), kinds.of(sampler.spec).media)

    def _training(self, path: Path) -> Array | None:
        """What the run was trained on, read once; None if it cannot be read again."""
        if path not in self.read:
            folder, data = RunFolder(path), None
            with suppress(SparringError):
                found = find.chosen(folder.config.dataset, folder.config.files)
                data = plan.split(folder.config.dataset, found)[0].samples.numpy()
            self.read = {path: data}
        return self.read[path]

    def _newest(self, path: Path) -> Sampler:
        folder = RunFolder(path)
        states = [folder.checkpoints / f"{layout.step_name(step)}{layout.STATE}" for step in folder.saved()]
        files = [file for file in (path / layout.RUN, *states) if file.exists()]
        stamp = [(file.name, file.stat().st_mtime_ns, file.stat().st_ino) for file in files]
        cached = self.loaded.get(path)
        if cached is None or cached[0] != stamp:
            sampler = Sampler.load(folder, lambda _: None, Runtime("cpu", "fp32"))
            self.loaded = {path: (stamp, sampler)}  # only one generator stays in memory
        return self.loaded[path][1]

    def _latents(self, request: DrawRequest, dim: int) -> Tensor:
        """The requested latents (count, dim), interpolated to a second point and moved by the sliders."""
        latents = torch.cat([self._latent(request.point, dim, k) for k in range(request.count)])
        if request.to:
            latents = drawing.slerp(latents, self._latent(request.to, dim).expand_as(latents), request.share)
        if any(request.sliders):
            basis = torch.linalg.qr(drawing.random_latents(dim, dim, KNOB_SEED))[0]  # (dim, dim), orthonormal
            count = min(len(request.sliders), dim)
            latents = latents + torch.tensor(request.sliders[:count]) @ basis[:count] * (dim**0.5 / 4)
        return latents

    def _latent(self, point: LatentPoint, dim: int, after: int = 0) -> Tensor:
        """The latent (1, dim) of a point, with a seed that is larger by ``after``."""
        latent = drawing.random_latents(1, dim, point.seed + after)
        if point.toward is None:
            return latent
        return math.sqrt(1 - point.near**2) * latent + point.near * drawing.random_latents(1, dim, point.toward)

    def _labels(self, sampler: Sampler, request: DrawRequest) -> Tensor | None:
        """Classes (count,), or weights of classes (count, classes) between two points; None without classes."""
        labels = self._classes(sampler, request.point, request.count)
        other = self._classes(sampler, request.to, 1) if request.to else None
        if labels is None or other is None:
            return labels
        ends = labels, other.expand_as(labels)
        start, end = (torch.nn.functional.one_hot(classes, sampler.classes).float() for classes in ends)
        return torch.lerp(start, end, request.share)

    def _classes(self, sampler: Sampler, point: LatentPoint, count: int) -> Tensor | None:
        name = None
        if point.label is not None and sampler.classes and not sampler.spec.clusters:
            if not 0 <= point.label < sampler.classes:
                raise ConfigError(f"label {point.label}: expected 0 to {sampler.classes - 1}.")
            name = sampler.spec.class_names[point.label]
        return sampler.labels(count, name, order="random", seed=point.seed)


def _file(kind: Kind, drawn: Array, spec: Spec, suffix: str) -> Drawn:
    """Samples as a file that the page offers.

    Raises:
        ConfigError: it offers no such file.
    """
    if suffix not in kind.offered:
        accepted = ", ".join(kind.offered) or "none"
        raise ConfigError(f"form {quoted(suffix)}: files of {kind.noun}s here: {accepted}.")
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"sample{suffix}"
        kind.save(drawn, None, spec, path)
        return Drawn(path.read_bytes(), kind.offered[suffix])
