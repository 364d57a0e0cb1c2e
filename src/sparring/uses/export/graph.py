"""What is exported, as one module with named inputs: a generator with the decoding of its samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from sparring import __version__, kinds
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.games import drawing
from sparring.networks.unet import MOST_HALVINGS
from sparring.runs.inference import Sampler

FORMAT = 1  # of what ``Graph.about`` says
LATENTS, LABELS, PICTURES, SAMPLES = "latents", "labels", "pictures", "samples"
MULTIPLE = 2**MOST_HALVINGS  # pixels by which the sides of pictures that are translated must be divisible
TRACED, TRACED_SIDES = 3, (2 * MULTIPLE, 5 * MULTIPLE)  # what the graph is found with; 0 and 1 become constants


class Drawing(nn.Module):
    """Latents (B, latent_dim) and, with classes, labels (B,), int64, to decoded samples (B, …)."""

    def __init__(self, generator: nn.Module, decode: nn.Module) -> None:
        super().__init__()
        self.generator, self.decode = generator, decode

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        encoded = self.generator(latents) if labels is None else self.generator(latents, labels)
        samples: Tensor = self.decode(encoded)
        return samples


class Translating(nn.Module):
    """Stored pictures (B, C', H, W) to the decoded pictures (B, C, H, W) that are made of them."""

    def __init__(self, generator: nn.Module, given: Spec, decode: nn.Module) -> None:
        super().__init__()
        self.generator, self.given, self.decode = generator, given, decode

    def forward(self, pictures: Tensor) -> Tensor:
        samples: Tensor = self.decode(self.generator(self.given.encode(pictures)))
        return samples


class _Decode(nn.Module):
    """Encoded samples as the data stores them."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, encoded: Tensor) -> Tensor:
        return self.spec.decode(encoded)


@dataclass(frozen=True)
class Traced(ABC):
    """A module to export.

    Attributes:
        module: in evaluation mode.
        names: of its inputs.
        sides: how its inputs may vary in shape, one mapping from axes to sizes for each.
        noun, output: what the module is, and what it makes.
        cure: what to do where an export makes something else.
    """

    module: nn.Module
    names: tuple[str, ...]
    sides: tuple[Mapping[int, Any], ...]
    noun: ClassVar[str]
    output: ClassVar[str]
    cure: ClassVar[str]

    @abstractmethod
    def inputs(self, count: int, seed: int = 0, sides: tuple[int, int] | None = None) -> tuple[Tensor, ...]:
        """Random inputs, ``count`` of each, to try the graph with.

        Args:
            sides: pixels of pictures of any size, (H, W); None: about as in the training.
        """

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """What another program has to know of the inputs and of what is made, for JSON."""

    @property
    def takes(self) -> str:
        """The inputs in words, as "latents (N, 64), float32"."""
        each = zip(self.names, self.inputs(TRACED, sides=TRACED_SIDES), self.sides, strict=True)
        return "; ".join(f"{name} {_shaped(tensor, sides)}" for name, tensor, sides in each)

    @property
    def gives(self) -> str:
        """What is made, in words."""
        with torch.no_grad():
            made = self.module(*self.inputs(TRACED, sides=TRACED_SIDES))
        return f"{self.output} {_shaped(made, self.sides[0])}"

    def program(self) -> ExportedProgram:
        """The graph as torch finds it, for any number of samples.

        Raises:
            ConfigError: the network does what torch.export does not follow.
        """
        try:
            return torch.export.export(
                self.module, self.inputs(TRACED, sides=TRACED_SIDES), dynamic_shapes=self.sides, strict=False
            )
        except Exception as error:  # torch raises many types for what it cannot follow
            raise ConfigError(
                f"torch.export cannot follow this {self.noun}: its forward must not choose by values, nor use "
                "the number of samples as a number of Python (x.shape[0] and -1 are fine, len(x) is not)."
            ) from error


@dataclass(frozen=True, kw_only=True)
class Graph(Traced):
    """A generator to export, with the decoding of its samples.

    Attributes:
        sampler: whose generator it is.
    """

    sampler: Sampler
    noun = "generator"
    output = SAMPLES
    cure = "Nothing was kept. Export its weights: --to safetensors."

    @staticmethod
    def of(sampler: Sampler) -> Graph:
        """The graph of a sampler's generator, on the CPU in float32.

        Raises:
            ConfigError: the generator is on another device.
        """
        spec = sampler.spec
        generator = sampler.generator.eval()
        if next(generator.parameters()).device.type != "cpu":
            raise ConfigError("an export is made on the CPU: load the run with device='cpu'.")
        portable = kinds.of(spec).portable
        decode = portable(spec) if portable else _Decode(spec)
        batch = Dim("batch", min=1)
        if spec.given is not None:
            sides = {0: batch, 2: MULTIPLE * Dim("high", min=1), 3: MULTIPLE * Dim("wide", min=1)}
            module: nn.Module = Translating(generator, spec.given, decode).eval()
            return Graph(module, (PICTURES,), (sides,), sampler=sampler)
        names = (LATENTS, LABELS) if sampler.classes else (LATENTS,)
        module = Drawing(generator, decode).eval()
        return Graph(module, names, ({0: batch},) * len(names), sampler=sampler)

    def inputs(self, count: int, seed: int = 0, sides: tuple[int, int] | None = None) -> tuple[Tensor, ...]:
        """Random inputs for ``count`` samples, to try the graph with.

        Args:
            sides: pixels of pictures that are translated, (H, W); None: about as in the training.
        """
        spec, rng = self.sampler.spec, torch.Generator().manual_seed(seed)
        if spec.given is not None:
            usual = [max(1, side // MULTIPLE) * MULTIPLE for side in spec.given.shape[1:]]
            encoded = torch.rand(count, spec.given.shape[0], *(sides or usual), generator=rng)
            return (spec.given.decode(2 * encoded - 1),)
        latents = self.sampler.latents(count, seed)
        labels = drawing.even_labels(count, self.sampler.classes)
        return (latents,) if labels is None else (latents, labels)

    def about(self) -> dict[str, Any]:
        """What another program has to know of the inputs and of the samples, for JSON."""
        sampler, spec = self.sampler, self.sampler.spec
        facts: dict[str, Any] = {
            "format": FORMAT,
            "sparring": __version__,
            "noun": kinds.of(spec).noun,
            "step": sampler.step,
            "inputs": self.names,
            "spec": spec.to_dict(),
        }
        if spec.given is not None:
            return facts | {"multiple": MULTIPLE}
        return facts | {
            "latent_dim": sampler.config.networks.latent_dim,
            "class_counts": list(sampler.class_counts),
        }


def _shaped(tensor: Tensor, sides: Mapping[int, Any]) -> str:
    """The shape and type of a tensor whose sides of these axes may vary."""
    names = {0: "N", 2: "H", 3: "W"}
    shown = [names[axis] if axis in sides else str(side) for axis, side in enumerate(tensor.shape)]
    note = f", H and W multiples of {MULTIPLE}" if 2 in sides else ""
    return (
        f"({', '.join(shown)}{',' if len(shown) == 1 else ''}) {str(tensor.dtype).removeprefix('torch.')}{note}"
    )
