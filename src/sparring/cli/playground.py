"""What the page's playground draws with: the newest generator of a run."""

from __future__ import annotations

import io
import math
from pathlib import Path

import torch
from torch import Tensor

from sparring import kinds
from sparring.errors import ConfigError
from sparring.games import drawing
from sparring.history import layout
from sparring.machine.device import Runtime
from sparring.page.server import DrawRequest, LatentPoint
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler

KNOB_SEED = 12345  # of the directions that the knobs go along


class Playground:
    """Draws what the playground asks for, with the newest checkpoint of a run."""

    def __init__(self) -> None:
        self.loaded: dict[Path, tuple[object, Sampler]] = {}

    def __call__(self, path: Path, asked: DrawRequest) -> bytes:
        """A PNG.

        Raises:
            RunError: there is no whole checkpoint.
            ConfigError: the label is none of its classes.
        """
        sampler = self._newest(path)
        latents = self._latents(asked, sampler.config.networks.latent_dim)
        drawn = sampler.decoded(latents, self._labels(sampler, asked)).numpy()
        file = io.BytesIO()
        sheet = kinds.of(sampler.spec).sheet
        sheet(drawn, sampler.spec, gap=0 if asked.count == 1 else 2).save(file, "PNG")
        return file.getvalue()

    def _newest(self, path: Path) -> Sampler:
        folder = RunFolder(path)
        states = [folder.checkpoints / f"{layout.step_name(step)}{layout.STATE}" for step in folder.saved()]
        files = [file for file in (path / layout.RUN, *states) if file.exists()]
        stamp = [(file.name, file.stat().st_mtime_ns, file.stat().st_ino) for file in files]
        known = self.loaded.get(path)
        if known is None or known[0] != stamp:
            sampler = Sampler.load(folder, lambda _: None, Runtime("cpu", "fp32"))
            self.loaded = {path: (stamp, sampler)}  # one generator in memory
        return self.loaded[path][1]

    def _latents(self, asked: DrawRequest, dim: int) -> Tensor:
        """Latents (count, dim) as asked for: blended, near the first, along directions."""
        latents = torch.cat([self._latent(asked.point, dim, k) for k in range(asked.count)])
        if asked.to:
            latents = drawing.slerp(latents, self._latent(asked.to, dim).expand_as(latents), asked.share)
        if any(asked.sliders):
            basis = torch.linalg.qr(drawing.random_latents(dim, dim, KNOB_SEED))[0]  # (dim, dim), orthonormal
            count = min(len(asked.sliders), dim)
            latents = latents + torch.tensor(asked.sliders[:count]) @ basis[:count] * (dim**0.5 / 4)
        return latents

    def _latent(self, point: LatentPoint, dim: int, after: int = 0) -> Tensor:
        """The latent (1, dim) of a point; of further samples, that of ``after`` seeds later."""
        latent = drawing.random_latents(1, dim, point.seed + after)
        if point.toward is None:
            return latent
        return math.sqrt(1 - point.near**2) * latent + point.near * drawing.random_latents(1, dim, point.toward)

    def _labels(self, sampler: Sampler, asked: DrawRequest) -> Tensor | None:
        """Classes (count,), or weights of classes (count, classes) between two points; None without any."""
        if not sampler.classes:
            return None
        labels = self._classes(sampler, asked.point, asked.count)
        if not asked.to:
            return labels
        ends = [labels, self._classes(sampler, asked.to, 1).expand_as(labels)]
        start, end = (torch.nn.functional.one_hot(classes, sampler.classes).float() for classes in ends)
        return torch.lerp(start, end, asked.share)

    def _classes(self, sampler: Sampler, point: LatentPoint, count: int) -> Tensor:
        if sampler.spec.clusters or point.label is None:
            return sampler.drawn_labels(count, point.seed)
        if not 0 <= point.label < sampler.classes:
            raise ConfigError(f"label {point.label}: expected 0 to {sampler.classes - 1}.")
        return torch.full((count,), point.label)
