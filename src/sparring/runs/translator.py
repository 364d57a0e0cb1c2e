"""A trained generator that is given pictures: use it on pictures of any size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from sparring.data.spec import Spec
from sparring.errors import DataError, RunError, warn
from sparring.games import drawing
from sparring.machine.device import Runtime
from sparring.networks.network import at_rest
from sparring.networks.own import Given
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler

WHOLE = 2**18  # pixels of a picture that is translated at once; larger ones are cut into tiles
TILE, MARGIN = 256, 64  # pixels a side of what a tile adds, and around it what it only looks at


@dataclass(frozen=True)
class Translator:
    """A generator that makes pictures of pictures.

    Attributes:
        generator: the weight average where there is one.
        spec: of its outputs; ``spec.given`` is that of its inputs.
        step: the step of its training.
    """

    generator: nn.Module
    spec: Spec
    step: int

    @staticmethod
    def load(
        run: RunFolder | str | Path,
        warn: Callable[[str], object] = warn,
        runtime: Runtime | None = None,
        *,
        best: bool = False,
        generator: Given | None = None,
    ) -> Translator:
        """The generator from the newest complete checkpoint of a run, or from the best one.

        Raises:
            RunError: the run draws from latents, or has no complete checkpoint.
        """
        folder = run if isinstance(run, RunFolder) else RunFolder(Path(run))
        if folder.spec.given is None:
            raise RunError(f"{folder.name} draws from random latents, and translates nothing: sparring sample.")
        return Translator.of(Sampler.load(folder, warn, runtime, best=best, generator=generator))

    @staticmethod
    def of(sampler: Sampler) -> Translator:
        """The translator of a run's generator."""
        return Translator(sampler.generator, sampler.spec, sampler.step)

    @property
    def given(self) -> Spec:
        """The spec of the inputs."""
        assert self.spec.given is not None
        return self.spec.given

    def __call__(self, pictures: Tensor) -> Tensor:
        """Decoded outputs (N, C, H, W) of decoded inputs (N, C', H, W) of any size, in the data's own types.

        Raises:
            DataError: the inputs have another number of channels.
        """
        channels = self.given.shape[0]
        if len(pictures.shape) != 1 + len(self.given.shape) or pictures.shape[1] != channels:
            raise DataError(
                f"pictures of shape {tuple(pictures.shape)}: this generator is given (N, {channels}, H, W)."
            )
        height, width = pictures.shape[2:]
        if not len(pictures):
            return self.spec.decode(torch.empty(0, self.spec.shape[0], height, width))
        if height * width > WHOLE:
            return torch.cat([self._in_tiles(one) for one in pictures.split(1)])
        return drawing.draw(self.generator, self.given.encode(pictures), decode=self.spec.decode)

    @torch.no_grad()
    def _in_tiles(self, picture: Tensor) -> Tensor:
        """The output of one large picture (1, C', H, W), tile by tile, each with a margin around it.

        Tiles begin at multiples of their size, so that a network that halves pictures sees the same grid as in
        the whole; the margin is wider than what the library's networks see.
        """
        device = next(self.generator.parameters()).device
        height, width = picture.shape[2:]
        rows = []
        with at_rest(self.generator):
            for top in range(0, height, TILE):
                row = []
                for left in range(0, width, TILE):
                    above, before = max(0, top - MARGIN), max(0, left - MARGIN)
                    part = picture[:, :, above : top + TILE + MARGIN, before : left + TILE + MARGIN]
                    made = self.generator(self.given.encode(part).to(device)).cpu()
                    inner = made[:, :, top - above :][:, :, :TILE, left - before :][..., :TILE]
                    row.append(self.spec.decode(inner))
                rows.append(torch.cat(row, 3))
        return torch.cat(rows, 2)
